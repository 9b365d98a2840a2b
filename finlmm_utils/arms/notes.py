"""What a contrast's number leaves unsaid: whether it is a test, and on which machines it ran."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from finlmm_utils.arms.kept import Kept, Run, same_share
from finlmm_utils.arms.spec import SHARES, Comparison, Plan
from finlmm_utils.evaluation.claims import CEILING
from finlmm_utils.evaluation.studies import Contrast

SAME = 0.95
"""Share of equal completions from which on two arms are no test of each other; our choice."""
ONE_SEED = "one seed; "
SAME_WORDS = "of what the two arms wrote in training is the same"
FOUND_THEN = ", as was found when they ran"
"""Ends the note on equal completions where they are not at hand any more."""


def note_of(
    plan: Plan, one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept],
    before: Sequence[Contrast] = (),
) -> tuple[str, bool]:  # fmt: skip
    """The note of one comparison that has run, and whether it is a test at all.

    Args:
        plan: of the study.
        one: of the plan.
        pairs: its measure, one line a seed and one column an arm.
        kept: for what the arms wrote, and where.
        before: contrasts committed before, which know of equal completions that are not kept.
    """
    if len(one.arms) == 1:
        return _of_one_seed("", pairs), True
    note, tested = _written(plan, one, pairs, kept, before)
    without = float(np.mean(pairs[one.arms[-1]]))
    if one.measure in SHARES and without > CEILING:
        note, tested = f"{without:.1%} without it: nothing is left to gain", False
    return _of_one_seed(note + _machines(one, pairs, kept), pairs), tested


def _of_one_seed(note: str, pairs: pd.DataFrame) -> str:
    return note if len(pairs) > 1 else f"{ONE_SEED}{note}".removesuffix("; ")


def _written(
    plan: Plan, one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept],
    before: Sequence[Contrast],
) -> tuple[str, bool]:  # fmt: skip
    """How much of what two arms wrote is the same, and whether that leaves a test."""
    first, second = one.arms
    equal = [same_share(kept[first, seed], kept[second, seed]) for seed in pairs.index]
    known = [share for share in equal if share is not None]
    if resting := [plan.words(arm) for arm in one.arms if not plan.is_trained(arm)]:
        return f"{'; '.join(resting)}: the start itself, without training", True
    if known:
        return f"{np.mean(known):.0%} {SAME_WORDS}", bool(np.mean(known) <= SAME)
    for old in before:
        if old.arms == one.arms and SAME_WORDS in old.note:
            found = old.note.removeprefix(ONE_SEED).partition(SAME_WORDS)[0]
            return f"{found}{SAME_WORDS}{FOUND_THEN}", old.tested
    return "what the arms wrote was not compared", True


def _machines(one: Comparison, pairs: pd.DataFrame, kept: Mapping[Run, Kept]) -> str:
    """Which pairs ran on two kinds of machine, as the end of a note; "" for none."""
    mixed = [
        str(seed) for seed in pairs.index
        if len({kept[arm, seed].environment.get("device") for arm in one.arms}) > 1
    ]  # fmt: skip
    return f"; on a GPU and a CPU in seed {', '.join(mixed)}" if mixed else ""
