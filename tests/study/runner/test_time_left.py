"""The time left follows the run: on a clock that the tests turn."""

import json
import os
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import psutil
import pytest

from finlmm_utils.output import clock
from finlmm_utils.study.report.page import write_report
from finlmm_utils.study.report.views.status import status_table
from finlmm_utils.study.runner import measured
from finlmm_utils.study.runner.manifest import Manifest, now, since_boot
from finlmm_utils.study.runner.plan import Step
from finlmm_utils.study.runner.runner import _tell, _time_left
from finlmm_utils.study.runner.time_left import Pace, TimeLeft
from finlmm_utils.study.runner.watch import PROGRESS_SECONDS, Progress
from tests.helpers import make_checkout, write_notebook

NOTEBOOKS = [[1.0, 0.0, 20.0, 3.0], [0.5, 0.0, 120.0, 40.0, 5.0], [2.0, 60.0, 0.0]]
"""Measured seconds of the cells of three notebooks, one after the other."""
START = 4.0
"""What a notebook takes before its first cell, seconds."""
TOTAL = sum(map(sum, NOTEBOOKS)) + START * len(NOTEBOOKS)


def run(slow: float, cells: bool = True, says: bool = False) -> Iterator[tuple[float, float, int]]:
    """Every line on progress of a run: seconds left as said, as they are, and the notebook."""
    pace, whole = Pace(), [sum(one) + START for one in NOTEBOOKS]
    began = 0.0
    for n, one in enumerate(NOTEBOOKS):
        left = TimeLeft(whole[n], sum(whole[n + 1 :]), pace, one if cells else [])
        end = slow * whole[n]
        starts = [slow * (START + sum(one[:k])) for k in range(len(one))]
        line = PROGRESS_SECONDS
        while line < end:
            for k, start in enumerate(starts, start=1):
                if left.cell < k and start <= line:
                    left.enter(k, start)
            if says and left.cell:
                rest = starts[left.cell] if left.cell < len(starts) else end
                left.hear(f"step 3/9  2.1 s/step  {clock(rest - line)} left", line)
            said = left.left(line)
            assert said is not None
            yield said, slow * TOTAL - began - line, n
            line += PROGRESS_SECONDS
        began += end
        pace.took, pace.measured = pace.took + end, pace.measured + whole[n]


@pytest.mark.parametrize("cells", [True, False])
def test_a_run_as_measured_has_left_what_was_measured(cells: bool) -> None:
    for said, true, _ in run(1.0, cells):
        assert said == pytest.approx(true, abs=0.01)


