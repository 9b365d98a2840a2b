"""Runs the arms of a plan, several at a time; what is done is not done again."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from finlmm_utils.errors import OneLine
from finlmm_utils.evaluation.arms.arm import run_arm, settings_of
from finlmm_utils.evaluation.arms.contrasts import read_results
from finlmm_utils.evaluation.arms.data import digest_of, pack_run, take_rows
from finlmm_utils.evaluation.arms.kept import Kept, Run, kept_of, read_kept, same_rows
from finlmm_utils.evaluation.arms.spec import Plan, PlanError, read_plan
from finlmm_utils.evaluation.arms.starts import make_start
from finlmm_utils.output import progress_line


class ArmError(OneLine, RuntimeError):
    """Arms of a study that failed; one line that says which and where their logs are."""


def _job(path: str, arm: str, seed: int, data: str, out: str, values: dict[str, Any]) -> float:
    """In a process of its own: one arm, its training's lines in a log beside it; the seconds."""
    start = time.monotonic()
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with _log(folder, arm, seed).open("w", encoding="utf-8") as log, redirect_stdout(log):
        try:
            run_arm(read_plan(Path(path)), arm, seed, Path(data), folder, values)
        except Exception:
            traceback.print_exc(file=log)
            raise
    return time.monotonic() - start


def _log(out: Path, arm: str, seed: int) -> Path:
    return out / f"{arm}-{seed}.log"


def jobs_of(
    plan: Plan, out: Path, arms: list[str] | None = None, done: Collection[Run] = ()
) -> list[Run]:
    """What is still to run: all arms of a seed before the next seed.

    Args:
        plan: of the study.
        out: folder of its results.
        arms: only these.
        done: committed before.
    """
    chosen = [arm for arm in plan.arms if not arms or arm in arms]
    every = [(arm, seed) for seed in plan.seeds for arm in chosen if (arm, seed) not in done]
    return [(arm, seed) for arm, seed in every if not (out / f"{arm}-{seed}.json").is_file()]


def run_arms(
    path: Path, data: Path, out: Path, values: dict[str, Any], jobs: int = 2,
    minutes: float = 0.0, arms: list[str] | None = None, committed: Collection[Run] = (),
) -> int:  # fmt: skip
    """Runs what is still to run, ``jobs`` at a time, one thread each.

    Args:
        path: of the plan.
        data: see :func:`finlmm_utils.evaluation.arms.arm.run_arm`.
        out: folder of the results.
        values: of the plan's profile.
        jobs: processes.
        minutes: after which no further arm is begun and those under way are given up; 0: no limit.
        arms: only these.
        committed: arms with seeds that do not run again.

    Returns:
        How many are left to run.

    Raises:
        ArmError: arms failed; all others have run.
    """
    plan = read_plan(path)
    waiting = jobs_of(plan, out, arms, committed)
    for arm, seed in waiting:  # here, once, and not by two arms at a time
        if name := plan.arms[arm].start:
            make_start(plan, name, seed, data, values)
    print(f"{plan.name}: {len(waiting)} arms to run, {jobs} at a time", flush=True)
    start, done, failed = time.monotonic(), 0, []
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    running: dict[Future[float], Run] = {
        pool.submit(_job, str(path), arm, seed, str(data), str(out), values): (arm, seed)
        for arm, seed in waiting
    }
    try:
        while running:
            left = start + minutes * 60 - time.monotonic() if minutes else None
            ended, _ = wait(running, left and max(0.0, left), FIRST_COMPLETED)
            if not ended:
                print(f"{plan.name}: {minutes} minutes are over", flush=True)
                break
            for future in ended:
                arm, seed = running.pop(future)
                done += 1
                if error := future.exception():
                    said = " ".join(str(error).split())[:200]
                    failed.append(f"{arm}-{seed} ({type(error).__name__}: {said})")
                    print(f"{failed[-1]}: see {_log(out, arm, seed)}", flush=True)
                    continue
                rest = (time.monotonic() - start) / done * len(running) / 60
                progress_line(f"{arm}, seed {seed}: {future.result():.0f} s; "
                              f"{done}/{len(waiting)}, {rest:.0f} min left")  # fmt: skip
    finally:
        processes = list(pool._processes.values())
        pool.shutdown(wait=False, cancel_futures=True)
        for process in processes if running else ():
            process.terminate()
    if failed:
        raise ArmError(
            f"{plan.name}: {len(failed)} of {len(waiting)} arms failed, the others are kept in "
            f"{out}: {'; '.join(failed)}; their logs are there; run the same command again"
        )
    return len(jobs_of(plan, out, arms, committed))


def same_settings(
    plan: Plan, out: Path, committed: Mapping[Run, Kept], values: Mapping[str, Any]
) -> dict[Run, Kept]:
    """All arms of a plan that have run; refuses those that were told something else than it says.

    Arms from before this was noted are taken as they are.

    Args:
        plan: of the study.
        out: folder of the results.
        committed: arms that ran before.
        values: of the plan's profile.

    Raises:
        PlanError: they ran with other settings.
    """
    ran = {run: kept_of(record) for run, record in read_results(plan, out).items()}
    every = {**committed, **ran}
    other = [
        f"{arm}-{seed}" for (arm, seed), one in every.items()
        if one.settings and arm in plan.arms
        and one.settings != settings_of(plan, arm, seed, values)
    ]  # fmt: skip
    if other:
        raise PlanError(
            f"{plan.name}: {', '.join(other)} ran with other settings than the plan and its "
            "profile give now, or from other weights; expected the same, or --out FOLDER and --to "
            "FOLDER to begin anew"
        )
    return every


def run_study(
    path: Path, run: Path | None, out: Path, to: Path, values: dict[str, Any], jobs: int = 2,
    minutes: float = 0.0, arms: list[str] | None = None,
) -> int:  # fmt: skip
    """Prepares the rows of a run and runs the arms that are not committed yet.

    Args:
        path: of the plan.
        run: see :func:`~finlmm_utils.evaluation.arms.data.pack_run`; None: the rows committed in
            ``to/rows``.
        out: folder of the results; the rows go to ``out/data``.
        to: folder of the committed studies.
        values: of the plan's profile.
        jobs: processes.
        minutes: see :func:`run_arms`.
        arms: only these.

    Returns:
        How many are left to run.

    Raises:
        PlanError: the run lacks notebooks, its rows are not those of arms that have run, or these
            had other settings.
    """
    plan = read_plan(path)
    if run is None:
        data = take_rows(to / "rows", out / "data")
    else:
        data = pack_run(run, out / "data", plan, values)
    committed, _ = read_kept(to / plan.name)
    same_rows(same_settings(plan, out, committed, values), digest_of(data))
    return run_arms(path, data, out, values, jobs, minutes, arms, committed)
