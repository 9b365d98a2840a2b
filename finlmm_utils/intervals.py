"""Intervals and the rules that read them, for people's verdicts and for claims alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

LEVEL = 0.95
"""Confidence of every interval that is shown: the field's habit."""

MOST_LOST = 0.05
"""Share of text problems whose loss would matter; our choice. The one rule for forgetting, in the
monitor, in evaluation and in the ledger (``evaluation/paper_claims.yaml``)."""


def forgotten(low: float, high: float) -> str:
    """What an interval of the change in text accuracy says of forgetting.

    Args:
        low: lower end of after minus before.
        high: upper end.

    Returns:
        "kept": surely less than ``MOST_LOST`` was lost; "lost": surely more; else "undecided".

    Examples:
        >>> forgotten(-0.02, 0.03), forgotten(-0.20, -0.06), forgotten(-0.08, -0.01)
        ('kept', 'lost', 'undecided')
    """
    return "kept" if low > -MOST_LOST else "lost" if high < -MOST_LOST else "undecided"


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


def student_times(n: Any) -> Any:
    """How many standard errors of the mean half of Student's interval is wide.

    Args:
        n: how many values the mean is of; a number or an array, taken as two where it is fewer.

    Examples:
        >>> [round(float(student_times(n)), 2) for n in (3, 5, 1000)]
        [4.3, 2.78, 1.96]
    """
    import numpy as np
    from scipy import stats

    return stats.t.ppf((1 + LEVEL) / 2, np.maximum(n, 2) - 1)


def student_halves(wide: Any) -> Any:
    """Half the width of Student's interval of the mean, for each row of a table.

    Args:
        wide: a DataFrame of n rows, a column for each of two seeds or more; NaN for a seed without
            a value, which counts nowhere.

    Returns:
        A Series of n; NaN where the seeds are fewer than two.
    """
    return student_times(wide.notna().sum(axis=1)) * wide.sem(axis=1)


def running_mean(values: Any, window: int) -> tuple[Any, Any]:
    """The running mean of steps, and half the width of Student's interval of each full window.

    The interval says how far the mean would move with other prompts in the same steps: they are
    drawn anew in each, and so independent. A trend inside the window makes it wider than that.

    Args:
        values: a Series of n steps.
        window: steps of the running mean.

    Returns:
        Two Series of n; the second is NaN until the window is full: of two or three steps the
        interval is so wide that it would hide the rest.
    """
    half = student_times(window) * values.rolling(window).sem()
    return values.rolling(window, min_periods=1).mean(), half


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
    half = float(student_times(len(values)) * stats.sem(values))
    return mean, mean - half, mean + half
