"""Committed studies on a page: what was found, and how one knows."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.studies import Study, studies_folder
from finlmm_utils.study.report.figures import figure

FILES = (".csv", ".json", ".png", ".svg")
"""Endings of a study's files that a page outside of the gallery takes along."""
LINKED = {"data (CSV)": "{}.csv", "summary": "summary.json", "manifest": "study_manifest.json"}
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
        "off": off,
        "first": first or study.contrasts,
        "more": [one for one in study.contrasts if one not in first] if first else [],
        "links": {name: link for name, link in links.items() if not link.startswith("#")},
        "figures": [
            figure(path, run_dir, {}, study.command) for path in sorted(folder.glob("*.png"))
        ] if study.ran else [],
    }  # fmt: skip
