"""Tables set as text: where they stand on a page.

Thresholds are our choice, read off the pages of real reports.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.page.boxes import inside, union
from finlmm_utils.asp.page.page import Line, Page
from finlmm_utils.asp.page.paths import CURVE, FILL
from finlmm_utils.asp.page.view import PageView
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.tables.baselines import Row, text_rows
from finlmm_utils.asp.tables.shading import stripes
from finlmm_utils.finance.references import label_of

_NOTE = re.compile(r"^\s*note\s*\d", re.I)

# Counts.
FULL_ROWS = 2  # rows of several values that prove columns
PAIRS = 3  # rows of a name and one value that prove a column where no row has several values
LEGEND_ROWS = 2  # rows that begin with a swatch, of which a run is a legend
MIN_ROWS, MIN_HEADED_ROWS = 3, 2  # rows of a table; one less where the first names periods
WIDE_ROW, WIDE_ROWS = 3, 6  # values a row, and such rows, that prove a table without names of rows
NAMED_ROWS = 0.5  # share of the rows that begin with words
HEADER_ROWS = 5  # rows of column names above the first row of values
ROWS_BETWEEN = 4  # rows of words that may interrupt a table
ROWS_ABOVE = 3  # last rows of a run, under whose values the next one's must stand
CURVES, BARS = 2, 3  # that belong to a chart; a table may be crossed by one stroke or two boxes
CURVES_SEEN = 9  # curves that are looked at for what they hold: 2 decide
SHADED_VALUES = 3  # values in a shape that shades a column
FLUSH_VALUES, FLUSH_SHARE = 6, 0.8  # values, and share of all, whose right edges a shade lines up
# Shares of the letters' size.
PAIR_GAP = 2  # between a name and its value; words and a number in running text are closer
HEADER_GAP = 1.3  # between a table and a row of column names
HEADER_OUT_LEFT, HEADER_OUT_RIGHT = 1, 2  # by which a row of column names may reach out
ROW_GAP = 2.0  # between the rows of a table
LARGER = 1.6  # times the letters above: the values over a chart's bars are larger
ALIGNED = 0.8  # between the right edges, or the middles, of values in one column
CURVE_LENGTH = 2  # longer side of a curve; shorter ones are arrows and ticks
BAR_HEIGHT = 3  # height of a bar; lower ones shade a row
COLUMN_SPREAD = 1  # between the right edges of values of different columns
# Shares of the table's width.
HEADER_START = 0.25  # from its left edge: a single name of columns stands over the values
BAR_WIDTH = 0.3  # a bar is narrower, the shading of rows wider


def view_page(page: Page) -> PageView:
    """A page's view with its tables: where each look at a page begins."""
    view = PageView(page)
    view.tables = find_tables(view)
    return view


def find_tables(view: PageView) -> list[Box]:
    """Boxes of tables set as text, header rows included, from the top.

    A table is a run of rows close together in which numbers stand under each other in columns: at
    least 3, or 2 of which the first names periods. One column of numbers is enough where a gap is
    between it and the words. Rows of axis labels of charts that stand side by side look the same,
    and so do names and values of bars; what tells them apart are the marks between them: curves
    and bars belong to no table.
    """
    rows = text_rows(view)
    boxes = []
    for run in filter(lambda run: _is_table(run, view), _runs(rows)):
        lines = [x for row in run for x in row]
        box = _around(lines)
        if not _holds_chart_marks(box, lines, view, _is_written_out(run)):
            boxes.append(_with_header(box, run[0], rows))
    return boxes


# --- runs of rows -------------------------------------------------------------------------------


def _runs(rows: list[Row]) -> list[list[Row]]:
    """Runs of rows whose numbers stand in the same columns.

    Rows of words alone may interrupt a run; a caption or a source line ends it.
    """
    runs: list[list[Row]] = [[]]
    between: list[Row] = []
    for row in rows:
        # What follows is something else.
        if any(x.is_source for x in row) or (len(row) == 1 and label_of(row[0].text)):
            runs.append([])
            between = []
        elif _is_words(row):
            between.append(row)
        else:
            if _goes_on(runs[-1], between, row):
                runs[-1] += [*between, row]
            else:
                runs.append([row])
            between = []
    return [run for run in runs if run]


def _is_words(row: Row) -> bool:
    """Whether a row holds no value, or is a line of running text."""
    return _is_text(row) or not any(x.is_value for x in row)


def _is_text(row: Row) -> bool:
    return len(row) == 1 and row[0].is_prose


def _goes_on(run: list[Row], between: list[Row], row: Row) -> bool:
    """Whether a row belongs to a run from which rows of words part it."""
    above = [r for r in run if any(x.is_value for x in r)][-ROWS_ABOVE:]
    if not above or len(between) > ROWS_BETWEEN or any(map(_is_text, between)):
        return False
    size = max(x.size for x in row)
    if size > LARGER * max(x.size for x in above[-1]):
        return False
    columns = [x for r in above for x in r if x.is_value]
    under = any(aligned(x, c) for x in row if x.is_value for c in columns)
    return under and _is_close([above[-1], *between, row], size)


def _is_close(rows: list[Row], size: float) -> bool:
    gaps = (min(x.box[1] for x in b) - max(x.box[3] for x in a) for a, b in pairwise(rows))
    return all(gap <= ROW_GAP * size for gap in gaps)


def aligned(a: Line, b: Line) -> bool:
    """Whether two values stand in one column: flush right, or centred under each other."""
    near = ALIGNED * max(a.size, b.size)
    middle = abs(a.box[0] + a.box[2] - b.box[0] - b.box[2]) / 2
    return abs(a.box[2] - b.box[2]) < near or middle < near


# --- which runs are tables ----------------------------------------------------------------------


