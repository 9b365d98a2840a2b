"""Values that are printed at bars and points: exact, where they agree with what is drawn.

Numbers stand near most marks by chance; they are values only where they grow as the marks do.
Thresholds are our choice; lengths in points, or times the size of the letters (ems).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from finlmm_utils.asp.charts.axes import Axis
from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.series import MOST_MARKS, SAME_COLUMN, Mark, Series
from finlmm_utils.asp.charts.drawn.strokes import alike, is_coloured

NEAR = 1.7  # ems between the end of a mark and the middle of its number
ASIDE = 0.75  # of a bar's thickness, or ems at a point, that its number may stand aside
PROPORTION = 0.03  # by which number and height may disagree
ON_AXIS = 0.03  # of the axis, by which number and height may disagree
ROUNDED = 0.5  # of the last digit, that rounding may add to or take from a number
HAIRLINE = 1.0  # points of a step that shows no direction
LEAST = 2  # numbers that must agree
TELLING = 4  # numbers that tell what the bars without one are worth
AGREE = 0.8  # share of the numbers at marks that must agree
OWN_COLOUR = 0.7  # numbers a mark, from which a series has all of its numbers in its own colour
ON_LINE = 2.0  # points by which a number may miss the line through the others
INSIDE = 0.2  # weight of the way to the middle of a stacked bar, against the way aside


_DECIMALS = re.compile(r"\d\.(\d+)")


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
    own = _in_own_colour(series, numbers)
    coloured = {id(c) for some in own.values() for c in some}
    rest = [c for c in numbers if id(c) not in coloured]
    free = {id(s): own.get(id(s), rest) for s in series}
    tries = [_nearest(series, some, upright) for some in (free, *_by_unit(series, free))]
    return min(tries, key=lambda found: (-len(found[0]), found[1]))[0]


def _nearest(
    series: Sequence[Series], free: dict[int, list[Cell]], upright: bool
) -> tuple[dict[int, Printed], float]:
    """The numbers of marks, and how far they stand from these in all.

    Args:
        series: the marks.
        free: the numbers that may be of each series, by its `id`.
        upright: whether values run up the page.
    """
    stacked = _stacked(series)
    pairs = []
    for one in series:
        for mark in one.marks if len(one.marks) <= MOST_MARKS else ():
            for cell in free[id(one)]:
                gap = _gap(mark, cell, one.kind, upright, id(mark) in stacked)
                if gap is not None:
                    pairs.append((gap, mark, cell))
    out: dict[int, Printed] = {}
    used: set[int] = set()
    far = 0.0
    for gap, mark, cell in sorted(pairs, key=lambda p: p[0]):
        if id(mark) not in out and id(cell) not in used and cell.amount is not None:
            used.add(id(cell))
            far += gap
            out[id(mark)] = Printed(cell.amount[0], cell.amount[2], cell)
    return out, far


def _by_unit(
    series: Sequence[Series], free: dict[int, list[Cell]]
) -> Iterator[dict[int, list[Cell]]]:
    """The same numbers, but those of one unit for bars and of another for lines: both ways."""
    units = {c.amount[2] for some in free.values() for c in some if c.amount}
    if len(units) == 2 and {s.kind for s in series} == {"bar", "line"}:
        for unit in units:
            yield {
                id(s): [
                    c
                    for c in free[id(s)]
                    if c.amount and (c.amount[2] == unit) == (s.kind == "bar")
                ]
                for s in series
            }


def _in_own_colour(series: Sequence[Series], numbers: Sequence[Cell]) -> dict[int, list[Cell]]:
    """The numbers of each series of several that has them in its own colour, by its `id`."""
    out = {}
    for one in series if len(series) > 1 else ():
        own = [c for c in numbers if alike(c.colour, one.colour)]
        alone = not any(alike(s.colour, one.colour) for s in series if s is not one)
        if is_coloured(one.colour) and alone and len(own) >= OWN_COLOUR * len(one.marks):
            out[id(one)] = own
    return out


def _stacked(series: Sequence[Series]) -> set[int]:
    """The bars that stand on one another, by their `id`: their numbers stand in their middles."""
    marks = sorted((m for s in series if s.kind == "bar" for m in s.marks), key=lambda m: m.at)
    out: set[int] = set()
    for a, b in pairwise(marks):
        if b.at - a.at < SAME_COLUMN * a.thick:
            out |= {id(a), id(b)}
    return out


def _gap(mark: Mark, cell: Cell, kind: str, upright: bool, stacked: bool) -> float | None:
    """How far a number stands from the end of a mark; None where it is not at it.

    Args:
        mark: the bar or point.
        cell: the number.
        kind: of the mark's series.
        upright: whether values run up the page.
        stacked: whether the mark is a bar on or under others.
    """
    along, across = (cell.x, cell.y) if upright else (cell.y, cell.x)
    gap, aside = abs(across - mark.end), abs(along - mark.at)
    if kind != "bar":
        far = gap > NEAR * cell.size or aside > ASIDE * cell.size + (cell.box[2] - cell.box[0]) / 2
        return None if far else gap + aside
    if aside > max(ASIDE * mark.thick, 0.5 * cell.size):
        return None
    reach = NEAR * cell.size if upright else NEAR * cell.size + (cell.box[2] - cell.box[0])
    if not stacked and gap <= reach:
        return gap + aside
    if not min(mark.end, mark.start) <= across <= max(mark.end, mark.start):
        return None
    middle = abs(across - (mark.end + mark.start) / 2)
    return middle * INSIDE + aside + (0.0 if stacked else reach)


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
        heights = np.abs([_height(m, base) for m in own])
        right = _proportional(heights, np.abs(values))
    else:
        right = _on_line(np.array([m.end for m in own]), values)
    if right.sum() < max(LEAST, AGREE * len(own)):
        return {}
    return {id(m): found[id(m)] for m, yes in zip(own, right, strict=True) if yes}


def adding_up(marks: Sequence[Mark], found: dict[int, Printed]) -> dict[int, Printed]:
    """The numbers at the bars of a bridge if they add up to its totals; none where they don't.

    Its whole bars may be cut off below, so that only their numbers tell what they are worth.

    Args:
        marks: of a chart; its whole bars have no base.
        found: from `numbers_at`.
    """
    order = sorted(marks, key=lambda m: m.at)
    steps = [m for m in order if m.base is not None]
    if len(steps) < LEAST or any(id(m) not in found for m in order) or order[0].base is not None:
        return {}
    if any(b.at - a.at < SAME_COLUMN * a.thick for a, b in pairwise(order)):
        return {}
    level, totals = found[id(order[0])].value, 0
    for mark in order[1:]:
        value = found[id(mark)].value
        if mark.base is None:
            if abs(value - level) > ROUNDED * _last_digit(order, found) * len(order):
                return {}
            level, totals = value, totals + 1
            continue
        level += value
        if abs(mark.end - mark.base) > HAIRLINE and (mark.end < mark.base) != (value > 0):
            return {}
    return {id(m): found[id(m)] for m in order} if totals else {}


def _last_digit(marks: Sequence[Mark], found: dict[int, Printed]) -> float:
    """What the last digit of the numbers at marks is worth."""
    decimals = [_DECIMALS.search(found[id(m)].cell.text) for m in marks]
    return float(10.0 ** -max(len(d[1]) if d else 0 for d in decimals))


def by_height(
    marks: Sequence[Mark], found: dict[int, Printed], exact: dict[int, Printed], base: float
) -> dict[int, tuple[float, float, str]]:
    """What the bars without a number are worth by those with one; none where too few tell.

    Args:
        marks: of bars without an axis.
        found: all numbers at them.
        exact: those that the bars bear out; where others are not, none is sure.
        base: where they stand, points.

    Returns:
        Value, tolerance and unit, by the mark's `id`.
    """
    told = [m for m in marks if id(m) in exact and exact[id(m)].value]
    if len(told) < TELLING or any(id(m) in found and id(m) not in exact for m in marks):
        return {}
    worth = [exact[id(m)].value / (_height(m, base) or np.inf) for m in told]
    point, unit = float(np.median(worth)), exact[id(told[0])].unit
    if not point:
        return {}
    off = max(abs(exact[id(m)].value - point * _height(m, base)) for m in told)
    digits = max(int(np.ceil(1 - np.log10(abs(point)))), 0)
    return {
        id(m): (round(point * _height(m, base), digits), max(off, abs(point)), unit)
        for m in marks
        if id(m) not in found
    }


def _height(mark: Mark, base: float) -> float:
    """How far a bar reaches from where it starts, points; negative to the left or up the page."""
    return mark.end - (base if mark.base is None else mark.base)


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
