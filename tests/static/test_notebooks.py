"""Rules that every notebook keeps, checked in seconds without running anything."""

import ast
import json
import re
import statistics
from pathlib import Path
from typing import Any

import nbformat
import pytest

from finlmm_utils.plot_style import COLOURS, OKABE_ITO
from finlmm_utils.study.parameters.notebooks import APPENDICES, NOTEBOOKS, notebook
from finlmm_utils.study.parameters.profiles import for_notebook, load_profile
from finlmm_utils.study.parameters.schemas import MODELS
from tests.helpers import ROOT, lost_when_run_again

NOTEBOOK_FILES = sorted((ROOT / "notebooks").rglob("*.ipynb"))
NUMBERED = [path for path in NOTEBOOK_FILES if path.parent.name == "notebooks"]
MOST_CODE_LINES = 40
MEDIAN_CODE_LINES = 10
WIDTH = 100
PROSE_WORDS_PER_CODE_LINE = (5, 12)
FORBIDDEN_CALLS = {"input", "login", "notebook_login", "getpass", "breakpoint"}
ABSOLUTE = re.compile(r"""["'(\s](/(?:home|root|tmp|work|Users|content|mnt|data)/|[A-Z]:\\)""")

FORMULA = "Formula: "
"""Begins the title of a figure that draws a definition and no result."""
RUN_ON = {
    "02_asp_questions": {"by_id"},
    "03_distractors": {"side", "some", "place"},
    "04_stage1_text_grpo": {"rows"},
    "05_stage2_multimodal_grpo": {"rows", "processor"},
}
"""Names that a later cell makes again as they were (02, the processor of 05), takes for a loop (03)
or narrows: a cell that reads one of these is run again together with those that make it."""
DRAWING = re.compile(r"save_figure\(|run\.draw\(")
HEX = re.compile(r"#[0-9A-Fa-f]{6}\b")

every_notebook = pytest.mark.parametrize("path", NOTEBOOK_FILES, ids=lambda path: path.stem)
every_numbered = pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    return [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == kind]


def sources(path: Path, kind: str) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(path, kind)]


def code_tree(path: Path) -> ast.Module:
    """The syntax tree of all code cells of a notebook; magics and shell lines are left out."""
    lines = "\n".join(sources(path, "code")).splitlines()
    kept = [line for line in lines if not line.lstrip().startswith(("%", "!"))]
    return ast.parse("\n".join(kept))


def parameters_cell(path: Path) -> str:
    tagged = [c for c in cells(path, "code") if "parameters" in c["metadata"].get("tags", [])]
    assert len(tagged) == 1, "expected exactly one cell with the tag 'parameters'"
    return "".join(tagged[0]["source"])


