"""What drawn charts show: values under the right series and label, or a reason."""

import math

import pymupdf
import pytest

from finlmm_utils.asp.charts.drawn.cells import amount_of, page_cells
from finlmm_utils.asp.charts.drawn.sides import without_side
from finlmm_utils.asp.charts.read import read_charts
from tests.asp.charts.drawing import BLACK, BLUE, BOTTOM, LEFT, RED, RIGHT, TOP, Drawing, values

YEARS = ["2019", "2020", "2021", "2022"]
PLACES = [90.0, 160.0, 230.0, 300.0]


def close(found: dict, wanted: dict, by: float = 1.0) -> None:
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        assert found[key] == pytest.approx(value, abs=by), key


@pytest.mark.parametrize("between", [False, True], ids=["ticks at labels", "ticks between labels"])
def test_bars_stand_at_their_own_labels(between: bool) -> None:
    chart = Drawing()
    for x in PLACES:
        tick = x + 35 if between else x
        chart.line([(tick, BOTTOM), (tick, BOTTOM + 4)], BLACK)
    for x, value in zip(PLACES, (12, 88, 40, 63), strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(YEARS, PLACES)
    shown = chart.read()
    close(values(shown), dict(zip([("", y) for y in YEARS], (12, 88, 40, 63), strict=True)), 0.5)
    assert all(r.how == "axis" and 0 < r.tolerance < 1 and r.span == 100 for r in shown.readings)


def test_bars_beside_their_labels_are_refused() -> None:
    chart = Drawing()
    for x, value in zip(PLACES, (12, 88, 40, 63), strict=True):
        chart.bar(x + 25, value, BLUE)
    chart.labels(YEARS, PLACES)
    shown = chart.read()
    assert not shown.readings and shown.unread == "labels beside the bars"


def test_stacked_bars_give_their_own_heights() -> None:
    chart = Drawing()
    for x, low, high in zip(PLACES, (20, 30, 10, 25), (40, 35, 60, 5), strict=True):
        chart.bar(x, low, BLUE)
        chart.bar(x, high, RED, base=low)
    chart.labels(YEARS, PLACES)
    chart.entry(100, "Services", BLUE, block=True)
    chart.entry(200, "Hardware", RED, block=True)
    found = values(chart.read())
    assert found["Services", "2021"] == pytest.approx(10, abs=1)
    assert found["Hardware", "2021"] == pytest.approx(60, abs=1)


def two_lines(chart: Drawing, dashed: bool = True) -> None:
    for heights, dashes in (((20, 30, 50, 90), None), ((70, 60, 65, 40), "[3 2] 0")):
        points = [(x, chart.y(v)) for x, v in zip(PLACES, heights, strict=True)]
        chart.line(points, BLACK, dashes if dashed else None)
    chart.labels(YEARS, PLACES)


def test_lines_of_one_colour_are_told_apart_by_their_dash() -> None:
    chart = Drawing()
    two_lines(chart)
    chart.entry(100, "Fund", BLACK)
    chart.entry(200, "Index", BLACK, "[3 2] 0")
    shown = chart.read()
    found = values(shown)
    assert found["Fund", "2022"] == pytest.approx(90, abs=1)
    assert found["Index", "2022"] == pytest.approx(40, abs=1)
    highest = {r.series: r.label for r in shown.readings if r.point == "highest"}
    assert highest == {"Fund": "2022", "Index": "2019"}


def test_series_that_nothing_tells_apart_are_refused() -> None:
    chart = Drawing()
    two_lines(chart, dashed=False)
    shown = chart.read()
    assert not shown.readings and shown.unread == "several series without names"


def second_axis(chart: Drawing) -> None:
    for k in range(6):
        y = chart.y(20 * k)
        chart.line([(RIGHT, y), (RIGHT + 4, y)], BLACK)
        chart.text(f"{k * 2}%", RIGHT + 6, y + 2.9)


def test_groups_of_bars_without_a_legend_are_not_one_series_that_stands_out() -> None:
    chart = Drawing()
    for k, x in enumerate(PLACES):
        chart.bar(x - 11, 20 + 15 * k, BLUE)
        chart.bar(x + 11, 80 - 10 * k, RED)
    chart.labels(YEARS, PLACES)
    shown = chart.read()
    assert not shown.readings and shown.unread == "several series without names"


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("Margin (%, rhs)", "Margin (%)"),
        ("Margin (rhs)", "Margin"),
        ("增速（%，右轴）", "增速（%）"),
    ],
)
def test_the_side_of_an_axis_leaves_the_unit_beside_it_whole(name: str, bare: str) -> None:
    assert without_side(name) == bare


