"""Questions written from the text of a report alone, as in the paper: no figure is seen here.

Three backends stand behind one small interface. ``offline`` makes questions from facts that rules
read (:mod:`finlmm_utils.asp.questions.rules`); ``openai`` and ``transformers`` ask a language
model (:mod:`finlmm_utils.asp.questions.llm`). Whatever wrote a pair,
:func:`finlmm_utils.asp.questions.checks.check_answer` decides whether it lives.
"""

from __future__ import annotations

import hashlib
import random
import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import compress, zip_longest
from typing import Any, Protocol

from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.checks import check_answer
from finlmm_utils.asp.questions.facts import GAPS, LATEST, Fact, read_facts
from finlmm_utils.asp.questions.rules.chinese.shapes import series_in_chinese
from finlmm_utils.asp.questions.rules.english.causes import (
    CauseFact,
    cause_item,
    definition_item,
)
from finlmm_utils.asp.questions.rules.question_item import AskedFact
from finlmm_utils.asp.questions.rules.sentences import SeriesFact
from finlmm_utils.asp.questions.rules.series_questions import series_questions
from finlmm_utils.asp.questions.rules.table_series import is_clear
from finlmm_utils.asp.records import QA, Report

RULES = "offline-11"
"""Version of the offline rules; it enters the ids, so that changed rules give other ids."""

LANGUAGE_LETTERS = 20_000
"""Characters of the text that tell its language."""
_OTHER_DOLLARS = re.compile(
    r"\b(?:ASX|TSX|NZX|SGX|HKEX)\b|(?<![A-Z])(?:A|C|NZ|HK|S)\$|"
    r"\b(?:Australian|Canadian|New Zealand|Hong Kong|Singapore) dollars?\b"
)
_US_DOLLARS = re.compile(r"\bUS\s?\$|\bU\.?S\.? dollars?\b|\b(?:NYSE|Nasdaq|Form 10-[KQ])\b", re.I)


class Generator(Protocol):
    """What a question backend must offer.

    Attributes:
        ended: how each prompt to a model ended; empty where none is asked.
    """

    name: str
    ended: list[dict[str, Any]]

    def questions(self, report: Report, limit: int) -> list[QA]:
        """Writes at most ``limit`` pairs over one report, in a fixed order."""
        ...


def make_qa(report_id: str, page: int, evidence: str, generator: str, **fields: Any) -> QA:
    """Builds a pair whose id follows from its content, so that the same input gives the same id.

    Args:
        report_id: of the report.
        page: where the evidence stands, from 1.
        evidence: verbatim.
        generator: name of the backend that wrote it.
        fields: the others of :class:`finlmm_utils.asp.records.QA`.
    """
    text = "\x1f".join([report_id, str(page), evidence, fields["question"], fields["answer"]])
    qa_id = f"{report_id}-q{hashlib.sha256(text.encode()).hexdigest()[:10]}"
    return QA(
        qa_id=qa_id,
        report_id=report_id,
        page=page,
        evidence=evidence,
        generator=generator,
        **fields,
    )


Select = Callable[[Report, Sequence[str], int], list[int]]
"""Which facts are worth a question, by their evidence: places of at most so many."""
Drawn = Callable[[Report, Sequence[QA]], list[bool]]
"""Which questions a chart bears out, of those whose period or name only a chart tells."""
LATE = (LATEST, GAPS)
"""The rules of such questions; few charts answer them."""


def _in_order(facts: list[tuple[str, Fact]], limit: int) -> list[tuple[str, Fact]]:
    """Prose first, which says what matters; of the rows of tables as many as the limit, evenly."""
    if len(facts) <= limit:
        return facts
    rows = [fact for fact in facts if fact[0] == "series in a table"]
    rest = [fact for fact in facts if fact[0] != "series in a table"]
    step = max(1.0, len(rows) / max(limit, 1))
    first = sorted({int(k * step) for k in range(limit)} & set(range(len(rows))))
    return rest + [rows[k] for k in first] + [r for k, r in enumerate(rows) if k not in set(first)]