@every_numbered
def test_a_parameter_keeps_its_value(path: Path) -> None:
    """A cell that takes a parameter's name for a thing of its own changes what later cells read."""
    names = {
        target.id
        for node in ast.parse(parameters_cell(path)).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    stored = [
        node.id
        for node in ast.walk(code_tree(path))
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names
    ]
    assert sorted(stored) == sorted(names), "each is set once, in the parameters cell"


def test_all_numbered_notebooks_are_there() -> None:
    expected = {one.stem for one in (*NOTEBOOKS.values(), *APPENDICES.values())}
    assert {path.stem for path in NUMBERED} == expected


@every_notebook
def test_format(path: Path) -> None:
    content = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(content)
    assert (content.nbformat, content.nbformat_minor) == (4, 5)
    ids = [cell.id for cell in content.cells]
    assert len(set(ids)) == len(ids)
    kernel = content.metadata["kernelspec"]
    assert (kernel["name"], kernel["display_name"]) == ("python3", "Python 3")
    assert "widgets" not in content.metadata
    for cell in content.cells:
        assert cell.source.strip(), "an empty cell"
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@every_numbered
def test_parameters_are_commented_literals_and_equal_the_cpu_profile(path: Path) -> None:
    number = notebook(path.stem).number
    source = parameters_cell(path)
    tree = ast.parse(source)
    values = {}
    for node in tree.body:
        assert isinstance(node, ast.Assign), f"line {node.lineno}: expected 'name = literal'"
        assert isinstance(node.targets[0], ast.Name)
        values[node.targets[0].id] = ast.literal_eval(node.value)
        lines = source.splitlines()[node.lineno - 1 : node.end_lineno]
        before = source.splitlines()[node.lineno - 2] if node.lineno > 1 else ""
        commented = any("#" in line for line in lines) or before.lstrip().startswith("#")
        assert commented, f"{node.targets[0].id} has no comment with its unit and range"
    assert 3 <= len(values) <= 15
    assert values == for_notebook(number, load_profile("cpu"))
    assert set(values) == set(MODELS[number].model_fields)


@every_numbered
def test_order(path: Path) -> None:
    content = json.loads(path.read_text("utf-8"))["cells"]
    first = "".join(content[0]["source"])
    assert content[0]["cell_type"] == "markdown"
    assert first.startswith("# ")
    code = sources(path, "code")
    tagged = code.index(parameters_cell(path))
    assert re.search(r"\bstart\(\s*[\"'](\d\d|A)[\"'],\s*globals\(\)\)", code[tagged + 1]), (
        "the preflight cell 'run = start(\"NN\", globals())' comes right after the parameters"
    )
    assert any("save_metrics(" in source for source in code)


def prose(path: Path) -> str:
    """The markdown of a notebook without tables and comments."""
    text = re.sub(r"<!--.*?-->", "", "\n".join(sources(path, "markdown")), flags=re.DOTALL)
    return "\n".join(line for line in text.splitlines() if not line.startswith("|"))


@every_notebook
def test_a_training_takes_only_a_stage_1_of_its_own_base(path: Path) -> None:
    """What stage 1 left in a run folder may come from another base: ``stage1_policy`` asks."""
    assert 'upstream("04", "policy")' not in "\n".join(sources(path, "code"))


@every_notebook
def test_cell_budgets(path: Path) -> None:
    lengths = []
    for source in sources(path, "code"):
        lines = [line for line in source.splitlines() if line.strip()]
        lengths.append(len(lines))
        assert len(lines) <= MOST_CODE_LINES, f"{len(lines)} lines:\n{source}"
        for line in source.splitlines():
            assert len(line) <= WIDTH, f"a line of {len(line)} characters: {line}"
    assert statistics.median(lengths) <= MEDIAN_CODE_LINES
    words = len(prose(path).split())
    low, high = PROSE_WORDS_PER_CODE_LINE
    assert low <= words / sum(lengths) <= high, f"{words} words of prose, {sum(lengths)} lines"


DRAWERS = sorted((ROOT / "finlmm_utils" / "evaluation" / "plots").glob("*.py"))


@pytest.mark.parametrize("path", [*NOTEBOOK_FILES, *DRAWERS], ids=lambda path: path.stem)
def test_readers_are_told_of_reasoning(path: Path) -> None:
    """One term for one thing (docs/glossary.md); fields of code and the paper keep theirs."""
    notebook = path.suffix == ".ipynb"
    told = sources(path, "markdown") if notebook else []
    tree = code_tree(path) if notebook else ast.parse(path.read_text("utf-8"))
    texts = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant)]
    told += [text for text in texts if isinstance(text, str) and " " in text]  # no column's name
    assert not [text for text in told if re.search(r"\bthinkings?\b", text)]


@every_notebook
def test_nothing_waits_and_nothing_is_somewhere_else(path: Path) -> None:
    for source in sources(path, "code"):
        clean = "\n".join(
            line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))
        )
        for node in ast.walk(ast.parse(clean)):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                assert name not in FORBIDDEN_CALLS, f"{name}() waits for a person:\n{source}"
    for source in (*sources(path, "code"), *sources(path, "markdown")):
        found = ABSOLUTE.search(source)
        assert not found, f"an absolute path: {found and found[0]!r}"


