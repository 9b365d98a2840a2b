"""The visible vector paths of a page: where they are, of which form, of which colour."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pymupdf
from numpy.typing import NDArray

from finlmm_utils.asp.records import Box

MAX_PATHS = 60_000
RULE, FILL, FRAME, CURVE = 0, 1, 2, 3


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

    def small(self, scale: float) -> NDArray[np.bool_]:
        """Which marks are as small as the swatches of a legend, on a page of this scale."""
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        return (sides[:, 0] < 30 * scale) & (sides[:, 1] < 12 * scale)

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
    whole: Box = (0.0, 0.0, width, height)
    clips: list[tuple[int, Box]] = []
    for path in paths:
        level = path["level"]
        while clips and clips[-1][0] >= level:
            clips.pop()
        if path["type"] == "clip":
            clips.append((level, _meet(path["scissor"], clips[-1][1] if clips else whole)))
            continue
        colour = _colour(path)
        if colour is not None:
            seen.append(path)
            boxes.append(path["rect"])
            limits.append(clips[-1][1] if clips else whole)
            if colour not in codes:
                codes[colour] = _code(colour)
            colours.append(codes[colour])
    if not seen:
        return Marks()
    placed, limit = np.array(boxes, float), np.array(limits, float)
    placed = np.hstack(
        [np.maximum(placed[:, :2], limit[:, :2]), np.minimum(placed[:, 2:], limit[:, 2:])]
    )
    sides = placed[:, 2:] - placed[:, :2]
    thin = 2.0 * scale
    rule = (sides.min(axis=1) <= thin) & (sides.max(axis=1) > 2 * thin)
    codes_of_form = [RULE if flat else _form(path) for path, flat in zip(seen, rule, strict=True)]
    forms = np.array(codes_of_form, np.int8)
    forms[(forms == FRAME) & (sides.max(axis=1) <= 2 * thin)] = CURVE  # steps of a dense line
    marks = Marks(placed.astype(np.float32), forms, np.array(colours, np.int32))
    return marks.take((sides >= 0).all(axis=1))


def _meet(a: Box, b: Box) -> Box:
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))


def _colour(path: dict) -> tuple[float, ...] | None:
    """Colour that is seen of a path, or None if it is transparent or white."""
    if path["type"] == "group":
        return None
    for name in ("fill", "color"):
        colour = path.get(name)
        opacity = path.get("fill_opacity" if name == "fill" else "stroke_opacity", 1)
        if colour is not None and opacity >= 0.05 and min(colour) <= 0.97:
            return tuple(colour)
    return None


def _code(colour: tuple[float, ...]) -> int:
    code = 0
    for channel in colour:
        code = code * 32 + round(31 * channel)
    return code


def _form(path: dict) -> int:
    items = path["items"]
    upright = len(items) <= 6 and all(
        i[0] == "re" or (i[0] == "l" and _straight(i[1], i[2])) for i in items
    )
    if not upright:
        return CURVE
    return FILL if path.get("fill") is not None and min(path["fill"]) <= 0.97 else FRAME


def _straight(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) < 0.5 or abs(a[1] - b[1]) < 0.5
