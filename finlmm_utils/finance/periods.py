"""Periods: years, quarters, months, as an answer, a sentence or the label of an axis names them.

The parts that other patterns are built of stand first; then an answer that is a period, whole;
then the periods in a sentence; then what a label says.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from finlmm_utils.finance.quantities import MAX_READ
from finlmm_utils.finance.spelling import simplify
from finlmm_utils.finance.units import MONTHS

YEAR = r"(?:19|20)\d\d"
"""A regular expression of a year: no report speaks of another century."""
MONTHS_ENDED = re.compile(
    rf"\b(three|six|nine|twelve) months ended\s+((?:{MONTHS})\s+\d{{1,2}})", re.IGNORECASE
)
"""Finds a part of a fiscal year by its length and its last day."""
QUARTER_LABEL = r"(?:FY|Q[1-4]|[1-4]Q|H[12]|[12]H)\s?['’]?\d{2,4}[EF]?"
"""A regular expression of a quarter, half or fiscal year as a chart labels it: "1Q23", "FY24E"."""
CHINESE_TIME = (
    rf"(?:{YEAR}年(?:(?:全年|度|末|初|底|上半年|下半年|前三季度|第?[一二三四1-4]季度|"
    rf"Q[1-4]|H[12]|\d{{1,2}}月(?:\d{{1,2}}日)?(?:末|底|初)?))?|{YEAR}(?:Q[1-4]|H[12])(?:末)?)"
)
"""A regular expression of a year, or of a part of one, in a Chinese sentence."""

PERIOD_LABEL = (
    rf"(?:{CHINESE_TIME}|{YEAR}(?:[-/.]\d\d?)?[AEF]?|{QUARTER_LABEL}|\d\dQ[1-4]|['’]\d\d"
    r"|(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[-\s]?['’]?\d{2,4})"
)
"""A regular expression of a period as one of many labels of an axis: "17Q1", "'24", "Jan-25"."""
PERIOD_ROW = re.compile(rf"^(?:{PERIOD_LABEL} ?){{2,}}$")
"""Finds a row of such labels, with or without room between them."""

SPAN_SHOWN = "the period shown"
PERIOD_SHOWN, CHINESE_PERIOD_SHOWN = f"over {SPAN_SHOWN}", "图示期间"
"""What a question says for the span of its chart, where the report names no period."""
CHINESE_LATEST = "截至图示期末"
"""What a question says of the last periods of its chart."""
_RUN = re.compile(r"连续([两二三四五六])个?(?:年|季度|月)")


def run_of(question: str) -> int:
    """How many of the last periods of a chart a Chinese question is about, 0 where it names none.

    Examples:
        >>> run_of("截至图示期末连续三个季度，毛利率是上升还是下降？")
        3
    """
    found = _RUN.search(question)
    return "一两三四五六".index(found[1].replace("二", "两")) + 1 if found else 0


# An answer that is a period -----------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A year, a part of one ("Q3", "H1"), a month or a day; a fiscal year is named like any other.

    Attributes:
        year: None where only the part is named.
        part: "" for the whole year; "/24" for one that begins in it and ends in 2024; "-06" for
            June, "-06-30" for its last day; "3/4" where 3/4/2022 does not say which is the month.
    """

    year: int | None
    part: str = ""


