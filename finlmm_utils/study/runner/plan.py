"""What a command will run: everything checked, every id known, before any work starts."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.errors import MissingArtefact, RunError
from finlmm_utils.study.parameters.check import validate
from finlmm_utils.study.parameters.notebooks import NOTEBOOKS, notebook, notebook_path
from finlmm_utils.study.parameters.profiles import for_notebook
from finlmm_utils.study.runner.identity import common_parts, digest, file_digest, run_id, run_parts
from finlmm_utils.study.runner.manifest import read_manifest
from finlmm_utils.study.session import UPSTREAM_FILE, finished, run_folders
from finlmm_utils.study.start import check_outside, check_upstream


@dataclass
class Step:
    """One notebook of a plan.

    Attributes:
        number: The notebook.
        folder: Its folder in the run.
        values: Its parameters.
        parts: What its id is made of.
        id: Its run id.
    """

    number: str
    folder: Path
    values: dict[str, Any]
    parts: dict[str, Any]
    id: str


def plan(numbers: list[str], values: dict[str, Any], run_dir: Path) -> list[Step]:
    """Check everything that can be checked before any work starts, and compute the ids.

    Args:
        numbers: Notebooks to run.
        values: Flat parameters of all notebooks.
        run_dir: The run's folder.

    Returns:
        The steps in the order of the work.

    Raises:
        ParameterError: A parameter is wrong.
        MissingArtefact: A needed earlier notebook is neither done nor in the list.
        RunError: A notebook's file is missing, or what it needs of this machine.
    """
    chosen = sorted({notebook(number).number for number in numbers})
    root = repository_root()
    inside = run_dir.is_relative_to(root)
    place = run_dir.relative_to(root).as_posix() if inside else str(run_dir)
    values = {**values, "run_dir": place}
    wanted = {}
    for number in chosen:
        if not notebook_path(number).is_file():
            raise RunError(f"{notebook_path(number)} is missing: expected it in the checkout")
        own = for_notebook(number, values)
        wanted[number] = validate(number, own)
        _check_places(number, own)
    check_upstream(wanted, run_dir)
    common = common_parts()
    ids: dict[str, str] = {}
    steps = []
    for number in chosen:
        own = for_notebook(number, values)
        inputs = {}
        for earlier in notebook(number).reads:
            stem = notebook(earlier).stem
            found = ids.get(earlier) or earlier_id(stem, run_dir)
            if found:
                inputs[stem] = found
        parts = run_parts(number, own, common, inputs)
        ids[number] = run_id(parts)
        steps.append(Step(number, run_dir / notebook(number).stem, own, parts, ids[number]))
    for step in steps:
        if not _is_done(step):
            _check_machine(step, after_work=step is not steps[0])
    return steps


def _is_done(step: Step) -> bool:
    manifest = read_manifest(step.folder) if finished(step.folder) else None
    return manifest is not None and manifest.id == step.id


def _check_machine(step: Step, after_work: bool) -> None:
    """Refuses at once what would stop a run after hours of other notebooks.

    Args:
        step: A notebook that is to run.
        after_work: Whether others run before it; else it says itself what it lacks, and a
            notebook whose answers are all kept from before needs no key.
    """
    where = f"notebook {notebook(step.number).stem}:"
    asked = [
        name for name in ("backend", "aligner", "blind_check") if step.values.get(name) == "openai"
    ]
    if asked and after_work and not os.environ.get("OPENAI_API_KEY"):
        raise RunError(
            f"{where} {asked[0]}=openai asks an endpoint, and OPENAI_API_KEY is not set; "
            f"expected a key (any word for a local server), or --set {asked[0]}=offline"
        )
    training = step.values.get("training", {})
    if (beside := str(notebook_path(step.number).parent)) not in sys.path:
        sys.path.append(beside)  # as in the notebook's own process
    check_outside(training)
    elsewhere = training.get("launch") == "shell"  # only the order is written here
    if training.get("vllm", "none") != "none" and not elsewhere and find_spec("vllm") is None:
        raise RunError(
            f"{where} training.vllm={training['vllm']}, and vLLM is not installed; expected the "
            "extra gpu (pip install -e '.[gpu]'), or --set training.vllm=none"
        )
    if training.get("launch") == "zero3" and find_spec("deepspeed") is None:
        raise RunError(
            f"{where} training.launch=zero3, and deepspeed is not installed; expected pip install "
            "deepspeed, or another launch"
        )


def earlier_id(stem: str, run_dir: Path) -> str | None:
    """Id of an earlier notebook's finished run in a folder, or None."""
    for base in run_folders(run_dir):
        if finished(base / stem):
            manifest = read_manifest(base / stem)
            metrics = base / stem / "metrics.json"
            return manifest.id if manifest else digest(file_digest(metrics))[:16]
    return None


def point_to(run_dir: Path, base: Path | None) -> None:
    """Make a run take earlier notebooks from another run's folder, or from itself alone.

    Args:
        run_dir: The run's folder; made if missing.
        base: The other run's folder.

    Raises:
        RunError: One of them can't be a run's folder, or they lead back to each other.
    """
    if base is not None and not base.is_dir():
        raise RunError(f"--base {base}: expected the folder of another run; there is none")
    if base is not None and base.resolve() == run_dir.resolve():
        raise RunError(f"--base {base}: expected another run's folder than --out; leave it out")
    if base is not None and run_dir.resolve() in [one.resolve() for one in run_folders(base)]:
        raise RunError(f"--base {base} takes from {run_dir}: expected no circle; leave it out")
    run_dir.mkdir(parents=True, exist_ok=True)
    pointer = run_dir / UPSTREAM_FILE
    if base is None:
        pointer.unlink(missing_ok=True)
    else:
        pointer.write_text(os.path.relpath(base, run_dir) + "\n", encoding="utf-8")


def all_numbers() -> list[str]:
    """Numbers of the notebooks that this checkout holds."""
    return [number for number in NOTEBOOKS if notebook_path(number).is_file()]


def _check_places(number: str, values: dict[str, Any]) -> None:
    """A folder of reports that is named must be there before any work starts."""
    folder = values.get("reports_dir")
    if folder and not (repository_root() / folder).is_dir():
        raise MissingArtefact(
            f"notebook {notebook(number).stem}: parameter 'reports_dir' = {folder!r}:"
            " expected a folder of PDF files; it is not there"
        )
