"""What one page of a PDF holds, as MuPDF tells it: lines of text, images, vector paths.

Everything later (figures, text) works on these facts and never on the PDF itself. Lengths are
compared with thresholds in points of a letter page, times `scale` (a slide deck of 1920 x 1080
points has scale 2).
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field, replace

import numpy as np
import pymupdf
from numpy.typing import NDArray

from finlmm_utils.asp.page.paths import Marks, read_marks
from finlmm_utils.asp.records import Box

NUMBER = re.compile(
    r"^[\(\[~<>≈±+\-–−]*(US)?[$€£¥]?\s?[\(\-–−+]?\d[\d,.\s]*"
    r"(%|‰|x|×|bps?|bn|mn|m|k|p\.?p\.?|pts?|亿元?|万元?|元|倍|年|月|\s?(years?|months?|days?|times))?[\)\]]*$"
)
DATE_LABEL = re.compile(
    r"^((20|19)\d\d([-/.]\d\d?){0,2}[EF]?|(Q[1-4]|[1-4]Q|H[12]|[12]H|FY)\s?['’]?\d{2,4}[EF]?"
    r"|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?([\s-]?['’]?\d{2,4})?)$"
)
_CHINESE = re.compile("[\u3400-\u9fff]")
_BOLD = re.compile("bold|demi|heavy|[-,_]black", re.I)  # weights, as names of fonts say them
_LONG_WORD = re.compile(r"\S\S+")
PROSE_WORDS = (
    7  # a line of at least so many words, or so many times 2.5 CJK characters, reads as prose
)
_FLAGS = (
    pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
)


@dataclass
class Line:
    """One line of text (in a table: one cell), with the largest font size in it, in points."""

    text: str
    box: Box
    size: float
    bold: bool
    horizontal: bool
    block: int

    is_number: bool = False
    is_prose: bool = False

    def __post_init__(self) -> None:
        self.is_number = is_number(self.text)
        long = len(self.text) >= PROSE_WORDS and prose_length(self.text) >= PROSE_WORDS
        self.is_prose = long and self.horizontal and not self.is_number


def is_number(text: str) -> bool:
    """Whether a text is a number, a date or a row of them (axis labels, cells of a table)."""
    if len(text) > 120:
        return False
    if NUMBER.match(text) or DATE_LABEL.match(text):
        return True
    words = text.split()
    return 1 < len(words) <= 14 and all(
        w in "$€£¥%()" or NUMBER.match(w) or DATE_LABEL.match(w) for w in words
    )


@dataclass
class Picture:
    """One placed raster image; `signature` is equal for repeats of the same image, () unknown."""

    box: Box
    pixels: tuple[int, int]
    signature: tuple[int, ...]


@dataclass
class Page:
    """The facts of one page."""

    number: int
    width: float
    height: float
    lines: list[Line] = field(default_factory=list)
    marks: Marks = field(default_factory=Marks)
    pictures: list[Picture] = field(default_factory=list)
    tables: list[Box] | None = None
    scanned: bool = False

    @functools.cached_property
    def swatches(self) -> NDArray[np.float32]:
        """(n, 4) boxes of marks as small as the swatches of a legend."""
        return self.marks.boxes[self.marks.small(self.scale)]

    @property
    def scale(self) -> float:
        """How much larger than a letter page the page is, by the square root of the areas."""
        return (self.width * self.height / (612 * 792)) ** 0.5


def swatches_before(lines: list[Line], swatches: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of m swatches stand right before which of n lines, at their height: (n, m)."""
    boxes = np.array([x.box for x in lines]).reshape(-1, 4, 1)
    size = np.array([x.size for x in lines])[:, None]
    gap = boxes[:, 0] - swatches[:, 2]
    middle = (swatches[:, 1] + swatches[:, 3]) / 2
    level = (middle > boxes[:, 1]) & (middle < boxes[:, 3])
    return (gap > -1) & (gap < 0.9 * size) & level


def prose_length(text: str) -> float:
    """Length of a text in words; 2.5 Chinese characters count as one."""
    if text.isascii():
        return float(len(_LONG_WORD.findall(text)))
    chinese = len(_CHINESE.findall(text))
    return chinese / 2.5 + sum(len(w) > 1 and w.isascii() for w in text.split())


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
    if any(x.is_number and x.horizontal and " " in x.text for x in facts.lines):
        words = text.extractWORDS()
        facts.lines = [part for line in facts.lines for part in _split_numbers(line, words)]
    # From the display list: interpreting the page's content again takes four times as long.
    images = pymupdf.TextPage(display.get_textpage(pymupdf.TEXT_PRESERVE_IMAGES))
    for info in images.extractIMGINFO():
        box = clip_box(tuple(info["bbox"]), facts)
        if box:
            signature: tuple[int, ...] = tuple(info[x] for x in ("width", "height", "bpc", "size"))
            if 8 * info["size"] >= info["width"] * info["height"] * info["bpc"]:
                signature = ()  # not compressed: all images of these sides have this size
            pixels = (info["width"], info["height"])
            facts.pictures.append(Picture(box, pixels, signature))
    facts.marks = read_marks(page, facts.scale)
    return facts, display


def clip_box(box: Box, facts: Page) -> Box | None:
    """The part of a box that lies on the page, or None."""
    x0, y0 = max(box[0], 0.0), max(box[1], 0.0)
    x1, y1 = min(box[2], facts.width), min(box[3], facts.height)
    return (x0, y0, x1, y1) if x1 >= x0 and y1 >= y0 else None


def _lines(content: dict) -> list[Line]:
    lines = []
    for number, block in enumerate(content["blocks"]):
        for line in block.get("lines", ()):
            spans = [s for s in line["spans"] if s["text"].strip()]
            text = "".join(s["text"] for s in line["spans"]).strip()
            if not spans or not text:
                continue
            box = (
                min(s["bbox"][0] for s in spans),
                min(s["bbox"][1] for s in spans),
                max(s["bbox"][2] for s in spans),
                max(s["bbox"][3] for s in spans),
            )
            size = max(s["size"] for s in spans)
            bold = all(s["flags"] & 16 or _BOLD.search(s["font"]) for s in spans)
            horizontal = abs(line["dir"][0]) > 0.98
            lines.append(Line(text, box, size, bold, horizontal, number))
    return lines


def _split_numbers(line: Line, words: list[tuple]) -> list[Line]:
    """Splits a row of numbers into its cells where a wide gap is between them."""
    if not (line.is_number and line.horizontal and " " in line.text):
        return [line]
    x0, y0, x1, y1 = line.box
    own = [
        w for w in words if w[0] >= x0 - 0.5 and w[2] <= x1 + 0.5 and y0 <= (w[1] + w[3]) / 2 <= y1
    ]
    cells: list[list[tuple]] = []
    for word in sorted(own, key=lambda w: w[0]):
        if cells and word[0] - cells[-1][-1][2] < 0.7 * line.size:
            cells[-1].append(word)
        else:
            cells.append([word])
    if len(cells) < 2 or sum(len(c) for c in cells) != len(line.text.split()):
        return [line]
    return [
        replace(line, text=" ".join(w[4] for w in c), box=(c[0][0], y0, c[-1][2], y1))
        for c in cells
    ]
