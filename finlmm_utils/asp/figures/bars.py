"""Marks that belong together though nothing touches: rows of bars, walks, lines of one grid.

Thresholds are our choice, read off the pages of real reports; points are those of a letter page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise, product

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.page.boxes import Boxes, inside
from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.paths import CURVE, FILL, RULE, Marks
from finlmm_utils.asp.records import Box

MIN_BARS = 3  # bars on one line; two may be of a table's shading
BASE_STEP = 2  # steps a point, in which the ends of bars on one line agree
BAR_GAP = 2.5  # times the widest bar: between two bars of one chart
GAP_ALIKE, LEAST_GAP = 1.8, 25  # times the row's usual gap, or points: up to there, of one chart
LYING_GAP = 30  # points between bars that lie; bars of charts one above another are further apart
BASE_RULE = 1.5  # points between the ends of bars and the line that they stand on
MIN_WALK, MEET = 4, 1.5  # bars of a walk; points between the end of one and the start of the next
ON_ONE_LINE = 0.6  # share of the steps of a walk at which two bars stand on one line
WITHIN = 0.8  # of a bar's thickness, up to which another lies on it
DOT, ON_DOT = 16, 1.0  # points, on any page: width of a dot; from the end of its stem to its middle
NEXT_TICK = 0.15  # share by which the step to the next number may differ from those before
SAME_TILE, IN_TILE = 1.0, 0.9  # points by which tiles differ in height; share of a line inside one
BAR_ALIKE, BAR_ALIKE_POINTS = 0.1, 0.5  # share of the width, and points, that its bars differ by
STACK_PARTS, STACK_SEAM, STACK_GAP = 2, 1.5, 60  # colours; points between parts; between bars
GRID_STEP = 1.0  # points, on any page, by which two steps of one grid may differ
GRID_NUMBER, GRID_ENDS = 24, 0.5  # points to the number of a line; points by which ends differ
GRID_NEAR = 6  # points, on any page, between a line and the middle of its own number


def bar_rows(marks: Marks, scale: float) -> Boxes:
    """(n, 4) thin bridges between the bars of one chart: on one line, axis drawn or not, or a walk.

    Charts side by side on one base line stay apart: between them the gap is not the row's own, or
    two axes end.
    """
    rules = marks.boxes[marks.forms == RULE]
    bars = np.concatenate([marks.boxes[marks.forms == FILL], _stems(rules, marks)])
    bridges = [*_walks(bars, scale), *_stacks(marks, scale)]
    for edge, start, end in ((3, 0, 2), (0, 1, 3)):  # bars that stand, and bars that lie
        order = np.round(bars[:, edge] * BASE_STEP).astype(int)
        sides = rules[:, 2:] - rules[:, :2]
        along = rules[sides[:, start] > sides[:, 1 - start]]  # no stem stands on itself
        for value in np.unique(order):
            row = _outermost(bars[order == value], start, end)
            if len(row) >= MIN_BARS:
                axes = along[np.abs(along[:, edge] - row[0, edge]) < BASE_RULE * scale]
                most = LYING_GAP * scale if edge == 0 else np.inf
                for k in _neighbours(row[:, start], row[:, end], axes[:, [start, end]], scale):
                    bridge = [0.0] * 4
                    bridge[start], bridge[end] = row[k, end], row[k + 1, start]
                    bridge[edge] = bridge[(edge + 2) % 4] = row[k, edge]
                    if bridge[end] - bridge[start] <= most:
                        bridges.append(bridge)
    return np.array(bridges, np.float32).reshape(-1, 4)


def _outermost(row: Boxes, start: int, end: int) -> Boxes:
    """Bars in order, without thinner ones before a wider one: a value on its target's bands.

    Cells of a table have their shading inside them, nearly as high.
    """
    row = row[np.lexsort((-row[:, end], row[:, start]))]
    reached = np.concatenate([[-np.inf], np.maximum.accumulate(row[:, end])[:-1]])
    outer = np.maximum.accumulate(np.where(row[:, end] > reached, np.arange(len(row)), 0))
    thick = row[:, end] - row[:, start]
    return row[(row[:, end] > reached) | (thick > WITHIN * thick[outer])]


def _stems(rules: Boxes, marks: Marks) -> Boxes:
    """(n, 4) the lines that end in the middle of a dot, twice as thick as it: bars of lollipops."""
    dots = marks.boxes[(marks.forms == CURVE) & (marks.width < DOT) & (marks.height < DOT)]
    if len(dots) < MIN_BARS or not len(rules):
        return np.zeros((0, 4), np.float32)
    middles = (dots[:, :2] + dots[:, 2:]) / 2
    ends = (rules[:, [0, 1]], rules[:, [2, 3]])
    near = [np.abs(end[:, None] - middles[None]).max(axis=2) < ON_DOT for end in ends]
    one = near[0].any(axis=1) != near[1].any(axis=1)  # two dots: a span, or a piece of a line
    rules, own = rules[one], (near[0] | near[1])[one].argmax(axis=1)
    wide = (dots[own, 2] - dots[own, 0])[:, None]
    lying = (rules[:, 2] - rules[:, 0] > rules[:, 3] - rules[:, 1])[:, None]
    return np.asarray(rules + wide * np.where(lying, [[0, -1, 0, 1]], [[-1, 0, 1, 0]]), np.float32)


def _stacks(marks: Marks, scale: float) -> Iterator[list[float]]:
    """Bridges between lying bars that end in the same places, each of parts in the same colours."""
    fills = marks.take(marks.forms == FILL)
    rows = np.round(fills.boxes[:, [1, 3]] * BASE_STEP).astype(int)
    whole: list[tuple[NDArray[np.float32], set[int]]] = []
    for row in np.unique(rows, axis=0):  # from the top
        parts = fills.take((rows == row).all(axis=1))
        order = np.argsort(parts.boxes[:, 0])
        starts, ends = parts.boxes[order, 0], parts.boxes[order, 2]
        colours = set(parts.colours.tolist())
        if len(colours) >= STACK_PARTS and (np.abs(starts[1:] - ends[:-1]) < STACK_SEAM).all():
            box = np.concatenate([parts.boxes[:, :2].min(axis=0), parts.boxes[:, 2:].max(axis=0)])
            whole.append((box, colours))
    for (a, one), (b, other) in pairwise(whole):
        gap = float(b[1] - a[3])
        level = np.abs(a[[0, 2]] - b[[0, 2]]).max() < STACK_SEAM and one == other
        if level and 0 < gap < min(float(a[3] - a[1]), STACK_GAP * scale):
            yield [float(a[0]), float(a[3]), float(a[0]), float(b[1])]


def _neighbours(starts: NDArray, ends: NDArray, axes: NDArray, scale: float) -> NDArray[np.intp]:
    """Indices of the bars of a row whose next bar is near and as wide, and so of one chart.

    Args:
        starts: (n,) of the bars along the row, rising.
        ends: (n,) of the bars.
        axes: (m, 2) starts and ends of the lines that they stand on: between two of them, two
            charts stand side by side.
        scale: of the page.
    """
    gaps, thick = starts[1:] - ends[:-1], ends - starts
    alike = np.abs(np.diff(thick)) < BAR_ALIKE * thick[1:] + BAR_ALIKE_POINTS
    usual = np.median(gaps[gaps > 0]) if (gaps > 0).any() else 0.0
    near = gaps < min(BAR_GAP * thick.max(), max(GAP_ALIKE * usual, LEAST_GAP * scale))
    if len(axes):
        low, high = axes[:, 0] - 1, axes[:, 1] + 1
        under = (low <= ends[:, None]) & (high >= starts[:, None])  # (n, m) which bar on which
        one = (under[:-1] & under[1:]).any(axis=1)
        near &= one | ~(under[:-1].any(axis=1) & under[1:].any(axis=1))
    return np.flatnonzero((gaps > 0) & near & alike)


def grid_rows(marks: Marks, numbers: Boxes, scale: float) -> Boxes:
    """(n, 4) thin bridges between the lines of one grid, each with a number at its end.

    Lines of a grid are as long as each other and evenly spaced; those of a table have their numbers
    between them, not level with them.

    Args:
        marks: those that may belong to charts.
        numbers: (m, 4) boxes of the numbers of the page that stand in no table.
        scale: of the page.
    """
    rules = marks.boxes[marks.forms == RULE]
    bridges: list[list[float]] = []
    if not len(rules) or not len(numbers):
        return np.zeros((0, 4), np.float32)
    for start, at in ((0, 1), (1, 0)):  # lines that lie, with numbers beside; that stand, under
        lines = rules[rules[:, start + 2] - rules[:, start] > rules[:, at + 2] - rules[:, at]]
        ends = np.round(lines[:, [start, start + 2]] / GRID_ENDS).astype(int)
        level = (numbers[:, at] < lines[:, [at]]) & (lines[:, [at]] < numbers[:, at + 2])
        before = lines[:, [start]] - numbers[:, start + 2]
        after = numbers[:, start] - lines[:, [start + 2]]
        for gap, pair in product((before, after), np.unique(ends, axis=0)):
            same = (ends == pair).all(axis=1)
            beside = (gap >= 0) & (gap < GRID_NUMBER * scale)
            grid = np.unique(lines[same & (level & beside).any(axis=1)][:, at])
            middles = numbers[beside[same].any(axis=0)][:, [at, at + 2]].mean(axis=1)
            for low, high in _even_steps(grid):
                # A number between them, without a line: they are axes of two charts.
                if not ((low + GRID_NEAR < middles) & (middles < high - GRID_NEAR)).any():
                    bridge = [float(pair[0]) * GRID_ENDS] * 4
                    bridge[at], bridge[at + 2] = low, high
                    bridges.append(bridge)
    return np.array(bridges, np.float32).reshape(-1, 4)


def _even_steps(grid: NDArray[np.float32]) -> list[tuple[float, float]]:
    """Neighbours on a line that are as far from each other as the pair before or after them."""
    even = np.flatnonzero(np.abs(np.diff(grid, 2)) < GRID_STEP)
    pairs = list(pairwise(grid.tolist()))
    return [pairs[k] for k in sorted({*even.tolist(), *(even + 1).tolist()})]


def is_next_tick(line: Line, held: Sequence[Line]) -> bool:
    """Whether a number goes on with a row of numbers, as far from the last as these stand apart.

    Args:
        line: that may be the next number of an axis.
        held: lines of the chart, among them the first numbers of the axis.
    """
    if not line.is_number:
        return False
    row = [x.box for x in held if x.is_number and abs(x.box[3] - line.box[3]) < SAME_TILE]
    at = (line.box[0] + line.box[2]) / 2
    middles = sorted((b[0] + b[2]) / 2 for b in row)
    step = float(np.diff(middles).mean()) if len(middles) > 1 else 0.0
    gap = max(middles[0] - at, at - middles[-1]) if middles else 0.0
    return abs(gap - step) < NEXT_TICK * step


def are_tiles(areas: Boxes, numbers: Sequence[Box], words: Sequence[Box]) -> bool:
    """Whether areas are tiles of a highlight: of one height, each with a number and its words.

    Bars hold no words of their own, and are seldom as high as each other.

    Args:
        areas: (n, 4) filled areas.
        numbers: boxes of the numbers in them.
        words: boxes of the other lines in them.
    """
    areas = areas[_held_by(areas).sum(axis=1) == 1]  # without the strips on their edges
    if len(areas) < MIN_BARS or (np.ptp(areas[:, [1, 3]], axis=0) > SAME_TILE).any():
        return False
    held = [[any(inside(x, tuple(a), IN_TILE) for x in some) for some in (numbers, words)]
            for a in areas.tolist()]  # fmt: skip
    return bool(np.all(held))


def _held_by(areas: Boxes) -> NDArray[np.bool_]:
    """(n, n) which areas lie in which, each in itself too."""
    low, high = areas[:, None, :2] >= areas[None, :, :2], areas[:, None, 2:] <= areas[None, :, 2:]
    return np.asarray((low & high).all(axis=2))


def _walks(bars: Boxes, scale: float) -> Iterator[list[float]]:
    """Bridges along bars of a walk: each begins at the height where the one before it ends."""
    if len(bars) < MIN_WALK:
        return
    bars = bars[np.argsort(bars[:, 0], kind="stable")]
    width = bars[:, 2] - bars[:, 0]
    gaps = bars[1:, 0] - bars[:-1, 2]
    alike = np.abs(np.diff(width)) < BAR_ALIKE * width[1:] + BAR_ALIKE_POINTS
    ends = np.abs(bars[:-1, [1, 1, 3, 3]] - bars[1:, [1, 3, 1, 3]])
    meet = (gaps > 0) & (gaps < BAR_GAP * width[1:]) & alike & (ends.min(axis=1) < MEET * scale)
    runs = np.split(np.arange(len(meet)), np.flatnonzero(~meet))
    for run in runs:
        steps = [k for k in run if meet[k]]
        level = ends[steps, 3] < MEET * scale  # bars on one line are a row and no walk
        if len(steps) + 1 >= MIN_WALK and level.mean() < ON_ONE_LINE:
            for k in steps:
                y = float(bars[k, [1, 1, 3, 3][int(ends[k].argmin())]])
                yield [float(bars[k, 2]), y, float(bars[k + 1, 0]), y]
