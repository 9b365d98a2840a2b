"""Marks that are neither plain bars nor plain lines: dots, shaded spans."""

from __future__ import annotations

import pymupdf
import pytest

from tests.asp.charts.drawing import BLACK, BLUE, BOTTOM, LEFT, RED, RIGHT, TOP, Drawing, values

NAMES = ["2019", "2020", "2021", "2022", "2023"]
PLACES = [90.0 + 55 * k for k in range(5)]
HEIGHTS = [20, 35, 60, 45, 70]
OTHERS = [80, 30, 25, 90, 55]


def dot(chart: Drawing, x: float, y: float, colour: tuple) -> None:
    chart.page.draw_circle((x, y), 3, color=None, fill=colour)


def test_dots_in_columns_show_values() -> None:
    chart = Drawing()
    chart.line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], BLACK)
    chart.labels(NAMES, PLACES)
    for heights, colour, x, name in ((HEIGHTS, BLUE, 100, "North"), (OTHERS, RED, 200, "South")):
        for at, value in zip(PLACES, heights, strict=True):
            dot(chart, at, chart.y(value), colour)
        dot(chart, x, 236, colour)
        chart.text(name, x + 8, 239)
    found = values(chart.read())
    for name, heights in (("North", HEIGHTS), ("South", OTHERS)):
        assert [found[name, n] for n in NAMES] == pytest.approx(heights, abs=1)


def test_dots_in_rows_show_values_though_a_rule_joins_them() -> None:
    chart = Drawing(ticks=0)
    for k in range(5):
        chart.line([(100 + 50 * k, TOP), (100 + 50 * k, BOTTOM)], (0.8, 0.8, 0.8))
        chart.text(str(25 * k), 100 + 50 * k, BOTTOM + 12, middle=True)
    for k, (name, a, b) in enumerate(zip(NAMES, HEIGHTS, OTHERS, strict=True)):
        y = 60 + 30 * k
        chart.line([(100 + 2 * a, y), (100 + 2 * b, y)], (0.7, 0.7, 0.7))
        dot(chart, 100 + 2 * a, y, BLUE)
        dot(chart, 100 + 2 * b, y, RED)
        chart.text(f"Plant {name}", 90, y + 3, right=True)
    for x, name, colour in ((120, "North", BLUE), (220, "South", RED)):
        dot(chart, x, 236, colour)
        chart.text(name, x + 8, 239)
    found = values(chart.read())
    for name, heights in (("North", HEIGHTS), ("South", OTHERS)):
        assert [found[name, f"Plant {n}"] for n in NAMES] == pytest.approx(heights, abs=1)


def test_a_cloud_of_dots_shows_nothing() -> None:
    chart = Drawing()
    chart.line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], BLACK)
    chart.labels(["10", "20", "30"], [100, 200, 300])
    for x, value in ((103, 20), (131, 44), (172, 31), (226, 66), (249, 58), (301, 83)):
        dot(chart, x, chart.y(value), BLUE)
    assert not chart.read().readings


def test_a_shaded_span_of_forecasts_is_no_series() -> None:
    chart = Drawing()
    chart.page.draw_rect(pymupdf.Rect(225, TOP, 335, BOTTOM), color=None, fill=(0.93, 0.93, 0.93))
    chart.labels(NAMES, PLACES)
    chart.line([(at, chart.y(v)) for at, v in zip(PLACES, HEIGHTS, strict=True)], BLUE)
    found = values(chart.read())
    assert [found["", n] for n in NAMES] == pytest.approx(HEIGHTS, abs=1)
