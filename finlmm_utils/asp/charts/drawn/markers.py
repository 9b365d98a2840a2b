"""Markers on lines: what tells lines of one colour and one dash apart.

Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.charts.drawn.strokes import Points, Shape, alike

SIZE = (1.5, 16.0)  # least and greatest width of a marker
ROUND = 1.6  # times that it may be wider than high, or higher than wide
AT_VERTEX = 0.6  # from its middle to the vertex that it marks
LOOK = 0.1  # of its width, by which the corners of one form may differ, drawn in two sizes
CLEAR = 2  # times, that a line has more of its own markers than of those of lines that it meets
FEWEST = 2  # markers of a line


def find_markers(shapes: Iterable[Shape]) -> list[Shape]:
    """The small shapes that may mark the points of a line.

    Args:
        shapes: what is drawn in a figure.
    """
    least, most = SIZE
    out = []
    for shape in shapes:
        small = max(shape.wide, shape.high) <= most and min(shape.wide, shape.high) >= least
        if small and not shape.clipped and 1 / ROUND <= shape.wide / shape.high <= ROUND:
            out.append(shape)
    return out


def marker_of(curve: NDArray[np.float64], markers: Sequence[Shape]) -> Shape | None:
    """The marker that stands on the vertices of a line; None where no form stands on most.

    Args:
        curve: (n, 3) of the line, see `Series`.
        markers: from `find_markers`.
    """
    if not markers or not len(curve):
        return None
    middles = np.array([((m.box[0] + m.box[2]) / 2, (m.box[1] + m.box[3]) / 2) for m in markers])
    gaps = np.abs(middles[:, None, :] - curve[None, :, :2]).max(axis=2)
    on = [m for m, gap in zip(markers, gaps.min(axis=1), strict=True) if gap <= AT_VERTEX]
    forms: list[list[Shape]] = []
    for marker in on:
        own = next((f for f in forms if look_alike(f[0], marker)), None)
        if own is None:
            forms.append(own := [])
        own.append(marker)
    forms.sort(key=len, reverse=True)
    if not forms or len(forms[0]) < FEWEST:
        return None
    clear = len(forms) == 1 or len(forms[0]) >= CLEAR * len(forms[1])
    return forms[0][0] if clear else None


def look_alike(a: Shape, b: Shape) -> bool:
    """Whether two markers have one form and one colour, whatever their sizes."""
    if len(a.points) != len(b.points) or not (alike(a.fill, b.fill) and alike(a.stroke, b.stroke)):
        return False
    return bool(np.abs(_form(a.points) - _form(b.points)).max() <= LOOK)


def _form(points: Points) -> Points:
    """Vertices from the middle of their box, in its greater side."""
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - (low + high) / 2) / (high - low).max()
