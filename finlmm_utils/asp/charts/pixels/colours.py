"""The colours that series of a picture are drawn in, and which pixels have them.

Thresholds are our choice, in levels of 255; a series in black has no colour to go by.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.strokes import Colour
from finlmm_utils.asp.records import Box

Image = NDArray[np.uint8]  # (height, width, 3), RGB

PIXEL = 72 / 150  # points: pictures of charts are read at 150 dots an inch
SATURATED = 45  # between the strongest and the weakest channel, from which a pixel has a colour
TINTED = 20  # between these channels, below which a pixel is grey: a letter, an axis
SAME = 48  # between two colours, below which they are shades of one,
APART = 32  # and below which they are where both fill squares
LEAST = 0.0004  # share of the picture's pixels that a colour of a series has
MIX = 20  # by which a colour may miss the line from white to another: it is that one's edge
MOST_BINS = 24  # that are looked at
EDGE, SQUARE = 2, 3  # sides of squares that mixes, and greys, must fill
ONE_COLOUR = 8  # levels by which the pixels of such a square may differ
PALE = 14  # levels from the paper, from which what has no strong colour is a series',
LIGHT = 8  # if it is so much lighter or darker: JPEG leaves coloured specks of the paper's light
SWATCH = 14, 60  # pixels that a piece of a grey line in a legend is long
PAPER = 225  # level from which a grey is a grid line or the paper
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue in how light a pixel is
DARKEST = 60  # level below which it is a letter or a rule
THIN, SPECK = 0.4, 12  # share of a grey's pixels that squares keep, else pixels of its pieces
GREY_SAME = 10  # between two such colours,
GREY_EDGE = 24  # and between one and the edge of a line in it
BIN = 16  # levels that are counted together
BLACK: Colour = (0, 0, 0)
BESIDE = 2  # pixels from both colours that a mix of them lies between,
BETWEEN = 0.6  # as so much of it does
ALONE = 6  # pixels of paper before it, which no dash of a grid line has
OFF_MIDDLE = 0.5  # of the height of words, by which the middle of such a piece may miss theirs
GROUND = 0.5  # of a plot: a pale colour that fills more lies behind the marks
FLAT = 2.0  # times as long as high is a piece of a line in a legend, and no letter


def series_colours(image: Image) -> list[Colour]:
    """The colours of a picture that are no mixes of others with white, most pixels first.

    A mix counts where it fills squares, as no edge of a stroke does; a grey where it fills larger
    ones, which no letter, rule or grid line does.
    """
    pixels = image.astype(np.int16)
    strongest, weakest = extremes(pixels)
    spread = strongest - weakest
    paper = np.median(pixels[::4, ::4].reshape(-1, 3), axis=0).astype(np.int16)
    away = extremes(np.abs(pixels - paper))[0]
    light = np.abs((pixels - paper) @ LUMA) >= LIGHT
    even, large = _even(pixels, EDGE), _even(pixels, SQUARE)
    found: list[Colour] = []
    for colour, solid in _common(pixels, spread >= SATURATED, even):
        mixed = any(_is_mix(colour, other) for other in found)
        apart = APART if solid else SAME
        if all(_distance(colour, other) > apart for other in found) and (not mixed or solid):
            found.append(colour)
    dull = (spread < SATURATED) & (away >= PALE) & light & (strongest > DARKEST) & large
    for colour, _ in _common(pixels, dull, large):
        if not any(_close(colour, other) for other in found):
            found.append(colour)
    return [c for c in found if not _is_between(pixels, c, [x for x in found if x != c])]


def extremes(pixels: NDArray[np.int16]) -> tuple[NDArray[np.int16], NDArray[np.int16]]:
    """The greatest and the least of the channels of each pixel, (height, width) each."""
    red, green, blue = (pixels[:, :, k] for k in range(3))
    most, least = np.maximum(red, green), np.minimum(red, green)
    return np.maximum(most, blue), np.minimum(least, blue)


def _even(pixels: NDArray[np.int16], side: int) -> NDArray[np.bool_]:
    """Which pixels lie in squares of one colour."""
    flat = np.ones(pixels.shape[:2], bool)
    for k in range(3):
        own = np.ascontiguousarray(pixels[:, :, k])
        most, least = (f(own, side) for f in (ndimage.maximum_filter, ndimage.minimum_filter))
        flat &= most - least <= ONE_COLOUR
    # The window ends at the pixel, or is around it: all of its pixels are of the square.
    return np.asarray(ndimage.binary_dilation(flat, np.ones((side, side), bool)))


def _common(
    pixels: NDArray[np.int16], wanted: NDArray[np.bool_], even: NDArray[np.bool_]
) -> list[tuple[Colour, bool]]:
    """The most common colours, and whether they fill squares.

    Args:
        pixels: of the picture.
        wanted: which of them to count.
        even: which of them lie in squares of one colour.
    """
    own, solid = pixels[wanted].astype(np.int32), even[wanted]
    least = LEAST * wanted.size
    if len(own) < least:
        return []
    places = (256**2, 256, 1)
    _, inverse, counts = np.unique(own // BIN @ places, return_inverse=True, return_counts=True)
    codes = own @ places
    out: list[tuple[Colour, bool]] = []
    for k in np.argsort(-counts, kind="stable"):
        if counts[k] < least or len(out) == MOST_BINS:
            break
        here = inverse == k
        values, often = np.unique(codes[here], return_counts=True)
        code = int(values[often.argmax()])
        colour = (code // 256**2, code // 256 % 256, code % 256)
        out.append((colour, bool(solid[here].sum() >= least)))
    return out


def _close(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return _distance(a, b) <= GREY_SAME


def _distance(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def _is_mix(colour: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether a colour is another one mixed with white, as at the edge of a stroke."""
    away, towards = 255.0 - np.array(colour), 255.0 - np.array(other)
    share = float(away @ towards) / max(float(towards @ towards), 1.0)
    return 0 < share < 1 and bool(np.abs(away - share * towards).max() <= MIX)


