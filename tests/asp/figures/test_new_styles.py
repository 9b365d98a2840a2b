"""Charts in the styles of houses that the rules were not grown on: crops and titles."""

import math

import pytest

from finlmm_utils.asp.page.boxes import inside
from tests.asp.figures.drawn import (
    BLUE,
    GREY,
    RED,
    bars,
    curve,
    figures,
    line_chart,
    new_page,
    paragraph,
    png,
    write,
)

GREEN, SAND = (0.2, 0.5, 0.3), (0.9, 0.7, 0.4)
COLOURS = (BLUE, RED, GREEN, SAND)
SHARES = ("Retail 40%", "Cards 30%", "Wealth 20%", "Other 10%")


def grid(page, x0, y0, width, steps, step, ticks=True):
    """Lines of a grid, the highest at y0, with a number at the left of each."""
    for k in range(steps):
        y = y0 + k * step
        page.draw_line((x0, y), (x0 + width, y), color=GREY, dashes="[2 2] 0")
        if ticks:
            write(page, x0 - 20, y + 3, f"{10 * (steps - 1 - k)}", 7)


def ring(page, centre, radius, shares=(0.4, 0.3, 0.2, 0.1)):
    """A ring of sectors; the middles of its slices, radians."""
    start, middles = 0.0, []
    for share, colour in zip(shares, COLOURS, strict=False):
        end = start + 2 * math.pi * share
        arc = [start + (end - start) * k / 20 for k in range(21)]
        outer = [(centre[0] + radius * math.cos(a), centre[1] + radius * math.sin(a)) for a in arc]
        inner = [(centre[0] + radius * math.cos(a) / 2, centre[1] + radius * math.sin(a) / 2)
                 for a in reversed(arc)]  # fmt: skip
        shape = page.new_shape()
        shape.draw_polyline([*outer, *inner])
        shape.finish(fill=colour, color=None, closePath=True)
        shape.commit()
        middles.append((start + end) / 2)
        start = end
    return middles


def entries(page, x, y, step=14, row=False, gap=3):
    """A legend of four names with a swatch each, a gap before them, in a column or a row."""
    for k, (name, colour) in enumerate(zip(SHARES, COLOURS, strict=True)):
        at = (x + k * 70, y) if row else (x, y + k * step)
        page.draw_rect((at[0], at[1] - 6, at[0] + 6, at[1]), color=None, fill=colour)
        write(page, at[0] + 6 + gap, at[1], name, 7)


def test_the_lines_of_a_grid_far_over_the_bars_belong_to_their_chart():
    page = new_page()
    grid(page, 90, 130, 200, 4, 50)
    for k in range(5):
        page.draw_rect((100 + 38 * k, 262 - k, 120 + 38 * k, 280), color=None, fill=BLUE)
        write(page, 100 + 38 * k, 292, f"20{18 + k}", 7)
    page.draw_line((90, 280), (290, 280), color=GREY)
    (figure,) = figures(page)
    assert figure.box[1] < 131 and figure.box[0] < 72, "the highest tick is in the crop"


def test_axes_of_two_charts_one_above_the_other_are_no_grid():
    page = new_page()
    for y in (100, 270, 440):
        curve(page, 60, y, 240, 116)
    assert len(figures(page)) == 3


def test_two_grids_of_other_steps_one_above_the_other_are_two_charts():
    page = new_page()
    for y, steps, step in ((100, 5, 36), (293, 4, 45)):
        grid(page, 90, y, 200, steps, step)
        for k in range(5):
            base = y + (steps - 1) * step
            page.draw_rect((100 + 38 * k, base - 30 - k, 120 + 38 * k, base), color=None, fill=BLUE)
            write(page, 100 + 38 * k, base + 10, f"20{18 + k}", 7)
    assert len(figures(page)) == 2


def test_a_title_at_the_left_may_begin_over_low_bars():
    page = new_page()
    write(page, 60, 112, "Employment of older", 11, bold=True)
    write(page, 60, 125, "workers", 11, bold=True)
    bars(page, 230, 280, (90, 130, 120, 100))
    (figure,) = figures(page)
    assert figure.title == "Employment of older workers"


def test_the_frame_of_a_plot_holds_its_curves_together():
    page = new_page()
    page.draw_rect((90, 120, 330, 280), color=GREY)
    for k in range(5):
        write(page, 70, 283 - 40 * k, f"{20 * k}", 7)
        write(page, 92 + 56 * k, 292, f"20{18 + k}", 7)
    for y, colour in ((130, BLUE), (250, RED)):
        page.draw_polyline([(100 + 20 * k, y + (k * 7) % 5 * 4) for k in range(11)], color=colour)
    (figure,) = figures(page)
    assert inside((70, 120, 330, 292), figure.box, 0.95)


def test_a_card_behind_a_picture_is_no_chart_of_its_own():
    page = new_page()
    page.draw_rect((60, 100, 330, 300), color=(0.8, 0.8, 0.8), fill=(0.95, 0.95, 0.95))
    page.insert_image((75, 130, 315, 260), stream=png(line_chart()))
    (figure,) = figures(page)
    assert figure.kind == "raster" and inside((75, 130, 315, 260), figure.box)


