"""Tables set as text: where they stand on a page, and their rows and columns."""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, zip_longest

import numpy as np

from finlmm_utils.asp.page.boxes import centres_inside, inside, union
from finlmm_utils.asp.page.page import DATE_LABEL, Line, Page, swatches_before
from finlmm_utils.asp.page.paths import CURVE, FILL
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables.shading import stripes
from finlmm_utils.finance.references import label_of

_NO_VALUE = re.compile(r"^([–—-]{1,3}|n\.?/?[am]\.?|nil|\*+|\d{1,3}/\d{1,4}|[✓✔√×])$", re.I)
_NOTE = re.compile(r"^\s*note\s*\d", re.I)
HEADER_ROWS = 5


def table_boxes(page: Page) -> list[Box]:
    """Boxes of tables set as text, header rows included.

    A table is a run of rows close together in which numbers stand under each other in columns: at
    least 3, or 2 of which the first names periods. One column of numbers is enough where a gap is
    between it and the words. Rows of axis labels of charts that stand side by side look the same,
    and so do names and values of bars; what tells them apart are the marks between them: curves
    and bars belong to no table.

    Args:
        page: facts of the page; remembers the result.

    Returns:
        Boxes, from the top.
    """
    if page.tables is None:
        page.tables = _find(page)
    return page.tables


def _find(page: Page) -> list[Box]:
    boxes = []
    rows = _rows(page)
    for run in _runs(rows):
        lines = [x for row in run for x in row]
        full = sum(_has_columns(row) for row in run)
        pairs = 0 if full >= 2 else sum(_is_pair(row) for row in run)
        headed = all(DATE_LABEL.match(x.text) for x in run[0])
        if full < 2 and (pairs < 3 or _is_legend(run, page)):
            continue
        wide = sum(len([x for x in row if is_value(x)]) >= 3 for row in run)
        if len(run) < (2 if headed else 3) or not (_words_lead(run) or wide >= 6):
            continue
        box = _around(lines)
        if not _holds_chart_marks(box, lines, page):
            boxes.append(_with_header(box, run[0], rows))
    return boxes


def is_value(line: Line) -> bool:
    """Whether a line is what stands in a cell for a value: a number, a dash, "n/a", "3/4"."""
    return line.is_number or bool(_NO_VALUE.match(line.text))


def _around(lines: list[Line]) -> Box:
    return functools.reduce(union, (x.box for x in lines))


def _has_columns(row: list[Line]) -> bool:
    values = sum(is_value(x) for x in row)
    return values >= 2 or (values == 1 and len(row) >= 3)


def _is_pair(row: list[Line]) -> bool:
    """Whether a row is words and, after a gap, one number."""
    words, number = [x for x in row if not is_value(x)], [x for x in row if is_value(x)]
    if len(words) != 1 or len(number) != 1:
        return False
    return number[0].box[0] - words[0].box[2] > 2 * words[0].size and not words[0].is_prose


def _is_legend(run: list[list[Line]], page: Page) -> bool:
    """Whether swatches of colour stand left of the words, as they do in the legend of a pie."""
    return sum(has_swatch(min(row, key=lambda x: x.box[0]), page) for row in run) >= 2


def has_swatch(line: Line, page: Page) -> bool:
    """Whether a small mark stands right before a line, at its height."""
    return bool(swatches_before([line], page.swatches).any())


def _is_title(text: str) -> bool:
    """Whether a line starts with "Table 4", "Figure 1" or "Note 12"."""
    return label_of(text) is not None or bool(_NOTE.match(text))


def _with_header(box: Box, first: list[Line], rows: list[list[Line]]) -> Box:
    """A table's box and the rows of column names right above it."""
    at = next(k for k, row in enumerate(rows) if row is first)
    left, right = box[0], box[2]
    for row in reversed(rows[max(at - HEADER_ROWS, 0) : at]):
        size = max(x.size for x in row)
        gap = box[1] - max(x.box[3] for x in row)
        within = all(left - size < x.box[0] and x.box[2] < right + 2 * size for x in row)
        if gap > 1.3 * size or not within or any(x.is_prose or _is_title(x.text) for x in row):
            break
        start = row[0].box[0] > left + 0.25 * (right - left) or row[0].text.startswith(("(", "（"))
        if len(row) < 2 and not start:
            break
        box = union(box, _around(row))
    return box


