"""Docstrings speak one dialect, Google's, and name every parameter where there are three or more.

That there is a docstring at all is asked by ruff (its rules D), which the linters' test runs.
"""

import ast
import re
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.helpers import ROOT
from tests.static.layers import PACKAGE, trees

MANY = 3  # parameters from which on each is explained
SECTIONS = ("Args", "Returns", "Yields", "Raises", "Attributes", "Examples", "Note")
OTHER_DIALECTS = re.compile(
    r"^\s*(?:[:@](?:param|parameter|arg|type|return|returns|rtype|raise|raises)\b"
    r"|(?:Parameters|Returns|Raises|Examples)\n\s*-{3,})",
    re.MULTILINE,
)
HEADING = re.compile(r"^(\w+):$", re.MULTILINE)
CALLBACK = ["args", "state", "control"]  # transformers' form of a trainer's callback, not ours


class Documented(NamedTuple):
    """Something with a docstring: its name, the text, and the parameters that it takes."""

    name: str
    line: int
    text: str
    parameters: list[str]


def parameters_of(node: ast.FunctionDef | ast.AsyncFunctionDef, method: bool) -> list[str]:
    """Names of the parameters, without ``self`` or ``cls`` and without ``*args``, ``**kwargs``."""
    names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
    static = any(getattr(d, "id", "") == "staticmethod" for d in node.decorator_list)
    return names[1:] if method and not static else names


def documented(tree: ast.Module) -> Iterator[Documented]:
    """The module, its classes and its functions; a class takes what its ``__init__`` takes."""
    yield Documented("the module", 1, ast.get_docstring(tree) or "", [])
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield _function(node, node.name, method=False)
        elif isinstance(node, ast.ClassDef):
            methods = [
                n for n in node.body if isinstance(n, (ast.FunctionDef, ast.AsyncFunctionDef))
            ]
            made = [parameters_of(n, True) for n in methods if n.name == "__init__"]
            text = ast.get_docstring(node) or ""
            yield Documented(node.name, node.lineno, text, made[0] if made else [])
            for method in methods:
                if method.name != "__init__":
                    yield _function(method, f"{node.name}.{method.name}", method=True)


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, method: bool) -> Documented:
    return Documented(name, node.lineno, ast.get_docstring(node) or "", parameters_of(node, method))


def section(text: str, heading: str) -> str:
    """What stands under a heading of a docstring, dedented; "" where there is none."""
    found = re.search(rf"^{heading}:\n((?:[ \t]+.*\n?|\n)+)", text, re.MULTILINE)
    return textwrap.dedent(found[1]) if found else ""


def explained(text: str) -> set[str]:
    """Names that ``Args`` explains; "least, most: ..." explains two."""
    lines = re.findall(r"^((?:\*{0,2}\w+(?:, )?)+)(?: \([^)]*\))?:", section(text, "Args"), re.M)
    return {name.strip(" *") for line in lines for name in line.split(",")}


def is_public(one: Documented) -> bool:
    """Whether no part of its name is private."""
    return not any(part.startswith("_") for part in one.name.split("."))


def faults(tree: ast.Module) -> list[str]:
    """What is wrong with the docstrings of a file, one line each."""
    found = []
    for one in documented(tree):
        place = f"line {one.line}, {one.name}"
        if OTHER_DIALECTS.search(one.text):
            found.append(f"{place}: another dialect than Google's")
        odd = set(HEADING.findall(one.text)) - set(SECTIONS)
        if odd:
            found.append(f"{place}: headings {sorted(odd)}; known are {', '.join(SECTIONS)}")
        told = explained(one.text)
        if unknown := told - set(one.parameters) - _stars(tree, one):
            found.append(f"{place}: Args explains {sorted(unknown)}, which it does not take")
        form = one.parameters[: len(CALLBACK)] == CALLBACK
        if is_public(one) and len(one.parameters) >= MANY and not form:
            missing = [name for name in one.parameters if name not in told]
            if missing:
                found.append(f"{place}: Args leaves out {', '.join(missing)}")
    return found


def _stars(tree: ast.Module, one: Documented) -> set[str]:
    """Names behind ``*`` and ``**``: they may be explained and need not be."""
    return {
        star.arg
        for node in ast.walk(tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.name in (one.name.split(".")[-1], "__init__")
        for star in (node.args.vararg, node.args.kwarg)
        if star
    }


@pytest.mark.parametrize(
    "path", sorted(PACKAGE.rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT))
)
def test_docstrings_of_a_file(path: Path) -> None:
    assert faults(trees(path.parent)[path]) == []


def test_ruff_asks_for_a_docstring_everywhere_in_the_package() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]["lint"]
    assert "D" in settings["select"]
    assert settings["pydocstyle"] == {"convention": "google"}
    assert set(settings["ignore"]) & {"D100", "D101", "D102", "D103", "D104", "D417"} == set()
    free = {place for place, rules in settings["per-file-ignores"].items() if "D" in rules}
    assert free == {"tests/**", "*.ipynb"}


GOOD = '''
"""A module."""
def three(a, b, *, c=1, **more):
    """Adds.

    Args:
        a: first.
        b, c: the others,
            in more than one line: with a colon.
        **more: left out.

    Returns:
        A number.
    """
class Box:
    """A box.

    Args:
        width: of it.
        height (float): of it.
        depth: of it.
    """
    def __init__(self, width, height, depth): ...
    def cut(self, one, two):
        """Two need no list."""
    def _hidden(self, one, two, three):
        """Nor does what is private."""
class Watch(TrainerCallback):
    """A callback."""
    def on_step_end(self, args, state, control, logs=None):
        """Its form is the library's."""
'''


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("        a: first.\n", "", "leaves out a"),
        ("        depth: of it.\n", "", "leaves out depth"),
        ("        b, c: the others", "        b: the others", "leaves out c"),
        ("        a: first.\n", "        a: first.\n        d: fourth.\n", "['d']"),
        ("    Returns:\n", "    Return:\n", "['Return']"),
        ("        A number.", "        A number.\n\n    :param a: first.", "another dialect"),
        ("    Returns:\n", "    Returns\n    -------\n", "another dialect"),
        ("Two need no list.", "Two.\n\n        @param one: first.\n        ", "another dialect"),
        ("self, one, two):", "self, one, two, three):", "leaves out one, two, three"),
        ("args, state, control, logs", "arguments, state, control, logs", "leaves out arguments"),
    ],
)
def test_the_check_sees_a_fault(old: str, new: str, said: str) -> None:
    assert faults(ast.parse(GOOD)) == []
    assert GOOD.count(old) == 1
    (line,) = faults(ast.parse(GOOD.replace(old, new)))
    assert said in line
