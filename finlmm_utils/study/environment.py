"""What a run finds on this machine: packages against their pins, devices, disk, policy."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import psutil
from packaging.requirements import Requirement

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.metrics_table import flatten
from finlmm_utils.study.parameters.notebooks import NOTEBOOKS, notebook_path
from finlmm_utils.study.parameters.profiles import PROFILES, load_profile
from finlmm_utils.study.runner.measured import machine
from finlmm_utils.torchvision_fit import torchvision_fault

DISTRIBUTION = "finlmm-r1"


def packages() -> list[dict[str, Any]]:
    """Compare what is installed with what this package declares.

    Returns:
        A row for each direct dependency: ``package``, ``declared``, ``installed`` (empty if it is
        not), ``as_declared``. Local version labels such as ``+cpu`` do not count.
    """
    rows = []
    for line in metadata.requires(DISTRIBUTION) or []:
        asked = Requirement(line)
        if asked.marker is not None and not asked.marker.evaluate({"extra": ""}):
            continue
        try:
            found = metadata.version(asked.name).split("+")[0]
        except metadata.PackageNotFoundError:
            found = ""
        fits = bool(found) and asked.specifier.contains(found)
        rows.append(
            {
                "package": asked.name,
                "declared": str(asked.specifier),
                "installed": found,
                "as_declared": fits,
            }
        )
    return sorted(rows, key=lambda row: row["package"])


def devices(run_dir: Path) -> dict[str, str]:
    """Describe the machine in words.

    Args:
        run_dir: Folder whose disk is asked for free space; need not exist yet.

    Returns:
        Name to description; accelerators are asked of torch.
    """
    import torch

    here = run_dir
    while not here.exists():
        here = here.parent
    cuda = torch.cuda.is_available()
    facts = machine()
    found = {
        "system": f"{facts['system']}, Python {facts['python']}",
        "cores": str(facts["cores"]),
        "memory": f"{facts['memory_gb']} GB, {psutil.virtual_memory().available / 2**30:.0f} free",
        "disk": f"{shutil.disk_usage(here).free / 2**30:.0f} GB free",
        "accelerator": torch.cuda.get_device_name(0)
        if cuda
        else "none: everything runs on the CPU",
        "torchvision": torchvision_fault()
        or ("there" if has("torchvision") else "not there: images pass through PIL"),
        "vLLM": "there" if has("vllm") else "not there: the trainer samples by itself",
        "make": "there" if shutil.which("make") else "not there: use pip and finlmm run",
    }
    if cuda:
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        found["accelerator"] += f", {memory:.0f} GB"
    return found


def has(module: str) -> bool:
    """Whether a module could be imported (without importing it)."""
    return sys.modules.get(module) is not None or importlib.util.find_spec(module) is not None


def policy_place(policy: str) -> str:
    """Where a policy would come from.

    Args:
        policy: The parameter.

    Returns:
        ``package``, ``folder`` or ``hub``.
    """
    if policy == "finlmm-tiny":
        return "package"
    return "folder" if (repository_root() / policy).is_dir() else "hub"


def profile_rows(names: list[str]) -> list[dict[str, Any]]:
    """Some parameters of every profile.

    Args:
        names: Parameter names; ``training.adapter`` for one entry of a mapping.

    Returns:
        A row for each profile, and ``rollouts``: completions that both stages sample in all.
    """
    rows = []
    for profile in PROFILES:
        values = load_profile(profile)
        steps = values["stage1_steps"] + values["stage2_steps"]
        rollouts = steps * values["prompts_per_step"] * values["group_size"]
        flat = {**flatten(values), **values}
        chosen = {name: flat[name] for name in names}
        rows.append({"profile": profile, **chosen, "rollouts": rollouts})
    return rows


def notebooks_there() -> list[str]:
    """Stems of the numbered notebooks that this checkout holds."""
    return [n.stem for n in NOTEBOOKS.values() if notebook_path(n.number).is_file()]
