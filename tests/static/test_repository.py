"""Links, commands, imports and budgets of the repository, checked without running anything."""

import ast
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from finlmm_utils.study.cli import parser
from finlmm_utils.study.runner.measured import fill_tables
from tests.helpers import ROOT
from tests.static.test_notebooks import NOTEBOOK_FILES, sources

PACKAGE_FILES = sorted((ROOT / "finlmm_utils").rglob("*.py"))
TEST_FILES = sorted((ROOT / "tests").rglob("*.py"))
DISTRIBUTIONS = {  # where the name to import is not the name to install
    "PIL": "pillow",
    "yaml": "pyyaml",
    "sklearn": "scikit-learn",
    "IPython": "ipython",
    "fitz": "pymupdf",
}
README = ROOT / "README.md"


def imported(source: str) -> set[str]:
    """Top-level names of all imports, those inside functions included."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add((node.module or "").split(".")[0])
    return names


def declared(*extras: str) -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [*project["dependencies"]]
    for extra in extras:
        lines += project["optional-dependencies"][extra]
    return {canonicalize_name(Requirement(line).name) for line in lines}


def undeclared(names: set[str], known: set[str]) -> set[str]:
    outside = names - set(sys.stdlib_module_names) - {"finlmm_utils", "tests", "benchmarks", ""}
    return {n for n in outside if canonicalize_name(DISTRIBUTIONS.get(n, n)) not in known}


@pytest.mark.parametrize("path", PACKAGE_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_import_of_the_package_is_declared(path: Path) -> None:
    known = declared("gpu", "cluster")
    assert not undeclared(imported(path.read_text("utf-8")), known)


@pytest.mark.parametrize("path", NOTEBOOK_FILES, ids=lambda p: p.stem)
def test_every_import_of_the_notebooks_is_declared(path: Path) -> None:
    for source in sources(path, "code"):
        clean = "\n".join(
            line for line in source.splitlines() if not line.lstrip().startswith(("%", "!"))
        )
        assert not undeclared(imported(clean), declared())


def test_every_import_of_the_tests_is_declared() -> None:
    known = declared("gpu", "cluster", "dev") | {"packaging"}
    for path in TEST_FILES:
        assert not undeclared(imported(path.read_text("utf-8")), known), path.name


def test_the_package_imports_light_and_one_way() -> None:
    """Importing the command line loads no torch; ASP knows no training, TAR knows no PDF."""
    code = (
        "import sys, finlmm_utils.study.cli, finlmm_utils.study, finlmm_utils;"
        "print([m for m in ('torch', 'transformers', 'pymupdf', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"
    for path in PACKAGE_FILES:
        text = path.read_text("utf-8")
        half = path.relative_to(ROOT / "finlmm_utils").parts[0]
        if half == "asp":
            assert "finlmm_utils.tar.trainer" not in text, path
            assert not imported(text) & {"trl", "peft", "accelerate"}, path
        if half == "tar":
            assert "finlmm_utils.asp" not in text, path
            assert not imported(text) & {"pymupdf", "fitz"}, path


@pytest.mark.parametrize("path", PACKAGE_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


def markdown_texts() -> list[tuple[Path, str]]:
    texts = [(path, path.read_text("utf-8")) for path in sorted(ROOT.glob("*.md"))]
    texts += [(path, "\n".join(sources(path, "markdown"))) for path in NOTEBOOK_FILES]
    return texts


@pytest.mark.parametrize(("path", "text"), markdown_texts(), ids=lambda v: getattr(v, "name", ""))
def test_every_relative_link_resolves(path: Path, text: str) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    for target in targets:
        if re.match(r"(https?|mailto):|#", target):
            continue
        file = (path.parent / target.split("#")[0]).resolve()
        assert file.exists(), f"{path.name}: {target} is not there"


def commands(start: str) -> list[str]:
    """Lines of README's code blocks, and its code spans, that start with a word."""
    text = README.read_text("utf-8")
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL))
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [*blocks.splitlines(), *spans]
    return sorted({line.split("  #")[0].strip() for line in lines if re.match(start, line.strip())})


@pytest.mark.parametrize("line", commands(r"finlmm "))
def test_every_finlmm_command_of_the_readme_parses(line: str) -> None:
    parser().parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize("line", commands(r"([A-Z]+=\S* )*make "))
def test_every_make_command_of_the_readme_resolves(line: str) -> None:
    done = subprocess.run(
        re.sub(r"\bmake\b", "make -n", line, count=1),
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_readme_names_the_commands() -> None:
    text = README.read_text("utf-8")
    assert all(word in text for word in ("make reproduce", "make test", "make lab"))


def test_ci_calls_make_test() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-1] == "make test"


@pytest.mark.parametrize(("path", "text"), markdown_texts(), ids=lambda v: getattr(v, "name", ""))
def test_measured_tables_are_those_of_the_measured_file(path: Path, text: str) -> None:
    assert fill_tables(text) == text, "run: finlmm measured"


@pytest.mark.parametrize(
    "command",
    [
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
    ],
    ids=" ".join,
)
def test_linters(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_types(types_checked: tuple[int, str]) -> None:
    code, said = types_checked
    assert code == 0, said[-4000:]
