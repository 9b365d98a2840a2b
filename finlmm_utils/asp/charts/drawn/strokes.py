"""The drawn shapes of a page with their vertices: what bars, lines, areas and slices are read from.

:mod:`finlmm_utils.asp.page.paths` keeps the boxes of paths, which is enough to find a chart; to
read one takes the points. Lengths in points of the page; colours are RGB, 0 to 255.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import pymupdf
from numpy.typing import NDArray

from finlmm_utils.asp.records import Box

MAX_PATHS = 20_000  # of a page; beyond it reading costs more than a chart may (our choice)
MIN_OPACITY = 0.05  # below it nothing is seen
BEZIER_STEPS = 8  # chords of a Bezier segment: a quarter circle is off by 0.2 % of its radius
CLOSE = 0.01  # points within which a segment starts where the last one ended
ROUNDED = 0.85  # least share of its box that a rectangle with rounded corners fills; circles: 0.79
LEAST_ROUNDED = 5  # points of one
UPRIGHT = 0.05  # points by which a side of an upright rectangle may lean
SAME_COLOUR = 4  # levels of 255 by which a channel of one colour may differ
COLOURED = 40  # levels between the strongest and the weakest channel of what is no grey

Points = NDArray[np.float64]
Colour = tuple[int, int, int]


@dataclass
class Shape:
    """One drawn piece of a page: a polyline, a polygon or an upright rectangle.

    Attributes:
        points: (n, 2) vertices in order, curves cut to chords; of a rectangle its four corners.
        arcs: first and last index in `points` of each curved segment.
        box: as far as it is seen: what clips leave of it.
        fill: colour of its inside, None where it is not filled.
        stroke: colour of its outline, None where it has none.
        width: of the outline, points.
        dash: pattern of the outline, "" for a solid one.
        rectangle: whether it is an upright rectangle.
        clipped: whether a part of it is hidden by a clip.
    """

    points: Points
    box: Box
    arcs: list[tuple[int, int]] = field(default_factory=list)
    fill: Colour | None = None
    stroke: Colour | None = None
    width: float = 0.0
    dash: str = ""
    rectangle: bool = False
    clipped: bool = False

    @property
    def wide(self) -> float:
        """Extent across the page, points."""
        return self.box[2] - self.box[0]

    @property
    def high(self) -> float:
        """Extent down the page, points."""
        return self.box[3] - self.box[1]

    @property
    def colour(self) -> Colour:
        """What colour it is seen in: its inside's, else its outline's."""
        return self.fill or self.stroke or (0, 0, 0)


def is_coloured(colour: Colour) -> bool:
    """Whether a colour is no shade of grey."""
    return max(colour) - min(colour) >= COLOURED


def alike(a: Colour | None, b: Colour | None) -> bool:
    """Whether two colours look the same."""
    if a is None or b is None:
        return a is b
    return max(abs(x - y) for x, y in zip(a, b, strict=True)) <= SAME_COLOUR


def pattern(dash: str) -> tuple[float, ...]:
    """The lengths of a dash pattern, without the phase at which it starts."""
    return tuple(round(float(x), 1) for x in re.findall(r"[\d.]+", dash.split("]")[0]))


def page_shapes(page: pymupdf.Page, boxes: Sequence[Box] = ()) -> list[Shape]:
    """The visible shapes of an upright page, one for each connected piece of a path.

    Args:
        page: its rotation removed.
        boxes: of its charts; shapes outside of all of them are left out. None for all shapes.

    Returns:
        In the order in which they are drawn; none of a page with more than `MAX_PATHS` paths.
    """
    paths = page.get_cdrawings(extended=True)
    if len(paths) > MAX_PATHS:
        return []
    shapes: list[Shape] = []
    whole = (0.0, 0.0, page.rect.width, page.rect.height)
    clips: list[tuple[int, Box]] = []
    for path in paths:
        while clips and clips[-1][0] >= path["level"]:
            clips.pop()
        limit = clips[-1][1] if clips else whole
        if path["type"] == "clip":
            clips.append((path["level"], _meet(path["scissor"], limit)))
        elif path["type"] != "group" and (
            not boxes or any(_meets(path["rect"], box) for box in boxes)
        ):
            shapes += _shapes(path, limit)
    return shapes


def within(shapes: Iterable[Shape], box: Box, slack: float = 1.0) -> list[Shape]:
    """The shapes that lie in a box.

    Args:
        shapes: of a page.
        box: of a figure.
        slack: points by which a shape may reach out of it.
    """
    x0, y0, x1, y1 = box[0] - slack, box[1] - slack, box[2] + slack, box[3] + slack
    return [
        s for s in shapes if x0 <= s.box[0] and s.box[2] <= x1 and y0 <= s.box[1] and s.box[3] <= y1
    ]


def _meet(a: Box, b: Box) -> Box:
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))


def _meets(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _shapes(path: dict, limit: Box) -> list[Shape]:
    fill = _colour(path.get("fill"), path.get("fill_opacity", 1))
    stroke = _colour(path.get("color"), path.get("stroke_opacity", 1))
    if fill is None and stroke is None:
        return []
    dash = path.get("dashes") or ""
    style = {
        "fill": fill,
        "stroke": stroke,
        "width": float(path.get("width") or 0.0),
        "dash": "" if dash.startswith("[]") else dash,
    }
    found = []
    for points, arcs, rectangle in _pieces(path["items"]):
        if path.get("closePath") and not rectangle and len(points) > 2:
            points = np.vstack([points, points[:1]])
        box = (*points.min(axis=0).tolist(), *points.max(axis=0).tolist())
        seen = _meet(box, limit)
        if seen[0] <= seen[2] and seen[1] <= seen[3]:
            clipped = max(abs(a - b) for a, b in zip(box, seen, strict=True)) > UPRIGHT
            found.append(
                Shape(points, seen, arcs, rectangle=rectangle, clipped=clipped, **style)  # type: ignore[arg-type]
            )
    return found


def _colour(colour: tuple[float, ...] | None, opacity: float | None) -> Colour | None:
    if colour is None or (opacity is not None and opacity < MIN_OPACITY):
        return None
    red, green, blue = (round(255 * channel) for channel in colour[:3])
    return (red, green, blue)


def _pieces(items: list[tuple]) -> list[tuple[Points, list[tuple[int, int]], bool]]:
    """The connected pieces of a path: points, curved segments, whether an upright rectangle."""
    if len(items) > 1 and all(item[0] == "l" for item in items):
        return _polylines(np.array([item[1:3] for item in items], float))
    found: list[tuple[Points, list[tuple[int, int]], bool]] = []
    points: list[tuple[float, float]] = []
    arcs: list[tuple[int, int]] = []

    def end() -> None:
        if len(points) > 1:
            array = np.array(points, float)
            corners = _rounded(array, arcs) if arcs else _corners(array)
            own = list(arcs) if corners is None else []
            found.append((array if corners is None else corners, own, corners is not None))
        points.clear()
        arcs.clear()

    for item in items:
        if item[0] == "re":
            end()
            x0, y0, x1, y1 = item[1]
            found.append((np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float), [], True))
            continue
        if item[0] == "qu":
            end()
            ul, ur, ll, lr = item[1]
            array = np.array([ul, ur, lr, ll, ul], float)
            corners = _corners(array)
            found.append((array if corners is None else corners, [], corners is not None))
            continue
        start = item[1]
        if not points or max(abs(start[0] - points[-1][0]), abs(start[1] - points[-1][1])) > CLOSE:
            end()
            points.append(tuple(start))
        if item[0] == "l":
            points.append(tuple(item[2]))
        elif item[0] == "c":
            first = len(points) - 1
            points.extend(map(tuple, _bezier(*item[1:5])))
            arcs.append((first, len(points) - 1))
    end()
    return found


def _polylines(segments: NDArray[np.float64]) -> list[tuple[Points, list[tuple[int, int]], bool]]:
    """Pieces of a path of straight segments, (n, 2, 2)."""
    starts, ends = segments[:, 0], segments[:, 1]
    apart = np.abs(starts[1:] - ends[:-1]).max(axis=1) > CLOSE
    found: list[tuple[Points, list[tuple[int, int]], bool]] = []
    for some in np.split(segments, np.flatnonzero(apart) + 1):
        points = np.vstack([some[:1, 0], some[:, 1]])
        corners = _corners(points)
        found.append((points if corners is None else corners, [], corners is not None))
    return found


def _bezier(*corners: tuple[float, float]) -> Points:
    a, b, c, d = (np.array(corner, float) for corner in corners)
    t = np.linspace(0.0, 1.0, BEZIER_STEPS + 1)[1:, None]
    return (1 - t) ** 3 * a + 3 * (1 - t) ** 2 * t * b + 3 * (1 - t) * t**2 * c + t**3 * d


def _corners(points: Points) -> Points | None:
    """Four corners where the points go round an upright rectangle, else None."""
    if len(points) == 5 and np.abs(points[0] - points[4]).max() <= UPRIGHT:
        points = points[:4]
    if len(points) != 4:
        return None
    low, high = points.min(axis=0), points.max(axis=0)
    at_low, at_high = np.abs(points - low) <= UPRIGHT, np.abs(points - high) <= UPRIGHT
    sides = np.diff(np.vstack([points, points[:1]]), axis=0)
    upright = (np.abs(sides) <= UPRIGHT).any(axis=1).all()
    if not (upright and (at_low | at_high).all() and (high > low).all()):
        return None
    (x0, y0), (x1, y1) = low, high
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)


def _rounded(points: Points, arcs: Sequence[tuple[int, int]]) -> Points | None:
    """Four corners where the points go round a rectangle with rounded corners, else None."""
    low, high = points.min(axis=0), points.max(axis=0)
    wide, high_side = high - low
    if len(arcs) > 4 or min(wide, high_side) <= 0 or len(points) < LEAST_ROUNDED:
        return None
    bent = np.vstack([points[a : b + 1] for a, b in arcs])
    aside = np.minimum(bent - low, high - bent)  # from the nearer side, across and down
    if (aside > min(wide, high_side) / 2 + UPRIGHT).any():
        return None
    straight = np.ones(len(points), bool)
    for a, b in arcs:
        straight[a + 1 : b] = False
    on_side = np.minimum(points - low, high - points).min(axis=1) <= UPRIGHT
    x, y = points.T
    area = abs(float(np.dot(x, np.roll(y, -1)) - np.dot(np.roll(x, -1), y))) / 2
    if not on_side[straight].all() or area < ROUNDED * wide * high_side:
        return None
    (x0, y0), (x1, y1) = low, high
    return np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], float)
