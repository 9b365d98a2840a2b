"""The interval of a share, for people's verdicts and for claims alike."""

from __future__ import annotations

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