@pytest.mark.parametrize("gap", [3, 7.5])
def test_a_legend_far_at_the_side_of_a_ring_belongs_to_it(gap):
    page = new_page()
    ring(page, (160, 200), 60)
    entries(page, 350, 180, gap=gap)
    (figure,) = figures(page)
    assert figure.box[2] > 390


def test_a_legend_far_over_low_bars_is_theirs_though_a_neighbour_is_nearer():
    page = new_page()
    bars(page, 50, 280, (120, 140, 130, 150), labels=True)
    for k in range(4):
        y = 280
        for colour, height in ((BLUE, 30), (RED, 18)):
            page.draw_rect((320 + 40 * k, y - height, 344 + 40 * k, y), color=None, fill=colour)
            write(page, 324 + 40 * k, y - height / 2 + 3, f"{height}%", 7)
            y -= height
        write(page, 322 + 40 * k, 294, f"20{18 + k}", 7)
    page.draw_line((310, 280), (480, 280), color=GREY)
    for x, name, colour in ((312, "Loans", BLUE), (390, "Deposits", RED)):
        page.draw_rect((x, 154, x + 6, 160), color=None, fill=colour)
        write(page, x + 9, 160, name, 7)
    left, right = figures(page)
    assert right.box[1] < 156 and left.box[2] < 312


def test_two_stacked_bars_that_lie_are_one_chart():
    page = new_page()
    for k, year in enumerate(("2023", "2024")):
        y, x = 120 + 95 * k, 100.0
        write(page, 60, y + 36, year, 8)
        for share, colour in zip((0.5 - 0.1 * k, 0.3, 0.2 + 0.1 * k), COLOURS, strict=False):
            page.draw_rect((x, y, x + 240 * share, y + 64), color=None, fill=colour)
            write(page, x + 100 * share, y + 36, f"{100 * share:.0f}%", 8)
            x += 240 * share
    (figure,) = figures(page)
    assert inside((60, 120, 340, 279), figure.box, 0.95)


def test_a_small_ring_is_told_by_the_shares_beside_its_slices():
    page = new_page()
    paragraph(page, 60, 80)
    for k, middle in enumerate(ring(page, (160, 200), 31)):
        x, y = 160 + 36 * math.cos(middle), 200 + 40 * math.sin(middle)
        write(page, x if math.cos(middle) > 0 else x - 30, y, SHARES[k].split()[0], 6)
        write(page, x if math.cos(middle) > 0 else x - 30, y + 7, SHARES[k].split()[1], 6)
    (figure,) = figures(page)
    assert inside((129, 169, 191, 231), figure.box)
    assert figure.title == "", "the name of a slice is no title"


def test_a_treemap_is_no_table():
    page = new_page()
    tiles = ((60, 100, 200, 300), (201, 100, 340, 220), (201, 221, 270, 300), (271, 221, 340, 300))
    whole = 280 * 200
    names = ("Energy", "Industrials", "Utilities", "Other")
    for tile, name, colour in zip(tiles, names, COLOURS, strict=True):
        share = 100 * (tile[2] - tile[0]) * (tile[3] - tile[1]) / whole
        page.draw_rect(tile, color=None, fill=colour)
        write(page, tile[0] + 4, tile[1] + 12, name, 8)
        write(page, tile[0] + 4, tile[1] + 22, f"{share:.1f}%", 8)
    (figure,) = figures(page)
    assert figure.kind == "vector" and inside((60, 100, 340, 300), figure.box)


def test_tiles_whose_numbers_are_not_their_areas_are_no_chart():
    page = new_page()
    tiles = ((60, 100, 200, 300), (201, 100, 340, 220), (201, 221, 270, 300), (271, 221, 340, 300))
    for tile, words in zip(tiles, (("Sales", "12%"), ("Staff", "410"), ("Sites", "9"),
                                   ("Score", "88")), strict=True):  # fmt: skip
        page.draw_rect(tile, color=None, fill=BLUE)
        write(page, tile[0] + 4, tile[1] + 12, words[0], 8)
        write(page, tile[0] + 4, tile[1] + 22, words[1], 8)
    assert not [f for f in figures(page) if f.kind == "vector"]


def test_a_title_and_its_unit_stand_far_over_bars_without_an_axis():
    page = new_page()
    write(page, 60, 116, "Orders at year end", 10, bold=True)
    write(page, 60, 128, "Per cent", 7)
    bars(page, 60, 280, (90, 70, 75, 60))
    (figure,) = figures(page)
    assert figure.title == "Orders at year end Per cent"
    assert figure.box[1] < 110 or figure.title_drawn


def test_a_unit_alone_parts_no_title_from_its_chart():
    page = new_page()
    write(page, 60, 122, "Orders at year end", 10, bold=True)
    write(page, 60, 134, "€m", 7)
    bars(page, 60, 260, (90, 70, 75, 60))
    (figure,) = figures(page)
    assert figure.title == "Orders at year end"


