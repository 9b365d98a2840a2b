"""Finds the charts of a page: regions of raster images and of clustered vector marks.

The way (our design, measured in `benchmarks/extraction.py`): take away what is text decoration
(underlines, rules of tables, backgrounds, what repeats from page to page), connect the remaining
marks and number labels on a grid, join fragments, keep regions that look like a chart, grow each by
the labels at its edge. Every candidate that is dropped is counted under a reason.

The first step is `finlmm_utils.asp.figure_marks`, the next two `finlmm_utils.asp.regions`; here are
the choice among the regions, their captions and their growth.
"""

from __future__ import annotations

import re
from collections import Counter

from finlmm_utils.asp.boxes import area, distance, inside, overlap, union, widen
from finlmm_utils.asp.figure_marks import (
    Repeats,
    figure_marks,
    keep_picture,
    label_lines,
    large_marks,
    legend_entries,
    prose_lines,
)
from finlmm_utils.asp.pages import CURVE, FILL, Line, Page
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.regions import Region, is_large, mark_regions, merge, picture_regions
from finlmm_utils.asp.tables import is_shaded, table_boxes

CAPTION = re.compile(
    r"^\s*((figure|fig\.?|chart|graph|exhibit)\s*[A-Z]?\d+([.\-]\d+)*|"
    r"图\s*表?\s*[\d一二三四五六七八九十]+)",
    re.I,
)
LEGEND_REACH = 45.0  # points between a chart, or what is known of its legend, and a legend entry
_SHARE = re.compile(r"^\d[\d.,]*\s?%$")
SOURCE = re.compile(r"^\s*((data )?sources?\b|资料来源|数据来源|来源)", re.I)


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
    pictures = [p for p in page.pictures if keep_picture(p, page, prose, repeats, drops)]
    marks, frames = figure_marks(page, tables, repeats, drops)
    regions = picture_regions(pictures, page.scale)
    regions += mark_regions(marks, page, tables)
    regions = merge(regions, page, prose)
    kept = []
    for region in regions:
        region.core = region.box
        reason = _reject(region, page, tables, prose)
        if reason == "table" and _caption(region.box, page):  # the report calls it a figure
            region.kind, reason = "table", ""
        if reason:
            drops[reason] += 1
        else:
            kept.append(region)
    kept = _without_nested(kept)
    for region in kept:
        _fill_frame(region, frames, kept)
    entries = legend_entries(page, marks) if kept else []
    texts = [x.box for x in prose if not any(inside(x.box, box) for box, _ in entries)]
    large = [tuple(box) for box in large_marks(marks, page.scale).boxes.tolist()] if entries else []
    for region in kept:
        cores = [r.core for r in kept if r is not region]
        region.legend = _with_legend(region, entries, page, cores, [*large, *texts])
    labels = [x for x in label_lines(page) if not CAPTION.match(x.text)]
    for region in kept:
        _grow(region, page, labels, prose, [r for r in kept if r is not region])
    kept = [r for r in kept if _has_labels(r, page, drops)]
    kept += _composites(kept, page)
    return sorted(kept, key=lambda r: (round(r.box[1] / 20), r.box[0]))


# --- which regions are charts ---------------------------------------------------------------


def _reject(region: Region, page: Page, tables: list[Box], prose: list[Line]) -> str:
    """Why a region is no chart by its form, or "" if it may be one."""
    box = region.box
    if not is_large(box, page.scale):
        return "small"
    width, height = box[2] - box[0], box[3] - box[1]
    if max(width, height) > 9 * min(width, height):
        return "strip"
    texts = [x.box for x in prose if inside(x.box, box)]
    if sum(area(x) for x in texts) > 0.18 * area(box) or len(texts) > 8:
        return "text"
    if region.kind == "raster":
        return ""
    if sum(overlap(box, t) for t in tables) > 0.5 * area(box):
        return "table"
    if region.forms[CURVE] <= 1 and is_shaded(box, page):
        return "table"
    if not region.forms[CURVE] and region.forms[FILL] < 2:
        return "rules only"
    return ""


