"""The gallery: a finished run and the committed studies, small enough to be committed."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.evaluation.ledger_views import caveat, leading
from finlmm_utils.evaluation.studies import Study, read_studies, studies_folder
from finlmm_utils.output import write_text
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.report.alarms import alarms, by_monitor
from finlmm_utils.study.report.figures import redraw_command
from finlmm_utils.study.report.page import write_report
from finlmm_utils.study.report.pictures import unload
from finlmm_utils.study.report.render import render, write_style
from finlmm_utils.study.report.samples import write_samples
from finlmm_utils.study.report.views.glance import glance
from finlmm_utils.study.report.views.studies import study_links
from finlmm_utils.study.runner.executed import NO_NOTEBOOK
from finlmm_utils.study.runner.manifest import manifests, read_manifest

EXECUTED = "executed.ipynb"
KEPT = (EXECUTED, "metrics.json", "metrics.jsonl", "manifest.json", "result.txt",
        "ledger.csv", "ledger.json", "funnel.json", "laboratory.csv")  # fmt: skip
"""What the gallery holds of a notebook's folder beside its figures. Logs stay out: they name the
machine's folders."""
APART = {
    "hard": "made reports of level hard, before and after the rules of reading grew",
    "real_shape": "a training step at the real models' shapes, on a GPU",
    "tiny_policy": "finlmm-tiny as it ships, and made by its recipe in one go",
}
"""Folders of numbers that neither a run nor a study holds, in words."""
MOST_MB = 30
"""Size that a clone should not have to pay more than (our choice)."""


def make_gallery(run_dir: Path, target: Path) -> Path:
    """Copy what a reviewer needs of a finished run, and write the gallery's pages.

    Args:
        run_dir: A run whose notebooks are all completed.
        target: Folder of the run in the gallery; what is there is replaced.

    Returns:
        The gallery's own page, above ``target``.

    Raises:
        RunError: A notebook is not completed, or the gallery gets too large.
    """
    found = list(manifests(run_dir))
    for folder, manifest in found:
        if manifest.true_status() != "completed":
            raise RunError(f"{folder}: {manifest.true_status()}: expected a finished run")
    if not found:
        raise RunError(f"{run_dir}: expected a run's folder with manifests, found none")
    _refuse_to_replace(target, run_dir)
    shutil.rmtree(target, ignore_errors=True)
    write_style(target.parent)
    for folder, _ in found:
        _copy(folder, target / folder.relative_to(run_dir), run_dir)
    for place in dict.fromkeys(folder.parent for folder, _ in found):
        write_samples(place, target / place.relative_to(run_dir))
    write_report(target)
    page = write_index(target.parent)
    size = sum(path.stat().st_size for path in target.parent.rglob("*") if path.is_file()) / 2**20
    if size > MOST_MB:
        raise RunError(f"{target.parent}: {size:.0f} MB, expected {MOST_MB} at most")
    return page


def _refuse_to_replace(target: Path, run_dir: Path) -> None:
    """Refuse a folder that holds anything but a run of a gallery, which alone is made again."""
    there, own = target.resolve(), run_dir.resolve()
    inside = there.is_relative_to(own) or own.is_relative_to(there)
    ours = (there / "ledger.json").is_file() and not any(there.rglob("log.txt"))
    empty = there.is_dir() and not any(there.iterdir())
    if inside or (there.exists() and not ours and not empty):
        raise RunError(
            f"{target} would be replaced; expected a new folder, or a run of a gallery (--out)"
        )


def _copy(folder: Path, target: Path, run_dir: Path) -> None:
    """Copy a notebook's folder without weights, rows, logs and places of this machine."""
    target.mkdir(parents=True)
    places = _places(folder, run_dir)
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        figure = name.parts[0] == "figures"
        if not path.is_file() or "trainer" in name.parts or not (figure or path.name in KEPT):
            continue
        if not path.resolve().is_relative_to(folder.resolve()):  # a link to what is no result
            continue
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in (".json", ".jsonl", ".ipynb", ".txt", ".csv"):
            text = path.read_text("utf-8")
            for place, word in places.items():
                text = text.replace(place, word)
            write_text(target / name, text)
        else:
            shutil.copyfile(path, target / name)
    if (target / EXECUTED).is_file():
        unload(target / EXECUTED)


