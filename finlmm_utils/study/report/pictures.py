"""Pictures beside a page in place of pictures in it: each is kept once."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from pathlib import Path
from typing import Any

import nbformat

from finlmm_utils.output import write_text

PIXELS = 1.6
"""Of a saved figure for one of the page: 160 an inch for 100, so that its text has its size."""
FOLDER = "pictures"
"""Beside a notebook: what it shows and did not save as a figure."""
KINDS = {"image/png": "png", "image/jpeg": "jpg"}
PROSE = re.compile(r"[^\W\d_]|[*`\[\"]")
"""How a line of a text begins that is no heading, table, list or comment."""
MARKS = re.compile(r"\[([^\]]*)\]\([^)]*\)|[*`]")
"""Links and marks of Markdown, which are no words."""
MOST_LETTERS = 300
"""Of a picture's words: two sentences and a line, about what a screen reader says in 20 seconds."""


def unload(notebook: Path) -> None:
    """Take the pictures out of an executed notebook; its cells show the files beside it.

    A figure that the notebook saved is there already, under ``figures``; others are written.

    Args:
        notebook: The file; it is changed in place.
    """
    content = nbformat.read(notebook, as_version=4)
    name_pictures(content)
    for cell in content.cells:
        for output in cell.get("outputs", []):
            for kind in KINDS.keys() & output.get("data", {}).keys():
                _link(output, kind, notebook.parent)
    write_text(notebook, nbformat.writes(content) + "\n")


def name_pictures(content: Any) -> None:
    """Give each picture without words of its own those that stand around it.

    These are the heading above it, the first sentence under that, and the first line that its cell
    prints after it.

    Args:
        content: The notebook; the pictures' metadata are changed in place.
    """
    heading = sentence = ""
    for cell in content.cells:
        if cell.cell_type == "markdown":
            heading = (re.findall(r"^#+ (.+)", cell.source, re.M) or [heading])[-1]
            prose = [line for line in cell.source.splitlines() if PROSE.match(line)]
            sentence = re.split(r"(?<=[.?!:]) ", prose[0])[0] if prose else ""
        outputs = cell.get("outputs", [])
        for output, after in zip(outputs, [*outputs[1:], {}], strict=False):
            printed = "".join(after.get("text", "")).strip().partition("\n")[0]
            words = " ".join(filter(None, (f"{heading}:" if heading else "", sentence, printed)))
            for kind in KINDS.keys() & output.get("data", {}).keys():
                said = output.setdefault("metadata", {}).setdefault(kind, {})
                plain = MARKS.sub(r"\1", words)[:MOST_LETTERS]
                said["alt"] = said.get("alt") or plain or "A picture without words around it"


def _link(output: Any, kind: str, folder: Path) -> None:
    """Puts a link to a file in the place of a picture of an output."""
    said = output.get("metadata", {}).get(kind, {})
    data = base64.b64decode("".join(output["data"].pop(kind)))
    place, width = f"figures/{said.get('figure')}.png", said.get("width")
    if (folder / place).is_file():
        width = shown_width((folder / place).read_bytes())
    else:
        place = keep(data, folder / FOLDER, KINDS[kind]).relative_to(folder).as_posix()
    words = html.escape(str(said["alt"]), quote=True)
    wide = f' width="{int(width)}"' if width else ""
    output["data"]["text/html"] = f'<img src="{place}" alt="{words}"{wide}>'


def shown_width(png: bytes) -> int:
    """Pixels that a saved figure takes on a page, so that its text has the size of the page's."""
    return round(int.from_bytes(png[16:20], "big") / PIXELS)


def keep(data: bytes, folder: Path, kind: str = "png") -> Path:
    """Write a picture under the digest of its bytes, so that one that comes again is kept once.

    Args:
        data: The picture's bytes.
        folder: Where to; made if missing.
        kind: Ending of the file's name.

    Returns:
        The file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.{kind}"
    if not path.is_file():
        path.write_bytes(data)
    return path
