"""The number that an answer says, as the benchmarks' own rules read one."""

from __future__ import annotations

import math
import re
from typing import Any

from finlmm_utils.evaluation.benchmarks.cutting import clause_of, sayings
from finlmm_utils.finance.expressions import ExpressionError, evaluate, read_expression
from finlmm_utils.finance.quantities import read_quantity

_NUMBER = re.compile(  # as these benchmarks read one: their rules score, not our grammar
    r"[-+]?(?:(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?"
)
_TIME = re.compile(
    r"\b(?:in|for|of|during|since|by|from|at|year|FY|CY|fiscal(?:\s+year)?)\s*"
    r"(?:19|20)\d{2}(?![.,]?\d|\s*%)|\b(?:19|20)\d{2}\s*(?:[EA]\b|年)"
    r"|\b(?:Q[1-4]|[1-4]Q|H[12]|[12]H)\s*(?:(?:19|20)?\d{2})?\b",
    re.IGNORECASE,
)
"""A year or a quarter that says when, and is not the amount."""
_BEGINS = re.compile(r"[-+$£€¥(]*\s*[\d.]")
_ACCOUNTS = re.compile(r"[$£€¥\s]*\(\s*[$£€¥]?\s*([\d.,]+)\s*\)?\s*(%?)\s*\)?")
"""An amount in brackets, which accounts write for one below zero."""
_TIMES = re.compile(r"\\times|\\cdot|×|(?<=\d)\s*x\s*(?=\d)")
_POWER = re.compile(r"10\s*\^\s*\{?\s*([-+]?\d{1,3})\s*\}?|10\*\*\s*([-+]?\d{1,3})")
_MIXED = re.compile(r"^(-?)(\d+) (\d+/\d+)$")
_UNIT = re.compile(
    r"\s*(?:~|\\[,; ]|\\(?:text|mathrm|mbox|rm)\s*\{)*\s*(?:"
    r"(?P<degrees>\^\s*\{?\s*\\circ\s*\}?|\\degree|°|degrees?|度)"
    r"|(?P<unit>(?:square|cubic|sq\.?|cu\.?)?\s*(?:mm|cm|dm|km|m|in|inch(?:es)?|ft|feet|foot|yd|"
    r"yards?|mi|miles?|(?:milli|centi|deci|kilo)?met(?:er|re)s?|units?|厘米|毫米|千米|米))"
    r"\}?\s*(?:\^\s*\{?(?P<power>[23])\}?|(?P<sign>[²³]))?)[\s}]*$",
    re.IGNORECASE,
)
"""A unit of an angle, a length, an area or a volume at a text's end, in letters or in TeX."""
_NAMES = {
    "inch": "in", "inches": "in", "foot": "ft", "feet": "ft", "yard": "yd", "yards": "yd",
    "mile": "mi", "miles": "mi", "厘米": "cm", "毫米": "mm", "千米": "km", "米": "m",
}  # fmt: skip

LONGEST_UNIT = 60
"""Characters at a text's end in which a unit is looked for (our choice)."""


def number(value: Any) -> float | None:
    """A cell as a number; None where it is none."""
    try:
        return None if value is None or isinstance(value, bool) else float(value)
    except ValueError:
        return None


def only_number(text: str) -> float | None:
    """The number of a text that holds exactly one; thousands separators are read."""
    found = _NUMBER.findall(text)
    return float(found[0].replace(",", "")) if len(found) == 1 else None


def number_said(text: str) -> float | None:
    """The number that a text gives as its answer.

    It is the only one in it, in digits or in words; else the only one in what it announces, behind
    its last sign of equality, before its reason, or beside the years and quarters that say when.
    "12 or 13" gives none.

    Args:
        text: what :func:`finlmm_utils.evaluation.benchmarks.cutting.cut_out` gave.

    Examples:
        >>> number_said("In 2023, revenue was 1,234.5"), number_said("2 + 10.5 = 12.5")
        (1234.5, 12.5)
        >>> number_said("12 or 13") is None
        True
    """
    whole, *announced = sayings(text)
    tried = [whole, *announced]
    tried += [re.split(r"=|≈|\\approx", said)[-1] for said in tried]
    if _BEGINS.match(whole):
        tried.append(clause_of(whole))
    tried += [_TIME.sub(" ", said) for said in list(tried)]
    said = [only_number(said) for said in tried] + [_in_words(said) for said in (whole, *announced)]
    return next((found for found in said if found is not None), None)


def _in_words(text: str) -> float | None:
    """The value of "six hundred", 六百, "twelve percent"; a share's is that of its words."""
    found = None if re.search(r"\d", text) else read_quantity(text)
    return None if found is None else float(found.mantissa * 10 ** max(found.power, 0))


def below_zero(text: str) -> str:
    """An amount in brackets with a minus in their place, as accounts mean it."""
    found = _ACCOUNTS.fullmatch(text)
    return f"-{found[1]}{found[2]}" if found else text


def arithmetic(text: str) -> float | None:
    """The value of plain arithmetic; TeX's times and powers of ten are read."""
    text = _MIXED.sub(r"\1(\2+\3)", text)
    plain = _POWER.sub(lambda power: f"1e{power[1] or power[2]}", _TIMES.sub("*", text))
    try:
        return float(evaluate(plain)) if text else None
    except (ExpressionError, ArithmeticError, ValueError):
        return None


def value_of(text: str) -> float | None:
    """The value of arithmetic or of a formula; None where it has none."""
    plain = arithmetic(text.replace("$", "").strip())
    if plain is not None:
        return plain
    for one in read_expression(text) or []:
        try:
            value = float(one.evalf())  # of a formula that math-verify read; a text has no evalf
        except (AttributeError, TypeError, ValueError, ArithmeticError):  # 1/0.0
            continue
        if math.isfinite(value):
            return value
    return None


def without_unit(text: str) -> tuple[str, str]:
    r"""A text without the unit of angle, length, area or volume at its end, and that unit.

    Examples:
        >>> without_unit("65^\\circ"), without_unit("12 cm^2"), without_unit("12 \\mathrm{~m}")
        (('65', 'degrees'), ('12', 'cm2'), ('12', 'm'))
    """
    found = _UNIT.search(text, max(0, len(text) - LONGEST_UNIT))
    if found is None or not text[: found.start()].rstrip(" $")[-1:].strip("([{,"):
        return text, ""
    bare = text[: found.start()].rstrip("{ ~")
    if found["degrees"]:
        return bare, "degrees"
    words = found["unit"].lower().split()
    power = found["power"] or {"²": "2", "³": "3"}.get(found["sign"] or "", "")
    power = power or {"s": "2", "c": "3"}.get(words[0][0] if len(words) > 1 else "", "")
    name = _NAMES.get(words[-1], words[-1])
    if "met" in name:
        prefix = {"mi": "m", "ce": "c", "de": "d", "ki": "k"}.get(name[:2], "")
        name = f"{prefix}m"
    return bare, ("" if name.startswith("unit") else name) + power
