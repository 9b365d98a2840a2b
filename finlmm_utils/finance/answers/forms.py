"""The forms of an answer beside one number: a calculation, a remark, a range, a period, a list.

Each form is read whole or not at all, so that no part of an answer decides alone. Which forms are
read is our choice: those that people and models write where a number or a period is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from finlmm_utils.finance import units
from finlmm_utils.finance.number_words import digits_for_words
from finlmm_utils.finance.periods import YEAR, Period, period_of, read_period
from finlmm_utils.finance.quantities import MAX_READ, Quantity, read_quantity, simplify
from finlmm_utils.finance.references import NAMES

MAX_LISTED = 20
"""Values of a list beyond which it is not read (our choice)."""

_EQUALS = re.compile(r"\s*(?:(?<![<>!=])=(?!=)|≈|≅|\bequals\b)\s*")
_PARTED = re.compile(r"[;≠<>≤≥]|,(?![0-9]{3}(?![0-9]))|!=|\b(?:or|and|not|vs)\b|[或和且不]")
_UNKNOWN = re.compile(r"(?<![a-z])[xyzn](?![a-z])")  # an equation, and no calculation
_REMARK = re.compile(r"(?P<value>.*\S)\s?[(\[](?P<remark>[^()\[\]]{2,})[)\]]")
_REFERENCE = re.compile(  # to a place of the report, of which figures and tables are some
    rf"(?<![a-z])(?:(?:{NAMES})\.?|page|p\.|note|panel|appendix|section|附注)\s?"
    r"[a-z]?[0-9]+(?:[.-][0-9]+)*"
)
_POINTER = re.compile(  # "12, see Figure 2", "12 as shown in Table 3"
    rf"(?P<value>.*[\w%)])[,;]?\s(?:\(?see|as (?:shown|seen|reported|stated|given) (?:in|on|by)"
    rf"|according to|based on|from|per|in)\s(?:the\s)?{_REFERENCE.pattern}\)?"
)
_NO_REMARK = re.compile(
    r"[0-9]|\b(?:or|not|no|wrong|incorrect|versus|vs|than|least|most|over|under|negative|minus)\b"
    r"|[或非不错负至超]"
)
_UNIT_NOTE = re.compile(r"^(?:in |单位[:：]?\s?)?(.+)$")


@dataclass(frozen=True)
class Range:
    """Two values or two periods, as in "5%-7%" and "from 2019 to 2021"."""

    low: Quantity | Period
    high: Quantity | Period


@dataclass(frozen=True)
class Listed:
    """Several values or periods, in the order in which they are written."""

    items: tuple[Quantity | Period, ...]


Answer = Quantity | Period | Range | Listed


def readings(text: str, amount: bool = False) -> tuple[Answer, ...]:
    """Everything that an answer may mean: "2023" is a number and a year.

    Args:
        text: the answer; what is longer than ten times ``MAX_READ`` is not read.
        amount: whether an amount is asked for, so that a bare number is no year.

    Returns:
        At most one reading of each kind; none where the text has none of the forms.
    """
    return _readings(text, amount) if len(text) <= 10 * MAX_READ else ()


@lru_cache(maxsize=4096)  # a gold is read for every completion of its group
def _readings(text: str, amount: bool) -> tuple[Answer, ...]:
    period = read_period(text)
    if period and (period.part or period.year is None):
        return (period,)
    value = read_value(text)
    if value is not None:
        return (value, period) if period and not amount else (value,)
    if period:
        return () if amount else (period,)
    several = read_range(text) or read_list(text)
    return (several,) if several else ()


def read_value(text: str) -> Quantity | None:
    """The number of an answer: alone, at the end of a calculation, or before a remark.

    Examples:
        >>> float(read_value("(57 - 45) / 45 = 26.7%").mantissa)
        26.7
        >>> float(read_value("US$99bn (2021)").value), read_value("12 (or 13)")
        (99000000000.0, None)
    """
    found = read_quantity(text)
    if found is None and (shorter := _without_remark(text)):
        text, found = shorter, read_quantity(shorter)
    return found if found is not None else _end_of_calculation(text)


def _without_remark(text: str) -> str:
    """The answer without what stands in brackets behind it, "" where that may change the value.

    A unit in brackets joins the value: "12 (in millions)" is 12 millions.
    """
    plain = simplify(text).rstrip(".。")
    if pointer := _POINTER.fullmatch(plain):
        return pointer["value"]
    match = _REMARK.fullmatch(plain)
    if match is None:
        return ""
    value, remark = match["value"], match["remark"].strip()
    unit = _UNIT_NOTE.sub(r"\1", remark)
    scaled = read_quantity(f"1 {unit}", bare=True)
    if scaled is not None and scaled.unit:
        alone = read_quantity(value, bare=True)
        free = alone and not alone.power and not (alone.currencies and scaled.currencies)
        return f"{value} {unit}" if free else ""
    rest = _REFERENCE.sub(" ", remark)
    if not period_of(rest.strip()):
        rest = re.sub(rf"(?:fy ?)?\b{YEAR}\b|\bq[1-4]\b|[1-4]q\b", " ", rest)
        words = re.findall(r"[a-z%$€£¥]+|[万亿]", rest)
        if _NO_REMARK.search(rest) or any(_tells(word) for word in words):
            return ""
    return value


def _tells(word: str) -> bool:
    """Whether a word of a remark is a unit or a number."""
    known = word in units.SCALES or word in units.RATES or word in units.CURRENCIES
    return known or digits_for_words(word) != word


def _end_of_calculation(text: str) -> Quantity | None:
    """The value behind the last equals sign, where all before it are calculations or the same."""
    parts = _EQUALS.split(simplify(text).rstrip(".。"))
    value = read_quantity(parts[-1]) if len(parts) > 1 else None
    if value is None:
        return None
    for part in parts[:-1]:
        lone = read_quantity(part, bare=True)
        unknown = _UNKNOWN.search(part) and re.search(r"[0-9+*/^-]", part)
        if _PARTED.search(part) or unknown or (lone and not _rounds_to(lone, value)):
            return None
    return value


def _rounds_to(a: Quantity, b: Quantity) -> bool:
    """Whether two numbers of one calculation are the same: 0.2667 and 26.67%, 26.666 and 26.67."""
    coarser = max((q for q in (a, b)), key=lambda q: q.power - q.decimals)
    half = 10 ** (coarser.power - coarser.decimals) / 2 * (1 + 1e-9)
    gaps = [abs(a.value - b.value), abs(a.mantissa - b.value), abs(a.value - b.mantissa)]
    shares = [abs(a.value * 100 - b.value), abs(a.value - b.value * 100)]
    return any(gap <= half for gap in gaps + shares)


# Ranges and lists

_FROM = re.compile(r"^(?:(?:an? )?range of |from |about |approximately |around |约|从|介于)")
_TO = re.compile(r"\s*(?:\bto\b|\bthrough\b|-|~|至|到)\s*")
_BETWEEN = re.compile(
    r"^(?:between (?P<a>.+?) and (?P<b>.+)|(?:在|介于)?(?P<c>.+?)[和与至到](?P<d>.+?)之间)$"
)
_AND = re.compile(
    r"\s*(?:,\s*(?:and\b|&)|;\s*(?:and\b)?|、|,(?=\s|[^0-9\s]|[0-9]{1,2}(?![0-9])|[0-9]{4})"
    r"|(?<=\s)and\b|\s&\s|以及|[和及与])\s*"
)


def read_range(text: str) -> Range | None:
    """Reads "5%-7%", "5% to 7%", "between 5% and 7%", "$1-2 million", "FY2019-FY2021".

    With a hyphen the second number is the larger one: "57-45" is a subtraction.
    """
    if len(text) > MAX_READ:
        return None
    plain = simplify(text).rstrip(".。")
    if both := _BETWEEN.match(plain):
        return _range(both["a"] or both["c"], both["b"] or both["d"], False)
    plain = _FROM.sub("", plain)
    for mark in _TO.finditer(plain):
        if found := _range(plain[: mark.start()], plain[mark.end() :], "-" in mark[0]):
            return found
    return None


def _range(first: str, second: str, rising: bool) -> Range | None:
    low, high = _item(first), _item(second)
    if isinstance(low, Period) and isinstance(high, Period):
        return Range(low, high)
    if not isinstance(low, Quantity) or not isinstance(high, Quantity):
        return None
    if low.power and not high.power:
        return None  # "5% to 7": of what is the 7?
    if high.power and not low.power:
        low = replace(low, power=high.power, unit=high.unit)
    money = low.currencies or high.currencies
    low = replace(low, currencies=low.currencies or money, per=low.per or high.per)
    high = replace(high, currencies=high.currencies or money)
    return None if rising and low.value >= high.value else Range(low, high)


def read_list(text: str) -> Listed | None:
    """Reads "2019 and 2020", "2019, 2020", "5%; 7%; 9%", "2019和2020年"."""
    if len(text) > MAX_READ:
        return None
    plain = re.sub(r"^both ", "", simplify(text).rstrip(".。"))
    parts = _AND.split(plain)
    if not 2 <= len(parts) <= MAX_LISTED:
        return None
    items = [_item(part) for part in parts]
    return Listed(tuple(item for item in items if item)) if all(items) else None


def _item(text: str) -> Quantity | Period | None:
    quantity = read_quantity(text, bare=True)
    return quantity if quantity is not None else period_of(text.strip())
