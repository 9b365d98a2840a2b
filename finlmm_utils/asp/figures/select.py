"""Which regions are charts: by their form, by what is written in them, by what they lie in.

Thresholds are our choice, read off the pages of real reports; points are those of a letter page.
"""

from __future__ import annotations

import functools
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.figures.bars import are_tiles
from finlmm_utils.asp.figures.labels import find_caption
from finlmm_utils.asp.figures.legends import RING_CURVES, SHARE, is_ring
from finlmm_utils.asp.figures.regions import Region, is_large
from finlmm_utils.asp.page.boxes import area, distance, inside, overlap, union, widen
from finlmm_utils.asp.page.paths import CURVE, FILL, RULE
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables.grids import is_grid
from finlmm_utils.asp.tables.shading import is_shaded, is_treemap

LOW_WIDTH, LOW_HEIGHT = 100.0, 36.0  # points: least width and height of a chart of many marks
LABELLED_MARKS = 3  # bars, and numbers at them, of a chart that is large with its labels alone
BAR_WIDTH, UNLIKE = 0.3, 3  # share of the chart's width; points by which heights of bars differ
APART = 1  # points between two bars
VALUE_REACH = 28  # points between bars and their values or years
LOW_MARKS = 12  # bars and curves of a chart that is so low
STRIP = 9  # times as long as wide: a row of ornaments
PROSE_SHARE = 0.18  # share of a region's area under running text; a chart has a note at most
PROSE_LINES = 8  # lines of running text
IN_TABLE = 0.5  # share of a region's area in tables
FEW_CURVES = 1  # a table may be crossed by one stroke
TABLE_CAPTION = 30  # points between a table and the caption that calls it a figure
HEAD_GAP, HEAD_SHARED = 12, 0.7  # points to a table below; share of a head's width over it
MIN_FILLS = 2  # bars; one is a background
TABLE_NUMBERS = 30  # numbers between rules alone: of a table, one that lies on its side too
PANEL_FILLS, PANEL_WORDS = 4, 6  # fewer areas, and more lines of words, are panels of highlights
NUMBERS = 3  # of a chart: the ticks of an axis, or values
FEW_NUMBERS, SOME_CURVES = 2, 2  # enough together: a line with its first and last value
SCHEME_BOXES = 3  # boxes with words in a scheme, and lines of words in it
CAPTIONED_MARKS = 4  # marks from which a drawing with a caption is a figure
NUMBER_INSIDE = 0.5  # share of a number inside the region
BLEED = 2  # points, on any page, from its edges
OVER_PHOTO = 0.6  # share of the page's area of a picture on which text is set
NESTED = 0.7  # share of a region inside a larger one
IN_FRAME = 0.95  # share of a chart inside its frame
FRAME_GROWTH = 3.0  # times the chart's area; a larger frame holds more than the chart
OTHER_IN_FRAME = 0.2  # share of another chart inside the frame


def charts_among(regions: list[Region], view: PageView, drops: Counter[str]) -> list[Region]:
    """The regions that may be charts by their form, none inside another; their cores are set.

    Args:
        regions: candidates.
        view: of the page.
        drops: counts the others by reason, in place.
    """
    kept = []
    for region in regions:
        region.core = region.box
        reason = _no_chart(region, view)
        if reason == "table" and _is_captioned(region.box, view):  # the report calls it a figure
            region.kind, reason = "table", ""
            region.box = functools.reduce(union, _tables_at(region, view), region.box)
            region.core = region.box
        if reason:
            drops[reason] += 1
        else:
            kept.append(region)
    return _captioned_tables(_without_nested(kept), view)


def _captioned_tables(kept: list[Region], view: PageView) -> list[Region]:
    """The regions, and the tables set as text that a report numbers as figures, right above."""
    for table in view.tables:
        caption = find_caption(table, view)
        gap = table[1] - caption.box[3] if caption else -1.0
        taken = any(overlap(table, r.box) > OTHER_IN_FRAME * area(table) for r in kept)
        if 0 <= gap < TABLE_CAPTION / 2 * view.scale and not taken:
            kept.append(Region(table, "table", table))
    return kept


