"""A figure on a page: its takeaway, its data, its drawing, its cell and its command."""

from __future__ import annotations

import base64
import json
import os
import shlex
from pathlib import Path
from typing import Any

from finlmm_utils.study.errors import ParameterError, RunError
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.profiles import for_notebook, load_profile
from finlmm_utils.study.report.notebooks import figure_cells
from finlmm_utils.study.runner.manifest import Manifest

WIDE = 2.2
"""Width over height from which a figure takes the page's whole width: its panels are small else."""
NOT_SET = ("profile", "run_dir", "seed")
"""Parameters that options of the command line give."""


def command_of(manifest: Manifest, run_name: str) -> str:
    """The command that makes a notebook's results again.

    Args:
        manifest: Of the notebook.
        run_name: Name of the run's folder.

    Returns:
        One line for a shell; parameters that differ from the profile are in it.
    """
    number = number_of(manifest)
    try:
        values = for_notebook(number, load_profile(manifest.profile))
    except (KeyError, ParameterError):  # of another version, or not ours
        values = {}
    words = ["finlmm", "run", number, "--profile", manifest.profile]
    words += ["--seeds", str(manifest.parameters.get("seed", 1))]
    words += ["--out", f"papermill_runs/runs/{run_name}"]
    for name, value in manifest.parameters.items():
        if name not in NOT_SET and value != values.get(name):
            text = value if isinstance(value, str) else json.dumps(value)
            words += ["--set", f"{name}={text}"]
    return shlex.join(words)


def number_of(manifest: Manifest) -> str:
    """Number of a manifest's notebook; its name where there is no such notebook (any more)."""
    try:
        return notebook(manifest.notebook).number
    except RunError:
        return manifest.notebook


def figures_of(folder: Path, run_dir: Path, manifest: Manifest) -> list[dict[str, Any]]:
    """The figures of one notebook, as the templates take them.

    Args:
        folder: The notebook's folder.
        run_dir: Folder of the page.
        manifest: Of the notebook.
    """
    cells = figure_cells(folder)
    command = command_of(manifest, run_dir.name)
    place = folder.relative_to(run_dir).as_posix()
    found = []
    for path in sorted(folder.glob("figures/*.png")):
        extra = {}
        if path.stem in cells:
            extra["notebook cell"] = f"{place}/{cells[path.stem]}"
        if (folder / "manifest.json").is_file():
            extra["manifest"] = f"{place}/manifest.json"
        found.append(figure(path, run_dir, extra, command))
    return found


def figure(path: Path, page_dir: Path, extra: dict[str, str], command: str) -> dict[str, Any]:
    """One figure.

    Args:
        path: Its PNG; SVG, CSV and JSON lie beside it.
        page_dir: Folder of the page.
        extra: More links, name to target.
        command: That draws it again.
    """
    said = words_of(path)
    place = Path(os.path.relpath(path, page_dir)).as_posix()
    links = {
        kind.upper(): f"{place.removesuffix('.png')}.{kind}"
        for kind in ("csv", "svg")
        if path.with_suffix(f".{kind}").is_file()
    }
    data = path.read_bytes()
    width, height = int.from_bytes(data[16:20], "big"), int.from_bytes(data[20:24], "big")
    return {
        "name": path.stem,
        "anchor": "figure-" + place.removesuffix(".png").replace("/", "-"),
        "takeaway": said["takeaway"],
        "source": "data:image/png;base64," + base64.b64encode(data).decode(),
        "svg": links.get("SVG", ""),
        "links": {**{{"CSV": "data (CSV)"}.get(k, k): v for k, v in links.items()}, **extra},
        "command": command,
        "wide": bool(height) and width / height > WIDE,
    }


def words_of(path: Path) -> dict[str, str]:
    """Title and takeaway of a saved figure; its name where an older run saved none.

    Args:
        path: Any of its files.
    """
    name = path.stem.replace("_", " ")
    try:
        said = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError):
        said = {}
    title = str(said.get("title") or name)
    return {"title": title, "takeaway": str(said.get("takeaway") or title)}
