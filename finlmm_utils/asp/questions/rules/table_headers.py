"""The head of a table whose periods stand in blocks of their own above it, as in most 10-Ks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from finlmm_utils.asp.records import Block
from finlmm_utils.finance.periods import MONTHS_ENDED, periods_in
from finlmm_utils.finance.units import CHINESE_UNITS, MONTHS
from finlmm_utils.finance.units import label as unit_label

REACH = 6.5
"""How far above a table its head may start, in heights of a line of the head."""
LINE_HEIGHTS = (6.0, 14.0)
"""Points: a line of a head is no lower and no higher, whatever its box says."""
LONGEST_HEAD = 70
"""Characters of a line that names periods; a longer one is text."""
LONGEST_NOTE = 120
"""Characters of a line that may hold the unit."""
TOUCH = 3.0
"""Points by which the boxes of a table and of its head may overlap or stand apart sideways."""


_LENGTHS = re.compile(r"\b(three|six|nine|twelve) months ended\b", re.IGNORECASE)
_DAYS = re.compile(rf"\b(?:{MONTHS})\s+\d{{1,2}}\b")


def spanned(labels: list[str], above: str) -> list[str]:
    """Names years by the spans over them: twice "2023, 2022" under three and under six months.

    Args:
        labels: periods of the columns, from the left.
        above: the words of the rows over them.

    Returns:
        The labels with their spans where each span stands over as many; else as they are.
    """
    spans = [_span(m) for m in MONTHS_ENDED.finditer(above)]
    lengths, days = _LENGTHS.findall(above), [*{" ".join(d.split()) for d in _DAYS.findall(above)}]
    if len(days) == 1 and len(lengths) > len(spans):  # the days stand in cells under the lengths
        spans = [f"the {length.lower()} months ended {days[0]}" for length in lengths]
    return _under_spans(labels, spans) or labels


def _span(m: re.Match[str]) -> str:
    return f"the {m[1].lower()} months ended {m[2]}"


def _under_spans(labels: list[str], spans: list[str]) -> list[str]:
    """The labels with the spans that stand over as many of them each; none where they don't."""
    each = len(labels) // len(spans) if spans else 0
    if not each or each * len(spans) != len(labels):
        return []
    names = [name for name in spans for _ in range(each)]
    return [f"{name}, {label[-4:]}" for name, label in zip(names, labels, strict=True)]


_VERSUS = re.compile(r"(?:\bvs\.?|\bversus|\bcompared\s+(?:to|with))\s*$", re.IGNORECASE)
"""The upper line of a head that compares two periods: "2023 vs." over "2022"."""
_SHORT = re.compile(
    r"(?:(?P<q>Q[1-4])\s?['’]?(?:FY\s?)?|(?P<k>[1-4])Q\s?['’]?|FY\s?['’]?)(?:20)?(?P<year>\d\d)|"
    r"20(?P<before>\d\d)(?P<after>Q[1-4])",
    re.IGNORECASE,
)
"""A period with two digits of its year, as a whole cell: "Q3 FY24", "4Q22", "FY23"."""


def _in_full(m: re.Match[str]) -> str:
    quarter = m["q"] or m["after"] or (f"Q{m['k']}" if m["k"] else "")
    return f"{quarter.upper()} 20{m['year'] or m['before']}".strip()


def column_periods(row: Sequence[str], above: Sequence[Sequence[str]]) -> tuple[list[str], int]:
    """Finds the periods over the columns of a table in one of its rows.

    Args:
        row: a row at the top of the table.
        above: the rows over it.

    Returns:
        The periods from the left to the right, and how many columns after them compare two.
    """
    if any(_VERSUS.search(cell) for cell in row):
        return [], 0
    labels = []
    for cell in row:  # of "2023Q4" the year alone would be another period
        short = _SHORT.fullmatch(cell)
        labels += [_in_full(short)] if short else [label for label, _, _ in periods_in(cell)]
    compared = sum(bool(_VERSUS.search(cell)) for some in above for cell in some)
    return labels[: len(labels) - compared], compared


_UNITS = re.compile(r"units?(?: of measure(?:ment)?)?|单位", re.IGNORECASE)
_GOAL = re.compile(r"targets?|goals?|ambition|目标", re.IGNORECASE)


def without_others(row: list[str], head: list[str], periods: int, compared: int) -> list[str]:
    """A row without its column of units, and those that stand after all periods.

    Args:
        row: its cells, the name first.
        head: the row that names the periods.
        periods: how many.
        compared: columns after them that compare two periods.
    """
    if len(row) > 1 and len(head) > 1 and _UNITS.fullmatch(head[1]):
        row = row if re.match(r"[($£€¥-]*\d", row[1]) else [row[0], *row[2:]]
    goal = bool(head and _GOAL.fullmatch(head[-1]))
    return row[: 1 + periods] if len(row) == 1 + periods + (compared or goal) else row


