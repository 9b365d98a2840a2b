"""Charts in house styles of reports that were not in the rules' sight, each with its right box."""

import pymupdf
import pytest
from PIL import Image

from finlmm_utils.asp.page.boxes import area, overlap
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


def own(found, boxes):
    """For each chart, whether a crop covers 80 % of it and not half of another."""

    def holds(crop, box):
        mine = overlap(crop, box) >= 0.8 * area(box)
        others = [b for b in boxes if b is not box]
        return mine and not any(overlap(crop, b) > 0.5 * area(b) for b in others)

    return [any(holds(f.box, b) for f in found if f.kind != "table") for b in boxes]


def test_charts_side_by_side_under_a_rule_of_the_page():
    page = new_page()
    boxes = []
    for k, x in enumerate((50, 315)):
        write(page, x, 100, f"Figure {k + 1}: Index of the sector, 2015-2020", 9, bold=True)
        curve(page, x, 110, 240, 120, years=False)
        for j in range(9):
            at = pymupdf.Point(x + 30 + 24 * j, 272)
            page.insert_text(at, f"01/0{j + 1}/2020", fontsize=7, rotate=90)
        boxes.append((x, 108, x + 240, 272))
    page.draw_line((50, 277), (560, 277), width=0.5)
    write(page, 50, 287, "Source: company accounts", 7)
    assert own(figures(page), boxes) == [True, True]


@pytest.mark.parametrize("count", [2, 3, 4])
@pytest.mark.parametrize("rule", [True, False])
def test_wide_bars_side_by_side_on_one_base_line(count, rule):
    page = new_page()
    boxes, width = [], 520 // count
    for k in range(count):
        x = 45 + width * k
        number = 3 if count > 2 else 4
        step = (width - 55) / number
        write(page, x, 100, ("Revenue", "Profit", "Dividend", "Assets")[k], 10, bold=True)
        if rule:
            page.draw_line((x, 106), (x + width - 40, 106), width=1, color=BLUE)
        values = [60 + 15 * ((j + k) % 3) for j in range(number)]
        bars(page, x - 10, 240, values, width=step * 0.75, step=step)
        boxes.append((x, 150, x + width - 45, 255))
    assert own(figures(page), boxes) == [True] * count


