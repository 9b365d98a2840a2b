"""Runs at the edges: damaged results, a disk that is full, a kernel that does not come up."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.study.artefacts import output_digests
from finlmm_utils.study.parameters.values import settle
from finlmm_utils.study.runner import runner
from finlmm_utils.study.runner.child import execute
from finlmm_utils.study.runner.manifest import Manifest
from finlmm_utils.study.runner.plan import Step, plan
from tests.helpers import finlmm, make_checkout, manifest, small_disk, write_notebook

pytestmark = pytest.mark.faults
STEM = "00_preflight"
SAVE = 'run.save_metrics({"answer": 42})'
WRITE = """(run.folder / "parts").mkdir(exist_ok=True)
one = run.folder / "parts" / "one.json"
print("made" if not one.exists() else "kept")
one.write_text("{}")
(run.folder / "rows.bin").write_bytes(b"r" * 1000)"""
FILL = """from pathlib import Path
block = b"f" * 65536
with open(run.folder / "filler", "wb", buffering=0) as file:
    while Path(FLAG).exists():
        file.write(block)
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    return make_checkout(tmp_path / "checkout")


def steps_of(checkout: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    """Notebook 00 as ``finlmm run`` plans it, for a run in this process: half the time."""
    monkeypatch.setenv("FINLMM_ROOT", str(checkout))
    out.mkdir(parents=True)
    return plan(["00"], settle(["00"], "cpu", {}, set())[0], out)


def test_resume_skips_what_holds_and_runs_again_what_is_damaged(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    write_notebook(checkout, STEM, WRITE, SAVE)
    (step,) = steps_of(checkout, tmp_path / "out", monkeypatch)
    for name, size in (("rows.bin", 1000), ("parts/one.json", 2), ("parts/two.json", 2)):
        (step.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (step.folder / name).write_bytes(b"r" * size)
    outputs = output_digests(step.folder)
    Manifest(
        id=step.id, notebook=STEM, profile="cpu", parameters=step.values, parts=step.parts, pid=1,
        pid_started=0.0, started="2026-01-01 10:00:00", status="completed", outputs=outputs,
    ).write(step.folder)  # fmt: skip
    assert runner.execute([step], resume=True) == 0
    assert "skipped: completed" in capsys.readouterr().out
    for name in ("rows.bin", "parts/two.json"):
        (step.folder / name).write_bytes(b"damaged")
    assert runner.execute([step], resume=True) == 0
    said = capsys.readouterr().out
    assert f"{STEM}] runs again: parts/two.json is changed since it was completed" in said
    assert (step.folder / "rows.bin").read_bytes() == b"r" * 1000
    assert (step.folder / "parts/one.json").read_bytes() == b"{}", "the notebook wrote it"
    assert not (step.folder / "parts/two.json").exists()
    told = manifest(tmp_path / "out", STEM)
    assert told["status"] == "completed" and told["outputs"] == output_digests(step.folder)


@pytest.mark.parametrize(("resume", "known"), [(False, True), (True, False)])
def test_a_run_made_anew_leaves_nothing_of_the_old_one_but_a_person_s_verdicts(
    resume: bool, known: bool, checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_notebook(checkout, STEM, WRITE, SAVE)
    (step,) = steps_of(checkout, tmp_path / "out", monkeypatch)
    (step.folder / "parts").mkdir(parents=True)
    for name in ("parts/one.json", "review.csv"):
        (step.folder / name).write_text("before")
    Manifest(
        id=step.id if known else "other", notebook=STEM, profile="cpu", parameters=step.values,
        parts=step.parts, pid=1, pid_started=0.0, started="2026-01-01 10:00:00",
        status="completed", outputs=output_digests(step.folder),
    ).write(step.folder)  # fmt: skip
    found: list[str] = []

    def look(step: Step, *_: Any) -> int:
        found.extend(path.name for path in step.folder.rglob("*"))
        return 0

    monkeypatch.setattr(runner, "_run_step", look)
    assert runner.execute([step], resume=resume) == 0 and found == ["review.csv"]


@pytest.mark.slow
def test_a_damaged_result_is_made_anew_and_said(checkout: Path, tmp_path: Path) -> None:
    write_notebook(checkout, STEM, WRITE, SAVE)
    arguments = ["run", "00", "--out", tmp_path / "out", "--resume"]
    assert finlmm(*arguments, checkout=checkout).returncode == 0
    folder = tmp_path / "out" / STEM
    told = manifest(tmp_path / "out", STEM)["outputs"]
    assert set(told) == {"executed.ipynb", "metrics.json", "parts/one.json", "rows.bin"}
    again = finlmm(*arguments, checkout=checkout)
    assert f"{STEM}] skipped: completed" in again.stdout
    (folder / "rows.bin").write_bytes(b"r" * 500)
    (folder / "review.csv").write_text("verdicts of a person")
    again = finlmm(*arguments, checkout=checkout)
    assert again.returncode == 0, again.stdout + again.stderr
    assert f"{STEM}] runs again: rows.bin is changed since it was completed" in again.stdout
    assert "kept" in (folder / "log.txt").read_text(), "single reports that hold are not read again"
    assert (folder / "rows.bin").stat().st_size == 1000
    assert (folder / "review.csv").read_text() == "verdicts of a person"
    told = json.dumps(manifest(tmp_path / "out", STEM)["outputs"])
    assert "review" not in told


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """One of 3 MB."""
    with small_disk(tmp_path / "disk", 3) as place:
        yield place


def test_a_full_disk_is_said_in_the_manifest(
    checkout: Path, tmp_path: Path, full_disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    write_notebook(checkout, STEM, FILL.replace("FLAG", repr(str(flag))), SAVE)
    steps = steps_of(checkout, full_disk / "out", monkeypatch)
    assert runner.execute(steps, resume=True) != 0
    assert "space left" in capsys.readouterr().out
    told = manifest(full_disk / "out", STEM)
    assert told["status"] == "failed" and "space left" in told["error"] and told["ended"]


@pytest.mark.slow
def test_a_full_disk_is_said_and_the_run_goes_on_after(
    checkout: Path, tmp_path: Path, full_disk: Path
) -> None:
    flag = tmp_path / "flag"
    flag.touch()
    write_notebook(checkout, STEM, FILL.replace("FLAG", repr(str(flag))), SAVE)
    out = full_disk / "out"
    done = finlmm("run", "00", "--out", out, "--resume", checkout=checkout)
    assert done.returncode != 0
    assert "No space left" in done.stdout or "no space left" in done.stdout
    assert "Traceback" not in done.stderr
    assert manifest(out, STEM)["status"] == "failed"
    assert "space left" in manifest(out, STEM)["error"]
    assert "failed" in finlmm("status", out, checkout=checkout).stdout
    flag.unlink()
    (out / STEM / "filler").unlink()
    done = finlmm("run", "00", "--out", out, "--resume", checkout=checkout)
    assert done.returncode == 0, done.stdout + done.stderr
    assert manifest(out, STEM)["status"] == "completed"


def test_a_disk_without_room_for_a_start_is_one_line(checkout: Path, full_disk: Path) -> None:
    write_notebook(checkout, STEM, SAVE)
    with (full_disk / "filler").open("wb", buffering=0) as file, pytest.raises(OSError):
        while True:
            file.write(b"f" * 4096)
    done = finlmm("run", "00", "--out", full_disk / "out", checkout=checkout)
    assert done.returncode == 2
    assert done.stderr.startswith("finlmm: ")
    assert done.stderr.count("\n") == 1
    assert "No space left" in done.stderr


def test_a_kernel_that_does_not_start_is_started_once_more(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """As where two kernels took one port: the first ends at once."""
    flag = tmp_path / "started"
    command = (
        "import os, sys; flag = sys.argv[1]; first = not os.path.exists(flag);"
        "open(flag, 'a').close();"
        "first and os._exit(1);"
        "os.execv(sys.executable, [sys.executable, '-m', 'ipykernel_launcher', '-f', sys.argv[2]])"
    )
    spec = tmp_path / "jupyter" / "kernels" / "python3"
    spec.mkdir(parents=True)
    argv = ["python3", "-c", command, str(flag), "{connection_file}"]
    (spec / "kernel.json").write_text(
        json.dumps({"argv": argv, "display_name": "flaky", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
    from nbformat import v4, write

    cells = [v4.new_code_cell("profile = 1", metadata={"tags": ["parameters"]})]
    kernel = {"kernelspec": {"name": "python3", "display_name": "f", "language": "python"}}
    write(v4.new_notebook(cells=cells, metadata=kernel), tmp_path / "one.ipynb")
    job = {
        "notebook": str(tmp_path / "one.ipynb"), "output": str(tmp_path / "two.ipynb"),
        "parameters": {}, "cwd": str(tmp_path), "cell_timeout": None,
    }  # fmt: skip
    assert execute(job) == "completed"
    assert "once more" in capsys.readouterr().out
