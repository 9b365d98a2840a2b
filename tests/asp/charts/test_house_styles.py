"""What charts show in the styles of houses: each way of labelling a plot on its own."""

import math

import pymupdf
import pytest

from finlmm_utils.asp.charts.drawn.cells import page_cells
from finlmm_utils.asp.charts.pies import _name_and_share
from tests.asp.charts.drawing import BLACK, BLUE, BOTTOM, LEFT, RED, RIGHT, TOP, Drawing, values

PLACES = [80.0 + 32 * k for k in range(8)]
QUARTERS = ["Q1", "Q2", "Q3", "Q4"]
HEIGHTS = [20, 35, 60, 45, 70, 30, 55, 80]


def slanted(chart: Drawing, words: str, x: float, y: float) -> None:
    """Writes words that climb at 45 degrees and end at (x, y)."""
    wide = pymupdf.get_text_length(words, fontsize=8)
    start = pymupdf.Point(x - wide * math.cos(math.pi / 4), y + wide * math.sin(math.pi / 4))
    chart.page.insert_text(start, words, fontsize=8, morph=(start, pymupdf.Matrix(45)))


def test_numbers_moved_to_end_with_their_axis_stand_at_its_ticks() -> None:
    chart = Drawing(ticks=0)
    for k in range(5):
        x = 100 + 50 * k
        chart.line([(x, TOP), (x, BOTTOM)], BLACK)
        move = {0: 5, 4: -8}.get(k, 0)
        chart.text(f"{25 * k}%", x + move, BOTTOM + 12, middle=True)
    for k, (name, value) in enumerate({"Oslo": 90, "Bergen": 30, "Narvik": 62}.items()):
        y = 60 + 45 * k
        chart.page.draw_rect((100, y, 100 + 2 * value, y + 20), color=None, fill=BLUE)
        chart.text(name, 95, y + 13, right=True)
    found = values(chart.read())
    assert found["", "Oslo"] == pytest.approx(90, abs=1)
    assert found["", "Narvik"] == pytest.approx(62, abs=1)


@pytest.mark.parametrize("where", ["after", "before", "middle"])
def test_a_staircase_shows_the_level_of_each_label(where: str) -> None:
    chart = Drawing()
    heights = [chart.y(v) for v in HEIGHTS]
    points = []
    for k, (x, y) in enumerate(zip(PLACES, heights, strict=True)):
        if where == "middle":
            points += [(x - 16, y), (x + 16, y)]
        elif where == "after":
            points += [(x, heights[k - 1])] * (k > 0) + [(x, y)]
        else:
            points += [(x, y)] + [(x, after) for after in heights[k + 1 : k + 2]]
    chart.line(points, BLUE)
    chart.labels([str(2010 + k) for k in range(8)], PLACES)
    found = values(chart.read())
    for k, value in enumerate(HEIGHTS):
        assert found["", str(2010 + k)] == pytest.approx(value, abs=1)


def test_a_staircase_that_jumps_at_both_ends_shows_nothing_at_its_jumps() -> None:
    chart = Drawing()
    points = [(PLACES[0], chart.y(10))]
    for x, value in zip(PLACES, HEIGHTS, strict=True):
        points += [(x, points[-1][1]), (x, chart.y(value))]
    chart.line(points[1:], BLUE)
    chart.labels([str(2010 + k) for k in range(8)], PLACES)
    found = values(chart.read())
    assert not {label for _, label in found} & {str(2010 + k) for k in range(1, 7)}


def test_slanted_labels_that_end_at_bars_are_not_taken_to_the_ticks_between_them() -> None:
    chart = Drawing()
    for x in [PLACES[0] - 16, *(x + 16 for x in PLACES)]:
        chart.line([(x, TOP), (x, BOTTOM)], BLACK)
    names = [f"{5 * k}-{5 * k + 5} per cent" for k in range(8)]
    for x, name, value in zip(PLACES, names, HEIGHTS, strict=True):
        chart.bar(x, value, BLUE, wide=30)
        slanted(chart, name, x + 3, BOTTOM + 8)
    found = values(chart.read())
    assert found == {("", n): pytest.approx(v, abs=1) for n, v in zip(names, HEIGHTS, strict=True)}


