"""What a notebook wrote: digests that say whether it is still what it was, and lines that help."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.output import ODD_BYTE
from finlmm_utils.study.errors import MissingArtefact, StudyError
from finlmm_utils.study.metrics_table import flatten

NOT_RESULTS = frozenset(
    {"manifest.json", "log.txt", "executed.html", "samples.html", "review.csv", ".reserve"}
)
"""Files of a notebook's folder that come after its end, or that a person fills in."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file's content, read in blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def output_digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every result in a notebook's folder, by its path in there.

    Notebooks write names in UTF-8; what has another one came from somebody else.
    """
    found = {
        path.relative_to(folder).as_posix(): path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in NOT_RESULTS and path.suffix != ".part"
    }
    return {
        name: file_digest(path) for name, path in found.items() if ODD_BYTE.search(name) is None
    }


def first_changed(folder: Path, outputs: Mapping[str, str], below: str = "") -> str:
    """The first result that is no longer what a notebook wrote, with what happened to it.

    Args:
        folder: of the notebook.
        outputs: from its manifest.
        below: a file or folder in there; "" for all.

    Returns:
        "figures.parquet is changed", "rows/train.arrow is gone"; "" where all hold.
    """
    for name, digest in outputs.items():
        if not below or name == below or name.startswith(below + "/"):
            path = folder / name
            if not path.is_file():
                return f"{name} is gone"
            if file_digest(path) != digest:
                return f"{name} is changed"
    return ""


def check_intact(folder: Path, artefact: str, who: str, again: str) -> None:
    """Refuse an artefact that is no longer what its notebook wrote.

    Where the notebook was run by hand, nothing says what it wrote; then a file must at least have
    the form that its name says.

    Args:
        folder: of the notebook that wrote it.
        artefact: its file or folder in there; "" for all.
        who: first words of the message: who wants to read it.
        again: what to do.

    Raises:
        MissingArtefact: names the file, what is wrong and the remedy.
    """
    manifest = folder / "manifest.json"
    told = read_json(manifest, again) if manifest.is_file() else {}
    outputs = told.get("outputs") if isinstance(told, dict) else None
    if isinstance(outputs, dict):
        if wrong := first_changed(folder, outputs, artefact):
            raise MissingArtefact(f"{who}{folder}: {wrong} since {folder.name} wrote it; {again}")
        return
    path = folder / artefact
    with reading(path, again):
        if path.suffix == ".parquet":
            import pyarrow.parquet

            pyarrow.parquet.read_metadata(path)
        elif path.suffix == ".json":
            json.loads(path.read_text("utf-8"))


def read_json(path: Path, remedy: str) -> Any:
    """Reads a JSON file of a run.

    Args:
        path: of the file.
        remedy: what to do where it can't be read.

    Raises:
        MissingArtefact: names the file, what is wrong and the remedy.
    """
    with reading(path, remedy):
        return json.loads(path.read_text("utf-8"))


@contextlib.contextmanager
def reading(path: Path, remedy: str) -> Iterator[None]:
    """Lets what goes wrong while a file is read end in one line.

    Args:
        path: of the file.
        remedy: what to do then.

    Raises:
        MissingArtefact: names the file, what is wrong and the remedy.
    """
    try:
        yield
    except StudyError:
        raise
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RuntimeError) as error:
        line = " ".join(str(error).split())[:200]
        raise MissingArtefact(f"{path} can't be read ({line}): {remedy}") from None


def read_metrics(run_dir: Path) -> dict[str, Any]:
    """All metrics of a run by ``folder: name``."""
    metrics: dict[str, Any] = {}
    for path in sorted(run_dir.rglob("metrics.json")):
        place = path.parent.relative_to(run_dir).as_posix()
        remedy = "run its notebook again, or delete it"
        values = read_json(path, remedy)
        with reading(path, remedy):  # lists in lists almost without end
            flat = flatten(values if isinstance(values, dict) else {})
        metrics |= {f"{place}: {name}": value for name, value in flat.items()}
    return metrics
