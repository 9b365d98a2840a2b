"""The interval of a share, for people's verdicts and for claims alike."""

from __future__ import annotations

from collections.abc import Sequence

LEVEL = 0.95
"""Confidence of every interval that is shown: the field's habit."""


def wilson(successes: int, rows: int) -> tuple[float, float]:
    """Wilson's interval (1927) of a share, by SciPy: honest near 0 and 1, and for few rows.

    Raises:
        ValueError: no rows, or more successes than rows.

    Examples:
        >>> [round(end, 3) for end in wilson(10, 10)]
        [0.722, 1.0]
    """
    from scipy.stats import binomtest

    interval = binomtest(successes, rows).proportion_ci(LEVEL, method="wilson")
    return float(interval.low), float(interval.high)


def student(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean of independent values, such as one a seed, and its interval by Student (1908).

    Args:
        values: at least two.

    Returns:
        Mean, lower and upper end.

    Raises:
        ValueError: fewer than two values.

    Examples:
        >>> [round(end, 3) for end in student([0.1, 0.2, 0.3])]
        [0.2, -0.048, 0.448]
    """
    from scipy import stats

    if len(values) < 2:
        raise ValueError(f"expected at least two values, found {len(values)}")
    mean = sum(values) / len(values)
    half = float(stats.t.ppf((1 + LEVEL) / 2, len(values) - 1) * stats.sem(values))
    return mean, mean - half, mean + half
