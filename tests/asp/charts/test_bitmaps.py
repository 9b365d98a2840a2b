"""What a picture's colours, rules and lines are taken for, on drawn pixels, without OCR."""

import numpy as np
import pytest

from finlmm_utils.asp.charts.bitmap import read_bitmap
from finlmm_utils.asp.charts.drawn.strokes import Shape
from finlmm_utils.asp.charts.pixels.colours import series_colours, swatch_greys
from finlmm_utils.asp.charts.pixels.ends import ends_told
from finlmm_utils.asp.charts.pixels.letters import whole
from finlmm_utils.asp.charts.pixels.masks import within_plots
from finlmm_utils.asp.charts.pixels.rules import rules
from finlmm_utils.asp.charts.pixels.shapes import coloured
from finlmm_utils.asp.charts.pixels.traces import Trace
from finlmm_utils.asp.charts.pixels.vertices import vertices
from finlmm_utils.asp.records import Reading


def paper() -> np.ndarray:
    return np.full((200, 300, 3), 255, np.uint8)


def zigzag(places: np.ndarray, heights: list[float]) -> Trace:
    at = np.arange(places[0], places[-1] + 1)
    return Trace(at, np.interp(at, places, heights))


def test_a_hidden_peak_is_where_its_sides_meet() -> None:
    places, heights = np.array([20.0, 60.0, 100.0, 140.0]), [150.0, 30.0, 140.0, 60.0]
    trace = zigzag(places, heights)
    seen = np.abs(trace.at - 60) > 5
    found = vertices(Trace(trace.at[seen], trace.y[seen]), places)
    assert found is not None
    np.testing.assert_allclose(found, np.column_stack([places, heights]), atol=0.5)


def test_a_vertex_whose_sides_do_not_meet_is_left_out() -> None:
    places = np.arange(20.0, 221.0, 40.0)
    trace = zigzag(places, [150.0, 110.0, 140.0, 60.0, 90.0, 20.0])
    trace.y[trace.at > 60] += 12  # another line was followed from there
    found = vertices(trace, places)
    assert found is not None
    assert found[:, 0].tolist() == [20, 100, 140, 180, 220]


def test_a_curve_between_labels_has_no_vertices() -> None:
    at = np.arange(20.0, 141.0)
    places = np.array([20.0, 60.0, 100.0, 140.0])
    assert vertices(Trace(at, 80 + 30 * np.sin(at / 4)), places) is None


def test_a_line_that_begins_before_its_first_label_has_no_vertices() -> None:
    places = np.array([20.0, 60.0, 100.0, 140.0, 180.0])
    assert vertices(zigzag(places, [150.0, 110.0, 140.0, 60.0, 90.0]), places[1:]) is None


def test_near_colours_that_fill_bars_are_two_series() -> None:
    image = paper()
    image[50:150, 40:80] = (102, 194, 165)
    image[50:150, 100:140] = (141, 160, 203)
    assert set(series_colours(image)) == {(102, 194, 165), (141, 160, 203)}


def test_what_blends_where_two_bars_touch_is_no_series() -> None:
    image = paper()
    image[50:150, 40:80] = (0, 163, 226)
    image[50:150, 80:82] = (59, 158, 181)
    image[50:150, 82:120] = (246, 142, 47)
    assert set(series_colours(image)) == {(0, 163, 226), (246, 142, 47)}


def test_coloured_specks_as_light_as_the_paper_are_no_series() -> None:
    image = paper()
    image[50:150, 40:80] = (112, 48, 160)
    image[46:50, 40:160] = (254, 255, 241)
    assert series_colours(image) == [(112, 48, 160)]


def test_a_pale_ground_is_no_series() -> None:
    image = paper()
    image[20:180, 20:280] = (235, 235, 235)
    image[60:180, 40:80] = (192, 0, 0)
    plots = [(9.6, 9.6, 134.4, 86.4)]
    assert within_plots(image, [(192, 0, 0), (235, 235, 235)], plots) == [(192, 0, 0)]


@pytest.mark.parametrize(
    ("rows", "columns", "found"),
    [
        (slice(99, 101), [(100, 130)], [(160, 160, 160)]),
        (slice(99, 101), [(x, x + 16) for x in range(2, 138, 20)], []),  # dashes of a grid line
        (slice(93, 94), [(100, 130)], []),  # the edge of the legend
    ],
)
def test_a_grey_swatch_stands_alone_before_the_middle_of_its_words(
    rows: slice, columns: list[tuple[int, int]], found: list
) -> None:
    image = paper()
    for a, b in columns:
        image[rows, a:b] = (160, 160, 160)
    assert swatch_greys(image, [(67.2, 44.2, 90.0, 52.0)], []) == found


def test_a_thin_swatch_has_the_colour_that_its_pixels_are_mixed_from() -> None:
    image = paper()
    image[30:31, 40:70] = (64, 111, 132)  # three quarters of (0, 63, 91) on white
    image[60:62, 40:70] = (87, 79, 140)
    colours = [(87, 79, 140), (0, 63, 91)]
    swatches = coloured(image, colours, [], [], [])
    assert [s.stroke for s in sorted(swatches, key=lambda s: s.box[1])] == colours[::-1]


def test_a_rule_ends_before_the_number_beside_it_and_a_row_of_text_is_none() -> None:
    image = paper()
    image[100:102, 60:280] = 0
    image[100:102, 50:56] = 0  # a piece of a digit
    for x in range(60, 280, 9):  # letters
        image[120:132, x : x + 6] = 0
    level = [s.box for s in rules(image) if s.high == 0]
    assert level == [pytest.approx((28.8, 48.48, 134.4, 48.48))]


def test_the_tick_beside_a_number_is_no_part_of_it() -> None:
    image = paper()
    words = []
    for k, text in enumerate(("140 -", "120-", "100", "80一")):
        y = 20 + 40 * k
        image[y : y + 10, 20:40] = 0
        image[y + 4 : y + 6, 44:50] = 0
        words.append(([(18, y - 2), (52, y - 2), (52, y + 12), (18, y + 12)], text, 0.9))
        image[y + 4 : y + 6, 60:280] = (200, 0, 0) if k == 1 else (225, 225, 225)
    # An axis was found, and nothing on it but one rule in red.
    assert read_bitmap(image, words, lambda some: [("", 0.0)] * len(some)).unread != "no axis"


def test_an_end_that_another_label_has_is_not_told() -> None:
    points = np.array([(10.0, 5.0), (20.0, 9.0), (30.0, 7.0)])
    line = Shape(points, (10.0, 5.0, 30.0, 9.0), stroke=(200, 0, 0))
    row = {"series": "A", "unit": "", "how": "axis", "tolerance": 0.1}
    readings = [
        Reading(label=label, point=point, value=value, **row)
        for label, point, value in (
            ("2021", "label", 5.0), ("2022", "label", 7.0), ("2021", "first", 5.0),
            ("2022", "last", 7.0), ("2022", "highest", 7.0),
        )
    ]  # fmt: skip
    told = ends_told(readings, ["2020", "2021", "2022"], [line])
    assert [r.point for r in told] == ["label", "label", "last"]
    assert ends_told(readings, ["2021", "2022"], [line]) == readings


def test_parts_of_a_label_count_where_only_swatches_are_lost() -> None:
    parts = [("Fund", 1.0), ("Index", 0.9)]
    assert whole("Fund 一 Index", parts) == parts
    assert whole("研发费用率", [("研", 1.0), ("费用", 1.0)]) == [("研", 0.0), ("费用", 0.0)]
