"""What is asked about a series that a sentence or a table states, in English."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace

from finlmm_utils.asp.questions.rules.question_item import QuestionItem, in_units, level_item
from finlmm_utils.asp.questions.rules.sentences import SeriesFact
from finlmm_utils.asp.questions.rules.table_series import is_clear
from finlmm_utils.finance.question_templates import questions_for
from finlmm_utils.finance.terms import CASH, CATEGORY_OF, INCOME, TERMS, Series, plain

LONG_RECORD, DRAWN = 8, 5
"""Years of a record from which on its last ones are asked about, and how many of them."""
LEAST_MEAN = 3
"""Periods from which on a mean is worth a question."""


def _growth(series: Series, rng: random.Random) -> QuestionItem | None:
    return _grown(series, *sorted(rng.sample(range(len(series.labels)), 2)))


def _latest_growth(series: Series, rng: random.Random) -> QuestionItem | None:
    """The change that a report speaks of most, and draws: that of its own period."""
    return _grown(series, len(series.labels) - 2, len(series.labels) - 1)


def _latest_change(series: Series, rng: random.Random) -> QuestionItem | None:
    a, b = series.values[-2:]
    if a == b or not _named(series):
        return None
    unit = ", in percentage points" if series.unit == "%" else in_units(series.unit)
    return {
        "question": f"What is the change in {series.term} from {series.labels[-2]} to "
        f"{series.labels[-1]}{unit}?",
        "answer": plain(b - a),
        "expression": f"{plain(b)} - {plain(a)}",
        "unit": series.unit,
        "task": "arithmetic",
    }


def _latest_level(series: Series, rng: random.Random) -> QuestionItem | None:
    if not _named(series):
        return None
    return level_item(series.term, series.labels[-1], series.values[-1], series.unit)


def _grown(series: Series, i: int, j: int) -> QuestionItem | None:
    a, b = series.values[i], series.values[j]
    if series.unit == "%" or a <= 0 or b <= 0 or a == b:
        return None
    return {
        "question": f"By what percentage did {series.term} change from {series.labels[i]} to "
        f"{series.labels[j]}?",
        "answer": plain((b - a) / a * 100),
        "expression": f"({plain(b)} - {plain(a)}) / {plain(a)} * 100",
        "unit": "%",
        "task": "arithmetic",
    }


def _mean(series: Series, rng: random.Random) -> QuestionItem | None:
    if len(series.values) < LEAST_MEAN or not _named(series):
        return None
    numbers = ", ".join(plain(v) for v in series.values)
    return {
        "question": f"What was the average {series.term} over {', '.join(series.labels[:-1])} and "
        f"{series.labels[-1]}{in_units(series.unit)}?",
        "answer": plain(sum(series.values) / len(series.values)),
        "expression": f"mean({numbers})",
        "unit": series.unit,
        "task": "statistics",
    }


_UNIT_OF = {term.name: term.unit for term in TERMS}


def _sums(series: Series) -> bool:
    """Whether a sum over two periods means something: for flows, not for rates and balances."""
    return CATEGORY_OF.get(series.term) in (INCOME, CASH) and series.unit != "%"


def _named(series: Series) -> bool:
    """Whether a reader can tell the unit: thousands from millions."""
    return bool(series.unit) or _UNIT_OF.get(series.term) == ""


def _known(series: Series, rng: random.Random) -> list[QuestionItem]:
    """The templates that every part of the project shares; a unit is named that they don't imply.

    That is the unit of a foreign term, and of a known one in another unit than its own: an
    operating margin in millions.
    """
    items: list[QuestionItem] = []
    implied = _UNIT_OF.get(series.term) == series.unit
    for task in questions_for(series, rng):
        if task.template == "sum" and not _sums(series):
            continue
        if task.answer_kind == "number" and not _named(series):
            continue
        if series.term not in CATEGORY_OF and task.answer == "0":
            continue  # nothing moved: dull
        question = task.question
        named = task.template == "growth"  # that template says "in percent" itself
        if not implied and task.answer_kind == "number" and not named:
            points = task.unit == "%" and task.template in ("change", "range")
            unit = ", in percentage points" if points else in_units(task.unit)
            question = f"{question[:-1]}{unit}?"
        items.append(
            {
                "question": question,
                "answer": task.answer,
                "answer_kind": task.answer_kind,
                "unit": task.unit,
                "task": task.task,
                "expression": task.expression,
            }
        )
    return items


_REAL: tuple[Callable[[Series, random.Random], QuestionItem | None], ...] = (
    _latest_growth, _growth, _mean, _latest_change,
)  # fmt: skip


def _as_drawn(series: Series) -> Series:
    """The last five years of a longer record: a table has ten, the chart beside it has five."""
    years = all(label.isdigit() for label in series.labels)
    if not years or len(series.labels) < LONG_RECORD:
        return series
    return replace(series, labels=series.labels[-DRAWN:], values=series.values[-DRAWN:])


def series_questions(fact: SeriesFact, rng: random.Random) -> list[QuestionItem]:
    """Asks about a series: the templates of the project, and for foreign terms what reports ask.

    Args:
        fact: with periods in the order of time.
        rng: draws the periods that are compared.

    Returns:
        Fields of pairs; none where the term can't be understood outside its table.
    """
    if not is_clear(fact):
        return []
    fact = replace(fact, series=_as_drawn(fact.series))
    items = [] if fact.source == "comparison" else _known(fact.series, rng)
    if items and fact.series.term in CATEGORY_OF:
        return items
    # What a sentence sets against the year before is drawn first of all.
    own = (_latest_level, *_REAL) if fact.source == "comparison" else (*_REAL, _latest_level)
    made = [item for template in own if (item := template(fact.series, rng))]
    unique = {item["question"]: item for item in made + items}
    return list(unique.values())
