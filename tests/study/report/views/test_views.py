"""The page's parts: what a report gives, what a run took, and a study with and without numbers."""

import json
from pathlib import Path

import pytest

from finlmm_utils.evaluation.studies import Study
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.report.alarms import Alarm, by_monitor
from finlmm_utils.study.report.figures import redraw_command
from finlmm_utils.study.report.page import write_report
from finlmm_utils.study.report.views import studies as studies_module
from finlmm_utils.study.report.views.compute import compute_rows, compute_words
from finlmm_utils.study.report.views.data import draw_funnel, funnel_table
from finlmm_utils.study.report.views.studies import study_links, study_view
from finlmm_utils.study.runner.manifest import read_manifest
from finlmm_utils.tar.monitoring.monitors import Firing
from tests.evaluation.test_ledger import contrast
from tests.study.report.test_reviewers_page import notebook_folder

READ = {
    "01": {"files_ok": 4, "pages": 20, "figures": 12},
    "02": {"reports": 4, "written": 40, "kept": 30},
    "03": {"train_rows": 20, "validation_rows": 2, "test_rows": 8},
}


def test_the_funnel_counts_a_report_beside_the_paper(tmp_path: Path) -> None:
    table = funnel_table(READ).set_index(["reports", "step"])
    assert table.loc[("this run", "kept"), "a_report"] == 7.5
    assert table.loc[("this run", "rows"), "count"] == 30
    assert table.loc[("the paper", "kept"), "a_report"] == pytest.approx(3.82, abs=0.01)
    assert funnel_table({number: READ[number] for number in ("01", "02")}).empty, "no row yet"
    path = draw_funnel(tmp_path, READ)
    assert path is not None and draw_funnel(tmp_path, {}) is None
    said = json.loads(path.with_suffix(".json").read_text("utf-8"))
    assert said["title"].startswith("4 reports give 30 pairs, 7.5 a report; 75% of what")
    assert redraw_command(path) == f"finlmm figure {tmp_path} page/reports_to_rows"
    before = path.stat().st_mtime_ns
    draw_funnel(tmp_path, READ)
    assert path.stat().st_mtime_ns == before, "the same numbers are drawn once"


def test_a_run_that_takes_its_rows_from_another_has_the_funnel_too(tmp_path: Path) -> None:
    """As ``finlmm run 04 05 06 --base FOLDER`` leaves it: 03 is no notebook of its own."""
    base, run = tmp_path / "base", tmp_path / "run"
    for number, metrics in READ.items():
        place = base / notebook(number).stem
        place.mkdir(parents=True)
        (place / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    notebook_folder(run, "05")
    (run / "upstream.txt").write_text("../base\n", encoding="utf-8")
    text = write_report(run).read_text("utf-8")
    assert "reports_to_rows" in text and "finlmm run 01 02 03 " in text


def test_what_a_stage_took_is_counted_from_its_steps(tmp_path: Path) -> None:
    folder = notebook_folder(
        tmp_path, "05", peak_mb=2048.0, stages={".": {"prompts_per_step": 2, "group_size": 4}},
        machine={"cores": 2, "memory_gb": 8, "system": "Linux"},
    )  # fmt: skip
    step = {"tokens": 100.0, "seconds": {"step": 3.0, "rollouts": 2.0, "discriminator": 0.5}}
    lines = [{**step, "step": k, "tokens": 100.0 * k} for k in (1, 2)]
    (folder / "metrics.jsonl").write_text("\n".join(map(json.dumps, lines)))
    manifest = read_manifest(folder)
    assert manifest is not None
    row = compute_rows([(folder, manifest)])[0]
    assert (row["steps"], row["rollouts"], row["tokens"]) == (2, 16, 200.0)
    assert row["memory"] == "2.0 GB" and row["step"] == "3.0 s"
    assert row["parts"] == "rollouts 2.0 s, discriminator 0.5 s"
    assert compute_words([(folder, manifest)]).startswith("0.02 hours on 2 cores")
    assert "nothing was paid" not in compute_words([(folder, manifest)]), "nobody said so"
    twice = {".": {"prompts_per_step": 2, "group_size": 4, "grpo": {"num_iterations": 2}}}
    again = manifest.model_copy(update={"stages": twice})
    assert compute_rows([(folder, again)])[0]["rollouts"] == 8, "both steps learn from the same"
    asked = manifest.model_copy(update={"parameters": {"backend": "offline"}})
    assert "nothing was paid" in compute_words([(folder, asked)])


def test_a_study_shows_what_it_planned_and_no_empty_figure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studies_module, "studies_folder", lambda: tmp_path / "gallery" / "studies")
    folder = tmp_path / "gallery" / "studies" / "one"
    folder.mkdir(parents=True)
    for name in ("one.csv", "summary.json", "study_manifest.json"):
        (folder / name).write_text("{}")
    (folder / "contrasts.png").write_bytes(b"\x89PNG" + bytes(20))
    planned, other = contrast(primary=True, claims=[]), contrast(claims=[])
    study = Study(name="one", command="finlmm study one.yaml", contrasts=[planned, other])
    links = study_links(tmp_path / "run", [study])["one"]
    assert links["manifest"] == "studies/one/study_manifest.json"
    view = study_view(study, tmp_path / "run", links)
    assert view["ran"] and view["first"] == [planned] and view["more"] == [other]
    assert len(view["figures"]) == 1
    place = tmp_path / "run" / "07_ablations"
    place.mkdir()
    cell = {"id": "a1", "source": ['show_study("one")']}
    (place / "executed.ipynb").write_text(json.dumps({"cells": [{"source": []}, cell]}), "utf-8")
    (place / "executed.html").write_text("", "utf-8")
    told = study_view(study.model_copy(update={"notebook": "07"}), tmp_path / "run", links)
    assert told["figures"][0]["links"] == {
        "cell in notebook 07": "07_ablations/executed.html#cell-id=a1",
        "manifest": links["manifest"],
    }
    nothing = contrast(mean=None, low=None, high=None)
    waits = study.model_copy(update={"contrasts": [nothing]})
    assert links["data (CSV)"] and "data (CSV)" not in study_links(tmp_path / "run", [waits])["one"]
    view = study_view(waits, tmp_path / "run", links)
    assert not view["ran"] and view["figures"] == []


def test_alarms_of_one_monitor_stand_together() -> None:
    fired = [
        Alarm(stage, Firing("padding", steps=(3,), last=False, at=4, seen="1", advice="look"))
        for stage in ("04", "05")
    ]
    (one,) = by_monitor(fired, ["length_reward"])
    assert len(one["places"]) == 2 and one["places"][1].startswith("05 from step 3 on")
    assert one["claims"] == ["length_reward"], "those that the page shows"
