"""What a run says about a claim: supported, contradicted or undecided, by an interval alone."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from finlmm_utils.intervals import wilson

NOT_MEASURED = "not measured"
NOT_TESTED = "not tested"
"""Measured, but as no test: two arms wrote the same, or nothing could go wrong."""
NOT_HERE = "not reproduced here"
"""Needs a model, data or a machine that no run of ours had."""


def verdict(value: float | None, low: float | None, high: float | None, threshold: float) -> str:
    """The rule: supported or contradicted only where the interval leaves out the threshold.

    Args:
        value: the measured number; None or NaN where there is none.
        low: lower end of its interval.
        high: upper end.
        threshold: what the claim needs to exceed.

    Returns:
        "supported", "contradicted", "undecided" or "not measured".

    Examples:
        >>> [verdict(0.1, *ends, 0.0) for ends in ((0.04, 0.16), (-0.03, 0.2))]
        ['supported', 'undecided']
    """
    if value is None or low is None or high is None or math.isnan(value):
        return NOT_MEASURED
    if low > threshold:
        return "supported"
    return "contradicted" if high < threshold else "undecided"


@dataclass(frozen=True)
class Claim:
    """One claim of the paper and what this run measured for it.

    Attributes:
        name: short, lower_snake.
        text: the claim in a sentence.
        source: where the paper's summary makes it.
        measure: what was measured here, with its unit.
        value: the measured number; NaN where the run holds nothing to measure.
        low: lower end of its 95 % interval.
        high: upper end.
        threshold: the value that the claim needs to exceed.
        rows: how many rows stand behind the number.
    """

    name: str
    text: str
    source: str
    measure: str
    value: float
    low: float
    high: float
    threshold: float
    rows: int

    @property
    def verdict(self) -> str:
        """By the rule of :func:`verdict`."""
        return verdict(self.value, self.low, self.high, self.threshold)


def claim_from(
    name: str, text: str, source: str, measure: str, result: dict[str, Any] | None,
    threshold: float = 0.0,
) -> Claim:  # fmt: skip
    """Builds a claim from a measured difference.

    Args:
        name: see :class:`Claim`.
        text: see :class:`Claim`.
        source: see :class:`Claim`.
        measure: see :class:`Claim`.
        result: ``{"difference" or "value", "interval", "rows"}``; None where nothing was measured.
        threshold: what the value must exceed.
    """
    if result is None:
        nan = float("nan")
        return Claim(name, text, source, measure, nan, nan, nan, threshold, 0)
    value = float(result["difference"] if "difference" in result else result["value"])
    low, high = result["interval"]
    return Claim(name, text, source, measure, value, low, high, threshold, result["rows"])


def share(successes: int, rows: int) -> dict[str, Any]:
    """A share with its 95 % Wilson interval, as a result for :func:`claim_from`.

    Raises:
        ValueError: no rows.
    """
    if rows == 0:
        raise ValueError("a share of 0 rows has no value; pass None to claim_from instead")
    return {"value": successes / rows, "interval": wilson(successes, rows), "rows": rows}


def table(claims: list[Claim]) -> Any:
    """All claims with their verdicts, one a line of a pandas DataFrame."""
    import pandas as pd

    return pd.DataFrame([asdict(claim) | {"verdict": claim.verdict} for claim in claims])
