"""Which files a folder of reports holds, and what becomes of those that are no plain files.

A name on disk is bytes. One that is no UTF-8 (what a Chinese archive gives on Linux) is kept in
rows and on pages with its odd bytes written out, and is found again by :func:`real_name`.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Sequence
from pathlib import Path

from finlmm_utils.asp.records import Report, Status

_ESCAPE = re.compile(r"\\x([0-9a-f]{2})")


def find_pdfs(reports_dir: str | Path | Sequence[Path]) -> list[Path]:
    """PDF files of a folder and its subfolders in the order of their names, each content once.

    What only has such a name (a device, a link that leads nowhere) is listed as well: it becomes a
    row that says so.

    Args:
        reports_dir: the folder, or a list of files.

    Raises:
        FileNotFoundError: the folder does not exist.
    """
    if isinstance(reports_dir, (str, Path)):
        folder = Path(reports_dir)
        if not folder.is_dir():
            raise FileNotFoundError(
                f"reports_dir={str(reports_dir)!r} is no folder; give a folder that holds PDF files"
            )
        return sorted(p for p in folder.rglob("*") if p.suffix.lower() == ".pdf" and not _is_dir(p))
    return [Path(p) for p in reports_dir]


def _is_dir(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # nobody may look at it
        return False


def trouble(path: Path) -> str:
    """Why a file can't be read, "" where it can; a device or a pipe is never opened.

    Args:
        path: of the file.
    """
    try:
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind):
            return "is no plain file but a device, a pipe or a folder; give a copy of the PDF"
        with path.open("rb"):
            return ""
    except FileNotFoundError:
        return "is a link that leads nowhere, or is gone; give the PDF itself"
    except PermissionError:
        return "may not be read; give this user the right to read it"
    except OSError as error:
        return f"can't be read: {error.strerror}"


def row_of(path: Path, status: Status, reason: str) -> Report:
    """What a report that could not be read leaves: its name, its digest, and why.

    Args:
        path: of the file.
        status: what is wrong.
        reason: one line.
    """
    if trouble(path):
        digest, whole = hashlib.sha256(f"unreadable {kept_name(path)}".encode()).hexdigest(), ""
    else:
        digest = whole = hashlib.sha256(path.read_bytes()).hexdigest()
    return Report(
        report_id=digest[:12], file=kept_name(path), sha256=whole, status=status, reason=reason
    )


def kept_name(path: Path) -> str:
    r"""A file's name as rows and pages keep it: UTF-8, with odd bytes as ``\xNN``.

    Examples:
        >>> kept_name(Path("annual report 年报.pdf"))
        'annual report 年报.pdf'
        >>> kept_name(Path(os.fsdecode(b"\xc4\xea.pdf"))) == r"\xc4\xea.pdf"
        True
    """
    name = path.name
    whole = name.isprintable() and not any("\ud800" <= letter <= "\udfff" for letter in name)
    if whole and not _ESCAPE.search(name):
        return name
    data = os.fsencode(name.replace("\\", "\\x5c"))
    text = data.decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() else _written_out(c) for c in text)


def real_name(kept: str) -> str:
    r"""The name on disk of a :func:`kept_name`.

    Examples:
        >>> os.fsencode(real_name(r"\xc4\xea.pdf"))
        b'\xc4\xea.pdf'
    """
    parts = _ESCAPE.split(kept)  # texts, and between them the digits of a byte
    data = (bytes.fromhex(x) if k % 2 else x.encode() for k, x in enumerate(parts))
    return os.fsdecode(b"".join(data))


def _written_out(letter: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in letter.encode())