_YEAR = rf"(?P<year>{YEAR})"
_SHORT = rf"(?P<year>{YEAR}|[0-9]{{2}})"
_FISCAL = (
    r"(?:fy\s?|cy\s?|(?:the )?(?:fiscal|financial|calendar)(?: years?)? |(?:the |full )?year )"
)
_ORDER = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "1st": 1, "2nd": 2, "3rd": 3, "4th": 4,
    "一": 1, "二": 2, "三": 3, "四": 4, "上": 1, "下": 2,
}  # fmt: skip
_OF = rf"(?:[\s,/-]*(?:of )?(?:the )?{_FISCAL}?'?"
_PERIODS = [
    re.compile(pattern)
    for pattern in (
        rf"{_FISCAL}?{_YEAR}(?:年度?|财年| (?:fiscal|financial|calendar) year)?(?:全年)?",
        r"(?:fy|cy)\s?'?(?P<year>[0-9]{2})",
        rf"(?P<part>[qh])(?P<k>[1-4]){_OF}{_SHORT})?",
        rf"(?P<k>[1-4])(?P<part>[qh]){_OF}{_SHORT})?",
        r"'?(?P<year>[0-9]{2})[\s'/-]*(?P<part>[qh])(?P<k>[1-4])",
        rf"{_FISCAL}?{_YEAR}(?:年|财年)?[\s/-]*(?:(?P<part>[qh])(?P<k>[1-4])|(?P<k2>[1-4])(?P<part2>[qh]))",
        rf"(?:{_FISCAL}?{_YEAR}|(?:fy|cy)\s?'?(?P<year2>[0-9]{{2}}))[/-](?P<next>(?:20)?[0-9]{{2}})",
        rf"(?P<k>[369])(?P<part>m)(?:\s?{_FISCAL}?'?{_SHORT})",
        rf"(?:the )?(?:first )?(?P<k>three|six|nine) (?P<part>month)s(?: of)? {_FISCAL}?{_YEAR}",
        rf"{_YEAR}(?:年度?|财年)?(?P<part>前)(?P<k>[二三])季度?",
        rf"{_FISCAL}?{_YEAR},? (?P<k>first|second|third|fourth)[\s-](?P<part>quarter|half)",
        r"(?:the )?(?P<k>first|second|third|fourth|[1-4](?:st|nd|rd|th))[\s-](?P<part>quarter|half)"
        rf"(?: year)?{_OF}{_YEAR})?",
        rf"(?:{_YEAR}(?:年度?|财年))?第?(?P<k>[一二三四1-4])(?P<part>季)度?",
        rf"(?:{_YEAR}(?:年度?|财年))?(?P<k>[上下])(?P<part>半)年",
    )
]
_SHORT_MONTHS = [month[:3].lower() for month in MONTHS.split("|")]
_NAME = "(?P<name>{})".format(
    "|".join(rf"{m[:3]}(?:{m[3:]})?\.?" for m in MONTHS.lower().split("|")).replace(
        "sep(?:tember)?", "sept?(?:ember)?"
    )
)
_MONTH_NUMBER, _DAY = r"(?P<month>0?[1-9]|1[0-2])", r"(?P<day>0?[1-9]|[12][0-9]|3[01])"
_ORDINAL = rf"{_DAY}(?:st|nd|rd|th)?"
_MONTHS_AND_DAYS = [
    re.compile(pattern)
    for pattern in (
        rf"(?:the )?(?:month of )?{_NAME}(?:[\s,/-]*(?:of )?{_YEAR})?",
        rf"{_NAME}\s?[-/']+(?P<year>[0-9]{{2}})",
        rf"{_YEAR}[\s,/-]+{_NAME}",
        rf"(?:{_YEAR}\s?年\s?)?{_MONTH_NUMBER}\s?月份?",
        rf"{_MONTH_NUMBER}[/-]{_YEAR}",
        rf"{_YEAR}[/-]{_MONTH_NUMBER}",
        rf"{_NAME}\s{_ORDINAL}(?:(?:,\s?|\s){_YEAR})?",
        rf"(?:the )?{_ORDINAL}(?:[\s-]|\sof\s){_NAME}(?:[\s,-]+{_YEAR})?",
        rf"{_DAY}-{_NAME}-(?P<year>[0-9]{{2}})",
        rf"{_YEAR}(?P<mark>[-/.]){_MONTH_NUMBER}(?P=mark){_DAY}",
        rf"(?:{_YEAR}\s?年\s?)?{_MONTH_NUMBER}\s?月\s?{_DAY}\s?[日号]",
        rf"(?P<one>[0-9]{{1,2}})(?P<mark>[-/.])(?P<other>[0-9]{{1,2}})(?P=mark){_YEAR}",
    )
]
_IN_MONTHS = {"3": "Q1", "6": "H1", "9": "M9", "three": "Q1", "six": "H1", "nine": "M9"}
_MONTHS = {"m": _IN_MONTHS, "month": _IN_MONTHS, "前": {"二": "H1", "三": "M9"}}
_CENTURY = 2000
"""Two digits of a year are of this century: no report of 1922 is among them."""


