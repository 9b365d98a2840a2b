"""Bitmaps that hold several charts: where the gutters between their panels are.

A panel is a chart of its own if it has an axis of its own: writing at its left and at its foot.
Panels that share one axis, as stacked plots do, and the bars of one row stay one picture.

Thresholds are our choice; pixels are those of 75 dpi.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from finlmm_utils.asp.records import Box

CONTRAST = 30  # grey levels (of 256) from the background: small letters are blurred to this
PALE = 12  # the same for pale frames, which are blurred between two pixels
MOST = 4  # panels side by side, and rows of them
GUTTER = 2  # blank pixels between two panels: 3 points, less the blur of their frames
OFF = 0.05  # share of a panel's side by which a gutter may be off the equal division
LEAST_WIDTH, LEAST_HEIGHT = 80, 60  # pixels of a panel
FRINGE = 0.075  # share of a panel's side, at its left and its foot, where its axis is written
LABELS = 3  # labels there
BODY = 0.75  # share of a panel's height, from the top, in which the numbers at its left stand
EDGE, FRAMED = 0.2, 0.7  # share of a plot's side in which its frame is, and that a line fills
PLOT_WIDE, PLOT_HIGH = 0.6, 0.4  # share of a panel's sides that a curve or axis spans; no bar does
BORDER, BORDERED = 5, 0.9  # pixels at a panel's edge with a line around it; share that it fills
AXIS = 0.6  # share of a column of pixels that an axis fills
COLUMN = 0.3  # share of the height that numbers fill which touch each other
FOOT, FEET_ALIKE = 0.15, 0.88  # share of a panel's height; of its columns that are alike in two
SIDES = 3  # sides on which that line is seen: a pale one is lost between two pixels at times
CELL_INK = 0.01  # share of ink in a panel; less is an empty place


def panels_of(image: Image.Image) -> list[Box]:
    """Splits a bitmap at its gutters.

    Args:
        image: a picture at about 75 dpi.

    Returns:
        Boxes of the panels in pixels, row by row, or none where it is one chart.
    """
    found = (_panels(_ink(image, contrast)) for contrast in (CONTRAST, PALE))
    return next(filter(None, found), [])


def _panels(ink: NDArray[np.bool_]) -> list[Box]:
    """The panels that the gutters of a picture part; none where it is one chart."""
    for rows in _divisions(ink, 0):
        cells: list[Box] = []
        for top, low in rows:
            columns = next(iter(_divisions(ink[top:low], 1)), [(0, ink.shape[1])])
            cells += [(left, top, right, low) for left, right in columns]
        full = [c for c in cells if _part(ink, c).mean() > CELL_INK]
        parts = [_part(ink, c) for c in full]
        if len(full) > 1 and all(map(_has_axes, parts)):
            return [] if len(cells) == len(rows) and _share_axis(parts) else full
    return []


def _share_axis(parts: list[NDArray[np.bool_]]) -> bool:
    """Whether plots, one above another, have the same labels at the foot and no titles between."""
    feet = [p[-max(int(FOOT * len(p)), 1) :].any(axis=0) for p in parts]
    alike = all(np.mean(foot == feet[0]) > FEET_ALIKE for foot in feet)
    return alike and not any(map(_has_title, parts[1:]))


def _has_title(ink: NDArray[np.bool_]) -> bool:
    """Whether something is written over the plot of a panel; its numbers stand beside it."""
    plot = _plot(ink)
    if plot is None:
        return False
    left, top, right, _ = plot
    return bool(_part(ink, (left, 0, right, top)).any())


def is_framed(image: Image.Image) -> bool:
    """Whether a picture, at about 75 dpi, is a plot with lines along all four of its sides."""
    ink = _ink(image, CONTRAST)
    high, wide = (max(int(EDGE * side), 1) for side in ink.shape)
    across = [ink[:high].mean(axis=1), ink[-high:].mean(axis=1)]
    down = [ink[:, :wide].mean(axis=0), ink[:, -wide:].mean(axis=0)]
    return all(bool(side.max() > FRAMED) for side in (*across, *down))


def _ink(image: Image.Image, contrast: int) -> NDArray[np.bool_]:
    grey = np.asarray(image.convert("L"), np.int16)
    return np.asarray(np.abs(grey - int(np.median(grey))) > contrast)


def _part(ink: NDArray[np.bool_], box: Box) -> NDArray[np.bool_]:
    x0, y0, x1, y1 = (int(v) for v in box)
    return ink[y0:y1, x0:x1]


def _divisions(ink: NDArray[np.bool_], axis: int) -> list[list[tuple[int, int]]]:
    """The equal divisions of a picture along an axis with gutters between, finest first.

    Args:
        ink: (height, width).
        axis: 0 for rows, 1 for columns.

    Returns:
        Starts and ends of the parts; for rows, the whole comes last.
    """
    side = ink.shape[axis]
    least = LEAST_HEIGHT if axis == 0 else LEAST_WIDTH
    blank = np.asarray(~ink.any(axis=1 - axis))
    found = []
    for count in range(min(MOST, side // least), 1, -1):
        cuts = [_gutter(blank, side * k / count, OFF * side / count) for k in range(1, count)]
        if None not in cuts:
            edges = [0, *(c for c in cuts if c is not None), side]
            found.append(list(pairwise(edges)))
    return [*found, [(0, side)]] if axis == 0 else found


def _gutter(blank: NDArray[np.bool_], at: float, off: float) -> int | None:
    """The middle of the blank run nearest to a place, or None if there is none near it."""
    low, high = max(int(at - off) - GUTTER, 0), int(at + off) + GUTTER + 1
    runs = np.split(np.arange(low, min(high, len(blank))), np.flatnonzero(~blank[low:high]))
    wide = [r[blank[r]] for r in runs]
    wide = [r for r in wide if len(r) >= GUTTER]
    return int(min((np.median(r) for r in wide), key=lambda x: abs(x - at))) if wide else None


def _has_axes(ink: NDArray[np.bool_]) -> bool:
    """Whether a panel has a plot, and labels of its own at its left and at its foot."""
    held = np.argwhere(ink)
    (top, left), (low, right) = held.min(axis=0), held.max(axis=0) + 1
    own = _without_frame(ink[top:low, left:right])
    high, wide = own.shape
    left, before_axis = _left_of_axis(own[: int(BODY * high)], max(int(FRINGE * wide), 1))
    beside = np.asarray(left.any(axis=1))
    below = np.asarray(own[-max(int(FRINGE * high), 1) :].any(axis=0))
    # In a low panel, the numbers at an axis touch each other.
    column = before_axis and beside.sum() > COLUMN * len(beside)
    numbered = column or _runs(beside) >= LABELS
    return bool(numbered and _runs(below) >= LABELS and _plot(own))


def _left_of_axis(ink: NDArray[np.bool_], wide: int) -> tuple[NDArray[np.bool_], bool]:
    """The first columns of a panel that hold ink, up to its axis, and whether there is one.

    Args:
        ink: of a panel without its lowest part: dates under an axis begin left of its numbers.
        wide: columns at most.
    """
    columns = ink.mean(axis=0)
    start = int(np.argmax(columns > 0))
    axis = np.flatnonzero(columns[start : start + wide] > AXIS)
    found = len(axis) > 0 and bool(axis[0])
    return ink[:, start : start + int(axis[0] if found else wide)], found


def _without_frame(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """What is inside of the line around a panel, if one is seen on three of its sides."""
    edges = (ink[:BORDER].mean(axis=1), ink[-BORDER:].mean(axis=1),
             ink[:, :BORDER].mean(axis=0), ink[:, -BORDER:].mean(axis=0))  # fmt: skip
    if sum(edge.max() > BORDERED for edge in edges) < SIDES:
        return ink
    inner = ink[BORDER:-BORDER, BORDER:-BORDER]
    held = np.argwhere(inner)
    if not len(held):
        return ink
    (top, left), (low, right) = held.min(axis=0), held.max(axis=0) + 1
    return inner[top:low, left:right]


def _runs(flags: NDArray[np.bool_]) -> int:
    """Runs of ink along an axis: its labels stand apart."""
    return int((np.diff(flags.astype(int), prepend=0) == 1).sum())


def _plot(ink: NDArray[np.bool_]) -> Box | None:
    """What the wide pieces of ink span of a panel (curves, axis, frame, grid), if it is much."""
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    high, wide = ink.shape
    found = [(y, x) for y, x in ndimage.find_objects(labels) if x.stop - x.start > PLOT_WIDE * wide]
    if not found:
        return None
    top, low = min(y.start for y, _ in found), max(y.stop for y, _ in found)
    left, right = min(x.start for _, x in found), max(x.stop for _, x in found)
    return (left, top, right, low) if low - top > PLOT_HIGH * high else None
