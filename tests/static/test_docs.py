"""What README, CONTRIBUTING and docs/ name is there: files, functions, cells, parameters."""

import ast
import functools
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from finlmm_utils.study.parameters.profiles import PROFILES, load_profile
from finlmm_utils.study.parameters.schemas import MODELS
from tests.helpers import ROOT
from tests.static import map as package_map
from tests.static.test_repository import LINTERS

README = (ROOT / "README.md").read_text("utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
INDEX = (ROOT / "docs" / "paper_index.md").read_text("utf-8")
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text("utf-8")
METHOD_BUDGET = 3000  # lines: what can be read in a day (our choice)
TERMS = """rollout completion group advantage clip KL reasoning discriminator encoder distractor
margin row run profile manifest crop region panel caption policy prompt step stage sweep"""
CELL = re.compile(r"^\[(\w+)\]\((\S+)\) \*(.+)\* `(\S+)`$")  # notebook, section, cell
LINK = re.compile(r"\[([^]]+)\]\(([^)\s]+)\)")


def tables(text: str) -> Iterator[list[str]]:
    """The rows of all tables of a page, as cells, without heads."""
    lines = text.splitlines()
    for k, line in enumerate(lines):
        head = k + 1 < len(lines) and lines[k + 1].startswith("|---")
        if line.startswith("|") and not line.startswith("|---") and not head:
            yield [cell.strip() for cell in line.strip("|").split("|")]


def names_in(path: Path) -> set[str]:
    """What a file defines: functions, classes, methods, constants, and names it hands on."""
    found: set[str] = set()
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            inner = [n for n in node.body if isinstance(n, ast.FunctionDef)]
            found |= {f"{node.name}.{one.name}" for one in inner}
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        found |= {target.id for target in targets if isinstance(target, ast.Name)}
        if any(getattr(target, "id", "") == "__all__" for target in targets):
            found |= set(ast.literal_eval(node.value))  # type: ignore[union-attr,arg-type]
    return found


def keys_in(values: Any, before: str = "") -> set[str]:
    """Dotted names of everything in a mapping."""
    if not isinstance(values, dict):
        return set()
    found = {f"{before}{key}" for key in values}
    return found.union(*(keys_in(v, f"{before}{k}.") for k, v in values.items()))


def named(cell: str, page: Path) -> Iterator[tuple[Path, str]]:
    """Each file that a cell links, with each name in backticks behind it."""
    for part in cell.split("; "):
        links = LINK.findall(part)
        assert len(links) == 1, f"{page.name}: {part!r}: expected one link and names behind it"
        for name in re.findall(r"`([^`]+)`", part.split(")", 1)[1]):
            yield (page / ".." / links[0][1]).resolve(), name


def check_names(cell: str, page: Path) -> None:
    """Asserts that a cell's files hold its names; in a YAML file, its keys."""
    places = list(named(cell, page))
    assert places, f"{page.name}: {cell!r} names nothing"
    for path, name in places:
        assert path.is_file(), f"{page.name}: {path} is not there"
        is_yaml = path.suffix == ".yaml"
        there = keys_in(yaml.safe_load(path.read_text())) if is_yaml else names_in(path)
        assert name in there, f"{page.name}: {path.relative_to(ROOT)} has no {name}"


def sections_of(path: Path) -> dict[str, str]:
    """The heading over each cell of a notebook, by the cell's id."""
    heading, found = "", {}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "markdown":
            heads = [line for line in "".join(cell["source"]).splitlines() if line[:1] == "#"]
            heading = heads[-1].lstrip("#").strip() if heads else heading
        found[cell["id"]] = heading
    return found


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("[x](README.md) `no_such_name`", "has no no_such_name"),
        ("[x](finlmm_utils/no_such_file.py) `f`", "is not there"),
        ("[x](finlmm_utils/tar/rewards.py) `length_score`, `Reward.no_method`", "no_method"),
        ("[x](papermill_runs/profiles/t4.yaml) `training.no_key`", "has no training.no_key"),
        ("[x](finlmm_utils/tar/rewards.py)", "names nothing"),
        ("`length_score`", "expected one link"),
    ],
)
def test_the_check_sees_a_name_that_is_not_there(cell: str, said: str) -> None:
    check_names("[x](finlmm_utils/tar/rewards.py) `length_score`", ROOT / "README.md")
    check_names("[x](papermill_runs/profiles/t4.yaml) `training.kl`", ROOT / "README.md")
    with pytest.raises(AssertionError, match=said):
        check_names(cell.replace("README.md)", "tests/conftest.py)"), ROOT / "README.md")


