"""A figure on a page: its takeaway, its data, its drawing, its cell and its command."""

from __future__ import annotations

import base64
import json
import os
import shlex
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.errors import FigureError
from finlmm_utils.evaluation.plots.draw import FIGURES, PICTURED
from finlmm_utils.study.artefacts import check_intact
from finlmm_utils.study.errors import ParameterError, RunError
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.profiles import for_notebook, load_profile
from finlmm_utils.study.report.notebooks import figure_cells
from finlmm_utils.study.report.pictures import PIXELS, shown_width
from finlmm_utils.study.report.render import STYLE
from finlmm_utils.study.runner.manifest import Manifest

WIDE = 740
"""Width on the page from which a figure takes the whole line: beside another it would shrink."""
FOLDER = "figures"
"""Of a notebook's folder, where its figures lie."""
GALLERY = "papermill_runs/gallery"
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


def redraw_command(path: Path) -> str:
    """The command that draws a saved figure again from its data in seconds; "" where none does.

    Args:
        path: Its PNG.
    """
    key = key_of(path)
    if key not in FIGURES or not path.with_suffix(".csv").is_file():
        return ""
    if key in PICTURED and not path.with_suffix("").is_dir():
        return ""
    study = path.parent.name != FOLDER
    folder = path.parents[0 if study else 1 if key.startswith("page/") else 2]
    resolved, root = folder.resolve(), repository_root().resolve()
    place = str(resolved)
    if resolved.is_relative_to(root):
        place = resolved.relative_to(root).as_posix()
    elif linked(folder):
        place = f"{GALLERY}/{folder.name}"
    return shlex.join(["finlmm", "figure", place, path.stem if study else key])


def key_of(path: Path) -> str:
    """A figure's name among :data:`finlmm_utils.evaluation.plots.draw.FIGURES`.

    Args:
        path: Any of its files, in a notebook's folder ``figures`` or in that of a study.
    """
    if path.parent.name != FOLDER:
        return f"study/{path.stem}"
    try:
        return f"{notebook(path.parents[1].name).number}/{path.stem}"
    except RunError:
        return f"page/{path.stem}"


def find_figure(folder: Path, name: str) -> tuple[str, Path]:
    """A saved figure by its name.

    Args:
        folder: Of a run, of one of its notebooks, or of a study.
        name: ``06/stages``, or ``stages`` where one figure alone is called so.

    Returns:
        Its key of :data:`finlmm_utils.evaluation.plots.draw.FIGURES`, and its CSV.

    Raises:
        FigureError: No figure is called so, or several are.
    """
    known = {}
    for said in sorted(folder.rglob("*.json")):
        path = said.with_suffix(".csv")
        if path.is_file() and said.with_suffix(".png").is_file():
            known[path] = key_of(path)
    wanted = {p: k for p, k in known.items() if name in (k, k.partition("/")[2], p.stem)}
    if len(wanted) == 1:
        path, key = next(iter(wanted.items()))
        return key, path
    found = ", ".join(dict.fromkeys(known.values())) or "none"
    what = "several figures are" if wanted else "no figure is"
    raise FigureError(f"{folder}: {what} called {name!r}; expected one of: {found}")


def check_data(csv: Path) -> None:
    """Refuse the data of a figure that are no longer what its notebook wrote.

    A study's figures have no digests beside them: they are committed, and git tells.

    Args:
        csv: Of the figure; its JSON and its pictures are asked about, too.

    Raises:
        MissingArtefact: Names the file and what helps.
    """
    again = "run its notebook again; --edited draws it from what you changed yourself"
    if csv.parent.name == FOLDER:
        for name in (csv.name, csv.with_suffix(".json").name, csv.stem):
            check_intact(csv.parents[1], f"{FOLDER}/{name}", "", again)


def linked(run_dir: Path) -> bool:
    """Whether a page lies in a gallery, whose pages share pictures and one style sheet."""
    return (run_dir.parent / STYLE).is_file()


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
    """One figure; its picture is in the page, or linked where the page lies in a gallery.

    Args:
        path: Its PNG; SVG, CSV and JSON lie beside it.
        page_dir: Folder of the page.
        extra: More links, name to target.
        command: That makes its data again.
    """
    said = words_of(path)
    place = Path(os.path.relpath(path, page_dir)).as_posix()
    links = {
        kind.upper(): f"{place.removesuffix('.png')}.{kind}"
        for kind in ("csv", "svg")
        if path.with_suffix(f".{kind}").is_file()
    }
    data = path.read_bytes()
    inside = "data:image/png;base64," + base64.b64encode(data).decode()
    width, height = shown_width(data), int.from_bytes(data[20:24], "big")
    return {
        "name": path.stem,
        "anchor": "figure-" + place.removesuffix(".png").replace("/", "-"),
        "title": said["title"],
        "takeaway": said["takeaway"],
        "source": place if linked(page_dir) else inside,
        "svg": links.get("SVG", ""),
        "links": {**{{"CSV": "data (CSV)"}.get(k, k): v for k, v in links.items()}, **extra},
        "command": command,
        "redraw": redraw_command(path) if command else "",
        "width": width,
        "height": round(height / PIXELS),
        "wide": width > WIDE,
    }


def words_of(path: Path) -> dict[str, str]:
    """Title and takeaway of a saved figure; its name where an older run saved none.

    Args:
        path: Any of its files.
    """
    name = path.stem.replace("_", " ")
    try:
        said = json.loads(path.with_suffix(".json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        said = {}
    said = said if isinstance(said, dict) else {}
    title = str(said.get("title") or name)
    return {"title": title, "takeaway": str(said.get("takeaway") or title)}
