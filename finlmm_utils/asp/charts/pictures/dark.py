"""A series in black, or nearly so, told from axes and letters: the only one of its plot.

Thresholds are our choice, in pixels of a picture of 150 dots an inch, or levels of 255.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape
from finlmm_utils.asp.charts.pixels.colours import PIXEL, SATURATED, Image, extremes
from finlmm_utils.asp.charts.pixels.shapes import line_along
from finlmm_utils.asp.charts.pixels.traces import follow
from finlmm_utils.asp.records import Box

DARK = 110  # strongest channel of what is dark
BAR = 12  # side of squares that fill bars, and no line or letter,
LEAST_BARS = 2  # of which there are some
INSIDE = 3  # from the sides of a plot to what is drawn in it
BESIDE = 7  # from the middle of a line to the rim of its markers
RULE = 2  # rows beside the middle of a rule that are its own
OTHERS = 0.15  # of the dark pixels of a plot, that are no part of its only line

Mask = NDArray[np.bool_]


def dark_colour(image: Image, plot: Box) -> Colour | None:
    """The colour of dark bars in a plot; None where there are none.

    Args:
        image: of the chart.
        plot: its box, points.
    """
    area = _area(plot)
    dark = _dark(image)[area]
    solid = ndimage.binary_opening(dark, np.ones((BAR, BAR), bool))
    if ndimage.label(solid)[1] < LEAST_BARS:
        return None
    red, green, blue = np.median(image[area][solid], axis=0).astype(int).tolist()
    return (red, green, blue)


def dark_line(
    image: Image, plot: Box, words: Sequence[Box], rules: Sequence[Shape], places: Sequence[float]
) -> Shape | None:
    """The only dark line of a plot; None where there is none, or anything else that is dark.

    Args:
        image: of the chart.
        plot: its box, points.
        words: where words stand, points.
        rules: axes and grid lines.
        places: of the labels along the plot, points.
    """
    dark = _dark(image)
    for x0, y0, x1, y1 in words:
        dark[_rows(y0, y1, 1), _rows(x0, x1, 1)] = False
    for shape in rules:
        x0, y0, x1, y1 = shape.box
        dark[_rows(y0, y1, RULE), _rows(x0, x1, RULE)] = False
    rows, columns = _area(plot)
    own = dark[rows, columns]
    trace = follow(own, np.zeros_like(own))
    if trace is None:
        return None
    near = np.zeros_like(own)
    at = trace.at.astype(int)
    near[np.clip(trace.y.astype(int), 0, len(own) - 1), at] = True
    near = ndimage.binary_dilation(near, np.ones((2 * BESIDE + 1, 2 * BESIDE + 1), bool))
    if (own & ~near).sum() > OTHERS * own.sum():
        return None
    red, green, blue = np.median(image[rows, columns][own & near], axis=0).astype(int).tolist()
    corner = (columns.start, rows.start)
    return line_along(trace, (red, green, blue), corner, np.array(places, float))


def _dark(image: Image) -> Mask:
    strongest, weakest = extremes(image.astype(np.int16))
    return (strongest <= DARK) & (strongest - weakest < SATURATED)


def _rows(start: float, end: float, more: int) -> slice:
    return slice(max(round(start / PIXEL) - more, 0), round(end / PIXEL) + more)


def _area(plot: Box) -> tuple[slice, slice]:
    """The inside of a plot, without the axes at its sides."""
    x0, y0, x1, y1 = (round(v / PIXEL) for v in plot)
    return slice(max(y0, 0), y1 - INSIDE), slice(x0 + INSIDE, x1 - INSIDE + 1)
