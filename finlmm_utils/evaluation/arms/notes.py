"""What a contrast's number leaves unsaid: whether it is a test, and on which machines it ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from finlmm_utils.evaluation.arms.kept import Kept, Run, same_share
from finlmm_utils.evaluation.arms.spec import SHARES, Comparison, Plan
from finlmm_utils.evaluation.claims import CEILING
from finlmm_utils.evaluation.reasoning import RULES
from finlmm_utils.evaluation.studies import Contrast

SAME = 0.95
"""Share of equal completions from which on two arms are no test of each other; our choice."""
JUDGED = ("sound", "lucky_of_right")
"""Measures that change with the rules by which reasoning is judged."""
NEEDS_READING = ("accuracy", "selection", "sound", "lucky_of_right")
"""Measures that compare nothing where a policy can't read a chart."""


def same_of(
    one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept], before: Sequence[Contrast] = ()
) -> tuple[float | None, bool]:
    """How much of what a comparison's two arms wrote in training is the same.

    Args:
        one: of the plan.
        pairs: its measure, one line a seed and one column an arm.
        kept: for what the arms wrote.
        before: contrasts committed before, which know of equal completions that are not kept.

    Returns:
        The mean share over seeds, None where it was never compared; and whether it is one found
        before.
    """
    first, last = one.arms[0], one.arms[-1]
    shares = [same_share(kept[first, seed], kept[last, seed]) for seed in pairs.index]
    known = [share for share in shares if share is not None]
    if known:
        return float(np.mean(known)), False
    then = [old.same for old in before if old.arms == one.arms and old.same is not None]
    return (then[0], True) if then else (None, False)


def note_of(
    plan: Plan, one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept],
    same: tuple[float | None, bool],
) -> tuple[str, bool]:  # fmt: skip
    """The note of one comparison that has run, and whether it is a test at all.

    Args:
        plan: of the study.
        one: of the plan.
        pairs: its measure, one line a seed and one column an arm.
        kept: where the arms ran, and by which rules they were judged.
        same: as :func:`same_of` gives it.
    """
    parts, tested = [], True
    if len(one.arms) > 1:
        words, tested = _written(plan, one, same)
        without = float(np.mean(pairs[one.arms[-1]]))
        if one.measure in SHARES and without > CEILING:
            words, tested = f"{without:.1%} without it: nothing is left to gain", False
        parts = [words, _machines(one, pairs, kept)]
    if one.measure in JUDGED:
        parts.append(_rules(one, pairs, kept))
    if len(pairs) == 1:
        parts.insert(0, "one seed")
    return "; ".join(filter(None, parts)), tested


def _written(plan: Plan, one: Comparison, same: tuple[float | None, bool]) -> tuple[str, bool]:
    """How much of what two arms wrote is the same, and whether that leaves a test."""
    if resting := [plan.words(arm) for arm in one.arms if not plan.is_trained(arm)]:
        return f"{'; '.join(resting)}: measured as it started, without a step of its own", True
    share, then = same
    if share is None:
        return "what the arms wrote was not compared", True
    words = f"{share:.0%} of what the two arms wrote in training is the same"
    return words + (", as was found when they ran" if then else ""), share <= SAME


def _machines(one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept]) -> str:
    """Which pairs ran on two kinds of machine; "" for none."""
    mixed = {}
    for seed in pairs.index:
        devices = {str(kept[arm, seed].environment.get("device")) for arm in one.arms}
        if len(devices) > 1:
            mixed[str(seed)] = devices
    if not mixed:
        return ""
    names = " and ".join(sorted(set().union(*mixed.values())))
    return f"its two arms ran on different machines ({names}) in seed {', '.join(mixed)}"


def _rules(one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept]) -> str:
    """Whether an arm's reasoning was judged by rules that have changed since; "" for no."""
    rules = {kept[arm, seed].rules for arm in one.arms for seed in pairs.index}
    if min(rules) >= RULES:
        return ""
    return "judged by earlier rules, which find too few lucky answers"


def reads_nothing(table: pd.DataFrame, measure: str, arms: Sequence[str], seeds: pd.Index) -> bool:
    """Whether a measure compares arms of which next to no reasoning is sound.

    Args:
        table: of the study: ``arm``, ``seed``, ``measure``, ``value``.
        measure: what is compared.
        arms: names.
        seeds: that they have.
    """
    if measure not in NEEDS_READING:
        return False
    of_arms = table["arm"].isin(arms) & table["seed"].isin(seeds) & (table["measure"] == "sound")
    sound = table[of_arms]["value"].dropna()
    return len(sound) > 0 and float(sound.max()) < 1 - CEILING


def steps_not_kept(plan: Plan, kept: Mapping[Run, Kept]) -> list[str]:
    """A sentence on arms that trained and of which no step is at hand; [] for none.

    Args:
        plan: of the study.
        kept: what is kept of each of its arms.
    """
    missing = {plan.words(arm): 0 for arm, _ in kept if plan.is_trained(arm)}
    for (arm, _), one in kept.items():
        if plan.is_trained(arm) and not one.curve:
            missing[plan.words(arm)] += 1
    told = [f"{words} ({number} seed{'s' if number > 1 else ''})"
            for words, number in missing.items() if number]  # fmt: skip
    if not told:
        return []
    return ["Their accuracy by step was not kept when they ran, so that no curve can be drawn of: "
            + "; ".join(told) + "."]  # fmt: skip
