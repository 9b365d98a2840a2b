"""The words inside pictures: read once, kept on disk, and only where they can decide something."""

from __future__ import annotations

import functools
import hashlib
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from PIL import Image
from pydantic import TypeAdapter

from finlmm_utils.asp.charts.bitmap import read_bitmap
from finlmm_utils.asp.charts.read import NOT_DRAWN
from finlmm_utils.asp.llm.cache import Cache
from finlmm_utils.asp.page import ocr
from finlmm_utils.asp.records import Figure, Reading
from finlmm_utils.output import cache_folder

VERSION = f"rapidocr-3.10-{ocr.SIDE}-1"
"""Part of the key of every kept text: change it with anything that changes what is read."""
READER = "values-24"
"""The same for the values of a picture: change it with the rules that read them."""
_SHOWN = TypeAdapter(tuple[list[Reading], str])
WIDEST = 1.75
"""Wider pictures get a border below before they are read: the reader brings the shorter side to
a fixed length, so that a strip of 958 by 275 pixels would be blown up to 3.5 times the work."""


@functools.cache
def _cache() -> Cache:
    return Cache(cache_folder("ocr"))


def _bordered(png: bytes) -> bytes:
    with Image.open(io.BytesIO(png)) as opened:
        width, height = opened.size
        if max(width, height) <= WIDEST * min(width, height):
            return png
        image = opened.convert("RGB")
    size = (max(width, int(height / WIDEST)), max(height, int(width / WIDEST)))
    canvas = Image.new("RGB", size, image.getpixel((0, 0)))
    canvas.paste(image, (0, 0))
    buffer = io.BytesIO()
    canvas.save(buffer, format="PNG", compress_level=1)
    return buffer.getvalue()


def read_figure(figure: Figure) -> str:
    """Words of a picture, top to bottom; a picture with the same pixels is read once for all runs.

    Args:
        figure: any; whether its words are worth reading is for the caller to say
            (:func:`finlmm_utils.asp.alignment.figure_text.needs_reading`).

    Returns:
        The words, separated by spaces; "" where there are none.
    """
    key = f"{VERSION} {hashlib.sha256(figure.png).hexdigest()}"
    known = _cache().get(key)
    if known is None:
        known = ocr.read_picture(_bordered(figure.png))
        _cache().set(key, known)
    return str(known)


def read_all(figures: Iterable[Figure], workers: int = 2) -> Iterator[str]:
    """Reads many figures in threads, in their order; later calls of ``read_figure`` are free."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(read_figure, figures)


def read_values(figure: Figure) -> None:
    """Reads the values that a picture of a chart shows, in place; once for the same pixels.

    Args:
        figure: one that is a picture and has not been read yet; others are left as they are.
    """
    if figure.kind != "raster" or figure.shows or figure.unread != NOT_DRAWN["raster"]:
        return
    key = f"{VERSION} {READER} {hashlib.sha256(figure.png).hexdigest()}"
    known = _cache().get(key)
    if known is None:
        with Image.open(io.BytesIO(figure.png)) as opened:
            image = np.asarray(opened.convert("RGB"))
        shown = read_bitmap(image, ocr.read_labels(image), ocr.recognise)
        known = _SHOWN.dump_json((shown.readings, shown.unread)).decode()
        _cache().set(key, known)
    figure.shows, figure.unread = _SHOWN.validate_json(str(known))
