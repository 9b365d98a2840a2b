"""Lines of a picture, followed column by column, also where another line lies over them.

Thresholds are our choice, in pixels of a picture of 150 dots an inch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.charts.drawn.strokes import Points

FLAT = 2.0  # what moves less is an axis or a grid line
THIN_PART = 20  # percentile of a line's heights in its columns that is its own thickness
BULK = 5  # percentile of its places, on either side, that does not count as movement
NEXT = 1.5  # columns: further apart, and one is missing between them
JUMP = 0.2  # of the plot's height, that a line moves from a column to the next at most
THICK, OF_PLOT = 14, 0.12  # and share of the plot's height: a line in its middle column, at most
REACHES = 0.2  # of the plot's width, that a line covers
LEAST_SEEN = 0.5  # share of the columns between its ends, in which a line is seen
CORE = 2  # side of the squares that fit into a line: less is the edge of another one
THIN = 0.6  # share of a colour's pixels, below which its cores are not all of the line
SHOWN = 0.75  # share of its columns that its cores show
SPECK = 12  # pixels of a piece that says nothing
PEAK = 1.6  # times its thickness, from which a line turns inside a column
STRAIGHT = 24  # columns beside a gap, over which a line is followed into it,
SOME = 6  # and how many at least
OFF_STRAIGHT = 0.8  # by which these may miss a straight line
WIDEST_GAP = 40  # that is filled
MEET = 1.5  # by which two sides that don't cross in a gap may miss each other at its middle
BEGIN = 3  # columns by which a line may begin after the others

Mask = NDArray[np.bool_]


@dataclass
class Trace:
    """A line: the columns in which it is seen, the middle of its pixels there, its thickness."""

    at: NDArray[np.float64]
    y: NDArray[np.float64]


def core_of(mask: Mask) -> Mask:
    """The pixels of a colour without the edges of other strokes."""
    square = np.ones((CORE, CORE), bool)
    return np.asarray(ndimage.binary_opening(mask, square))


def _without_specks(mask: Mask) -> Mask:
    labels, _ = ndimage.label(mask, np.ones((3, 3)))
    return np.asarray(mask & (np.bincount(labels.ravel()) >= SPECK)[labels])


def follow(mask: Mask, others: Mask) -> Trace | None:
    """The line of a colour, or None where there is none.

    Args:
        mask: of its pixels, in the plot alone.
        others: pixels of the other series, which may lie over it.
    """
    core = _without_specks(core_of(mask))
    columns = core.any(axis=0).sum() / max(mask.any(axis=0).sum(), 1)
    if core.sum() < THIN * mask.sum() or columns < SHOWN:  # a line of a pixel or two has no core
        core = _without_specks(mask)
    height, width = core.shape
    covered = np.concatenate([np.zeros((1, width), int), np.cumsum(~others, axis=0)])
    places: list[int] = []
    runs: list[tuple[float, float]] = []
    last: float | None = None
    for x in np.flatnonzero(core.any(axis=0)):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], core[:, x].view(np.int8), [0]])))
        own: list[tuple[float, float]] = []
        for a, b in zip(edges[::2], edges[1::2], strict=True):
            if own and covered[a, x] - covered[int(own[-1][1]), x] <= 1:
                own[-1] = (own[-1][0], float(b))
            else:
                own.append((float(a), float(b)))
        if last is None:
            one = max(own, key=lambda r: r[1] - r[0])
        else:
            here = last
            one = min(own, key=lambda r: max(r[0] - here, here - r[1], 0.0))
            away = max(one[0] - here, here - one[1], 0.0)
            if away > JUMP * height and x - places[-1] <= THICK:
                continue  # a letter, or the edge of another line
        places.append(int(x))
        runs.append(one)
        last = (one[0] + one[1]) / 2
    if len(places) < max(REACHES * width, 2):
        return None
    tops, ends = np.array(runs).T
    lengths = ends - tops
    thick = np.median(lengths) > max(THICK, OF_PLOT * height)
    if thick or len(places) < LEAST_SEEN * (places[-1] - places[0]):
        return None
    y = _middles(tops, ends, float(np.percentile(lengths, THIN_PART)))
    low, high = np.percentile(y, [BULK, 100 - BULK])
    return Trace(np.array(places) + 0.5, y) if high - low >= FLAT else None


def _middles(
    tops: NDArray[np.float64], ends: NDArray[np.float64], thick: float
) -> NDArray[np.float64]:
    """Where a line is in each column: in the middle, or at the end where it turns in the column."""
    y = (tops + ends) / 2
    out = y.copy()
    for k in range(len(y)):
        if ends[k] - tops[k] < PEAK * thick:
            continue
        beside = y[max(k - 2, 0) : k + 3]
        if y[k] <= beside.min():
            out[k] = tops[k] + thick / 2
        elif y[k] >= beside.max():
            out[k] = ends[k] - thick / 2
    return out


def fill(trace: Trace, start: float, end: float) -> Points:
    """A line with its gaps filled where its two sides meet in them, and its covered ends.

    Args:
        trace: of the line.
        start: where the first of the plot's lines begins, pixels.
        end: where the last of them ends.

    Returns:
        (n, 2) columns and heights; a gap whose sides do not meet stays one.
    """
    at, y = trace.at, trace.y
    extra: list[tuple[float, float]] = []
    for k in np.flatnonzero(np.diff(at) > NEXT).tolist():
        a, b = at[k], at[k + 1]
        left, right = _side(at, y, k, before=True), _side(at, y, k + 1, before=False)
        if b - a > WIDEST_GAP or left is None or right is None:
            continue
        steps = np.arange(a + 1, b)
        one, other = np.polyval(left, steps), np.polyval(right, steps)
        if left[0] != right[0]:
            cross = (right[1] - left[1]) / (left[0] - right[0])
        else:
            cross = np.nan
        middle = (a + b) / 2
        if a <= cross <= b:
            extra += zip(steps, np.where(steps <= cross, one, other), strict=True)
        elif abs(np.polyval(left, middle) - np.polyval(right, middle)) <= MEET:
            extra += zip(steps, (one + other) / 2, strict=True)
    for edge, k, before in ((start, 0, False), (end, len(at) - 1, True)):
        side = _side(at, y, k, before=before)
        if side is not None and 1 < abs(edge - at[k]) <= WIDEST_GAP / 2:
            steps = np.arange(edge, at[0]) if not before else np.arange(at[-1] + 1, edge + 1)
            extra += zip(steps, np.polyval(side, steps), strict=True)
    points = np.vstack([np.column_stack([at, y]), np.array(extra, float).reshape(-1, 2)])
    return points[np.argsort(points[:, 0], kind="stable")]


def _side(
    at: NDArray[np.float64], y: NDArray[np.float64], k: int, *, before: bool
) -> NDArray[np.float64] | None:
    """The straight line that a trace runs along before, or after, a column; None where it bends.

    Args:
        at: columns of the trace.
        y: its heights.
        k: the last column before a gap, or the first one after it.
        before: which of the two.
    """
    near = slice(max(k - STRAIGHT + 1, 0), k + 1) if before else slice(k, k + STRAIGHT)
    x, own = at[near], y[near]
    inside = np.abs(x - at[k]) <= 2 * STRAIGHT
    x, own = x[inside], own[inside]
    # Beside a crossing the edge of the other line takes a part of the column.
    trim = slice(None, -2) if before else slice(2, None)
    x, own = x[trim], own[trim]
    while len(x) >= SOME:
        fitted = np.polyfit(x, own, 1)
        if np.abs(np.polyval(fitted, x) - own).max() <= OFF_STRAIGHT * np.hypot(1, fitted[0]):
            return np.asarray(fitted)
        cut = max(len(x) // 3, 1)
        x, own = (x[cut:], own[cut:]) if before else (x[:-cut], own[:-cut])
    return None
