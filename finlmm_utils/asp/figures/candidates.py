"""What on a page is no part of a chart, and what is left.

Running text, underlines, rules and cells of tables, backgrounds, what repeats from page to page,
images that are too small: all of these are taken away, and counted under a reason.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.figures.regions import MIN_LONG_SIDE, MIN_SHORT_SIDE
from finlmm_utils.asp.page.boxes import Boxes, centres_inside, inside, union, widen
from finlmm_utils.asp.page.page import Line, Page, Picture, prose_length, swatches_before
from finlmm_utils.asp.page.paths import CURVE, FILL, FRAME, RULE, Marks
from finlmm_utils.asp.records import Box

_NOTE = re.compile(r"^[(\[]?(\d{1,2}|[a-z]|\*+)[.)\]]?$")


@dataclass
class Repeats:
    """What stands on several pages of the report and so belongs to none of its figures.

    Attributes:
        images: signatures of images.
        marks: places of lines and areas at the edge of the page.
        lines: headers, footers and page numbers: indices of the lines by number of the page.
        headings: size and weight of the headings of its sections.
    """

    images: set[tuple[int, ...]] = field(default_factory=set)
    marks: set[tuple[int, ...]] = field(default_factory=set)
    lines: dict[int, set[int]] = field(default_factory=dict)
    headings: set[tuple[int, bool]] = field(default_factory=set)


def mark_keys(page: Page) -> set[tuple[int, ...]]:
    """Keys of the marks at the upper and lower edge of a page, equal where they repeat."""
    boxes = page.marks.boxes
    edge = (boxes[:, 3] < 0.12 * page.height) | (boxes[:, 1] > 0.88 * page.height)
    return set(_keys(boxes[edge]))


def _keys(boxes: Boxes) -> list[tuple[int, ...]]:
    return [tuple(box) for box in np.round(boxes).astype(int).tolist()]


def prose_lines(page: Page) -> list[Line]:
    """Lines of running text: long ones, and those of a paragraph of which every line is filled.

    The text of a legend is no prose, however long: it has a swatch of colour to its left.
    """
    blocks: dict[int, list[Line]] = {}
    for line in page.lines:
        blocks.setdefault(line.block, []).append(line)
    prose = []
    for lines in blocks.values():
        words = sum(prose_length(x.text) for x in lines if x.horizontal and not x.is_number)
        paragraph = len(lines) >= 3 and words >= 4 * len(lines) and words >= 18
        if paragraph or any(x.is_prose for x in lines):
            prose += [x for x in lines if x.horizontal and not x.is_number]
            prose += [x for above, x in pairwise(lines) if _ends(above, x)]
    found = swatches_before(prose, page.swatches)
    return [x for x, which in zip(prose, found, strict=True) if not which.any()]


def _ends(above: Line, line: Line) -> bool:
    """Whether a line of a paragraph happens to be a number alone: "2021." at its end."""
    flush = abs(line.box[0] - above.box[0]) < 1 and abs(line.size - above.size) < 0.1
    return line.is_number and above.is_prose and flush and line.box[1] > above.box[1]


def label_lines(page: Page) -> list[Line]:
    """Lines that may belong to a chart: not the numbers of footnotes and lists."""
    notes = {
        id(line)
        for line in page.lines
        if _NOTE.match(line.text)
        for x in page.lines
        if 0 <= x.box[0] - line.box[2] < 4 * x.size
        and abs(x.box[3] - line.box[3]) < x.size
        and prose_length(x.text) >= 4
    }
    return [x for x in page.lines if id(x) not in notes]


def legend_entries(page: Page, marks: Marks) -> list[tuple[Box, int]]:
    """Swatches with the words to their right and the lines or value under these; their colours."""
    small = marks.take(marks.small(page.scale))
    lines = [line for line in page.lines if line.horizontal]
    beside = list(zip(lines, swatches_before(lines, small.boxes), strict=True))
    plain = [line for line, which in beside if not which.any()]
    beside = [(line, which) for line, which in beside if not line.is_number]
    entries = []
    for line, which in beside:
        for k in np.flatnonzero(which):
            x0, y0, x1, y1 = (float(v) for v in small.boxes[k])
            box, last = union((x0, y0, x1, y1), line.box), line
            for more in plain:
                if _runs_on(last, more):
                    box, last = union(box, more.box), more
            entries.append((box, int(small.colours[k])))
    return entries


def large_marks(marks: Marks, scale: float) -> Marks:
    """The marks that can be neither swatches nor lines: bars, curves, sectors."""
    return marks.take(~marks.small(scale) & (marks.forms != RULE))


def _runs_on(line: Line, more: Line) -> bool:
    """Whether a line is the next one of a legend entry, or the value under its words."""
    if abs(more.box[0] - line.box[0]) > 2 or line.is_number:
        return False
    same = more.is_number or abs(more.size - line.size) < 0.5
    return same and abs(more.box[1] - line.box[3]) < (0.6 if more.is_number else 0.35) * line.size


def keep_picture(
    picture: Picture, page: Page, prose: list[Line], repeats: Repeats, drops: Counter[str]
) -> bool:
    """Whether an image may be a chart; if not, the reason is counted in `drops`."""
    width, height = picture.box[2] - picture.box[0], picture.box[3] - picture.box[1]
    long, short = max(width, height), min(width, height)
    reason = ""
    if picture.signature in repeats.images:
        reason = "repeated"
    elif (
        long < MIN_LONG_SIDE * page.scale
        or short < MIN_SHORT_SIDE * page.scale
        or min(picture.pixels) < 32
    ):
        reason = "small"
    elif long > 8 * short:
        reason = "strip"
    elif sum(inside(x.box, picture.box) for x in prose) >= 3:
        reason = "background"
    if reason:
        drops[reason] += 1
    return not reason


def figure_marks(
    page: Page, tables: list[Box], repeats: Repeats, drops: Counter[str]
) -> tuple[Marks, list[Box]]:
    """The marks that may belong to charts, and the frames and panels that may hold charts."""
    marks, scale = page.marks, page.scale
    if not len(marks):
        return marks, []
    boxes, forms = marks.boxes, marks.forms
    width, height = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    size = width * height / (page.width * page.height)
    furniture = np.array([key in repeats.marks for key in _keys(boxes)])
    prose = np.array([line.box for line in page.lines if line.is_prose]).reshape(-1, 4)
    filled = (forms != RULE) & (height > 20 * scale)
    texts = np.zeros(len(boxes), int)
    texts[filled] = centres_inside(prose, boxes[filled]).sum(axis=0)
    holds = np.zeros(len(boxes), int)
    large = (size > 0.02) & ((forms == FILL) | (forms == FRAME))
    holds[large] = centres_inside(boxes, boxes[large]).sum(axis=0) - 1
    background = (texts >= 3) | ((size > 0.45) & (forms != CURVE)) | (size > 0.8)
    panel = large & (holds >= 8) & ~background
    hidden = np.zeros(len(boxes), bool)
    for k in np.flatnonzero((background | panel) & (forms == FILL)):
        same = (marks.colours == marks.colours[k]) & (np.arange(len(boxes)) != k)
        hidden |= same & centres_inside(boxes, boxes[k : k + 1])[:, 0]
    in_table = np.zeros(len(boxes), bool)
    for table in tables:
        wide = np.array([widen(table, 5 * scale)])
        in_table |= centres_inside(boxes, wide)[:, 0]
    in_table &= forms != CURVE
    rule = (forms == RULE) & (width >= height)
    rule &= (width > 0.85 * page.width) | _underlines(boxes, width, page)
    gone = np.zeros(len(boxes), bool)
    for reason, which in (
        ("furniture", furniture),
        ("background", background | hidden),
        ("table", in_table),
        ("rule", rule),
    ):
        drops[reason] += int((which & ~gone).sum())
        gone |= which
    frames = [tuple(float(v) for v in box) for box in boxes[panel & ~gone]]
    outline = (forms == FRAME) & (np.maximum(width, height) > 40 * scale)
    return marks.take(~gone & ~panel & ~outline), frames + [
        tuple(float(v) for v in box) for box in boxes[outline & ~gone & ~panel]
    ]  # type: ignore[return-value]


def _underlines(boxes: Boxes, width: NDArray, page: Page) -> NDArray[np.bool_]:
    """Which marks are lines right under words."""
    lines = [x for x in page.lines if x.horizontal and not x.is_number]
    if not lines:
        return np.zeros(len(boxes), bool)
    text = np.array([x.box for x in lines])
    size = np.array([x.size for x in lines])
    gap = boxes[:, 1][:, None] - text[None, :, 3]
    shared = np.minimum(boxes[:, 2][:, None], text[None, :, 2])
    shared = shared - np.maximum(boxes[:, 0][:, None], text[None, :, 0])
    under = (gap >= -0.35 * size) & (gap <= 0.3 * size)
    return (under & (shared >= 0.8 * width[:, None])).any(axis=1)
