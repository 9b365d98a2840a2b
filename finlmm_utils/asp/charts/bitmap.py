"""Reads the picture of a chart: its pixels as shapes, the words that OCR finds as labels.

Bars and up to five coloured lines: black ones look like axes, more lines cover each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from finlmm_utils.asp.charts.axes import Axis, find_axes
from finlmm_utils.asp.charts.drawn.cells import Cell, amount_of
from finlmm_utils.asp.charts.drawn.series import UnreadableError
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.pixels import ends
from finlmm_utils.asp.charts.pixels.colours import (
    PIXEL,
    Image,
    series_colours,
    swatch_greys,
)
from finlmm_utils.asp.charts.pixels.ground import on_white
from finlmm_utils.asp.charts.pixels.letters import (
    DIGIT_OF_SIZE,
    LETTER,
    SURE,
    Ink,
    Place,
    Recognise,
    ink_of,
    is_sure,
    read_lines,
    runs,
    tight,
    whole,
)
from finlmm_utils.asp.charts.pixels.masks import within_plots
from finlmm_utils.asp.charts.pixels.rules import rules
from finlmm_utils.asp.charts.pixels.shapes import coloured
from finlmm_utils.asp.charts.pixels.words import Labels, axis_labels
from finlmm_utils.asp.charts.plots import find_plots
from finlmm_utils.asp.charts.read import NO_AXIS, Shown, read_chart
from finlmm_utils.asp.records import Box

Word = tuple[list[tuple[float, float]], str, float]
"""Corners in pixels from where the word begins, text, the recogniser's score."""

_TICK = re.compile(r"(?<=[\d%])(?:\s*[-−—–_一]| [十+])+$|^[十+] (?=\d)")
"""A tick that OCR takes for the end, or the beginning, of the number beside it."""
_APART = re.compile(r"(?<=\d) (?=[.,%])|(?<=\d[.,]) (?=\d)|(?<=[-−$£€¥]) (?=\d)")
_SWATCH_READ = re.compile(r"^[\W_一]+")
"""A piece of a line that OCR takes for the beginning of the words right of it."""
BLACK = "no colours: black and grey series are not read"
POINTS_READ = ("label", "first", "last", "highest", "lowest", "share")
MOST_SERIES = 5  # colours; more lines than four cover each other (measured on real pictures)
COVERED = 0.5  # of the smaller of two boxes, from which they hold the same word
NAME_SURE = 0.9  # score of a word that was read in two ways
INK = 90  # levels from the paper, from which a pixel is ink
LOOSE, BLOCK = 0.75, 0.4  # of OCR's box: slanted letters; of words: a block's side before them
SLANTED = 12.0  # degrees from level, and from upright
LONGEST, TALL = 1.1, 1.6  # ems of a letter, at most; times as high as wide: written upwards
TICK_HIGH, TICK_LOW = 3, 0.7  # pixels; of the box of a number: a point is further down
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
    pairs = [(c, w[2]) for w in words if (c := _cell(image, w)) is not None]
    free, scores = [c for c, _ in pairs], {id(c): score for c, score in pairs}
    labels = axis_labels(image, lines, free, recognise)
    own, free = _together(labels, free)
    edge = max((s for s in lines if s.wide == 0), key=lambda s: s.box[0], default=None)
    free = [c for c in free if c.amount is not None or not _is_crossed(c, edge)]
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
    if not colours:
        return Shown([], BLACK if axes else NO_AXIS)
    if len(colours) > MOST_SERIES:
        return Shown([], "too many colours" if axes else NO_AXIS)
    shapes: list[Shape] = [
        *lines,
        *coloured(image, colours, plots, [c.box for c in free], [np.array(x) for x in along]),
    ]
    # One letter in a plot is a marker.
    free = [c for c in free if len(c.text) > 1 or not any(_holds(p, c.box) for p in plots)]
    cells = own + _read_again(image, free, scores, shapes, recognise)
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
    if ends.some_unnumbered(shown.readings):
        return Shown([], NO_AXIS)  # what is printed can be looked for as words
    names = [x.text for x in drawn[0].labels] if len(drawn) == 1 else []
    readings = ends.without_single(ends.ends_told(readings, names, shapes))
    return Shown(readings, shown.unread if readings else shown.unread or "no bars at labels")


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


