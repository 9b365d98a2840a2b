"""Which numbers of a column or a row are those of an axis.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

import re

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.rules import at_ticks, has_rule

LEAST, SHARE = 3, 0.6  # numbers on the fit, and their share of those between its ends
WHOLE = 0.03  # of the least step, by which a number may miss a multiple of it
MIN_SPAN = 15.0  # between the first and the last number of an axis
DECADE = 10.0  # times the lower of two numbers, from which their axis may be logarithmic
LEAST_ROUNDED = 4  # numbers that tell the digit which they are printed without
HIDDEN = (0.5, 1.25, 1.5, 2.5, 7.5, 12.5)  # steps of such an axis, in units of its last digit
EVEN = 1.0  # points by which their distances may differ
ROUNDING = 1e-6  # of the last digit: halves may be rounded either way
_DECIMALS = re.compile(r"\d\.(\d+)")
FAR = 6.0  # usual steps between two numbers, from which they are of different axes


def without_far(on: np.ndarray, places: np.ndarray) -> np.ndarray:
    """The numbers of a fit up to where a gap of many steps parts them from others."""
    own = np.flatnonzero(on)
    gaps = np.diff(places[own])
    if len(own) <= LEAST or gaps.max() <= FAR * np.median(gaps):
        return on
    runs = np.split(own, np.flatnonzero(gaps > FAR * np.median(gaps)) + 1)
    return np.isin(np.arange(len(on)), max(runs, key=len))


def is_axis(
    chosen: list[Cell],
    places: np.ndarray,
    values: np.ndarray,
    on: np.ndarray,
    log: bool,
    upright: bool,
    lines: np.ndarray,
) -> bool:
    """Whether the numbers on a fit are those of an axis.

    Args:
        chosen: the labels on it.
        places: positions of all labels of the group, points.
        values: their numbers.
        on: which of them are on the fit.
        log: whether it is the logarithm that is linear.
        upright: whether positions run down the page.
        lines: ticks and grid lines across the axis, from `rule_places`.
    """
    if places[on].max() - places[on].min() < MIN_SPAN or len(set(values[on])) < len(chosen):
        return False
    between = (places >= places[on].min()) & (places <= places[on].max())
    if on.sum() < SHARE * between.sum():
        return False
    if all(c.is_year for c in chosen) or _counts(chosen, values[on], upright):
        return False
    if len(chosen) < LEAST:
        powers = log and all(v > 0 and np.log10(v).is_integer() for v in values[on])
        if not (powers or (values[on] == 0).any()):
            return (
                upright and not log and bool(on.all()) and _is_pair(chosen, places, values, lines)
            )
        return all(has_rule(p, c, lines) for p, c in zip(places[on], chosen, strict=True))
    if log:  # 1, 2, 5, 10 ...: one digit, or a half
        digits = 2 * values[on] / 10.0 ** np.floor(np.log10(values[on]) + 1e-9)
        return bool((np.abs(digits - np.round(digits)) < 1e-6).all())
    steps = np.abs(np.diff(np.sort(values[on])))
    least = steps.min()
    multiples = (values[on] - values[on].min()) / least
    return bool((np.abs(multiples - np.round(multiples)) <= WHOLE * np.maximum(multiples, 1)).all())


def _is_pair(cells: list[Cell], places: np.ndarray, values: np.ndarray, lines: np.ndarray) -> bool:
    """Whether two numbers are neighbours on a linear axis: round ones, each at its own tick.

    Args:
        cells: the numbers, the upper one first.
        places: their positions, points.
        values: what they say.
        lines: ticks and grid lines across the axis, from `rule_places`.
    """
    upper, lower = values
    step = upper - lower
    if step <= 0 or cells[0].amount[1:] != cells[1].amount[1:]:  # type: ignore[index]
        return False
    off = abs(upper / step - round(upper / step))
    if off > WHOLE or (lower > 0 and upper >= DECADE * lower):  # it may be the logarithm
        return False
    return at_ticks(cells, places, lines)


def _counts(cells: list[Cell], values: np.ndarray, upright: bool) -> bool:
    """Whether numbers only count what they stand at: groups 1, 2, 3, years 18, 19."""
    plain = all(c.text.isdigit() for c in cells)
    return plain and not upright and values[0] >= 1 and bool((np.diff(values) == 1).all())


def unrounded(
    cells: list[Cell], places: np.ndarray, values: np.ndarray, lines: np.ndarray
) -> np.ndarray | None:
    """What the numbers of an axis stand for that are printed with too few digits: 25, 28, 30, 33.

    Args:
        cells: the numbers, each of which must have a tick, in even steps.
        places: their positions, in order, points.
        values: what they say.
        lines: ticks and grid lines across the axis, from `rule_places`.

    Returns:
        Multiples of a step that ends in one more digit; None where they are no such axis.
    """
    gaps = np.diff(places)
    units = {c.amount[1:] for c in cells if c.amount}
    if len(cells) < LEAST_ROUNDED or np.ptp(gaps) > EVEN or len(units) > 1:
        return None
    if np.ptp(np.diff(values)) == 0:  # even steps have lost no digit
        return None
    if not all(has_rule(p, c, lines) for p, c in zip(places, cells, strict=True)):
        return None
    digits = max(len(m[1]) if (m := _DECIMALS.search(c.text)) else 0 for c in cells)
    last = 10.0**-digits
    mean = float(values[-1] - values[0]) / (len(values) - 1)
    steps = [sign * part * last for part in HIDDEN for sign in (1, -1)]
    for step in sorted(steps, key=lambda s: abs(s - mean)):
        first = round(values[0] / step) * step
        for start in (first, first - step, first + step):
            true = start + step * np.arange(len(values))
            if (np.abs(true - values) <= last / 2 + ROUNDING * last).all():
                return true
    return None
