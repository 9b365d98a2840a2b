"""The plots of a figure: their value axes, their extent, and the labels along their other axis.

Thresholds are our choice; lengths in points, or times the size of the letters (ems).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from finlmm_utils.asp.charts.axes import Axis
from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.levels import (
    are_quarters,
    come_again,
    height_of,
    panel_titles,
    with_next_lines,
    with_upper_level,
)
from finlmm_utils.asp.charts.drawn.rows import ROW_KEYS, row_key
from finlmm_utils.asp.charts.drawn.rules import RULE_WIDTH
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.records import Box

SAME_ROWS = 0.5  # share of the shorter axis beside the other, from which they are of one row
MARKS = 3  # shapes beside an axis that make it the axis of what is there
BELOW = 90.0  # points under the lowest number in which labels stand
OVER = 4.0  # points over it from which they may stand: their size is part of it
BESIDE = 12.0  # points by which a label may stand out beside the plot
ONE_ROW = 1.2  # points between the baselines (or ends) of the labels of one row
SLANTS = 15.0  # degrees by which labels of one row may be turned differently, as OCR sees them
SNAP = 0.15  # of the distance of two labels: a tick further away is not the label's
MOST = 0.6  # share of the labels at ticks from which on all of them name ticks
MOVED = 0.5  # of their distance, by which a label may be moved away from its tick
TICK_LENGTH = 12.0  # points, at most
STRIP = 0.25  # of the height of a plot, from its upper side to the titles of its panels
ONE_AXIS = 10.0  # points between two columns of numbers that are copies of one axis
WIDE = 6.0  # points: a shape less wide says nothing of where the plot is


@dataclass(frozen=True)
class Label:
    """A category or date: its words and its place along the axis, points."""

    text: str
    at: float
    cell: Cell


@dataclass
class Plot:
    """One plot of a figure.

    Attributes:
        box: what its axes enclose, points.
        upright: whether values run up the page; False for horizontal bars.
        axes: its value axes, the left (lower) one first; none where no numbers tell one.
        right: whether its only axis stands at the right.
        labels: along its other axis, in order.
        elsewhere: the same labels where slanted ones may stand instead, first choice first.
        title: over one of several panels on one axis, else None; its series is called so.
    """

    box: Box
    upright: bool
    axes: list[Axis]
    right: bool = False
    labels: list[Label] = field(default_factory=list)
    elsewhere: list[list[Label]] = field(default_factory=list)
    title: Cell | None = None

    @property
    def extent(self) -> float:
        """Along its labels, points."""
        return self.box[2] - self.box[0] if self.upright else self.box[3] - self.box[1]

    @property
    def pitch(self) -> float:
        """Usual distance of two labels, points; the extent of the plot where there is only one."""
        if len(self.labels) < 2:
            return self.extent
        return float(np.median(np.abs(np.diff([x.at for x in self.labels]))))


def find_plots(
    axes: Sequence[Axis], cells: Sequence[Cell], shapes: Sequence[Shape], box: Box
) -> list[Plot]:
    """The plots with upright value axes.

    Args:
        axes: of the figure.
        cells: its labels, without the numbers of upright axes and the words of legends.
        shapes: what is drawn in it.
        box: of the figure, points.

    Returns:
        One plot a set of axes, with labels; none for a figure without an upright axis.
    """
    plots: list[Plot] = []
    for row in _rows([a for a in axes if a.upright]):
        plots += _side_by_side(row, shapes, box)
    for plot in plots:
        plot.labels = find_labels(plot, cells, shapes)
    return [panel for plot in plots for panel in _panels(plot, cells)]


def _panels(plot: Plot, cells: Sequence[Cell]) -> list[Plot]:
    """The small multiples on one axis, whose labels come again under each title; else the plot."""
    labels = plot.labels
    titles = panel_titles([x.cell for x in labels], _over(plot, cells))
    if not titles:
        return [plot]
    x0, y0, x1, y1 = plot.box
    size = len(labels) // len(titles)
    firsts = range(0, len(labels), size)
    edges = [x0, *((labels[k - 1].at + labels[k].at) / 2 for k in firsts[1:]), x1]
    return [
        Plot((left, y0, right, y1), True, plot.axes, plot.right, labels[k : k + size],
             [some[k : k + size] for some in plot.elsewhere if len(some) == len(labels)],
             title)
        for k, title, (left, right) in zip(firsts, titles, pairwise(edges), strict=True)
    ]  # fmt: skip


def _over(plot: Plot, cells: Sequence[Cell]) -> list[Cell]:
    """Level words at the upper side of a plot, which its highest number may stand over."""
    _, top, _, bottom = plot.box
    near = STRIP * (bottom - top)
    return [c for c in cells if c.level and not c.amount and abs(c.y - top) <= near]


def _rows(axes: list[Axis]) -> list[list[Axis]]:
    """Axes that stand beside each other, from the left; copies of one axis left out."""
    rows: list[list[Axis]] = []
    for axis in axes:
        low, high = axis.ends
        for row in rows:
            first, last = row[0].ends
            shared = min(high, last) - max(low, first)
            if shared > SAME_ROWS * min(high - low, last - first):
                if all(abs(_x(axis) - _x(other)) > ONE_AXIS for other in row):
                    row.append(axis)
                break
        else:
            rows.append([axis])
    return [sorted(row, key=_x) for row in rows]


def _x(axis: Axis) -> float:
    return float(np.mean([c.x for c in axis.cells]))


def _side_by_side(row: list[Axis], shapes: Sequence[Shape], box: Box) -> list[Plot]:
    """The plots of one row of axes: each opens at a left axis and may close at a right one."""
    edges = [_edges(a) for a in row]
    plots: list[Plot] = []
    for k, axis in enumerate(row):
        top, bottom = axis.ends
        until = edges[k + 1][0] if k + 1 < len(row) else box[2]
        there = [
            s
            for s in shapes
            if edges[k][1] <= (s.box[0] + s.box[2]) / 2 <= until
            and top - OVER <= (s.box[1] + s.box[3]) / 2 <= bottom + OVER
            and (s.wide > WIDE or s.rectangle)
        ]
        before = plots[-1] if plots else None
        if len(there) >= MARKS or (there and k == 0):
            left, right = _extent(there, edges[k][1], until)
            plots.append(Plot((left, top, right, bottom), True, [axis]))
        elif before and len(before.axes) == 1:
            before.axes.append(axis)
            x0, y0, x1, y1 = before.box
            before.box = (x0, min(y0, top), min(x1, edges[k][0]), max(y1, bottom))
        elif k == 0:
            plots.append(Plot((box[0], top, edges[k][0], bottom), True, [axis], right=True))
    return plots


def _edges(axis: Axis) -> tuple[float, float]:
    """Where the plot left of an axis ends, and the one right of it begins: at its numbers' sides.

    Where these stand on their grid lines, the plot reaches under them.
    """
    left, right = min(c.box[0] for c in axis.cells), max(c.box[2] for c in axis.cells)
    return {"left": (left, left), "right": (right, right)}.get(axis.over, (left, right))


def _extent(shapes: list[Shape], left: float, right: float) -> tuple[float, float]:
    """From where to where the shapes of a plot reach across."""
    own = [s for s in shapes if s.box[0] >= left - OVER and s.box[2] <= right + OVER] or shapes
    return max(min(s.box[0] for s in own), left), min(max(s.box[2] for s in own), right)


# --- labels -------------------------------------------------------------------------------------


def find_labels(plot: Plot, cells: Sequence[Cell], shapes: Sequence[Shape]) -> list[Label]:
    """The labels under an upright plot, from the left; at their ticks where these are theirs.

    Where else they may stand is noted in the plot.

    Args:
        plot: with its box and axes.
        cells: labels of the figure that belong to no value axis and no legend.
        shapes: what is drawn in the figure.
    """
    x0, _, x1, bottom = plot.box
    zero = plot.axes[0].position(0.0) if plot.axes and not plot.axes[0].log else bottom
    near = [c for c in cells if x0 - BESIDE <= c.x <= x1 + BESIDE]
    under = [c for c in near if bottom - OVER < height_of(c) < bottom + BELOW]
    rows = sorted(_in_rows(under), key=lambda r: min(height_of(c) for c in r))
    several = [r for r in rows if len(r) >= 2]
    if not several:
        low = [c for c in near if zero - OVER < c.box[1] < zero + 4 * OVER]
        several = sorted((r for r in _in_rows(low) if len(r) >= 2), key=len)[-1:]
    if not several:
        several = rows[:1]
    if not several:
        return []
    lines = several[:1] if are_quarters(several) else several
    row = sorted(with_next_lines(lines), key=lambda c: c.x)
    row = with_upper_level(row, [r for r in rows if r[0].level])
    if come_again(row) and not panel_titles(row, _over(plot, cells)):
        return []
    plot.elsewhere = [
        [Label(c.text, float(at), c) for c, at in zip(row, places, strict=True)]
        for places in _candidates(row, np.array([c.x for c in row]))
    ]
    return _placed(row, plot, shapes)


def _in_rows(cells: list[Cell]) -> list[list[Cell]]:
    """Labels with one baseline; turned ones of one angle with one top, middle or end."""
    rows = _rows_by([c for c in cells if c.level], row_key(0))
    for angle in {round(c.angle / SLANTS) for c in cells if not c.level}:
        turned = [c for c in cells if not c.level and round(c.angle / SLANTS) == angle]
        tries = sorted((_rows_by(turned, row_key(k), 2 * ONE_ROW) for k in ROW_KEYS), key=len)
        rows += tries[0]
    return rows


def _rows_by(
    cells: list[Cell], key: Callable[[Cell], float], apart: float = ONE_ROW
) -> list[list[Cell]]:
    rows: list[list[Cell]] = []
    for cell in sorted(cells, key=key):
        if rows and key(cell) - key(rows[-1][-1]) < apart:
            rows[-1].append(cell)
        else:
            rows.append([cell])
    return rows


def _placed(row: list[Cell], plot: Plot, shapes: Sequence[Shape]) -> list[Label]:
    """Labels at their own places, or at their ticks where each has one that is near."""
    places = np.array([c.x for c in row])
    if len(row) > 1:
        pitch = float(np.median(np.diff(places)))
        ticks = _ticks(plot, shapes)
        for candidate in _candidates(row, places) if len(ticks) else ():
            gap = np.abs(ticks[None, :] - candidate[:, None])
            nearest = ticks[gap.argmin(axis=1)]
            on = gap.min(axis=1) <= SNAP * pitch
            if on.mean() >= MOST and (np.diff(nearest) > 0).all():
                # The first and the last may be moved, to end where the axis does.
                own = on | (gap.min(axis=1) <= MOVED * pitch)
                row = [c for c, yes in zip(row, own, strict=True) if yes]
                places = nearest[own]
                break
    return [Label(c.text, float(at), c) for c, at in zip(row, places, strict=True)]


def _ticks(plot: Plot, shapes: Sequence[Shape]) -> np.ndarray:
    """Where ticks and upright grid lines meet the lower side of a plot, points."""
    _, top, _, bottom = plot.box
    return np.array([
        (s.box[0] + s.box[2]) / 2
        for s in shapes
        if s.wide <= RULE_WIDTH and s.high > 1
        and (
            (s.high <= TICK_LENGTH and abs((s.box[1] + s.box[3]) / 2 - bottom) < 1.5 * TICK_LENGTH)
            or (s.box[1] <= top + OVER and s.box[3] >= bottom - OVER)
        )
    ])  # fmt: skip


def _candidates(row: list[Cell], places: np.ndarray) -> list[np.ndarray]:
    """Where labels may mean to stand: slanted ones at their end, or at their middle."""
    if row[0].level or row[0].upright:
        return [places]
    return [places, np.array([(c.box[0] + c.box[2]) / 2 for c in row])]
