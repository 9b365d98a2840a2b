"""Kinds of charts and pages that were lost on unseen reports, each with its right boxes."""

import numpy as np
import pymupdf
import pytest
from PIL import Image

from tests.asp.figures.drawn import (
    BLUE,
    GREY,
    RED,
    bars,
    curve,
    figures,
    figures_of,
    line_chart,
    new_page,
    paragraph,
    png,
    write,
)
from tests.asp.figures.test_house_styles import own

PALE = (0.88, 0.88, 0.88)


def picture_of(page):
    pixels = page.get_pixmap(dpi=150)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


@pytest.mark.parametrize("source", ["资料来源：公司公告", ""])
def test_ticks_right_under_the_rule_of_captions_join_no_charts(source):
    page = new_page()
    boxes = []
    for k, x in enumerate((46, 310)):
        write(page, x, 110, f"图{k + 2} 沪深300指数走势（{k}）", 9)
        curve(page, x, 122, 230, 110)
        boxes.append((x, 122, x + 228, 245))
    page.draw_line((46, 115), (560, 115), color=RED, width=0.6)
    page.draw_line((46, 250), (560, 250), color=RED, width=0.6)
    write(page, 46, 260, source, 7)
    found = figures(page)
    assert own(found, boxes) == [True, True]
    assert [f.title for f in found] == ["图2 沪深300指数走势（0）", "图3 沪深300指数走势（1）"]


def test_coloured_bands_of_titles_side_by_side_tie_no_charts():
    page, boxes = new_page(), []
    for k in range(4):
        x = 46 + 137 * k
        page.draw_rect((x, 97, x + 92, 113), color=None, fill=(0.7, 0.8, 0.8))
        write(page, x + 3, 108, ("Revenue", "Profit", "Dividend", "Assets")[k], 9)
        write(page, x, 134, ("19.3", "634", "27", "1,518")[k], 18, bold=True)
        bars(page, x - 8, 241, (86, 72, 60, 40), width=16, step=22)
        boxes.append((x, 150, x + 88, 255))
    assert own(figures(page), boxes) == [True] * 4


def test_an_axis_as_long_as_the_page_stays_with_its_bars():
    page = new_page()
    write(page, 60, 110, "Figure 1: Revenue", 10, bold=True)
    bars(page, 50, 260, [40 + 9 * (k % 5) for k in range(9)], width=30, step=56)
    page.draw_line((50, 260), (570, 260), color=GREY)
    (figure,) = figures(page)
    assert own([figure], [(60, 170, 555, 272)]) == [True]


def test_panels_in_pale_frames_are_split():
    page = new_page(520, 110)
    for k in range(2):
        x = 1 + 260 * k
        page.draw_rect((x, 1, x + 250, 109), color=PALE, width=0.6)
        write(page, x + 80, 14, "Growth of the fund", 8)
        curve(page, x + 6, 20, 238, 70)
    other = new_page()
    other.insert_image((46, 120, 566, 230), stream=png(picture_of(page)))
    boxes = [(52 + 260 * k, 125, 290 + 260 * k, 225) for k in range(2)]
    assert own(figures(other), boxes) == [True, True]


@pytest.mark.parametrize(("titled", "count"), [(False, 1), (True, 2)])
def test_stacked_plots_with_the_same_dates_are_one_chart_unless_each_has_a_title(titled, count):
    page = new_page(400, 210)
    for k in range(2):
        if titled:
            write(page, 130, 12 + 105 * k, "Growth of the fund", 8)
        curve(page, 10, 20 + 105 * k, 380, 65)
    other = new_page()
    other.insert_image((60, 120, 460, 330), stream=png(picture_of(page)))
    assert len(figures(other)) == count