def test_a_hyphen_that_its_font_calls_soft_is_a_minus() -> None:
    chart = Drawing(ticks=0)
    for x, value in zip(PLACES, (12, 60, 40, 30), strict=True):
        chart.bar(x, -value, BLUE, base=100)
        chart.text(f"\xad{value}", x, chart.y(100 - value) + 9, middle=True)
        chart.text(YEARS[PLACES.index(x)], x, TOP - 6, middle=True)
    cells = [c.text for c in page_cells(chart.page) if c.amount and c.amount[0] < 0]
    assert cells == ["-12", "-60", "-40", "-30"]
    assert all(r.value < 0 for r in chart.read().readings)


def test_two_axes_need_something_that_ties_the_series() -> None:
    chart = Drawing()
    two_lines(chart)
    second_axis(chart)
    chart.entry(100, "Fund", BLACK)
    chart.entry(200, "Yield", BLACK, "[3 2] 0")
    assert chart.read().unread == "two axes and nothing that ties a series to one"
    told = Drawing()
    two_lines(told)
    second_axis(told)
    told.entry(100, "Fund", BLACK)
    told.entry(200, "Yield (RHS)", BLACK, "[3 2] 0")
    found = values(told.read())
    assert found["Fund", "2019"] == pytest.approx(20, abs=1)
    assert found["Yield", "2019"] == pytest.approx(7, abs=0.1)


def test_the_side_of_an_axis_may_stand_in_the_second_line_of_a_legend() -> None:
    chart = Drawing()
    two_lines(chart)
    second_axis(chart)
    chart.entry(100, "Fund", BLACK)
    chart.entry(200, "Yield of ten-year bonds,", BLACK, "[3 2] 0")
    chart.text("net (right scale)", 211, 250)
    found = values(chart.read())
    assert found["Fund", "2019"] == pytest.approx(20, abs=1)
    assert found["Yield of ten-year bonds, net", "2019"] == pytest.approx(7, abs=0.1)


def test_one_scale_on_both_sides_is_one_axis() -> None:
    chart = Drawing()
    two_lines(chart)
    for k in range(6):
        y = chart.y(20 * k)
        chart.line([(RIGHT, y), (RIGHT + 4, y)], BLACK)
        chart.text(f"{20 * k}", RIGHT + 6, y + 2.9)
    chart.entry(100, "Fund", BLACK)
    chart.entry(200, "Yield", BLACK, "[3 2] 0")
    found = values(chart.read())
    assert found["Yield", "2019"] == pytest.approx(70, abs=1)


