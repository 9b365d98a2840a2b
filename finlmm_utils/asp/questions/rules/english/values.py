"""Sentences that state the value of one period, in English; of the report's year if they name none.

The forms are our choice; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.english.own_period import ORDINALS
from finlmm_utils.asp.questions.rules.english.sentence_series import without_change
from finlmm_utils.asp.questions.rules.english.shapes import (
    AMOUNT,
    DOWN,
    LONGEST,
    NAME,
    UP,
    WHEN,
    term_alone,
)
from finlmm_utils.asp.questions.rules.question_item import (
    AskedFact,
    QuestionItem,
    in_units,
    number_item,
    was,
)
from finlmm_utils.asp.questions.rules.sentences import (
    IN_NAME,
    SeriesFact,
    clean_term,
    numbers_in,
)
from finlmm_utils.finance.periods import SPAN_SHOWN, YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.references import figure_names
from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.finance.units import MONTHS

_RISEN = (
    rf"(?:{'|'.join((*UP, *DOWN))}|improved|widened|narrowed|slowed|eased|recovered|rebounded|"
    r"slipped|jumped|surged|accelerated|strengthened|weakened|risen|fallen|grown|de-rated|re-rated|"
    r"(?:was\s+|were\s+)?reduced)"
)
_VALUE = re.compile(
    rf"^(?:(?:In|For|At|As\s+at|As\s+of)\s+(?P<when>{WHEN}),\s*)?(?P<a>{NAME})\s+(?:"
    rf"(?:(?:has|have|had)\s+)?{_RISEN}\s+(?:\w+ly\s+)?"
    rf"(?:from\s+{AMOUNT}(?:\s?(?:million|billion|bn|m|p|per\s?cent|percent))?\s+)?to|"
    r"(?P<mean>averaged)|was|were|stood\s+at|came\s+to|reached|"
    r"ended\s+the\s+(?:year|period|quarter)\s+at|closed\s+at|came\s+in\s+at|remained\s+at|"
    r"totall?ed|amounted\s+to)\s+"
    r"(?P<value>(?:[^,;]|,(?=\d{3}(?!\d))){1,42}?)(?:\s+of\s+(?P<base>(?:total\s+)?[A-Za-z-]{3,16}(?:\s[a-z]{3,10})?))?"
    rf"(?:\s+(?:in|at|for|during|as\s+of|as\s+at)\s+(?P<later>{WHEN}))?"
    r"(?:[.;]?$|(?=\s*(?:,(?!\d)|;|\(|due|driven|primarily|mainly|reflecting|as\s+a\s+result|despite|"
    r"\b(?:and|while)\s+(?=[A-Za-z]{3,}\s)|"
    rf"from\s+(?:an?\s+(?:peak|high|low|trough)\s+of\s+)?{AMOUNT}|"
    r"(?:at|by)\s+(?:the\s+)?(?:year[- ]end|end\s+of\s+the\s+(?:year|period)))))",
    re.IGNORECASE,
)
_COUNTED = re.compile(
    r"(?P<number>\d[\d,.]*)\s+(?P<measure>(?:(?:thousand|million|billion)\s+)?(?!per\s?cent|basis|times|percentage)"
    r"[A-Za-z][\w²³]*(?:[ -](?!in\b|at\b|from\b|and\b|to\b)[\w²³]+){0,5})\s*"
)
"""A number with what it counts or measures: "158 megalitres a day", "312 thousand tonnes"."""
_SCALES = re.compile(r"(?:thousand|million|billion|trillion|k|m|bn|tn|pence|p)", re.IGNORECASE)

_SCALE = r"million|billion|trillion|bn|m|p|pence|per\s?cent|percent|basis\s+points|bps?"
_AMOUNT = rf"{AMOUNT}(?:\s?(?:{_SCALE}))?"
_BULLET = re.compile(
    rf"^(?P<a>[A-Z]{NAME})\s+of\s+(?P<value>{_AMOUNT})"
    r"(?:[.;]?$|(?=\s*,\s*(?:up|down|an?\s+(?:increase|decrease|improvement)|compared|versus)\b))"
)
"""A point of a list without a verb: "Total revenue of $386 million, up 24% year over year"."""
_SAYS_MORE = re.compile(r"\b\w{2,}(?:ed|es)\s+(?:an?|the|its)\b")
"""A name with a verb in it is none: "the company recognized a liability"."""
_BEFORE = re.compile(
    rf"\s*,?\s*(?:up|down)?\s*(?:from|compared\s+(?:to|with)|against|versus)\s+"
    rf"(?:an?\s+(?:peak|high|low|trough)\s+of\s+)?{AMOUNT}"
)
"""The value of an earlier period, after one whose own period is named."""
_THEN = (
    rf"(?:{WHEN}|(?:the\s+)?(?:prior|previous|preceding|same|first|second|third|fourth|last)[- ]"
    r"(?:quarter|year|period)\b|a\s+year\s+(?:ago|earlier|before)|last\s+year)"
)
_EARLIER = re.compile(
    rf"\s*,?\s*(?:(?:up|down|an?\s+(?:increase|decrease|rise|decline)\s+of)\s+(?:by\s+)?{AMOUNT}\s+)?"
    r"(?:up\s+|down\s+)?(?:from|compared\s+(?:to|with)|versus|against)\s+"
    rf"(?:an?\s+(?:peak|high|low|trough)\s+of\s+)?{_AMOUNT}(?:\s(?:a|per)\s\w+)?\s+"
    rf"(?:(?:in|at|for|during)\s+)?{_THEN}(?:\s*[.;]?$|,.*$)|"
    r"\s*,\s*(?:up|down|an?\s+(?:increase|decrease|rise|decline)\s+of)\s+[^,;]{2,40}?\s+"
    rf"(?:from|on|over|compared\s+(?:to|with)|versus)\s+{_THEN}(?:\s*[.;]?$|,.*$)|"
    r"\s*,\s+(?:of\s+)?which\b.*$",
    re.IGNORECASE,
)
"""What ends a sentence and is no part of its value: ", up from 33% in 2019", ", of which ..."."""
_ASIDE = re.compile(r",\s*(?:measured|defined|calculated|expressed)\s+as\s[^,;]{3,70},\s*")
_OPENS = re.compile(
    r"^(?:(?:Our|The)\s+)?(?:Q(?P<q>[1-4])|(?P<word>First|Second|Third|Fourth)[- ]quarter|"
    r"Full[- ]year)\s+(?=[a-z])",
    re.IGNORECASE,
)
_UNTIL = (
    r"(?=\s*(?:[.;,]|$|\b(?:as|due|driven|reflecting|because|primarily|mainly|last|a\s+year|"
    r"in\s+the|the)\b))"
)
_MOVES = (
    rf"(?:{'|'.join((*UP, *DOWN))}|improved|widened|narrowed|slowed|eased|recovered|rebounded|"
    r"jumped|reached|was|were)"
)
_TO_FROM = re.compile(
    rf"^(?P<a>{NAME})\s+{_MOVES}\s+(?:to\s+)?(?P<value>{_AMOUNT})\s*,?\s*"
    rf"(?:(?:up|down)\s+from|from|compared\s+(?:to|with)|versus|against)\s+(?P<before>{_AMOUNT}){_UNTIL}",
    re.IGNORECASE,
)
_FROM_TO = re.compile(
    rf"^(?P<a>{NAME})\s+{_MOVES}\s+from\s+(?P<before>{_AMOUNT})\s+to\s+(?P<value>{_AMOUNT}){_UNTIL}",
    re.IGNORECASE,
)
_YEAR_AGO = re.compile(
    r"\b(?:a\s+year\s+(?:ago|earlier|before)|last\s+year|(?:prior|previous)[- ]year|"
    r"year[- ]over[- ]year)",
    re.IGNORECASE,
)
_OTHER_BASE = (
    r"\b(?:half|quarters?|months?|weeks?|days?|Q[1-4]|sequential\w*|expected|would|target\w*|"
    r"average|peak|since|consensus|estimates?|next|previously|years)\b"
)
"""What says that the value before is not that of the year before."""
_PLACE = r"(?:the\s+)?[A-Z][\w.]+(?:\s[A-Z][\w.]+){0,2}"
_PLACES = re.compile(
    rf"^(?P<a>{NAME})\s+(?:was|were|stood\s+at|reached|averaged)\s+(?P<x>{_AMOUNT})\s+in\s+(?P<p>{_PLACE})\s*,?\s+"
    rf"and\s+(?P<y>{_AMOUNT})\s+in\s+(?P<q>{_PLACE})\s*,?\s+(?:in|at)\s+(?P<later>(?:the\s+end\s+of\s+)?{WHEN})\s*[.;]?$"
)
_AGO = re.compile(
    rf"^\s*,?\s*(?:up|down|an?\s+(?:increase|decrease|rise|fall|decline)\s+of)\s+(?:by\s+)?{AMOUNT}"
    rf"(?:\s+per\s?cent)?\s+(?:from|on|compared\s+(?:to|with)|versus|over)\s+{WHEN}[.;]?$",
    re.IGNORECASE,
)
"""By how much it moved since the year before: "down 3% from 2022"."""
_OTHER_SPAN = (
    r"\b(?:half|quarter|months?|weeks?|days?|annum|previous|prior|last|next|since|expected|would|"
    r"average|each|per|target\w*|maximum|minimum|range)\b"
)
"""What says that a value without a year is not that of the report's year."""
_RETURNED = re.compile(
    rf"^(?:In\s+(?P<when>{WHEN}),?\s+)?(?P<a>[Tt]he\s+[A-Z]?[a-z]+|{NAME})\s+returned\s+(?P<value>-?{AMOUNT})"
    rf"(?:\s+per\s?cent)?(?:\s+in\s+(?P<later>{WHEN}))?(?=[\s,;.(]|$)"
)
_DAY = re.compile(rf"(?:the\s+)?(?:end\b|\d{{1,2}}\s|(?:{MONTHS})\s+\d{{1,2}},)", re.IGNORECASE)
"""A period that is a day: "31 March 2022", "the end of 2021"."""


