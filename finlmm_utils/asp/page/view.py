"""What the lines and marks of a page are, asked once and remembered.

Tables, figures and text ask the same questions: which lines are running text, which stand in a
table, which name a colour, which marks lie in a box. A `PageView` answers each once. What a line is
by its text alone, it says itself (`Line.is_number`); what a mark is by its form, `Marks` says.

Thresholds are our choice; points are counted as they are, on a page of any scale.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.page.boxes import MOSTLY, Boxes, centres_inside, inside
from finlmm_utils.asp.page.captions import captions_of, panel_cells
from finlmm_utils.asp.page.page import Line, Page, Style
from finlmm_utils.asp.records import Box

PARAGRAPH_LINES = 3  # lines: a block of fewer may be a label that runs over two lines
PARAGRAPH_WORDS = 18  # words in a paragraph: labels of an axis are fewer
FILLED = 4  # words a line, on average, in a paragraph: labels under each other have fewer
FLUSH = 1.0  # points between the left edges of lines of one paragraph
SAME_SIZE = 0.1  # points between the font sizes of lines of one paragraph
SWATCH_GAP = 0.9  # of the letters' size: between a swatch and the words that it belongs to
SWATCH_INTO = 1.0  # points by which a swatch may reach into its words
NOTE_GAP = 4  # times the letters' size: between the number of a footnote or list and its words
NOTE_WORDS = 4  # words from which what follows a number is a footnote or an entry of a list
SCALE = 4  # numbers under each other in even steps, that are those of an axis
_NOTE = re.compile(r"^[(\[]?(\d{1,2}|[a-z]|\*+)[.)\]]?$")


@dataclass
class Repeats:
    """What stands on several pages of the report and so belongs to none of its figures.

    Attributes:
        images: signatures of images.
        marks: places of lines and areas at the edge of the page, see `Marks.places`.
        lines: headers, footers and page numbers: indices of the lines by number of the page.
        headings: styles of the headings of its sections.
    """

    images: set[tuple[int, ...]] = field(default_factory=set)
    marks: set[int] = field(default_factory=set)
    lines: dict[int, set[int]] = field(default_factory=dict)
    headings: set[Style] = field(default_factory=set)


class PageView:
    """A page, and what its lines and marks are.

    Two things are known only above this folder and are set by who knows them: the tables by
    `finlmm_utils.asp.tables.detect.view_page`, what repeats by `finlmm_utils.asp.extract` when it
    has all pages. Until then a page has neither. Sets of lines are sets of their `id`.

    Attributes:
        page: the facts of the page, of which `number`, `width`, `height`, `scale`, `lines`,
            `marks` and `pictures` are at hand here.
        tables: boxes of tables set as text, from the top.
        repeats: what several pages of the report share.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.number, self.scale = page.number, page.scale
        self.width, self.height = page.width, page.height
        self.lines, self.marks, self.pictures = page.lines, page.marks, page.pictures
        self.tables: list[Box] = []
        self.repeats = Repeats()
        # Of the last box alone: rules ask in turn for one region, and a page may have hundreds.
        self._marks_in: tuple[Box | None, NDArray[np.bool_]] = (None, np.zeros(0, bool))
        self._lines_in: tuple[tuple[Box, float] | None, list[Line]] = (None, [])

    # --- lines ----------------------------------------------------------------------------------

    @cached_property
    def horizontal(self) -> list[Line]:
        """Lines that lie level, and not on their side."""
        return [x for x in self.lines if x.horizontal]

    @cached_property
    def numbers(self) -> list[Line]:
        """Lines that are a number, a date or a row of them."""
        return [x for x in self.lines if x.is_number]

    @cached_property
    def _captions(self) -> list[tuple[Line, list[Line]]]:
        return captions_of(self.horizontal)

    @cached_property
    def captions(self) -> list[Line]:
        """Captions of figures, each joined to one line where the PDF sets it in pieces."""
        return [whole for whole, _ in self._captions]

    @cached_property
    def panel_cells(self) -> list[Box]:
        """The parts of the page that numbered titles of panels head, side by side."""
        return panel_cells(self.horizontal, self.width, self.height)

    @cached_property
    def in_captions(self) -> frozenset[int]:
        """The lines that captions are made of."""
        return ids(x for _, pieces in self._captions for x in pieces)

    @cached_property
    def prose(self) -> list[Line]:
        """Lines of running text: long ones, and those of a paragraph of which every line is filled.

        The text of a legend is no prose, however long: it has a swatch of colour to its left.
        """
        blocks: dict[int, list[Line]] = {}
        for line in self.lines:
            blocks.setdefault(line.block, []).append(line)
        running = [x for lines in blocks.values() for x in _running_text(lines)]
        named = self.have_swatch(running)
        return [x for x, has_one in zip(running, named, strict=True) if not has_one]

    @cached_property
    def prose_ids(self) -> frozenset[int]:
        """The lines of running text."""
        return ids(self.prose)

    @cached_property
    def notes(self) -> frozenset[int]:
        """Lines that are the number of a footnote or of an entry of a list."""
        single = [x for x in self.lines if _NOTE.match(x.text)]
        notes = [x for x in single if any(_is_note(x, words) for words in self.lines)]
        return ids(x for x in notes if not _is_of_scale(x, notes))

    @cached_property
    def repeated(self) -> frozenset[int]:
        """Headers, footers and page numbers."""
        return ids(self.lines[k] for k in self.repeats.lines.get(self.number, ()))

    @cached_property
    def labels(self) -> list[Line]:
        """Lines that may be labels of a chart: no caption, no header, no number of a footnote."""
        out = self.notes | self.repeated | self.in_captions
        return [x for x in self.lines if id(x) not in out]

    @cached_property
    def cells(self) -> list[list[Line]]:
        """The lines of each table."""
        return [self.lines_in(table) for table in self.tables]

    @cached_property
    def in_table(self) -> frozenset[int]:
        """The lines of all tables."""
        return ids(x for cells in self.cells for x in cells)

    def lines_in(self, box: Box, share: float = MOSTLY) -> list[Line]:
        """Lines of which a share is inside a box, in the order of the page."""
        if self._lines_in[0] != (box, share):
            held = [x for x in self.lines if inside(x.box, box, share)]
            self._lines_in = ((box, share), held)
        return self._lines_in[1]

    def room_left_of(self, box: Box, reach: float) -> float:
        """Where the empty room at the left of a box begins, `reach` points away at the most."""
        lines, pictures = [x.box for x in self.lines], [p.box for p in self.pictures]
        all_boxes = (*lines, *pictures, *self.marks.boxes.tolist())
        ends = (b[2] for b in all_boxes if b[1] < box[3] and b[3] > box[1] and b[2] <= box[0])
        return max([box[0] - reach, *ends])

    # --- marks ----------------------------------------------------------------------------------

    @cached_property
    def swatches(self) -> Boxes:
        """(m, 4) boxes of marks as small as the swatches of a legend."""
        return self.marks.boxes[self.marks.small(self.scale)]

    def have_swatch(self, lines: list[Line]) -> NDArray[np.bool_]:
        """(n,) whether a swatch stands right before each of n lines, at its height."""
        return np.asarray(swatches_before(lines, self.swatches).any(axis=1))

    def marks_in(self, box: Box) -> NDArray[np.bool_]:
        """(n,) which marks have their centre in a box."""
        if self._marks_in[0] != box:
            held = centres_inside(self.marks.boxes, np.array([box]))[:, 0]
            self._marks_in = (box, held)
        return self._marks_in[1]


