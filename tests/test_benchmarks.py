"""Benchmarks run at a small size: that of a large GPU, and the table over seeds."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from finlmm_utils.asp.records import Block, Report
from finlmm_utils.evaluation.studies import read_study
from tests.helpers import ROOT, environment


@pytest.mark.slow
def test_the_real_shapes_at_a_small_size(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    line = "--size tiny --pixels 12544 --tokens 4 --modes lora --steps 1 --prompts 1 --group 2"
    done = subprocess.run(
        [sys.executable, "benchmarks/real_shape.py", *line.split(), "--peak", "1", "--out", file],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    cases = json.loads(file.read_text("utf-8"))["cases"]
    assert [case["policy"].split("/")[1][:9] for case in cases] == ["Qwen2.5-V", "Qwen3-VL-"]
    for measured in cases:
        assert measured["tokens_per_second"] > 0 and 0 < measured["mfu_step"] < 1
        assert sum(measured["seconds_by_part"].values()) == pytest.approx(
            measured["seconds_per_step"], abs=0.05
        )


@pytest.mark.slow
def test_the_real_shapes_end_when_their_minutes_do(tmp_path: Path) -> None:
    file = tmp_path / "table.json"
    line = "--size tiny --pixels 12544 --tokens 100 --modes lora,full --steps 500 --minutes 0.02"
    done = subprocess.run(
        [sys.executable, "benchmarks/real_shape.py", *line.split(), "--out", file],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False, timeout=600,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    cases = json.loads(file.read_text("utf-8"))["cases"]
    assert len(cases) == 4 and all("skipped" in case for case in cases)


@pytest.mark.slow
def test_loading_and_checking_a_set_is_measured(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/data.py", "--rows", "5"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads(done.stdout)
    assert found["rows"] == 5 and not found["refused"]
    parts = {"loading", "lengths", "questions", "pictures"}
    assert found["minutes_for_154000"].keys() == found["seconds"].keys() == parts


def samples_of(folder: Path, policies: dict[str, list[int]]) -> Path:
    """A run in which each policy answered the same four questions, of text and over images."""
    parts = []
    for policy, right in policies.items():
        for kind in ("image", "text"):
            for mode, copies in (("greedy", 1), ("sampled", 2)):
                part = pd.DataFrame({"id": list("abcd") * copies, "right": right * copies})
                part["image_right"] = part["right"] if kind == "image" else None
                parts.append(part.assign(policy=policy, kind=kind, mode=mode))
    (folder / "06_evaluation").mkdir(parents=True)
    pd.concat(parts).to_parquet(folder / "06_evaluation" / "samples.parquet")
    return folder


def seeds(*folders: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "benchmarks/seeds.py", *map(str, folders)]
    return subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, check=False
    )


def test_gains_over_seeds_have_both_intervals(tmp_path: Path) -> None:
    stages = {"base": [1, 0, 0, 0], "stage 1": [1, 1, 0, 0], "stage 2": [1, 1, 1, 0]}
    one = samples_of(tmp_path / "seed_1", stages)
    two = samples_of(tmp_path / "seed_2", stages | {"stage 2": [1, 1, 1, 1]})
    done = seeds(one, two)
    assert done.returncode == 0, done.stderr
    line = next(t for t in done.stdout.splitlines() if t.startswith("stage 2, image accuracy, gr"))
    numbers = [float(word) for word in line.split()[5:]]
    assert numbers[:3] == [0.25, 0.5, 0.375] and numbers[-1] == 8
    low, high, rows_low, rows_high = numbers[3:7]
    assert low < rows_low < 0.375 < rows_high < high, "two seeds say less than eight questions"
    alone = seeds(one)
    assert "no interval over seeds" in alone.stdout and "NaN" in alone.stdout
    missing = seeds(one, tmp_path)
    assert missing.returncode == 1 and missing.stderr.count("\n") == 1
    assert "samples.parquet: not there" in missing.stderr
    base = samples_of(tmp_path / "base", {"base": [1, 0, 0, 0]})
    assert "no answers of stage 1, stage 2" in seeds(base).stderr


def test_two_forms_of_the_audit_side_by_side(tmp_path: Path) -> None:
    columns = [
        "qa_id",
        "report_id",
        "figure_id",
        "page",
        "task",
        "question",
        "answer",
        "unit",
        "evidence",
        "verdict",
        "reason",
    ]
    rows = [
        ["a", "r", "f", 1, "statistics", "What was revenue?", "5", "$m", "e", "keep", ""],
        ["b", "r", "f", 1, "explanation", "营业收入是上升还是下降？", "上升", "", "e", "keep", ""],
        ["c", "r", "f", 1, "statistics", "What was goodwill?", "7", "$m", "e", "drop", ""],
    ]
    one = pd.DataFrame(rows, columns=columns)
    two = one.copy()
    two.loc[1, ["verdict", "reason"]] = ["drop", "not in the picture: revenue of a firm"]
    one.to_csv(tmp_path / "one.csv", index=False)
    two.to_csv(tmp_path / "two.csv", index=False)
    pairs = pd.DataFrame({"report_id": ["r"] * 4, "kept": [True, False, False, True]})
    pairs["reason"] = ["", "figure_full", "no_figure", ""]
    pairs.to_parquet(tmp_path / "iqa.parquet")
    out = tmp_path / "verdicts.csv"
    done = subprocess.run(
        [sys.executable, "benchmarks/audit.py", str(tmp_path / "one.csv"),
         str(tmp_path / "two.csv"), "--out", str(out), "--study", str(tmp_path / "audit"),
         "--pairs", str(tmp_path / "iqa.parquet")],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["judged"] == 3 and 0 < found["kappa"] < 1
    assert found["accepted"]["Chinese"]["judge 1"][:2] == [1, 1]
    assert found["accepted"]["Chinese"]["both"][:2] == [0, 1]
    written = pd.read_csv(out)
    assert list(written.verdict_2) == ["keep", "drop", "drop"]
    assert written.reason_2[1] == "not in the picture"
    assert "revenue" not in out.read_text("utf-8"), "no text of a report"
    again = subprocess.run(
        [sys.executable, "benchmarks/audit.py", "--verdicts", str(tmp_path / "audit/audit.csv")],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(again.stdout) == found, "the verdicts alone give the same numbers"
    study = read_study(tmp_path / "audit")
    assert [one.n for one in study.contrasts if one.primary] == [3]
    neither = next(one for one in study.contrasts if one.claims == ["alignment"])
    assert neither.mean == pytest.approx(1 / 3, abs=0.001)
    answered = next(one for one in study.contrasts if one.claims == ["text_suffices"])
    assert (answered.mean, answered.n) == (0.75, 4), "beyond a cap is answered all the same"
    assert (tmp_path / "audit" / "contrasts.png").is_file()


def test_fragments_cut_chinese_text_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    separation = importlib.import_module("separation")
    texts = [
        "营业收入由二〇一五年的五十亿元增至二〇二一年的八十亿元，增长百分之六十。",
        "Revenue rose from $50m in 2015 to $80m in 2021, by 60%, as more shops were opened.",
    ]
    blocks = [
        Block(index=k, page=k, kind="text", box=(0, 0, 1, 1), text=text)
        for k, text in enumerate(texts, 1)
    ]
    report = Report(report_id="r", file="r.pdf", sha256="0", status="ok", blocks=blocks)
    cut = separation.in_fragments(report, 1).blocks
    for block in blocks:
        pieces = [one.text for one in cut if one.page == block.page]
        assert len(pieces) > 1 and max(map(len, pieces)) < len(block.text) * 0.6