def _has_labels(region: Region, page: Page, drops: Counter[str]) -> bool:
    """Counts the numbers of a grown region and finds its caption; a chart has one or the other."""
    within = region.core if region.kind == "raster" else region.box  # a table beside a photograph
    region.numbers = sum(x.is_number and inside(x.box, within, 0.5) for x in page.lines)
    region.caption = _caption(region.box, page)
    if region.kind in ("raster", "table") or region.numbers >= 3:
        return True
    if region.numbers == 2 and region.forms[CURVE] >= 2:
        return True
    inner = [x.text for x in page.lines if inside(x.box, region.core, 0.5)]
    if region.forms[CURVE] >= 3 and any(_SHARE.match(x) for x in inner):  # a ring of one share
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
        and area(f) <= 3.0 * area(region.core)
        and not any(r is not region and overlap(r.core, f) > 0.2 * area(r.core) for r in regions)
    ]
    if fitting:
        region.box = union(region.box, max(fitting, key=area))


# --- legends, captions and labels ------------------------------------------------------------


def _with_legend(
    region: Region,
    entries: list[tuple[Box, int]],
    page: Page,
    others: list[Box],
    barriers: list[Box],
) -> Box:
    """The core and the legend entries in its colours, taken from the nearest on.

    No barrier (running text, the marks of another chart) and no other core may stand between, nor
    be nearer to the entry.
    """
    whole = region.core
    own = [box for box, colour in entries if colour in region.colours]
    own = [b for b in own if all(distance(b, o) >= distance(b, whole) for o in others)]
    barriers = [x for x in barriers if not inside(x, whole)]
    for _ in range(len(own)):
        for box in sorted(own, key=lambda b: distance(b, whole)):
            both = union(box, whole)
            free = all(overlap(both, o) <= overlap(whole, o) for o in others)
            near = distance(box, whole) <= LEGEND_REACH * page.scale
            if near and free and not any(inside(x, both) for x in barriers):
                whole = both
                own.remove(box)
                break
    return whole


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
        caption = captions[key]
        if box[1] - caption.box[3] < 110 * page.scale:  # titles of the panels stand between
            box = (box[0], min(box[1], caption.box[3] + 1), box[2], box[3])
        if len(parts) < 2 or area(box) > 0.7 * page.width * page.height:
            continue
        whole = Region(box, "vector", box, caption=caption)
        whole.forms = sum((p.forms for p in parts), Counter())
        whole.numbers = sum(p.numbers for p in parts)
        wholes.append(whole)
    return wholes


def _grow(
    region: Region, page: Page, labels: list[Line], prose: list[Line], others: list[Region]
) -> None:
    """Takes in labels at the edge: axis labels, legend, then title and the source line."""
    near = [x for x in labels if distance(x.box, region.legend) < 80 * page.scale]
    core = _with_numbers_on_top(region.core, near, page.scale)
    _take_labels(region, core, near, page.scale, prose, others)
    if region.legend != region.core:
        region.box = union(region.box, region.legend)
        whole = union(core, region.legend)
        near = [x for x in near if not x.is_number and not whole[1] < x.box[3] < whole[3]]
        near = [x for x in near if x.box[3] < whole[3] or SOURCE.match(x.text)]
        _take_labels(region, whole, near, page.scale, prose, others)


def _take_labels(
    region: Region,
    core: Box,
    near: list[Line],
    scale: float,
    prose: list[Line],
    others: list[Region],
) -> None:
    running = {id(line) for line in prose}
    near = sorted(near, key=lambda x: distance(x.box, core))
    for _ in range(4):
        before = region.box
        for line in near:
            if inside(line.box, region.box, 0.98):
                continue
            source = bool(SOURCE.match(line.text)) and line.box[1] >= core[3] - line.size
            title = line.bold and line.horizontal and line.box[3] <= core[1] + line.size
            if id(line) in running and not (source or title or inside(line.box, core, 0.3)):
                continue
            reach, limit = (20.0, 60.0) if title else _reach(line, core, source)
            near_enough = distance(line.box, region.box) <= reach * scale
            if not near_enough or not inside(line.box, widen(core, limit * scale), 0.9):
                continue
            grown = union(region.box, line.box)
            if any(overlap(line.box, o.box) > 0 for o in others):
                continue
            if any(distance(line.box, o.core) < distance(line.box, core) for o in others):
                continue
            # What reaches over the neighbour (one source for all) is the whole's and not its own.
            if not any(_covers_more(grown, region.box, o.core) for o in others):
                region.box = grown
        if region.box == before:
            break


def _covers_more(grown: Box, box: Box, neighbour: Box) -> bool:
    return overlap(grown, neighbour) - overlap(box, neighbour) > 0.03 * area(neighbour)


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
    if line.bold and middle < core[1] and core[0] - 12 < line.box[0] and line.box[2] < core[2] + 12:
        return 8.0, 60.0  # a title of several lines
    return 11.0, 34.0
