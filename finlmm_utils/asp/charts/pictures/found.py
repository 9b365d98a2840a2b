"""The words that a detector of text found in a picture, as labels.

Thresholds are our choice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import Cell, amount_of
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.pixels.colours import PIXEL, Image
from finlmm_utils.asp.charts.pixels.letters import (
    DIGIT_OF_SIZE,
    LETTER,
    SURE,
    Ink,
    Place,
    Recognise,
    ink_of,
    is_sure,
    read_lines,
    runs,
    tight,
    whole,
)

Word = tuple[list[tuple[float, float]], str, float]
"""Corners in pixels from where the word begins, text, the recogniser's score."""

_TICK = re.compile(r"(?<=[\d%])(?:\s*[-−—–_一]| [十+])+$|^[十+] (?=\d)")
"""A tick that OCR takes for the end, or the beginning, of the number beside it."""
_APART = re.compile(r"(?<=\d) (?=[.,%])|(?<=\d[.,]) (?=\d)|(?<=[-−$£€¥]) (?=\d)")
_DEEP = re.compile(r"[gjpqyQ,;()\[\]$@|\u3400-\u9fff]")
_TALL = re.compile(r"[A-Z\dbdfhklt(\[$%&/'\u3400-\u9fff]")
"""Letters that reach under the baseline, and above the height of an x."""
_DOLLAR = re.compile(r"^([-−–(]?)[Ss](?=[(\d])")
_SWATCH_READ = re.compile(r"^[\W_一]+")
"""A piece of a line that OCR takes for the beginning of the words right of it."""
NAME_SURE = 0.9  # score of a word that was read in two ways
SWATCH = 0.5  # ems: what was cut off before words is so wide, at least
X_HIGH, DEEP = 0.52, 0.2  # ems: height of an x; how far letters reach under the baseline
SAME_SIZE = 0.2  # of a size, by which another one differs that is the same but for noise
INK = 90  # levels from the paper, from which a pixel is ink
LOOSE, BLOCK = 0.75, 0.4  # of OCR's box: slanted letters; of words: a block's side before them
SLANTED = 12.0  # degrees from level, and from upright
LONGEST, TALL = 1.1, 1.6  # ems of a letter, at most; times as high as wide: written upwards
TICK_HIGH, TICK_LOW = 3, 0.7  # pixels; of the box of a number: a point is further down


def cell_of(image: Image, word: Word) -> Cell | None:
    """A word as a label; the box of level and upright ones drawn close around their ink."""
    quad, text, score = word
    text = _APART.sub("", text.strip())
    bare = _TICK.sub("", text)
    text = bare if amount_of(bare) is not None else text
    xs, ys = np.array(quad).T
    if not is_sure(text, score):
        return None
    slant = float(np.degrees(np.arctan2(ys[0] - ys[1], xs[1] - xs[0])))
    if SLANTED < abs(slant) < 90 - SLANTED:
        size = float(np.hypot(xs[3] - xs[0], ys[3] - ys[0])) * PIXEL * LOOSE
        end = ((xs[1] + xs[2]) / 2 * PIXEL, (ys[1] + ys[2]) / 2 * PIXEL)
        box = (*(np.array([xs.min(), ys.min(), xs.max(), ys.max()]) * PIXEL).tolist(),)
        return Cell(text, box, size, slant, end, (0, 0, 0), box[3])
    a, b = max(int(xs.min()), 0), max(int(ys.min()), 0)
    part = image[b : int(ys.max()) + 1, a : int(xs.max()) + 1].astype(np.int16)
    if not part.size:
        return None
    paper = np.median(part.reshape(-1, 3), axis=0)
    ink = np.abs(part - paper).max(axis=2) > INK
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return None
    last = columns[-1] + 1
    pieces = runs(ink.any(axis=0), 2)
    if amount_of(text) is not None and len(pieces) > 1 and _is_tick(ink[:, slice(*pieces[-1])]):
        last = pieces[-2][1]
        rows = np.flatnonzero(ink[:, :last].any(axis=1))
    left, right = (a + columns[0]) * PIXEL, (a + last) * PIXEL
    top, bottom = (b + rows[0]) * PIXEL, (b + rows[-1] + 1) * PIXEL
    tall = bottom - top > TALL * (right - left) and len(text) > 2
    size = (right - left if tall else bottom - top) / DIGIT_OF_SIZE
    if tall and bottom - top > LONGEST * size * len(text):  # most of its letters were not read
        return None
    anchor = ((left + right) / 2 if tall else right, (top + bottom) / 2)
    angle = 90.0 if tall else 0.0
    return Cell(text, (left, top, right, bottom), size, angle, anchor, (0, 0, 0), bottom)


def _is_tick(ink: Ink) -> bool:
    """Whether the last ink of a number is the tick beside it: flat, and not on its baseline."""
    rows = np.flatnonzero(ink.any(axis=1))
    return bool(len(rows) <= TICK_HIGH and rows[-1] < TICK_LOW * len(ink))


