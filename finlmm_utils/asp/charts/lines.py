"""Lines and areas: strokes of one colour and dash, and polygons between two curves.

Thresholds are our choice; lengths in points, or as shares of the plot's extent.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finlmm_utils.asp.charts.names import alike, pattern
from finlmm_utils.asp.charts.plots import Plot
from finlmm_utils.asp.charts.series import Mark, Series, UnreadableError
from finlmm_utils.asp.charts.strokes import Points, Shape

LONG = 0.2  # of the plot, that a line reaches along its labels
AREA_LONG = 0.4  # of the plot, that an area reaches
JOIN = 0.6  # points between the ends of two pieces of one line
BACK = 0.02  # share of a line's length along the labels that may run backwards
OUTLINE = 2.6  # 2 x area / perimeter of a thin polygon that is a line drawn by its outline
OUT = 0.06  # of the plot's height, by which lines may leave the outermost numbers
ON_ZERO = 1.0  # points from an area's lower side to where it stands
SAME_PLACE = 0.02  # points between vertices that stand over each other
RULE_SPAN = 0.9  # of the plot, from which a straight stroke along or across it is a rule
FEW = 4  # times the labels: more vertices make a curve, to be read between them


def find_lines(shapes: Sequence[Shape], plot: Plot) -> list[Series]:
    """The lines of a plot: one series a line, whatever its colour.

    Args:
        shapes: what is drawn in the figure, without swatches and bars.
        plot: upright, with its box and labels.
    """
    styles: list[tuple[Shape, list[Points]]] = []
    for shape in shapes:
        points = _line_points(shape)
        if points is None or not _is_in(points, plot):
            continue
        for first, pieces in styles:
            if _same_style(first, shape):
                pieces.append(points)
                break
        else:
            styles.append((shape, [points]))
    out = []
    for first, pieces in styles:
        for chain in _chains(_without_rules(pieces, plot)):
            series = _series(chain, first, plot)
            if series:
                out.append(series)
    return out


def _line_points(shape: Shape) -> Points | None:
    """The vertices of a stroke, or of the middle of a thin outline."""
    if shape.rectangle:
        return None
    if shape.stroke is not None and shape.fill is None:
        closed = len(shape.points) > 3 and np.abs(shape.points[0] - shape.points[-1]).max() < JOIN
        return None if closed and len(shape.points) < 12 else shape.points
    if shape.fill is not None and len(shape.points) > 4 and not shape.arcs:
        return _middle_of_outline(shape.points)
    return None


def _middle_of_outline(points: Points) -> Points | None:
    """The line whose outline a thin polygon is, or None."""
    sides = np.diff(points, axis=0)
    perimeter = float(np.hypot(*sides.T).sum())
    x, y = points.T
    area = abs(float(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1]))) / 2
    if perimeter == 0 or 2 * area / perimeter > OUTLINE or perimeter < 40:
        return None
    upper, lower, xs = _envelope(points, _places(points))
    return np.column_stack([xs, (upper + lower) / 2])


def _same_style(a: Shape, b: Shape) -> bool:
    return (
        alike(a.stroke or a.fill, b.stroke or b.fill)
        and pattern(a.dash) == pattern(b.dash)
        and abs(a.width - b.width) < 0.3
    )


def _is_in(points: Points, plot: Plot) -> bool:
    x0, y0, x1, y1 = plot.box
    slack = OUT * (y1 - y0) + 2
    low, high = points.min(axis=0), points.max(axis=0)
    across = x0 - 3 <= low[0] and high[0] <= x1 + 3
    return bool(across and low[1] >= y0 - 4 * slack and high[1] <= y1 + 4 * slack)


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


def _chains(pieces: list[Points]) -> list[Points]:
    """Pieces that go on where another ends, joined; in the order in which they are drawn."""
    chains: list[Points] = []
    for piece in pieces:
        for k, chain in enumerate(chains):
            if np.abs(chain[-1] - piece[0]).max() <= JOIN:
                chains[k] = np.vstack([chain, piece[1:]])
                break
            if np.abs(chain[0] - piece[-1]).max() <= JOIN:
                chains[k] = np.vstack([piece, chain[1:]])
                break
        else:
            chains.append(piece)
    return chains


def _series(points: Points, style: Shape, plot: Plot) -> Series | None:
    x, y = points.T
    if x[-1] < x[0]:
        x, y = x[::-1], y[::-1]
    if x.max() - x.min() < 2 or len(x) < 2:
        return None
    if len(x) <= 3 and np.ptp(y) < 0.1:  # a grid line, an axis
        return None
    steps = np.diff(x)
    if -steps[steps < 0].sum() > BACK * np.ptp(x):
        return None
    marks = [Mark(float(a), float(b)) for a, b in zip(x, y, strict=True)]
    colour = style.stroke or style.fill or (0, 0, 0)
    dense = len(x) > FEW * max(len(plot.labels), 3)
    return Series("line", colour, style.dash, marks, dense=dense)


def joined(series: list[Series], plot: Plot) -> list[Series]:
    """Lines of one style that follow each other made one, and what is too short left out.

    Args:
        series: from `find_lines`.
        plot: upright, with its box.
    """
    out: list[Series] = []
    for one in sorted(series, key=lambda s: s.marks[0].at):
        for other in out:
            same = alike(other.colour, one.colour) and pattern(other.dash) == pattern(one.dash)
            if same and one.marks[0].at >= other.marks[-1].at:
                other.marks += one.marks
                other.dense = other.dense or one.dense
                break
        else:
            out.append(one)
    return [s for s in out if s.marks[-1].at - s.marks[0].at >= LONG * plot.extent]


def find_areas(shapes: Sequence[Shape], plot: Plot, zero: float | None) -> list[Series]:
    """The filled areas of a plot, stacked ones with what they stand on.

    Args:
        shapes: what is drawn in the figure, without swatches and bars.
        plot: upright, with its box and labels.
        zero: where 0 stands on its value axis, points.

    Raises:
        UnreadableError: areas of which none stands on 0: a band between two curves.
    """
    shown = []
    for shape in shapes:
        if shape.rectangle or shape.fill is None or shape.arcs or len(shape.points) < 4:
            continue
        wide = shape.wide >= AREA_LONG * plot.extent
        if wide and _is_in(shape.points, plot) and _middle_of_outline(shape.points) is None:
            shown.append(shape)
    if not shown:
        return []
    floor = plot.box[3] if zero is None else zero
    found = []
    for shape in shown:
        xs = _places(shape.points)
        upper, lower, xs = _envelope(shape.points, xs)
        on_zero = np.minimum(np.abs(lower - floor), np.abs(upper - floor)) <= ON_ZERO
        found.append((shape, xs, upper, lower, float(on_zero.mean())))
    if not any(on >= 0.5 for *_, on in found):
        raise UnreadableError("an area that does not stand on 0")
    out = []
    for shape, xs, upper, lower, on in found:
        marks = []
        for x, top, bottom in zip(xs, upper, lower, strict=True):
            if on >= 0.5:
                end = bottom if abs(top - floor) < abs(bottom - floor) else top
                marks.append(Mark(float(x), float(end)))
            else:
                marks.append(Mark(float(x), float(top), float(bottom)))
        dense = len(xs) > FEW * max(len(plot.labels), 3)
        out.append(Series("area", shape.fill or (0, 0, 0), "", marks, dense=dense))
    return out


def _places(points: Points) -> np.ndarray:
    """Where a polygon has vertices along the labels, each place once."""
    x = np.unique(points[:, 0])
    return x[np.concatenate([[True], np.diff(x) > SAME_PLACE])]


def _envelope(points: Points, xs: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Upper and lower side of a polygon at places along it, and those places."""
    a, b = points, np.vstack([points[1:], points[:1]])
    low, high = np.minimum(a[:, 0], b[:, 0]), np.maximum(a[:, 0], b[:, 0])
    upper, lower, kept = [], [], []
    for x in xs:
        cut = (low <= x + 1e-6) & (x - 1e-6 <= high)
        p, q = a[cut], b[cut]
        if not len(p):
            continue
        run = q[:, 0] - p[:, 0]
        flat = np.abs(run) < 1e-6
        t = np.where(flat, 0.0, (x - p[:, 0]) / np.where(flat, 1.0, run))
        y = p[:, 1] + np.clip(t, 0, 1) * (q[:, 1] - p[:, 1])
        ys = np.concatenate([y, q[flat, 1]])
        upper.append(ys.min())
        lower.append(ys.max())
        kept.append(x)
    return np.array(upper), np.array(lower), np.array(kept)
