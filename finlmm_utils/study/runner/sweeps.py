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
from finlmm_utils.study.artefacts import read_metrics
from finlmm_utils.study.errors import ParameterError
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
    names = [cell_name(sweep, settings) for settings in cells(sweep)]
    if twice := next((name for name in names if names.count(name) > 1), ""):
        raise ParameterError(
            f"{path}: grid: two cells have the folder {twice}: expected each value once, and values"
            " that differ in letters or digits"
        )
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


FIRST_PORT = 29_500
"""Of the processes of a job, torch's own default; job N on this machine takes the N-th after it."""


JOB_THREADS = "1"
"""Of a job where the environment says nothing: they are part of its runs' ids, and so must not
depend on the cores of a machine or on how many jobs share it."""


def gpu_list(text: str | None) -> list[str]:
    """The GPUs of ``--gpus 0,1,2,3``; each runs one job at a time.

    Raises:
        ParameterError: not numbers, or one of them twice.
    """
    if text is None:
        return []
    found = [part.strip() for part in text.split(",")]
    digits = all(part.isascii() and part.isdigit() for part in found)
    if not digits or len(set(found)) != len(found):
        raise ParameterError(f"--gpus {text!r}: expected different whole numbers, e.g. 0,1,2,3")
    return found


def run_seeds(
    profile: str, notebooks: list[str], settings: dict[str, Any], seeds: list[int], out: Path, *,
    gpus: list[str], resume: bool, base: Path | None = None,
) -> int:  # fmt: skip
    """Runs the same notebooks for several seeds, each on a GPU of its own, ``out/seed_N``.

    Args:
        profile: Its name.
        notebooks: Numbers.
        settings: What ``--set`` changed, whole parameters.
        seeds: One job each.
        out: Folder.
        gpus: That take one job at a time each.
        resume: Skip what is completed.
        base: Run folder to take earlier notebooks from.

    Returns:
        0, or 1 where a job failed, or 130 after an interruption.
    """
    jobs = [Job(f"seed_{seed}", notebooks, settings, seed, base) for seed in seeds]
    try:
        return 1 if _run_jobs(profile, jobs, out, len(gpus), resume, gpus) else 0
    except KeyboardInterrupt:
        return 130


def run_sweep(
    path: Path, out: Path, *, jobs: int, resume: bool, gpus: list[str] | None = None,
    only: int | None = None,
) -> int:  # fmt: skip
    """Run a sweep.

    Args:
        path: Its YAML file.
        out: Folder: ``shared/seed_N``, ``CELL/seed_N``, ``sweep.csv``.
        jobs: Processes at a time; with GPUs, as many as there are of these.
        resume: Skip what is completed.
        gpus: Each runs one job at a time; none: jobs share what the machine has.
        only: Run this job alone, from 0, and what it is based on; for arrays of a scheduler.

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
    if only is not None:
        if not 0 <= only < len(second):
            raise ParameterError(f"--only {only}: expected 0 to {len(second) - 1}, of its jobs")
        second = second[only : only + 1]
        first = [job for job in first if job.seed == second[0].seed]
    failed: list[str] = []
    limit = len(gpus) if gpus else jobs
    try:
        for group in (first, second):
            failed += _run_jobs(sweep.profile, group, out, limit, resume, gpus or [])
            if failed:
                break
    except KeyboardInterrupt:
        return 130
    if only is None:
        write_table(sweep, out)
    print(f"sweep {path.stem}: {len(failed)} failed; {out / 'sweep.csv'}", flush=True)
    return 1 if failed else 0


def _run_jobs(
    profile: str, queue: list[Job], out: Path, limit: int, resume: bool, gpus: list[str]
) -> list[str]:
    """Run jobs, at most ``limit`` at a time; returns the names of those that failed."""
    free = list(range(limit))
    waiting, failed = list(queue), []
    running: dict[Job | int, Any] = {}
    began = time.monotonic()
    total = len(waiting)
    try:
        while waiting or running:
            while waiting and len(running) < limit:
                job, place = waiting.pop(0), free.pop(0)
                own = _own_gpu(place, gpus)
                running[id(job)] = (job, _start(profile, job, out, resume, own), place)
                where = f" on GPU {gpus[place]}" if gpus else ""
                print(f"[{total - len(waiting)}/{total}] {job.name} starts{where}", flush=True)
            time.sleep(0.2)
            for key, (job, process, place) in list(running.items()):
                if process.poll() is None:
                    continue
                del running[key]
                free.append(place)
                word = "completed" if process.returncode == 0 else f"FAILED, see {_log(out, job)}"
                if process.returncode:
                    failed.append(job.name)
                print(f"{job.name} {word}, {clock(time.monotonic() - began)} so far", flush=True)
    finally:
        for _, process, _ in running.values():  # each runner closes its own manifests
            process.send_signal(signal.SIGINT)
        for _, process, _ in running.values():
            process.wait()
    return failed


def _log(out: Path, job: Job) -> Path:
    return out / job.name / "runner.log"


def _own_gpu(place: int, gpus: list[str]) -> dict[str, str]:
    """What a job sees of the machine's GPUs, and a port that no other job has."""
    if not gpus:
        return {}
    return {"CUDA_VISIBLE_DEVICES": gpus[place], "MASTER_PORT": str(FIRST_PORT + place)}


def _start(
    profile: str, job: Job, out: Path, resume: bool, own: dict[str, str]
) -> subprocess.Popen[bytes]:
    """Start the command ``finlmm run`` for one job."""
    command = [sys.executable, "-m", "finlmm_utils.study.cli", "run", *job.notebooks]
    command += ["--profile", profile, "--seeds", str(job.seed), "--out", str(out / job.name)]
    for name, value in job.settings.items():
        text = value if isinstance(value, str) else json.dumps(value)
        command += ["--set", f"{name}={text}"]
    command += ["--base", str(job.base)] if job.base else []
    command += ["--resume"] if resume else []
    _log(out, job).parent.mkdir(parents=True, exist_ok=True)
    with _log(out, job).open("w", encoding="utf-8") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            cwd=repository_root(), env={"OMP_NUM_THREADS": JOB_THREADS, **os.environ, **own},
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
