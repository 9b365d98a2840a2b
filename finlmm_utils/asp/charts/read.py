"""Reads a chart: axes, marks, names and labels to values, or a reason why none is given.

In doubt nothing is read: a wrong value makes a wrong training row, a missing one only none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import pymupdf

from finlmm_utils.asp.charts import bars, lines, names, pies, values
from finlmm_utils.asp.charts.axes import find_axes
from finlmm_utils.asp.charts.drawn.cells import Cell, cells_within, page_cells
from finlmm_utils.asp.charts.drawn.levels import is_strip, panel_size
from finlmm_utils.asp.charts.drawn.markers import find_markers
from finlmm_utils.asp.charts.drawn.series import Series, UnreadableError, named
from finlmm_utils.asp.charts.drawn.sides import without_side
from finlmm_utils.asp.charts.drawn.stems import find_dots, stems_as_bars
from finlmm_utils.asp.charts.drawn.strokes import Shape, page_shapes, within
from finlmm_utils.asp.charts.plots import Plot, find_plots
from finlmm_utils.asp.charts.printed import agreeing, numbers_at
from finlmm_utils.asp.charts.scales.own_axis import TWO_AXES, axes_of
from finlmm_utils.asp.charts.sideways import find_sideways, nameless_as_one, without_axis
from finlmm_utils.asp.records import Box, Figure, Reading

LEGEND_ROOM = 8.0  # points around a legend in which the picture may hide a mark
NOT_DRAWN = {"raster": "a picture", "table": "a table", "scheme": "a scheme"}
NO_AXIS = "no axis"  # why nothing was read where no numbers tell a scale
INSIDE = 0.9  # share of a chart in the crop of a figure, from which it is a part of that
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
        for figure in some:
            parts = [f for f in some if f is not figure and _is_part(f.box, figure.box)]
            if len(parts) >= 2:
                _read_by_parts(figure, parts)


def _read_by_parts(figure: Figure, parts: Sequence[Figure]) -> None:
    """Gives a figure of several charts what these show, in place, where it says less by itself.

    Axes of neighbours would be taken for two axes of one plot. A series without a name is only
    known in its own chart.
    """
    told = {(r.label, r.value) for part in parts for r in part.shows}
    if told <= {(r.label, r.value) for r in figure.shows}:
        return
    figure.shows = _unambiguous([r for part in parts for r in part.shows if r.series])
    figure.unread = "" if figure.shows else "several charts"


def _is_part(inner: Box, outer: Box) -> bool:
    """Whether a chart is one of several in the crop of another figure."""
    wide = min(inner[2], outer[2]) - max(inner[0], outer[0])
    high = min(inner[3], outer[3]) - max(inner[1], outer[1])
    area, whole = ((b[2] - b[0]) * (b[3] - b[1]) for b in (inner, outer))
    return min(wide, high) > 0 and wide * high > INSIDE * area and area < INSIDE * whole


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
    own = axes_of(series, plot, cells, legend)
    series = [s for s in series if id(s) in own]
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
