"""ASP's reading of a folder, on this machine or under datatrove's executors on many.

A report may crash or hang whatever reads it, so the supervised process stays inside the engine: a
task of datatrove takes its share of the files and runs them as the local pool does. What a task
that was killed has left is read at the end, on the machine that called.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import signal
import time
from collections import deque
from pathlib import Path
from typing import Any

STARTS = 120.0  # seconds for a task to begin to read, on a busy machine (our choice)
LOOK_SECONDS = 0.1  # between two looks at the tasks that run (our choice)
EXECUTORS = {"datatrove": "Local", "slurm": "Slurm", "ray": "Ray"}


def run(
    reports_dir: str | Path,
    out_dir: str | Path,
    *,
    engine: str = "local",
    workers: int = 2,
    tasks: int = 1,
    executor: dict[str, Any] | None = None,
    **settings: Any,
) -> list[dict]:
    """Extracts a folder of reports; a run that was killed goes on when this is called again.

    Args:
        reports_dir: folder of PDFs.
        out_dir: gets reports.jsonl, figures.parquet and blocks.parquet; with several machines, on
            a file system that all of them see.
        engine: ``local`` (supervised processes on this machine), or an executor of datatrove:
            ``datatrove`` (its local one), ``slurm`` or ``ray``.
        workers: processes here, or tasks of datatrove that run at once.
        tasks: shares into which datatrove cuts the files.
        executor: further arguments of datatrove's executor, such as ``time`` and ``partition``;
            ``mem_per_cpu_gb`` should be at least ``memory_limit`` and 2 more for OCR. Ray starts
            a task again whose worker died; ``time`` (seconds a task) bounds one that hangs, by
            default at ``timeout`` and half a minute for each of its reports.
        settings: ``dpi``, ``timeout`` and ``memory_limit`` of ``supervise.extract_folder``.

    Returns:
        The rows of reports.jsonl. ``slurm`` only submits and returns []; when its jobs are done,
        ``engine="local"`` finds every report read and writes the tables.

    Raises:
        FileNotFoundError: the folder does not exist.
        ValueError: the engine is unknown, or a number of workers or tasks is below 1.
        ImportError: the engine needs datatrove, which is not installed.
    """
    from finlmm_utils.asp.page.files import find_pdfs
    from finlmm_utils.asp.supervise import check_limits, extract_folder

    if engine not in EXECUTORS and engine != "local":
        raise ValueError(f"engine={engine!r} is unknown; use local, {', '.join(EXECUTORS)}")
    check_limits(workers=workers, tasks=tasks)
    if engine != "local":
        # Absolute: a task may start in another folder, or on another machine.
        paths = [path.absolute() for path in find_pdfs(reports_dir)]
        step = Extraction(paths, Path(out_dir).absolute(), settings)
        more = dict(executor or {})
        if engine == "ray":
            more.setdefault("time", step.patience(tasks))
        many = _executor(engine, step, tasks, workers, more)
        if engine == "datatrove":
            _run_here(step, tasks, workers, more)
        elif engine == "ray":
            _run_by_ray(many, step)
        else:
            many.run()
        if engine == "slurm":
            return []
    return extract_folder(reports_dir, out_dir, workers, **settings)


class Extraction:
    """A step of a datatrove pipeline: task ``rank`` of ``world_size`` reads every n-th file.

    Args:
        paths: of all reports.
        out: gets the results, in a folder that all machines see.
        settings: of :func:`finlmm_utils.asp.supervise.extract_folder`.
    """

    def __init__(self, paths: list[Path], out: Path, settings: dict[str, Any]) -> None:
        self.paths, self.out, self.settings = paths, out, settings

    def patience(self, tasks: int) -> int:
        """Seconds in which one of so many tasks reads its share, where no report is endless."""
        from finlmm_utils.asp.supervise import PATIENCE, TIMEOUT

        each = float(self.settings.get("timeout", TIMEOUT)) + PATIENCE
        return math.ceil(each * math.ceil(len(self.paths) / tasks) + STARTS)

    def read(self) -> int:
        """How many reports have been read."""
        return len(list((self.out / "parts").glob("*.json")))

    def __call__(self, data: Any, rank: int = 0, world_size: int = 1) -> Any:
        """Reads the share; what is read already is skipped, by any number of tasks."""
        from finlmm_utils.asp.supervise import extract_folder

        share = self.paths[rank::world_size]
        own = self.out / "shares" / f"{rank:05d}"
        extract_folder(share, own, 1, parts_dir=self.out / "parts", **self.settings)
        return data


def _executor(engine: str, step: Extraction, tasks: int, workers: int, more: dict[str, Any]) -> Any:
    try:
        from datatrove import executor
    except ImportError as error:
        raise ImportError(
            f"engine={engine!r} needs datatrove; install it by pip install -e '.[cluster]'"
        ) from error
    # Our own results say what is done; datatrove's markers would not see files that came later.
    return getattr(executor, f"{EXECUTORS[engine]}PipelineExecutor")(
        pipeline=[step],
        tasks=tasks,
        workers=workers,
        logging_dir=str(step.out / "logs"),
        skip_completed=False,
        **more,
    )


def _run_by_ray(many: Any, step: Extraction) -> None:
    """Runs the tasks by Ray, anew after one that ran out of time, as long as reports get read.

    A task whose inner process was killed waits for it for ever. datatrove ends it when its time
    is over and stumbles over its result (0.10.1), and all other tasks end with it.
    """
    read = -1
    while step.read() > read:
        read = step.read()
        try:
            many.run()
            return
        except KeyError:
            print("a task of Ray ran out of time: what is left is begun again", flush=True)
    print("no report was read in that time: what is left is read here", flush=True)


def _run_here(step: Extraction, tasks: int, workers: int, more: dict[str, Any]) -> None:
    """Each task of the local executor in a process of its own, ``workers`` at a time.

    datatrove's own pool waits for ever for a task whose process was killed.
    """
    from finlmm_utils.asp.supervise import without_main

    context = multiprocessing.get_context("spawn")
    waiting: deque[int] = deque(range(tasks))
    running: dict[int, Any] = {}
    with without_main():
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    rank = waiting.popleft()
                    process = context.Process(target=_run_one, args=(step, tasks, rank, more))
                    process.start()
                    running[rank] = process
                # Not by its sentinel: what datatrove forks holds that open after a kill.
                for rank in [rank for rank, process in running.items() if not process.is_alive()]:
                    process = running.pop(rank)
                    _end(process)
                    if process.exitcode:
                        print(f"task {rank} of datatrove died with exit code {process.exitcode}: "
                              "what it left is read at the end", flush=True)  # fmt: skip
                time.sleep(LOOK_SECONDS)
        finally:
            for process in running.values():
                _end(process)


def _run_one(step: Extraction, tasks: int, rank: int, more: dict[str, Any]) -> None:
    """Runs in the process of one task."""
    if os.name == "posix":
        os.setpgid(0, 0)  # so that its own workers end with it
    only = {**more, "local_tasks": 1, "local_rank_offset": rank}
    _executor("datatrove", step, tasks, 1, only).run()


def _end(process: Any) -> None:
    """Ends a task and what it has started."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()
