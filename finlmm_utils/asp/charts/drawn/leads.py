"""Lines that lead from the slices of a pie to their words.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.curves import joined_ends
from finlmm_utils.asp.charts.drawn.strokes import Shape

AT_RIM = 0.15  # of the radius, between the rim and a line that leads to words
LEAD_GAP = 8.0  # between the end of that line and the words

Lead = tuple[float, np.ndarray]
"""The angle at which a line leaves the rim of a pie, and where it ends."""


def find_leads(shapes: Sequence[Shape], centre: tuple[float, float], radius: float) -> list[Lead]:
    """The lines that lead away from the rim of a pie.

    Args:
        shapes: what is drawn in the figure.
        centre: of the pie.
        radius: of the pie.
    """
    strokes = [s for s in shapes if s.fill is None and not s.rectangle and not s.arcs]
    out = []
    for chain in joined_ends([s.points for s in strokes]):
        first, last = (float(np.hypot(*(p - centre))) for p in (chain[0], chain[-1]))
        start, end = (chain[0], chain[-1]) if first < last else (chain[-1], chain[0])
        if abs(min(first, last) - radius) <= AT_RIM * radius < abs(first - last):
            x, y = start - centre
            out.append((float(np.arctan2(y, x)), end))
    return out


def led_to(
    middle: tuple[float, float],
    centre: tuple[float, float],
    share: float,
    leads: Sequence[Lead],
    cells: Sequence[Cell],
) -> list[Cell]:
    """The labels at the end of the only line that leads away from a slice, from the top.

    Args:
        middle: of the slice's arc.
        centre: of the pie.
        share: of the slice, 0 to 1.
        leads: from `find_leads`.
        cells: labels of the figure.
    """
    at = np.arctan2(middle[1] - centre[1], middle[0] - centre[0])
    own = [end for angle, end in leads if abs(turn_of(angle - at)) < np.pi * share]
    if len(own) != 1:
        return []
    near = [
        c
        for c in cells
        if _gap(c, own[0]) <= max(LEAD_GAP, c.size)
        and _gap(c, own[0]) == min(_gap(c, end) for _, end in leads)
    ]
    return sorted(near, key=lambda c: (c.y, c.x))


def _gap(cell: Cell, point: np.ndarray) -> float:
    """From a point to a label."""
    x, y = point
    x0, y0, x1, y1 = cell.box
    return float(np.hypot(max(x0 - x, x - x1, 0.0), max(y0 - y, y - y1, 0.0)))


def turn_of(angle: float) -> float:
    """An angle between half a turn back and half a turn on."""
    return float((angle + np.pi) % (2 * np.pi) - np.pi)
