"""Finds the charts of a page: regions of raster images and of clustered vector marks.

The way (our design, measured in `benchmarks/extraction.py`): take away what is text decoration
(underlines, rules of tables, backgrounds, what repeats from page to page), connect the remaining
marks and number labels on a grid, join fragments, keep regions that look like a chart, grow each by
the labels at its edge. Every candidate that is dropped is counted under a reason.

The first step is in `candidates`, the next two are in `regions`, the last is in `labels`; here is
the choice among the regions.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import permutations

from finlmm_utils.asp.figures.candidates import (
    Repeats,
    figure_marks,
    keep_picture,
    label_lines,
    large_marks,
    legend_entries,
    prose_lines,
)
from finlmm_utils.asp.figures.labels import find_caption, grow, with_legend
from finlmm_utils.asp.figures.regions import Region, is_large, mark_regions, merge, picture_regions
from finlmm_utils.asp.page.boxes import area, inside, overlap, union, widen
from finlmm_utils.asp.page.page import Line, Page, clip_box
from finlmm_utils.asp.page.paths import CURVE, FILL
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables.detect import is_grid, table_boxes
from finlmm_utils.asp.tables.shading import is_shaded
from finlmm_utils.finance.references import CAPTION

MIN_LOW_CHART = (100.0, 36.0)  # least width and height, points, of a chart that has many marks
MARGIN = 1.5  # points around a drawn chart
_SHARE = re.compile(r"\d\s?%$")


def find_regions(page: Page, repeats: Repeats, drops: Counter[str]) -> list[Region]:
    """The figures of a page, in reading order.

    Args:
        page: facts of the page.
        repeats: images and marks that several pages share.
        drops: counts dropped candidates by reason, in place.

    Returns:
        Regions, their boxes grown by labels. Photographs are not told apart yet: that needs
        the pixels, see `finlmm_utils.asp.figures.judge`.
    """
    tables = table_boxes(page)
    prose = prose_lines(page)
    pictures = [p for p in page.pictures if keep_picture(p, page, prose, repeats, drops)]
    marks, frames = figure_marks(page, tables, repeats, drops)
    regions = picture_regions(pictures, page.scale)
    regions += mark_regions(marks, page, tables)
    regions = _on_panels(merge(regions, page, prose), frames, page)
    kept = []
    for region in regions:
        region.core = region.box
        reason = _reject(region, page, tables, prose)
        if reason == "table" and find_caption(region.box, page):  # the report calls it a figure
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
        region.legend = with_legend(region, entries, page, cores, [*large, *texts])
    edges = {id(page.lines[k]) for k in repeats.lines.get(page.number, ())}
    labels = [x for x in label_lines(page) if not CAPTION.match(x.text) and id(x) not in edges]
    for region in kept:
        others = [r for r in kept if r is not region]
        grow(region, page, labels, prose, others, repeats.headings)
    kept = [r for r in kept if _has_labels(r, page, drops)]
    kept += _composites(kept, page) or _with_one_legend(kept, entries, page.scale)
    for region in (r for r in kept if r.kind == "vector"):
        region.box = _with_margin(region.box, page)
    return sorted(kept, key=lambda r: (round(r.box[1] / 20), r.box[0]))


def _with_margin(box: Box, page: Page) -> Box:
    """A box with room for strokes, half of whose width is outside their path's box.

    A side stays where it is if other text stands right beside it.
    """
    wide = clip_box(widen(box, MARGIN * page.scale), page) or box
    near = [x.box for x in page.lines if overlap(x.box, wide) and not overlap(x.box, box)]
    for side in range(4):
        moved: Box = (*box[:side], wide[side], *box[side + 1 :])  # type: ignore[assignment]
        if not any(overlap(x, moved) for x in near):
            box = moved
    return box


def _on_panels(regions: list[Region], panels: list[Box], page: Page) -> list[Region]:
    """Joins what stands apart on a panel with a scale at its side: boxes, stems with dots."""
    for panel in panels:
        own = [r for r in regions if r.kind == "vector" and inside(r.box, panel, 0.9)]
        if len(own) < 3 or any(is_large(r.box, page.scale) for r in own):
            continue
        if _has_scale(panel, page):
            whole = _whole(panel, own, None)
            whole.colours = set().union(*(r.colours for r in own))
            regions = [r for r in regions if r not in own] + [whole]
    return regions


def _has_scale(panel: Box, page: Page) -> bool:
    """Whether 3 numbers stand outside a panel along one of its sides."""
    x0, y0, x1, y1 = panel
    reach = 20 * page.scale
    strips = ((x0 - reach, y0, x0, y1), (x1, y0, x1 + reach, y1), (x0, y1, x1, y1 + reach))
    numbers = [x.box for x in page.lines if x.is_number]
    return any(sum(inside(box, strip, 0.5) for box in numbers) >= 3 for strip in strips)


# --- which regions are charts ---------------------------------------------------------------


def _reject(region: Region, page: Page, tables: list[Box], prose: list[Line]) -> str:
    """Why a region is no chart by its form, or "" if it may be one."""
    box = region.box
    width, height = box[2] - box[0], box[3] - box[1]
    if not (is_large(box, page.scale) or _is_low_chart(region, page.scale)):
        return "small"
    if max(width, height) > 9 * min(width, height):
        return "strip"
    texts = [x.box for x in prose if inside(x.box, box)]
    if sum(area(x) for x in texts) > 0.18 * area(box) or len(texts) > 8:
        return "text"
    return "" if region.kind == "raster" else _reject_marks(region, page, tables)


def _is_low_chart(region: Region, scale: float) -> bool:
    """Whether a region that is too low for most charts is wide and has many bars or curves."""
    width, height = region.box[2] - region.box[0], region.box[3] - region.box[1]
    many = region.forms[FILL] + region.forms[CURVE] >= 12
    return many and width >= MIN_LOW_CHART[0] * scale and height >= MIN_LOW_CHART[1] * scale


def _reject_marks(region: Region, page: Page, tables: list[Box]) -> str:
    """Why drawn marks are a table, rules or a panel of words and no chart."""
    box, curves, fills = region.box, region.forms[CURVE], region.forms[FILL]
    if sum(overlap(box, t) for t in tables) > 0.5 * area(box):
        return "table"
    if (curves <= 1 and is_shaded(box, page)) or is_grid(box, page):
        return "table"
    held = [x for x in page.lines if inside(x.box, box)]
    numbers = sum(x.is_number for x in held)
    if curves <= 1 and fills < 2 and numbers > 30:  # one that lies on its side, too
        return "table"
    if not curves and fills < 2:
        return "rules only"
    if not curves and fills < 4 and len(held) - numbers > 6:  # panels of highlights, no bars
        return "text"
    return ""


def _has_labels(region: Region, page: Page, drops: Counter[str]) -> bool:
    """Counts the numbers of a grown region and finds its caption; a chart has one or the other."""
    within = region.core if region.kind == "raster" else region.box  # a table beside a photograph
    region.numbers = sum(x.is_number and inside(x.box, within, 0.5) for x in page.lines)
    region.caption = find_caption(region.box, page)
    if region.kind == "raster" and area(region.core) > 0.6 * page.width * page.height:
        region.numbers = 0  # of text set over a photograph; a chart so large has them in its pixels
    if region.kind in ("raster", "table") or region.numbers >= 3:
        return True
    if region.numbers == 2 and region.forms[CURVE] >= 2:
        return True
    inner = [x.text for x in page.lines if inside(x.box, region.legend, 0.5)]
    if region.forms[CURVE] >= 3 and any(_SHARE.search(x) for x in inner):  # a ring, its legend
        return True
    if region.caption and sum(region.forms.values()) >= 4:
        return True
    drops["no numbers"] += 1
    return False


def is_cover(region: Region, page: Page) -> bool:
    """Whether a picture fills its page, and what is written on the page is set over it."""
    fills = region.kind == "raster" and area(region.core) > 0.9 * page.width * page.height
    return fills and any(x.horizontal and not x.is_number for x in page.lines)


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
        wholes.append(_whole(box, parts, caption))
    return wholes


def _whole(box: Box, parts: list[Region], caption: Line | None) -> Region:
    whole = Region(box, "vector", box, caption=caption)
    whole.forms = sum((p.forms for p in parts), Counter())
    whole.numbers = sum(p.numbers for p in parts)
    return whole


def _with_one_legend(
    regions: list[Region], entries: list[tuple[Box, int]], scale: float
) -> list[Region]:
    """Two panels side by side of which each colour is named once, beside them."""
    wholes = []
    panels = [r for r in regions if r.kind == "vector" and len(r.colours) > 1]
    for left, right in permutations(panels, 2):
        level = abs(left.core[1] - right.core[1]) < 5 * scale
        near = 0 < right.core[0] - left.core[2] < 80 * scale
        if level and near and left.colours == right.colours:
            known = union(left.legend, right.legend)
            named = [c for box, c in entries if c in left.colours and inside(box, known)]
            if named and len(named) == len(set(named)):
                wholes.append(_whole(union(left.box, right.box), [left, right], left.caption))
    return wholes
