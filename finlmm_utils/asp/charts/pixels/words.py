"""The labels along the axes of a picture, each cut out where its ink is and read by itself.

A detector of text misses single digits, takes labels that stand close for one, and letters that
are turned for letters of their own. Along an axis none of that is needed: the ink tells where
the labels are. Thresholds are our choice, in pixels of a picture of 150 dots an inch, or times the
height of a digit there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import ndimage

from finlmm_utils.asp.charts.axes import find_axes
from finlmm_utils.asp.charts.drawn.cells import Cell, amount_of
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.pixels.colours import PIXEL, SATURATED, Image, extremes
from finlmm_utils.asp.charts.pixels.frame import COLUMN, TICK, Frame, find_frame
from finlmm_utils.asp.charts.pixels.letters import (
    DIGIT_OF_SIZE,
    LETTER,
    WORDS_APART,
    Ink,
    Place,
    Recognise,
    ink_of,
    is_sure,
    read_lines,
    runs,
    tight,
)
from finlmm_utils.asp.charts.pixels.turned import angle_of, turned_cells
from finlmm_utils.asp.records import Box

NEAR = 3  # from an axis to what belongs to its line: ticks begin there
DIGIT = 15.0  # height of a digit where no label tells it
WIDEST_NUMBER = 130
AROUND = 20  # above and below the plot, where numbers of its axis stand
LEAST_COLUMN = 8  # beside the plot, below which no number has room
JOINED = 0.55  # of a digit, that letters of one label reach out on either side
CLOSE = 0.3  # of a digit, between two letters of one label
FIRST_ROW = 3.0  # from the plot to its labels
ROWS_APART = 0.9  # between the labels and what stands below them
SWATCH = 7  # of one row, that have a colour: no letter has such a run
DEEPEST = 260  # of the labels below a plot
OFF_PLACE = 0.15  # of the distance of two ticks, by which a label may stand beside its place
PARTING = 0.35  # of that distance, around the middle of two places, in which labels must part
LEAST_GAP = 1  # between two labels,
TOUCHING = 3.5  # and from the middle of a label to its place where one such gap is narrow
UPPER = 0.5  # below the plot, where a label under it doesn't end yet
ALONE = 0.4  # of the plot's width: a longer level label is several that touch


@dataclass(frozen=True)
class Labels:
    """The labels along the axes of a picture, the band of those below it, and its plot, points."""

    cells: list[Cell]
    band: Box | None = None
    plot: Box | None = None


def axis_labels(
    image: Image, lines: Sequence[Shape], words: Sequence[Cell], recognise: Recognise
) -> Labels:
    """The labels beside and below the plot of a picture.

    Args:
        image: of the chart.
        lines: its rules and ticks.
        words: that the detector found.
        recognise: reads pictures of one line each.
    """
    axes = find_axes(words, lines)
    frame = find_frame(lines, axes, image.shape[1] * PIXEL)
    if frame is None:
        return Labels([])
    ink = ink_of(image)
    found = _beside(image, ink, frame, recognise, left=True)
    several = len({a.cells[0].box[0] > frame.x1 * PIXEL for a in axes if a.upright}) > 1
    if several or sum(amount_of(c.text) is not None for c in found) < 2:
        right = _beside(image, ink, frame, recognise, left=False)
        found += [c for c in right if c.amount is not None]  # words there are a legend's
    heights = [(c.box[3] - c.box[1]) / PIXEL for c in found]
    digit = float(np.median(heights)) if len(heights) > 1 else DIGIT
    slants = [c.angle for c in words if not (c.level or c.upright) and c.box[3] > frame.y1 * PIXEL]
    slant = float(np.median(slants)) if len(slants) > 1 else None
    below, area = _below(image, ink, frame, lines, digit, slant, recognise)
    # A label under the corner of the plot reaches into the column beside it.
    found = [c for c in found if not any(_is_within(c, label.box) for label in below)]
    plot = (frame.x0 * PIXEL, frame.y0 * PIXEL, frame.x1 * PIXEL, frame.y1 * PIXEL)
    return Labels(found + below, area, plot)


def _is_within(cell: Cell, box: Box) -> bool:
    return box[0] <= cell.x <= box[2] and box[1] <= cell.y <= box[3]


def without(ink: Ink, edge: tuple[slice, int] | tuple[int, slice]) -> Ink:
    """Ink without the pieces that reach an edge: ticks, and what the axis runs through."""
    labels, _ = ndimage.label(ink, np.ones((3, 3)))
    touching = np.unique(labels[edge])
    return ink & ~np.isin(labels, touching[touching > 0])


def _beside(
    image: Image, ink: Ink, frame: Frame, recognise: Recognise, *, left: bool
) -> list[Cell]:
    """The labels of the column beside a plot.

    Args:
        image: of the chart.
        ink: its dark pixels.
        frame: of its plot.
        recognise: reads pictures of one line each.
        left: on which side.
    """
    height, width = ink.shape
    top, bottom = max(int(frame.y0) - AROUND, 0), min(int(frame.y1) + AROUND, height)
    x = int(frame.x0) - NEAR if left else int(frame.x1) + NEAR + 1
    if not LEAST_COLUMN <= x <= width - LEAST_COLUMN:
        return []
    area = (slice(top, bottom), slice(0, x) if left else slice(x, width))
    part = without(ink[area], (slice(None), -1 if left else 0))
    part = without(without(part, (0, slice(None))), (-1, slice(None)))  # words above and below
    labels, _ = ndimage.label(part, np.ones((3, 3)))
    letters = [w[0].stop - w[0].start for w in ndimage.find_objects(labels)]
    letters = [h for h in letters if LETTER[0] < h <= LETTER[1]]
    if not letters:
        return []
    reach = max(round(JOINED * float(np.median(letters))), 2)
    lost = ink[area] & ~part
    beside = max(round(CLOSE * float(np.median(letters))), 2)
    labels, _ = ndimage.label(ndimage.binary_dilation(part, np.ones((1, 2 * reach + 1), bool)))
    boxes: list[Place] = []
    for where in ndimage.find_objects(labels):
        box = tight(part, where)
        if box is None or not LETTER[0] <= box[3] - box[1] <= LETTER[1] or box[2] - box[0] < 3:
            continue
        if lost[box[1] : box[3], max(box[0] - beside, 0) : box[2] + beside].any():
            continue  # a digit of it runs into the axis
        gap = x - box[2] if left else box[0]
        if gap <= COLUMN and (left or box[2] - box[0] <= WIDEST_NUMBER):
            start = area[1].start
            boxes.append((start + box[0], top + box[1], start + box[2], top + box[3]))
    return _level_cells(image, boxes, recognise)


def _level_cells(image: Image, boxes: Sequence[Place], recognise: Recognise) -> list[Cell]:
    """Level labels at boxes."""
    out = []
    for box, (text, score) in zip(boxes, read_lines(image, boxes, recognise), strict=True):
        if is_sure(text, score):
            x0, y0, x1, y1 = (float(v * PIXEL) for v in box)
            size, end = (y1 - y0) / DIGIT_OF_SIZE, (x1, (y0 + y1) / 2)
            out.append(Cell(text, (x0, y0, x1, y1), size, 0.0, end, (0, 0, 0), y1))
    return out


def _below(
    image: Image,
    ink: Ink,
    frame: Frame,
    lines: Sequence[Shape],
    digit: float,
    slant: float | None,
    recognise: Recognise,
) -> tuple[list[Cell], Box | None]:
    """The labels below a plot, turned ones too, and the band of the picture that holds them.

    Args:
        image: of the chart.
        ink: its dark pixels.
        frame: of its plot.
        lines: rules and ticks of the picture.
        digit: height of a digit.
        slant: how the detector's slanted labels below the plot are turned, degrees.
        recognise: reads pictures of one line each.
    """
    top = int(frame.y1) + NEAR
    rules = [s.box[1] / PIXEL for s in lines if s.high == 0 and s.wide > 2 * TICK]
    floor = min([y - 2 for y in rules if y > top + digit] + [float(top + DEEPEST), len(ink) - 0.0])
    part = ink[top : int(floor)]
    if len(part) < digit:
        return [], None
    part = _without_numbers(without(part, (0, slice(None))), int(frame.x0), digit)
    if floor < len(ink):
        part = _uncut(part, digit)
    part = part[: _legend_below(image[top : top + len(part)], part)]
    bands = [b for b in runs(part.any(axis=1), ROWS_APART * digit) if b[1] - b[0] >= LETTER[0]]
    if not bands or bands[0][0] > FIRST_ROW * digit:
        return [], None
    first, last = bands[0]
    band = part[first:last]
    area = (0.0, top * PIXEL, image.shape[1] * PIXEL, (top + last) * PIXEL)
    angle = angle_of(band, digit) if slant is None else slant
    if angle:
        cells = turned_cells(image, band, top + first, angle, recognise)
    else:
        ticks = [s.box[0] / PIXEL for s in lines if s.wide == 0 and s.high < TICK]
        places = np.unique(np.round([t for t in ticks if frame.x0 - 4 <= t <= frame.x1 + 4], 1))
        pieces = _at_places(band, places, digit) or runs(band.any(axis=0), ROWS_APART * digit)
        boxes = []
        for a, b in pieces:
            box = tight(band, (slice(0, last - first), slice(a, b)))
            if box and LETTER[0] <= box[3] - box[1] <= LETTER[1]:
                boxes.append((box[0], top + first + box[1], box[2], top + first + box[3]))
        cells = _level_cells(image, boxes, recognise)
        base = max((c.baseline for c in cells), default=0.0)  # Chinese letters reach further down
        cells = [replace(c, baseline=base) for c in cells]
    if any(c.level and c.box[2] - c.box[0] > ALONE * (frame.x1 - frame.x0) * PIXEL for c in cells):
        return [], area
    return (cells, area) if len(cells) > 1 else ([], None)


def _legend_below(image: Image, part: Ink) -> int:
    """The row at which the first legend under the labels begins, as its coloured swatches tell.

    Args:
        image: below the plot.
        part: its ink.
    """
    most, least = extremes(image.astype(np.int16))
    square = np.ones((1, SWATCH), bool)
    coloured = ndimage.binary_erosion(most - least >= SATURATED, square).any(axis=1)
    rows = [r for r in runs(part.any(axis=1), 1) if coloured[r[0] : r[1]].any()]
    return next((a for a, _ in rows if part[:a].any()), len(part))


def _without_numbers(part: Ink, left: int, digit: float) -> Ink:
    """Ink below a plot without the points and commas of the lowest number beside it."""
    labels, _ = ndimage.label(part[:, : max(left, 1)], np.ones((3, 3)))
    out = part.copy()
    for k, where in enumerate(ndimage.find_objects(labels), start=1):
        if where[0].stop <= UPPER * digit:
            out[where][labels[where] == k] = False
    return out


def _uncut(part: Ink, digit: float) -> Ink:
    """Ink without the labels that a legend covers in part."""
    reach = max(round(JOINED * digit), 2)
    joined = ndimage.binary_dilation(part, np.ones((2 * reach + 1, 2 * reach + 1), bool))
    labels, _ = ndimage.label(joined)
    cut = np.unique(labels[-1][part[-1]])
    return part & ~np.isin(labels, cut[cut > 0])


def _at_places(band: Ink, marks: np.ndarray, digit: float) -> list[tuple[int, int]]:
    """The labels of a row whose middles are at ticks, or between them; [] where they are at none.

    Args:
        band: the ink of the row.
        marks: where the ticks are, pixels.
        digit: height of a digit.
    """
    if len(marks) < 2:
        return []
    pitch = float(np.median(np.diff(marks)))
    blank = np.asarray(~band.any(axis=0))
    for places in (marks, (marks[1:] + marks[:-1]) / 2):
        cuts, wide = [0], [True]
        for middle in (places[1:] + places[:-1]) / 2:
            start, end = int(middle - PARTING * pitch), int(middle + PARTING * pitch) + 1
            gaps = [g for g in runs(blank[start:end], 1) if g[1] - g[0] >= LEAST_GAP]
            if not gaps:
                break
            a, b = max(gaps, key=lambda g: g[1] - g[0])
            cuts.append(start + (a + b) // 2)
            wide.append(b - a >= WORDS_APART * digit)
        if len(cuts) < len(places):
            continue
        found = []
        for a, b, at in zip(cuts, [*cuts[1:], len(blank)], places, strict=True):
            inked = np.flatnonzero(~blank[a:b])
            if len(inked):
                found.append((a + int(inked[0]), a + int(inked[-1]) + 1, float(at)))
        # Where labels touch, only their middles tell whether one was cut inside a word.
        reach = OFF_PLACE * pitch + 3 if all(wide) else TOUCHING
        if found and all(abs((a + b) / 2 - at) <= reach for a, b, at in found):
            return [(a, b) for a, b, _ in found]
    return []
