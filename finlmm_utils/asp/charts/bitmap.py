"""Reads the picture of a chart: its pixels as shapes, the words that OCR finds as labels.

Bars, pies and up to five coloured lines, or one black one; more lines cover each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from finlmm_utils.asp.charts.axes import Axis, find_axes
from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.series import UnreadableError
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.pictures.bare import bare_shapes, without_words
from finlmm_utils.asp.charts.pictures.blocks import raised
from finlmm_utils.asp.charts.pictures.dark import dark_colour, dark_line
from finlmm_utils.asp.charts.pictures.discs import disc_of, slices_of
from finlmm_utils.asp.charts.pictures.found import (
    Word,
    cell_of,
    on_baselines,
    read_again,
    with_signs,
)
from finlmm_utils.asp.charts.pictures.shares import disc_readings, swatches_of
from finlmm_utils.asp.charts.pixels import ends
from finlmm_utils.asp.charts.pixels.colours import (
    PIXEL,
    Image,
    series_colours,
    swatch_greys,
)
from finlmm_utils.asp.charts.pixels.ground import on_white
from finlmm_utils.asp.charts.pixels.letters import Recognise
from finlmm_utils.asp.charts.pixels.masks import within_plots
from finlmm_utils.asp.charts.pixels.rules import rules
from finlmm_utils.asp.charts.pixels.shapes import coloured
from finlmm_utils.asp.charts.pixels.words import Labels, axis_labels
from finlmm_utils.asp.charts.plots import Plot, find_plots
from finlmm_utils.asp.charts.read import NO_AXIS, Shown, read_chart
from finlmm_utils.asp.records import Box

BLACK = "no colours: black and grey series are not read"
POINTS_READ = ("label", "first", "last", "highest", "lowest", "share")
MOST_SERIES = 5  # colours; more lines than four cover each other (measured on real pictures)
COVERED = 0.5  # of the smaller of two boxes, from which they hold the same word
PRINTED = 0.8  # share of the values of a chart without an axis that are printed and borne out
FEWEST_NUMBERS = 2  # printed in a chart without an axis
GAP = 4.0  # points from an axis to what is drawn over it, so that it is not taken in
WIDE_RULE = 0.5  # of the plot, that an axis is wide
WIDENING = 1.6  # tolerance of a pixel's edge, times that of a vector mark


def read_bitmap(image: Image, words: Sequence[Word], recognise: Recognise) -> Shown:
    """What the picture of a chart shows.

    Args:
        image: of 150 dots an inch, (height, width, 3), RGB.
        words: that OCR found in it.
        recognise: reads pictures of one line of text each: labels along the axes.

    Returns:
        Its values, or why there are none.
    """
    image = on_white(image)
    lines = rules(image)
    pairs = [(c, w[2]) for w in words if (c := cell_of(image, w)) is not None]
    free, scores = [c for c, _ in pairs], {id(c): score for c, score in pairs}
    if not any(a.upright for a in find_axes(free, lines)):
        shown = _disc(image, free, scores, recognise)
        if shown is not None:
            return shown
    if not find_axes(free, lines):
        shown = _bare(image, lines, free, scores, recognise)
        if shown is not None:
            return shown
    labels = axis_labels(image, lines, free, recognise)
    own, free = _together(labels, free)
    edge = max((s for s in lines if s.wide == 0), key=lambda s: s.box[0], default=None)
    free = [c for c in free if c.amount is not None or not _is_crossed(c, edge)]
    signed = {id(c) for a in find_axes(own + free, lines) if _falls(a) for c in a.cells}
    own, free = ([_unsigned(c) if id(c) in signed else c for c in some] for some in (own, free))
    cells = own + free
    height, width = image.shape[:2]
    whole: Box = (0.0, 0.0, width * PIXEL, height * PIXEL)
    axes = find_axes(cells, lines)
    try:
        drawn = find_plots(axes, cells, lines, whole)
    except UnreadableError as reason:
        return Shown([], str(reason) if axes else NO_AXIS)
    plots, along = [p.box for p in drawn], [[x.at for x in p.labels] for p in drawn]
    if labels.plot is not None and len(plots) < 2:
        plots, along = [_around(labels.plot, axes)], along or [[]]
    found = series_colours(image)
    found += swatch_greys(image, [c.box for c in free if c.level], found)
    colours = within_plots(image, found, plots)
    line = None
    if not colours and len(drawn) == 1:
        colours = [c for c in [dark_colour(image, plots[0])] if c]
        if not colours:
            words_at, at = [c.box for c in free], [x.at for x in drawn[0].labels]
            line = dark_line(image, plots[0], words_at, lines, at)
    if not colours and line is None:
        return Shown([], BLACK if axes else NO_AXIS)
    if len(colours) > MOST_SERIES:
        return Shown([], "too many colours" if axes else NO_AXIS)
    marks = [line] if line else coloured(
        image, colours, plots, [c.box for c in free], [np.array(x) for x in along],
        _room(drawn, cells, lines),
    )  # fmt: skip
    if any(not s.rectangle for s in marks):  # a line may cross the bars
        marks = raised(image, marks)
    shapes: list[Shape] = [*lines, *marks]
    # One letter in a plot is a marker.
    free = [c for c in free if len(c.text) > 1 or not any(_holds(p, c.box) for p in plots)]
    cells = own + read_again(image, free, scores, shapes, recognise)
    try:
        shown = read_chart(shapes, cells, whole)
    except UnreadableError as reason:
        return Shown([], str(reason) if axes else NO_AXIS)
    inside = [c for c in free if not c.amount and any(_holds(p, c.box) for p in plots)]
    if ends.nameless_lines(shown.readings, shapes, max(len(colours), len(inside))):
        return Shown([], "several series without names")
    late = ends.late_series(shown.readings)
    # A bar whose colour is near another's may be missed: no other is sure to be the highest.
    bars = any(s.rectangle and any(_holds(p, s.box) for p in plots) for s in shapes)
    # A detector's box around slanted words tells no place on a line.
    loose = labels.band is None and not all(x.cell.level for p in drawn for x in p.labels)
    readings = [
        r.model_copy(update={"tolerance": float(f"{WIDENING * r.tolerance:.3g}")})
        for r in shown.readings
        if r.point in (("label",) if bars or r.series in late else POINTS_READ)
        and not (loose and not bars and r.point == "label")
    ]
    left = not axes and ends.some_left(shown.readings, [c.text for c in cells if c.level])
    if left or ends.some_unnumbered(shown.readings):
        return Shown([], NO_AXIS)  # what is printed can be looked for as words
    names = [x.text for x in drawn[0].labels] if len(drawn) == 1 else []
    readings = ends.without_single(ends.ends_told(readings, names, shapes))
    return Shown(readings, shown.unread if readings else shown.unread or "no bars at labels")


def _falls(axis: Axis) -> bool:
    """Whether an axis falls upwards from 0: its tick marks were read as minus signs."""
    cells = sorted(axis.cells, key=lambda c: c.box[1])
    values = [c.amount[0] for c in cells if c.amount is not None]
    return axis.upright and max(values) <= 0 and all(a < b for a, b in pairwise(values))


def _unsigned(cell: Cell) -> Cell:
    return replace(cell, text=cell.text.lstrip("-−–— "))


def _disc(
    image: Image, words: Sequence[Cell], scores: dict[int, float], recognise: Recognise
) -> Shown | None:
    """What a pie or donut shows; None for a picture of something else.

    Args:
        image: without an upright axis.
        words: that OCR found in it.
        scores: of the words by the `id` of their cells.
        recognise: reads pictures of one line of text each.
    """
    circle = disc_of(image)
    slices = slices_of(image, circle) if circle else []
    if circle is None or not slices:
        return None
    swatches = swatches_of(image, circle, slices)
    cells = read_again(image, words, scores, swatches, recognise)
    try:
        return Shown(disc_readings(slices, swatches, cells))
    except UnreadableError as reason:
        return Shown([], str(reason))


def _room(drawn: Sequence[Plot], cells: Sequence[Cell], lines: Sequence[Shape]) -> Box | None:
    """The only plot and one step of its axis over and under it, as far as nothing stands there.

    Args:
        drawn: the plots.
        cells: all words.
        lines: axes and grid lines.
    """
    if len(drawn) != 1 or not drawn[0].axes:
        return None
    x0, y0, x1, y1 = drawn[0].box
    low, high = drawn[0].axes[0].ends
    step = (high - low) / (len(drawn[0].axes[0].cells) - 1)
    within = [c.box for c in cells if c.box[0] < x1 and c.box[2] > x0]
    over = [b[3] for b in within if b[3] <= y0]
    rules = [s.box[1] - GAP for s in lines if s.high == 0 and s.wide > WIDE_RULE * (x1 - x0)]
    under = [y for y in [*(b[1] for b in within), *rules] if y > y1]
    return (x0, max([y0 - step, *over]), x1, min([y1 + step, *under]))


def _bare(
    image: Image,
    lines: Sequence[Shape],
    words: Sequence[Cell],
    scores: dict[int, float],
    recognise: Recognise,
) -> Shown | None:
    """What a chart without a value axis shows; None where its marks do not bear out its numbers.

    Args:
        image: of the chart.
        lines: its rules.
        words: that OCR found in it.
        scores: of the words by the `id` of their cells.
        recognise: reads pictures of one line of text each.
    """
    words = with_signs(words, scores)
    if sum(c.amount is not None for c in words) < FEWEST_NUMBERS:
        return None
    plain = without_words(image, [c.box for c in words if c.level])
    colours = series_colours(plain)
    if not colours or len(colours) > MOST_SERIES + 1:
        return None
    shapes = [*lines, *bare_shapes(plain, colours, words, lines)]
    cells = read_again(image, words, scores, shapes, recognise)
    height, width = image.shape[:2]
    shown = read_chart(
        shapes, on_baselines(with_signs(cells, scores)), (0.0, 0.0, width * PIXEL, height * PIXEL)
    )
    if ends.nameless_lines(shown.readings, shapes, len(colours)):
        return None
    if ends.some_left(shown.readings, [c.text for c in cells if c.level]):
        return None
    return shown if ends.share_printed(shown.readings) >= PRINTED else None


def _is_crossed(cell: Cell, edge: Shape | None) -> bool:
    """Whether the edge of a plot runs through a word: OCR takes it for a part of a letter."""
    if edge is None or not cell.level:
        return False
    x0, y0, x1, y1 = cell.box
    x, top, _, bottom = edge.box
    return x0 + 1 < x < x1 - 1 and top < y0 and bottom > y1


def _holds(plot: Box, box: Box) -> bool:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return plot[0] <= x <= plot[2] and plot[1] <= y <= plot[3]


def _around(plot: Box, axes: Sequence[Axis]) -> Box:
    """A plot without what stands over the numbers of its axis: a title's rule."""
    tops = [a.ends[0] - (a.ends[1] - a.ends[0]) / (len(a.cells) - 1) for a in axes if a.upright]
    return (plot[0], max([plot[1], *tops[:1]]), plot[2], plot[3])


def _together(labels: Labels, free: Sequence[Cell]) -> tuple[list[Cell], list[Cell]]:
    """The labels along the axes, and the words elsewhere, each place once.

    Args:
        labels: read by themselves.
        free: what the detector found; where it has a number and they have another, or none, the
            fit of the axis tells which is right.
    """
    gone: set[int] = set()
    kept = []
    for cell in free:
        if labels.band is not None and _covers(labels.band, cell.box):
            continue
        same = [c for c in labels.cells if _covers(c.box, cell.box)]
        if not same or (cell.amount and all(c.amount != cell.amount for c in same)):
            kept.append(cell)
            gone |= {id(c) for c in same if c.amount is None}
    return [c for c in labels.cells if id(c) not in gone], kept


def _covers(area: Box, box: Box) -> bool:
    """Whether most of a label lies in an area, or of the area in it."""
    wide = min(area[2], box[2]) - max(area[0], box[0])
    high = min(area[3], box[3]) - max(area[1], box[1])
    least = min((b[2] - b[0]) * (b[3] - b[1]) for b in (area, box))
    return wide > 0 and high > 0 and wide * high > COVERED * least
