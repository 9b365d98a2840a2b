"""Series in the rows or columns of a parsed table."""

from __future__ import annotations

import re
from collections.abc import Sequence

from finlmm_utils.asp.questions.rules.question_item import AskedFact, level_item
from finlmm_utils.asp.questions.rules.sentences import (
    GENERIC,
    Number,
    SeriesFact,
    clean_term,
    numbers_in,
    sort_key,
)
from finlmm_utils.asp.questions.rules.table_headers import (
    column_periods,
    scale_note,
    spanned,
    unit_in_name,
    unit_row,
    without_others,
    without_unit,
)
from finlmm_utils.asp.records import Block
from finlmm_utils.finance.periods import periods_in
from finlmm_utils.finance.terms import CATEGORY_OF, Series


def _cells(line: str) -> list[str]:
    """The cells of a table row; signs that stand alone in a cell join their number."""
    cells: list[str] = []
    carry = ""
    for cell in (c.strip() for c in line.split("\t")):
        if cell in {"$", "£", "€", "¥", "("}:
            carry = cell
        elif cell in {"%", ")", ")%"} and cells and cells[-1][-1:].isdigit():
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


_QUANTITY = re.compile(
    r"revenue|sales|income|profit|loss|earning|expense|cost|margin|cash|asset|liabilit|debt|borrowing|loan|"
    r"deposit|equity|capital|dividend|share|tax|interest|fees?\b|payable|receivable|inventor|goodwill|"
    r"intangible|depreciation|amorti[sz]ation|provision|reserve|investment|securities|lease|EBIT|return|yield|"
    r"\brates?\b|\bratios?\b|volume|transaction|customer|account|employee|headcount|stores|"
    r"restaurants|pension|compensation|repayment|proceeds|charge|allowance|backlog|\borders\b|production|capacity|emission|wage|"
    r"salar|premium|claim|fund|incident|leakage|satisfaction|\bscore|injur|accident|turnover|waste|"
    r"electricity|withdrawal|consumption|occupancy|unemployment|inflation|GDP|gearing|leverage|收入|利润|成本|费用|资产|负债|现金|权益|净值|收益|回撤|波动率|胜率|比率|余额|"
    r"销量|产量|增速|市值|规模|金额|存款|贷款|股本|率|净额|毛利|占比|份额|仓位|[均单]价|装机|产能|订单|保费|[人户]数",
    re.IGNORECASE,
)
"""A row of a table is asked about where its head names a quantity, not a place or a currency."""


def is_clear(fact: SeriesFact) -> bool:
    """Whether the term of a series can be understood outside its table or paragraph."""
    term = fact.series.term
    if fact.source == "table" and max(fact.series.values) < 0:
        return False  # the sign is a habit of the table: costs in brackets, "(income) expense"
    if fact.source == "table":
        return _can_be_asked(term)
    return not GENERIC.match(term.split(" (")[0])


def _can_be_asked(term: str) -> bool:
    """Whether the head of a row names a quantity that is understood outside its table."""
    named = term in CATEGORY_OF or bool(_QUANTITY.search(term))
    return named and not GENERIC.match(term.split(" (")[0])


HEAD_ROWS = 5
"""Rows at the top of a table in which its periods may stand."""
NOTE_ROWS = 3
"""Rows at the top of a table in which its unit may stand."""
LONGEST_PERIOD = 24
"""Characters of a cell that names a period: "Year ended 31 March 2023"."""


def series_in_table(
    block: Block, context: str = "", head: Sequence[str] = ()
) -> list[SeriesFact | AskedFact]:
    """Reads the rows of a table whose columns are periods, or its columns where rows are periods.

    Args:
        block: a table block; cells separated by tabs, rows by newlines.
        context: caption or heading before the table, for the unit ("in millions").
        head: periods that stand over the columns, where the table's own rows name none; see
            :func:`finlmm_utils.asp.questions.rules.table_headers.head_above`.

    Returns:
        One series a row (or column) whose numbers are as many as the periods. The evidence is the
        row; where rows are periods, the whole table. A row with one value of a kind of period
        asks for that value.
    """
    lines = [line for line in block.text.split("\n") if line.strip()]
    rows = [_cells(line) for line in lines]
    note = unit_row(rows[: HEAD_ROWS + 1]) or scale_note(
        context + " " + " ".join(" ".join(r) for r in rows[:NOTE_ROWS])
    )
    money = "$" in block.text
    for k, row in enumerate(rows[:HEAD_ROWS]):
        labels, compared = column_periods(row, rows[:k])
        labels = spanned(labels, " ".join(" ".join(r) for r in rows[:k]))
        numeric = [c for c in row if _cell_number(c)]
        if len(labels) >= 2 and len(set(labels)) == len(labels) and not numeric:
            cut = [without_others(r, row, len(labels), compared) for r in rows]
            return _by_rows(block, lines, cut, k, labels, note, money)
    found: list[SeriesFact | AskedFact] = [*_by_columns(block, rows, note, money)]
    return found or (_by_rows(block, lines, rows, -1, list(head), note, money) if head else [])


