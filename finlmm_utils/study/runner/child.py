"""The process that runs one notebook: Papermill, with an exit code for each way to end.

Started by the runner as ``python -m finlmm_utils.study.runner.child``, with the job as JSON on
standard input. It ends itself and its kernel when the runner is gone.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from finlmm_utils.output import FULL
from finlmm_utils.study.runner.executed import clean_file
from finlmm_utils.study.runner.manifest import is_alive

EXIT_CODES = {
    "completed": 0,
    "failed": 10,
    "kernel_died": 11,
    "timeout": 12,
}


DISK_FULL = 13
"""Exit code where the executed notebook can't be written any more; the run has failed then."""
START_SECONDS = 90.0
"""Time for a kernel to start; a second one is started where the first does not, since two kernels
that start at one instant may have been given one port."""


def main() -> int:
    """Run the job on standard input.

    Returns:
        One of :data:`EXIT_CODES`.
    """
    job = json.load(sys.stdin)
    watch = threading.Thread(target=_end_with_parent, args=tuple(job["parent"]), daemon=True)
    watch.start()
    logging.basicConfig(stream=sys.stdout, format="%(message)s", level=logging.WARNING)
    logging.getLogger("papermill").setLevel(logging.INFO)
    try:
        return EXIT_CODES[execute(job)]
    except OSError as error:
        if error.errno not in FULL:
            raise
        print(error, flush=True)
        return DISK_FULL


def execute(job: dict[str, Any]) -> str:
    """Execute one notebook with Papermill.

    Args:
        job: ``notebook`` and ``output`` (paths), ``parameters``, ``cwd``, ``cell_timeout``
            (seconds or None).

    Returns:
        A key of :data:`EXIT_CODES`.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    try:
        try:
            _papermill(job)
        except (RuntimeError, DeadKernelError) as error:
            if not _never_started(error):
                raise
            print(f"the kernel did not start ({error}); once more", flush=True)
            _papermill(job)
    except papermill.PapermillExecutionError:
        return "failed"
    except DeadKernelError:
        return "kernel_died"
    except CellTimeoutError:
        return "timeout"
    finally:
        clean_file(Path(job["output"]))
    return "completed"


def _papermill(job: dict[str, Any]) -> None:
    import papermill

    papermill.execute_notebook(
        # Papermill fills {names} in paths: braces of a folder's name are doubled.
        job["notebook"].replace("{", "{{").replace("}", "}}"),
        job["output"].replace("{", "{{").replace("}", "}}"),
        parameters=job["parameters"],
        cwd=job["cwd"],
        progress_bar=False,
        log_output=True,
        execution_timeout=job["cell_timeout"],
        start_timeout=START_SECONDS,
    )


def _never_started(error: Exception) -> bool:
    """Whether a kernel failed before any cell ran, by jupyter_client's words."""
    return "kernel_info" in str(error) or "Kernel didn't respond" in str(error)


def kill_tree(pid: int, also: list[psutil.Process]) -> None:
    """Kill a process and all that descend from it, and wait until they are gone.

    Args:
        pid: The process.
        also: Processes seen below it earlier, whose parent may have died since.
    """
    found = set(also)
    with contextlib.suppress(psutil.Error):  # it has ended: those seen before are left
        root = psutil.Process(pid)
        found |= {root, *root.children(recursive=True)}
    for process in found:
        try:
            process.kill()
        except psutil.Error:
            continue
    psutil.wait_procs(list(found), timeout=5)


def _end_with_parent(pid: int, started: float) -> None:
    """End with the runner: a killed runner must leave no kernel behind."""
    while is_alive(pid, started):
        time.sleep(0.5)
    for process in psutil.Process().children(recursive=True):
        kill_tree(process.pid, [])
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main())
