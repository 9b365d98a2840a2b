"""Labels, legends and titles of a picture: what belongs to what, read by a counting recogniser."""

from __future__ import annotations

import numpy as np
import pytest

from finlmm_utils.asp.charts.bitmap import Word, read_bitmap
from finlmm_utils.asp.charts.pixels.letters import ink_of, runs
from finlmm_utils.asp.charts.read import Shown

RED, BLUE, BLACK = (192, 0, 0), (32, 56, 140), (0, 0, 0)
X0, X1, Y0, Y1 = 60, 360, 40, 240
PLACES = [60, 135, 210, 285, 360]
HIGH, WIDE, STEM = 11, 7, 4  # pixels of a letter: a ring, or the stem of an i


class Picture:
    """A plot with an axis from 0 to 100, whose words are rows of rings: n of them say n letters."""

    def __init__(self) -> None:
        self.image = np.full((330, 460, 3), 255, np.uint8)
        self.words: list[Word] = []
        for k, text in enumerate(("0", "25", "50", "75", "100")):
            y = Y1 - 50 * k
            self.image[y : y + 2, X0:X1] = (0, 0, 0) if not k else (220, 220, 220)
            self.number(text, y)

    def number(self, text: str, y: int) -> None:
        """Writes a number of the axis, which the detector reads."""
        x = 50 - 9 * len(text)
        self.rings(x, y - 5, len(text))
        self.found(x, y - 5, x + 9 * len(text), text)

    def rings(self, x: int, y: int, letters: int, colour: tuple = BLACK, stem: int = -1) -> int:
        """Writes letters from x on, one of them a stem perhaps; returns where they end."""
        for k in range(letters):
            wide = STEM if k == stem else WIDE
            self.image[y : y + HIGH, x : x + wide] = colour
            if k != stem:
                self.image[y + 2 : y + HIGH - 2, x + 2 : x + wide - 2] = 255
            x += wide + 2
        return x - 2

    def found(self, x0: int, y: int, x1: int, text: str) -> None:
        """What the detector says of a place."""
        quad = [(x0, y - 1), (x1, y - 1), (x1, y + HIGH + 1), (x0, y + HIGH + 1)]
        self.words.append(([(float(a), float(b)) for a, b in quad], text, 0.99))

    def line(self, heights: list[float], colour: tuple) -> None:
        """Draws a line of three pixels from place to place."""
        at = np.arange(PLACES[0], PLACES[-1] + 1)
        for x, value in zip(at, np.interp(at, PLACES, heights), strict=True):
            y = round(Y1 - 2 * value)
            self.image[y - 1 : y + 2, x] = colour

    def labels(self, y: int, letters: list[int]) -> None:
        """Writes a label under each place."""
        for at, count in zip(PLACES, letters, strict=True):
            self.rings(at - (9 * count - 2) // 2, y, count)

    def entry(self, x: int, y: int, letters: int, colour: tuple, read: str = "") -> None:
        """An entry of a legend; `read` is what the detector takes it for, swatch and all."""
        self.image[y + 4 : y + 7, x : x + 26] = colour
        end = self.rings(x + 34, y, letters)
        self.found(x - 1 if read else x + 33, y, end + 1, read or "O" * letters)

    def read(self) -> Shown:
        """What the reader makes of it."""
        return read_bitmap(self.image, self.words, _counted)


def _counted(pictures: list) -> list[tuple[str, float]]:
    return [("O" * len(runs(ink_of(p).any(axis=0), 1)), 0.99) for p in pictures]


def _series(shown: Shown) -> dict[str, list[float]]:
    out: dict[str, list[float]] = {}
    for r in shown.readings:
        if r.point == "label":
            out.setdefault(r.series, []).append(r.value)
    return out


ONE, OTHER = [20.0, 60.0, 35.0, 70.0, 50.0], [80.0, 85.0, 90.0, 82.0, 95.0]


def _of_two() -> Picture:
    picture = Picture()
    picture.line(ONE, RED)
    picture.line(OTHER, BLUE)
    picture.labels(Y1 + 12, [2, 3, 4, 5, 6])
    return picture


@pytest.mark.parametrize("gap", [8, 30])
def test_a_legend_close_under_the_labels_is_none_of_them(gap: int) -> None:
    picture = _of_two()
    y = Y1 + 12 + HIGH + gap
    picture.entry(70, y, 6, RED)
    picture.entry(220, y, 7, BLUE)
    found = _series(picture.read())
    assert found["OOOOOO"] == pytest.approx(ONE, abs=2)
    assert found["OOOOOOO"] == pytest.approx(OTHER, abs=2)


def test_a_swatch_that_is_read_with_its_words_is_no_part_of_the_name() -> None:
    picture = _of_two()
    picture.entry(70, 290, 6, RED, read="— OOOOOO")
    picture.entry(220, 290, 7, BLUE, read="一OOOOOOO")
    assert set(_series(picture.read())) == {"OOOOOO", "OOOOOOO"}


def test_a_stem_in_the_colour_of_a_line_does_not_make_its_title_a_legend() -> None:
    picture = _of_two()
    end = picture.rings(20, 8, 9, BLUE, stem=3)
    picture.found(19, 8, end + 1, "OOOiOOOOO")
    picture.entry(70, 290, 6, RED)
    assert set(_series(picture.read())) == {"OOOOOO"}


def test_the_label_under_the_corner_of_the_plot_is_read_once() -> None:
    picture = Picture()
    picture.line(ONE, RED)
    picture.labels(Y1 + 8, [5, 6, 4, 3, 2])
    labels = [r.label for r in picture.read().readings if r.point == "label"]
    assert [len(x) for x in labels] == [5, 6, 4, 3, 2]


def test_a_line_without_a_name_beside_the_names_of_several_is_not_read() -> None:
    picture = Picture()
    picture.line(ONE, RED)
    picture.labels(Y1 + 12, [2, 3, 4, 5, 6])
    assert picture.read().readings
    for y, count in ((50, 6), (66, 7)):  # a legend in the plot, whose swatches were not found
        end = picture.rings(200, y, count)
        picture.found(199, y, end + 1, "O" * count)
    shown = picture.read()
    assert not shown.readings
    assert shown.unread == "several series without names"


def test_the_source_under_a_plot_is_no_label() -> None:
    picture = Picture()
    picture.line(ONE, RED)
    end = picture.rings(100, Y1 + 40, 20)
    picture.found(99, Y1 + 40, end + 1, "O" * 20)
    assert not [r for r in picture.read().readings if r.label]
