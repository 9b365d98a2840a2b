"""What a curve of few vertices, a staircase or a dense curve shows at a place.

A curve is an array (n, 3): place along the labels, end and base of each vertex, from the left.
Thresholds are our choice; lengths in points.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.charts.drawn.strokes import Points

SAME_PLACE = 0.05  # between vertices of one place, or of one height
FEWEST_AT, ON_VERTEX = 4, 0.1  # labels at vertices of a dense curve; steps that they may be off

LEAST_BENT = 3  # bends that make an arc of straight sides
STRAIGHT_ON, CORNER = 0.002, 0.45  # radians: bends of such an arc lie between
JOIN = 0.6  # between the ends of two pieces of one line

Curve = NDArray[np.float64]


def joined_ends(pieces: Sequence[Points]) -> list[Points]:
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


def on_step(at: float, curve: Curve, near: float) -> Curve | None:
    """The level part of a curve that a label stands at the middle of, as on a staircase.

    Args:
        at: where the label stands.
        curve: with few vertices.
        near: of the part's length, that the label may stand beside its middle.
    """
    k = int(np.searchsorted(curve[:, 0], at))
    if not 0 < k < len(curve) or abs(curve[k, 1] - curve[k - 1, 1]) > SAME_PLACE:
        return None
    middle, wide = (curve[k, 0] + curve[k - 1, 0]) / 2, curve[k, 0] - curve[k - 1, 0]
    return curve[k] if abs(middle - at) <= near * wide else None


def beside_jump(k: int, curve: Curve) -> Curve | None:
    """A vertex; where a staircase jumps there, the one before or after the jump.

    A staircase that ends with a jump shows after it what a place is worth, one that begins with
    a jump before it; None where neither tells.
    """
    jump = np.flatnonzero(np.abs(curve[:, 0] - curve[k, 0]) < SAME_PLACE)
    if np.ptp(curve[jump, 1]) <= SAME_PLACE:
        return curve[k]
    after, before = (abs(curve[a, 0] - curve[b, 0]) < SAME_PLACE for a, b in ((-1, -2), (0, 1)))
    return None if after == before else curve[jump[-1 if after else 0]]


def are_at_vertices(places: Sequence[float], curve: Curve) -> bool:
    """Whether each label of a dense curve stands at a vertex: by chance one of five would."""
    within = [x for x in places if curve[0, 0] <= x <= curve[-1, 0]]
    if len(within) < FEWEST_AT:
        return False
    off = np.abs(curve[None, :, 0] - np.array(within)[:, None]).min(axis=1)
    return bool((off < ON_VERTEX * np.median(np.diff(curve[:, 0]))).all())


def vertex_at(at: float, curve: Curve) -> Curve | None:
    """The vertex at a label; None where the label stands beside the curve."""
    k = int(np.abs(curve[:, 0] - at).argmin())
    step = np.median(np.diff(curve[:, 0]))
    return curve[k] if abs(curve[k, 0] - at) < ON_VERTEX * step else None


def bent_runs(points: Points) -> list[tuple[int, int]]:
    """Where straight sides of a polygon bend a little and one way, as on an arc: first, last."""
    x, y = np.diff(points, axis=0).T
    turns = np.angle(np.exp(1j * np.diff(np.arctan2(y, x))))
    bent = (np.abs(turns) > STRAIGHT_ON) & (np.abs(turns) < CORNER)
    way = np.where(bent, np.sign(turns), 0)
    parts = np.split(np.arange(len(way)), np.flatnonzero(np.diff(way)) + 1)
    return [(p[0], p[-1] + 2) for p in parts if len(p) >= LEAST_BENT and way[p[0]]]


def runs_on(
    points: Points, circle: tuple[float, float, float], slack: float
) -> list[tuple[int, int]]:
    """Where sides of a polygon lie on a circle: first and last vertex.

    Args:
        points: its vertices.
        circle: its centre and radius.
        slack: share of the radius by which they may miss it.
    """
    x, y, radius = circle
    middles = (points[:-1] + points[1:]) / 2
    near = [np.abs(np.hypot(*(p - (x, y)).T) - radius) <= slack * radius for p in (points, middles)]
    on = near[0][:-1] & near[0][1:] & near[1]
    parts = np.split(np.arange(len(on)), np.flatnonzero(np.diff(on)) + 1)
    return [(int(p[0]), int(p[-1]) + 1) for p in parts if len(p) and on[p[0]]]
