"""The page for reviewers: what is claimed, what was measured, how sure, and how to check it."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.ledger import Row, ledger
from finlmm_utils.evaluation.ledger_views import caveat, in_words, unlearned
from finlmm_utils.evaluation.paper_claims import SMALL_BASE, planted_words
from finlmm_utils.evaluation.studies import Study, read_studies
from finlmm_utils.output import clock, write_csv, write_text
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.metrics_table import flatten, shown
from finlmm_utils.study.report.alarms import by_monitor
from finlmm_utils.study.report.evidence import (
    claims_view,
    facts_of,
    failed,
    gather,
    not_run,
)
from finlmm_utils.study.report.figures import command_of, figure, figures_of, number_of
from finlmm_utils.study.report.notebooks import export_notebook
from finlmm_utils.study.report.render import render
from finlmm_utils.study.report.samples import write_samples
from finlmm_utils.study.report.seeds import cells_of, over_seeds_page, seeds_of, sweep_table
from finlmm_utils.study.report.views.compute import compute_rows, compute_words
from finlmm_utils.study.report.views.data import draw_funnel
from finlmm_utils.study.report.views.glance import glance
from finlmm_utils.study.report.views.status import notebooks_in
from finlmm_utils.study.report.views.studies import evidence_places, study_links, study_view
from finlmm_utils.study.runner.manifest import Manifest, cell_source, failing_cell
from finlmm_utils.study.runner.measured import machine_words, seconds_of
from finlmm_utils.study.session import RESULT_FILE

HEADLINES = 12
LOG_LINES = 12
"""Last lines of a failed notebook's log that the page shows."""
TRAINED = ("04", "05", "06", "07", "08")
"""Notebooks whose numbers are of policies that training changed: habits of the base touch them."""
ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
CELL = re.compile(r'id="cell-id=([^"]+)"')
"""Where a cell stands in an executed notebook's page."""
AT_CELL = re.compile(r"(?:Executing|Ending) Cell (\d+)-*$")
"""Papermill's own lines in a log."""


def write_report(run_dir: Path) -> Path:
    """Write ``index.html`` of a run, of seeds or of a sweep, and its notebooks as HTML beside it.

    Args:
        run_dir: A run's folder, with or without runs below it. It may still be going on.

    Returns:
        The page.

    Raises:
        RunError: The folder holds no notebook.
    """
    found = notebooks_in(run_dir)
    if not found:
        raise RunError(f"{run_dir}: expected a run's folder with notebooks, found none")
    groups: dict[str, list[tuple[Path, Manifest]]] = {}
    for folder, manifest in found:
        group = folder.parent.relative_to(run_dir).as_posix()
        groups.setdefault("" if group == "." else group, []).append((folder, manifest))
    studies = read_studies()
    links = study_links(run_dir, studies)
    parts = [_group(run_dir, name, entries, studies) for name, entries in groups.items()]
    merged = over_seeds_page(run_dir, {part["name"]: part["evidence"].rows for part in parts})
    cells = cells_of({part["name"]: part["evidence"].rows for part in parts})
    rows = merged.rows if merged else parts[0]["evidence"].rows
    if cells:  # no cell speaks for the others: their numbers have a table of their own
        rows = ledger({}, facts_of(run_dir, [manifest for _, manifest in found]), studies)
    _write_ledger(run_dir, rows)
    alarms = [alarm for part in parts for alarm in part["evidence"].alarms]
    everything = [manifest for _, manifest in found]
    told = [entry for part in (parts if merged else parts[:1]) for entry in part["entries"]]
    shown = [study_view(study, run_dir, links[study.name]) for study in studies]
    claims = claims_view(rows, told, alarms, links, evidence_places(shown))
    monitors = by_monitor(alarms, [row.id for row in rows])
    index = _index(parts)
    render(
        "index.html.jinja", run_dir / "index.html",
        name=run_dir.name, caveat=caveat(studies), words=in_words(rows), parts=parts,
        glance=glance(
            rows, studies, [one["name"] for one in monitors],
            [f"{one['stem']} ({one['status'].replace('_', ' ')})"
             for part in parts for one in part["problems"]],
        ),
        example=_example(index), claims=claims, planted=planted_words(),
        more=_more(claims["more"]), unlearned=unlearned(studies),
        cells=cells, sweep=sweep_table(cells, parts),
        seeds=seeds_of(groups), seed_figures=merged.figures if merged else [],
        index=index, alarms=monitors,
        open_points=[*failed(rows, studies), *dict.fromkeys(
            point for part in parts for point in part["evidence"].open_points
        )],
        unread=[name for part in parts for name in part["evidence"].unread],
        facts=_facts(everything), problems=[p for part in parts for p in part["problems"]],
        left=_left(everything) if list(groups) == [""] else "",
        funnel=_funnel(run_dir, parts), compute=compute_rows(found), took=compute_words(found),
        studies=shown,
        samples=(run_dir / "samples.html").is_file(),
    )  # fmt: skip
    return run_dir / "index.html"


