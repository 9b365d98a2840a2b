"""Bars that float, stand on stems, or have their numbers in their middles."""

from __future__ import annotations

import pytest

from tests.asp.charts.drawing import BLACK, BLUE, BOTTOM, LEFT, RED, RIGHT, Drawing, values

STEPS = ["Start", "Price", "Volume", "Costs", "FX", "End"]
CHANGES = (60, 15, -20, 10, -8, 57)  # the first and the last are whole
PLACES = [90.0, 135.0, 180.0, 225.0, 270.0, 315.0]
GREEN = (0.2, 0.6, 0.3)


def bridge(chart: Drawing, printed: bool = True, apart: float = 0.0) -> None:
    """Bars of a bridge, each where the one before it ends (or apart from it)."""
    level = 0.0
    for k, (x, change) in enumerate(zip(PLACES, CHANGES, strict=True)):
        whole = k in (0, len(CHANGES) - 1)
        base = 0.0 if whole else level + apart * k
        chart.bar(x, change, BLUE if whole else GREEN if change > 0 else RED, base=base)
        level = change if whole else level + change
        if printed:
            words = f"{change}" if whole else f"{change:+d}"
            chart.text(words, x, chart.y(max(base, base + change)) - 3, middle=True)
    chart.labels(STEPS, PLACES)


@pytest.mark.parametrize("ticks", [5, 0], ids=["axis", "no axis"])
def test_the_steps_of_a_bridge_are_changes(ticks: int) -> None:
    chart = Drawing(ticks=ticks)
    bridge(chart)
    chart.line([(LEFT, BOTTOM), (RIGHT, BOTTOM)], BLACK)
    found = values(chart.read())
    assert found == {("", step): change for step, change in zip(STEPS, CHANGES, strict=True)}


def test_the_steps_of_a_bridge_are_measured_on_its_axis() -> None:
    chart = Drawing()
    bridge(chart, printed=False)
    shown = chart.read()
    found = values(shown)
    assert [found["", step] for step in STEPS] == pytest.approx(CHANGES, abs=1)
    assert all(r.how == "axis" for r in shown.readings)


def test_bars_that_float_apart_from_each_other_are_refused() -> None:
    chart = Drawing()
    bridge(chart, printed=False, apart=3.0)
    shown = chart.read()
    assert not shown.readings and "base" in shown.unread


@pytest.mark.parametrize("ticks", [5, 0], ids=["axis", "no axis"])
def test_stems_with_dots_are_bars(ticks: int) -> None:
    chart = Drawing(ticks=ticks)
    wanted = dict(zip(STEPS, (60, 15, 20, 80, 8, 57), strict=True))
    for x, value in zip(PLACES, wanted.values(), strict=True):
        chart.line([(x, BOTTOM), (x, chart.y(value))], BLUE)
        chart.page.draw_circle((x, chart.y(value)), 3.5, color=None, fill=BLUE)
        chart.text(f"{value}", x, chart.y(value) - 6, middle=True)
    chart.labels(STEPS, PLACES)
    found = values(chart.read())
    assert found == {("", step): value for step, value in wanted.items()}


def test_a_line_with_dots_at_both_ends_of_a_piece_is_no_stem() -> None:
    chart = Drawing()
    for x, (low, high) in zip(PLACES, [(10, 40), (20, 60), (15, 30)] * 2, strict=True):
        chart.line([(x, chart.y(low)), (x, chart.y(high))], BLACK)
        for value, colour in ((low, BLUE), (high, RED)):
            chart.page.draw_circle((x, chart.y(value)), 3, color=None, fill=colour)
    chart.labels(STEPS, PLACES)
    assert not chart.read().readings


def stacks(chart: Drawing, told: int, lie: bool = False) -> dict:
    """Two series on each other without an axis, the first `told` numbers in their middles."""
    wanted = {}
    lows, highs = (30, 12, 40, 22, 35, 26), (40, 35, 30, 50, 20, 44)
    for k, (x, low, high) in enumerate(zip(PLACES, lows, highs, strict=True)):
        for name, value, base, colour in (("Loans", low, 0, BLUE), ("Bonds", high, low, RED)):
            chart.bar(x, value, colour, base=base)
            wanted[name, STEPS[k]] = value
            if 2 * k < told:
                printed = 2 * value if lie and k == 1 else value
                chart.text(f"{printed}", x, chart.y(base + value / 2) + 3, middle=True)
    chart.labels(STEPS, PLACES)
    chart.entry(100, "Loans", BLUE, block=True)
    chart.entry(200, "Bonds", RED, block=True)
    return wanted


def test_numbers_in_the_middles_of_stacked_bars_are_theirs_down_to_the_lowest() -> None:
    chart = Drawing(ticks=0)
    wanted = stacks(chart, 12)
    assert values(chart.read()) == wanted


