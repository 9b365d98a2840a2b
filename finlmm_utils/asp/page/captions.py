"""Captions of a page as whole lines: what a PDF sets in pieces is joined.

A caption's number and words may be two lines on one baseline, its first letter a line of its own,
its words may go on in the next line. A line of running text that happens to begin with "Figure 3"
is none.

Thresholds are our choice, in shares of the letters' size where no unit is named.
"""

from __future__ import annotations

import functools
from dataclasses import replace

from finlmm_utils.asp.page.boxes import union
from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.records import Box
from finlmm_utils.finance.reference_clauses import begins_caption, begins_panel, without_label
from finlmm_utils.finance.references import FIGURE_NAME

BASELINE = 0.3  # between the feet of pieces of one line
PIECE_GAP = 3.0  # between the pieces of one line: a tab stands between number and words
LEADING = 0.6  # between two lines of one caption, or of one paragraph
SAME_SIZE = 0.1  # points between the font sizes of lines of one caption
FLUSH = 2.0  # points between the left edges, or the middles, of lines of one caption
SIDE_BY_SIDE = 2  # numbered titles in one row, which makes them those of panels
INDENT = 1.5  # by which a panel's title may stand right of what is drawn of it
LAST_LINES = 2  # further lines that a caption may have
SUBTITLE_GAP = 1.5  # between a caption and the line under it that belongs to its chart
SHORT = 0.6  # of the first line's width: a caption's line that is shorter does not go on
LONGER = 1.1  # of the first line's width: a longer line belongs to the text below


def captions_of(lines: list[Line]) -> list[tuple[Line, list[Line]]]:
    """The captions among the level lines of a page, each with the lines that it is made of."""
    found = []
    for line in lines:
        if not (line.is_caption or FIGURE_NAME.match(line.text)):
            continue
        pieces = [line, *_beside(line, lines)]
        whole = _joined(pieces)
        if begins_caption(whole.text) and not _is_inside_text(line, lines):
            pieces += _below(whole, pieces, lines)
            found.append((_joined(pieces), pieces))
    return found


def lines_over_unit(title: list[Line]) -> int:
    """Lines of a title over the unit in brackets under it, however many lines that one has.

    Args:
        title: lines from the top; the first, or the last, may be within the unit's brackets.
    """
    for k, line in enumerate(title):
        words = " ".join(x.text for x in title[k:])
        if line.text.startswith(("(", "（")) and _depth(words[:-1]) > 0:
            return k
    return len(title) if _depth(" ".join(x.text for x in title)) >= 0 else 0


def subtitle_of(caption: Line, below: Box, lines: list[Line]) -> list[Line]:
    """The line between a caption and its chart: a unit, a span; none where running text stands.

    Args:
        caption: over the chart.
        below: the chart.
        lines: level ones of the page.
    """
    between = [
        x
        for x in lines
        if caption.box[3] - BASELINE * x.size <= x.box[1] and x.box[3] <= below[1] + x.size
        and x.box[0] < caption.box[2] and x.box[2] > caption.box[0]
    ]  # fmt: skip
    if len(between) != 1 or between[0].bold or between[0].is_number:
        return []
    line = between[0]
    near = line.box[1] - caption.box[3] < SUBTITLE_GAP * line.size
    fits = line.box[2] - line.box[0] <= below[2] - below[0] and line.text[-1] not in ".:;。：；"
    flush = abs(line.box[0] - caption.box[0]) <= FLUSH
    middle = abs(line.box[0] + line.box[2] - caption.box[0] - caption.box[2]) <= 2 * FLUSH
    return between if near and fits and (flush or middle) else []


