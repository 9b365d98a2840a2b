"""Tables of performance: what stands beside the curves of a report, or of a performance graph.

A chart of net values or of cumulative returns prints no values, but the table beside it states
where each curve ends. Read row by row, it says which curve ends higher and at what value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem, number_item
from finlmm_utils.asp.records import Block
from finlmm_utils.finance.periods import MONTHS, YEAR
from finlmm_utils.finance.reference_clauses import without_label
from finlmm_utils.finance.references import TABLE_CAPTION
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import WITH_COMMAS

CLEAR = 0.02  # of the highest value, by which the next must be lower: a curve of 172 hides 171
BASE = 100.0
"""What each curve of a performance graph starts from."""
MOST_ROWS = 12
"""Rows of a table of curves; a longer one lists funds or years."""
MOST_LISTED = 5
"""Names that a question lists as the choice."""
PAIRS = 3
"""Pairs of rows of one table that are compared."""
_CELL = re.compile(rf"^\$?\s?(-?{WITH_COMMAS})\s?(%?)$")
_DATE = re.compile(  # a whole cell that is a day or a year
    rf"(?:\d{{1,2}}/\d{{1,2}}/)?{YEAR}$|^\d{{1,2}}/\d{{1,2}}/\d{{2,4}}$|"
    rf"^[A-Z][a-z]+\.? \d{{1,2}}, {YEAR}$|^{YEAR}(?:/\d{{1,2}})*$"
)
_SHORT_MONTH = re.compile(
    r"(?:(?P<number>0?[1-9]|1[0-2])/|(?P<name>Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)"
    r"[a-z]*\.?[-\s]?[’']?)(?P<year>\d\d)$"
)
"""A month and a year of two digits: "12/17", "Dec-17"."""
_FISCAL = re.compile(r"(?:FY\s?[’']?|Fiscal(?:\s+year)?\s+)(?P<year>(?:20)?\d\d)$", re.IGNORECASE)
_YEAR_ALONE = re.compile(rf"{YEAR}$")
_SIGNS = re.compile(r"[®™©*†‡§]|\s*\(\d\)$")
"""What a name carries besides: registered signs and the marks of notes."""
_CUMULATED = re.compile(r"累[计积](?:净值)?收益率?$|累[计积]收益(?:率)?")
_YEARLY = re.compile(r"年化收益率?")
_NET = re.compile(r"^(?:最终|期末|最新|累[计积]|单位)*净值$")
_PERIOD = re.compile(
    rf"[（(]\s*{YEAR}[.年/-]?\d{{0,2}}[.月/-]?\d{{0,2}}日?\s*[-—–~至]\s*"
    rf"(?P<year>{YEAR})[.年/-](?P<month>\d{{1,2}})[^（()）]*[)）]"
)
_TAIL = re.compile(
    r"(?:分组|十分组|五分组)?(?:收益风险特征|风险收益特征|业绩表现|收益表现|多头超额表现|绩效|表现|测试|指标|统计|业绩|各项|"
    r"结果|回测|对比|比较|情况|汇总|一览)+$"
)
_CLAIM = re.compile(r"[较比].*[更优劣高低]|优于|弱于|高于|低于|跑[赢输]|最[优佳好高]|明显|显著")
_NAME = re.compile(r"[\u4e00-\u9fffA-Za-z][\u4e00-\u9fffA-Za-z0-9 .,&'’“”()（）_-]{1,50}$")
_SPACES = re.compile(r"(?<=[\u3000-\u9fff])\s+|\s+(?=[\u3000-\u9fff])")


@dataclass(frozen=True)
class _Row:
    """A curve: its name, its values (or its one return), the line that states it, and its head."""

    name: str
    values: tuple[float, ...]
    line: str
    head: tuple[str, ...] = ()


def performance_in_table(table: Block, before: Sequence[Block]) -> list[AskedFact]:
    """Reads the table of a performance graph, or of the returns of strategies and groups.

    Args:
        table: names in its first column.
        before: the blocks before it, in reading order.

    Returns:
        Facts that compare curves and say where they end; none for any other table.
    """
    lines = table.text.split("\n")
    found = _graph(lines)
    facts: Iterator[tuple[QuestionItem, list[str]]] = iter(())
    if found:
        facts = _english(*found)
    elif chinese := _returns(lines) or _returns_by_columns(lines):
        title = _title(table, before)
        facts = _chinese(title, *chinese) if title else facts
    return [AskedFact((item,), _span(lines, some), table.page) for item, some in facts]


def _span(lines: list[str], some: list[str]) -> str:
    """The lines from the first to the last of those that are needed, verbatim."""
    if some[0] not in lines:
        return some[0]  # a row of several lines
    places = [lines.index(line) for line in some]
    return "\n".join(lines[min(places) : max(places) + 1])


def _is_date(cell: str) -> bool:
    return any(form.match(cell) for form in (_SHORT_MONTH, _FISCAL)) or bool(_DATE.search(cell))


def _as_said(label: str) -> str:
    """A date as a question words it: "12/17" is the end of December 2017.

    A year alone is the company's own: the graph may end in any month of it, or of the next one.
    """
    if _YEAR_ALONE.match(label):
        return f"the end of fiscal {label}"
    if m := _FISCAL.match(label):
        return f"the end of fiscal 20{m['year'][-2:]}"
    if m := _SHORT_MONTH.match(label):
        names = MONTHS.split("|")
        month = names[int(m["number"]) - 1] if m["number"] else next(
            name for name in names if name.startswith(m["name"][:3])
        )  # fmt: skip
        return f"the end of {month} 20{m['year']}"
    return label


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("\t")]


def _numbers(cells: Sequence[str]) -> list[float]:
    found = [_CELL.match(cell) for cell in cells if cell]
    return [float(m[1].replace(",", "")) for m in found if m] if all(found) else []


def _graph(lines: list[str]) -> tuple[list[str], list[_Row]] | None:
    """Dates and curves of a performance graph's table: each row starts at 100."""
    rows: list[_Row] = []
    head: list[str] = []
    for line in lines:
        cells = [cell for k, cell in enumerate(_cells(line)) if cell != "$" or not k]
        name = _SIGNS.sub("", cells[0]).strip()
        dates = [c for c in cells if _is_date(c)]
        values = _numbers(cells[1:])
        if not rows and len(dates) >= 3:
            head = dates
        elif head and len(values) == len(head) and values[0] == BASE and _NAME.match(name):
            rows.append(_Row(name, tuple(values), line))
    return (head, rows) if 2 <= len(rows) <= MOST_ROWS else _graph_by_columns(lines)


