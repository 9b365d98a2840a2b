"""README's results and REPRODUCIBILITY.md say what the files say."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from finlmm_utils.evaluation.ledger import ledger
from finlmm_utils.evaluation.ledger_views import leading
from finlmm_utils.evaluation.studies import Study
from finlmm_utils.study import results
from finlmm_utils.study.results import (
    committed_rows,
    fill_results,
    reproducibility,
    results_section,
)
from tests.evaluation.test_ledger import FACTS, METRICS, contrast
from tests.helpers import ROOT


def test_both_are_current() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert fill_results(readme) == readme, "run: finlmm measured"
    text = (ROOT / "REPRODUCIBILITY.md").read_text("utf-8")
    assert reproducibility() == text, "run: finlmm measured"
    assert "<!-- results -->" in readme


def test_the_gallerys_run_and_todays_studies_are_one_ledger(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "papermill_runs" / "gallery" / "cpu"
    folder.mkdir(parents=True)
    rows = [asdict(row) for row in ledger(METRICS, FACTS)]
    (folder / "ledger.json").write_text(json.dumps(rows))
    monkeypatch.setattr(results, "repository_root", lambda: tmp_path)
    monkeypatch.setattr(results, "read_studies", list)
    assert [asdict(row) for row in committed_rows()] == rows
    study = Study(name="adversary", command="finlmm sweep x.yaml",
                  contrasts=[contrast(primary=True), contrast(low=-1.0)])  # fmt: skip
    monkeypatch.setattr(results, "read_studies", lambda: [study])
    mine = [row for row in committed_rows() if row.id == "adversarial_accuracy"]
    assert [row.source for row in mine] == [*["study adversary"] * 2, "run a run"]
    text = results_section(committed_rows())
    for row in leading(committed_rows()):
        assert (row.claim in text) == (row.ours is not None)
    assert "| 0.050 [0.020, 0.080] |" in text and "`finlmm sweep x.yaml`" in text
