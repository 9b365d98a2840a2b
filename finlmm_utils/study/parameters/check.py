"""Checks the parameters of a notebook and says in one line what is wrong with them."""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Collection, Iterable
from typing import Any, Literal, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from finlmm_utils.plain_yaml import load
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.schemas import MODELS, Parameters

ALL_NAMES = frozenset(name for model in MODELS.values() for name in model.model_fields)
MAPPINGS: dict[str, type[BaseModel]] = {
    name: field.annotation
    for model in MODELS.values()
    for name, field in model.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
"""Parameters that are mappings with entries of their own, such as ``training``."""
ENTRIES = {
    entry: f"{name}.{entry}"
    for name, model in MAPPINGS.items()
    for entry in model.model_fields
    if entry not in ALL_NAMES
}
"""Entry of a mapping to its full name: ``kl`` to ``training.kl``."""
SHOWN = 80
"""Characters of a value that a message shows."""
EVERY_NAME = ALL_NAMES.union(ENTRIES.values())


def validate(number: str, values: dict[str, Any]) -> Parameters:
    """Check the parameters of one notebook.

    Args:
        number: The notebook, e.g. ``"05"``.
        values: Name to value; names of other notebooks are allowed and left out.

    Returns:
        The strict, frozen model.

    Raises:
        ParameterError: One line with notebook, parameter, value and what is expected.
    """
    model = MODELS[notebook(number).number]
    reject_unknown(number, values)
    try:
        return model.model_validate({k: v for k, v in values.items() if k in model.model_fields})
    except ValidationError as error:
        raise _one_line(number, error) from None


def reject_unknown(number: str, names: Iterable[str]) -> None:
    """Refuse names that belong to no notebook of the project.

    Args:
        number: The notebook that was given the names.
        names: Parameter names.

    Raises:
        ParameterError: Names the first unknown one and the nearest known one.
    """
    for name in names:
        if name not in ALL_NAMES:
            raise ParameterError(
                f"notebook {notebook(number).stem}: parameter {name!r} is unknown: "
                + _nearest(name, MODELS[notebook(number).number].model_fields, EVERY_NAME)
            )


def reject_foreign(number: str, names: Iterable[str]) -> None:
    """Refuse names that a notebook does not take: set by hand, they would do nothing.

    Args:
        number: The notebook in whose cell the names stand.
        names: Names that the cell sets.

    Raises:
        ParameterError: Names the first such one and the nearest that the notebook takes.
    """
    own = MODELS[notebook(number).number].model_fields
    reject_unknown(number, names)
    for name in names:
        if name not in own:
            raise ParameterError(
                f"notebook {notebook(number).stem}: parameter {name!r} belongs to other notebooks: "
                + _nearest(name, own)
            )


def unknown_entry(name: str, entry: str, known: Collection[str]) -> str:
    """What is wrong with an entry that a mapping does not have, in words.

    Args:
        name: The parameter that is a mapping, such as ``training``.
        entry: The entry.
        known: The entries that it has.
    """
    near = difflib.get_close_matches(entry, sorted(known), n=1)
    hint = f"did you mean '{name}.{near[0]}'?" if near else f"expected {', '.join(known)}"
    return f"parameter '{name}.{entry}' is unknown: {hint}"


def _nearest(name: str, own: Iterable[str], others: Iterable[str] = ()) -> str:
    """What was meant, in words: a name of the notebook, an entry of a mapping, another name."""
    if name in ENTRIES:
        return f"did you mean {ENTRIES[name]!r}?"
    for names in (own, others):
        near = difflib.get_close_matches(name, sorted({*names} - {name}), n=1)
        if near:
            return f"did you mean {near[0]!r}?"
    return f"expected one of {', '.join(sorted(own))}"


def parse_text(name: str, text: str) -> Any:
    """Read the text of ``--set name=value`` as the type that the parameter has.

    Args:
        name: Parameter name.
        text: What stands behind the equals sign: ``1e-5``, ``false``, ``[1, 2, 3]``.

    Returns:
        The value; ranges are checked later by :func:`validate`.

    Raises:
        ParameterError: The name is unknown or the text does not parse.
    """
    owner = next((n for n, model in MODELS.items() if name in model.model_fields), None)
    if owner is None:
        reject_unknown("00", [name])
    field = MODELS[owner or "00"].model_fields[name]
    if field.annotation is str or get_origin(field.annotation) is Literal:
        return text
    try:
        return _numbers(load(text))
    except yaml.YAMLError:  # no YAML, or a number or date that is none: a plain text
        return text
    except RecursionError:
        raise ParameterError(
            f"parameter {name!r} = {text[:SHOWN]!r}: expected a value without lists in lists"
            " without end"
        ) from None


def _numbers(value: Any) -> Any:
    """Read texts such as ``1e-5``, which YAML takes for strings, as numbers."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    with contextlib.suppress(ValueError):
        return float(value) if isinstance(value, str) else value
    return value


def is_path(name: str) -> bool:
    """Whether a parameter may name a file or folder (its content then counts for the run id)."""
    fields = (m.model_fields[name] for m in MODELS.values() if name in m.model_fields)
    return any((field.json_schema_extra or {}) == {"path": True} for field in fields)


def _one_line(number: str, error: ValidationError) -> ParameterError:
    """Turn the first problem that pydantic found into one line.

    An unknown entry goes before a missing one: one of them is the other, misspelt.
    """
    problems = error.errors()
    problem = next((p for p in problems if p["type"] == "extra_forbidden"), problems[0])
    name = ".".join(str(part) for part in problem["loc"])
    stem = notebook(number).stem
    where = f"notebook {stem}: parameter {name!r}"
    if problem["type"] == "missing":
        return ParameterError(
            f"{where} is missing: expected in the parameters cell or in the profile"
        )
    whole, entry = str(problem["loc"][0]), str(problem["loc"][-1])
    if problem["type"] == "extra_forbidden" and whole in MAPPINGS:
        wrong = unknown_entry(whole, entry, MAPPINGS[whole].model_fields)
        return ParameterError(f"notebook {stem}: {wrong}")
    value = problem["input"]
    expected = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    expected = expected.replace("a valid integer", "a whole number").replace("a valid ", "a ")
    hint = ""
    if isinstance(value, str) and problem["type"] in ("float_type", "int_type"):
        with contextlib.suppress(ValueError):
            float(value)
            hint = " (YAML reads 1e-5 as text: write 1.0e-5)" if "e" in value.lower() else ""
            hint = hint or " (write it without quotes)"
    if isinstance(value, str) and value.lower() in ("true", "false"):
        hint = " (this is text, not a truth value: papermill's -p wants True or False)"
    return ParameterError(
        f"{where} = {repr(value)[:SHOWN]} ({type(value).__name__}): expected {expected}{hint}"
    )
