"""Reads a chart: axes, marks, names and labels to values, or a reason why none is given.

In doubt nothing is read: a wrong value makes a wrong training row, a missing one only none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pymupdf

from finlmm_utils.asp.charts import bars, lines, names, pies, values
from finlmm_utils.asp.charts.axes import Axis, find_axes
from finlmm_utils.asp.charts.drawn.cells import Cell, cells_within, page_cells
from finlmm_utils.asp.charts.drawn.levels import is_strip, panel_size
from finlmm_utils.asp.charts.drawn.markers import find_markers
from finlmm_utils.asp.charts.drawn.series import Series, UnreadableError, named
from finlmm_utils.asp.charts.drawn.sides import side_of, without_side
from finlmm_utils.asp.charts.drawn.stems import find_dots, stems_as_bars
from finlmm_utils.asp.charts.drawn.strokes import Shape, alike, page_shapes, within
from finlmm_utils.asp.charts.plots import Plot, find_plots
from finlmm_utils.asp.charts.printed import agreeing, numbers_at
from finlmm_utils.asp.charts.sideways import find_sideways, nameless_as_one, without_axis
from finlmm_utils.asp.records import Box, Figure, Reading

LEGEND_ROOM = 8.0  # points around a legend in which the picture may hide a mark
NOT_DRAWN = {"raster": "a picture", "table": "a table", "scheme": "a scheme"}
NO_AXIS = "no axis"  # why nothing was read where no numbers tell a scale
TWO_AXES = "two axes and nothing that ties a series to one"
SAME_SCALE = 0.01  # of the axis, by which two axes of one scale may differ (our choice)
MAX_REASON = 120  # characters
MOST_SHAPES = 6000  # in one figure; more are a map or a drawing (our choice)


@dataclass(frozen=True)
class Shown:
    """What a chart shows, and why nothing is read where nothing is."""

    readings: list[Reading]
    unread: str = ""


def read_figures(figures: Sequence[Figure], document: pymupdf.Document) -> None:
    """Fills in what the drawn charts of a report show, in place.

    Args:
        figures: of the report, in page order; only those of kind ``vector`` are read, for the
            marks of the others are pixels, or they are no charts.
        document: the open PDF, its pages turned upright.
    """
    by_page: dict[int, list[Figure]] = {}
    for figure in figures:
        if figure.kind == "vector":
            by_page.setdefault(figure.page, []).append(figure)
        else:
            figure.unread = NOT_DRAWN.get(figure.kind, "")
    for number, some in by_page.items():
        found = read_charts(document[number - 1], [f.box for f in some])
        for figure, shown in zip(some, found, strict=True):
            figure.shows, figure.unread = shown.readings, shown.unread


def read_charts(page: pymupdf.Page, boxes: Sequence[Box]) -> list[Shown]:
    """Reads the drawn charts of an upright page.

    Args:
        page: its rotation removed.
        boxes: of the charts, points.

    Returns:
        What each of them shows. A page that MuPDF can't tell apart shows nothing, with the reason.
    """
    try:
        shapes, cells = page_shapes(page, boxes), page_cells(page)
        return [read_chart(shapes, cells, box) for box in boxes]
    except Exception as error:  # hostile drawings: a chart that can't be read costs no report
        reason = f"{type(error).__name__}: {error}"[:MAX_REASON]
        return [Shown([], reason) for _ in boxes]


def read_chart(shapes: Sequence[Shape], cells: Sequence[Cell], box: Box) -> Shown:
    """Reads one chart of a page.

    Args:
        shapes: what is drawn on the page.
        cells: its labels.
        box: of the chart, points.

    Returns:
        Its values; where there are none, the reason.
    """
    shapes, cells = within(shapes, box), cells_within(cells, box)
    if len(shapes) > MOST_SHAPES:
        return Shown([], "too many shapes")
    try:
        readings = _read(shapes, cells, box)
    except UnreadableError as reason:
        return Shown([], str(reason))
    return Shown(readings, "" if readings else "one label for several values")


def _read(shapes: list[Shape], cells: list[Cell], box: Box) -> list[Reading]:
    slices = pies.find_pie(shapes)
    bare = bars.off_bars(cells, shapes, box)
    axes = find_axes(bare, shapes)
    if slices and not any(a.upright for a in axes):
        return pies.pie_readings(slices, shapes, cells)
    on_axes = {id(c) for a in axes if a.upright for c in a.cells}
    legend = names.find_legend(shapes, [c for c in bare if id(c) not in on_axes])
    legend = names.without_others(legend, shapes)
    taken = on_axes | {id(c) for e in legend for c in e.cells}
    free = [c for c in cells if id(c) not in taken]
    swatches = {id(e.swatch) for e in legend}
    drawn = stems_as_bars([s for s in shapes if id(s) not in swatches])
    plots = find_plots(axes, free, drawn, box)
    out: list[Reading] = []
    reason = ""
    for plot in plots:
        try:
            out += _read_plot(plot, drawn, shapes, free, legend)
        except UnreadableError as why:
            reason = reason or str(why)
    if not out:
        flat = [a for a in axes if not a.upright]
        out = find_sideways(flat, drawn, free, legend, box)
    out = out or (without_axis(drawn, free, legend, box) if not axes else [])
    if not out and any(len(plot.axes) > 1 for plot in plots):
        raise UnreadableError(TWO_AXES)
    if not out:
        raise UnreadableError(reason or ("no marks on an axis" if axes else NO_AXIS))
    return _unambiguous(out)


def _unambiguous(readings: list[Reading]) -> list[Reading]:
    """Readings without those that give one series two values under one label: of two plots."""
    said: dict[tuple[str, str, str], set[float]] = defaultdict(set)
    for r in readings:
        said[r.series, r.label, r.point].add(r.value)
    return [r for r in readings if len(said[r.series, r.label, r.point]) == 1]


def _read_plot(
    plot: Plot,
    drawn: list[Shape],
    shapes: list[Shape],
    cells: list[Cell],
    legend: list[names.Entry],
) -> list[Reading]:
    """The values of one upright plot.

    Args:
        plot: with its axes and labels.
        drawn: the shapes of the figure without swatches.
        shapes: all of them.
        cells: labels that belong to no axis and no legend.
        legend: of the figure.
    """
    axis = plot.axes[0]
    zero = None if axis.log else axis.position(0.0)
    if plot.title:
        drawn = [s for s in drawn if not is_strip(s, plot.title)]
    elif panel_size([x.cell for x in plot.labels]):
        raise UnreadableError("panels without titles")
    reason = None
    flat = lines.joined(lines.find_lines(drawn, plot), plot)
    try:
        found = bars.find_bars(drawn, plot, zero)
    except UnreadableError as why:
        found, reason = [], why
    areas = lines.find_areas(drawn, plot)
    found = nameless_as_one(found, legend)
    series = found + flat + areas or find_dots(drawn, plot.box, upright=True)
    if not series:
        if reason:
            raise reason
        return []
    others = [c for c in cells if all(c is not x.cell for x in plot.labels)]
    words = lines.off_references(others, drawn, plot)
    names.name_all(series, words, legend, axis.cells[0].size, find_markers(drawn))
    series = lines.without_outlines(series)
    series = named(series)
    if plot.title:
        if len(series) > 1:
            raise UnreadableError("panels of several series")
        series[0].name = plot.title.text
    hide_under(series, legend, plot)
    own = {id(s): axis_of(s, series, plot, cells, legend) for s in series}
    for one in series:
        one.name = without_side(one.name)
    labels = values.label_groups(plot, [s for s in series if s.kind == "bar"])
    printed = numbers_at(series, others, True)
    out: list[Reading] = []
    for one in series:
        axis = own[id(one)]
        exact = agreeing(one.marks, printed, axis, None)
        if one.kind == "bar":
            out += values.bar_readings(plot, one, axis, labels, exact)
        else:
            out += values.line_readings(plot, one, axis, exact)
    return out


def hide_under(series: Sequence[Series], legend: Sequence[names.Entry], plot: Plot) -> None:
    """Notes where a legend may hide the ends of marks, in place.

    Args:
        series: of one plot.
        legend: of the figure.
        plot: only a legend inside it hides anything.
    """
    x0, y0, x1, y1 = plot.box
    inside = [e.box for e in legend if x0 < e.box[0] and e.box[2] < x1 + LEGEND_ROOM
              and y0 - LEGEND_ROOM < e.box[1] and e.box[3] < y1]  # fmt: skip
    if not inside:
        return
    a0 = min(b[0] for b in inside) - LEGEND_ROOM
    b0 = min(b[1] for b in inside) - LEGEND_ROOM
    a1 = max(b[2] for b in inside) + LEGEND_ROOM
    b1 = max(b[3] for b in inside) + LEGEND_ROOM
    for one in series:
        one.hidden = (a0, b0, a1, b1)


def axis_of(
    one: Series,
    series: Sequence[Series],
    plot: Plot,
    cells: Sequence[Cell],
    legend: Sequence[names.Entry],
) -> Axis:
    """The axis that a series is measured on.

    Args:
        one: the series; what its name says of its axis is taken out of the name.
        series: all of the plot.
        plot: with its axes.
        cells: labels of the figure, for the titles of the axes.
        legend: of the figure; it may mark a series that is not read.

    Raises:
        UnreadableError: two axes and nothing that ties the series to one of them.
    """
    side = side_of(one.name)
    if len(plot.axes) == 1:
        if side == "right" and not plot.right:
            raise UnreadableError("a series of an axis that was not found")
        return plot.axes[0]
    if _one_scale(*plot.axes):
        return plot.axes[0]
    told = {side_of(name) for name in [*(s.name for s in series), *(e.name for e in legend)]}
    told -= {""}
    if not side and len(told) == 1:  # one is marked, so the others are the other axis'
        side = {"left": "right", "right": "left"}[told.pop()]
    if not side:
        side = _by_colour(one, plot) or _by_title(one, plot, cells)
    if not side:
        kinds = {s.kind for s in series}
        if kinds == {"bar", "line"}:
            side = "left" if one.kind == "bar" else "right"
    if not side:
        raise UnreadableError(TWO_AXES)
    return plot.axes[side == "right"]


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


def _by_title(one: Series, plot: Plot, cells: Sequence[Cell]) -> str:
    """The axis beside which the series' name, or words in its colour, are written upright."""
    x0, _, x1, _ = plot.box
    for cell in cells:
        if cell.level:
            continue
        own = names.tidy(cell.text).lower()
        grey = max(one.colour) - min(one.colour) < names.COLOURED
        same = one.name and (one.name.lower() in own or own in one.name.lower())
        if same or (not grey and alike(cell.colour, one.colour)):
            if cell.x < x0:
                return "left"
            if cell.x > x1:
                return "right"
    return ""
