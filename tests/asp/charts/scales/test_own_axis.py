"""What ties a series to one of two axes: titles, units, and what is left for the others."""

from __future__ import annotations

import pymupdf
import pytest

from tests.asp.charts.drawing import BLACK, BLUE, RED, RIGHT, TOP, Drawing, values

PLACES = [80.0 + 48 * k for k in range(6)]
YEARS = [str(2018 + k) for k in range(6)]
FIRST, SECOND = (20, 35, 60, 45, 70, 30), (7.0, 2.0, 3.0, 8.0, 4.0, 6.0)
UNTIED = "two axes and nothing that ties a series to one"


def two_axes(names: dict[str, tuple], left: str = "", right: str = "", over: bool = False,
             sign: str = "") -> Drawing:  # fmt: skip
    """Lines on an axis from 0 to 100, of the colours of a legend; one from 0 to 10 at the right.

    Args:
        names: of the series, with their colours; the last is measured at the right.
        left: title of the left axis.
        right: title of the right axis.
        over: whether the titles stand over the axes.
        sign: of the numbers at the right.
    """
    chart = Drawing()
    for k in range(6):
        y = chart.y(20 * k)
        chart.line([(RIGHT, y), (RIGHT + 4, y)], BLACK)
        chart.text(f"{2 * k}{sign}", RIGHT + 6, y + 2.9)
    for k, (name, colour) in enumerate(names.items()):
        last = k == len(names) - 1
        heights = [10 * v for v in SECOND] if last else [v + 15 * k for v in FIRST]
        chart.line([(x, chart.y(v)) for x, v in zip(PLACES, heights, strict=True)], colour)
        chart.entry(70 + 100 * k, name, colour)
    for words, x in ((left, 30.0), (right, RIGHT + 40)):
        if words and over:
            chart.text(words, x + 10 if x < 100 else RIGHT + 4, TOP - 14)
        elif words:
            chart.page.insert_text(pymupdf.Point(x, 150), words, fontsize=8, rotate=90)
    chart.labels(YEARS, PLACES)
    return chart


@pytest.mark.parametrize("over", [False, True], ids=["beside", "over"])
@pytest.mark.parametrize(
    ("names", "left", "right"),
    [
        (("Revenue", "Margin"), "Revenue", "Margin"),
        (("Cash flow", "Hurst index"), "Cashflow", "Hurst  index"),
        (("Revenue (GBPm)", "Margin (%)"), "GBPm", "%"),
        (("Twenty days", "Price"), "Volatility", "Price"),
    ],
    ids=["names", "spaces", "units", "a common title for the others"],
)
def test_titles_tie_series_to_their_axes(
    names: tuple[str, str], left: str, right: str, over: bool
) -> None:
    chart = two_axes(dict(zip(names, (BLUE, RED), strict=True)), left, right, over)
    found = values(chart.read())
    assert found[names[0], "2018"] == pytest.approx(FIRST[0], abs=1)
    assert found[names[1], "2018"] == pytest.approx(SECOND[0], abs=0.1)


def test_the_unit_of_the_numbers_ties_a_series_that_has_it_in_its_name() -> None:
    found = values(two_axes({"Revenue (GBPm)": BLUE, "Margin (%)": RED}, sign="%").read())
    assert found["Revenue (GBPm)", "2018"] == pytest.approx(FIRST[0], abs=1)
    assert found["Margin (%)", "2018"] == pytest.approx(SECOND[0], abs=0.1)


@pytest.mark.parametrize(
    ("names", "left", "right"),
    [(("Fund", "Yield"), "Level", "Rate"), (("Core", "Policy"), "", "Policy")],
    ids=["titles that name none", "one title alone says nothing of the others"],
)
def test_a_series_that_nothing_ties_is_not_read(
    names: tuple[str, str], left: str, right: str
) -> None:
    shown = two_axes(dict(zip(names, (BLUE, RED), strict=True)), left, right).read()
    assert {r.series for r in shown.readings} == ({"Policy"} if right == "Policy" else set())
    assert shown.readings or shown.unread == UNTIED
