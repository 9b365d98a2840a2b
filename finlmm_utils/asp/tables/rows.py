"""The rows and columns of a table as text."""

from __future__ import annotations

from collections.abc import Callable

from finlmm_utils.asp.page.page import Line

Cell = tuple[str, tuple[float, float]]  # text; left and right edge, points

SAME_BASELINE = 0.4  # of the largest letters' size: cells of one row have their feet so close


def table_text(cells: list[Line], clean: Callable[[str], str]) -> str:
    """Rows and columns of a table as text: tabs between cells, newlines between rows.

    A cell that is missing stays empty, so that the later ones keep their column. A currency sign
    joins the number after it, a closing bracket or percent sign the one before; a row name that
    was broken into two lines is one again.

    Args:
        cells: the lines of the table.
        clean: normalises the text of a cell.

    Returns:
        The text, without empty rows.
    """
    rows = [_glued(row, clean) for row in _baselines(cells)]
    columns = _columns([row for row in rows if len(row) > 1])
    table: list[list[str]] = []
    for row in rows:
        texts = [""] * max(len(columns), 1)
        for text, (left, right) in row:
            k = _column_of(left, right, columns)
            texts[k] = f"{texts[k]} {text}".strip()
        if table and len(row) > 1 and texts[0][:1].islower() and not any(table[-1][1:]):
            texts[0] = f"{table.pop()[0]} {texts[0]}".strip()
        table.append(texts)
    return "\n".join(line for row in table if (line := "\t".join(row).rstrip("\t")))


def _baselines(cells: list[Line]) -> list[list[Line]]:
    size = max(x.size for x in cells)
    rows: list[list[Line]] = []
    for line in sorted(cells, key=lambda x: (x.box[3], x.box[0])):
        if rows and abs(rows[-1][0].box[3] - line.box[3]) < SAME_BASELINE * size:
            rows[-1].append(line)
        else:
            rows.append([line])
    return rows


def _glued(row: list[Line], clean: Callable[[str], str]) -> list[Cell]:
    """The cells of a row from the left; a sign joins its number and takes the number's place."""
    cells: list[Cell] = []
    for line in sorted(row, key=lambda x: x.box[0]):
        text, place = clean(line.text), (line.box[0], line.box[2])
        if cells and text in (")", "%", ")%", "%)"):
            cells[-1] = (cells[-1][0] + text, cells[-1][1])
        elif cells and cells[-1][0] in ("$", "€", "£", "¥", "("):
            cells[-1] = (cells[-1][0] + text, place)
        elif text:
            cells.append((text, place))
    return cells


def _columns(rows: list[list[Cell]]) -> list[tuple[float, float]]:
    """Extents of the columns: cells that overlap are of one, save those that span several."""
    spans = sorted((place for row in rows for _, place in row), key=lambda p: p[1] - p[0])
    columns: list[tuple[float, float]] = []
    for left, right in spans:
        met = [c for c in columns if min(c[1], right) - max(c[0], left) > 0]
        if len(met) <= 1:
            columns = [c for c in columns if c not in met]
            columns.append((min([left, *(c[0] for c in met)]), max([right, *(c[1] for c in met)])))
    return sorted(columns)


def _column_of(left: float, right: float, columns: list[tuple[float, float]]) -> int:
    """The column that a cell overlaps most, else the nearest; 0 where there are no columns."""
    shared = [min(c[1], right) - max(c[0], left) for c in columns]
    return shared.index(max(shared)) if shared else 0