def _rows(page: Page) -> list[list[Line]]:
    """Lines on one baseline; the paragraphs of a column beside the table are left out."""
    rows = _same_baseline([x for x in page.lines if x.horizontal])
    long: Counter[int] = Counter()
    for row in rows:
        row.sort(key=lambda x: x.box[0])
        for line, after in zip_longest(row, row[1:]):  # a long line before a value is a row's name
            if line.is_prose:
                long[line.block] += -1 if after is not None and is_value(after) else 1
    alone = [
        line
        for row in rows
        for line, after in zip_longest(row, row[1:])
        if long[line.block] >= 2 and (after is None or after.block != line.block or after.is_prose)
    ]
    running = {id(x) for x in _paragraphs(alone)}
    kept = ([x for x in row if id(x) not in running] for row in rows)
    return [row for row in kept if row]


def _paragraphs(lines: list[Line]) -> Iterator[Line]:
    """Long lines, and those right above or below them, flush left, of the same block.

    A block may hold a table too: in pages that a browser printed, it holds all of the page.
    """
    edges: dict[tuple[int, int], list[Line]] = {}
    for line in sorted(lines, key=lambda x: x.box[1]):
        edges.setdefault((line.block, round(line.box[0] / 2)), []).append(line)
    for column in edges.values():
        part: list[Line] = []
        for line, after in zip_longest(column, column[1:]):
            part.append(line)
            if after is None or after.box[1] - line.box[3] > 0.25 * line.size:
                if any(x.is_prose for x in part):
                    yield from part
                part = []


def _same_baseline(lines: list[Line]) -> list[list[Line]]:
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda x: x.box[3]):
        if rows and abs(rows[-1][0].box[3] - line.box[3]) <= 0.3 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _runs(rows: list[list[Line]]) -> list[list[list[Line]]]:
    """Runs of rows whose numbers stand in the same columns.

    Rows of words alone may interrupt a run; a caption ends it.
    """
    runs: list[list[list[Line]]] = [[]]
    pending: list[list[Line]] = []
    for row in rows:
        numbers = [x for x in row if is_value(x)]
        if len(row) == 1 and label_of(row[0].text):  # what follows is something else
            runs.append([])
            pending = []
            continue
        if not numbers or any(x.is_prose for x in row if len(row) == 1):
            pending.append(row)
            continue
        last = [r for r in runs[-1] if any(map(is_value, r))][-3:]
        if last and len(pending) <= 4 and _follows(last, row, pending):
            runs[-1] += [*pending, row]
        else:
            runs.append([row])
        pending = []
    return [run for run in runs if run]


def _follows(above: list[list[Line]], row: list[Line], between: list[list[Line]]) -> bool:
    """Whether a row stands close under a run, in like letters, with a value under one of its."""
    size = max(x.size for x in row)
    if size > 1.6 * max(x.size for x in above[-1]):  # the values over a chart's bars
        return False
    chain = [above[-1], *between, row]
    for upper, lower in pairwise(chain):
        gap = min(x.box[1] for x in lower) - max(x.box[3] for x in upper)
        if gap > 2.0 * size:
            return False
    if any(x.is_prose and len(r) == 1 for r in between for x in r):
        return False
    columns = [x for r in above for x in r if is_value(x)]
    return any(_aligned(x, c) for x in row if is_value(x) for c in columns)


def _aligned(a: Line, b: Line) -> bool:
    near = 0.8 * max(a.size, b.size)
    middle = abs(a.box[0] + a.box[2] - b.box[0] - b.box[2]) / 2
    return abs(a.box[2] - b.box[2]) < near or middle < near


def _words_lead(rows: list[list[Line]]) -> bool:
    """Whether at least half of the rows with values start with words, or a period before values.

    Rows of periods alone are a header, or the labels of axes.
    """
    numeric = [row for row in rows if any(map(is_value, row))]
    led = 0
    for row in numeric:
        first = min(row, key=lambda x: x.box[0])
        period = DATE_LABEL.match(first.text)
        led += not (is_value(first) or period) or (
            bool(period) and any(is_value(x) and not DATE_LABEL.match(x.text) for x in row)
        )
    header = all(DATE_LABEL.match(x.text) for x in numeric[0])
    return led >= 0.5 * (len(numeric) - header) and led > 0


