"""Equations in a reasoning: what they come to, and whether they hold."""

from __future__ import annotations

import re
from collections.abc import Sequence

from finlmm_utils.finance.references import names_figure
from finlmm_utils.finance.units import DECIMAL, WITH_COMMAS

_NUMBER = rf"-?{DECIMAL}"
_AMOUNT = rf"[$€£]?-?{WITH_COMMAS}"
_EQUATION = re.compile(rf"({_NUMBER}) ([-+/*x×]) ({_NUMBER}) = ({_NUMBER})( ?%)?")
_BY_TENS = re.compile(rf"({_NUMBER}) ([-+]) ({_NUMBER}): tens [^.]*? so ({_NUMBER})")
_WORKED = re.compile(f"{_BY_TENS.pattern}|{_EQUATION.pattern}")
_FREE_EQUATION = re.compile(
    rf"(?<![\d.])({_AMOUNT})\s*([-+/*x×÷−])\s*({_AMOUNT})\s*(?:=|≈)\s*({_AMOUNT})(\s?%)?"
)
_IMAGE = re.compile(r"\bimage\s*\d", re.IGNORECASE)  # what a prompt calls a picture
ROUNDING = 0.5001  # units in the last place by which the result of an equation may be rounded


def results(thinking: str) -> list[str]:
    """What the worked equations come to, in their order; steps by tens are one equation.

    Examples:
        >>> results("52 - 37: tens 5 - 3 = 2, units 2 - 7 = -5, so 15. 15 / 2 = 7.5.")
        ['15', '7.5']
    """
    return [one[4] or one[8] for one in _WORKED.finditer(thinking)]


def false_equations(thinking: str) -> int:
    """How many of the worked equations are false.

    Examples:
        >>> false_equations("52 - 37: tens 5 - 3 = 2, units 2 - 7 = -5, so 15.")
        0
        >>> false_equations("12 + 3 = 16. 12 / 48 = 25 %.")
        1
    """
    found = [(*groups[:4], bool(groups[4])) for groups in _EQUATION.findall(thinking)]
    found += [(a, sign, b, result, False) for a, sign, b, result in _BY_TENS.findall(thinking)]
    return sum(not _holds(*equation) for equation in found)


def _holds(a: str, sign: str, b: str, result: str, percent: bool) -> bool:
    first, second, said = (float(re.sub(r"[$€£,]", "", text)) for text in (a, b, result))
    if sign in "/÷" and second == 0:
        return False
    value = {
        "+": first + second, "-": first - second, "−": first - second,
        "*": first * second, "x": first * second, "×": first * second,
        "/": first / second if second else 0.0, "÷": first / second if second else 0.0,
    }[sign]  # fmt: skip
    decimals = len(result.split(".")[1]) if "." in result else 0
    near = ROUNDING * 10.0**-decimals
    wanted = (value, value * 100) if percent else (value,)
    return any(abs(one - said) <= near for one in wanted)


def free_text(thinking: Sequence[str]) -> dict[str, float | int]:
    """What can be checked of reasoning in free text, with how much of it that is.

    Args:
        thinking: n texts.

    Returns:
        ``with_equations`` and ``with_figures`` (shares of the texts), ``equations``, and
        ``false_equations`` (share of them; 0 without any).
    """
    flat = [one for text in thinking for one in _FREE_EQUATION.findall(text)]
    false = sum(not _holds(a, sign, b, result, bool(p)) for a, sign, b, result, p in flat)
    n = max(1, len(thinking))
    return {
        "with_equations": sum(bool(_FREE_EQUATION.search(t)) for t in thinking) / n,
        "with_figures": sum(bool(_IMAGE.search(t) or names_figure(t)) for t in thinking) / n,
        "equations": len(flat),
        "false_equations": false / len(flat) if flat else 0.0,
    }
