"""Digits and scale: what a question says of them (English, Chinese), and equality within them."""

from __future__ import annotations

import math
import re
from dataclasses import replace
from fractions import Fraction

from finlmm_utils.finance import units
from finlmm_utils.finance.quantities import Quantity, unit_power

_NUMERAL = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "五": 5, "一": 1, "二": 2,
            "两": 2, "三": 3, "四": 4}  # fmt: skip
_COUNT = rf"(?:[0-6]|{'|'.join(_NUMERAL)})"
_PLACE = {"tenth": 1, "hundredth": 2, "thousandth": 3, "cent": 2, "十分位": 1, "百分位": 2,
          "千分位": 3, "ten thousand": -4, "hundred thousand": -5, "ten": -1, "hundred": -2,
          "thousand": -3, "million": -6, "billion": -9, "十位": -1, "百位": -2,
          "千位": -3}  # fmt: skip
_ROUNDING = re.compile(
    rf"\b(?P<en>{_COUNT})[ -]?(?:decimals?|d\.?p\.?|(?:digits?|places?) after the decimal)\b"
    rf"|(?:保留|小数点后|小数){{1,3}}(?P<zh>{_COUNT})位(?!有效)|(?P<zh2>{_COUNT})位小数"
    rf"|(?P<figures>\b{_COUNT})[ -](?:significant|s\.f\b)|(?P<figures_zh>{_COUNT})位有效"
    r"|\b(?P<nth>first|second|third|fourth) decimal"
    r"|(?:nearest |精确到)(?P<step>0?\.0*1|1(?![0-9.]))"
    r"|(?P<whole>nearest (?:whole|integer|dollar|unit\b|percent|basis point)"
    r"|保留整数|取整|(?:四舍五入|精确)[至到为]?(?:整数|个位))"
    rf"|(?:nearest |(?:精确|四舍五入|保留)[至到])(?P<place>{'|'.join(_PLACE)})"
)
_CURRENCY = "|".join([  # also with a scale glued to its code: "RMBm"
    units.CURRENCY,
    *(word for word, codes in units.CURRENCIES.items() if {word.upper()} & {*codes, "RMB"}),
])  # fmt: skip
_WORDS = units.any_of(w for w in units.SCALES if w.isascii() and len(w) > 3 and w != "hundred")
_LETTERS = units.any_of(w for w in units.SCALES if w.isascii() and len(w) <= 3 and w != "t")
_HAN = f"(?:{units.any_of(w for w in units.SCALES if not w.isascii())})(?![瓦克])"
_SCALE = re.compile(
    rf"(?:\bin |\(|\bhow many )(?:(?:{_CURRENCY})\s?)?({_WORDS})"
    rf"|(?:\bin |\()(?:{_CURRENCY})\s?({_LETTERS})"
    rf"|(?:单位[是为：:]?\s?|多少)(?:人民币)?({_HAN})"
    rf"|以(?:人民币)?({_HAN})(?:[美港欧日]?元|为单位|计)"
    rf"|[(（](?:人民币)?({_HAN})(?:[美港欧日]?元)?[)）]"
)
_FLOAT_DIGITS = 6
"""Decimals from which on the last ones may be what a float leaves behind (11.9999999999)."""


def stated_decimals(question: str, gold: Fraction = Fraction(1), power: int = 0) -> int | None:
    """How many decimals the question asks for; None where it does not say. The last one counts.

    Args:
        question: the user's turn.
        gold: the right number as written; significant figures count from its first digit. Tens,
            hundreds, .. apply to a number that has them: "to the nearest million" of a gold of 12
            means that the gold is in millions.
        power: of ten of its unit.

    Returns:
        Decimals of the gold as written; -2 for "to the nearest hundred".
    """
    found = list(_ROUNDING.finditer(question.lower()))
    if not found:
        return None
    part = {name: text for name, text in found[-1].groupdict().items() if text}
    name, text = next(iter(part.items()))
    if name == "whole":
        return 0
    if name == "nth":
        return 1 + ("first", "second", "third", "fourth").index(text)
    if name == "step":
        return len(text.partition(".")[2])
    if name == "place" and _PLACE[text] < 0:
        size = abs(gold) * Fraction(10) ** power
        return _PLACE[text] + power if size >= 10 ** -_PLACE[text] else 0
    if name == "place":
        return _PLACE[text]
    count = _NUMERAL[text] if text in _NUMERAL else int(text)
    if not name.startswith("figures"):
        return count
    whole = int(abs(gold))
    return count - (len(str(whole)) if whole else -_leading_zeros(abs(gold)))


