"""Runs the arms of a plan, several at a time; what is done is not done again."""

from __future__ import annotations

import argparse
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import redirect_stdout
from multiprocessing import get_context
from pathlib import Path

from finlmm_utils.arms.arm import run_arm
from finlmm_utils.arms.spec import Plan, read_plan
from finlmm_utils.output import progress_line


def _job(path: str, arm: str, seed: int, data: str, out: str, device: str) -> tuple[str, float]:
    """In a process of its own: one arm, its training's lines in a log beside its result."""
    if device:
        os.environ["CUDA_VISIBLE_DEVICES"] = device
    start = time.monotonic()
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{arm}-{seed}.log").open("w", encoding="utf-8") as log, redirect_stdout(log):
        run_arm(read_plan(Path(path)), arm, seed, Path(data), folder)
    return f"{arm}, seed {seed}", time.monotonic() - start


def jobs_of(plan: Plan, out: Path, arms: list[str] | None = None) -> list[tuple[str, int]]:
    """What is still to run: all arms of a seed before the next seed.

    Args:
        plan: of the study.
        out: folder of its results.
        arms: only these.
    """
    chosen = [arm for arm in plan.arms if not arms or arm in arms]
    every = [(arm, seed) for seed in plan.seeds for arm in chosen]
    return [(arm, seed) for arm, seed in every if not (out / f"{arm}-{seed}.json").is_file()]


def run_arms(
    path: Path, data: Path, out: Path, jobs: int = 2, minutes: float = 0.0,
    arms: list[str] | None = None, device: str = "",
) -> int:  # fmt: skip
    """Runs what is still to run, ``jobs`` at a time, one thread each.

    Args:
        path: of the plan.
        data: see :func:`finlmm_utils.arms.arm.run_arm`.
        out: folder of the results.
        jobs: processes.
        minutes: after which no further arm is begun and those under way are given up; 0: no limit.
        arms: only these.
        device: CUDA_VISIBLE_DEVICES of the processes; "" leaves it, "-1" hides all GPUs.

    Returns:
        How many are left to run.
    """
    plan = read_plan(path)
    waiting = jobs_of(plan, out, arms)
    print(f"{plan.name}: {len(waiting)} arms to run, {jobs} at a time", flush=True)
    start, done = time.monotonic(), 0
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    left = minutes * 60 or None
    futures = [
        pool.submit(_job, str(path), arm, seed, str(data), str(out), device)
        for arm, seed in waiting
    ]
    try:
        for future in as_completed(futures, timeout=left):
            what, seconds = future.result()
            done += 1
            each = (time.monotonic() - start) / done
            rest = each * (len(waiting) - done) / 60
            progress_line(f"{what}: {seconds:.0f} s; {done}/{len(waiting)}, {rest:.0f} min left")
    except TimeoutError:
        print(f"{plan.name}: {minutes} minutes are over", flush=True)
    finally:
        processes = list(pool._processes.values())
        pool.shutdown(wait=False, cancel_futures=True)
        if done < len(waiting):
            for process in processes:
                process.terminate()
    return len(jobs_of(plan, out, arms))


def main(arguments: list[str] | None = None) -> int:
    """The command line: ``python -m finlmm_utils.arms.run PLAN --data D --out O``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("--data", type=Path, required=True, help="folder that `pack` wrote")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--jobs", type=int, default=2, help="processes, one thread each")
    parser.add_argument("--minutes", type=float, default=0.0, help="0: until all is done")
    parser.add_argument("--arms", default="", help="only these, joined by commas")
    parser.add_argument("--device", default="", help="CUDA_VISIBLE_DEVICES; -1: CPU only")
    options = parser.parse_args(arguments)
    arms = options.arms.split(",") if options.arms else None
    left = run_arms(options.plan, options.data, options.out, options.jobs, options.minutes, arms,
                    options.device)  # fmt: skip
    print(f"{left} arms are left; the same command goes on", flush=True)
    return 0 if left == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
