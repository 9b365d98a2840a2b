"""What a run says about a claim: supported, contradicted or undecided, by an interval alone."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

from finlmm_utils.intervals import wilson


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
        """Supported or contradicted only where the interval leaves out the threshold."""
        if math.isnan(self.value):
            return "not measured"
        if self.low > self.threshold:
            return "supported"
        if self.high < self.threshold:
            return "contradicted"
        return "undecided"


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


def table(claims: list[Claim]) -> pd.DataFrame:
    """All claims with their verdicts, one a line."""
    return pd.DataFrame([asdict(claim) | {"verdict": claim.verdict} for claim in claims])
