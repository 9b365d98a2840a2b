"""Arms side by side: one that fails leaves the others alone; their clock is its own."""

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.evaluation.arms import run
from finlmm_utils.evaluation.arms.arm import settings_of
from finlmm_utils.evaluation.arms.kept import kept_of
from finlmm_utils.evaluation.arms.spec import PlanError, read_plan
from finlmm_utils.study.parameters.profiles import load_profile
from tests.evaluation.arms.test_contrasts import PLAN, record


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


CHANGES: dict[str, Any] = {
    "shared": {"steps": 31},
    "reward_weights": {"accuracy": 1.0, "format": 0.5},
    "eval_samples": 3,
    "tasks": ["statistics"],
}


@pytest.mark.parametrize("field", CHANGES)
def test_arms_that_were_told_something_else_are_refused(field: str, tmp_path: Path) -> None:
    path = tmp_path / "made_up.yaml"
    path.write_text(PLAN, encoding="utf-8")
    plan, values = read_plan(path), load_profile("cpu")
    told = record("with_it", 1) | {"settings": settings_of(plan, "with_it", 1, values)}
    for arm, seed, one in (("with_it", 1, told), ("without", 1, record("without", 1))):
        (tmp_path / f"{arm}-{seed}.json").write_text(json.dumps(one), encoding="utf-8")
    ran = run.same_settings(plan, tmp_path, {}, values)
    assert [one.settings for one in ran.values()] == [told["settings"], ""]
    now = plan.model_copy(update={field: CHANGES[field]})
    with pytest.raises(PlanError, match="made_up: with_it-1 ran with other settings"):
        run.same_settings(now, tmp_path, {}, values)
    with pytest.raises(PlanError, match="with_it-1 ran with other settings"):
        run.same_settings(now, tmp_path / "elsewhere", {("with_it", 1): kept_of(told)}, values)


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
