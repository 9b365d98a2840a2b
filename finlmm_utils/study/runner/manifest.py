"""The manifest of one notebook's run: what was started, and how it really ended."""

from __future__ import annotations

import json
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import psutil
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finlmm_utils.output import clock, write_text
from finlmm_utils.study.artefacts import read_json
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.parameters.notebooks import STEMS
from finlmm_utils.study.runner.executed import NO_NOTEBOOK, clean
from finlmm_utils.tar.config import STAGE_FILE

Status = Literal[
    "running", "completed", "failed", "kernel_died", "timeout", "interrupted", "damaged"
]
"""Of a notebook's run; ``damaged`` stands in no file: it is said of a manifest that can't be read.
"""
NAME = "manifest.json"
SAME_START = 0.05
"""Seconds by which two readings of one process's start may differ: the system counts hundredths."""
MOST_PID = 2**31 - 1
"""No system numbers its processes higher."""
TIME = "%Y-%m-%d %H:%M:%S"
"""How a manifest writes a time."""


class Manifest(BaseModel):
    """Written before the start, closed by the parent process.

    Attributes:
        id: Run id (:mod:`finlmm_utils.study.runner.identity`).
        parts: What the id was made of.
        pid: Process that runs it and will close this manifest.
        pid_started: When that process began, since numbers of processes come again
            (:func:`since_boot`).
        cell: Cell that runs or ran last, from 1.
        cells: Number of cells.
        seconds: Wall time; while it runs, that of the last line of progress, like cell and left.
        left: Seconds that the run still takes, this notebook and those after it; None once it
            ended, and where nothing was measured.
        peak_mb: Most resident memory of the process tree at one time.
        disk_mb: Size of the notebook's folder at the end.
        error: What failed, in a few words.
        machine: System, cores, memory, accelerator.
        stages: What each stage of training was told, by its folder inside the notebook's.
        continued: Processes that were interrupted before the one that this manifest is of; it went
            on with what they had left.
        earlier_seconds: Wall time of those processes.
        began: When the first of them was started; None where there was none.
        outputs: SHA-256 of what it wrote, by path in its folder; None until it is completed.
        code: Commit of the checkout and versions of the packages that decide results.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    id: str
    notebook: str
    profile: str
    parameters: dict[str, Any]
    parts: dict[str, Any]
    status: Status = "running"
    pid: Annotated[int, Field(ge=0, le=MOST_PID)]
    pid_started: float
    started: str
    ended: str | None = None
    cell: int = 0
    cells: int = 0
    seconds: float = 0.0
    left: float | None = None
    peak_mb: float = 0.0
    disk_mb: float = 0.0
    error: str | None = None
    machine: dict[str, Any] = {}
    stages: dict[str, Any] = {}
    continued: int = 0
    earlier_seconds: float = 0.0
    began: str | None = None
    code: dict[str, Any] = {}
    outputs: dict[str, str] | None = None

    @property
    def whole_seconds(self) -> float:
        """Wall time of all processes that made this result."""
        return self.seconds + self.earlier_seconds

    @property
    def first_start(self) -> str:
        """When the first process that worked on this result was started."""
        return self.began or self.started

    def follows(self, before: Manifest | None) -> None:
        """Take over the time of an interrupted process whose work this one continues."""
        if before is not None and before.id == self.id:
            self.continued = before.continued + 1
            self.earlier_seconds = round(before.whole_seconds, 1)
            self.began = before.first_start

    def write(self, folder: Path) -> None:
        """Write it into a notebook's folder, whole or not at all."""
        write_text(folder / NAME, self.model_dump_json(indent=1) + "\n")

    def true_status(self) -> Status:
        """The status, seen from now: a run whose process is gone was interrupted."""
        if self.status == "running" and not is_alive(self.pid, self.pid_started):
            return "interrupted"
        return self.status

    def left_words(self) -> str:
        """What is left of a run that goes on, in words; "" where it ended or is not known."""
        going = self.true_status() == "running" and self.left is not None
        return f"about {clock(self.left or 0.0)} left in all" if going else ""


def read_stages(folder: Path) -> dict[str, Any]:
    """What the stages below a notebook's folder were told: folder to ``StageConfig`` as JSON.

    Args:
        folder: e.g. ``RUN_DIR/07_ablations``; a stage of the notebook itself has the name ``.``.
    """
    return {
        path.parent.relative_to(folder).as_posix(): read_json(path, "delete it and run again")
        for path in sorted(folder.rglob(STAGE_FILE))
    }


