"""The lines of a page as rows: what stands on one baseline, without the running text beside it.

Thresholds are our choice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import zip_longest

from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.view import PageView, ids

Row = list[Line]

SAME_BASELINE = 0.3  # of the letters' size: lines of one row have their feet so close
LONG_LINES = 2  # long lines of a block, beside no value, that make its other long lines text
EDGE = 2  # points, on any page: left edges of one paragraph agree in steps of these
LEADING = 0.25  # of the letters' size, between lines of one paragraph; rows of a table stand wider


def text_rows(view: PageView) -> list[Row]:
    """Lines on one baseline; the paragraphs of a column beside the table are left out."""
    rows = same_baseline(view.horizontal)
    for row in rows:
        row.sort(key=lambda x: x.box[0])
    running = ids(_paragraphs(_alone(rows)))
    kept = ([x for x in row if id(x) not in running] for row in rows)
    return [row for row in kept if row]


def same_baseline(lines: list[Line]) -> list[Row]:
    """Lines that stand on one baseline, rows from the top."""
    rows: list[Row] = []
    for line in sorted(lines, key=lambda x: x.box[3]):
        if rows and abs(rows[-1][0].box[3] - line.box[3]) <= SAME_BASELINE * line.size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _alone(rows: list[Row]) -> list[Line]:
    """Lines of blocks of text after which no value of the same block stands in their row."""
    followed = [pair for row in rows for pair in zip_longest(row, row[1:])]
    long: Counter[int] = Counter()
    for line, after in followed:  # a long line before a value is a row's name
        if line.is_prose:
            long[line.block] += -1 if after is not None and after.is_value else 1
    return [
        line
        for line, after in followed
        if long[line.block] >= LONG_LINES
        and (after is None or after.block != line.block or after.is_prose)
    ]


def _paragraphs(lines: list[Line]) -> Iterator[Line]:
    """Long lines, and those right above or below them, flush left, of the same block.

    A block may hold a table too: in pages that a browser printed, it holds all of the page.
    """
    edges: dict[tuple[int, int], list[Line]] = {}
    for line in sorted(lines, key=lambda x: x.box[1]):
        edges.setdefault((line.block, round(line.box[0] / EDGE)), []).append(line)
    for column in edges.values():
        part: list[Line] = []
        for line, after in zip_longest(column, column[1:]):
            part.append(line)
            if after is None or after.box[1] - line.box[3] > LEADING * line.size:
                if any(x.is_prose for x in part):
                    yield from part
                part = []
