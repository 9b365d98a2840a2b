"""Headings of a report's sections, units and names: what a line of a page is by its place.

Thresholds are our choice, in shares of the letters' size where no unit is named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from finlmm_utils.asp.page.page import Line, Style
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

LARGER = 1.2  # times the size of the report's text, from which a line may be a heading
PAGES = 2  # pages on which a style stands over text, to be one of headings
OVERLAP, GAP = 0.5, 1.5  # between a heading and the text below it, from and to
FLUSH = 3  # points, on any page, between the left edges of a heading and its text
TITLE_OVER = 0.5  # by which a title may reach into the line of the heading above it
TITLE_INTO = 1  # by which a title may reach into what is drawn
UNIT = 8  # characters of a unit
VALUE_GAP, VALUE_LARGER = 0.8, 1.15  # between a name and its value; most of its size beside it
HEADLINE, OTHER_SIZE = 3, 0.4  # lines of a message over a chart; points to the size of the text
_STOP = re.compile(r"[.。;；:：]$")
_WORD = re.compile(r"[^\W\d_]{3}")  # of a title: three letters
_NAMES = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")  # what no unit has


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


def is_heading(line: Line, view: PageView) -> bool:
    """Whether a line is set as the headings of the report are, or as a header, and larger."""
    if line.style in view.repeats.headings:
        return True
    alike = any(x.style == line.style for x in view.lines if id(x) in view.repeated)
    return alike and line.size > LARGER * text_size(view) > 0


def text_size(view: PageView) -> float:
    """The size of most of a page's running text; 0 where there is none."""
    sizes: Counter[float] = Counter()
    for line in view.prose:
        sizes[line.size] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def is_headline(line: Line, view: PageView) -> bool:
    """Whether long words are no text: alone, or one of a few lines of another size and no stop."""
    block = [x for x in view.lines if x.block == line.block]
    own = [x for x in block if x.style == line.style]
    other = abs(line.size - text_size(view)) >= OTHER_SIZE
    few = len(own) <= HEADLINE and not _STOP.search(own[-1].text)
    return len(block) == 1 or (few and other)


def is_unit(line: Line) -> bool:
    """Whether words are a unit alone: "€m" between a title and its chart."""
    return not line.is_number and len(line.text) <= UNIT and not _NAMES.search(line.text)


def has_value(line: Line, view: PageView) -> bool:
    """Whether a number of the same size stands right under words: the name of a slice or bar."""
    gap = VALUE_GAP * line.size
    under = [x for x in view.numbers if -gap / 2 < x.box[1] - line.box[3] < gap]
    under = [x for x in under if x.box[0] < line.box[2] and line.box[0] < x.box[2]]
    return any(x.size < VALUE_LARGER * line.size for x in under)
