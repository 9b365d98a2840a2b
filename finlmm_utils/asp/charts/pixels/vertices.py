"""Where a line that runs straight from label to label has its vertices.

The sides of a vertex tell it better than the pixels at it: a marker stands there, or another line
crosses there, and beside a steep side a column holds many pixels. Thresholds are our choice, in
pixels of a picture of 150 dots an inch.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.charts.drawn.strokes import Points
from finlmm_utils.asp.charts.pixels.traces import Trace

BESIDE = 0.15  # of a span, and
MARKER = 3  # columns, on either side of a label that say nothing: a marker may stand there
FEWEST = 6  # columns that tell a side,
SEEN = 0.4  # and their share of those between two markers
INLIERS = 0.6  # of the seen columns that lie on one straight line
OFF = 0.8  # by which they may miss it, across
STRAIGHT = 0.75  # share of the spans that are straight, from which a line runs between labels
MEET = 2.0  # by which the two sides of a vertex may miss each other, along or up
COVERED = 6.0  # from such a vertex to the nearest pixels of its line
TURN = 0.5  # between the slopes of two sides whose crossing tells where a vertex is
SHIFT = 0.12  # of a span, by which labels may stand beside their vertices
STEEPEST = 6.0  # slope of a side that tells an end alone
OUTSIDE = 0.25  # of a span, by which a line may reach beyond its labels
LEAST_PLACES = 3

Side = tuple[float, float]
"""Slope and height at 0 of a straight piece."""


def vertices(trace: Trace, places: NDArray[np.float64]) -> Points | None:
    """The vertices of a line at its labels.

    Args:
        trace: where the line is seen.
        places: of the labels in order, columns.

    Returns:
        (n, 2) columns and heights of the labels whose vertex is sure; None for a line that does
        not run straight from label to label.
    """
    if len(places) < LEAST_PLACES:
        return None
    pitch = float(np.median(np.diff(places)))
    if trace.at[0] < places[0] - OUTSIDE * pitch or trace.at[-1] > places[-1] + OUTSIDE * pitch:
        return None  # an end has no label
    sides = [_side(trace, a, b) for a, b in pairwise(places)]
    crossed = [_seen(trace, a, b) >= FEWEST for a, b in pairwise(places)]
    straight = sum(side is not None for side in sides)
    if straight < max(STRAIGHT * sum(crossed), LEAST_PLACES - 1):
        return None
    shifts = [
        (right[1] - left[1]) / (left[0] - right[0]) - place
        for left, right, place in zip(sides[:-1], sides[1:], places[1:-1], strict=True)
        if left and right and abs(left[0] - right[0]) > TURN
    ]
    shift = float(np.median(shifts)) if shifts else 0.0
    if abs(shift) > SHIFT * pitch:
        return None
    found = []
    for k, place in enumerate(places):
        left = sides[k - 1] if k else None
        right = sides[k] if k < len(sides) else None
        y = _height(left, right, place + shift)
        if y is not None and ((left and right) or _is_seen(trace, place + shift, y, pitch)):
            found.append((place, y))
    return np.array(found) if len(found) >= LEAST_PLACES else None


def _is_seen(trace: Trace, at: float, y: float, pitch: float) -> bool:
    """Whether a line is seen at a vertex that one side alone tells: another may cover it there."""
    near = np.abs(trace.at - at) <= max(BESIDE * pitch, MARKER)
    return bool((np.abs(trace.y[near] - y) <= COVERED).any())


def _inner(a: float, b: float) -> tuple[float, float]:
    """From where to where the columns between two labels are free of markers."""
    beside = max(BESIDE * (b - a), MARKER)
    return a + beside, b - beside


def _seen(trace: Trace, a: float, b: float) -> int:
    low, high = _inner(a, b)
    return int(((trace.at >= low) & (trace.at <= high)).sum())


def _side(trace: Trace, a: float, b: float) -> Side | None:
    """The straight line between two labels, by most of the columns there; None for a bend."""
    low, high = _inner(a, b)
    inside = (trace.at >= low) & (trace.at <= high)
    x, y = trace.at[inside], trace.y[inside]
    if len(x) < max(FEWEST, SEEN * (high - low)):
        return None
    half = len(x) // 2
    slope = float(np.median((y[half:] - y[: len(x) - half]) / (x[half:] - x[: len(x) - half])))
    start = float(np.median(y - slope * x))
    for _ in range(2):
        on = np.abs(y - start - slope * x) <= OFF * np.hypot(1, slope)
        if on.sum() < max(FEWEST, INLIERS * len(x)):
            return None
        slope, start = (float(v) for v in np.polyfit(x[on], y[on], 1))
    return slope, start


def _height(left: Side | None, right: Side | None, at: float) -> float | None:
    """Where the sides of a vertex meet; None where they don't, or an end is too steep to tell."""
    ends = [side[0] * at + side[1] for side in (left, right) if side is not None]
    if left and right:
        if abs(ends[0] - ends[1]) <= MEET:
            return sum(ends) / 2
        if left[0] == right[0]:
            return None
        cross = (right[1] - left[1]) / (left[0] - right[0])
        return left[0] * cross + left[1] if abs(cross - at) <= MEET else None
    steep = max(abs(side[0]) for side in (left, right) if side) if ends else np.inf
    return ends[0] if steep <= STEEPEST else None
