"""Tells charts from photographs and icons by their pixels.

Thresholds are our choice, read off many real pages; pixels are those of 150 dpi.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pymupdf
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from scipy.sparse.csgraph import connected_components

from finlmm_utils.asp.figures.regions import Region
from finlmm_utils.asp.page.boxes import area, inside
from finlmm_utils.asp.page.panels import is_framed, panels_of
from finlmm_utils.asp.page.pixels import colours_of, ink_of, render
from finlmm_utils.asp.records import Box

BLANK = 0.002  # share of ink below which a crop is empty: one thin line is more
NUMBERS = 3  # numbers of the page's text in a crop, which make it no photograph and no icon
PHOTO_COLOURS = 12  # colours of most pixels: charts stand on one, photographs have tens
# Letters.
FEW_LETTERS = 40  # of which the words are looked at; icons and objects have spots like letters
SOME_LETTERS = 80  # letters that a table has, and a name or a quotation has not
MANY_LETTERS = 300  # letters from which a table may have lines too
NO_LETTERS = 4  # fewer are flourishes
LETTER_LOW, LETTER_HIGH = 5, 40  # pixels: height of a letter, 2 to 19 points
LETTER_NARROW, LETTER_WIDE = 2, 40  # pixels: width of a letter
FLAT = 0.6  # of its width: a letter is at least so high, dashes are lower
LINE_WIDTH = 4  # pixels: rules of a table are as thin
FIELDS = 8  # fields a side of a crop, in which letters are looked for
# Verdicts.
STROKE_INK, STROKE_COLOURS = 0.15, 2  # most ink, and colours, of a signature
ALL_TEXT = 0.95  # share of the ink that is letters and lines, of text set as a picture
GRID_WIDTH, GRID_LINES = 0.6, 4  # share of a picture's width, and count, of the lines of a grid
ROW_LETTERS, IN_ROWS = 4, 0.8  # further letters of a row; share of a table's that are in rows
BESIDE_LETTERS, BOX_LETTERS = 20, 30  # of a scheme: fewer beside its boxes, as many in them
TABLE_SPREAD = 0.4  # share of the fields that hold letters, in a table
TABLE_TEXT, LONG_TABLE_TEXT = 0.9, 0.8  # share of the ink that is letters and lines, in a table
# Words, in shares of the letters' height where no unit is named.
ALIKE, DIGITS = 0.85, 4  # least height beside the highest, and count, of digits under an axis
SAME_FEET = 1  # pixels between the feet of these
WORD_GAP, OVERLAP = 0.7, -1  # between the letters of a word; pixels by which they may overlap
WORD_ALIKE = 0.6  # least height beside the highest, of letters of one word: "a" beside "b"
WORD_FEET = 0.25  # between the feet of letters of one word: "g" beside "a"
WORD_LETTERS = 2  # letters of a word
CAPTIONED_WORDS = 2  # words that are enough in a captioned picture
IN_WORDS, LEAST_IN_WORDS = 0.6, 3  # share, and count, of the letters that stand in words
# Titles in pixels.
TITLE_LETTERS = 8  # letters of a title; of the labels of two axes, fewer stand in one row
TITLE_GAP = 2.0  # times a letter's height, from which a gap parts two labels and no words
TITLE_LOW = 8  # pixels: height of a letter whose stroke can be measured
BOLD = 0.17  # of a letter's height: stroke of a bold one; of a regular one 0.08 to 0.2 (blurred)
BOLDER, THIN = 1.05, 0.1  # times the stroke of the thin tenth of the other letters
# Parts of a picture.
TITLE_HELD = 0.5  # share of a line of the title inside a part, to be in it
CORE_SIDE = 8  # pixels: a smaller core is no picture of its own
FRAMED_PARTS = 0.75  # share of the parts with a frame each; the frame of a small one may be blurred
PANEL_REDUCED = 2  # times by which a bitmap is reduced to look for panels
PANELS = 12_000  # square points of the smallest bitmap that is looked at for panels
PART = 2000  # square points of the smallest part that may be a chart: 45 points a side
SEAM_DPI, SEAM = 72, 2  # resolution, and pixels at each edge of a part that are looked at
SEAM_CONTRAST = 6  # grey levels (of 256) that the pixels of a blank seam differ by on average


def judge(image: Image.Image, region: Region) -> str:
    """What a crop is by its pixels: sets the region's kind, or says why it is no chart.

    Photographs spread over tens of colours, charts stand on one; logos, icons and signatures have
    no letters beside them, and a signature is thin strokes of one colour; a picture that is letters
    and lines all over is a table.

    Args:
        image: the region's crop.
        region: its `kind` becomes `table` where the picture shows one.

    Returns:
        The reason to drop it, or "".
    """
    core = _core(image, region)
    ink = ink_of(core)
    if ink.mean() < BLANK:
        return "blank"
    if region.kind != "raster":
        return ""
    unnumbered = region.numbers < NUMBERS
    if unnumbered and colours_of(core) > PHOTO_COLOURS:
        return "photograph"
    letters, lettered, spread = _letters(ink)
    framed = region.caption is not None and is_framed(core.reduce(PANEL_REDUCED))
    if unnumbered and not framed and _is_wordless(ink, letters, region):
        return "signature" if _is_stroke(ink, letters, core) else "no labels"
    if unnumbered and _is_scheme(ink, letters, region):
        region.kind = "scheme"
        return ""
    few = len(letters) < SOME_LETTERS
    # Names of companies, quotations.
    if few and lettered > ALL_TEXT and not region.caption and not _has_grid(ink):
        return "text"
    least = TABLE_TEXT if len(letters) < MANY_LETTERS else LONG_TABLE_TEXT
    if not few and spread > TABLE_SPREAD and lettered > least and _in_rows(letters):
        region.kind = "table"
    return ""


def _is_wordless(ink: np.ndarray, letters: NDArray[np.float64], region: Region) -> bool:
    """Whether a picture has few letters, dark or white, and these are no words."""
    if len(letters) >= FEW_LETTERS or _has_words(letters, region):
        return False
    return not _has_words(_letters(~ink)[0], region)


def _is_scheme(ink: NDArray[np.bool_], letters: NDArray[np.float64], region: Region) -> bool:
    """Whether the words of a picture stand in its areas and none beside them, as ticks would."""
    if region.caption is not None or len(letters) >= BESIDE_LETTERS:
        return False
    return len(_letters(~ink)[0]) >= BOX_LETTERS


def _in_rows(letters: NDArray[np.float64]) -> bool:
    """Whether letters stand in rows of several, as cells do; the points of a chart do not."""
    feet = letters[:, 3]
    others = (np.abs(feet[:, None] - feet[None]) <= SAME_FEET).sum(axis=1) - 1
    return bool((others >= ROW_LETTERS).mean() > IN_ROWS)


def _has_grid(ink: NDArray[np.bool_]) -> bool:
    """Whether lines lie across a picture, one above another: the grid of a small chart."""
    wide = ink.mean(axis=1) > GRID_WIDTH
    return int((np.diff(wide.astype(int), prepend=0) == 1).sum()) >= GRID_LINES


def _is_stroke(ink: np.ndarray, letters: NDArray[np.float64], core: Image.Image) -> bool:
    """Whether a picture is thin strokes of one colour and no letter, as a signature is."""
    thin = len(letters) < NO_LETTERS and ink.mean() < STROKE_INK
    return bool(thin and colours_of(core) <= STROKE_COLOURS)


def _core(image: Image.Image, region: Region) -> Image.Image:
    """The part of a crop that is the region's core, without the labels around it."""
    zoom = image.width / max(region.box[2] - region.box[0], 1.0)
    x0, y0 = region.box[:2]
    core = [(region.core[k] - (x0, y0)[k % 2]) * zoom for k in range(4)]
    left, top = max(int(core[0]), 0), max(int(core[1]), 0)
    right, bottom = min(int(core[2]) + 1, image.width), min(int(core[3]) + 1, image.height)
    if right - left < CORE_SIDE or bottom - top < CORE_SIDE:
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
    small = (high <= LETTER_HIGH) & (wide <= LETTER_WIDE)
    letter = small & (high >= LETTER_LOW) & (wide >= LETTER_NARROW) & (high >= FLAT * wide)
    pixels = np.bincount(islands, minlength=count)
    line = np.minimum(high, wide) <= LINE_WIDTH
    share = pixels[small | line].sum() / pixels.sum()
    fields = np.zeros((FIELDS, FIELDS), bool)
    held = (at[letter[islands]] for at in places)
    rows, columns = (at * FIELDS // side for at, side in zip(held, ink.shape, strict=True))
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
    if len(letters) <= 1:
        return False
    x0, y0, x1, y1 = letters.T
    higher = np.maximum.outer(y1 - y0, y1 - y0)
    lower = np.minimum.outer(y1 - y0, y1 - y0)
    below = np.abs(np.subtract.outer(y1, y1))
    if ((below <= SAME_FEET) & (lower >= ALIKE * higher)).sum(axis=0).max() >= DIGITS:
        return True
    gap = x0[None] - x1[:, None]
    beside = (gap >= OVERLAP) & (gap <= WORD_GAP * higher) & (lower >= WORD_ALIKE * higher)
    words = connected_components(beside & (below <= WORD_FEET * higher), directed=False)[1]
    sizes = np.bincount(words)
    sizes = sizes[sizes >= WORD_LETTERS]
    if region.caption:
        return len(sizes) >= CAPTIONED_WORDS
    return bool(sizes.sum() >= max(LEAST_IN_WORDS, IN_WORDS * len(letters)))


def has_title(image: Image.Image, region: Region) -> bool:
    """Whether the uppermost line of letters in a picture is bold: a title of its own, in pixels.

    Args:
        image: the region's crop.
        region: its core is the picture, without the words of the page around it.
    """
    ink = ink_of(_core(image, region))
    letters = _letters(ink)[0].astype(int)
    letters = letters[letters[:, 3] - letters[:, 1] >= TITLE_LOW]
    if len(letters) < TITLE_LETTERS:
        return False
    line = letters[:, 1] < letters[letters[:, 1].argmin(), 3]
    if _longest_run(letters[line]) < TITLE_LETTERS or line.all():
        return False
    strokes = np.array([_stroke(ink[y0:y1, x0:x1]) / (y1 - y0) for x0, y0, x1, y1 in letters])
    bold, thin = np.median(strokes[line]), np.quantile(strokes[~line], THIN)
    return bool(bold >= max(BOLD, BOLDER * thin))


def _longest_run(line: NDArray[np.int_]) -> int:
    """Letters of the longest run of a line without a wide gap: values over two bars are two."""
    line = line[line[:, 0].argsort()]
    gaps = line[1:, 0] - np.maximum.accumulate(line[:, 2])[:-1]
    apart = np.flatnonzero(gaps > TITLE_GAP * np.median(line[:, 3] - line[:, 1]))
    return int(np.diff([0, *(apart + 1), len(line)]).max())


def _stroke(letter: NDArray[np.bool_]) -> float:
    """Width of the thickest stroke of a letter, pixels."""
    return 2 * float(ndimage.distance_transform_cdt(np.pad(letter, 1), "chessboard").max()) - 1


def split_images(display: pymupdf.DisplayList, region: Region, dpi: int) -> list[Region]:
    """Splits a region of touching images where the seams are blank: charts side by side.

    Tiles of one picture have content across their seam; images of charts of their own have a white
    border there, or a frame around each plot.

    Args:
        display: display list of the page.
        region: a region; only `raster` ones with several parts are split.
        dpi: resolution at which the seams are looked at.

    Returns:
        The region itself, or one region for each part.
    """
    parts = region.parts
    if region.kind != "raster" or len(parts) <= 1 or min(map(area, parts)) < PART:
        return [region]
    drawn = [render(display, part, min(dpi, SEAM_DPI)) for part in parts]
    framed = sum(map(is_framed, drawn)) >= FRAMED_PARTS * len(drawn)
    if not (framed or all(map(_has_border, drawn))):
        return [region]
    drawn_over = [region] if sum(region.forms.values()) else []
    return [_part(region, p) for p in parts] + drawn_over


def _part(region: Region, box: Box) -> Region:
    """A part of a region as one of its own; the title over all of them is drawn over each."""
    drawn = region.drawn or any(not inside(x.box, box, TITLE_HELD) for x in region.title)
    return replace(region, box=box, bare=box, core=box, parts=[box], drawn=drawn)


def split_panels(image: Image.Image, region: Region) -> list[tuple[Region, Image.Image]]:
    """The charts of a bitmap of panels with their crops, or the region itself with its own.

    Args:
        image: the region's crop.
        region: only `raster` ones of one image, without numbers of the page in them, are split.
    """
    if region.kind != "raster" or len(region.parts) != 1 or area(region.core) < PANELS:
        return [(region, image)]
    core = _core(image, region)
    zoom = core.width / (region.core[2] - region.core[0])
    found = []
    for place in panels_of(core.reduce(PANEL_REDUCED)):
        x0, y0, x1, y1 = (v * PANEL_REDUCED for v in place)
        left, top = region.core[:2]
        box = (left + x0 / zoom, top + y0 / zoom, left + x1 / zoom, top + y1 / zoom)
        found.append((_part(region, box), core.crop((int(x0), int(y0), int(x1), int(y1)))))
    return found or [(region, image)]


def _has_border(image: Image.Image) -> bool:
    """Whether the edges of a picture are blank on all four sides."""
    pixels = np.asarray(image.convert("L"), dtype=np.int16)
    edges = (pixels[:, :SEAM], pixels[:, -SEAM:], pixels[:SEAM], pixels[-SEAM:])
    return all(np.abs(e - np.median(e)).mean() <= SEAM_CONTRAST for e in edges if e.size)