def test_a_bar_without_a_number_is_told_by_the_others() -> None:
    chart = Drawing(ticks=0)
    wanted = stacks(chart, 8)
    shown = chart.read()
    found = values(shown)
    assert found.keys() == wanted.keys()
    for key, value in wanted.items():
        assert found[key] == pytest.approx(value, abs=1), key
    assert sum(r.how == "shape" and r.tolerance > 0 for r in shown.readings) == 4


def test_bars_tell_nothing_of_others_where_a_number_contradicts_them() -> None:
    chart = Drawing(ticks=0)
    stacks(chart, 10, lie=True)
    assert all(r.how == "printed" for r in chart.read().readings)


@pytest.mark.parametrize("radius", [0.15, 0.5], ids=["corners", "ends"])
def test_bars_with_round_corners_are_bars(radius: float) -> None:
    chart = Drawing()
    wanted = dict(zip(STEPS, (60, 35, 40, 80, 28, 57), strict=True))
    for x, value in zip(PLACES, wanted.values(), strict=True):
        box = (x - 10, chart.y(value), x + 10, BOTTOM)
        low = radius * 20 / min(20, BOTTOM - chart.y(value))
        chart.page.draw_rect(box, color=None, fill=BLUE, radius=low)
    chart.labels(STEPS, PLACES)
    found = values(chart.read())
    assert [found["", step] for step in STEPS] == pytest.approx(list(wanted.values()), abs=1)


def test_a_track_under_each_bar_is_no_series() -> None:
    chart = Drawing(ticks=0)
    for x, value in zip(PLACES, CHANGES, strict=True):
        chart.bar(x, 90, (0.9, 0.9, 0.9))
        chart.bar(x, abs(value), BLUE)
        chart.text(f"{abs(value)}%", x, chart.y(abs(value)) - 3, middle=True)
    chart.labels(STEPS, PLACES)
    found = values(chart.read())
    assert found == {("", step): abs(v) for step, v in zip(STEPS, CHANGES, strict=True)}


def test_numbers_on_bars_are_no_axis() -> None:
    chart = Drawing(ticks=0)
    wanted = dict(zip(STEPS, (60, 50, 40, 30, 20, 10), strict=True))
    for k, (step, value) in enumerate(wanted.items()):
        y = 50 + 25 * k
        chart.page.draw_rect((90, y, 90 + 4 * value, y + 16), color=None, fill=BLUE)
        chart.text(f"{value}", 95, y + 11)
        chart.text(step, 85, y + 11, right=True)
    assert values(chart.read()) == {("", step): value for step, value in wanted.items()}


def test_a_step_of_next_to_nothing_breaks_no_bridge() -> None:
    chart = Drawing()
    level, changes = 0.0, (60.0, 15.0, -0.2, 10.0, -28.0, 56.8)
    for k, (x, change) in enumerate(zip(PLACES, changes, strict=True)):
        base = 0.0 if k in (0, 5) else level
        chart.bar(x, change, BLUE if change > 0 else RED, base=base)
        level = base + change
    chart.labels(STEPS, PLACES)
    found = values(chart.read())
    assert [found["", step] for step in STEPS] == pytest.approx(changes, abs=0.5)


def test_a_bridge_of_two_whole_bars_stands_on_the_end_of_its_axis() -> None:
    chart = Drawing(ticks=0)
    for k in range(6):  # its numbers stand a little over the lines that they mean
        chart.text(f"{50 + 10 * k}", LEFT - 6, chart.y(20 * k) + 1.5, right=True)
    bridge(chart, printed=False)
    found = values(chart.read())
    wanted = [50 + 60 / 2, 7.5, -10, 5, -4, 50 + 57 / 2]
    assert [found["", step] for step in STEPS] == pytest.approx(wanted, abs=1)


LINE = (70, 95, 78, 60, 84, 66)  # per cent, drawn on a scale of its own: no axis shows it
BARS = (36.1, 41.8, 27.4, 33.6, 40.3, 30.2)


@pytest.mark.parametrize("told", ["colour", "unit"])
def test_bars_and_a_line_each_have_their_printed_numbers(told: str) -> None:
    chart = Drawing(top=50, ticks=0)
    points = [(x, 190 - 1.5 * v) for x, v in zip(PLACES, LINE, strict=True)]
    for x, value in zip(PLACES, BARS, strict=True):
        chart.bar(x, value, BLUE)
        chart.text(f"{value}", x, chart.y(value) - 2, middle=True)
    chart.line(points, RED)
    for (x, y), value in zip(points, LINE, strict=True):
        words = f"{value}%" if told == "unit" else f"{value}"
        wide = 2.2 * len(words)
        colour = RED if told == "colour" else BLACK
        chart.page.insert_text((x - wide, y - 2), words, fontsize=8, color=colour)
    chart.entry(90, "Cash flow", BLUE, block=True)
    chart.entry(220, "Conversion", RED)
    chart.labels(STEPS, PLACES)
    shown = chart.read()
    found = values(shown)
    assert [found["Cash flow", s] for s in STEPS] == list(BARS)
    assert [found["Conversion", s] for s in STEPS] == list(LINE)
    assert {r.how for r in shown.readings} == {"printed"}
