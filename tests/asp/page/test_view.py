"""What a page's lines and marks are: asked of small pages on which the answers are known."""

import numpy as np
import pymupdf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from finlmm_utils.asp.page.page import Line, read_page
from finlmm_utils.asp.page.paths import Marks
from finlmm_utils.asp.page.view import PageView, Repeats
from finlmm_utils.asp.tables.detect import view_page

LONG = "The group sold more in the second half of the year than before."


def looked_at(*lines, draw=lambda page: None):
    """A page with lines (x, y, text) and what is drawn on it, as it is seen with its tables."""
    page = pymupdf.open().new_page()
    for x, y, text in lines:
        page.insert_text((x, y), text, fontsize=10)
    draw(page)
    return view_page(read_page(page)[0])


def texts(lines):
    return [x.text for x in lines]


@pytest.mark.parametrize(
    ("text", "number", "value", "period", "caption"),
    [
        ("12.5%", True, True, False, False),
        ("Q3 2022", True, True, True, False),
        ("n/a", False, True, False, False),
        ("3/4", False, True, False, False),
        ("Net sales", False, False, False, False),
        ("Margin", False, False, False, False),  # and no month
        ("Figure 3: Net sales", False, False, False, True),
        ("图3", False, False, False, True),
    ],
)
def test_what_a_line_is_by_its_text(text, number, value, period, caption):
    line = Line(text, (0, 0, 50, 10), 10, False, True, 0)
    assert (line.is_number, line.is_value) == (number, value)
    assert (line.is_period, line.is_caption) == (period, caption)


def test_running_text_is_long_lines_and_a_number_that_ends_them_but_no_legend():
    def swatch(page):
        page.draw_rect((50, 193, 57, 200), color=None, fill=(0, 0.3, 0.7))

    view = looked_at(
        (60, 100, LONG),
        (60, 112, LONG.replace("sold", "earned")),
        (60, 124, "2021."),
        (60, 200, LONG.replace("sold", "spent")),  # long, and named by a swatch
        (60, 300, "Retail"),
        draw=swatch,
    )
    assert texts(view.prose) == [LONG, LONG.replace("sold", "earned"), "2021."]
    assert {id(x) for x in view.prose} == view.prose_ids
    assert view.have_swatch(view.lines).tolist() == [False, False, False, True, False]


def test_labels_are_no_captions_headers_or_numbers_of_footnotes():
    view = looked_at(
        (60, 40, "Annual report of the group"),
        (60, 100, "Figure 2: Sales"),
        (60, 150, "Retail"),
        (60, 300, "1)"),
        (90, 300, "Without the units that were sold in May."),
        (60, 350, "2"),
        (90, 350, "Wealth"),  # a label beside a number is no footnote
    )
    view.repeats = Repeats(lines={view.number: {0}, view.number + 1: {2}})
    footnote = "Without the units that were sold in May."
    assert texts(view.labels) == ["Retail", footnote, "2", "Wealth"]
    assert texts(view.captions) == ["Figure 2: Sales"]


def test_the_cells_of_each_table_are_known():
    rows = [("Region", "2020", "2021"), ("North", "10", "12"), ("South", "31", "7")]
    cells = [(k, j, cell) for j, row in enumerate(rows) for k, cell in enumerate(row)]
    view = looked_at(
        *((60 + 120 * k, 160 + 14 * j, cell) for k, j, cell in cells),
        (60, 400, LONG),
    )
    (held,) = view.cells
    assert set(texts(held)) == {cell for _, _, cell in cells}
    assert view.in_table == {id(x) for x in view.lines} - {id(x) for x in view.prose}


def test_a_box_that_was_asked_about_before_is_not_taken_for_another():
    def rules(page):
        for y in (120, 320):
            page.draw_line((60, y), (200, y))

    view = looked_at((60, 110, "Upper"), (60, 310, "Lower"), draw=rules)
    upper, lower = (50, 50, 300, 200), (50, 250, 300, 400)
    half = (50, 50, 300, view.lines[0].box[1] + 0.7 * 10)
    for _ in range(2):
        assert texts(view.lines_in(upper)) == ["Upper"]
        assert texts(view.lines_in(lower)) == ["Lower"]
        assert view.marks_in(upper).tolist() == [True, False]
        assert view.marks_in(lower).tolist() == [False, True]
    assert [texts(view.lines_in(half, share)) for share in (0.4, 0.95, 0.4)] == [
        ["Upper"],
        [],
        ["Upper"],
    ]


corner = st.integers(0, 14_400)
boxes = st.lists(st.tuples(corner, corner, corner, corner), min_size=2, max_size=8)


@given(boxes, st.floats(-0.4, 0.4))
def test_places_of_marks_are_equal_where_their_boxes_are_in_whole_points(found, by):
    exact = Marks(np.array(found, np.float32), np.zeros(len(found)), np.zeros(len(found)))
    moved = Marks(exact.boxes + np.float32(by), exact.forms, exact.colours)
    assert exact.places.tolist() == moved.places.tolist()
    for box, place in zip(found, exact.places, strict=True):
        assert [place == other for other in exact.places] == [box == other for other in found]


def test_a_view_without_lines_or_marks_has_an_answer_to_everything():
    view = looked_at()
    assert (view.prose, view.labels, view.captions, view.cells) == ([], [], [], [])
    assert not view.have_swatch([]).size
    assert not view.marks_in((0, 0, 612, 792)).size
    assert isinstance(view, PageView)
