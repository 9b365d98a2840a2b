"""The layers of the package, from its syntax trees: rooms, floors, circles, and what is broken.

Usage: ``python -m tests.static.layers`` prints the floors. A room is a folder, or a file that lies
directly beside folders; an arrow is one room importing another. Imports inside functions, under
``TYPE_CHECKING``, relative ones and ``import_module("...")`` count like any other. A room stands
one floor above the highest that it imports. Faces (``__init__.py``) and doors (files that hand
names on and do nothing else) are no rooms, but what they import is held to the order too.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import NamedTuple

PACKAGE = Path(__file__).resolve().parents[2] / "finlmm_utils"
SHEETS = ("", "asp", "tar", "study")  # folders whose rooms are counted; "" is the package itself
MOST_FILES = 12  # in one folder: what a reader takes in at a glance (our choice)

Module = tuple[str, ...]  # the parts of a module's name below the package's
Graph = dict[str, set[str]]
Order = Mapping[str, Sequence[str]]


class Import(NamedTuple):
    """One module of the package that a file imports."""

    file: Path
    line: int
    module: Module


def trees(root: Path) -> dict[Path, ast.Module]:
    """The syntax tree of every Python file below a folder."""
    return {path: _parsed(path.read_text("utf-8")) for path in sorted(root.rglob("*.py"))}


@functools.cache
def _parsed(source: str) -> ast.Module:
    return ast.parse(source)


def is_door(tree: ast.Module) -> bool:
    """Whether a file only hands names on: a docstring and imports."""
    body = tree.body[ast.get_docstring(tree) is not None :]
    return bool(body) and all(isinstance(node, (ast.Import, ast.ImportFrom)) for node in body)


def imports(path: Path, tree: ast.AST, package: Path = PACKAGE) -> Iterator[Import]:
    """All imports of the package's own modules in a file, wherever they stand in it."""
    for node in ast.walk(tree):
        for name in _names(node, path, package):
            top, *parts = name.split(".")
            if top == package.name and (module := tuple(parts[: _depth(parts, package)])):
                yield Import(path, node.lineno, module)  # type: ignore[attr-defined]


