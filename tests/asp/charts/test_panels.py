"""Small multiples: panels side by side on one axis, each with its title and all labels."""

import pymupdf
import pytest

from finlmm_utils.asp.charts.read import read_figures
from finlmm_utils.asp.records import Figure
from tests.asp.charts.drawing import BLUE, LEFT, RED, RIGHT, TOP, Drawing, values

PANELS = {"Oslo": (20, 35, 60, 45), "Bergen": (80, 62, 33, 45), "Narvik": (50, 52, 55, 90)}
YEARS = ["2020", "2021", "2022", "2023"]
GREEN = (0.2, 0.6, 0.3)
WIDE = (RIGHT - LEFT) / 3


def panels(kind: str, labels: list[str], titles: dict[str, str] | None = None) -> Drawing:
    """Three panels of bars or lines; titles stand on grey strips over the plot."""
    chart = Drawing()
    for k, (name, heights) in enumerate(PANELS.items()):
        places = [LEFT + WIDE * k + 14 + 19 * j for j in range(4)]
        left = LEFT + WIDE * k + 2
        title = (titles or {}).get(name, name)
        if title:
            strip = (left, TOP - 9, left + WIDE - 8, TOP + 2)
            chart.page.draw_rect(strip, color=None, fill=(0.9, 0.9, 0.9))
            chart.text(title, (places[0] + places[-1]) / 2, TOP - 1, middle=True)
        if kind == "bars":
            for x, value in zip(places, heights, strict=True):
                chart.bar(x, value, BLUE, wide=12)
        else:
            chart.line([(x, chart.y(v)) for x, v in zip(places, heights, strict=True)], BLUE)
        chart.labels(labels, places)
    return chart


@pytest.mark.parametrize("kind", ["bars", "lines"])
@pytest.mark.parametrize("labels", [YEARS, ["Q1", "Q2", "Q3", "Q4"]], ids=["years", "quarters"])
def test_each_panel_is_a_series_with_its_title_as_name(kind: str, labels: list[str]) -> None:
    found = values(panels(kind, labels).read())
    assert found == {(name, label): pytest.approx(v, abs=1) for name, heights in PANELS.items()
                     for label, v in zip(labels, heights, strict=True)}  # fmt: skip


@pytest.mark.parametrize("kind", ["bars", "lines"])
def test_panels_without_a_title_each_show_nothing(kind: str) -> None:
    shown = panels(kind, YEARS, {"Bergen": ""}).read()
    assert not shown.readings and shown.unread


def test_labels_that_come_once_are_of_one_plot() -> None:
    chart = Drawing()
    places = [LEFT + 20 + 40 * k for k in range(6)]
    for x, value in zip(places, (20, 35, 60, 45, 70, 30), strict=True):
        chart.bar(x, value, BLUE)
    for x, words in ((LEFT + 60, "Actual"), (LEFT + 180, "Forecast")):
        chart.text(words, x, TOP - 4, middle=True)
    chart.labels([str(2018 + k) for k in range(6)], places)
    assert values(chart.read())["", "2023"] == pytest.approx(30, abs=1)


def test_panels_without_titles_leave_the_chart_beside_them_readable() -> None:
    chart = Drawing()
    left = [LEFT + 10 + 20 * k for k in range(5)]
    chart.line([(x, chart.y(v)) for x, v in zip(left, (20, 35, 60, 45, 70), strict=True)], BLUE)
    chart.labels(["P", "Q", "R", "S", "T"], left)
    for value in range(0, 51, 10):
        chart.text(str(value), LEFT + 130, chart.y(2 * value) + 2.9, right=True)
    right = [LEFT + 145 + 20 * k for k in range(6)]
    for x, value in zip(right, (20, 35, 60, 45, 70, 30), strict=True):
        chart.bar(x, value, RED, wide=12)
    chart.labels(["A", "B", "C"] * 2, right)
    found = values(chart.read())
    assert {label: v for (_, label), v in found.items()} == {
        "P": pytest.approx(20, abs=1), "Q": pytest.approx(35, abs=1),
        "R": pytest.approx(60, abs=1), "S": pytest.approx(45, abs=1),
        "T": pytest.approx(70, abs=1),
    }  # fmt: skip


def test_a_figure_of_several_charts_says_what_these_say() -> None:
    chart = Drawing()
    places = [75.0 + 20 * k for k in range(4)]
    for k, (name, colour) in enumerate({"Loans": BLUE, "Deposits": RED}.items()):
        left = LEFT + 150 * k
        for value in range(0, 101, 20) if k else ():
            chart.text(f"{value / 20:g}", left - 6, chart.y(value) + 2.9, right=True)
            chart.line([(left - 4, chart.y(value)), (left, chart.y(value))], colour)
        own = [x + 150 * k for x in places]
        chart.line([(x, chart.y(v)) for x, v in zip(own, (20, 35, 60, 45), strict=True)], colour)
        chart.line([(x, chart.y(v + 9)) for x, v in zip(own, (20, 35, 60, 45), strict=True)], GREEN)
        chart.entry(left + 20, name, colour)
        chart.entry(left + 80, "All", GREEN)
        chart.labels(YEARS, own)
    boxes = [(0, 0, 420, 300), (0, 0, 190, 300), (191, 0, 420, 300)]
    figures = [
        Figure(
            figure_id=f"{k}", report_id="r", file="r.pdf", page=1, box=box, kind="vector", png=b""
        )
        for k, box in enumerate(boxes)
    ]
    read_figures(figures, pymupdf.open(stream=chart.page.parent.tobytes(), filetype="pdf"))
    whole, left_one, right_one = ({(r.series, r.label): r.value for r in f.shows} for f in figures)
    assert left_one["Loans", "2021"] == pytest.approx(35, abs=1)
    assert right_one["Deposits", "2021"] == pytest.approx(35 / 20, abs=0.1)
    assert {s for s, _ in whole} == {"Loans", "Deposits"}  # "All" is one thing here, another there
    assert whole.items() <= (left_one | right_one).items()
