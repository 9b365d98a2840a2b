"""Archives of images, unpacked once into this package's cache; nothing leaves their folder."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from finlmm_utils.output import cache_folder
from finlmm_utils.tar.data.report import DataError

ARCHIVES = (".tar", ".tar.gz", ".tgz", ".zip")
MOST_FILES = 2_000_000
"""Files of one archive: ten times the largest image set that is in use here (our choice)."""
MOST_BYTES = 500 * 2**30
"""Bytes that one archive may become: more than any image set in use here (our choice)."""

Member = tuple[str, int, Callable[[], IO[bytes]]]


def archives_in(folder: Path) -> list[Path]:
    """All archives below a folder, hidden ones left out."""
    return sorted(
        path for path in folder.rglob("*")
        if path.name.lower().endswith(ARCHIVES) and path.is_file()
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )  # fmt: skip


def unpacked(archive: Path) -> Path:
    """The folder with an archive's files, unpacked on the first call and kept.

    Files alone are written, under the names in the archive below that folder. An archive with a
    path that leaves the folder, a link, or anything else that is no file or folder is refused as
    a whole, before anything of it is used.

    Args:
        archive: ``.tar``, ``.tar.gz``, ``.tgz`` or ``.zip``.

    Returns:
        The folder in the cache; its name comes from the archive's path, size and time.

    Raises:
        DataError: the archive is damaged or unsafe, or the disk too small; it says where.
    """
    real = archive.resolve()
    state = real.stat()
    key = hashlib.sha256(f"{real}\n{state.st_size}\n{state.st_mtime_ns}".encode()).hexdigest()
    target = cache_folder("unpacked") / f"{archive.name.partition('.')[0]}-{key[:16]}"
    if target.is_dir():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".unpacking-") as folder:
        try:
            _unpack(archive, Path(folder) / "files")
        except (tarfile.TarError, zipfile.BadZipFile, EOFError, OSError) as error:
            raise DataError(f"{archive}: it can't be unpacked ({error}); fetch it again") from error
        try:
            (Path(folder) / "files").rename(target)
        except OSError:  # another process was first
            if not target.is_dir():
                raise
    return target


def _unpack(archive: Path, target: Path) -> None:
    target.mkdir()
    free = shutil.disk_usage(target).free
    files = written = 0
    for name, size, opened in _members(archive):
        parts = PurePosixPath(name.replace("\\", "/")).parts
        if not parts or name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0]:
            raise DataError(f"{archive}: {name!r} would leave the folder; refused as a whole")
        files, written = files + 1, written + size
        if files > MOST_FILES or written > min(free, MOST_BYTES):
            raise DataError(
                f"{archive}: {files} files and {written:,} bytes so far; expected at most "
                f"{MOST_FILES:,} files and {min(free, MOST_BYTES):,} bytes"
            )
        path = target.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        with opened() as packed, path.open("wb") as file:
            shutil.copyfileobj(packed, file)


def _members(archive: Path) -> Iterator[Member]:
    """Name, size and content of each file; anything else but folders is refused."""
    if archive.name.lower().endswith(".zip"):
        with zipfile.ZipFile(archive) as opened:
            for entry in opened.infolist():
                if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
                    raise DataError(f"{archive}: {entry.filename!r} is a link or a device; refused")
                if not entry.is_dir():
                    yield entry.filename, entry.file_size, lambda e=entry: opened.open(e)  # type: ignore[misc]
        return
    with tarfile.open(archive) as tar:
        for member in tar:
            if not (member.isfile() or member.isdir()):
                raise DataError(f"{archive}: {member.name!r} is a link or a device; refused")
            if member.isfile():
                yield member.name, member.size, lambda m=member: tar.extractfile(m)  # type: ignore[misc]
