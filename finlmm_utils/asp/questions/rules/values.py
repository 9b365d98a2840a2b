"""Sentences that state the value of one period, in English; of the report's year if they name none.

The forms are our choice; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator

from finlmm_utils.asp.questions.rules.question_item import (
    AskedFact,
    QuestionItem,
    number_item,
    unit_words,
    was,
)
from finlmm_utils.asp.questions.rules.sentence_series import without_change
from finlmm_utils.asp.questions.rules.sentences import numbers_in
from finlmm_utils.asp.questions.rules.shapes import (
    AMOUNT,
    DOWN,
    LONGEST,
    NAME,
    UP,
    WHEN,
    term_alone,
)
from finlmm_utils.finance.periods import YEAR
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import MONTHS

_VALUE = re.compile(
    rf"^(?:(?:In|For|At|As\s+at)\s+(?P<when>{WHEN}),\s*)?(?P<a>{NAME})\s+(?:was|were|stood\s+at|came\s+to|reached|"
    rf"totall?ed|amounted\s+to|(?:{'|'.join((*UP, *DOWN))}|improved|widened|narrowed|slowed|"
    rf"eased|reduced)\s+(?:from\s+{AMOUNT}(?:\s?(?:million|billion|bn|m|p|per\s?cent|percent))?\s+)?to)\s+"
    r"(?P<value>(?:[^,;]|,(?=\d{3}(?!\d))){1,24}?)(?:\s+of\s+(?P<base>(?:total\s+)?[A-Za-z]{3,14}(?:\s[a-z]{3,10})?))?"
    rf"(?:\s+(?:in|at|for|during|as\s+of|as\s+at)\s+(?P<later>{WHEN}))?"
    r"(?:[.;]?$|(?=\s*(?:,(?!\d)|\(|due|driven|primarily|mainly|reflecting|as\s+a\s+result|"
    rf"from\s+{AMOUNT}|(?:at|by)\s+(?:the\s+)?(?:year[- ]end|end\s+of\s+the\s+(?:year|period)))))",
    re.IGNORECASE,
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
_DAY = re.compile(rf"(?:the\s+)?(?:end|\d{{1,2}}\s|(?:{MONTHS})\s+\d{{1,2}},)", re.IGNORECASE)
"""A period that is a day: "31 March 2022", "the end of 2021"."""

_YEAR_ENDED = re.compile(
    rf"\b(?:years?\s+ended|year\s+to)\s+(?:\d{{1,2}}\s+)?(?:{MONTHS})\s+(?:\d{{1,2}}\s*,\s*)?(?P<year>{YEAR})|"
    rf"\bfiscal\s+(?:year\s+)?(?P<fiscal>{YEAR})",
    re.IGNORECASE,
)
FEWEST_NAMED = 5
"""How often a report names its year, from which on it is known (our choice)."""


def year_of_report(texts: Iterable[str]) -> str:
    """The year that an annual report is of: the one that it names most often; "" if it is none.

    Args:
        texts: of the report.

    Examples:
        >>> year_of_report(["the year ended 31 March 2022"] * 6 + ["year ended 31 March 2021"])
        '2022'
    """
    found = Counter(m["year"] or m["fiscal"] for text in texts for m in _YEAR_ENDED.finditer(text))
    year, count = found.most_common(1)[0] if found else ("", 0)
    return year if count >= FEWEST_NAMED else ""


def value_in_sentence(sentence: str, page: int, year: str = "") -> AskedFact | None:
    """Reads "Operating profit rose 8% to £45.6m." and "In 2023, sales were $502 million".

    Several values are a series, which is read elsewhere.

    Args:
        sentence: one sentence; a figure that it names plays no part.
        page: where it stands, from 1.
        year: that the report is of; a value without a period is of this year.

    Returns:
        What can be asked, or None.
    """
    text = without_references(" ".join(sentence.split()))
    items = tuple(_values(text, year)) if len(text) <= LONGEST else ()
    return AskedFact(items, sentence, page) if items else None


def _values(text: str, year: str) -> Iterator[QuestionItem]:
    m = _VALUE.match(without_change(text))
    own = year if not re.search(rf"{YEAR}|{_OTHER_SPAN}", text, re.IGNORECASE) else ""
    when = m and (m["when"] or m["later"] or own)
    rest = _AGO.sub("", m.string[m.end() :]) if m else ""
    if not m or not when or not (term := term_alone(m["a"])) or re.search(YEAR, rest):
        return
    found = numbers_in(m["value"])
    if len(found) != 1 or found[0].start > 1 or found[0].end < len(m["value"].rstrip()) - 1:
        return
    unit = found[0].unit
    words = (
        ", in percent" if unit == "%" else f", in {unit_words(unit)}" if unit_words(unit) else ""
    )
    at, be = "at" if _DAY.match(when) else "in", was(term)
    if m["base"] and unit != "%":
        return
    words += f" of {m['base']}" if m["base"] else ""
    article = "the " if m["a"].lower().startswith("the ") else ""
    question = f"What {be} {article}{term} {at} {when}{words}?"
    value = found[0].value
    yield number_item(question, value, plain(value), unit, "statistics")