_COUNTED = re.compile(
    r"\b(?:number of|average (?:\w+ )*shares|shares (?:outstanding|repurchased|issued|withheld)|"
    r"(?:RSU|option|unit)s (?:granted|vested|outstanding|exercised)|restaurants|stores|"
    r"employees)\b",
    re.IGNORECASE,
)
"""Rows of a table in millions of a currency that count things and not money."""
_CHANGES = re.compile(r"change|variance|变动|增减|同比|%|\+/[-–−]|movement", re.IGNORECASE)
"""The head of a last column that says by how much each row moved."""
_CLOSING = re.compile(r"net cash\b", re.IGNORECASE)
"""Rows that stand below the sections of their table, not within the last of them."""
_OTHER_HEAD = re.compile(
    r"\d+\s?(?:days?|weeks?|months?|years?|[MY])|YTD|since\s+(?:inception|launch)", re.IGNORECASE
)
"""A column that is a span up to now, no period."""
_SECTION_OF_ALL = re.compile(
    r"(?:(?:non-)?(?:financial|operating|operational)|key|other|selected)?\s*"
    r"(?:figures|data|ratios?|highlights|indicators|metrics|measures|results)?",
    re.IGNORECASE,
)
"""Sections that say nothing of what their rows are: "Non-financial", "Key figures"."""
_SINGLE = re.compile(
    r"\bper (?:\w+ )?(?:share|unit|option|stock)|\bearnings per\b|"
    r"\b(?:rate|ratio|yield|price|term)s?(?: \(|$)",
    re.IGNORECASE,
)
"""Rows that the note "in millions" leaves out: "except per share data"."""


_UNIT_OF_COLUMN = re.compile(r"\(([$£€]?(?:m|bn|k|%|x)?)\)\s*$")
"""The unit at the end of a column's name: "Revenue ($m)"."""


def _with_note(unit: str, note: str, money: bool) -> str:
    if unit in ("%", "x") or not note:
        return unit
    scale = note.lstrip("$£€")
    currency = note[: len(note) - len(scale)] or unit or ("$" if money else "")
    return currency + scale


def _by_rows(
    block: Block, lines: list[str], rows: list[list[str]], head: int, labels: list[str],
    note: str, money: bool,
) -> list[SeriesFact | AskedFact]:  # fmt: skip
    """The series of a table whose columns are periods: one a row, named with its section."""
    facts: list[SeriesFact | AskedFact] = []
    section = below = ""
    changes = head >= 0 and bool(_CHANGES.search(rows[head][-1]))
    for line, cells in zip(lines[head + 1 :], rows[head + 1 :], strict=True):
        if not cells or _cell_number(cells[0]):
            continue
        last = changes and len(cells) == len(labels) + 2
        row = cells[:-1] if last else _without_changes(cells, len(labels))
        numbers = [n for c in row[1:] if (n := _cell_number(c))]
        term = clean_term(without_unit(row[0].rstrip(":")))
        if not numbers:
            if any(_OTHER_HEAD.fullmatch(cell) for cell in row[1:]):
                break  # the head of another table
            if not row[0][:1].islower():  # else the rest of a name that takes two lines
                section, below = term if len(row) == 1 else "", unit_in_name(row[0])
                section = "" if _SECTION_OF_ALL.fullmatch(section) else section
            continue
        units = _units(numbers)
        if not term or not len(row) - 1 == len(numbers) == len(labels) or len(units) > 1:
            continue
        own = unit_in_name(row[0])
        if own and below:  # another unit than the section's: another section
            section = below = ""
        own = own or below
        unit = own or _row_unit(term, units.pop() if units else "", note, money)
        if _CLOSING.match(term):
            section = ""
        name = f"{term} ({section})" if section and section.lower() not in term.lower() else term
        for pairs in _alike(list(zip(labels, numbers, strict=True))):
            if len(pairs) > 1:
                series = _series(name, unit, pairs)
                facts.append(SeriesFact(series, line.strip(), block.page, "table"))
            elif unit and _can_be_asked(name):
                (period, number), *_ = pairs
                item = level_item(name, period, number.value, unit)
                facts.append(AskedFact((item,), line.strip(), block.page))
        if re.match(r"total\b(?! return)", term, re.IGNORECASE):
            section = ""
    return facts


