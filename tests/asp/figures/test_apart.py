"""Charts whose pieces stand apart: bars on tracks, stems, steps of a funnel, ticks beyond them."""

import numpy as np
import pytest

from finlmm_utils.asp.figures.bars import bar_rows
from finlmm_utils.asp.page.boxes import inside
from finlmm_utils.asp.page.paths import FILL, Marks
from tests.asp.figures.drawn import (
    BLUE,
    GREY,
    PROSE,
    bars,
    curve,
    figures,
    new_page,
    paragraph,
    write,
)

NAMES = ("Energy", "Materials", "Utilities", "Retail", "Banks")
PALE = (0.85, 0.85, 0.85)


def scale(page, x0, y, step, count=5):
    """Numbers of a level axis, one every `step` points."""
    for k in range(count):
        write(page, x0 + step * k - 4, y, f"{20 * k}", 7)


def test_bars_on_their_tracks_are_one_chart():
    page = new_page()
    for k, name in enumerate(NAMES[:4]):
        y = 120 + 56 * k
        write(page, 78, y + 20, name, 8)
        for share, colour in ((1.0, PALE), (0.7, GREY)):
            page.draw_rect((120, y, 120 + 200 * share, y + 36), color=None, fill=colour)
        page.draw_rect((120, y + 12, 180 + 25 * k, y + 24), color=None, fill=BLUE)
        page.draw_line((270, y + 4), (270, y + 32), color=(0, 0, 0), width=1.5)
    scale(page, 120, 338, 50)
    (figure,) = figures(page)
    assert inside((78, 120, 320, 338), figure.box, 0.95)


@pytest.mark.parametrize("both", [False, True], ids=["lollipops", "spans"])
def test_stems_with_dots_are_one_chart(both):
    page = new_page()
    for k, name in enumerate(NAMES):
        y, end = 130 + 30 * k, 180 + (k * 37) % 110
        write(page, 78, y + 3, name, 8)
        page.draw_line((120, y), (end, y), color=BLUE)
        page.draw_circle((end, y), 3.5, color=None, fill=BLUE)
        if both:
            page.draw_circle((120, y), 3.5, color=None, fill=GREY)
        write(page, end + 8, y + 3, f"{12 + 7 * k}", 8)
    found = [f for f in figures(page) if inside((78, 126, 262, 254), f.box, 0.9)]
    assert len(found) == (0 if both else 1)


def test_the_numbers_of_an_axis_go_on_beyond_the_bars():
    page = new_page()
    for k, name in enumerate(NAMES):
        y = 120 + 28 * k
        write(page, 60, y + 12, name, 8)
        page.draw_rect((110, y, 180 + 6 * k, y + 18), color=None, fill=BLUE)
    page.draw_line((110, 116), (110, 256), color=GREY)
    scale(page, 110, 270, 40)
    (figure,) = figures(page)
    assert figure.box[2] > 273, "the last number of the axis is in the crop"


def test_the_numbers_of_an_axis_at_the_foot_of_a_page_are_no_page_numbers():
    page = new_page()
    for k, name in enumerate(NAMES):
        y = 590 + 30 * k
        write(page, 60, y + 12, name, 8)
        page.draw_rect((110, y, 200 + 20 * k, y + 20), color=None, fill=BLUE)
    scale(page, 110, 757, 45)
    (figure,) = figures(page)
    assert figure.box[3] > 755 and "80" in figure.inner_text


@pytest.mark.parametrize("shrinks", [True, False], ids=["funnel", "table"])
def test_a_funnel_is_no_table(shrinks):
    page = new_page()
    page.draw_rect((55, 92, 330, 118), color=None, fill=GREY)
    write(page, 60, 108, "From first call to contract", 9, bold=True)
    for k, name in enumerate(("Leads", "Qualified", "Proposals", "Talks", "Signed")):
        half, y = (100 - 17 * k) if shrinks else 100, 120 + 34 * k
        page.draw_rect((220 - half, y, 220 + half, y + 31), color=None, fill=BLUE)
        write(page, 60, y + 18, name, 8)
        write(page, 212, y + 18, f"{1200 - 250 * k:,}", 8)
    found = [f for f in figures(page) if f.kind == "vector"]
    assert len(found) == shrinks


