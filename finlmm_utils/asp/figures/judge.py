"""Renders regions of a page and tells charts from photographs and icons by their pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.sparse.csgraph import connected_components

from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page.pixels import colours_of, ink_of, render

FEW_LETTERS = 40  # of which the words are looked at; icons and objects have spots like letters


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
