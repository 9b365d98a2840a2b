"""Sentences that state one change or one level, in English."""

from __future__ import annotations

import re

from finlmm_utils.asp.questions.rules.question_item import (
    AskedFact,
    QuestionItem,
    in_units,
    was,
)
from finlmm_utils.asp.questions.rules.sentences import clean_term
from finlmm_utils.finance.directions import PAST
from finlmm_utils.finance.periods import YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import DECIMAL, MONTHS, PER_CENT, WITH_COMMAS, label

_WHEN = (
    r"(?P<when>(?:in|for|during)\s+(?:the\s+)?(?:(?:three|six|nine|twelve)\s+months\s+ended\s+|"
    rf"(?:fiscal\s+)?(?:year\s+)?(?:ended\s+)?)(?:(?:{MONTHS})\s+\d{{1,2}}\s*,\s*)?(?:fiscal\s+)?{YEAR})"
)
_VERBS = ("increased", "decreased", "declined", "rose", "fell", "grew")
_MOVED = rf"(?P<verb>{'|'.join(_VERBS)})"
_BY = (
    r"\s+(?:by\s+)?(?:[$£€]\s?[\d.,]+\s*(?:million|billion|m|bn)?\s*,?\s*or\s+)?"
    rf"(?P<share>{DECIMAL}){PER_CENT}(?!\s*(?:to|and|-|–)\s*\d)"
)
_GROWTH = (
    re.compile(rf"^{_WHEN}\s*,\s*(?P<subject>[^,]{{3,70}}?)\s+{_MOVED}{_BY}", re.I),
    re.compile(
        rf"^(?P<subject>[^,]{{3,70}}?)\s+{_MOVED}{_BY}\s*(?:\([^()]*\)\s*)?,?\s*{_WHEN}", re.I
    ),
)
_SUM = (
    rf"(?P<currency{{0}}>[$£€])\s?(?P<value{{0}}>{WITH_COMMAS})\s*(?P<scale{{0}}>million|billion)"
)
_SHARE = rf"(?:\s*,?\s*or\s+(?P<share{{0}}>{DECIMAL}){PER_CENT})?"
_SPANS = (
    rf"(?:in|for)\s+the\s+(?P<one>three|six|nine)\s+and\s+(?P<two>six|nine|twelve)\s+"
    rf"(?P<ended>months\s+ended\s+(?:{MONTHS})\s+\d{{1,2}}\s*,\s*{YEAR})"
)
_CHANGE = re.compile(
    rf"^(?P<subject>[^,]{{3,70}}?)\s+{_MOVED}\s+(?:by\s+)?{_SUM.format(1)}{_SHARE.format(1)}"
    rf"(?:\s*,?\s*(?:and\s+{_SUM.format(2)}{_SHARE.format(2)}\s*,?\s*{_SPANS}|{_WHEN})|"
    r"\s*,?\s+(?:primarily|mainly|largely|due|driven|as a result)\b)",
    re.I,
)
_VERSUS = re.compile(
    rf"(?P<when>(?:fiscal\s+)?(?:year\s+)?(?:ended\s+(?:{MONTHS})\s+\d{{1,2}}\s*,\s*)?{YEAR})\s+"
    rf"(?:versus|vs\.?|compared\s+(?:to|with))\s+[^.]{{0,40}}?{YEAR}",
    re.I,
)
_LEVEL = re.compile(
    rf"^(?P<subject>[^,]{{3,70}}?)\s+(?:was|were|totall?ed|amounted to)\s+{_SUM.format(1)}\s+"
    rf"(?:in|for)\s+(?:fiscal\s+)?(?P<year>{YEAR})\s*,\s*an?\s+(?P<way>increase|decrease|decline)\s+of\s+"
    rf"{_SUM.format(2)}",
    re.I,
)


def growth_in_sentence(sentence: str, page: int) -> AskedFact | None:
    """Reads "In 2022, global comparable sales increased 10.9%, primarily due to ...".

    Returns:
        A question for the stated percentage, or None where there is no period, more than one
        percentage for it, or a subject that can't be understood alone.
    """
    text = without_references(" ".join(sentence.split()))
    m = next((m for pattern in _GROWTH if (m := pattern.match(text))), None)
    if m is None or "respectively" in text:
        return None
    subject, verb = clean_term(m["subject"]), m["verb"].lower()
    if not subject or re.search(r"\b(?:and|or)\b", subject):
        return None
    item: QuestionItem = {
        "question": f"By what percentage did {subject} {PAST[verb][0]} {_lower(m['when'])}"
        f"{_rounded(m['share'])}?",
        "answer": plain(float(m["share"])), "expression": m["share"], "unit": "%",
        "task": "statistics",
    }  # fmt: skip
    return AskedFact((item,), sentence, page)


