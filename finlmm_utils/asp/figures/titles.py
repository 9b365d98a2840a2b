"""The title of a chart, and how it comes into the picture.

A policy sees pictures only: a crop without its title can't be told from its neighbour's. The title
is the report's caption of this chart alone, else the words over it that stand out. Where it is near
and nothing else stands between, the crop reaches over it; else it is to be drawn over the crop.

Thresholds are our choice, read off the pages of real reports; points are those of a letter page.
"""

from __future__ import annotations

import functools
import re
from collections import Counter

import numpy as np

from finlmm_utils.asp.figures.labels import drop_band, is_said, title_bands
from finlmm_utils.asp.figures.legends import in_legend, words_below
from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.figures.title_words import (
    goes_under,
    is_firm,
    is_kicker,
    is_marked,
    is_strong,
    leads,
    opens,
    over_highlight,
    said_words,
    stands_out,
    title_beside,
    title_of_slide,
    title_on_its_side,
    without_headings,
)
from finlmm_utils.asp.page.boxes import inside, newly_covered, union
from finlmm_utils.asp.page.captions import lines_over_unit, subtitle_of
from finlmm_utils.asp.page.headings import has_value, is_heading, is_unit
from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box
from finlmm_utils.finance.reference_clauses import begins_panel

REACH = 26  # points between a crop and its title, beyond which it must be strong
FAR = 72  # points beyond which no line is a title
OVER_LEAD = 3  # of the letters' size: between a title and the sentence that leads to the chart
INTO = 0.5  # of the letters' size: by which a title may reach into what is drawn
LARGER = 1.15  # times the size of a chart's labels, from which words stand out
WIDE = 1.2  # times a chart's width: a bold title may pass it
LEADING = 0.8  # of the letters' size: between two lines of a title
LINES = 4  # lines of a title with its subtitle
ROOM = 0.4  # share of the page's width in which a ring may stand centred under its title
SUBTITLE = 14  # words from which lines that do not stand out are text and no subtitle
FLUSH = 12  # points, on any page, between the left edges, or middles, of the lines of a title
ROW = 4  # points, on any page: lines whose tops differ by less stand in one row
COVERED = 0.03  # share of another chart that a growing crop may cover more of
HELD = 0.5  # share of a line inside a crop, to be in it
BAND = 30  # points over a chart in which large numbers may stand between it and its title
_WORD = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")  # of a title
_OPEN, _CLOSED = re.compile("[(（]"), re.compile("[)）]")
_HAN = re.compile("[\u3400-\u9fff]")


def add_titles(charts: list[Region], view: PageView) -> None:
    """Sets the title of each chart, and grows its box over it where it can; in place.

    Args:
        charts: of a page, their boxes grown by labels.
        view: of the page.
    """
    for chart in charts:
        chart.bare = chart.box
        drop_band(chart, view)
    for chart in sorted(charts, key=lambda c: c.core[1]):  # a title above tells of those below
        own, caption = without_headings(_own_title(chart, view), chart, view), chart.caption
        # Of a Chinese report, the caption is the title, whatever else is bold in the picture.
        if caption is not None and own and goes_under(own[0], caption):
            chart.title, known = [caption, *own], is_said(caption, chart, view)
        elif caption is not None and (not own or is_chinese_caption(caption)):
            chart.title = [caption, *subtitle_of(caption, chart.bare, view.horizontal)]
            known = is_said(caption, chart, view)
        else:
            chart.title = own or _title_by_place(chart, charts, view)
            known = all(inside(x.box, chart.box, HELD) for x in chart.title)
        if not known:
            _show(chart, charts, view)


def _title_by_place(chart: Region, charts: list[Region], view: PageView) -> list[Line]:
    """The title of a chart in which no words stand out by size or weight, by where they stand."""
    weak = _weak_title(chart, view)
    if weak and is_strong(weak[0], chart):
        over = _title_above(chart, charts, view)  # of which this may be the subtitle
        near = bool(over) and weak[0].box[1] - over[-1].box[3] < LEADING * weak[0].size
        return [*over, *weak] if near else weak
    over, beside = _title_above(chart, charts, view), title_beside(chart, view)
    if beside and all(is_heading(x, view) for x in over):
        return beside
    found = without_headings(over, chart, view) or weak or title_on_its_side(chart, view)
    return found or title_of_slide(chart, charts, view) or words_below(chart.box, view)


def is_chinese_caption(line: Line) -> bool:
    """Whether a caption is in Chinese: it is the chart's title by the rule of all houses."""
    return bool(_HAN.search(line.text))


