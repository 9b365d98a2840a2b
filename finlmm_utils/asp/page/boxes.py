"""Geometry of boxes `(x0, y0, x1, y1)` in points, one by one and as arrays of shape (n, 4)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.records import Box

Boxes = NDArray[Any]

HAIR = 0.5  # points that a box is widened on each side before its share is asked: a ruled line has
# no width, and so no area; half a point is a thin line's own, and less than any letter's
MOSTLY = 0.6  # share of a box inside another that makes it part of it: letters hang over edges


def area(box: Box) -> float:
    """Area of a box, square points; 0 where it is turned inside out."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def overlap(a: Box, b: Box) -> float:
    """Area that two boxes share, square points."""
    if a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]:  # most are far apart
        return 0.0
    return (min(a[2], b[2]) - max(a[0], b[0])) * (min(a[3], b[3]) - max(a[1], b[1]))


def union(a: Box, b: Box) -> Box:
    """Smallest box around two boxes."""
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def widen(box: Box, by: float) -> Box:
    """A box with its edges moved out by so many points."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def inside(inner: Box, outer: Box, share: float = MOSTLY) -> bool:
    """Whether at least a share of a box is inside another.

    Args:
        inner: the box that is asked about; widened by ``HAIR``, for lines have no width.
        outer: the box that it may be in.
        share: least share of `inner`, 0 to 1.
    """
    x0, y0, x1, y1 = inner  # unrolled: no other function is called so often
    if x1 + HAIR <= outer[0] or outer[2] <= x0 - HAIR:
        return False
    if y1 + HAIR <= outer[1] or outer[3] <= y0 - HAIR:
        return False
    width = min(x1 + HAIR, outer[2]) - max(x0 - HAIR, outer[0])
    height = min(y1 + HAIR, outer[3]) - max(y0 - HAIR, outer[1])
    return width * height >= share * (x1 - x0 + 2 * HAIR) * (y1 - y0 + 2 * HAIR)


def newly_covered(grown: Box, box: Box, other: Box) -> float:
    """Share of another box that a grown box covers more of than it did before.

    Args:
        grown: the box after it has grown.
        box: before.
        other: that it may reach into.
    """
    return (overlap(grown, other) - overlap(box, other)) / (area(other) or 1.0)


def distance(a: Box, b: Box) -> float:
    """Gap between two boxes, points: the larger of the two directions, 0 if they touch."""
    return max(a[0] - b[2], b[0] - a[2], a[1] - b[3], b[1] - a[3], 0.0)


def centres_inside(inner: Boxes, outer: Boxes) -> NDArray[np.bool_]:
    """Which of n boxes have their centre in which of m boxes: shape (n, m)."""
    x = (inner[:, 0] + inner[:, 2])[:, None] / 2
    y = (inner[:, 1] + inner[:, 3])[:, None] / 2
    across = (x >= outer[None, :, 0]) & (x <= outer[None, :, 2])
    return across & (y >= outer[None, :, 1]) & (y <= outer[None, :, 3])