def _leading_zeros(value: Fraction) -> int:
    """Zeros between the point and the first digit of a number under 1."""
    zeros = 0
    while value and value * 10 ** (zeros + 1) < 1:
        zeros += 1
    return zeros


def stated_power(question: str, unit: str) -> int | None:
    """The power of ten of the gold's unit, from the row or from "in millions"; None if unstated."""
    if unit:
        return unit_power(unit)
    found = list(_SCALE.finditer(question.lower()))
    return unit_power(next(filter(None, found[-1].groups()))) if found else None


def equal_quantities(
    number: Quantity, gold: Quantity, decimals: int | None, power: int | None
) -> bool:
    """Whether two numbers that may mean the same are, in any unit that they may be meant in.

    Args:
        number: of the prediction.
        gold: the right one.
        decimals: that the question asks for; None where it doesn't say.
        power: of ten of the gold's unit as the row or the question states it; None if unstated.
    """
    if number.counted and gold.counted and number.worth != gold.worth:
        number = _in_unit(number, number.worth / gold.worth)
    unit_of_gold = gold.power or (0 if gold.measures == "times" else power or 0)
    gold_value = gold.mantissa * Fraction(10) ** unit_of_gold
    scale = Fraction(10) ** unit_of_gold
    candidates = [(number.value, gold_value, scale)]
    other = number.power or (number.unit and (power or 0) < 0)
    if not (power and other):  # the scale left out; 500 % and 5x are no 5 of %, $5 no 5 of cents
        candidates.append((number.value, gold.value, Fraction(10) ** gold.power))
    if not number.unit and (gold.power <= 0 or power == gold.power):
        candidates.append((number.mantissa, gold.mantissa, Fraction(1)))  # unit left out
    if number.power < 0 and not gold.unit and power in (None, number.power):
        candidates.append((number.mantissa, gold.mantissa, Fraction(1)))  # gold's unit left out
    return any(_close(a, b, s, number, gold, decimals) for a, b, s in candidates)


def _in_unit(number: Quantity, worth: Fraction) -> Quantity:
    """The number in the gold's unit, 7,000 MWh as 7.000 GWh.

    Args:
        number: with a unit of measure.
        worth: how many of the gold's unit one of its own is.
    """
    shift = math.floor(math.log10(worth))  # digits that go behind the point, or come before it
    return replace(
        number, mantissa=number.mantissa * worth, decimals=max(0, number.decimals - shift)
    )


def _close(
    a: Fraction,
    b: Fraction,
    scale: Fraction,
    number: Quantity,
    gold: Quantity,
    decimals: int | None,
) -> bool:
    """Equality within the rounding.

    Args:
        a: the prediction's value.
        b: the gold's, in the same unit.
        scale: the size of one unit in which the gold is written.
        number: the prediction, for its digits.
        gold: for its digits.
        decimals: of the gold that the question asks for; None where it doesn't say.
    """
    if a == b:
        return True
    if decimals is None:
        if gold.is_fraction:  # 1/3 against 0.333: the prediction's own digits, at least two
            digits = number.decimals - min(number.power, 0)
            step = Fraction(1, 10**digits)
            return digits >= 2 and not number.is_fraction and abs(a - b) <= step / 2 * scale
        if number.decimals == gold.decimals and not number.is_fraction:
            return False
        finer = number.decimals > gold.decimals or number.power != gold.power
        if not gold.decimals or not (finer or number.is_fraction):
            noise = abs(b) * Fraction(1, 10**9)  # of floats
            return max(number.decimals, gold.decimals) >= _FLOAT_DIGITS and abs(a - b) <= noise
        decimals = gold.decimals
    return abs(a - b) <= Fraction(10) ** -decimals / 2 * scale