def sheet(rows, columns, gap, framed=True, share=False):
    """A bitmap of several charts: panels in frames, gutters between them."""
    one = line_chart(width=170, height=110, title="" if share else "Panel of the index")
    w, h = one.size
    whole = Image.new(
        "RGB", (columns * w + (columns - 1) * gap, rows * h + (rows - 1) * gap), "white"
    )
    for k in range(rows * columns):
        whole.paste(one, ((k % columns) * (w + gap), (k // columns) * (h + gap)))
    return whole


@pytest.mark.parametrize(("rows", "columns"), [(2, 3), (1, 2), (2, 2), (2, 1)])
def test_a_bitmap_of_panels_is_split_at_its_gutters(rows, columns):
    page = new_page()
    picture = sheet(rows, columns, 14)
    width, height = 480, 480 * picture.height / picture.width
    place = pymupdf.Rect(60, 120, 60 + width, 120 + height)
    if height > 500:
        place = pymupdf.Rect(60, 120, 60 + 480 * 500 / height, 620)
    page.insert_image(place, stream=png(picture))
    w, h = place.width / columns, place.height / rows
    boxes = [
        (
            place.x0 + w * c + 4,
            place.y0 + h * r + 4,
            place.x0 + w * (c + 1) - 4,
            place.y0 + h * (r + 1) - 4,
        )
        for r in range(rows)
        for c in range(columns)
    ]
    assert own(figures(page), boxes) == [True] * len(boxes)


def test_framed_plots_that_touch_are_charts_of_their_own():
    page, boxes = new_page(), []
    for k in range(4):
        plot = new_page(200, 130)
        curve(plot, 4, 12, 184, 100)
        plot.draw_rect((24, 12, 188, 112), color=GREY)
        write(plot, 70, 9, f"Detail ({k})", 7)
        x, y = 60 + 201 * (k % 2), 120 + 131 * (k // 2)
        page.insert_image((x, y, x + 200, y + 130), pixmap=plot.get_pixmap(dpi=150))
        boxes.append((x + 4, y + 12, x + 190, y + 124))
    assert own(figures(page), boxes) == [True] * 4


def test_stacked_panels_with_one_axis_in_a_bitmap_stay_whole():
    page = new_page(300, 300)
    for k in range(3):
        curve(page, 20, 20 + 85 * k, 250, 70, years=k == 2)
    pixels = page.get_pixmap(dpi=150)
    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    other = new_page()
    other.insert_image((60, 120, 460, 520), stream=png(picture))
    assert len(figures(other)) == 1


def test_a_row_of_bars_with_one_axis_in_a_bitmap_stays_whole():
    page = new_page(400, 160)
    bars(page, 10, 130, (40, 90, 30, 70, 60, 20), width=20, step=60)
    pixels = page.get_pixmap(dpi=150)
    picture = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    other = new_page()
    other.insert_image((60, 120, 520, 304), stream=png(picture))
    assert len(figures(other)) == 1


def test_low_bars_with_values_and_years_far_below():
    page = new_page()
    write(page, 60, 150, "Dividend a share", 10, bold=True)
    for k, value in enumerate((20, 26, 31, 35, 40)):
        x = 70 + 45 * k
        page.draw_rect((x, 220 - value, x + 26, 220), color=None, fill=BLUE)
        write(page, x + 4, 216 - value, f"{value}.5", 8)
        write(page, x + 4, 242, f"20{18 + k}", 8)
    assert own(figures(page), [(70, 172, 276, 242)]) == [True]


def test_one_negative_bar_between_axis_and_years():
    page = new_page()
    write(page, 60, 120, "Net result ($m)", 10, bold=True)
    for k, value in enumerate((22, 30, -34, 18, 27)):
        x = 70 + 45 * k
        top, low = sorted((200 - value, 200))
        page.draw_rect((x, top, x + 26, low), color=None, fill=BLUE)
        write(page, x + 4, top - 3 if value > 0 else low + 9, f"{value}.5", 8)
        write(page, x + 4, 262, f"20{18 + k}", 8)
    page.draw_line((60, 200), (300, 200), color=GREY)
    assert own(figures(page), [(70, 160, 276, 262)]) == [True]


def test_a_walk_of_floating_bars():
    page = new_page()
    write(page, 60, 110, "Walk of the operating result", 10, bold=True)
    level = 210
    for k in range(17):
        x, change = 66 + 28 * k, (9, -6, 7, 5, -8)[k % 5]
        top, low = sorted((level, level - change))
        page.draw_rect((x, top, x + 14, low), color=None, fill=BLUE if change > 0 else RED)
        write(page, x, top - 3, f"{change}.1", 6)
        write(page, x, 230, f"20{k + 10}", 5)
        level -= change
    assert own(figures(page), [(66, 180, 528, 230)]) == [True]


def test_two_lying_stacked_bars():
    page = new_page()
    write(page, 60, 120, "Share of sales by region", 10, bold=True)
    for row, y in enumerate((140, 172)):
        write(page, 60, y + 13, f"202{row}", 8)
        x = 90
        for share, colour in ((35, BLUE), (40, RED), (25, GREY)):
            page.draw_rect((x, y, x + 4 * share, y + 20), color=None, fill=colour)
            write(page, x + 2 * share - 8, y + 13, f"{share + row}%", 8)
            x += 4 * share
    for k, colour in enumerate((BLUE, RED, GREY)):
        page.draw_rect((90 + 90 * k, 206, 97 + 90 * k, 213), color=None, fill=colour)
        write(page, 101 + 90 * k, 213, ("Europe", "Asia", "America")[k], 8)
    assert own(figures(page), [(60, 140, 490, 214)]) == [True]


def test_a_legend_of_one_entry_far_below_is_in_the_crop():
    page = new_page()
    write(page, 60, 100, "Return on equity", 10, bold=True)
    bars(page, 60, 220, (60, 80, 70, 90))
    page.draw_rect((120, 257, 127, 264), color=None, fill=BLUE)
    write(page, 131, 264, "Return on equity (%)", 8)
    (figure,) = figures(page)
    assert figure.box[3] > 263


def test_bar_charts_above_each_other_are_apart():
    page = new_page()
    boxes = []
    for k in range(3):
        top = 80 + 200 * k
        write(page, 60, top, f"Figure {k + 1}: Sales of segment {k + 1}", 9, bold=True)
        bars(page, 60, top + 120, (60, 80, 70, 90, 75), width=40, step=60)
        boxes.append((70, top + 25, 360, top + 136))
    assert own(figures(page), boxes) == [True] * 3


@pytest.mark.parametrize(
    ("rows", "columns"), [(1, 4), (2, 1), (5, 1), (12, 1), (40, 1), (2, 2), (4, 4)]
)
def test_an_image_in_strips_or_tiles_is_one_picture(rows, columns):
    page = new_page()
    picture = line_chart()
    w, h = picture.width / columns, picture.height / rows
    for r in range(rows):
        for c in range(columns):
            part = picture.crop((round(c * w), round(r * h), round(c * w + w), round(r * h + h)))
            x, y = 60 + 360 * c / columns, 120 + 195 * r / rows
            place = (x, y, x + 360 / columns, y + 195 / rows)
            page.insert_image(place, stream=png(part), keep_proportion=False)
    found = figures(page)
    assert len(found) == 1
    assert own(found, [(60, 120, 420, 315)]) == [True]


@pytest.mark.parametrize("turn", [90, 270])
def test_charts_that_lie_sideways_on_a_turned_page(turn):
    page = new_page(792, 612)
    write(page, 60, 90, "Index of the sector", 10, bold=True)
    curve(page, 60, 100, 300, 160)
    upright, document = page.parent, pymupdf.open()
    lying = document.new_page(width=612, height=792)
    lying.show_pdf_page(lying.rect, upright, 0, rotate=turn)
    found = figures_of(document)
    assert len(found) == 1
    assert area(found[0].box) > 0.8 * 300 * 160


def test_a_scan_with_an_invisible_layer_of_words_keeps_its_chart():
    page = new_page()
    paragraph(page, 60, 80, 6)
    write(page, 60, 230, "Figure 1: Index of the sector", 9)
    curve(page, 60, 240, 360, 160)
    paragraph(page, 60, 460, 12)
    pixels = page.get_pixmap(dpi=150)
    document = pymupdf.open()
    scan = document.new_page()
    scan.insert_image(scan.rect, stream=pixels.tobytes("png"))
    for x0, _y0, _x1, y1, word, *_ in page.get_text("words"):
        scan.insert_text((x0, y1 - 2), word, fontsize=8, render_mode=3)
    found = figures_of(document)
    assert own(found, [(60, 240, 420, 412)]) == [True]


def test_a_performance_graph_whose_grid_is_wider_than_its_curves():
    page = new_page()
    write(page, 150, 90, "Comparison of total return", 10, bold=True)
    for k in range(6):
        y = 110 + 26 * k
        page.draw_line((120, y), (460, y), color=(0.8, 0.8, 0.8), width=0.5)
        write(page, 90, y + 3, f"${300 - 50 * k}", 8)
    for colour, slope in ((BLUE, 4), (RED, 3), (GREY, 2)):
        points = [(150 + 56 * j, 236 - slope * 7 * j - (j * 5) % 7) for j in range(6)]
        page.draw_polyline(points, color=colour)
    for j in range(6):
        write(page, 140 + 56 * j, 256, f"20{18 + j}", 8)
    assert own(figures(page), [(90, 108, 460, 258)]) == [True]


def test_a_pie_with_a_legend_in_words():
    page = new_page()
    write(page, 60, 100, "Materiality of the group", 10, bold=True)
    shape = page.new_shape()
    end = pymupdf.Point(140, 130)
    for share, colour in ((250, BLUE), (110, RED)):
        end = shape.draw_sector((140, 180), end, share, fullSector=True)
        shape.finish(color=None, fill=colour)
    shape.commit()
    for k, (colour, text) in enumerate(
        ((BLUE, "Materiality of the whole £433,000, 70%"), (RED, "Not tested £130,000, 30%"))
    ):
        page.draw_rect((220, 160 + 18 * k, 228, 168 + 18 * k), color=None, fill=colour)
        write(page, 232, 168 + 18 * k, text, 8)
    (figure,) = figures(page)
    assert own([figure], [(90, 130, 190, 230)]) == [True]
    assert figure.box[2] > 350


def test_a_scheme_with_a_caption_is_of_that_kind():
    page = new_page()
    write(page, 60, 110, "Figure 2: How capital becomes value", 9, bold=True)
    for k, name in enumerate(("Capital", "Process", "Output", "Value")):
        x = 60 + 120 * k
        page.draw_rect((x, 130, x + 84, 190), color=None, fill=(0.8, 0.9, 1))
        write(page, x + 20, 164, name, 9)
        page.draw_line((x + 84, 160), (x + 118, 160))
        page.draw_polyline([(x + 112, 156), (x + 118, 160), (x + 112, 164)])
    (figure,) = figures(page)
    assert figure.kind == "scheme"
    assert figure.box[2] > 480


def test_a_table_that_a_report_numbers_as_a_figure_is_a_table_and_whole():
    page = new_page()
    write(page, 60, 110, "图表14 周数据建模后的交易策略效果", 10)
    for k, name in enumerate(("时间窗长度", "交易次数", "成功次数", "总收益率")):
        x = 60 + 120 * k
        page.draw_rect((x, 120, x + 119, 156), color=None, fill=(1, 0.8, 0.6))
        page.draw_line((x, 120), (x, 156))
        write(page, x + 30, 142, name, 9)
        for row in range(8):
            write(page, x + 50, 172 + 18 * row, f"{10 * row + k}.{k}", 9)
    (figure,) = figures(page)
    assert figure.kind == "table"
    assert figure.box[3] > 240 and figure.box[1] < 105
