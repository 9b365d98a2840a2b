"""Clean text blocks of a report in reading order: paragraphs, headings, tables, captions.

Lines of the PDF become paragraphs; headers, footers and page numbers are found by repetition;
tables become rows and columns; each block knows its page and box.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

from finlmm_utils.asp.boxes import inside, union
from finlmm_utils.asp.figures import CAPTION
from finlmm_utils.asp.pages import Line, Page, prose_length
from finlmm_utils.asp.records import Block, Box
from finlmm_utils.asp.tables import table_boxes

MARGIN = 0.12  # share of the page at its edges where furniture stands
_TABLE_CAPTION = re.compile(r"^\s*(table\s*[A-Z]?\d+|表\s*[\d一二三四五六七八九十]+)", re.I)
_YEAR = re.compile(r"^(19|20)\d\d$")
_PAGE_NUMBER = re.compile(
    r"^(?!(19|20)\d\d$)[\s|–—-]*(page\s*)?\d{1,4}(\s*(/|of)\s*\d{1,4})?[\s|–—-]*$", re.I
)
_BOILERPLATE = re.compile(
    r"forward[- ]looking statements?|safe harbou?r|indicate by check mark|commission file number|"
    r"pursuant to the requirements of|incorporated (herein )?by reference|all rights reserved|"
    r"免责声明|免责条款|分析师声明|分析师承诺|评级说明|法律声明|版权所有",
    re.I,
)
_BOILERPLATE_HEADING = re.compile(
    r"^(signatures?|exhibit index|index to exhibits|exhibits?|disclaimer|safe harbou?r.*|"
    r".*forward[- ]looking statements?.*|.*免责声明.*|.*分析师.*声明.*|.*评级说明.*|重要声明)\W*$",
    re.I,
)
_SPACES = re.compile(r"[ \t\u00a0\u2000-\u200b\u202f\u3000]+")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_CJK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")


def clean(text: str) -> str:
    r"""Normalises ligatures, odd spaces and soft hyphens; Chinese punctuation stays as it is.

    Examples:
        >>> clean("pro\ufb01t\u00a0 rose")
        'profit rose'
    """
    if not text.isascii():
        text = _LIGATURES.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)
        text = text.replace("\u00ad", "").replace("\ufffd", "")
    if not text.isprintable():  # false for controls, and for most spaces
        text = "".join(c for c in text if c == "\t" or unicodedata.category(c)[0] != "C")
    return _CJK.sub("", _SPACES.sub(" ", text)).strip()


def find_furniture(pages: list[Page]) -> set[tuple[int, int]]:
    """Headers, footers and page numbers: text that repeats at the same place of the page's edge.

    Numbers of a table that reaches into the edge are none, nor is the year over a column: a year
    must stand on half of the pages.

    Returns:
        Pairs (page number, index of the line on its page).
    """
    seen: Counter[tuple[str, int, int]] = Counter()
    places = []
    for page in pages:
        keys = set()
        for index, line in enumerate(page.lines):
            if not _at_edge(line.box, page) or _is_cell(line, page):
                continue
            bare = line.text if _YEAR.match(line.text) else re.sub(r"\d+", "#", line.text)
            side = int(bare == "#" and line.box[0] + line.box[2] >= page.width)
            key = (bare, round(line.box[1] / (6 * page.scale)), side)
            places.append((page.number, index, key))
            keys.add(key)
        seen.update(keys)
    least = 3 if len(pages) > 3 else 2
    return {
        (number, index)
        for number, index, (bare, y, side) in places
        if sum(seen[(bare, y + d, side)] for d in (-1, 0, 1))
        >= (max(least, len(pages) // 2) if bare.isdigit() else least)
    }


def _at_edge(box: Box, page: Page) -> bool:
    return (
        box[3] < MARGIN * page.height
        or box[1] > (1 - MARGIN) * page.height
        or box[2] < 0.08 * page.width
        or box[0] > 0.92 * page.width
    )


def _is_cell(line: Line, page: Page) -> bool:
    return line.is_number and any(inside(line.box, box, 0.8) for box in table_boxes(page))


def page_blocks(page: Page, figure_boxes: list[Box], furniture: set[int]) -> list[Block]:
    """The blocks of a page in reading order, indices from 0 on this page.

    Args:
        page: facts of the page.
        figure_boxes: boxes of figures; the labels inside belong to the figure, not to the text.
        furniture: indices of the lines that are headers, footers or page numbers.

    Returns:
        Blocks of every kind; furniture comes last.
    """
    body: list[Line] = []
    edge: list[Line] = []
    for index, line in enumerate(page.lines):
        alone = _at_edge(line.box, page) and not _is_cell(line, page)
        number = alone and _PAGE_NUMBER.match(line.text)
        if index in furniture or number or not line.horizontal:
            edge.append(line)
        elif not any(inside(line.box, box, 0.8) for box in figure_boxes):
            body.append(line)
    units: list[tuple[str, Box, str]] = []
    for box in table_boxes(page):
        cells = [x for x in body if inside(x.box, box, 0.8)]
        if cells:
            units.append(("table", box, table_text(cells)))
            body = [x for x in body if not inside(x.box, box, 0.8)]
    normal = _body_size(body)
    for lines in _paragraphs(body):
        if text := _join(lines):
            box = lines[0].box
            for line in lines:
                box = union(box, line.box)
            units.append((_kind(text, lines, normal), box, text))
    ordered = [units[i] for i in reading_order([u[1] for u in units], page.scale)]
    ordered = _mark_boilerplate(ordered)
    ordered += [("furniture", x.box, clean(x.text)) for x in edge if clean(x.text)]
    return [
        Block(page=page.number, index=i, kind=kind, text=text, box=box)  # type: ignore[arg-type]
        for i, (kind, box, text) in enumerate(ordered)
    ]


def _body_size(lines: list[Line]) -> float:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def _paragraphs(lines: list[Line]) -> list[list[Line]]:
    """Groups lines into paragraphs: same column, same size, small gap."""
    groups: list[list[Line]] = []
    for line in lines:
        for group in reversed(groups[-6:]):
            if _continues(group, line):
                group.append(line)
                break
        else:
            groups.append([line])
    return groups


def _continues(group: list[Line], line: Line) -> bool:
    last = group[-1]
    size = max(last.size, line.size)
    if abs(last.size - line.size) > 0.12 * size:
        return False
    if abs(last.box[3] - line.box[3]) < 0.35 * size:  # on the same row
        return 0 <= line.box[0] - last.box[2] + 1 < 1.5 * size
    if last.bold != line.bold and all(x.bold == last.bold for x in group):
        return False
    gap = line.box[1] - last.box[3]
    if not -0.6 * size < gap < 0.65 * size or line.box[1] <= last.box[1]:
        return False
    left = min(x.box[0] for x in group)
    right = max(x.box[2] for x in group)
    shared = min(right, line.box[2]) - max(left, line.box[0])
    if shared < 0.5 * min(right - left, line.box[2] - line.box[0]):
        return False
    short_end = last.box[2] < right - 0.25 * (right - left) and re.search(
        r"[.!?:。！？：]$", last.text
    )
    return not (short_end and gap > 0.25 * size)


def _join(lines: list[Line]) -> str:
    """Joins the lines of a paragraph; a word broken by a hyphen becomes one word again."""
    text = ""
    for line in lines:
        piece = clean(line.text)
        if not piece:
            continue
        if not text:
            text = piece
        elif re.search(r"[a-z]-$", text) and re.match(r"[a-z]", piece):
            text = text[:-1] + piece
        elif text[-1] >= "\u3000" or piece[0] >= "\u3000":
            text += piece
        else:
            text += " " + piece
    return clean(text)


def _kind(text: str, lines: list[Line], normal: float) -> str:
    if CAPTION.match(text) or _TABLE_CAPTION.match(text):
        return "caption" if prose_length(text) < 40 else "text"
    size = max(x.size for x in lines)
    strong = all(x.bold for x in lines) or size > 1.12 * normal
    if (
        strong
        and prose_length(text) <= 16
        and len(lines) <= 3
        and not re.search(r"[.;,。；，]$", text)
    ):
        return "heading" if re.search(r"[^\W\d]", text) else "text"
    return "text"


def _mark_boilerplate(units: list[tuple[str, Box, str]]) -> list[tuple[str, Box, str]]:
    marked, section = [], False
    for kind, box, text in units:
        if kind == "heading":
            section = bool(_BOILERPLATE_HEADING.match(text))
        if kind in ("text", "heading") and (section or _BOILERPLATE.search(text)):
            kind = "boilerplate"
        marked.append((kind, box, text))
    return marked


def table_text(cells: list[Line]) -> str:
    """Rows and columns of a table as text: tabs between cells, newlines between rows.

    A currency sign joins the number after it, a closing bracket or percent sign the one before.
    """
    size = max(x.size for x in cells)
    rows: list[list[Line]] = []
    for line in sorted(cells, key=lambda x: (x.box[3], x.box[0])):
        if rows and abs(rows[-1][0].box[3] - line.box[3]) < 0.4 * size:
            rows[-1].append(line)
        else:
            rows.append([line])
    lines = []
    for row in rows:
        row.sort(key=lambda x: x.box[0])
        texts: list[str] = []
        for line in row:
            text = clean(line.text)
            if texts and (text in (")", "%", ")%", "%)") or texts[-1] in ("$", "€", "£", "¥", "(")):
                texts[-1] += text
            elif text:
                texts.append(text)
        lines.append("\t".join(texts))
    return "\n".join(lines)


def reading_order(boxes: list[Box], scale: float = 1.0) -> list[int]:
    """Order in which a person reads boxes of a page: bands from the top, columns from the left.

    A recursive cut (XY-cut): a vertical gap through all boxes splits columns; else the page is cut
    into bands, and bands that share a vertical gap are read together.

    Args:
        boxes: boxes of blocks, points.
        scale: of the page, for the least gap.

    Returns:
        Indices of the boxes, in reading order.
    """
    return _cut(list(range(len(boxes))), boxes, 5.0 * scale)


def _cut(items: list[int], boxes: list[Box], gap: float) -> list[int]:
    if len(items) < 2:
        return items
    columns = _split(items, boxes, 0, gap)
    if len(columns) > 1:
        return [i for column in columns for i in _cut(column, boxes, gap)]
    bands = _split(items, boxes, 1, -1.5)
    if len(bands) < 2:
        return sorted(items, key=lambda i: (round(boxes[i][1]), boxes[i][0]))
    merged: list[list[int]] = []
    for band in bands:
        if merged and len(_split(merged[-1] + band, boxes, 0, gap)) > 1:
            merged[-1] += band
        else:
            merged.append(band)
    return [i for band in merged for i in _cut(band, boxes, gap)]


def _split(items: list[int], boxes: list[Box], axis: int, gap: float) -> list[list[int]]:
    """Splits boxes where a gap runs through all of them along an axis (0: x, 1: y)."""
    ordered = sorted(items, key=lambda i: (boxes[i][axis], boxes[i][axis + 2]))
    parts: list[list[int]] = []
    end = float("-inf")
    for i in ordered:
        if not parts or boxes[i][axis] - end > gap:
            parts.append([i])
        else:
            parts[-1].append(i)
        end = max(end, boxes[i][axis + 2])
    return parts
