"""Stems that end in a dot, as bars: a lollipop chart is a bar chart of thinner bars.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from finlmm_utils.asp.charts.drawn.strokes import Shape

DOT = (2.0, 16.0)  # least and greatest width of a dot
ROUND = 0.1  # share by which its sides may differ
AT_MIDDLE = 0.6  # from the end of a stem to the middle of its dot
FEWEST = 3  # stems that make a chart
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