def test_numbers_left_of_negative_bars_are_not_their_names() -> None:
    chart = Drawing(ticks=0)
    for value in (-50, 0, 50, 100):
        chart.text(str(value), 200 + value, 212, middle=True)
        chart.line([(200 + value, 200), (200 + value, 203)], BLACK)
    for k, (name, value) in enumerate({"Oslo": 90, "Bergen": -30, "Narvik": 62}.items()):
        y = 60 + 45 * k
        ends = sorted((200, 200 + value))
        chart.page.draw_rect((ends[0], y, ends[1], y + 20), color=None, fill=BLUE)
        chart.text(name, 140, y + 13, right=True)
        chart.text(str(value), 200 + value + math.copysign(3, value), y + 13, right=value < 0)
    assert values(chart.read()) == {("", "Oslo"): 90, ("", "Bergen"): -30, ("", "Narvik"): 62}


def test_names_in_the_colours_of_lines_are_theirs_where_they_were_moved_apart() -> None:
    chart = Drawing()
    for colour, last in ((BLUE, 50), (RED, 53)):
        points = [(x, chart.y(last - k)) for k, x in enumerate(reversed(PLACES))][::-1]
        chart.line(points, colour)
        for x, y in points:
            chart.page.draw_rect((x - 2, y - 2, x + 2, y + 2), color=None, fill=colour)
    for name, colour, y in (("Fund", BLUE, chart.y(53)), ("Index", RED, chart.y(45))):
        chart.page.insert_text((PLACES[-1] + 5, y + 3), name, fontsize=8, color=colour)
    chart.labels([str(2010 + k) for k in range(8)], PLACES)
    found = values(chart.read())
    assert found["Fund", "2017"] == pytest.approx(50, abs=1)
    assert found["Index", "2017"] == pytest.approx(53, abs=1)


