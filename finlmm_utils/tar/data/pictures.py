"""Images of a data set's rows: found below its own folder, and checked without decoding them."""

from __future__ import annotations

import base64
import binascii
import io
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

from finlmm_utils.tar.data.archives import archives_in, unpacked
from finlmm_utils.tar.data.report import Refused

LEAST_SIDE = 8
"""Pixels: less than one patch of a vision tower is no picture (the processor's own limit)."""
MOST_SIDE = 8_000
"""Pixels a side: a larger one is scaled down to it, since processors refuse it."""
MOST_PIXELS = 400_000_000
"""Pixels of an image that is scaled; more are refused: decoding takes three bytes a pixel, and
1.2 GB is what a machine of 16 GB can spare. A sheet of A0 scanned at 400 dpi has 250 million (our
choice; Pillow alone takes more than 179 million for an attack)."""
MOST_RATIO = 200
"""Times that one side may be the other (Qwen's processors refuse more)."""
_TAIL = 1_024  # bytes at the end of a JPEG in which its end marker has to stand

Picture = dict[str, Any]


class Pictures:
    """Finds the pictures that rows name, and refuses what is damaged or lies elsewhere.

    A path in a row is text from outside: it is looked for below the set's folder, whole and then
    without its first parts (``/data/someone/images/1.png`` as ``images/1.png``), then in the set's
    archives; never anywhere else.

    Args:
        folder: of the set; None where rows hold their pictures.
        fetch: gets the folder's images and archives, see
            :class:`finlmm_utils.tar.data.records.Records`.
        image_folder: another folder to look in first.
    """

    def __init__(
        self, folder: Path | None, fetch: Callable[[], Path] | None = None, image_folder: str = ""
    ) -> None:
        self.folder, self._fetch = folder, fetch
        self._first = [Path(image_folder)] if image_folder else []
        self._known: dict[Path, dict[str, list[PurePosixPath]]] = {}

    def picture(self, value: Any, file: Path | None = None) -> Picture:
        """One picture in the hub's form.

        Args:
            value: bytes, a path, a ``data:`` address, a hub's ``{"bytes": .., "path": ..}``, an
                OpenAI ``{"url": ..}``, or a PIL image.
            file: of the row, for paths.

        Returns:
            ``{"bytes": .., "path": None}``, or ``{"bytes": None, "path": ..}`` for a file.

        Raises:
            Refused: no such picture, a web address, or a damaged one.
        """
        from PIL import Image

        if isinstance(value, Mapping):
            value = value.get("bytes") or value.get("path") or value.get("url")
        if isinstance(value, str):
            value = self._from_text(value, file)
        elif value is None:
            raise Refused("no image", "an empty place in the list of images")
        elif not isinstance(value, bytes | Image.Image):
            raise Refused("image is no picture", f"a {type(value).__name__} in its place")
        if isinstance(value, Image.Image):
            buffer = io.BytesIO()
            value.save(buffer, format="PNG")
            value = buffer.getvalue()
        if max(check_picture(value)) > MOST_SIDE:
            value = _smaller(value)
        if isinstance(value, Path):
            return {"bytes": None, "path": str(value)}
        return {"bytes": value, "path": None}

    def _from_text(self, text: str, file: Path | None) -> bytes | Path:
        if text.startswith("data:"):
            try:
                return base64.b64decode(text.partition(",")[2], validate=True)
            except (binascii.Error, ValueError) as error:
                raise Refused("image damaged", f"a data: address ({error})") from error
        if text.startswith(("http://", "https://")):
            raise Refused("image is a web address", f"{text[:80]}; fetch it into the folder")
        parts = _parts(text)
        found = self._in_folders(parts, file) or self._in_archives(parts, file)
        if found is None:
            where = self.folder.name if self.folder else "the set"
            raise Refused("image not found", f"{text[:120]} is not below {where}")
        return found

    def _in_folders(self, parts: Sequence[str], file: Path | None) -> Path | None:
        roots = list(self._first)
        if self.folder is not None:
            above = [file.parent, *file.parents[1:]] if file is not None else []
            roots += [f for f in above if f.is_relative_to(self.folder)]
            roots += [self.folder] if self.folder not in roots else []
        for k in range(len(parts)):
            for root in roots:
                path = root.joinpath(*parts[k:])
                if _is_file(path):
                    return path.absolute()
        return None

    @cached_property
    def _archives(self) -> list[Path]:
        if self.folder is None or self._fetch is None:
            return []
        return archives_in(self._fetch())

    def _in_archives(self, parts: Sequence[str], file: Path | None) -> Path | None:
        """In the set's archives: in the one named like the row's file first, then in all."""
        archives = self._archives  # gets a hub set's images first: they may lie there loose
        found = self._in_folders(parts, file)
        if found is not None or not archives:
            return found
        mine = [a for a in archives if file is not None and _named_alike(a, file)]
        for some in ([mine] if mine else []) + [archives]:
            hits = [hit for archive in some for hit in self._look_up(unpacked(archive), parts)]
            best = max((length for length, _ in hits), default=0)
            paths = [path for length, path in hits if length == best]
            if len(paths) > 1:
                names = " and ".join(p.parent.name for p in paths[:2])
                raise Refused("image in two places", f"{'/'.join(parts)} in {names}")
            if paths:
                return paths[0]
        return None

    def _look_up(self, root: Path, parts: Sequence[str]) -> list[tuple[int, Path]]:
        """Files of that name, with how many last parts of their paths are the same."""
        if root not in self._known:
            known: dict[str, list[PurePosixPath]] = {}
            for path in root.rglob("*"):
                relative = PurePosixPath(path.relative_to(root).as_posix())
                known.setdefault(path.name, []).append(relative)
            self._known[root] = known
        hits = []
        for inner in self._known[root].get(parts[-1], []) if parts else []:
            pairs = zip(reversed(inner.parts), reversed(parts), strict=False)
            same = next((k for k, (a, b) in enumerate(pairs) if a != b), None)
            length = min(len(inner.parts), len(parts)) if same is None else same
            hits.append((length, root / inner))
        return [hit for hit in hits if _is_file(hit[1])]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that is too long, or of letters that no disk takes
        return False


