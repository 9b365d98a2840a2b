"""The bars of a picture without a value axis, as straight as they were before JPEG.

Thresholds are our choice, in pixels of a picture of 150 dots an inch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape, alike
from finlmm_utils.asp.charts.pixels.colours import PALE, PIXEL, SAME, Image, extremes, paper_of
from finlmm_utils.asp.charts.pixels.shapes import block_of
from finlmm_utils.asp.records import Box

FILLED = 0.8  # share of its box that a bar or swatch fills, its corners rounded by JPEG
LEAST_SIDE = 3  # of a bar,
LEAST_LONG = 12  # and length of one that is thinner
BAR_WIDE = 10  # of a bar that a line may cross
SAME_FILL = 40  # levels between the pixels of one bar
MOST_OF_ROW, SOME_OF_ROW = 0.6, 0.2  # of a bar's width: of its colour; beside a label on it
HIGHEST_CUT = 40  # rows of a slanting line, or of a label with its ground, in a bar
LONGEST_CUT = 14  # of a line that runs across a bar
SAME_SIDE = 2.5  # by which the sides of the pieces of one bar may differ
INKED = 0.8  # share of such a cut that is no paper
EDGE_HIGH = 2.5  # of the edge of a block
SWATCH = 6  # least side of a swatch: what is less, in a word, is a letter
OWN = 0.4  # share of a bar's end, which a line crosses, that has its colour
FLAT = 0.5  # height of a step that is drawn as a hairline
EDGE_AWAY = 2  # from that block
SAME_THICK, SAME_SHARE = 3.0, 0.04  # and share, by which bars of one chart differ in thickness
ON_BASE = 1.6  # by which the ends of bars that stand on one base may differ
ON_ONE = 0.6  # share of the bars that stand on one base: fewer are a bridge
ON_STEP = 2.5  # by which a step of it may begin beside the end of the one before

Mask = NDArray[np.bool_]


def blocks_of(image: Image, colour: Colour, mask: Mask) -> tuple[list[Shape], Mask]:
    """The rectangles of a colour, and their pixels: first the thick ones, for edges link them.

    Args:
        image: of the chart.
        colour: of a series.
        mask: its pixels.
    """
    square = np.ones((LEAST_SIDE, LEAST_SIDE), bool)
    thick = np.asarray(ndimage.binary_opening(mask, square))
    found: list[Shape] = []
    used = np.zeros_like(mask)
    for part, least in ((thick, 0), (mask & ~thick, LEAST_LONG)):
        labels, _ = ndimage.label(part)
        for k, where in enumerate(ndimage.find_objects(labels), start=1):
            own = labels[where] == k
            if own.mean() >= FILLED and max(own.shape) >= least:
                found.append(block_of(where[0], where[1], image, colour))
                used[where] |= own
    return found, used


def straightened(image: Image, found: list[Shape], words: Sequence[Box]) -> list[Shape]:
    """Rectangles without cuts, edges and noise.

    Args:
        image: of the chart.
        found: from `blocks_of`, of all colours.
        words: where words stand, points.
    """
    found = [s for s in found if not any(_is_letter(s, box) for box in words)]
    found = _without_edges(_uncut(image, found))
    across, along = _of_one_thickness(found, 0), _of_one_thickness(found, 1)
    upright = (len(across), _weight(across, 1)) >= (len(along), _weight(along, 0))
    bars = across if upright else along
    if len(bars) < 2:
        return found
    others = [s for s in found if all(s is not bar for bar in bars)]
    return _even(bars, image, upright) + others


def _is_letter(shape: Shape, word: Box) -> bool:
    """Whether a rectangle is a part of a letter."""
    x, y = (shape.box[0] + shape.box[2]) / 2, (shape.box[1] + shape.box[3]) / 2
    inside = word[0] <= x <= word[2] and word[1] <= y <= word[3]
    return inside and min(shape.wide, shape.high) < SWATCH * PIXEL


def _extent(shape: Shape, k: int) -> float:
    return shape.box[k + 2] - shape.box[k]


def _weight(bars: Sequence[Shape], k: int) -> float:
    """How much is drawn as bars: their length in all, if there are several."""
    return sum(_extent(s, k) for s in bars) if len(bars) > 1 else 0.0


def _of_one_thickness(found: Sequence[Shape], k: int) -> list[Shape]:
    """The largest set of rectangles that are as wide (0), or as high (1), as each other."""
    best: list[Shape] = []
    for one in found:
        slack = max(SAME_THICK * PIXEL, SAME_SHARE * _extent(one, k))
        same = [s for s in found if abs(_extent(s, k) - _extent(one, k)) <= slack]
        if (len(same), _weight(same, 1 - k)) > (len(best), _weight(best, 1 - k)):
            best = same
    return best


def _uncut(image: Image, found: list[Shape]) -> list[Shape]:
    """Bars without the cuts that a line makes through them."""
    away = extremes(np.abs(image.astype(np.int16) - paper_of(image)))[0] >= PALE
    out: list[Shape] = []
    for shape in sorted(found, key=lambda s: s.box[1]):
        over = next((k for k, upper in enumerate(out) if _goes_on(upper, shape, away)), None)
        if over is None:
            out.append(shape)
        else:
            x0, y0, x1, y1 = out[over].box
            out[over] = _boxed(out[over], (x0, y0, x1, max(y1, shape.box[3])))
    return out


def raised(image: Image, found: list[Shape]) -> list[Shape]:
    """Bars that a line crosses, up to the top of what has their colour over it.

    Args:
        image: of the chart.
        found: rectangles, of all colours.
    """
    pixels = image.astype(np.int16)
    ink = extremes(np.abs(pixels - paper_of(image)))[0] >= PALE
    return [_raised(shape, pixels, ink) if shape.rectangle else shape for shape in found]


def _raised(shape: Shape, pixels: NDArray[np.int16], ink: Mask) -> Shape:
    x0, y0, x1, y1 = (round(v / PIXEL) for v in shape.box)
    if x1 - x0 < BAR_WIDE or y1 <= y0 or shape.fill is None:
        return shape
    band = slice(x0 + 1, x1 - 1)
    own = extremes(np.abs(pixels[:y0, band] - np.array(shape.fill, np.int16)))[0] <= SAME_FILL
    of_own, inked = own.mean(axis=1)[::-1], ink[:y0, band].mean(axis=1)[::-1]
    top = 0
    for k, (share, any_ink) in enumerate(zip(of_own, inked, strict=True)):
        if share >= MOST_OF_ROW:
            top = k + 1
        elif (share < SOME_OF_ROW and any_ink < MOST_OF_ROW) or k - top > HIGHEST_CUT:
            break
    a, b, c, d = shape.box
    return _boxed(shape, (a, b - top * PIXEL, c, d)) if top else shape


def _goes_on(upper: Shape, lower: Shape, away: Mask) -> bool:
    """Whether one rectangle is the other's lower part, and no paper is between them."""
    aside = max(abs(upper.box[k] - lower.box[k]) for k in (0, 2))
    gap = lower.box[1] - upper.box[3]
    if not alike(upper.fill, lower.fill) or aside > SAME_SIDE * PIXEL or gap > LONGEST_CUT * PIXEL:
        return False
    x0, x1 = round(lower.box[0] / PIXEL) + 1, round(lower.box[2] / PIXEL) - 1
    cut = away[round(upper.box[3] / PIXEL) : round(lower.box[1] / PIXEL), x0:x1]
    return not cut.size or bool(cut.mean() >= INKED)


