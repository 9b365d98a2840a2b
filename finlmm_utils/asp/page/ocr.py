"""Text inside pictures that have no words in the PDF, by RapidOCR with the weights of its wheel."""

from __future__ import annotations

import contextlib
import functools
import io
import os
from collections.abc import Iterator
from typing import Any

SIDE = 736
"""Shorter side in pixels to which a picture is brought for the detector; at 608 it misses one
two-digit label in four charts, at 736 none."""

RECOGNISED = (3, 48, 64)
"""Channels, height and least width, pixels, of a line for the recogniser; at its own default width
of 320 it takes twice as long, since labels are short."""

LETTER_CONTRAST = 60  # grey levels (of 256) from a line's median: ink (our choice)
WORD_GAP = 0.14  # of a line's height: between words it is 0.20 and more, between letters under 0.10
DIGIT_GAP = 0.28  # of a line's height: digits of one number stand further apart than letters
LEVEL = 0.09  # slant (5 degrees) below which a line of text lies level
LEAST_GAP = 2  # pixels: in the smallest letters, shares of the height are less than a pixel


@functools.cache
def _engine() -> Any:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "Global.use_cls": False,
            "Global.return_word_box": True,  # here: a call would change it for all threads
            "Global.return_single_char_box": True,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "min",
            "Det.limit_side_len": SIDE,
            "Rec.rec_img_shape": list(RECOGNISED),
        }
    )


def _found(image: Any) -> Iterator[tuple[list[list[float]], str, float, list[Any]]]:
    """Corners, text, score and letters (each with score and corners) of the lines of a picture."""
    found = _engine()(image)
    if found.txts is None:
        return
    letters = found.word_results
    if len(letters) != len(found.txts):  # left out where a line has none
        letters = [()] * len(found.txts)
    for corners, text, score, row in zip(
        found.boxes.tolist(), found.txts, found.scores, letters, strict=True
    ):
        yield corners, text, float(score), list(row)


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Lifts this process's soft limit on address space to the hard one, and sets it back.

    A scanned page takes 1.5 to 2.5 GB of address space in the recogniser (0.8 GB of memory), above
    what a reader of hostile files is given; pictures that come here are bounded in pixels.
    """
    if os.name != "posix":
        yield
        return
    import resource  # there is none on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def read_picture(png: bytes) -> str:
    """Reads the words of a picture, top to bottom; "" where there are none."""
    import numpy as np
    from PIL import Image

    found = _found(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")))
    return " ".join(text for _, text, _, _ in found)


def read_lines(image: Any) -> list[tuple[tuple[float, float, float, float], str, float]]:
    """Reads a picture of a page.

    Args:
        image: (height, width, 3) array of bytes, RGB.

    Returns:
        Box in pixels, text, and the recogniser's score of each line.
    """
    with _room():
        found = list(_found(image))
    lines = []
    for corners, text, score, letters in found:
        box = _around(corners)
        lines.append((box, _spaced(image, box, text, letters), score))
    return lines


def read_labels(image: Any) -> list[tuple[list[tuple[float, float]], str, float]]:
    """Reads the labels of a picture of a chart, turned ones too.

    Args:
        image: (height, width, 3) array of bytes, RGB.

    Returns:
        The four corners in pixels from where a label begins, text, and score of each.
    """
    with _room():
        found = list(_found(image))
    labels = []
    for corners, text, score, letters in found:
        quad = [(float(x), float(y)) for x, y in corners]
        (x0, y0), (x1, y1) = quad[0], quad[1]
        if abs(y1 - y0) < LEVEL * abs(x1 - x0):  # spaces are blank columns of level text alone
            text = _spaced(image, _around(corners), text, letters)
        labels.append((quad, text, score))
    return labels


def recognise(pictures: list[Any]) -> list[tuple[str, float]]:
    """Reads pictures of one line of text each, without looking for where it stands.

    Args:
        pictures: (height, width, 3) arrays of bytes, RGB.

    Returns:
        Text and score of each; ("", 0.0) where nothing is read.
    """
    if not pictures:
        return []
    with _room():
        found = _engine().recognize_txt(pictures)
    pairs = zip(found.txts, found.scores, strict=True)
    return [(text.strip(), float(score)) for text, score in pairs]


def _around(corners: list[list[float]]) -> tuple[float, float, float, float]:
    xs, ys = zip(*corners, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _spaced(
    image: Any, box: tuple[float, float, float, float], text: str, letters: list[Any]
) -> str:
    """The text of a line with the spaces between Latin words, some of which the model leaves out.

    A space is where the picture is blank for 14 % of the line's height: between words it is 20 %
    and more, between letters under 10 %; digits stand further apart, and count from 28 %.
    """
    if "".join(text.split()) != "".join(letter for letter, _, _ in letters):
        return text  # nothing says where its letters stand
    x0, y0, _, y1 = (max(int(v), 0) for v in box)
    blank = _blank_columns(image, box)
    middles = iter([(place[0][0] + place[1][0]) / 2 for _, _, place in letters])
    spaced, last = "", 0.0
    for letter in text:
        if letter.isspace():
            spaced += " "
            continue
        middle = next(middles)
        if spaced and (spaced[-1] + letter).isascii() and spaced[-1] != " ":
            gap = _longest_run(blank[int(last) - x0 : int(middle) - x0])
            share = DIGIT_GAP if (spaced[-1] + letter).isdigit() else WORD_GAP
            spaced += " " if gap >= max(share * (y1 - y0), LEAST_GAP) else ""
        spaced, last = spaced + letter, middle
    return spaced


def _blank_columns(image: Any, box: tuple[float, float, float, float]) -> Any:
    """Which columns of pixels of a line hold no ink."""
    import numpy as np

    x0, y0, x1, y1 = (max(int(v), 0) for v in box)
    grey = image[y0 : y1 + 1, x0 : x1 + 1].mean(axis=2)
    return ~(np.abs(grey - np.median(grey)) > LETTER_CONTRAST).any(axis=0)


def _longest_run(flags: Any) -> int:
    run = longest = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
