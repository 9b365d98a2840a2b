"""Finds the charts of a page: regions of raster images and of clustered vector marks.

The way (our design, measured in `benchmarks/extraction.py`): take away what is text decoration
(underlines, rules of tables, backgrounds, what repeats from page to page), connect the remaining
marks and number labels on a grid, join fragments, keep regions that look like a chart, grow each by
the labels at its edge. Every candidate that is dropped is counted under a reason.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from finlmm_utils.asp.boxes import Boxes, area, centres_inside, distance, inside, overlap, union
from finlmm_utils.asp.pages import (
    CURVE,
    FILL,
    FRAME,
    RULE,
    Line,
    Marks,
    Page,
    Picture,
    prose_length,
)
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables import table_boxes

CAPTION = re.compile(
    r"^\s*((figure|fig\.?|chart|graph|exhibit)\s*[A-Z]?\d+([.\-]\d+)*|"
    r"图\s*表?\s*[\d一二三四五六七八九十]+)",
    re.I,
)
SOURCE = re.compile(r"^\s*((data )?sources?\b|资料来源|数据来源|来源)", re.I)
CELL = 1.5  # points of one grid cell
REACH = 4.0  # points by which each mark is widened: marks closer than twice this are connected
LONG, SHORT = 70.0, 48.0  # least longer and shorter side of a chart, points


@dataclass
class Region:
    """A candidate figure.

    Attributes:
        box: the crop, points.
        kind: `raster` or `vector`.
        core: the box before labels were added.
        forms: how many marks of each form it is made of.
        numbers: numeric labels in it or at its edge.
        caption: the line that captions it.
        parts: boxes of images that touch each other and may be charts of their own.
    """

    box: Box
    kind: str
    core: Box = (0.0, 0.0, 0.0, 0.0)
    forms: Counter[int] = field(default_factory=Counter)
    numbers: int = 0
    caption: Line | None = None
    parts: list[Box] = field(default_factory=list)


@dataclass
class Repeats:
    """What stands on several pages of the report and so belongs to none of its figures."""

    images: set[tuple[int, ...]] = field(default_factory=set)
    marks: set[tuple[int, ...]] = field(default_factory=set)


def find_regions(page: Page, repeats: Repeats, drops: Counter[str]) -> list[Region]:
    """The figures of a page, in reading order.

    Args:
        page: facts of the page.
        repeats: images and marks that several pages share.
        drops: counts dropped candidates by reason, in place.

    Returns:
        Regions, their boxes grown by labels. Photographs are not told apart yet: that needs
        the pixels, see `finlmm_utils.asp.crops`.
    """
    tables = table_boxes(page)
    prose = prose_lines(page)
    pictures = [p for p in page.pictures if _keep_picture(p, page, prose, repeats, drops)]
    marks, frames = _figure_marks(page, tables, repeats, drops)
    regions = _picture_regions(pictures, page.scale)
    regions += _components(marks, page, tables)
    regions = _merge(regions, page, prose)
    kept = []
    for region in regions:
        region.core = region.box
        reason = _reject(region, page, tables, prose)
        if reason:
            drops[reason] += 1
        else:
            kept.append(region)
    kept = _without_nested(kept)
    for region in kept:
        _fill_frame(region, frames, kept)
    for region in kept:
        _grow(region, page, prose, [r for r in kept if r is not region])
    kept = [r for r in kept if _has_labels(r, page, drops)]
    kept += _composites(kept, page)
    return sorted(kept, key=lambda r: (round(r.box[1] / 20), r.box[0]))


def mark_keys(page: Page) -> set[tuple[int, ...]]:
    """Keys of the marks at the upper and lower edge of a page, equal where they repeat."""
    boxes = page.marks.boxes
    edge = (boxes[:, 3] < 0.12 * page.height) | (boxes[:, 1] > 0.88 * page.height)
    return {tuple(int(v) for v in np.round(box)) for box in boxes[edge]}


# --- what is no figure ----------------------------------------------------------------------


def prose_lines(page: Page) -> list[Line]:
    """Lines of running text: long ones, and those of a paragraph of which every line is filled.

    The text of a legend is no prose, however long: it has a swatch of colour to its left.
    """
    blocks: dict[int, list[Line]] = {}
    for line in page.lines:
        blocks.setdefault(line.block, []).append(line)
    prose = []
    for lines in blocks.values():
        words = sum(prose_length(x.text) for x in lines if x.horizontal and not x.is_number)
        paragraph = len(lines) >= 3 and words >= 4 * len(lines) and words >= 18
        if paragraph or any(x.is_prose for x in lines):
            prose += [x for x in lines if x.horizontal and not x.is_number]
    small = page.marks.boxes
    if len(small):
        width, height = small[:, 2] - small[:, 0], small[:, 3] - small[:, 1]
        small = small[(width < 30 * page.scale) & (height < 12 * page.scale)]
    return [x for x in prose if not _has_swatch(x, small)]


def _has_swatch(line: Line, small: Boxes) -> bool:
    if not len(small):
        return False
    gap = line.box[0] - small[:, 2]
    middle = (small[:, 1] + small[:, 3]) / 2
    beside = (gap > -1) & (gap < 0.9 * line.size) & (middle > line.box[1]) & (middle < line.box[3])
    return bool(beside.any())


def _keep_picture(
    picture: Picture, page: Page, prose: list[Line], repeats: Repeats, drops: Counter[str]
) -> bool:
    width, height = picture.box[2] - picture.box[0], picture.box[3] - picture.box[1]
    long, short = max(width, height), min(width, height)
    reason = ""
    if picture.signature in repeats.images:
        reason = "repeated"
    elif long < LONG * page.scale or short < SHORT * page.scale or min(picture.pixels) < 32:
        reason = "small"
    elif long > 8 * short:
        reason = "strip"
    elif sum(inside(x.box, picture.box) for x in prose) >= 3:
        reason = "background"
    if reason:
        drops[reason] += 1
    return not reason


def _figure_marks(
    page: Page, tables: list[Box], repeats: Repeats, drops: Counter[str]
) -> tuple[Marks, list[Box]]:
    """The marks that may belong to charts, and the frames and panels that may hold charts."""
    marks, scale = page.marks, page.scale
    if not len(marks):
        return marks, []
    boxes, forms = marks.boxes, marks.forms
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    size = width * height / (page.width * page.height)
    keys = [tuple(int(v) for v in np.round(box)) for box in boxes] if repeats.marks else []
    furniture = np.array([key in repeats.marks for key in keys] or [False] * len(boxes))
    prose = np.array([line.box for line in page.lines if line.is_prose]).reshape(-1, 4)
    filled = (forms != RULE) & (height > 20 * scale)
    texts = np.zeros(len(boxes), int)
    texts[filled] = centres_inside(prose, boxes[filled]).sum(axis=0)
    holds = np.zeros(len(boxes), int)
    large = (size > 0.02) & ((forms == FILL) | (forms == FRAME))
    holds[large] = centres_inside(boxes, boxes[large]).sum(axis=0) - 1
    background = (texts >= 3) | ((size > 0.45) & (forms != CURVE)) | (size > 0.8)
    panel = large & (holds >= 8) & ~background
    hidden = np.zeros(len(boxes), bool)
    for k in np.flatnonzero((background | panel) & (forms == FILL)):
        same = (marks.colours == marks.colours[k]) & (np.arange(len(boxes)) != k)
        hidden |= same & centres_inside(boxes, boxes[k : k + 1])[:, 0]
    in_table = np.zeros(len(boxes), bool)
    for table in tables:
        wide = np.array([_widen(table, 5 * scale)])
        in_table |= centres_inside(boxes, wide)[:, 0]
    in_table &= forms != CURVE
    rule = (forms == RULE) & (width >= height)
    rule &= (width > 0.85 * page.width) | _underlines(boxes, width, page)
    gone = np.zeros(len(boxes), bool)
    for reason, which in (
        ("furniture", furniture),
        ("background", background | hidden),
        ("table", in_table),
        ("rule", rule),
    ):
        drops[reason] += int((which & ~gone).sum())
        gone |= which
    frames = [tuple(float(v) for v in box) for box in boxes[panel & ~gone]]
    outline = (forms == FRAME) & (np.maximum(width, height) > 40 * scale)
    return marks.take(~gone & ~panel & ~outline), frames + [
        tuple(float(v) for v in box) for box in boxes[outline & ~gone & ~panel]
    ]  # type: ignore[return-value]


def _underlines(boxes: Boxes, width: NDArray, page: Page) -> NDArray[np.bool_]:
    """Which marks are lines right under words."""
    lines = [x for x in page.lines if x.horizontal and not x.is_number]
    if not lines:
        return np.zeros(len(boxes), bool)
    text = np.array([x.box for x in lines])
    size = np.array([x.size for x in lines])
    gap = boxes[:, 1][:, None] - text[None, :, 3]
    shared = np.minimum(boxes[:, 2][:, None], text[None, :, 2])
    shared = shared - np.maximum(boxes[:, 0][:, None], text[None, :, 0])
    under = (gap >= -0.35 * size) & (gap <= 0.3 * size)
    return (under & (shared >= 0.8 * width[:, None])).any(axis=1)


# --- regions --------------------------------------------------------------------------------


def _widen(box: Box, by: float) -> Box:
    return (box[0] - by, box[1] - by, box[2] + by, box[3] + by)


def _picture_regions(pictures: list[Picture], scale: float) -> list[Region]:
    """Images become regions; images that touch along a whole side are joined, parts remembered."""
    regions = [Region(p.box, "raster", parts=[p.box]) for p in pictures]
    for region in list(regions):
        for other in regions:
            if other is region or region not in regions:
                continue
            both = union(region.box, other.box)
            touch = distance(region.box, other.box) < 1.5 * scale
            if touch and area(both) <= 1.02 * (area(region.box) + area(other.box)):
                region.box, region.parts = both, region.parts + other.parts
                regions.remove(other)
                regions.append(region)
                regions.remove(region)
    return regions


def _components(marks: Marks, page: Page, tables: list[Box]) -> list[Region]:
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
        regions.append(Region(box, "vector", forms=Counter(int(f) for f in own.forms)))
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
            thick = (row[:, end] - row[:, start]).max()
            for k in np.flatnonzero((gaps > 0) & (gaps < 2.5 * thick)):
                bridge = [0.0] * 4
                bridge[start], bridge[end] = row[k, end], row[k + 1, start]
                bridge[edge] = bridge[(edge + 2) % 4] = row[k, edge]
                bridges.append(bridge)
    return np.array(bridges, np.float32).reshape(-1, 4)


def _merge(regions: list[Region], page: Page, prose: list[Line]) -> list[Region]:
    """Joins what overlaps, then small pieces and subplots to the large region beside them."""
    blocks = [line.box for line in prose]
    merged = True
    while merged:
        merged = False
        regions.sort(key=lambda r: (-area(r.box), r.box))
        for i, big in enumerate(regions):
            if big.box[2] - big.box[0] < LONG * page.scale or big.forms.keys() == {RULE}:
                continue
            for small in regions[i + 1 :]:
                if _belongs(small, big, page, blocks):
                    if area(small.box) > 0.5 * area(big.box) and small.kind != big.kind:
                        big.kind = "vector"
                    big.box = union(big.box, small.box)
                    big.forms += small.forms
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
    fat = _widen(small.box, 0.5)
    if overlap(fat, big.box) > 0.3 * area(fat):
        return True
    both = union(small.box, big.box)
    if any(inside(x, both) and not inside(x, big.box) for x in prose):
        return False
    if not _large(big.box, page.scale):
        return False
    if _large(small.box, page.scale):
        return small.kind == big.kind == "vector" and _subplots(small.box, big.box, page)
    return gap <= 16 * page.scale and area(both) <= 1.5 * area(big.box)


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


def _large(box: Box, scale: float) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return max(width, height) >= LONG * scale and min(width, height) >= SHORT * scale


def _caption(box: Box, page: Page) -> Line | None:
    best, best_gap = None, 60.0 * page.scale
    for line in page.lines:
        if not line.horizontal or not CAPTION.match(line.text):
            continue
        if line.box[0] > box[2] or line.box[2] < box[0]:
            continue
        above, below = box[1] - line.box[3], line.box[1] - box[3]
        gap = above if above >= -line.size else 2.0 * below + 4.0
        if inside(line.box, box):
            gap = 0.0
        if -line.size <= gap < best_gap:
            best, best_gap = line, gap
    return best


def _composites(regions: list[Region], page: Page) -> list[Region]:
    """The whole of a figure whose one caption stands over several panels, beside its panels."""
    captions = [x for x in page.lines if x.horizontal and CAPTION.match(x.text)]
    panels: dict[int, list[Region]] = {}
    for region in regions:
        above = [k for k, x in enumerate(captions) if x.box[3] <= region.core[1] + 2]
        below = region.caption is not None and region.caption.box[1] > region.core[1]
        if above and not below and region.kind == "vector":
            nearest = max(above, key=lambda k: captions[k].box[3])
            row = [k for k in above if captions[k].box[3] > captions[nearest].box[3] - 30]
            if len(row) == 1:
                panels.setdefault(nearest, []).append(region)
    wholes = []
    for key, parts in panels.items():
        box = parts[0].box
        for part in parts:
            box = union(box, part.box)
        if len(parts) < 2 or area(box) > 0.7 * page.width * page.height:
            continue
        forms = sum((p.forms for p in parts), Counter())
        numbers = sum(p.numbers for p in parts)
        wholes.append(Region(box, "vector", box, forms, numbers, captions[key]))
    return wholes


def _reject(region: Region, page: Page, tables: list[Box], prose: list[Line]) -> str:
    """Why a region is no chart by its form, or "" if it may be one."""
    box = region.box
    if not _large(box, page.scale):
        return "small"
    width, height = box[2] - box[0], box[3] - box[1]
    if max(width, height) > 9 * min(width, height):
        return "strip"
    texts = [x.box for x in prose if inside(x.box, box)]
    if sum(area(x) for x in texts) > 0.18 * area(box) or len(texts) > 8:
        return "text"
    if region.kind == "raster":
        return ""
    if any(overlap(box, t) > 0.5 * area(box) for t in tables):
        return "table"
    if not region.forms[CURVE] and region.forms[FILL] < 2:
        return "rules only"
    return ""


def _has_labels(region: Region, page: Page, drops: Counter[str]) -> bool:
    """Counts the numbers of a grown region and finds its caption; a chart has one or the other."""
    region.numbers = sum(x.is_number and inside(x.box, region.box, 0.5) for x in page.lines)
    region.caption = _caption(region.box, page)
    if region.kind == "raster" or region.numbers >= 3:
        return True
    if region.numbers == 2 and region.forms[CURVE] >= 2:
        return True
    if region.caption and sum(region.forms.values()) >= 4:
        return True
    drops["no numbers"] += 1
    return False


def _without_nested(regions: list[Region]) -> list[Region]:
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: (-area(r.box), r.box)):
        if not any(overlap(region.box, k.box) > 0.7 * area(region.box) for k in kept):
            kept.append(region)
    return kept


def _fill_frame(region: Region, frames: list[Box], regions: list[Region]) -> None:
    """Takes the frame around a chart as its box where the frame holds this chart alone."""
    fitting = [
        f
        for f in frames
        if inside(region.core, f, 0.95)
        and area(f) <= 2.2 * area(region.core)
        and not any(r is not region and overlap(r.core, f) > 0.2 * area(r.core) for r in regions)
    ]
    if fitting:
        region.box = union(region.box, max(fitting, key=area))


def _grow(region: Region, page: Page, prose: list[Line], others: list[Region]) -> None:
    """Takes in labels at the edge: axis labels, legend, title and the source line."""
    scale, core = page.scale, region.core
    running = {id(line) for line in prose}
    near = [x for x in page.lines if distance(x.box, core) < 80 * scale]
    near.sort(key=lambda x: distance(x.box, core))
    core = _with_numbers_on_top(core, near, scale)
    for _ in range(3):
        before = region.box
        for line in near:
            if inside(line.box, region.box, 0.98) or CAPTION.match(line.text):
                continue
            source = bool(SOURCE.match(line.text)) and line.box[1] >= core[3] - line.size
            if id(line) in running and not source and not inside(line.box, core, 0.3):
                continue
            reach, limit = _reach(line, core, source)
            if distance(line.box, region.box) > reach * scale:
                continue
            if not inside(line.box, _widen(core, limit * scale), 0.9):
                continue
            if any(overlap(line.box, o.box) > 0 for o in others):
                continue
            if any(distance(line.box, o.core) < distance(line.box, core) for o in others):
                continue
            region.box = union(region.box, line.box)
        if region.box == before:
            break


def _with_numbers_on_top(core: Box, near: list[Line], scale: float) -> Box:
    """The core and the values over its bars and points: a title stands above these."""
    band = (core[0], core[1] - 24 * scale, core[2], core[1] + 1)
    tops = [x.box[1] for x in near if x.is_number and inside(x.box, band, 0.5)]
    return (core[0], min([core[1], *tops]), core[2], core[3])


def _reach(line: Line, core: Box, source: bool) -> tuple[float, float]:
    """How far a label may stand from what is there already, and from the core; points."""
    if source:
        return 18.0, 60.0
    if line.is_number or not line.horizontal:
        return 24.0, 80.0
    middle = (line.box[1] + line.box[3]) / 2
    if core[1] <= middle <= core[3]:  # names of bars at the left, a legend at the right
        return 22.0, 80.0
    return 11.0, 34.0
