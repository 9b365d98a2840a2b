"""What one page of a PDF holds, as MuPDF tells it: lines of text, images, vector paths.

Everything later (tables, figures, text) works on these facts and never on the PDF itself. Lengths
are compared with thresholds in points of a letter page, times `scale` (a slide deck of 1920 x 1080
points has scale 2). Thresholds are our choice where no comment says on what they were measured.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice

import pymupdf

from finlmm_utils.asp.page.paths import Marks, read_marks
from finlmm_utils.asp.records import Box
from finlmm_utils.finance.periods import PERIOD_ROW, QUARTER_LABEL, YEAR
from finlmm_utils.finance.reference_clauses import begins_caption
from finlmm_utils.finance.references import SOURCE

NUMBER = re.compile(  # also what OCR and typesetters break: "1 234", "12 5", "(3"
    r"^[\(\[~<>≈±+\-–−]*(US)?[$€£¥]?\s?[\(\-–−+]?\d[\d,.\s]*"
    r"(%|‰|x|×|bps?|bn|mn|m|k|p\.?p\.?|pts?|亿元?|万元?|元|倍|年|月|\s?(years?|months?|days?|times))?[\)\]]*$"
)
DATE_LABEL = re.compile(  # also a month alone: no period of a year is asked for, only its look
    rf"^({YEAR}([-/.]\d\d?){{0,2}}[EF]?|{QUARTER_LABEL}"
    r"|(Jan(uary)?|Feb(ruary)?|Mar(ch)?|Apr(il)?|May|June?|July?|Aug(ust)?|Sept?(ember)?"
    r"|Oct(ober)?|Nov(ember)?|Dec(ember)?)\.?([\s-]?['’]?\d{2,4})?)$"
)
_NO_VALUE = re.compile(r"^([–—-]{1,3}|n\.?/?[am]\.?|nil|\*+|\d{1,3}/\d{1,4}|[✓✔√×])$", re.I)
_CHINESE = re.compile("[\u3400-\u9fff]")
_NOTE_MARK = re.compile(r"^\s*[(\[]?(?:\d{1,2}|[A-Fa-f]|[*†‡§#]+)(?:\s?[,;]\s?\d{1,2})*[)\]]?\s*$")
"""The mark of a note: "1", "(2)", "1,2", "A", "†"."""
_POWER = re.compile(r"(?:^|[^\d.,])10$|\b(?:k?m|ft|cm|R)$")
"""What a raised digit makes another number or unit of: 10², m², R²."""
_BOLD = re.compile("bold|demi|heavy|[-,_]black", re.I)  # weights, as names of fonts say them
_LONG_WORD = re.compile(r"\S\S+")
_SIGNS = "$€£¥%()"  # that may stand apart in a row of numbers

Style = tuple[int, bool]  # size in whole points, and whether it is bold
LETTER_PAGE = 612 * 792  # square points of a US letter page, whose scale is 1
PROSE_WORDS = 7  # words from which a line reads as running text and not as a label
CHINESE_A_WORD = 2.5  # Chinese characters that count as one word
MAX_NUMBER_LENGTH = 120  # characters; a longer text is no row of axis labels
MAX_NUMBERS = 14  # numbers in one line; more are no row of axis labels
LEVEL = 0.98  # cosine of a line's slant (11 degrees) from which it lies level
CELL_GAP = 0.7  # of the letters' size, from which two numbers of a line are two cells
SCAN = 0.8  # share of the page's area of a picture that may be a scan with a layer of words
INVISIBLE = 3  # render mode of text that is neither filled nor stroked, of the PDF standard
BYTE = 8  # bits of it: MuPDF tells an image's size in bytes and the depth of a pixel in bits
WORD_SLACK = 0.5  # points by which a word may reach out of the box of its line (rounding)
_FLAGS = (
    pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
)


@dataclass
class Line:
    """One line of text (in a table: one cell), and what it is by its text alone.

    Attributes:
        text: its letters.
        box: in points.
        size: the largest font size in it, points.
        bold: whether all of it is set in bold.
        horizontal: whether it lies level.
        block: number of the block that MuPDF puts it in.
    """

    text: str
    box: Box
    size: float
    bold: bool
    horizontal: bool
    block: int

    @cached_property
    def words(self) -> float:
        """Length in words, see `prose_length`."""
        return prose_length(self.text)

    @cached_property
    def style(self) -> Style:
        """What lines of one kind have in common."""
        return round(self.size), self.bold

    @cached_property
    def is_number(self) -> bool:
        """Whether it is a number, a date or a row of them."""
        return is_number(self.text)

    @cached_property
    def is_period(self) -> bool:
        """Whether it is a date or names a period: "2021", "Q3 2022", "Mar-21"."""
        return bool(DATE_LABEL.match(self.text))

    @cached_property
    def is_value(self) -> bool:
        """Whether it is what stands in a cell for a value: a number, a dash, "n/a", "3/4"."""
        return self.is_number or bool(_NO_VALUE.match(self.text))

    @cached_property
    def is_prose(self) -> bool:
        """Whether it is long enough for running text."""
        long = len(self.text) >= PROSE_WORDS and self.words >= PROSE_WORDS
        return long and self.horizontal and not self.is_number

    @cached_property
    def is_caption(self) -> bool:
        """Whether it starts with the number of a figure: "Figure 3"."""
        return begins_caption(self.text)

    @cached_property
    def is_source(self) -> bool:
        """Whether it starts as the line below a figure that names its source."""
        return bool(SOURCE.match(self.text))


def is_number(text: str) -> bool:
    """Whether a text is a number, a date or a row of them (axis labels, cells of a table)."""
    if len(text) > MAX_NUMBER_LENGTH:
        return False
    if NUMBER.match(text) or DATE_LABEL.match(text) or PERIOD_ROW.match(text):
        return True
    words = text.split()
    return 1 < len(words) <= MAX_NUMBERS and all(
        w in _SIGNS or NUMBER.match(w) or DATE_LABEL.match(w) for w in words
    )


@dataclass
class Picture:
    """One placed raster image; `signature` is equal for repeats of the same image, () unknown."""

    box: Box
    pixels: tuple[int, int]
    signature: tuple[int, ...]


@dataclass
class Page:
    """The facts of one page; sides and boxes in points."""

    number: int
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)
    pictures: list[Picture] = field(default_factory=list)
    scanned: bool = False
    lost: bool = False  # whether its text layer held other letters than it shows
    hidden: bool = False  # whether its words are an invisible layer over the picture of a scan

    @property
    def scale(self) -> float:
        """How much larger than a letter page the page is, by the square root of the areas."""
        return (self.width * self.height / LETTER_PAGE) ** 0.5


def prose_length(text: str) -> float:
    """Length of a text in words of two letters and more; 2.5 Chinese characters count as one."""
    if text.isascii():
        return float(len(_LONG_WORD.findall(text)))
    chinese = len(_CHINESE.findall(text))
    return chinese / CHINESE_A_WORD + sum(len(w) > 1 and w.isascii() for w in text.split())


def read_page(page: pymupdf.Page) -> tuple[Page, pymupdf.DisplayList]:
    """Reads the facts of a page, and its display list for rendering regions of it.

    A rotated page is turned upright first, so that boxes are as a reader sees them.
    """
    if page.rotation:
        page.remove_rotation()
    facts = Page(number=page.number + 1, width=page.rect.width, height=page.rect.height)
    display = page.get_displaylist()
    text = pymupdf.TextPage(display.get_textpage(_FLAGS))
    facts.lines = _lines(text.extractDICT())
    if any(_is_row_of_numbers(x) for x in facts.lines):
        words = text.extractWORDS()
        facts.lines = [part for line in facts.lines for part in _split_numbers(line, words)]
    # From the display list: interpreting the page's content again takes four times as long.
    images = pymupdf.TextPage(display.get_textpage(pymupdf.TEXT_PRESERVE_IMAGES))
    facts.pictures = list(filter(None, (_picture(x, facts) for x in images.extractIMGINFO())))
    facts.marks = read_marks(page, facts.scale)
    facts.hidden = _is_hidden(page, facts)
    return facts, display


def _is_hidden(page: pymupdf.Page, facts: Page) -> bool:
    """Whether a picture fills most of a page and all words on it are invisible: read by OCR."""
    filled = any(
        (b[2] - b[0]) * (b[3] - b[1]) > SCAN * facts.width * facts.height
        for b in (x.box for x in facts.pictures)
    )
    if not filled or not facts.lines:
        return False
    return all(span["type"] == INVISIBLE for span in page.get_texttrace())


def _picture(info: dict, facts: Page) -> Picture | None:
    """An image of the page, or None if it lies beside it."""
    box = clip_box(tuple(info["bbox"]), facts)
    if not box:
        return None
    signature: tuple[int, ...] = tuple(info[x] for x in ("width", "height", "bpc", "size"))
    if BYTE * info["size"] >= info["width"] * info["height"] * info["bpc"]:
        signature = ()  # not compressed: all images of these sides have this size
    return Picture(box, (info["width"], info["height"]), signature)


def clip_box(box: Box, facts: Page) -> Box | None:
    """The part of a box that lies on the page, or None."""
    x0, y0 = max(box[0], 0.0), max(box[1], 0.0)
    x1, y1 = min(box[2], facts.width), min(box[3], facts.height)
    return (x0, y0, x1, y1) if x1 >= x0 and y1 >= y0 else None


def _lines(content: dict) -> list[Line]:
    lines = []
    for number, block in enumerate(content["blocks"]):
        for line in block.get("lines", ()):
            whole = _without_note_marks(line["spans"])
            spans = [s for s in whole if s["text"].strip()]
            text = "".join(s["text"] for s in whole).strip()
            if spans and text:
                horizontal = abs(line["dir"][0]) > LEVEL
                size = max(s["size"] for s in spans)
                lines.append(Line(text, _around(spans), size, _is_bold(spans), horizontal, number))
    return lines


def _without_note_marks(spans: list[dict]) -> list[dict]:
    """The spans of a line without raised marks of notes, which would join its numbers and words."""
    if not any(s["flags"] & pymupdf.TEXT_FONT_SUPERSCRIPT for s in spans):
        return spans
    kept: list[dict] = []
    for span in spans:
        raised = span["flags"] & pymupdf.TEXT_FONT_SUPERSCRIPT and _NOTE_MARK.match(span["text"])
        before = kept[-1]["text"].rstrip() if kept else ""
        if not raised or not before or _POWER.search(before):
            kept.append(span)
        elif span["text"][-1:].isspace():
            kept.append({**span, "text": " "})
    return kept


def _around(spans: list[dict]) -> Box:
    return (
        min(s["bbox"][0] for s in spans),
        min(s["bbox"][1] for s in spans),
        max(s["bbox"][2] for s in spans),
        max(s["bbox"][3] for s in spans),
    )


def _is_bold(spans: list[dict]) -> bool:
    return all(s["flags"] & pymupdf.TEXT_FONT_BOLD or _BOLD.search(s["font"]) for s in spans)


def _is_row_of_numbers(line: Line) -> bool:
    return line.is_number and line.horizontal and " " in line.text


def _split_numbers(line: Line, words: list[tuple]) -> list[Line]:
    """Splits a row of numbers into its cells where a wide gap is between them."""
    if not _is_row_of_numbers(line):
        return [line]
    cells: list[list[tuple]] = []
    for word in sorted(_words_of(line, words), key=lambda w: w[0]):
        if cells and word[0] - cells[-1][-1][2] < CELL_GAP * line.size:
            cells[-1].append(word)
        else:
            cells.append([word])
    if len(cells) < 2 or sum(len(c) for c in cells) != len(line.text.split()):
        return [line]
    _, y0, _, y1 = line.box
    texts = iter(line.text.split())  # the words of MuPDF hold the marks of notes
    return [
        replace(line, text=" ".join(islice(texts, len(c))), box=(c[0][0], y0, c[-1][2], y1))
        for c in cells
    ]


def _words_of(line: Line, words: list[tuple]) -> list[tuple]:
    """The words of a page, as MuPDF gives them, that stand in a line."""
    x0, y0, x1, y1 = line.box
    level = (w for w in words if y0 <= (w[1] + w[3]) / 2 <= y1)
    return [w for w in level if w[0] >= x0 - WORD_SLACK and w[2] <= x1 + WORD_SLACK]
