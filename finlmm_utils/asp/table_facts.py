"""Series in the rows or columns of a parsed table."""

from __future__ import annotations

import re

from finlmm_utils.asp.facts import (
    Number,
    SeriesFact,
    clean_term,
    comparable,
    numbers_in,
    periods_in,
    sort_key,
)
from finlmm_utils.asp.records import Block
from finlmm_utils.series import Series


def _cells(line: str) -> list[str]:
    """The cells of a table row; signs that stand alone in a cell join their number."""
    cells: list[str] = []
    carry = ""
    for cell in (c.strip() for c in line.split("\t")):
        if cell in {"$", "£", "€", "¥", "("}:
            carry = cell
        elif cell in {"%", ")", ")%"} and cells:
            cells[-1] += cell
        elif cell:
            cells.append(carry + cell)
            carry = ""
    return cells


def _cell_number(cell: str) -> Number | None:
    found = numbers_in(cell)
    if len(found) != 1:
        return None
    rest = cell[: found[0].start] + cell[found[0].end :]
    number = found[0]
    if re.fullmatch(r"\(.*\)%?", cell.replace("$", "").strip()):
        unit = "%" if cell.endswith("%") else number.unit
        return Number(-abs(number.value), unit, 0, len(cell))
    return number if not re.search(r"[A-Za-z0-9]", rest) else None


def _scale_note(text: str) -> str:
    m = re.search(
        r"\bin\s+(?:US\s*)?(?:(?P<c>[$£€])\s*)?(?:dollars?,?\s+in\s+)?(?P<s>millions|thousands|billions|m|bn)\b",
        text,
        re.I,
    )
    if not m:
        return ""
    scale = {"millions": "m", "m": "m", "thousands": "k", "billions": "bn", "bn": "bn"}[
        m["s"].lower()
    ]
    return (m["c"] or "") + scale


def series_in_table(block: Block, context: str = "") -> list[SeriesFact]:
    """Reads the rows of a table whose columns are periods, or its columns where rows are periods.

    Args:
        block: a table block; cells separated by tabs, rows by newlines.
        context: caption or heading before the table, for the unit ("in millions").

    Returns:
        One series a row (or column) whose numbers are as many as the periods. The evidence is the
        row; where rows are periods, the whole table.
    """
    lines = [line for line in block.text.split("\n") if line.strip()]
    rows = [_cells(line) for line in lines]
    note = _scale_note(context + " " + " ".join(" ".join(r) for r in rows[:3]))
    money = "$" in block.text
    for k, row in enumerate(rows[:5]):
        labels = [label for cell in row for label, _, _ in periods_in(cell)]
        if not comparable(labels):
            return []
        numeric = [c for c in row if _cell_number(c)]
        if len(labels) >= 2 and len(set(labels)) == len(labels) and not numeric:
            return _by_rows(block, lines, rows, k, labels, note, money)
    return _by_columns(block, rows, note, money)


_COUNTED = re.compile(
    r"\b(?:number of|shares (?:outstanding|repurchased|issued)|restaurants|stores|employees)\b",
    re.IGNORECASE,
)
"""Rows of a table in millions of a currency that count things and not money."""


def _with_note(unit: str, note: str, money: bool) -> str:
    if unit in ("%", "x") or not note:
        return unit
    scale = note.lstrip("$£€")
    currency = note[: len(note) - len(scale)] or unit or ("$" if money else "")
    return currency + scale


def _by_rows(
    block: Block, lines: list[str], rows: list[list[str]], head: int, labels: list[str],
    note: str, money: bool,
) -> list[SeriesFact]:  # fmt: skip
    facts, section = [], ""
    for line, row in zip(lines[head + 1 :], rows[head + 1 :], strict=True):
        if not row or _cell_number(row[0]):
            continue
        numbers = [n for c in row[1:] if (n := _cell_number(c))]
        term = clean_term(row[0].rstrip(":"))
        if not numbers:
            section = term if len(row) == 1 else ""
            continue
        units = {n.unit for n in numbers if n.unit}
        if not term or len(row) - 1 != len(labels) or len(numbers) != len(labels) or len(units) > 1:
            continue
        unit = _with_note(units.pop() if units else "", note, money)
        if _COUNTED.search(term):
            unit = unit.lstrip("$£€")
        name = f"{term} ({section})" if section and term.lower() != section.lower() else term
        pairs = sorted(zip(labels, numbers, strict=True), key=lambda p: sort_key(p[0]))
        series = Series(name, unit, tuple(p[0] for p in pairs), tuple(p[1].value for p in pairs))
        facts.append(SeriesFact(series, line.strip(), block.page, "table"))
    return facts


def _by_columns(block: Block, rows: list[list[str]], note: str, money: bool) -> list[SeriesFact]:
    periods = [
        (found[0][0], row)
        for row in rows
        if row and (found := periods_in(row[0])) and len(row[0]) < 24
    ]
    first = next((k for k, r in enumerate(rows) if r and periods_in(r[0])), 0)
    if len(periods) < 2 or not first or len({p for p, _ in periods}) != len(periods):
        return []
    header, facts = rows[first - 1], []
    width = len(periods[0][1])
    if any(len(row) != width for _, row in periods) or len(header) not in (width, width - 1):
        return []
    names = header[-(width - 1) :] if width > 1 else []
    for j, name in enumerate(names, 1):
        numbers = [_cell_number(row[j]) for _, row in periods]
        unit_note = re.search(r"\(([$£€]?(?:m|bn|k|%|x)?)\)\s*$", name)
        term = clean_term(name)
        if not term or term == "value" or any(n is None for n in numbers):
            continue
        units = {n.unit for n in numbers if n and n.unit}
        if len(units) > 1:
            continue
        unit = unit_note[1] if unit_note else _with_note(units.pop() if units else "", note, money)
        pairs = sorted(
            ((p, n) for (p, _), n in zip(periods, numbers, strict=True) if n),
            key=lambda p: sort_key(p[0]),
        )
        series = Series(term, unit, tuple(p for p, _ in pairs), tuple(n.value for _, n in pairs))
        facts.append(SeriesFact(series, block.text, block.page, "table"))
    return facts