def panel_cells(lines: list[Line], width: float, height: float) -> list[Box]:
    """The parts of a page that numbered titles of panels head, where some stand side by side.

    Args:
        lines: level ones of the page.
        width: of the page.
        height: of the page.

    Returns:
        A box for each title, from the title to the next one at its right and the next row of them.
    """
    heads = [x for x in lines if x.bold and begins_panel(x.text)]
    rows: list[list[Line]] = []
    for head in sorted(heads, key=lambda x: x.box[1]):
        if (
            rows
            and head.box[1] - rows[-1][0].box[1] < head.size
            and head.style == rows[-1][0].style
        ):
            rows[-1].append(head)
        else:
            rows.append([head])
    if max(map(len, rows), default=0) < SIDE_BY_SIDE:
        return []
    cells = []
    ends = [row[0].box[1] for row in rows[1:]] + [height]
    for row, end in zip(rows, ends, strict=True):
        row.sort(key=lambda x: x.box[0])
        edges = [0.0, *(x.box[0] - INDENT * x.size for x in row[1:]), width]
        cells += [(edges[k], x.box[1], edges[k + 1], end) for k, x in enumerate(row)]
    return cells


def _depth(text: str) -> int:
    """Brackets that a text opens and does not close."""
    return sum((c in "(（") - (c in ")）") for c in text)


def _joined(pieces: list[Line]) -> Line:
    """The pieces of a caption as one line."""
    text = " ".join(x.text for x in pieces)
    box = functools.reduce(union, (x.box for x in pieces))
    return replace(pieces[0], text=text, box=box, size=max(x.size for x in pieces))


def _beside(line: Line, lines: list[Line]) -> list[Line]:
    """What follows a line on its baseline, without another caption."""
    level = [x for x in lines if abs(x.box[3] - line.box[3]) <= BASELINE * line.size]
    pieces, end = [], line.box[2]
    for x in sorted(level, key=lambda x: x.box[0]):
        if x is line or x.box[0] < end - 1:
            continue
        if x.box[0] - end > PIECE_GAP * line.size or x.is_caption:
            break
        pieces.append(x)
        end = x.box[2]
    return pieces


def _below(whole: Line, pieces: list[Line], lines: list[Line]) -> list[Line]:
    """The further lines of a caption: set alike, right below, flush left or centred."""
    more: list[Line] = []
    last, width = whole, whole.box[2] - whole.box[0]
    while len(more) < LAST_LINES:
        following = [x for x in lines if x not in pieces and _goes_on(last, x)]
        # A line that ends early is a caption's last, unless a bracket follows: its unit or span.
        early = last.box[2] - last.box[0] < SHORT * width
        if not more and not without_label(whole.text).strip():  # its number is all of it so far
            following = [x for x in lines if x not in pieces and _is_words_of(whole, x)]
            if not following:
                break
            last, width = following[0], following[0].box[2] - following[0].box[0]
            more.append(last)
            continue
        if not following or early or following[0].box[2] - following[0].box[0] > LONGER * width:
            break
        last = following[0]
        more.append(last)
    return more


def _is_words_of(label: Line, line: Line) -> bool:
    """Whether a line right below a caption's number, flush with it, holds its words."""
    if line.is_number or line.is_source or line.is_caption or line.block != label.block:
        return False
    near = -BASELINE * label.size < line.box[1] - label.box[3] < LEADING * label.size
    flush = abs(line.box[0] - label.box[0]) < FLUSH
    off = abs(line.box[0] + line.box[2] - label.box[0] - label.box[2]) / 2
    return near and (flush or off < FLUSH)


def _goes_on(last: Line, line: Line) -> bool:
    alike = abs(line.size - last.size) < SAME_SIZE and line.bold == last.bold
    if not alike or line.is_number or line.is_source or line.is_caption:
        return False
    near = -BASELINE * last.size < line.box[1] - last.box[3] < LEADING * last.size
    flush = abs(line.box[0] - last.box[0]) < FLUSH
    middle = abs(line.box[0] + line.box[2] - last.box[0] - last.box[2]) / 2 < FLUSH
    return near and (flush or middle) and line.block == last.block


def _is_inside_text(line: Line, lines: list[Line]) -> bool:
    """Whether running text stands right above a line, set alike and flush left: it goes on."""
    return any(
        x.is_prose and abs(x.box[0] - line.box[0]) < FLUSH and _is_right_above(x, line)
        for x in lines
    )


def _is_right_above(above: Line, line: Line) -> bool:
    alike = abs(above.size - line.size) < SAME_SIZE and above.bold == line.bold
    gap = line.box[1] - above.box[3]
    return alike and above.block == line.block and -BASELINE * line.size < gap < LEADING * line.size
