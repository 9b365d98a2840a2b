"""Bars under a line, and an axis whose tick marks look like minus signs."""

from __future__ import annotations

import pytest

from tests.asp.charts.pictures.canvas import BLACK, BLUE, GOLD, WHITE, Canvas, told

AT = [110, 210, 310, 410]
YEARS = ["2019", "2020", "2021", "2022"]
BARS, LINE = [25.0, 28.0, 21.0, 26.0], [9.0, 17.0, 12.0, 19.0]


def plot(ticks: tuple[str, ...]) -> Canvas:
    """Numbers 80 pixels apart from the top, a base line, and four labels."""
    canvas = Canvas(high=380)
    for k, text in enumerate(ticks):
        canvas.word(35, 80 + 80 * k, text)
        canvas.box(60, 80 + 80 * k, 460, 81 + 80 * k, (217, 217, 217))
    canvas.box(60, 320, 460, 322, BLACK)
    for x, year in zip(AT, YEARS, strict=True):
        canvas.word(x, 345, year)
    return canvas


def heights(values: list[float]) -> list[int]:
    return [round(320 - 8 * v) for v in values]


def test_a_bar_that_a_line_crosses_is_as_high_as_its_upper_part() -> None:
    canvas = plot(("30", "20", "10", "0"))
    for x, y in zip(AT, heights(BARS), strict=True):
        canvas.box(x - 30, y, x + 30, 320, BLUE)
    canvas.line(AT, heights(LINE), GOLD)
    x, y = AT[1], heights(LINE)[1]
    canvas.box(x - 14, y - 22, x + 14, y - 6, WHITE)  # a label on a ground of its own
    for left, colour, name in ((110, BLUE, "Yield"), (260, GOLD, "Spread")):
        canvas.box(left, 20, left + 20, 30, colour)
        canvas.word(left + 55, 25, name)
    values = told(canvas.read())
    bars = [value for (name, _), value in values.items() if name == "Yield"]
    assert bars == pytest.approx(BARS, abs=0.3)


@pytest.mark.parametrize("ticks", [("30", "20", "10", "0"), ("-30", "-20", "-10", "0")])
def test_an_axis_does_not_fall_upwards_from_nought(ticks: tuple[str, ...]) -> None:
    canvas = plot(ticks)
    for x, y in zip(AT, heights(BARS), strict=True):
        canvas.box(x - 30, y, x + 30, 320, BLUE)
    assert list(told(canvas.read()).values()) == pytest.approx(BARS, abs=0.3)


def test_an_axis_that_falls_from_nought_at_the_top_keeps_its_signs() -> None:
    canvas = plot(("0", "-10", "-20", "-30"))
    for x, value in zip(AT, BARS, strict=True):
        canvas.box(x - 30, 80, x + 30, round(80 + 8 * value), BLUE)
    values = list(told(canvas.read()).values())
    assert not values or values == pytest.approx([-v for v in BARS], abs=0.3)