def _no_chart(region: Region, view: PageView) -> str:
    """Why a region is no chart by its form, or "" if it may be one."""
    box = region.box
    width, height = box[2] - box[0], box[3] - box[1]
    if region.kind == "vector" and not region.forms[CURVE] and _tables_at(region, view):
        return "table"  # the shaded head of one, however low
    labelled = _with_numbers(region, view)
    low = _is_low_chart(region, labelled, view.scale)
    if not (is_large(labelled, view.scale) or low or is_ring(region, view)):
        return "small"
    width, height = labelled[2] - labelled[0], labelled[3] - labelled[1]
    if max(width, height) > STRIP * min(width, height):
        return "strip"
    texts = [x.box for x in view.prose if inside(x.box, box)]
    if sum(area(x) for x in texts) > PROSE_SHARE * area(box) or len(texts) > PROSE_LINES:
        return "text"
    return "" if region.kind == "raster" else _no_drawn_chart(region, view)


def _with_numbers(region: Region, view: PageView) -> Box:
    """What is drawn of a few bars or a curve, with values over it and years below it."""
    if region.kind == "raster" or not _has_bars(region, view):
        return region.box
    around = widen(region.box, VALUE_REACH * view.scale)
    near = [x.box for x in view.numbers if inside(x.box, around) and id(x) not in view.in_table]
    return functools.reduce(union, near, region.box) if len(near) >= LABELLED_MARKS else region.box


def _has_bars(region: Region, view: PageView) -> bool:
    """Whether 3 narrow areas of a region stand apart, without words, of unlike heights or valued.

    Cells of a table touch, or are as high as each other and hold their values, or hold words.
    """
    marks, width = view.marks, region.box[2] - region.box[0]
    which = view.marks_in(region.box) & (marks.forms == FILL) & (marks.width < BAR_WIDTH * width)
    bars = marks.boxes[which]
    if len(bars) < LABELLED_MARKS or any(not x.is_number for x in view.lines_in(region.box)):
        return False
    bars = bars[np.argsort(bars[:, 0])]
    apart = (bars[1:, 0] - bars[:-1, 2] > APART * view.scale).all()
    unlike = np.ptp(bars[:, 3] - bars[:, 1]) > UNLIKE * view.scale
    return bool(apart and (unlike or all(_has_value(bar, view) for bar in bars)))


def _has_value(bar: NDArray[np.float32], view: PageView) -> bool:
    """Whether a number stands right over a bar, in its middle."""
    middle, reach = (bar[0] + bar[2]) / 2, VALUE_REACH / 2 * view.scale
    over = (x.box for x in view.numbers if -1 <= bar[1] - x.box[3] < reach)
    return any(abs((b[0] + b[2]) / 2 - middle) < (bar[2] - bar[0]) / 2 for b in over)


def _is_low_chart(region: Region, labelled: Box, scale: float) -> bool:
    """Whether a region that is too low for most charts is wide and has many bars or curves."""
    width, height = labelled[2] - labelled[0], labelled[3] - labelled[1]
    many = region.forms[FILL] + region.forms[CURVE] >= LOW_MARKS
    return many and width >= LOW_WIDTH * scale and height >= LOW_HEIGHT * scale


def _no_drawn_chart(region: Region, view: PageView) -> str:
    """Why drawn marks are a table, rules or a panel of words and no chart."""
    box, curves, fills = region.box, region.forms[CURVE], region.forms[FILL]
    if _is_table(region, view):
        return "table"
    held = view.lines_in(box)
    numbers = sum(x.is_number for x in held)
    if fills < MIN_FILLS:
        if curves <= FEW_CURVES and numbers > TABLE_NUMBERS:
            return "table"
        if not curves:
            return "rules only"
    areas = view.marks.boxes[view.marks_in(box) & (view.marks.forms == FILL)]
    values, words = ([x.box for x in held if x.is_number == yes] for yes in (True, False))
    if not curves and are_tiles(areas, values, words):
        return "text"
    panels = not curves and fills < PANEL_FILLS
    return "text" if panels and len(held) - numbers > PANEL_WORDS else ""


def _is_table(region: Region, view: PageView) -> bool:
    """Whether a region lies in tables of the page, or is shaded or ruled as one."""
    box = region.box
    if sum(overlap(box, t) for t in view.tables) > IN_TABLE * area(box):
        return True
    plain = region.forms[CURVE] <= FEW_CURVES
    shaded = (plain and is_shaded(box, view)) or is_grid(box, view)
    return shaded and not is_treemap(box, view)


def _is_captioned(box: Box, view: PageView) -> bool:
    """Whether a report numbers a table as a figure, right above it or below it."""
    caption = find_caption(box, view)
    return caption is not None and distance(caption.box, box) < TABLE_CAPTION * view.scale


