"""Ticks and grid lines of an axis, and which of them its labels stand at.

Thresholds are our choice, in points.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.strokes import Shape

SNAP = 0.55  # by which ticks may miss the one offset from their numbers: pixels are whole
SNAP_REACH = 0.45  # of the letters' size: the largest such offset
OVER_LINE = 1.0  # of the letters' size: the same for numbers that stand on their grid lines
SNAP_SHARE = 0.6  # of the numbers that such an offset must serve
RULE_WIDTH = 1.6  # a tick, a grid line or an axis is no wider
FLUSH = 1.0  # by which a tick may stand outside the number that is moved to end with it
LEAST = 3  # numbers in a row that ticks tell from one another
SHORTEST_TICK = 1.5
LONGEST_TICK = 12.0
AT_MIDDLE = 0.25  # of the letters' size, from the middle of a lone pair's numbers to their ticks
AT_SIDE = 1.2  # of the letters' size, from the side of such a number to where its tick begins
EVEN = 0.02  # of the distance of two numbers, by which ticks between them may stand uneven
RULE_POINTS = 5  # vertices of a rule at most: one drawn by its outline has as many


def rule_places(shapes: Sequence[Shape], upright: bool) -> np.ndarray:
    """Where ticks and grid lines across an axis stand: position, and extent across it, points.

    Args:
        shapes: what is drawn in the figure.
        upright: whether positions run down the page.

    Returns:
        (n, 3): position, and from where to where it reaches across the axis.
    """
    k = 1 if upright else 0
    rows = []
    for rule in (s for s in shapes if not s.rectangle or min(s.wide, s.high) < RULE_WIDTH):
        thick = rule.box[k + 2] - rule.box[k]
        length = rule.box[3 - k] - rule.box[1 - k]
        if thick <= RULE_WIDTH and length >= SHORTEST_TICK and len(rule.points) <= RULE_POINTS:
            middle = (rule.box[k] + rule.box[k + 2]) / 2
            rows.append((middle, rule.box[1 - k], rule.box[3 - k]))
    return np.array(rows, float).reshape(-1, 3)


def has_rule(place: float, cell: Cell, lines: np.ndarray) -> bool:
    """Whether a tick or grid line stands where a label does.

    Args:
        place: of the label along the axis, points.
        cell: the label.
        lines: from `rule_places`.
    """
    return bool((np.abs(lines[:, 0] - place) < SNAP_REACH * cell.size).any())


def at_ticks(cells: Sequence[Cell], places: np.ndarray, lines: np.ndarray) -> bool:
    """Whether two numbers of a column stand beside ticks or grid lines of one extent.

    Ticks between them must be evenly spaced, as on a linear axis.

    Args:
        cells: the numbers.
        places: where they stand, down the page.
        lines: from `rule_places`.
    """
    size = max(c.size for c in cells)
    left, right = min(c.box[0] for c in cells), max(c.box[2] for c in cells)
    beside = (np.abs(lines[:, 1] - right) < AT_SIDE * size) & (lines[:, 1] > right - SNAP)
    beside |= (np.abs(lines[:, 2] - left) < AT_SIDE * size) & (lines[:, 2] < left + SNAP)
    lines = lines[beside]
    first, last = (lines[np.abs(lines[:, 0] - p) < AT_MIDDLE * size] for p in places)
    for one in first:
        off = one[0] - places[0]
        same = np.abs(last - (places[1] + off, one[1], one[2])) < SNAP
        if not same.all(axis=1).any():
            continue
        own = lines[(np.abs(lines[:, 1:] - one[1:]) < SNAP).any(axis=1), :]
        short = own[:, 2] - own[:, 1] <= LONGEST_TICK
        inner = own[short & (own[:, 0] > one[0] + 1) & (own[:, 0] < places[1] + off - 1), 0]
        gaps = np.diff(np.unique(np.round([one[0], *inner, places[1] + off], 1)))
        if np.ptp(gaps) <= 2 * EVEN * abs(places[1] - places[0]):
            return True
    return False


def own_rules(cells: Sequence[Cell], values: np.ndarray, lines: np.ndarray) -> np.ndarray | None:
    """The ticks over the numbers of a row, where each has one and they are as far apart as these.

    The first and the last number may be moved, to end where the axis does.

    Args:
        cells: the numbers.
        values: what they say.
        lines: from `rule_places`.

    Returns:
        Positions; None where a number has no tick, or the ticks are those of something else.
    """
    if len(cells) < LEAST or not len(lines):
        return None
    gaps = np.abs(lines[None, :, 0] - np.array([c.x for c in cells])[:, None])
    nearest = gaps.argmin(axis=1)
    half = np.array([(c.box[2] - c.box[0]) / 2 for c in cells])
    if (gaps.min(axis=1) > half + FLUSH).any():
        return None
    at = lines[nearest, 0]
    if np.ptp(at) == 0:
        return None
    off = np.polyval(np.polyfit(at, values, 1), at) - values
    return at if np.abs(off).max() * np.ptp(at) <= SNAP * np.ptp(values) else None


def snapped(
    cells: Sequence[Cell], places: np.ndarray, lines: np.ndarray, upright: bool
) -> np.ndarray | None:
    """The ticks or grid lines of labels, by the one offset that most of them share.

    Args:
        cells: the labels.
        places: where they stand along the axis.
        lines: from `rule_places`.
        upright: whether positions run down the page.

    Returns:
        Positions, NaN for labels without one; None where too few share an offset.
    """
    size = max(c.size for c in cells)
    found = _by_offset(places, lines[:, 0], SNAP_REACH * size)
    if found is None and upright:  # numbers that stand on their grid lines, not beside them
        found = _by_offset(places, _lines_under(cells, lines)[:, 0], OVER_LINE * size)
    return found


def _lines_under(cells: Sequence[Cell], lines: np.ndarray) -> np.ndarray:
    """The rows of `lines` that reach under all labels of a column."""
    left, right = min(c.x for c in cells), max(c.x for c in cells)
    return lines[(lines[:, 1] <= left) & (lines[:, 2] >= right)]


def side_over(cells: Sequence[Cell], ends: tuple[float, float], lines: np.ndarray) -> str:
    """At which end of their grid lines the numbers of an upright axis stand on these; "" beside.

    Args:
        cells: the numbers.
        ends: where the first and the last of them stand, points.
        lines: from `rule_places`.
    """
    under = _lines_under(cells, lines)
    of_grid = np.unique(
        np.round(under[(under[:, 0] > ends[0] - 1) & (under[:, 0] < ends[1] + 1), 0])
    )
    if len(of_grid) < SNAP_SHARE * len(cells):
        return ""
    middle = float(np.median(under[:, 1] + under[:, 2]) / 2)
    return "left" if float(np.mean([c.x for c in cells])) < middle else "right"


def _by_offset(places: np.ndarray, lines: np.ndarray, reach: float) -> np.ndarray | None:
    """The lines of places, NaN where none is; None where too few places share an offset."""
    if not len(lines):
        return None
    offsets = (lines[None, :] - places[:, None]).ravel()
    offsets = np.append(offsets[np.abs(offsets) <= reach], 0.0)
    gaps = np.abs(lines[None, None, :] - (places[None, :] + offsets[:, None])[:, :, None])
    served = (gaps.min(axis=2) <= SNAP).sum(axis=1)
    most = served.max()
    if most < max(2, SNAP_SHARE * len(places)):
        return None
    offset = min(offsets[served == most], key=abs)
    gap = np.abs(lines[None, :] - (places + offset)[:, None])
    nearest = lines[gap.argmin(axis=1)]
    return np.where(gap.min(axis=1) <= SNAP, nearest, np.nan)