def _own_title(chart: Region, view: PageView) -> list[Line]:
    """The words over what is drawn of a chart that stand out among its labels, from the top."""
    held = [x for x in view.lines_in(chart.box, HELD) if x.horizontal]
    over = [x for x in held if _is_over(x, chart.core) and _WORD.search(x.text)]
    over = [x for x in over if not x.is_number and id(x) not in view.in_captions]
    sizes = [x.size for x in held if x not in over]
    usual = float(np.median(sizes)) if sizes else 0.0
    strong = [x for x in over if x.bold or (usual and x.size >= LARGER * usual)]
    if not strong:
        return []
    bands = title_bands(chart, view)
    strong = [x for x in strong if any(inside(x.box, b, HELD) for b in bands)] or strong
    first = max(strong, key=lambda x: (round(x.size), x.bold, -x.box[1]))
    first = _first_line(first, chart, view)
    below = [x for x in over if x.box[1] >= first.box[1] - 1]
    return _stack(first, sorted(below, key=lambda x: (x.box[1], x.box[0])))


def _weak_title(chart: Region, view: PageView) -> list[Line]:
    """The uppermost words in the crop of a chart whose title looks as its labels do."""
    held = [x for x in view.lines_in(chart.box, HELD) if x.horizontal and not x.is_number]
    over = [x for x in held if _is_over(x, chart.core) and _WORD.search(x.text)]
    plain = [x for x, named in zip(over, view.have_swatch(over), strict=True) if not named]
    rows = Counter(round(x.box[1] / ROW) for x in plain)
    # Words side by side are a legend, those that begin small go on from elsewhere.
    plain = [x for x in plain if rows[round(x.box[1] / ROW)] == 1 and not has_value(x, view)]
    if not plain:
        return []
    first = min(plain, key=lambda x: x.box[1])
    if not opens(first.text):
        return []
    return _stack(first, sorted(plain, key=lambda x: x.box[1]))


def _first_line(line: Line, chart: Region, view: PageView) -> Line:
    """The first of the lines right above a line that are set as it is, or one that leads to it."""
    for _ in range(LINES - 1):
        above = [x for x in view.horizontal if _is_right_above(x, line)]
        if not above:
            break
        line = above[0]
    return next((x for x in view.horizontal if is_kicker(x, line, chart, view)), line)


def _is_right_above(above: Line, line: Line) -> bool:
    subtitle = not line.bold and above.size >= line.size  # under a bold title, a little apart
    alike = (above.style == line.style or subtitle) and above.bold and not above.is_number
    gap = line.box[1] - above.box[3]
    flush = abs(above.box[0] - line.box[0]) < FLUSH
    middle = abs(above.box[0] + above.box[2] - line.box[0] - line.box[2]) / 2 < FLUSH
    near = -INTO * line.size < gap < LEADING * line.size / (1 if subtitle else 2)
    return alike and near and (flush or middle) and not above.is_caption


def _stack(first: Line, lines: list[Line]) -> list[Line]:
    """A first line and those right below each other under it that go on: see `_goes_on`.

    Args:
        first: of a title.
        lines: that may follow, from the top.
    """
    stack = [first]
    for line in lines:
        gap = line.box[1] - stack[-1].box[3]
        across = min(line.box[2], first.box[2]) - max(line.box[0], first.box[0])
        near = -INTO * line.size < gap < LEADING * max(line.size, first.size)
        if line is not first and near and across > 0 and lines_over_unit(stack) < LINES:
            if not _goes_on(stack, line):
                break
            stack.append(line)
    return stack


def _goes_on(stack: list[Line], line: Line) -> bool:
    """Whether a line is of a title: set alike, in brackets, or one line of a subtitle."""
    said = " ".join(x.text for x in stack)
    bracket = line.text.startswith(("(", "（"))
    if bracket or len(_OPEN.findall(said)) > len(_CLOSED.findall(said)):
        return True
    if stack[-1].style != stack[0].style:
        return False
    flush = abs(line.box[0] - stack[0].box[0]) < FLUSH
    middle = abs(line.box[0] + line.box[2] - stack[0].box[0] - stack[0].box[2]) / 2 < FLUSH
    return line.style == stack[0].style or flush or middle


def _is_over(line: Line, core: Box) -> bool:
    return line.box[3] <= core[1] + INTO * line.size