def _boxed(shape: Shape, box: Box) -> Shape:
    a, b, c, d = box
    return replace(shape, box=box, points=np.array([(a, b), (c, b), (c, d), (a, d)], float))


def _without_edges(found: list[Shape]) -> list[Shape]:
    """Rectangles without the pale edges of others."""
    thick = [s for s in found if min(s.wide, s.high) > EDGE_HIGH * PIXEL]
    thin = [s for s in found if min(s.wide, s.high) <= EDGE_HIGH * PIXEL]
    return thick + [s for s in thin if not any(_is_edge(s, block) for block in thick)]


def _is_edge(thin: Shape, block: Shape) -> bool:
    """Whether a thin rectangle lies along a side of a thick one."""
    (a, b, c, d), (e, f, g, h) = thin.box, block.box
    reach = (EDGE_AWAY + EDGE_HIGH) * PIXEL
    return a >= e - reach and c <= g + reach and b >= f - reach and d <= h + reach


def _even(bars: list[Shape], image: Image, upright: bool) -> list[Shape]:
    """Bars with one thickness and one base, where they differ from it by no more than noise.

    Args:
        bars: as thick as each other, nearly.
        image: of the chart.
        upright: whether they stand.
    """
    first, last, low, high = (0, 2, 1, 3) if upright else (1, 3, 0, 2)
    middle = float(np.median([s.box[last] - s.box[first] for s in bars]))
    ends = np.array([s.box[k] for s in bars for k in (low, high)])
    near = [int((np.abs(ends - e) <= ON_BASE * PIXEL).sum()) for e in ends]
    base = float(np.median(ends[np.abs(ends - ends[int(np.argmax(near))]) <= ON_BASE * PIXEL]))
    out = []
    for shape in bars:
        box = list(shape.box)
        at = (box[first] + box[last]) / 2
        box[first], box[last] = at - middle / 2, at + middle / 2
        for k in (low, high):
            if abs(box[k] - base) <= ON_BASE * PIXEL:
                box[k] = base
        out.append(_boxed(shape, (box[0], box[1], box[2], box[3])))
    if max(near) < ON_ONE * len(bars):
        return _in_steps(out, first, low, high)
    return [_to_base(s, base, out, image) for s in out] if upright else out


