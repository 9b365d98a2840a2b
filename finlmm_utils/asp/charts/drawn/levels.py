"""Labels of several lines or levels: words under words, years under their quarters.

Thresholds are our choice; lengths in points, or times the size of the letters (ems).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.finance.periods import quarter_of, year_of

NEXT_LINE = 1.5  # ems to the second line of a label
SAME_SIZE = 0.1  # ems by which the letters of its lines may differ in size
ALIGNED = 2.5  # points between the middles of two lines of one label
STRIP = 3.0  # ems that the strip under a title is high, at most
SAME_LINE = 1.0  # points between the baselines of titles of one row
OVER = 0.25  # of the width of a panel, between its middle and that of its title
OFF_MIDDLE = 0.4  # of the distance of two labels, from the middle of a group to its own words


def height_of(cell: Cell) -> float:
    """Where a label stands down the page: its top; turned ones may reach into the plot."""
    return cell.box[1] if cell.level else (cell.box[1] + cell.box[3]) / 2


def with_next_lines(rows: list[list[Cell]]) -> list[Cell]:
    """The first row, each label with the lines under it that stand in its middle."""
    out = list(rows[0])
    for row in rows[1:]:
        size = out[0].size
        below = row[0].baseline - max(c.baseline for c in out)
        if not (out[0].level and row[0].level) or len(row) > len(out):
            break
        if below > NEXT_LINE * size or abs(row[0].size - size) > SAME_SIZE * size:
            break
        pairs = [(_nearest(out, c), c) for c in row]
        if any(abs(out[k].x - c.x) > ALIGNED for k, c in pairs):
            break
        for k, c in pairs:
            out[k] = under(out[k], c)
    return out


def with_upper_level(row: list[Cell], rows: list[list[Cell]]) -> list[Cell]:
    """Labels that come again and again, each with the year of its group in the row below.

    Years stand under the middles of their groups, or each under the first label of its own.

    Args:
        row: the labels, from the left: quarters.
        rows: level words under the plot, from the top: among them the years.

    Returns:
        The labels alone where the groups can't be told for sure.
    """
    lowest = max(c.box[3] for c in row)
    below = [r for r in rows if height_of(r[0]) > lowest - row[0].size and len(r) < len(row)]
    if not below or len(row) < 2:
        return row
    upper = sorted(below[0], key=lambda c: c.x)
    one = len(upper) == 1 and upper[0].is_year
    if len({c.text for c in row}) == len(row) and not one:
        return row
    for sizes in (_by_middles(row, upper, one), _by_firsts(row, upper)):
        if sum(sizes) == len(row):
            years = [cell for cell, size in zip(upper, sizes, strict=True) for _ in range(size)]
            out = [replace(c, text=under(c, y).text) for c, y in zip(row, years, strict=True)]
            if len({c.text for c in out}) == len(row):
                return out
    return row


def _by_middles(row: list[Cell], upper: list[Cell], one: bool) -> list[int]:
    """How many labels stand around each of the words below; none where they are no groups.

    Args:
        row: the labels.
        upper: the words below.
        one: whether a single word is all labels'.
    """
    pitch = float(np.median(np.diff([c.x for c in row])))
    sizes: list[int] = []
    for cell in upper:
        rest = row[sum(sizes) :]
        middles = np.array([(rest[0].x + c.x) / 2 for c in (rest[-1:] if one else rest)])
        off = np.abs(middles - cell.x)
        if not len(off) or off.min() > OFF_MIDDLE * pitch:
            return []
        sizes.append(len(rest) if one else int(off.argmin()) + 1)
    return sizes


def _by_firsts(row: list[Cell], upper: list[Cell]) -> list[int]:
    """How many labels follow the one above each of the words below; none where they do not."""
    firsts = [_nearest(row, c) for c in upper]
    off = max(abs(row[k].x - c.x) for k, c in zip(firsts, upper, strict=True))
    if off > ALIGNED or firsts[0] or len(upper) < 2:
        return []
    return [b - a for a, b in zip(firsts, [*firsts[1:], len(row)], strict=True)]


def are_quarters(rows: list[list[Cell]]) -> bool:
    """Whether labels come again and again, and fewer years stand under them: no further lines."""
    texts = {c.text for c in rows[0]}
    years = rows[1] if len(rows) > 1 else []
    return len(texts) < len(rows[0]) > len(years) > 0 and all(c.is_year for c in years)


def come_again(row: list[Cell]) -> bool:
    """Whether quarters or months come again and no year tells which: "Q2" of 2023 or of 2024?"""
    texts = [c.text for c in row]
    again = len(set(texts)) < len(texts)
    return again and all(quarter_of(text) and not year_of(text) for text in texts)


def panel_size(row: Sequence[Cell]) -> int:
    """How many labels come again and again as a whole, as under small multiples; 0 where none."""
    texts = [c.text for c in row]
    sizes = range(2, len(row) // 2 + 1)
    return next((n for n in sizes if texts == texts[:n] * (len(row) // n)), 0)


def panel_titles(row: Sequence[Cell], over: Sequence[Cell]) -> list[Cell]:
    """The titles of small multiples, from the left: each time that the labels come again, one.

    Args:
        row: the labels of all panels, from the left.
        over: words that may be titles.

    Returns:
        The lowest words of which one stands over the middle of each panel, if any.
    """
    size = panel_size(row)
    panels = [row[k : k + size] for k in range(0, len(row), size)] if size else []
    for height in sorted({c.baseline for c in over}, reverse=True):
        level = [c for c in over if abs(c.baseline - height) < SAME_LINE]
        titles = sorted(level, key=lambda c: c.x)
        if len(titles) == len(panels) and all(
            abs((own[0].x + own[-1].x) / 2 - title.x) <= OVER * (own[-1].x - own[0].x)
            for own, title in zip(panels, titles, strict=True)
        ):
            return titles
    return []


def is_strip(shape: Shape, title: Cell) -> bool:
    """Whether a shape is the strip that a title is written on."""
    x0, y0, x1, y1 = shape.box
    return x0 < title.x < x1 and y0 < title.y < y1 and shape.high <= STRIP * title.size


def _nearest(cells: list[Cell], cell: Cell) -> int:
    return min(range(len(cells)), key=lambda k: abs(cells[k].x - cell.x))


def under(upper: Cell, lower: Cell) -> Cell:
    """Two lines of one label as one."""
    chinese = upper.text[-1:] > "\u3400" and lower.text[:1] > "\u3400"
    a, b = upper.box, lower.box
    return replace(
        upper,
        text=upper.text + ("" if chinese else " ") + lower.text,
        box=(min(a[0], b[0]), a[1], max(a[2], b[2]), b[3]),
        baseline=lower.baseline,
    )
