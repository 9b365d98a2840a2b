"""Which value each parameter has and who says so: the profile, ``--set``, the notebook's cell."""

from __future__ import annotations

import ast
import json
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.output import ODD_BYTE
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.metrics_table import table
from finlmm_utils.study.parameters.check import is_path, parse_text, unknown_entry, validate
from finlmm_utils.study.parameters.notebooks import notebook, notebook_path
from finlmm_utils.study.parameters.paths import replaced
from finlmm_utils.study.parameters.profiles import PROFILES, for_notebook, load_profile
from finlmm_utils.study.parameters.schemas import MODELS

CELLS_SHOW = "cpu"
"""The profile whose values stand in the notebooks' parameters cells; a test checks it."""
OPTIONS = {"profile": "--profile", "run_dir": "--out"}
"""Parameters that have an option of their own, since more than the notebooks hangs on them."""
OF_THE_RUN = ("profile", "run_dir", "seed")
"""Parameters that say where and which, and are no part of a profile's choices."""
MOST_ALIKE = 4
"""Where two profiles differ by no more values than these, somebody may have set all of them on
purpose (our choice: in 04, 05 and 07 any two profiles differ by more)."""


def follow_profile(values: Mapping[str, Any], fixed: Collection[str]) -> dict[str, Any]:
    """Give a profile's values to what a notebook's cell has left as it was.

    Args:
        values: The notebook's parameters; ``profile`` names the profile.
        fixed: Names that were set from outside, which stay.

    Returns:
        The parameters: a value that the cell changed stays, entry by entry in a mapping.
    """
    shown, wanted = load_profile(CELLS_SHOW), load_profile(values["profile"])
    fixed = {*fixed, *OF_THE_RUN}
    return {
        name: value if name in fixed else _follow(value, shown.get(name), wanted.get(name, value))
        for name, value in values.items()
    }


def _follow(value: Any, shown: Any, wanted: Any) -> Any:
    if value == shown:
        return wanted
    if all(isinstance(x, dict) for x in (value, shown, wanted)):
        return {k: _follow(v, shown.get(k), wanted.get(k, v)) for k, v in value.items()}
    return value


def refuse_another_profile(
    number: str, typed: Mapping[str, Any], values: Mapping[str, Any]
) -> None:
    """Refuse a profile's name over values that are all another profile's.

    Args:
        number: The notebook.
        typed: Its parameters as its cells hold them.
        values: The same after :func:`follow_profile`, which takes what a cell has left as it was.

    Raises:
        ParameterError: Names the profile whose values they are.
    """
    said = values["profile"]
    own = for_notebook(number, load_profile(said))
    for other in PROFILES:
        theirs = for_notebook(number, load_profile(other))
        apart = [n for n in own if n not in OF_THE_RUN and own[n] != theirs.get(n)]
        held = values if other == CELLS_SHOW else typed
        if len(apart) > MOST_ALIKE and all(held[name] == theirs.get(name) for name in apart):
            raise ParameterError(
                f"notebook {notebook(number).stem}: parameter 'profile' = {said!r}: expected values"
                f" of {said}, but {', '.join(apart)} are those of {other}: write {other!r}, or set"
                f" profile = {said!r} over a parameters cell that is as it was"
            )


def differences(values: Mapping[str, Any], others: Mapping[str, Any], whose: str) -> dict[str, str]:
    """What two sets of parameters do not share.

    Args:
        values: The ones that count.
        others: The ones to compare with.
        whose: Who has those, in words.

    Returns:
        Name (of an entry, where the parameter is a mapping) to both values, in words.
    """
    old = _entries(others)
    return {
        name: f"{value!r} ({whose}: {old[name]!r})"
        for name, value in _entries(values).items()
        if name in old and old[name] != value and name not in OF_THE_RUN
    }