def test_a_title_stands_flush_left_over_a_ring_in_the_middle_of_its_column():
    page = new_page()
    write(page, 60, 110, "Loan book by sector", 10, bold=True)
    ring(page, (270, 200), 60)
    entries(page, 350, 180)
    (figure,) = figures(page)
    assert figure.title == "Loan book by sector"


def test_a_unit_line_larger_than_the_names_of_points_is_not_the_title():
    page = new_page()
    write(
        page, 60, 108, "Exhibit 3: Corporate spreads have narrowed since the spring", 7.6, bold=True
    )
    write(page, 60, 121, "In percent of GDP", 8)
    page.draw_line((80, 129), (80, 249), color=GREY)
    page.draw_line((80, 249), (300, 249), color=GREY)
    for k in range(5):
        write(page, 60, 251 - 30 * k, f"{10 * k}", 8)
        write(page, 80 + 50 * k, 259, f"{2 * k}", 8)
    for k in range(12):
        x, y = 95 + 17 * k, 140 + (k * 37) % 100
        page.draw_circle((x, y), 2.2, color=None, fill=BLUE)
        write(page, x + 4, y - 1, ("DEU", "FRA", "ITA", "ESP")[k % 4], 6.8)
    (figure,) = figures(page)
    assert figure.title.startswith("Exhibit 3: Corporate spreads have narrowed")


def test_a_subtitle_larger_than_the_labels_keeps_the_bold_title_over_it():
    page = new_page()
    write(page, 60, 106, "8. Operating profit", 9, bold=True)
    write(page, 60, 120, "(In percent of GDP)", 8.5)
    curve(page, 60, 125, 240, 110)
    (figure,) = figures(page)
    assert figure.title == "8. Operating profit (In percent of GDP)"


def test_the_row_of_a_table_over_a_banded_title_is_not_the_title():
    page = new_page()
    for k, (name, value) in enumerate((("Launch", "2014"), ("Yield", "2.1%"), ("Index", "World"))):
        write(page, 60, 100 + 13 * k, name, 8)
        write(page, 150, 100 + 13 * k, value, 8, bold=True)
    page.draw_rect((60, 136, 280, 152), color=None, fill=GREEN)
    write(page, 65, 147, "Largest holdings", 8, bold=True)
    page.draw_line((60, 156), (60, 270), color=GREY)
    for k in range(5):
        page.draw_rect((60, 158 + 22 * k, 90 + 36 * k, 172 + 22 * k), color=None, fill=BLUE)
        write(page, 94 + 36 * k, 168 + 22 * k, f"{3 + 4 * k}.5", 7)
    (figure,) = figures(page)
    assert figure.title == "Largest holdings"


def test_a_source_line_parts_the_years_of_a_chart_from_those_of_a_table():
    page = new_page()
    curve(page, 60, 100, 280, 110)
    write(page, 60, 231, "Source: company data", 7)
    for k in range(4):
        write(page, 140 + 60 * k, 242, f"20{20 + k}", 7)
    for row, name in enumerate(("Sales", "Costs", "Profit", "Cash")):
        write(page, 60, 255 + 13 * row, name, 7)
        for k in range(4):
            write(page, 139 + 60 * k, 255 + 13 * row, f"{300 + 17 * k + row}.0", 7)
    (figure,) = figures(page)
    assert figure.box[3] > 219, "the years are the chart's"


def test_a_legend_under_a_chart_is_not_the_next_charts_over_its_title():
    page = new_page()
    for top, names in ((110, ("Loans", "Deposits")), (284, ("Cards", "Savings"))):
        write(page, 60, top - 14, f"Stocks of {names[0]} and {names[1]}", 10, bold=True)
        for k in range(6):
            y = top + 20 * k
            page.draw_line((90, y), (330, y), color=GREY)
            write(page, 70, y + 3, f"{50 - 10 * k}", 7)
        for y, colour in ((top + 20, BLUE), (top + 70, RED)):
            page.draw_polyline(
                [(100 + 20 * k, y + (k * 7) % 5 * 4) for k in range(11)], color=colour
            )
        for k in range(4):
            write(page, 100 + 60 * k, top + 112, f"20{18 + k}", 7)
        for x, name, colour in ((100, names[0], BLUE), (180, names[1], RED)):
            page.draw_rect((x, top + 138, x + 6, top + 144), color=None, fill=colour)
            write(page, x + 9, top + 144, name, 7)
    upper, lower = figures(page)
    assert inside((100, 248, 200, 254), upper.box) and not inside((100, 248, 200, 254), lower.box)
    assert inside((100, 422, 200, 428), lower.box)


def test_a_row_of_periods_under_a_chart_is_no_running_text():
    page = new_page()
    page.draw_rect((90, 120, 330, 280), color=GREY)
    for k in range(5):
        write(page, 70, 283 - 40 * k, f"{20 * k}", 7)
    page.draw_polyline([(100 + 27 * k, 150 + (k * 7) % 5 * 20) for k in range(9)], color=BLUE)
    write(page, 92, 294, "17Q1 17Q2 17Q3 17Q4 18Q1 18Q2 18Q3 18Q4 19Q1", 9)
    (figure,) = figures(page)
    assert inside((92, 287, 300, 294), figure.box)
