"""Lines of one colour and dash that only the markers on them tell apart."""

import math

import pymupdf
import pytest

from tests.asp.charts.drawing import BLACK, Drawing, values

PLACES = [90.0 + 40 * k for k in range(6)]
YEARS = [str(2015 + k) for k in range(6)]
SERIES = {"Rents": (20, 35, 60, 45, 70, 30), "Fees": (80, 62, 33, 45, 20, 15),
          "Gains": (50, 52, 55, 90, 58, 61)}  # fmt: skip
CORNERS = {"Fees": 4, "Gains": 3}


def draw_marker(chart: Drawing, name: str, x: float, y: float, half: float) -> None:
    """Draws a disc, a diamond or a triangle around a point."""
    if name == "Rents":
        chart.page.draw_circle((x, y), half, color=None, fill=BLACK)
        return
    count = CORNERS[name]
    turns = [2 * math.pi * k / count - math.pi / 2 for k in range(count)]
    points = [pymupdf.Point(x + half * math.cos(t), y + half * math.sin(t)) for t in turns]
    middle = (min(p.y for p in points) + max(p.y for p in points)) / 2 - y
    chart.page.draw_polyline([p - (0, middle) for p in points], color=None, fill=BLACK,
                             closePath=True)  # fmt: skip


def black_lines(marked: tuple[str, ...], every: int = 1) -> Drawing:
    """Three black lines; the markers in the legend are larger than those in the plot."""
    chart = Drawing()
    for k, (name, heights) in enumerate(SERIES.items()):
        points = [(x, chart.y(v)) for x, v in zip(PLACES, heights, strict=True)]
        chart.line(points, BLACK)
        chart.entry(80 + 80 * k, name, BLACK)
        if name in marked:
            for x, y in points[::every]:
                draw_marker(chart, name, x, y, 2.5)
            draw_marker(chart, name, 76.5 + 80 * k, 236, 3.0)
    chart.labels(YEARS, PLACES)
    return chart


@pytest.mark.parametrize("every", [1, 2])
def test_markers_tell_lines_of_one_colour_apart(every: int) -> None:
    found = values(black_lines(tuple(SERIES), every).read())
    assert found == {(name, year): pytest.approx(v, abs=1) for name, heights in SERIES.items()
                     for year, v in zip(YEARS, heights, strict=True)}  # fmt: skip


def test_the_only_line_without_markers_has_the_name_without_one() -> None:
    found = values(black_lines(("Rents", "Fees")).read())
    assert found["Gains", "2018"] == pytest.approx(90, abs=1)
    assert found["Fees", "2015"] == pytest.approx(80, abs=1)


def test_two_lines_without_markers_are_not_named() -> None:
    found = values(black_lines(("Rents",)).read())
    assert {name for name, _ in found} == {"Rents"}