def _holds_chart_marks(box: Box, lines: list[Line], page: Page) -> bool:
    marks = page.marks
    if not len(marks):
        return False
    size = float(np.median([x.size for x in lines]))
    within = centres_inside(marks.boxes, np.array([box]))[:, 0]
    width = marks.boxes[:, 2] - marks.boxes[:, 0]
    height = marks.boxes[:, 3] - marks.boxes[:, 1]
    curves = within & (marks.forms == CURVE) & (np.maximum(width, height) > 2 * size)
    values = [x.box for x in lines if is_value(x)]
    for k in np.flatnonzero(curves)[:9]:  # shaded columns are no curve: their numbers are flush
        held = [b[2] for b in values if inside(b, tuple(marks.boxes[k]))]
        columns = Counter(round(edge / size) for edge in held)
        flush = sum(count for count in columns.values() if count >= 3)
        curves[k] = len(held) < 3 or (np.ptp(held) > size and flush < max(0.8 * len(held), 6))
    bars = within & (marks.forms == FILL) & (height > 3 * size) & (width < 0.3 * (box[2] - box[0]))
    return bool(curves.sum() >= 2 or bars.sum() >= 3) or stripes(box, page) == "bars"


def is_grid(box: Box, page: Page) -> bool:
    """Whether a region is a ruled table, of words too: lines and cells, and what is in the cells.

    Its lines of text are many, or stand in 3 rows or more of 2 cells or more, under each other, and
    no curve or filled area is drawn but the grid itself and the shading of cells. Numbers alone are
    no proof: they may be labels of axes and bars.
    """
    held = [x for x in page.lines if x.horizontal and inside(x.box, box, 0.8)]
    words = sum(not x.is_number for x in held)
    if len(held) < 6 or words < 0.2 * len(held):
        return False
    if words >= max(20, 0.6 * len(held)):  # cells of several lines each, not points with names
        within = centres_inside(page.marks.boxes, np.array([box]))[:, 0]
        dots = (within & (page.marks.forms == CURVE)).sum()
        return bool(dots < 0.5 * len(held)) and not _is_drawn_in(box, held, page)
    rows = [row for row in _same_baseline(held) if len(row) >= 2]
    cells = [x for row in rows for x in row]
    if len(rows) < 3 or len(cells) < 0.7 * len(held):
        return False
    aligned = sum(any(_in_column(x, y) for y in cells if y.box[3] != x.box[3]) for x in cells)
    return aligned >= 0.8 * len(cells) and not _is_drawn_in(box, held, page)


def _in_column(a: Line, b: Line) -> bool:
    return _aligned(a, b) or abs(a.box[0] - b.box[0]) < a.size


def _is_drawn_in(box: Box, held: list[Line], page: Page) -> bool:
    """Whether a region has curves, bars or areas that are neither its grid nor hold text."""
    marks, size = page.marks, float(np.median([x.size for x in held]))
    within = centres_inside(marks.boxes, np.array([box]))[:, 0]
    within &= (marks.boxes[:, 2] - marks.boxes[:, 0]) <= 1.1 * (box[2] - box[0])
    boxes, forms = marks.boxes[within], marks.forms[within]
    sides = boxes[:, 2:] - boxes[:, :2]
    large = sides.max(axis=1) > 2 * size
    middles = np.array([((x.box[0] + x.box[2]) / 2, (x.box[1] + x.box[3]) / 2) for x in held])
    holds = ((boxes[:, None, :2] <= middles) & (middles <= boxes[:, None, 2:])).all(axis=2)
    wide = sides[:, 0] > 0.9 * (box[2] - box[0])
    whole = wide & (sides[:, 1] > 0.9 * (box[3] - box[1]))
    shading = wide & (sides[:, 1] < 5 * size) & (holds.sum(axis=1) >= 2)
    curves = large & (forms == CURVE) & ~whole & ~shading
    areas = large & (forms == FILL)
    empty = areas & (holds.sum(axis=1) == 0)
    return bool(curves.any() or empty.sum() > 0.3 * areas.sum())