def settle(
    numbers: Iterable[str], profile: str, changes: Mapping[str, Any], changed: Collection[str]
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a run, and where each comes from.

    Args:
        numbers: Notebooks that run; their cells give what the profile does not.
        profile: Its name.
        changes: Parameters that ``--set`` changed, whole.
        changed: Their names as they were typed, such as ``training.kl``.

    Returns:
        Name to value, and name (of an entry, where the parameter is a mapping) to origin.
    """
    cells: dict[str, Any] = {}
    for number in numbers:
        cells |= cell_values(number)
    chosen = {**load_profile(profile), "profile": profile}
    values = {**cells, **chosen, **changes}
    origins = {}
    for entry in _entries(values):
        whole = entry.split(".")[0]
        if entry in changed or whole in changed:
            origins[entry] = "--set"
        else:
            origins[entry] = f"profile {profile}" if whole in chosen else "notebook default"
    return values, origins


def cell_values(number: str) -> dict[str, Any]:
    """What the parameters cell of a notebook's file holds."""
    path = notebook_path(number)
    if not path.is_file():
        return {}
    cells = json.loads(path.read_text("utf-8"))["cells"]
    tagged = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    body = ast.parse("".join(tagged[0]["source"])).body if tagged else []
    found = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    return for_notebook(notebook(number).number, found)


def value_lines(
    numbers: Iterable[str], values: Mapping[str, Any], origins: Mapping[str, str]
) -> list[str]:
    """A table of the values that some notebooks would use.

    Args:
        numbers: The notebooks.
        values: Name to value.
        origins: From :func:`settle`.

    Returns:
        Lines: name, value, where it comes from, the notebooks that take it.

    Raises:
        ParameterError: A value is wrong.
    """
    takers: dict[str, list[str]] = {}
    for number in numbers:
        validate(number, for_notebook(number, dict(values)))
        for name in MODELS[number].model_fields:
            takers.setdefault(name, []).append(number)
    rows = [
        [entry, json.dumps(value, ensure_ascii=False), origins[entry], " ".join(takers[whole])]
        for entry, value in _entries(values).items()
        if (whole := entry.split(".")[0]) in takers
    ]
    return table(["parameter", "value", "from", "notebooks"], rows)


def _entries(values: Mapping[str, Any]) -> dict[str, Any]:
    """Mappings taken apart: ``training.kl`` to its value; lists stay whole."""
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            flat |= {f"{name}.{entry}": item for entry, item in value.items()}
        else:
            flat[name] = value
    return flat


def settings_of(texts: list[str], chosen: dict[str, Any]) -> dict[str, Any]:
    """Parse ``--set name=value``; paths are taken from the working directory.

    ``training.kl=0.01`` sets one entry of a parameter that is a mapping in the profile,
    ``training.grpo.epsilon_high=0.28`` one of a mapping in it.

    Args:
        texts: As they were typed.
        chosen: The profile's values, of all notebooks.

    Raises:
        ParameterError: A name, a type or a range is wrong, whichever notebooks are to run.
    """
    values: dict[str, Any] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise ParameterError(f"--set {text!r}: expected NAME=VALUE")
        if ODD_BYTE.search(text):  # a manifest, which is JSON, could not hold it
            raise ParameterError(f"--set {text!r}: expected UTF-8; rename the file, or link to it")
        if name in OPTIONS:
            raise ParameterError(f"--set {text!r}: expected {OPTIONS[name]} {value or '...'}")
        whole, dot, entry = name.partition(".")
        if dot and isinstance(chosen.get(whole), dict):
            first, *inner = entry.split(".")
            so_far = values.get(whole, chosen[whole])
            if first not in so_far or (inner and not isinstance(so_far[first], dict)):
                raise ParameterError(f"--set {text!r}: " + unknown_entry(whole, entry, so_far))
            values[whole] = _with(so_far, [first, *inner], parse_text(whole, value))
        else:
            whole = name
            values[name] = parse_text(name, value)
            if is_path(name):
                values[name] = replaced(value, Path.cwd())
        _check(whole, values, chosen)  # at once: a mapping that is none has no entries to set
    return values


def _with(mapping: dict[str, Any], names: list[str], value: Any) -> dict[str, Any]:
    """A mapping with one more entry, in a mapping of it where several names lead there."""
    first, *inner = names
    within = mapping.get(first)
    if inner:
        value = _with(within if isinstance(within, dict) else {}, inner, value)
    return {**mapping, first: value}


def _check(name: str, values: dict[str, Any], chosen: dict[str, Any]) -> None:
    """Refuse a wrong value by the first notebook that takes the parameter: all ask the same."""
    owner = next(number for number, model in MODELS.items() if name in model.model_fields)
    validate(owner, for_notebook(owner, {**chosen, **values}))
