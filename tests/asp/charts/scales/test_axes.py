"""Axes of few, rounded or unevenly set numbers: which of them tell a scale."""

from __future__ import annotations

import pytest

from tests.asp.charts.drawing import BLACK, BLUE, BOTTOM, LEFT, RIGHT, TOP, Drawing, values

PLACES = [80.0 + 48 * k for k in range(6)]
YEARS = [str(2018 + k) for k in range(6)]
UPPER, LOWER = 80.0, 160.0  # where the numbers of a pair stand
HEIGHTS = (150.0, 130.0, 95.0, 60.0, 110.0, 185.0)  # of the line, one beyond each number


def pair(upper: str, lower: str, ticks: str = "both", extra: float | None = None) -> Drawing:
    """A line beside two numbers, with a side of the plot that reaches past them."""
    chart = Drawing(ticks=0)
    chart.line([(LEFT, TOP), (LEFT, BOTTOM)], BLACK)
    for words, y in ((upper, UPPER), (lower, LOWER)):
        chart.text(words, LEFT - 6, y + 2.9, right=True)
        if ticks == "grid":
            chart.line([(LEFT, y), (RIGHT, y)], BLACK)
        elif ticks == "both" or y == UPPER:
            chart.line([(LEFT - 4, y), (LEFT, y)], BLACK)
    if extra is not None:
        chart.line([(LEFT - 4, extra), (LEFT, extra)], BLACK)
    chart.line(list(zip(PLACES, HEIGHTS, strict=True)), BLUE)
    chart.labels(YEARS, PLACES)
    return chart


@pytest.mark.parametrize("ticks", ["both", "grid"])
@pytest.mark.parametrize(("upper", "lower"), [("10", "5"), ("25%", "20%"), ("-5", "-10")])
def test_two_numbers_at_their_ticks_are_an_axis(upper: str, lower: str, ticks: str) -> None:
    high, low = (float(words.strip("%")) for words in (upper, lower))
    found = values(pair(upper, lower, ticks).read())
    scale = (high - low) / (LOWER - UPPER)
    wanted = {("", year): pytest.approx(low + (LOWER - y) * scale, abs=0.02 * (high - low))
              for year, y in zip(YEARS, HEIGHTS, strict=True)}  # fmt: skip
    assert found == wanted


@pytest.mark.parametrize(
    ("upper", "lower"),
    [("100", "10"), ("12", "7"), ("5", "10"), ("10%", "5")],
    ids=["may be logarithms", "no multiples of their step", "upside down", "two units"],
)
def test_two_numbers_that_may_mean_something_else_are_no_axis(upper: str, lower: str) -> None:
    assert pair(upper, lower).read().unread == "no axis"


def test_two_numbers_need_a_tick_each_and_even_ticks_between() -> None:
    assert pair("10", "5", ticks="one").read().unread == "no axis"
    assert pair("20", "10", extra=(UPPER + LOWER) / 2).read().readings
    assert pair("20", "10", extra=113.2).read().unread == "no axis"  # 15 on a scale of logarithms


def test_a_line_outside_all_numbers_is_read_where_the_side_of_the_plot_reaches_it() -> None:
    chart = Drawing(ticks=0)
    for value, y in ((30, 60.0), (20, 90.0), (10, 120.0)):
        chart.line([(LEFT, y), (RIGHT, y)], BLACK)
        chart.text(f"{value}", LEFT - 6, y + 2.9, right=True)
    chart.line([(x, 149.0 - k % 2) for k, x in enumerate(PLACES)], BLUE)
    chart.labels(YEARS, PLACES)
    assert chart.read().unread == "no marks on an axis"
    chart.line([(LEFT, TOP), (LEFT, BOTTOM)], BLACK)
    assert chart.read().readings


@pytest.mark.parametrize(
    "printed",
    [("40%", "38%", "35%", "33%", "30%", "28%", "25%"), ("40%", "38%", "35%", "32%", "30%", "28%",
                                                         "25%")],
    ids=["halves up", "halves to even"],
)  # fmt: skip
def test_numbers_printed_without_their_last_digit_are_even_steps(printed: tuple[str, ...]) -> None:
    chart = Drawing(ticks=0)
    step = (BOTTOM - TOP) / 6
    for k, words in enumerate(printed):
        y = TOP + k * step
        chart.line([(LEFT - 4, y), (LEFT, y)], BLACK)
        chart.text(words, LEFT - 6, y + 2.9, right=True)
    levels = (39.0, 27.5, 31.0, 33.3, 36.2, 26.0)
    ends = [BOTTOM - (v - 25) / 15 * (BOTTOM - TOP) for v in levels]
    chart.line(list(zip(PLACES, ends, strict=True)), BLUE)
    chart.labels(YEARS, PLACES)
    found = values(chart.read())
    assert [found["", year] for year in YEARS] == pytest.approx(levels, abs=0.1)


def test_ranked_numbers_in_even_rows_without_ticks_are_no_axis() -> None:
    chart = Drawing(ticks=0)
    for k, words in enumerate(("40%", "38%", "35%", "33%")):
        chart.text(words, LEFT - 6, TOP + 40 * k, right=True)
    chart.line(list(zip(PLACES, HEIGHTS, strict=True)), BLUE)
    chart.labels(YEARS, PLACES)
    assert not chart.read().readings


def test_a_minus_sets_no_number_of_an_axis_aside() -> None:
    chart = Drawing(ticks=0)
    levels = (18.0, -17.0, 6.0, -4.0, 11.0, 0.5)
    for value in (20, 10, 0, -10, -20):
        y = 120 - 3 * value
        chart.line([(RIGHT, y), (RIGHT + 4, y)], BLACK)
        chart.text(f"{value}", RIGHT + 12 - 6 * (value < 0), y + 2.9)
    chart.line([(x, 120 - 3 * v) for x, v in zip(PLACES, levels, strict=True)], BLUE)
    chart.labels(YEARS, PLACES)
    shown = chart.read()
    assert [values(shown)["", year] for year in YEARS] == pytest.approx(levels, abs=0.5)
    assert {r.span for r in shown.readings} == {40.0}


def test_a_number_far_under_an_axis_is_of_the_next_one() -> None:
    chart = Drawing(ticks=0)
    for value, y in ((-6, 40), (-5, 50), (-4, 60), (-3, 70), (-2, 80), (-1, 90), (10, 200)):
        chart.line([(LEFT - 4, y), (LEFT, y)], BLACK)
        chart.text(f"{value}", LEFT - 18, y + 2.9)
    chart.line([(x, 45.0 + 6 * k) for k, x in enumerate(PLACES)], BLUE)
    chart.labels(YEARS, PLACES)
    shown = chart.read()
    assert {round(r.span) for r in shown.readings} == {5}


def test_years_at_their_ticks_have_lost_no_digit() -> None:
    chart = Drawing(ticks=0)
    for k, (x, year) in enumerate(zip(PLACES[:4], YEARS, strict=False)):
        chart.bar(x, 20 + 15 * k, BLUE)
        chart.text(f"{20 + 15 * k}", x, chart.y(20 + 15 * k) - 3, middle=True)
        chart.line([(x, BOTTOM), (x, BOTTOM + 4)], BLACK)
        chart.text(year, x, BOTTOM + 14, middle=True)
    assert values(chart.read()) == {("", y): 20 + 15 * k for k, y in enumerate(YEARS[:4])}
