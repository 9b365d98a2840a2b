"""Lines and areas: strokes of one colour and dash, and polygons between two curves.

Thresholds are our choice; lengths in points, or as shares of the plot's extent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.curves import JOIN, joined_ends
from finlmm_utils.asp.charts.drawn.rules import RULE_WIDTH
from finlmm_utils.asp.charts.drawn.series import Series, curve_series
from finlmm_utils.asp.charts.drawn.strokes import Points, Shape, alike, pattern
from finlmm_utils.asp.charts.plots import Plot

LONG = 0.2  # of the plot, that a line reaches along its labels
AREA_LONG = 0.4  # of the plot, that an area reaches
BACK = 0.02  # share of a line's length along the labels that may run backwards
OUTLINED = 40.0  # points: a thin polygon less wide is a letter or a marker
OUTLINE = 2.6  # 2 x area / perimeter of a thin polygon that is a line drawn by its outline
OUT = 0.06  # of the plot's height, by which lines may leave the outermost numbers
ON_ZERO = 1.0  # points from an area's lower side to where it stands
SAME_PLACE = 0.02  # points between vertices that stand over each other
CURVED = 12  # vertices of a closed stroke that may be a line; fewer are a marker or a frame
SAME_WIDTH = 0.3  # points by which strokes of one line may differ
BESIDE = 3.0  # points by which a line may begin or end outside its plot
SHORTEST = 2.0  # points across, below which a stroke is a tick
LEVEL = 0.1  # points up and down, below which one of three vertices is a grid line or an axis
RULE_SPAN = 0.9  # of the plot, from which a straight stroke along or across it is a rule
MOST_ON_ZERO = 0.5  # share of an area's places that stand on 0


def find_lines(shapes: Sequence[Shape], plot: Plot) -> list[Series]:
    """The lines of a plot: one series a line, whatever its colour.

    Args:
        shapes: what is drawn in the figure, without swatches and bars.
        plot: upright, with its box and labels.
    """
    styles: list[tuple[Shape, list[Points]]] = []
    side = _side(shapes, plot)
    for shape in shapes:
        points = _line_points(shape)
        if points is not None and shape.clipped:
            points = _seen(points, shape)
        if points is None or len(points) < 2 or not _is_in(points, plot, side):
            continue
        for first, pieces in styles:
            if _same_style(first, shape):
                pieces.append(points)
                break
        else:
            styles.append((shape, [points]))
    out = []
    for first, pieces in styles:
        for chain in joined_ends(_without_rules(pieces, plot)):
            series = _series(chain, first)
            if series:
                out.append(series)
    return out


def _line_points(shape: Shape) -> Points | None:
    """The vertices of a stroke, or of the middle of a thin outline."""
    if shape.rectangle:
        return None
    if shape.stroke is not None and shape.fill is None:
        closed = len(shape.points) > 3 and np.abs(shape.points[0] - shape.points[-1]).max() < JOIN
        return None if closed and len(shape.points) < CURVED else shape.points
    if shape.fill is not None and len(shape.points) > 4 and shape.wide > OUTLINED:
        return _middle_of_outline(shape.points)
    return None


def _middle_of_outline(points: Points) -> Points | None:
    """The line whose outline a thin polygon is, or None."""
    sides = np.diff(points, axis=0)
    perimeter = float(np.hypot(*sides.T).sum())
    x, y = points.T
    area = abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2
    if perimeter == 0 or 2 * area / perimeter > OUTLINE:
        return None
    xs, upper, lower = _envelope(points)
    return np.column_stack([xs, (upper + lower) / 2])


def _same_style(a: Shape, b: Shape) -> bool:
    return (
        alike(a.stroke or a.fill, b.stroke or b.fill)
        and pattern(a.dash) == pattern(b.dash)
        and abs(a.width - b.width) < SAME_WIDTH
    )


def _side(shapes: Sequence[Shape], plot: Plot) -> tuple[float, float]:
    """From where to where the upright line at a side of a plot reaches: past its last numbers."""
    x0, y0, x1, y1 = plot.box
    return max(
        (
            (s.box[1], s.box[3])
            for s in shapes
            if s.wide <= RULE_WIDTH
            and min(abs(s.box[0] - x0), abs(s.box[2] - x1)) <= BESIDE
            and s.box[1] <= y0 + BESIDE and s.box[3] >= y1 - BESIDE
        ),
        key=lambda ends: ends[1] - ends[0],
        default=(y0, y1),
    )  # fmt: skip


def _is_in(points: Points, plot: Plot, side: tuple[float, float]) -> bool:
    x0, y0, x1, y1 = plot.box
    slack = 4 * (OUT * (y1 - y0) + 2)
    (left, low), (right, high) = points.min(axis=0), points.max(axis=0)
    if plot.axes and low < y1 and y0 < high:  # the step that was not needed has no number
        slack = max(slack, (1 + OUT) * (y1 - y0) / (len(plot.axes[0].cells) - 1))
    top, bottom = min(y0 - slack, side[0] - ON_ZERO), max(y1 + slack, side[1] + ON_ZERO)
    across = x0 - BESIDE <= left and right <= x1 + BESIDE
    return bool(across and low >= top and high <= bottom)


def _without_rules(pieces: list[Points], plot: Plot) -> list[Points]:
    """Strokes without frames, grid lines and ticks; none where nothing else is of their style."""
    flat = [len(p) <= 3 and np.ptp(p, axis=0).min() < SAME_PLACE for p in pieces]
    if all(flat):
        return []
    x0, y0, x1, y1 = plot.box
    sides = np.array([x1 - x0, y1 - y0]) * RULE_SPAN
    return [
        p for p, level in zip(pieces, flat, strict=True)
        if not (level and (np.ptp(p, axis=0) >= sides).any())
    ]  # fmt: skip


def _seen(points: Points, shape: Shape) -> Points:
    """The part of a line that its clip shows, cut at the sides."""
    x0, y0, x1, y1 = shape.box
    x, y = points.T if points[0, 0] <= points[-1, 0] else points[::-1].T
    if (np.diff(x) < 0).any():
        return points
    inside = (x0 < x) & (x < x1)
    edges = np.array([e for e in (x0, x1) if x[0] <= e <= x[-1]])
    places = np.sort(np.concatenate([x[inside], edges]))
    heights = np.interp(places, x, y)
    shown = (y0 - JOIN <= heights) & (heights <= y1 + JOIN)
    return np.column_stack([places, heights])[shown]


def _series(points: Points, style: Shape) -> Series | None:
    x, y = points.T
    if x[-1] < x[0]:
        x, y = x[::-1], y[::-1]
    if np.ptp(x) < SHORTEST or (len(x) <= 3 and np.ptp(y) < LEVEL):  # a tick, a grid line, an axis
        return None
    steps = np.diff(x)
    if -steps[steps < 0].sum() > BACK * np.ptp(x):
        return None
    curve = np.column_stack([x, y, np.full(len(x), np.nan)])
    return curve_series("line", style.stroke or style.fill or (0, 0, 0), style.dash, curve)


def joined(series: list[Series], plot: Plot) -> list[Series]:
    """Lines of one style that follow each other made one, and what is too short left out.

    Args:
        series: from `find_lines`.
        plot: upright, with its box.
    """
    out: list[Series] = []
    for one in sorted(series, key=lambda s: s.curve[0, 0]):
        for k, other in enumerate(out):
            same = alike(other.colour, one.colour) and pattern(other.dash) == pattern(one.dash)
            if same and one.curve[0, 0] >= other.curve[-1, 0]:
                curve = np.vstack([other.curve, one.curve])
                out[k] = curve_series("line", one.colour, one.dash, curve)
                break
        else:
            out.append(one)
    return [s for s in out if s.curve[-1, 0] - s.curve[0, 0] >= LONG * plot.extent]


def without_outlines(series: list[Series]) -> list[Series]:
    """Without lines that only trace an area: of stacked ones they show the sum, not the value."""
    areas = [s for s in series if s.kind == "area"]
    if not areas:
        return series
    out = []
    for one in series:
        if one.kind == "line" and any(
            (a.name == one.name and a.name) or alike(a.colour, one.colour) for a in areas
        ):
            continue
        out.append(one)
    return out


def off_references(cells: Sequence[Cell], shapes: Sequence[Shape], plot: Plot) -> list[Cell]:
    """The words that no reference line is named by: "average" over a level line off the grid.

    Args:
        cells: words of the figure.
        shapes: what is drawn in it.
        plot: upright, with its axes.
    """
    x0, top, x1, bottom = plot.box
    axis = plot.axes[0]
    grid = np.linspace(*axis.ends, 2 * len(axis.cells) - 1)  # lesser lines stand half way
    levels = [
        float(s.points[0, 1])
        for s in shapes
        if s.fill is None and np.ptp(s.points[:, 1]) < SAME_PLACE
        and s.wide >= RULE_SPAN * (x1 - x0) and top < s.points[0, 1] < bottom
        and np.abs(grid - s.points[0, 1]).min() > ON_ZERO
    ]  # fmt: skip
    return [c for c in cells if all(abs(c.y - level) > c.size for level in levels)]


def find_areas(shapes: Sequence[Shape], plot: Plot) -> list[Series]:
    """The filled areas of a plot, stacked ones with what they stand on.

    Args:
        shapes: what is drawn in the figure, without swatches and bars.
        plot: upright, with its box and labels.

    Returns:
        One series a colour; none where no area stands on 0: then they are bands between two curves.
    """
    floors = [plot.box[3], *(a.position(0.0) for a in plot.axes if not a.log)]
    found = []
    for shape in shapes:
        if shape.rectangle or shape.fill is None or shape.arcs or len(shape.points) < 4:
            continue
        wide = shape.wide >= AREA_LONG * plot.extent
        if (
            not wide
            or not _is_in(shape.points, plot, (plot.box[1], plot.box[3]))
            or _middle_of_outline(shape.points) is not None
        ):
            continue
        xs, upper, lower = _envelope(shape.points)
        off = [np.minimum(np.abs(lower - f), np.abs(upper - f)) <= ON_ZERO for f in floors]
        best = int(np.argmax([o.mean() for o in off]))
        on = float(off[best].mean()) >= MOST_ON_ZERO
        found.append((shape.fill, xs, upper, lower, floors[best] if on else None))
    if all(floor is None for *_, floor in found):
        return []
    out = []
    for fill, xs, upper, lower, floor in found:
        end, base = upper, lower
        if floor is not None:
            end = np.where(np.abs(upper - floor) < np.abs(lower - floor), lower, upper)
            base = np.full(len(xs), np.nan)
        out.append(curve_series("area", fill, "", np.column_stack([xs, end, base])))
    return out


def _envelope(points: Points) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Places along a polygon, and its upper and its lower side there."""
    if np.abs(points[0] - points[-1]).max() < JOIN:
        points = points[:-1]
    x = points[:, 0]
    left, right = x <= x.min() + SAME_PLACE, x >= x.max() - SAME_PLACE
    first = int(np.flatnonzero(left & ~np.roll(left, -1))[0])  # the last one at the left side
    points, right = np.roll(points, -first, axis=0), np.roll(right, -first)
    turn = int(np.flatnonzero(right)[0])
    back = turn + int(np.flatnonzero(~right[turn:])[0]) - 1 if not right[turn:].all() else turn
    one, other = points[: turn + 1], points[back:]
    other = np.vstack([other, points[:1]]) if other[-1, 0] > points[0, 0] + SAME_PLACE else other
    xs = _places(points)
    # Corners of an outline reach back a little; the side goes on from where it was.
    a, b = (
        np.interp(xs, np.maximum.accumulate(side[:, 0]), side[:, 1]) for side in (one, other[::-1])
    )
    return xs, np.minimum(a, b), np.maximum(a, b)


def _places(points: Points) -> np.ndarray:
    """Where a polygon has vertices along the labels, each place once."""
    x = np.unique(points[:, 0])
    return x[np.concatenate([[True], np.diff(x) > SAME_PLACE])]
