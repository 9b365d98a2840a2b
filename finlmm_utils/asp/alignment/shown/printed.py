"""An answer in the digits that its picture prints, where the text has more of them.

A report's table says 713.43 and 807.66 where the chart's bars are labelled 713.4 and 807.7. Who
sees the chart alone reads 713.4, and finds a fall of 94.3 and not of 94.23.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.records import QA, Reading
from finlmm_utils.finance.expressions import ExpressionError, evaluate

_NUMBER = re.compile(r"\d+\.\d+")
_KEEPS_DIGITS = re.compile(r"/|\bmean\b")
"""A division: its result has digits of its own, of which the answer keeps as many as it had."""
SLACK = 1.001
"""Room for the binary fraction of a decimal number."""


def as_printed(pair: QA, readings: Sequence[Reading]) -> tuple[str, str]:
    """The answer and the expression of a pair as the chart's printed labels give them.

    Args:
        pair: kept for the chart.
        readings: what the chart shows.

    Returns:
        Both as they were, where a number with decimals has no label, or none is coarser.
    """
    named = asked.series_named(pair.question, readings)
    own = asked.within_span(
        f"{pair.question} {pair.evidence}", [r for r in readings if r.series in named]
    )
    labels = [r.value for r in own if r.how == "printed"]

    found = {text: _label_of(float(text), labels) for text in _NUMBER.findall(pair.expression)}
    if pair.answer_kind != "number" or None in found.values():
        return pair.answer, pair.expression
    expression = _NUMBER.sub(lambda number: found[number[0]] or "", pair.expression)
    if expression == pair.expression:
        return pair.answer, pair.expression
    digits = _decimals(pair.answer if _KEEPS_DIGITS.search(expression) else expression)
    try:
        value = evaluate(expression)
    except ExpressionError:  # a label that rounds to 0 may be divided by
        return pair.answer, pair.expression
    return _text(round(value, digits) + 0.0), expression


def _label_of(number: float, labels: Sequence[float]) -> str | None:
    """The label that prints a number, rounded or not; None where there is none."""
    near = [abs(v) for v in labels if abs(abs(v) - number) <= _half(v) * SLACK]
    return _text(number if number in near else near[0]) if near else None


def _text(value: float) -> str:
    """A number without needless digits: 1899.0 is "1899"."""
    return format(Decimal(repr(value)).normalize(), "f")


def _decimals(text: str) -> int:
    """The most decimals that a number in a text has."""
    return max((len(digits) for digits in re.findall(r"\.(\d+)", text)), default=0)


def _half(value: float) -> float:
    """Half a unit in the last place of a label."""
    return 0.5 * 10.0 ** -_decimals(_text(value))
