"""Values that are printed at bars and points: exact, where they agree with what is drawn.

Numbers stand near most marks by chance; they are values only where they grow as the marks do.
Thresholds are our choice; lengths in points, or times the size of the letters (ems).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from finlmm_utils.asp.charts.axes import Axis
from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.series import MOST_MARKS, Mark, Series

NEAR = 1.7  # ems between the end of a mark and the middle of its number
ASIDE = 0.75  # of a bar's thickness, or ems at a point, that its number may stand aside
PROPORTION = 0.03  # by which number and height may disagree
ON_AXIS = 0.03  # of the axis, by which number and height may disagree
LEAST = 2  # numbers that must agree
AGREE = 0.8  # share of the numbers at marks that must agree
ON_LINE = 2.0  # points by which a number may miss the line through the others
INSIDE = 0.2  # weight of the way to the middle of a stacked bar, against the way aside


@dataclass(frozen=True)
class Printed:
    """The number at a mark."""

    value: float
    unit: str
    cell: Cell


def numbers_at(
    series: Sequence[Series], cells: Sequence[Cell], upright: bool
) -> dict[int, Printed]:
    """The nearest number of each mark, each number once, by the mark's `id`.

    Args:
        series: the marks.
        cells: labels that belong to no axis.
        upright: whether values run up the page.
    """
    numbers = [c for c in cells if c.level and c.amount is not None]
    pairs = []
    for one in series:
        for mark in one.marks if len(one.marks) <= MOST_MARKS else ():
            for cell in numbers:
                gap = _gap(mark, cell, one.kind, upright)
                if gap is not None:
                    pairs.append((gap, mark, cell))
    out: dict[int, Printed] = {}
    used: set[int] = set()
    for _, mark, cell in sorted(pairs, key=lambda p: p[0]):
        if id(mark) not in out and id(cell) not in used and cell.amount is not None:
            used.add(id(cell))
            out[id(mark)] = Printed(cell.amount[0], cell.amount[2], cell)
    return out


def _gap(mark: Mark, cell: Cell, kind: str, upright: bool) -> float | None:
    """How far a number stands from the end of a mark; None where it is not at it."""
    along, across = (cell.x, cell.y) if upright else (cell.y, cell.x)
    if kind == "bar":
        aside = abs(along - mark.at)
        if aside > max(ASIDE * mark.thick, 0.5 * cell.size):
            return None
        if mark.base is not None:
            middle = (mark.end + mark.base) / 2
            inside = min(mark.end, mark.base) <= across <= max(mark.end, mark.base)
            return abs(across - middle) * INSIDE + aside if inside else None
        reach = NEAR * cell.size if upright else NEAR * cell.size + (cell.box[2] - cell.box[0])
        gap = abs(across - mark.end)
        return gap + aside if gap <= reach else None
    gap, aside = abs(across - mark.end), abs(along - mark.at)
    if gap > NEAR * cell.size or aside > ASIDE * cell.size + (cell.box[2] - cell.box[0]) / 2:
        return None
    return gap + aside


def agreeing(
    marks: Sequence[Mark], found: dict[int, Printed], axis: Axis | None, base: float | None
) -> dict[int, Printed]:
    """The numbers at marks that the marks bear out; none where too few do.

    Args:
        marks: of one axis.
        found: from `numbers_at`.
        axis: that they are measured on, or None.
        base: where bars stand, points; None for points of lines.
    """
    own = [m for m in marks if id(m) in found]
    if len(own) < LEAST:
        return {}
    values = np.array([found[id(m)].value for m in own])
    if axis is not None:
        start = np.array([0.0 if m.base is None else axis.value(m.base) for m in own])
        drawn = np.array([axis.value(m.end) for m in own]) - start
        right = np.abs(drawn - values) <= ON_AXIS * axis.span
    elif base is not None:
        starts = np.array([base if m.base is None else m.base for m in own])
        heights = np.abs(np.array([m.end for m in own]) - starts)
        right = _proportional(heights, np.abs(values))
    else:
        right = _on_line(np.array([m.end for m in own]), values)
    if right.sum() < max(LEAST, AGREE * len(own)):
        return {}
    return {id(m): found[id(m)] for m, yes in zip(own, right, strict=True) if yes}


def _proportional(heights: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Which values are the common multiple of their heights."""
    known = (heights > 2) & (values > 0)
    if known.sum() < LEAST:
        return np.zeros(len(heights), bool)
    factor = float(np.median(values[known] / heights[known]))
    return np.abs(values - factor * heights) <= PROPORTION * values + factor


def _on_line(places: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Which values lie on one line over the heights of their points."""
    best = np.zeros(len(places), bool)
    for i in range(len(places)):
        for j in range(i + 1, len(places)):
            if abs(places[i] - places[j]) < 2 or values[i] == values[j]:
                continue
            slope = (values[j] - values[i]) / (places[j] - places[i])
            on = np.abs((values - values[i]) / slope - (places - places[i])) <= ON_LINE
            if slope < 0 and on.sum() > best.sum():
                best = on
    return best if best.sum() >= 3 else np.zeros(len(places), bool)
