"""Pictures stay below their set's folder; damaged ones are refused; archives are unpacked once."""

import base64
import io
import os
import tarfile
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from finlmm_utils.tar.data import archives
from finlmm_utils.tar.data.archives import unpacked
from finlmm_utils.tar.data.pictures import MOST_SIDE, Pictures, check_picture
from finlmm_utils.tar.data.report import DataError, Refused
from finlmm_utils.tar.data.sources import load_rows
from tests.tar.data.making import lines, packed, picture


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def noise(kind: str, size: tuple[int, int] = (120, 90)) -> bytes:
    buffer = io.BytesIO()
    Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_truncated_picture_is_refused(kind: str) -> None:
    data = noise(kind)
    assert check_picture(data) == (120, 90)
    for share in (0.3, 0.6, 0.9):
        with pytest.raises(Refused, match="image damaged"):
            check_picture(data[: int(len(data) * share)])


def test_a_flipped_bit_in_a_png_is_found() -> None:
    data = bytearray(noise("PNG"))
    data[len(data) // 2] ^= 1
    with pytest.raises(Refused, match="image damaged"):
        check_picture(bytes(data))


def test_a_jpeg_with_a_thumbnail_is_not_taken_for_whole() -> None:
    whole, thumbnail = noise("JPEG"), noise("JPEG", (16, 16))
    with_thumbnail = whole[:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2) + thumbnail
    with_thumbnail += whole[2:]
    assert check_picture(with_thumbnail) == (120, 90)
    with pytest.raises(Refused):
        check_picture(with_thumbnail[: len(with_thumbnail) // 2])


def test_a_damaged_picture_costs_its_row_alone_before_training(tmp_path: Path) -> None:
    whole = noise("JPEG")
    (tmp_path / "good.jpg").write_bytes(whole)
    (tmp_path / "bad.jpg").write_bytes(whole[: len(whole) // 2])
    records = [{"question": n, "answer": "1", "image": f"{n}.jpg"} for n in ("good", "bad")]
    lines(tmp_path / "rows.jsonl", records)
    rows, report = load_rows(tmp_path)
    assert len(rows) == 1 and rows[0]["images"][0].size == (120, 90)
    assert list(report.reasons()) == ["image damaged"]
    assert report.lines()[0].endswith("(row 2)")


def test_pictures_of_unusable_sizes_are_refused_and_large_ones_are_scaled(tmp_path: Path) -> None:
    for size in ((7, 40), (9, 2000)):
        with pytest.raises(Refused, match="unusable size"):
            check_picture(noise("PNG", size))
    wide = Image.new("L", (MOST_SIDE + 400, 84), 255)
    found = Pictures(None).picture(wide)["bytes"]
    assert Image.open(io.BytesIO(found)).size == (MOST_SIDE, 80)


def test_every_way_to_give_a_picture(tmp_path: Path) -> None:
    data = picture(3)
    (tmp_path / "in" / "images").mkdir(parents=True)
    file = tmp_path / "in" / "images" / "a.png"
    file.write_bytes(data)
    pictures = Pictures(tmp_path / "in", lambda: tmp_path / "in")
    address = "data:image/png;base64," + base64.b64encode(data).decode()
    for value in (data, {"bytes": data, "path": "x.png"}, address, {"url": address}):
        assert pictures.picture(value) == {"bytes": data, "path": None}
    there = {"bytes": None, "path": str(file)}
    for value in ("images/a.png", "a.png", "/home/other/images/a.png", "C:\\set\\images\\a.png",
                  "file:///x/images/a.png", {"bytes": None, "path": "images/a.png"}):  # fmt: skip
        assert pictures.picture(value, tmp_path / "in" / "images" / "rows.json") == there
    for value in ("data:image/png;base64,!!", "", "images", None, {"bytes": None, "path": None}):
        with pytest.raises(Refused):
            pictures.picture(value)


@pytest.mark.parametrize("path", ["../secret.png", "/{out}/secret.png", "images/../../secret.png",
                                  "file:///{out}/secret.png", "..\\secret.png"])  # fmt: skip
def test_a_path_in_a_row_never_leaves_its_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "secret.png").write_bytes(picture(1))
    (tmp_path / "set" / "images").mkdir(parents=True)
    pictures = Pictures(tmp_path / "set", lambda: tmp_path / "set")
    with pytest.raises(Refused, match="image not found"):
        pictures.picture(path.replace("{out}", str(tmp_path)[1:]))


def test_an_image_folder_may_be_named(tmp_path: Path) -> None:
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a.png").write_bytes(picture(1))
    lines(tmp_path / "set" / "rows.jsonl", [{"question": "?", "answer": "1", "image": "x/a.png"}])
    rows, _ = load_rows(f"{tmp_path / 'set'}?image_folder={tmp_path / 'pictures'}")
    assert len(rows[0]["images"]) == 1


def unsafe_tar(path: Path, entry: tarfile.TarInfo) -> None:
    with tarfile.open(path, "w:gz") as tar:
        good = tarfile.TarInfo("good.png")
        good.size = 4
        tar.addfile(good, io.BytesIO(b"good"))
        entry.size = 4 if entry.isfile() else 0
        tar.addfile(entry, io.BytesIO(b"evil"))


def entry(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("bad", [
    entry("../evil.png"), entry("/tmp/evil.png"), entry("a/../../evil.png"),
    entry("link", tarfile.SYMTYPE, "/etc"), entry("hard", tarfile.LNKTYPE, "good.png"),
    entry("pipe", tarfile.FIFOTYPE), entry("C:/evil.png"), entry("..\\evil.png"),
], ids=lambda info: info.name)  # fmt: skip
def test_an_archive_that_would_leave_its_folder_is_refused_as_a_whole(
    tmp_path: Path, bad: tarfile.TarInfo
) -> None:
    unsafe_tar(tmp_path / "x_img.tar.gz", bad)
    with pytest.raises(DataError, match=r"leave the folder|link or a device"):
        unpacked(tmp_path / "x_img.tar.gz")
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []


def test_a_zip_is_held_to_the_same(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("../evil.png", b"evil")
    link = zipfile.ZipInfo("link")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    for name in ("a.zip", "b.zip"):
        with pytest.raises(DataError, match=r"leave the folder|link or a device"):
            unpacked(tmp_path / name)


def test_damaged_and_swollen_archives_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packed(tmp_path / "x.tar.gz", {"a.bin": os.urandom(20_000)})
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes((tmp_path / "x.tar.gz").read_bytes()[:9000])
    with pytest.raises(DataError, match=r"cut.tar.gz: it can't be unpacked"):
        unpacked(cut)
    monkeypatch.setattr(archives, "MOST_BYTES", 10_000)
    with pytest.raises(DataError, match="20,000 bytes so far; expected at most"):
        unpacked(tmp_path / "x.tar.gz")


def test_an_archive_is_unpacked_once_and_again_when_it_changes(tmp_path: Path) -> None:
    archive = tmp_path / "x_img.tar.gz"
    packed(archive, {"x/1.png": b"one"})
    first = unpacked(archive)
    (first / "mark").touch()
    assert unpacked(archive) == first and (first / "mark").exists()
    time.sleep(0.01)
    packed(archive, {"x/1.png": b"two"})
    assert unpacked(archive) != first and (unpacked(archive) / "x/1.png").read_bytes() == b"two"


def test_the_archive_named_like_the_rows_file_has_the_picture(tmp_path: Path) -> None:
    """VerMulti: both archives may hold a file of one name."""
    packed(tmp_path / "a_b_img.tar.gz", {"images/1.png": picture(1)})
    packed(tmp_path / "a_img.tar.gz", {"images/1.png": picture(2)})
    record: dict[str, Any] = {"question": "?", "answer": "1", "image": "/d/images/1.png"}
    for name in ("a_b_message", "a_message"):
        lines(tmp_path / f"{name}.jsonl", [{**record, "question": name}])
    rows, _ = load_rows(tmp_path)
    seen = [row["images"][0].getpixel((50, 2))[0] for row in rows]
    assert seen == [1, 2]
    (tmp_path / "a_message.jsonl").rename(tmp_path / "other.jsonl")
    _, report = load_rows(tmp_path)
    assert list(report.reasons()) == ["image in two places"]
