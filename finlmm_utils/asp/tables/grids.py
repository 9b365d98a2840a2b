"""Ruled tables, of words too, told from charts by what is drawn and written in a region.

Thresholds are our choice, read off the pages of real reports.
"""

from __future__ import annotations

import numpy as np

from finlmm_utils.asp.page.boxes import Boxes
from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.paths import CURVE, FILL
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables.baselines import Row, same_baseline
from finlmm_utils.asp.tables.detect import aligned

HELD = 0.8  # share of a line inside the region, to be in it
MIN_LINES = 6  # lines of text in a table
WORDS = 0.2  # share of the lines that are words: of a chart, nearly all are numbers
MANY_WORDS, MANY_SHARE = 20, 0.6  # lines of words, and share of all: cells of several lines each
DOTS = 0.5  # drawn shapes for each line: points with names have one each
MIN_ROWS, MIN_CELLS = 3, 2  # rows, and lines in each of them
IN_ROWS = 0.7  # share of the lines that stand in rows
IN_COLUMNS = 0.8  # share of the cells that stand under another
GRID_OUT = 1.1  # of the region's width: wider marks are the page's own
DRAWN_LENGTH = 2  # of the letters' size: longer side of what is more than an arrow or a tick
WHOLE = 0.9  # share of the region's width (and height) that a border or a shaded row goes over
SHADED_HEIGHT = 5  # of the letters' size: a shaded row is lower
SHADED_LINES = 2  # lines in a shaded row
FUNNEL, MIDDLE = 3, 1.0  # steps of a funnel below its first; points between their middles
EMPTY = 0.3  # share of the filled areas that may hold no text: most cells do, bars don't


def is_grid(box: Box, view: PageView) -> bool:
    """Whether a region is a ruled table, of words too: lines and cells, and what is in the cells.

    Its lines of text are many, or stand in 3 rows or more of 2 cells or more, under each other, and
    no curve or filled area is drawn but the grid itself and the shading of cells. Numbers alone are
    no proof: they may be labels of axes and bars.
    """
    held = [x for x in view.lines_in(box, HELD) if x.horizontal]
    words = sum(not x.is_number for x in held)
    if len(held) < MIN_LINES or words < WORDS * len(held):
        return False
    if words >= max(MANY_WORDS, MANY_SHARE * len(held)):
        dots = (view.marks_in(box) & (view.marks.forms == CURVE)).sum()
        laid_out = bool(dots < DOTS * len(held))
    else:
        laid_out = _has_rows_and_columns(held)
    return laid_out and not _is_drawn_in(box, held, view)


def _has_rows_and_columns(held: list[Line]) -> bool:
    rows: list[Row] = [row for row in same_baseline(held) if len(row) >= MIN_CELLS]
    cells = [x for row in rows for x in row]
    if len(rows) < MIN_ROWS or len(cells) < IN_ROWS * len(held):
        return False
    under = sum(any(_in_column(x, y) for y in cells if y.box[3] != x.box[3]) for x in cells)
    return under >= IN_COLUMNS * len(cells)


def _in_column(a: Line, b: Line) -> bool:
    return aligned(a, b) or abs(a.box[0] - b.box[0]) < a.size


def _is_drawn_in(box: Box, held: list[Line], view: PageView) -> bool:
    """Whether a region has curves, bars or areas that are neither its grid nor hold text."""
    width, height = box[2] - box[0], box[3] - box[1]
    size = float(np.median([x.size for x in held]))
    marks = view.marks.take(view.marks_in(box) & (view.marks.width <= GRID_OUT * width))
    large = np.maximum(marks.width, marks.height) > DRAWN_LENGTH * size
    middles = np.array([((x.box[0] + x.box[2]) / 2, (x.box[1] + x.box[3]) / 2) for x in held])
    low, high = marks.boxes[:, None, :2], marks.boxes[:, None, 2:]
    lines = ((low <= middles) & (middles <= high)).all(axis=2).sum(axis=1)
    wide = marks.width > WHOLE * width
    border = wide & (marks.height > WHOLE * height)
    shading = wide & (marks.height < SHADED_HEIGHT * size) & (lines >= SHADED_LINES)
    curves = large & (marks.forms == CURVE) & ~border & ~shading
    areas = large & (marks.forms == FILL)
    empty = areas & (lines == 0)
    drawn = curves.any() or empty.sum() > EMPTY * areas.sum()
    return bool(drawn or _is_funnel(marks.boxes[areas & ~wide]))


def _is_funnel(areas: Boxes) -> bool:
    """Whether areas stand under each other over one middle, each less wide than the one above."""
    areas = areas[np.argsort(areas[:, 1])]
    if len(areas) < FUNNEL:
        return False
    level = np.ptp(areas[:, 0] + areas[:, 2]) < 2 * MIDDLE
    return bool(level and (np.diff(areas[:, 2] - areas[:, 0]) < -MIDDLE).all())
