"""The words that stand out as titles of charts: over them, beside them, under other things.

Thresholds are our choice, in shares of the letters' size where no unit is named.
"""

from __future__ import annotations

import re

import numpy as np

from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page.boxes import area, inside
from finlmm_utils.asp.page.headings import is_heading, is_headline, text_size
from finlmm_utils.asp.page.page import Line, prose_length
from finlmm_utils.asp.page.paths import FILL
from finlmm_utils.asp.page.view import PageView

LARGER = 1.2  # times the size of the report's text, of the title of a slide
OVERLAP = 0.5  # by which two lines may reach into each other
FLUSH = 3  # points, on any page, between the left edges of two lines
CENTRED = 0.04  # share of a chart's width between its middle and that of its title
ABOUT_CENTRED = 0.08  # the same for a short one: a plot stands right of its axis' numbers
NARROW, SHORT = 0.9, 0.7  # times a chart's width: running text fills it
SET_APART = 0.8  # of the letters' size: no line of text is so near above a title
OTHER_SIZE = 0.4  # points by which a title of many words differs from the text of the page
ALIGNED = 16  # points, on any page, between the left edges of a chart and its title
LARGE = 1.15  # times the size of a chart's labels, of a title beside it
BESIDE, COLUMN = 40, 90  # points between a chart and the title at its left; in an empty column
BESIDE_OVER = 30  # points over low bars, where the title in an empty column beside them may begin
NUMBERS = 0.34  # most lines of a title beside a chart that are numbers: "of / $100 / in"
KICKER, KICKER_GAP = 0.6, 0.4  # times a bold line's size, least size of, and gap to, a line over it
OVER_HEADING = 2.0  # of a heading's size: between it and the title of a chart above it
LARGE_NUMBER = 1.5  # times the size of a chart's labels, from which a number is a highlight
KPI_BAND = 80  # points over a chart in which a highlight and what compares it may stand
SUBTITLE_GAP = 1.5  # between a caption and its subtitle
CAPITALS = 8  # letters of a line in capitals, from which it is no label
SLIDE_TOP = 0.25  # share of the height of a slide in which its title stands
MAIN = 0.7  # share of the area of all charts of a slide, of the one that it shows
_ENDS = re.compile(r"[。.；;：:，,、]$")  # of a sentence, or of a part of one
_TITLE_WORD = re.compile(r"[^\W\d_]{3}|[\u3400-\u9fff]{2}")
_DIGITS = re.compile(r"\S*\d\S*")
_DIGIT = re.compile(r"\d")


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
    return not _ENDS.search(line.text) and is_centred(line, chart)


def is_centred(line: Line, chart: Region) -> bool:
    """Whether the middle of a line is that of a chart, and the line no longer than it."""
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
    flush = abs(line.box[0] - chart.bare[0]) < ALIGNED
    return is_strong(line, chart) or (flush and _is_apart(line, chart, view))


def _is_apart(line: Line, chart: Region, view: PageView) -> bool:
    """Whether a line is neither of a paragraph nor a sentence, nor names a colour."""
    if _ENDS.search(line.text) or not opens(line.text) or view.have_swatch([line])[0]:
        return False
    if id(line) in view.prose_ids:
        least = LARGE * (_label_size(chart, view) or line.size)
        return is_headline(line, view) and line.size >= least
    near = -OVERLAP * line.size, SET_APART * line.size
    over = (x for x in view.prose if x is not line and abs(x.size - line.size) < OTHER_SIZE)
    return not any(near[0] < line.box[1] - x.box[3] < near[1] and _shares(x, line) for x in over)


def _shares(a: Line, b: Line) -> bool:
    return min(a.box[2], b.box[2]) > max(a.box[0], b.box[0])


