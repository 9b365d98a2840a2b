"""Which pixels of a picture have the colour of a series, and which of its colours are series.

Thresholds are our choice, in levels of 255.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.strokes import Colour
from finlmm_utils.asp.charts.pixels.colours import (
    BESIDE,
    EDGE,
    GREY_SAME,
    LEAST,
    PIXEL,
    SAME,
    SATURATED,
    SPECK,
    SQUARE,
    THIN,
    THIN_MIX,
    TINTED,
    Image,
    extremes,
    is_mix,
    share_of,
)
from finlmm_utils.asp.records import Box

PALER = 0.25  # of a colour, that a pixel of a thin line has at least
ALONE_SHARE = (
    0.2  # of a colour's pixels in plots that lie beside no other one's: else it is an edge
)
GROUND = 0.5  # of a plot: a pale colour that fills more lies behind the marks
GREY_EDGE = 24  # between a grey and the edge of a line in it


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


def pale_masks(image: Image, colours: list[Colour]) -> list[NDArray[np.bool_]]:
    """For each colour the pixels that are mixes of it with white, as all of a thin line's are.

    Args:
        image: of the chart.
        colours: of its series.
    """
    pixels = image.astype(np.int16)
    strongest, weakest = extremes(pixels)
    tinted = strongest - weakest >= TINTED // 2
    away = 255.0 - pixels[tinted]
    offs, shares = [], []
    for colour in colours:
        towards = 255.0 - np.array(colour, float)
        share = away @ towards / max(float(towards @ towards), 1.0)
        offs.append(np.abs(away - share[:, None] * towards).max(axis=1) / np.maximum(share, PALER))
        shares.append(share)
    least = np.minimum.reduce(offs)
    out = []
    for colour, off, share in zip(colours, offs, shares, strict=True):
        mask = np.zeros(tinted.shape, bool)
        lighter = [share_of(c, colour) for c in colours if is_mix(c, colour, THIN_MIX)]
        least_share = max([PALER, *(x + PALER for x in lighter)])  # else it is of the lighter one
        mask[tinted] = (share >= least_share) & (off == least) & (off <= SAME)
        out.append(mask)
    return out


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
    least, most = LEAST * inside.size, GROUND * inside.sum()
    shown = [
        (int(m.sum()), c, m)
        for c, mask in zip(colours, masks_of(image, colours), strict=True)
        if least <= (m := mask & inside).sum() and (m.sum() <= most or max(c) - min(c) >= SATURATED)
    ]
    return [c for n, c, m in shown if not _is_edge(m, [x for k, _, x in shown if k > n])]


def _is_edge(mask: NDArray[np.bool_], others: list[NDArray[np.bool_]]) -> bool:
    """Whether nearly all pixels of a colour lie beside areas of more common ones."""
    if not others:
        return False
    square, side = np.ones((SQUARE, SQUARE), bool), 2 * BESIDE + SQUARE
    areas = ndimage.binary_erosion(np.logical_or.reduce(others), square)
    near = ndimage.binary_dilation(areas, np.ones((side, side), bool))
    return bool((mask & ~near).sum() < ALONE_SHARE * mask.sum())


def coverage(pixels: Image, colour: Colour) -> NDArray[np.float64]:
    """How much of each pixel, (..., 3), a colour covers on white: 0 to 1."""
    towards = 255.0 - np.array(colour, float)
    share = (255.0 - pixels.astype(float)) @ towards / max(float(towards @ towards), 1.0)
    return np.clip(share, 0.0, 1.0)
