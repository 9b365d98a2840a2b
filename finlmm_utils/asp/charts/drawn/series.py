"""What a plot draws, before anybody knows what it is worth: marks of series at their places."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.charts.drawn.strokes import Colour
from finlmm_utils.asp.records import Box

SAME_COLUMN = 0.3  # of their thickness, between the middles of bars of one column
MOST_MARKS = 120  # vertices of a line beside which values may be printed (our choice)


class UnreadableError(Exception):
    """A chart that shows values, but not in a way that can be read for sure; says why."""


@dataclass(frozen=True)
class Mark:
    """One value as drawn.

    Attributes:
        at: its place along the labels, points.
        end: where its value stands along the value axis, points.
        base: where it starts, for what is stacked on something; None for what starts at zero, or at
            the axis' own end.
        thick: its extent along the labels, points; 0 for a point of a line.
        start: where it begins along the value axis: its base, else where bars stand, points.
    """

    at: float
    end: float
    base: float | None = None
    thick: float = 0.0
    start: float = 0.0


@dataclass
class Series:
    """Marks of one colour, dash and kind.

    Attributes:
        kind: how they are drawn.
        colour: of all of them.
        dash: of a line.
        marks: the bars; of a line or area with few vertices these, else none.
        curve: (n, 3) of a line or area: place along the labels, end and base of each vertex, from
            the left; the base is NaN for what starts at zero. Empty for bars.
        name: as the legend or words beside it say; "" while nobody has looked.
        hidden: box in which a legend may hide it, points.
    """

    kind: Literal["bar", "line", "area"]
    colour: Colour
    dash: str = ""
    marks: list[Mark] = field(default_factory=list)
    curve: NDArray[np.float64] = field(default_factory=lambda: np.zeros((0, 3)))
    name: str = ""
    hidden: Box | None = None

    def hides(self, mark: Mark) -> bool:
        """Whether a legend may stand over the end of a mark."""
        if self.hidden is None:
            return False
        x0, y0, x1, y1 = self.hidden
        return x0 <= mark.at <= x1 and y0 <= mark.end <= y1


def curve_series(
    kind: Literal["line", "area"], colour: Colour, dash: str, curve: NDArray[np.float64]
) -> Series:
    """A line or area from its vertices.

    Args:
        kind: which of the two.
        colour: of its stroke or inside.
        dash: of its stroke.
        curve: (n, 3), see `Series`.
    """
    series = Series(kind, colour, dash, curve=curve)
    if len(curve) <= MOST_MARKS:
        series.marks = [mark_of(row) for row in curve]
    return series


def mark_of(row: NDArray[np.float64]) -> Mark:
    """A vertex of a curve as a mark."""
    at, end, base = (float(v) for v in row)
    return Mark(at, end, None if np.isnan(base) else base)


def named(series: list[Series]) -> list[Series]:
    """The series that can be told apart by name; one alone needs none.

    Raises:
        UnreadableError: where none of several can.
    """
    if len(series) == 1:
        return series
    counts = Counter(s.name for s in series)
    out = [s for s in series if s.name and counts[s.name] == 1]
    if not out:
        raise UnreadableError("several series without names")
    return out
