"""What a rule gives: the fields of a question, and the facts that come with their questions."""

from __future__ import annotations

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
