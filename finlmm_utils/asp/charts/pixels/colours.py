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
THIN_MIX = 32  # the same for a thin stroke, which JPEG tints
MOST_BINS = 24  # that are looked at
EDGE, SQUARE = 2, 3  # sides of squares that mixes, and greys, must fill
ONE_COLOUR = 8  # levels by which the pixels of such a square may differ
PALE = 14  # levels from the paper, from which what has no strong colour is a series',
LIGHT = 8  # if it is so much lighter or darker: JPEG leaves coloured specks of the paper's light
SWATCH = 14, 60  # pixels that a piece of a grey line in a legend is long
PALEST = 236  # level from which what has no strong colour is a grid line
PAPER = 225  # level from which a grey is a grid line or the paper
LUMA = np.array([0.299, 0.587, 0.114])  # of red, green and blue in how light a pixel is
DARKEST = 60  # level below which it is a letter or a rule
THIN, SPECK = 0.4, 12  # share of a grey's pixels that squares keep, else pixels of its pieces
GREY_SAME = 10  # between two greys, below which they are one
OFTEN = 0.3  # of the most common colour's pixels, from which another one may be the paper
STRONGEST = 0.97  # quantile of such mixes that shows the colour itself
BIN = 16  # levels that are counted together
BLACK: Colour = (0, 0, 0)
BESIDE = 2  # pixels from both colours that a mix of them lies between,
BETWEEN = 0.6  # as so much of it does
ALONE = 6  # pixels of paper before it, which no dash of a grid line has
OFF_MIDDLE = 0.5  # of the height of words, by which the middle of such a piece may miss theirs
FLAT = 2.0  # times as long as high is a piece of a line in a legend, and no letter


def series_colours(image: Image) -> list[Colour]:
    """The colours of a picture that are no mixes of others with white, most pixels first.

    A mix counts where it fills squares, as no edge of a stroke does; a grey where it fills larger
    ones, which no letter, rule or grid line does.
    """
    pixels = image.astype(np.int16)
    strongest, weakest = extremes(pixels)
    spread = strongest - weakest
    paper = paper_of(image)
    away = extremes(np.abs(pixels - paper))[0]
    light = np.abs((pixels - paper) @ LUMA) >= LIGHT
    even, large = _even(pixels, EDGE), _even(pixels, SQUARE)
    found: list[Colour] = []
    for colour, solid in _common(pixels, spread >= SATURATED, even):
        if not solid:  # thin strokes are pale all over
            colour = _strongest(pixels[spread >= SATURATED], colour)
        miss = MIX if solid else THIN_MIX
        mixed = any(is_mix(colour, other, miss) for other in found)
        apart = APART if solid else SAME
        if all(_distance(colour, other) > apart for other in found) and (not mixed or solid):
            found.append(colour)
    grey = (strongest > DARKEST) & (strongest < PALEST)
    dull = (spread < SATURATED) & (away >= PALE) & light & grey & large
    for colour, _ in _common(pixels, dull, large):
        if not any(_close(colour, other) for other in found):
            found.append(colour)
    return [c for c in found if not _is_between(pixels, c, [x for x in found if x != c])]


def paper_of(image: Image) -> NDArray[np.int16]:
    """The colour of the paper: the lightest of the most common ones, for bars may cover more."""
    some = image[::3, ::3].reshape(-1, 3).astype(np.int16)
    codes = some.astype(np.int32) // BIN @ (256**2, 256, 1)
    values, counts = np.unique(codes, return_counts=True)
    often = values[counts >= OFTEN * counts.max()]
    papers = [np.median(some[codes == v], axis=0) for v in often]
    return np.asarray(max(papers, key=lambda p: float(p.sum())).astype(np.int16))


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


def _strongest(own: NDArray[np.int16], colour: Colour) -> Colour:
    """The colour that strokes are drawn in whose pixels are mixes of it with white.

    Args:
        own: pixels of any colour, (n, 3).
        colour: of most pixels of the strokes.
    """
    towards = 255.0 - np.array(colour, float)
    away = 255.0 - own
    share = away @ towards / max(float(towards @ towards), 1.0)
    same = np.abs(away - share[:, None] * towards).max(axis=1) <= MIX
    strong = same & (share >= np.quantile(share[same], STRONGEST)) if same.any() else same
    if strong.sum() < SPECK:
        return colour
    red, green, blue = np.median(own[strong], axis=0).astype(int).tolist()
    return (red, green, blue)


def _close(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return _distance(a, b) <= GREY_SAME


def _distance(a: tuple[int, ...], b: tuple[int, ...]) -> int:
    return max(abs(x - y) for x, y in zip(a, b, strict=True))


def is_mix(colour: tuple[int, ...], other: tuple[int, ...], miss: int) -> bool:
    """Whether a colour is another one mixed with white, as at the edge of a stroke.

    Args:
        colour: that may be a mix.
        other: darker.
        miss: levels by which it may miss the line from white to the other one.
    """
    away, towards = 255.0 - np.array(colour), 255.0 - np.array(other)
    share = share_of(colour, other)
    return 0 < share < 1 and bool(np.abs(away - share * towards).max() <= miss)


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


def share_of(colour: tuple[int, ...], other: tuple[int, ...]) -> float:
    """How much of another colour a mix of it with white holds."""
    towards = 255.0 - np.array(other)
    return float((255.0 - np.array(colour)) @ towards) / max(float(towards @ towards), 1.0)


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
