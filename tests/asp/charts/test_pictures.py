"""Pictures in houses' styles: tinted grounds, thin lines, markers in legends, covered ends."""

from __future__ import annotations

import numpy as np
import pytest

from finlmm_utils.asp.charts.pixels.colours import paper_of, series_colours
from finlmm_utils.asp.charts.pixels.ground import on_white
from finlmm_utils.asp.charts.pixels.masks import pale_masks, within_plots
from finlmm_utils.asp.charts.pixels.shapes import coloured
from finlmm_utils.asp.charts.pixels.traces import Trace
from finlmm_utils.asp.charts.pixels.vertices import vertices

TINT, RED, BLUE = (234, 234, 242), (192, 0, 0), (10, 60, 145)
PLOT = (40, 260, 20, 160)  # left, right, top, bottom


def tinted(grid: int = 3) -> np.ndarray:
    image = np.full((200, 300, 3), 255, np.uint8)
    left, right, top, bottom = PLOT
    image[top:bottom, left:right] = TINT
    for y in range(top + 30, bottom, 30):
        image[y : y + grid, left:right] = 255
    return image


def test_a_tinted_ground_is_paper_and_its_white_lines_are_rules() -> None:
    image = tinted()
    image[60:160, 60:110] = RED
    clean = on_white(image)
    assert (clean[30:45, 120:250] == 255).all()
    assert (clean[50:52, 120:250] == clean[50, 120]).all()
    assert clean[50, 120].max() < 232  # dark enough for a rule
    assert series_colours(clean) == [RED]
    assert clean[159, 200].max() < 232  # and so is the side on which bars stand
    np.testing.assert_array_equal(clean[60:160, 60:110], image[60:160, 60:110])


@pytest.mark.parametrize(
    "hidden", [(slice(20, 60), slice(40, 200)), (slice(20, 160), slice(40, 60))]
)
def test_bars_may_hide_a_corner_of_the_ground(hidden: tuple[slice, slice]) -> None:
    image = tinted()
    image[hidden] = RED
    assert series_colours(on_white(image)) == [RED]


def test_pale_bars_are_no_ground() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    for k, top in enumerate((40, 90, 20, 120)):
        image[top:180, 30 + 60 * k : 75 + 60 * k] = (217, 225, 242)
    np.testing.assert_array_equal(on_white(image), image)


def test_bars_may_cover_more_than_the_paper() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    image[20:190, 10:220] = BLUE
    assert paper_of(image).tolist() == [255, 255, 255]


def slope(image: np.ndarray, colour: tuple, share: float) -> None:
    """A line of one pixel from (40, 150) to (260, 40), so much of its colour in each of them."""
    for x in range(40, 261):
        y = round(150 - (x - 40) / 2)
        image[y, x] = np.round(255 - share * (255 - np.array(colour)))


def test_a_thin_line_has_the_colour_that_it_shows_at_its_strongest() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    slope(image, RED, 0.5)
    image[180:182, 20:50] = RED  # its piece in a legend
    found = series_colours(image)
    assert len(found) == 1
    assert np.abs(np.array(found[0]) - RED).max() < 16


def test_a_line_paler_than_its_colour_is_followed() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    slope(image, RED, 0.5)
    shapes = coloured(image, [RED], [(16.0, 8.0, 128.0, 86.0)], [], [np.array([])])
    line = next(s for s in shapes if len(s.points) > 2)
    middle = line.points[np.abs(line.points[:, 0] - 72).argmin()]
    assert middle[1] == pytest.approx(95 * 0.48, abs=1)


def test_the_pale_pixels_of_a_line_are_not_another_lines_of_a_lighter_shade() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    lighter = tuple(int(255 - 0.5 * (255 - c)) for c in BLUE)
    image[50:52, 40:260] = lighter
    image[100:102, 40:260] = BLUE
    dark, light = pale_masks(image, [BLUE, lighter])
    assert not dark[50:52].any()
    assert dark[100:102, 40:260].all()
    assert light[50:52, 40:260].all()


def test_a_colour_that_edges_an_area_is_no_series_and_an_edged_line_is() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    edge = (60, 82, 120)
    image[60:160, 60:110] = BLUE
    image[58:60, 60:110] = image[60:160, 58:60] = image[60:160, 110:112] = edge
    plots = [(19.2, 9.6, 124.8, 76.8)]
    assert within_plots(image, [BLUE, edge], plots) == [BLUE]
    line = np.full((200, 300, 3), 255, np.uint8)
    line[100:102, 60:240] = RED
    line[99, 60:240] = line[102, 60:240] = (230, 150, 150)
    assert set(within_plots(line, [RED, (230, 150, 150)], plots)) >= {RED}


def test_a_swatch_with_a_marker_in_a_plot_is_of_its_legend() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    image[40:42, 60:90] = RED
    image[37:45, 71:79] = RED
    words = [(46.0, 16.0, 70.0, 22.0)]
    shapes = coloured(image, [RED], [(19.2, 9.6, 124.8, 76.8)], words, [np.array([])])
    assert [(s.stroke, s.high) for s in shapes] == [(RED, 0.0)]


def test_a_line_that_leaves_its_plot_is_not_followed() -> None:
    image = np.full((200, 300, 3), 255, np.uint8)
    for x in range(40, 261):
        y = 60 + abs(x - 150)
        image[y - 1 : y + 2, x] = RED
    low, high = ((19.2, 9.6, 124.8, 48.0), (19.2, 9.6, 124.8, 86.4))
    assert not coloured(image, [RED], [low], [], [np.array([])])
    assert coloured(image, [RED], [high], [], [np.array([])])


def test_a_covered_end_is_not_told_by_the_side_before_it() -> None:
    places = np.arange(20.0, 221.0, 40.0)
    at = np.arange(20, 221)
    trace = Trace(at, np.interp(at, places, [150.0, 110.0, 140.0, 60.0, 90.0, 20.0]))
    seen = trace.at < 206  # another line lies over the end
    found = vertices(Trace(trace.at[seen], trace.y[seen]), places)
    assert found is not None
    assert found[:, 0].tolist() == places[:-1].tolist()