def read_again(
    image: Image,
    cells: Sequence[Cell],
    scores: dict[int, float],
    shapes: Sequence[Shape],
    recognise: Recognise,
) -> list[Cell]:
    """Level words read close around their ink, apart where a swatch stands between them.

    Args:
        image: of the chart.
        cells: words that stand along no axis.
        scores: of the words by the `id` of their cells: what was surer at first stays as it was.
        shapes: what is drawn, among it the swatches of legends.
        recognise: reads pictures of one line of text each.
    """
    ink = ink_of(image)
    level = [c for c in cells if c.level and c.amount is None]
    parts = [(c, _parts(ink, c, shapes)) for c in level]
    boxes = [box for _, some in parts for box in some]
    owners = [c if len(some) == 1 else None for c, some in parts for _ in some]
    out = [c for c in cells if not (c.level and c.amount is None)]
    found = read_lines(image, boxes, recognise)
    found = [x for c, some in parts for x in whole(c.text, [found.pop(0) for _ in some])]
    for box, (text, score), cell in zip(boxes, found, owners, strict=True):
        if (
            cell and box[0] * PIXEL > cell.box[0] + SWATCH * cell.size
        ):  # a swatch was read with its words
            bare = _SWATCH_READ.sub("", cell.text)
            place = (box[0] * PIXEL, *cell.box[1:])
            scores[id(cell := replace(cell, text=bare, box=place))] = scores[id(cell)]
        new, old = text.replace(" ", ""), cell.text.replace(" ", "") if cell else ""
        if cell and new != old and (score < scores[id(cell)] or len(new) < len(old)):
            if scores[id(cell)] >= NAME_SURE:
                out.append(cell)
        elif is_sure(text, score, SURE if new == old else NAME_SURE):
            x0, y0, x1, y1 = (float(v * PIXEL) for v in box)
            end = (x1, (y0 + y1) / 2)
            size = (y1 - y0) / DIGIT_OF_SIZE
            out.append(Cell(text, (x0, y0, x1, y1), size, 0.0, end, (0, 0, 0), y1))
    return out


def with_signs(cells: Sequence[Cell], scores: dict[int, float]) -> list[Cell]:
    """Labels with the "$" that OCR took for an "S", where another label has one.

    Args:
        cells: words of a picture.
        scores: of the words by the `id` of their cells; a changed one keeps its score.
    """
    if not any("$" in c.text for c in cells):
        return list(cells)
    out = []
    for cell in cells:
        text = _DOLLAR.sub(r"\1$", cell.text)
        if text != cell.text and amount_of(text) is not None:
            score = scores.get(id(cell), SURE)
            cell = replace(cell, text=text)
            scores[id(cell)] = score
        out.append(cell)
    return out


def on_baselines(cells: Sequence[Cell]) -> list[Cell]:
    """Level labels with the size and baseline that their letters have, of a common size if near it.

    Args:
        cells: words of a picture, whose boxes are close around their ink.
    """
    own = [c for c in cells if c.level and c.text.strip()]
    if not own:
        return list(cells)
    shares = [(_TALL.search(c.text) is not None, _DEEP.search(c.text) is not None) for c in own]
    sizes = np.array([
        (c.box[3] - c.box[1]) / ((DIGIT_OF_SIZE if tall else X_HIGH) + deep * DEEP)
        for c, (tall, deep) in zip(own, shares, strict=True)
    ])  # fmt: skip
    near = [int((np.abs(sizes - s) <= SAME_SIZE * s).sum()) for s in sizes]
    common = sizes[np.abs(sizes - sizes[int(np.argmax(near))]) <= SAME_SIZE * sizes.max()]
    middle = float(np.median(common))
    made = {}
    for cell, (_, deep), size in zip(own, shares, sizes.tolist(), strict=True):
        size = middle if abs(size - middle) <= SAME_SIZE * middle else size
        made[id(cell)] = replace(cell, size=size, baseline=cell.box[3] - deep * DEEP * size)
    return [made.get(id(c), c) for c in cells]


def _is_swatch(shape: Shape, high: float) -> bool:
    """Whether a shape may stand before words so high, points: no dot, stem or bar of a letter."""
    if shape.fill is not None:
        return min(shape.wide, shape.high) >= BLOCK * high
    coloured = shape.stroke is not None and max(shape.stroke) > 0
    return coloured and shape.high == 0 and shape.wide > high


def _parts(ink: Ink, cell: Cell, shapes: Sequence[Shape]) -> list[Place]:
    """Where the words of a label stand between the swatches of a legend, pixels."""
    x0, y0, x1, y1 = cell.box
    cuts = sorted(
        (s.box[0], s.box[2])
        for s in shapes
        if _is_swatch(s, y1 - y0)
        if x0 - 2 <= s.box[0] and s.box[2] <= x1 + 2 and y0 <= (s.box[1] + s.box[3]) / 2 <= y1
        and s.wide < max((x1 - x0) / 2, y1 - y0)
    )  # fmt: skip
    out = []
    start = x0
    for left, right in [*cuts, (x1, x1)]:
        a, b = round(start / PIXEL), round(left / PIXEL)
        rows = slice(max(round(y0 / PIXEL) - 1, 0), round(y1 / PIXEL) + 1)
        box = tight(ink, (rows, slice(a, b))) if b - a > 2 else None
        if box is not None and LETTER[0] <= box[3] - box[1] <= LETTER[1]:
            out.append(box)
        start = right + 2 * PIXEL
    return out
