"""A page's first screen: what a reader with two minutes asks, each answer with its link."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from finlmm_utils.evaluation.claims import NOT_HERE, NOT_MEASURED
from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.evaluation.ledger_views import ORDER, expected_by_chance, leading, plain_verdict
from finlmm_utils.evaluation.paper_claims import planted_short
from finlmm_utils.evaluation.studies import Study

WITHOUT_NUMBER = (NOT_MEASURED, NOT_HERE)
ASKED = ("failure signs", "open questions")
"""Groups of statements that warn or ask, and claim no gain."""
TOKENS = "tokens"
UNPLANTED = ("", "none", "no")
"""What the column "planted" begins with where no habit of the base touches the number."""


def glance(
    rows: Sequence[Row], studies: Iterable[Study], monitors: Sequence[str], failed: Sequence[str]
) -> dict[str, Any]:
    """Counts and lists of a ledger, for the macro of that name.

    Args:
        rows: Of the ledger.
        studies: The committed ones.
        monitors: Names of those that fired in the run, once each.
        failed: Notebooks of the run that are not completed, each with its status.

    Returns:
        As the template takes it; claims as rows, by their leading ones.
    """
    first = leading(rows)
    measured = [row for row in first if row.ours is not None]
    of_studies = [row for row in measured if row.source.startswith("study ")]
    seeds = sorted({row.seeds for row in of_studies if row.seeds})
    by_verdict: dict[str, list[Row]] = {word: [] for word in ORDER}
    for row in first:
        by_verdict[plain_verdict(row)].append(row)
    return {
        "claims": len(first),
        "measured": len(measured),
        "of_studies": len(of_studies),
        "of_run": len(measured) - len(of_studies),
        "seeds": f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else "".join(map(str, seeds)),
        "reports": sorted({row.reports for row in of_studies if row.reports and row.seeds != 1}),
        "by_verdict": by_verdict,
        "asked": sum(row.group in ASKED for row in first),
        "missed": _missed(by_verdict["undecided"]),
        "planted": planted_short(),
        "touched": [row.id for row in by_verdict["supported"] if is_touched(row)],
        "without": {word: len(by_verdict[word]) for word in WITHOUT_NUMBER},
        "intervals": sum(row.low is not None for row in measured),
        "chance": expected_by_chance(measured),
        "unfinished": [one.name.replace("_", " ") for one in studies if one.queued],
        "monitors": list(monitors),
        "failed": list(failed),
    }


def _missed(undecided: Sequence[Row]) -> tuple[int, int] | None:
    """The least and the largest half width of the intervals of shares, in points; None: none."""
    halves = [
        round(50 * (row.high - row.low)) for row in undecided
        if row.low is not None and row.high is not None and TOKENS not in row.metric
    ]  # fmt: skip
    return (min(halves), max(halves)) if halves else None


def is_touched(row: Row) -> bool:
    """Whether habits that were planted in the base touch a row's number."""
    return row.ours is not None and row.planted.partition(":")[0] not in UNPLANTED
