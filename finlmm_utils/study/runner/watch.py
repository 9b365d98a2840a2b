"""Follow a notebook's process: its lines, its memory, and why it ended."""

from __future__ import annotations

import queue
import re
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil

from finlmm_utils.errors import visible
from finlmm_utils.study.errors import MissingArtefact
from finlmm_utils.study.runner.child import DISK_FULL
from finlmm_utils.study.runner.manifest import Manifest, Status, cell_source, failing_cell
from finlmm_utils.study.runner.time_left import TimeLeft

LOG_TAIL = 15
PROGRESS_SECONDS = 5.0
"""Between two lines on progress."""
CELL_LINE = re.compile(r"^(Executing|Ending) Cell (\d+)-+$")
NOT_SHOWN = ("Input Notebook:", "Output Notebook:", "Working directory:", "[IPKernelApp] WARNING")


@dataclass
class Progress:
    """What the parent knows of a child while it runs."""

    time: TimeLeft
    cell: int = 0
    cells: int = 0
    peak_bytes: int = 0
    tail: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_TAIL))
    seen: set[psutil.Process] = field(default_factory=set)


def watch(
    child: subprocess.Popen[bytes],
    log: Path,
    progress: Progress,
    tell: Callable[[float], None],
) -> None:
    """Copy the child's lines to the log and the terminal and follow its memory, to its end.

    Args:
        child: The process of a notebook.
        log: File to write.
        progress: Is kept up to date.
        tell: Called every few seconds from the first cell on, with the seconds so far.
    """
    lines: queue.Queue[str | None] = queue.Queue()

    def read() -> None:
        assert child.stdout is not None
        for raw in child.stdout:
            said = raw.decode("utf-8", "replace").strip("\r\n")
            lines.put("\r".join(visible(part) for part in said.split("\r")))
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    began = shown = time.monotonic()
    sampled = 0.0
    ended = False
    kept = True
    with log.open("wb", buffering=0) as file:  # a full disk is seen at once, and not at its closing
        while not ended:
            try:
                line = lines.get(timeout=0.2)
                ended = line is None
                if line is not None:
                    kept = kept and _keep(file, line)
                    _show_line(line, progress, time.monotonic() - began)
            except queue.Empty:
                # A descendant that lives on may hold the pipe open: the child's end counts.
                ended = child.poll() is not None
            moment = time.monotonic()
            if moment - sampled >= 0.5:
                sampled = moment
                _sample(child.pid, progress)
            if moment - shown >= PROGRESS_SECONDS and progress.cell:
                shown = moment
                tell(moment - began)
    child.wait()


def _keep(file: IO[bytes], line: str) -> bool:
    """Write a line to the log; where that can't be done say so, once, and go on."""
    try:
        file.write(line.encode("utf-8", "replace") + b"\n")
    except OSError as error:
        print(f"    log.txt ends here: {error.strerror}", flush=True)
        return False
    return True


def _show_line(line: str, progress: Progress, seconds: float) -> None:
    """Note which cell runs and what it says of the time left; show every other line."""
    line = line.rpartition("\r")[2]  # what a terminal would be left with
    cell = CELL_LINE.match(line)
    if cell:
        if int(cell[2]) > progress.cell:
            progress.cell = int(cell[2])
            progress.time.enter(progress.cell, seconds)
        return
    progress.time.hear(line, seconds)
    progress.tail.append(line)
    if line.strip() and not line.startswith(NOT_SHOWN):
        print(f"    {line[:160]}", flush=True)


def _sample(pid: int, progress: Progress) -> None:
    """Add up the resident memory of the process tree and remember who is in it."""
    try:
        root = psutil.Process(pid)
        tree = [root, *root.children(recursive=True)]
    except psutil.Error:
        return
    total = 0
    for process in tree:
        try:
            total += process.memory_info().rss
            progress.seen.add(process)
        except psutil.Error:
            continue
    progress.peak_bytes = max(progress.peak_bytes, total)


def explain(status: Status, code: int | None, executed: Path, progress: Progress) -> str:
    """A few words on why a notebook did not complete.

    Args:
        status: How it ended.
        code: Exit code of its process.
        executed: The executed notebook, where there is one.
        progress: Which cell ran last.

    Returns:
        "cell 4 of 6: ValueError: no figure on page 3".
    """
    where = f"cell {progress.cell} of {progress.cells}"
    if status == "kernel_died":
        return f"the kernel died in {where} (killed, out of memory, or a crash in native code)"
    if code == DISK_FULL:
        return f"no space left on the disk in {where}"
    if status == "timeout":
        return f"{where} ran past the time limit for a cell"
    if status == "interrupted":
        return f"interrupted in {where}"
    failed = failing_cell(executed)
    if failed:
        return f"{where}: {visible(failed[1][-1]) if failed[1] else 'error'}"
    return f"the process of the notebook ended with code {code} in {where}"


def show_failure(name: str, manifest: Manifest, executed: Path, progress: Progress) -> None:
    """Print the log's end, the cell and its error.

    Args:
        name: In front of the first line.
        manifest: Says how it ended.
        executed: The executed notebook, where there is one.
        progress: Which cell ran last, and the last lines.
    """
    print(f"\n[{name}] {manifest.status}: {manifest.error}", flush=True)
    print(f"--- last lines of {executed.parent / 'log.txt'}")
    print("\n".join(f"    {line}" for line in progress.tail))
    failed = failing_cell(executed) if manifest.status == "failed" else None
    source = failed[0] if failed else cell_source(executed, progress.cell)
    if source is not None:
        print("--- the cell")
        print("\n".join(f"    {line}" for line in source.splitlines()))
    if failed:
        print("--- its error")
        print("\n".join(f"    {visible(line)}" for line in failed[1][-12:]))
    first = "do that first, then " if _of_another_notebook(failed) else ""
    print(f"--- {first}the same command with --resume continues here", flush=True)


def _of_another_notebook(failed: tuple[str, list[str]] | None) -> bool:
    """Whether a notebook failed over what another one wrote, which its error says how to mend."""
    lines = failed[1] if failed else []
    return bool(lines) and visible(lines[-1]).startswith(MissingArtefact.__name__)
