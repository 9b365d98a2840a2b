"""Dots that show values: at the end of stems, as bars are read, or alone.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from finlmm_utils.asp.charts.drawn.series import Mark, Series
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.records import Box

DOT = (2.0, 16.0)  # least and greatest width of a dot
ROUND = 0.1  # share by which its sides may differ
TRIANGLE = 0.2  # the same of other markers
AT_MIDDLE = 0.6  # from the end of a stem to the middle of its dot
FEWEST = 3  # stems that make a chart
EVEN = 0.05  # share by which the distances of rows of dots may differ
SAME_ROW = 0.5  # points between the middles of dots of one row
STRAIGHT = 0.05  # by which a stem may lean


def stems_as_bars(shapes: Sequence[Shape]) -> list[Shape]:
    """The shapes, and in place of each stem with a dot at one end a bar as wide as the dot.

    Args:
        shapes: what is drawn in a figure.
    """
    dots = [s for s in shapes if _is_dot(s)]
    if len(dots) < FEWEST:
        return list(shapes)
    middles = np.array([((d.box[0] + d.box[2]) / 2, (d.box[1] + d.box[3]) / 2) for d in dots])
    bars = {id(s): bar for s in shapes if (bar := _bar(s, dots, middles)) is not None}
    if len(bars) < FEWEST:
        return list(shapes)
    return [bars.get(id(s), s) for s in shapes]


def _is_dot(shape: Shape) -> bool:
    least, most = DOT
    level = abs(shape.wide - shape.high) <= ROUND * shape.wide
    return bool(shape.arcs) and shape.fill is not None and level and least <= shape.wide <= most


def _is_marker(shape: Shape) -> bool:
    """Whether a shape is a dot, a square, a diamond or a triangle."""
    least, most = DOT
    level = abs(shape.wide - shape.high) <= TRIANGLE * shape.wide
    return shape.fill is not None and level and least <= shape.wide <= most


def _bar(stem: Shape, dots: Sequence[Shape], middles: np.ndarray) -> Shape | None:
    """The bar in place of a stem; None for what is no straight stroke with one dot at an end."""
    if stem.stroke is None or stem.fill is not None or len(stem.points) != 2:
        return None
    leaning = np.abs(np.diff(stem.points, axis=0)[0])
    if leaning.min() > STRAIGHT:
        return None
    gaps = np.abs(stem.points[:, None, :] - middles[None]).max(axis=2)  # (2 ends, dots)
    at = gaps.min(axis=1) <= AT_MIDDLE
    if at.sum() != 1:  # with a dot at both ends it is a span, or a piece of a line
        return None
    half = dots[int(gaps[int(at.argmax())].argmin())].wide / 2
    (x0, y0), (x1, y1) = stem.points.min(axis=0).tolist(), stem.points.max(axis=0).tolist()
    across, down = (half, 0.0) if leaning[0] <= leaning[1] else (0.0, half)
    box = (x0 - across, y0 - down, x1 + across, y1 + down)
    corners = np.array([(box[0], box[1]), (box[2], box[1]), (box[2], box[3]), (box[0], box[3])])
    return replace(
        stem, points=corners, box=box, fill=stem.stroke, stroke=None, dash="", rectangle=True
    )


def find_dots(shapes: Sequence[Shape], box: Box, *, upright: bool) -> list[Series]:
    """The dots of a plot without bars or lines, by colour, where they stand in even rows.

    Args:
        shapes: what is drawn in the figure, without the swatches of its legend.
        box: of the plot, points.
        upright: whether values run up the page.

    Returns:
        Marks as those of bars from the plot's side on; none for a cloud of points.
    """
    x0, y0, x1, y1 = box
    found: dict[tuple[int, int, int], list[Mark]] = {}
    for dot in filter(_is_marker, shapes):
        x, y = (dot.box[0] + dot.box[2]) / 2, (dot.box[1] + dot.box[3]) / 2
        if not (x0 - dot.wide <= x <= x1 + dot.wide and y0 - dot.high <= y <= y1 + dot.high):
            continue
        at, end, start = (x, y, y1) if upright else (y, x, x0)
        found.setdefault(dot.colour, []).append(Mark(at, end, thick=dot.wide, start=start))
    places = np.sort([m.at for marks in found.values() for m in marks])
    steps = np.diff(places)
    steps = steps[steps > SAME_ROW]
    rows = len(steps) + 1
    alone = all(
        np.diff(np.sort([m.at for m in marks])).min(initial=np.inf) > SAME_ROW
        for marks in found.values()
    )
    if rows < FEWEST or not alone or np.ptp(steps) > EVEN * steps.max():
        return []
    return [Series("bar", colour, marks=marks) for colour, marks in found.items()]
