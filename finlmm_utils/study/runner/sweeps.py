"""Sweeps: a grid of settings and seeds, each cell a run of its own, in parallel processes."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finlmm_utils.checkout import repository_root
from finlmm_utils.output import clock, write_csv
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.metrics_table import read_metrics
from finlmm_utils.study.parameters.check import validate
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.profiles import for_notebook, load_profile, read_yaml


class Sweep(BaseModel):
    """What a sweep's YAML file says.

    Attributes:
        profile: Base profile.
        shared: Notebooks that run once for each seed; every cell of the grid takes them.
        notebooks: Notebooks that run in every cell.
        grid: Parameter name to the values it takes.
        seeds: Seeds.
        settings: Parameters for all cells, on top of the profile.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    profile: str
    shared: list[str] = []
    notebooks: Annotated[list[str], Field(min_length=1)]
    grid: Annotated[dict[str, Annotated[list[Any], Field(min_length=1)]], Field(min_length=1)]
    seeds: Annotated[list[int], Field(min_length=1)]
    settings: dict[str, Any] = {}


@dataclass(frozen=True)
class Job:
    """One process of a sweep: some notebooks under some settings into one folder."""

    name: str
    notebooks: list[str]
    settings: dict[str, Any]
    seed: int
    base: Path | None


def read_sweep(path: Path) -> Sweep:
    """Read and check a sweep's file, every cell of the grid included.

    Raises:
        ParameterError: The file is no sweep, or a value of the grid is no valid parameter.
    """
    try:
        sweep = Sweep.model_validate(read_yaml(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ParameterError(f"{path}: {where}: {first['msg']}") from None
    values = load_profile(sweep.profile)
    for settings in cells(sweep):
        for seed in sweep.seeds:
            every = {**values, **settings, "seed": seed}
            for number in (*sweep.shared, *sweep.notebooks):
                short = notebook(number).number
                validate(short, {**settings, **for_notebook(short, every)})
    return sweep


def cells(sweep: Sweep) -> list[dict[str, Any]]:
    """Settings of every cell of the grid, in the order of the file."""
    combinations = itertools.product(*sweep.grid.values())
    return [{**sweep.settings, **dict(zip(sweep.grid, c, strict=True))} for c in combinations]


def cell_name(sweep: Sweep, settings: dict[str, Any]) -> str:
    """A folder's name that says the settings: ``bert_train_interval=5``."""
    parts = [f"{name}={json.dumps(settings[name])}" for name in sweep.grid]
    text = ",".join(parts).replace('"', "").replace(" ", "")
    return "".join(c if c.isalnum() or c in "=,._-[]" else "_" for c in text)


def run_sweep(path: Path, out: Path, *, jobs: int, resume: bool) -> int:
    """Run a sweep.

    Args:
        path: Its YAML file.
        out: Folder: ``shared/seed_N``, ``CELL/seed_N``, ``sweep.csv``.
        jobs: Processes at a time.
        resume: Skip what is completed.

    Returns:
        0, or 1 where a process failed, or 130 after an interruption.
    """
    if jobs < 1:
        raise ParameterError(f"--jobs {jobs}: expected a whole number from 1")
    sweep = read_sweep(path)
    first = [
        Job(f"shared/seed_{seed}", sweep.shared, sweep.settings, seed, None)
        for seed in sweep.seeds
        if sweep.shared
    ]
    second = [
        Job(f"{cell_name(sweep, settings)}/seed_{seed}", sweep.notebooks, settings, seed,
            out / "shared" / f"seed_{seed}" if sweep.shared else None)
        for settings in cells(sweep)
        for seed in sweep.seeds
    ]  # fmt: skip
    failed: list[str] = []
    try:
        for group in (first, second):
            failed += _run_jobs(sweep.profile, group, out, jobs, resume)
            if failed:
                break
    except KeyboardInterrupt:
        return 130
    write_table(sweep, out)
    print(f"sweep {path.stem}: {len(failed)} failed; {out / 'sweep.csv'}", flush=True)
    return 1 if failed else 0


def _run_jobs(profile: str, queue: list[Job], out: Path, limit: int, resume: bool) -> list[str]:
    """Run jobs, at most ``limit`` at a time; returns the names of those that failed."""
    waiting, failed = list(queue), []
    running: dict[Job | int, Any] = {}
    began = time.monotonic()
    total = len(waiting)
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                job = waiting.pop(0)
                running[id(job)] = (job, _start(profile, job, out, limit, resume))
                print(f"[{total - len(waiting)}/{total}] {job.name} starts", flush=True)
            time.sleep(0.2)
            for key, (job, process) in list(running.items()):
                if process.poll() is None:
                    continue
                del running[key]
                word = "completed" if process.returncode == 0 else f"FAILED, see {_log(out, job)}"
                if process.returncode:
                    failed.append(job.name)
                print(f"{job.name} {word}, {clock(time.monotonic() - began)} so far", flush=True)
    finally:
        for _, process in running.values():  # each runner closes its own manifests
            process.send_signal(signal.SIGINT)
        for _, process in running.values():
            process.wait()
    return failed


def _log(out: Path, job: Job) -> Path:
    return out / job.name / "runner.log"


def _start(profile: str, job: Job, out: Path, limit: int, resume: bool) -> subprocess.Popen[bytes]:
    """Start the command ``finlmm run`` for one job."""
    command = [sys.executable, "-m", "finlmm_utils.study.cli", "run", *job.notebooks]
    command += ["--profile", profile, "--seeds", str(job.seed), "--out", str(out / job.name)]
    for name, value in job.settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        command += ["--set", f"{name}={text}"]
    command += ["--base", str(job.base)] if job.base else []
    command += ["--resume"] if resume else []
    threads = str(max(1, (os.cpu_count() or 1) // limit))
    _log(out, job).parent.mkdir(parents=True, exist_ok=True)
    with _log(out, job).open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            cwd=repository_root(), env={"OMP_NUM_THREADS": threads, **os.environ},
            start_new_session=True,
        )  # fmt: skip


def write_table(sweep: Sweep, out: Path) -> None:
    """Write ``sweep.csv``: a line for each cell and seed with its settings and metrics."""
    rows = []
    for settings in cells(sweep):
        for seed in sweep.seeds:
            folder = out / cell_name(sweep, settings) / f"seed_{seed}"
            grid = {name: settings[name] for name in sweep.grid}
            rows.append({**grid, "seed": seed, **read_metrics(folder)})
    names = list(dict.fromkeys(name for row in rows for name in row))
    write_csv(out / "sweep.csv", names, rows)