@pytest.mark.parametrize("sizes", [(4, 4), (1, 4, 3), (8,)], ids=str)
def test_quarters_have_the_year_that_stands_under_their_middle(sizes: tuple[int, ...]) -> None:
    chart = Drawing()
    quarters = ["Q4"] * (sizes[0] == 1) + QUARTERS * 2
    names = quarters[:8] if len(sizes) > 1 else [f"P{k + 1}" for k in range(8)]
    for x, value in zip(PLACES, HEIGHTS, strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(names, PLACES)
    wanted, first = [], 0
    for k, size in enumerate(sizes):
        group = PLACES[first : first + size]
        chart.text(str(2021 + k), (group[0] + group[-1]) / 2, BOTTOM + 26, middle=True)
        wanted += [f"{name} {2021 + k}" for name in names[first : first + size]]
        first += size
    found = values(chart.read())
    assert found == {("", n): pytest.approx(v, abs=1) for n, v in zip(wanted, HEIGHTS, strict=True)}


def test_years_that_stand_under_the_first_quarters_are_of_the_next_ones_too() -> None:
    chart = Drawing()
    for x, value in zip(PLACES, HEIGHTS, strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(QUARTERS * 2, PLACES)
    for year, x in (("2021", PLACES[0]), ("2022", PLACES[4])):
        chart.text(year, x, BOTTOM + 26, middle=True)
    found = values(chart.read())
    assert found["", "Q3 2021"] == pytest.approx(60, abs=1)
    assert found["", "Q2 2022"] == pytest.approx(30, abs=1)


def test_the_highest_number_of_an_axis_may_have_no_grid_line() -> None:
    chart = Drawing(ticks=0)
    for k in range(4):
        chart.text(f"{k},000", LEFT - 6, chart.y(30 * k) + 3, right=True)
        if k < 3:
            chart.line([(LEFT, chart.y(30 * k)), (RIGHT, chart.y(30 * k))], BLACK)
    heights = (88, 76, 82, 70, 84, 71)
    places = [LEFT + 2 + 39 * k for k in range(6)]
    chart.line([(x, chart.y(v)) for x, v in zip(places, heights, strict=True)], BLUE)
    chart.labels([str(2010 + k) for k in range(6)], places)
    assert values(chart.read())["", "2010"] == pytest.approx(88 / 30 * 1000, abs=20)


def test_each_quarter_may_have_its_own_year_under_it() -> None:
    chart = Drawing()
    for x, value in zip(PLACES, HEIGHTS, strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(QUARTERS * 2, PLACES)
    for k, x in enumerate(PLACES):
        chart.text(str(2021 + k // 4), x, BOTTOM + 22, middle=True)
    assert [label for _, label in values(chart.read())][:5] == [
        "Q1 2021", "Q2 2021", "Q3 2021", "Q4 2021", "Q1 2022",
    ]  # fmt: skip


def test_quarters_that_come_again_without_years_name_nothing() -> None:
    chart = Drawing()
    for x, value in zip(PLACES[:5], HEIGHTS[:5], strict=True):
        chart.bar(x, value, BLUE)
    chart.labels([*QUARTERS, "Q1"], PLACES[:5])
    assert not values(chart.read())


def test_quarters_whose_years_stand_elsewhere_are_not_read() -> None:
    chart = Drawing()
    for x, value in zip(PLACES, HEIGHTS, strict=True):
        chart.bar(x, value, BLUE)
    chart.labels(QUARTERS * 2, PLACES)
    for year, x in (("2021", PLACES[1]), ("2022", PLACES[6])):
        chart.text(year, x, BOTTOM + 26, middle=True)
    assert not values(chart.read())


@pytest.mark.parametrize("side", ["left", "right"])
def test_numbers_that_stand_on_their_grid_lines_tell_the_lines_values(side: str) -> None:
    chart = Drawing(ticks=0)
    for value in range(0, 101, 25):
        chart.line([(LEFT, chart.y(value)), (RIGHT, chart.y(value))], BLACK)
        x = LEFT if side == "left" else RIGHT
        chart.text(str(value), x, chart.y(value) - 2, right=side == "right")
    places = [LEFT + 2 + 39 * k for k in range(8)]
    chart.line([(x, chart.y(v)) for x, v in zip(places, HEIGHTS, strict=True)], BLUE)
    chart.labels([str(2010 + k) for k in range(8)], places)
    found = values(chart.read())
    assert found["", "2012"] == pytest.approx(60, abs=1)
    assert found["", "2017"] == pytest.approx(80, abs=1)


def test_a_value_in_a_bar_that_reads_as_a_year_is_no_word_of_the_legend() -> None:
    chart = Drawing(top=40_000, ticks=4)
    for k, x in enumerate(PLACES):
        chart.bar(x, 20_000, BLUE, wide=28)
        chart.bar(x, 2031 + k, RED, wide=28, base=20_000)
        chart.text(str(2031 + k), x, chart.y(20_300), middle=True)
    chart.entry(100, "Services", BLUE, block=True)
    chart.entry(200, "Hardware", RED, block=True)
    chart.labels(["A", "B", "C", "D", "E", "F", "G", "H"], PLACES)
    found = values(chart.read())
    assert found["Services", "C"] == pytest.approx(20_000, abs=200)
    assert found["Hardware", "C"] == pytest.approx(2033, abs=200)


@pytest.mark.parametrize("row", ["17Q1 17Q2 17Q3", "Jun-23Jul-23Aug-23", "2024F2025F"])
def test_periods_that_touch_are_labels_of_their_own(row: str) -> None:
    page = pymupdf.open().new_page(width=300, height=100)
    page.insert_text((50, 50), row, fontsize=8)
    found = [c.text for c in page_cells(page)]
    assert "".join(found) == row.replace(" ", "") and len(found) == (2 if "F" in row else 3)


def test_lines_lead_from_slices_to_their_words_and_are_no_legend() -> None:
    chart = Drawing(ticks=0)
    x, y, radius, start = 200.0, 130.0, 40.0, 90.0
    for share, name, colour in ((50, "Oslo", BLUE), (30, "Bergen", RED), (20, "Narvik", BLACK)):
        middle = math.radians(start - 1.8 * share)
        first = (x + radius * math.cos(math.radians(start)),
                 y - radius * math.sin(math.radians(start)))  # fmt: skip
        chart.page.draw_sector((x, y), first, -3.6 * share, color=None, fill=colour)
        start -= 3.6 * share
        across, down = math.cos(middle), -math.sin(middle)
        side = math.copysign(1, across)
        rim = (x + radius * across, y + radius * down)
        knee = (x + (radius + 20) * across, y + (radius + 20) * down)
        chart.line([rim, knee, (knee[0] + 22 * side, knee[1])], BLACK)
        chart.text(name, knee[0] + 25 * side, knee[1] + 3, right=side < 0)
    found = values(chart.read())
    assert found == {("", n): pytest.approx(v, abs=1) for n, v in
                     (("Oslo", 50), ("Bergen", 30), ("Narvik", 20))}  # fmt: skip


@pytest.mark.parametrize("words", ["18-24 15%", "18–24, 15%", "18-24 (15%)"])
def test_a_class_of_ages_is_the_name_of_a_slice(words: str) -> None:
    name, share = _name_and_share(words)
    assert name.startswith(words[:5]) and len(name) == 5 and share == 15


def test_long_words_beside_a_small_slice_name_it() -> None:
    chart = Drawing(ticks=0)
    x, y, radius, start = 200.0, 130.0, 40.0, 90.0
    shares = {"Oslo": (37, BLUE), "Bergen": (26, RED), "Narvik": (24, BLACK),
              "Operating cash flow of all": (13, (0.2, 0.6, 0.3))}  # fmt: skip
    for name, (share, colour) in shares.items():
        middle = math.radians(start - 1.8 * share)
        first = (x + radius * math.cos(math.radians(start)),
                 y - radius * math.sin(math.radians(start)))  # fmt: skip
        chart.page.draw_sector((x, y), first, -3.6 * share, color=None, fill=colour)
        start -= 3.6 * share
        across, down = math.cos(middle), -math.sin(middle)
        place = (x + (radius + 5) * across, y + (radius + 5) * down + 3)
        chart.text(name, *place, right=across < 0)
    found = values(chart.read())
    assert found == {("", n): pytest.approx(v, abs=1) for n, (v, _) in shares.items()}


def test_pieces_of_one_colour_over_the_labels_are_no_legend() -> None:
    chart = Drawing()
    for k, (x, value) in enumerate(zip(PLACES, HEIGHTS, strict=True)):
        chart.bar(x, value, BLUE)
        chart.line([(x - 8, BOTTOM + 3), (x + 8, BOTTOM + 3)], BLUE)
        chart.text(f"{2010 + k}A", x, BOTTOM + 14, middle=True)
    chart.text("Source: company reports", LEFT, 250)
    found = values(chart.read())
    assert found == {("", f"{2010 + k}A"): pytest.approx(v, abs=1) for k, v in enumerate(HEIGHTS)}


GREEN = (0.2, 0.6, 0.3)
SLICES = {"Oslo": (53, BLUE), "Bergen": (29, RED), "Narvik": (13, BLACK), "Bodø": (5, GREEN)}


@pytest.mark.parametrize("form", ["{}, {}%", "{} {}%", "{} ({}%)", "{}: {}%"])
@pytest.mark.parametrize("ring", [False, True], ids=["pie", "donut"])
def test_slices_of_straight_sides_are_slices_and_a_title_is_none_of_their_names(
    form: str, ring: bool
) -> None:
    chart = Drawing(ticks=0)
    x, y, radius, start = 200.0, 130.0, 50.0, 0.3
    for name, (share, colour) in SLICES.items():
        turn = 2 * math.pi * share / 100
        count = max(round(turn / 0.06), 2)
        angles = [start + turn * k / count for k in range(count + 1)]
        rim = [(x + radius * math.cos(a), y + radius * math.sin(a)) for a in angles]
        hole = [(x + 25 * math.cos(a), y + 25 * math.sin(a)) for a in reversed(angles)]
        corners = [*rim, *(hole if ring else [(x, y)])]
        chart.page.draw_polyline(corners, color=(1, 1, 1), fill=colour, closePath=True)
        middle = start + turn / 2
        place = (x + 57 * math.cos(middle), y + 57 * math.sin(middle) + 3)
        chart.text(form.format(name, share), *place, right=math.cos(middle) < 0)
        start += turn
    chart.page.insert_text((165, 62), "Orders by town", fontsize=10)
    found = values(chart.read())
    assert found == {("", n): float(share) for n, (share, _) in SLICES.items()}


def test_a_half_circle_of_straight_sides_is_no_pie() -> None:
    chart = Drawing(ticks=0)
    for k, (name, colour) in enumerate((("Low", BLUE), ("Medium", RED), ("High", BLACK))):
        angles = [math.pi * (1 + (k + j / 12) / 3) for j in range(13)]
        rim = [(200 + 60 * math.cos(a), 150 + 60 * math.sin(a)) for a in angles]
        chart.page.draw_polyline([*rim, (200, 150)], fill=colour, closePath=True)
        chart.text(name, 200 + 70 * math.cos(angles[6]), 150 + 70 * math.sin(angles[6]))
    assert not chart.read().readings
