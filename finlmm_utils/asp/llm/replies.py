"""Reads what a model answered: hostile text, parsed with care, never evaluated, never a path."""

from __future__ import annotations

import json
import re
from typing import Any

from finlmm_utils.finance.references import label_of

UNSURE = 0.5
"""Confidence of an answer that gives none."""


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


def _bare(answer: str) -> str:
    """The number of an answer that is nothing else: "2", "image 2", "Figure 2", "图二"."""
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
    if not objects and (bare := _bare(answer.strip(" .\n\t"))):
        objects = [{"image": bare}]
    named = {str(o["image"]).strip() for o in objects}
    one = named.pop() if len(named) == 1 else ""
    k = int(one) if re.fullmatch("[0-9]{1,2}", one) else 0
    sure = objects[0].get("confidence") if objects else None
    plain = isinstance(sure, int | float) and not isinstance(sure, bool)
    score = float(sure) if plain and sure is not None and 0 <= sure <= 1 else UNSURE
    return (k if k <= count else 0), score