def _said(fact: Fact) -> str:
    """What a fact is about: of a series its name, of a row of a table also what it is asked."""
    if isinstance(fact, SeriesFact):
        return fact.series.term
    asked = fact.items if isinstance(fact, AskedFact) else ()
    return " ".join([fact.evidence, *(item["question"] for item in asked)])


class OfflineGenerator:
    """Writes questions by rules over the facts of a report: no model, no network.

    Args:
        seed: draws templates and periods.
        select: picks the facts that are worth a question, by their evidence alone; the questions
            are then written from each fact's text. None to ask about all.
        drawn: picks those of the rules of `LATE` that a chart bears out. None to keep all.
    """

    name = "offline"

    def __init__(
        self, seed: int = 1, select: Select | None = None, drawn: Drawn | None = None
    ) -> None:
        self.seed, self.select, self.drawn = seed, select, drawn
        self.ended: list[dict[str, Any]] = []

    def questions(self, report: Report, limit: int) -> list[QA]:
        """Asks in turn about every fact, so that a limit leaves each fact some question.

        Args:
            report: text of one report.
            limit: most pairs.

        Returns:
            Pairs in a fixed order: first one question a fact, then a second one, and so on.
        """
        rng = random.Random(f"{self.seed} {report.report_id}")
        prose = " ".join(b.text for b in report.blocks if b.kind == "text")
        chinese = is_chinese(prose[:LANGUAGE_LETTERS])
        ours = len(_OTHER_DOLLARS.findall(prose)) > len(_US_DOLLARS.findall(prose))
        rounds = []
        facts = list(read_facts(report.blocks))
        for late in ("", *LATE):
            some = [fact for fact in facts if late == (fact[0] if fact[0] in LATE else "")]
            if self.select is not None and not late:
                texts = [_said(fact) for _, fact in some]
                some = [some[k] for k in self.select(report, texts, limit)]
            columns = [
                self._of_fact(name, fact, report.report_id, rng, chinese)
                for name, fact in _in_order(some, limit)
            ]
            written = [qa for row in zip_longest(*columns) for qa in row if qa is not None]
            if self.drawn is not None and late:
                written = list(compress(written, self.drawn(report, written)))
            rounds += written
        if ours:  # "$" alone means the dollars of the report's own country
            rounds = [
                _with_question(q, q.question.replace("US dollars", "dollars")) for q in rounds
            ]
        unique = {qa.qa_id: qa for qa in rounds if not check_answer(qa, [qa.evidence])}
        answers: dict[str, set[str]] = defaultdict(set)
        for qa in unique.values():
            answers[qa.question].add(qa.answer)
        # One question with two answers: its term means two things in this report.
        return [qa for qa in unique.values() if len(answers[qa.question]) == 1][:limit]

    def _of_fact(
        self, rule: str, fact: Fact, report_id: str, rng: random.Random, chinese: bool
    ) -> list[QA]:
        if isinstance(fact, SeriesFact) and len(set(fact.series.values)) == 1:
            items = []  # all of it the whole, or nothing: no picture is needed
        elif isinstance(fact, SeriesFact) and chinese:
            items = series_in_chinese(fact.series, rng) if is_clear(fact) else []
        elif isinstance(fact, SeriesFact):
            items = series_questions(fact, rng)
        elif isinstance(fact, AskedFact):
            items = list(fact.items)
        elif isinstance(fact, CauseFact):
            items = [cause_item(fact)]
        else:
            items = [definition_item(fact)]
        pairs = []
        for item in items:
            fields: dict[str, Any] = {"answer_kind": "number", **item}
            fields["prompt_hash"] = f"{RULES} {fields.pop('rule', rule)}"
            pairs.append(make_qa(report_id, fact.page, fact.evidence, self.name, **fields))
        return pairs


def _with_question(pair: QA, question: str) -> QA:
    return pair.model_copy(update={"question": question})


def rule_of(pair: QA) -> str:
    """The rule that wrote a pair, "" for one of a language model."""
    return pair.prompt_hash.removeprefix(f"{RULES} ") if pair.generator == "offline" else ""