def read_period(text: str) -> Period | None:
    """Reads a year, a part of it, a month or a day: "FY2023", "3Q22", "Dec 2022", "2022年第三季度".

    Examples:
        >>> read_period("third quarter of 2022") == read_period("Q3 2022") == read_period("3Q22")
        True
        >>> read_period("Dec. 2022") == read_period("12/2022"), read_period("12.2022") is None
        (True, True)
    """
    return period_of(simplify(text).rstrip(".。")) if len(text) <= MAX_READ else None


def period_of(plain: str) -> Period | None:
    """The period that a text is, which :func:`simplify` has brought to one spelling; else None."""
    plain = re.sub(r"^(?:in |during |for |at |on )?(?:fiscal (?=q[1-4]))?", "", plain)
    for patterns, read in ((_PERIODS, _part_of_year), (_MONTHS_AND_DAYS, _month_or_day)):
        for pattern in patterns:
            match = pattern.fullmatch(plain)
            if match and (found := read(match)):
                return found
    return None


def _part_of_year(match: re.Match[str]) -> Period | None:
    part = match.groupdict()
    year = int(part["year"]) if part["year"] else None
    if year is not None and year < 100:
        year += _CENTURY
    if following := part.get("next"):
        year = year or _CENTURY + int(part["year2"])
        return Period(year, f"/{following[-2:]}") if year % 100 + 1 == int(following[-2:]) else None
    kind, count = part.get("part") or part.get("part2"), part.get("k") or part.get("k2")
    if not kind or not count:
        return Period(year)
    if kind in _MONTHS:
        return Period(year, _MONTHS[kind][count])
    number = _ORDER.get(count) or int(count[0])
    letter = "H" if kind in ("h", "half", "半") else "Q"
    return Period(year, f"{letter}{number}") if letter == "Q" or number < 3 else None


def _month_or_day(match: re.Match[str]) -> Period | None:
    part = match.groupdict()
    year = int(part["year"]) if part.get("year") else None
    if year is not None and year < 100:
        year += _CENTURY
    if name := part.get("name"):
        month = _SHORT_MONTHS.index(name[:3]) + 1
    elif one := part.get("one"):
        low, high = sorted((int(one), int(part["other"])))
        if low <= 12 < high <= 31 or 1 <= low == high <= 12:
            return Period(year, f"-{low:02d}-{high:02d}")
        return Period(year, f"{int(one)}/{int(part['other'])}") if low >= 1 and high <= 12 else None
    else:
        month = int(part["month"])
    day = f"-{int(part['day']):02d}" if part.get("day") else ""
    return Period(year, f"-{month:02d}{day}")


# The periods of a sentence ------------------------------------------------------------------------

PERIOD = re.compile(
    rf"(?:(?P<date>(?:{MONTHS})\s+\d{{1,2}}\s*,\s*|\d{{1,2}}\s+(?:{MONTHS})\s+)"
    rf"|(?P<quarter>Q[1-4]\s+|(?:first|second|third|fourth)\s+quarter\s+(?:of\s+)?)"
    rf"|(?P<fiscal>fiscal\s+(?:year\s+)?|FY\s?))?(?<![\d,.$€£])(?P<year>{YEAR})(?![\d%]|[,.]\d|年代)",
    re.IGNORECASE,
)
"""Finds a year, or a date, a quarter or a fiscal year in running text; no amount, no decade."""


