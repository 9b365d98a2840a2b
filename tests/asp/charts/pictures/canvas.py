"""Draws pictures of charts whose words a detector has found; no recogniser is needed."""

from __future__ import annotations

import numpy as np

from finlmm_utils.asp.charts.bitmap import Word, read_bitmap
from finlmm_utils.asp.charts.read import Shown

BLUE, GOLD, GREEN = (1, 48, 136), (255, 200, 40), (20, 168, 54)
BLACK, WHITE, GREY = (0, 0, 0), (255, 255, 255), (172, 172, 172)
HIGH, WIDE, APART = 11, 6, 2  # pixels of a letter: a ring


class Canvas:
    """A white picture, and the words that are written in it."""

    def __init__(self, wide: int = 500, high: int = 340) -> None:
        self.image = np.full((high, wide, 3), 255, np.uint8)
        self.words: list[Word] = []

    def box(self, x0: int, y0: int, x1: int, y1: int, colour: tuple) -> None:
        """Fills a rectangle."""
        self.image[y0:y1, x0:x1] = colour

    def word(self, x: int, y: int, text: str, ink: tuple = BLACK, read: str = "") -> None:
        """Writes a word around its middle; `read` is what the detector takes it for."""
        long = len(text) * (WIDE + APART) - APART
        left, top = x - long // 2, y - HIGH // 2
        for k in range(len(text)):
            start = left + k * (WIDE + APART)
            part = self.image[top : top + HIGH, start : start + WIDE]
            inside = part[2:-2, 2:-2].copy()
            part[:] = ink
            part[2:-2, 2:-2] = inside
        quad = [(left, top), (left + long, top), (left + long, top + HIGH), (left, top + HIGH)]
        self.words.append(([(float(a), float(b)) for a, b in quad], read or text, 0.99))

    def line(self, at: list[int], heights: list[int], colour: tuple) -> None:
        """Draws a line of three pixels from vertex to vertex."""
        for x in range(at[0], at[-1] + 1):
            y = round(float(np.interp(x, at, heights)))
            self.image[y - 1 : y + 2, x] = colour

    def disc(self, x: int, y: int, radius: int, parts: list[tuple[float, tuple]]) -> None:
        """Draws a pie clockwise from the top: share and colour of each slice."""
        rows, columns = np.mgrid[: self.image.shape[0], : self.image.shape[1]]
        inside = np.hypot(columns - x, rows - y) <= radius
        turn = (np.arctan2(columns - x, y - rows) / (2 * np.pi)) % 1
        start = 0.0
        for share, colour in parts:
            self.image[inside & (turn >= start) & (turn < start + share)] = colour
            start += share

    def read(self) -> Shown:
        """What the reader makes of it; nothing can be read a second time."""
        return read_bitmap(self.image, self.words, lambda parts: [("", 0.0)] * len(parts))


def told(shown: Shown) -> dict[tuple[str, str], float]:
    """The values at labels, and the shares, by series and label."""
    return {(r.series, r.label): r.value for r in shown.readings if r.point in ("label", "share")}