def _graph_by_columns(lines: list[str]) -> tuple[list[str], list[_Row]] | None:
    """The same where each curve has a column, and each date a row."""
    names: list[str] = []
    dates: list[str] = []
    columns: list[list[float]] = []
    used: list[str] = []
    for line in lines:
        cells = [cell for k, cell in enumerate(_cells(line)) if cell != "$" or not k]
        values = _numbers(cells[1:])
        if not dates and len(cells) > 2 and all(_NAME.match(_SIGNS.sub("", c)) for c in cells[1:]):
            names = [_SIGNS.sub("", cell).strip() for cell in cells[1:]]
        elif names and _is_date(cells[0]) and len(values) == len(names):
            if not dates and set(values) != {BASE}:
                return None
            dates.append(cells[0])
            columns.append(values)
            used.append(line)
    if len(dates) < 3 or len(names) > MOST_ROWS:
        return None
    whole = "\n".join(lines[lines.index(used[0]) : lines.index(used[-1]) + 1])
    curves = zip(names, zip(*columns, strict=True), strict=True)
    return dates, [_Row(name, tuple(curve), whole) for name, curve in curves]


def _english(dates: list[str], rows: list[_Row]) -> Iterator[tuple[QuestionItem, list[str]]]:
    first, last = _as_said(dates[0]), _as_said(dates[-1])
    names = [row.name for row in rows]
    ends = [row.values[-1] for row in rows]
    best = rows[ends.index(max(ends))]
    if len(rows) <= MOST_LISTED and ends.count(max(ends)) == 1:
        listed = ", ".join(names[:-1]) + " or " + names[-1]
        question = f"Which had the highest cumulative total return at {last}: {listed}?"
        yield _choice(question, best.name), [row.line for row in rows]
    lead = rows[0]
    for row in rows:
        question = f"What had $100 invested in {row.name} at {first} grown to by {last}?"
        end = row.values[-1]
        yield number_item(question, end, plain(end), "$", "statistics"), [row.line]
    for other in rows[1:]:
        if lead.values[-1] != other.values[-1]:
            answer = "higher" if lead.values[-1] > other.values[-1] else "lower"
            question = (
                f"At {last}, was the cumulative total return of {lead.name} higher or lower than "
                f"that of {other.name}?"
            )
            yield _choice(question, answer), [lead.line, other.line]
    a, b = lead.values[0], lead.values[-1]
    question = f"By what percentage did an investment in {lead.name} grow from {first} to {last}?"
    way = f"({plain(b)} - {plain(a)}) / {plain(a)} * 100"
    yield number_item(question, (b - a) / a * 100, way, "%", "arithmetic"), [lead.line]
    *_, second, top = sorted(lead.values)
    if top - second >= CLEAR * top:
        when = dates[lead.values.index(top)]
        question = f"At which of the dates shown did the return of {lead.name} peak?"
        yield _choice(question, when), [lead.line]


def _choice(question: str, answer: str) -> QuestionItem:
    return {"question": question, "answer": answer, "answer_kind": "choice", "task": "explanation"}


