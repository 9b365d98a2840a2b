"""Profiles: one flat YAML file of parameters for each size of machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from finlmm_utils.checkout import repository_root
from finlmm_utils.plain_yaml import load
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.parameters.check import reject_unknown
from finlmm_utils.study.parameters.schemas import MODELS

PROFILES = ("smoke", "cpu", "t4", "gpu", "paper")


def profiles_folder() -> Path:
    """Folder of the profiles and of what was measured under them."""
    return repository_root() / "papermill_runs" / "profiles"


def load_profile(name: str) -> dict[str, Any]:
    """Read a profile.

    Args:
        name: One of :data:`PROFILES`.

    Returns:
        Parameter name to value.

    Raises:
        ParameterError: No such profile, broken YAML, or a name that belongs to no notebook.
    """
    path = profiles_folder() / f"{name}.yaml"
    if name not in PROFILES or not path.is_file():
        raise ParameterError(f"profile {name!r} is unknown: expected one of {', '.join(PROFILES)}")
    return load_flat(path)


def load_flat(path: Path) -> dict[str, Any]:
    """Read a YAML file that maps parameter names to values.

    Args:
        path: The file.

    Returns:
        Parameter name to value.

    Raises:
        ParameterError: The file is no such mapping, or holds a name of no notebook.
    """
    values = read_yaml(path)
    for name in values:
        try:
            reject_unknown("00", [name])
        except ParameterError as error:
            raise ParameterError(f"{path.name}: {str(error).split(': ', 1)[1]}") from None
    return values


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a YAML file whose top is a mapping.

    Raises:
        ParameterError: It is missing, broken, or something else.
    """
    try:
        values = load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise ParameterError(f"{path}: expected a readable YAML file: {said}") from None
    if not isinstance(values, dict):
        raise ParameterError(f"{path}: expected lines 'name: value', found {type(values).__name__}")
    return values


def for_notebook(number: str, values: dict[str, Any]) -> dict[str, Any]:
    """Keep the parameters that one notebook takes."""
    return {name: values[name] for name in MODELS[number].model_fields if name in values}
