"""Regions of a page that may be charts: images, and marks connected on a grid, joined to wholes.

Images that touch are one picture. Marks and the number labels among them are connected where they
stand close to each other; fragments and subplots are then joined to the large region beside them.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from finlmm_utils.asp.page.boxes import Boxes, area, distance, inside, overlap, union, widen
from finlmm_utils.asp.page.page import Line, Page, Picture
from finlmm_utils.asp.page.paths import CURVE, FILL, RULE, Marks
from finlmm_utils.asp.records import Box

CELL = 1.5  # points of one grid cell
REACH = 4.0  # points by which each mark is widened: marks closer than twice this are connected
MIN_LONG_SIDE, MIN_SHORT_SIDE = 70.0, 48.0  # least longer and shorter side of a chart, points


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
        caption: the line that captions it.
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
    parts: list[Box] = field(default_factory=list)


def picture_regions(pictures: list[Picture], scale: float) -> list[Region]:
    """Images become regions; those that overlap or touch along a whole side are joined.

    The parts are remembered: tiles of one picture, pieces of a pie, or charts of their own.
    """
    regions = [Region(p.box, "raster", parts=[p.box]) for p in pictures]
    for region in list(regions):
        for other in regions:
            if other is region or region not in regions:
                continue
            both = union(region.box, other.box)
            touch = distance(region.box, other.box) < 1.5 * scale
            shared = overlap(region.box, other.box) > 0.02 * min(area(region.box), area(other.box))
            if touch and (shared or area(both) <= 1.02 * (area(region.box) + area(other.box))):
                region.box, region.parts = both, region.parts + other.parts
                regions.remove(other)
                regions.append(region)
                regions.remove(region)
    return regions


def mark_regions(marks: Marks, page: Page, tables: list[Box]) -> list[Region]:
    """Connects marks, and number labels among them, on a grid of cells."""
    if not len(marks):
        return []
    cell, reach = CELL * page.scale, REACH * page.scale
    grid = np.zeros((int(page.height / cell) + 3, int(page.width / cell) + 3), bool)
    numbers = [
        x.box for x in page.lines if x.is_number and not any(inside(x.box, t) for t in tables)
    ]
    boxes = np.concatenate([marks.boxes, _bar_rows(marks), np.array(numbers).reshape(-1, 4)])
    spread = np.full((len(boxes), 1), reach)
    spread[len(boxes) - len(numbers) :] = reach / 2
    starts = np.maximum((boxes[:, :2] - spread) / cell, 0).astype(int)
    ends = ((boxes[:, 2:] + spread) / cell).astype(int) + 1
    for (x0, y0), (x1, y1) in zip(starts, ends, strict=True):
        grid[y0:y1, x0:x1] = True
    labels, _ = ndimage.label(grid)
    at = (marks.boxes[:, :2] / cell).astype(int)
    keys = labels[at[:, 1], at[:, 0]]
    regions = []
    for key in np.unique(keys):
        own = marks.take(keys == key)
        low, high = own.boxes[:, :2].min(axis=0), own.boxes[:, 2:].max(axis=0)
        box = (float(low[0]), float(low[1]), float(high[0]), float(high[1]))
        forms, colours = Counter(own.forms.tolist()), set(own.colours.tolist())
        regions.append(Region(box, "vector", forms=forms, colours=colours))
    return regions


def _bar_rows(marks: Marks) -> Boxes:
    """A thin bridge under each row of 3 or more bars that stand on one line, axis drawn or not."""
    bars = marks.boxes[marks.forms == FILL]
    bridges = []
    for edge, start, end in ((3, 0, 2), (0, 1, 3)):
        order = np.round(bars[:, edge] * 2).astype(int)
        for value in np.unique(order):
            row = bars[order == value]
            if len(row) < 3:
                continue
            row = row[np.argsort(row[:, start])]
            gaps = row[1:, start] - row[:-1, end]
            thick = row[:, end] - row[:, start]
            alike = np.abs(np.diff(thick)) < 0.1 * thick[1:] + 0.5  # else of two charts
            for k in np.flatnonzero((gaps > 0) & (gaps < 2.5 * thick.max()) & alike):
                bridge = [0.0] * 4
                bridge[start], bridge[end] = row[k, end], row[k + 1, start]
                bridge[edge] = bridge[(edge + 2) % 4] = row[k, edge]
                bridges.append(bridge)
    return np.array(bridges, np.float32).reshape(-1, 4)


def merge(regions: list[Region], page: Page, prose: list[Line]) -> list[Region]:
    """Joins what overlaps, then small pieces and subplots to the large region beside them."""
    blocks = [line.box for line in prose]
    merged = True
    while merged:
        merged = False
        regions.sort(key=lambda r: (-area(r.box), r.box))
        for i, big in enumerate(regions):
            if big.box[2] - big.box[0] < MIN_LONG_SIDE * page.scale or big.forms.keys() == {RULE}:
                continue
            for small in regions[i + 1 :]:
                if _belongs(small, big, page, blocks):
                    if area(small.box) > 0.5 * area(big.box) and small.kind != big.kind:
                        big.kind = "vector"
                    big.box = union(big.box, small.box)
                    big.forms += small.forms
                    big.colours |= small.colours
                    big.parts += small.parts
                    regions.remove(small)
                    merged = True
            if merged:
                break
    return regions


def _belongs(small: Region, big: Region, page: Page, prose: list[Box]) -> bool:
    gap = distance(small.box, big.box)
    if set(small.forms) == {RULE} and _is_axis(small.box, big.box, page):
        return True
    if gap > 30 * page.scale:
        return False
    fat = widen(small.box, 0.5)
    if overlap(fat, big.box) > 0.3 * area(fat):
        return True
    both = union(small.box, big.box)
    if any(inside(x, both) and not inside(x, big.box) for x in prose):
        return False
    if not is_large(big.box, page.scale):
        return _curves_of_one_plot(small, big, gap, page.scale)
    if is_large(small.box, page.scale):
        return small.kind == big.kind == "vector" and _subplots(small.box, big.box, page)
    return gap <= 16 * page.scale and area(both) <= 1.5 * area(big.box)


def _curves_of_one_plot(a: Region, b: Region, gap: float, scale: float) -> bool:
    """Whether two bundles of curves, each too low for a chart, run over the same stretch."""
    width = b.box[2] - b.box[0]
    apart = abs(a.box[0] - b.box[0]) + abs(a.box[2] - b.box[2])
    return gap <= 20 * scale and apart < 0.05 * width and min(a.forms[CURVE], b.forms[CURVE]) > 0


def _is_axis(rule: Box, big: Box, page: Page) -> bool:
    """Whether a horizontal rule is the axis below a curve: as wide, numbers alone between them."""
    width, length = big[2] - big[0], rule[2] - rule[0]
    shared = min(rule[2], big[2]) - max(rule[0], big[0])
    gap = rule[1] - big[3]
    if shared < 0.8 * width or length > 2.1 * width or not 0 <= gap <= 0.4 * length:
        return False
    strip = (rule[0], big[3], rule[2], rule[1])
    return all(x.is_number for x in page.lines if inside(x.box, strip, 0.5))


def _subplots(a: Box, b: Box, page: Page) -> bool:
    """Whether two panels share an axis: the same extent across, only numbers between, no title."""
    for axis in (0, 1):
        first, second = sorted((a, b), key=lambda box: box[1 - axis])
        extent = max(a[axis + 2] - a[axis], b[axis + 2] - b[axis])
        same = abs(a[axis] - b[axis]) + abs(a[axis + 2] - b[axis + 2]) < 0.12 * extent
        strip = [max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])]
        strip[1 - axis], strip[3 - axis] = first[3 - axis] - 1, second[1 - axis] + 1
        between = (strip[0], strip[1], strip[2], strip[3])
        lines = [x for x in page.lines if inside(x.box, between, 0.5)]
        room = strip[3 - axis] - strip[1 - axis] - 2
        free = room - max((x.box[3 - axis] - x.box[1 - axis] for x in lines), default=0.0)
        if same and free < 9 * page.scale and all(x.is_number for x in lines):
            return True
    return False


def is_large(box: Box, scale: float) -> bool:
    """Whether a box has the least size of a chart, given the scale of its page."""
    width, height = box[2] - box[0], box[3] - box[1]
    return (
        max(width, height) >= MIN_LONG_SIDE * scale and min(width, height) >= MIN_SHORT_SIDE * scale
    )
