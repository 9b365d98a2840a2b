"""What stands near a chart and is not its own: a neighbour's legend, words on a reference line."""

import pytest

from tests.asp.charts.drawing import BLACK, BLUE, LEFT, RED, RIGHT, Drawing, values

PLACES = [80.0 + 32 * k for k in range(8)]
HEIGHTS = [20, 35, 60, 45, 70, 30, 55, 80]
YEARS = [str(2010 + k) for k in range(8)]
NAMES = {"Loans": BLUE, "Deposits": RED, "Bonds": (0.9, 0.7, 0.1), "Cash": (0.2, 0.6, 0.3)}


@pytest.mark.parametrize("kind", ["bars", "line"])
def test_a_legend_of_colours_that_are_not_drawn_is_a_neighbours(kind: str) -> None:
    chart = Drawing()
    if kind == "bars":
        for x, value in zip(PLACES, HEIGHTS, strict=True):
            chart.bar(x, value, BLUE)
    else:
        chart.line([(x, chart.y(v)) for x, v in zip(PLACES, HEIGHTS, strict=True)], BLUE)
    for k, (name, colour) in enumerate(NAMES.items()):
        chart.page.draw_rect((355, 60 + 12 * k, 361, 66 + 12 * k), color=None, fill=colour)
        chart.text(name, 364, 66 + 12 * k)
    chart.labels(YEARS, PLACES)
    assert {name for name, _ in values(chart.read())} == {""}


def test_words_on_a_reference_line_do_not_name_the_line_that_ends_there() -> None:
    chart = Drawing()
    chart.line([(x, chart.y(v)) for x, v in zip(PLACES, [*HEIGHTS[:-1], 57], strict=True)], RED)
    chart.line([(LEFT, chart.y(54)), (RIGHT, chart.y(54))], BLACK, "[4 2] 0")
    chart.text("Average", PLACES[-1] + 4, chart.y(55))
    chart.labels(YEARS, PLACES)
    assert values(chart.read())["", "2017"] == pytest.approx(57, abs=1)


def test_words_at_the_end_of_a_line_name_it_though_a_grid_line_is_near() -> None:
    chart = Drawing()
    for value in range(0, 101, 20):
        chart.line([(LEFT, chart.y(value)), (RIGHT, chart.y(value))], BLACK)
    for colour, last in ((BLUE, 81), (RED, 41)):
        points = [(x, chart.y(last - 3 * k)) for k, x in enumerate(reversed(PLACES))]
        chart.line(points[::-1], colour)
    chart.text("Fund", PLACES[-1] + 4, chart.y(81) + 3)
    chart.text("Index", PLACES[-1] + 4, chart.y(41) + 3)
    chart.labels(YEARS, PLACES)
    found = values(chart.read())
    assert found["Fund", "2017"] == pytest.approx(81, abs=1)
    assert found["Index", "2017"] == pytest.approx(41, abs=1)


def test_a_label_under_its_bar_is_not_taken_to_the_tick_beside_it() -> None:
    chart = Drawing()
    places = [LEFT + 6 + 12 * k for k in range(20)]
    for k, x in enumerate(places):
        chart.bar(x, 20 + 3 * k, BLUE, wide=8)
        chart.line([(x - 6, chart.y(0)), (x - 6, chart.y(0) + 3)], BLACK)
    chart.labels([f"{13 + k}Q1" for k in range(5)], places[::4])
    found = values(chart.read())
    assert found == {("", f"{13 + k}Q1"): pytest.approx(20 + 12 * k, abs=1) for k in range(5)}


def test_values_printed_on_a_reference_line_are_still_read() -> None:
    chart = Drawing()
    heights = [53.2, 55.8, 54.1, 53.6]
    points = [(x, chart.y(v)) for x, v in zip(PLACES[::2], heights, strict=True)]
    chart.line(points, RED)
    chart.line([(LEFT, chart.y(56)), (RIGHT, chart.y(56))], BLACK, "[4 2] 0")
    for (x, y), value in zip(points, heights, strict=True):
        chart.text(str(value), x, y - 3, middle=True)
    chart.labels(YEARS[::2], PLACES[::2])
    found = [r for r in chart.read().readings if r.point == "label"]
    assert [(r.value, r.how) for r in found] == [(v, "printed") for v in heights]
