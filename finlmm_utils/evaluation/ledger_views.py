"""The ledger as a table, as counts, in one sentence, and over seeds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from finlmm_utils.evaluation.claims import (
    IN_ONE_SEED,
    NOT_HERE,
    NOT_MEASURED,
    NOT_TESTED,
    margin_note,
    verdict_words,
)
from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.evaluation.studies import Study
from finlmm_utils.intervals import student

ORDER = ("supported", "contradicted", "undecided", NOT_TESTED, NOT_MEASURED, NOT_HERE)
"""Verdicts, in the order in which they are told."""

CAVEAT = (
    "The base policy here is a very small model that was taught wrong habits on purpose, so that"
    " training has something to find.",
    'Much of what a stage or a reward gains is their unlearning: see the column "planted".',
    "A verdict speaks of this scale alone, and is no verdict on the paper.",
)  # fmt: skip
"""Stands before every verdict: on the page, in notebook 09, in README."""
NARROW = 0.005
"""Width of an interval whose ends three digits would not tell from 0: it is written with five."""
UNLEARNED = (
    "The base was taught wrong habits on purpose; part of every gain here is their unlearning."
)
"""Stands by every number of a policy that began from it."""
CLEAN_BASE = "clean_base"
"""The study that measures what is left of a gain without planted habits."""


def with_interval(value: float, low: float | None, high: float | None, sign: str = "") -> str:
    """A number with its interval, as every table of results writes it.

    Args:
        value: the number.
        low: lower end of its interval; None where it has none.
        high: upper end.
        sign: "+" for differences.

    Examples:
        >>> with_interval(-0.0001, -0.1, 0.1, "+"), with_interval(0.5, None, None)
        ('+0.000 [-0.100, +0.100]', '0.500, no interval')
        >>> with_interval(0.0002, -0.0005, 0.0012)
        '0.00020 [-0.00050, 0.00120]'
    """
    places = digits(low, high)

    def written(number: float) -> str:
        return f"{number if round(number, places) else 0.0:{sign}.{places}f}"  # never -0.000

    if low is None or high is None:
        return f"{written(value)}, no interval"
    return f"{written(value)} [{written(low)}, {written(high)}]"


def digits(low: float | None, high: float | None) -> int:
    """Digits after the point that a number and its interval are written with."""
    return 5 if low is not None and high is not None and 0 < high - low < NARROW else 3


def caveat(studies: Iterable[Study]) -> tuple[str, ...]:
    """What stands before every verdict, with what a base without planted habits gained.

    Args:
        studies: the committed ones; without ``CLEAN_BASE`` the words alone are left.

    Examples:
        >>> caveat([]) == CAVEAT
        True
    """
    found = {
        tuple(one.arms): one
        for study in studies
        if study.name == CLEAN_BASE
        for one in study.contrasts
        if not one.placebo and one.metric.startswith("accuracy on held-out")
    }
    clean, higher = (
        found.get(("clean_stage2", "clean_base")),
        found.get(("clean_base", "habits_base")),
    )
    gains = {
        one.arms[0]: with_interval(one.mean, one.low, one.high, sign="+")
        for one in found.values()
        if one.primary and one.mean is not None
    }
    if not {"clean_stage2", "habits_stage2"} <= set(gains):
        return CAVEAT
    measured = (
        f"Measured: both stages together change accuracy on held-out reports by "
        f"{gains['habits_stage2']} from the base with these habits, and by "
        f"{gains['clean_stage2']} from one without them (study {CLEAN_BASE})."
    )
    if clean is not None and not clean.off_zero:
        measured += " No gain is left there that can be told from 0"
        more = higher is not None and higher.off_zero and (higher.mean or 0) > 0
        measured += "; that base begins higher, and has less room." if more else "."
    return (*CAVEAT[:2], measured, *CAVEAT[2:])


def unlearned(studies: Iterable[Study]) -> str:
    """What stands by every number of a policy that began from the base with planted habits.

    Args:
        studies: the committed ones.
    """
    said = caveat(studies)
    return UNLEARNED if len(said) == len(CAVEAT) else f"{UNLEARNED} {said[2]}"


def table(rows: Sequence[Row]) -> Any:
    """The ledger as a pandas DataFrame, one row a line."""
    import pandas as pd

    return pd.DataFrame([asdict(row) for row in rows], columns=list(Row.__dataclass_fields__))


def narrow(rows: Sequence[Row]) -> Any:
    """The rows that have a number as a table that a notebook's page has room for.

    Args:
        rows: of the ledger.

    Returns:
        A pandas DataFrame, a line for each.
    """
    import pandas as pd

    lines = [
        {
            "claim": row.claim,
            "ours [95 %]": with_interval(row.ours, row.low, row.high),
            "of what, and what it must exceed": f"{row.metric}; above {row.threshold or 0:g}",
            "from, interval over": f"{row.source}; {row.kind}; seeds: {row.seeds}",
            "verdict": "; ".join(filter(None, (row.verdict, row.note))),
            "planted": row.planted.partition(":")[0],
        }
        for row in rows
        if row.ours is not None
    ]
    return pd.DataFrame(lines)


def leading(rows: Sequence[Row]) -> list[Row]:
    """The first row of each claim: its strongest evidence."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.id, row)
    return list(first.values())