def _without_changes(row: list[str], periods: int) -> list[str]:
    """A row without the columns of changes that stand between those of the periods."""
    return (
        row
        if len(row) - 1 <= periods
        else [row[0], *(cell for cell in row[1:] if not cell.endswith("%"))]
    )


def _units(numbers: Sequence[Number | None]) -> set[str]:
    """The units that stand beside numbers."""
    return {number.unit for number in numbers if number and number.unit}


def _row_unit(term: str, unit: str, note: str, money: bool) -> str:
    """The unit of a row: its own, with what the table says of all unless the row is no sum."""
    if not _SINGLE.search(term):
        unit = _with_note(unit, note, money)
        unit = "" if unit in ("$", "£", "€") else unit  # a table in single dollars is rare
    return unit.lstrip("$£€") if _COUNTED.search(term) else unit


def _series(name: str, unit: str, pairs: Sequence[tuple[str, Number]]) -> Series:
    """A series of numbers by their periods, in the order that they have."""
    return Series(name, unit, tuple(p for p, _ in pairs), tuple(n.value for _, n in pairs))


def _alike(cells: list[tuple[str, Number]]) -> list[list[tuple[str, Number]]]:
    """Parts the cells of a row by the length of their periods, each part in the order of time.

    Years, quarters, and "the six months ended June 30" are no series together; one of a kind is a
    value.
    """
    parts: dict[str, list[tuple[str, Number]]] = {}
    for label, number in cells:
        kind = label[:-4] if label.startswith("the ") else label[:1] if label[0] == "Q" else ""
        parts.setdefault(kind, []).append((label, number))
    return [sorted(part, key=lambda p: sort_key(p[0])) for part in parts.values()]


def _by_columns(block: Block, rows: list[list[str]], note: str, money: bool) -> list[SeriesFact]:
    """The series of a table whose rows are periods: one a column, named by the row above."""
    first = next((k for k, row in enumerate(rows) if row and periods_in(row[0])), 0)
    periods = _period_rows(rows)
    if not first or not _are_columns(periods, rows[first - 1]):
        return []
    width = len(periods[0][1])
    names = rows[first - 1][-(width - 1) :] if width > 1 else []
    columns = (_column(name, j, periods, note, money) for j, name in enumerate(names, 1))
    return [SeriesFact(s, block.text, block.page, "table") for s in columns if s is not None]


def _period_rows(rows: list[list[str]]) -> list[tuple[str, list[str]]]:
    """The rows that begin with a period and nothing more, each with its period."""
    return [
        (found[0][0], row)
        for row in rows
        if row and (found := periods_in(row[0])) and len(row[0]) < LONGEST_PERIOD
    ]


def _are_columns(periods: list[tuple[str, list[str]]], header: list[str]) -> bool:
    """Whether rows of two and more different periods are as wide as the names above them."""
    if len(periods) < 2 or len({period for period, _ in periods}) != len(periods):
        return False
    width = len(periods[0][1])
    return all(len(row) == width for _, row in periods) and width - 1 <= len(header) <= width


def _column(
    name: str, j: int, periods: list[tuple[str, list[str]]], note: str, money: bool
) -> Series | None:
    """The series of column ``j``, or None where a cell holds no number or units differ."""
    numbers = [_cell_number(row[j]) for _, row in periods]
    term, units = clean_term(name), _units(numbers)
    if not term or term == "value" or None in numbers or len(units) > 1:
        return None
    own = _UNIT_OF_COLUMN.search(name)
    unit = own[1] if own else _with_note(units.pop() if units else "", note, money)
    pairs = [(p, n) for (p, _), n in zip(periods, numbers, strict=True) if n]
    return _series(term, unit, sorted(pairs, key=lambda pair: sort_key(pair[0])))
