"""Shapes of a picture: its bars and swatches, its lines; in points.

Thresholds are our choice, in pixels of a picture of 150 dots an inch.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape
from finlmm_utils.asp.charts.pixels.colours import PIXEL, Image
from finlmm_utils.asp.charts.pixels.masks import coverage, masks_of, pale_masks
from finlmm_utils.asp.charts.pixels.rules import stroke
from finlmm_utils.asp.charts.pixels.traces import Trace, fill, follow
from finlmm_utils.asp.charts.pixels.vertices import vertices
from finlmm_utils.asp.records import Box

FILLED = 0.88  # share of its box that a bar or a swatch fills
SMALLEST = 3  # side of a bar
FLAT_SWATCH = 6  # height of a swatch that is a piece of a line
FLAT_FILLED = 0.6  # share of its box that such a piece, dashed perhaps, fills
WORDS_GAP = 14.0  # points between such a piece and the words right of it
MARKER = 18  # height of a marker on it
FLATTER = 1.5  # times as wide as high, that a piece with a marker is
ENDS_FLAT = 0.55  # of the height of piece and marker, that the line is thick at most
ENDS = 5  # part of its width at each end that shows the line alone
SWATCH_WIDTH = (12, 90)  # of such a piece
BARS = 2  # blocks in a plot that make a colour that of bars
SPECK = 6  # pixels of what says nothing
OVER = 6  # over and under the plot, where a line may reach
THIN_LINE = 2.5  # pixels of a colour in a column, up to which paler ones are the line's too
NEAR_EDGE, CUT = 2, 3  # rows at the edges of that, and columns there of a line that goes on
WHOLE = 0.95  # of a pixel, from which what lies beside a block is no edge of its own
OVERFULL = 1.1  # of a colour: a pixel is no mix of it that has more
SAME_MIX = 3.0  # levels by which a mix must fit better than that of a more common colour
COVERED = 0.5  # of a piece of a line, from which another one lies on it

Mask = NDArray[np.bool_]


def coloured(
    image: Image,
    colours: list[Colour],
    plots: list[Box],
    words: list[Box],
    places: list[NDArray[np.float64]],
    room: Box | None = None,
) -> list[Shape]:
    """Bars, swatches and lines of the colours of a picture.

    Args:
        image: of the chart.
        colours: of its series.
        plots: the boxes of the plots, points; lines are followed in these alone.
        words: where words stand, points: a piece of a line beside them is of a legend.
        places: of the labels along each plot, points.
        room: around the only plot, where a line may leave it; None for none.
    """
    found: list[Shape] = []
    masks = masks_of(image, colours)
    rests = []
    for colour, mask, pale in zip(colours, masks, pale_masks(image, colours), strict=True):
        own, blocks, bars = _blocks(image, colour, mask, plots, words)
        found += [_as_mixed(s, image, colours) for s in own]
        free = ~blocks if bars < BARS else np.zeros_like(blocks)
        rests.append((colour, mask & free, pale & free))
    found = _one_a_place(found)
    for plot, along in zip(plots, places, strict=True):
        found += lines_of(rests, masks, plot, along, room)
    return found


def _as_mixed(shape: Shape, image: Image, colours: list[Colour]) -> Shape:
    """A piece of a line in the colour that its pixels are mixed from: thin ones are pale all over.

    Args:
        shape: a bar, or a piece of a line in a legend.
        image: of the chart.
        colours: of its series.
    """
    if shape.stroke is None:
        return shape
    x0, y0, x1, _ = (round(v / PIXEL) for v in shape.box)
    part = image[max(y0 - 2, 0) : y0 + 3, x0 + 1 : max(x1 - 1, x0 + 2)].astype(float)
    rows = 255.0 - np.median(part, axis=1)
    own = rows[rows.sum(axis=1).argmax()]
    best = (_mixed_from(own, shape.colour)[1], shape.colour)
    for colour in colours:
        share, off = _mixed_from(own, colour)
        if share <= OVERFULL and off < best[0] - SAME_MIX:
            best = (off, colour)
    return replace(shape, stroke=best[1])


def _mixed_from(away: NDArray[np.float64], colour: Colour) -> tuple[float, float]:
    """How much of a colour a pixel holds, and by how much it misses the mix of it with white."""
    towards = 255.0 - np.array(colour, float)
    share = float(away @ towards) / max(float(towards @ towards), 1.0)
    return share, float(np.abs(away - share * towards).max())


def _one_a_place(found: list[Shape]) -> list[Shape]:
    """Of pieces of lines that lie on each other the longest: the others are its edge."""
    flat = sorted((s for s in found if s.stroke is not None), key=lambda s: -s.wide)
    kept: list[Shape] = []
    for one in flat:
        over = (
            min(one.box[2], s.box[2]) - max(one.box[0], s.box[0])
            for s in kept
            if abs(one.box[1] - s.box[1]) <= FLAT_SWATCH * PIXEL
        )
        if max(over, default=0.0) < COVERED * one.wide:
            kept.append(one)
    return [s for s in found if s.stroke is None] + kept


def _blocks(
    image: Image, colour: Colour, mask: Mask, plots: list[Box], words: list[Box]
) -> tuple[list[Shape], Mask, int]:
    """The bars and swatches of a colour, their pixels, and how many stand in a plot.

    Args:
        image: of the chart.
        colour: of a series.
        mask: its pixels.
        plots: the boxes of the plots, points.
        words: where words stand, points.
    """
    labels, _ = ndimage.label(mask)
    found: list[Shape] = []
    blocks = np.zeros_like(mask)
    bars = 0
    for k, where in enumerate(ndimage.find_objects(labels), start=1):
        rows, columns = where
        own = labels[where] == k
        high, wide = own.shape
        flat = (
            high <= FLAT_SWATCH and SWATCH_WIDTH[0] <= wide <= SWATCH_WIDTH[1] and high * 3 < wide
        )
        if (min(high, wide) < 2 and not flat) or own.sum() < SPECK:
            continue
        inside = any(_inside(columns, rows, plot) for plot in plots)
        marked = _is_marked(own)
        named = inside and (flat or marked) and _has_words(rows, columns, words)
        inside = inside and not named
        marked = marked and not inside
        if not marked and own.mean() < (FLAT_FILLED if flat else FILLED):
            continue
        if (flat or marked) and not inside:
            middle = (rows.start + rows.stop) / 2
            found.append(stroke(columns.start, middle, columns.stop, middle, colour))
            blocks[where] |= own
        elif min(high, wide) >= SMALLEST:
            found.append(block_of(rows, columns, image, colour))
            blocks[where] |= own
            bars += inside
    return found, blocks, bars


def _has_words(rows: slice, columns: slice, words: list[Box]) -> bool:
    """Whether words begin right of pixels, at their height."""
    y, x = (rows.start + rows.stop) / 2 * PIXEL, columns.stop * PIXEL
    return any(b[1] < y < b[3] and b[0] - WORDS_GAP < x < b[0] + WORDS_GAP for b in words)


def _is_marked(own: Mask) -> bool:
    """Whether pixels are a piece of a line with a marker on its middle, as legends show it."""
    high, wide = own.shape
    if not (
        high <= MARKER and SWATCH_WIDTH[0] <= wide <= SWATCH_WIDTH[1] and high * FLATTER < wide
    ):
        return False
    ends = np.concatenate([own[:, : wide // ENDS], own[:, -(wide // ENDS) :]], axis=1).any(axis=1)
    return bool(own.any(axis=0).all() and ends.sum() <= max(FLAT_SWATCH, ENDS_FLAT * high))


def lines_of(
    rests: list[tuple[Colour, Mask, Mask]],
    masks: list[Mask],
    plot: Box,
    places: NDArray[np.float64],
    room: Box | None = None,
) -> list[Shape]:
    """The lines of a plot, one a colour at most.

    Args:
        rests: colours with their pixels that are no bars, and with paler ones of thin lines.
        masks: of all colours.
        plot: its box, points.
        places: of its labels, points.
        room: where they are followed if one leaves the plot; None for nowhere else.
    """
    x0, y0, x1, y1 = (round(v / PIXEL) for v in plot)
    top, left = max(y0 - OVER, 0), max(x0 - 2, 0)
    area = (slice(top, y1 + OVER), slice(left, x1 + 3))
    traces, leaves = [], False
    for k, (colour, mask, pale) in enumerate(rests):
        others = [m[area] for j, m in enumerate(masks) if j != k]
        over = np.logical_or.reduce(others) if others else np.zeros_like(mask[area])
        over = ndimage.binary_dilation(over, np.ones((3, 3), bool))
        trace = follow(mask[area], over)
        columns = mask[area].any(axis=0).sum()
        if trace is None or mask[area].sum() <= THIN_LINE * columns:
            trace = follow(pale[area], over) or trace
        high = mask[area].shape[0]
        leaves |= trace is not None and _is_cut(trace, high, most=0)
        if trace is not None and not _is_cut(trace, high):
            traces.append((colour, trace))
    wider = lines_of(rests, masks, room, places) if leaves and room is not None else []
    if not traces or len(wider) >= len(traces):
        return wider
    start = min(t.at[0] for _, t in traces)
    end = max(t.at[-1] for _, t in traces)
    return [line_along(t, colour, (left, top), places, (start, end)) for colour, t in traces]


def line_along(
    trace: Trace,
    colour: Colour,
    corner: tuple[int, int],
    places: NDArray[np.float64],
    ends: tuple[float, float] | None = None,
) -> Shape:
    """A line with its vertices at labels, or else all of its points.

    Args:
        trace: where it is seen.
        colour: of it.
        corner: of the picture's part that it was followed in, pixels.
        places: of the labels along the plot, points.
        ends: columns where the lines of the plot begin and end; None for its own ends.
    """
    start, end = ends or (trace.at[0], trace.at[-1])
    own = vertices(trace, places / PIXEL - corner[0])
    points = fill(trace, float(start), float(end)) if own is None else own
    points = (points + np.array(corner)) * PIXEL
    box: Box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
    return Shape(points, box, stroke=colour, width=1.5)


def _is_cut(trace: Trace, high: int, most: int = CUT) -> bool:
    """Whether a line runs on beyond what was taken for its plot.

    Args:
        trace: where it is seen.
        high: of the plot, pixels.
        most: columns at its edges in which the line may be seen.
    """
    return int(((trace.y < NEAR_EDGE) | (trace.y > high - NEAR_EDGE)).sum()) > most


def _inside(columns: slice, rows: slice, plot: Box) -> bool:
    x, y = (columns.start + columns.stop) / 2 * PIXEL, (rows.start + rows.stop) / 2 * PIXEL
    return plot[0] <= x <= plot[2] and plot[1] <= y <= plot[3]


def block_of(rows: slice, columns: slice, image: Image, colour: Colour) -> Shape:
    """A filled rectangle, its sides where the colour of the pixels beside it says.

    Args:
        rows: of the picture, that it fills.
        columns: the same across.
        image: of the chart.
        colour: of it.
    """
    height, width = image.shape[:2]
    core = slice(columns.start + 1, max(columns.stop - 1, columns.start + 2))
    side = slice(rows.start + 1, max(rows.stop - 1, rows.start + 2))

    def part(pixels: Image) -> float:
        return float(np.median(coverage(pixels, colour))) if pixels.size else 0.0

    y0 = rows.start - (part(image[rows.start - 1, core]) if rows.start else 0.0)
    y1 = rows.stop + (part(image[rows.stop, core]) if rows.stop < height else 0.0)
    x0 = columns.start - (part(image[side, columns.start - 1]) if columns.start else 0.0)
    x1 = columns.stop + (part(image[side, columns.stop]) if columns.stop < width else 0.0)
    # What lies beside is another colour, an axis or a grid line, and not the block's own edge.
    box: Box = (
        (x0 if x0 > columns.start - WHOLE else columns.start) * PIXEL,
        (y0 if y0 > rows.start - WHOLE else rows.start) * PIXEL,
        (x1 if x1 < columns.stop + WHOLE else columns.stop) * PIXEL,
        (y1 if y1 < rows.stop + WHOLE else rows.stop) * PIXEL,
    )
    a, b, c, d = box
    points = np.array([(a, b), (c, b), (c, d), (a, d)], float)
    return Shape(points, box, fill=colour, rectangle=True)