@pytest.mark.parametrize("slow", [0.5, 2.0, 5.0])
@pytest.mark.parametrize("cells", [True, False])
@pytest.mark.parametrize("says", [True, False])
def test_what_is_left_takes_as_much_longer_as_what_was_seen(
    slow: float, cells: bool, says: bool
) -> None:
    last = [(said, true) for said, true, notebook in run(slow, cells, says) if notebook == 2]
    assert last[0][0] == pytest.approx(last[0][1], rel=0.12)
    if cells:  # one cell of 120 of 160 seconds, measured: its end says how the rest will go
        second = [(said, true) for said, true, notebook in run(slow, says=says) if notebook == 1]
        assert second[-1][0] == pytest.approx(second[-1][1], rel=0.15)
    if says and slow > 1:  # nothing is known yet, but the notebook itself says how its cell goes
        first = [(said, true) for said, true, notebook in run(slow, cells, says) if notebook == 0]
        said, true = first[len(first) // 2]
        assert said == pytest.approx(true, rel=0.3)


@pytest.mark.parametrize("slow", [0.3, 1.0, 2.0, 3.7, 10.0, 60.0])
@pytest.mark.parametrize("cells", [True, False])
@pytest.mark.parametrize("says", [True, False])
def test_it_never_stands_still_and_never_falls_below_zero(
    slow: float, cells: bool, says: bool
) -> None:
    lines = [said for said, _, _ in run(slow, cells, says)]
    assert min(lines) >= 0
    still = [len(list(same)) for _, same in groupby(map(clock, lines))]
    assert max(still) <= 2, "only a turn from falling to rising shows a time twice"


def test_a_cell_that_hangs_has_ever_more_left() -> None:
    left = TimeLeft(10.0, 100.0, cells=[1.0, 5.0, 2.0])
    left.enter(2, 3.0)
    said = [left.left(3.0 + 5.0 + late) for late in (5, 10, 60, 600, 6000)]
    assert said == sorted(said) and len(set(map(clock, said))) == len(said)


@pytest.mark.parametrize(
    ("line", "seconds"),
    [
        ("step 3/9  reward 0.512  accuracy 0.250  2.1 s/step  12:34 left", 754),
        ("reports: 3/10, 2.3 s each, 0:07 so far, 1:00:16 left, 3 $ spent", 3616),
        ("99999999999:00 left, 0:99 left, :30 left, left", 0),
        ("what is left of 2:30", 0),
    ],
)
def test_a_notebooks_own_word_is_heard(line: str, seconds: int) -> None:
    left = TimeLeft(1.0, cells=[1.0])
    left.enter(1, 0.0)
    left.hear(line, 1.0)
    assert left.left(1.0) == pytest.approx(seconds, abs=0.5)
    left.enter(2, 2.0)
    assert left.left(2.0) == pytest.approx(0, abs=0.5), "the next cell has said nothing yet"


def test_nothing_is_said_of_what_was_never_measured() -> None:
    left = TimeLeft(0.0, 100.0)
    left.hear("step 3/9 2:00 left", 1.0)
    assert left.left(5.0) is None


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A checkout with two notebooks and nothing measured."""
    folder = make_checkout(tmp_path / "checkout")
    monkeypatch.setenv("FINLMM_ROOT", str(folder))
    for stem in ("00_preflight", "01_asp_reports"):
        write_notebook(folder, stem, "1")
    measured._measured_in.cache_clear()
    yield folder
    measured._measured_in.cache_clear()


def manifest(stem: str, **values: Any) -> Manifest:
    """A manifest of a run of this process."""
    me = psutil.Process()
    common = {"id": "a", "profile": "cpu", "parameters": {}, "parts": {}, "started": now()}
    return Manifest(**common | values, notebook=stem, pid=os.getpid(), pid_started=since_boot(me))


def completed(run_dir: Path, stem: str, durations: list[float | None], **values: Any) -> Path:
    """A notebook's folder as a run leaves it."""
    folder = run_dir / stem
    folder.mkdir(parents=True)
    manifest(stem, status="completed", **values).write(folder)
    cells = [{"metadata": {"papermill": {"duration": seconds}}} for seconds in durations]
    (folder / "executed.ipynb").write_text(json.dumps({"cells": cells}))
    return folder


def step(number: str, folder: Path) -> Step:
    return Step(number, folder, {"profile": "cpu"}, {}, "a")


def test_a_recorded_run_knows_its_cells(checkout: Path, tmp_path: Path) -> None:
    first = completed(tmp_path, "00_preflight", [0.01, 2.26, None, 1.0], seconds=9.5)
    other = completed(tmp_path, "01_asp_reports", [0.5], seconds=20.0)
    measured.record(tmp_path)
    text = measured.measured_path().read_text("utf-8")
    assert '"cells": [ 0.0, 2.3, 0.0, 1.0 ]' in text, "a notebook's cells are one line of the file"
    left = _time_left(step("00", tmp_path / "new"), [step("01", other)], Pace())
    assert (left.measured, left.later, left.cells) == (9.5, 20.0, [0.0, 2.3, 0.0, 1.0])
    write_notebook(checkout, "00_preflight", "1", "a new cell")
    assert _time_left(step("00", first), [], Pace()).cells == [], "of another version"


def test_log_status_and_page_say_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "00_preflight"
    folder.mkdir()
    record = manifest("00_preflight")
    progress = Progress(TimeLeft(100.0, 60.0), cell=2, cells=9)
    _tell("1/2 00_preflight", record, folder, progress, 30.0)
    words = "about 2:10 left in all"
    line = "[1/2 00_preflight] cell 2/9, 0:30 so far, about 2:10 left in all\n"
    assert capsys.readouterr().out == line
    row = status_table(tmp_path).splitlines()[-1]
    assert words in row and "2/9" in row and "0:30" in row
    assert words in write_report(tmp_path).read_text("utf-8")
    record.status = "interrupted"
    record.write(folder)
    assert words not in status_table(tmp_path) + write_report(tmp_path).read_text("utf-8")
