"""Asks each question without its image: who is right all the same did not need it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from finlmm_utils.asp.llm.asking import ChatModel, ask_all
from finlmm_utils.asp.llm.replies import behind_thinking, objects_in
from finlmm_utils.asp.questions.checks import supported
from finlmm_utils.asp.records import QA
from finlmm_utils.finance.answers import match
from finlmm_utils.finance.vocabularies.reader import subject

MAX_GIVEN = 600
"""Characters of a model's answer that are read, as many as a written answer may have."""
BLIND = f"""You answer exam questions for students of {subject()}. Each question belongs to a \
figure that you are not shown. Answer with JSON only: {{"answer": "..."}}, a plain number where a \
number is asked for. Write "unknown" where the question can't be answered without its figure."""


def guessed(model: ChatModel, pairs: Sequence[QA], workers: int = 2) -> Iterator[str]:
    """The blind check by a model: asks each question without any image.

    Questions of the kind ``knowledge`` are not asked: what a term means does not depend on the
    image, as in :func:`finlmm_utils.asp.alignment.filters.guessable`.

    Args:
        model: who is asked.
        pairs: over all reports.
        workers: prompts at the same time.

    Yields:
        For each pair its id where it was answered right and is to be dropped, else ""; a question
        without a usable answer stays.
    """
    asked = [pair for pair in pairs if pair.task != "knowledge"]
    answers = ask_all(model, [(BLIND, f"Question: {p.question}", ()) for p in asked], workers)
    for pair in pairs:
        reply = next(answers) if pair.task != "knowledge" else None
        right = reply is not None and not reply.reason and blind_right(pair, reply.text)
        yield pair.qa_id if right else ""


def blind_right(pair: QA, text: str) -> bool:
    """Whether a model gave the answer of a pair, in JSON or in plain words.

    Judged as the reward judges a completion (:func:`finlmm_utils.finance.answers.match`), with the
    pair's kind and unit: what a policy would be paid for is dropped as guessable. So is a text that
    shares three in four of its words with the gold, which a policy would not be paid for.
    """
    objects = [o for o in objects_in(text) if "answer" in o]
    given = str(objects[0]["answer"] if objects else behind_thinking(text)).strip()[:MAX_GIVEN]
    if match(given, pair.answer, pair.answer_kind, question=pair.question, unit=pair.unit):
        return True
    return pair.answer_kind == "text" and supported(pair.answer, given)
