"""Files and folders that a parameter names: alone, or as parts of a mixture of data sets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

WORDS = frozenset({"asp", "made", "all"})
"""Names of data that are no files, whatever lies beside."""
_END = re.compile(r"[*?@:]|$")
"""Behind a set's path: its share, columns, split, configuration."""
_FOLDER = re.compile(r"(?<=[?&]image_folder=)[^&+*]+")


def paths_in(text: str, root: Path) -> Iterator[tuple[int, int, Path]]:
    """The files and folders that a parameter's text names and that are there.

    Args:
        text: a path, or data sets joined by "+", each with what may stand behind its path, as in
            "asp*0.5+my_rows?question=query*0.5".
        root: where a relative path starts.

    Yields:
        Where it stands in the text, from and to, and the path, in order.
    """
    if whole := _there(text, root):
        yield 0, len(text), whole
        return
    for part in re.finditer(r"[^+]+", text):
        start = part.start() + len(part[0]) - len(part[0].lstrip())
        ends = [start + found.start() for found in _END.finditer(text[start : part.end()])]
        for end in reversed(ends):
            if path := _there(text[start:end].rstrip(), root):
                yield start, start + len(text[start:end].rstrip()), path
                break
        for found in _FOLDER.finditer(text, start, part.end()):
            if path := _there(found[0], root):
                yield *found.span(), path


def replaced(text: str, root: Path, change: dict[Path, str] | None = None) -> str:
    """The text with each path whole, or with what stands for it.

    Args:
        text: see :func:`paths_in`.
        root: where a relative path starts.
        change: by path; None for the path itself, absolute.
    """
    for start, end, path in reversed(list(paths_in(text, root))):
        text = text[:start] + (str(path) if change is None else change[path]) + text[end:]
    return text


def _there(text: str, root: Path) -> Path | None:
    if not text or text in WORDS:
        return None
    try:
        path = root / Path(text).expanduser()
        return path.resolve() if path.exists() else None
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a zero byte
        return None
