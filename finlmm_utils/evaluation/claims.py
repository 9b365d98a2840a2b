"""What a run says about a claim: supported, contradicted or undecided, by an interval alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from finlmm_utils.evaluation.paper_claims import Measure, PaperClaim
from finlmm_utils.evaluation.studies import BOTH_RUNS, Contrast, Study
from finlmm_utils.intervals import wilson

CEILING = 0.98
"""Share above which a measure is at its ceiling, where next to nothing can go wrong: our choice."""
IN_ONE_SEED = " in one seed"
NOT_MEASURED = "not measured"
NOT_TESTED = "not tested"
"""Measured, but as no test: two arms wrote the same, or nothing could go wrong."""
NOT_HERE = "not reproduced here"
"""Needs a model, data or a machine that no run of ours had."""


def verdict(value: float | None, low: float | None, high: float | None, threshold: float) -> str:
    """The rule: supported or contradicted only where the interval leaves out the threshold.

    Args:
        value: the measured number; None or NaN where there is none.
        low: lower end of its interval; None where it has none, as from one seed of a study.
        high: upper end.
        threshold: what the claim needs to exceed.

    Returns:
        "supported", "contradicted", "undecided" or "not measured".

    Examples:
        >>> [verdict(0.1, *ends, 0.0) for ends in ((0.04, 0.16), (-0.03, 0.2), (0.1, 0.1))]
        ['supported', 'undecided', 'undecided']
    """
    if value is None or math.isnan(value):
        return NOT_MEASURED
    if low is None or high is None or low == high:  # equal ends: drawn from a single report
        return "undecided"
    if low > threshold:
        return "supported"
    return "contradicted" if high < threshold else "undecided"


def share(successes: int, rows: int) -> dict[str, Any]:
    """A share with its 95 % Wilson interval, as a result for the ledger.

    Raises:
        ValueError: no rows.
    """
    if rows == 0:
        raise ValueError("a share of 0 rows has no value")
    return {"value": successes / rows, "interval": wilson(successes, rows), "rows": rows}


def measured_at(path: Sequence[str], metrics: Mapping[str, Any]) -> Any:
    """What stands in a notebook's metrics under some names; None where it does not.

    Args:
        path: names, the outermost first.
        metrics: of the notebook.
    """
    value: Any = metrics
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def verdict_words(
    value: float | None, low: float | None, high: float | None, limit: float, tested: bool,
    seeds: int,
) -> str:  # fmt: skip
    """The verdict of a row.

    Args:
        value: measured; None where there is none, whatever else is said.
        low: lower end of its interval.
        high: upper end.
        limit: what it must exceed.
        tested: False where the measure is no test.
        seeds: how many; a verdict from one says so.
    """
    if value is not None and not tested:
        return NOT_TESTED
    word = verdict(value, low, high, limit)
    return word + IN_ONE_SEED if seeds == 1 and word != NOT_MEASURED else word


def margin_note(value: float | None, low: float | None, high: float | None, limit: float) -> str:
    """What "undecided" against a margin leaves unsaid: a loss that is sure of itself.

    Args:
        value: measured.
        low: lower end of its interval.
        high: upper end.
        limit: the margin.

    Returns:
        A sentence, or "".
    """
    if value is None or low is None or high is None or limit == 0 or not low <= limit <= high:
        return ""
    if high < 0:
        return f"a loss is shown; whether it exceeds {abs(limit):g} is undecided"
    return ""


def note_on(claim: PaperClaim, study: Study, contrast: Contrast, limit: float) -> str:
    """What the verdict on a contrast does not say.

    Args:
        claim: that it answers.
        study: that it is of.
        contrast: with its own note.
        limit: what it must exceed.
    """
    ends = (contrast.mean, contrast.low, contrast.high)
    notes = [margin_note(*ends, limit) if contrast.tested else "", contrast.note]
    if contrast.tested and verdict(*ends, limit) in ("supported", "contradicted"):
        notes.append(_chance_note(study, contrast, limit))
    if claim.single is not None and contrast.values:
        beyond = sum(value >= claim.single for value in contrast.values)
        notes.append(f"by {claim.single:g} or more in {beyond} of {len(contrast.values)} seeds")
    if study.queued:
        notes.append("the study is not finished")
    return "; ".join(filter(None, notes))


def _chance_note(study: Study, contrast: Contrast, limit: float) -> str:
    """That a placebo of the metric goes as far from 0 as a contrast from what it must exceed."""
    metric = contrast.metric.removesuffix(BOTH_RUNS)
    far = abs((contrast.mean or 0.0) - limit)
    for one in (one for one in study.contrasts if one.placebo and one.metric == metric):
        if one.low is not None and one.high is not None and far <= max(abs(one.low), abs(one.high)):
            return f"the same arm with other draws differs by [{one.low:.3f}, {one.high:.3f}]"
    return ""


def ends_of(result: Mapping[str, Any]) -> tuple[float, float, float]:
    """The number and interval of a run's result."""
    value = float(result["difference"] if "difference" in result else result["value"])
    low, high = result["interval"]
    return value, low, high


def result_of(measure: Measure, found: Mapping[str, Any]) -> dict[str, Any] | None:
    """A measure as ``difference`` or ``value`` with ``interval`` and ``rows``; None: not there.

    Args:
        measure: of a claim.
        found: metrics of its notebook.
    """
    value = measured_at(measure.path, found)
    if value is None or isinstance(value, dict):
        return value
    number = int(found.get(measure.rows, 0))
    return share(round(value * number), number) if number else None


def blind_note(control: Mapping[str, Any] | None) -> str:
    """That a run's control, a difference that must show, does not; "" where it does.

    Args:
        control: its difference and interval; None where it was not measured.
    """
    if control is None or control["interval"][0] > 0:
        return ""
    value, low, high = ends_of(control)
    said = f"{value:+.3f} [{low:+.3f}, {high:+.3f}]"
    return f"the run's control, all rewards minus without accuracy, does not show: {said}"


def greedy_of(result: Mapping[str, Any] | None) -> dict[str, Any]:
    """The fields of a row that hold the same difference of greedy answers."""
    names = ("greedy", "greedy_low", "greedy_high")
    return {} if result is None else dict(zip(names, ends_of(result), strict=True))