def value_in_sentence(sentence: str, page: int, year: str = "") -> AskedFact | None:
    """Reads "Operating profit rose 8% to £45.6m." and "In 2023, sales were $502 million".

    Several values are a series, which is read elsewhere.

    Args:
        sentence: one sentence; a figure that it names plays no part.
        page: where it stands, from 1.
        year: that the report is of, or its quarter; a value without a period is of it.

    Returns:
        What can be asked, or None.
    """
    text, year = _of_whom(without_references(" ".join(sentence.split())), year)
    shown = f"the end of {SPAN_SHOWN}" if figure_names(sentence) else ""
    items = tuple(_values(text, year or shown)) if len(text) <= LONGEST else ()
    items += (*_in_places(text), *_returns(text))
    return AskedFact(items, sentence, page) if items else None


def _of_whom(text: str, year: str) -> tuple[str, str]:
    """A sentence without its bullet, its aside and the period that it opens with, and its period.

    "Fourth quarter revenue of" is of that quarter, "full year revenue" of the whole year.
    """
    text = _ASIDE.sub(" ", re.sub(r"^[•●▪*–-]\s*", "", text))
    m = _OPENS.match(text)
    if not m or not year:
        return text, year
    word = (m["q"] or m["word"] or "").lower()
    quarter = f"Q{ORDINALS.index(word) + 1 if word in ORDINALS else word[-1:]}"
    rest = text[m.end() :]
    return f"{rest[:1].upper()}{rest[1:]}", f"{quarter} {year[-4:]}" if word else year[-4:]


