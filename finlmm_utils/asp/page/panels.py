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
MOST = 4  # panels side by side, and rows of them
GUTTER = 3  # blank pixels between two panels
OFF = 0.05  # share of a panel's side by which a gutter may be off the equal division
LEAST_WIDTH, LEAST_HEIGHT = 80, 60  # pixels of a panel
FRINGE = 0.075  # share of a panel's side, at its left and its foot, where its axis is written
LABELS = 3  # labels there
EDGE, FRAMED = 0.2, 0.7  # share of a plot's side in which its frame is, and that a line fills
PLOT_WIDE, PLOT_HIGH = 0.6, 0.4  # share of a panel's sides that a curve or axis spans; no bar does
CELL_INK = 0.01  # share of ink in a panel; less is an empty place


def panels_of(image: Image.Image) -> list[Box]:
    """Splits a bitmap at its gutters.

    Args:
        image: a picture at about 75 dpi.

    Returns:
        Boxes of the panels in pixels, row by row, or none where it is one chart.
    """
    ink = _ink(image)
    for rows in _divisions(ink, 0):
        cells: list[Box] = []
        for top, low in rows:
            columns = next(iter(_divisions(ink[top:low], 1)), [(0, ink.shape[1])])
            cells += [(left, top, right, low) for left, right in columns]
        full = [c for c in cells if _part(ink, c).mean() > CELL_INK]
        if len(full) > 1 and all(_has_axes(_part(ink, c)) for c in full):
            return full
    return []


def is_framed(image: Image.Image) -> bool:
    """Whether a picture, at about 75 dpi, is a plot with lines along all four of its sides."""
    ink = _ink(image)
    high, wide = (max(int(EDGE * side), 1) for side in ink.shape)
    across = [ink[:high].mean(axis=1), ink[-high:].mean(axis=1)]
    down = [ink[:, :wide].mean(axis=0), ink[:, -wide:].mean(axis=0)]
    return all(bool(side.max() > FRAMED) for side in (*across, *down))


def _ink(image: Image.Image) -> NDArray[np.bool_]:
    grey = np.asarray(image.convert("L"), np.int16)
    return np.asarray(np.abs(grey - int(np.median(grey))) > CONTRAST)


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
    own = ink[top:low, left:right]
    high, wide = own.shape
    beside = np.asarray(own[:, : max(int(FRINGE * wide), 1)].any(axis=1))
    below = np.asarray(own[-max(int(FRINGE * high), 1) :].any(axis=0))
    return min(_runs(beside), _runs(below)) >= LABELS and _has_plot(own)


def _runs(flags: NDArray[np.bool_]) -> int:
    """Runs of ink along an axis: its labels stand apart."""
    return int((np.diff(flags.astype(int), prepend=0) == 1).sum())


def _has_plot(ink: NDArray[np.bool_]) -> bool:
    """Whether one connected piece of ink spans much of a panel: a curve, an axis, a frame."""
    labels, _ = ndimage.label(ink, structure=np.ones((3, 3)))
    high, wide = ink.shape
    spans = ndimage.find_objects(labels)
    return any(
        x.stop - x.start > PLOT_WIDE * wide and y.stop - y.start > PLOT_HIGH * high
        for y, x in spans
    )
