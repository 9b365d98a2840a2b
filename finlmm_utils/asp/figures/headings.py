"""Headings of a report's sections, and the words that stand out as titles of its charts.

Thresholds are our choice, in shares of the letters' size where no unit is named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

import numpy as np

from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page.boxes import area, inside
from finlmm_utils.asp.page.page import Line, Style
from finlmm_utils.asp.page.paths import FILL
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

LARGER = 1.2  # times the size of the report's text, from which a line may be a heading
PAGES = 2  # pages on which a style stands over text, to be one of headings
OVERLAP, GAP = 0.5, 1.5  # between a heading and the text below it, from and to
FLUSH = 3  # points, on any page, between the left edges of a heading and its text
TITLE_OVER = 0.5  # by which a title may reach into the line of the heading above it
TITLE_INTO = 1  # by which a title may reach into what is drawn
# Words that stand out.
CENTRED = 0.04  # share of a chart's width between its middle and that of its title
ABOUT_CENTRED = 0.08  # the same for a short one: a plot stands right of its axis' numbers
NARROW, SHORT = 0.9, 0.7  # times a chart's width: running text fills it
SET_APART = 0.8  # of the letters' size: no line of text is so near above a title
OTHER_SIZE = 0.4  # points by which a title of many words differs from the text of the page
ALIGNED = 16  # points, on any page, between the left edges of a chart and its title
LARGE = 1.15  # times the size of a chart's labels, of a title beside it
BESIDE = 40  # points between a chart and the title at its left
CAPITALS = 8  # letters of a line in capitals, from which it is no label
SLIDE_TOP = 0.25  # share of the height of a slide in which its title stands
MAIN = 0.7  # share of the area of all charts of a slide, of the one that it shows
_ENDS = re.compile(r"[。.；;：:，,、]$")  # of a sentence, or of a part of one
_TITLE_WORD = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")
_WORD = re.compile(r"[^\W\d_]{3}")  # of a title: three letters


def heading_styles(views: Iterable[PageView]) -> set[Style]:
    """Styles in which a report heads its sections: larger than its text, over it on 2 pages."""
    views = list(views)
    sizes: Counter[float] = Counter()
    for line in (x for view in views for x in view.lines if x.is_prose):
        sizes[line.size] += len(line.text)
    if not sizes:
        return set()
    least = LARGER * sizes.most_common(1)[0][0]
    seen: Counter[Style] = Counter()
    for view in views:
        seen.update(_styles_over_text(view, least))
    return {style for style, count in seen.items() if count >= PAGES}


def _styles_over_text(view: PageView, least: float) -> set[Style]:
    """Styles of lines of at least a size that stand over smaller text."""
    large = [x for x in view.horizontal if x.size >= least and not x.is_number]
    prose = [x for x in view.lines if x.is_prose and x.size < least]
    return {x.style for x in large if any(_heads(x, text) for text in prose)}


def _heads(line: Line, text: Line) -> bool:
    """Whether a line stands right over another one, flush left."""
    gap = text.box[1] - line.box[3]
    over = -OVERLAP * line.size < gap < GAP * line.size
    return over and abs(text.box[0] - line.box[0]) < FLUSH


def heads_text_below(line: Line, core: Box, prose: list[Line]) -> bool:
    """Whether a line below a chart is the heading of the text that follows.

    Args:
        line: that may be a label.
        core: what is drawn of the chart.
        prose: the running text of the page.
    """
    if line.is_number or not line.horizontal or line.box[1] < core[3] or line.is_source:
        return False
    return any(_heads(line, text) and text.style != line.style for text in prose)


def is_title(line: Line, heading: Line, core: Box) -> bool:
    """Whether words stand between a heading and what is drawn of a chart, over its width.

    Args:
        line: near the chart.
        heading: a line over the chart in the style of a heading.
        core: what is drawn of the chart.
    """
    if line.is_number or not line.horizontal or line.style == heading.style:
        return False
    between = heading.box[3] - TITLE_OVER * line.size <= line.box[1]
    between = between and line.box[3] <= core[1] + TITLE_INTO * line.size
    over = core[0] <= (line.box[0] + line.box[2]) / 2 <= core[2]
    return between and over and bool(_WORD.search(line.text))


# --- titles of charts ---------------------------------------------------------------------------


def opens(text: str) -> bool:
    """Whether a text begins as a title does: with a capital, a digit or a Chinese character.

    Examples:
        >>> opens("Évolution du résultat"), opens("of the group")
        (True, False)
    """
    first = text[:1]
    return first.isupper() or first.isdigit() or "\u3400" <= first <= "\u9fff"


def is_strong(line: Line, chart: Region) -> bool:
    """Whether words are bold, in capitals, or centred over a chart: more than its text is."""
    letters = [c for c in line.text if c.isalpha()]
    if line.bold or (line.text.isupper() and len(letters) >= CAPITALS):
        return True
    if _ENDS.search(line.text):
        return False
    width = chart.core[2] - chart.core[0]
    middle = line.box[0] + line.box[2]
    off = min(abs(middle - x[0] - x[2]) / 2 for x in (chart.core, chart.bare))
    long = line.box[2] - line.box[0]
    centred = off < CENTRED * width and long < NARROW * width
    return centred or (off < ABOUT_CENTRED * width and long < SHORT * width)


def is_marked(line: Line, chart: Region, view: PageView) -> bool:
    """Whether words stand over a rule or on a band that is about as wide as a chart.

    Args:
        line: over the chart.
        chart: its box has its labels.
        view: of the page.
    """
    x0, _, x1, _ = chart.bare
    boxes = view.marks.boxes
    wide = np.minimum(boxes[:, 2], x1) - np.maximum(boxes[:, 0], x0) > NARROW * (x1 - x0)
    low = line.box[3] + SET_APART * line.size
    level = (boxes[:, 3] > line.box[1]) & (boxes[:, 3] < low)
    return bool((wide & level & (view.marks.forms <= FILL)).any())


def stands_out(line: Line, chart: Region, view: PageView) -> bool:
    """Whether a line over a chart is no running text: strong, or apart and flush with the chart.

    Args:
        line: over the chart.
        chart: its box has its labels.
        view: of the page.
    """
    return is_strong(line, chart) or (
        abs(line.box[0] - chart.bare[0]) < ALIGNED and _is_apart(line, chart, view)
    )


def _is_apart(line: Line, chart: Region, view: PageView) -> bool:
    """Whether a line is neither of a paragraph nor a sentence, nor names a colour."""
    if _ENDS.search(line.text) or not opens(line.text) or view.have_swatch([line])[0]:
        return False
    if id(line) in view.prose_ids:
        alone = sum(x.block == line.block for x in view.lines) == 1
        return alone and line.size >= LARGE * (_label_size(chart, view) or line.size)
    near = -OVERLAP * line.size, SET_APART * line.size
    over = (x for x in view.prose if x is not line and abs(x.size - line.size) < OTHER_SIZE)
    return not any(near[0] < line.box[1] - x.box[3] < near[1] and _shares(x, line) for x in over)


def _shares(a: Line, b: Line) -> bool:
    return min(a.box[2], b.box[2]) > max(a.box[0], b.box[0])


def _text_size(view: PageView) -> float:
    """The size of most of a page's running text; 0 where there is none."""
    sizes: Counter[float] = Counter()
    for line in view.prose:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _label_size(chart: Region, view: PageView) -> float:
    """The size of the middle one of a chart's labels; 0 where there is none."""
    sizes = sorted(x.size for x in view.lines_in(chart.bare, 0.5))
    return sizes[len(sizes) // 2] if sizes else 0.0


def title_beside(chart: Region, view: PageView) -> list[Line]:
    """Lines of one block at the left of a chart that are larger than its labels: its title."""
    x0, y0, _, y1 = chart.bare
    least = LARGE * _label_size(chart, view) or _text_size(view)
    blocks: dict[int, list[Line]] = {}
    for line in view.horizontal:
        gap = x0 - line.box[2]
        level = y0 < line.box[1] and line.box[3] < y1
        if level and gap >= -1 and line.size >= least and id(line) not in view.prose_ids:
            blocks.setdefault(line.block, []).append(line)
    near = x0 - BESIDE * view.scale
    found = [x for x in blocks.values() if max(line.box[2] for line in x) > near and _names(x)]
    return found[0] if len(found) == 1 else []


def _names(lines: list[Line]) -> bool:
    """Whether the lines of a block are a title by their words."""
    words = any(_TITLE_WORD.search(x.text) for x in lines)
    number = any(x.is_number for x in lines)
    return words and not number and opens(lines[0].text)


def title_of_slide(chart: Region, charts: list[Region], view: PageView) -> list[Line]:
    """The title of a slide, for the chart that it shows: the only one, or by far the largest.

    Args:
        chart: that wants a title.
        charts: all of the slide.
        view: of the slide.

    Returns:
        The lines of the title, or none.
    """
    main = area(chart.core) >= MAIN * sum(area(c.core) for c in charts)
    if not main or view.width <= view.height:
        return []
    top = (0.0, 0.0, view.width, min(SLIDE_TOP * view.height, chart.core[1]))
    held = [x for x in view.horizontal if inside(x.box, top) and _TITLE_WORD.search(x.text)]
    held = [x for x in held if id(x) not in view.repeated]
    largest = max((x.size for x in held), default=0.0)
    title = [x for x in held if x.size == largest and x.size > LARGER * _text_size(view)]
    return title if len({x.block for x in title}) == 1 else []