def period_of_heading(heading: str) -> str:
    """Reads "Fiscal Year 2021 versus 2020": "in fiscal year 2021"; "" where two aren't compared."""
    m = _VERSUS.search(" ".join(heading.split()))
    when = re.sub(r"(?i)fiscal|year|ended", lambda k: k[0].lower(), m["when"]) if m else ""
    return f"in {'the ' if 'ended' in when else ''}{when}" if when else ""


def change_in_sentence(sentence: str, page: int, when: str = "") -> AskedFact | None:
    """Reads "Costs decreased by $44 million, or 8%, and $90 million, or 7%, in the three and ...".

    Args:
        sentence: one sentence.
        page: where it stands, from 1.
        when: the period that the heading over it compares, for a sentence that names none.

    Returns:
        A question for each amount, and for each percentage that only one of two periods has; None
        where the sentence has another form. (The percentage of a single period is asked by
        :func:`growth_in_sentence`.)
    """
    text = without_references(" ".join(sentence.split()))
    m = _CHANGE.match(text)
    subject = clean_term(m["subject"]) if m else ""
    if not m or not subject or re.search(r"\bor\b", subject):
        return None
    whens = [f"in the {m[k]} {m['ended']}" for k in ("one", "two")] if m["one"] else []
    whens = whens or [m["when"] or when]
    if not all(whens):
        return None
    items: list[QuestionItem] = []
    for number, when in enumerate(whens, 1):
        value, unit = m[f"value{number}"].replace(",", ""), _unit(m, number)
        against = "same period of the prior year" if "months" in when else "prior year"
        asked = f"did {subject} {PAST[m['verb'].lower()][0]} {_lower(when)}"
        items.append({
            "question": f"By how much {asked} compared with the {against}{in_units(unit)}"
                f"{_rounded(value) if unit.endswith('bn') else ''}?",
            "answer": plain(float(value)), "expression": value, "unit": unit,
            "task": "arithmetic",
        })  # fmt: skip
        share = m[f"share{number}"]
        if share and len(whens) == 2 and m["share1"] != m["share2"]:
            items.append({
                "question": f"By what percentage {asked}{_rounded(share)}?",
                "answer": plain(float(share)), "expression": share, "unit": "%",
                "task": "statistics",
            })  # fmt: skip
    return AskedFact(tuple(items), sentence, page)


def level_in_sentence(sentence: str, page: int) -> AskedFact | None:
    """Reads "Free cash flow was $5.5 billion in 2022, a decrease of $1.6 billion or 23%.".

    Returns:
        A question for the value of the year before, or None.
    """
    text = without_references(" ".join(sentence.split()))
    m = _LEVEL.match(text)
    subject = clean_term(m["subject"]) if m else ""
    if not m or not subject or _unit(m, 1) != _unit(m, 2):
        return None
    value, change = (float(m[k].replace(",", "")) for k in ("value1", "value2"))
    sign = "-" if m["way"].lower() == "increase" else "+"
    before = value - change if sign == "-" else value + change
    when = f"{int(m['year']) - 1}{in_units(_unit(m, 1))}"
    item: QuestionItem = {
        "question": f"What {was(subject)} {subject} in {when}?",
        "answer": plain(before), "expression": f"{plain(value)} {sign} {plain(change)}",
        "unit": _unit(m, 1),
        "task": "arithmetic",
    }  # fmt: skip
    return AskedFact((item,), sentence, page)


def _unit(m: re.Match[str], number: int) -> str:
    """The unit of the first or the second amount of a match."""
    return label(m[f"currency{number}"], m[f"scale{number}"].lower())


def _rounded(number: str) -> str:
    """How exact a stated number is, so that a reader of the chart rounds to the same answer."""
    decimals = len(number.partition(".")[2])
    places = ("a whole number", "one decimal", "two decimals")
    return f", rounded to {places[decimals]}" if decimals < len(places) else ""


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]
