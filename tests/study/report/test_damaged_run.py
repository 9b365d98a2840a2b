"""A damaged file of a run is said on its page, which is written all the same."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from finlmm_utils.evaluation import studies as studies_module
from finlmm_utils.study.artefacts import output_digests
from finlmm_utils.study.cli import main
from finlmm_utils.study.report import page as page_module
from finlmm_utils.study.report.compare import compare
from finlmm_utils.study.report.page import write_report
from tests.study.report.test_reviewers_page import STEMS, notebook_folder, words_of

pytestmark = pytest.mark.faults
STEPS = [{"step": k, "reward": 0.5, "tokens": 9.0 * k, "seconds": {"step": 2.0}} for k in (1, 2, 3)]
LINES = "".join(json.dumps(line) + "\n" for line in STEPS).encode()
DAMAGED = {"metrics.json": "02", "metrics.jsonl": "05", "executed.ipynb": "06", "result.txt": "06",
           "figures/rise.json": "06"}  # fmt: skip
METRICS = {
    "no UTF-8": b"\xff\xfe{}", "a list": b"[1, 2]", "a number": b"7", "null": b"null",
    "cut": b'{"a',
    "too deep": b"[" * 100_000, "nothing": b"", "no number": b'{"kept": NaN}',
}  # fmt: skip
TRAINING = {
    "no UTF-8": b"\xff\xfe\n" + LINES, "cut": LINES[: len(LINES) - 20], "a list": b"[1]\n" + LINES,
    "no step": b'{"reward": 1}\n' + LINES, "texts": LINES + b'{"step": 4, "tokens": "many"}\n',
    "seconds that are none": LINES + b'{"step": 4, "seconds": 7}\n', "too deep": b"[" * 100_000,
    "a step that is none": LINES + b'{"step": null}\n',
}  # fmt: skip


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Writes a run of two notebooks, damages a file of one and gives the words of its page."""
    monkeypatch.setattr(studies_module, "studies_folder", lambda: tmp_path / "studies")
    monkeypatch.setattr(page_module, "read_studies", list)

    def written(name: str, data: bytes | None, told: bool) -> str:
        run = tmp_path / "run"
        for number in ("02", "05", *({DAMAGED[name]} - {"02", "05"})):
            folder = notebook_folder(run, number)
            if number == "05":
                (folder / "metrics.jsonl").write_bytes(LINES)
            if told:
                manifest = json.loads((folder / "manifest.json").read_text())
                manifest["outputs"] = output_digests(folder)
                (folder / "manifest.json").write_text(json.dumps(manifest))
        if data is not None:
            (run / STEMS[DAMAGED[name]] / name).write_bytes(data)
        return words_of(write_report(run).read_text("utf-8"))

    return written


@pytest.mark.parametrize("told", [True, False], ids=["digests", "by hand"])
def test_a_whole_run_has_nothing_to_say(write: Callable[..., str], told: bool) -> None:
    text = write("metrics.jsonl", None, told)
    assert "metrics.json" not in text


@pytest.mark.parametrize("told", [True, False], ids=["digests", "by hand"])
@pytest.mark.parametrize("damage", METRICS)
def test_metrics_that_are_damaged_are_left_out(
    write: Callable[..., str], damage: str, told: bool
) -> None:
    text = write("metrics.json", METRICS[damage], told)
    what = "is changed since it was written" if told else "is damaged"
    assert f"{STEMS['02']}/metrics.json {what} and was left out: run its notebook again" in text


@pytest.mark.parametrize(
    "values",
    [
        {"reports": "<b>many"}, {"reports": [1]}, {"kept": None}, {"kept_by_task": 7},
        {"written": 2, "dropped": {"a": "b"}}, {"written": 2, "dropped": 5},
    ],
)  # fmt: skip
def test_metrics_of_other_types_are_left_out_and_said(
    write: Callable[..., str], values: dict[str, object]
) -> None:
    """As after an edit by hand, or in a run that somebody else sent."""
    text = write("metrics.json", json.dumps(values).encode(), False)
    assert f"{STEMS['02']}/metrics.json cannot be used (" in text
    assert "and was left out: run its notebook again" in text


@pytest.mark.parametrize("told", [True, False], ids=["digests", "by hand"])
@pytest.mark.parametrize("damage", TRAINING)
def test_steps_that_are_damaged_are_said(
    write: Callable[..., str], damage: str, told: bool
) -> None:
    text = write("metrics.jsonl", TRAINING[damage], told)
    what = "is changed since it was written" if told else "holds 1 lines that are no steps"
    said = f"{STEMS['05']}/metrics.jsonl {what}, and steps may be missing here: run its notebook"
    assert said in text


def test_steps_that_were_cut_at_a_line_are_seen_by_their_digest(write: Callable[..., str]) -> None:
    text = write("metrics.jsonl", LINES[: LINES.index(b"\n") + 1], True)
    assert "metrics.jsonl is changed since it was written" in text


@pytest.mark.parametrize("name", ["executed.ipynb", "result.txt", "figures/rise.json"])
@pytest.mark.parametrize("data", [b"\xff\xfe{", b"[1, 2]", b"7", b"null", b'{"a', b""])
def test_the_page_is_written_beside_any_damaged_file(
    write: Callable[..., str], name: str, data: bytes
) -> None:
    assert "What the paper claims" in write(name, data, False)


@pytest.mark.parametrize("damage", TRAINING)
def test_a_comparison_of_damaged_steps_says_that_they_differ(tmp_path: Path, damage: str) -> None:
    for name, data in (("a", LINES), ("b", TRAINING[damage])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "metrics.json").write_text('{"answer": 42}')
        (tmp_path / name / "metrics.jsonl").write_bytes(data)
    text, _ = compare(tmp_path / "a", tmp_path / "b")
    assert "files: 1 of 2 differ: metrics.jsonl" in text


@pytest.mark.parametrize("data", [b"", b"null", b'{"id": "00', b"\xff\xfe{}"])
def test_a_damaged_manifest_stops_neither_page_nor_status(
    write: Callable[..., str], data: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write("metrics.jsonl", None, True)
    (tmp_path / "run" / STEMS["02"] / "manifest.json").write_bytes(data)
    helps = (
        f"{STEMS['02']}/manifest.json is damaged: delete it, then finlmm run 02 --profile cpu --out"
    )
    for command in ("report", "status"):
        assert main([command, str(tmp_path / "run")]) == 0
    assert helps in capsys.readouterr().out
    text = words_of((tmp_path / "run" / "index.html").read_text("utf-8"))
    assert f"{STEMS['02']} damaged . {helps}" in text
    assert "manifest.json is damaged, so metrics.json cannot be checked and was left out" in text
    assert "profile cpu" in text and STEMS["05"].replace("_", " ") in text


def test_metrics_that_are_gone_are_said_on_the_page(
    write: Callable[..., str], tmp_path: Path
) -> None:
    write("metrics.json", None, True)
    (tmp_path / "run" / STEMS["02"] / "metrics.json").unlink()
    text = words_of(write_report(tmp_path / "run").read_text("utf-8"))
    assert f"{STEMS['02']}/metrics.json is gone since it was written and was left out" in text