def _cell(image: Image, word: Word) -> Cell | None:
    """A word as a label; the box of level and upright ones drawn close around their ink."""
    quad, text, score = word
    text = _APART.sub("", text.strip())
    bare = _TICK.sub("", text)
    text = bare if amount_of(bare) is not None else text
    xs, ys = np.array(quad).T
    if not is_sure(text, score):
        return None
    slant = float(np.degrees(np.arctan2(ys[0] - ys[1], xs[1] - xs[0])))
    if SLANTED < abs(slant) < 90 - SLANTED:
        size = float(np.hypot(xs[3] - xs[0], ys[3] - ys[0])) * PIXEL * LOOSE
        end = ((xs[1] + xs[2]) / 2 * PIXEL, (ys[1] + ys[2]) / 2 * PIXEL)
        box = (*(np.array([xs.min(), ys.min(), xs.max(), ys.max()]) * PIXEL).tolist(),)
        return Cell(text, box, size, slant, end, (0, 0, 0), box[3])
    a, b = max(int(xs.min()), 0), max(int(ys.min()), 0)
    part = image[b : int(ys.max()) + 1, a : int(xs.max()) + 1].astype(np.int16)
    if not part.size:
        return None
    paper = np.median(part.reshape(-1, 3), axis=0)
    ink = np.abs(part - paper).max(axis=2) > INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    last = columns[-1] + 1
    pieces = runs(ink.any(axis=0), 2)
    if amount_of(text) is not None and len(pieces) > 1 and _is_tick(ink[:, slice(*pieces[-1])]):
        last = pieces[-2][1]
        rows = np.flatnonzero(ink[:, :last].any(axis=1))
    left, right = (a + columns[0]) * PIXEL, (a + last) * PIXEL
    top, bottom = (b + rows[0]) * PIXEL, (b + rows[-1] + 1) * PIXEL
    tall = bottom - top > TALL * (right - left) and len(text) > 2
    size = (right - left if tall else bottom - top) / DIGIT_OF_SIZE
    if tall and bottom - top > LONGEST * size * len(text):  # most of its letters were not read
        return None
    anchor = ((left + right) / 2 if tall else right, (top + bottom) / 2)
    angle = 90.0 if tall else 0.0
    return Cell(text, (left, top, right, bottom), size, angle, anchor, (0, 0, 0), bottom)


def _is_tick(ink: Ink) -> bool:
    """Whether the last ink of a number is the tick beside it: flat, and not on its baseline."""
    rows = np.flatnonzero(ink.any(axis=1))
    return bool(len(rows) <= TICK_HIGH and rows[-1] < TICK_LOW * len(ink))


def _read_again(
    image: Image,
    cells: Sequence[Cell],
    scores: dict[int, float],
    shapes: Sequence[Shape],
    recognise: Recognise,
) -> list[Cell]:
    """Level words read close around their ink, apart where a swatch stands between them.

    Args:
        image: of the chart.
        cells: words that stand along no axis.
        scores: of the words by the `id` of their cells: what was surer at first stays as it was.
        shapes: what is drawn, among it the swatches of legends.
        recognise: reads pictures of one line of text each.
    """
    ink = ink_of(image)
    level = [c for c in cells if c.level and c.amount is None]
    parts = [(c, _parts(ink, c, shapes)) for c in level]
    boxes = [box for _, some in parts for box in some]
    owners = [c if len(some) == 1 else None for c, some in parts for _ in some]
    out = [c for c in cells if not (c.level and c.amount is None)]
    found = read_lines(image, boxes, recognise)
    found = [x for c, some in parts for x in whole(c.text, [found.pop(0) for _ in some])]
    for box, (text, score), cell in zip(boxes, found, owners, strict=True):
        if cell and box[0] * PIXEL > cell.box[0] + cell.size:  # a swatch was read with its words
            bare = _SWATCH_READ.sub("", cell.text)
            place = (box[0] * PIXEL, *cell.box[1:])
            scores[id(cell := replace(cell, text=bare, box=place))] = scores[id(cell)]
        new, old = text.replace(" ", ""), cell.text.replace(" ", "") if cell else ""
        if cell and new != old and (score < scores[id(cell)] or len(new) < len(old)):
            if scores[id(cell)] >= NAME_SURE:
                out.append(cell)
        elif is_sure(text, score, SURE if new == old else NAME_SURE):
            x0, y0, x1, y1 = (float(v * PIXEL) for v in box)
            end = (x1, (y0 + y1) / 2)
            size = (y1 - y0) / DIGIT_OF_SIZE
            out.append(Cell(text, (x0, y0, x1, y1), size, 0.0, end, (0, 0, 0), y1))
    return out


def _is_swatch(shape: Shape, high: float) -> bool:
    """Whether a shape may stand before words so high, points: no dot, stem or bar of a letter."""
    if shape.fill is not None:
        return min(shape.wide, shape.high) >= BLOCK * high
    coloured = shape.stroke is not None and max(shape.stroke) > 0
    return coloured and shape.high == 0 and shape.wide > high


def _parts(ink: Ink, cell: Cell, shapes: Sequence[Shape]) -> list[Place]:
    """Where the words of a label stand between the swatches of a legend, pixels."""
    x0, y0, x1, y1 = cell.box
    cuts = sorted(
        (s.box[0], s.box[2])
        for s in shapes
        if _is_swatch(s, y1 - y0)
        if x0 - 2 <= s.box[0] and s.box[2] <= x1 + 2 and y0 <= (s.box[1] + s.box[3]) / 2 <= y1
        and s.wide < max((x1 - x0) / 2, y1 - y0)
    )  # fmt: skip
    out = []
    start = x0
    for left, right in [*cuts, (x1, x1)]:
        a, b = round(start / PIXEL), round(left / PIXEL)
        rows = slice(max(round(y0 / PIXEL) - 1, 0), round(y1 / PIXEL) + 1)
        box = tight(ink, (rows, slice(a, b))) if b - a > 2 else None
        if box is not None and LETTER[0] <= box[3] - box[1] <= LETTER[1]:
            out.append(box)
        start = right + 2 * PIXEL
    return out
