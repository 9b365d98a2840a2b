"""The tinted ground that a house lays under its plots, taken out of a picture.

White grid lines on it would be taken for a series, and its tint for the paper. Thresholds are our
choice, in pixels of a picture of 150 dots an inch, or levels of 255.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.pixels.colours import Image, extremes

PALEST = 210  # the weakest channel of a ground, at least: bars are seldom so pale
WHITE = 250  # from which a pixel is white
SHARE = 0.02  # of the picture, that a ground fills in one colour
SAME = 6  # by which its pixels may differ
GRID = 5  # side of squares that no grid line fills,
JOIN = 9  # and of squares that no white line on a ground leaves free
GREY = 217  # of a grid line on white
LARGE = 0.2  # of the picture, that the box of a ground covers
LONG, THIN = 20, 2  # of a grid line: length of a piece, thickness that is kept
BIN = 4  # levels that are counted together
MOST = 4  # colours that are looked at

Mask = NDArray[np.bool_]


def on_white(image: Image) -> Image:
    """A picture with its tinted grounds in white, and white lines on them in grey."""
    pixels = image.astype(np.int16)
    weakest = extremes(pixels)[1]
    pale = (weakest >= PALEST) & (weakest < WHITE)
    if pale.mean() < SHARE:
        return image
    codes = pixels[pale] // BIN @ (256**2, 256, 1)
    values, counts = np.unique(codes, return_counts=True)
    out = image
    for k in np.argsort(-counts, kind="stable")[:MOST]:
        if counts[k] < SHARE * pale.size:
            break
        middle = np.median(pixels[pale][codes == values[k]], axis=0)
        own = extremes(np.abs(pixels - middle.astype(np.int16)))[0] <= SAME
        out = _without(out, own)
    return out


def _without(image: Image, own: Mask) -> Image:
    """A picture without the grounds among the pixels of one colour."""
    square = np.ones((GRID, GRID), bool)
    solid = ndimage.binary_opening(own, square)  # without the edges of letters
    joined = np.ones((JOIN, JOIN), bool)
    whole = ndimage.binary_closing(np.pad(solid, JOIN), joined)[JOIN:-JOIN, JOIN:-JOIN]
    labels, _ = ndimage.label(whole)
    out = image.copy()
    for k, where in enumerate(ndimage.find_objects(labels), start=1):
        part = labels[where] == k
        if part.size < LARGE * own.size or not _has_corners(part):
            continue
        tint = own[where]
        white = image[where].min(axis=2) > image[where][tint].min() + SAME
        lines = white & ~ndimage.binary_opening(white, square) & ~tint
        rules = _thin(lines) | _thin(lines.T).T
        rules[-1] |= tint[-1]  # the axes, where the ground ends
        rules[:, 0] |= tint[:, 0]
        out[where][tint] = 255
        out[where][rules] = GREY
    return out


def _has_corners(part: Mask) -> bool:
    """Whether both right corners of a box are filled, or both upper ones: bars hide the others."""
    upper, lower, left, right = slice(JOIN), slice(-JOIN, None), slice(JOIN), slice(-JOIN, None)
    filled = [part[a, b].mean() > 0.5 for a, b in ((upper, left), (upper, right), (lower, right))]
    return filled[1] and (filled[0] or filled[2])


def _thin(lines: Mask) -> Mask:
    """The level ones of lines, not so thick that they could be bars."""
    level = np.asarray(ndimage.binary_opening(lines, np.ones((1, LONG), bool)))
    level[THIN:] &= ~level[:-THIN]
    return level
