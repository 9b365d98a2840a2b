"""What a question says about its answer's digits and scale, in English and Chinese."""

from __future__ import annotations

import re
from fractions import Fraction

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
    r"|(?:nearest |精确到)(?P<step>0?\.0*1|1(?![0-9.]))"
    r"|(?P<whole>nearest (?:whole|integer|dollar|unit\b|percent|basis point)"
    r"|保留整数|取整|(?:四舍五入|精确)[至到为]?(?:整数|个位))"
    rf"|(?:nearest |(?:精确|四舍五入|保留)[至到])(?P<place>{'|'.join(_PLACE)})"
)
_SCALE = re.compile(
    r"\bin (?:(?:us|hk)?[$€£¥]|us dollars?|usd|eur|rmb|dollars)?\s?(thousand|million|billion)s?\b"
    r"|(?:单位[是为：:]?\s?|以)(百万|万|亿)元?"
)
_POWER = {"%": -2, "bps": -4, "k": 3, "m": 6, "bn": 9, "thousand": 3, "million": 6,
          "billion": 9, "万": 4, "百万": 6, "亿": 8}  # fmt: skip


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
        return _POWER.get(unit.lower().lstrip("$€£¥ "), 0)
    found = list(_SCALE.finditer(question.lower()))
    return _POWER[found[-1].group(1) or found[-1].group(2)] if found else None
