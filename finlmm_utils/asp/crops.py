"""Renders regions of a page and tells charts from photographs and icons by their pixels."""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import replace

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.fft import dct
from scipy.sparse.csgraph import connected_components

from finlmm_utils.asp.boxes import area, union
from finlmm_utils.asp.records import Box
from finlmm_utils.asp.regions import Region

MAX_SIDE = 1600  # pixels of the longer side of a crop
MAX_SHEET = 2e7  # pixels that are drawn at once
FEW_LETTERS = 40  # of which the words are looked at; icons and objects have spots like letters
TEST_SIDE = 420  # pixels of the longer side on which the tests run


def render(display: pymupdf.DisplayList, box: Box, dpi: int) -> Image.Image:
    """Renders a box of a page, at most `MAX_SIDE` pixels long.

    Args:
        display: display list of the page.
        box: what to render, points.
        dpi: pixels per inch; lowered for boxes that would become too large.

    Returns:
        An RGB image.
    """
    return _draw(display, box, min(dpi / 72, MAX_SIDE / max(_longest(box), 1.0)))[0]


def render_all(display: pymupdf.DisplayList, boxes: list[Box], dpi: int) -> list[Image.Image]:
    """Renders boxes of a page: pixel by pixel as `render` does, but the page is drawn once.

    Args:
        display: display list of the page.
        boxes: what to render, points.
        dpi: pixels per inch.

    Returns:
        An RGB image for each box.
    """
    zoom = dpi / 72
    alike = [box for box in boxes if _longest(box) * zoom <= MAX_SIDE]
    around = functools.reduce(union, alike) if len(alike) > 1 else (0.0, 0.0, 0.0, 0.0)
    if len(alike) < 2 or area(around) * zoom**2 > MAX_SHEET:
        return [render(display, box, dpi) for box in boxes]
    sheet, corner = _draw(display, around, zoom)
    images = []
    for box in boxes:
        if box in alike:
            place = (pymupdf.Rect(box) * pymupdf.Matrix(zoom, zoom)).round()
            images.append(sheet.crop(tuple(v - corner[k % 2] for k, v in enumerate(place))))
        else:
            images.append(render(display, box, dpi))
    return images


def _longest(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])


def _draw(
    display: pymupdf.DisplayList, box: Box, zoom: float
) -> tuple[Image.Image, tuple[int, int]]:
    """The pixels of a box, and the place of the first of them on the whole page's grid."""
    matrix = pymupdf.Matrix(zoom, zoom)
    pixels = display.get_pixmap(matrix=matrix, alpha=0, clip=pymupdf.Rect(box))
    size = (pixels.width, pixels.height)
    return Image.frombytes("RGB", size, pixels.samples_mv), (pixels.x, pixels.y)


def judge(image: Image.Image, region: Region) -> str:
    """What a crop is by its pixels: sets the region's kind, or says why it is no chart.

    The bounds are our choice, read off many real pages: photographs spread over tens of colours,
    charts stand on one; logos, icons and signatures have no letters beside them, and a signature is
    thin strokes of one colour; a picture that is letters and lines all over is a table.

    Args:
        image: the region's crop.
        region: its `kind` becomes `table` where the picture shows one.

    Returns:
        The reason to drop it, or "".
    """
    core = _core(image, region)
    ink = ink_of(core)
    if ink.mean() < 0.002:
        return "blank"
    if region.kind != "raster":
        return ""
    if region.numbers < 3 and colours_of(core) > 12:
        return "photograph"
    letters, lettered, spread = _letters(ink)
    glyphs = len(letters)
    few = glyphs < FEW_LETTERS and region.numbers < 3
    if few and not (_has_words(letters, region) or _has_words(_letters(~ink)[0], region)):
        stroke = glyphs < 4 and ink.mean() < 0.15 and colours_of(core) <= 2
        return "signature" if stroke else "no labels"
    if glyphs < 80 and lettered > 0.95 and not region.caption:  # names of companies, quotations
        return "text"
    if spread > 0.4 and glyphs >= 80 and lettered > (0.9 if glyphs < 300 else 0.8):
        region.kind = "table"
    return ""


def _core(image: Image.Image, region: Region) -> Image.Image:
    """The part of a crop that is the region's core, without the labels around it."""
    zoom = image.width / max(region.box[2] - region.box[0], 1.0)
    x0, y0 = region.box[:2]
    core = [(region.core[k] - (x0, y0)[k % 2]) * zoom for k in range(4)]
    left, top = max(int(core[0]), 0), max(int(core[1]), 0)
    right, bottom = min(int(core[2]) + 1, image.width), min(int(core[3]) + 1, image.height)
    if right - left < 8 or bottom - top < 8:
        return image
    return image.crop((left, top, right, bottom))


def ink_of(image: Image.Image) -> np.ndarray:
    """Which pixels differ clearly from the background, the most frequent grey."""
    grey = image.convert("L")
    back = int(np.argmax(grey.histogram()))
    return np.asarray(grey.point([abs(level - back) > 60 for level in range(256)])) > 0


