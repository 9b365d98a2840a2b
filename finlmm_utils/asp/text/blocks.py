"""Clean text blocks of a report in reading order: paragraphs, headings, tables, captions.

Lines of the PDF become paragraphs, tables become rows and columns; each block knows its page and
box. What repeats from page to page is told by `finlmm_utils.asp.text.furniture`.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping

from finlmm_utils.asp.page.boxes import inside, union
from finlmm_utils.asp.page.page import Line, Page, prose_length
from finlmm_utils.asp.records import Block, Box
from finlmm_utils.asp.tables.detect import table_boxes
from finlmm_utils.asp.tables.rows import table_text
from finlmm_utils.finance.references import CAPTION, TABLE_CAPTION

_BOILERPLATE = re.compile(
    r"forward[- ]looking (statements?|information)|safe harbou?r|indicate by check mark|"
    r"commission file number|pursuant to the requirements of|incorporated (herein )?by reference|"
    r"all rights reserved|^/s/|power of attorney|免责[声申]明|免责条款|分析师声明|分析师承诺|"
    r"评级说明|法律声明|版权所有|未经.{0,12}许可",
    re.I,
)
_BOILERPLATE_HEADING = re.compile(
    r"^((part\s+[ivx]+\W*)?(item\s*\d+[a-z]?\W*)?)?(signatures?|exhibit index|index to exhibits|"
    r"exhibits?(,? (and )?financial statement schedules?)?|(legal )?disclaimers?|"
    r"safe harbou?r.*|.*forward[- ]looking (statements?|information).*|power of attorney|"
    r".*免责[声申]明.*|.*免责条款.*|.*分析师.*(声明|承诺).*|.*评级(说明|标准|体系).*|(重要|特别|法律)[声申]明)\W*$",
    re.I,
)
_SIGNED = re.compile("signature|exhibit", re.I)
BOILERPLATE_PAGES = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*(?!-$)(?![a-z])")
_SPACES = re.compile(r"\s+")
_LIGATURES = re.compile("[\ufb00-\ufb06]")
_ODD = {0xAD: None, 0xFFFD: None, 0x2010: "-", 0x2011: "-"}  # soft hyphen, no glyph, hyphens
_BULLET = re.compile("[•▪■●◆►➢◦‣\uf0b7\uf0a7\uf0d8]")
_CJK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")


def clean(text: str) -> str:
    r"""Normalises ligatures, odd spaces and soft hyphens; Chinese punctuation stays as it is.

    Examples:
        >>> clean("pro\ufb01t\u00a0 rose")
        'profit rose'
    """
    if not text.isascii():
        text = _LIGATURES.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)
        text = text.translate(_ODD)
    if not text.isprintable():  # false for controls, and for most spaces
        text = "".join(c for c in text if c == "\t" or unicodedata.category(c)[0] != "C")
    return _CJK.sub("", _SPACES.sub(" ", text)).strip()


def vocabulary(pages: list[Page]) -> Counter[str]:
    """Words of a report in lower case, compounds with their hyphens; what a line end cut is out."""
    words: Counter[str] = Counter()
    cut = False
    for page in pages:
        for line in page.lines:
            whole = line.text.lower()
            words.update(_WORDS.findall(whole.lstrip(_LETTERS) if cut else whole))
            cut = whole.endswith(("-", "\u00ad", "\u2010"))
    return words


def page_blocks(
    page: Page, figure_boxes: list[Box], furniture: set[int], words: Mapping[str, int]
) -> list[Block]:
    """The blocks of a page in reading order, indices from 0 on this page.

    Args:
        page: facts of the page.
        figure_boxes: boxes of figures; the labels inside belong to the figure, not to the text.
        furniture: indices of the lines that are headers, footers or page numbers.
        words: the report's `vocabulary`, which says how to join a word that a line end cut.

    Returns:
        Blocks of every kind; furniture comes last.
    """
    body: list[Line] = []
    edge: list[Line] = []
    for index, line in enumerate(page.lines):
        if any(inside(line.box, box, 0.8) for box in figure_boxes):
            continue
        (edge if index in furniture or not line.horizontal else body).append(line)
    units: list[tuple[str, Box, str]] = []
    for box in table_boxes(page):
        cells = [x for x in body if inside(x.box, box, 0.8)]
        if cells:
            units.append(("table", box, table_text(cells, clean)))
            body = [x for x in body if not inside(x.box, box, 0.8)]
    normal = _body_size(body)
    for lines in _paragraphs(body):
        text = _join(lines, words)
        if text:
            box = lines[0].box
            for line in lines:
                box = union(box, line.box)
            units.append((_kind(text, lines, normal), box, text))
    ordered = [units[i] for i in reading_order([u[1] for u in units], page.scale)]
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
    if _BULLET.match(line.text):
        return False
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


def _join(lines: list[Line], words: Mapping[str, int]) -> str:
    """Joins the lines of a paragraph; a word that was cut by a hyphen becomes one word again."""
    text = ""
    for line in lines:
        piece = clean(line.text)
        if not piece:
            continue
        if text and text[-1] in "-\u00ad" and re.search(r"\w.$", text) and piece[0].isalnum():
            text = _without_hyphen(text, piece, words) + piece
        elif not text or text[-1] >= "\u3000" or piece[0] >= "\u3000":
            text += piece
        else:
            text += " " + piece
        if line.text.endswith("\u00ad"):  # a soft hyphen is always the printer's
            text += "\u00ad"
    return clean(text)


def _without_hyphen(text: str, piece: str, words: Mapping[str, int]) -> str:
    """The text before a line end, its hyphen kept where the word is written with one.

    The report itself is asked: "three-" and "year" keep it if the report has "three-year"
    elsewhere, or both words and no "threeyear"; so do capitals, digits and longer compounds.
    """
    if text[-1] == "\u00ad":
        return text[:-1]
    before, after = re.search(r"[\w-]*$", text)[0], re.match(r"\w*", piece)[0]  # type: ignore[index]
    first, second = before[:-1].lower(), after.lower()
    if not after[0].islower() or not before[-2].isalpha() or "-" in before[:-1]:
        return text
    joined, compound = words.get(first + second, 0), words.get(f"{first}-{second}", 0)
    if joined or compound:
        return text[:-1] if joined >= compound else text
    return text if first in words and second in words else text[:-1]


def _kind(text: str, lines: list[Line], normal: float) -> str:
    if CAPTION.match(text) or TABLE_CAPTION.match(text):
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


def mark_boilerplate(blocks: list[Block]) -> None:
    """Marks what carries no facts, in place: single paragraphs, and whole sections by heading.

    A section ends at the next heading, or 3 pages after its own (a heading may be missed); the
    tables of signatures and of the exhibit index belong to it.

    Args:
        blocks: of a report, in reading order.
    """
    until, tables = 0, False
    for block in blocks:
        if block.kind == "heading":
            starts = _BOILERPLATE_HEADING.match(block.text)
            until = block.page + BOILERPLATE_PAGES if starts else 0
            tables = bool(starts and _SIGNED.search(block.text))
        within = block.page <= until
        prose = block.kind in ("text", "heading")
        marked = prose and (within or _BOILERPLATE.search(block.text))
        if marked or (block.kind == "table" and within and tables):
            block.kind = "boilerplate"


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