def _to_base(bar: Shape, base: float, bars: Sequence[Shape], image: Image) -> Shape:
    """A bar with the lower end that a line cuts off, and leaves in no rectangle.

    Args:
        bar: upright.
        base: where most bars stand, points.
        bars: all of them.
        image: of the chart.
    """
    x0, y0, x1, y1 = bar.box
    if not 0 < base - y1 < y1 - y0:
        return bar
    if any(o is not bar and o.box[0] < x1 and o.box[2] > x0 and o.box[3] > y1 for o in bars):
        return bar
    part = image[
        round(y1 / PIXEL) : round(base / PIXEL), round(x0 / PIXEL) + 1 : round(x1 / PIXEL) - 1
    ]
    off = extremes(np.abs(part.astype(np.int16) - np.array(bar.fill, np.int16)))[0]
    away = extremes(np.abs(part.astype(np.int16) - paper_of(image)))[0]
    if not part.size or (off <= SAME).mean() < OWN or (away >= PALE).mean() < INKED:
        return bar
    return _boxed(bar, (x0, y0, x1, base))


def _in_steps(bars: list[Shape], first: int, low: int, high: int) -> list[Shape]:
    """The bars of a bridge, each of which begins where the one before it ends, but for noise.

    Args:
        bars: of it.
        first: index, in a bar's box, of its place along the labels.
        low: of its upper side, or its left one.
        high: of the other side.
    """
    order = sorted(bars, key=lambda s: s.box[first])
    boxes = [list(s.box) for s in order]
    for one, after in pairwise(boxes):
        off, k, j = min((abs(one[k] - after[j]), k, j) for k in (low, high) for j in (low, high))
        if off <= ON_STEP * PIXEL:
            one[k] = after[j] = (one[k] + after[j]) / 2
        if after[high] - after[low] <= LEAST_SIDE * PIXEL:  # a step of next to nothing
            after[low if j == high else high] = after[j] + (FLAT if j == low else -FLAT) * PIXEL
    return [_boxed(s, (b[0], b[1], b[2], b[3])) for s, b in zip(order, boxes, strict=True)]