def test_a_legend_hides_the_bars_under_it() -> None:
    chart = Drawing()
    for x, value in zip(PLACES, (12, 88, 40, 63), strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(YEARS, PLACES)
    y = chart.y(88)
    chart.page.draw_rect((150, y - 3, 157, y + 4), color=None, fill=BLUE)
    chart.text("Sales", 160, y + 3)
    assert {label for _, label in values(chart.read())} == {"2019", "2021", "2022"}


def test_printed_values_are_exact_where_the_bars_bear_them_out() -> None:
    chart = Drawing(ticks=0)
    for x, value in zip(PLACES, (12.4, 88.1, 40.7, 63.2), strict=True):
        chart.bar(x, value, BLUE)
        chart.text(f"{value}", x, chart.y(value) - 3, middle=True)
    chart.labels(YEARS, PLACES)
    shown = chart.read()
    assert values(shown)["", "2020"] == 88.1
    assert {r.how for r in shown.readings} == {"printed"}


def pie(shares: dict[str, float], colours: list[tuple], printed: list[str] | None = None):
    page = pymupdf.open().new_page(width=300, height=200)
    start = pymupdf.Point(140, 90)
    centre = pymupdf.Point(90, 90)
    for k, (name, share) in enumerate(shares.items()):
        shape = page.new_shape()
        end = shape.draw_sector(centre, start, -360 * share, fullSector=True)
        shape.finish(color=None, fill=colours[k])
        shape.commit()
        start = end
        page.draw_rect((190, 60 + 20 * k, 198, 68 + 20 * k), color=None, fill=colours[k])
        more = f" {printed[k]}" if printed else ""
        page.insert_text((202, 67 + 20 * k), name + more, fontsize=8)
    again = pymupdf.open(stream=page.parent.tobytes(), filetype="pdf")[0]
    return read_charts(again, [tuple(again.rect)])[0]


def test_a_pie_shows_shares_by_its_angles() -> None:
    shown = pie({"Energy": 0.5, "Banks": 0.3, "IT": 0.2}, [BLUE, RED, (0.2, 0.7, 0.3)])
    close(values(shown), {("", "Energy"): 50, ("", "Banks"): 30, ("", "IT"): 20}, 0.5)
    assert {r.how for r in shown.readings} == {"shape"}


def test_a_pie_whose_amounts_contradict_its_angles_is_refused() -> None:
    shown = pie({"Revenue": 0.93, "Materiality": 0.07}, [BLUE, RED], ["£86,614,000", "£433,000"])
    assert not shown.readings and shown.unread == "slices drawn out of proportion"


def bent(chart: Drawing, centre: tuple[float, float], start: float, share: float, colour: tuple,
         flat: float = 1.0) -> None:  # fmt: skip
    """A slice from one curve whose middle lies off the circle where `flat` is not 1."""
    radius, angle = 40.0, 2 * math.pi * share
    reach = flat * 4 / 3 * math.tan(angle / 4) * radius

    def at(turn: float, along: float) -> pymupdf.Point:
        x, y = math.sin(turn), -math.cos(turn)
        return pymupdf.Point(centre[0] + radius * x - along * y, centre[1] + radius * y + along * x)

    first = 2 * math.pi * start
    a, b = at(first, 0), at(first + angle, 0)
    shape = chart.page.new_shape()
    shape.draw_bezier(a, at(first, reach), at(first + angle, -reach), b)
    shape.draw_line(b, pymupdf.Point(*centre))
    shape.draw_line(pymupdf.Point(*centre), a)
    shape.finish(color=None, fill=colour, closePath=True)
    shape.commit()


def test_short_arcs_are_measured_on_the_circle_of_the_widest() -> None:
    chart = Drawing(ticks=0)
    start, shares = 0.0, (0.25, 0.25, 0.25, 0.17, 0.08)
    colours = [BLUE, RED, (0.2, 0.7, 0.3), (0.9, 0.6, 0.1), (0.5, 0.2, 0.6)]
    names = ["Energy", "Banks", "Water", "Rail", "Roads"]
    for k, (share, colour) in enumerate(zip(shares, colours, strict=True)):
        bent(chart, (180, 110), start, share, colour, flat=1.0 if share == 0.25 else 0.9)
        chart.entry(60 + 70 * k, names[k], colour, block=True)
        start += share
    wanted = {("", n): 100 * s for n, s in zip(names, shares, strict=True)}
    close(values(chart.read()), wanted, 0.5)


def test_the_pale_rest_of_a_gauge_needs_no_name_and_two_pies_are_not_one() -> None:
    chart = Drawing(ticks=0)
    for start, colour in zip((0, 0.25, 0.5, 0.75), (BLUE, *[(0.9, 0.9, 0.9)] * 3), strict=True):
        bent(chart, (130, 110), start, 0.25, colour)
    chart.entry(110, "Northern region", BLUE, block=True)
    assert chart.read().unread == "slices without names"  # three pale ones are no rest
    lone = Drawing(ticks=0)
    bent(lone, (130, 110), 0, 0.25, BLUE)
    rest = lone.page.new_shape()
    rest.draw_sector((130, 110), (170, 110), -270)
    rest.finish(color=None, fill=(0.9, 0.9, 0.9))
    rest.commit()
    lone.entry(110, "Northern region", BLUE, block=True)
    close(values(lone.read()), {("", "Northern region"): 25}, 0.5)
    for start in (0, 0.25, 0.5, 0.75):
        bent(lone, (280, 110), start, 0.25, RED)
    assert not lone.read().readings


def test_a_log_axis() -> None:
    chart = Drawing(ticks=0)
    for power in range(4):
        y = BOTTOM - power * (BOTTOM - TOP) / 3
        chart.line([(LEFT - 4, y), (LEFT, y)], BLACK)
        chart.text(f"{10**power:,}", LEFT - 6, y + 2.9, right=True)
    heights = [5, 50, 500, 30]
    points = [
        (x, BOTTOM - math.log10(v) * (BOTTOM - TOP) / 3)
        for x, v in zip(PLACES, heights, strict=True)
    ]
    chart.line(points, BLUE)
    chart.labels(YEARS, PLACES)
    found = values(chart.read())
    assert [found["", y] for y in YEARS] == pytest.approx(heights, rel=0.03)


def test_a_page_without_a_chart_gives_a_reason() -> None:
    chart = Drawing(ticks=0)
    assert chart.read().unread == "no axis"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("12.5%", (12.5, -2, "%")), ("0.8", (0.8, 0, "")), ("(3)", (-3.0, 0, "")),
        ("−1,200", (-1200.0, 0, "")), ("2019-03", None), ("2013/1/25", None), ("Q1", None),
        ("31/03/21", None), ("12日", None),
    ],
)  # fmt: skip
def test_dates_are_no_amounts(text: str, amount: tuple | None) -> None:
    assert amount_of(text) == amount


