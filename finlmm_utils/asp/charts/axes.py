"""The axes of a chart: what a position is worth, fitted to the numbers along it.

An axis is a line ``value = start + step * position`` (of the value, or of its logarithm to base 10)
that goes through most numbers of a column or a row. Thresholds are our choice, in points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.rows import ROW_KEYS, row_key
from finlmm_utils.asp.charts.drawn.rules import (
    own_rules,
    rule_places,
    side_over,
    snapped,
)
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.scales.numbers import is_axis, unrounded, without_far

ALIGNED = 1.5  # between the edges, or middles, of the numbers of one column
ON_ONE_LINE = 1.0  # between the baselines of the numbers of one row
NEAR_FIT = {"y": 1.0, "x": 2.5}  # from a number to where the fit puts it: widths of texts differ
FLUSH = 1.0  # from where the others put a label's tick to the tick that it takes
LEAST_APART = 2.0  # between two numbers that a fit is tried through: nearer ones tell no slope
MOST_PAIRS = 400  # of numbers tried for a fit


@dataclass(frozen=True)
class Axis:
    """A value axis.

    Attributes:
        start: value (or its logarithm) at position 0.
        step: what a point is worth; negative for values that grow upwards.
        log: whether `start` and `step` give the logarithm to base 10.
        cells: the numbers that it was fitted to, by position.
        off: largest distance of a number (of its tick, where it has one) from the fit, points.
        upright: whether positions run down the page.
        unit: of its numbers.
        ends: where its first and its last number stand (their ticks, where known), points.
        over: at which end of the grid lines its numbers stand on these; "" where they stand beside.
        snapped: whether the fit goes through ticks or grid lines.
    """

    start: float
    step: float
    log: bool
    cells: tuple[Cell, ...]
    off: float
    upright: bool
    unit: str
    ends: tuple[float, float]
    over: str = ""
    snapped: bool = False

    def value(self, position: float) -> float:
        """What a position is worth."""
        raw = self.start + self.step * position
        return float(10.0**raw) if self.log else float(raw)

    def position(self, value: float) -> float:
        """Where a value stands, points."""
        if self.log:
            value = float(np.log10(value)) if value > 0 else -np.inf
        return float((value - self.start) / self.step)

    @property
    def span(self) -> float:
        """What lies between its least and its greatest number, in its unit."""
        a, b = (self.value(end) for end in self.ends)
        return abs(a - b)

    def tolerance(self, position: float, reach: float) -> float:
        """How far off a value read here may be.

        Args:
            position: where it is read, points.
            reach: by how much the position may be off, points; at least the fit's own error.
        """
        reach = max(reach, self.off)
        return abs(self.value(position + reach) - self.value(position - reach)) / 2


def find_axes(cells: Sequence[Cell], shapes: Sequence[Shape]) -> list[Axis]:
    """The value axes of a figure, most numbers first.

    Args:
        cells: its labels.
        shapes: what is drawn in it.
    """
    numbers = [c for c in cells if c.amount is not None]
    found: list[Axis] = []
    for upright in (True, False):
        taken: set[int] = set()
        lines = rule_places(shapes, upright)
        for group in _groups([c for c in numbers if c.level or not upright], upright):
            left = [c for c in group if id(c) not in taken]
            while len(left) >= 2:
                axis = _fit(left, upright, lines)
                if axis is None:
                    break
                if upright:
                    axis = _whole_column(axis, [c for c in numbers if id(c) not in taken], lines)
                found.append(axis)
                taken |= {id(c) for c in axis.cells}
                left = [c for c in left if id(c) not in taken]
    return sorted(found, key=lambda a: -len(a.cells))


def _whole_column(axis: Axis, numbers: Sequence[Cell], lines: np.ndarray) -> Axis:
    """An upright axis with the numbers that go on in its steps, though a sign sets them aside."""
    steps = np.diff(sorted(c.y for c in axis.cells))
    left, right = min(c.box[0] for c in axis.cells), max(c.box[2] for c in axis.cells)
    own, cells = {id(c) for c in axis.cells}, list(axis.cells)
    others = [
        c
        for c in numbers
        if id(c) not in own and c.level and c.box[0] < right and left < c.box[2]
        and c.amount and c.amount[1:] == cells[0].amount[1:]  # type: ignore[index]
        and abs(axis.position(c.amount[0]) - c.y) <= NEAR_FIT["y"] + axis.off
    ]  # fmt: skip
    for cell in sorted(others, key=lambda c: min(abs(c.y - end) for end in axis.ends)):
        gap = max(min(c.y for c in cells) - cell.y, cell.y - max(c.y for c in cells))
        if abs(gap - steps.min()) <= NEAR_FIT["y"]:
            cells.append(cell)
    if len(cells) == len(own) or np.ptp(steps) > 2 * NEAR_FIT["y"]:
        return axis
    cells.sort(key=lambda c: c.y)
    places = np.array([c.y for c in cells])
    return _refit(cells, _values(cells), places, axis.log, True, lines)


def _groups(numbers: list[Cell], upright: bool) -> list[list[Cell]]:
    """Numbers that stand in one column, by their right edges, left edges or middles; or one row."""
    keys = (
        [lambda c: c.box[2], lambda c: c.box[0], lambda c: c.x]
        if upright
        else [row_key(k) for k in ROW_KEYS]
    )
    slack = ALIGNED if upright else ON_ONE_LINE
    groups = []
    for key in keys:
        ordered = sorted(numbers, key=key)
        group: list[Cell] = []
        for cell in ordered:
            if group and key(cell) - key(group[0]) > slack:
                groups.append(group)
                group = []
            group.append(cell)
        groups.append(group)
    return sorted((g for g in groups if len(g) >= 2), key=len, reverse=True)


def _values(cells: Sequence[Cell]) -> np.ndarray:
    """Numbers of labels; with the powers of their units where these differ ("500k", "1M")."""
    amounts = [c.amount for c in cells if c.amount is not None]
    powers = {power for value, power, _ in amounts if value}
    mixed = len(powers) > 1
    return np.array([v * 10.0**p if mixed else v for v, p, _ in amounts])


def _fit(group: list[Cell], upright: bool, lines: np.ndarray) -> Axis | None:
    places = np.array([c.y if upright else c.x for c in group])
    values = _values(group)
    if not upright:
        own = own_rules(group, values, lines)
        places = places if own is None else own
    order = np.argsort(places, kind="stable")
    places, values = places[order], values[order]
    cells = [group[k] for k in order]
    best: tuple[int, float, np.ndarray, bool] | None = None
    powers = all(c.exponent is not None for c in cells)
    for log in (powers, not powers):
        if log and (values <= 0).any():
            continue
        worth = np.log10(values) if log else values
        for i, j in list(combinations(range(len(cells)), 2))[:MOST_PAIRS]:
            if worth[i] == worth[j] or abs(places[j] - places[i]) < LEAST_APART:
                continue
            slope = (worth[j] - worth[i]) / (places[j] - places[i])
            off = np.abs((worth - worth[i]) / slope - (places - places[i]))
            on = off <= NEAR_FIT["y" if upright else "x"]
            key = (int(on.sum()), -round(float(off[on].mean()), 6))  # two numbers fit both
            if best is None or key > best[:2]:
                best = (*key, on, log)
    if best is None:
        return None
    *_, on, log = best
    if not log:
        on = without_far(on, places)
    chosen = [c for c, yes in zip(cells, on, strict=True) if yes]
    if not is_axis(chosen, places, values, on, log, upright, lines):
        true = unrounded(cells, places, values, lines) if upright else None
        return None if true is None else _refit(cells, true, places, False, upright, lines)
    return _refit(chosen, values[on], places[on], log, upright, lines)


def _refit(
    cells: list[Cell],
    values: np.ndarray,
    places: np.ndarray,
    log: bool,
    upright: bool,
    lines: np.ndarray,
) -> Axis:
    """Fits a line through the labels, or through their ticks where most have one.

    Args:
        cells: the labels.
        values: their numbers.
        places: their positions, points.
        log: whether it is the logarithm that is linear.
        upright: whether positions run down the page.
        lines: ticks and grid lines across the axis, from `rule_places`.
    """
    worth = np.log10(values) if log else values
    ticks = snapped(cells, places, lines, upright)
    use = ~np.isnan(ticks) if ticks is not None else np.ones(len(cells), bool)
    at = places if ticks is None else ticks
    step, start = np.polyfit(at[use], worth[use], 1)
    if ticks is not None and not use.all():  # the outer labels may be moved to end with the axis
        gap = np.abs(lines[None, :, 0] - ((worth - start) / step)[:, None])
        at = np.where(use, at, lines[gap.argmin(axis=1), 0])
        use |= gap.min(axis=1) <= FLUSH
        step, start = np.polyfit(at[use], worth[use], 1)
    off = float(np.abs((worth[use] - start) / step - at[use]).max())
    units = [c.amount[2] for c in cells if c.amount is not None and c.amount[2]]
    unit = max(set(units), key=units.count) if units else ""
    known = np.where(use, at, (worth - start) / step)  # a number may have no line of its own
    ends = (float(known.min()), float(known.max()))
    return Axis(
        float(start), float(step), log, tuple(cells), off, upright, unit, ends,
        side_over(cells, ends, lines) if upright else "", ticks is not None,
    )  # fmt: skip
