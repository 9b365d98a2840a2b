"""Two starts at one instant: one runs, the other is refused or waits; the dead hold nothing."""

import errno
import fcntl
import multiprocessing
import os
import signal
import subprocess
from pathlib import Path

import pytest

from finlmm_utils.study.cli import main
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.runner.lock import locked
from tests.helpers import small_disk

pytestmark = pytest.mark.faults
FORK = multiprocessing.get_context("fork")
PAIRS = 100


def _starts(folders: list[Path], gate, tried, results) -> None:
    """Takes each lock at the same instant as another process, and holds it until both tried."""
    for folder in folders:
        gate.wait()
        try:
            with locked([folder]):
                results.put("runs")
                tried.wait()
        except RunError as error:
            results.put(str(error))
            tried.wait()


@pytest.mark.skipif(os.name != "posix", reason="needs fork")
def test_of_two_starts_at_one_instant_one_runs(tmp_path: Path) -> None:
    folders = [tmp_path / f"{number}" for number in range(PAIRS)]
    gate, tried, results = FORK.Barrier(2), FORK.Barrier(2), FORK.Queue()
    both = [FORK.Process(target=_starts, args=(folders, gate, tried, results)) for _ in "ab"]
    for process in both:
        process.start()
    said = [results.get(timeout=60) for _ in range(2 * PAIRS)]
    for process in both:
        process.join()
    assert said.count("runs") == PAIRS
    refused = [line for line in said if line != "runs"]
    assert all("runs in it: expected no other" in line for line in refused)
    assert {line.partition(":")[0] for line in refused} == {str(folder) for folder in folders}


def _hold(folder: Path, held, end) -> None:
    with locked([folder]):
        held.set()
        end.wait()


@pytest.mark.skipif(os.name != "posix", reason="needs fork")
def test_a_killed_holder_holds_nothing(tmp_path: Path) -> None:
    held, end = FORK.Event(), FORK.Event()
    holder = FORK.Process(target=_hold, args=(tmp_path, held, end))
    holder.start()
    held.wait(30)
    with pytest.raises(RunError, match="another process runs in it"), locked([tmp_path]):
        pass
    os.kill(holder.pid, signal.SIGKILL)
    holder.join()
    with locked([tmp_path]):
        pass


def _wait(folder: Path, waiting, results) -> None:
    waiting.set()
    with locked([folder], wait=True):
        results.put("runs")


@pytest.mark.skipif(os.name != "posix", reason="needs fork")
def test_who_waits_runs_after_the_other(tmp_path: Path) -> None:
    waiting, results = FORK.Event(), FORK.Queue()
    with locked([tmp_path]):
        waiter = FORK.Process(target=_wait, args=(tmp_path, waiting, results))
        waiter.start()
        waiting.wait(30)
        waiter.join(0.3)
        assert results.empty()
    assert results.get(timeout=30) == "runs"
    waiter.join()


@pytest.mark.parametrize(
    "case", ["a file", "below a file", "no place", "no base", "itself", "circle"]
)
def test_an_out_that_can_not_be_one_is_one_line(tmp_path: Path, capsys, case: str) -> None:
    out, more = tmp_path / "out", []
    if case in ("a file", "below a file"):
        out.write_text("here already")
        out = out if case == "a file" else out / "deeper"
    elif case == "no place":
        out = Path("/proc/none/out")
    elif case == "no base":
        more = ["--base", str(tmp_path / "nobody")]
    elif case == "itself":
        out.mkdir()
        more = ["--base", str(out)]
    else:
        base = tmp_path / "base"
        base.mkdir()
        out.mkdir()
        (base / "upstream.txt").write_text("../out")
        more = ["--base", str(base)]
    assert main(["run", "00", "--profile", "smoke", "--out", str(out), *more]) == 2
    said = capsys.readouterr().err
    assert said.startswith("finlmm: ")
    assert said.count("\n") == 1
    assert ("Errno" if case == "no place" else "expected") in said
    assert ("there is none" in said) == (case == "no base")
    assert str(out.parent) in said


def test_an_out_on_a_read_only_disk_is_one_line(tmp_path: Path, capsys) -> None:
    with small_disk(tmp_path / "disk", 1) as place:
        subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
        assert main(["run", "00", "--profile", "smoke", "--out", str(place / "out")]) == 2
    said = capsys.readouterr().err
    assert said.startswith("finlmm: ")
    assert said.count("\n") == 1
    assert "Read-only file system" in said
    assert str(place / "out") in said


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO, errno.ESTALE])
def test_a_disk_without_locks_is_one_line(
    code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some networks' disks answer; nobody could say that no other run works there."""

    def refuse(file: int, how: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.raises(RunError, match=r"\.lock: .*name a folder of another disk by --out"):
        locked([tmp_path]).__enter__()


def test_a_lock_that_is_no_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a" / ".lock").mkdir(parents=True)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / ".lock").symlink_to(tmp_path / "key")
    for folder in (tmp_path / "a", tmp_path / "b"):
        with pytest.raises(RunError, match="expected a file that this user can lock"):
            locked([folder]).__enter__()
    assert not (tmp_path / "key").exists(), "nothing is made where a link leads"