def moved_in_sentence(sentence: str, page: int, period: str) -> SeriesFact | None:
    """Reads "Gearing rose to 63.4% from 61.8%" in a report whose own period is known.

    The value before is of the year before; in a report on a quarter only where the sentence says
    so, since it may be that of the quarter before.

    Args:
        sentence: one sentence without a year.
        page: where it stands, from 1.
        period: that the report is of, "" if it is not known.

    Returns:
        The two values, or None.
    """
    text, period = _of_whom(without_references(" ".join(sentence.split())), period)
    m = _TO_FROM.match(without_change(text)) or _FROM_TO.match(text)
    if not m or not period or re.search(rf"{YEAR}|{_OTHER_BASE}", text, re.IGNORECASE):
        return None
    if period.startswith("Q") and not _YEAR_AGO.search(text):
        return None
    now, before, term = numbers_in(m["value"]), numbers_in(m["before"]), term_alone(m["a"])
    if not term or len(now) != 1 or len(before) != 1 or now[0].unit != before[0].unit:
        return None
    labels = (f"{period[:-4]}{int(period[-4:]) - 1}", period)
    series = Series(term, now[0].unit, labels, (before[0].value, now[0].value))
    return SeriesFact(series, sentence, page, "comparison")


def _in_places(text: str) -> Iterator[QuestionItem]:
    """Reads "Yields stood at 4.6 percent in Spain and 2.7 percent in France at the end of 2023"."""
    m = _PLACES.match(text)
    if not m or not (term := clean_term(m["a"])):
        return
    for value, place in ((m["x"], m["p"]), (m["y"], m["q"])):
        found, at = numbers_in(value), "at" if _DAY.match(m["later"]) else "in"
        if len(found) == 1:
            question = (
                f"What {was(term)} {term} in {place} {at} {m['later']}{in_units(found[0].unit)}?"
            )
            yield number_item(
                question, found[0].value, plain(found[0].value), found[0].unit, "statistics"
            )