def _more(views: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """How many further measures a claim has, and where the first of them stands."""
    counts = Counter(view["id"] for view in views)
    first = {view["id"]: view["anchor"] for view in reversed(views)}
    return {name: {"count": counts[name], "anchor": first[name]} for name in counts}


def _funnel(run_dir: Path, parts: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The figure from reports to rows of the run whose data the page shows: the first."""
    for part in parts:
        path = draw_funnel(run_dir / part["name"], part["evidence"].metrics)
        if path is not None:
            own = {entry["number"]: entry for entry in part["entries"]}
            number = "03" if "03" in own else next(iter(own))  # its rows may be another run's
            command = own[number]["command"].replace(f" {number} ", " 01 02 03 ", 1)
            return figure(path, run_dir, {}, command)
    return None


def _group(
    run_dir: Path, name: str, entries: list[tuple[Path, Manifest]], studies: Sequence[Study]
) -> dict[str, Any]:
    """One run on the page: the only one, or one of several seeds or cells of a sweep."""
    place = run_dir / name
    write_samples(place)
    return {
        "name": name,
        "evidence": gather(place, entries, studies),
        "entries": [_entry(run_dir, folder, manifest) for folder, manifest in entries],
        "problems": [_problem(run_dir, f, m) for f, m in entries if m.true_status() != "completed"],
        "samples": f"{name}/samples.html".lstrip("/") if (place / "samples.html").is_file() else "",
    }


def _entry(run_dir: Path, folder: Path, manifest: Manifest) -> dict[str, Any]:
    """What the page shows of one notebook."""
    place = folder.relative_to(run_dir).as_posix()
    back = Path(os.path.relpath(run_dir / "index.html", folder)).as_posix()
    planted = number_of(manifest) in TRAINED and _base(manifest) == SMALL_BASE
    html = export_notebook(folder, back, unlearned(read_studies()) if planted else "")
    status = manifest.true_status()
    files = {"notebook": "executed.html", "metrics": "metrics.json", "manifest": "manifest.json",
             "log": "log.txt"}  # fmt: skip
    return {
        "run": "" if folder.parent == run_dir else folder.parent.relative_to(run_dir).as_posix(),
        "stem": manifest.notebook,
        "number": number_of(manifest),
        "command": command_of(manifest, run_dir.name),
        "anchor": place.replace("/", "-"),
        "status": status,
        "result": _result(folder),
        "time": clock(manifest.whole_seconds),
        "continued": manifest.continued,
        "started": manifest.first_start,
        "ended": manifest.ended or "",
        "planted": planted,
        "peak_mb": manifest.peak_mb,
        "disk_mb": manifest.disk_mb,
        "id": manifest.id,
        "left": manifest.left_words(),
        "links": {n: f"{place}/{f}" for n, f in files.items() if (folder / f).is_file()},
        "link": html.relative_to(run_dir).as_posix() if html else "",
        "cells": set(CELL.findall(html.read_text("utf-8"))) if html else set(),
        "parameters": {k: v for k, v in manifest.parameters.items() if k != "run_dir"},
        "numbers": _numbers(folder),
        "figures": figures_of(folder, run_dir, manifest),
    }


def _base(manifest: Manifest) -> str:
    """The base policy of a notebook that trains or measures one."""
    return str(manifest.parameters.get("policy", ""))


def _result(folder: Path) -> str:
    """A notebook's own sentence of result; "" where it did not come so far."""
    path = folder / RESULT_FILE
    return path.read_text("utf-8", "replace").strip() if path.is_file() else ""


def _index(parts: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every figure of the page in a line: which notebook of which run drew it."""
    return [
        {"run": part["name"], "number": entry["number"], **one}
        for part in parts
        for entry in part["entries"]
        for one in entry["figures"]
    ]


def _example(index: Sequence[dict[str, Any]]) -> dict[str, Any] | None:
    """The figure whose command a reader sees first: that of the evaluation, else any."""
    drawn = [one for one in index if one["redraw"]]
    return next((one for one in drawn if one["number"] == "06"), drawn[0] if drawn else None)


def _numbers(folder: Path) -> dict[str, str]:
    """The first numbers of a notebook's metrics."""
    try:
        values = json.loads((folder / "metrics.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    if not isinstance(values, dict):
        return {}
    simple = {k: v for k, v in values.items() if not isinstance(v, (dict, list))}
    return {k: shown(v, 4) for k, v in list(flatten(simple).items())[:HEADLINES]}


def _problem(run_dir: Path, folder: Path, manifest: Manifest) -> dict[str, Any]:
    """A notebook that did not complete: where it stands, and the end of its log."""
    log = folder / "log.txt"
    try:
        lines = [ANSI.sub("", line) for line in log.read_text("utf-8", "replace").splitlines()]
    except OSError:
        lines = []
    try:
        cell = failing_cell(folder / "executed.ipynb")
    except (OSError, ValueError, KeyError):
        cell = None
    number = manifest.cell
    if manifest.true_status() == "running":  # the log is ahead of the manifest's last line
        number = max([number, *(int(one[1]) for line in lines if (one := AT_CELL.match(line)))])
    at_work = cell_source(folder / "executed.ipynb", number)  # killed: no cell raised
    told = [line for line in lines if line.strip() and not AT_CELL.match(line)]
    return {
        "stem": manifest.notebook,
        "status": manifest.true_status(),
        "error": manifest.error or "",
        "cell": f"{number} of {manifest.cells}" if manifest.cells else "",
        "left": manifest.left_words(),
        "source": cell[0] if cell else at_work or "",
        "log": told[-LOG_LINES:],
        "log_link": log.relative_to(run_dir).as_posix() if lines else "",
    }


def _left(found: Sequence[Manifest]) -> str:
    """What a run has not begun, and how long that was measured to take."""
    numbers = not_run(found)
    if not numbers or (all(m.true_status() == "completed" for m in found) and "09" not in numbers):
        return ""
    seconds = sum(seconds_of(found[0].profile, number) for number in numbers)
    time = f", which would take about {clock(seconds)} as measured" if seconds else ""
    return f"Not begun in this folder: notebooks {', '.join(numbers)}{time}."


def _facts(found: Sequence[Manifest]) -> dict[str, str]:
    """Dates, commit, versions and machine, in words."""
    first = next((m for m in found if m.parameters), found[0])  # others know too little
    code = next((m.code for m in found if m.code), {})
    by_commit: dict[str, list[str]] = {}
    for one in found:
        by_commit.setdefault(str(one.code.get("commit") or "not known"), []).append(number_of(one))
    commits = [
        name[:12] + (f" ({', '.join(numbers)})" if len(by_commit) > 1 else "")
        for name, numbers in by_commit.items()
    ]
    versions = ", ".join(f"{name} {number}" for name, number in code.get("versions", {}).items())
    going = any(m.true_status() == "running" for m in found)
    done = sum(m.true_status() == "completed" for m in found)
    return {
        "notebooks": f"{done} of {len(found)} completed",
        "from": min(m.first_start for m in found),
        "to": "now, it goes on" if going else max(m.ended or "" for m in found),
        "time": clock(sum(m.whole_seconds for m in found)),
        "continued": ", ".join(number_of(m) for m in found if m.continued),
        "memory": f"{max(m.peak_mb for m in found):.0f} MB at most",
        "profile": first.profile,
        "commit": ", ".join(commits) + (" with changes" if code.get("changed") else ""),
        "package": str(first.parts.get("package", ""))[:16],
        "versions": versions or "not known",
        "machine": machine_words(first.machine) if first.machine else "not known",
    }


def _write_ledger(run_dir: Path, rows: Sequence[Row]) -> None:
    """The ledger as CSV and JSON beside the page."""
    lines = [asdict(row) for row in rows]
    write_csv(run_dir / "ledger.csv", list(lines[0]), lines)
    text = json.dumps(lines, indent=1, ensure_ascii=False)
    write_text(run_dir / "ledger.json", text + "\n")
