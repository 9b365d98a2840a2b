"""What a plot draws, before anybody knows what it is worth: marks of series at their places."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from finlmm_utils.asp.charts.strokes import Colour


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
        sure: whether the place is seen for certain; a point under a legend is not.
    """

    at: float
    end: float
    base: float | None = None
    thick: float = 0.0
    start: float = 0.0
    sure: bool = True


@dataclass
class Series:
    """Marks of one colour, dash and kind.

    Attributes:
        kind: how they are drawn.
        colour: of all of them.
        dash: of a line.
        marks: in order along the labels; of a line with many vertices all of them.
        name: as the legend or words beside it say; "" while nobody has looked.
        dense: whether the marks are a curve's vertices, to be read between two of them too.
    """

    kind: Literal["bar", "line", "area"]
    colour: Colour
    dash: str = ""
    marks: list[Mark] = field(default_factory=list)
    name: str = ""
    dense: bool = False
