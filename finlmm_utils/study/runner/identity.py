"""Run ids: what a result depends on, as one hash."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import git, repository_root
from finlmm_utils.finance.vocabularies.reader import VARIABLE, vocabulary, vocabulary_file
from finlmm_utils.study.artefacts import file_digest
from finlmm_utils.study.parameters.check import is_path
from finlmm_utils.study.parameters.notebooks import notebook, notebook_path
from finlmm_utils.study.parameters.paths import paths_in, replaced
from finlmm_utils.study.runner.measured import without_table

DECIDING = ("torch", "transformers", "trl", "numpy", "pymupdf", "sentence-transformers")
"""Packages of which another version may give other numbers."""

DECIDING_VARIABLES = ("FINLMM_FLOAT32", "OMP_NUM_THREADS")
"""Variables of the environment that change results, beside the vocabulary's. The threads decide in
which order floats are added; where they are not told there are two on every machine, so that a run
goes on under its id on one with more cores."""


def digest(*parts: bytes | str) -> str:
    """SHA-256 of some parts, kept apart by their lengths."""
    total = hashlib.sha256()
    for part in parts:
        # Names on disk may be no UTF-8; their bytes count.
        data = part.encode("utf-8", "surrogateescape") if isinstance(part, str) else part
        total.update(str(len(data)).encode() + b":" + data)
    return total.hexdigest()


def folder_digest(folder: Path) -> str:
    """SHA-256 of the names and contents of all files below a folder.

    Caches and hidden files do not count.
    """
    lines = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") or part == "__pycache__" for part in name.parts)
        if path.is_file() and not hidden:
            try:
                lines.append(f"{name.as_posix()} {file_digest(path)}")
            except OSError:  # nobody may read it; of a report, notebook 01 says so in its row
                lines.append(f"{name.as_posix()} unreadable")
    return digest(*lines)


def notebook_digest(path: Path) -> str:
    """SHA-256 of a notebook's cells: types, sources and tags, without the measured table."""
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return digest(
        *(
            json.dumps(
                [
                    cell["cell_type"],
                    without_table("".join(cell["source"])),
                    cell.get("metadata", {}).get("tags", []),
                ]
            )
            for cell in cells
        )
    )


def code_state() -> dict[str, Any]:
    """Commit of the checkout and versions of the packages that decide results.

    Returns:
        ``commit`` ("" outside of a clone), ``changed`` (files differ from it), ``versions``.
    """
    from importlib.metadata import PackageNotFoundError, version

    versions = {}
    for name in DECIDING:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            continue
    commit = git("rev-parse", "HEAD")
    changed = bool(commit) and bool(git("status", "--porcelain", "--untracked-files=no"))
    return {"commit": commit, "changed": changed, "versions": versions}


def common_parts() -> dict[str, str]:
    """Hashes of the package (with its weights) and of the lock file, and what the environment says.

    Variables of the environment count where they are set, so that ids without them stay.

    Raises:
        VocabularyError: the file that the environment names is no vocabulary.
    """
    root = repository_root()
    lock = root / "requirements.lock"
    told = {name: value for name in DECIDING_VARIABLES if (value := os.environ.get(name))}
    words = vocabulary_file()
    if vocabulary() is not None and words:
        told[VARIABLE] = f"{words.name} {file_digest(words)}"
    return {
        "package": folder_digest(Path(__file__).resolve().parents[2]),
        "lock": file_digest(lock) if lock.is_file() else "",
        **told,
    }


def run_parts(
    number: str, values: dict[str, Any], common: dict[str, str], inputs: dict[str, str]
) -> dict[str, Any]:
    """Collect what a notebook's result depends on.

    Args:
        number: The notebook.
        values: Its parameters. ``run_dir`` says where, not what, and does not count; of a path,
            the content counts and not the place.
        common: From :func:`common_parts`.
        inputs: Stem of an earlier notebook to the id of its run.

    Returns:
        JSON values; :func:`run_id` hashes them.
    """
    asked = "openai" in values.values() and values.get("base_url") == ""
    if asked and os.environ.get("OPENAI_BASE_URL"):
        values = {**values, "base_url": os.environ["OPENAI_BASE_URL"]}
    kept: dict[str, Any] = {}
    content: dict[str, str] = {}
    for name, value in sorted(values.items()):
        if name == "run_dir":
            continue
        named = list(paths_in(str(value), repository_root())) if is_path(name) else []
        found = {path: folder_digest(path) if path.is_dir() else file_digest(path)
                 for _, _, path in named}  # fmt: skip
        if [(start, end) for start, end, _ in named] == [(0, len(str(value)))]:
            content[name] = next(iter(found.values()))
        else:
            kept[name] = replaced(value, repository_root(), found) if named else value
    return {
        "notebook": notebook(number).stem,
        "source": notebook_digest(notebook_path(number)),
        "parameters": kept,
        "content": content,
        "inputs": dict(sorted(inputs.items())),
        **common,
    }


def run_id(parts: dict[str, Any]) -> str:
    """The id: 16 hex digits of the hash of the parts."""
    return digest(json.dumps(parts, sort_keys=True))[:16]
