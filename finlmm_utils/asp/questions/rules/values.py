"""Sentences that state the value of one period, in English; of the report's year if they name none.

The forms are our choice; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from finlmm_utils.asp.questions.rules.question_item import (
    AskedFact,
    QuestionItem,
    in_units,
    number_item,
    unit_words,
    was,
)
from finlmm_utils.asp.questions.rules.sentence_series import without_change
from finlmm_utils.asp.questions.rules.sentences import SeriesFact, clean_term, numbers_in
from finlmm_utils.asp.questions.rules.shapes import (
    AMOUNT,
    DOWN,
    LONGEST,
    NAME,
    UP,
    WHEN,
    term_alone,
)
from finlmm_utils.finance.periods import SPAN_SHOWN, YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.references import figure_names
from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.finance.units import MONTHS

_VALUE = re.compile(
    rf"^(?:(?:In|For|At|As\s+at)\s+(?P<when>{WHEN}),\s*)?(?P<a>{NAME})\s+(?:was|were|stood\s+at|came\s+to|reached|"
    rf"totall?ed|amounted\s+to|(?:{'|'.join((*UP, *DOWN))}|improved|widened|narrowed|slowed|"
    rf"eased|recovered|rebounded|(?:was\s+|were\s+)?reduced)\s+(?:from\s+{AMOUNT}(?:\s?(?:million|billion|bn|m|p|per\s?cent|percent))?\s+)?to)\s+"
    r"(?P<value>(?:[^,;]|,(?=\d{3}(?!\d))){1,24}?)(?:\s+of\s+(?P<base>(?:total\s+)?[A-Za-z]{3,14}(?:\s[a-z]{3,10})?))?"
    rf"(?:\s+(?:in|at|for|during|as\s+of|as\s+at)\s+(?P<later>{WHEN}))?"
    r"(?:[.;]?$|(?=\s*(?:,(?!\d)|\(|due|driven|primarily|mainly|reflecting|as\s+a\s+result|"
    rf"from\s+(?:an?\s+(?:peak|high|low|trough)\s+of\s+)?{AMOUNT}|"
    r"(?:at|by)\s+(?:the\s+)?(?:year[- ]end|end\s+of\s+the\s+(?:year|period)))))",
    re.IGNORECASE,
)

_SCALE = r"million|billion|trillion|bn|m|p|pence|per\s?cent|percent|basis\s+points|bps?"
_AMOUNT = rf"{AMOUNT}(?:\s?(?:{_SCALE}))?"
_BULLET = re.compile(
    rf"^(?P<a>[A-Z]{NAME})\s+of\s+(?P<value>{_AMOUNT})"
    r"(?:[.;]?$|(?=\s*,\s*(?:up|down|an?\s+(?:increase|decrease|improvement)|compared|versus)\b))"
)
"""A point of a list without a verb: "Total revenue of $386 million, up 24% year over year"."""
_BEFORE = re.compile(
    rf"\s*,?\s*(?:up|down)?\s*(?:from|compared\s+(?:to|with)|against|versus)\s+"
    rf"(?:an?\s+(?:peak|high|low|trough)\s+of\s+)?{AMOUNT}"
)
"""The value of an earlier period, after one whose own period is named."""
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
_DAY = re.compile(rf"(?:the\s+)?(?:end\b|\d{{1,2}}\s|(?:{MONTHS})\s+\d{{1,2}},)", re.IGNORECASE)
"""A period that is a day: "31 March 2022", "the end of 2021"."""

_YEAR_ENDED = re.compile(
    rf"\b(?:years?\s+ended|year\s+to)\s+(?:\d{{1,2}}\s+)?(?:{MONTHS})\s+(?:\d{{1,2}}\s*,\s*)?(?P<year>{YEAR})|"
    rf"\bfiscal\s+(?:year\s+)?(?P<fiscal>{YEAR})|"
    rf"(?:annual|sustainability|ESG)\s+report(?:\s+and\s+(?:financial\s+)?(?:accounts|statements))?\s+(?P<titled>{YEAR}(?:/\d\d)?)|"
    rf"(?P<chinese>{YEAR})\s*年(?:年度报告|年报)",
    re.IGNORECASE,
)
_TITLED_QUARTER = re.compile(
    r"\b(?:Q(?P<q>[1-4])|(?P<word>first|second|third|fourth)[- ]quarter)\s+"
    r"(?:and\s+full[- ]year\s+)?"
    rf"(?:of\s+)?(?:fiscal\s+(?:year\s+)?|FY\s?)?(?P<year>{YEAR}|\d\d)\s+(?:financial\s+)?"
    r"(?:results|earnings|investor\s+presentation|highlights)\b",
    re.IGNORECASE,
)
"""The title of a report on a quarter: "Third Quarter 2023 Results", "Q3 FY24 Results"."""
_WORDS = ("first", "second", "third", "fourth")
FEWEST_NAMED = 5
"""How often a report names its year, from which on it is known (our choice)."""


FEWEST_TITLES = 2
"""How often its title names one year and no other: on the cover, over the pages (our choice)."""


def period_of_report(texts: Sequence[str]) -> str:
    """The quarter that a report is titled after ("Q3 2024"), else the year that it is of, or "".

    Args:
        texts: of the report.

    Examples:
        >>> period_of_report(["Q3 FY24 Results", "Q3 FY24 investor presentation"])
        'Q3 2024'
    """
    found: Counter[str] = Counter()
    for m in (m for text in texts for m in _TITLED_QUARTER.finditer(text)):
        number = m["q"] or str(_WORDS.index(m["word"].lower()) + 1)
        found[f"Q{number} 20{m['year'][-2:]}"] += 1
    quarter, count = found.most_common(1)[0] if found else ("", 0)
    return quarter if count >= FEWEST_TITLES and len(found) == 1 else year_of_report(texts)


def year_of_report(texts: Iterable[str]) -> str:
    """The year that an annual report is of: the one that it names most often; "" if it is none.

    Args:
        texts: of the report.

    Examples:
        >>> year_of_report(["the year ended 31 March 2022"] * 6 + ["year ended 31 March 2021"])
        '2022'
    """
    found, titles = Counter[str](), Counter[str]()
    for m in (m for text in texts for m in _YEAR_ENDED.finditer(text)):
        if name := m["titled"] or m["chinese"]:
            titles[f"{name[:2]}{name[5:]}" if "/" in name else name] += 1
        else:
            found[m["year"] or m["fiscal"]] += 1
    year, count = found.most_common(1)[0] if found else ("", 0)
    if count < FEWEST_NAMED:
        year, count = titles.most_common(1)[0] if titles else ("", 0)
        return year if count >= FEWEST_TITLES and len(titles) == 1 else ""
    return year


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
    items += tuple(_in_places(text))
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
    quarter = f"Q{_WORDS.index(word) + 1 if word in _WORDS else word[-1:]}"
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


def _values(text: str, year: str) -> Iterator[QuestionItem]:
    m = _VALUE.match(without_change(text)) or _BULLET.match(text)
    own = year if not re.search(rf"{YEAR}|{_OTHER_SPAN}", text, re.IGNORECASE) else ""
    said = {"when": None, "later": None, "base": None} | (m.groupdict() if m else {})
    when = said["when"] or said["later"] or own
    rest = _AGO.sub("", m.string[m.end() :]) if m else ""
    if (said["when"] or said["later"]) and _BEFORE.match(rest):
        rest = ""
    if not m or not when or not (term := term_alone(m["a"])) or re.search(YEAR, rest):
        return
    if when.endswith(SPAN_SHOWN) and (numbers_in(rest) or _YEAR_AGO.search(text)):
        return  # of which of its values is it the end?
    found = numbers_in(m["value"])
    if len(found) != 1 or found[0].start > 1 or found[0].end < len(m["value"].rstrip()) - 1:
        return
    unit = found[0].unit
    words = (
        ", in percent" if unit == "%" else f", in {unit_words(unit)}" if unit_words(unit) else ""
    )
    at, be = "at" if _DAY.match(when) else "in", was(term)
    if said["base"] and unit != "%":
        return
    words += f" of {said['base']}" if said["base"] else ""
    article = "the " if m["a"].lower().startswith("the ") else ""
    question = f"What {be} {article}{term} {at} {when}{words}?"
    value = found[0].value
    yield number_item(question, value, plain(value), unit, "statistics")
