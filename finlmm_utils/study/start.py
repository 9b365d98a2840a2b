"""The preflight cell of a notebook: check the parameters, say what it runs on, seed, open."""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import random
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.output import show_tables_escaped
from finlmm_utils.plot_style import use_style
from finlmm_utils.study.artefacts import read_json
from finlmm_utils.study.errors import MissingArtefact
from finlmm_utils.study.parameters.check import reject_foreign, reject_unknown, validate
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.study.parameters.schemas import MODELS
from finlmm_utils.study.parameters.values import (
    differences,
    follow_profile,
    refuse_another_profile,
)
from finlmm_utils.study.session import Run, missing, run_first, shell
from finlmm_utils.tar.config.entries import OwnReward

BY_HAND = "by-hand"
"""How the id of a run begins that no runner started."""


def start(number: str, namespace: dict[str, Any]) -> Run:
    """Check the parameters of a notebook, print what it runs on, seed, and open its folder.

    Where the cell names another profile than the one whose values it shows, the values that were
    left as they were become that profile's, in the notebook too; the header lists them.

    Args:
        number: The notebook, e.g. ``"05"``.
        namespace: The notebook's ``globals()``.

    Returns:
        The run.

    Raises:
        ParameterError: A parameter is missing, unknown, of the wrong type or out of range, or all
            of them are those of another profile.
        MissingArtefact: Earlier notebooks that this one cannot do without have not run.
    """
    this = notebook(number)
    cells = namespace.get("In", [])
    injected = injected_names(cells)
    reject_unknown(this.number, injected)
    reject_foreign(this.number, typed_names(cells))
    fields = MODELS[this.number].model_fields
    typed = {n: namespace[n] for n in fields if n in namespace}
    validate(this.number, typed)
    values = follow_profile(typed, injected)
    parameters = validate(this.number, values)
    run_dir = repository_root() / parameters.run_dir
    folder = run_dir / this.stem
    id = _run_id(folder, parameters)
    if id.startswith(BY_HAND):  # else the runner has checked what --profile and --set say
        refuse_another_profile(this.number, typed, values)
    check_upstream({this.number: parameters}, run_dir)
    check_outside(values.get("training", {}))
    folder.mkdir(parents=True, exist_ok=True)
    namespace.update(values)
    run = Run(this, parameters, folder, id)
    _seed_everything(parameters.seed, this.trains)
    use_style()
    show_tables_escaped(shell())
    print(_header(run, typed))
    return run


def check_upstream(wanted: Mapping[str, Any], run_dir: Path) -> None:
    """Refuse to start where needed earlier notebooks are neither done nor wanted too.

    Args:
        wanted: The notebooks that shall run, by number, with their validated parameters.
        run_dir: The run's folder.

    Raises:
        MissingArtefact: Names all notebooks to run first.
    """
    lacking = {
        number: missing(number, parameters, run_dir) - set(wanted)
        for number, parameters in wanted.items()
    }
    needed = sorted(set().union(*lacking.values()))
    if needed:
        first = next(number for number in wanted if lacking[number])
        parameters = wanted[first]
        raise MissingArtefact(
            f"notebook {notebook(first).stem}: parameter 'run_dir' = {parameters.run_dir!r}:"
            f" expected the results of {', '.join(notebook(n).stem for n in needed)} there; "
            + run_first(needed, parameters)
        )


def check_outside(training: Mapping[str, Any]) -> None:
    """Refuse rewards and trackers that a stage would refuse, before anything is loaded for it.

    Args:
        training: The parameter; what is started from a shell may run on another machine.

    Raises:
        StageError: One can't be imported, or is not installed.
    """
    if training.get("launch") == "shell":
        return
    names, own = training.get("report_to", []), training.get("own_rewards", {})
    if names or own:  # the import takes seconds
        from finlmm_utils.tar.trainer.outside import check_trackers, own_rewards

        check_trackers(names)
        own_rewards({name: OwnReward.model_validate(reward) for name, reward in own.items()})