def _title_above(chart: Region, charts: list[Region], view: PageView) -> list[Line]:
    """The lines right above a crop that may be its title; values may stand between them.

    Lines that do not stand out count under one that does: a subtitle, a unit. A sentence that ends
    in a colon and leads to the chart may stand between.
    """
    top = _over_values(chart, view)
    others = [c for c in charts if c is not chart and not inside(c.core, chart.core)]
    title: list[Line] = []
    lead: Line | None = None
    over = (view.room_left_of(chart.bare, ROOM * view.width), *chart.bare[1:])
    legend = in_legend(view.horizontal, view)
    for line in sorted(view.horizontal, key=lambda x: -x.box[3]):
        gap, size = top - line.box[3], line.size
        within = over[0] <= line.box[0] and line.box[2] <= over[2]
        if gap < -INTO * size or not (within or _is_above(line, chart.bare)):
            continue
        near = LEADING * size if title else OVER_LEAD * size if lead else FAR * view.scale
        if gap > near or lines_over_unit(title) == LINES or len(title) == 2 * LINES:
            break
        if not title and (is_unit(line) or (id(line) in legend and not line.bold)):
            top = line.box[1]
            continue
        if not title and leads(line, lead, view):
            lead, top, over = line, line.box[1], union(over, line.box)
            continue
        if title and begins_panel(title[0].text):
            break
        aside = title and (line.box[2] <= title[0].box[0] or line.box[0] >= title[0].box[2])
        nearer = [c.core for c in others if not _is_titled_alike(c, line)]
        if aside or not _may_be_title(line, over, nearer, view):
            break  # something else stands between
        title.insert(0, line)
        top = line.box[1]
    while title and not stands_out(title[0], chart, view):
        title.pop(0)
    if title and _over_values(chart, view) - title[-1].box[3] > REACH * view.scale:
        firm = lead or is_marked(title[-1], chart, view) or is_firm(title, chart, view)
        title = title if firm else []
    plain = [x for x in title if not stands_out(x, chart, view)]
    in_brackets = bool(plain) and bool(_OPEN.match(plain[0].text))
    return title if in_brackets or sum(map(said_words, plain)) < SUBTITLE else []


def _is_above(line: Line, box: Box) -> bool:
    return line.box[2] > box[0] and line.box[0] < box[2]


def _over_values(chart: Region, view: PageView) -> float:
    """The upper end of a crop and of the large numbers right over it."""
    x0, y0, x1, _ = chart.box
    band = (x0, y0 - BAND * view.scale, x1, y0)
    numbers = (x.box[1] for x in view.numbers if inside(x.box, band))
    return min([y0, over_highlight(chart, view), *numbers])


def _may_be_title(line: Line, crop: Box, others: list[Box], view: PageView) -> bool:
    """Whether a line over a crop may be written for this chart: over it, and not another's label.

    A heading of a section may: where nothing else stands over a chart, it names the chart.
    """
    x0, y0, x1, _ = crop
    if line.is_number or line.is_source or not _WORD.search(line.text):
        return False
    if id(line) in view.repeated | view.in_table | view.in_captions:
        return False
    middle = (line.box[0] + line.box[2]) / 2
    if not x0 <= middle <= x1 or line.box[2] - line.box[0] > WIDE * (x1 - x0):
        return False
    gap = y0 - line.box[3]
    return not any(0 <= line.box[1] - o[3] < gap and o[0] < middle < o[2] for o in others)


def _is_titled_alike(other: Region, line: Line) -> bool:
    """Whether a chart has a title over it that is set as a line is: that is then the next one's."""
    over = bool(other.title) and other.title[0].box[3] <= other.core[1] + line.size
    alike = any(x.style == line.style for x in other.title)
    return over and line not in other.title and alike


# --- into the picture ---------------------------------------------------------------------------


def _show(chart: Region, charts: list[Region], view: PageView) -> None:
    """Grows the box of a chart over its title, or says that it is to be drawn."""
    at = functools.reduce(union, (x.box for x in chart.title))
    gap = max(chart.box[1] - at[3], at[1] - chart.box[3])
    if gap <= FAR * view.scale and _is_free(at, chart, charts, view):
        chart.box = union(chart.box, at)
    else:
        chart.drawn = True


def _is_free(title: Box, chart: Region, charts: list[Region], view: PageView) -> bool:
    """Whether a crop reaches its title without another chart, running text or a caption."""
    grown = union(chart.box, title)
    # The whole figure that a panel is of holds the panel's title as well: it is no other chart.
    for other in (x for x in charts if x is not chart and not inside(chart.core, x.core)):
        if newly_covered(grown, chart.box, other.core) > COVERED:
            return False
    texts = (x.box for x in (*view.prose, *view.captions) if not inside(x.box, title))
    return not any(inside(x, grown, HELD) and not inside(x, chart.box) for x in texts)