@every_notebook
def test_notebooks_define_no_function_that_belongs_to_the_package(path: Path) -> None:
    """A function of more than a few lines lives in the package, once."""
    for source in sources(path, "code"):
        clean = "\n".join(
            line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))
        )
        for node in ast.walk(ast.parse(clean)):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                length = (node.end_lineno or 0) - node.lineno + 1
                assert length <= 12, f"{node.name}: {length} lines in a notebook"


def constant_titles(source: str) -> list[str]:
    """Titles in a cell that saves a figure which say the same whatever the data are.

    A title of one word names a panel; a figure of several has its result above them all.
    """
    if not DRAWING.search(source):
        return []
    found = []
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "attr", "")
        given = [word.value for word in node.keywords if word.arg == "title"]
        given += node.args[:1] if name in ("set_title", "suptitle") else []
        given += node.args[2:3] if name == "draw" else []
        found += [
            one.value for one in given
            if isinstance(one, ast.Constant) and isinstance(one.value, str)
            and " " in one.value and not one.value.startswith(FORMULA)
        ]  # fmt: skip
    return found


@every_numbered
def test_titles_come_from_the_data(path: Path) -> None:
    assert [title for source in sources(path, "code") for title in constant_titles(source)] == []


@every_numbered
def test_colours_are_named(path: Path) -> None:
    known = {colour.upper() for colour in (*COLOURS.values(), *OKABE_ITO.values())}
    for source in sources(path, "code"):
        if DRAWING.search(source):
            strange = {c.upper() for c in HEX.findall(source)} - known - {"#7A7A7A"}  # ends of bars
            assert not strange


def test_a_constant_title_is_seen() -> None:
    cell = 'axis.set_title("It gets better with steps")\nrun.save_figure(figure, "x", table)'
    assert constant_titles(cell) == ["It gets better with steps"]
    assert constant_titles(cell.replace("It gets", "Formula: it gets")) == []
    assert constant_titles(cell.replace('"It gets', 'f"{n} gets')) == []
    assert constant_titles('axis.set(title="accuracy")\nrun.save_figure(figure, "x", t)') == []
    assert constant_titles(cell.partition("\n")[0]) == []
    assert constant_titles('run.draw("x", table, "It gets better")') == ["It gets better"]
    assert constant_titles('run.draw("x", table, title)') == []


@pytest.mark.parametrize("path", NOTEBOOK_FILES, ids=lambda path: path.stem)
def test_no_cell_shows_markup_unescaped(path: Path) -> None:
    """pandas escapes a table that it shows itself; these ways do not, whatever a row holds."""
    classes, methods = {"HTML", "Markdown", "SVG", "Javascript"}, {"style", "to_html"}
    for source in sources(path, "code"):
        for node in ast.walk(ast.parse(source)):
            assert not (isinstance(node, ast.Name) and node.id in classes)
            assert not (isinstance(node, ast.Attribute) and node.attr in {*classes, *methods})


@every_notebook
def test_a_cell_that_is_run_again_finds_what_it_found_before(path: Path) -> None:
    assert lost_when_run_again(sources(path, "code")) == RUN_ON.get(path.stem, set())


def test_what_a_second_run_would_change_is_seen() -> None:
    assert lost_when_run_again(["a = [1]", "b = a + [2]", "c = [a for a in b]"]) == set()
    assert lost_when_run_again(["a = 1", "a = a + 1"]) == {"a"}
    assert lost_when_run_again(["a = []", "a.append(1)"]) == {"a"}
    assert lost_when_run_again(["n = 0", "n += 1"]) == {"n"}
    assert lost_when_run_again(["a = 1", "print(a)", "for a in range(3):\n    print(a)"]) == {"a"}
    assert lost_when_run_again(["a = []\na.append(1)", "print(a)"]) == set()