def periods_in(text: str) -> list[tuple[str, int, int]]:
    """Finds the periods of a text: label, start, end; "December 31, 2021" is labelled "2021"."""
    found = []
    for m in PERIOD.finditer(text):
        quarter = " ".join((m["quarter"] or "").split())
        for k, word in enumerate(("first", "second", "third", "fourth"), 1):
            if quarter.lower().startswith(word):
                quarter = f"Q{k}"
        found.append((f"{quarter} {m['year']}".strip(), m.start(), m.end()))
    return found


# What a label, or a question about it, says -------------------------------------------------------

_YEAR_FOUND = re.compile(rf"(?<!\d)({YEAR})(?=\D|$|(?:0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d))")
QUARTER = re.compile(
    r"([一二三四1-4])季[度报]|(?<!\d)([1-4])Q(?=\s?['’]?\d\d)|Q([1-4])|"
    r"(first|second|third|fourth) quarter",
    re.I,
)
"""Finds a quarter by its number."""
QUARTER_OF_YEAR = re.compile(
    rf"(?<![A-Za-z\d])(?:Q[1-4]|[1-4]Q)\s?['’/-]?\s?(?:{YEAR}|\d\d)(?!\d)"
    rf"|(?:{YEAR}|(?<!\d)\d\d)\s?[-/.年]?Q[1-4]",
    re.IGNORECASE,
)
"""Finds a quarter with its year among the words of a chart: "Q4'23", "1Q 2024", "2023Q3"."""
_MONTH = re.compile("|".join(_SHORT_MONTHS), re.I)
_YEAR_MONTH = re.compile(
    rf"{YEAR}\s*[-/.年]\s*(\d{{1,2}})(?!\d)|(?<!\d){YEAR}(0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)"
)
_DAY_MONTH = re.compile(r"^\d{1,2}[-/.](\d{1,2})[-/.]\d{2,4}$")
_YEAR_FIRST = re.compile(
    r"(?P<year>1[3-9]|[2-5]\d)(?:[./-](?P<month>0[1-9]|1[0-2])|[QH][1-4])[EF]?$"
)
"""A short year before its month, which can't be one itself, or before its quarter."""
_LAST_SHORT_YEAR = 59
"""The largest year of two digits that a label is taken for: "60" to "99" are values."""


def years_in(text: str) -> list[int]:
    """The years that a text names, in order."""
    return [int(y) for y in _YEAR_FOUND.findall(text)]


def year_of(label: str) -> int | None:
    """The year of a label: "2021", "Q3 21", "31/03/22", "2013/1/25", "24.03", "25Q2"."""
    found = years_in(label)
    if found:
        return found[0]
    if first := _YEAR_FIRST.match(label.strip()):
        return _CENTURY + int(first["year"])
    short = re.search(r"(?:^|[\s'’/-]|FY|[1-4]Q|[12]H)(\d\d)[EF]?$", label.strip())
    return _CENTURY + int(short[1]) if short and int(short[1]) <= _LAST_SHORT_YEAR else None


def month_of(label: str) -> int | None:
    """The month of a label: "31-Dec-21", "2013/1/25", "31/03/22", "2019年5月", "24.03"."""
    first = _YEAR_FIRST.match(label.strip())
    if first and first["month"]:
        return int(first["month"])
    named = _MONTH.search(label)
    if named:
        return _SHORT_MONTHS.index(named[0].lower()) + 1
    found = _YEAR_MONTH.search(label) or _DAY_MONTH.search(label)
    month = int(next(g for g in found.groups() if g)) if found else 0
    return month if 1 <= month <= 12 else None


def quarter_of(text: str) -> int | None:
    """The quarter that a text names, 1 to 4, by itself or by its month."""
    found = QUARTER.search(text)
    if not found:
        month = month_of(text)
        return None if month is None else (month + 2) // 3
    word = next(g for g in found.groups() if g).lower()
    return _ORDER.get(word) or int(word)
