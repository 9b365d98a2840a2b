"""Titles of figures come from their data, and colours from their meanings."""

import ast
import re
from pathlib import Path

import pytest

from finlmm_utils.plot_style import COLOURS, OKABE_ITO
from tests.static.test_notebooks import NUMBERED, sources

FORMULA = "Formula: "
"""Begins the title of a figure that draws a definition and no result."""
HEX = re.compile(r"#[0-9A-Fa-f]{6}\b")


def constant_titles(source: str) -> list[str]:
    """Titles in a cell that saves a figure which say the same whatever the data are.

    A title of one word names a panel; a figure of several has its result above them all.
    """
    if "save_figure(" not in source:
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", "")
        given = [word.value for word in node.keywords if word.arg == "title"]
        given += node.args[:1] if name in ("set_title", "suptitle") else []
        found += [
            one.value for one in given
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
            and " " in one.value and not one.value.startswith(FORMULA)
        ]  # fmt: skip
    return found


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_titles_come_from_the_data(path: Path) -> None:
    assert [title for source in sources(path, "code") for title in constant_titles(source)] == []


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_colours_are_named(path: Path) -> None:
    known = {colour.upper() for colour in (*COLOURS.values(), *OKABE_ITO.values())}
    for source in sources(path, "code"):
        if "save_figure(" in source:
            strange = {c.upper() for c in HEX.findall(source)} - known - {"#7A7A7A"}  # ends of bars
            assert not strange


def test_a_constant_title_is_seen() -> None:
    cell = 'axis.set_title("It gets better with steps")\nrun.save_figure(figure, "x", table)'
    assert constant_titles(cell) == ["It gets better with steps"]
    assert constant_titles(cell.replace("It gets", "Formula: it gets")) == []
    assert constant_titles(cell.replace('"It gets', 'f"{n} gets')) == []
    assert constant_titles('axis.set(title="accuracy")\nrun.save_figure(figure, "x", t)') == []
    assert constant_titles(cell.partition("\n")[0]) == []
