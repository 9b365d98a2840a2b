"""Renders boxes of a page and measures pictures: ink, colours, likeness.

Thresholds are our choice where no comment says on what they were measured.
"""

from __future__ import annotations

import functools
import struct
import zlib

import numpy as np
import pymupdf
from PIL import Image
from scipy.fft import dct

from finlmm_utils.asp.page.boxes import area, union
from finlmm_utils.asp.records import Box

POINTS_PER_INCH = 72  # of PDF
MAX_SIDE = 1600  # pixels of the longer side of a crop
MAX_SHEET = 2e7  # pixels that are drawn at once, 60 MB
TEST_SIDE = 420  # pixels of the longer side on which colours are counted
INK_CONTRAST = 60  # grey levels (of 256) from the background, above which a pixel is ink
COLOUR_STEP = 16  # levels (of 256) of a channel that count as one: joins the noise of encoding
COLOUR_SHARE = 0.8  # of the pixels that the counted colours cover: blurred edges are left out
PNG_EFFORT = 2  # level of zlib, 1 (fast) to 9 (small)
HASH_SIDE, HASH_LOW = 32, 8  # fields a side of a picture, and frequencies a side: the classic pHash
THUMBNAIL = 128  # fields a side of a picture whose pixels are compared
NEAR_HASH = 6  # of 64 bits by which the hashes of one picture may differ, encoded or scaled anew
OTHER_GREY = 48  # grey levels, a fifth of all: no field differs so much by encoding anew
OTHER_FIELDS = 0.0005  # share of the fields that may; another line in a chart is 0.004 and up


def render(display: pymupdf.DisplayList, box: Box, dpi: int) -> Image.Image:
    """Renders a box of a page, at most `MAX_SIDE` pixels long.

    Args:
        display: display list of the page.
        box: what to render, points.
        dpi: pixels per inch; lowered for boxes that would become too large.

    Returns:
        An RGB image.
    """
    return _draw(display, box, min(dpi / POINTS_PER_INCH, MAX_SIDE / max(_longest(box), 1.0)))[0]


def render_all(display: pymupdf.DisplayList, boxes: list[Box], dpi: int) -> list[Image.Image]:
    """Renders boxes of a page: pixel by pixel as `render` does, but the page is drawn once.

    Args:
        display: display list of the page.
        boxes: what to render, points.
        dpi: pixels per inch.

    Returns:
        An RGB image for each box.
    """
    zoom = dpi / POINTS_PER_INCH
    alike = [box for box in boxes if _longest(box) * zoom <= MAX_SIDE]
    around = functools.reduce(union, alike) if len(alike) > 1 else (0.0, 0.0, 0.0, 0.0)
    if len(alike) <= 1 or area(around) * zoom**2 > MAX_SHEET:
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


def stacked(images: list[Image.Image]) -> Image.Image:
    """Pictures one above another on white, flush left."""
    size = (max(x.width for x in images), sum(x.height for x in images))
    sheet, top = Image.new("RGB", size, "white"), 0
    for image in images:
        sheet.paste(image, (0, top))
        top += image.height
    return sheet


def ink_of(image: Image.Image) -> np.ndarray:
    """Which pixels differ clearly from the background, the most frequent grey."""
    grey = image.convert("L")
    back = int(np.argmax(grey.histogram()))
    return np.asarray(grey.point([abs(level - back) > INK_CONTRAST for level in range(256)])) > 0


def colours_of(image: Image.Image) -> int:
    """Number of colours, 16 levels a channel, that cover 80 % of an image's pixels."""
    levels = 256 // COLOUR_STEP
    small = image.copy()
    small.thumbnail((TEST_SIDE, TEST_SIDE), Image.Resampling.NEAREST)
    quantised = (np.asarray(small).reshape(-1, 3) // COLOUR_STEP).astype(np.int32)
    counts = np.bincount(quantised @ np.array([levels**2, levels, 1]), minlength=levels**3)
    shares = np.sort(counts)[::-1].cumsum() / counts.sum()
    return int(np.searchsorted(shares, COLOUR_SHARE)) + 1


def png_bytes(image: Image.Image) -> bytes:
    """A crop as PNG, without metadata: the same pixels give the same bytes.

    Without row filters, which Pillow can't leave out: on charts they save no byte, and choosing
    them takes three times as long as all the rest.
    """
    rows = np.zeros((image.height, 1 + 3 * image.width), np.uint8)
    rows[:, 1:] = np.asarray(image).reshape(image.height, -1)
    head = struct.pack(">IIBBBBB", image.width, image.height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows.tobytes(), PNG_EFFORT)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )


def perceptual_hash(image: Image.Image) -> str:
    """64-bit DCT hash of an image as 16 hexadecimal digits (the classic pHash)."""
    grey = np.asarray(_greys(image, HASH_SIDE), dtype=float)
    low = dct(dct(grey, axis=0), axis=1)[:HASH_LOW, :HASH_LOW].ravel()
    bits = low > np.median(low[1:])
    return f"{int(''.join('1' if b else '0' for b in bits), 2):016x}"


def thumbnail(image: Image.Image) -> np.ndarray:
    """A crop as 128 x 128 grey values, for `near_identical`."""
    return np.asarray(_greys(image, THUMBNAIL), dtype=np.int16)


def _greys(image: Image.Image, side: int) -> Image.Image:
    return image.convert("L").resize((side, side), Image.Resampling.BOX)


def near_identical(hash_a: str, thumb_a: np.ndarray, hash_b: str, thumb_b: np.ndarray) -> bool:
    """Whether two crops show the same picture, encoded or scaled anew.

    Charts of one style have near hashes too; so the pixels must agree all over. Encoding anew
    changes none of 128 x 128 fields by a fifth of the levels, another line in a chart by far more
    (measured on charts of one report that share an index line: 0.4 % of the fields and up).

    Args:
        hash_a: `perceptual_hash` of the one.
        thumb_a: its `thumbnail`.
        hash_b: `perceptual_hash` of the other.
        thumb_b: its `thumbnail`.
    """
    if (int(hash_a, 16) ^ int(hash_b, 16)).bit_count() > NEAR_HASH:
        return False
    return float((np.abs(thumb_a - thumb_b) > OTHER_GREY).mean()) <= OTHER_FIELDS
