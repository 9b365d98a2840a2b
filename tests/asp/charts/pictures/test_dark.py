"""A black series on an axis is read where it is the only one, and none of axes and letters."""

from __future__ import annotations

import pytest

from tests.asp.charts.pictures.canvas import BLACK, BLUE, Canvas, told

AT = [110, 210, 310, 410]
DARK = (38, 44, 50)


def plot() -> Canvas:
    """An axis of 0.20, 0.25 and 0.30, 80 pixels apart, and four labels."""
    canvas = Canvas()
    for k, text in enumerate(("0.30", "0.25", "0.20")):
        canvas.word(35, 60 + 80 * k, text)
        canvas.box(60, 60 + 80 * k, 460, 61 + 80 * k, (217, 217, 217))
    canvas.box(60, 270, 460, 272, BLACK)
    for x, year in zip(AT, ("2019", "2020", "2021", "2022"), strict=True):
        canvas.word(x, 290, year)
    return canvas


def heights(values: list[float]) -> list[int]:
    return [round(60 + 1600 * (0.30 - v)) for v in values]


@pytest.mark.parametrize("colour", [BLACK, DARK])
def test_the_only_dark_line_is_read_on_its_axis(colour: tuple) -> None:
    canvas = plot()
    values = [0.28, 0.23, 0.26, 0.21]
    canvas.line(AT, heights(values), colour)
    for x, y in zip(AT, heights(values), strict=True):
        canvas.box(x - 4, y - 4, x + 5, y + 5, colour)
    assert list(told(canvas.read()).values()) == pytest.approx(values, abs=0.002)


def test_several_black_lines_are_not_read() -> None:
    canvas = plot()
    canvas.line(AT, heights([0.28, 0.23, 0.26, 0.21]), BLACK)
    canvas.line(AT, heights([0.22, 0.27, 0.21, 0.25]), BLACK)
    assert not canvas.read().readings


def test_a_line_may_leave_the_outer_numbers_of_its_axis() -> None:
    canvas = plot()
    values = [0.31, 0.27, 0.24, 0.18]
    canvas.line(AT, heights(values), BLUE)
    assert list(told(canvas.read()).values()) == pytest.approx(values, abs=0.002)


def test_dark_bars_are_read() -> None:
    canvas = plot()
    values = [0.28, 0.23, 0.26, 0.21]
    for x, y in zip(AT, heights(values), strict=True):
        canvas.box(x - 20, y, x + 20, 220, DARK)
    assert list(told(canvas.read()).values()) == pytest.approx(values, abs=0.002)
