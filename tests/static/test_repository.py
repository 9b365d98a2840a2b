"""Links, commands and budgets of the repository, checked without running anything."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from finlmm_utils.study.cli import parser
from finlmm_utils.study.runner.measured import fill_tables
from tests.helpers import ROOT
from tests.static.test_notebooks import NOTEBOOK_FILES, sources

PACKAGE_FILES = sorted((ROOT / "finlmm_utils").rglob("*.py"))
README = ROOT / "README.md"
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
LINTERS = (["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"])


def test_the_package_imports_light() -> None:
    """Importing the command line loads no torch."""
    code = (
        "import sys, finlmm_utils.study.cli, finlmm_utils.study, finlmm_utils;"
        "print([m for m in ('torch', 'transformers', 'pymupdf', 'pandas') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("path", PACKAGE_FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_is_read_in_one_sitting(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300


def markdown_texts() -> list[tuple[Path, str]]:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("tests/*.md")]
    texts = [(path, path.read_text("utf-8")) for path in sorted(pages)]
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
    """Lines of code blocks, and code spans, of README and CONTRIBUTING that start with a word."""
    text = README.read_text("utf-8") + CONTRIBUTING.read_text("utf-8")
    blocks = "\n".join(re.findall(r"```\w*\n(.*?)```", text, re.DOTALL))
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    lines = [*blocks.splitlines(), *spans]
    return sorted({line.split("  #")[0].strip() for line in lines if re.match(start, line.strip())})


@pytest.mark.parametrize("line", commands(r"finlmm "))
def test_every_finlmm_command_parses(line: str) -> None:
    parser().parse_args(shlex.split(line)[1:])


@pytest.mark.parametrize("line", commands(r"([A-Z]+=\S* )*make "))
def test_every_make_command_resolves(line: str) -> None:
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


@pytest.mark.parametrize("command", [c for c in LINTERS if c != ["mypy"]], ids=" ".join)
def test_linters(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_types(types_checked: tuple[int, str]) -> None:
    code, said = types_checked
    assert code == 0, said[-4000:]