def test_bitmaps_under_one_caption_and_between_rules_are_panels_with_its_title():
    page = new_page()
    write(page, 60, 100, "图表8 常用的几种小波函数", 9)
    for y in (104, 334):
        page.draw_line((58, y), (470, y), color=(0, 0, 0), width=0.5)
    boxes = []
    for k in range(4):
        x, y = 60 + 203 * (k % 2), 108 + 111 * (k // 2)
        page.insert_image((x, y, x + 200, y + 108), stream=png(line_chart(title="")))
        boxes.append((x, y, x + 200, y + 108))
    write(page, 60, 346, "资料来源：研究所", 8)
    found = figures(page)
    assert own(found, boxes) == [True] * 4
    assert {f.title for f in found} == {"图表8 常用的几种小波函数"}


def test_small_donuts_with_a_legend_and_no_number_are_charts():
    page = new_page()
    for row in range(3):
        y = 140 + 90 * row
        for part, colour in enumerate((BLUE, RED, GREY)):
            page.draw_sector((90, y), (90, y - 32), 120, fullSector=True, color=None, fill=colour)
            start = 120 * part
            page.draw_sector((90, y), (90 + 32 * np.cos(start), y + 32 * np.sin(start)), 120,
                             fullSector=True, color=None, fill=colour)  # fmt: skip
            page.draw_rect((140, y - 20 + 12 * part, 146, y - 14 + 12 * part), color=None,
                           fill=colour)  # fmt: skip
            write(page, 149, y - 14 + 12 * part, ("North", "South", "West")[part], 7)
        write(page, 260, y, "Core business", 8)
    boxes = [(60, 110 + 90 * k, 120, 170 + 90 * k) for k in range(3)]
    assert own(figures(page), boxes) == [True] * 3


def test_low_bars_of_like_heights_are_a_chart_by_their_values():
    page = new_page()
    write(page, 46, 200, "图3 销量（万台）", 9)
    for k, value in enumerate((1277, 1261, 1293, 1252, 1236)):
        x = 60 + 50 * k
        page.draw_rect((x, 260 - value / 64, x + 26, 260), color=None, fill=RED)
        write(page, x + 4, 256 - value / 64, str(value), 7)
        write(page, x + 4, 282, str(2021 + k), 7)
    page.draw_line((46, 260), (298, 260), color=GREY)
    assert own(figures(page), [(60, 228, 286, 282)]) == [True]


def test_a_legend_under_its_words_is_in_the_crop():
    page = new_page()
    curve(page, 60, 200, 260, 120)
    curve(page, 60, 230, 260, 80, ticks=False, colour=RED, years=False)
    for k, (name, colour) in enumerate((("Walnut Inc.", BLUE), ("Market index", RED))):
        write(page, 130 + 90 * k, 170, name, 7, centred=True)
        page.draw_line((120 + 90 * k, 176), (140 + 90 * k, 176), color=colour, width=1)
    (figure,) = figures(page)
    assert figure.box[1] < 166


def test_a_source_line_at_the_edge_of_the_column_is_of_the_indented_picture():
    page = new_page()
    write(page, 51, 88, "图6：纯多和多空净值曲线", 9)
    page.draw_line((46, 91), (478, 91), width=0.5)
    page.insert_image((130, 94, 376, 218), stream=png(line_chart()))
    page.draw_line((46, 220), (478, 220), width=0.5)
    write(page, 51, 231, "数据来源：Wind，公司年报整理", 9)
    (figure,) = figures(page)
    assert figure.box[3] > 230 and figure.box[1] < 81


def test_a_table_of_text_under_the_caption_of_a_figure_is_one_of_that_kind():
    page = new_page()
    write(page, 60, 110, "图13：双均线策略绩效表现", 9)
    for row in range(6):
        write(page, 60, 130 + 14 * row, ("策略", "年化收益率", "夏普比率", "回撤")[row % 4], 9)
        for k in range(4):
            write(page, 220 + 70 * k, 130 + 14 * row, f"{row}.{k}7%", 9)
    (figure,) = figures(page)
    assert figure.kind == "table" and figure.caption.startswith("图13")


def test_points_of_a_scatter_in_pixels_are_no_cells():
    page, random = new_page(240, 150), np.random.default_rng(3)
    for k in range(7):
        page.draw_line((24, 10 + 20 * k), (235, 10 + 20 * k), color=PALE)
        page.draw_line((24 + 34 * k, 10), (24 + 34 * k, 130), color=PALE)
        write(page, 4, 132 - 20 * k, str(50 * k), 6)
        write(page, 20 + 34 * k, 140, str(20 * k), 6)
    for x, y in random.uniform((30, 14), (230, 126), (70, 2)):
        page.draw_rect((x, y, x + 2.6, y + 3), color=None, fill=BLUE)
    other = new_page()
    write(other, 60, 110, "图35：参数对散点图", 9)
    other.insert_image((60, 116, 300, 266), stream=png(picture_of(page)))
    (figure,) = figures(other)
    assert figure.kind == "raster"


def test_a_band_across_the_page_is_no_figure_and_a_chart_beside_the_edge_is_one():
    band = new_page(612, 105)
    band.draw_rect(band.rect, color=None, fill=(0.8, 0.1, 0.1))
    for k in range(9):
        band.draw_polyline([(60 * k, 105), (60 * k + 90, 30), (60 * k + 60, 0)], color=PALE)
    write(band, 60, 60, "Quantitative research, in depth", 14)
    page = new_page()
    page.insert_image((0, 0, 612, 105), stream=png(picture_of(band)))
    page.insert_image((60, 300, 420, 480), stream=png(line_chart()))
    paragraph(page, 60, 160)
    (figure,) = figures(page)
    assert figure.box[1] > 200


def test_words_in_the_boxes_of_a_picture_are_a_scheme():
    page = new_page(480, 120)
    for k, name in enumerate(("Assess quality", "Build a list", "Watch the price", "Review all")):
        page.draw_rect((4 + 120 * k, 40, 104 + 120 * k, 80), color=None, fill=BLUE)
        page.insert_text((14 + 120 * k, 62), name, fontsize=11, color=(1, 1, 1))
        page.draw_line((104 + 120 * k, 60), (124 + 120 * k, 60), color=GREY, width=3)
    other = new_page()
    other.insert_image((60, 200, 540, 320), stream=png(picture_of(page)))
    assert [f.kind for f in figures(other)] == ["scheme"]


def test_a_caption_between_two_drawings_is_of_the_lower_and_nearer_one():
    page = new_page()
    write(page, 60, 100, "赔付率（%）", 10)
    curve(page, 60, 120, 230, 120)
    write(page, 60, 276, "图41：工作循环", 9)
    for k in range(4):
        x = 230 + 90 * (k % 2)
        y = 320 + 90 * (k // 2)
        page.draw_circle((x, y), 28, color=None, fill=BLUE)
        write(page, x, y, ("数据处理", "因子构建", "组合优化", "风险控制")[k], 7, centred=True)
    for x0, y0, x1, y1 in ((258, 320, 292, 320), (258, 410, 292, 410), (230, 348, 230, 382)):
        page.draw_line((x0, y0), (x1, y1), color=GREY)
    chart, scheme = figures(page)
    assert chart.title == "赔付率（%）" and chart.caption == ""
    assert (scheme.kind, scheme.caption) == ("scheme", "图41：工作循环")


def test_the_curves_of_a_grid_of_rules_alone_are_a_chart():
    page = new_page()
    for k in range(6):
        page.draw_line((150, 200 + 22 * k), (455, 200 + 22 * k), color=GREY, width=0.5)
        write(page, 128, 312 - 22 * k, f"${50 * k}", 7)
        write(page, 170 + 50 * k, 322, str(2018 + k), 7)
    page.draw_polyline([(180 + 50 * k, 260 - 9 * k + 7 * (k % 2)) for k in range(6)], color=BLUE)
    page.draw_polyline([(180 + 50 * k, 262 - 5 * k) for k in range(6)], color=RED)
    assert own(figures(page), [(130, 198, 455, 322)]) == [True]


def test_pages_of_a_report_without_charts_give_no_chart():
    document = pymupdf.open()
    page = document.new_page()
    page.draw_rect((50, 60, 545, 90), color=None, fill=BLUE)
    tiles = (("4.2bn", "Revenue"), ("12%", "Growth"), ("3,400", "Staff"))
    for k, (value, name) in enumerate(tiles):
        page.draw_circle((130 + 150 * k, 170), 55, color=BLUE, fill=PALE)
        write(page, 130 + 150 * k, 170, value, 18, bold=True, centred=True)
        write(page, 130 + 150 * k, 188, name, 9, centred=True)
    for row in range(8):
        shade = PALE if row % 2 else (1, 1, 1)
        page.draw_rect((50, 300 + 18 * row, 545, 318 + 18 * row), color=None, fill=shade)
        write(page, 56, 313 + 18 * row, ("Assets", "Loans", "Equity", "Cash")[row % 4], 9)
        for k in range(4):
            write(page, 250 + 80 * k, 313 + 18 * row, f"{1000 + 37 * row + k:,}", 9)
    assert [f.kind for f in figures_of(document)] == []


def test_ink_over_a_table_and_a_banded_table_on_its_side_are_no_charts():
    page = new_page()
    for row in range(8):
        write(page, 60, 120 + 16 * row, ("Loans", "Cash", "Equity", "Deposits")[row % 4], 9)
        for k in range(3):
            write(page, 260 + 90 * k, 120 + 16 * row, f"{1200 + 91 * row + k:,}", 9)
    for x, y in ((250, 130), (340, 190)):
        page.draw_oval((x, y, x + 70, y + 22), color=RED, width=1.3)
    page.draw_polyline([(430 + k, 150 + 30 * np.sin(k / 6)) for k in range(40)], color=RED)
    document = page.parent
    turned = document.new_page(width=792, height=612)
    for row in range(14):
        if row % 2:
            turned.draw_rect((50, 80 + 18 * row, 740, 98 + 18 * row), color=None, fill=PALE)
        write(turned, 56, 92 + 18 * row, ("Salary", "Bonus", "Pension", "Shares")[row % 4], 9)
        for k in range(6):
            write(turned, 220 + 85 * k, 92 + 18 * row, str(31 * row + k), 9)
    turned.set_rotation(90)
    assert figures_of(document) == []


def test_tiles_of_highlights_are_no_bars():
    page = new_page()
    for k, (number, words) in enumerate((("412", "Revenue"), ("8.1", "Margin"), ("5120", "Staff"))):
        page.draw_rect((60 + 130 * k, 100, 170 + 130 * k, 190), color=None, fill=PALE)
        write(page, 72 + 130 * k, 140, number, 22)
        write(page, 72 + 130 * k, 170, words, 9)
    assert not figures(page)
