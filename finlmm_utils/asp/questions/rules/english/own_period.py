"""The period that a report is of, by its title or text, or that a sentence names."""

from __future__ import annotations

import calendar
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from finlmm_utils.asp.questions.rules.english.shapes import WHEN
from finlmm_utils.asp.questions.rules.report_date import latest_date
from finlmm_utils.asp.records import Block
from finlmm_utils.finance.periods import YEAR
from finlmm_utils.finance.units import MONTHS

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
ORDINALS = ("first", "second", "third", "fourth")
FEWEST_NAMED = 5
"""How often a report names its year, from which on it is known (our choice)."""


LONGEST_TITLE = 40
"""Characters of a Chinese title, which stands once; a longer text speaks of another report."""
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
        number = m["q"] or str(ORDINALS.index(m["word"].lower()) + 1)
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
            alone = bool(m["chinese"]) and len(m.string) < LONGEST_TITLE
            titles[f"{name[:2]}{name[5:]}" if "/" in name else name] += 1 + alone
        else:
            found[m["year"] or m["fiscal"]] += 1
    year, count = found.most_common(1)[0] if found else ("", 0)
    if count < FEWEST_NAMED:
        year, count = titles.most_common(1)[0] if titles else ("", 0)
        return year if count >= FEWEST_TITLES and len(titles) == 1 else ""
    return year


def period_of_sentence(sentence: str, period: str) -> str:
    """The period that clauses of a sentence share: the one that it names, else its report's.

    Args:
        sentence: whole.
        period: of the report, "" if it is not known.

    Returns:
        "" where the sentence names several.
    """
    named = {m[0].removeprefix("of ") for m in re.finditer(WHEN, sentence, re.IGNORECASE)}
    return period if not named else named.pop() if len(named) == 1 else ""


_DAY = rf"(?:\d{{1,2}}\s+)?(?P<month>{MONTHS})\s+(?:\d{{1,2}},\s*)?(?P<year>{YEAR})"
_DATE = re.compile(rf"\b{_DAY}|\bQ(?P<quarter>[1-4])\s+(?P<of>{YEAR})", re.IGNORECASE)
"""A day, a month or a quarter with its year, as a cover or a running line names it."""
_BEFORE = r"\b(?P<lead>in|of|for|by|since|until|to|from|during|at\s+the\s+end\s+of)\s+(?:the\s+)?"
_WHOSE = r"(?:\s+(?:of\s+)?(?P<whose>this|last)\s+year)?(?!\s+(?:of|\d|year))"
_QUARTER = re.compile(
    rf"{_BEFORE}(?P<word>{'|'.join(ORDINALS)})\s+quarter{_WHOSE}\b", re.IGNORECASE
)
_MONTH = re.compile(rf"{_BEFORE}(?P<month>(?-i:{MONTHS})){_WHOSE}\b", re.IGNORECASE)
_LAST_YEAR = re.compile(r"\b(?:(?P<lead>in|of|for|during)\s+|^(?=last))last\s+year\b,?", re.I)
_NAMES = [name.lower() for name in calendar.month_name]


def report_month(blocks: Sequence[Block]) -> tuple[int, int] | None:
    """Year and month that an English report is of, see `latest_date`.

    Args:
        blocks: of the report, in reading order.
    """

    def found(text: str) -> Iterator[tuple[int, int]]:
        for m in _DATE.finditer(text):
            if m["of"]:
                yield int(m["of"]), 3 * int(m["quarter"])
            else:
                yield int(m["year"]), _NAMES.index(m["month"].lower())

    return latest_date(blocks, found)


def dated(sentence: str, date: tuple[int, int] | None) -> str:
    """An English sentence whose months and quarters have the years that the report's date tells.

    Args:
        sentence: as written; one that names a year stays as it is.
        date: year and month of the report, None if they are not known.

    Examples:
        >>> dated("Prices fell in August and rose in the first quarter of last year.", (2022, 10))
        'Prices fell in August 2022 and rose in Q1 2021.'
    """
    if date is None or re.search(YEAR, sentence):
        return sentence

    def year(month: int, whose: str | None) -> int:
        back = whose.lower() == "last" if whose else month > date[1]
        return date[0] - back

    def quarter(m: re.Match[str]) -> str:
        k = ORDINALS.index(m["word"].lower()) + 1
        return f"{m['lead']} Q{k} {year(3 * k - 2, m['whose'])}"

    def month(m: re.Match[str]) -> str:
        return f"{m['lead']} {m['month']} {year(_NAMES.index(m['month'].lower()), m['whose'])}"

    text = _MONTH.sub(month, _QUARTER.sub(quarter, sentence))
    return _LAST_YEAR.sub(lambda m: f"{m['lead'] or 'In'} {date[0] - 1}", text)
