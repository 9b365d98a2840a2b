"""Every keyword that our code passes to a fast-moving library exists in the pinned version."""

import ast
import functools
import importlib
import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import ROOT
from tests.static.test_notebooks import NOTEBOOK_FILES, sources

LIBRARIES = ("trl", "transformers", "peft", "papermill", "datasets", "accelerate", "nbconvert")
LIBRARIES += ("sentence_transformers", "tokenizers", "nbclient")
# Our callables that pass keywords on, and where these go.
PASS_ON = {
    "TARTrainer": (
        "finlmm_utils.tar.trainer.TARTrainer",
        "finlmm_utils.tar.trainer.sampling.SamplingTrainer",
        "trl.GRPOTrainer",
    ),
    "grpo_config": ("finlmm_utils.tar.trainer.trl_fields.grpo_config", "trl.GRPOConfig"),
}
MAY_CALL = re.compile("|".join([*LIBRARIES, *PASS_ON]))
"""Every worker collects the calls: files without one of these are not taken apart."""


def programs() -> Iterator[tuple[str, str]]:
    """Name and source of every file and notebook that calls libraries."""
    for folder in ("finlmm_utils", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")
    for path in NOTEBOOK_FILES:
        lines = "\n".join(sources(path, "code")).splitlines()
        clean = [line for line in lines if not line.lstrip().startswith(("%", "!"))]
        yield str(Path(path).relative_to(ROOT)), "\n".join(clean)


def names_of(tree: ast.AST) -> dict[str, str]:
    """Local name to full dotted name, for what is imported from the watched libraries."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in LIBRARIES:
                    local = alias.asname or alias.name.split(".")[0]
                    names[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] in LIBRARIES:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def dotted(node: ast.expr) -> list[str]:
    """``a.b.c`` as a list, or an empty one where the expression is something else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


def resolve(name: str) -> Any:
    """The object of a dotted name, modules on the way imported."""
    first, *rest = name.split(".")
    found, so_far = importlib.import_module(first), first
    for part in rest:
        so_far += "." + part
        if not hasattr(found, part):
            importlib.import_module(so_far)
        found = getattr(found, part)
    return found


def parameters_of(name: str) -> tuple[set[str], bool]:
    """Names of a callable's parameters, and whether it takes any other too."""
    found = resolve(name)
    parameters = inspect.signature(found).parameters
    takes_any = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters.values())
    if inspect.isclass(found) and hasattr(found, "class_traits"):
        return {*parameters, *found.class_traits()}, False  # traitlets swallow what they don't know
    return set(parameters), takes_any


def calls(source: str) -> Iterator[tuple[str, int, list[str]]]:
    """Full name, line and keywords of every call to a watched library, dicts for configs too."""
    tree = ast.parse(source)
    names = names_of(tree)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        path = dotted(node.func)
        keywords = [keyword.arg for keyword in node.keywords if keyword.arg]
        if not path or not keywords:
            continue
        if path[-1] in PASS_ON:
            yield path[-1], node.lineno, keywords
        elif path[0] in names:
            yield ".".join([names[path[0]], *path[1:]]), node.lineno, keywords


CALLS = [
    pytest.param(name, keywords, id=f"{file}:{line} {name}")
    for file, source in programs()
    if MAY_CALL.search(source)
    for name, line, keywords in calls(source)
]


@pytest.mark.parametrize(("name", "keywords"), CALLS)
def test_keywords_exist(name: str, keywords: list[str]) -> None:
    try:
        if name in PASS_ON:
            *own, target = PASS_ON[name]
            known, takes_any = parameters_of(target)
            known |= {keyword for one in own for keyword in parameters_of(one)[0]}
        else:
            known, takes_any = parameters_of(name)
    except ValueError:
        pytest.skip(f"{name} is compiled and tells no signature")
    unknown = [keyword for keyword in keywords if keyword not in known]
    assert takes_any or not unknown, f"{name} takes no {unknown}"


def test_the_check_sees_a_wrong_keyword() -> None:
    source = "from trl import GRPOConfig\nGRPOConfig(beta=0.1, number_of_generations=4)"
    ((name, _, keywords),) = calls(source)
    with pytest.raises(AssertionError, match="number_of_generations"):
        test_keywords_exist(name, keywords)


@functools.cache
def bound_in(path: Path) -> set[str]:
    """The names that a module has once it is imported, read from its syntax tree."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
    return names


@pytest.mark.parametrize(("name", "source"), programs(), ids=lambda value: str(value)[:60])
def test_what_is_imported_of_our_own_is_there(name: str, source: str) -> None:
    lacking = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("finlmm_"):
            continue
        place = ROOT / str(node.module).replace(".", "/")
        file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
        there = bound_in(file) | {one.stem for one in place.glob("*")}
        lazy = "__getattr__" in there
        lacking += [a.name for a in node.names if a.name not in there and not lazy]
    assert not lacking, f"{name} imports {', '.join(lacking)}, which is not there"
