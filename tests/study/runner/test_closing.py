"""The end of a run: a signal in the moment of its manifest, results that are odd, a set clock."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from finlmm_utils.study.errors import RunError, StudyError
from finlmm_utils.study.report.views.status import status_table
from finlmm_utils.study.runner import closing
from finlmm_utils.study.runner.closing import close, uninterrupted
from finlmm_utils.study.runner.manifest import Manifest, manifests, now, read_manifest, since_boot
from finlmm_utils.study.runner.plan import Step
from finlmm_utils.study.runner.runner import execute
from finlmm_utils.study.runner.time_left import TimeLeft
from finlmm_utils.study.runner.watch import Progress, show_failure

pytestmark = pytest.mark.faults
STEM = "00_preflight"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "run" / STEM
    made.mkdir(parents=True)
    (made / "metrics.json").write_text("{}")
    return made


@pytest.fixture
def signals() -> Iterator[None]:
    """As ``finlmm`` takes them, whatever started the tests."""

    def interrupt(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    both = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, interrupt) for number in both]
    yield
    for number, handler in zip(both, before, strict=True):
        signal.signal(number, handler)


def of_this_process(**values: Any) -> Manifest:
    me = psutil.Process()
    common = {"id": "a", "notebook": STEM, "profile": "cpu", "parameters": {}, "parts": {}}
    started = {"started": now(), "pid": os.getpid(), "pid_started": since_boot(me)}
    return Manifest(**common | started | values)


def progress() -> Progress:
    return Progress(TimeLeft(0.0), cell=6, cells=6)


@pytest.mark.parametrize(
    ("error", "ends"),
    [
        ("MissingArtefact: 01: figures.parquet is changed; run notebook 01 first", True),
        ("StageError: step 3: not finite", False),
        ("", False),
    ],
)
def test_what_helps_is_said_by_whose_fault_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], error: str, ends: bool
) -> None:
    """No --resume of this notebook alone mends what another one wrote."""
    raised = new_output("error", ename="E", evalue="", traceback=[f"\x1b[31m{error}"] * bool(error))
    executed = new_notebook(cells=[new_code_cell("read()", outputs=[raised])])
    nbformat.write(executed, folder / "executed.ipynb")
    manifest = of_this_process(status="failed", error=error)
    show_failure(STEM, manifest, folder / "executed.ipynb", progress())
    last = capsys.readouterr().out.splitlines()[-1]
    assert last.endswith("the same command with --resume continues here")
    assert ("do that first" in last) == ends


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_a_manifest_is_written_waits_and_ends_the_run_then(
    folder: Path, signals: None, monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    whole = closing.output_digests

    def struck(place: Path) -> dict[str, str]:
        signal.raise_signal(number)
        return whole(place)

    monkeypatch.setattr(closing, "output_digests", struck)
    with pytest.raises(KeyboardInterrupt), uninterrupted(ends=True):
        close(of_this_process(status="completed"), folder, progress(), 0)
    told = read_manifest(folder)
    assert told is not None and told.status == "completed"
    assert told.outputs == whole(folder), "what was made in hours is not made again"
    with uninterrupted(ends=False):  # the second Ctrl-C of an impatient person
        signal.raise_signal(number)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(number)


def test_a_result_that_nobody_can_read_fails_the_notebook_and_says_so(folder: Path) -> None:
    (folder / "rows").symlink_to("/proc/self/mem")
    if not (folder / "rows").is_file():
        pytest.skip("no /proc here")
    close(of_this_process(status="completed"), folder, progress(), 0)
    told = read_manifest(folder)
    assert told is not None and told.status == "failed"
    assert told.error and told.error.startswith("a result can't be read: [Errno")


def test_files_of_others_in_the_folder_do_not_stop_the_end(folder: Path) -> None:
    """A name that is no UTF-8, a link that leads nowhere, a pipe."""
    (folder / os.fsdecode("年报.json".encode("gbk"))).write_text("{}")
    (folder / "gone").symlink_to("nowhere")
    os.mkfifo(folder / "pipe")
    close(of_this_process(status="completed"), folder, progress(), 0)
    told = read_manifest(folder)
    assert told is not None and told.status == "completed"
    assert list(told.outputs or {}) == ["metrics.json"]


@pytest.mark.parametrize("seconds", [-86_400, -2, 2, 7_200])
def test_a_clock_that_is_set_ends_no_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """The system tells a process's start by the clock: on a set one it moves with it."""
    manifest = of_this_process()
    assert manifest.true_status() == "running"
    before, system = psutil.Process().create_time(), psutil._psplatform
    real = system.boot_time
    monkeypatch.setattr(system, "boot_time", lambda: real() + seconds)
    if psutil.Process().create_time() == before:
        pytest.skip("this system tells it by no clock")
    assert manifest.true_status() == "running"


def test_another_process_of_the_same_number_is_not_the_run() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        mine = since_boot(psutil.Process())
        assert of_this_process(pid=other.pid, pid_started=mine).true_status() == "interrupted"
        its = since_boot(psutil.Process(other.pid))
        assert of_this_process(pid=other.pid, pid_started=its).true_status() == "running"
        other.communicate(b"\n")
    assert of_this_process(pid=other.pid, pid_started=its).true_status() == "interrupted"


@pytest.mark.parametrize(
    "change",
    [{"seconds": 1e999}, {"left": float("nan")}, {"pid": -5}, {"pid": 10**30}, {"pid": 2**40},
     {"pid_started": float("-inf")}, {"peak_mb": float("nan")}, {"status": "well"},
     {"parameters": {"a": float("inf")}, "cell": "all"}],
)  # fmt: skip
def test_a_manifest_of_impossible_numbers_is_damaged_and_nothing_else(
    folder: Path, change: dict[str, Any]
) -> None:
    content = json.loads(of_this_process().model_dump_json()) | change
    (folder / "manifest.json").write_text(json.dumps(content))
    with pytest.raises(RunError, match="delete it and run again") as caught:
        read_manifest(folder)
    assert isinstance(caught.value, StudyError) and "\n" not in str(caught.value)
    assert "damaged" in status_table(folder.parent)


def test_a_notebook_s_folder_that_is_a_link_is_not_cleared(
    tmp_path: Path,
) -> None:
    """Somebody linked an older run's results into a new run's folder."""
    (old := tmp_path / "old" / STEM).mkdir(parents=True)
    (old / "metrics.json").write_text("the work of a week")
    (out := tmp_path / "out").mkdir()
    (out / STEM).symlink_to(old)
    values = {"profile": "cpu", "run_dir": str(out), "seed": 1}
    step = Step("00", out / STEM, values, {}, "another id")
    for resume in (False, True):
        with pytest.raises(RunError, match=r"is a link.* --base"):
            execute([step], resume=resume)
    assert (old / "metrics.json").read_text() == "the work of a week"


def test_other_programs_manifests_are_left_alone(folder: Path) -> None:
    """A page that a browser installs has such a file: nobody is told to delete it."""
    of_this_process(status="completed").write(folder)
    (site := folder.parent / "site").mkdir()
    (site / "manifest.json").write_text('{"name": "My page", "icons": []}')
    assert [place for place, _ in manifests(folder.parent)] == [folder]
    table = status_table(folder.parent)
    assert "damaged" not in table and "site" not in table
