"""The raw rows of a data set: its files read one after the other, images left undecoded."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finlmm_utils.tar.data.files import TABLES, choose_files, missing_shards, unpacked
from finlmm_utils.tar.data.names import Source
from finlmm_utils.tar.data.report import DataError

BATCH = 64
"""Rows of a parquet file read at a time: a few megabytes where each holds its images."""
ROW_PATTERNS = ["*.json", "*.jsonl", "*.csv", "*.tsv", "*.jsonl.gz", "*.csv.gz", "README.md"]
IMAGE_PATTERNS = ["*.tar", "*.tar.gz", "*.tgz", "*.zip", "*.png", "*.jpg", "*.jpeg", "*.webp"]


_POINTER = b"version https://git-lfs"


@dataclass
class Part:
    """One file with rows.

    Attributes:
        file: where its rows' image paths start.
        size: number of rows.
        read: its rows in order, as dicts; of the columns named, or of all.
    """

    file: Path
    size: int
    read: Callable[[list[str] | None], Iterator[dict[str, Any]]]


@dataclass
class Records:
    """All raw rows of one split.

    Attributes:
        folder: of the set.
        split: its name, "" where nothing names it.
        parts: its files.
        fetch: gets the set's images and archives where the rows name paths (a hub set's are not
            loaded before), and returns the folder.
        missing: names of the split's shards that are not there, where the source allows it.
    """

    folder: Path
    split: str
    parts: list[Part]
    fetch: Callable[[], Path]
    missing: list[str] = field(default_factory=list)

    def __len__(self) -> int:
        return sum(part.size for part in self.parts)

    def rows(
        self, chosen: set[int] | None = None, columns: list[str] | None = None
    ) -> Iterator[tuple[int, dict[str, Any], Path]]:
        """Number (from 1), raw row and file of each row, or of the chosen numbers."""
        number = 0
        for part in self.parts:
            for record in part.read(columns):
                number += 1
                if chosen is None or number in chosen:
                    yield number, record, part.file


def open_records(source: Source, split: str | None, for_training: bool = True) -> Records:
    """Opens a data set: a folder, a file, a data set saved to disk, or a hub id.

    A hub set is a snapshot of its repository in the hub's own cache, so that one that was fetched
    before is read without a network; archives and loose images are fetched only where rows name
    their paths.

    Args:
        source: which.
        split: see :func:`finlmm_utils.tar.data.files.choose_files`.
        for_training: decides the usual split where none is asked for.

    Raises:
        DataError: nothing there, no such split, or a file that can't be read; it is named.
    """
    path = Path(source.path)
    if not path.exists():
        if not source.is_hub:
            raise DataError(
                f"{source.path}: no such file or folder; expected 'made', a path or a hub id"
            )
        path = _snapshot(source, split or ("train" if for_training else None))
    if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
        return _saved(path, source, split, for_training)
    if path.is_file():
        return Records(path.parent, "", [_part(path)], lambda: path.parent)
    files, found = choose_files(path, source, split, for_training)
    fetch = (lambda: _fetch(source.path, IMAGE_PATTERNS)) if source.is_hub else (lambda: path)
    return Records(path, found, [_part(file) for file in files], fetch, missing_shards(files))


def _snapshot(source: Source, split: str | None) -> Path:
    """A hub set's files with rows, of one split where their names tell it."""
    if split:
        folder = _fetch(source.path, [*ROW_PATTERNS, f"*{split}*.parquet"])
        if any(folder.rglob(f"*{split}*.parquet")):
            return folder
    return _fetch(source.path, [*ROW_PATTERNS, "*.parquet"])


def _fetch(name: str, patterns: list[str]) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    options: dict[str, Any] = {"repo_type": "dataset", "allow_patterns": patterns}
    try:
        return Path(snapshot_download(name, **options))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(
            f"{name}: not on this machine, and it can't be fetched ({type(error).__name__}: "
            f"{reason}); fetch it once where there is a network: hf download --repo-type dataset "
            f"{name}, or give a folder"
        ) from error


def _saved(path: Path, source: Source, split: str | None, for_training: bool) -> Records:
    """What ``save_to_disk`` wrote."""
    from datasets import DatasetDict, load_from_disk

    with _reading(path, "no data set that save_to_disk wrote"):
        saved = load_from_disk(str(path))
    name = ""
    if isinstance(saved, DatasetDict):
        usual = ("train",) if for_training else ("test", "validation", "train")
        name = next((s for s in ([split] if split else usual) if s in saved), "")
        if not name:
            raise DataError(
                f"{source.path}: no split {split or usual[0]!r}; its splits: "
                f"{', '.join(sorted(saved))}"
            )
        saved = saved[name]

    def read(columns: list[str] | None) -> Iterator[dict[str, Any]]:
        rows = saved.with_format("arrow")
        if columns is not None:
            rows = rows.select_columns([c for c in columns if c in saved.column_names])
        with _reading(path, "its rows can't be read to their end"):
            for batch in rows.iter(BATCH):
                yield from _by_name(batch)

    return Records(path, name, [Part(path / "rows", len(saved), read)], lambda: path)


