"""Causes and definitions in sentences: what explanation and knowledge questions are made of."""

from __future__ import annotations

import re
from dataclasses import dataclass

from finlmm_utils.asp.questions.rules.question_item import QuestionItem
from finlmm_utils.asp.questions.rules.sentences import GENERIC, PRONOUN, clean_term
from finlmm_utils.finance.periods import YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.units import MONTHS


@dataclass(frozen=True)
class CauseFact:
    """What moved a quantity: "net revenues", "increase", a period and the cause, verbatim."""

    subject: str
    direction: str
    when: str
    cause: str
    evidence: str
    page: int


@dataclass(frozen=True)
class DefinitionFact:
    """What a term means, verbatim."""

    term: str
    meaning: str
    evidence: str
    page: int


_CAUSE = re.compile(
    r"^(?P<subject>.{3,90}?)\s+(?P<verb>increased|decreased|declined|rose|fell|grew|improved|dropped)\b"
    r"(?P<middle>.{0,160}?)\s*,?\s*(?:(?:primarily|mainly|largely|partly|principally)\s+)?"
    r"(?:due(?:\s+primarily|\s+mainly|\s+largely)?\s+to|driven(?:\s+primarily|\s+mainly)?\s+by|"
    r"attributable\s+to|reflecting|because\s+of|as\s+a\s+result\s+of|thanks\s+to|owing\s+to|"
    r"resulting\s+from|on\s+the\s+back\s+of)\s+(?P<cause>.{12,400}?)\s*[.。]?$"
)
_CAUSE_NOUN = re.compile(
    r"^The\s+(?P<verb>increase|decrease|decline|rise|fall|growth|improvement)\s+in\s+(?:the\s+)?"
    r"(?P<subject>.{3,70}?)(?P<middle>\s+(?:for|in|during|as of)\s+.{4,140}?)?\s+"
    r"(?:was|is|were)\s+(?:primarily\s+|mainly\s+|largely\s+)?"
    r"(?:due(?:\s+primarily|\s+mainly|\s+largely)?\s+to|driven(?:\s+primarily)?\s+by|"
    r"attributable\s+to|the\s+result\s+of|caused\s+by)\s+(?P<cause>.{12,400}?)\s*\.?$"
)
_DIRECTIONS = {
    "increased": "increase", "rose": "increase", "grew": "increase", "improved": "improvement",
    "decreased": "decrease", "declined": "decline", "fell": "decrease", "dropped": "decline",
}  # fmt: skip
_WHEN = re.compile(
    r"\b(?:in|for|during)\s+(?:the\s+)?(?:[\w\s]{0,40}?(?:ended|of)\s+)?"
    r"(?:(?:" + MONTHS + r")\s+\d{1,2}\s*,\s*)?(?:fiscal\s+|Q[1-4]\s+)?" + YEAR
)


def cause_in_sentence(sentence: str, page: int) -> CauseFact | None:
    """Reads "Net revenues increased 7% in 2023, driven primarily by growth in ...".

    Returns:
        The fact, or None where there is no cause, no period, or a subject or cause that can't be
        understood without the sentences around it.
    """
    text = without_references(" ".join(sentence.split()))
    m = _CAUSE.match(text) or _CAUSE_NOUN.match(text)
    if m is None:
        return None
    when = _WHEN.search(m["middle"] or "") or _WHEN.search(m["subject"])
    subject = clean_term(m["subject"])
    cause = m["cause"].strip()
    vague = re.search(
        r"\b(?:above|below|previously|aforementioned|these|those|this|it|they|such|the following|"
        r"factors|items)\b",
        cause,
        re.IGNORECASE,
    )
    if (
        not subject
        or GENERIC.match(subject)
        or when is None
        or vague
        or re.search(r"\d[)]?$", subject)
    ):
        return None
    if re.search(r"\b(?:and|or|to|may|could|would|will|has|have)\b", subject):
        return None
    direction = _DIRECTIONS.get(m["verb"].lower(), m["verb"].lower())
    return CauseFact(subject, direction, when[0], cause, sentence, page)


_DEFINITION = re.compile(
    r"^(?P<term>[A-Z“\"][\w&'’“”\" /()-]{2,70}?)\s+(?:is|are)\s+"
    r"(?:defined\s+as|calculated\s+(?:as|by)|computed\s+(?:as|by))\s+(?P<meaning>.{20,320}?)\s*\.?$"
    r"|^(?P<term2>[A-Z][\w&'’ /()-]{2,50}?)\s+represents?\s+(?P<meaning2>(?:the|an?)\s+"
    r"(?:excess|amount|portion|difference|percentage|ratio|number|value|total|sum|change|cost|share)\b"
    r".{12,320}?)\s*\.?$"
    r"|^We\s+define\s+(?P<term3>[\w&'’“”\" /()-]{2,70}?)\s+as\s+(?P<meaning3>.{20,320}?)\s*\.?$"
)


_HOW_TAKEN = re.compile(
    r",?\s+(?:calculated|measured|computed|expressed|reported)\s+(?:over|on|in|as|for|at)\b.*$"
)
"""How the thing is taken, behind what it is: no picture says it."""


def definition_in_sentence(sentence: str, page: int) -> DefinitionFact | None:
    """Reads "Operating margin is defined as operating income as a percent of total revenues."."""
    text = without_references(" ".join(sentence.split()))
    m = _DEFINITION.match(text)
    if m is None:
        return None
    term = clean_term(next(m[k] for k in ("term", "term2", "term3") if m[k]).strip('“”" '))
    meaning = next(m[k] for k in ("meaning", "meaning2", "meaning3") if m[k]).strip()
    meaning = _HOW_TAKEN.sub("", meaning)
    if (
        not term
        or GENERIC.match(term)
        or PRONOUN.search(meaning.split(",")[0])
        or re.search(r"[$£€]\s?\d|=|\*\*", meaning)
    ):
        return None
    return DefinitionFact(term, meaning, sentence, page)


def cause_item(fact: CauseFact) -> QuestionItem:
    """Asks what drove a movement."""
    return {
        "question": f"What drove the {fact.direction} in {fact.subject} {fact.when}?",
        "answer": fact.cause,
        "answer_kind": "text",
        "task": "explanation",
    }


def definition_item(fact: DefinitionFact) -> QuestionItem:
    """Asks what a term means, or how it is calculated."""
    way = "calculated" if " calculated " in fact.evidence or " computed " in fact.evidence else ""
    verb = "are" if fact.term.endswith("s") and not fact.term.endswith("ss") else "is"
    question = (
        f"How {verb} {fact.term} {way}?" if way else f"How does the report define {fact.term}?"
    )
    return {
        "question": question,
        "answer": fact.meaning,
        "answer_kind": "text",
        "task": "knowledge",
    }
