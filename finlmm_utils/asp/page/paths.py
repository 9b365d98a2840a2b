"""The visible vector paths of a page: where they are, of which form, of which colour.

Thresholds are our choice; lengths in points of a letter page.
"""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pymupdf
from numpy.typing import NDArray

from finlmm_utils.asp.records import Box

MAX_PATHS = 60_000
RULE, FILL, FRAME, CURVE = 0, 1, 2, 3

RULE_WIDTH = 2.0  # points: the most that a line is wide; a bar is wider
RULE_ASPECT = 2  # a rule is longer than so many times `RULE_WIDTH`; dots and ticks are shorter
MIN_OPACITY = 0.05  # of a fill or stroke; below it nothing is seen
WHITE = 0.97  # least of the three channels from which a colour is the paper's
UPRIGHT_PARTS = 6  # segments of an upright outline: 4 sides, closed and moved
STRAIGHT = 0.5  # points between the ends of a segment across its direction
COLOUR_LEVELS = 32  # levels a channel that colours are told apart by: finer ones look the same
SWATCH_WIDTH, SWATCH_HEIGHT = 30, 12  # points: a swatch of a legend is smaller, most bars are not
PLACES = 1 << 15  # whole points that a side of a page is below; the PDF standard allows 14,400


@dataclass
class Marks:
    """The visible vector paths of a page, as arrays with one row a path.

    Attributes:
        boxes: (n, 4) boxes, points.
        forms: (n,) `RULE` (a straight horizontal or vertical line), `FILL` (an upright filled
            rectangle), `FRAME` (an upright outline) or `CURVE` (polylines, arcs, dots).
        colours: (n,) colour, 32 levels a channel in one number.
    """

    boxes: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 4), np.float32))
    forms: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    colours: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def __len__(self) -> int:
        return len(self.forms)

    @cached_property
    def width(self) -> NDArray[np.float32]:
        """(n,) extents across the page, points."""
        return self.boxes[:, 2] - self.boxes[:, 0]

    @cached_property
    def height(self) -> NDArray[np.float32]:
        """(n,) extents down the page, points."""
        return self.boxes[:, 3] - self.boxes[:, 1]

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """(n,) one number for each box in whole points: equal where marks repeat."""
        x0, y0, x1, y1 = np.round(self.boxes).astype(np.int64).T
        return ((x0 * PLACES + y0) * PLACES + x1) * PLACES + y1

    def small(self, scale: float) -> NDArray[np.bool_]:
        """Which marks are as small as the swatches of a legend, on a page of this scale."""
        return (self.width < SWATCH_WIDTH * scale) & (self.height < SWATCH_HEIGHT * scale)

    def take(self, keep: NDArray[np.bool_]) -> Marks:
        """The marks where `keep` is true."""
        return Marks(self.boxes[keep], self.forms[keep], self.colours[keep])


def read_marks(page: pymupdf.Page, scale: float) -> Marks:
    """Reads the visible paths of an upright page; none of one that has more than `MAX_PATHS`.

    Args:
        page: the page, its rotation removed.
        scale: of its `Page`.
    """
    with _without_collection():
        paths = page.get_cdrawings(extended=True)
        if len(paths) > MAX_PATHS:
            return Marks()
        return _marks(paths, page.rect.width, page.rect.height, scale)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """No garbage collection meanwhile: it would walk through all paths, which hold no cycles."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _marks(paths: list[dict], width: float, height: float, scale: float) -> Marks:
    seen: list[dict] = []
    boxes: list[Box] = []
    limits: list[Box] = []
    colours: list[int] = []
    codes: dict[tuple[float, ...], int] = {}
    for path, limit in _clipped(paths, (0.0, 0.0, width, height)):
        colour = _colour(path)
        if colour is not None:
            seen.append(path)
            boxes.append(path["rect"])
            limits.append(limit)
            if colour not in codes:
                codes[colour] = _code(colour)
            colours.append(codes[colour])
    if not seen:
        return Marks()
    placed = _within(np.array(boxes, float), np.array(limits, float))
    sides: NDArray[np.float64] = placed[:, 2:] - placed[:, :2]
    forms = _forms(seen, sides, scale)
    marks = Marks(placed.astype(np.float32), forms, np.array(colours, np.int32))
    return marks.take((sides[:, 0] >= 0) & (sides[:, 1] >= 0))


def _clipped(paths: list[dict], whole: Box) -> Iterator[tuple[dict, Box]]:
    """Each path, and the box that the clips around it leave of the page."""
    clips: list[tuple[int, Box]] = []
    for path in paths:
        level = path["level"]
        while clips and clips[-1][0] >= level:
            clips.pop()
        limit = clips[-1][1] if clips else whole
        if path["type"] == "clip":
            clips.append((level, _meet(path["scissor"], limit)))
        else:
            yield path, limit


def _meet(a: Box, b: Box) -> Box:
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))


def _within(boxes: NDArray[np.float64], limits: NDArray[np.float64]) -> NDArray[np.float64]:
    """The parts of boxes inside their limits; turned inside out where there is none."""
    low, high = np.maximum(boxes, limits), np.minimum(boxes, limits)
    return np.hstack([low[:, :2], high[:, 2:]])


def _forms(paths: list[dict], sides: NDArray[np.float64], scale: float) -> NDArray[np.int8]:
    thin = RULE_WIDTH * scale
    short, long = sides.min(axis=1), sides.max(axis=1)
    rule = (short <= thin) & (long > RULE_ASPECT * thin)
    codes = [RULE if flat else _form(path) for path, flat in zip(paths, rule, strict=True)]
    forms = np.array(codes, np.int8)
    forms[(forms == FRAME) & (long <= RULE_ASPECT * thin)] = CURVE  # steps of a dense line
    return forms


def _colour(path: dict) -> tuple[float, ...] | None:
    """Colour that is seen of a path, or None if it is transparent or white."""
    if path["type"] == "group":
        return None
    for name in ("fill", "color"):
        colour = path.get(name)
        opacity = path.get("fill_opacity" if name == "fill" else "stroke_opacity", 1)
        if colour is not None and opacity >= MIN_OPACITY and min(colour) <= WHITE:
            return tuple(colour)
    return None


def _code(colour: tuple[float, ...]) -> int:
    code = 0
    for channel in colour:
        code = code * COLOUR_LEVELS + round((COLOUR_LEVELS - 1) * channel)
    return code


def _form(path: dict) -> int:
    """Form of a path that is no rule, by its segments: `re` rectangles, `l` lines, else bent."""
    items = path["items"]
    upright = len(items) <= UPRIGHT_PARTS and all(
        i[0] == "re" or (i[0] == "l" and _straight(i[1], i[2])) for i in items
    )
    if not upright:
        return CURVE
    return FILL if path.get("fill") is not None and min(path["fill"]) <= WHITE else FRAME


def _straight(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) < STRAIGHT or abs(a[1] - b[1]) < STRAIGHT
