"""The ledger: what the paper's summary claims, beside what runs and studies measured.

The claims are those of :mod:`finlmm_utils.evaluation.paper_claims`; a run brings the
``metrics.json`` of its notebooks, the checkout its committed studies
(:mod:`finlmm_utils.evaluation.studies`). Every claim has a row, also one that nothing here can
test: then the row says what it needs, and by which command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from finlmm_utils.evaluation.claims import (
    CEILING,
    IN_ONE_SEED,
    NOT_HERE,
    NOT_MEASURED,
    NOT_TESTED,
    blind_note,
    ends_of,
    greedy_of,
    margin_note,
    measured_at,
    note_on,
    result_of,
    verdict_words,
)
from finlmm_utils.evaluation.paper_claims import SMALL_BASE, PaperClaim, paper_claims
from finlmm_utils.evaluation.studies import Study, largest_placebo, measured_by

FIRST_TRAINING = "04"
"""Notebooks before this one make rows, and no policy has a part in them."""


@dataclass(frozen=True)
class RunFacts:
    """What a row of the ledger says of the run that it comes from.

    Attributes:
        name: of the run's folder.
        profile: its profile.
        base: the base policy; "" where it is not known.
        seed: its seed.
    """

    name: str
    profile: str
    base: str
    seed: int


@dataclass(frozen=True)
class Row:
    """One line of the ledger: a claim and one measure of it.

    Attributes:
        id: of the claim.
        group: of claims that belong together.
        claim: in a sentence.
        paper: the paper's number.
        place: where the paper's summary says so.
        metric: what was measured here.
        ours: the number; None where there is none.
        low: lower end of its 95 % interval.
        high: upper end.
        threshold: what it must exceed.
        kind: what the interval draws.
        n: rows behind the number.
        reports: reports behind them.
        seeds: how many.
        verdict: by the rule of :func:`finlmm_utils.evaluation.claims.verdict`.
        note: what the verdict does not say.
        scale: model and data.
        source: the study or run.
        notebook: number of the notebook that shows it.
        cell: of that notebook, by its id; "" for a study's number.
        command: that measures it again.
        planted: whether the base was taught the contrary on purpose.
        exploratory: a contrast of a study that its plan had not named.
        variant: what of it is this project's own and not the paper's.
        greedy: the same of greedy answers to the same rows; None where it was not measured.
        greedy_low: lower end of its interval.
        greedy_high: upper end.
    """

    id: str
    group: str
    claim: str
    paper: str
    place: str
    metric: str = ""
    ours: float | None = None
    low: float | None = None
    high: float | None = None
    threshold: float | None = None
    kind: str = ""
    n: int | None = None
    reports: int | None = None
    seeds: int | None = None
    verdict: str = NOT_MEASURED
    note: str = ""
    scale: str = ""
    source: str = ""
    notebook: str = ""
    cell: str = ""
    command: str = ""
    planted: str = ""
    exploratory: bool = False
    variant: str = ""
    greedy: float | None = None
    greedy_low: float | None = None
    greedy_high: float | None = None


def ledger(
    metrics: Mapping[str, dict[str, Any]], facts: RunFacts, studies: Sequence[Study] = ()
) -> list[Row]:
    """Each claim with all that was measured for it, the strongest evidence first.

    Args:
        metrics: a notebook's number to its ``metrics.json``; what has not run is left out.
        facts: of the run that they come from.
        studies: as :func:`finlmm_utils.evaluation.studies.read_studies` gives them.

    Returns:
        At least one row a claim: studies first, in them what has run before what has not, the
        paper's method before variants of ours, planned contrasts before exploratory ones and the
        claim's own study before others, then the run; or what is missing.
    """
    rows: list[Row] = []
    for claim in paper_claims():
        blank = Row(claim.id, claim.group, claim.claim, claim.paper, claim.place)
        found = _of_studies(claim, blank, studies)
        found += _of_run(claim, blank, metrics, facts, studies)
        told = _cautioned(claim, found, metrics) or [_missing(claim, blank)]
        rows += [_noted(row, otherwise(row, told)) for row in told]
    return rows


def otherwise(row: Row, rows: Sequence[Row]) -> str:
    """What studies say of a row's claim in another way than its verdict, in words.

    Args:
        row: of the ledger.
        rows: all of it, or its claim's; of each other verdict the first counts.
    """
    found: dict[str, str] = {}
    for one in rows:
        if one.id == row.id and one.source.startswith("study ") and (word := _says(one)):
            ends = f"{one.ours:.3f} [{one.low:.3f}, {one.high:.3f}]"
            found.setdefault(word, f"but {word} in {one.source}: {one.metric} {ends}")
    return "; ".join(words for word, words in found.items() if word != _says(row))


def _says(row: Row) -> str:
    """What a row decides, if only that something is lost; "" for nothing."""
    word = row.verdict.removesuffix(IN_ONE_SEED)
    if word == "undecided" and margin_note(row.ours, row.low, row.high, row.threshold or 0.0):
        return "a loss shown"
    return word if word in ("supported", "contradicted") else ""


def _cautioned(
    claim: PaperClaim, found: Sequence[Row], metrics: Mapping[str, dict[str, Any]]
) -> list[Row]:
    """The rows of a claim with its caution in their notes, where its number is known."""
    caution = claim.caution
    value = measured_at(caution.path, metrics.get(caution.notebook, {})) if caution else None
    if caution is None or (caution.path and value is None):
        return list(found)
    rows = [_noted(row, caution.words.format(value)) for row in found]
    void = caution.void and value is not None and value > CEILING
    return [
        replace(row, verdict=NOT_TESTED) if void and row.ours is not None else row for row in rows
    ]


def _noted(row: Row, words: str) -> Row:
    return replace(row, note="; ".join(filter(None, (row.note, words))))


def _of_studies(claim: PaperClaim, blank: Row, studies: Sequence[Study]) -> list[Row]:
    rows = []
    for study in studies:
        for contrast in study.contrasts:
            if claim.id not in contrast.claims:
                continue
            limit = claim.threshold.value if contrast.threshold is None else contrast.threshold
            ends = (contrast.mean, contrast.low, contrast.high)
            rows.append(
                replace(
                    blank,
                    metric=measured_by(contrast),
                    ours=contrast.mean,
                    low=contrast.low,
                    high=contrast.high,
                    threshold=limit,
                    kind=contrast.kind,
                    n=contrast.n,
                    reports=contrast.reports,
                    seeds=contrast.seeds,
                    verdict=verdict_words(*ends, limit, contrast.tested, contrast.seeds),
                    note=note_on(claim, study, contrast, limit),
                    scale=study.scale,
                    source=f"study {study.name}",
                    notebook=study.notebook,
                    command=study.command,
                    planted=claim.planted_in(SMALL_BASE, contrast.planted or study.planted),
                    exploratory=not contrast.primary or claim.threshold.late,
                    variant=contrast.variant,
                )
            )
    own = f"study {claim.study}"
    return sorted(
        rows,
        key=lambda row: (row.ours is None, bool(row.variant), row.exploratory, row.source != own),
    )


def _of_run(
    claim: PaperClaim, blank: Row, metrics: Mapping[str, dict[str, Any]], facts: RunFacts,
    studies: Sequence[Study],
) -> list[Row]:  # fmt: skip
    rows = []
    for measure in claim.runs:
        found = metrics.get(measure.notebook, {})
        result = result_of(measure, found)
        if result is None:
            continue
        value, low, high = ends_of(result)
        limit = claim.threshold.value
        void = measure.arm and measure.arm in found.get("not_tested", [])
        full = measure.ceiling and value > CEILING
        before = measured_at(measure.before, found) if measure.before else None
        known = before is not None and before > CEILING
        tested = not (void or full or known)
        note = margin_note(value, low, high, limit)
        chance = largest_placebo(studies, measure.placebo)
        luck = chance > 0 and tested and abs(value - limit) <= chance  # intervals draw no seeds
        blind = blind_note(measured_at(measure.control, found)) if measure.control else ""
        least, most = (None, None) if luck or blind else (low, high)
        if void:
            same = f"{found['same_completions'][measure.arm]:.1%}"
            note = f"{same} of the arm's completions are those of all rewards: this tests nothing"
        elif full:
            note = "at its ceiling: on these reports next to nothing can go wrong"
        elif known:
            note = f"{before:.1%} before any training: there was nothing to learn"
        elif luck:
            note = f"of one seed, a placebo in the studies differs by up to {chance:.3f}"
        note = "; ".join(filter(None, (note, blind)))
        trained, base = measure.notebook >= FIRST_TRAINING, facts.base or "base not known"
        clustered = (units := result.get("units", result["rows"])) < result["rows"]
        share_of = "the wider of bootstrap and Wilson" if clustered else "Wilson"
        drawn = "bootstrap" if "difference" in result else share_of
        rows.append(
            replace(
                blank,
                metric=measure.measure,
                ours=value,
                low=low,
                high=high,
                threshold=limit,
                kind=f"{'reports' if clustered else 'rows'}, one seed ({drawn})",
                n=result["rows"],
                reports=units if clustered else None,
                seeds=1,
                verdict=verdict_words(value, least, most, limit, tested, 1),
                note=note,
                scale=f"{base if trained else 'its reports'}, profile {facts.profile}",
                source=f"run {facts.name}",
                notebook=measure.notebook,
                cell=measure.cell,
                command=_again(claim, facts),
                planted=claim.planted_in(facts.base),
                **greedy_of(measured_at(measure.greedy, found) if measure.greedy else None),
            )
        )
    return rows


def _missing(claim: PaperClaim, blank: Row) -> Row:
    word = NOT_MEASURED if claim.waits.here else NOT_HERE
    return replace(
        blank, verdict=word, note=f"needs {claim.waits.needs}", command=claim.waits.command,
        threshold=claim.threshold.value, planted=claim.planted_in(SMALL_BASE),
    )  # fmt: skip


def _again(claim: PaperClaim, facts: RunFacts) -> str:
    command = claim.waits.command.replace("--profile cpu", f"--profile {facts.profile}")
    return f"{command} --seeds {facts.seed}"