@functools.cache
def libraries(tree: ast.AST) -> set[str]:
    """Top-level names of all imports of a file, our own package's left in."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


def _names(node: ast.AST, path: Path, package: Path) -> list[str]:
    """Dotted names that one node imports; names out of a module are its last part."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        above = path.relative_to(package.parent).parts[: -node.level] if node.level else ()
        start = ".".join([*above, *([node.module] if node.module else [])])
        return [f"{start}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
        called = getattr(node.func, "attr", getattr(node.func, "id", ""))
        if called in ("import_module", "__import__"):
            return [str(node.args[0].value)]
    return []


def _depth(parts: list[str], package: Path) -> int:
    """How many of the parts name a folder or a file; what follows is a name inside it."""
    for k in range(len(parts)):
        place = package.joinpath(*parts[: k + 1])
        if place.with_suffix(".py").is_file():
            return k + 1
        if not place.is_dir():
            return k
    return len(parts)


def room_of(path: Path, root: Path) -> str:
    """The folder or file of ``root`` in which a file lies; "" for the face of ``root`` itself."""
    first = path.relative_to(root).with_suffix("").parts[0]
    return "" if first == "__init__" else first


def arrows(sheet: str, package: Path = PACKAGE) -> Graph:
    """What each room of a folder imports of the other rooms of the same folder.

    Args:
        sheet: folder below the package, "" for the package itself.
        package: where the package lies.
    """
    root, inside = package / sheet, tuple(Path(sheet).parts)
    found: Graph = {}
    for path, tree in trees(root).items():
        room = room_of(path, root)
        if not room or is_door(tree):
            continue
        found.setdefault(room, set()).update(
            one.module[len(inside)]
            for one in imports(path, tree, package)
            if one.module[: len(inside)] == inside and len(one.module) > len(inside)
        )
    return {room: others & (set(found) - {room}) for room, others in found.items()}


def circles(graph: Graph) -> list[str]:
    """The rooms of a circle of imports; empty where there is none."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def floors(graph: Graph) -> dict[str, int]:
    """The floor of each room: 1 imports nothing, each other stands above all that it imports."""
    found: dict[str, int] = {}
    for room in TopologicalSorter(graph).static_order():
        found[room] = 1 + max((found[other] for other in graph[room]), default=0)
    return found


# --- what is broken: one line each, empty where all is well --------------------------------------


def broken_order(sheet: str, order: Sequence[str], package: Path = PACKAGE) -> list[str]:
    """Imports of a room that the order does not put below it, and rooms that it does not name.

    Args:
        sheet: folder below the package, "" for the package itself.
        order: the rooms from the ground up, those of one floor in one string. A room may import the
            rooms of earlier strings only.
        package: where the package lies.
    """
    root, inside = package / sheet, tuple(Path(sheet).parts)
    floor = {room: k for k, names in enumerate(order) for room in names.split()}
    found = trees(root)
    rooms = {room_of(path, root) for path, tree in found.items() if not is_door(tree)} - {""}
    wrong = [f"{sheet or package.name}: no room {room!r}" for room in sorted(set(floor) - rooms)]
    wrong += [
        f"{sheet or package.name}: room {room!r} has no place in the order of tests/static"
        for room in sorted(rooms - set(floor))
    ]
    for path, tree in found.items():
        room = room_of(path, root)
        for one in imports(path, tree, package):
            if one.module[: len(inside)] != inside or len(one.module) == len(inside):
                continue
            other = one.module[len(inside)]
            if room in floor and other in floor and other != room and floor[other] >= floor[room]:
                wrong.append(
                    f"{path.relative_to(package.parent)}:{one.line} imports "
                    f"{'.'.join((package.name, *one.module))}: {room} may not know {other}"
                )
    return wrong


def used_doors(package: Path = PACKAGE) -> list[str]:
    """Imports of a door inside the package: doors are for tests, notebooks and other people."""
    found = trees(package)
    doors = {
        path.relative_to(package).with_suffix("").parts
        for path, tree in found.items()
        if path.name != "__init__.py" and is_door(tree)
    }
    return [
        f"{path.relative_to(package.parent)}:{one.line} goes through a door, "
        f"{'.'.join((package.name, *one.module))}: import what it hands on"
        for path, tree in found.items()
        for one in imports(path, tree, package)
        if one.module in doors
    ]


def circles_of_files(package: Path = PACKAGE) -> list[str]:
    """The files of a circle of imports anywhere in the package; empty where there is none."""
    graph: Graph = {}
    for path, tree in trees(package).items():
        if path.name != "__init__.py":
            name = path.relative_to(package).with_suffix("").as_posix()
            graph[name] = {"/".join(one.module) for one in imports(path, tree, package)} - {name}
    return circles({name: others & set(graph) for name, others in graph.items()})


def full_folders(root: Path) -> list[str]:
    """Folders with more than ``MOST_FILES`` Python files; faces and doors do not count."""
    counts: dict[Path, int] = {}
    for path, tree in trees(root).items():
        if path.name != "__init__.py" and not is_door(tree):
            counts[path.parent] = counts.get(path.parent, 0) + 1
    return [
        f"{folder.relative_to(root.parent)}: {count} files, {MOST_FILES} at most"
        for folder, count in counts.items()
        if count > MOST_FILES
    ]


def main() -> None:
    """Prints one line a sheet, and the rooms of each floor."""
    for sheet in SHEETS:
        graph = arrows(sheet)
        count = sum(map(len, graph.values()))
        name = sheet or PACKAGE.name
        if circle := circles(graph):
            print(f"{name}: {len(graph)} rooms, {count} arrows, circle {circle}")
            continue
        levels = floors(graph)
        top = max(levels.values())
        print(f"{name}: {len(graph)} rooms, {top} floors, {count} arrows, no circle")
        for level in range(top, 0, -1):
            print(f"  {level}: " + " ".join(sorted(r for r in levels if levels[r] == level)))


if __name__ == "__main__":
    main()
