"""The colours that series of a picture are drawn in, and which pixels have them.

Thresholds are our choice, in levels of 255; a series in black or grey has no colour to go by.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.charts.drawn.strokes import Colour

Image = NDArray[np.uint8]  # (height, width, 3), RGB

SATURATED = 45  # between the strongest and the weakest channel, from which a pixel has a colour
TINTED = 20  # between these channels, below which a pixel is grey: a letter, an axis
SAME = 48  # between two colours, below which they are shades of one
LEAST = 0.0004  # share of the picture's pixels that a colour of a series has
MIX = 20  # by which a colour may miss the line from white to another: it is that one's edge
MOST_COLOURS = 8
BIN = 16  # levels that are counted together


def series_colours(image: Image) -> list[Colour]:
    """The colours of a picture that are no mixes of others with white, most pixels first."""
    flat = image.reshape(-1, 3).astype(np.int16)
    coloured = flat[flat.max(axis=1) - flat.min(axis=1) >= SATURATED]
    if not len(coloured):
        return []
    bins, counts = np.unique(coloured // BIN, axis=0, return_counts=True)
    found: list[Colour] = []
    for k in np.argsort(-counts):
        if counts[k] < LEAST * len(flat) or len(found) == MOST_COLOURS:
            break
        own = coloured[(coloured // BIN == bins[k]).all(axis=1)]
        values, often = np.unique(own, axis=0, return_counts=True)
        colour = tuple(int(v) for v in values[often.argmax()])
        if not any(_near(colour, other) or _is_mix(colour, other) for other in found):
            found.append(colour)  # type: ignore[arg-type]
    return found


def _near(a: tuple[int, ...], b: tuple[int, ...]) -> bool:
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= SAME


def _is_mix(colour: tuple[int, ...], other: tuple[int, ...]) -> bool:
    """Whether a colour is another one mixed with white, as at the edge of a stroke."""
    away, towards = 255.0 - np.array(colour), 255.0 - np.array(other)
    share = float(away @ towards) / max(float(towards @ towards), 1.0)
    return 0 < share < 1 and bool(np.abs(away - share * towards).max() <= MIX)


def masks_of(image: Image, colours: list[Colour]) -> list[NDArray[np.bool_]]:
    """For each colour the pixels that have it more than any other, and are no grey.

    Args:
        image: of the chart.
        colours: of its series.
    """
    pixels = image.astype(np.int16)
    tinted = pixels.max(axis=2) - pixels.min(axis=2) >= TINTED
    away = [np.abs(pixels - np.array(c, np.int16)).max(axis=2) for c in colours]
    least = np.minimum.reduce(away)
    return [tinted & (own <= SAME) & (own == least) for own in away]


def coverage(pixels: Image, colour: Colour) -> NDArray[np.float64]:
    """How much of each pixel, (..., 3), a colour covers on white: 0 to 1."""
    towards = 255.0 - np.array(colour, float)
    share = (255.0 - pixels.astype(float)) @ towards / max(float(towards @ towards), 1.0)
    return np.clip(share, 0.0, 1.0)
