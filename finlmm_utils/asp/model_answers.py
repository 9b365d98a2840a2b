"""Reads what a model answered: hostile text, parsed with care, never evaluated, never a path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from finlmm_utils.asp.endpoint import Asked, ask_all
from finlmm_utils.asp.records import QA
from finlmm_utils.asp.verify import same_number, supported

BLIND = """You answer exam questions for students of finance. Each question belongs to a figure \
that you are not shown. Answer with JSON only: {"answer": "..."}, a plain number where a number is \
asked for. Write "unknown" where the question can't be answered without its figure."""


def objects_in(text: str) -> list[dict[str, Any]]:
    """The JSON object of an answer, also inside a code fence or after some words.

    Returns:
        The object from the first brace to the last; where that is none, all flat ones.
    """
    start, end = text.find("{"), text.rfind("}")
    whole = [text[start : end + 1]] if 0 <= start < end else []
    for parts in (whole, re.findall(r"\{[^{}]*\}", text)):
        found = [value for part in parts if isinstance(value := _loads(part), dict)]
        if found:
            return found
    return []


def _loads(text: str) -> Any:
    """Reads JSON; None for what is none, too deep or holds a number without end."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def chosen(answer: str, count: int) -> tuple[int, float]:
    """Reads which figure an aligner chose: one index, or 0 for all that is not exactly one.

    Args:
        answer: JSON with ``image`` and ``confidence``; small models may write "Figure 2" alone.
        count: number of figures that were shown.

    Returns:
        Index from 1, or 0; confidence from 0 to 1, 0.5 where none is given.

    Examples:
        >>> chosen('{"image": 2, "confidence": 0.8}', 3)
        (2, 0.8)
        >>> chosen('{"image": 1} or rather {"image": 2}', 3)
        (0, 0.5)
    """
    objects = [o for o in objects_in(answer) if "image" in o]
    bare = re.fullmatch(
        r"\s*(?:(?:image|figure|图)\s*)?([0-9]{1,2})\s*\.?\s*", answer, re.IGNORECASE
    )
    if not objects and bare:
        objects = [{"image": int(bare[1])}]
    named = {str(o["image"]).strip() for o in objects}
    one = named.pop() if len(named) == 1 else ""
    k = int(one) if re.fullmatch("[0-9]{1,2}", one) else 0
    sure = objects[0].get("confidence") if objects else None
    plain = isinstance(sure, int | float) and not isinstance(sure, bool)
    score = float(sure) if plain and sure is not None and 0 <= sure <= 1 else 0.5
    return (k if k <= count else 0), score


def guessed(model: Asked, pairs: Sequence[QA], workers: int = 2) -> Iterator[str]:
    """The blind check by a model: asks each question without any image.

    Questions of the kind ``knowledge`` are not asked: what a term means does not depend on the
    image, as in :func:`finlmm_utils.asp.filters.guessable`.

    Args:
        model: who is asked.
        pairs: over all reports.
        workers: prompts at the same time.

    Yields:
        For each pair its id where it was answered right and is to be dropped, else "".
    """
    asked = [pair for pair in pairs if pair.task != "knowledge"]
    answers = ask_all(model, [(BLIND, f"Question: {p.question}", ()) for p in asked], workers)
    for pair in pairs:
        right = pair.task != "knowledge" and blind_right(pair, next(answers))
        yield pair.qa_id if right else ""


def blind_right(pair: QA, text: str) -> bool:
    """Whether a model gave the answer of a pair, in JSON or in plain words.

    Numbers agree as in :func:`finlmm_utils.asp.verify.same_number`, one number only; a choice is
    named alone; a text shares three in four of its words with the gold.
    """
    objects = [o for o in objects_in(text) if "answer" in o]
    given = str(objects[0]["answer"] if objects else text).strip()[:600]
    if pair.answer_kind == "number":
        found = re.findall(r"-?[0-9][0-9,]*(?:\.[0-9]+)?", given.replace("−", "-"))
        wanted = float(pair.answer.replace(",", "").rstrip("%"))
        return len(found) == 1 and same_number(float(found[0].replace(",", "")), wanted)
    if pair.answer_kind == "choice":
        return given.lower().strip(" .") == pair.answer.lower().strip(" .")
    return supported(pair.answer, given)
