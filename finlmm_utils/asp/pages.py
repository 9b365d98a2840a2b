"""What one page of a PDF holds, as MuPDF tells it: text lines, images, vector paths, in points as seen.

Everything later (figures, text) works on these plain facts and never on the PDF itself. Lengths are
compared with thresholds in points of a letter page, times `scale` (a slide deck of 1920 x 1080 points
has scale 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pymupdf

from finlmm_utils.asp.records import Box

NUMBER = re.compile(
    r"^[\(\[~<>≈±+\-–−]*(US)?[$€£¥]?\s?[\(\-–−+]?\d[\d,.\s]*"
    r"(%|‰|x|×|bps?|bn|mn|m|k|p\.?p\.?|pts?|亿元?|万元?|元|倍|年|月)?[\)\]]*$"
)
DATE_LABEL = re.compile(
    r"^((20|19)\d\d([-/.]\d\d?){0,2}[EF]?|(Q[1-4]|[1-4]Q|H[12]|[12]H|FY)\s?['’]?\d{2,4}[EF]?"
    r"|(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?([\s-]?['’]?\d{2,4})?)$"
)
PROSE_WORDS = (
    7  # a line of at least so many words, or so many times 2.5 CJK characters, reads as prose
)
_FLAGS = (
    pymupdf.TEXT_PRESERVE_LIGATURES | pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
)
MAX_PATHS = 60_000


@dataclass
class Line:
    """One line of text (in a table: one cell), with the largest font size in it, in points."""

    text: str
    box: Box
    size: float
    bold: bool
    horizontal: bool
    block: int

    @property
    def is_number(self) -> bool:
        """Whether the line is a number, a date or a row of them (axis labels, cells)."""
        words = self.text.split()
        if not words or len(words) > 14:
            return False
        if NUMBER.match(self.text) or DATE_LABEL.match(self.text):
            return True
        return all(NUMBER.match(w) or DATE_LABEL.match(w) or w in "$€£¥%()" for w in words)

    @property
    def is_prose(self) -> bool:
        """Whether the line is long enough to be a part of running text."""
        return self.horizontal and not self.is_number and prose_length(self.text) >= PROSE_WORDS


@dataclass
class Mark:
    """One visible vector path: its box, its form and its colour.

    `form` is `rule` (a straight horizontal or vertical line), `fill` (an upright filled rectangle) or
    `curve` (anything else: polylines, arcs, dots).
    """

    box: Box
    form: str
    colour: tuple[float, ...]
    steps: int


@dataclass
class Picture:
    """One placed raster image; `signature` is equal for repeats of the same image."""

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
    marks: list[Mark] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    too_dense: bool = False

    @property
    def scale(self) -> float:
        """How much larger than a letter page the page is, by the square root of the areas."""
        return (self.width * self.height / (612 * 792)) ** 0.5


def prose_length(text: str) -> float:
    """Length of a text in words; 2.5 Chinese characters count as one."""
    chinese = sum("\u3400" <= c <= "\u9fff" for c in text)
    return chinese / 2.5 + sum(len(w) > 1 and w.isascii() for w in text.split())


def read_page(page: pymupdf.Page) -> tuple[Page, pymupdf.DisplayList]:
    """Reads the facts of a page, and its display list for rendering regions of it.

    A rotated page is turned upright first, so that boxes are as a reader sees them.
    """
    if page.rotation:
        page.remove_rotation()
    facts = Page(number=page.number + 1, width=page.rect.width, height=page.rect.height)
    display = page.get_displaylist()
    facts.lines = _lines(pymupdf.TextPage(display.get_textpage(_FLAGS)).extractDICT())
    for info in page.get_image_info():
        box = clip_box(tuple(info["bbox"]), facts)
        if box:
            signature = (info["width"], info["height"], info["bpc"], info["size"])
            pixels = (info["width"], info["height"])
            facts.pictures.append(Picture(box, pixels, signature))
    paths = page.get_cdrawings(extended=True)
    facts.too_dense = len(paths) > MAX_PATHS
    if not facts.too_dense:
        facts.marks = _marks(paths, facts)
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
            bold = all(s["flags"] & 16 or "bold" in s["font"].lower() for s in spans)
            horizontal = abs(line["dir"][0]) > 0.98
            lines.append(Line(text, box, size, bold, horizontal, number))
    return lines


def _marks(paths: list[dict], facts: Page) -> list[Mark]:
    marks: list[Mark] = []
    clips: list[tuple[int, Box]] = []
    for path in paths:
        level = path["level"]
        while clips and clips[-1][0] >= level:
            clips.pop()
        if path["type"] == "clip":
            box = tuple(path["scissor"])
            clips.append((level, _meet(box, clips[-1][1]) if clips else box))
            continue
        if path["type"] == "group":
            continue
        mark = _mark(path, clips[-1][1] if clips else None, facts)
        if mark:
            marks.append(mark)
    return marks


def _meet(a: Box, b: Box) -> Box:
    return (max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3]))


def _mark(path: dict, clip: Box | None, facts: Page) -> Mark | None:
    fill, stroke = path.get("fill"), path.get("color")
    if path.get("fill_opacity", 1) < 0.05:
        fill = None
    if path.get("stroke_opacity", 1) < 0.05:
        stroke = None
    colour = stroke if stroke is not None else fill
    if colour is None or (min(colour) > 0.97 and (fill is None or min(fill) > 0.97)):
        return None  # invisible, or white on white
    if fill is not None and min(fill) <= 0.97:
        colour = fill
    box = tuple(path["rect"])
    box = clip_box(_meet(box, clip) if clip else box, facts)
    if box is None:
        return None
    thin = 2.0 * facts.scale
    width, height = box[2] - box[0], box[3] - box[1]
    upright = all(i[0] == "re" or (i[0] == "l" and _straight(i[1], i[2])) for i in path["items"])
    if min(width, height) <= thin and max(width, height) > 2 * thin:
        form = "rule"
    elif upright and fill is not None and len(path["items"]) <= 6:
        form = "fill"
    elif upright and len(path["items"]) <= 6:
        form = "frame"
    else:
        form = "curve"
    return Mark(box, form, tuple(colour), len(path["items"]))


def _straight(a: tuple[float, float], b: tuple[float, float]) -> bool:
    return abs(a[0] - b[0]) < 0.5 or abs(a[1] - b[1]) < 0.5
