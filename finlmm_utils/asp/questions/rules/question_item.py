"""What a rule gives: the fields of a question, and the facts that come with their questions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NotRequired, TypedDict

from finlmm_utils.asp.records import AnswerKind, TaskKind
from finlmm_utils.finance.terms import plain


class QuestionItem(TypedDict):
    """Fields of a :class:`finlmm_utils.asp.records.QA` that a rule decides.

    Attributes:
        question: understood alone.
        answer: as a string.
        task: one of the paper's four task kinds.
        answer_kind: "number" where it is missing.
        unit: of a number, "" or missing where it has none.
        expression: arithmetic over numbers of the evidence; a number must have it.
        rule: which rule wrote it, where one reader has several.
    """

    question: str
    answer: str
    task: TaskKind
    answer_kind: NotRequired[AnswerKind]
    unit: NotRequired[str]
    expression: NotRequired[str]
    rule: NotRequired[str]


@dataclass(frozen=True)
class AskedFact:
    """What one sentence, or one row of a table, states, with the questions that ask for it.

    Attributes:
        items: the questions.
        evidence: the sentence or the row, verbatim.
        page: where it stands, from 1.
    """

    items: tuple[QuestionItem, ...]
    evidence: str
    page: int


def number_item(
    question: str, answer: float, expression: str, unit: str, task: TaskKind
) -> QuestionItem:
    """A question whose answer is a number.

    Args:
        question: as it is asked.
        answer: its value, rounded by :func:`finlmm_utils.finance.terms.plain`.
        expression: arithmetic that gives it.
        unit: "%", "$m", "亿元", ... or "".
        task: kind of the question.
    """
    return {
        "question": question, "answer": plain(answer), "expression": expression, "unit": unit,
        "task": task,
    }  # fmt: skip


_UNIT_WORDS = {
    "": "", "%": "", "x": "",
    "p": "pence", "cents": "cents",
    "k": "thousands", "m": "millions", "bn": "billions", "tn": "trillions",
}  # fmt: skip
_CURRENCIES = {"$": "US dollars", "£": "pounds sterling", "€": "euros", "¥": "yen", "RMB": "yuan"}


def unit_words(unit: str) -> str:
    """A unit as a question says it: "$m" is "millions of US dollars", "%" and "" are ""."""
    currency = next((c for c in ("RMB", "$", "£", "€", "¥") if unit.startswith(c)), "")
    scale = _UNIT_WORDS.get(unit[len(currency) :], "")
    words = [scale, _CURRENCIES[currency]] if currency else [scale]
    return " of ".join(word for word in words if word)


def in_units(unit: str) -> str:
    """How a question names the unit of its answer: ", in percent", or ""."""
    if unit == "%":
        return ", in percent"
    words = unit_words(unit)
    return f", in {words}" if words else ""


def level_item(term: str, period: str, value: float, unit: str) -> QuestionItem:
    """Asks for one value.

    Args:
        term: of what.
        period: when.
        value: the answer.
        unit: of it.
    """
    question = f"What {was(term)} {term} in {period}{in_units(unit)}?"
    return number_item(question, value, plain(value), unit, "statistics")


_AFTER_NOUN = re.compile(
    r"\s+(?:of|per|in|from|for|to|by|on|at|under|with|and|among|between|"
    r"across|within|after|before|during|over)\b.*|\s*\(.*"
)


def was(term: str) -> str:
    """The verb of a name: "was" of "gross margin", "were" of "earnings per share"."""
    noun = _AFTER_NOUN.sub("", re.sub(r"\s(?:\d\s)?and\s\d(?=\s)", "", term))
    return "were" if re.search(r"[a-z]{2}[^aisu']s$", noun) else "was"
