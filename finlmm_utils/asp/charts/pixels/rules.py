"""The rules of a picture: axes, grid lines and ticks; in points.

Thresholds are our choice, in pixels of a picture of 150 dots an inch.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape
from finlmm_utils.asp.charts.pixels.colours import PIXEL, Image, extremes
from finlmm_utils.asp.records import Box

GREY = 30  # levels between the channels of what has no colour
DARK = 232  # level below which a pixel is no paper
RULE = 0.25  # of the picture's width (height), that a rule is long
THICK_RULE = 4  # a rule is no thicker
DASH_GAP = 5  # paper between two dashes of a rule
SOLID, LETTER_WIDE = 60, 14  # length of a piece of what is not dashed; of a piece of a letter
BETWEEN, TEXT = 3, 0.5  # rows from a dashed rule, where there is less of its ink
DASHED = 0.4  # least share of a dashed rule that is inked
SEEN = 0.3  # least share of a rule that no marks cover
TICK = (3, 14)  # length of a tick
SAME_RULE = 0.5  # of the shorter of two rows of ink that they share, as one thick rule

Mask = NDArray[np.bool_]


def rules(image: Image) -> list[Shape]:
    """Axes, grid lines and the ticks on them, of black or grey."""
    pixels = image.astype(np.int16)
    strongest, weakest = extremes(pixels)
    dark = (strongest - weakest <= GREY) & (pixels @ np.ones(3, np.int16) < 3 * DARK)
    drawn = weakest < DARK
    height, width = dark.shape
    found = []
    for place, start, end in _runs(dark, drawn, RULE * width):
        found.append(stroke(start, place, end, place))
    for place, start, end in _runs(dark.T, drawn.T, RULE * height):
        found.append(stroke(place, start, place, end))
    return found + _ticks(dark, found)


def _runs(dark: Mask, drawn: Mask, least: float) -> list[tuple[float, float, float]]:
    """Long dark runs of the rows, neighbours joined: middle of the rows, first and last column.

    Args:
        dark: pixels of rules.
        drawn: these and the pixels of marks, which may lie over a rule.
        least: length of a run, pixels.
    """
    rows = []
    for y in np.flatnonzero(dark.sum(axis=1) >= SEEN * least):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], dark[y].view(np.int8), [0]])))
        over = np.concatenate([[0], np.cumsum(~drawn[y])])
        chains: list[list[tuple[int, int]]] = []
        for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            if chains and over[start] - over[chains[-1][-1][1]] <= DASH_GAP:
                chains[-1].append((start, end))
            else:
                chains.append([(start, end)])
        for pieces in map(_without_letters, chains):
            start, end = pieces[0][0], pieces[-1][1]
            inked = sum(b - a for a, b in pieces)
            # Letters leave more paper between them than dashes do.
            paper = over[end] - over[start]
            if end - start >= least and inked >= SEEN * least and paper <= (1 - DASHED) * inked:
                solid = max(b - a for a, b in pieces) >= SOLID
                beside = [dark[k, start:end].sum() for k in (y - BETWEEN, y + BETWEEN)
                          if 0 <= k < len(dark)]  # fmt: skip
                if solid or max(beside) <= TEXT * inked:  # what has ink over or under it is text
                    rows.append((int(y), float(start), float(end)))
    out: list[tuple[float, float, float]] = []
    while rows:
        block = [rows.pop(0)]
        for row in list(rows):
            near = row[0] <= block[-1][0] + 1
            if near and min(row[2], block[0][2]) - max(row[1], block[0][1]) > SAME_RULE * least:
                block.append(row)
                rows.remove(row)
        if block[-1][0] - block[0][0] < THICK_RULE:
            middle = (block[0][0] + block[-1][0] + 1) / 2
            out.append((middle, min(b[1] for b in block), max(b[2] for b in block)))
    return out


def _without_letters(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pieces of a rule without those of the number that stands before or after its tick."""
    if max(b - a for a, b in pieces) < SOLID:
        return pieces
    long = [k for k, (a, b) in enumerate(pieces) if b - a >= LETTER_WIDE]
    return pieces[long[0] : long[-1] + 1]


def _ticks(dark: Mask, axes: list[Shape]) -> list[Shape]:
    """Short runs that stand out from the leftmost, rightmost and lowest axis."""
    found = []
    upright = sorted((s for s in axes if s.wide == 0), key=lambda s: s.box[0])
    level = sorted((s for s in axes if s.high == 0), key=lambda s: s.box[1])
    for axis, side in [*((a, -1) for a in upright[:1]), *((a, 1) for a in upright[-1:])]:
        x = int(axis.box[0] / PIXEL)
        strip = dark[:, x - 5 : x - 2] if side < 0 else dark[:, x + 3 : x + 6]
        for middle in _middles(strip) if strip.shape[1] == 3 else ():
            if not axis.box[1] - TICK[0] <= middle * PIXEL <= axis.box[3] + TICK[0]:
                continue
            found.append(stroke(x + 2 * side, middle, x + 6 * side, middle))
    for axis in level[-1:]:
        y = int(axis.box[1] / PIXEL)
        strip = dark[y + 3 : y + 6]
        for middle in _middles(strip.T) if len(strip) == 3 else ():
            if not axis.box[0] - TICK[0] <= middle * PIXEL <= axis.box[2] + TICK[0]:
                continue
            found.append(stroke(middle, y + 2, middle, y + 6))
    return found


def _middles(strip: Mask) -> list[float]:
    """The middles of the thin runs of rows that are dark all over a strip beside an axis."""
    flags = np.asarray(strip.all(axis=1))
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.view(np.int8), [0]])))
    pairs = zip(edges[::2], edges[1::2], strict=True)
    return [(a + b) / 2 for a, b in pairs if b - a <= THICK_RULE]


def stroke(x0: float, y0: float, x1: float, y1: float, colour: Colour = (0, 0, 0)) -> Shape:
    """A straight stroke of a picture as a shape in points.

    Args:
        x0: where it begins, pixels across the picture.
        y0: the same down the picture.
        x1: where it ends, across.
        y1: the same, down.
        colour: of the stroke.
    """
    points = np.array([(x0, y0), (x1, y1)], float) * PIXEL
    box: Box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    return Shape(points, box, stroke=colour, width=1.0)