def plain_verdict(row: Row) -> str:
    """A row's verdict without "in one seed"."""
    return row.verdict.removesuffix(IN_ONE_SEED)


def expected_by_chance(rows: Sequence[Row]) -> float:
    """How many of the rows' intervals of 95 % miss the truth by chance alone."""
    return sum(row.low is not None for row in rows) * 0.05


def counts(rows: Sequence[Row]) -> dict[str, int]:
    """How many claims have which verdict, by their leading rows, without "in one seed"."""
    found = [plain_verdict(row) for row in leading(rows)]
    return {name: found.count(name) for name in ORDER if name in found}


def in_words(rows: Sequence[Row]) -> str:
    """The ledger in one sentence, with what chance alone would do to it.

    Args:
        rows: of :func:`ledger`.
    """

    def less_sure(name: str) -> str:
        own = [row for row in leading(rows) if plain_verdict(row) == name]
        alone = sum(row.verdict.endswith(IN_ONE_SEED) for row in own)
        late = sum(row.exploratory for row in own)
        said = [f"{alone} of them in one seed"] * bool(alone)
        said += [f"{late} of them exploratory: no plan named it before"] * bool(late)
        return f" ({'; '.join(said)})" if said else ""

    parts = ", ".join(f"{n} {name}{less_sure(name)}" for name, n in counts(rows).items())
    decided = [row for row in leading(rows) if row.low is not None]
    single = sum(row.seeds == 1 for row in decided)
    words = f"{len(leading(rows))} claims: {parts}."
    if decided:
        words += (
            f" {len(decided)} have an interval of 95 %, {single} of them from one seed; of so many"
            f" intervals about {expected_by_chance(decided):.1f} miss the truth by chance alone."
        )
    if any((row.seeds or 1) > 1 and row.reports for row in decided):
        words += (
            " All seeds of a training study answer the questions of the same reports: an interval"
            " over them says what other seeds would give, not what other reports would."
        )
    return words


def over_seeds(runs: Sequence[Sequence[Row]], seeds: Sequence[int]) -> list[Row]:
    """The ledgers of runs that differ in their seed as one, with intervals over seeds.

    Args:
        runs: one ledger a seed.
        seeds: of the runs.

    Returns:
        Rows of studies as they are; of each measure of the runs the mean with Student's interval.
    """
    merged: list[Row] = []
    every = {(row.id, row.metric, row.notebook): row for run in reversed(runs) for row in run}
    order = {claim: place for place, claim in enumerate(dict.fromkeys(row.id for row in runs[0]))}
    for row in sorted(every.values(), key=lambda row: order[row.id]):
        same = [
            other for run in runs for other in run
            if (other.id, other.metric, other.notebook) == (row.id, row.metric, row.notebook)
        ]  # fmt: skip
        values = [other.ours for other in same if other.ours is not None]
        if row.source.startswith("study ") or not values or len(values) < 2:
            merged.append(row)
            continue
        mean, low, high = student(values)
        greedy = [other.greedy for other in same if other.greedy is not None]
        ends = student(greedy) if len(greedy) == len(values) else (None, None, None)
        tested = all(other.verdict != NOT_TESTED for other in same)
        merged.append(
            replace(
                row,
                ours=mean,
                low=low,
                high=high,
                greedy=ends[0],
                greedy_low=ends[1],
                greedy_high=ends[2],
                seeds=len(values),
                kind="seeds (Student)",
                verdict=verdict_words(mean, low, high, row.threshold or 0.0, tested, len(values)),
                note=margin_note(mean, low, high, row.threshold or 0.0) if tested else row.note,
                source=f"run over seeds {', '.join(map(str, seeds))}",
            )
        )
    return merged
