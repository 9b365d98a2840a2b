"""Where the checkout is, what git says of it, and what a file of this package imports of it."""

from __future__ import annotations

import ast
import os
import subprocess
from pathlib import Path


def repository_root() -> Path:
    """Find the folder with ``notebooks/`` and ``pyproject.toml``.

    Returns:
        The environment variable ``FINLMM_ROOT`` where it is set; or the root of the checkout
        that this package lives in; or that of the working directory; or the working directory.
    """
    if os.environ.get("FINLMM_ROOT"):
        return Path(os.environ["FINLMM_ROOT"]).resolve()
    here = Path(__file__).resolve()
    for folder in (here.parents[1], Path.cwd(), *Path.cwd().parents):
        if (folder / "pyproject.toml").is_file() and (folder / "notebooks").is_dir():
            return folder
    return Path.cwd()


def git(*arguments: str) -> str:
    """What git says of the checkout; "" where there is no git, or no clone."""
    try:
        done = subprocess.run(
            ["git", "-C", str(repository_root()), *arguments], capture_output=True, text=True,
            timeout=10, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def imported_files(path: Path) -> list[Path]:
    """A file of this package and all that it imports of it, followed through the sources.

    No list has to be kept by hand, and imports inside functions count too.
    """
    package = Path(__file__).resolve().parent
    todo, seen = [path.resolve()], set[Path]()
    while todo:
        file = todo.pop()
        if file not in seen:
            seen.add(file)
            todo += _imports(file, package)
    return sorted(seen)


def _imports(path: Path, package: Path) -> list[Path]:
    """The files of a package that one file imports by ``from ... import``, the house's only way."""
    found = []
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(package.name):
            base = package.parent.joinpath(*str(node.module).split("."))
            places = [base, *(base / alias.name for alias in node.names)]
            files = [f for p in places for f in (p.with_suffix(".py"), p / "__init__.py")]
            found += [file for file in files if file.is_file()]
    return found
