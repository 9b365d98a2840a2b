"""Reads what a model answered: hostile text, parsed with care, never evaluated, never a path."""

from __future__ import annotations

import json
import re
from typing import Any

from finlmm_utils.errors import visible
from finlmm_utils.finance.references import label_of

FAILURES = {
    "refused": "the model refuses: take another model, or look at the prompt's text",
    "not_json": "take a model that answers in JSON",
    "wrong_schema": "take a model that follows a JSON schema",
    "cut": "the answer was cut at its longest: raise llm_limits.answer_tokens, or take a model that"
    " says less",
    "too_long": "the reply floods: take another model or endpoint",
    "empty": "the model says nothing: take another model",
    "no_completion": "expected a chat completion: check base_url",
    "timeout": "the endpoint is too slow: lower workers, raise llm_limits.seconds, or take a "
    "smaller model",
    "unreachable": "check base_url, and that its server runs",
    "given_up": "take another model or endpoint: these prompts were asked often enough",
    "http_400": "the endpoint refuses these prompts: check llm, and what it accepts",
    "http_401": "check the key in OPENAI_API_KEY",
    "http_402": "the balance of this key is spent: pay in, or take another endpoint",
    "http_403": "check the key in OPENAI_API_KEY, and what it may use",
    "http_404": "check the name of the model (llm, lmm) and base_url",
    "http_429": "ask slower: lower llm_limits.requests_per_minute or workers, and run again",
}
"""Why a prompt ends without a usable answer, and what helps."""
OWN_FAULTS = frozenset(
    {"refused", "not_json", "wrong_schema", "cut", "too_long", "empty", "http_400"}
)
"""Reasons that lie with a prompt and its model; they are likely to come again."""

PASSING = frozenset({"http_408", "http_409"})
"""Statuses below 500 that say nothing of the prompt; the same request may pass at another time."""

UNSURE = 0.5
"""Confidence of an answer that gives none."""
MOST_DIGITS = 30  # of a whole number: no count of anything has more (our choice)
ERROR_LETTERS = 200
"""Characters of an error's own text that are shown: one line."""


def behind_thinking(text: str) -> str:
    """What a model that thinks aloud says in the end; "" where it never came to an end of it.

    Examples:
        >>> behind_thinking("<think>Is it 1?</think> 2"), behind_thinking("2")
        (' 2', '2')
    """
    thinking, end, said = text.rpartition("</think>")
    return said if end or not said.lstrip().startswith("<think>") else thinking


def objects_in(text: str) -> list[dict[str, Any]]:
    """The JSON object of an answer, also inside a code fence or after some words or thinking.

    Returns:
        The object from the first brace to the last; where that is none, all flat ones.
    """
    text = behind_thinking(text)
    start, end = text.find("{"), text.rfind("}")
    whole = [text[start : end + 1]] if 0 <= start < end else []
    for parts in (whole, re.findall(r"\{[^{}]*\}", text)):
        found = [value for part in parts if isinstance(value := loads(part), dict)]
        if found:
            return found
    return []


def loads(text: str) -> Any:
    """Reads JSON; None for what is none or too deep.

    Numbers of more than ``MOST_DIGITS`` are floats, which may be infinite: one count that is
    nonsense costs no answer. Halves of surrogate pairs, which no file can hold, become question
    marks.
    """
    try:
        return _whole(json.loads(text, parse_int=_integer))
    except (ValueError, RecursionError):
        return None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= MOST_DIGITS else float(digits)


def _whole(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {_whole(name): _whole(entry) for name, entry in value.items()}
    return [_whole(entry) for entry in value] if isinstance(value, list) else value


def remedy(reason: str) -> str:
    """What helps against a reason of ``FAILURES``, or an HTTP status beside these."""
    known = FAILURES.get(reason)
    if known is None and reason.startswith("http_3"):
        known = "the endpoint has moved, and nothing is sent elsewhere: name its address (base_url)"
    elif known is None:
        server = reason.startswith("http_5") or reason in PASSING
        known = "the endpoint is in trouble: run again later" if server else FAILURES["http_400"]
    return known


def one_line(said: object) -> str:
    """An error's own text, as much of it as a line holds."""
    return visible(" ".join(str(said).split()))[:ERROR_LETTERS]


def choice_form(answer: str) -> str:
    """Whether an aligner's answer names a figure at all, as a key of ``FAILURES``; "" if so."""
    if any("image" in found for found in objects_in(answer)) or _bare(answer):
        return ""
    return "wrong_schema" if objects_in(answer) else "not_json"


def _bare(answer: str) -> str:
    """The number of an answer that is nothing else: "2", "image 2", "Figure 2", "图二"."""
    answer = behind_thinking(answer).strip(" .\n\t")
    label = label_of(answer)
    if label and label.end == len(answer) and not label.panel:
        return label.number
    plain = re.fullmatch(r"(?:image\s*)?([0-9]{1,2})", answer, re.IGNORECASE)
    return plain[1] if plain else ""


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
    if not objects and (bare := _bare(answer)):
        objects = [{"image": bare}]
    named = {str(o["image"]).strip() for o in objects}
    one = named.pop() if len(named) == 1 else ""
    k = int(one) if re.fullmatch("[0-9]{1,2}", one) else 0
    sure = objects[0].get("confidence") if objects else None
    plain = isinstance(sure, int | float) and not isinstance(sure, bool)
    score = float(sure) if plain and sure is not None and 0 <= sure <= 1 else UNSURE
    return (k if k <= count else 0), score
