"""What is asked about the series and tables of a Chinese report."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from finlmm_utils.asp.questions.rules.chinese import CJK_SPACES
from finlmm_utils.asp.questions.rules.question_item import AskedFact, QuestionItem, number_item
from finlmm_utils.asp.records import Block
from finlmm_utils.finance.reference_clauses import without_label
from finlmm_utils.finance.references import label_of
from finlmm_utils.finance.terms import Series, plain

PER_TABLE = 4
"""Questions about one table; it must not fill the report's share."""
HEAD_LETTERS = (2, 8)
"""Characters of the name of a column."""
LEAST_SERIES = 3
"""Periods from which on a mean or a peak is worth a question."""
TOUCH = 3.0
"""Points by which the boxes of a table and of its head may overlap."""
_CJK_NAME = re.compile(r"[\u4e00-\u9fffA-Za-z ]{2,12}")


def series_in_chinese(series: Series, rng: random.Random) -> list[QuestionItem]:
    """Asks about a series of a Chinese report: growth, change, mean and peak.

    Args:
        series: periods in the order of time.
        rng: draws the two periods that are compared.

    Returns:
        Items; without amounts where the unit is not known.
    """
    (i, j), term = sorted(rng.sample(range(len(series.labels)), 2)), series.term
    a, b = series.values[i], series.values[j]
    first, last = _period(series.labels[i]), _period(series.labels[j])
    items: list[QuestionItem] = []
    if series.unit != "%" and a > 0 and b > 0 and a != b:
        way = f"({plain(b)} - {plain(a)}) / {plain(a)} * 100"
        question = f"从{first}到{last}，{term}变化了百分之多少？"
        items.append(number_item(question, (b - a) / a * 100, way, "%", "arithmetic"))
    if series.unit == "%":
        question = f"从{first}到{last}，{term}变化了多少个百分点？"
        items.append(number_item(question, b - a, f"{plain(b)} - {plain(a)}", "%", "arithmetic"))
    if len(series.values) < LEAST_SERIES:
        return items
    numbers = ", ".join(plain(v) for v in series.values)
    span = f"{_period(series.labels[0])}至{_period(series.labels[-1])}"
    if series.unit == "%":
        mean = sum(series.values) / len(series.values)
        items.append(
            number_item(
                f"{span}{term}的平均值是百分之多少？", mean, f"mean({numbers})", "%", "statistics"
            )
        )
    if series.values.count(max(series.values)) == 1:
        top = _period(series.labels[series.values.index(max(series.values))])
        items.append({"question": f"{span}，{term}在哪一期最高？", "answer": top,
                      "answer_kind": "choice", "task": "explanation"})  # fmt: skip
    return items


def _period(label: str) -> str:
    return f"{label}年" if label.isdigit() else label


def compared_in_table(table: Block, before: Sequence[Block]) -> list[AskedFact]:
    """Compares two columns of a Chinese table whose caption and heads stand above it.

    Args:
        table: rows are metrics, columns what they are measured of.
        before: the blocks before it, in reading order.

    Returns:
        One question for each of the first rows, which names the caption; none where the heads
        above are not as many as the columns.
    """
    above = [b for b in before if b.page == table.page and b.box[3] <= table.box[1] + TOUCH]
    captions = [b for b in above if b.kind == "caption" and label_of(b.text)]
    if not captions:
        return []
    heads = sorted(
        (b.box[0], b.text.strip())
        for b in above
        if b.kind == "text"
        and HEAD_LETTERS[0] <= len(b.text) <= HEAD_LETTERS[1]
        and b.box[1] >= captions[-1].box[1]
    )
    title = CJK_SPACES.sub("", without_label(captions[-1].text)).strip()
    found = []
    for line in table.text.split("\n"):
        row = [cell.strip() for cell in line.split("\t")]
        cells = [re.fullmatch(r"(-?\d+(?:\.\d+)?)(%?)", cell) for cell in row[1:]]
        ones = [c for c in cells if c]
        if len(heads) < 2 or len(heads) != len(row) - 1 or len(ones) != len(cells):
            continue
        if not _CJK_NAME.fullmatch(row[0]) or len({c[2] for c in ones}) > 1:
            continue
        (a, b), unit = (float(c[1]) for c in ones[:2]), ones[0][2]
        asked = "多少个百分点" if unit else "多少"
        question = f"在“{title}”中，{heads[0][1]}的{row[0]}与{heads[1][1]}相差{asked}？"
        item = number_item(
            question, abs(a - b), f"abs({plain(a)} - {plain(b)})", unit, "arithmetic"
        )
        if a != b:
            found.append(AskedFact((item,), line.strip(), table.page))
    return found[:PER_TABLE]