def _parts(text: str) -> list[str]:
    """A path's parts without what would leave a folder: roots, drives, ``.`` and ``..``."""
    path = PurePosixPath(text.removeprefix("file://").replace("\\", "/").replace("\0", ""))
    return [p for p in path.parts if p not in ("/", "//", ".", "..") and not p.endswith(":")]


def _named_alike(archive: Path, file: Path) -> bool:
    """Whether names begin alike: ``mathv_geo_img.tar.gz`` and ``mathv_geo_message.jsonl``."""
    return archive.name.partition(".")[0].rpartition("_")[0] == file.stem.rpartition("_")[0] != ""


def check_picture(data: bytes | Path) -> tuple[int, int]:
    """Width and height of a picture that can be read to its end.

    PNG's checksums are tested and JPEG's end marker is looked for; decoding is left to whoever
    needs the pixels. Other formats are decoded.

    Args:
        data: the file's bytes, or its path.

    Raises:
        Refused: it is damaged, has more than ``MOST_PIXELS``, or a size that no processor takes.

    Examples:
        >>> check_picture(b"GIF89a")  # doctest: +IGNORE_EXCEPTION_DETAIL
        Traceback (most recent call last):
        finlmm_utils.tar.data.report.Refused: image damaged: cannot identify image file
    """
    from PIL import Image

    try:
        with _large_ones(), _opened(data) as file:
            image = Image.open(file)
            width, height = image.size
            if image.format == "PNG":
                image.verify()
            elif image.format not in ("JPEG", "MPO") or not _ends(file):
                image.load()
    except Image.DecompressionBombError as error:
        raise Refused("image too large", f"expected at most {MOST_PIXELS:,} pixels") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        name = f"{data.name}: " if isinstance(data, Path) else ""
        words = "no image file" if "cannot identify" in str(error) else str(error)
        raise Refused("image damaged", f"{name}{words}") from error
    short, long = sorted((width, height))
    if short < LEAST_SIDE or long > MOST_RATIO * short:
        raise Refused(
            "image of an unusable size",
            f"{width} x {height} pixels; expected {LEAST_SIDE} a side and more, and no side more "
            f"than {MOST_RATIO} times the other",
        )
    return width, height


@contextmanager
def _large_ones() -> Iterator[None]:
    """Pillow's own limit on pixels gives way to ours, and comes back."""
    from PIL import Image

    before = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # it refuses from twice this
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        Image.MAX_IMAGE_PIXELS = before


def _opened(data: bytes | Path) -> Any:
    return io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")


def _ends(file: Any) -> bool:
    """Whether a JPEG's end marker stands in its last bytes."""
    file.seek(0, io.SEEK_END)
    file.seek(max(0, file.tell() - _TAIL))
    ends = b"\xff\xd9" in file.read()
    file.seek(0)
    return ends


def _smaller(data: bytes | Path) -> bytes:
    from PIL import Image

    with _large_ones(), _opened(data) as file:
        image: Image.Image = Image.open(file)
        if image.mode in ("1", "P"):  # of shades that scaling would not mix
            image = image.convert("RGBA" if "transparency" in image.info else "RGB")
        image.thumbnail((MOST_SIDE, MOST_SIDE))
        if image.mode not in ("L", "LA", "RGB", "RGBA"):  # as CMYK, which PNG does not hold
            image = image.convert("RGB")
        buffer = io.BytesIO()
        image.save(buffer, format="PNG")
    return buffer.getvalue()
