"""Tables set as text: where they stand on a page, and their rows and columns."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import numpy as np

from finlmm_utils.asp.boxes import centres_inside, union
from finlmm_utils.asp.pages import CURVE, DATE_LABEL, FILL, Line, Page
from finlmm_utils.asp.records import Box


def table_boxes(page: Page) -> list[Box]:
    """Boxes of tables set as text, header rows included.

    A table is a run of rows close together in which numbers stand under each other in columns: at
    least 3, or 2 of which the first names periods. Rows
    of axis labels of charts that stand side by side look the same; what tells them apart are the
    marks between them: curves and bars belong to no table.

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
    for rows in _runs(_rows(page)):
        lines = [x for row in rows for x in row]
        with_columns = sum(len([x for x in row if x.is_number]) >= 2 for row in rows)
        headed = all(DATE_LABEL.match(x.text) for x in rows[0])
        if with_columns < 2 or len(rows) < (2 if headed else 3) or not _words_lead(rows):
            continue
        box = lines[0].box
        for line in lines:
            box = union(box, line.box)
        if not _holds_chart_marks(box, lines, page):
            boxes.append(box)
    return boxes


def _rows(page: Page) -> list[list[Line]]:
    """Lines on one baseline; the paragraphs of a column beside the table are left out."""
    long = Counter(x.block for x in page.lines if x.is_prose)
    lines = [x for x in page.lines if x.horizontal and long[x.block] < 2]
    rows: list[list[Line]] = []
    for line in sorted(lines, key=lambda x: (x.box[3], x.box[0])):
        if rows and abs(rows[-1][0].box[3] - line.box[3]) <= 0.3 * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _runs(rows: list[list[Line]]) -> list[list[list[Line]]]:
    """Runs of rows whose numbers stand in the same columns; rows of words alone may interrupt."""
    runs: list[list[list[Line]]] = []
    pending: list[list[Line]] = []
    for row in rows:
        numbers = [x for x in row if x.is_number]
        if not numbers or any(x.is_prose for x in row if len(row) == 1):
            pending.append(row)
            continue
        last = [r for r in runs[-1] if any(x.is_number for x in r)][-1] if runs else []
        if last and len(pending) <= 2 and _follows(last, row, pending):
            runs[-1] += [*pending, row]
        else:
            runs.append([row])
        pending = []
    return runs


def _follows(above: list[Line], row: list[Line], between: list[list[Line]]) -> bool:
    size = max(x.size for x in row)
    chain = [above, *between, row]
    for upper, lower in pairwise(chain):
        gap = min(x.box[1] for x in lower) - max(x.box[3] for x in upper)
        if gap > 2.0 * size:
            return False
    if any(x.is_prose and len(r) == 1 for r in between for x in r):
        return False
    columns = [x for x in above if x.is_number]
    return any(_aligned(x, c) for x in row if x.is_number for c in columns)


def _aligned(a: Line, b: Line) -> bool:
    near = 0.8 * max(a.size, b.size)
    middle = abs(a.box[0] + a.box[2] - b.box[0] - b.box[2]) / 2
    return abs(a.box[2] - b.box[2]) < near or middle < near


def _words_lead(rows: list[list[Line]]) -> bool:
    """Whether at least half of the rows with numbers start with words or a period."""
    numeric = [row for row in rows if any(x.is_number for x in row)]
    first = [min(row, key=lambda x: x.box[0]) for row in numeric]
    led = sum(not x.is_number or bool(DATE_LABEL.match(x.text)) for x in first)
    return led >= 0.5 * len(numeric)


def _holds_chart_marks(box: Box, lines: list[Line], page: Page) -> bool:
    marks = page.marks
    if not len(marks):
        return False
    size = float(np.median([x.size for x in lines]))
    within = centres_inside(marks.boxes, np.array([box]))[:, 0]
    width = marks.boxes[:, 2] - marks.boxes[:, 0]
    height = marks.boxes[:, 3] - marks.boxes[:, 1]
    curves = within & (marks.forms == CURVE) & (np.maximum(width, height) > 2 * size)
    bars = within & (marks.forms == FILL) & (height > 3 * size) & (width < 0.3 * (box[2] - box[0]))
    return bool(curves.sum() >= 2 or bars.sum() >= 3)
