"""How a probability of the discriminator becomes a reward from 0 to 1."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

SHAPES = ("probability", "logit", "correct_only", "group_logit")
"""probability: as it is (published). logit: log-odds cut to +-4, brought to 0..1. correct_only: the
probability for right answers, 0 for wrong ones. group_logit: log-odds less the group's mean, over
their running deviation, cut to +-2, brought to 0..1: its weight then means a share of the spread
within groups, whatever the judge's own scale is."""
MOST_LOGIT = 4.0
"""Log-odds at which the shape "logit" ends; our choice: p of 0.018 and 0.982."""
EPSILON = 1e-6
"""Distance of p from 0 and 1, so that its log-odds are finite; far beyond ``MOST_LOGIT``."""
MOST_DEVIATIONS = 2.0
"""Deviations at which the shape "group_logit" ends; our choice: one in twenty lies beyond."""
DEVIATION_SHARE = 0.1
"""Of one step in the running deviation: about the last ten steps; our choice."""
LEAST_DEVIATION = 1e-3
"""Of log-odds: below it a judge tells nothing apart, and its noise is not blown up."""


def log_odds_of(p: float) -> float:
    """Log-odds of a probability, finite for 0 and 1, too."""
    p = min(max(p, EPSILON), 1 - EPSILON)
    return math.log(p / (1 - p))


class GroupLogits:
    """Log-odds within groups, over their running deviation.

    Attributes:
        deviation: running standard deviation of log-odds within groups; 0 before the first group.
    """

    def __init__(self) -> None:
        self.deviation = 0.0

    def follow(self, probabilities: Sequence[float] | np.ndarray, groups: Sequence[str]) -> None:
        """Lets the deviation follow what was said of a step, on every rank alike.

        Args:
            probabilities: n of them.
            groups: n names.
        """
        logits = np.array([log_odds_of(float(p)) for p in probabilities])
        names = np.asarray(list(groups))
        variances = [logits[names == name].var() for name in dict.fromkeys(names)]
        now = math.sqrt(float(np.mean(variances)))
        share = DEVIATION_SHARE if self.deviation else 1.0
        self.deviation += share * (now - self.deviation)

    def rewards(self, probabilities: Sequence[float | None], groups: Sequence[int]) -> list[float]:
        """N rewards; 0, the least, where there is no probability.

        Args:
            probabilities: n, None for an empty reasoning.
            groups: n numbers.
        """
        logits = np.array([math.nan if p is None else log_odds_of(p) for p in probabilities])
        rewards = np.zeros(len(logits))
        names = np.asarray(list(groups))
        scale = max(self.deviation, LEAST_DEVIATION)
        for name in set(groups):
            there = (names == name) & ~np.isnan(logits)
            if there.any():
                away = (logits[there] - logits[there].mean()) / scale
                rewards[there] = np.clip(away / (2 * MOST_DEVIATIONS), -0.5, 0.5) + 0.5
        return rewards.tolist()


def shaped(
    shape: str,
    probabilities: Sequence[float | None],
    right: Sequence[float | None],
    groups: Sequence[int],
    scale: GroupLogits,
) -> list[float | None]:
    """Rewards of n probabilities.

    Args:
        shape: one of ``SHAPES``.
        probabilities: n, None for an empty reasoning, which is paid 0.
        right: n accuracy rewards, None where unknown; for "correct_only" alone.
        groups: n numbers; completions of one prompt have the same.
        scale: for "group_logit".
    """
    if shape == "group_logit":
        return list(scale.rewards(probabilities, groups))
    said = [0.0 if p is None else p for p in probabilities]
    if shape == "correct_only":
        return [None if r is None else r * p for r, p in zip(right, said, strict=True)]
    return [_squeezed(p) for p in said] if shape == "logit" else list(said)


def dealt(rewards: Sequence[float | None], groups: Sequence[int], seed: int) -> list[float | None]:
    """The same rewards, in each group in an order by chance.

    Args:
        rewards: n.
        groups: n numbers; completions of one prompt have the same.
        seed: of the order.
    """
    order = np.random.default_rng(seed).permutation(len(rewards))
    anew = list(rewards)
    for group in set(groups):
        places = [i for i, one in enumerate(groups) if one == group]
        for place, other in zip(places, [i for i in order if groups[i] == group], strict=True):
            anew[place] = rewards[other]
    return anew


def _squeezed(p: float) -> float:
    logit = min(max(log_odds_of(p), -MOST_LOGIT), MOST_LOGIT)
    return logit / (2 * MOST_LOGIT) + 0.5


def runs_of(questions: Sequence[str], rows: Sequence[str] | None = None) -> list[int]:
    """Numbers the runs of equal prompts, as TRL hands completions over: group after group.

    Args:
        questions: n texts.
        rows: n ids, where the rows have any.

    Examples:
        >>> runs_of(["a", "a", "b", "b", "a"])
        [0, 0, 1, 1, 2]
    """
    keys = list(zip(questions, rows or [""] * len(questions), strict=True))
    numbers: list[int] = []
    for place, key in enumerate(keys):
        new = place > 0 and key != keys[place - 1]
        numbers.append(numbers[-1] + new if numbers else 0)
    return numbers
