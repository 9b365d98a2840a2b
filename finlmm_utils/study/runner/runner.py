"""Runs notebooks in order, or skips them by ``--resume``; each is supervised and has a manifest."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from finlmm_utils.checkout import repository_root
from finlmm_utils.output import clock
from finlmm_utils.study.artefacts import file_digest, first_changed
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.parameters.notebooks import notebook, notebook_path
from finlmm_utils.study.runner.child import EXIT_CODES, kill_tree
from finlmm_utils.study.runner.closing import RESERVE, RESERVED_BYTES, close, noted, uninterrupted
from finlmm_utils.study.runner.identity import code_state
from finlmm_utils.study.runner.manifest import (
    Manifest,
    Status,
    forget_stages,
    now,
    read_manifest,
    since_boot,
)
from finlmm_utils.study.runner.measured import cell_seconds_of, machine, seconds_of
from finlmm_utils.study.runner.plan import Step
from finlmm_utils.study.runner.time_left import Pace, TimeLeft
from finlmm_utils.study.runner.watch import Progress, show_failure, watch

INTERRUPTED = 130


def execute(
    steps: list[Step], *, resume: bool, cell_timeout: float | None = None, label: str = ""
) -> int:
    """Run the steps of a plan in order and stop at the first that does not complete.

    Args:
        steps: From :func:`plan`.
        resume: Skip what is completed under the same id.
        cell_timeout: Longest time for one cell, seconds.
        label: Goes in front of progress lines, e.g. ``seed 2``.

    Returns:
        Exit code: 0, one of :data:`EXIT_CODES`, or 130 after an interruption.

    Raises:
        RunError: Another live process runs in the same folder, or it is a link to another one.
    """
    for step in steps:
        _refuse_running(step.folder)
        if step.folder.is_symlink() and not (resume and _is_completed(step)):
            raise RunError(
                f"{step.folder} is a link, and what lies there would be replaced; expected none:"
                " delete the link, and name the other run by --base to read from it"
            )
    pace = Pace()
    for position, step in enumerate(steps):
        name = f"{label}{position + 1}/{len(steps)} {notebook(step.number).stem}"
        before = read_manifest(step.folder)
        if resume and before is not None and _is_completed(step):
            wrong = first_changed(step.folder, before.outputs or {})
            if not wrong:
                print(f"[{name}] skipped: completed under the id {step.id}", flush=True)
                continue
            print(f"[{name}] runs again: {wrong} since it was completed", flush=True)
            _clear(step.folder, before.outputs or {})
        elif step.folder.exists() and not (resume and before and before.id == step.id):
            _clear(step.folder, {})
        following = [s for s in steps[position + 1 :] if not (resume and _is_completed(s))]
        code = _run_step(step, name, cell_timeout, _time_left(step, following, pace))
        if code:
            return code
    return 0


def _clear(folder: Path, outputs: dict[str, str]) -> None:
    """Remove what a run left but for what costs most and still holds: single reports.

    What a person filled in (``review.csv``) stays as well; without ``outputs`` nothing else does.
    """
    for path in sorted(folder.rglob("*"), reverse=True):
        name = path.relative_to(folder).as_posix()
        kept = name == "review.csv" or (
            name.startswith("parts/") and path.is_file() and outputs.get(name) == file_digest(path)
        )
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif not kept:
            path.unlink()


def _is_completed(step: Step) -> bool:
    """Whether the step was run to its end, under the id that it would have now."""
    before = read_manifest(step.folder)
    done = before is not None and before.id == step.id and before.status == "completed"
    return done and before is not None and before.outputs is not None


def _time_left(step: Step, following: list[Step], pace: Pace) -> TimeLeft:
    """Begin to count what is left for a step and those that follow it."""
    profile = step.values["profile"]
    cells = cell_seconds_of(profile, step.number)
    return TimeLeft(
        measured=seconds_of(profile, step.number),
        later=sum(seconds_of(profile, other.number) for other in following),
        pace=pace,
        cells=cells if len(cells) == _cell_count(step) else [],  # else of another version
    )


def _run_step(step: Step, name: str, cell_timeout: float | None, left: TimeLeft) -> int:
    """Run one notebook in a child process.

    Args:
        step: Which.
        name: In front of its lines.
        cell_timeout: Longest time for one cell, seconds.
        left: Counts what is left; its pace learns what this notebook took.

    Returns:
        The exit code.
    """
    step.folder.mkdir(parents=True, exist_ok=True)
    forget_stages(step.folder)
    me = psutil.Process()
    manifest = Manifest(
        id=step.id,
        notebook=notebook(step.number).stem,
        profile=step.values["profile"],
        parameters=step.values,
        parts=step.parts,
        pid=me.pid,
        pid_started=since_boot(me),
        started=now(),
        machine=machine(),
        code=code_state(),
    )
    manifest.follows(read_manifest(step.folder))
    (step.folder / RESERVE).write_bytes(b"0" * RESERVED_BYTES)
    manifest.write(step.folder)
    progress = Progress(left, cells=_cell_count(step))
    began = time.monotonic()
    executed = step.folder / "executed.ipynb"
    child = _start_child(step, executed, cell_timeout, me)
    status: Status = "failed"
    try:
        print(f"[{name}] starts, id {step.id}", flush=True)
        tell = functools.partial(_tell, name, manifest, step.folder, progress)
        watch(child, step.folder / "log.txt", progress, tell)
        codes = {code: word for word, code in EXIT_CODES.items()}
        status = codes.get(child.returncode, "failed")  # type: ignore[assignment]
    except KeyboardInterrupt:
        status = "interrupted"
    finally:
        with uninterrupted(ends=status != "interrupted"):
            kill_tree(child.pid, list(progress.seen))
            child.wait()
            manifest.status = status
            manifest.seconds = round(time.monotonic() - began, 1)
            close(manifest, step.folder, progress, child.returncode)
        status = manifest.status
    if status == "completed":
        if left.measured:
            left.pace.took += manifest.seconds
            left.pace.measured += left.measured
        size = f"{manifest.peak_mb:.0f} MB memory, {manifest.disk_mb:.1f} MB on disk"
        print(f"[{name}] completed in {clock(manifest.seconds)}, {size}", flush=True)
        return 0
    show_failure(name, manifest, executed, progress)
    return INTERRUPTED if status == "interrupted" else child.returncode or 1


def _tell(name: str, manifest: Manifest, folder: Path, progress: Progress, seconds: float) -> None:
    """Say how far a notebook is: in a line, and in its manifest for ``finlmm status``.

    Args:
        name: In front of the line.
        manifest: Of the notebook.
        folder: Where it is written.
        progress: What the child said so far.
        seconds: Since the notebook was started.
    """
    left = progress.time.left(seconds)
    manifest.cell, manifest.cells = progress.cell, progress.cells
    manifest.seconds = round(seconds, 1)
    manifest.left = None if left is None else round(left, 1)
    manifest.peak_mb = round(progress.peak_bytes / 2**20, 1)
    noted(manifest, folder)
    words = manifest.left_words()
    text = f"[{name}] cell {progress.cell}/{progress.cells}, {clock(seconds)} so far"
    print(f"{text}, {words}" if words else text, flush=True)


def _start_child(
    step: Step, executed: Path, cell_timeout: float | None, me: psutil.Process
) -> subprocess.Popen[bytes]:
    """Start the process of one notebook, in a session of its own, and hand it its job."""
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "PYTHONIOENCODING": "utf-8",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
        "TOKENIZERS_PARALLELISM": "false",
    }
    child = subprocess.Popen(
        [sys.executable, "-m", "finlmm_utils.study.runner.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd=repository_root(),
        start_new_session=True,
    )
    job = {
        "notebook": str(notebook_path(step.number)),
        "output": str(executed),
        "parameters": step.values,
        "cwd": str(notebook_path(step.number).parent),
        "cell_timeout": cell_timeout,
        "parent": [me.pid, since_boot(me)],
    }
    assert child.stdin is not None
    try:
        child.stdin.write(json.dumps(job).encode())
        child.stdin.close()
    except BrokenPipeError:  # it ended at once; its code and its last lines say why
        child.stdin.close()
    return child


def _refuse_running(folder: Path) -> None:
    manifest = read_manifest(folder)
    if manifest is not None and manifest.true_status() == "running" and manifest.pid != os.getpid():
        raise RunError(f"{folder}: process {manifest.pid} runs in it: expected no other; wait")


def _cell_count(step: Step) -> int:
    """Cells of the notebook and the one that Papermill injects."""
    return len(json.loads(notebook_path(step.number).read_text("utf-8"))["cells"]) + 1