def colours_of(image: Image.Image) -> int:
    """Number of colours (16 levels a channel) that cover 80 % of an image's pixels."""
    small = image.copy()
    small.thumbnail((TEST_SIDE, TEST_SIDE), Image.Resampling.NEAREST)
    quantised = (np.asarray(small).reshape(-1, 3) // 16).astype(np.int32)
    counts = np.bincount(quantised @ np.array([256, 16, 1]), minlength=4096)
    shares = np.sort(counts)[::-1].cumsum() / counts.sum()
    return int(np.searchsorted(shares, 0.8)) + 1


def _letters(ink: np.ndarray) -> tuple[NDArray[np.float64], float, float]:
    """Islands of the size of letters at 150 dpi: (n, 4) boxes, share of ink, and spread.

    The spread is the share of 8 x 8 fields of the picture in which a letter stands.
    """
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if not count:
        return np.zeros((0, 4)), 0.0, 0.0
    places = np.nonzero(labels)
    islands = labels[places] - 1
    (top, bottom), (left, right) = (_extents(islands, at, count) for at in places)
    high, wide = bottom - top, right - left
    letter = (high >= 5) & (high <= 40) & (wide >= 2) & (wide <= 40) & (high >= 0.6 * wide)
    pixels = np.bincount(islands, minlength=count)
    line = np.minimum(high, wide) <= 4
    share = pixels[(wide <= 40) & (high <= 40) | line].sum() / pixels.sum()
    fields = np.zeros((8, 8), bool)
    of_letters = letter[islands]
    rows, columns = (at[of_letters] * 8 // side for at, side in zip(places, ink.shape, strict=True))
    fields[rows, columns] = True
    boxes = np.column_stack([left, top, right, bottom])[letter].astype(float)
    return boxes, float(share), float(fields.mean())


def _extents(islands: np.ndarray, at: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of each island along one axis, pixels."""
    low, high = np.full(count, at.max()), np.zeros(count, at.dtype)
    np.minimum.at(low, islands, at)
    np.maximum.at(high, islands, at)
    return low, high + 1


def _has_words(letters: NDArray[np.float64], region: Region) -> bool:
    """Whether letters, dark or white, are writing and not spots.

    Most of them stand in words: beside another of like height, on one line; two words are enough
    in a captioned picture. Or 4 of one height stand on one line, as digits under an axis do.
    """
    if len(letters) < 2:
        return False
    x0, y0, x1, y1 = letters.T
    higher = np.maximum.outer(y1 - y0, y1 - y0)
    lower = np.minimum.outer(y1 - y0, y1 - y0)
    below = np.abs(np.subtract.outer(y1, y1))
    if ((below <= 1) & (lower >= 0.85 * higher)).sum(axis=0).max() >= 4:
        return True
    gap = x0[None] - x1[:, None]
    beside = (gap >= -1) & (gap <= 0.7 * higher) & (lower >= 0.6 * higher)
    words = connected_components(beside & (below <= 0.25 * higher), directed=False)[1]
    sizes = np.bincount(words)
    sizes = sizes[sizes >= 2]
    if region.caption:
        return len(sizes) >= 2
    return bool(sizes.sum() >= max(3, 0.6 * len(letters)))


def split_images(display: pymupdf.DisplayList, region: Region, dpi: int) -> list[Region]:
    """Splits a region of touching images where the seams are blank: charts side by side.

    Tiles of one picture have content across their seam; images of charts of their own have a white
    border there.

    Args:
        display: display list of the page.
        region: a region; only `raster` ones with several parts are split.
        dpi: resolution at which the seams are looked at.

    Returns:
        The region itself, or one region for each part.
    """
    sides = [(p[2] - p[0]) * (p[3] - p[1]) for p in region.parts]
    if region.kind != "raster" or len(sides) < 2 or min(sides) < 2000:
        return [region]
    for part in region.parts:
        pixels = np.asarray(render(display, part, min(dpi, 72)).convert("L"), dtype=np.int16)
        for edge in (pixels[:, :2], pixels[:, -2:], pixels[:2], pixels[-2:]):
            if edge.size and np.abs(edge - np.median(edge)).mean() > 6:
                return [region]
    return [replace(region, box=p, core=p, parts=[p]) for p in region.parts] + (
        [region] if sum(region.forms.values()) else []
    )


def png_bytes(image: Image.Image) -> bytes:
    """A crop as PNG, without metadata: the same pixels give the same bytes.

    Without row filters, which Pillow can't leave out: on charts they save no byte, and choosing
    them takes three times as long as all the rest.
    """
    rows = np.zeros((image.height, 1 + 3 * image.width), np.uint8)
    rows[:, 1:] = np.asarray(image).reshape(image.height, -1)
    head = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), 2)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def perceptual_hash(image: Image.Image) -> str:
    """64-bit DCT hash of an image as 16 hexadecimal digits (the classic pHash)."""
    grey = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), dtype=float)
    low = dct(dct(grey, axis=0), axis=1)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return f"{int(''.join('1' if b else '0' for b in bits), 2):016x}"


def thumbnail(image: Image.Image) -> np.ndarray:
    """A crop as 128 x 128 grey values, for `near_identical`."""
    return np.asarray(image.convert("L").resize((128, 128), Image.Resampling.BOX), dtype=np.int16)


def near_identical(hash_a: str, thumb_a: np.ndarray, hash_b: str, thumb_b: np.ndarray) -> bool:
    """Whether two crops show the same picture, encoded or scaled anew.

    Charts of one style have near hashes too; so the pixels must agree all over. Encoding anew
    changes none of 128 x 128 fields by a fifth of the levels, another line in a chart by far more
    (measured on charts of one report that share an index line: 0.4 % of the fields and up).
    """
    if (int(hash_a, 16) ^ int(hash_b, 16)).bit_count() > 6:
        return False
    return float((np.abs(thumb_a - thumb_b) > 48).mean()) <= 0.0005
