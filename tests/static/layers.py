"""Counts the floors, circles and arrows of the package from its imports.

Usage: ``python -m tests.static.layers``. A room is a folder, or a file that lies directly beside
folders; an arrow is one room importing another, inside functions too. A room stands one floor
above the highest that it imports. Faces (``__init__.py``) and doors (files that hand names on and
do nothing else) are no rooms. Read from the syntax tree, not from the text.
"""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "finlmm_utils"
SHEETS = ("", "asp", "tar", "study")  # folders whose rooms are counted; "" is the package itself


def is_door(tree: ast.Module) -> bool:
    """Whether a file only hands names on: a docstring and imports."""
    doc = (ast.Import, ast.ImportFrom, ast.Expr)
    return bool(tree.body) and all(isinstance(node, doc) for node in tree.body)


def imported_modules(tree: ast.AST, package: Path = PACKAGE) -> set[tuple[str, ...]]:
    """Modules of the package that a file imports, as parts below the package's name."""
    found = set()
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        for name in names:
            top, *parts = name.split(".")
            if top == package.name:
                found.add(tuple(parts[: _depth(parts, package)]))
    return found - {()}


def _depth(parts: list[str], package: Path) -> int:
    """How many of the parts name a folder or a file; what follows is a name inside it."""
    for k in range(len(parts)):
        place = package.joinpath(*parts[: k + 1])
        if place.with_suffix(".py").is_file():
            return k + 1
        if not place.is_dir():
            return k
    return len(parts)


def arrows(sheet: str, package: Path = PACKAGE) -> dict[str, set[str]]:
    """What each room of a folder imports of the other rooms of the same folder.

    Args:
        sheet: folder below the package, "" for the package itself.
        package: where the package lies.
    """
    root = package / sheet
    inside = tuple(Path(sheet).parts)
    found: dict[str, set[str]] = {}
    for path in sorted(root.rglob("*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        room = path.relative_to(root).with_suffix("").parts[0]
        if room == "__init__" or is_door(tree):
            continue
        rooms = found.setdefault(room, set())
        for module in imported_modules(tree, package):
            if module[: len(inside)] == inside and len(module) > len(inside):
                rooms.add(module[len(inside)])
        rooms.discard(room)
    return {room: others & set(found) for room, others in found.items()}


def circles(graph: dict[str, set[str]]) -> list[str]:
    """The rooms of a circle of imports; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def floors(graph: dict[str, set[str]]) -> dict[str, int]:
    """The floor of each room: 1 imports nothing, each other stands above all that it imports."""
    found: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        found[room] = 1 + max((found[other] for other in graph[room]), default=0)
    return found


def main() -> None:
    """Prints one line a sheet, and the rooms of each floor."""
    for sheet in SHEETS:
        graph = arrows(sheet)
        count = sum(map(len, graph.values()))
        circle = circles(graph)
        if circle:
            print(f"{sheet or PACKAGE.name}: {len(graph)} rooms, {count} arrows, circle {circle}")
            continue
        levels = floors(graph)
        top = max(levels.values())
        print(
            f"{sheet or PACKAGE.name}: {len(graph)} rooms, {top} floors, {count} arrows, no circle"
        )
        for level in range(top, 0, -1):
            print(f"  {level}: " + " ".join(sorted(r for r in levels if levels[r] == level)))


if __name__ == "__main__":
    main()
