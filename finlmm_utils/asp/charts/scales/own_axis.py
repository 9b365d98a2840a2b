"""Which of two axes a series is measured on.

Thresholds are our choice; lengths in points, or times the size of the letters (ems).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product

from finlmm_utils.asp.charts import names
from finlmm_utils.asp.charts.axes import Axis
from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.series import Series, UnreadableError
from finlmm_utils.asp.charts.drawn.sides import side_of
from finlmm_utils.asp.charts.drawn.strokes import alike, is_coloured
from finlmm_utils.asp.charts.plots import Plot

TWO_AXES = "two axes and nothing that ties a series to one"
SAME_SCALE = 0.01  # of the axis, by which two axes of one scale may differ (our choice)
ONE_LINE = 1.0  # points between the baselines of the titles over two axes
OVER = 3.0  # ems from the upper side of such a title to that of the number under it
_UNIT = re.compile(r"[(（\[][^()（）]*[)）\]]\s*$|%")
"""A unit at the end of a name."""


def axes_of(
    series: Sequence[Series],
    plot: Plot,
    cells: Sequence[Cell],
    legend: Sequence[names.Entry],
) -> dict[int, Axis]:
    """The axis that each series is measured on, by its `id`; what nothing ties to one is left out.

    Args:
        series: all of the plot, with the names as they are written.
        plot: with its axes.
        cells: labels of the figure, for the titles of the axes.
        legend: of the figure; it may mark a series that is not read.

    Raises:
        UnreadableError: two axes and nothing that ties any series to one of them.
    """
    if len(plot.axes) == 1:
        if any(side_of(s.name) == "right" for s in series) and not plot.right:
            raise UnreadableError("a series of an axis that was not found")
        return {id(s): plot.axes[0] for s in series}
    if _one_scale(*plot.axes):
        return {id(s): plot.axes[0] for s in series}
    told = {side_of(name) for name in [*(s.name for s in series), *(e.name for e in legend)]}
    told -= {""}
    titles = _titles(plot, cells)
    kinds = {s.kind for s in series}
    out = {}
    for one in series:
        side = side_of(one.name)
        if not side and len(told) == 1:  # one is marked, so the others are the other axis'
            side = _other(next(iter(told)))
        side = side or _by_colour(one, plot) or _by_title(one, titles)
        side = side or _by_unit(one, plot, titles) or _beside_titled(series, titles)
        if not side and kinds == {"bar", "line"}:
            side = "left" if one.kind == "bar" else "right"
        if side:
            out[id(one)] = plot.axes[side == "right"]
    if not out:
        raise UnreadableError(TWO_AXES)
    return out


def _other(side: str) -> str:
    return {"left": "right", "right": "left"}[side]


def _one_scale(left: Axis, right: Axis) -> bool:
    """Whether two axes say the same at all heights: one scale, written on both sides."""
    gaps = (abs(left.value(end) - right.value(end)) for end in left.ends)
    return left.log == right.log and max(gaps) < SAME_SCALE * left.span


def _by_colour(one: Series, plot: Plot) -> str:
    """The axis whose numbers are written in the series' colour."""
    sides = [
        side
        for side, axis in zip(("left", "right"), plot.axes, strict=True)
        if any(alike(c.colour, one.colour) for c in axis.cells)
    ]
    return sides[0] if len(sides) == 1 else ""


def _titles(plot: Plot, cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    """The words beside the axes, written upright; or over both of them, at one height."""
    x0, _, x1, _ = plot.box
    turned = [c for c in cells if not c.level and names.tidy(c.text)]
    out = {"left": [c for c in turned if c.x < x0], "right": [c for c in turned if c.x > x1]}
    if out["left"] or out["right"]:
        return out
    over = [[c for c in cells if _is_over(c, axis)] for axis in plot.axes]
    for left, right in product(*over):
        if abs(left.baseline - right.baseline) <= ONE_LINE and left.box[2] < right.box[0]:
            return {"left": [left], "right": [right]}
    return out


def _is_over(cell: Cell, axis: Axis) -> bool:
    """Whether words stand right over the numbers of an axis."""
    top = min(axis.cells, key=lambda c: c.y)
    low, high = min(c.box[0] for c in axis.cells), max(c.box[2] for c in axis.cells)
    near = 0 < top.box[1] - cell.box[1] <= OVER * top.size
    return cell.level and cell.amount is None and near and cell.box[0] < high and low < cell.box[2]


def _bare(text: str) -> str:
    """Words without spaces, in small letters."""
    return "".join(text.lower().split())


def _by_title(one: Series, titles: dict[str, list[Cell]]) -> str:
    """The axis beside which the series' name, or words in its colour, are written."""
    name = _bare(one.name)
    for side, cells in titles.items():
        for cell in cells:
            own = _bare(names.tidy(cell.text))
            if name and own and (name in own or own in name):
                return side
            if is_coloured(one.colour) and alike(cell.colour, one.colour):
                return side
    return ""


def _by_unit(one: Series, plot: Plot, titles: dict[str, list[Cell]]) -> str:
    """The axis whose numbers or title are in per cent, for a name in per cent; else the other."""
    sides = {
        side
        for side, axis in zip(("left", "right"), plot.axes, strict=True)
        if axis.unit == "%" or any("%" in c.text for c in titles[side])
    }
    if len(sides) != 1 or not _UNIT.search(one.name):
        return ""
    return sides.pop() if "%" in one.name else _other(sides.pop())


def _beside_titled(series: Sequence[Series], titles: dict[str, list[Cell]]) -> str:
    """The axis of a common title, where the title of the other names one series and no more."""
    whole = {_bare(s.name) for s in series}
    named = [side for side, cells in titles.items() if any(_bare(c.text) in whole for c in cells)]
    return _other(named[0]) if len(named) == 1 and titles[_other(named[0])] else ""
