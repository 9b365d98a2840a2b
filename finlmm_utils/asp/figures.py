"""Finds the charts of a page: regions of raster images and of clustered vector marks.

The way (our design, measured in `benchmarks/extraction.py`): take away what is text decoration
(underlines, table rules, backgrounds), connect the remaining marks and number labels on a grid,
keep regions that look like a chart, join fragments, grow each region by the short labels at its
edge. Every candidate that is dropped is counted under a reason.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from scipy import ndimage

from finlmm_utils.asp.pages import Line, Mark, Page, Picture
from finlmm_utils.asp.records import Box

CAPTION = re.compile(
    r"^\s*((figure|fig\.?|chart|graph|exhibit)\s*[A-Z]?\d+([.\-]\d+)*|"
    r"图\s*表?\s*[\d一二三四五六七八九十]+)",
    re.I,
)
SOURCE = re.compile(r"^\s*((data )?sources?\b|资料来源|数据来源|来源)", re.I)
CELL = 4.0  # points of one grid cell
GAP = 8.0  # marks closer than this belong together, points
MIN_SIDES = (46.0, 34.0)  # longer and shorter side of the smallest chart, points
REPEATS = 3  # an image on so many pages is furniture


@dataclass
class Region:
    """A candidate figure: what it is made of and where it stands."""

    box: Box
    kind: str
    marks: list[Mark] = field(default_factory=list)
    labels: list[Line] = field(default_factory=list)
    caption: Line | None = None

    @property
    def numbers(self) -> int:
        """Number of numeric labels in the region."""
        return sum(line.is_number for line in self.labels)


def find_regions(page: Page, repeated: set[tuple[int, ...]], drops: Counter[str]) -> list[Region]:
    """The figures of a page, in reading order.

    Args:
        page: facts of the page.
        repeated: signatures of images that stand on several pages of the report.
        drops: counts dropped candidates by reason, in place.

    Returns:
        Regions with their boxes grown by labels; photographs are not told apart yet (that needs
        the pixels, see `finlmm_utils.asp.crops`).
    """
    tables = table_boxes(page)
    pictures = [p for p in page.pictures if _keep_picture(p, page, repeated, drops)]
    marks = [m for m in page.marks if _keep_mark(m, page, tables, drops)]
    regions = _join_pictures(pictures, page.scale)
    regions += _components(marks, page, tables)
    regions = _merge_fragments(regions, page)
    kept = []
    for region in regions:
        _attach_labels(region, page)
        reason = _reject(region, page)
        if reason:
            drops[reason] += 1
        else:
            kept.append(region)
    kept = _without_nested(kept)
    for region in kept:
        _grow(region, page, [r for r in kept if r is not region])
    return sorted(kept, key=lambda r: (round(r.box[1] / 20), r.box[0]))


# --- geometry -------------------------------------------------------------------------------


def area(box: Box) -> float:
    """Area of a box, square points."""
    return max(box[2] - box[0], 0.0) * max(box[3] - box[1], 0.0)


def overlap(a: Box, b: Box) -> float:
    """Area that two boxes share, square points."""
    return area((max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])))


def union(a: Box, b: Box) -> Box:
    """Smallest box around two boxes."""
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def inflate(box: Box, by: float) -> Box:
    """The box with a border of `by` points on each side."""
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def inside(inner: Box, outer: Box, share: float = 0.6) -> bool:
    """Whether at least this share of a box (of its centre line, if it is thin) is inside."""
    fat = inflate(inner, 0.5)
    return overlap(fat, outer) >= share * area(fat)


def distance(a: Box, b: Box) -> float:
    """Gap between two boxes, points; 0 if they touch."""
    dx = max(a[0] - b[2], b[0] - a[2], 0.0)
    dy = max(a[1] - b[3], b[1] - a[3], 0.0)
    return max(dx, dy)


# --- what is no figure ----------------------------------------------------------------------


def table_boxes(page: Page) -> list[Box]:
    """Boxes of tables set as text: at least 3 rows close together with numbers in 2 columns."""
    rows: list[list[Line]] = []
    for line in sorted((x for x in page.lines if x.horizontal), key=lambda x: x.box[3]):
        if rows and abs(rows[-1][0].box[3] - line.box[3]) <= 2.5 * page.scale:
            rows[-1].append(line)
        else:
            rows.append([line])
    tables: list[list[list[Line]]] = []
    for row in rows:
        columns = [x for x in row if x.is_number]
        if len(columns) < 2 and not (columns and any(not x.is_number for x in row)):
            continue
        last = tables[-1][-1] if tables else None
        if last and _same_table(last, row):
            tables[-1].append(row)
        else:
            tables.append([row])
    boxes = []
    for table in tables:
        lines = [x for row in table for x in row]
        if len(table) >= 3 and sum(len([x for x in r if x.is_number]) >= 2 for r in table) >= 3:
            box = lines[0].box
            for line in lines:
                box = union(box, line.box)
            boxes.append(box)
    return boxes


def _same_table(above: list[Line], below: list[Line]) -> bool:
    size = max(x.size for x in below)
    gap = min(x.box[1] for x in below) - max(x.box[3] for x in above)
    if gap > 2.2 * size:
        return False
    rights = [x.box[2] for x in above if x.is_number]
    aligned = sum(any(abs(x.box[2] - r) < 0.8 * size for r in rights) for x in below if x.is_number)
    return aligned >= 1


def _keep_picture(
    picture: Picture, page: Page, repeated: set[tuple[int, ...]], drops: Counter[str]
) -> bool:
    width, height = picture.box[2] - picture.box[0], picture.box[3] - picture.box[1]
    long, short = max(width, height), min(width, height)
    reason = ""
    if picture.signature in repeated:
        reason = "repeated"
    elif long < 60 * page.scale or short < 30 * page.scale or min(picture.pixels) < 32:
        reason = "small"
    elif long > 8 * short:
        reason = "strip"
    elif area(picture.box) > 0.5 * page.width * page.height and (
        sum(inside(x.box, picture.box) for x in page.lines if x.is_prose) >= 3
    ):
        reason = "background"
    if reason:
        drops[reason] += 1
    return not reason


def _keep_mark(mark: Mark, page: Page, tables: list[Box], drops: Counter[str]) -> bool:
    box = mark.box
    if mark.form in ("fill", "frame", "curve"):
        prose = sum(inside(x.box, box) for x in page.lines if x.is_prose)
        if prose >= 3 or area(box) > 0.45 * page.width * page.height:
            drops["background"] += 1
            return False
    if mark.form != "curve" and any(inside(box, inflate(t, 5 * page.scale)) for t in tables):
        drops["table"] += 1
        return False
    if mark.form == "rule" and (box[2] - box[0] > 0.85 * page.width or _underlines(box, page)):
        drops["rule"] += 1
        return False
    return True


def _underlines(box: Box, page: Page) -> bool:
    if box[3] - box[1] > box[2] - box[0]:
        return False
    for line in page.lines:
        gap = box[1] - line.box[3]
        if -0.35 * line.size <= gap <= 0.3 * line.size and line.horizontal:
            shared = min(box[2], line.box[2]) - max(box[0], line.box[0])
            if shared >= 0.8 * (box[2] - box[0]) and not line.is_number:
                return True
    return False


# --- regions --------------------------------------------------------------------------------


def _join_pictures(pictures: list[Picture], scale: float) -> list[Region]:
    """Images become regions; tiles of one image that touch along a whole side are joined."""
    boxes = [p.box for p in pictures]
    joined = True
    while joined:
        joined = False
        for i in range(len(boxes)):
            for j in range(i + 1, len(boxes)):
                both = union(boxes[i], boxes[j])
                if area(both) <= 1.02 * (area(boxes[i]) + area(boxes[j])) and (
                    distance(boxes[i], boxes[j]) < 1.5 * scale
                ):
                    boxes[i] = both
                    del boxes[j]
                    joined = True
                    break
            if joined:
                break
    return [Region(box, "raster") for box in boxes]


def _components(marks: list[Mark], page: Page, tables: list[Box]) -> list[Region]:
    """Connects marks, and number labels among them, on a grid of cells."""
    if not marks:
        return []
    cell = CELL * page.scale
    reach = GAP * page.scale / 2
    shape = (int(page.height / cell) + 3, int(page.width / cell) + 3)
    grid = np.zeros(shape, bool)
    numbers = [
        x.box for x in page.lines if x.is_number and not any(inside(x.box, t) for t in tables)
    ]
    boxes = [m.box for m in marks] + numbers
    for x0, y0, x1, y1 in boxes:
        rows = slice(int(max(y0 - reach, 0) / cell), int((y1 + reach) / cell) + 1)
        columns = slice(int(max(x0 - reach, 0) / cell), int((x1 + reach) / cell) + 1)
        grid[rows, columns] = True
    labels, count = ndimage.label(grid)
    regions: dict[int, Region] = {}
    for mark in marks:
        key = int(labels[int(mark.box[1] / cell), int(mark.box[0] / cell)])
        region = regions.setdefault(key, Region(mark.box, "vector"))
        region.box = union(region.box, mark.box)
        region.marks.append(mark)
    return list(regions.values())


def _merge_fragments(regions: list[Region], page: Page) -> list[Region]:
    """Joins what overlaps, then small pieces to the large region they stand next to."""
    merged = True
    while merged:
        merged = False
        regions.sort(key=lambda r: -area(r.box))
        for i, big in enumerate(regions):
            for small in regions[i + 1 :]:
                if _belongs(small, big, page):
                    big.box = union(big.box, small.box)
                    big.marks += small.marks
                    if big.kind == "vector" and small.kind == "raster":
                        big.kind = "vector" if area(small.box) < 0.5 * area(big.box) else "raster"
                    regions.remove(small)
                    merged = True
                    break
            if merged:
                break
    return regions


def _belongs(small: Region, big: Region, page: Page) -> bool:
    shared = overlap(inflate(small.box, 0.5), big.box)
    if shared > 0.3 * area(inflate(small.box, 0.5)):
        return True
    if _large(small.box, page.scale) or not _large(big.box, page.scale):
        return False
    if distance(small.box, big.box) > 16 * page.scale:
        return False
    both = union(small.box, big.box)
    if area(both) > 1.5 * area(big.box):
        return False
    gained = [x for x in page.lines if x.is_prose and inside(x.box, both)]
    return not any(not inside(x.box, big.box) for x in gained)


def _large(box: Box, scale: float) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return max(width, height) >= MIN_SIDES[0] * scale and min(width, height) >= MIN_SIDES[1] * scale


def _attach_labels(region: Region, page: Page) -> None:
    near = inflate(region.box, 12 * page.scale)
    region.labels = [x for x in page.lines if inside(x.box, near, 0.5)]
    region.caption = _caption(region.box, page)


def _caption(box: Box, page: Page) -> Line | None:
    best, best_gap = None, 60.0 * page.scale
    for line in page.lines:
        if not CAPTION.match(line.text) or not line.horizontal:
            continue
        if line.box[0] > box[2] or line.box[2] < box[0]:
            continue
        above, below = box[1] - line.box[3], line.box[1] - box[3]
        gap = above if above >= -line.size else 2.0 * below + 4.0
        if gap >= -line.size and gap < best_gap:
            best, best_gap = line, gap
    return best


def _reject(region: Region, page: Page) -> str:
    """Why a region is no chart, or "" if it may be one."""
    if not _large(region.box, page.scale):
        return "small"
    if region.kind == "raster":
        return ""
    width, height = region.box[2] - region.box[0], region.box[3] - region.box[1]
    if max(width, height) > 9 * min(width, height):
        return "strip"
    prose = [x for x in region.labels if x.is_prose and inside(x.box, region.box)]
    if sum(area(x.box) for x in prose) > 0.18 * area(region.box) or len(prose) > 8:
        return "text"
    curves = [m for m in region.marks if m.form == "curve"]
    fills = [m for m in region.marks if m.form == "fill"]
    if not curves and len(fills) < 2:
        return "rules only"
    numbers = region.numbers
    if numbers < 3 and not (region.caption and len(region.marks) >= 4):
        return "no numbers"
    return ""


def _without_nested(regions: list[Region]) -> list[Region]:
    regions = sorted(regions, key=lambda r: -area(r.box))
    kept: list[Region] = []
    for region in regions:
        if not any(overlap(region.box, k.box) > 0.7 * area(region.box) for k in kept):
            kept.append(region)
    return kept


def _grow(region: Region, page: Page, others: list[Region]) -> None:
    """Takes in short labels at the edge: axis labels, legend, title, source line."""
    reach = 14 * page.scale
    for _ in range(4):
        before = region.box
        for line in page.lines:
            if inside(line.box, region.box, 0.98) or CAPTION.match(line.text):
                continue
            source = bool(SOURCE.match(line.text)) and line.box[1] >= region.box[3] - line.size
            if line.is_prose and not source:
                if overlap(line.box, region.box) < 0.3 * area(line.box):
                    continue
            if distance(line.box, region.box) > (reach if not source else 1.2 * reach):
                continue
            if line.box[2] - line.box[0] > 1.25 * (region.box[2] - region.box[0]):
                continue
            both = union(region.box, line.box)
            grows = max(both[2] - both[0] - (before[2] - before[0]), 0)
            if grows > 60 * page.scale:
                continue
            if any(overlap(line.box, o.box) > 0 or _closer(line, o, region) for o in others):
                continue
            region.box = both
        if region.box == before:
            break


def _closer(line: Line, other: Region, region: Region) -> bool:
    return distance(line.box, other.box) < distance(line.box, region.box)
