"""The manifest tells the truth however a run ends, and ``--resume`` completes it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from finlmm_utils.study.cli import main
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.study.runner.manifest import read_manifest
from finlmm_utils.study.runner.plan import plan
from finlmm_utils.tar.config import StageConfig
from tests.helpers import (
    cell_states,
    command,
    environment,
    make_checkout,
    manifest,
    write_notebook,
)

SAVE = 'run.save_metrics({"answer": 42})'
STAGED = """import os, signal, time
from pathlib import Path
flag = Path(os.environ["FLAG"])
stage = len(flag.read_text()) if flag.exists() else 0
flag.write_text("x" * (stage + 1))
print("the line before the end")
"""
LAST = "print('the last cell')"
STEM = "01_asp_reports"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = make_checkout(tmp_path / "checkout {of} tests")
    write_notebook(folder, "00_preflight", SAVE)
    return folder


def pids_of(text: str) -> list[int]:
    """Processes, this one aside, whose command line or environment holds a text."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid != os.getpid() and text in process.environ().values():
                found.append(process.pid)
        except psutil.Error:
            continue
    return found


Ended = tuple[int, str, str]


@pytest.fixture
def here(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Ended]:
    """``finlmm`` in this process, its notebooks in theirs: exit code, output, errors."""
    monkeypatch.setenv("FINLMM_ROOT", str(checkout))

    def run(*arguments: object) -> Ended:
        code = main([str(one) for one in arguments])
        return code, *capsys.readouterr()

    return run


def wait_for(path: Path, seconds: float = 120) -> None:
    """Wait until a file is there."""
    end = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < end, f"{path} did not appear"
        time.sleep(0.1)


def wait_gone(flag: str, seconds: float = 30) -> None:
    """Wait until no process of a run is left."""
    end = time.monotonic() + seconds
    while pids_of(flag):
        assert time.monotonic() < end, "processes of the run are still there"
        time.sleep(0.2)


