"""What the filled rectangles of a region are: the shading of a table, bars, or a treemap.

Thresholds are our choice, read off the pages of real reports.
"""

from __future__ import annotations

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.page.paths import FILL
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box

HELD = 0.8  # share of a line inside the region, to be in one of its cells
MIN_WORDS = 2  # lines of words in a shaded table; bars hold numbers alone
CELLS_A_LINE = 3  # shaded cells for each line of text: more are a heat map's or a treemap's
ROW_LOW, ROW_HIGH = 4, 45  # points: least height of a shaded row, and the height of a bar or panel
STEP = 2  # points: edges that agree in steps of these are one
END_STEP = 2  # times `STEP`: ends of whole rows agree in coarser steps
MIN_ROWS = 2  # rows of rectangles; one alone is a heading's background
COLUMN, ROW = 3, 2  # rectangles under each other, and beside each other, that are a column, a row
IN_CELLS = 0.7  # share of the rectangles that stand in columns and in rows
MIN_COLUMNS = 3  # columns of a grid of cells; two are a pair of bars
ACROSS = 0.6  # share of the region's width that shaded rows go over
ALIKE = 0.6  # share of the rows that end in the same places, and that have one colour each
BAR_ENDS, MIN_BARS = 3, 3  # different right ends, and rows, of bars
TILES, TILED = 4, 0.8  # tiles of a treemap with a value; share of its area that tiles fill
AREA_ALIKE, UNLIKE_TILES = 0.15, 2.0  # part by which area per value differs; largest to least tile
PLAIN = 0.5  # share of rows of one colour, below which they are stacked bars

_VALUE = re.compile(r"\d[\d,]*(\.\d+)?")


def is_shaded(box: Box, view: PageView) -> bool:
    """Whether a region is the shading of a table: stripes or a grid of cells that hold words."""
    if _is_turned_table(box, view):
        return True
    form = stripes(box, view)
    if form not in ("bands", "cells"):
        return False
    held = view.lines_in(box, HELD)
    words = sum(not x.is_number for x in held)
    fills = (view.marks_in(box) & (view.marks.forms == FILL)).sum()
    return words >= MIN_WORDS and (form == "bands" or CELLS_A_LINE * len(held) >= fills)


def _is_turned_table(box: Box, view: PageView) -> bool:
    """Whether a region is the bands of a table that lies on its side, words and all."""
    held = view.lines_in(box, HELD)
    words = sum(not x.is_number for x in held)
    if words < MIN_WORDS or sum(x.horizontal for x in held) > PLAIN * len(held):
        return False
    fills = view.marks_in(box) & (view.marks.forms == FILL)
    long = view.marks.height[fills] > ACROSS * (box[3] - box[1])
    return bool(long.sum() >= MIN_ROWS and long.mean() >= ALIKE)


def stripes(box: Box, view: PageView) -> str:
    """What the filled rectangles of a region are by their rows.

    Returns:
        `cells` where they stand in rows and columns, `bands` where rows of one colour go from side
        to side, as shaded rows do, `bars` where they end in different places or have several
        colours, "" if there are too few.
    """
    marks, scale = view.marks, view.scale
    fills = view.marks_in(box) & (marks.forms == FILL)
    lying = fills & (marks.height > ROW_LOW * scale) & (marks.height < ROW_HIGH * scale)
    places = np.round(marks.boxes[lying] / STEP).astype(int)
    rows = Counter((int(top), int(bottom)) for _, top, _, bottom in places)
    if len(rows) < MIN_ROWS:
        return ""
    if _is_grid_of_cells(places, rows):
        return "cells"
    by_row = [places[:, 1] == top for top in {top for top, _ in rows}]
    ends = Counter(_ends(places[row]) for row in by_row)
    colours = marks.colours[lying]
    plain = sum(len(np.unique(colours[row])) == 1 for row in by_row)
    (left, right), most = ends.most_common(1)[0]
    wide = END_STEP * STEP * (right - left) > ACROSS * (box[2] - box[0])
    upright = (fills & (marks.height >= ROW_HIGH * scale)).any()
    if wide and not upright and min(most, plain) >= ALIKE * len(by_row):
        return "bands"
    ragged = len({right for _, right in ends}) >= BAR_ENDS
    many = ragged or plain < PLAIN * len(by_row)
    return "bars" if many and len(by_row) >= MIN_BARS else ""


def _is_grid_of_cells(places: NDArray[np.int_], rows: Counter[tuple[int, int]]) -> bool:
    columns = Counter((int(left), int(right)) for left, _, right, _ in places)
    columned = sum(n for n in columns.values() if n >= COLUMN)
    rowed = sum(n for n in rows.values() if n >= ROW)
    return min(columned, rowed) > IN_CELLS * len(places) and len(columns) >= MIN_COLUMNS


def _ends(row: NDArray[np.int_]) -> tuple[int, int]:
    """Left and right end of the rectangles of a row, in steps."""
    return round(row[:, 0].min() / END_STEP), round(row[:, 2].max() / END_STEP)


def is_treemap(box: Box, view: PageView) -> bool:
    """Whether filled rectangles tile a region, each as large as the number written in it."""
    marks = view.marks
    tiles = marks.boxes[view.marks_in(box) & (marks.forms == FILL)]
    areas = (tiles[:, 2] - tiles[:, 0]) * (tiles[:, 3] - tiles[:, 1])
    whole = (box[2] - box[0]) * (box[3] - box[1])
    if len(tiles) < TILES or not TILED * whole <= areas.sum() <= whole * (1 + AREA_ALIKE):
        return False
    each, sizes = [], []
    for tile, area in zip(tiles.tolist(), areas.tolist(), strict=True):
        found = (_VALUE.search(x.text) for x in view.lines_in((tile[0], tile[1], tile[2], tile[3])))
        values = [float(m.group().replace(",", "")) for m in found if m]
        if len(values) == 1 and values[0] > 0:
            each.append(area / values[0])
            sizes.append(area)
    if len(each) < TILES or max(sizes) < UNLIKE_TILES * min(sizes):
        return False
    usual = float(np.median(each))
    return all(abs(x - usual) < AREA_ALIKE * usual for x in each)
