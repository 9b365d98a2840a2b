"""Renders regions of a page and tells charts from photographs, icons and empty boxes by their pixels."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pymupdf
from PIL import Image
from scipy import ndimage
from scipy.fft import dct

from finlmm_utils.asp.records import Box

MAX_SIDE = 1600  # pixels of the longer side of a crop
TEST_SIDE = 420  # pixels of the longer side on which the tests run


@dataclass(frozen=True)
class PixelFacts:
    """What the pixels of a crop tell.

    Attributes:
        flat: share of neighbouring pixels that are nearly equal; low in photographs.
        background: share of the most frequent colour.
        ink: share of pixels that differ clearly from the background.
        glyphs: number of small islands of ink of the size of letters.
    """

    flat: float
    background: float
    ink: float
    glyphs: int


def render(display: pymupdf.DisplayList, box: Box, dpi: int) -> Image.Image:
    """Renders a box of a page, at most `MAX_SIDE` pixels long.

    Args:
        display: display list of the page.
        box: what to render, points.
        dpi: pixels per inch; lowered for boxes that would become too large.

    Returns:
        An RGB image.
    """
    zoom = min(dpi / 72, MAX_SIDE / max(box[2] - box[0], box[3] - box[1], 1.0))
    matrix = pymupdf.Matrix(zoom, zoom)
    pixels = display.get_pixmap(matrix=matrix, alpha=0, clip=pymupdf.Rect(box))
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def pixel_facts(image: Image.Image) -> PixelFacts:
    """Measures flatness, background, ink and letter-like islands of a crop."""
    grey = image.convert("L")
    values = np.asarray(grey, dtype=np.int16)
    flat = float(
        (np.abs(np.diff(values, axis=1)) <= 3).mean()
        + (np.abs(np.diff(values, axis=0)) <= 3).mean()
    )
    small = image.copy()
    small.thumbnail((TEST_SIDE, TEST_SIDE), Image.Resampling.NEAREST)
    colours = (np.asarray(small).reshape(-1, 3) // 16).astype(np.int32)
    counts = np.bincount(colours @ np.array([256, 16, 1]), minlength=4096)
    back = int(np.bincount(values.ravel(), minlength=256).argmax())
    ink = np.abs(values - back) > 60
    return PixelFacts(
        flat=flat / 2,
        background=float(counts.max() / counts.sum()),
        ink=float(ink.mean()),
        glyphs=_letters(ink),
    )


def _letters(ink: np.ndarray) -> int:
    """Counts islands 4 to 40 pixels high and 2 to 40 wide: letters and digits at 150 dpi."""
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if not count:
        return 0
    spans = ndimage.find_objects(labels)
    sizes = [(s[0].stop - s[0].start, s[1].stop - s[1].start) for s in spans if s]
    return sum(5 <= h <= 40 and 2 <= w <= 40 and h >= 0.6 * w for h, w in sizes)


def reject_pixels(facts: PixelFacts, kind: str) -> str:
    """Why a crop is no chart by its pixels, or "" if it may be one.

    The bounds are our choice, read off the real reports: photographs have hardly any equal
    neighbours, logos and icons have no letters beside them.
    """
    if facts.ink < 0.002:
        return "blank"
    if kind == "raster":
        if facts.flat < 0.5 or facts.background < 0.12:
            return "photograph"
        if facts.glyphs < 6:
            return "no labels"
    return ""


def png_bytes(image: Image.Image) -> bytes:
    """A crop as PNG, without metadata: the same pixels give the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", compress_level=4)
    return buffer.getvalue()


def perceptual_hash(image: Image.Image) -> str:
    """64-bit DCT hash of an image as 16 hexadecimal digits (the classic pHash)."""
    grey = np.asarray(image.convert("L").resize((32, 32), Image.Resampling.BOX), dtype=float)
    low = dct(dct(grey, axis=0), axis=1)[:8, :8].ravel()
    bits = low > np.median(low[1:])
    return f"{int(''.join('1' if b else '0' for b in bits), 2):016x}"