# --- the map -------------------------------------------------------------------------------------


def test_the_map_is_current() -> None:
    there = (ROOT / "docs" / "map.md").read_text("utf-8")
    assert there == package_map.page(), "run: python -m tests.static.map > docs/map.md"


def test_the_map_shows_every_file_with_its_first_line() -> None:
    page = package_map.page()
    for path in package_map.PACKAGE.rglob("*.py"):
        if path.name != "__init__.py":
            place = path.relative_to(ROOT).as_posix()
            line = package_map.summary(path)
            assert line, f"{place} has no docstring"
            star = " ★" if package_map.is_method(path) else ""
            assert f"- [{path.stem}](../{place}){star}: {line}\n" in page


def test_the_readme_names_every_folder_of_the_package_once() -> None:
    folders = [cells[0] for cells in tables(README) if "](finlmm_utils" in cells[0]]
    linked = [LINK.findall(cell)[0] for cell in folders]
    assert all(name == target for name, target in linked)
    expected = [f"finlmm_utils/{name}".rstrip("/") for name in package_map.folders()]
    assert sorted(target for _, target in linked) == sorted(expected)


def test_the_readme_links_the_method_and_counts_it_rightly() -> None:
    text = README.split("own method is ten files")[1]
    links = [target for _, target in LINK.findall(text)[:10]]
    assert links == [f"finlmm_utils/{name}" for name in package_map.METHOD]
    count = sum(package_map.method_lines().values())
    said = int(re.findall(r"about ([\d,]+) lines", text)[0].replace(",", ""))
    assert abs(said - count) <= 150, f"README says {said} lines, counted are {count}"
    assert count <= METHOD_BUDGET


def test_a_link_that_is_called_by_a_file_leads_to_that_file() -> None:
    labels = [(label, target) for label, target in LINK.findall(INDEX) if label.endswith(".py")]
    assert labels
    assert [one for one in labels if not one[1].endswith(f"/{one[0]}")] == []


def test_single_things_are_found_in_two_steps() -> None:
    """From a line of README's map to a folder, from the folder to a file and a name in it."""
    text = CONTRIBUTING.split("## Where is it?")[1].split("\n## ")[0]
    rows = list(tables(text))
    assert len(rows) >= 10
    first_steps = {LINK.findall(cells[0])[0][1] for cells in tables(README) if "](" in cells[0]}
    for _, folder, place in rows:
        assert folder in first_steps, f"README's map has no line for {folder}"
        check_names(place, ROOT / "CONTRIBUTING.md")
        for path, _ in named(place, ROOT / "CONTRIBUTING.md"):
            assert (ROOT / folder) in path.parents, f"{path} does not lie in {folder}"


# --- the paper's index and the glossary ----------------------------------------------------------

FACTS = [cells for cells in tables(INDEX) if len(cells) == 5]


@functools.cache
def known_parameters() -> set[str]:
    """Names of all parameters, those within a mapping with a dot."""
    known = {name for model in MODELS.values() for name in model.model_fields}
    return known.union(*(keys_in(load_profile(name)) for name in PROFILES))


@pytest.mark.parametrize("cells", FACTS, ids=lambda cells: cells[0][:50])
def test_a_fact_of_the_paper_has_its_code_cell_and_parameter(cells: list[str]) -> None:
    _, source, code, notebook, parameters = cells
    assert set(source.split(", ")) <= {"summary", "abstract", "public code", "LMM-R1"}
    check_names(code, ROOT / "docs" / "paper_index.md")
    for part in notebook.split("; ") if notebook != "—" else ():
        number, target, section, cell = re.findall(r"^\[(\w+)\]\((\S+)\) \*(.+)\* `(\S+)`$", part)[
            0
        ]
        path = (ROOT / "docs" / target).resolve()
        assert path.name.startswith(number)
        assert sections_of(path).get(cell) == section, f"{path.name} has no {cell} in {section!r}"
    for name in re.findall(r"`([^`]+)`", parameters):
        assert name in known_parameters(), f"no parameter {name}"
    assert parameters == "—" or "`" in parameters


