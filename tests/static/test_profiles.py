"""What a profile decides stands in its YAML: no code asks which profile it is.

Read from the syntax tree of the package, the benchmarks and the notebooks.
"""

import ast
import json
import sys
from collections.abc import Iterator

import pytest

from finlmm_utils.study.parameters.profiles import PROFILES
from tests.helpers import ROOT

LOOKUPS = {"get", "pop", "setdefault", "startswith", "endswith", "index", "count"}
ALLOWED = {
    "finlmm_utils/study/runner/measured.py": "times measured under a profile, for the time left",
    "notebooks/00_preflight.ipynb": "the figure that compares the profiles",
}
"""Files that ask for a profile's name, and what for: none of it decides a value."""
OTHER_WORDS = {
    ("finlmm_utils/tar/trainer/sampling.py", "cpu"): "a torch device",
    ("finlmm_utils/tiny/recipe.py", "smoke"): "a recipe",
}
"""Names of profiles that mean something else there."""


def sources() -> Iterator[tuple[str, str]]:
    """Place and source of every file, notebooks cell by cell."""
    for folder in ("finlmm_utils", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")
    for path in sorted((ROOT / "notebooks").rglob("*.ipynb")):
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            if cell["cell_type"] == "code":
                yield path.relative_to(ROOT).as_posix(), "".join(cell["source"])


def is_the_profile(node: ast.AST) -> bool:
    """``profile``, ``x.profile``, ``x["profile"]``."""
    key = node.slice if isinstance(node, ast.Subscript) else None
    return (
        (isinstance(node, ast.Name) and node.id == "profile")
        or (isinstance(node, ast.Attribute) and node.attr == "profile")
        or (isinstance(key, ast.Constant) and key.value == "profile")
    )


def asked(node: ast.AST) -> list[ast.AST]:
    """The parts of a node that something is compared with or looked up by."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if isinstance(node, ast.Subscript):
        return [] if ast.unparse(node.value) == "Literal" else [node.slice]
    if isinstance(node, ast.Match):
        return [node.subject, *(case.pattern for case in node.cases)]
    if isinstance(node, ast.Dict):
        return [key for key in node.keys if key is not None]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return list(node.args) if node.func.attr in LOOKUPS else []
    return []


def questions(place: str, source: str) -> list[str]:
    """Where a source asks for a profile's name."""
    found = []
    for node in ast.walk(ast.parse(source)):
        for part in (inner for top in asked(node) for inner in ast.walk(top)):
            name = part.value if isinstance(part, ast.Constant) else None
            literal = name in PROFILES and (place, name) not in OTHER_WORDS
            if (literal or is_the_profile(part)) and place not in ALLOWED:
                found.append(f"{place}: {ast.unparse(node)}")
    return found


def test_no_code_asks_which_profile_it_is() -> None:
    assert [one for place, source in sources() for one in questions(place, source)] == []


@pytest.mark.parametrize(
    "source",
    [
        'if profile in ("smoke", "cpu"): pass',
        'x = 1 if p == "t4" else 8',
        "x = run.parameters.profile != other",
        'x = {"cpu": 1, "gpu": 8}[name]',
        "x = sizes[profile]",
        'x = sizes.get(values["profile"], 1)',
        'match p:\n case "paper": pass',
        'x = profile.startswith("g") or "gp".startswith(profile)',
    ],
)
def test_a_question_is_seen(source: str) -> None:
    assert questions("x.py", source)


def test_what_is_allowed_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception that nothing needs any more would hide the next question."""
    needed = {*ALLOWED, *(place for place, _ in OTHER_WORDS)}
    monkeypatch.setattr(sys.modules[__name__], "ALLOWED", {})
    monkeypatch.setattr(sys.modules[__name__], "OTHER_WORDS", {})
    assert {place for place, source in sources() if questions(place, source)} == needed