def _label_size(chart: Region, view: PageView) -> float:
    """The size of the middle one of a chart's labels; 0 where there is none."""
    sizes = sorted(x.size for x in view.lines_in(chart.bare, 0.5))
    return sizes[len(sizes) // 2] if sizes else 0.0


def is_kicker(above: Line, line: Line, chart: Region, view: PageView) -> bool:
    """Whether a plain line right over a bold one begins its title: "Development of / net sales".

    Args:
        above: a line of the page.
        line: the bold one.
        chart: that it is over.
        view: of the page.
    """
    gap = line.box[1] - above.box[3]
    near = -OVERLAP * line.size < gap < KICKER_GAP * line.size
    flush = abs(above.box[0] - line.box[0]) < FLUSH
    if not (near and flush and KICKER * line.size <= above.size <= line.size):
        return False
    out = view.repeated | view.in_table | view.in_captions | view.prose_ids
    if above.bold or above.is_number or above.is_source or id(above) in out:
        return False
    return bool(_TITLE_WORD.search(above.text)) and _is_apart(above, chart, view)


def without_headings(title: list[Line], chart: Region, view: PageView) -> list[Line]:
    """A title without the heading of a section that stands between it and its chart.

    Args:
        title: lines from the top.
        chart: that they are over.
        view: of the page.
    """
    heads = [x for x in title if is_heading(x, view) and opens(x.text)]
    own = [x for x in title if x not in heads]
    if not heads or (own and own[0].box[1] > heads[0].box[1]):
        return title
    if own:
        return own
    first, out = heads[0], view.repeated | view.in_table | view.prose_ids
    near = OVER_HEADING * first.size
    above = [
        x
        for x in view.horizontal
        if 0 <= first.box[1] - x.box[3] < near and id(x) not in out and not x.is_source
        and opens(x.text) and x.style != first.style and not x.is_number and _shares(x, first)
    ]  # fmt: skip
    last = max(above, key=lambda x: x.box[3], default=None)
    return [last] if last and stands_out(last, chart, view) else title


def over_highlight(chart: Region, view: PageView) -> float:
    """The upper end of a large number over a chart, with small words that compare it, if any.

    Args:
        chart: its box has its labels.
        view: of the page.

    Returns:
        Points from the top of the page; the chart's upper end where there is no such number.
    """
    x0, y0, x1, _ = chart.box
    least = LARGE_NUMBER * (_label_size(chart, view) or text_size(view))
    band = (x0, y0 - KPI_BAND * view.scale, x1, y0)
    held = [x for x in view.numbers if inside(x.box, band) and _DIGIT.search(x.text)]
    large = [x for x in held if x.size >= least > 0]
    top = min((x.box[1] for x in large), default=y0)
    low = max((x.box[3] for x in large), default=y0)
    between = [x for x in view.lines_in((x0, low, x1, y0), 0.5) if x.bold or x.is_prose]
    return y0 if between else top


def is_firm(title: list[Line], chart: Region, view: PageView) -> bool:
    """Whether lines far above a chart are its title: strong ones, or a bold one and a subtitle.

    Args:
        title: lines from the top.
        chart: that they are over.
        view: of the page.
    """
    plain = [x for x in title if not is_strong(x, chart)]
    bold = title[0].bold and not any(id(x) in view.prose_ids for x in plain)
    return bold or not plain


def goes_under(line: Line, caption: Line) -> bool:
    """Whether words right under a caption are its subtitle: a unit, and no title of their own."""
    return not line.bold and 0 <= line.box[1] - caption.box[3] < SUBTITLE_GAP * line.size


def title_on_its_side(chart: Region, view: PageView) -> list[Line]:
    """The caption, or bold or large words, at the edge of a chart that lies on its side."""
    held = [x for x in view.lines_in(chart.bare, 0.5) if _TITLE_WORD.search(x.text)]
    sizes = sorted(x.size for x in held)
    if not held or any(x.horizontal for x in held):
        return []
    x0, _, x1, _ = chart.core
    aside = [x for x in held if x.box[2] <= x0 + x.size or x.box[0] >= x1 - x.size]
    captions = [x for x in aside if x.is_caption]
    aside = captions or [x for x in aside if x.bold or x.size >= LARGE * sizes[0]]
    aside = [x for x in aside if not is_heading(x, view)]
    near = min(aside, key=lambda x: max(x0 - x.box[2], x.box[0] - x1), default=None)
    return [near] if near else []


def title_beside(chart: Region, view: PageView) -> list[Line]:
    """Lines one under another at the left of a chart, larger than its labels: its title."""
    x0, y0, _, y1 = chart.bare
    left = chart.core[0]  # words left of it that look like no label may have been taken for one
    inner = sorted(x.size for x in view.lines_in(chart.bare, 0.5) if x.box[2] > left)
    least = LARGE * inner[len(inner) // 2] if inner else text_size(view)
    column = (x0 - 2 * COLUMN * view.scale, y0, x0, y1)
    empty = not any(inside(x.box, column, 0.5) for x in view.prose)
    near = x0 - (COLUMN if empty else BESIDE) * view.scale
    top = y0 - (BESIDE_OVER * view.scale if empty else 0)
    stacks: list[list[Line]] = []
    for line in sorted(view.horizontal, key=lambda x: x.box[1]):
        level = top < line.box[1] and line.box[3] < y1
        if not level or left - line.box[2] < -1 or line.size < least or id(line) in view.prose_ids:
            continue
        last = stacks[-1][-1] if stacks else None
        if last and last.style == line.style and _goes_below(last, line):
            stacks[-1].append(line)
        else:
            stacks.append([line])
    found = [x for x in stacks if max(line.box[2] for line in x) > near and _names(x)]
    return found[0] if len(found) == 1 else []


def _goes_below(above: Line, line: Line) -> bool:
    flush = abs(above.box[0] - line.box[0]) < FLUSH
    middle = abs(above.box[0] + above.box[2] - line.box[0] - line.box[2]) / 2 < FLUSH
    return line.box[1] - above.box[3] < SET_APART * line.size and (flush or middle)


def _names(lines: list[Line]) -> bool:
    """Whether lines one under another are a title by their words."""
    words = any(_TITLE_WORD.search(x.text) for x in lines)
    numbers = sum(x.is_number for x in lines)
    return words and numbers <= NUMBERS * len(lines) and opens(lines[0].text)


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
    title = [x for x in held if x.size == largest and x.size > LARGER * text_size(view)]
    return title if len({x.block for x in title}) == 1 else []


def leads(line: Line, lead: Line | None, view: PageView) -> bool:
    """Whether a line is of the sentence that leads to a chart: "Sales were as follows:".

    Args:
        line: over the chart.
        lead: the line below it that is of this sentence, or None.
        view: of the page.
    """
    if lead is None:
        return line.text.endswith((":", "：")) and id(line) in view.prose_ids and not line.bold
    return line.block == lead.block and line.style == lead.style


def said_words(line: Line) -> float:
    """Words of a line without its numbers: a subtitle of dates is long and still no text."""
    return prose_length(_DIGITS.sub("", line.text))