def test_the_highest_bar_may_reach_past_the_last_number() -> None:
    chart = Drawing()
    for x, value in zip(PLACES, (12, 88, 40, 116), strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(YEARS, PLACES)
    assert values(chart.read())["", YEARS[3]] == pytest.approx(116, abs=1)


def noisy(chart: Drawing, names: list[str], shift: float = 0.0) -> list[float]:
    """A curve that moves at each of its 61 vertices, every twelfth at a tick with a name."""
    heights = [50 + 40 * math.sin(2.1 * k) for k in range(61)]
    step = (RIGHT - LEFT) / 60
    chart.line([(LEFT + k * step, chart.y(v)) for k, v in enumerate(heights)], BLUE)
    for k, name in enumerate(names):
        x = LEFT + (12 * k + shift) * step
        chart.line([(x, BOTTOM), (x, BOTTOM + 4)], BLACK)
        chart.text(name, x, BOTTOM + 14, middle=True)
    return heights[::12]


def test_a_curve_is_read_at_the_vertices_that_its_labels_stand_at() -> None:
    chart = Drawing()
    years = [f"{2019 + k}" for k in range(6)]
    wanted = noisy(chart, years)
    found = values(chart.read())
    close(found, {("", y): v for y, v in zip(years, wanted, strict=True)}, 0.6)


def test_a_curve_that_moves_beside_its_labels_is_not_read_there() -> None:
    chart = Drawing()
    noisy(chart, [f"{2019 + k}" for k in range(5)], shift=0.4)
    assert not values(chart.read())


def test_a_label_that_stands_twice_names_no_value() -> None:
    chart = Drawing()
    for x, value in zip(PLACES, (12, 88, 40, 63), strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(["Spain", "Italy", "Spain", "Malta"], PLACES)
    close(values(chart.read()), {("", "Italy"): 88, ("", "Malta"): 63}, 0.5)


def test_a_title_in_the_colour_of_an_area_is_not_its_name() -> None:
    chart = Drawing()
    chart.page.insert_text((LEFT, 28), "Chart 3.7", fontsize=12, color=BLUE)
    top = [(x, chart.y(v)) for x, v in zip(PLACES, (20, 80, 50, 70), strict=True)]
    outline = [*top, (PLACES[-1], BOTTOM), (PLACES[0], BOTTOM)]
    chart.page.draw_polyline(outline, color=None, fill=BLUE, closePath=True)
    chart.line(top, BLUE)
    chart.labels(YEARS, PLACES)
    shown = chart.read()
    assert shown.readings and {r.series for r in shown.readings} == {""}


def test_the_lowest_of_a_dense_line_is_named_by_no_label_of_another_month() -> None:
    chart = Drawing()
    months = [LEFT + 10 + 5 * k for k in range(49)]  # labels a year apart
    heights = [60 + (k % 5) for k in range(49)]
    heights[15], heights[24] = 20, 90
    chart.line([(x, chart.y(v)) for x, v in zip(months, heights, strict=True)], BLUE)
    chart.labels([f"Dec {18 + k}" for k in range(5)], months[::12])
    at = {r.point: (r.label, r.value) for r in chart.read().readings}
    assert at["lowest"] == ("", pytest.approx(20, abs=1))  # three months after the label Dec 19
    assert at["highest"] == ("Dec 20", pytest.approx(90, abs=1))