def _part(file: Path) -> Part:
    with _reading(file, "it can't be read"), file.open("rb") as opened:
        if opened.read(len(_POINTER)) == _POINTER:
            raise DataError(f"{file}: a pointer of Git LFS in place of the file; fetch the file")
    ending = unpacked(file).suffix.lower()
    if ending == ".parquet":
        return _parquet(file)
    text = _text(file)
    rows = _table_rows(text, ending, file) if ending in TABLES else _json_rows(text, ending, file)
    return Part(file, len(rows), lambda columns: iter(rows))


def _parquet(file: Path) -> Part:
    import pyarrow.parquet as pq

    with _reading(file, "no parquet file that can be read"):
        size = pq.ParquetFile(file).metadata.num_rows

    def read(columns: list[str] | None) -> Iterator[dict[str, Any]]:
        with (
            _reading(file, "its rows can't be read to their end"),
            pq.ParquetFile(file) as opened,
        ):
            names = [n for n in columns if n in opened.schema_arrow.names] if columns else None
            for batch in opened.iter_batches(BATCH, columns=names):
                yield from _by_name(batch)

    return Part(file, size, read)


def _by_name(batch: Any) -> list[dict[str, Any]]:
    """The rows of an arrow table; of a class, the files hold its number and the schema its name."""
    rows: list[dict[str, Any]] = batch.to_pylist()
    told = json.loads((batch.schema.metadata or {}).get(b"huggingface", b"{}")).get("info", {})
    for column, kind in (told.get("features") or {}).items():
        if not isinstance(kind, dict) or kind.get("_type") != "ClassLabel":
            continue
        names = kind.get("names") or []
        for row in rows:
            number = row.get(column)
            if isinstance(number, int):
                row[column] = names[number] if 0 <= number < len(names) else None
    return rows


@contextmanager
def _reading(path: Path, words: str) -> Iterator[None]:
    """What a damaged file makes the libraries raise, in one line."""
    import pyarrow as pa

    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: {words} ({reason}); fetch it or write it again") from error


def _text(file: Path) -> str:
    """A file's text, unpacked where it is a .gz; a byte-order mark is read."""
    try:
        content = file.read_bytes()
        if file.suffix.lower() == ".gz":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{file}: it can't be read ({error}); fetch it again") from error
    except UnicodeDecodeError as error:
        raise DataError(
            f"{file}: no text in UTF-8 ({error}); write it again in UTF-8, as in "
            f"iconv -f GB18030 -t UTF-8 (or -f UTF-16)"
        ) from error


def _table_rows(text: str, ending: str, file: Path) -> list[dict[str, Any]]:
    """Rows of a table whose first line names its columns; every cell is kept as it is written."""
    csv.field_size_limit(sys.maxsize)  # a cell may hold a page
    reader = csv.DictReader(
        io.StringIO(text, newline=""), delimiter="\t" if ending == ".tsv" else ",", strict=True
    )
    try:
        rows = list(reader)
    except csv.Error as error:
        raise DataError(f"{file}, line {reader.line_num}: no table ({error})") from error
    for number, row in enumerate(rows, 1):
        if None in row or None in row.values():
            raise DataError(
                f"{file}: row {number} has not the {len(reader.fieldnames or ())} cells of the "
                "first line; put texts with commas in quotes"
            )
    return rows


def _json_rows(text: str, ending: str, file: Path) -> list[dict[str, Any]]:
    """Rows of a JSON file (a list, or rows by id) or of JSON lines, whatever it is called."""
    rows: list[Any] = []
    if ending == ".jsonl" or _in_lines(text):
        # Not splitlines: U+2028, U+2029 and U+0085 may stand in a JSON string as they are.
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                rows.append(_loads(line, f"{file}, line {number}"))
    else:
        found = _loads(text, str(file)) if text.strip() else []
        if isinstance(found, dict):
            found = found.get("data", found)
        if isinstance(found, dict) and all(isinstance(row, dict) for row in found.values()):
            found = [{"id": name, **row} for name, row in found.items()]
        if isinstance(found, dict) and len(found) == 1:
            found = next(iter(found.values()))  # {"train": [..]}
        rows = found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise DataError(f"{file}: expected a list of rows, each an object with its columns")
    return rows


def _in_lines(text: str) -> bool:
    """Whether a text is one object a line, as many sets on the hub write their .json."""
    first, _, rest = text.strip().partition("\n")
    try:
        return bool(rest.strip()) and isinstance(json.loads(first), dict)
    except (ValueError, RecursionError):
        return False


def _loads(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: no JSON ({error})") from error