def ids(lines: Iterable[Line]) -> frozenset[int]:
    """What lines are told apart by: two may have the same text, size and place."""
    return frozenset(id(x) for x in lines)


def swatches_before(
    lines: list[Line], swatches: Boxes, reach: float = SWATCH_GAP
) -> NDArray[np.bool_]:
    """Which of m swatches stand right before which of n lines, at their height.

    Args:
        lines: of words.
        swatches: their boxes.
        reach: between the two at most, in sizes of the letters.

    Returns:
        (n, m) of them.
    """
    boxes = np.array([x.box for x in lines]).reshape(-1, 4, 1)
    size = np.array([x.size for x in lines])[:, None]
    gap = boxes[:, 0] - swatches[:, 2]
    middle = (swatches[:, 1] + swatches[:, 3]) / 2
    level = (middle > boxes[:, 1]) & (middle < boxes[:, 3])
    return (gap > -SWATCH_INTO) & (gap < reach * size) & level


def _running_text(lines: list[Line]) -> list[Line]:
    """The running text of a block: all its words, or none."""
    words = [x for x in lines if x.horizontal and not x.is_number]
    if not (any(x.is_prose for x in lines) or _is_paragraph(lines, words)):
        return []
    return words + [x for above, x in pairwise(lines) if _ends(above, x)]


def _is_paragraph(lines: list[Line], words: list[Line]) -> bool:
    """Whether every line of a block is filled with words, though none may be long."""
    count = sum(x.words for x in words)
    filled = count >= FILLED * len(lines) and count >= PARAGRAPH_WORDS
    return filled and len(lines) >= PARAGRAPH_LINES


def _ends(above: Line, line: Line) -> bool:
    """Whether a line of a paragraph happens to be a number alone: "2021." at its end."""
    if not (line.is_number and above.is_prose and line.box[1] > above.box[1]):
        return False
    return abs(line.box[0] - above.box[0]) < FLUSH and abs(line.size - above.size) < SAME_SIZE


def _is_of_scale(number: Line, notes: list[Line]) -> bool:
    """Whether a number is of an axis with text beside it: in even steps of more than one."""
    column = [x for x in notes if x.text.isdigit() and abs(x.box[2] - number.box[2]) < FLUSH]
    column.sort(key=lambda x: x.box[1])
    if number not in column or len(column) < SCALE:
        return False
    values = np.diff([int(x.text) for x in column])
    even = np.ptp(np.diff([x.box[1] for x in column])) < FLUSH
    return bool(even and np.ptp(values) == 0 and abs(values[0]) > 1)


def _is_note(number: Line, words: Line) -> bool:
    """Whether a number stands before words on one line, as that of a footnote does."""
    gap = words.box[0] - number.box[2]
    beside = 0 <= gap < NOTE_GAP * words.size and abs(words.box[3] - number.box[3]) < words.size
    return beside and words.words >= NOTE_WORDS
