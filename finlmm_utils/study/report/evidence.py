"""What a run says of the claims, and what fired, was refused or was not judged beside it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from finlmm_utils.errors import visible
from finlmm_utils.evaluation.ledger import Row, RunFacts, ledger
from finlmm_utils.evaluation.ledger_views import in_words, leading
from finlmm_utils.evaluation.studies import Study
from finlmm_utils.study.artefacts import first_changed
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.parameters.notebooks import NOTEBOOKS
from finlmm_utils.study.report.alarms import Alarm, alarms, touching
from finlmm_utils.study.report.views.compute import damaged_steps
from finlmm_utils.study.report.views.data import data_table, funnel_table
from finlmm_utils.study.report.views.glance import is_touched
from finlmm_utils.study.runner.manifest import (
    NAME,
    Manifest,
    read_manifest,
)
from finlmm_utils.study.session import run_folders

CAPS = ("figure_full", "report_full")
"""Reasons for which a question that a figure answers is dropped all the same."""
METRICS = "metrics.json"
"""What a notebook measured."""
NO_METRICS = (TypeError, ValueError, LookupError, AttributeError, ArithmeticError)
"""What readers of metrics raise where a number is missing or is none."""


@dataclass
class Evidence:
    """Of one run.

    Attributes:
        rows: The ledger.
        alarms: Monitors that fired.
        open_points: What was refused, continued or not judged, a sentence each.
        unread: Files that are damaged, a sentence each.
        data: What went in and what came out of ASP, and the splits.
        metrics: Of each notebook, by its number.
    """

    rows: list[Row]
    alarms: list[Alarm] = field(default_factory=list)
    open_points: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    data: list[tuple[str, str]] = field(default_factory=list)
    metrics: dict[str, dict[str, Any]] = field(default_factory=dict)


def metrics_by_number(run_dir: Path, unread: list[str] | None = None) -> dict[str, dict[str, Any]]:
    """The metrics of each notebook of a run that has any.

    Args:
        run_dir: The run's folder; a folder that it takes earlier notebooks from counts too.
        unread: Takes a sentence on each file that is damaged.

    Returns:
        A notebook's number to its ``metrics.json``.
    """
    found: dict[str, dict[str, Any]] = {}
    for base in reversed(run_folders(run_dir)):  # the run itself last: it knows better
        for one in NOTEBOOKS.values():
            values, wrong = metrics_in(base / one.stem)
            if values:
                found[one.number] = values
            elif wrong and unread is not None:
                unread.append(f"{one.stem}/{wrong} and was left out")
    return found


def metrics_in(folder: Path) -> tuple[dict[str, Any], str]:
    """What a notebook measured; nothing, and what is wrong with that file, where it is damaged."""
    try:
        manifest = read_manifest(folder)
    except RunError:  # so nothing says whether the numbers are those of the run
        return {}, f"{NAME} is damaged, so {METRICS} cannot be checked"
    try:
        told = {k: v for k, v in ((manifest and manifest.outputs) or {}).items() if k == METRICS}
        if wrong := first_changed(folder, told):
            return {}, f"{wrong} since it was written"
        if not (folder / METRICS).exists():  # it did not come so far
            return {}, ""
        text = (folder / METRICS).read_text("utf-8")
        values = json.loads(text, parse_constant=_no_number)
    except (OSError, ValueError, RecursionError):
        values = None
    return (values, "") if isinstance(values, dict) else ({}, f"{METRICS} is damaged")


def _no_number(word: str) -> None:
    raise ValueError(f"{word}, which no notebook writes")


def facts_of(run_dir: Path, manifests: Sequence[Manifest]) -> RunFacts:
    """What the ledger says of the run that its numbers come from."""
    policies = [str(m.parameters["policy"]) for m in manifests if m.parameters.get("policy")]
    first = next((m for m in manifests if m.parameters), manifests[0])  # others know too little
    seed = first.parameters.get("seed")
    return RunFacts(
        name=run_dir.name,
        profile=first.profile,
        base=policies[-1] if policies else "",
        seed=seed if isinstance(seed, int) else 1,
    )


def gather(
    run_dir: Path, found: Sequence[tuple[Path, Manifest]], studies: Sequence[Study]
) -> Evidence:
    """All that a run has to say.

    Args:
        run_dir: The run's folder.
        found: Its notebooks' folders and manifests.
        studies: The committed ones.
    """
    evidence = Evidence(rows=[])
    manifests = [manifest for _, manifest in found]

    def read(metrics: dict[str, dict[str, Any]]) -> None:
        evidence.metrics = metrics
        evidence.rows = ledger(metrics, facts_of(run_dir, manifests), studies)
        evidence.data = data_table(metrics)
        evidence.open_points = open_points(metrics, manifests)
        funnel_table(metrics), in_words(evidence.rows)

    _read_what_can_be(metrics_by_number(run_dir, evidence.unread), read, evidence.unread)
    evidence.unread += damaged_steps(found)
    evidence.alarms = alarms(run_dir)
    return evidence


def _read_what_can_be(
    metrics: dict[str, dict[str, Any]],
    read: Callable[[dict[str, dict[str, Any]]], None],
    unread: list[str],
) -> None:
    """Read metrics without those of notebooks that hold what no reader can use, such as words."""
    kept: dict[str, dict[str, Any]] = {}
    try:
        read(metrics)
        return
    except NO_METRICS:
        read(kept)
    for number, values in metrics.items():
        try:
            read({**kept, number: values})
        except NO_METRICS as error:
            said = visible(f"{type(error).__name__}: {error}")[:100]
            unread.append(
                f"{NOTEBOOKS[number].stem}/{METRICS} cannot be used ({said}) and was left out"
            )
        else:
            kept[number] = values
    read(kept)


def open_points(metrics: dict[str, dict[str, Any]], manifests: Sequence[Manifest]) -> list[str]:
    """What was refused, continued or not judged.

    Args:
        metrics: As :func:`metrics_by_number` gives them.
        manifests: Of the run's notebooks.

    Returns:
        A sentence each.
    """
    points = []
    reading, asked = metrics.get("01", {}), metrics.get("02", {})
    if reading.get("files", 0) > reading.get("files_ok", reading.get("files", 0)):
        bad = reading["files"] - reading["files_ok"]
        points.append(f"{bad} of {reading['files']} reports could not be read.")
    if asked and not asked.get("judged_by_people"):
        points.append(
            f"No person judged any of the {asked.get('kept', 0)} pairs of question and figure."
        )
    dropped = asked.get("dropped", {})
    beyond = sum(dropped.get(name, 0) for name in CAPS)
    if lost := sum(dropped.values()):
        points.append(
            f"{lost} of {asked['written']} written questions were dropped: {lost - beyond} by"
            f" filters, {beyond} since their figure or report had its fill."
        )
    if metrics.get("03", {}).get("left_out"):
        points.append(f"{metrics['03']['left_out']} pairs gave no row: too few distractors.")
    for number in ("04", "05"):
        rate = metrics.get(number, {}).get("gold_parse_rate", 1.0)
        if rate < 1.0:
            points.append(
                f"{1 - rate:.1%} of the gold answers of notebook {number} can't be parsed."
            )
    for manifest in manifests:
        if manifest.continued:
            points.append(
                f"{manifest.notebook} was interrupted and continued: {manifest.continued + 1}"
                " processes, and its time is that of all of them."
            )
    if any(manifest.code.get("changed") for manifest in manifests):
        points.append("Files of the checkout differed from the commit when the run was started.")
    return points


def failed(rows: Sequence[Row], studies: Sequence[Study]) -> list[str]:
    """Claims that the evidence contradicts, and studies that are not finished: a sentence each."""
    against = [row for row in leading(rows) if row.verdict.startswith("contradicted")]
    return [
        *(f"Contradicted here: {row.claim}" for row in against),
        *(f"Study {one.name.replace('_', ' ')} is not finished: {one.queued}." for one in studies
          if one.queued),
    ]  # fmt: skip


def not_run(manifests: Sequence[Manifest]) -> list[str]:
    """Numbers of the notebooks that a run has not begun."""
    begun = {manifest.notebook for manifest in manifests}
    return [number for number, one in NOTEBOOKS.items() if one.stem not in begun]


def claims_view(
    rows: Sequence[Row], entries: Sequence[dict[str, Any]],
    alarms: Sequence[Alarm], study_links: dict[str, dict[str, str]],
    places: Mapping[tuple[str, str], dict[str, str]],
) -> dict[str, list[dict[str, Any]]]:  # fmt: skip
    """The ledger's rows with the links that answer "how do you know?".

    Args:
        rows: The ledger.
        entries: The run's notebooks, as the page shows them; those of all seeds where the rows are
            over seeds.
        alarms: Monitors that fired in it.
        study_links: A study's name to its links.
        places: Of :func:`finlmm_utils.study.report.views.studies.evidence_places`.

    Returns:
        ``measured`` (the first row of a claim, what is ours beside it, and what an alarm touches),
        ``more`` of the same claims, and ``open``.
    """
    groups: dict[str, list[dict[str, Any]]] = {"measured": [], "more": [], "open": []}
    seen: Counter[str] = Counter()
    ours: set[str] = set()
    for row in rows:
        again, first_of_ours = row.id in seen, bool(row.variant) and row.id not in ours
        fired = [alarm.words for alarm in touching(alarms, row)]
        group = "open" if row.ours is None else "measured"
        if again and not fired and not first_of_ours:
            group = "more"  # shown on demand
        own = [entry for entry in entries if entry["number"] == row.notebook]
        links = _links(row, own, study_links, places)
        view = asdict(row) | {
            "again": again,
            "anchor": f"claim-{row.id}" + f"-{seen[row.id]}" * again,
            "links": links,
            "evidence": next(iter(links.values())) if row.ours is not None else "",
            "alarms": fired,
            "mark": is_touched(row),
        }
        seen[row.id] += 1
        ours |= {row.id} if row.variant else set()
        groups[group].append(view)
    return groups


def _links(
    row: Row, entries: Sequence[dict[str, Any]], study_links: dict[str, dict[str, str]],
    places: Mapping[tuple[str, str], dict[str, str]],
) -> dict[str, str]:  # fmt: skip
    """Where a row's number comes from, the very place first: a study's contrast or a cell."""
    links: dict[str, str] = {}
    if row.source.startswith("study "):
        files = study_links.get(row.source.removeprefix("study "), {})
        links = places.get((row.source, row.metric), {}) | files
    elif len(entries) > 1:
        links = {
            f"notebook {row.notebook}, {e['run'].replace('_', ' ')}": _cell(row, e) for e in entries
        }
    elif entries:
        links = {
            f"cell in notebook {row.notebook}": _cell(row, entries[0]),
            "figures": "#" + entries[0]["anchor"] if entries[0]["figures"] else "",
            "numbers": entries[0]["links"].get("metrics", ""),
            "manifest": entries[0]["links"].get("manifest", ""),
        }
    links["ledger (CSV)"] = "ledger.csv"
    return {name: link for name, link in links.items() if link}


def _cell(row: Row, entry: dict[str, Any]) -> str:
    """The cell of an executed notebook that shows a row's number; its top where it has none."""
    link = str(entry["link"])
    return f"{link}#cell-id={row.cell}" if link and row.cell in entry["cells"] else link