def _is_of_late(tail: str, year: str) -> bool:
    """Whether a value set against an earlier one is of a report's own period: the next one."""
    own = max(map(int, re.findall(YEAR, year)), default=0)
    if re.search(r"\bquarter\b|\bQ[1-4]\b", tail) and not year.startswith("Q"):
        return False
    late = all(int(before) >= own - 1 for before in re.findall(YEAR, tail))
    return late or bool(re.search(r"\b(?:peak|high|low|trough)\b", tail))


def _around(rest: str, name: str) -> str:
    """What a clause says beside a value, in its name and after it: another span may be named."""
    own = re.split(r";|\s(?:and|while)\s(?=[a-z]{3})", rest)[0]
    return IN_NAME.sub(" ", re.sub(r"\bper\b", "", name) + own)


def _returns(text: str) -> Iterator[QuestionItem]:
    """Reads "The Fund returned 14.6% in 2023": of the fund that the report is of."""
    m = _RETURNED.match(text)
    when = (m["when"] or m["later"]) if m else ""
    found = numbers_in(m["value"]) if m else []
    if m and when and len(found) == 1 and found[0].unit == "%":
        name = re.sub(r"^The\b", "the", m["a"])
        question = f"What was the return of {name} in {when}, in percent?"
        yield number_item(question, found[0].value, plain(found[0].value), "%", "statistics")


def _values(text: str, year: str) -> Iterator[QuestionItem]:
    earlier = _EARLIER.search(text)
    if earlier and _is_of_late(earlier[0], year):
        text = text[: earlier.start()]
    m = _VALUE.match(without_change(text)) or _BULLET.match(text)
    m = m if m and not _SAYS_MORE.search(m["a"]) else None
    around = _around(m.string[m.end() :], m["a"]) if m else text
    own = year if not re.search(rf"{YEAR}|{_OTHER_SPAN}", around, re.IGNORECASE) else ""
    said = {"when": None, "later": None, "base": None} | (m.groupdict() if m else {})
    when = said["when"] or said["later"] or own
    rest = _AGO.sub("", m.string[m.end() :]) if m else ""
    if (said["when"] or said["later"]) and _BEFORE.match(rest):
        rest = ""
    if not m or not when or not (term := term_alone(m["a"])) or re.search(YEAR, rest):
        return
    if when.endswith(SPAN_SHOWN) and (numbers_in(rest) or _YEAR_AGO.search(text)):
        return  # of which of its values is it the end?
    amount, *rates = re.split(r"\s(?:per|a)\s", m["value"], maxsplit=1)
    per = rates[0] if rates else ""
    found, counted = numbers_in(amount), _COUNTED.fullmatch(m["value"])
    measure = counted["measure"] if counted and not _SCALES.fullmatch(counted["measure"]) else ""
    whole = len(found) == 1 and found[0].start <= 1 and found[0].end >= len(amount.rstrip()) - 1
    if not whole and not (measure and len(found) == 1):
        return
    unit = found[0].unit if whole and not (measure and per) else ""
    counted_in = f" {measure}" if measure.startswith("per ") else f", in {measure}"
    words = in_units(unit) if unit or not measure else counted_in
    words += f" per {per}" if per and unit else ""
    at, be = "at" if _DAY.match(when) else "in", was(term)
    if said["base"] and unit != "%":
        return
    words += f" of {said['base']}" if said["base"] else ""
    article = "the " if m["a"].lower().startswith("the ") else ""
    question = f"What {be} {article}{term} {at} {when}{words}?"
    if said.get("mean"):
        question = f"What did {article}{term} average {at} {when}{words}?"
    value = found[0].value
    yield number_item(question, value, plain(value), unit, "statistics")
