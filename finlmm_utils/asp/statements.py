"""Statements of one change, and claims that name the figure behind them: English sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from finlmm_utils.asp.facts import MONTHS, YEAR, clean_term, numbers_in
from finlmm_utils.series import plain


@dataclass(frozen=True)
class Statement:
    """What one sentence can be asked about: ready items, each with question and answer.

    Attributes:
        items: fields of a :class:`finlmm_utils.asp.records.QA`.
        evidence: the sentence, verbatim.
        page: where it stands, from 1.
    """

    items: tuple[dict[str, Any], ...]
    evidence: str
    page: int


_WHEN = (
    r"(?P<when>(?:in|for|during)\s+(?:the\s+)?(?:(?:three|six|nine|twelve)\s+months\s+ended\s+|"
    rf"(?:fiscal\s+)?(?:year\s+)?(?:ended\s+)?)(?:(?:{MONTHS})\s+\d{{1,2}}\s*,\s*)?(?:fiscal\s+)?{YEAR})"
)
_MOVED = r"(?P<verb>increased|decreased|declined|rose|fell|grew)"
_BY = (
    r"\s+(?:by\s+)?(?:[$£€]\s?[\d.,]+\s*(?:million|billion|m|bn)?\s*,?\s*or\s+)?"
    r"(?P<share>\d+(?:\.\d+)?)\s?(?:%|percent\b|per cent\b)(?!\s*(?:to|and|-|–)\s*\d)"
)
_GROWTH = (
    re.compile(rf"^{_WHEN}\s*,\s*(?P<subject>[^,]{{3,70}}?)\s+{_MOVED}{_BY}", re.I),
    re.compile(
        rf"^(?P<subject>[^,]{{3,70}}?)\s+{_MOVED}{_BY}\s*(?:\([^()]*\)\s*)?,?\s*{_WHEN}", re.I
    ),
)
_BASE = {
    "increased": "increase", "decreased": "decrease", "declined": "decline", "rose": "rise",
    "fell": "fall", "grew": "grow",
}  # fmt: skip
_AMOUNT = (
    r"(?P<{0}currency>[$£€])\s?(?P<{0}value>\d[\d,]*(?:\.\d+)?)\s*(?P<{0}scale>million|billion)"
)
_LEVEL = re.compile(
    rf"^(?P<subject>[^,]{{3,70}}?)\s+(?:was|were|totall?ed|amounted to)\s+{_AMOUNT.format('')}\s+"
    rf"(?:in|for)\s+(?:fiscal\s+)?(?P<year>{YEAR})\s*,\s*an?\s+(?P<way>increase|decrease|decline)\s+of\s+"
    rf"{_AMOUNT.format('d')}",
    re.I,
)
_REFERS = (
    r"\s*\((?:see\s+)?(?:Figure|Fig\.|Chart|Exhibit|Graph)\s*\d[^()]{0,60}\)\s*[.;]?\s*\d{0,2}$"
)
_CLAIM = re.compile(
    r"^(?P<subject>[A-Z][^,;()]{3,70}?)\s+(?P<predicate>(?P<verb>has|have|is|are|was|were|remains?|"
    r"remained|rose|fell|increased|declined|tightened|widened|stays?|continues?)\b[^()]{12,220}?)"
    + _REFERS
)
_CHANGED = re.compile(
    r"^(?:has|have)\s+(?:\w+ly\s+)?(?:risen|fallen|declined|increased|decreased|grown|widened|"
    r"narrowed|tightened|eased|improved|deteriorated|strengthened|weakened|surged|climbed|dropped|"
    r"rebounded|recovered|remained|stabili[sz]ed|accelerated|slowed|picked up|turned|rallied|"
    r"kept (?:on )?\w+ing|anchored|expanded|shrunk|doubled|tripled|reached|stayed|continued)\b"
)
_DANGLING = re.compile(r"^(?:also|however|therefore|thus|both|likely)\b|\b(?:above|below)\b", re.I)


def growth_in_sentence(sentence: str, page: int) -> Statement | None:
    """Reads "In 2022, global comparable sales increased 10.9%, primarily due to ...".

    Returns:
        A question for the stated percentage, or None where there is no period, more than one
        percentage for it, or a subject that can't be understood alone.
    """
    text = " ".join(sentence.split())
    m = next((m for pattern in _GROWTH if (m := pattern.match(text))), None)
    if m is None or "respectively" in text:
        return None
    subject, verb = clean_term(m["subject"]), m["verb"].lower()
    if not subject or re.search(r"\b(?:and|or)\b", subject):
        return None
    item = {
        "question": f"By what percentage did {subject} {_BASE[verb]} {_lower(m['when'])}?",
        "answer": plain(float(m["share"])), "expression": m["share"], "unit": "%",
        "task": "statistics",
    }  # fmt: skip
    return Statement((item,), sentence, page)


def level_in_sentence(sentence: str, page: int) -> Statement | None:
    """Reads "Free cash flow was $5.5 billion in 2022, a decrease of $1.6 billion or 23%.".

    Returns:
        A question for the value of the year before, or None.
    """
    text = " ".join(sentence.split())
    m = _LEVEL.match(text)
    subject = clean_term(m["subject"]) if m else ""
    if not m or not subject or (m["currency"], m["scale"]) != (m["dcurrency"], m["dscale"]):
        return None
    value, change = (float(m[k].replace(",", "")) for k in ("value", "dvalue"))
    sign = "-" if m["way"].lower() == "increase" else "+"
    before = value - change if sign == "-" else value + change
    money = {"$": "US dollars", "£": "pounds sterling", "€": "euros"}[m["currency"]]
    scale = m["scale"].lower()
    item = {
        "question": f"What was {subject} in {int(m['year']) - 1}, in {scale}s of {money}?",
        "answer": plain(before), "expression": f"{plain(value)} {sign} {plain(change)}",
        "unit": m["currency"] + {"million": "m", "billion": "bn"}[scale],
        "task": "arithmetic",
    }  # fmt: skip
    return Statement((item,), sentence, page)


def claim_in_sentence(sentence: str, page: int) -> Statement | None:
    """Reads "Corporate credit spreads have tightened since April (Figure 1.1, panel 6).".

    Returns:
        A question for what is said of the subject, or None where the sentence has another form.
    """
    text = " ".join(sentence.split())
    m = _CLAIM.match(text)
    subject = clean_term(m["subject"]) if m else ""
    if not m or not subject or _DANGLING.search(m["predicate"].split(maxsplit=1)[1]):
        return None
    verb = m["verb"].lower()
    if _CHANGED.match(m["predicate"]):
        question = f"How {verb} {subject} changed?"
    elif verb in ("rose", "fell", "increased", "declined", "tightened", "widened"):
        question = f"How did {subject} change?"
    elif verb in ("has", "have"):
        return None
    else:
        question = f"How does the report assess {subject}?"
    item = {
        "question": question, "answer": m["predicate"].strip(" ,"), "answer_kind": "text",
        "task": "explanation",
    }  # fmt: skip
    return Statement((item,), sentence, page) if len(numbers_in(m["predicate"])) < 3 else None


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
