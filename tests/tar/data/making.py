"""What small copies of public data sets are made with."""

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image


class Expected(NamedTuple):
    """What a loader must make of a copy.

    Attributes:
        hub: the set's id.
        split: to ask for; None for the usual one.
        answers: of the kept rows, in order.
        kinds: of these answers.
        images: how many each row has.
        targets: of each row.
        said: words that must stand in the questions, one a row.
    """

    hub: str
    split: str | None
    answers: list[str]
    kinds: list[str]
    images: list[int]
    targets: list[int | None]
    said: list[str]


def picture(shade: int, size: tuple[int, int] = (56, 28), kind: str = "PNG") -> bytes:
    """A picture of one shade with a mark at its own place, as a file."""
    image = Image.new("RGB", size, (shade % 256, 90, 160))
    image.paste((255, 255, 255), (shade % 40, 4, shade % 40 + 9, 20))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def struct(shade: int) -> dict[str, Any]:
    """A picture as a parquet file of the hub holds it."""
    return {"bytes": picture(shade), "path": f"{shade}.png"}


def parquet(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows), path)


def lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")


def listed(path: Path, rows: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rows, ensure_ascii=False, indent=1), "utf-8")


def packed(path: Path, files: dict[str, bytes]) -> None:
    """A ``.tar.gz`` of files by name."""
    with tarfile.open(path, "w:gz") as tar:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def into_hub_cache(cache: Path, build: Callable[[Path], Expected]) -> Expected:
    """A set in the hub's own cache layout: blobs, a snapshot of links to them, and refs/main."""
    built = cache / "built"
    built.mkdir(parents=True)
    expected = build(built)
    folder = cache / f"datasets--{expected.hub.partition(':')[0].replace('/', '--')}"
    snapshot = folder / "snapshots" / ("0" * 39 + "1")
    for place in (folder / "refs", folder / "blobs", snapshot.parent):
        place.mkdir(parents=True)
    (folder / "refs" / "main").write_text(snapshot.name)
    built.rename(snapshot)
    for number, file in enumerate(sorted(p for p in snapshot.rglob("*") if p.is_file())):
        blob = folder / "blobs" / f"{number:040x}"
        file.rename(blob)
        file.symlink_to(blob)
    return expected
