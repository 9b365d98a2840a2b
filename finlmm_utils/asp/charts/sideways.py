"""Horizontal bars, and charts without a value axis whose values are printed.

Thresholds are our choice; lengths in points, or times the size of the letters (ems).
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from finlmm_utils.asp.charts import bars, lines, names, values
from finlmm_utils.asp.charts.axes import Axis
from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.levels import under
from finlmm_utils.asp.charts.drawn.series import SAME_COLUMN, Mark, Series, UnreadableError, named
from finlmm_utils.asp.charts.drawn.stems import find_dots
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.names import Entry
from finlmm_utils.asp.charts.plots import Label, Plot, find_labels
from finlmm_utils.asp.charts.printed import Printed, adding_up, agreeing, by_height, numbers_at
from finlmm_utils.asp.records import Box, Reading

NEXT_LINE = 1.5  # ems to the second line of a label
LABEL_GAP = 6.0  # points by which a label may reach over the base of its bar
OWN_ROW = 0.5  # of the distance of two columns, from a label to its bars


def find_sideways(
    axes: Sequence[Axis],
    shapes: Sequence[Shape],
    cells: Sequence[Cell],
    legend: Sequence[Entry],
    box: Box,
) -> list[Reading]:
    """The values of horizontal bars.

    Args:
        axes: level axes of the figure.
        shapes: what is drawn, without the swatches of the legend.
        cells: labels that belong to no upright axis and no legend.
        legend: of the figure.
        box: of the figure, points.
    """
    for axis in axes:
        left, right = axis.ends
        height = float(np.mean([c.y for c in axis.cells]))
        below = sum(s.box[1] > height for s in shapes) > len(shapes) / 2
        extent = (height, box[3]) if below else (box[1], height)
        plot = Plot((left, extent[0], right, extent[1]), False, [axis])
        zero = None if axis.log else axis.position(0.0)
        dots = find_dots(shapes, plot.box, upright=False)
        try:
            series = bars.find_bars(shapes, plot, zero) or dots
        except UnreadableError:
            if not dots:
                raise
            series = dots
        own = {id(c) for c in axis.cells}
        out = _read(plot, series, axis, [c for c in cells if id(c) not in own], legend)
        if out:
            return out
    return []


def _read(
    plot: Plot,
    series: list[Series],
    axis: Axis | None,
    cells: Sequence[Cell],
    legend: Sequence[Entry],
) -> list[Reading]:
    if not series:
        return []
    series = nameless_as_one(series, legend)
    names.name_all(series, cells, legend)
    series = named(series)
    base = _base(series)
    printed = numbers_at(series, cells, False)
    marks = [m for s in series for m in s.marks]
    exact = agreeing(marks, printed, axis, base)
    values_of = {id(p.cell) for p in exact.values()}
    plot.labels = row_labels(series, [c for c in cells if id(c) not in values_of], base)
    labels = values.label_groups(plot, series)
    out: list[Reading] = []
    for one in series:
        if axis is not None:
            out += values.bar_readings(plot, one, axis, labels, exact)
        else:
            told = by_height(marks, printed, exact, base)
            out += values.printed_readings(one, labels, exact, told)
    return out


def _base(series: Sequence[Series]) -> float:
    """Where horizontal bars stand, by the side on which most of them end."""
    marks = [m for s in series for m in s.marks if m.base is None]
    return float(np.median([m.start for m in marks])) if marks else 0.0


def row_labels(series: Sequence[Series], cells: Sequence[Cell], base: float) -> list[Label]:
    """The labels left of horizontal bars, from the top; their lines joined.

    Args:
        series: the bars.
        cells: labels that belong to no axis and no legend.
        base: where the bars stand, points.
    """
    marks = [m for s in series for m in s.marks]
    low, high = min(m.at - m.thick for m in marks), max(m.at + m.thick for m in marks)
    starts = min(min(m.end, m.start) for m in marks)
    edge = max(min(base, starts), starts) + LABEL_GAP
    beside = [c for c in cells if c.level and c.box[2] <= edge and low <= c.y <= high]
    if not beside:
        return []
    # The column of words nearest to the bars.
    right = max(c.box[2] for c in beside)
    left = min(c.box[0] for c in beside if c.box[2] > right - LABEL_GAP)
    beside = [c for c in beside if c.box[2] > left]
    rows: list[Cell] = []
    columns = max(len(s.marks) for s in series)
    for cell in sorted(beside, key=lambda c: (c.y, c.box[0])):
        last = rows[-1] if rows else None
        near = last is not None and cell.baseline - last.baseline < NEXT_LINE * cell.size
        if last is not None and near and len(beside) > columns:
            rows[-1] = under(last, cell)
        else:
            rows.append(cell)
    return [Label(c.text, (c.box[1] + c.box[3]) / 2, c) for c in rows]


def without_axis(
    shapes: Sequence[Shape], cells: Sequence[Cell], legend: Sequence[Entry], box: Box
) -> list[Reading]:
    """The printed values of a chart without a value axis, which its marks bear out.

    Args:
        shapes: what is drawn, without the swatches of the legend.
        cells: labels that belong to no legend.
        legend: of the figure.
        box: of the figure, points.
    """
    out: list[Reading] = []
    for some in (_upright(shapes, cells, legend, box), _level(shapes, cells, legend, box)):
        if len(some) > len(out):
            out = some
    return out


def _level(
    shapes: Sequence[Shape], cells: Sequence[Cell], legend: Sequence[Entry], box: Box
) -> list[Reading]:
    plot = Plot(box, False, [])
    try:
        series = bars.find_bars(shapes, plot, None)
        return _read(plot, series, None, cells, legend) if _several(series) else []
    except UnreadableError:
        return []  # the other direction may be read


def _several(series: Sequence[Series]) -> bool:
    return sum(len(s.marks) for s in series) >= 2


def _upright(
    shapes: Sequence[Shape], cells: Sequence[Cell], legend: Sequence[Entry], box: Box
) -> list[Reading]:
    """Upright bars, or a line, with a printed value at each."""
    plot = Plot(box, True, [])
    try:
        series = bars.find_bars(shapes, plot, None)
    except UnreadableError:
        series = []  # the other direction may be read
    series = nameless_as_one(series, legend) if _several(series) else []
    series += lines.joined(lines.find_lines(shapes, plot), plot)
    if not series:
        return []
    names.name_all(series, cells, legend)
    try:
        series = named(series)
    except UnreadableError:
        return []
    printed = numbers_at(series, cells, True)
    exact: dict[int, Printed] = {}
    told: dict[int, tuple[float, float, str]] = {}
    stacks = [s for s in series if s.kind == "bar"]
    if stacks:
        marks, base = [m for s in stacks for m in s.marks], _base(stacks)
        exact |= adding_up(marks, printed) or agreeing(marks, printed, None, base)
        told = by_height(marks, printed, exact, base)
    for one in series:
        if one.kind == "line":
            exact |= agreeing(one.marks, printed, None, None)
    marks = [m for s in series for m in s.marks]
    if not marks:
        return []
    values_of = {id(p.cell) for p in exact.values()}
    bottom = _floor(marks, shapes)
    plot.box = (
        min(m.at - m.thick / 2 for m in marks), min(m.end for m in marks),
        max(m.at + m.thick / 2 for m in marks), bottom,
    )  # fmt: skip
    free = [c for c in cells if id(c) not in values_of]
    plot.labels = find_labels(plot, free, shapes)
    labels = values.label_groups(plot, series)
    return [r for s in series for r in values.printed_readings(s, labels, exact, told)]


def _floor(marks: Sequence[Mark], shapes: Sequence[Shape]) -> float:
    """The lower side of a plot without an axis: its marks', or a rule under all of them."""
    bottom = max(max(m.end, m.start) for m in marks)
    left, right = min(m.at for m in marks), max(m.at for m in marks)
    return min(
        (s.box[1] for s in shapes if s.stroke is not None and s.high == 0 and s.box[1] >= bottom
         and s.box[0] <= left and s.box[2] >= right),
        default=bottom,
    )  # fmt: skip


def nameless_as_one(series: list[Series], legend: Sequence[Entry]) -> list[Series]:
    """Bars of several colours, none of which a legend names, as one series: some stand out.

    Not where the colours come again and again in one order: those are groups of several series.
    """
    if len(series) < 2 or any(names.name_of_fill(s.colour, legend) for s in series):
        return series
    marks = sorted((m for s in series for m in s.marks), key=lambda m: m.at)
    if any(b.at - a.at < SAME_COLUMN * a.thick for a, b in pairwise(marks)):
        return series
    if any(m.base is not None for m in marks):  # a bridge: its colours say up and down
        return [Series("bar", series[0].colour, "", marks)]
    places = np.unique(np.round([m.at for m in marks]))
    if len(places) < len(marks):
        return series
    place = {id(m): k for k, s in enumerate(series) for m in s.marks}
    order, count = [place[id(m)] for m in marks], len(series)
    if len(order) > count and order == order[:count] * (len(order) // count):
        return series
    return [Series("bar", series[0].colour, "", marks)]
