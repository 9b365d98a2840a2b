"""Reads pieces of a picture that hold one line of text each, letters as they stand.

Thresholds are our choice, times the height of the letters.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.charts.drawn.cells import amount_of
from finlmm_utils.asp.charts.pixels.colours import Image, extremes, paper_of

Recognise = Callable[[list[Image]], list[tuple[str, float]]]
"""Text and score of each of several pictures of one line of text."""
Place = tuple[int, int, int, int]
"""Left, top, right and lower side, pixels."""
Ink = NDArray[np.bool_]

DIGIT_OF_SIZE = 0.72  # of the size of letters: the height of a digit
LETTER = (4, 44)  # pixels: height of a line of text in a chart
INK = 75  # levels below the paper
SURE = 0.6  # score of the recogniser from which a word counts,
NUMBER_SURE = 0.35  # and a number: the fit of an axis leaves out what was read wrong
WORDS_APART = 0.42  # between two words; between two digits less
MARGIN = 0.3  # of paper around a line for the recogniser
ZERO = {"o": "0", "O": "0", "〇": "0", "。": "0"}


def ink_of(image: Image) -> Ink:
    """The dark pixels of a picture."""
    grey = extremes(image.astype(np.int16))[1]
    return np.asarray(int(paper_of(image).min()) - grey > INK)


def tight(ink: Ink, where: tuple[slice, slice]) -> Place | None:
    """A box drawn close around the ink inside it; None where there is none."""
    part = ink[where]
    rows, columns = np.flatnonzero(part.any(axis=1)), np.flatnonzero(part.any(axis=0))
    if not len(rows):
        return None
    y, x = where[0].start, where[1].start
    return (x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1)


def is_sure(text: str, score: float, least: float = SURE) -> bool:
    """Whether what the recogniser says is to be believed.

    Args:
        text: that it read.
        score: that it gives to it.
        least: score of words.
    """
    return bool(text) and score >= (least if amount_of(text) is None else NUMBER_SURE)


def runs(flags: Ink | np.bool_, apart: float) -> list[tuple[int, int]]:
    """Runs of what is set; those closer than so many pixels as one."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.asarray(flags, np.int8), [0]])))
    out: list[tuple[int, int]] = []
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        if out and a - out[-1][1] < apart:
            out[-1] = (out[-1][0], int(b))
        else:
            out.append((int(a), int(b)))
    return out


def read_lines(
    image: Image, boxes: Sequence[Place], recognise: Recognise
) -> list[tuple[str, float]]:
    """Text and score of each box, with spaces where the picture has them.

    Args:
        image: that they lie in.
        boxes: close around the ink of one level line each.
        recognise: reads pictures of one line each.
    """
    if not boxes:
        return []
    high = float(np.median([b[3] - b[1] for b in boxes]))
    ink = ink_of(image)
    out = []
    found = recognise([_crop(image, box) for box in boxes])
    for (x0, y0, x1, y1), (text, score) in zip(boxes, found, strict=True):
        words = runs(np.any(ink[y0:y1, x0:x1], axis=0), WORDS_APART * high)
        if len(words) > 1:
            own = recognise([_crop(image, (x0 + a, y0, x0 + b, y1)) for a, b in words])
            text = _spaced(text, [len(t.replace(" ", "")) for t, _ in own])
        out.append((ZERO.get(text, text), score))
    return out


def _spaced(text: str, lengths: list[int]) -> str:
    """A text with spaces after so many letters each; as it is where they don't add up."""
    flat = text.replace(" ", "")
    if sum(lengths) != len(flat) or flat.isdigit():
        return flat if flat.isdigit() else text
    ends = np.cumsum(lengths).tolist()
    return " ".join(flat[b - n : b] for n, b in zip(lengths, ends, strict=True))


def whole(text: str, parts: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The texts and scores of the parts of a label, unsure where letters of it are lost.

    Args:
        text: of the label before it was cut at the swatches in it, which may be letters there.
        parts: texts and scores.
    """
    had, has = (Counter(x for x in t if x.isalnum()) for t in (text, "".join(p for p, _ in parts)))
    if len(parts) > 1 and (had - has).total() >= len(parts):
        return [(part, 0.0) for part, _ in parts]
    return parts


def _crop(image: Image, box: Place) -> Image:
    """A line with paper around it, whatever stands there: no neighbour's ink comes in."""
    x0, y0, x1, y1 = box
    margin = max(round(MARGIN * (y1 - y0)), 3)
    part = image[max(y0 - 1, 0) : y1 + 1, max(x0 - 1, 0) : x1 + 1]
    paper = paper_of(image)
    out = np.empty((part.shape[0] + 2 * margin, part.shape[1] + 2 * margin, 3), np.uint8)
    out[:] = paper.astype(np.uint8)
    out[margin:-margin, margin:-margin] = part
    return out