def _is_between(pixels: NDArray[np.int16], colour: Colour, found: list[Colour]) -> bool:
    """Whether a colour is what blending leaves where two others touch, and stands there alone.

    Args:
        pixels: of the picture.
        colour: that may be a mix.
        found: the other colours.
    """
    own = np.array(colour, float)
    for one, other in combinations([BLACK, *found], 2):
        a, b = np.array(one, float), np.array(other, float)
        share = float((own - a) @ (b - a)) / float((b - a) @ (b - a))
        if not 0 < share < 1 or np.abs(own - a - share * (b - a)).max() > MIX:
            continue
        here = extremes(np.abs(pixels - np.array(colour, np.int16)))[0] <= BIN
        reach = np.ones((2 * BESIDE + 1, 2 * BESIDE + 1), bool)
        for end in (one, other):
            near = extremes(np.abs(pixels - np.array(end, np.int16)))[0] <= APART
            beside = here & ndimage.binary_dilation(near, reach)
            if beside.sum() < BETWEEN * here.sum():
                break
        else:
            return True
    return False


def masks_of(image: Image, colours: list[Colour]) -> list[NDArray[np.bool_]]:
    """For each colour the pixels that have it more than any other, and are no grey.

    Args:
        image: of the chart.
        colours: of its series.
    """
    pixels = image.astype(np.int16)
    strongest, weakest = extremes(pixels)
    tinted = strongest - weakest >= TINTED
    away = [extremes(np.abs(pixels - np.array(c, np.int16)))[0] for c in colours]
    least = np.minimum.reduce(away)
    out = []
    for colour, own in zip(colours, away, strict=True):
        if max(colour) - min(colour) >= SATURATED:
            out.append(tinted & (own <= SAME) & (own == least))
        else:  # letters and grid lines have such colours too, but are thinner
            square = np.ones((EDGE, EDGE), bool)
            mask = (own <= GREY_SAME) & (own == least)
            opened = np.asarray(ndimage.binary_opening(mask, square))
            if opened.sum() < THIN * mask.sum():  # a line of a pixel or two, pale where it slants
                wide = ~tinted & (own <= GREY_EDGE) & (own == least)
                labels, count = ndimage.label(wide, np.ones((3, 3)))
                cores = np.bincount(labels[mask], minlength=count + 1)
                opened = wide & (cores >= SPECK)[labels]
            out.append(opened)
    return out


