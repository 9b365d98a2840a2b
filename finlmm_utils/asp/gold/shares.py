"""Shares of what was measured; 0 of 0 is neither 0 nor 1, but not measured."""

from __future__ import annotations


def share_of(part: int, whole: int) -> float | None:
    """A share, or None where there is nothing to measure it on, as on reports without gold.

    Examples:
        >>> share_of(3, 4), share_of(0, 0)
        (0.75, None)
    """
    return part / whole if whole else None


def rounded(value: float | None, digits: int = 4) -> float | None:
    """A share for ``metrics.json``, where None says that it was not measured."""
    return None if value is None else round(value, digits)


def in_words(value: float | None, digits: int = 3) -> str:
    """A share for a reader.

    Examples:
        >>> in_words(1.0), in_words(None)
        ('1.000', 'not measured')
    """
    return "not measured" if value is None else f"{value:.{digits}f}"
