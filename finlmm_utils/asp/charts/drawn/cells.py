"""The labels of a chart: pieces of text that stand apart, each with its place and its number.

Thresholds are our choice; those in ems are times the size of the letters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np
import pymupdf

from finlmm_utils.asp.charts.drawn.strokes import Colour
from finlmm_utils.asp.records import Box
from finlmm_utils.finance.periods import PERIOD_LABEL, PERIOD_ROW, QUARTER_LABEL, YEAR
from finlmm_utils.finance.quantities import read_quantity

MIDDLE = 0.36  # ems from the baseline up to the middle of a digit: fonts' boxes differ, digits not
SPLIT = 0.5  # ems between two pieces of one line of text from which they are two labels
WORDS_APART = 0.25  # ems between two words where no space is written
JOINED = 0.12  # ems between two pieces, with the spaces that they end in, that are one label
GLYPHS_APART = 0.01  # ems between letters that are each drawn on their own
NUMBERS_APART = 0.04  # ems between two numbers, each drawn on its own, that makes them two labels
LEVEL = 0.05  # ems by which the letters of one label may stand higher or lower
RAISED = 0.15, 0.8  # ems that an exponent stands higher at least, and at most
SMALLER = 0.85  # size of an exponent, times that of its base, at most
INVISIBLE = 3  # MuPDF's type of text that is not drawn
LONGEST_NUMBER = 24  # characters
YEARS = range(1950, 2100)

# A class of a histogram ("5-10"), a day ("3/4") and a period are no numbers of an axis, though the
# grammar would read some of them as numbers.
SOFT_HYPHEN = 0xAD  # what some fonts say of the hyphen that they draw: before a digit, a minus
_NUMERIC = re.compile(r"^[(\[~+\-−–]*\s*(?:[A-Z]{0,3}[$€£¥])?\s*[(+\-−–]?\s*[.\d]")
_DATE = re.compile(
    rf"^{YEAR}(?:0[1-9]|1[0-2])(?:[0-3]\d)?$|^{YEAR}\s*[-/年]\s*\d{{1,2}}\b"
    rf"|^{YEAR}\.(?:0[1-9]|1[0-2])$|^\d{{1,2}}[-/:]\d{{1,2}}$"
    r"|^\d{1,4}[-/.:]\d{1,2}[-/.:]\d{1,4}$|^\d+\s*月|日$"
    rf"|^{YEAR}\s*[年EF]|^\d{{1,4}}\s*[-–]\s*\d|"
    r"^\d+[A-Za-z]{2,}$(?<!bn)(?<!mn)(?<!tn)(?<!pp)",
)
_PERIOD = re.compile(
    rf"^(?:{QUARTER_LABEL}|{YEAR}[EF]?"
    rf"|[A-Z][a-z]{{2}}[-\s]\d{{2,4}}|{YEAR}[-/.]\d\d?(?:[-/.]\d\d?)?)$"
)
_LABEL = re.compile(PERIOD_LABEL)
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Cell:
    """One label.

    Attributes:
        text: its letters.
        box: points, as a reader sees it.
        size: of its letters, points.
        angle: of its baseline, degrees, against the clock; 0 for level text.
        anchor: the point of the middle of its height at the end of its text, points.
        colour: of its letters.
        baseline: of its first letter, points from the top.
        exponent: the power of a number written as 10 with a raised power, else None.
    """

    text: str
    box: Box
    size: float
    angle: float
    anchor: tuple[float, float]
    colour: Colour
    baseline: float
    exponent: int | None = None

    @property
    def x(self) -> float:
        """What it stands at across the page, points: its middle; slanted ones end (begin) there."""
        if not self.level:
            return self.anchor[0] if self.upright or 0 < self.angle < 180 else self.box[0]
        return (self.box[0] + self.box[2]) / 2

    @property
    def y(self) -> float:
        """Middle of its digits down the page, points."""
        if self.angle == 0 and self.baseline:
            return self.baseline - MIDDLE * self.size
        return (self.box[1] + self.box[3]) / 2

    @property
    def level(self) -> bool:
        """Whether it is written from left to right."""
        return self.angle == 0

    @property
    def upright(self) -> bool:
        """Whether it is written up or down the page."""
        return abs(abs(self.angle) - 90) < 1

    @cached_property
    def amount(self) -> tuple[float, int, str] | None:
        """Its number: as written, the power of ten of its unit, the unit; None for words."""
        if self.exponent is not None:
            return (10.0**self.exponent, 0, "")
        return amount_of(self.text)

    @cached_property
    def is_year(self) -> bool:
        """Whether it reads as a year."""
        return self.text.isdigit() and int(self.text) in YEARS


@lru_cache(maxsize=4096)
def amount_of(text: str) -> tuple[float, int, str] | None:
    """Number, power of ten of its unit, and unit of a label that is nothing but one.

    Examples:
        >>> amount_of("12.5%"), amount_of("(3)"), amount_of("2019-03"), amount_of("Q1")
        ((12.5, -2, '%'), (-3.0, 0, ''), None, None)
    """
    text = text.strip()
    if len(text) > LONGEST_NUMBER or not _NUMERIC.match(text) or _DATE.search(text):
        return None
    quantity = read_quantity(text, bare=True)
    if quantity is None or quantity.is_fraction:
        return None
    return float(quantity.mantissa), quantity.power, quantity.unit


def page_cells(page: pymupdf.Page) -> list[Cell]:
    """The labels of an upright page, from its text operations.

    MuPDF's lines join labels that touch; the operations that drew them tell them apart.
    """
    cells: list[Cell] = []
    before: _Piece | None = None
    for piece in (p for span in page.get_texttrace() for p in _split(span)):
        if before is not None and _belongs(before, piece):
            before = _joined(before, piece)
        else:
            if before is not None and before.text.strip():
                cells.append(before.cell())
            before = piece
    if before is not None and before.text.strip():
        cells.append(before.cell())
    return _powers([c for cell in cells for c in _periods(cell)])


def cells_within(cells: Iterable[Cell], box: Box, slack: float = 1.0) -> list[Cell]:
    """The labels whose middle lies in a box.

    Args:
        cells: of a page.
        box: of a figure.
        slack: points by which a middle may lie outside.
    """
    x0, y0, x1, y1 = box[0] - slack, box[1] - slack, box[2] + slack, box[3] + slack
    return [c for c in cells if x0 <= c.x <= x1 and y0 <= (c.box[1] + c.box[3]) / 2 <= y1]


@dataclass(frozen=True)
class _Piece:
    """Letters that one operation drew without a gap, along their baseline."""

    text: str
    box: Box
    size: float
    turn: tuple[float, float]
    start: float
    end: float
    across: float
    origin: tuple[float, float]
    colour: Colour

    def cell(self) -> Cell:
        """The label that they are."""
        along, down = self.turn
        level = abs(down) < LEVEL and along > 0
        angle = 0.0 if level else float(np.degrees(np.arctan2(-down, along)))
        # The middle of the letters' height, at the end of the text.
        reach = self.end - self.start
        anchor = (
            self.origin[0] + reach * along + MIDDLE * self.size * down,
            self.origin[1] + reach * down - MIDDLE * self.size * along,
        )
        return Cell(
            _SPACES.sub(" ", self.text).strip(), self.box, self.size, angle, anchor, self.colour,
            self.origin[1],
        )  # fmt: skip


def _split(span: dict) -> list[_Piece]:
    """The pieces of one text operation between wide gaps."""
    size, (along, down) = span["size"], span["dir"]
    if span["type"] == INVISIBLE or size <= 0:
        return []
    high = (span["ascender"] - span["descender"]) * size
    colour = tuple(round(255 * c) for c in (*span["color"], *span["color"] * 2)[:3])
    pieces: list[_Piece] = []
    for code, _, (x, y), box in span["chars"]:
        letter = "-" if code == SOFT_HYPHEN else chr(code)
        if not letter.isprintable() and not letter.isspace():
            continue
        start, across = x * along + y * down, y * along - x * down
        end = start + _advance(box, along, down, high)
        piece = _Piece(letter, box, size, (along, down), start, end, across, (x, y), colour)
        last = pieces[-1] if pieces else None
        if (
            last
            and abs(across - last.across) <= LEVEL * size
            and (-size <= start - last.end <= SPLIT * size)
        ):
            pieces[-1] = _joined(last, piece)
        else:
            pieces.append(piece)
    return pieces


def _advance(box: Box, along: float, down: float, high: float) -> float:
    """Width of a letter along its baseline, from the box around it, points."""
    if abs(along) > abs(down):
        return max(box[2] - box[0] - high * abs(down), 0.0) / abs(along)
    return max(box[3] - box[1] - high * abs(along), 0.0) / abs(down)


def _joined(a: _Piece, b: _Piece) -> _Piece:
    space = " " if b.start - a.end > WORDS_APART * a.size and not a.text.endswith(" ") else ""
    box = a.box if b.text.isspace() else b.box if a.text.isspace() else _around(a.box, b.box)
    return replace(a, text=a.text + space + b.text, box=box, end=max(a.end, b.end))


def _belongs(a: _Piece, b: _Piece) -> bool:
    """Whether a piece goes on where the one before it, of another operation, ended."""
    size = max(a.size, b.size)
    if a.turn != b.turn or abs(a.across - b.across) > LEVEL * size:
        return False
    if abs(a.size - b.size) > LEVEL * size or abs(b.start - a.end) > JOINED * size:
        return False
    if _PERIOD.match(a.text) and (
        _PERIOD.match(b.text) or (b.text[0].isdigit() and b.start - a.end > GLYPHS_APART * size)
    ):
        return False
    if len(a.text) > 1 < len(b.text) or b.start - a.end > NUMBERS_APART * size:
        return amount_of(a.text) is None or amount_of(b.text) is None
    return True


def _periods(cell: Cell) -> list[Cell]:
    """A row of years or quarters that touch each other as labels of their own."""
    if not cell.level or _PERIOD.match(cell.text) or not PERIOD_ROW.match(cell.text):
        return [cell]
    x0, y0, x1, y1 = cell.box
    wide = (x1 - x0) / len(cell.text)
    out = []
    for found in _LABEL.finditer(cell.text):
        box = (x0 + found.start() * wide, y0, x0 + found.end() * wide, y1)
        out.append(replace(cell, text=found[0], box=box, anchor=(box[2], cell.anchor[1])))
    return out


def _powers(cells: list[Cell]) -> list[Cell]:
    """Reads 10 with a smaller raised number beside it as a power of ten."""
    bases = [c for c in cells if c.level and c.text in ("10", "1")]
    if not bases:
        return cells
    gone: set[int] = set()
    made = []
    for base in bases:
        for k, cell in enumerate(cells):
            up = base.baseline - cell.baseline
            if (
                cell.level
                and cell.size < SMALLER * base.size
                and RAISED[0] * base.size < up < RAISED[1] * base.size
                and abs(cell.box[0] - base.box[2]) < SPLIT * base.size
                and re.fullmatch(r"[-−+]?\d{1,2}", cell.text)
            ):
                power = int(cell.text.replace("−", "-"))
                text, box = f"10^{power}", _around(base.box, cell.box)
                made.append(replace(base, text=text, box=box, exponent=power))
                gone |= {k, next(j for j, c in enumerate(cells) if c is base)}
                break
    return [c for k, c in enumerate(cells) if k not in gone] + made


def _around(a: Box, b: Box) -> Box:
    return (min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3]))


def tidy(text: str) -> str:
    """A name with single spaces and without a colon or dash at its end."""
    return _SPACES.sub(" ", text).strip(" :：-–—")
