"""What strangers wrote is shown as text in tables, and no spreadsheet computes it."""

import ast
import csv
import re

import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell

from finlmm_utils import output
from finlmm_utils.output import NO_NUMBER, ShownTable
from tests.helpers import ROOT
from tests.static.layers import trees
from tests.static.test_notebooks import NOTEBOOK_FILES, code_tree

ATTACK = '<img src=x onerror="alert(1)">'
pytestmark = pytest.mark.faults


def planted() -> pd.DataFrame:
    """A table with markup in every place that holds text."""
    places = pd.MultiIndex.from_tuples([(ATTACK, 1), (ATTACK, 2)], names=[ATTACK, "n"])
    table = pd.DataFrame({ATTACK: [ATTACK, None], "list": [[ATTACK], {ATTACK: 1}]}, index=places)
    table.columns.name = ATTACK
    return table


def everywhere() -> list[pd.DataFrame]:
    """The planted table, turned, grouped, long, with twice the same name."""
    table = planted()
    twice = pd.concat([table, table], axis=1)
    return [table, table.T, table.reset_index(drop=True), twice, pd.concat([table] * 50)]


@pytest.mark.parametrize("table", everywhere())
@pytest.mark.parametrize("index", [True, False])
def test_a_table_is_text_wherever_the_markup_stands(table: pd.DataFrame, index: bool) -> None:
    bold = [True, *[False] * (len(table) - 1)]
    page = ShownTable(table, index=index, caption=ATTACK, bold=bold)._repr_html_()
    assert "<img" not in page
    assert "&lt;img" in page
    assert "<b>" in page


def test_no_letter_of_a_cell_becomes_a_tag() -> None:
    """The signs that stand for bold are no way in."""
    page = ShownTable(pd.DataFrame({"a": ["\ue000<i>\ue001"]}))._repr_html_()
    assert "<b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize("styled", [False, True])
def test_a_notebook_shows_every_table_escaped(styled: bool) -> None:
    shell = InteractiveShell()
    output.show_tables_escaped(shell)
    table = planted()
    table.index = ["a", "b"]
    page = shell.display_formatter.format(table.style if styled else table)[0]["text/html"]
    assert "<img" not in page
    assert "&lt;img" in page


def test_numbers_are_short_and_what_is_missing_is_said() -> None:
    table = pd.DataFrame({"share": [0.12345, float("nan")], "rows": [3, 4]})
    shown = ShownTable(table, index=False)
    assert "<td>0.123</td>" in shown._repr_html_()
    assert "<td>3</td>" in shown._repr_html_()
    assert NO_NUMBER in repr(shown)


def test_counts_are_whole_and_the_ends_of_an_interval_short() -> None:
    table = pd.DataFrame({"n": [320.0, float("nan"), 2.0], "share": [1.0, 0.0, 0.25],
                          "mixed": [849.0, 1.0, 0.5], "ends": [(0.12345, 1.0), None, (0.1, 0.2)],
                          "all": [1.0, 1.0, 0.0]})  # fmt: skip
    page = ShownTable(table, index=False)._repr_html_()
    cells = re.findall("<td>(.*?)</td>", page)
    assert cells == ["320", "1.000", "849", "[0.123, 1.000]", "1.000",
                     NO_NUMBER, "0.000", "1.000", NO_NUMBER, "1.000",
                     "2", "0.250", "0.500", "[0.100, 0.200]", "0.000"]  # fmt: skip
    assert "No rows" in ShownTable(table.head(0))._repr_html_()


FORMULAS = [
    '=HYPERLINK("http://127.0.0.1/x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1:A9)", "\t=1+1",
    "\r=1", " =1", "\n=1", "＝1+1", "'=1", "--1", "-A1", ";=1", "sales; ＝1", "a\t=1", "a\r\n-b",
    ";'=1", ";\"=1", "\x00=1", "\u00a0\ufeff=1", "=;=\n=", "؛@A1", "a;-1;+cmd|x", "' '=1;''=2",
]  # fmt: skip


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_written_as_text_and_read_back(text: str) -> None:
    """Wherever a spreadsheet splits: at what its country has, at ends of lines, or nowhere."""
    written = output.no_formula(text)
    assert output.formula_again(written) == text != written
    cells = [written, *re.split("[;؛\t\r\n]", written)]
    bare = [cell.lstrip('\x00\ufeff" \u00a0\t\r\n;؛') for cell in cells]
    assert not [cell for cell in bare if cell[:1] in {*"=+@＝＋－＠-"} and cell != "-1"]


@pytest.mark.parametrize(
    "value", ["-3.5", "+12%", "-1,200", "it's", "'quoted'", "a=b", "", 5, None, "a;b", "x\n-3"]
)
def test_what_is_no_formula_stays(value: object) -> None:
    assert output.no_formula(value) == value
    assert not isinstance(value, str) or output.formula_again(value) == value


def test_a_csv_file_holds_no_formula(tmp_path) -> None:
    path = tmp_path / "rows.csv"
    output.write_csv(path, ["=a", "b"], [{"=a": "=1+1", "b": "-2", "more": 1}])
    with path.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [["'=a", "b"], ["'=1+1", "-2"]]


# --- no other way to a page is used ----------------------------------------------------------

RAW = {  # what puts its text on a page as it is
    "HTML", "Markdown", "Latex", "Math", "SVG", "Javascript", "IFrame", "display_html",
    "display_markdown", "display_svg", "display_javascript", "publish_display_data",
}  # fmt: skip
METHODS = {"style", "to_html", "_repr_html_"}
OWN = {  # files of the package that make HTML, and why that is safe
    "finlmm_utils/output.py": "ShownTable, which escapes",
}


def ways(tree: ast.AST) -> set[str]:
    """Names in a tree by which a text would reach a page unescaped."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in RAW:
            found.add(node.id)
        if isinstance(node, ast.Attribute) and node.attr in METHODS | RAW:
            found.add(node.attr)
        if isinstance(node, ast.FunctionDef) and node.name in METHODS:
            found.add(node.name)
    return found


@pytest.mark.parametrize("path", NOTEBOOK_FILES, ids=lambda path: path.stem)
def test_a_notebook_has_no_other_way_to_a_page(path) -> None:
    assert ways(code_tree(path)) == set()


def test_the_package_has_no_other_way_to_a_page() -> None:
    for path, tree in trees(ROOT / "finlmm_utils").items():
        place = path.relative_to(ROOT).as_posix()
        if place not in OWN:
            allowed = {"HTML"} if place == "finlmm_utils/asp/review.py" else set()  # of ipywidgets
            # A page's lines have a style as well; pandas' is seen by what comes of it.
            assert ways(tree) - allowed - {"style"} == set(), place


@pytest.mark.parametrize(
    "source", ["display(t.style.hide())", "HTML(x)", "IPython.display.SVG(x)", "t.to_html()"]
)
def test_each_other_way_is_seen(source: str) -> None:
    assert ways(ast.parse(source))
