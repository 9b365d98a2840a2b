"""Bars and lines of pictures without a value axis: their printed values are to be borne out.

Thresholds are our choice, in pixels of a picture of 150 dots an inch.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape
from finlmm_utils.asp.charts.pictures.blocks import blocks_of, straightened
from finlmm_utils.asp.charts.pixels.colours import PALE, PIXEL, Image, paper_of
from finlmm_utils.asp.charts.pixels.masks import masks_of, pale_masks
from finlmm_utils.asp.charts.pixels.shapes import lines_of
from finlmm_utils.asp.records import Box

AROUND = 2  # beside a word, where its ground is looked at
GROUND = 24  # levels between the two sides of a word that stands on one colour
HIGH, LONG = 8, 30  # sides of a bar, at least: a marker is less
LEAST_ROW = 3  # labels in the row under a line
EVEN = 0.25  # of their distance, by which it may differ
ROOM = 2.0  # ems over the highest number, that the plot of a line reaches
OVER_ROW = 2  # from the plot to its labels where no rule is


def without_words(image: Image, boxes: Sequence[Box]) -> Image:
    """A picture without the words that stand on its bars.

    Args:
        image: of the chart.
        boxes: of level words, points.
    """
    out = image.copy()
    paper = paper_of(image)
    for box in boxes:
        x0, y0, x1, y1 = (round(v / PIXEL) for v in box)
        a, b = max(x0 - AROUND, 1), min(x1 + AROUND, image.shape[1] - 1)
        rows = slice(max(y0 - AROUND, 0), y1 + AROUND)
        left, right = image[rows, a - 1].astype(int), image[rows, b].astype(int)
        one = np.abs(left - right).max(axis=1) <= GROUND
        for side in (left, right):
            one &= np.abs(side - paper).max(axis=1) >= PALE
        out[rows, a:b][one] = left[one, None].astype(np.uint8)
    return out


def bare_shapes(
    image: Image, colours: list[Colour], cells: Sequence[Cell], rules: Sequence[Shape]
) -> list[Shape]:
    """The bars, swatches and lines of a picture without a value axis.

    Args:
        image: of the chart, without the words on its bars.
        colours: of its series.
        cells: its words.
        rules: of it.
    """
    masks = masks_of(image, colours)
    found: list[Shape] = []
    rests = []
    for colour, mask, pale in zip(colours, masks, pale_masks(image, colours), strict=True):
        own, used = blocks_of(image, colour, mask)
        found += own
        bars = any(
            min(s.wide, s.high) >= HIGH * PIXEL < LONG * PIXEL <= max(s.wide, s.high) for s in own
        )
        free = np.zeros_like(used) if bars else ~used
        rests.append((colour, mask & free, pale & free))
    found = straightened(image, found, [c.box for c in cells])
    plot = _plot(cells, rules)
    return found + (lines_of(rests, masks, *plot) if plot else [])


def _plot(cells: Sequence[Cell], rules: Sequence[Shape]) -> tuple[Box, np.ndarray] | None:
    """Where lines with printed values are drawn, and where its labels stand; None for nowhere.

    Args:
        cells: words of the picture.
        rules: of it; the lowest one under the numbers ends the plot.
    """
    row = _row(cells)
    if not row:
        return None
    under = min(c.box[1] for c in row)
    numbers = [c for c in cells if c.level and c.amount is not None and c.box[3] < under]
    if len(numbers) < LEAST_ROW:
        return None
    places = np.array([c.x for c in row])
    pitch = float(np.median(np.diff(places)))
    top = min(c.box[1] - ROOM * c.size for c in numbers)
    lowest = max(c.box[3] for c in numbers)
    level = [s.box[1] for s in rules if s.high == 0 and s.wide > pitch]
    bottom = min((y for y in level if lowest < y < under), default=under - OVER_ROW * PIXEL)
    box = (float(places[0]) - pitch / 2, max(top, 0.0), float(places[-1]) + pitch / 2, bottom)
    return (max(box[0], 0.0), *box[1:]), places


def _row(cells: Sequence[Cell]) -> list[Cell]:
    """The lowest row of evenly spaced words; none where there is none."""
    rows: list[list[Cell]] = []
    for cell in sorted((c for c in cells if c.level), key=lambda c: -c.box[3]):
        if rows and abs(rows[-1][0].box[3] - cell.box[3]) < cell.size / 2:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    for row in rows:
        row.sort(key=lambda c: c.x)
        gaps = np.array([b.x - a.x for a, b in pairwise(row)])
        if len(row) >= LEAST_ROW and np.ptp(gaps) <= EVEN * np.median(gaps):
            return row
    return []
