"""What is followed and cut out of a picture's pixels, without OCR."""

import numpy as np

from finlmm_utils.asp.charts.drawn.cells import amount_of
from finlmm_utils.asp.charts.pixels.colours import series_colours
from finlmm_utils.asp.charts.pixels.ends import some_unnumbered
from finlmm_utils.asp.charts.pixels.letters import read_lines, runs
from finlmm_utils.asp.charts.pixels.masks import within_plots
from finlmm_utils.asp.charts.pixels.traces import fill, follow
from finlmm_utils.asp.records import Reading


def test_a_line_is_followed_under_another_one_to_its_bend() -> None:
    x = np.arange(200)
    y = np.where(x < 100, 20 + x // 2, 120 - x // 2)  # bends at 100, where another line covers it
    mask = np.zeros((120, 200), bool)
    for k in x:
        mask[y[k] : y[k] + 3, k] = True
    others = np.zeros_like(mask)
    others[:, 94:107] = True
    trace = follow(mask & ~others, others)
    assert trace is not None
    points = fill(trace, 0.5, 199.5)
    bend = points[np.abs(points[:, 0] - 100.5).argmin()]
    assert abs(bend[0] - 100.5) <= 1
    assert abs(bend[1] - 71.5) <= 1.5


def test_a_level_stroke_is_no_series() -> None:
    mask = np.zeros((80, 200), bool)
    mask[40:43, 5:195] = True
    assert follow(mask, np.zeros_like(mask)) is None


def test_the_edge_of_a_stroke_is_no_colour_but_a_pale_bar_is() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    image[50:150, 40:80] = (192, 0, 0)
    image[49, 40:80] = (230, 184, 183)  # what blending leaves at the upper edge
    assert series_colours(image) == [(192, 0, 0)]
    image[80:150, 120:160] = (230, 184, 183)
    assert set(series_colours(image)) == {(192, 0, 0), (230, 184, 183)}
    assert within_plots(image, [(192, 0, 0), (230, 184, 183)], [(50.0, 20.0, 90.0, 80.0)]) == [
        (230, 184, 183)
    ]


def test_runs_closer_than_a_gap_are_one() -> None:
    flags = np.array([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 1], bool)
    assert runs(flags, 3) == [(1, 6), (10, 11)]


def test_spaces_are_where_the_picture_has_them() -> None:
    image = np.full((20, 120, 3), 255, np.uint8)
    image[4:16, 10:40] = image[4:16, 60:90] = 0

    def recognise(pictures: list) -> list[tuple[str, float]]:
        return [("Q213", 0.9)] if len(pictures) == 1 else [("02", 0.9), ("13", 0.9)]

    assert read_lines(image, [(10, 4, 90, 16)], recognise) == [("Q2 13", 0.9)]


def test_compact_dates_are_no_numbers() -> None:
    assert amount_of("20161231") is None
    assert amount_of("20171301") is not None  # no month 13


def test_numbers_beside_some_parts_of_a_stack_alone_tell_nothing():
    """The parts that were missed would make the height of the stack too low."""

    def printed(series, label, how="printed"):
        return Reading(series=series, label=label, point="label", value=1.0, how=how, tolerance=0.0)

    whole = [printed(series, label) for series in "ab" for label in "12"]
    assert not some_unnumbered(whole)
    assert some_unnumbered(whole[:3])
    assert not some_unnumbered([printed("a", "1", "axis"), *whole[1:3]])