def test_a_run_that_ends_badly_says_how_and_resumes(
    checkout: Path, tmp_path: Path, here: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    endings = [
        ("os.kill(os.getpid(), signal.SIGKILL)", "kernel_died", 11),
        ("time.sleep(600)", "timeout", 12),
        ("raise ValueError('no figure on page 3')", "failed", 10),
    ]
    write_notebook(checkout, STEM, STAGED + "\n".join(
        f"if stage == {stage}:\n    {ending[0]}" for stage, ending in enumerate(endings)
    ), SAVE, LAST)  # fmt: skip
    out, flag = tmp_path / "out", tmp_path / "flag"
    monkeypatch.setenv("FLAG", str(flag))
    whole = ["run", "00", "01", "--out", out, "--resume", "--cell-timeout", "10"]
    for ending, status, code in endings:
        ended, said, errors = here(*whole)
        assert ended == code, said + errors
        assert manifest(out, "00_preflight")["status"] == "completed"
        assert manifest(out, STEM)["status"] == status
        states = cell_states(out, STEM)
        assert states == [*["completed"] * 3, status, "pending", "pending"]
        assert f"[2/2 {STEM}] {status}" in said
        assert "the line before the end" in said.split("--- last lines")[1]
        assert ending in said.split("--- the cell")[1]
        if status == "failed":
            assert "ValueError: no figure on page 3" in said.split("--- its error")[1]
            error = manifest(out, STEM)["error"]
            assert error == "cell 4 of 6: ValueError: no figure on page 3"
        assert not pids_of(str(flag))
        assert status.replace("_", " ") in (out / "index.html").read_text()
    ended, said, errors = here(*whole)
    assert ended == 0, said + errors
    assert "00_preflight] skipped" in said
    assert manifest(out, STEM)["status"] == "completed"
    assert set(cell_states(out, STEM)) == {"completed"}


def test_an_interrupted_runner_leaves_the_truth_and_no_kernel(
    checkout: Path, tmp_path: Path, here: Callable[..., Ended], monkeypatch: pytest.MonkeyPatch
) -> None:
    stages = "if stage < 3:\n    Path(f'{flag}{stage}').touch()\n    time.sleep(600)"
    write_notebook(checkout, STEM, STAGED + stages, SAVE, LAST)
    out, flag = tmp_path / "out", tmp_path / "flag"
    monkeypatch.setenv("FLAG", str(flag))
    arguments = ["run", "00", "01", "--out", out, "--resume"]
    for stage, ending in enumerate((signal.SIGINT, signal.SIGTERM, signal.SIGKILL)):
        process = subprocess.Popen(
            command(*arguments),
            env=environment(checkout, FLAG=str(flag)),
            cwd=checkout,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            # A test run in the background may have been started with SIGINT ignored.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        wait_for(Path(f"{flag}{stage}"))
        if stage == 0:
            ended, _, errors = here(*arguments)
            assert ended == 2
            assert f"process {process.pid} runs in it" in errors
        process.send_signal(ending)
        output, _ = process.communicate(timeout=120)
        assert process.returncode == (-9 if ending == signal.SIGKILL else 130), output
        wait_gone(str(flag))
        states = cell_states(out, STEM)
        assert states[4:] == ["pending", "pending"]
        _, table, _ = here("status", out)
        assert "interrupted" in table
        assert "running" not in table
        if ending != signal.SIGKILL:
            assert manifest(out, STEM)["status"] == states[3] == "interrupted"
            assert "the line before the end" in output.split("--- last lines")[1]
    ended, said, errors = here(*arguments)
    assert ended == 0, said + errors
    assert "00_preflight] skipped" in said
    assert set(cell_states(out, STEM)) == {"completed"}
    whole = read_manifest(out / STEM)
    assert whole is not None and whole.continued == 3  # three processes did not get to the end
    assert whole.whole_seconds > whole.seconds


def test_ids_follow_what_a_result_depends_on(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FINLMM_ROOT", str(checkout))
    for stem in (STEM, "02_asp_questions", "04_stage1_text_grpo"):
        write_notebook(checkout, stem, SAVE)
    reports = tmp_path / "reports"
    reports.mkdir()
    (reports / "a.pdf").write_bytes(b"%PDF-1.7 one")
    values = {**load_profile("cpu"), "reports_dir": str(reports)}

    def changed(before: dict[str, str]) -> tuple[dict[str, str], set[str]]:
        steps = plan(["00", "01", "02", "04"], values, tmp_path / "out")
        ids = {step.number: step.id for step in steps}
        return ids, {number for number in ids if ids[number] != before.get(number)}

    ids, new = changed({})
    assert new == {"00", "01", "02", "04"}
    assert changed(ids)[1] == set()
    values["margin"] = 0.5
    ids, new = changed(ids)
    assert new == {"02"}
    (reports / "a.pdf").write_bytes(b"%PDF-1.7 two")
    ids, new = changed(ids)
    assert new == {"01", "02"}
    moved = reports.rename(tmp_path / "elsewhere")
    values["reports_dir"] = str(moved)
    assert changed(ids)[1] == set()
    write_notebook(checkout, STEM, SAVE, LAST)
    ids, new = changed(ids)
    assert new == {"01", "02"}
    (checkout / "requirements.lock").write_text("numpy==2.4.6\n")
    ids, new = changed(ids)
    assert new == {"00", "01", "02", "04"}
    values["seed"] = 2
    assert changed(ids)[1] == new


def test_seeds_go_to_their_folders_and_compare(
    checkout: Path, tmp_path: Path, here: Callable[..., Ended]
) -> None:
    write_notebook(
        checkout, STEM, 'run.save_metrics({"seed": run.parameters.seed, "same": [1, 0.5]})',
        "from finlmm_utils.tar.config import StageConfig\n"
        'arm = run.folder / "arm"\narm.mkdir()\n'
        "StageConfig(steps=run.parameters.seed, learning_rate=0.5).write(arm)",
    )  # fmt: skip
    out = tmp_path / "out"
    old = out / "seed_2" / STEM / "old"
    old.mkdir(parents=True)
    StageConfig(steps=9, learning_rate=0.5).write(old)  # of an earlier run, whose arm is gone
    ended, said, errors = here("run", "01", "--seeds", "1,2", "--out", out)
    assert ended == 0, said + errors
    assert manifest(out / "seed_2", STEM)["parameters"]["seed"] == 2
    told = StageConfig(steps=2, learning_rate=0.5).model_dump(mode="json")
    assert manifest(out / "seed_2", STEM)["stages"] == {"arm": told}
    ended, said, _ = here("compare", out / "seed_1", out / "seed_2")
    assert ended == 1
    assert "01_asp_reports: seed" in said
    assert "+1" in said
    assert "same" not in said
    ended, said, _ = here("compare", out / "seed_1", out / "seed_1")
    assert ended == 0
    assert "metrics: identical" in said
    assert "files: identical" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--set", "made_reports=-1"], ["01_asp_reports", "made_reports", "-1", "greater"]),
        (["--set", "made_report=3"], ["made_report", "unknown", "made_reports"]),
        (["--set", "dpi=high"], ["01_asp_reports", "dpi", "'high'", "whole number"]),
        (["--set", "workers=2.5"], ["workers", "2.5", "whole number"]),
        (["--set", "reports_dir=/no/such"], ["01_asp_reports", "reports_dir", "/no/such"]),
        (["--set", "seed"], ["NAME=VALUE"]),
        (["--seeds", "1,x"], ["--seeds", "whole numbers"]),
        (["--seeds", "1,1"], ["--seeds", "once"]),
        (["--profile", "laptop"], ["laptop", "smoke, cpu, t4, gpu, paper"]),
        (["02"], ["02_asp_questions", "01_asp_reports", "finlmm run 01"]),
        (["03"], ["03_distractors.ipynb", "missing"]),
        (["77"], ["77", "unknown"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_wrong_input_is_one_line_before_any_work(
    checkout: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: list[str],
) -> None:
    monkeypatch.setenv("FINLMM_ROOT", str(checkout))
    write_notebook(checkout, STEM, SAVE)
    write_notebook(checkout, "02_asp_questions", SAVE)
    out = tmp_path / "out"
    assert main(["run", "--out", str(out), *arguments]) == 2
    error = capsys.readouterr().err
    assert len(error.strip().splitlines()) == 1, error
    assert all(word in error for word in words), error
    assert not list(out.rglob("manifest.json"))


def test_sweep_shares_the_first_notebooks(
    checkout: Path, tmp_path: Path, here: Callable[..., Ended]
) -> None:
    write_notebook(checkout, STEM, SAVE)
    write_notebook(
        checkout, "02_asp_questions", 'run.save_metrics({"m": run.parameters.margin, "s": seed})'
    )
    file, out = tmp_path / "grid.yaml", tmp_path / "sweep"
    file.write_text(
        "profile: cpu\nshared: ['01']\nnotebooks: ['02']\ngrid: {margin: [0.1, 0.2]}\nseeds: [3]\n"
    )
    whole = ["sweep", file, "--jobs", "2", "--out", out, "--resume"]
    ended, said, errors = here(*whole)
    assert ended == 0, said + errors
    rows = (out / "sweep.csv").read_text().splitlines()
    assert rows[0] == "margin,seed,02_asp_questions: m,02_asp_questions: s"
    assert rows[1:] == ["0.1,3,0.1,3", "0.2,3,0.2,3"]
    assert not (out / "margin=0.1" / "seed_3" / STEM).exists()
    inputs = manifest(out / "margin=0.1" / "seed_3", "02_asp_questions")["parts"]["inputs"]
    assert inputs == {STEM: manifest(out / "shared" / "seed_3", STEM)["id"]}
    assert here(*whole)[0] == 0
    assert "skipped" in (out / "margin=0.1" / "seed_3" / "runner.log").read_text()
    file.write_text(file.read_text().replace("0.2]", "-1.0]"))
    ended, _, errors = here(*whole)
    assert ended == 2
    assert "margin" in errors


def test_plain_papermill_takes_a_flat_profile(tmp_path: Path) -> None:
    checkout = make_checkout(tmp_path / "checkout")
    path = write_notebook(checkout, STEM, SAVE)
    papermill = [*command()[:1], "-m", "papermill", "--no-progress-bar", str(path)]
    profile = str(checkout / "papermill_runs" / "profiles" / "smoke.yaml")
    good, bad = str(tmp_path / "good.ipynb"), str(tmp_path / "bad.ipynb")
    run_dir = ["-p", "run_dir", str(tmp_path / "run")]

    def plain(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*papermill, *arguments, *run_dir],
            env=environment(checkout),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    done = plain(good, "-f", profile)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "run" / STEM / "metrics.json").read_text()) == {"answer": 42}
    done = plain(bad, "-f", profile, "-p", "made_reprots", "3")
    assert done.returncode != 0
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("ParameterError: notebook 01_asp_reports: parameter 'made_reprots'")
    assert "did you mean 'made_reports'" in last
