"""What a run did not measure is said so on its page and beside another run."""

import json
from pathlib import Path

from finlmm_utils.study.report.compare import compare
from finlmm_utils.study.report.page import write_report
from finlmm_utils.study.runner.manifest import Manifest


def a_run(folder: Path, recall: float | None) -> Path:
    """A run of one notebook that measured a recall, or did not."""
    place = folder / "01_asp_reports"
    place.mkdir(parents=True)
    Manifest(
        id="0" * 8, notebook=place.name, profile="smoke", parameters={}, parts={}, pid=1,
        pid_started=0, started="now", status="completed",
    ).write(place)  # fmt: skip
    (place / "metrics.json").write_text(json.dumps({"figure_recall": recall, "files": 0}))
    return folder


def test_page_and_comparison_say_not_measured(tmp_path: Path) -> None:
    without, with_gold = a_run(tmp_path / "real", None), a_run(tmp_path / "made", 0.0)
    page = write_report(without).read_text("utf-8")
    assert "<dt>figure recall</dt><dd>not measured</dd>" in page and "<dd>0</dd>" in page
    assert "<dt>figure recall</dt><dd>0</dd>" in write_report(with_gold).read_text("utf-8")
    table, same = compare(without, with_gold)
    assert not same and "None" not in table and "not measured" in table.splitlines()[2]
