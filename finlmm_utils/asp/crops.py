"""Renders regions of a page and tells charts from photographs and icons by their pixels."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace

import numpy as np
import pymupdf
from PIL import Image
from scipy import ndimage
from scipy.fft import dct

from finlmm_utils.asp.records import Box
from finlmm_utils.asp.regions import Region

MAX_SIDE = 1600  # pixels of the longer side of a crop
TEST_SIDE = 420  # pixels of the longer side on which the tests run


@dataclass(frozen=True)
class PixelFacts:
    """What the pixels of a crop tell.

    Attributes:
        colours: number of colours (16 levels a channel) that cover 80 % of the pixels.
        background: share of the most frequent colour.
        ink: share of pixels that differ clearly from the background.
        glyphs: number of small islands of ink of the size of letters.
        lettered: share of the ink that is letters and thin lines; near 1 in tables.
    """

    colours: int
    background: float
    ink: float
    glyphs: int
    lettered: float


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


def core_facts(image: Image.Image, region: Region) -> PixelFacts:
    """Measures the part of a crop that is the region's core, without the labels around it."""
    zoom = image.width / max(region.box[2] - region.box[0], 1.0)
    x0, y0 = region.box[:2]
    core = [(region.core[k] - (x0, y0)[k % 2]) * zoom for k in range(4)]
    left, top = max(int(core[0]), 0), max(int(core[1]), 0)
    right, bottom = min(int(core[2]) + 1, image.width), min(int(core[3]) + 1, image.height)
    if right - left < 8 or bottom - top < 8:
        return pixel_facts(image)
    return pixel_facts(image.crop((left, top, right, bottom)))


def pixel_facts(image: Image.Image) -> PixelFacts:
    """Measures colours, background, ink and letter-like islands of an image."""
    grey = np.asarray(image.convert("L"))
    small = image.copy()
    small.thumbnail((TEST_SIDE, TEST_SIDE), Image.Resampling.NEAREST)
    quantised = (np.asarray(small).reshape(-1, 3) // 16).astype(np.int32)
    counts = np.bincount(quantised @ np.array([256, 16, 1]), minlength=4096)
    shares = np.sort(counts)[::-1].cumsum() / counts.sum()
    back = int(np.bincount(grey.ravel(), minlength=256).argmax())
    ink = np.abs(grey.astype(np.int16) - back) > 60
    glyphs, lettered = _letters(ink)
    return PixelFacts(
        colours=int(np.searchsorted(shares, 0.8)) + 1,
        background=float(shares[0]),
        ink=float(ink.mean()),
        glyphs=glyphs,
        lettered=lettered,
    )


def _letters(ink: np.ndarray) -> tuple[int, float]:
    """Counts islands of the size of letters at 150 dpi, and the share of ink in them."""
    labels, count = ndimage.label(ink, structure=np.ones((3, 3)))
    if not count:
        return 0, 0.0
    spans = ndimage.find_objects(labels)
    high = np.array([s[0].stop - s[0].start for s in spans])
    wide = np.array([s[1].stop - s[1].start for s in spans])
    letter = (high >= 5) & (high <= 40) & (wide >= 2) & (wide <= 40) & (high >= 0.6 * wide)
    pixels = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    line = np.minimum(high, wide) <= 4
    return int(letter.sum()), float(pixels[(wide <= 40) & (high <= 40) | line].sum() / pixels.sum())


def reject_pixels(facts: PixelFacts, region: Region) -> str:
    """Why a crop is no chart by its pixels, or "" if it may be one.

    The bounds are our choice, read off many real pages: photographs spread over tens of colours,
    charts stand on one; logos and icons have no letters beside them.
    """
    if facts.ink < 0.002:
        return "blank"
    if region.kind == "raster":
        if facts.colours > 12 and region.numbers < 3:
            return "photograph"
        if facts.glyphs + 3 * region.numbers < 4:
            return "no labels"
    return ""


def kind_of(facts: PixelFacts, region: Region) -> str:
    """`table` for a picture that is nearly all letters and lines, else the region's own kind."""
    if region.kind == "raster" and facts.glyphs >= 80 and facts.lettered > 0.9:
        return "table"
    return region.kind


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
