"""The legend of a chart: words beside small marks in the colours of its large ones.

Thresholds are our choice; points are those of a letter page.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.figures.regions import MIN_SHORT_SIDE, Region
from finlmm_utils.asp.page.boxes import Boxes, distance, inside, overlap, union, widen
from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.paths import CURVE, RULE, Marks
from finlmm_utils.asp.page.view import PageView, ids, swatches_before
from finlmm_utils.asp.records import Box

Entry = tuple[Box, int]  # a swatch with its words, and its colour

ENTRY_GAP = 1.2  # of the letters' size: between words and a swatch in the colour of a chart
LEGEND_REACH = 45.0  # points between a chart, or what is known of its legend, and a legend entry
FAR_LEGEND, FAR_ENTRIES = 160.0, 2  # points to, and entries of, one that stands level, alone
INDENT = 2  # points, on any page, between the left edges of the lines of one entry
SAME_SIZE = 0.5  # points, on any page, between the font sizes of the lines of one entry
MIDDLE, MIN_UNDER = 0.5, 2  # of the letters' size, between the middles; entries, of such a legend
VALUE_GAP, LINE_GAP = 0.6, 0.35  # of the letters' size: to the value, and to the next line, below

LAST_ROW = 1.8  # of the letters' size, over the foot of a crop: a caption may be in it already
UNDER = 2.0  # of the letters' size: between a chart and the caption under it
CAPTION_WORDS = 14  # of a caption without a number, at most; a longer line is text
SIDE_BY_SIDE = 0.3  # of the letters' size: between the feet of labels in one row
RING_CURVES = 2  # sectors of a ring or pie, whose shares stand in its legend
RING_GAP = 2.5  # of the letters' size: between a ring and the shares beside its parts
RING_ROUND, RING_REACH, RING_ENTRIES = 0.9, 70, 2  # its sides; points to, and count of, entries
SHARE = re.compile(r"\d\s?%$")
"""Finds a share at the end of a line."""


def legend_entries(view: PageView, marks: Marks) -> list[Entry]:
    """Swatches with the words to their right and the lines or value under these; their colours."""
    small = marks.take(marks.small(view.scale))
    found = swatches_before(view.horizontal, small.boxes, ENTRY_GAP)
    under = _swatches_under(view.horizontal, small.boxes)
    if int(under.any(axis=1).sum()) >= MIN_UNDER:
        unnamed = np.asarray(~found.any(axis=1))
        found = found | (under & unnamed[:, None])
    beside = list(zip(view.horizontal, found, strict=True))
    plain = [line for line, which in beside if not which.any()]
    entries = []
    for line, which in beside:
        if not line.is_number:
            words = [line.box, *(x.box for x in _rest(line, plain))]
            for k in np.flatnonzero(which):
                x0, y0, x1, y1 = (float(v) for v in small.boxes[k])
                entry = functools.reduce(union, words, (x0, y0, x1, y1))
                entries.append((entry, int(small.colours[k])))
    return entries


def in_legend(lines: list[Line], view: PageView) -> frozenset[int]:
    """The ids of the lines that a legend is made of: beside a swatch, or the rest of such a one.

    Args:
        lines: of the page, from the top.
        view: of the page.
    """
    named = view.have_swatch(lines)
    plain = [x for x, known in zip(lines, named, strict=True) if not known]
    first = [x for x, known in zip(lines, named, strict=True) if known]
    return ids(x for line in first for x in (line, *_rest(line, plain)))


def words_below(chart: Box, view: PageView) -> list[Line]:
    """The line under a chart that has no title over it: some houses set their captions there.

    Args:
        chart: its crop.
        view: of the page; what its legends say is no caption.
    """
    legend = in_legend(view.horizontal, view)
    lines = [x for x in view.horizontal if id(x) not in legend]
    under = [
        x
        for x in lines
        if x.box[1] >= chart[3] - LAST_ROW * x.size and x.box[0] < chart[2] and x.box[2] > chart[0]
    ]
    under.sort(key=lambda x: x.box[1])
    if not under or under[0].box[1] - chart[3] > UNDER * under[0].size:
        return []
    if len(under) > 1 and abs(under[1].box[1] - under[0].box[1]) < SIDE_BY_SIDE * under[0].size:
        return []  # labels side by side
    line, after = under[0], next((x for x in under[1:] if x.box[1] > under[0].box[3] - 1), None)
    near = after is not None and after.box[1] - line.box[3] < SIDE_BY_SIDE * line.size
    goes_on = near and after is not None and after.style == line.style
    words = len(line.text.split())
    fits = (
        chart[0] - SIDE_BY_SIDE * line.size <= line.box[0] and line.box[2] <= chart[2] + line.size
    )
    if goes_on or line.is_number or line.is_source or not fits or not 1 < words <= CAPTION_WORDS:
        return []
    usual = sorted(x.size for x in lines)[len(lines) // 2]
    plain = not line.bold and line.size <= usual + SAME_SIZE  # else the heading of what follows
    return [line] if plain and line.text[0].isupper() and line.text[-1] not in ".:;" else []


def _swatches_under(lines: list[Line], swatches: Boxes) -> NDArray[np.bool_]:
    """Which of m swatches stand right under the middle of which of n lines of words: (n, m)."""
    boxes = np.array([x.box for x in lines]).reshape(-1, 4, 1)
    size = np.array([x.size for x in lines])[:, None]
    words = np.array([not x.is_number for x in lines], bool)[:, None]
    gap = swatches[:, 1] - boxes[:, 3]
    aside = np.abs(boxes[:, 0] + boxes[:, 2] - swatches[:, 0] - swatches[:, 2]) / 2
    wide = swatches[:, 2] - swatches[:, 0] > size  # a dash, and no point of a line
    return np.asarray(words & wide & (gap > -1) & (gap < size) & (aside < MIDDLE * size))


def _rest(line: Line, plain: list[Line]) -> Iterator[Line]:
    """The lines of an entry after its first."""
    for more in plain:
        if _runs_on(line, more):
            yield more
            line = more


def _runs_on(line: Line, more: Line) -> bool:
    """Whether a line is the next one of a legend entry, or the value under its words."""
    if abs(more.box[0] - line.box[0]) > INDENT or line.is_number:
        return False
    same = more.is_number or abs(more.size - line.size) < SAME_SIZE
    gap = VALUE_GAP if more.is_number else LINE_GAP
    return same and abs(more.box[1] - line.box[3]) < gap * line.size


def add_legends(regions: list[Region], entries: list[Entry], marks: Marks, view: PageView) -> None:
    """Sets the legend of each chart, in place.

    Args:
        regions: the charts of a page.
        entries: its legend entries.
        marks: those that may belong to charts.
        view: of the page.
    """
    if not regions:
        return
    free = [x for x in view.lines if not any(inside(x.box, box) for box, _ in entries)]
    prose = view.prose_ids
    texts = [x.box for x in free if id(x) in prose]
    bold = [x.box for x in free if x.bold and x.horizontal and not x.is_number]
    titles = [*bold, *(x.box for x in view.captions)]
    large = marks.take(~marks.small(view.scale) & (marks.forms != RULE)) if entries else Marks()
    barriers = [*map(tuple, large.boxes.tolist()), *texts]
    for region in regions:
        others = [r.core for r in regions if r is not region]
        region.legend = _with_legend(region, entries, others, (barriers, titles), view.scale)


def _with_legend(
    region: Region,
    entries: list[Entry],
    others: list[Box],
    between: tuple[list[Box], list[Box]],
    scale: float,
) -> Box:
    """The core and the legend entries in its colours, taken from the nearest on.

    No barrier (running text, the marks of another chart) and no other core may stand between, nor
    be nearer to the entry. A title parts what it heads from the legend of the chart over it.

    Args:
        region: the chart.
        entries: all of the page.
        others: cores of the other charts.
        between: the barriers, and titles.
        scale: of the page.
    """
    barriers, titles = between
    whole, far = region.core, LEGEND_REACH * scale
    own = [box for box, colour in entries if colour in region.colours]
    own = [b for b in own if not any(_is_over_title(b, o, whole, titles, far) for o in others)]
    apart = [o for o in others if not any(_is_over_title(b, whole, o, titles, far) for b in own)]
    own = [b for b in own if not any(_is_nearer(b, o, whole) for o in apart)]
    barriers = [x for x in barriers if not inside(x, whole)] if own else []
    near = any(distance(b, whole) <= LEGEND_REACH * scale for b in own)
    if not near:
        own = [b for b in own if _is_level(b, whole)]
        own = own if len(own) >= FAR_ENTRIES else []
    reach = (LEGEND_REACH if near else FAR_LEGEND) * scale
    for _ in range(len(own)):
        nearest_first = sorted(own, key=functools.partial(distance, whole))
        free = (b for b in nearest_first if _is_free(b, whole, others, barriers, reach))
        nearest = next(free, None)
        if nearest is None:
            break
        whole = union(nearest, whole)
        own.remove(nearest)
    return whole


def _is_over_title(entry: Box, upper: Box, lower: Box, titles: list[Box], far: float) -> bool:
    """Whether an entry stands under one chart, and over the title of the chart below it."""
    if not upper[3] <= entry[1] <= upper[3] + far or entry[3] > lower[1]:
        return False
    return any(
        entry[3] <= t[3] and t[1] <= lower[1] and t[0] < lower[2] and lower[0] < t[2]
        for t in titles
    )


def _is_nearer(entry: Box, other: Box, core: Box) -> bool:
    """Whether an entry belongs to another chart: nearer to it, and level with it if with one."""
    if distance(entry, other) >= distance(entry, core):
        return False
    return _is_level(entry, other) or not _is_level(entry, core)


def _is_level(entry: Box, core: Box) -> bool:
    """Whether an entry stands beside a chart, or over or under it, and not at a corner."""
    x, y = (entry[0] + entry[2]) / 2, (entry[1] + entry[3]) / 2
    return core[0] <= x <= core[2] or core[1] <= y <= core[3]


def _is_free(entry: Box, whole: Box, others: list[Box], barriers: list[Box], reach: float) -> bool:
    """Whether an entry is near a chart and nothing stands between them."""
    if distance(entry, whole) > reach:
        return False
    both = union(entry, whole)
    if any(overlap(both, o) > overlap(whole, o) for o in others):
        return False
    return not any(inside(x, both) for x in barriers)


def is_ring(region: Region, view: PageView) -> bool:
    """Whether curves are as wide as high and entries of a legend stand beside: a small donut.

    Args:
        region: its legend known.
        view: of the page.
    """
    curves = view.marks.boxes[view.marks_in(region.core) & (view.marks.forms == CURVE)]
    if len(curves) < RING_CURVES:
        return False
    box = (*curves[:, :2].min(axis=0).tolist(), *curves[:, 2:].max(axis=0).tolist())
    least, most = sorted((box[2] - box[0], box[3] - box[1]))
    places = (widen(box, RING_REACH * view.scale), region.legend)
    words = [x for x in view.horizontal if not inside(x.box, box)]
    near = [x for x in words if any(inside(x.box, place) for place in places)]
    named = int(view.have_swatch(near).sum()) >= RING_ENTRIES
    shares = (SHARE.search(x.text) and distance(x.box, box) < x.size * RING_GAP for x in near)
    round_ = least > max(RING_ROUND * most, MIN_SHORT_SIDE * view.scale)
    return round_ and (named or sum(map(bool, shares)) >= RING_ENTRIES)
