"""The forms of an answer beside one number: a calculation, a remark, a range, a period, a list.

Each form is read whole or not at all, so that no part of an answer decides alone. Which forms are
read is our choice: those that people and models write where a number or a period is asked for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from finlmm_utils.finance.answers.remarks import (
    end_of_calculation,
    value_of_calculation,
    without_remark,
)
from finlmm_utils.finance.periods import YEAR, Period, period_of
from finlmm_utils.finance.quantities import MAX_READ, Quantity, read_quantity
from finlmm_utils.finance.spelling import simplify

MAX_LISTED = 20
"""Values of a list beyond which it is not read (our choice)."""
MAX_REMARKS = 3
"""Remarks behind a value that are left out: "US$12bn in 2021 (Figure 2) [1]" (our choice)."""
_TWO_WAYS = re.compile(rf"{YEAR}-(?:{YEAR}|[0-9]{{2}})|[0-9]{{1,2}}/{YEAR}")
"""A period that may be something else: 2019-20 two years, 1/2000 a fraction."""
_GROUPS = re.compile(r"[0-9], [1-9][0-9]{2}, [1-9]")  # "1, 234, 567" is one number, or three


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
        What it may be; none where the text has none of the forms.
    """
    return _readings(text, amount) if len(text) <= 10 * MAX_READ else ()


@lru_cache(maxsize=4096)  # a gold is read for every completion of its group
def _readings(text: str, amount: bool) -> tuple[Answer, ...]:
    plain = simplify(text).rstrip(".。")
    period = period_of(plain) if len(plain) <= MAX_READ else None
    if period and (period.part or period.year is None):
        others = (read_value(plain), read_range(plain)) if _TWO_WAYS.fullmatch(plain) else ()
        return (period, *(other for other in others if other))
    several = _read_several(text, MAX_REMARKS)
    if several and any(isinstance(one, Period) and one.part for one in _parts_of(several)):
        return (several,)  # "Q1 and Q2 2021" is no 2021
    value = read_value(text)
    if value is not None:
        several = several if _GROUPS.search(plain) else None
        years = (period,) if period and not amount else ()
        return (value, *years, *((several,) if several else ()))
    if period:
        return () if amount else (period,)
    return (several,) if several else ()


def read_value(text: str, remarks: int = MAX_REMARKS) -> Quantity | None:
    """The number of an answer: alone, at the end of a calculation, or before a remark.

    Its year, where the answer states one beside it, is the number's ``when``.

    Args:
        text: the answer.
        remarks: at most so many are left out.

    Examples:
        >>> float(read_value("(57 - 45) / 45 = 26.7%").mantissa)
        26.7
        >>> float(read_value("US$99bn (2021)").value), read_value("12 (or 13)")
        (99000000000.0, None)
        >>> read_value("US$99bn in Q3 2021").when
        '2021 Q3'
    """
    found = read_quantity(text)
    if found is None and remarks:
        shorter, when = without_remark(text)
        found = read_value(shorter, remarks - 1) if shorter else None
        if found and when:
            found = replace(found, when=when) if found.when in ("", when) else None
    return found or end_of_calculation(text) or value_of_calculation(text)


def only_value(text: str, remarks: int = MAX_REMARKS) -> bool:
    """Whether a text is no more than a number, with its unit, its year, or "revenue was" before it.

    Args:
        text: the answer.
        remarks: at most so many are left out.

    Examples:
        >>> only_value("Revenue was US$12m"), only_value("Nikkei 225")
        (True, False)
    """
    plain = _SAYING.sub("", simplify(text).rstrip(".。"))
    if read_quantity(plain, bare=True) is not None or _COUNTED.fullmatch(plain):
        return True
    shorter = without_remark(plain)[0] if remarks else ""
    return only_value(shorter, remarks - 1) if shorter else end_of_calculation(plain) is not None


_SAYING = re.compile(
    r"^[^0-9]*?(?:\b(?:was|were|is|are|be|been|reached|totall?ed|amounted to|stood at)(?=\s)"
    r"|[:=为是])\s*"
    r"(?:(?:about|approximately|around|roughly) )?(?=[^a-z]*(?:[a-z]{1,3}\$|[a-z]{3} ?)?[0-9])"
    r"|^(?:about|approximately|around|roughly|约) ?"
)
_COUNTED = re.compile(r"[^a-z]*[0-9][^a-z]*(?:[a-z]+ ?){0,3}")


# Ranges and lists

_SOMETHING = ("",)
"""What a number without a unit counts beside a share: any thing, but neither share nor money."""
_FROM = re.compile(
    r"^(?:(?:(?:in|within) )?(?:the |an? )?range(?: of|:)? |rang(?:ing|es?) |from |about "
    r"|approximately |around |约|从|介于)+"
)
_TO = re.compile(r"\s*(?:\bto\b|\bthrough\b|-|~|至|到)\s*")
_BETWEEN = re.compile(
    r"^(?:between (?P<a>.+?) and (?P<b>.+)|(?:在|介于)?(?P<c>.+?)[和与至到](?P<d>.+?)之间)$"
)
_AND = re.compile(
    r"\s*(?:,\s*(?:and\b|&)|;\s*(?:and\b)?|、|,(?=\s|[^0-9\s]|[0-9]{1,2}(?![0-9])|[0-9]{4})"
    r"|(?<=\s)and\b|\s&\s|以及|[和及与])\s*"
)
_YEARS = re.compile(
    r"^(?:in |for |during |both )*(?:the )?(?:(?:fiscal|financial|calendar) )?years? (?=[0-9]{4})"
    r"|^both "
)
_SHORT_END = re.compile(rf"((?:fy ?)?({YEAR}))-([0-9]{{2}})")  # 2019-21
_PARTS_OF_YEAR = re.compile(
    r"\b(first|second|third)(,? and |, | to | through |-)(second|third|fourth)"
    r" (quarter|half|halve)s?\b"
)


