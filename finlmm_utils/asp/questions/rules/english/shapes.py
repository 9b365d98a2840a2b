"""What a sentence says of the shape of a chart, in English: direction, peak, comparison.

Research and annual reports state the message of a chart far more often than its values. These
forms are asked so that the marks of the chart answer: which is higher, when it peaked, whether it
rose over a span. The forms are our choice; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.question_item import (
    AskedFact,
    QuestionItem,
    in_units,
    number_item,
    was,
)
from finlmm_utils.asp.questions.rules.sentences import GENERIC, PRONOUN, clean_term, numbers_in
from finlmm_utils.finance.periods import PERIOD_SHOWN, YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import CATEGORY_OF, plain
from finlmm_utils.finance.units import DECIMAL, MONTHS, PER_CENT

LONGEST = 320
"""Characters of a sentence; a longer one is a list."""
WHEN = (
    r"(?:(?:(?:fiscal|the|year|ended|end|of|early|mid|late|Q[1-4]|"
    r"(?:first|second|third|fourth)[ -]quarter)[ -])*"
    rf"(?:(?:\d{{1,2}}\s+)?(?:{MONTHS})\s+(?:\d{{1,2}},\s*)?)?{YEAR}(?:-\d\d)?|(?:FY|[1-4]Q)\d\d\b)"
)
AT = rf"(?:(?:In|At|By|As of|As at|During)\s+(?P<when>{WHEN}),\s*)?"
_ADVERB = r"(?:(?:much|far|still|also|\w+ly)\s+)*"
BE = r"(?P<be>was|were|is|are|remained|stayed)"
_HIGHER = {
    "higher": "lower", "lower": "higher", "larger": "smaller", "smaller": "larger",
    "greater": "smaller", "above": "below", "below": "above",
}  # fmt: skip
UP = ("rose", "increased", "grew", "climbed", "gained", "advanced", "rises", "rising", "expanded")
DOWN = ("fell", "decreased", "declined", "dropped", "lost", "shrank", "slid", "contracted")
NAME = r"[^,;:()]{3,70}?"
AMOUNT = r"[A-Z]{0,3}[$£€¥]?\d(?:[\d,.]*\d)?%?"
"""An amount as a sentence writes it; `numbers_in` reads what it is worth."""
_COMPARED = re.compile(
    rf"^{AT}(?P<a>{NAME})\s+{BE}\s+{_ADVERB}(?P<way>{'|'.join(_HIGHER)})"
    rf"(?:\s+than)?\s+(?P<b>(?!in\b|at\b|expected|average\b){NAME})(?:\s+(?:in|at)\s+(?P<later>{WHEN}))?[.;]?$",
    re.IGNORECASE,
)
_TIMES = re.compile(
    rf"^(?P<a>{NAME})\s+{BE}\s+{_ADVERB}(?P<way>higher|lower)\s+(?:in|at)\s+(?P<y1>{WHEN})\s+"
    rf"than\s+(?:in|at)\s+(?P<y0>{WHEN})\b",
    re.IGNORECASE,
)
_SPAN = re.compile(
    rf"^(?P<a>{NAME})\s+{_ADVERB}(?:(?:has|have)\s+)?(?P<way>{'|'.join((*UP, *DOWN))})\s+"
    rf"{_ADVERB}(?:by\s+[\d.]+\s?%\s+)?(?:from|between)\s+(?P<y0>{WHEN})\s+(?:to|and|through)\s+(?P<y1>{WHEN})\b",
    re.IGNORECASE,
)
_GAINED = re.compile(
    rf"^(?P<a>{NAME})\s+(?P<way>{'|'.join((*UP, *DOWN))})\s+(?:by\s+)?"
    rf"(?P<share>{DECIMAL}){PER_CENT}\s+"
    rf"(?:from|between)\s+(?P<y0>{WHEN})\s+(?:to|and)\s+(?P<y1>{WHEN})\b",
    re.IGNORECASE,
)
_FELL = r"(?P<way>risen|grown|increased|climbed|fallen|decreased|declined|dropped|shrunk)"
_BY = rf"\s+(?:by\s+)?(?P<share>{DECIMAL}){PER_CENT}"
_SINCE = (
    re.compile(
        rf"^(?:Since|From)\s+(?P<y0>{WHEN}),\s*(?P<a>{NAME})\s+(?P<be>has|have)\s+{_FELL}{_BY}",
        re.I,
    ),
    re.compile(
        rf"^(?P<a>{NAME})\s+(?P<be>has|have)\s+{_FELL}{_BY}\s+since\s+(?P<y0>{WHEN})\b", re.I
    ),
)
"""A movement up to now, by so many per cent."""
_PEAK = re.compile(
    rf"^(?P<a>{NAME})\s+(?:(?P<top>peaked(?:\s+at\s+{AMOUNT}(?:\s+per\s?cent)?)?|(?:was|were)\s+(?:the\s+)?highest|(?:reached|hit)\s+(?:its|their|a|an)\s+"
    r"(?:peak|highest\s+\w+|(?:record|all-time|new)\s+high|high))|(?P<low>bottomed(?:\s+out)?|(?:was|were)\s+(?:the\s+)?lowest|"
    rf"(?:reached|hit)\s+(?:its|their|a)\s+(?:trough|lowest\s+\w+|record\s+low|low)))\s+(?:in|at)\s+(?P<when>{WHEN})\b",
    re.IGNORECASE,
)
_TOP = r"peaked|topped\s+out|tops\s+out|crested|peaks"
_LOW = r"bottomed(?:\s+out)?|troughed|bottoms\s+out"
_AT_PEAK = re.compile(
    rf"^(?P<a>{NAME})\s+(?:(?:has|have)\s+)?(?:(?P<top>{_TOP})|(?:{_LOW}))\s+(?:\w+\s+)?at\s+(?P<value>.+)$|"
    rf"^(?P<b>{NAME})\s+(?:was|were|is|are|stood)\s+at\s+(?:its|their)\s+(?:(?P<highest>highest|peak)|lowest)"
    rf"(?:\s+(?:in|at)\s+(?P<when>{WHEN}))?,?\s+(?:at|with)\s+(?P<of>.+)$",
    re.IGNORECASE,
)
"""The highest or lowest value of a span."""
_CROSSED = re.compile(
    rf"^(?:In\s+(?P<when>{WHEN}),\s*)?(?P<a>{NAME})\s+(?P<way>overtook|surpassed|exceeded|outperformed|"
    rf"underperformed|lagged|beat|trailed)\s+(?P<b>{NAME})(?:\s+(?:in|over|during|since)\s+(?P<later>[^,;:()]{{4,40}}?))?[.;]?$",
    re.IGNORECASE,
)
_WORSE = ("underperformed", "lagged", "trailed")
_AVERAGED = re.compile(
    rf"^In\s+(?P<y1>{WHEN}),\s*(?P<a>{NAME})\s+averaged\s+(?P<one>{AMOUNT})(?:/(?P<per>[a-z]{{1,8}}))?\S*\s+compared\s+(?:to|with)\s+"
    rf"(?:an\s+average\s+of\s+)?(?P<other>{AMOUNT})\S*\s+in\s+(?:the\s+same\s+period\s+(?:in|of)\s+)?(?P<y0>{WHEN})",
    re.IGNORECASE,
)
_REACHED = re.compile(
    rf"^(?:.*(?:,|\band)\s+(?=the\s))?(?:the\s+)?(?P<a>(?!the\b){NAME})\s+{_ADVERB}"
    rf"(?:widened|narrowed|{'|'.join((*UP, *DOWN))})\s+"
    rf"{_ADVERB}from\s+{AMOUNT}\s+to\s+(?P<value>{AMOUNT})\s+(?:as\s+)?(?:at|in|by)\s+(?P<when>{WHEN})",
    re.IGNORECASE,
)


def shape_in_sentence(sentence: str, page: int) -> AskedFact | None:
    """Reads "In 2023, revenue in Europe was higher than revenue in Asia." and its relatives.

    Args:
        sentence: one sentence; a figure that it names plays no part.
        page: where it stands, from 1.

    Returns:
        What can be asked, or None.
    """
    text = without_references(" ".join(sentence.split()))
    if len(text) > LONGEST:
        return None
    readers = (_spans, _compared, _peaks, _crossed, _averages)
    items = tuple(item for read in readers for item in read(text))
    return AskedFact(items, sentence, page) if items else None


_MEASURES = frozenset([
    "gearing", "leverage", "leakage", "inflation", "unemployment", "occupancy", "churn",
    "headcount", "backlog", "emissions", "exports", "imports", "inventories", "deposits", "loans",
    "borrowings", "capex", "turnover", "productivity",
    "production", "output", "throughput", "attendance",
])  # fmt: skip
"""Single words that say what they measure; of "fund" or "benchmark" nobody knows whose it is."""


def term_alone(text: str) -> str:
    """A name that is understood alone, or ""."""
    term = clean_term(text)
    if not term or GENERIC.match(term) or PRONOUN.search(term):
        return ""
    lone = term.isalpha() and term.islower()  # "fund", "benchmark": of whom?
    return "" if lone and term not in CATEGORY_OF and term not in _MEASURES else term


def _choice(question: str, answer: str) -> QuestionItem:
    return {"question": question, "answer": answer, "answer_kind": "choice", "task": "explanation"}


def _be(verb: str, subject: str) -> str:
    past = {"remained": "was", "stayed": "was"}.get(verb.lower(), verb.lower())
    return f"{past} {subject}"


def _spans(text: str) -> Iterator[QuestionItem]:
    if (m := _GAINED.match(text)) and (term := term_alone(m["a"])):
        way, share = "rise" if m["way"].lower() in UP else "fall", m["share"]
        question = f"By what percentage did {term} {way} from {m['y0']} to {m['y1']}?"
        yield number_item(question, float(share), share, "%", "arithmetic")
    m = _SINCE[0].match(text) or _SINCE[1].match(text)
    if m and (term := term_alone(m["a"])):
        question = f"By what percentage {m['be']} {term} {m['way'].lower()} since {m['y0']}?"
        yield number_item(question, float(m["share"]), m["share"], "%", "arithmetic")
    m = _TIMES.match(text) or _SPAN.match(text)
    if m and (term := term_alone(m["a"])):
        way = m["way"].lower()
        answer = "rise" if way in ("higher", *UP) else "fall"
        yield _choice(f"From {m['y0']} to {m['y1']}, did {term} rise or fall?", answer)


def _compared(text: str) -> Iterator[QuestionItem]:
    m = _COMPARED.match(text)
    if not m:
        return
    one, other, way = term_alone(m["a"]), term_alone(m["b"]), m["way"].lower()
    if not one or not other or numbers_in(m["b"]):
        return
    when = m["when"] or m["later"]
    lead = f"In {when}, " if when else ""
    ask = f"{lead}{_be(m['be'], one)} {way if way < _HIGHER[way] else _HIGHER[way]} or "
    ask += _HIGHER[way] if way < _HIGHER[way] else way
    than = "" if way in ("above", "below") else " than"
    yield _choice(f"{ask[0].upper()}{ask[1:]}{than} {other}?", way)


def _peaks(text: str) -> Iterator[QuestionItem]:
    m = _PEAK.match(text)
    if m and (term := term_alone(m["a"])):
        way = "highest" if m["top"] else "lowest"
        yield _choice(f"When {was(term)} {term} {way}?", m["when"])
    m = _AT_PEAK.match(text)
    if m and (term := term_alone(m["a"] or m["b"])):
        found = numbers_in(re.split(r",(?!\d)| (?:and|but) ", m["value"] or m["of"])[0])
        way = "highest" if m["top"] or m["highest"] else "lowest"
        if len(found) == 1 and found[0].start <= 1:
            value = found[0]
            question = f"What was the {way} {term} {PERIOD_SHOWN}{in_units(value.unit)}?"
            yield number_item(question, value.value, plain(value.value), value.unit, "statistics")
        if m["when"]:
            yield _choice(f"When {was(term)} {term} {way}?", m["when"])


def _crossed(text: str) -> Iterator[QuestionItem]:
    m = _CROSSED.match(text)
    if (
        not m
        or not (one := term_alone(m["a"]))
        or not (other := term_alone(m["b"]))
        or numbers_in(m["b"])
    ):
        return
    when, way = m["when"] or m["later"], m["way"].lower()
    if way in ("overtook", "surpassed") and when and re.search(YEAR, when):
        yield _choice(f"When did {one} overtake {other}?", when)
        return
    at = f" in {when.rstrip('.')}" if when and re.search(YEAR, when) else ""
    answer = "worse" if way in _WORSE else "better"
    yield _choice(f"Did {one} do better or worse than {other}{at}?", answer)


def _averages(text: str) -> Iterator[QuestionItem]:
    """The mean of one period beside that of another, and where a rise or fall ended."""
    m = _AVERAGED.match(text)
    found = [numbers_in(m[k]) for k in ("one", "other")] if m else []
    if m and all(len(some) == 1 for some in found) and found[0][0].value != found[1][0].value:
        name, one, other = m["a"].removeprefix("the "), found[0][0], found[1][0]
        way = "higher" if one.value > other.value else "lower"
        yield _choice(
            f"Was the average {name} higher or lower in {m['y1']} than in {m['y0']}?", way
        )
        if not re.fullmatch(YEAR, m["y1"]):  # nobody sees the mean of a year of daily prices
            unit = f"{in_units(one.unit)} per {m['per']}" if m["per"] else in_units(one.unit)
            question = f"What was the average {name} in {m['y1']}{unit}?"
            yield number_item(question, one.value, plain(one.value), one.unit, "statistics")
    m = _REACHED.search(text)
    found = [numbers_in(m["value"])] if m else []
    if m and found and len(found[0]) == 1 and (term := term_alone(m["a"])):
        end = found[0][0]
        question = f"What was the {term} at {m['when']}{', in percent' if end.unit == '%' else ''}?"
        yield number_item(question, end.value, plain(end.value), end.unit, "statistics")
