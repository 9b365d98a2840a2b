"""What each notebook took: measured by runs, written into README and notebooks."""

from __future__ import annotations

import functools
import json
import os
import platform
import re
import sys
from pathlib import Path
from typing import Any

import psutil

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.parameters.notebooks import APPENDICES, NOTEBOOKS, notebook

TABLE = re.compile(r"<!-- measured:(\w+) -->.*?<!-- /measured -->", re.DOTALL)


def measured_path() -> Path:
    """File with what runs measured: profile, then notebook stem, then numbers."""
    return repository_root() / "papermill_runs" / "profiles" / "measured.json"


def read_measured() -> dict[str, Any]:
    """What was measured in this checkout, or nothing where no run was recorded."""
    return _measured_in(measured_path())


@functools.cache
def _measured_in(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def seconds_of(profile: str, number: str) -> float:
    """Measured wall seconds of a notebook under a profile; 0 where unknown."""
    return float(_measured_run(profile, number).get("seconds", 0.0))


def cell_seconds_of(profile: str, number: str) -> list[float]:
    """Measured seconds of each cell of a notebook under a profile; empty where unknown."""
    return [float(seconds) for seconds in _measured_run(profile, number).get("cells", [])]


def _measured_run(profile: str, number: str) -> dict[str, Any]:
    notebooks = read_measured().get(profile, {}).get("notebooks", {})
    return notebooks.get(notebook(number).stem, {})


def _cell_seconds(executed: Path) -> list[float]:
    """What each cell took, from Papermill's notes in the executed notebook."""
    cells = json.loads(executed.read_text("utf-8"))["cells"]
    notes = [cell["metadata"].get("papermill", {}) for cell in cells]
    return [round(note.get("duration") or 0.0, 1) for note in notes]


@functools.cache
def machine() -> dict[str, Any]:
    """What the run runs on, without asking torch."""
    return {
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
    }


def record(run_dir: Path) -> dict[str, Any]:
    """Take the numbers of a completed run into ``measured.json``.

    Args:
        run_dir: A run whose notebooks were all run by the runner; of one that was interrupted and
            continued the whole time counts.

    Returns:
        The whole content of the file.

    Raises:
        RunError: A notebook of the run is not completed.
    """
    from finlmm_utils.study.runner.manifest import manifests

    folders = list(manifests(run_dir))
    found = [manifest for _, manifest in folders]
    profiles = {manifest.profile for manifest in found}
    if len(profiles) != 1:
        raise RunError(f"{run_dir}: expected manifests of one profile, found {len(profiles)}")
    for manifest in found:
        if manifest.status != "completed":
            raise RunError(f"{run_dir}: {manifest.notebook} is {manifest.status}: run it first")
    _measured_in.cache_clear()
    content = dict(read_measured())
    content[profiles.pop()] = {
        "machine": found[0].machine,
        "notebooks": {
            m.notebook: {
                "seconds": m.whole_seconds,
                "peak_mb": m.peak_mb,
                "disk_mb": m.disk_mb,
                "cells": [] if m.continued else _cell_seconds(folder / "executed.ipynb"),
            }
            for folder, m in folders
        },
    }
    text = json.dumps(content, indent=1, sort_keys=True)
    text = re.sub(r"\[[^\]]*\]", lambda numbers: " ".join(numbers[0].split()), text)  # on one line
    measured_path().write_text(text + "\n", encoding="utf-8")
    _measured_in.cache_clear()
    return content


def profile_table() -> str:
    """Markdown table of the profiles: total minutes, peak memory, disk, machine."""
    from finlmm_utils.study.parameters.profiles import PROFILES

    rows = ["| profile | minutes | memory | disk | measured on |", "|---|---|---|---|---|"]
    for profile in PROFILES:
        entry = read_measured().get(profile)
        if entry is None:
            rows.append(f"| `{profile}` | not measured yet | | | |")
            continue
        runs = entry["notebooks"].values()
        rows.append(
            f"| `{profile}` | {sum(r['seconds'] for r in runs) / 60:.1f} "
            f"| {max(r['peak_mb'] for r in runs) / 1024:.1f} GB "
            f"| {sum(r['disk_mb'] for r in runs):.0f} MB | {machine_words(entry['machine'])} |"
        )
    return "\n".join(rows)


def notebook_table(number: str) -> str:
    """Markdown table of one notebook by profile."""
    stem = notebook(number).stem
    rows = ["| profile | minutes | memory | disk |", "|---|---|---|---|"]
    for profile, entry in read_measured().items():
        run = entry["notebooks"].get(stem)
        if run:
            rows.append(
                f"| `{profile}` | {run['seconds'] / 60:.1f} | {run['peak_mb'] / 1024:.1f} GB "
                f"| {run['disk_mb']:.1f} MB |"
            )
    return "\n".join(rows) if len(rows) > 2 else "Not measured yet."


def machine_words(entry: dict[str, Any]) -> str:
    """A machine in words."""
    cores, memory, system = (entry.get(k, "?") for k in ("cores", "memory_gb", "system"))
    words = f"{cores} cores, {memory} GB, {system}"
    return f"{words}, {entry['accelerator']}" if entry.get("accelerator") else words


def fill_tables(text: str) -> str:
    """Renew what stands between ``<!-- measured:NAME -->`` and ``<!-- /measured -->``.

    Args:
        text: Markdown; NAME is ``profiles`` or a notebook's number.

    Returns:
        The text with current tables.
    """

    def table(match: re.Match[str]) -> str:
        name = match[1]
        content = profile_table() if name == "profiles" else notebook_table(name)
        return f"<!-- measured:{name} -->\n{content}\n<!-- /measured -->"

    return TABLE.sub(table, text)


def without_table(text: str) -> str:
    """Text with its measured tables emptied, so that a new measurement makes no new run id."""
    return TABLE.sub(r"<!-- measured:\1 -->", text)


def write_tables() -> list[Path]:
    """Renew the tables in README and notebooks.

    Returns:
        The files that changed.
    """
    import nbformat

    changed = []
    readme = repository_root() / "README.md"
    if readme.is_file():
        text = readme.read_text("utf-8")
        if fill_tables(text) != text:
            readme.write_text(fill_tables(text), encoding="utf-8")
            changed.append(readme)
    for one in (*NOTEBOOKS.values(), *APPENDICES.values()):
        path = repository_root() / "notebooks" / f"{one.stem}.ipynb"
        if not path.is_file():
            continue
        content = nbformat.read(path, as_version=4)
        before = [cell.source for cell in content.cells]
        for cell in content.cells:
            cell.source = fill_tables(cell.source)
        if [cell.source for cell in content.cells] != before:
            nbformat.write(content, path)
            changed.append(path)
    return changed