@pytest.mark.parametrize("size", [11, 9], ids=["message", "text"])
def test_a_message_over_two_lines_is_the_title_where_it_is_set_larger_than_the_text(size):
    page = new_page()
    for k in range(3):
        paragraph(page, 60, 80 + 60 * k, 4)
    write(page, 60, 312 - size, "Sales fell in all of the regions of the group, the most", size)
    write(page, 60, 312, "in the second half", size)
    write(page, 60, 325, "Per cent", 7)
    bars(page, 80, 460, (90, 110, 75, 60, 80, 95), labels=False)
    for k in range(4):
        write(page, 62, 463 - 35 * k, f"{10 * k}", 7)
    (figure,) = figures(page)
    assert figure.title.startswith("Sales fell") == (size == 11)
    assert PROSE not in figure.inner_text


def panels(page, numbered=True):
    """Two charts side by side with the ticks of one axis between, under titles of their own."""
    for k, x in enumerate((60.0, 269.0)):
        number = f"{k + 1}. " if numbered else ""
        write(page, x + 4, 90, f"{number}Sales of {('fuel', 'power')[k]}", 9, bold=True)
        for j, height in enumerate((60, 85, 40)):
            left = x + 24 + 60 * j
            page.draw_rect((left, 200 - height, left + 36, 200), color=None, fill=BLUE)
            write(page, left + 6, 212, f"20{20 + j}", 7)
        page.draw_line((x + 10, 200), (x + 205, 200), color=GREY)
        for j, name in enumerate(("Coal", "Gas") * k):
            page.draw_rect((x + 10, 104 + 12 * j, x + 16, 110 + 12 * j), color=None, fill=BLUE)
            write(page, x + 20, 110 + 12 * j, name, 7)
        for j in range(4):
            for at in (x + 10, x + 202):
                page.draw_line((at, 200 - 30 * j), (at + 3, 200 - 30 * j), color=GREY)
            write(page, (46, 478)[k], 203 - 30 * j, f"{10 * j}", 7)


def test_panels_with_numbered_titles_side_by_side_are_charts_of_their_own():
    page = new_page()
    panels(page)
    left, right = figures(page)
    assert left.box[2] < 279 and right.box[0] > 255
    assert (left.title, right.title) == ("1. Sales of fuel", "2. Sales of power")


def test_two_plots_under_one_numbered_title_are_one_chart():
    page = new_page()
    for k, x in enumerate((60, 330)):
        write(page, x, 90, f"{k + 1}. Yields of {('long', 'short')[k]} bonds", 9, bold=True)
    curve(page, 60, 100, 200, 70, years=False)
    curve(page, 60, 200, 120, 70)
    curve(page, 330, 100, 200, 170)
    left, right = figures(page)
    assert inside((60, 100, 260, 281), left.box, 0.95) and right.box[0] > 300


def test_tiles_with_a_strip_on_their_edge_are_no_chart():
    page = new_page()
    for k, (number, words) in enumerate((("98%", "Uptime"), ("4.1", "Leverage"), ("12", "Sites"))):
        x = 60 + 165 * k
        page.draw_rect((x, 120, x + 150, 215), color=None, fill=PALE)
        page.draw_rect((x, 120, x + 150, 124), color=None, fill=BLUE)
        write(page, x + 75, 165, number, 24, bold=True, centred=True)
        write(page, x + 75, 190, words, 9, centred=True)
    assert not [f for f in figures(page) if f.kind == "vector"]


def test_the_numbers_of_an_axis_before_a_column_of_text_are_no_footnotes():
    page = new_page()
    curve(page, 40, 100, 240, 110, ticks=False)
    for k in range(6):
        write(page, 284, 213 - 22 * k, f"{20 + 10 * k}", 7)
    for k in range(14):
        write(page, 304, 104 + 11 * k, "sales grew in all markets of the group in the year", 9)
    (figure,) = figures(page)
    assert figure.box[2] > 291 and "70" in figure.inner_text


@pytest.mark.parametrize("inner", [0.9, 3.5], ids=["shading", "bands"])
def test_only_bars_that_are_much_thinner_lie_on_others(inner):
    rows = [(40.0, 150 + 22 * k, 300.0, 161 + 22 * k) for k in range(5)]
    rows += [(40.0, y0 + inner, 200.0 + y0 / 4, y1 - inner) for _, y0, _, y1 in rows]
    marks = Marks(np.array(rows, np.float32), np.full(10, FILL), np.arange(10))
    assert len(bar_rows(marks, 1.0)) == (0 if inner < 1 else 4)
