"""What a contrast's number leaves unsaid: whether it is a test, and on which machines it ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from finlmm_utils.evaluation.arms.kept import Kept, Run, same_share
from finlmm_utils.evaluation.arms.spec import SHARES, Comparison, Plan
from finlmm_utils.evaluation.claims import CEILING
from finlmm_utils.evaluation.reasoning import RULES
from finlmm_utils.evaluation.studies import BOTH_RUNS, Contrast, controls

SAME = 0.95
"""Share of equal completions from which on two arms are no test of each other; our choice."""
JUDGED = ("sound", "lucky_of_right")
"""Measures that change with the rules by which reasoning is judged."""
NEEDS_READING = ("accuracy", "selection", "sound", "lucky_of_right")
"""Measures that compare nothing where a policy can't read a chart."""


class Same(NamedTuple):
    """How much of what two arms wrote in training is the same.

    Attributes:
        share: mean over the seeds compared; None where it was never compared.
        seeds: that were compared; 0 where it is a share found before.
    """

    share: float | None = None
    seeds: int = 0


def same_of(
    one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept], before: Sequence[Contrast] = ()
) -> Same:
    """How much of what a comparison's two arms wrote in training is the same.

    Args:
        one: of the plan.
        pairs: its measure, one line a seed and one column an arm.
        kept: for what the arms wrote.
        before: contrasts committed before, which know of equal completions that are not kept.
    """
    first, last = one.arms[0], one.arms[-1]
    shares = [same_share(kept[first, seed], kept[last, seed]) for seed in pairs.index]
    known = [share for share in shares if share is not None]
    if known:
        return Same(float(np.mean(known)), len(known))
    then = [old.same for old in before if old.arms == one.arms and old.same is not None]
    return Same(then[0]) if then else Same()


def note_of(
    plan: Plan, one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept],
    same: Same,
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
        words, tested = _written(plan, one, same, len(pairs))
        without = float(np.mean(pairs[one.arms[-1]]))
        if one.measure in SHARES and without > CEILING:
            words, tested = f"{without:.1%} without it: nothing is left to gain", False
        parts = [words, _machines(one, pairs, kept)]
    if one.measure in JUDGED:
        parts.append(_rules(one, pairs, kept))
    if len(pairs) == 1:
        parts.insert(0, "one seed")
    return "; ".join(filter(None, parts)), tested


def _written(plan: Plan, one: Comparison, same: Same, seeds: int) -> tuple[str, bool]:
    """How much of what two arms wrote is the same, and whether that leaves a test."""
    if resting := [plan.words(arm) for arm in one.arms if not plan.is_trained(arm)]:
        return f"{'; '.join(resting)}: measured as it started, without a step of its own", True
    if same.share is None:
        return "what the arms wrote was not compared", True
    words = f"{same.share:.0%} of what the two arms wrote in training is the same"
    when = f" (compared in {same.seeds} of {seeds} seeds)" if same.seeds < seeds else ""
    return words + (when if same.seeds else ", as was found when they ran"), same.share <= SAME


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


def stopped_without(
    plan: Plan, one: Comparison, table: pd.DataFrame, seeds: pd.Index
) -> str:  # fmt: skip
    """Why nothing is left of padding for a mechanism to stop; "" where something is.

    Args:
        plan: of the study.
        one: of the plan; asked is one that speaks for its first arm where that pads less.
        table: of the study: ``arm``, ``seed``, ``measure``, ``value``.
        seeds: that both arms have.
    """
    without = one.arms[-1]
    start = plan.starts.get(plan.arms[without].start or "")
    padded = start is not None and start.phase == "padded"
    fewer = one.negate and (one.measure == "repetition" or (one.measure == "tokens" and padded))
    if not fewer:
        return ""
    asked = (table["arm"] == without) & (table["measure"] == "repetition")
    repeated = table[asked & table["seed"].isin(seeds)]["value"].mean()
    if not repeated < 1 - CEILING:  # NaN: of an arm without a step
        return ""
    return f"{repeated:.1%} of the word triples are repeated without it: nothing is left to stop"


def beside_others(contrasts: Sequence[Contrast]) -> list[Contrast]:
    """A study's contrasts, noted with its control and with the same over both of its runs.

    Args:
        contrasts: of the study.
    """
    shown = controls(contrasts)
    pooled = [one for one in contrasts if one.metric.endswith(BOTH_RUNS) and one.low is not None]
    both = {
        (one.contrast, one.metric.removesuffix(BOTH_RUNS)): f"{one.mean:+.3f} "
        f"[{one.low:+.3f}, {one.high:+.3f}]{BOTH_RUNS}, {one.seeds} seeds"
        for one in pooled
    }

    def noted(one: Contrast) -> Contrast:
        if one.placebo or one.control or len(one.arms) == 1 or one.mean is None:
            return one
        words = shown.get(one.metric.removesuffix(BOTH_RUNS), "")
        if words.endswith("not show") and not one.off_zero:
            words += ': "undecided" says little here'
        notes = (one.note, both.get((one.contrast, one.metric)), words)
        return one.model_copy(update={"note": "; ".join(filter(None, notes))})

    return [noted(one) for one in contrasts]


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


def title_of(contrasts: Sequence[Contrast]) -> str:
    """What a study found: its first planned contrast that has a number, held against the placebo.

    The answer stands first, since a contrast takes a line to read.

    Args:
        contrasts: of the study, in the order of the plan.
    """
    ran = [one for one in contrasts if one.mean is not None]
    planned = [one for one in ran if one.primary]
    own = planned or [one for one in ran if not one.placebo]
    if not own:
        return "Not run yet"
    one = own[0]
    assert one.mean is not None
    what = f"{one.contrast}, {one.mean:+.3f}"
    left = not planned and any(one.primary for one in contrasts)
    waits = ". No planned contrast has run yet" if left else ""
    if one.low is None or one.high is None:
        return f"One seed, no interval: {what} in {one.metric}{waits}"
    verdict = "Above 0" if one.low > 0 else "Below 0" if one.high < 0 else "Undecided"
    verdict = verdict if one.tested else "Not tested"
    if verdict == "Undecided" and any(
        other.control and other.metric == one.metric and (other.low or 0) <= 0 for other in ran
    ):
        verdict += ", as is the study's control"
    if verdict in ("Above 0", "Below 0") and abs(one.mean) <= _chance(one.metric, ran):
        verdict += ", but no further than a placebo's interval goes"
    ends = f"{one.low:+.3f} to {one.high:+.3f}, {one.seeds} seeds"
    return f"{verdict}: {what} ({ends}) in {one.metric}{waits}"


def _chance(metric: str, contrasts: Sequence[Contrast]) -> float:
    """How far from 0 the interval of a metric's placebo goes; 0 where it has none."""
    same = [one for one in contrasts if one.placebo and one.metric == metric]
    ends = [abs(end) for one in same for end in (one.low, one.high) if end]
    return max(ends, default=0.0)
