"""Regions of a page that may be charts: images, and marks connected on a grid, joined to wholes.

Images that touch are one picture. Marks and the number labels among them are connected where they
stand close to each other; fragments and subplots are then joined to the large region beside them.

Thresholds are our choice, read off the pages of real reports; points are those of a letter page.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.figures.bars import bar_rows, grid_rows
from finlmm_utils.asp.page.boxes import (
    area,
    centres_inside,
    distance,
    inside,
    overlap,
    union,
    widen,
)
from finlmm_utils.asp.page.page import Line, Picture
from finlmm_utils.asp.page.paths import CURVE, RULE, Marks
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

CELL = 1.5  # points of one grid cell
REACH = 4.0  # points by which each mark is widened: marks closer than twice this are connected
NUMBER_REACH = REACH / 2  # points by which number labels are: they stand closer to other charts
MIN_LONG_SIDE, MIN_SHORT_SIDE = 70.0, 48.0  # least longer and shorter side of a chart, points
BAND = 3  # times as wide as high, from which an area with words in it is no bar
# Images that are one picture.
TOUCH = 1.5  # points between images that touch
SHARED = 0.02  # share of the smaller image from which two overlap
FLUSH = 1.02  # times the two areas: the box around images that touch along a whole side
# Pieces of one chart.
APART = 30  # points beyond which no piece belongs to a region
PIECE_INSIDE = 0.3  # share of a piece inside a region that makes it part of it
PIECE_GAP, PIECE_GROWTH = 16, 1.5  # points to a small piece; times the area that it may add up to
EQUAL = 0.5  # share of the region's area, from which a piece of another kind decides the kind
CURVES_GAP = 20  # points between two bundles of curves of one plot, one above the other
CURVES_EXTENT = 0.05  # share of their width by which their ends may differ
AXIS_SHARED, AXIS_LENGTH = 0.8, 2.1  # of a curve's width: under it, and length at most, of its axis
AXIS_GAP = 0.4  # of the axis' length: between it and the curve
ON_GRID = 0.9  # share of a bundle of curves inside the grid that it lies on
GRID_REACH, GRID_NUMBERS = 24, 4  # points around a grid, and the numbers of its axes there
IN_CELL = 0.9  # share of a box inside what one numbered title heads
NUMBER_INSIDE = 0.5  # share of a line inside the strip between two pieces
PANEL_EXTENT = 0.12  # share of the longer side by which the ends of two panels may differ
PANEL_ROOM = 9  # points between two panels that are free of numbers: no room for a title


@dataclass
class Region:
    """A candidate figure.

    Attributes:
        box: the crop, points.
        kind: `raster` or `vector`.
        core: the box before labels were added.
        legend: the core together with the entries of its legend.
        forms: how many marks of each form it is made of.
        colours: the colours of these marks, coded as in `Marks`.
        numbers: numeric labels in it or at its edge.
        caption: the report's caption of it, as one line.
        title: the lines that are its title: the caption, or words over it.
        bare: the box before the title was taken in.
        drawn: whether the title is to be drawn over the crop, since the box can't reach it.
        parts: boxes of images that touch each other and may be charts of their own.
    """

    box: Box
    kind: str
    core: Box = (0.0, 0.0, 0.0, 0.0)
    legend: Box = (0.0, 0.0, 0.0, 0.0)
    forms: Counter[int] = field(default_factory=Counter)
    colours: set[int] = field(default_factory=set)
    numbers: int = 0
    caption: Line | None = None
    title: list[Line] = field(default_factory=list)
    bare: Box = (0.0, 0.0, 0.0, 0.0)
    drawn: bool = False
    parts: list[Box] = field(default_factory=list)


def is_large(box: Box, scale: float) -> bool:
    """Whether a box has the least size of a chart, given the scale of its page."""
    width, height = box[2] - box[0], box[3] - box[1]
    return (
        max(width, height) >= MIN_LONG_SIDE * scale and min(width, height) >= MIN_SHORT_SIDE * scale
    )


# --- images -------------------------------------------------------------------------------------


def picture_regions(pictures: list[Picture], scale: float) -> list[Region]:
    """Images become regions; those that overlap or touch along a whole side are joined.

    The parts are remembered: tiles of one picture, pieces of a pie, or charts of their own.
    """
    regions: list[Region] = []
    for picture in pictures:
        region = Region(picture.box, "raster", parts=[picture.box])
        while touching := [r for r in regions if _is_one_picture(r.box, region.box, scale)]:
            for other in touching:
                region.box = union(other.box, region.box)
                region.parts = other.parts + region.parts
                regions.remove(other)
        regions.append(region)
    return regions


def _is_one_picture(a: Box, b: Box, scale: float) -> bool:
    if distance(a, b) >= TOUCH * scale:
        return False
    overlapping = overlap(a, b) > SHARED * min(area(a), area(b))
    return overlapping or area(union(a, b)) <= FLUSH * (area(a) + area(b))


# --- marks --------------------------------------------------------------------------------------


def mark_regions(marks: Marks, view: PageView) -> list[Region]:
    """Connects marks, and number labels among them, on a grid of cells."""
    if not len(marks):
        return []
    cell = CELL * view.scale
    labels, _ = ndimage.label(_grid(marks, view))
    at = (marks.boxes[:, :2] / cell).astype(int)
    keys = labels[at[:, 1], at[:, 0]]
    return [_region(marks.take(keys == key)) for key in np.unique(keys)]


def _grid(marks: Marks, view: PageView) -> NDArray[np.bool_]:
    """The page in cells; those that a widened mark, or number label in no table, reaches are on."""
    cell, reach = CELL * view.scale, REACH * view.scale
    rows, columns = int(view.height / cell) + 3, int(view.width / cell) + 3  # with a rim
    grid = np.zeros((rows, columns), bool)
    held = [x.box for x in view.numbers if id(x) not in view.in_table]
    numbers = np.array(held).reshape(-1, 4)
    bars = bar_rows(marks.take(~_bands(marks, view)), view.scale)
    grids = grid_rows(marks, numbers, view.scale)
    boxes = np.concatenate([marks.boxes, bars, grids, numbers])
    spread = np.full((len(boxes), 1), reach)
    spread[len(boxes) - len(numbers) :] = NUMBER_REACH * view.scale
    starts = np.maximum((boxes[:, :2] - spread) / cell, 0).astype(int)
    ends = ((boxes[:, 2:] + spread) / cell).astype(int) + 1
    for (x0, y0), (x1, y1) in zip(starts, ends, strict=True):
        grid[y0:y1, x0:x1] = True
    return grid


def _bands(marks: Marks, view: PageView) -> NDArray[np.bool_]:
    """Which marks are long, low and hold words: the coloured bars of titles, side by side."""
    words = np.array([x.box for x in view.horizontal if not x.is_number]).reshape(-1, 4)
    bands = marks.width > BAND * marks.height
    bands[bands] = centres_inside(words, marks.boxes[bands]).any(axis=0)
    return np.asarray(bands)


def _region(marks: Marks) -> Region:
    low, high = marks.boxes[:, :2].min(axis=0), marks.boxes[:, 2:].max(axis=0)
    box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    forms, colours = Counter(marks.forms.tolist()), set(marks.colours.tolist())
    return Region(box, "vector", forms=forms, colours=colours)


# --- wholes -------------------------------------------------------------------------------------


def merge(regions: list[Region], view: PageView) -> list[Region]:
    """Joins what overlaps, then small pieces and subplots to the large region beside them."""
    merged = True
    while merged:
        merged = False
        regions.sort(key=lambda r: (-area(r.box), r.box))
        for i, big in enumerate(regions):
            narrow = big.box[2] - big.box[0] < MIN_LONG_SIDE * view.scale
            if narrow:
                continue
            grid = big.forms.keys() == {RULE}
            for small in regions[i + 1 :]:
                if _is_on_grid(small, big, view) if grid else _belongs(small, big, view):
                    _join(big, small)
                    regions.remove(small)
                    merged = True
            if merged:
                break
    return regions


def _is_on_grid(small: Region, grid: Region, view: PageView) -> bool:
    """Whether curves lie on a grid of rules that has numbers at its edge, as a plot has."""
    if not small.forms[CURVE] or not inside(small.box, grid.box, ON_GRID):
        return False
    if not is_large(grid.box, view.scale):
        return False
    around = widen(grid.box, GRID_REACH * view.scale)
    numbers = [x for x in view.numbers if inside(x.box, around) and id(x) not in view.in_table]
    outside = [x for x in numbers if not inside(x.box, grid.box)]
    return len(outside) >= GRID_NUMBERS and len(outside) > len(numbers) / 2


def _join(big: Region, small: Region) -> None:
    if area(small.box) > EQUAL * area(big.box) and small.kind != big.kind:
        big.kind = "vector"
    big.box = union(big.box, small.box)
    big.forms += small.forms
    big.colours |= small.colours
    big.parts += small.parts


def _belongs(small: Region, big: Region, view: PageView) -> bool:
    """Whether a region is a piece of a larger one."""
    if _under_other_titles(small.box, big.box, view):
        return False
    gap = distance(small.box, big.box)
    if set(small.forms) == {RULE}:
        if big.kind == "raster":  # it has its axis in its pixels; the rule is the page's
            return inside(small.box, big.box)
        if _is_axis(small.box, big.box, view):
            return True
    if gap > APART * view.scale:
        return False
    fat = widen(small.box, 0.5)  # a line has no area of its own
    if overlap(fat, big.box) > PIECE_INSIDE * area(fat):
        return True
    both = union(small.box, big.box)
    if any(inside(x.box, both) and not inside(x.box, big.box) for x in view.prose):
        return False
    if not is_large(big.box, view.scale):
        return _curves_of_one_plot(small, big, gap, view.scale)
    if is_large(small.box, view.scale):
        return small.kind == big.kind == "vector" and _subplots(small.box, big.box, view)
    return gap <= PIECE_GAP * view.scale and area(both) <= PIECE_GROWTH * area(big.box)


def _under_other_titles(a: Box, b: Box, view: PageView) -> bool:
    """Whether two boxes lie under two numbered titles of panels."""
    cells = [[inside(box, c, IN_CELL) for c in view.panel_cells] for box in (a, b)]
    return any(cells[0]) and any(cells[1]) and cells[0] != cells[1]


def _curves_of_one_plot(a: Region, b: Region, gap: float, scale: float) -> bool:
    """Whether two bundles of curves, each too low for a chart, run over the same stretch."""
    width = b.box[2] - b.box[0]
    apart = abs(a.box[0] - b.box[0]) + abs(a.box[2] - b.box[2])
    near = gap <= CURVES_GAP * scale and apart < CURVES_EXTENT * width
    return near and min(a.forms[CURVE], b.forms[CURVE]) > 0


def _is_axis(rule: Box, big: Box, view: PageView) -> bool:
    """Whether a horizontal rule is the axis below a curve: as wide, numbers alone between them."""
    width, length = big[2] - big[0], rule[2] - rule[0]
    shared = min(rule[2], big[2]) - max(rule[0], big[0])
    gap = rule[1] - big[3]
    if shared < AXIS_SHARED * width or length > AXIS_LENGTH * width:
        return False
    if not 0 <= gap <= AXIS_GAP * length:
        return False
    strip = (rule[0], big[3], rule[2], rule[1])
    return all(x.is_number for x in view.lines if inside(x.box, strip, NUMBER_INSIDE))


def _subplots(a: Box, b: Box, view: PageView) -> bool:
    """Whether two panels share an axis: the same extent across, only numbers between, no title."""
    return any(_share_axis(a, b, axis, view) for axis in (0, 1))


def _share_axis(a: Box, b: Box, axis: int, view: PageView) -> bool:
    """Whether two panels are as long along an axis (0: x, 1: y) and no words part them."""
    extent = max(a[axis + 2] - a[axis], b[axis + 2] - b[axis])
    if abs(a[axis] - b[axis]) + abs(a[axis + 2] - b[axis + 2]) >= PANEL_EXTENT * extent:
        return False
    first, second = sorted((a, b), key=lambda box: box[1 - axis])
    strip = [max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])]
    # A point into each panel: for the letters that touch it.
    strip[1 - axis], strip[3 - axis] = first[3 - axis] - 1, second[1 - axis] + 1
    between = (strip[0], strip[1], strip[2], strip[3])
    lines = [x for x in view.lines if inside(x.box, between, NUMBER_INSIDE)]
    room = strip[3 - axis] - strip[1 - axis] - 2
    free = room - max((x.box[3 - axis] - x.box[1 - axis] for x in lines), default=0.0)
    return free < PANEL_ROOM * view.scale and all(x.is_number for x in lines)