def test_the_index_holds_the_paper_its_constants_and_the_base_framework() -> None:
    assert len(FACTS) >= 40
    for said in ("23,397", "89,378", "DeepSeek-V3", "Sentence-BERT", "DeepScaleR", "VerMulti"):
        assert said in INDEX
    for weight in ("0.10", "0.60", "0.15", "0.05"):
        assert weight in INDEX


def test_the_glossary_is_sorted_and_holds_the_words_of_the_field() -> None:
    terms = [term for term, _ in tables(GLOSSARY)]
    assert terms == sorted(terms, key=str.lower)
    assert len(set(terms)) == len(terms)
    missing = {term for term in TERMS.split() if term not in terms}
    assert not missing
    assert not {folder for folder in re.findall(r"`finlmm_utils/\w+`", GLOSSARY)
                if not (ROOT / folder.strip("`")).is_dir()}  # fmt: skip
    for name, place in re.findall(r"`(\w+)` in `([\w/]+\.py)`", GLOSSARY):
        assert name in names_in(ROOT / "finlmm_utils" / place), f"{place} has no {name}"


# --- how to work on it ---------------------------------------------------------------------------


def test_the_hooks_are_what_the_tests_ask_and_download_nothing() -> None:
    content = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))
    assert [repo["repo"] for repo in content["repos"]] == ["local"]
    hooks = content["repos"][0]["hooks"]
    assert {hook["language"] for hook in hooks} == {"system"}
    entries = [hook["entry"].split() for hook in hooks]
    assert all(entry[:2] == ["python", "-m"] for entry in entries)
    for linter in LINTERS:
        assert [word for word in linter if word != "."] in [entry[2:] for entry in entries]
    for entry in entries:
        if entry[2] == "pytest":
            assert all((ROOT / file).is_file() for file in entry[3:])


def test_the_steps_of_contributing_name_what_is_there() -> None:
    """Files in backticks or links, and names behind "of" or in "in" a linked file."""
    links = [target for _, target in LINK.findall(CONTRIBUTING)]
    assert len(links) > 30
    for name, target in re.findall(r"`(\w+)` of\s+\[[^]]+\]\((\S+\.py)\)", CONTRIBUTING):
        assert name in names_in(ROOT / target), f"{target} has no {name}"
    for target, names in {
        "finlmm_utils/tar/config/entries.py": ("REWARD_WEIGHTS",),
        "finlmm_utils/tar/stages.py": ("STAGE1_REWARDS", "STAGE2_REWARDS", "train_stage"),
        "finlmm_utils/asp/questions/offline.py": ("RULES",),
        "finlmm_utils/asp/questions/facts.py": ("read_facts",),
        "finlmm_utils/tar/data/sources.py": ("load_rows",),
        "finlmm_utils/tar/data/names.py": ("NAMES",),
        "finlmm_utils/tar/data/forms.py": ("FORMS", "read_item"),
        "finlmm_utils/tar/data/report.py": ("Refused", "DataError"),
        "finlmm_utils/study/parameters/schemas.py": ("MODELS", "Reward"),
        "tests/static/test_layers.py": ("ORDER",),
    }.items():
        assert target in links or f"`{target}`" in CONTRIBUTING
        for name in names:
            assert name in CONTRIBUTING
            assert name in names_in(ROOT / target), f"{target} has no {name}"


@pytest.mark.parametrize("path", ["README.md", "CONTRIBUTING.md", "tests/README.md"])
def test_programs_and_test_files_that_are_named_are_there(path: str) -> None:
    text = (ROOT / path).read_text("utf-8")
    modules = re.findall(r"python -m ((?:tests|finlmm_utils)[\w.]*)", text)
    files = re.findall(r"(?:python|pytest) ((?:benchmarks|tests)/[\w/]+\.py)", text)
    assert modules or files
    for module in modules:
        assert (ROOT / module.replace(".", "/")).with_suffix(".py").is_file(), module
    for file in files:
        assert (ROOT / file).is_file(), file
