"""README's results and REPRODUCIBILITY.md say what the files say."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from finlmm_utils.evaluation.ledger import ledger
from finlmm_utils.evaluation.ledger_views import leading
from finlmm_utils.evaluation.studies import Study
from finlmm_utils.study.artefacts import output_digests
from finlmm_utils.study.capacity import asp_rows, capacity, growth_rows, stage_rows
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.report.render import filled
from finlmm_utils.study.report.views import results
from finlmm_utils.study.report.views.results import (
    committed_rows,
    fill_results,
    reproducibility,
    results_section,
)
from finlmm_utils.study.runner.manifest import Manifest
from tests.evaluation.test_ledger import FACTS, METRICS, contrast
from tests.helpers import ROOT


def test_both_are_current() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert fill_results(readme) == readme, "run: finlmm measured"
    text = (ROOT / "REPRODUCIBILITY.md").read_text("utf-8")
    assert reproducibility() == text, "run: finlmm measured"
    assert "<!-- results -->" in readme and "<!-- benchmarks -->" in readme
    page = (ROOT / "docs" / "capacity.md").read_text("utf-8")
    assert filled("capacity.md.jinja", **capacity()) == page, "run: finlmm measured"


def test_the_gallerys_run_and_todays_studies_are_one_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, metrics in METRICS.items():
        folder = tmp_path / "papermill_runs" / "gallery" / "cpu" / notebook(number).stem
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_text(json.dumps(metrics))
        Manifest(
            id="a", notebook=folder.name, profile=FACTS.profile, parts={}, pid=1, pid_started=0.0,
            parameters={"policy": FACTS.base, "seed": FACTS.seed}, started="2026-01-01 10:00:00",
            status="completed", outputs=output_digests(folder),
        ).write(folder)  # fmt: skip
    rows = [asdict(row) for row in ledger(METRICS, replace(FACTS, name="cpu"))]
    (tmp_path / "requirements.lock").write_text("torch==2.0.0\ntorchvision==0.1.0\n")
    monkeypatch.setattr(results, "repository_root", lambda: tmp_path)
    monkeypatch.setattr(results, "read_studies", list)
    assert [asdict(row) for row in committed_rows()] == rows
    study = Study(name="adversary", command="finlmm sweep x.yaml",
                  contrasts=[contrast(primary=True), contrast(low=-1.0)])  # fmt: skip
    monkeypatch.setattr(results, "read_studies", lambda: [study])
    mine = [row for row in committed_rows() if row.id == "adversarial_accuracy"]
    assert [row.source for row in mine] == [*["study adversary"] * 2, "run cpu"]
    text = results_section(committed_rows())
    for row in leading(committed_rows()):
        assert (row.claim in text) == (row.ours is not None)
    assert (
        "| 0.050 [0.020, 0.080] | 0 |" in text
        and "torch 2.0.0." in text
        and "`finlmm sweep x.yaml`" in text
    )


def test_a_run_s_minutes_are_the_last_recorded_run_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "papermill_runs" / "gallery").mkdir(parents=True)
    monkeypatch.setattr(results, "repository_root", lambda: tmp_path)
    machine = {"cores": 2, "memory_gb": 24, "system": "Linux", "processor": "x86_64"}
    told = {"machine": results.read_measured()["cpu"] | machine, "load_before": 1.0, "rows": []}
    results.benchmarks_path().write_text(json.dumps(told))
    notebooks = {"00": {"seconds": 90.0}, "01": {"seconds": 930.0}}
    monkeypatch.setattr(results, "read_measured", lambda: {"cpu": {"notebooks": notebooks}})
    assert "| 17.0 min | 1 | at most 20 | `make reproduce` |" in results.benchmarks_section()


def test_capacity_is_arithmetic_over_rates() -> None:
    """By hand: 1,000 reports of 100 pages; 0.036 s a page are an hour."""
    parts = ("extraction", "ocr", "questions", "alignment")
    rates = {f"{part}_core_s": 0.036 * (part == "extraction") for part in parts}
    rates |= {"letters_read": 40.0, "letters_written": 4.0, "tokens_seen": 7.0, "disk_kb": 2**20}
    found = asp_rows(rates, 1000)
    assert found["core hours"] == pytest.approx(1.0) and found["disk GB"] == 100_000
    assert (found["tokens read"], found["tokens written"], found["tokens seen"]) == (1, 0.1, 0.7)
    case = {"seconds_per_step": 18.0, "seconds_by_part": {"rollouts": 12.0}}
    first, second = stage_rows(case, {"prompts": 1, "group": 2})
    assert first["rollouts"] == pytest.approx(2 * float(first["rest"]))
    assert float(second["gpu_hours"]) == pytest.approx(9.0 * float(second["completions"]) / 3600)


def test_growth_is_a_power_between_the_least_and_the_largest_size() -> None:
    """By hand: 100 times the figures take 100 and 10 times as long, the pages 10,000 times."""
    rows = {size: [{size: n, "questions_s": asked, "alignment_s": tied, "memory_mb": n}
                   for n, asked, tied in ((10, 1.0, 1.0), (1000, more, 10.0))]
            for size, more in (("figures", 100.0), ("pages", 10_000.0))}  # fmt: skip
    figures, pages = growth_rows(rows)
    assert (figures["questions"], figures["alignment"]) == pytest.approx((1.0, 0.5))
    assert pages["questions"] == pytest.approx(2.0) and pages["memory_mb"] == 1000
