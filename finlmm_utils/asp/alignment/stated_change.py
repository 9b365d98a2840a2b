"""Whether a change that the text states follows from two numbers that a figure shows.

"Revenue decreased $529 million, or 5%" is right for a chart with 10,189 and 9,660, though neither
529 nor 5 stands on it. Agreement by chance is held off by asking for three digits that agree.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import combinations, pairwise

from finlmm_utils.asp.alignment.figure_text import numbers_shown
from finlmm_utils.asp.records import QA
from finlmm_utils.finance.finder import find_quantities

_OR = re.compile(r"\s*,?\s*or\s+")
_SCALES = (1.0, 1e3, 1e6, 1e-3, 1e-6)
"""An amount in billions over a chart in millions, and the like."""
DIGITS = 3
"""How many digits of what is stated must agree."""
_BINARY = 1e-9  # room for the binary fraction of a decimal number
LEAST_SCALE = 6
"""Power of ten of an amount that is a change: millions and more."""
MAX_NUMBERS = 40
"""A figure with more different numbers than this is a table, in which any change can be found."""


def _half(number: str) -> float:
    """Half a unit of the last digit that is written."""
    return 0.5 * 10.0 ** -len(number.partition(".")[2]) + _BINARY


def _digits(number: str) -> int:
    return len(number.replace(",", "").replace(".", "").lstrip("0"))


def stated_change(pair: QA) -> tuple[str, str] | None:
    """The amount and the percentage of the change that a pair asks for, as its evidence has them.

    Returns:
        Both as written, the percentage "" where there is none; None where the pair asks for no
        stated change.
    """
    return _stated(pair.expression.replace(",", ""), pair.evidence)


@lru_cache(maxsize=1024)  # every pair of a report is asked of every figure
def _stated(wanted: str, evidence: str) -> tuple[str, str] | None:
    for one, after in pairwise([*find_quantities(evidence), None]):
        if one is None or not one.sign or one.quantity.power < LEAST_SCALE:
            continue
        share = ""
        if after and _OR.fullmatch(evidence[one.end : after.start]):
            share = after.digits if after.quantity.unit == "%" else ""
        if wanted and wanted in (one.digits, share):
            return one.digits, share
    return None


def derivable(pair: QA, text: str) -> bool:
    """Whether two numbers of a figure differ by what the pair asks for.

    Args:
        pair: its evidence states an amount, and perhaps a percentage.
        text: all words of the figure.

    Returns:
        True where some two of its numbers give the amount, and the percentage as well if one is
        stated, to the precision of the text.
    """
    change = stated_change(pair)
    if change is None:
        return False
    numbers = sorted(numbers_shown(text))
    if len(numbers) > MAX_NUMBERS:
        return False
    amount, share = change
    if _digits(amount) + _digits(share) < DIGITS:
        return False
    for low, high in combinations([n for n in numbers if n > 0], 2):
        gap = high - low
        if not any(abs(gap * scale - float(amount)) <= _half(amount) for scale in _SCALES):
            continue
        shares = (gap / low * 100, gap / high * 100)
        if not share or any(abs(s - float(share)) <= _half(share) for s in shares):
            return True
    return False