def _returns(lines: list[str]) -> tuple[str, list[_Row]] | None:
    """Which return a Chinese table states, and the curves with it."""
    rows, column, what, above = list[_Row](), 0, "", dict[int, str]()
    for line in lines:
        cells = [_SPACES.sub("", cell) for cell in _cells(line)]
        if not any(_CELL.match(cell) for cell in cells[1:]):  # one line of the head
            for k, cell in enumerate(cells):
                above[k] = above.get(k, "") + cell
            rows, column = ([], 0) if len(cells) > 2 else (rows, column)
            continue
        if not column:
            wanted = [k for k, head in above.items() if _CUMULATED.search(head) and k]
            what = "累计收益率"
            if not wanted:
                wanted, what = (
                    [k for k, head in above.items() if _YEARLY.search(head)],
                    "年化收益率",
                )
            if not wanted:
                return None
            column = wanted[0]
        m = _CELL.match(cells[column]) if column < len(cells) else None
        if m and m[2] and _NAME.match(cells[0]) and not re.match(YEAR, cells[0]):
            rows.append(_Row(cells[0], (float(m[1].replace(",", "")),), line))
    return (what, rows) if 2 <= len(rows) <= MOST_ROWS else None


def _returns_by_columns(lines: list[str]) -> tuple[str, list[_Row]] | None:
    """The same where each curve has a column: "	纯多	多空" over "累计净值	9.16	22.87"."""
    names: list[str] = []
    found: dict[str, list[_Row]] = {}
    for line in lines:
        cells = [_SPACES.sub("", cell) for cell in _cells(line)]
        if not names:
            if len(cells) < 3 or not all(_NAME.match(cell) for cell in cells[1:]):
                return None
            names, head = cells[1:], line
            continue
        values = [_CELL.match(cell) for cell in cells[1:]]
        if len(values) != len(names) or not all(values):
            continue
        numbers = [float(m[1].replace(",", "")) for m in values if m]
        kinds = {m[2] for m in values if m}
        what = next((name for name, form in _MEASURES if form.search(cells[0])), "")
        if what and kinds == {"" if what == "累计净值" else "%"}:
            pairs = zip(names, numbers, strict=True)
            found[what] = [_Row(name, (value,), line, (head,)) for name, value in pairs]
    best = next((name for name, _ in _MEASURES if name in found), "")
    return (best, found[best]) if best and len(names) <= MOST_ROWS else None


_MEASURES = (("累计净值", _NET), ("累计收益率", _CUMULATED), ("年化收益率", _YEARLY))
"""What a table states of where its curves end, the plainest first."""


def _title(table: Block, before: Sequence[Block]) -> str:
    """What a Chinese table is about: its caption's words, or the line after a bare number."""
    above = [b for b in before if b.page == table.page]
    for k in range(len(above) - 1, -1, -1):
        if above[k].kind == "caption" or TABLE_CAPTION.match(above[k].text):
            words = without_label(_SPACES.sub("", above[k].text)).strip()
            if not words and k + 1 < len(above):
                words = _SPACES.sub("", above[k + 1].text)
            return words if 4 <= len(words) <= 48 else ""
    return ""


def _chinese(title: str, what: str, rows: list[_Row]) -> Iterator[tuple[QuestionItem, list[str]]]:
    period = _PERIOD.search(title)
    until = f"到{period['year']}年{int(period['month'])}月末" if period else "期末"
    subject = _TAIL.sub("", _PERIOD.sub("", title).strip()) or title
    names, ends = [row.name for row in rows], [row.values[0] for row in rows]
    listed = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    # "MA指标纯多、多空、纯空" is a table of the MA指标.
    subject = re.sub(rf"(?:(?:{listed})[、，,/和与及]?){{2,}}的?$", "", subject) or subject
    if _CLAIM.search(subject):
        return  # a title that says which is ahead gives the answer away
    best, head = rows[ends.index(max(ends))], list(rows[0].head)
    if len(rows) <= MOST_LISTED and ends.count(max(ends)) == 1:
        question = f"{subject}中，哪一个的{what}最高：{'、'.join(names)}？"
        yield _choice(question, best.name), head + [row.line for row in rows]
    pairs = [(a, b) for k, a in enumerate(rows) for b in rows[k + 1 :] if a.values != b.values]
    for a, b in pairs[:PAIRS]:
        question = f"{subject}中，{a.name}的{what}是高于还是低于{b.name}？"
        yield _choice(question, "高于" if a.values > b.values else "低于"), [*head, a.line, b.line]
    if what == "年化收益率":
        return
    for row in rows:
        end, sign = row.values[0], "-" if row.values[0] < 0 else "+"
        value, way = end, plain(end)
        if what == "累计收益率":
            value, way = 1 + end / 100, f"1 {sign} {plain(abs(end))} / 100"
        question = f"{subject}中，{row.name}的净值{until}约为多少？"
        yield number_item(question, value, way, "", "statistics"), [*head, row.line]