def forget_stages(folder: Path) -> None:
    """Remove what an earlier run left, so that the manifest holds what this one was told."""
    for path in folder.rglob(STAGE_FILE):
        path.unlink()


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of a notebook's folder.

    Args:
        folder: e.g. ``RUN_DIR/05_stage2_multimodal_grpo``.

    Returns:
        The manifest, or None where there is none.

    Raises:
        RunError: The file is damaged.
    """
    path = folder / NAME
    if not path.is_file():
        return None
    try:
        return Manifest.model_validate_json(path.read_text("utf-8"))
    except (ValidationError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        raise RunError(f"{path}: expected a manifest ({reason}): delete it and run again") from None


def manifests(run_dir: Path) -> Iterator[tuple[Path, Manifest]]:
    """All manifests below a folder, in the order of their paths.

    Yields:
        The notebook's folder and its manifest.

    Raises:
        RunError: One of them is damaged.
    """
    for path in _places(run_dir):
        found = read_manifest(path.parent)
        if found is not None:
            yield path.parent, found


def _places(run_dir: Path) -> list[Path]:
    """Manifests in folders of notebooks: other programs have files of that name, too."""
    return sorted(path for path in run_dir.rglob(NAME) if path.parent.name in STEMS)


def manifests_or_damage(run_dir: Path) -> list[tuple[Path, Manifest]]:
    """As :func:`manifests`, for those who show a run: a damaged one has a stand-in.

    Its status is ``damaged``, and its error says which file it is and what helps.
    """
    found: dict[Path, Manifest | None] = {}
    for path in _places(run_dir):
        try:
            found[path.parent] = read_manifest(path.parent)
        except RunError:
            found[path.parent] = None
    profiles = [one.profile for one in found.values() if one]
    return [(folder, one or _stand_in(folder, profiles)) for folder, one in found.items()]


def _stand_in(folder: Path, profiles: list[str]) -> Manifest:
    """Of a notebook whose manifest can't be read; the profile is that of its neighbours."""
    profile = profiles[0] if profiles else "not known"
    number = folder.name.partition("_")[0]
    command = shlex.join(["finlmm", "run", number, "--profile", profile, "--out"])
    wrote = time.localtime((folder / NAME).stat().st_mtime)
    return Manifest(
        id="not known", notebook=folder.name, profile=profile, parameters={}, parts={},
        pid=0, pid_started=0.0, started=time.strftime(TIME, wrote), status="damaged",
        error=f"{folder.name}/{NAME} is damaged: delete it, then {command} with the run's folder"
        " (and the settings it had) makes this notebook again",
    )  # fmt: skip


def since_boot(process: psutil.Process) -> float:
    """Seconds from the start of the machine to that of a process: no set clock changes them."""
    return process.create_time() - psutil.boot_time()


def is_alive(pid: int, started: float) -> bool:
    """Whether the very process still runs.

    Args:
        pid: Its number.
        started: Its :func:`since_boot`.
    """
    try:
        process = psutil.Process(pid)
        same = abs(since_boot(process) - started) < SAME_START
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def now() -> str:
    """Local time, to the second."""
    return time.strftime(TIME)


def repair_notebook(path: Path, running: int, status: Status) -> None:
    """Make the per-cell states of an executed notebook say what happened.

    After a kernel death, a timeout or Ctrl-C Papermill marks the killed cell and all that never
    ran as completed.

    Args:
        path: The executed notebook.
        running: Cell that ran last, from 1; 0 if none did.
        status: How the run ended.
    """
    if not path.is_file():
        return
    import nbformat  # here, since it takes seconds to load

    try:
        content = nbformat.read(path, as_version=4)
    except NO_NOTEBOOK:
        return  # cut off while it was written; the manifest tells the truth
    content.metadata.setdefault("papermill", {})["exception"] = True
    for position, cell in enumerate(content.cells, start=1):
        state = cell.metadata.setdefault("papermill", {})
        if position == running:
            state.update(status=status, exception=True)
        elif position > running:
            state.update(status="pending", start_time=None, end_time=None, duration=None)
    clean(content)
    write_text(path, nbformat.writes(content) + "\n")


def _cells(path: Path) -> list[dict[str, Any]]:
    """Cells of an executed notebook; none where it was cut off while it was written."""
    try:
        return list(json.loads(path.read_text("utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def failing_cell(path: Path) -> tuple[str, list[str]] | None:
    """Source and error of the cell that raised.

    Args:
        path: The executed notebook.

    Returns:
        The cell's source and the lines of its error, or None where no cell raised.
    """
    if not path.is_file():
        return None
    for cell in _cells(path):
        for output in cell.get("outputs", []):
            if output["output_type"] == "error":
                lines = "\n".join(output["traceback"]).splitlines()
                return "".join(cell["source"]), lines
    return None


def cell_source(path: Path, position: int) -> str | None:
    """Source of a cell of an executed notebook by its position from 1."""
    if not path.is_file():
        return None
    cells = _cells(path)
    return "".join(cells[position - 1]["source"]) if 0 < position <= len(cells) else None