def injected_names(cells: list[str]) -> list[str]:
    """Names that Papermill set in this kernel.

    Papermill only warns of unknown names; its injected cell starts with ``# Parameters`` and is
    found in IPython's list of inputs ``In``.

    Args:
        cells: Sources of the cells run so far.

    Returns:
        The names, in order.
    """
    return [name for source in cells if _is_injected(source) for name in _assigned(source)]


def typed_names(cells: list[str]) -> list[str]:
    """Names that the parameters cell sets, as it was run last; see :func:`injected_names`."""
    for source in reversed(cells):
        names = [] if _is_injected(source) else _assigned(source)
        if len({"profile", "run_dir", "seed"}.intersection(names)) > 1:  # one may be misspelt
            return names
    return []


def _is_injected(source: str) -> bool:
    return source.lstrip().startswith("# Parameters\n")


def _assigned(source: str) -> list[str]:
    """Names that a cell assigns at its top; none where it is no Python."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return []
    targets = [
        target
        for node in body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
    ]
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _run_id(folder: Path, parameters: Any) -> str:
    manifest = folder / "manifest.json"
    if manifest.is_file():
        content = read_json(manifest, "delete it and run again")
        if content.get("status") == "running":
            return str(content["id"])
    digest = hashlib.sha256(parameters.model_dump_json().encode()).hexdigest()
    return f"{BY_HAND}-{digest[:8]}"


def _seed_everything(seed: int, trains: bool) -> None:
    """Seed Python, NumPy and torch (only where it is loaded already or will be)."""
    random.seed(seed)
    import numpy

    numpy.random.seed(seed % 2**32)
    if trains or "torch" in sys.modules:
        import torch

        torch.manual_seed(seed)


def _header(run: Run, typed: dict[str, Any]) -> str:
    """The small table that the preflight cell prints, and what differs from the cell or profile."""
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
    lines = [f"{name:<11}{value}" for name, value in rows.items()]
    values, profile = run.parameters.model_dump(), run.parameters.profile
    loaded = differences(values, typed, "in the cell")
    changed = differences(values, load_profile(profile), f"in {profile}")
    lines += [f"loaded     {name} = {words}" for name, words in loaded.items()]
    lines += [f"changed    {name} = {words}" for name, words in changed.items()]
    return "\n".join(lines)


def _device() -> str:
    """The device in words; asks torch only where it is loaded."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return f"CUDA: {torch.cuda.get_device_name(0)}"
    return f"CPU, {os.cpu_count()} cores"


def trained_on(run: Run) -> dict[str, int]:
    """The data sets that the stages of this run took beside notebook 03's rows, by name.

    Args:
        run: The notebook's run; the manifests of 04 and 05 are read, so a stage that was run by
            hand, without the runner, is not known.

    Returns:
        Most rows of each (0 for all); made problems and ``asp`` are left out.
    """
    found: dict[str, int] = {}
    for number, name, most in (("04", "stage1_data", "stage1_rows"), ("05", "stage2_data", "")):
        if run.has(number, "manifest.json"):
            text = run.upstream(number, "manifest.json").read_text("utf-8")
            given = json.loads(text)["parameters"]
            names = [part.partition("*")[0].strip() for part in str(given[name]).split("+")]
            found |= {one: int(given.get(most, 0)) for one in names if one not in ("made", "asp")}
    return found


def stage1_policy(run: Run, base: str) -> tuple[str, str]:
    """The policy that stage 2 starts from.

    Args:
        run: The notebook's run; a stage 1 in its folder is used if it came from the same base.
        base: Parameter ``policy``.

    Returns:
        Name or folder, and where it comes from, in words.
    """
    if not run.has("04", "policy"):
        return base, f"the base policy {base}: there is no stage 1 in this run folder"
    mark = run.upstream("04", "policy") / "base.txt"
    first = mark.read_text(encoding="utf-8") if mark.exists() else ""
    if first != base:
        return base, f"the base policy {base}: stage 1 in this run folder came from {first!r}"
    return str(run.upstream("04", "policy")), f"stage 1, which came from {base}"
