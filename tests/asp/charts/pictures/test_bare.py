"""Pictures of charts without a value axis: values are read where the marks bear them out."""

from __future__ import annotations

import pytest

from tests.asp.charts.pictures.canvas import (
    BLACK,
    BLUE,
    GOLD,
    GREEN,
    GREY,
    WHITE,
    Canvas,
    told,
)

BASE = 260
YEARS = ["2019", "2020", "2021", "2022"]
VALUES = [120, 150, 90, 180]


def plain(printed: list[str]) -> Canvas:
    """Four bars, one pixel a unit, with what is printed over each."""
    canvas = Canvas()
    for k, (year, value, text) in enumerate(zip(YEARS, VALUES, printed, strict=True)):
        x = 80 + 100 * k
        canvas.box(x - 25, BASE - value, x + 25, BASE, BLUE)
        canvas.word(x, BASE - value - 12, text)
        canvas.word(x, BASE + 20, year)
    return canvas


def test_bars_with_their_values_over_them_need_no_axis() -> None:
    shown = plain(["120", "150", "90", "180"]).read()
    assert told(shown) == dict(zip([("", y) for y in YEARS], VALUES, strict=True))
    assert {r.how for r in shown.readings} == {"printed"}


def test_a_number_that_its_bar_does_not_bear_out_is_no_value() -> None:
    shown = plain(["120", "160", "90", "180"]).read()
    assert told(shown) == {("", "2019"): 120, ("", "2021"): 90, ("", "2022"): 180} or not told(
        shown
    )
    assert not told(plain(["720", "150", "60", "180"]).read())


def test_a_dollar_that_was_read_as_a_letter_is_one() -> None:
    canvas = plain(["$120", "$150", "$90", "$180"])
    canvas.words = [(q, "S90" if t == "$90" else t, s) for q, t, s in canvas.words]
    assert told(canvas.read())["", "2021"] == 90
    for text in ("$120", "$150", "$180"):  # none that has one: no letter is changed
        canvas.words = [(q, "S" + t[1:] if t == text else t, s) for q, t, s in canvas.words]
    assert not told(canvas.read())


def stacked() -> Canvas:
    """Two parts in each of two bars with their numbers in them, a total over each, a legend."""
    canvas = Canvas()
    for x, low, high in ((150, 150, 40), (330, 120, 60)):
        canvas.box(x - 40, BASE - low, x + 40, BASE, BLUE)
        canvas.box(x - 40, BASE - low - high, x + 40, BASE - low, GOLD)
        canvas.word(x, BASE - low // 2, str(low), WHITE)
        canvas.word(x, BASE - low - high // 2, str(high))
        canvas.word(x, BASE - low - high - 12, str(low + high))
    canvas.word(150, BASE + 20, "Q2 2023")
    canvas.word(330, BASE + 20, "Q2 2022")
    for x, colour, name in ((60, BLUE, "Services"), (240, GOLD, "Products")):
        canvas.box(x, 310, x + 12, 322, colour)
        canvas.word(x + 55, 316, name)
    return canvas


def test_the_parts_of_stacks_have_their_numbers_and_the_totals_are_none_of_them() -> None:
    assert told(stacked().read()) == {
        ("Services", "Q2 2023"): 150, ("Services", "Q2 2022"): 120,
        ("Products", "Q2 2023"): 40, ("Products", "Q2 2022"): 60,
    }  # fmt: skip


def test_stacks_without_a_legend_are_not_read() -> None:
    canvas = stacked()
    canvas.image[300:] = 255
    canvas.words = [w for w in canvas.words if w[1] not in ("Services", "Products")]
    assert not canvas.read().readings


def test_a_line_that_crosses_bars_does_not_cut_them() -> None:
    canvas = plain(["120", "150", "90", "180"])
    canvas.line([80, 180, 280, 380], [250, 240, 230, 248], GREY)
    canvas.box(200, 310, 212, 322, BLUE)
    canvas.word(250, 316, "Sales")
    assert told(canvas.read()) == {("Sales", y): v for y, v in zip(YEARS, VALUES, strict=True)}


def bridge(last: str = "$1,060") -> Canvas:
    """A bridge whose whole bars are cut off below: 1,000 and 100, -60, 20 more are 1,060."""
    canvas = Canvas(600)
    parts = [("2020", "$1,000", 200, 260, GREY), ("Sales", "$100", 150, 200, BLUE),
             ("Costs", "($60)", 150, 180, GREEN), ("Other", "$20", 170, 180, BLUE),
             ("2021", last, 170, 260, GREY)]  # fmt: skip
    for k, (label, text, top, bottom, colour) in enumerate(parts):
        x = 70 + 110 * k
        canvas.box(x - 40, top, x + 40, bottom, colour)
        canvas.word(x, bottom + 12 if text[0] == "(" else top - 12, text)
        canvas.word(x, 285, label)
    return canvas


def test_a_bridge_is_read_where_its_numbers_add_up() -> None:
    assert told(bridge().read()) == {
        ("", "2020"): 1000, ("", "Sales"): 100, ("", "Costs"): -60, ("", "Other"): 20,
        ("", "2021"): 1060,
    }  # fmt: skip
    assert not bridge("$1,960").read().readings


@pytest.mark.parametrize("wrong", [None, "81"])
def test_a_line_with_its_values_at_its_points_needs_no_axis(wrong: str | None) -> None:
    canvas = Canvas(560)
    at = [70, 170, 270, 370, 470]
    values = [124, 118, 121, 111, 116]
    heights = [380 - 2 * v for v in values]
    canvas.line(at, heights, BLUE)
    for k, (x, y, value) in enumerate(zip(at, heights, values, strict=True)):
        canvas.word(x, y - 14, f"{value}%", read=f"{wrong}%" if wrong and k == 2 else "")
        canvas.word(x, 300, f"Q{k + 1}")
    canvas.box(40, 280, 520, 281, BLACK)
    found = told(canvas.read())
    right = {("", f"Q{k + 1}"): v for k, v in enumerate(values) if not (wrong and k == 2)}
    assert found == right


def test_numbers_that_no_bar_was_found_for_leave_the_picture_unread() -> None:
    canvas = plain([str(v) for v in VALUES])
    for k in range(len(YEARS)):  # pale parts over the bars: their colour is not found
        canvas.word(80 + 100 * k, 40, str(30 + k))
        canvas.word(80 + 100 * k, 20, str(400 + k))
    assert not told(canvas.read())
