"""Text inside pictures that have no words in the PDF, by RapidOCR with the weights of its wheel."""

from __future__ import annotations

import functools
import io
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from finlmm_utils.asp.records import Figure

SIDE = 736
"""Shorter side in pixels to which a picture is brought for the detector; at 608 it misses one
two-digit label in four charts, at 736 none."""


@functools.cache
def _engine() -> Any:
    from rapidocr_onnxruntime import RapidOCR

    return RapidOCR(
        intra_op_num_threads=1,
        inter_op_num_threads=1,
        det_limit_type="min",
        det_limit_side_len=SIDE,
        rec_img_shape=[3, 48, 64],  # not 320 wide: labels are short, and this halves the time
    )


@functools.lru_cache(maxsize=4096)
def _read(png: bytes) -> str:
    import numpy as np
    from PIL import Image

    found, _ = _engine()(np.asarray(Image.open(io.BytesIO(png)).convert("RGB")), use_cls=False)
    return " ".join(text for _, text, _ in found or [])


def read_figure(figure: Figure) -> str:
    """Reads the words of a figure, top to bottom; the same picture is read once a process."""
    return _read(figure.png)


def read_all(figures: Iterable[Figure], workers: int = 2) -> Iterator[str]:
    """Reads many figures in threads, in their order; later calls of `read_figure` cost nothing."""
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(read_figure, figures)
