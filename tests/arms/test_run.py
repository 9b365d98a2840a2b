"""Arms side by side: one that fails leaves the others alone; their clock is its own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.arms import run
from tests.arms.test_contrasts import PLAN


class Threads(ThreadPoolExecutor):
    """In place of processes, which would not know what a test gives them to do."""

    def __init__(self, jobs: int, mp_context: Any) -> None:
        super().__init__(jobs)
        self._processes: dict[int, Any] = {}


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    path = tmp_path / "made_up.yaml"
    path.write_text(PLAN, encoding="utf-8")
    monkeypatch.setattr(run, "ProcessPoolExecutor", Threads)

    def started(job: Callable[[str, int], None], minutes: float = 0.0) -> int:
        def done(path: str, arm: str, seed: int, data: str, out: str, values: Any) -> float:
            job(arm, seed)
            (Path(out) / f"{arm}-{seed}.json").write_text("{}", encoding="utf-8")
            return 1.0

        monkeypatch.setattr(run, "_job", done)
        return run.run_arms(path, tmp_path, tmp_path, {}, 2, minutes)

    return started


def test_arms_that_fail_are_named_when_all_others_have_run(
    start: Callable[..., int], tmp_path: Path
) -> None:
    def job(arm: str, seed: int) -> None:
        if (arm, seed) == ("with_it", 1):
            raise TimeoutError("a server does not answer")  # no word on the minutes of the study
        if (arm, seed) == ("same", 2):
            raise ValueError("no\nrows")

    with pytest.raises(run.ArmError, match="2 of 12 arms failed") as failed:
        start(job, minutes=600)
    said = str(failed.value)
    assert "with_it-1 (TimeoutError: a server does not answer)" in said
    assert "same-2 (ValueError: no rows)" in said
    assert len(list(tmp_path.glob("*-*.json"))) == 10


def test_when_the_minutes_are_over_nothing_more_is_begun(
    start: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    released = threading.Event()

    def job(arm: str, seed: int) -> None:
        released.wait()

    try:
        assert start(job, minutes=1e-6) == 12
    finally:
        released.set()
    assert "minutes are over" in capsys.readouterr().out