def swatch_greys(image: Image, words: Sequence[Box], known: list[Colour]) -> list[Colour]:
    """The greys of the pieces of lines that stand before or between the words of a legend.

    Args:
        image: of the chart.
        words: their boxes, points.
        known: colours that were found already.
    """
    pixels = image.astype(np.int16)
    found: list[Colour] = []
    for box in words:
        x0, y0, x1, y1 = (round(v / PIXEL) for v in box)
        part = pixels[max(y0, 0) : y1, max(x0 - SWATCH[1] - 2 * ALONE, 0) : x1]
        if not part.size or part.shape[1] <= SWATCH[0]:
            continue
        strongest, weakest = extremes(part)
        grey = (strongest - weakest < TINTED) & (strongest > DARKEST) & (strongest < PAPER)
        steps = extremes(np.abs(np.diff(part, axis=1)))[0] <= ONE_COLOUR
        level = steps & grey[:, 1:] & grey[:, :-1]
        if not (level.sum(axis=1) >= SWATCH[0]).any():
            continue
        labels, _ = ndimage.label(weakest < PAPER, np.ones((3, 3)))
        for rows, columns in ndimage.find_objects(labels):
            high, wide = rows.stop - rows.start, columns.stop - columns.start
            if not SWATCH[0] <= wide < SWATCH[1] or wide < FLAT * high:
                continue
            before = slice(max(columns.start - ALONE, 0), columns.start)
            if columns.start < min(ALONE, x0) or (labels[rows, before] > 0).any():
                continue  # a dash of a grid line
            if abs(rows.start + rows.stop - len(part)) > OFF_MIDDLE * len(part):
                continue  # the edge of a legend
            own = [
                np.median(part[y, columns][grey[y, columns]], axis=0)
                for y in range(rows.start, rows.stop)
                if level[y, columns].sum() >= SWATCH[0]
            ]
            if own:
                colour = tuple(int(v) for v in min(own, key=lambda c: float(c.sum())))
                if not any(_close(colour, other) for other in [*known, *found]):
                    found.append(colour)  # type: ignore[arg-type]
    return found


def within_plots(image: Image, colours: list[Colour], plots: Sequence[Box]) -> list[Colour]:
    """The colours that plots show: those of titles and logos are no series.

    Args:
        image: of the chart.
        colours: of the picture.
        plots: their boxes, points; where there are none, all colours are kept.
    """
    if not plots or not colours:
        return colours
    inside = np.zeros(image.shape[:2], bool)
    for box in plots:
        x0, y0, x1, y1 = (max(round(v / PIXEL), 0) for v in box)
        inside[y0 : y1 + 1, x0 : x1 + 1] = True
    counts = [int((m & inside).sum()) for m in masks_of(image, colours)]
    least, most = LEAST * inside.size, GROUND * inside.sum()
    return [
        c
        for c, n in zip(colours, counts, strict=True)
        if least <= n and (n <= most or max(c) - min(c) >= SATURATED)
    ]


def coverage(pixels: Image, colour: Colour) -> NDArray[np.float64]:
    """How much of each pixel, (..., 3), a colour covers on white: 0 to 1."""
    towards = 255.0 - np.array(colour, float)
    share = (255.0 - pixels.astype(float)) @ towards / max(float(towards @ towards), 1.0)
    return np.clip(share, 0.0, 1.0)
