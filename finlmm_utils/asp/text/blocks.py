"""Clean text blocks of a report in reading order: paragraphs, headings, tables, captions.

Lines of the PDF become paragraphs, tables become rows and columns; each block knows its page and
box. What repeats from page to page is told by `finlmm_utils.asp.text.furniture`.

Thresholds are our choice, read off the pages of real reports.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Mapping, Sequence

from finlmm_utils.asp.page.boxes import inside, union
from finlmm_utils.asp.page.page import Line, prose_length
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Block, Box
from finlmm_utils.asp.tables.rows import table_text
from finlmm_utils.asp.text.order import reading_order
from finlmm_utils.asp.text.words import clean, join_lines
from finlmm_utils.finance.references import CAPTION, TABLE_CAPTION

_BULLET = re.compile("[•▪■●◆►➢◦‣\uf0b7\uf0a7\uf0d8]")

_SENTENCE_END = re.compile(r"[.!?:。！？：]$")
_NO_HEADING_END = re.compile(r"[.;,。；，]$")

Unit = tuple[str, Box, str]  # kind, box, text

INSIDE = 0.8  # share of a line inside a figure or a table that makes it a part of it
USUAL_SIZE = 10.0  # points: letters of a page without text
NEAR_GROUPS = 6  # last paragraphs that a line may continue: columns may alternate line by line
# Shares of the letters' size, between lines of one paragraph.
SAME_SIZE = 0.12  # by which their sizes may differ
SAME_ROW = 0.35  # between the feet of pieces of one row
ROW_GAP = 1.5  # between the pieces of one row; columns stand further apart
LINE_OVERLAP, LINE_GAP = 0.6, 0.65  # by which they may overlap, and stand apart
SPACED_GAP = 1.3  # by which they may stand apart in a text of wide spacing
PROSE = 25  # a line that is as wide, as its next one, and ends no sentence is of a text
END_GAP = 0.25  # gap below a line that ends a sentence early, above which a paragraph ends
# Shares of the width.
SHARED = 0.5  # of the narrower one: how much two lines of a column share
EARLY = 0.25  # of the paragraph's: a line that ends so far from its right edge ends early
# Captions and headings.
CAPTION_WORDS = 40  # words from which a text that begins "Figure 3" is a sentence on it
LARGER = 1.12  # times the size of most letters of the page, from which a line may be a heading
HEADING_WORDS, HEADING_LINES = 16, 3  # most words and lines of a heading


def page_blocks(
    view: PageView, figure_boxes: Sequence[Box], words: Mapping[str, int]
) -> list[Block]:
    """The blocks of a page in reading order, indices from 0 on this page.

    Args:
        view: of the page, which knows its tables and what repeats on other pages.
        figure_boxes: boxes of figures; the labels inside belong to the figure, not to the text.
        words: the report's `vocabulary`, which says how to join a word that a line end cut.

    Returns:
        Blocks of every kind; furniture comes last.
    """
    body, edge = _body_and_edge(view, figure_boxes)
    tables, body = _tables(body, view.tables)
    units = tables + _texts(body, words)
    ordered = [units[i] for i in reading_order([box for _, box, _ in units], view.scale)]
    ordered += [("furniture", x.box, text) for x in edge if (text := clean(x.text))]
    return [
        Block(page=view.number, index=i, kind=kind, text=text, box=box)  # type: ignore[arg-type]
        for i, (kind, box, text) in enumerate(ordered)
    ]


def _body_and_edge(view: PageView, figure_boxes: Sequence[Box]) -> tuple[list[Line], list[Line]]:
    """The lines outside figures: text, and what repeats or lies on its side."""
    body: list[Line] = []
    edge: list[Line] = []
    for line in view.lines:
        if not any(inside(line.box, box, INSIDE) for box in figure_boxes):
            at_edge = id(line) in view.repeated or not line.horizontal
            (edge if at_edge else body).append(line)
    return body, edge


def _tables(body: list[Line], tables: list[Box]) -> tuple[list[Unit], list[Line]]:
    """The tables of a page, and the lines that are in none."""
    units: list[Unit] = []
    for box in tables:
        cells = [x for x in body if inside(x.box, box, INSIDE)]
        if cells:
            units.append(("table", box, table_text(cells, clean)))
            body = [x for x in body if not inside(x.box, box, INSIDE)]
    return units, body


def _texts(body: list[Line], words: Mapping[str, int]) -> list[Unit]:
    """The paragraphs, headings and captions of a page."""
    normal = _body_size(body)
    units: list[Unit] = []
    for lines in _paragraphs(body):
        text = join_lines(lines, words)
        if text:
            box = functools.reduce(union, (x.box for x in lines))
            units.append((_kind(text, lines, normal), box, text))
    return units


def _body_size(lines: list[Line]) -> float:
    """The size of most letters, points."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else USUAL_SIZE


def _paragraphs(lines: list[Line]) -> list[list[Line]]:
    """Groups lines into paragraphs: same column, same size, small gap."""
    groups: list[list[Line]] = []
    for line in lines:
        for group in reversed(groups[-NEAR_GROUPS:]):
            if _continues(group, line):
                group.append(line)
                break
        else:
            groups.append([line])
    return groups


def _continues(group: list[Line], line: Line) -> bool:
    """Whether a line is the next one of a paragraph."""
    last = group[-1]
    size = max(last.size, line.size)
    if _BULLET.match(line.text) or abs(last.size - line.size) > SAME_SIZE * size:
        return False
    if abs(last.box[3] - line.box[3]) < SAME_ROW * size:
        return 0 <= line.box[0] - last.box[2] + 1 < ROW_GAP * size  # letters may touch
    if last.bold != line.bold and all(x.bold == last.bold for x in group):
        return False
    gap = line.box[1] - last.box[3]
    most = SPACED_GAP if _runs_on(last, line, size) else LINE_GAP
    if not -LINE_OVERLAP * size < gap < most * size or line.box[1] <= last.box[1]:
        return False
    left, right = min(x.box[0] for x in group), max(x.box[2] for x in group)
    shared = min(right, line.box[2]) - max(left, line.box[0])
    if shared < SHARED * min(right - left, line.box[2] - line.box[0]):
        return False
    early = last.box[2] < right - EARLY * (right - left)
    return not (early and _SENTENCE_END.search(last.text) and gap > END_GAP * size)


def _runs_on(last: Line, line: Line, size: float) -> bool:
    """Whether a line is full and its sentence goes on: official texts are set at double spacing."""
    wide = last.box[2] - last.box[0] > PROSE * size and last.box[2] > line.box[2] - size
    return wide and not _SENTENCE_END.search(last.text)


def _kind(text: str, lines: list[Line], normal: float) -> str:
    """What a paragraph is: `caption`, `heading` or `text`.

    Args:
        text: of the paragraph.
        lines: of which it is made.
        normal: the size of most letters of the page, points.
    """
    if CAPTION.match(text) or TABLE_CAPTION.match(text):
        short = prose_length(text) < CAPTION_WORDS and "。" not in text[:-1]
        return "caption" if short else "text"
    strong = all(x.bold for x in lines) or max(x.size for x in lines) > LARGER * normal
    short = len(lines) <= HEADING_LINES and prose_length(text) <= HEADING_WORDS
    if strong and short and not _NO_HEADING_END.search(text):
        return "heading" if re.search(r"[^\W\d]", text) else "text"
    return "text"
