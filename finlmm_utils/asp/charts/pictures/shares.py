"""What the slices of a disc in a picture are called, and what shares are printed at them.

Thresholds are our choice, in pixels of a picture of 150 dots an inch, or levels of 255.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from finlmm_utils.asp.charts import pies
from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.levels import under
from finlmm_utils.asp.charts.drawn.series import UnreadableError
from finlmm_utils.asp.charts.drawn.strokes import Colour, Shape
from finlmm_utils.asp.charts.pictures.discs import ONE_COLOUR, ROUND, Circle
from finlmm_utils.asp.charts.pixels.colours import PIXEL, Image, extremes
from finlmm_utils.asp.records import Reading

SWATCH = 4, 80  # sides of a swatch
FILLED = 0.7  # share of its box that a swatch fills: a dot has 0.79
OFF_SHARE = 2.0  # percentage points by which a printed share may miss its angle in a picture
ROUNDING = 0.6  # percentage points that rounding moves a printed share
LINES_APART, ASIDE = 0.9, 0.5  # ems between the ink of two lines of a label, and of their sides
TOLERANCE = 1.0  # percentage points by which an angle in a picture may be off


def swatches_of(image: Image, circle: Circle, slices: Sequence[pies.Slice]) -> list[Shape]:
    """The pieces outside of a disc that have the colour of one of its slices.

    Args:
        image: of the chart.
        circle: of the disc.
        slices: of it.
    """
    x, y, radius = circle
    pixels = image.astype(np.int16)
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    outside = np.hypot(rows + 0.5 - y, columns + 0.5 - x) > (1 + ROUND) * radius
    colours = list(dict.fromkeys(s.colour for s in slices))
    away = [extremes(np.abs(pixels - np.array(c, np.int16)))[0] for c in colours]
    least = np.minimum.reduce(away)
    found = []
    for colour, off in zip(colours, away, strict=True):
        labels, _ = ndimage.label(outside & (off == least) & (off <= 2 * ONE_COLOUR))
        for k, where in enumerate(ndimage.find_objects(labels), start=1):
            high, wide = (s.stop - s.start for s in where)
            if not SWATCH[0] <= min(high, wide) <= max(high, wide) <= SWATCH[1]:
                continue
            if (labels[where] == k).mean() >= FILLED:
                found.append(_rectangle(where, colour))
    return found


def _rectangle(where: tuple[slice, slice], colour: Colour) -> Shape:
    """A swatch, with the pixels around it that are mixes of its colour."""
    rows, columns = where
    sides = (columns.start - 1, rows.start - 1, columns.stop + 1, rows.stop + 1)
    a, b, c, d = (v * PIXEL for v in sides)
    points = np.array([(a, b), (c, b), (c, d), (a, d)], float)
    return Shape(points, (a, b, c, d), fill=colour, rectangle=True)


def disc_readings(
    slices: Sequence[pies.Slice], swatches: Sequence[Shape], cells: Sequence[Cell]
) -> list[Reading]:
    """The shares of the slices of a disc.

    Args:
        slices: of it.
        swatches: of its legend.
        cells: words of the picture.

    Raises:
        UnreadableError: slices without names, or numbers that their angles do not bear out.
    """
    if len(swatches) < len(slices):
        cells = _with_numbers(cells)
    found = pies.pie_readings(slices, swatches, cells)
    printed = [r.value for r in found if r.how == "printed"]
    shares = np.array([100 * s.share for s in slices])
    off = max((float(np.abs(shares - v).min()) for v in printed), default=0.0)
    every = len(printed) == len(slices)
    if off > OFF_SHARE or (every and abs(sum(printed) - 100) > ROUNDING * len(printed)):
        raise UnreadableError("slices drawn out of proportion")
    return [
        r if r.how == "printed" else r.model_copy(update={"tolerance": TOLERANCE}) for r in found
    ]


def _with_numbers(cells: Sequence[Cell]) -> list[Cell]:
    """Words joined with the number that stands under them as one label, as at a slice."""
    out = [c for c in cells if c.level]
    numbers = [c for c in out if c.amount is not None]
    for number in sorted(numbers, key=lambda c: c.box[1]):
        label = number
        while above := [c for c in out if c.amount is None and _is_over(c, label)]:
            own = max(above, key=lambda c: c.box[3])
            out = [c for c in out if c is not own and c is not label]
            label = under(own, label)
            out.append(label)
    return out


def _is_over(cell: Cell, label: Cell) -> bool:
    """Whether words are the line over a label: their left sides, middles or right sides agree."""
    gap = label.box[1] - cell.box[3]
    sides = [abs(a - b) for a, b in zip(cell.box[::2], label.box[::2], strict=True)]
    aside = min(*sides, abs(sum(cell.box[::2]) - sum(label.box[::2])) / 2)
    size = min(cell.size, label.size)
    return 0 <= gap < LINES_APART * size and aside < ASIDE * size
