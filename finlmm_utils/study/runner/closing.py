"""How a notebook's run is closed: the truth into its manifest, whatever comes in between."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from finlmm_utils.study.artefacts import output_digests
from finlmm_utils.study.errors import MissingArtefact
from finlmm_utils.study.runner.manifest import (
    NAME,
    Manifest,
    now,
    read_stages,
    repair_notebook,
)
from finlmm_utils.study.runner.watch import Progress, explain

RESERVE = ".reserve"
RESERVED_BYTES = 1 << 18
"""Bytes held while a notebook runs, so that its manifest and its notebook can be closed when the
disk is full: a manifest has some 10 KB, and twice its size is needed while it is replaced."""


@contextlib.contextmanager
def uninterrupted(ends: bool) -> Iterator[None]:
    """Put off Ctrl-C and SIGTERM while a manifest is closed.

    Args:
        ends: Whether what was put off ends the run after the block; False where it ends anyway.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard: list[int] = []
    before = {
        number: signal.signal(number, lambda number, frame: heard.append(number))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        if heard and ends:
            signal.raise_signal(heard[0])


def close(manifest: Manifest, folder: Path, progress: Progress, code: int | None) -> None:
    """Write how a notebook ended, and make its executed notebook say the same.

    Args:
        manifest: Of the notebook; its status says how its process ended. It becomes ``failed``
            where a result can't be read.
        folder: Of the notebook.
        progress: What the child said.
        code: Of its process.
    """
    executed = folder / "executed.ipynb"
    manifest.ended = now()
    manifest.cell, manifest.cells, manifest.left = progress.cell, progress.cells, None
    manifest.peak_mb = round(progress.peak_bytes / 2**20, 1)
    (folder / RESERVE).unlink(missing_ok=True)  # room for what follows on a full disk
    if manifest.status == "completed":
        try:
            manifest.outputs = output_digests(folder)
        except OSError as error:
            manifest.status, manifest.error = "failed", f"a result can't be read: {error}"
    else:
        manifest.error = explain(manifest.status, code, executed, progress)
    noted(manifest, folder)
    manifest.disk_mb = round(_folder_bytes(folder) / 2**20, 1)
    manifest.stages = _stages(folder)
    if manifest.status not in ("completed", "failed"):
        repair_notebook(executed, progress.cell, manifest.status)
    noted(manifest, folder)


def noted(manifest: Manifest, folder: Path) -> None:
    """Write a manifest; where the disk does not let it say so, and go on."""
    try:
        manifest.write(folder)
    except OSError as error:
        state = f"{manifest.status}: {manifest.error or ''}".strip(": ")
        print(f"{folder / NAME} can't be written ({error.strerror}); {state}", flush=True)


def _stages(folder: Path) -> dict[str, Any]:
    """What the stages were told, as far as it can be read."""
    try:
        return read_stages(folder)
    except MissingArtefact as error:
        print(error, flush=True)
        return {}


def _folder_bytes(folder: Path) -> int:
    total = 0
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # it went meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total