def _is_table(run: list[Row], view: PageView) -> bool:
    """Whether the values of a run stand in columns, with names of rows before them."""
    full = sum(_has_columns(row) for row in run)
    if full < FULL_ROWS and (sum(map(_is_pair, run)) < PAIRS or _is_legend(run, view)):
        return False
    headed = all(x.is_period for x in run[0])
    if len(run) < (MIN_HEADED_ROWS if headed else MIN_ROWS):
        return False
    wide = sum(sum(x.is_value for x in row) >= WIDE_ROW for row in run)
    return wide >= WIDE_ROWS or _words_lead(run)


def _has_columns(row: Row) -> bool:
    values = sum(x.is_value for x in row)
    return values > 1 or (values == 1 and len(row) > 2)


def _is_pair(row: Row) -> bool:
    """Whether a row is words and, after a gap, one number."""
    words, number = [x for x in row if not x.is_value], [x for x in row if x.is_value]
    if len(words) != 1 or len(number) != 1 or words[0].is_prose:
        return False
    return number[0].box[0] - words[0].box[2] > PAIR_GAP * words[0].size


def _is_legend(run: list[Row], view: PageView) -> bool:
    """Whether swatches of colour stand left of the words, as they do in the legend of a pie."""
    first = [min(row, key=lambda x: x.box[0]) for row in run]
    return int(view.have_swatch(first).sum()) >= LEGEND_ROWS


def _words_lead(rows: list[Row]) -> bool:
    """Whether at least half of the rows with values start with words, or a period before values.

    Rows of periods alone are a header, or the labels of axes.
    """
    numeric = [row for row in rows if any(x.is_value for x in row)]
    led = sum(map(_is_led, numeric))
    header = all(x.is_period for x in numeric[0])
    return led >= NAMED_ROWS * (len(numeric) - header) and led > 0


def _is_led(row: Row) -> bool:
    first = min(row, key=lambda x: x.box[0])
    if first.is_period:
        return any(x.is_value and not x.is_period for x in row)
    return not first.is_value


# --- where a table ends -------------------------------------------------------------------------


def _around(lines: list[Line]) -> Box:
    return functools.reduce(union, (x.box for x in lines))


def _with_header(box: Box, first: Row, rows: list[Row]) -> Box:
    """A table's box and the rows of column names right above it."""
    at = next(k for k, row in enumerate(rows) if row is first)
    left, right = box[0], box[2]
    for row in reversed(rows[max(at - HEADER_ROWS, 0) : at]):
        gap = box[1] - max(x.box[3] for x in row)
        if gap > HEADER_GAP * max(x.size for x in row) or not _is_header(row, left, right):
            break
        box = union(box, _around(row))
    return box


def _is_title(text: str) -> bool:
    """Whether a line starts with "Table 4", "Figure 1" or "Note 12"."""
    return label_of(text) is not None or bool(_NOTE.match(text))


def _is_header(row: Row, left: float, right: float) -> bool:
    """Whether a row may name the columns of a table between two edges."""
    if any(x.is_prose or _is_title(x.text) for x in row):
        return False
    size = max(x.size for x in row)
    low, high = left - HEADER_OUT_LEFT * size, right + HEADER_OUT_RIGHT * size
    if not all(low < x.box[0] and x.box[2] < high for x in row):
        return False
    over_values = row[0].box[0] > left + HEADER_START * (right - left)
    return len(row) > 1 or over_values or row[0].text.startswith(("(", "（"))


# --- marks of charts ----------------------------------------------------------------------------


def _is_written_out(run: list[Row]) -> bool:
    """Whether many rows have a name and several values: what curves cross it is ink on a table."""
    full = (row for row in run if not row[0].is_value and sum(x.is_value for x in row) >= WIDE_ROW)
    return sum(1 for _ in full) >= WIDE_ROWS


def _holds_chart_marks(box: Box, lines: list[Line], view: PageView, written_out: bool) -> bool:
    """Whether curves or bars are drawn among the lines of a table: then they label a chart.

    Args:
        box: of the table.
        lines: of its rows.
        view: of the page.
        written_out: whether its rows alone prove it, so that curves do not count.
    """
    if not len(view.marks):
        return False
    size = float(np.median([x.size for x in lines]))
    if not written_out and _curves(box, lines, view, size).sum() >= CURVES:
        return True
    marks = view.marks
    bars = view.marks_in(box) & (marks.forms == FILL) & (marks.height > BAR_HEIGHT * size)
    bars &= marks.width < BAR_WIDTH * (box[2] - box[0])
    return bool(bars.sum() >= BARS) or stripes(box, view) == "bars"


def _curves(box: Box, lines: list[Line], view: PageView, size: float) -> NDArray[np.bool_]:
    """Which marks are curves among the lines of a table, and not the shade of its columns."""
    marks = view.marks
    long = np.maximum(marks.width, marks.height) > CURVE_LENGTH * size
    curves = view.marks_in(box) & (marks.forms == CURVE) & long
    values = [x.box for x in lines if x.is_value]
    for k in np.flatnonzero(curves)[:CURVES_SEEN]:
        held = [b[2] for b in values if inside(b, tuple(marks.boxes[k]))]
        curves[k] = not _shades(held, size)
    return curves


def _shades(edges: list[float], size: float) -> bool:
    """Whether the right edges of the values in a shape say that it shades columns: flush ones."""
    if len(edges) < SHADED_VALUES:
        return False
    columns = Counter(round(edge / size) for edge in edges)
    flush = sum(count for count in columns.values() if count >= SHADED_VALUES)
    one_column = np.ptp(edges) <= COLUMN_SPREAD * size
    return bool(one_column or flush >= max(FLUSH_SHARE * len(edges), FLUSH_VALUES))