def head_above(table: Block, before: Sequence[Block]) -> tuple[list[str], str]:
    """Finds the periods over the columns of a table.

    Args:
        table: a table block, whose own first rows name no periods.
        before: the blocks of the page that come before it, in reading order.

    Returns:
        The periods from the left to the right, and the short lines above, which may hold the unit.
        No periods where two columns would bear the same one.
    """
    x0, top, x1, _ = table.box
    near = [
        b
        for b in before
        if b.page == table.page
        and b.kind in ("text", "heading", "caption")
        and len(b.text) < LONGEST_HEAD
        and b.box[3] <= top + TOUCH
        and top - b.box[1] < REACH * min(max(b.box[3] - b.box[1], LINE_HEIGHTS[0]), LINE_HEIGHTS[1])
        and b.box[0] < x1 + TOUCH
        and b.box[2] > x0 - TOUCH
    ]
    words = " ".join(b.text for b in before if b.page == table.page and len(b.text) < LONGEST_NOTE)
    found: list[tuple[float, str]] = []
    for block in near:
        periods = periods_in(block.text)
        width = (block.box[2] - block.box[0]) / max(len(periods), 1)
        found += [(block.box[0] + width * k, p[0]) for k, p in enumerate(periods)]
    labels = [label for _, label in sorted(found)]
    spans = [(b.box[0], _span(m)) for b in near for m in MONTHS_ENDED.finditer(b.text)]
    if spans:
        labels = _under_spans(labels, [name for _, name in sorted(spans)])
    return (labels if len(set(labels)) == len(labels) >= 2 else []), words


_UNIT = r"(?P<currency>(?:A|US|NZ|C)?[$£€])\s?(?:['’`´]?s?(?P<scale>m|million|bn|billion|000|k)s?)?"
_UNIT_CELL = re.compile(rf"^{_UNIT}$", re.IGNORECASE)
_UNIT_IN_NAME = re.compile(
    rf"\(\s*(?:(?:in\s+)?{_UNIT}|(?P<small>p|pence|c|cents|%|per\s?cent))(?:\s+per\s+share)?\s*\)\s*:?$",
    re.IGNORECASE,
)


_CHINESE_IN_NAME = re.compile(rf"[（(](?:单位[:：])?(?P<unit>{CHINESE_UNITS})[)）]$")
_CHINESE_NOTE = re.compile(rf"单位[:：]\s?(?P<unit>{CHINESE_UNITS})")


def unit_row(rows: Sequence[Sequence[str]]) -> str:
    """The unit that stands over every column of a table: "£'000" over "£'000" is "£k", else ""."""
    for row in rows:
        found = [_UNIT_CELL.match(cell) for cell in row]
        if len(found) > 1 and all(m and m["scale"] for m in found):
            units = {_named(m) for m in found if m}
            return units.pop() if len(units) == 1 else ""
    return ""


def unit_in_name(name: str) -> str:
    """The unit at the end of a row's name or of a heading: "Revenue (£m)" is in "£m", else ""."""
    m = _UNIT_IN_NAME.search(name)
    if not m:
        chinese = _CHINESE_IN_NAME.search(name)
        return chinese["unit"] if chinese else "%" * bool(re.search(r"[^\W\d]\s?%$", name))
    small = {"p": "p", "pence": "p", "c": "cents", "cents": "cents"}
    return small.get(m["small"].lower(), "%") if m["small"] else _named(m)


def without_unit(name: str) -> str:
    """The name of a row without its unit where brackets of Chinese, or none, are around it.

    Examples:
        >>> without_unit("规模（万亿元）"), without_unit("Gross margin %")
        ('规模', 'Gross margin')
    """
    return re.sub(r"(?<=[^\W\d])\s?%$", "", _CHINESE_IN_NAME.sub("", name))


def _named(m: re.Match[str]) -> str:
    scale = (m["scale"] or "").lower()
    return unit_label(m["currency"].lower(), "k" if scale == "000" else scale)


def scale_note(text: str) -> str:
    """The unit that a note over a table names: "$m" of "in millions of US$", "" without one."""
    m = re.search(
        r"\bin\s+(?:US\s*)?(?:(?P<c>[$£€])\s*)?(?:dollars?,?\s+in\s+)?(?P<s>millions|thousands|billions|m|bn)\b",
        text,
        re.I,
    )
    chinese = _CHINESE_NOTE.search(text)
    return unit_label(m["c"] or "", m["s"].lower()) if m else chinese["unit"] if chinese else ""
