"""Committed studies on a page: what was found, and how one knows."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.studies import EARLIER, Study, measured_by, studies_folder
from finlmm_utils.study.report.figures import figure

FILES = (".csv", ".json", ".png", ".svg")
"""Endings of a study's files that a page outside of the gallery takes along."""
MANIFEST = "study_manifest.json"
LINKED = {
    "data (CSV)": "{}.csv", "summary": "summary.json", "manifest": MANIFEST,
    "its first run": EARLIER,
}  # fmt: skip
"""What is linked of a study's folder; ``{}`` is its name."""
WITH_NUMBERS = ("data (CSV)",)
"""Of these, what a study that has not run holds without a number in it: nobody is led there."""


def study_links(run_dir: Path, studies: Sequence[Study]) -> dict[str, dict[str, str]]:
    """Links to each study's files, which are copied beside a page outside of the gallery.

    Args:
        run_dir: Folder of the page.
        studies: The committed ones.

    Returns:
        A study's name to what is linked, and where it is.
    """
    source = studies_folder()
    inside = run_dir.resolve().is_relative_to(source.parent.resolve())
    links = {}
    for study in studies:
        folder = source / study.name
        if not inside:
            target = run_dir / "studies" / study.name
            target.mkdir(parents=True, exist_ok=True)
            for path in sorted(folder.iterdir()):
                if path.suffix in FILES:
                    shutil.copyfile(path, target / path.name)
            folder = target
        files = {
            name: file.format(study.name)
            for name, file in LINKED.items()
            if study.ran or name not in WITH_NUMBERS
        }
        place = Path(os.path.relpath(folder, run_dir)).as_posix()
        links[study.name] = {f"study {study.name}": f"#study-{study.name}"} | {
            name: f"{place}/{file}" for name, file in files.items() if (folder / file).is_file()
        }
    return links


def _anchor(study: Study, place: int) -> str:
    return f"study-{study.name}-{place + 1}"


def evidence_places(views: Sequence[dict[str, Any]]) -> dict[tuple[str, str], dict[str, str]]:
    """Where on the page each contrast stands, and the figure that draws it.

    Args:
        views: Of :func:`study_view`.

    Returns:
        A row's source and measure, as the ledger has them, to the links.
    """
    found = {}
    for view in views:
        drawn = [one["anchor"] for one in view["figures"] if one["name"] == "contrasts"]
        more = {"figure": f"#{drawn[0]}"} if drawn else {}
        for measure, anchor in view["anchors"].items():
            found[f"study {view['name']}", measure] = {"the contrast": f"#{anchor}", **more}
    return found


def ran_on(*folders: Path) -> str:
    """On which machines the arms of studies ran, in words; "" where none has a manifest.

    Args:
        folders: Of the studies.
    """
    arms: Counter[str] = Counter()
    for path in (folder / MANIFEST for folder in folders):
        ran = json.loads(path.read_text("utf-8")).get("ran", []) if path.is_file() else []
        for one in ran:
            device = str(one["environment"].get("device", "not known")).replace("cpu", "a CPU")
            torch = one["environment"].get("torch", "not known")
            arms[f"{device} (torch {torch})"] += len(one["arms"])
    return ", ".join(f"{n} arms on {device}" for device, n in arms.items())


def _beside(study: Study, run_dir: Path, links: dict[str, str]) -> dict[str, str]:
    """What a study's figure leads to besides its data: the cell that shows it, and the manifest."""
    found = {}
    for path in sorted(run_dir.glob(f"{study.notebook or '-'}_*/executed.ipynb")):
        try:
            cells = json.loads(path.read_text("utf-8"))["cells"]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        shows = [one for one in cells if f'show_study("{study.name}")' in "".join(one["source"])]
        page = path.with_name("executed.html")
        if shows and page.is_file():
            anchor = f"{page.parent.name}/{page.name}#cell-id={shows[0].get('id', '')}"
            found[f"cell in notebook {study.notebook}"] = anchor
    return found | {name: link for name, link in links.items() if name == "manifest"}


def study_view(study: Study, run_dir: Path, links: dict[str, str]) -> dict[str, Any]:
    """A study with its figures: what it planned first, what else was looked at on demand.

    Args:
        study: A committed one.
        run_dir: Folder of the page.
        links: Of :func:`study_links`, for this study.

    Returns:
        As the template takes it; a study without a number has no figure.
    """
    folder = studies_folder() / study.name
    copied = run_dir / "studies" / study.name
    folder = copied if copied.is_dir() else folder
    first = [one for one in study.contrasts if one.primary or one.placebo or one.claims]
    off = [one for one in study.contrasts if one.off_zero and not (one.primary or one.placebo)]
    return {
        **study.model_dump(),
        "ran": study.ran,
        "ran_on": ran_on(folder),
        "anchors": {measured_by(one): _anchor(study, k) for k, one in enumerate(study.contrasts)},
        "off": off,
        "first": first or study.contrasts,
        "more": [one for one in study.contrasts if one not in first] if first else [],
        "links": {name: link for name, link in links.items() if not link.startswith("#")},
        "figures": [
            figure(path, run_dir, _beside(study, run_dir, links), study.command)
            for path in sorted(folder.glob("*.png"))
        ] if study.ran else [],
    }  # fmt: skip