def _places(folder: Path, run_dir: Path) -> dict[str, str]:
    """Folders of the machine that a run was made on, and what stands for them in the gallery."""
    inside = f"papermill_runs/runs/{run_dir.name}"
    places = {str(run_dir.resolve()): inside}
    manifest = read_manifest(folder)
    told = str(manifest.parameters.get("run_dir", "")) if manifest else ""
    if Path(told).is_absolute() and Path(told).parent != Path(told):
        places[told] = inside
    executed = folder / EXECUTED
    with contextlib.suppress(*NO_NOTEBOOK):
        metadata = json.loads(executed.read_text("utf-8"))["metadata"]["papermill"]
        source = Path(metadata["input_path"])
        if source.is_absolute():  # CHECKOUT/notebooks/NN.ipynb
            places[str(source.parents[1])] = "."
    return {**places, str(repository_root().resolve()): ".", str(Path.home()): "~"}


def write_index(gallery: Path) -> Path:
    """The page above the gallery's runs and studies.

    Args:
        gallery: The folder.
    """
    runs: list[dict[str, Any]] = []
    claims: list[Row] = []
    for path in sorted(gallery.glob("*/ledger.json")):
        rows = json.loads(path.read_text("utf-8"))
        claims = claims or [Row(**row) for row in rows]
        found = list(manifests(path.parent))
        code = next((manifest.code for _, manifest in found if manifest.code), {})
        first = {row["id"]: row for row in reversed(rows)}
        words = [row["verdict"] for row in first.values()]
        runs.append(
            {
                "name": path.parent.name,
                "date": min(manifest.started for _, manifest in found)[:10],
                "samples": (path.parent / "samples.html").is_file(),
                "commit": str(code.get("commit", ""))[:12] or "not known",
                "verdicts": {word: words.count(word) for word in sorted(set(words))},
            }
        )
    committed = read_studies()
    first_run = runs[0]["name"] if runs else ""
    fired = by_monitor(alarms(gallery / first_run), []) if runs else []
    drawn = sorted((gallery / first_run).glob("06_*/figures/*.png")) if runs else []
    studies = [_study(study, gallery, first_run) for study in committed]
    apart = [
        {"what": words, "files": [f"{name}/{path.name}" for path in sorted(files)]}
        for name, words in APART.items()
        if (files := list((gallery / name).glob("*.json")))
    ]
    render(
        "gallery.html.jinja", gallery / "index.html", runs=runs, studies=studies, measured=apart,
        caveat=caveat(committed), claims=leading(claims), run=first_run,
        glance=glance(claims, committed, [one["name"] for one in fired], []),
        example={"redraw": redraw_command(drawn[0])} if drawn else None,
    )  # fmt: skip
    return gallery / "index.html"


def _study(study: Study, gallery: Path, run: str) -> dict[str, Any]:
    """A line on a study: what it found, and where that stands."""
    place = study_links(gallery, [study])[study.name]
    page = {"contrasts": f"{run}/index.html#study-{study.name}"} if run else {}
    figure = studies_folder() / study.name / "contrasts.png"
    if study.ran and figure.is_file():
        page["figure"] = Path(os.path.relpath(figure, gallery)).as_posix()
    return {
        "name": study.name,
        "title": study.title or study.question,
        "question": study.question,
        "queued": study.queued,
        "command": study.command,
        "written": study.written,
        "seeds": max((one.seeds for one in study.contrasts), default=0),
        "ran": study.ran,
        "links": page | {n: link for n, link in place.items() if not link.startswith("#")},
    }
