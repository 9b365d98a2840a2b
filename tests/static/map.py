"""Writes docs/map.md: every folder and file of the package with the first line of its docstring.

Usage: ``python -m tests.static.map > docs/map.md``; with ``--method`` it prints the files that are
the paper's own method, with their lines. A test asks that the map in the repository is current.
"""

from __future__ import annotations

import ast
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "finlmm_utils"
READING_ORDER = (  # along the way of a report, then of a completion; what is not named comes last
    "", "finance", "synthetic", "asp", "asp/page", "asp/tables", "asp/figures", "asp/text",
    "asp/llm", "asp/questions", "asp/questions/rules", "asp/alignment", "asp/gold", "tar",
    "tar/discriminator", "tar/rollouts", "tar/monitoring", "tar/data", "tiny", "evaluation",
    "evaluation/benchmarks", "evaluation/plots", "arms", "study", "study/parameters",
    "study/runner", "study/report",
)  # fmt: skip
METHOD = (  # what is the paper's own idea, in the order to read it; all else serves it
    "rows.py", "asp/questions/llm.py", "asp/alignment/llm.py", "asp/distractors.py",
    "tar/responses.py", "tar/rewards.py", "tar/discriminator/scorer.py",
    "tar/discriminator/discriminator.py", "tar/trainer/trainer.py", "tar/stages.py",
)  # fmt: skip
HEAD = """# Map

*Written by `python -m tests.static.map > docs/map.md` from the first line of each docstring; do
not edit it here. A star marks the files that are the paper's own method. The short map is in
[README](../README.md#the-map), where single things are is in
[CONTRIBUTING](../CONTRIBUTING.md#where-is-it).*
"""


@functools.cache
def summary(path: Path) -> str:
    """The first paragraph of a file's docstring in one line, cross-references as plain names."""
    text = ast.get_docstring(ast.parse(path.read_text("utf-8"))) or ""
    line = " ".join(text.split("\n\n")[0].split()).replace("``", "`")
    return re.sub(r":\w+:`([^`]+)`", r"`\1`", line)


def folders() -> list[str]:
    """Folders of the package with Python files, in the order in which they are read."""
    found = {p.parent.relative_to(PACKAGE).as_posix() for p in PACKAGE.rglob("*.py")}
    names = {"" if name == "." else name for name in found}
    return [n for n in READING_ORDER if n in names] + sorted(names - set(READING_ORDER))


def files(folder: str) -> list[Path]:
    """The Python files that lie directly in a folder of the package, without its face."""
    return sorted(p for p in (PACKAGE / folder).glob("*.py") if p.name != "__init__.py")


def is_method(path: Path) -> bool:
    """Whether a file is one of :data:`METHOD`, or lies in a folder of it."""
    name = path.relative_to(PACKAGE).as_posix()
    return any(name == one or name.startswith(one + "/") for one in METHOD)


def page() -> str:
    """The whole of docs/map.md."""
    return "\n".join([HEAD, *_sections(), *_benchmarks()]) + "\n"


def _sections() -> Iterator[str]:
    for folder in folders():
        place = f"finlmm_utils/{folder}".rstrip("/")
        yield f"## [{place}](../{place})\n\n{summary(PACKAGE / folder / '__init__.py')}\n"
        for path in files(folder):
            star = " ★" if is_method(path) else ""
            yield f"- [{path.stem}](../{place}/{path.name}){star}: {summary(path)}"
        yield ""


def _benchmarks() -> Iterator[str]:
    yield "## [benchmarks](../benchmarks)\n\nEach measures its comparison in one run.\n"
    for path in sorted((ROOT / "benchmarks").glob("*.py")):
        yield f"- [{path.stem}](../benchmarks/{path.name}): {summary(path)}"


def method_lines() -> dict[str, int]:
    """Lines of each file that is the paper's own method, doors and faces included."""
    found = [path for path in sorted(PACKAGE.rglob("*.py")) if is_method(path)]
    return {
        path.relative_to(ROOT).as_posix(): len(path.read_text("utf-8").splitlines())
        for path in found
    }


def main() -> None:
    """Prints the map, or the lines of the method."""
    if "--method" in sys.argv:
        lines = method_lines()
        for name, count in lines.items():
            print(f"{count:5} {name}")
        print(f"{sum(lines.values()):5} lines in {len(lines)} files")
    else:
        print(page(), end="")


if __name__ == "__main__":
    main()