def _tables_at(region: Region, view: PageView) -> list[Box]:
    """The tables of the page whose shaded head a region is: as wide, right above them."""
    x0, _, x1, y1 = region.box
    reach = HEAD_GAP * view.scale
    return [
        t
        for t in view.tables
        if -reach < t[1] - y1 < reach
        and min(t[2], x1) - max(t[0], x0) > HEAD_SHARED * (x1 - x0)
        and x0 <= t[0] + reach
    ]


def _without_nested(regions: list[Region]) -> list[Region]:
    kept: list[Region] = []
    for region in sorted(regions, key=lambda r: (-area(r.box), r.box)):
        if not any(overlap(region.box, k.box) > NESTED * area(region.box) for k in kept):
            kept.append(region)
    return kept


def fill_frames(regions: list[Region], frames: list[Box]) -> None:
    """Takes the frame around a chart as its box where the frame holds this chart alone."""
    for region in regions:
        others = [r.core for r in regions if r is not region]
        fitting = [f for f in frames if _is_frame_of(region.core, f, others)]
        if fitting:
            region.box = union(region.box, max(fitting, key=area))


def _is_frame_of(core: Box, frame: Box, others: list[Box]) -> bool:
    fits = inside(core, frame, IN_FRAME) and area(frame) <= FRAME_GROWTH * area(core)
    return fits and not any(overlap(o, frame) > OTHER_IN_FRAME * area(o) for o in others)


def has_labels(region: Region, view: PageView, drops: Counter[str]) -> bool:
    """Counts the numbers of a grown region and finds its caption; a chart has one or the other.

    Args:
        region: its numbers and caption are set, in place.
        view: of the page.
        drops: counts a region that has neither, in place.
    """
    region.numbers = _numbers(region, view)
    region.caption = find_caption(region.box, view)
    if region.kind == "vector" and _is_scheme(region, view):
        region.kind = "scheme"
    elif region.kind == "raster" and region.caption is None and _bleeds(region, view):
        drops["background"] += 1
        return False
    labelled = region.kind != "vector" or _is_labelled(region, view)
    if not labelled:
        drops["no numbers"] += 1
    return labelled


def _is_scheme(region: Region, view: PageView) -> bool:
    """Whether a drawing with a caption is boxes with words in them, and not a chart."""
    if region.caption is None or region.numbers >= NUMBERS:
        return False
    words = [x for x in view.lines_in(region.core) if not x.is_number]
    if len(words) < SCHEME_BOXES:
        return False
    marks = view.marks.boxes[view.marks_in(region.core) & (view.marks.forms != RULE)]
    middles = np.array([[(b[k] + b[k + 2]) / 2 for k in (0, 1)] for b in (x.box for x in words)])
    low, high = marks[:, None, :2], marks[:, None, 2:]
    held = ((low <= middles) & (middles <= high)).all(axis=2).any(axis=1)
    return int(held.sum()) >= SCHEME_BOXES


def _bleeds(region: Region, view: PageView) -> bool:
    """Whether a picture without numbers goes from edge to edge of its page, but does not fill it.

    A letterhead, a cover, a band; a scan or a slide fills its page.
    """
    x0, y0, x1, y1 = region.core
    if view.width > view.height:  # pictures on slides are as wide as these
        return False
    across = x0 < BLEED and x1 > view.width - BLEED
    down = y0 < BLEED and y1 > view.height - BLEED
    return across != down and region.numbers < NUMBERS


def _numbers(region: Region, view: PageView) -> int:
    """Numeric labels of a chart; 0 for text set over a photograph."""
    within = region.core if region.kind == "raster" else region.box  # a table beside a photograph
    if region.kind == "raster" and area(region.core) > OVER_PHOTO * view.width * view.height:
        return 0  # a chart so large has its numbers in its pixels
    return sum(inside(x.box, within, NUMBER_INSIDE) for x in view.numbers)


def _is_labelled(region: Region, view: PageView) -> bool:
    curves = region.forms[CURVE]
    if region.numbers >= NUMBERS or (region.numbers == FEW_NUMBERS and curves >= SOME_CURVES):
        return True
    inner = view.lines_in(region.legend, NUMBER_INSIDE)
    if is_ring(region, view):  # its parts are named, and read by their angles
        return True
    if curves >= RING_CURVES and any(SHARE.search(x.text) for x in inner):
        return True
    return region.caption is not None and sum(region.forms.values()) >= CAPTIONED_MARKS
