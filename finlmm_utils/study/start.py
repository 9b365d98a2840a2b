"""The preflight cell of a notebook: check the parameters, say what it runs on, seed, open."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import random
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.plot_style import use_style
from finlmm_utils.study.errors import MissingArtefact
from finlmm_utils.study.parameters.check import reject_unknown, validate
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.schemas import MODELS
from finlmm_utils.study.session import Run, run_folders


def start(number: str, namespace: dict[str, Any]) -> Run:
    """Check the parameters of a notebook, print what it runs on, seed, and open its folder.

    Args:
        number: The notebook, e.g. ``"05"``.
        namespace: The notebook's ``globals()``.

    Returns:
        The run.

    Raises:
        ParameterError: A parameter is missing, unknown, of the wrong type or out of range.
        MissingArtefact: An earlier notebook that this one cannot do without has not run.
    """
    this = notebook(number)
    reject_unknown(this.number, injected_names(namespace.get("In", [])))
    fields = MODELS[this.number].model_fields
    parameters = validate(this.number, {n: namespace[n] for n in fields if n in namespace})
    run_dir = repository_root() / parameters.run_dir
    check_upstream(this.number, parameters, run_dir)
    folder = run_dir / this.stem
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(this, parameters, folder, _run_id(folder, parameters))
    _seed_everything(parameters.seed, this.trains)
    use_style()
    print(_header(run))
    return run


def required(number: str, parameters: Any) -> tuple[str, ...]:
    """Earlier notebooks without which a notebook cannot start, given its parameters."""
    needs = {"02": ("01",), "03": ("02",), "06": ("03",), "07": ("03",)}
    if number == "05":
        return ("03",) if "asp" in parameters.stage2_data.replace("*", "+").split("+") else ()
    return needs.get(number, ())


def check_upstream(number: str, parameters: Any, run_dir: Path, planned: Any = ()) -> None:
    """Refuse to start where a needed earlier notebook is neither done nor planned.

    Args:
        number: The notebook that wants to start.
        parameters: Its validated parameters.
        run_dir: The run's folder.
        planned: Numbers that run before it in the same command.

    Raises:
        MissingArtefact: Names the notebook to run first.
    """
    for earlier in required(number, parameters):
        stem = notebook(earlier).stem
        if earlier in planned or any(finished(b / stem) for b in run_folders(run_dir)):
            continue
        raise MissingArtefact(
            f"notebook {notebook(number).stem}: parameter 'run_dir' = {parameters.run_dir!r}:"
            f" expected the results of {stem} there; run notebook {earlier} first"
            f" (finlmm run {earlier} --profile {parameters.profile} --out {parameters.run_dir})"
        )


def finished(folder: Path) -> bool:
    """Whether a notebook's folder holds a completed run, by the runner or by hand."""
    manifest = folder / "manifest.json"
    if manifest.is_file():
        return bool(json.loads(manifest.read_text("utf-8")).get("status") == "completed")
    return (folder / "metrics.json").is_file()


def injected_names(cells: list[str]) -> list[str]:
    """Names that Papermill set in this kernel.

    Papermill only warns of unknown names; its injected cell starts with ``# Parameters`` and is
    found in IPython's list of inputs ``In``.

    Args:
        cells: Sources of the cells run so far.

    Returns:
        The names, in order.
    """
    names: list[str] = []
    for source in cells:
        if source.lstrip().startswith("# Parameters\n"):
            for node in ast.parse(source).body:
                targets = node.targets if isinstance(node, ast.Assign) else []
                names += [target.id for target in targets if isinstance(target, ast.Name)]
    return names


def _run_id(folder: Path, parameters: Any) -> str:
    manifest = folder / "manifest.json"
    if manifest.is_file():
        content = json.loads(manifest.read_text("utf-8"))
        if content.get("status") == "running":
            return str(content["id"])
    digest = hashlib.sha256(parameters.model_dump_json().encode()).hexdigest()
    return f"by-hand-{digest[:8]}"


def _seed_everything(seed: int, trains: bool) -> None:
    """Seed Python, NumPy and torch (only where it is loaded already or will be)."""
    random.seed(seed)
    import numpy

    numpy.random.seed(seed % 2**32)
    if trains or "torch" in sys.modules:
        import torch

        torch.manual_seed(seed)


def _header(run: Run) -> str:
    """The small table that the preflight cell prints."""
    rows = {
        "notebook": run.notebook.stem,
        "profile": f"{run.parameters.profile}, seed {run.parameters.seed}",
        "run folder": f"{run.parameters.run_dir}/{run.notebook.stem}",
        "run id": run.id,
        "python": f"{platform.python_version()} on {platform.system()} {platform.machine()}",
        "device": _device(),
        "versions": ", ".join(
            f"{name} {metadata.version(name).split('+')[0]}"
            for name in ("torch", "transformers", "trl", "datasets", "pymupdf", "papermill")
        ),
    }
    return "\n".join(f"{name:<11}{value}" for name, value in rows.items())


def _device() -> str:
    """The device in words; asks torch only where it is loaded."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return f"CUDA: {torch.cuda.get_device_name(0)}"
    return f"CPU, {os.cpu_count()} cores"