def _read_several(text: str, remarks: int) -> Range | Listed | None:
    """A range or a list, also before a remark or a year: "5%-7% (2021)"."""
    found = read_range(text) or read_list(text)
    if found is not None:
        return found
    shorter, when = without_remark(text) if remarks else ("", "")
    found = _read_several(shorter, remarks - 1) if shorter else None
    if found is None or not when:
        return found
    if isinstance(found, Listed):
        return Listed(tuple(_dated(item, when) for item in found.items))
    return Range(_dated(found.low, when), _dated(found.high, when))


def _parts_of(several: Range | Listed) -> tuple[Quantity | Period, ...]:
    return several.items if isinstance(several, Listed) else (several.low, several.high)


def _dated(item: Quantity | Period, when: str) -> Quantity | Period:
    return replace(item, when=when) if isinstance(item, Quantity) else item


def read_range(text: str) -> Range | None:
    """Reads "5%-7%", "5% to 7%", "between 5% and 7%", "$1-2 million", "FY2019-FY2021", "2019-21".

    With a hyphen the second number is the larger one: "57-45" is a subtraction.
    """
    if len(text) > MAX_READ:
        return None
    plain = _spelt_out(text)
    if both := _BETWEEN.match(plain):
        return _range(both["a"] or both["c"], both["b"] or both["d"], False)
    plain = _FROM.sub("", plain)
    if short := _SHORT_END.fullmatch(plain):
        return _range(short[1], f"{short[2][:2]}{short[3]}", True)
    for mark in _TO.finditer(plain):
        if found := _range(plain[: mark.start()], plain[mark.end() :], "-" in mark[0]):
            return found
    return None


def _spelt_out(text: str) -> str:
    """The text without "the years", and "first and second quarters" with "quarter" twice."""
    plain = _YEARS.sub("", simplify(text).rstrip(".。"))
    return _PARTS_OF_YEAR.sub(
        lambda m: (
            f"{m[1]} {m[4].replace('halve', 'half')}{m[2]}{m[3]} {m[4].replace('halve', 'half')}"
        ),
        plain,
    )


def _range(first: str, second: str, rising: bool) -> Range | None:
    low, high = _item(first), _item(second)
    if isinstance(low, Period) and isinstance(high, Period):
        return Range(_of_year(low, high), high)
    if isinstance(low, Period) or isinstance(high, Period):
        years = isinstance(low, Period) and not low.part
        return Range(low, high) if low and high and years else None
    if low is None or high is None:
        return None
    if low.power and not high.power:
        return None  # "5% to 7": of what is the 7?
    if high.power and not low.power:
        low = replace(low, power=high.power, unit=high.unit)
    if high.counted and not (low.unit or low.counted):
        low = replace(low, counted=high.counted, worth=high.worth)
    money = low.currencies or high.currencies
    low = replace(low, currencies=low.currencies or money, per=low.per or high.per)
    high = replace(high, currencies=high.currencies or money)
    return None if rising and low.value >= high.value else Range(low, high)


def read_list(text: str) -> Listed | None:
    """Reads "2019 and 2020", "[5%, 7%]", "5%; 7%; 9%", "2019和2020年", "Q1 and Q2 2022"."""
    if len(text) > MAX_READ:
        return None
    plain = _spelt_out(text)
    within = re.fullmatch(r"\[(.+)\]", plain)
    parts = _AND.split(within[1] if within else plain)
    if not 2 <= len(parts) <= MAX_LISTED:
        return None
    items = [_item(part) for part in parts]
    if within and any(isinstance(i, Quantity) and not (i.measures or _as_year(i)) for i in items):
        return None  # "[1, 2]" may be an interval
    last = items[-1]
    if isinstance(last, Period):
        items = [_of_year(item, last) if isinstance(item, Period) else item for item in items]
    return Listed(_sharing_units([item for item in items if item])) if all(items) else None


def _sharing_units(items: list[Quantity | Period]) -> tuple[Quantity | Period, ...]:
    """The items with the unit that only one of them names: in "5 and 7 bps" 5 is of bps, too.

    In "US$5 and 7" 7 are dollars; the 7 of "5% and 7" may be anything but a share.
    """
    for k in reversed(range(len(items) - 1)):
        item, after = items[k], items[k + 1]
        if isinstance(item, Period) or isinstance(after, Period):
            continue
        year = _as_year(item) and after.measures == "share"  # "2019 and 12%"
        if not (item.unit or item.counted or year):
            items[k] = replace(
                after, mantissa=item.mantissa, decimals=item.decimals, is_fraction=item.is_fraction
            )
        elif item.currencies and not item.power and after.power > 0 and not after.measures:
            items[k] = replace(item, power=after.power, unit=after.unit)  # "US$5 and 7 million"
    for k, item in enumerate(items[1:], 1):
        before = items[k - 1]
        if isinstance(item, Period) or isinstance(before, Period) or item.measures:
            continue
        if before.currencies:
            items[k] = replace(item, currencies=before.currencies, per=before.per)
        elif before.measures in ("share", "times"):
            items[k] = replace(item, noun=_SOMETHING)
    return tuple(items)


def _as_year(quantity: Quantity) -> bool:
    value = quantity.value
    return not quantity.unit and value.denominator == 1 and 1900 <= value < 2100


def _of_year(period: Period, last: Period) -> Period:
    """The period with the year that only the last of several names."""
    return replace(period, year=last.year) if period.year is None else period


def _item(text: str) -> Quantity | Period | None:
    quantity = read_quantity(text, bare=True)
    return quantity if quantity is not None else period_of(text.strip())
