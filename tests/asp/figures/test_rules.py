"""Which candidates are no figures, and where the crop of a chart ends."""

import io

import pymupdf
import pytest
from PIL import Image, ImageDraw

from finlmm_utils.asp.extract import extract_report

SOURCE = "Source: all figures of both charts are the company's own, filed and audited every year"
PROSE = "The group sold more in the second half of the year than before."


def chart(values, size=(480, 320)):
    """A bar chart with a number over each bar."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for k, value in enumerate(values):
        x = 40 + 60 * k
        draw.rectangle((x, 280 - value, x + 40, 280), fill="navy")
        draw.text((x + 8, 262 - value), f"{value}.5", fill="black", font_size=14)
        draw.text((x + 4, 290), f"20{10 + k}", fill="black", font_size=14)
    return image


def scribble():
    image = Image.new("RGB", (420, 210), "white")
    points = [
        (20, 150),
        (70, 30),
        (90, 180),
        (150, 60),
        (180, 170),
        (240, 50),
        (270, 150),
        (400, 90),
    ]
    ImageDraw.Draw(image).line(points, fill=(10, 10, 60), width=5, joint="curve")
    return image


def jpeg(image, scale=1.0, quality=90):
    size = (int(image.width * scale), int(image.height * scale))
    buffer = io.BytesIO()
    image.resize(size).save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()


def pages_of(pictures):
    document = pymupdf.open()
    for k, picture in enumerate(pictures):
        page = document.new_page()
        page.insert_text((60, 80), f"{PROSE} Page {k}.")
        page.insert_image((60, 150 + 20 * k, 360, 350 + 20 * k), stream=picture)
    return extract_report(document.tobytes())


def test_a_picture_that_is_encoded_anew_on_each_page_is_a_repeat():
    picture = chart([100, 150, 120, 180])
    report = pages_of([jpeg(picture, 1 + k / 8, 95 - 15 * k) for k in range(4)])
    assert not report.figures
    assert report.drops["near-identical"] == 4


def test_charts_of_one_style_are_no_repeats():
    charts = [chart(v) for v in ([100, 150, 120], [100, 150, 124], [104, 150, 120], [98, 151, 120])]
    report = pages_of([jpeg(c) for c in charts])
    assert len(report.figures) == 4
    assert not report.drops


@pytest.mark.parametrize("picture", [scribble()])
def test_a_signature_is_dropped_under_its_reason(picture):
    report = pages_of([jpeg(picture)])
    assert not report.figures
    assert report.drops == {"signature": 1}


def bars(page, left, top, title, font="hebo"):
    page.insert_text((left, top + 12), title, fontsize=9, fontname=font)
    for k, value in enumerate((40, 70, 55, 90)):
        x = left + 12 + 40 * k
        page.draw_rect((x, top + 130 - value, x + 24, top + 130), color=None, fill=(0, 0.3, 0.7))
        page.insert_text((x + 2, top + 126 - value), f"{value}.0", fontsize=8)
        page.insert_text((x, top + 142), f"202{k}", fontsize=8)
    page.draw_line((left, top + 130), (left + 170, top + 130))


def test_titles_are_in_the_crop_and_footnotes_and_neighbours_are_not():
    page = pymupdf.open().new_page()
    bars(page, 60, 120, "Net profit of the group after all taxes and minorities")
    bars(page, 320, 120, "Free cash flow")
    page.insert_text((60, 285), "1.", fontsize=7)
    page.insert_text((74, 285), "Adjusted for the sale of two units in the year 2021.", fontsize=7)
    page.insert_text((60, 275), SOURCE, fontsize=8)
    page.insert_text((60, 500), PROSE)
    report = extract_report(page.parent.tobytes())
    assert len(report.figures) == 2
    first, second = sorted(report.figures, key=lambda f: f.box[0])
    assert "Net profit of the group" in first.inner_text
    assert "Free cash flow" in second.inner_text
    assert "Adjusted" not in first.inner_text + second.inner_text
    assert first.box[2] < second.box[0]


def test_the_heading_of_the_text_below_is_not_in_the_crop():
    page = pymupdf.open().new_page()
    bars(page, 60, 120, "Net profit of the group")
    page.insert_text((60, 282), "Outlook", fontsize=11, fontname="hebo")
    page.insert_text((60, 296), PROSE, fontsize=9)
    (figure,) = extract_report(page.parent.tobytes()).figures
    assert "Net profit of the group" in figure.inner_text
    assert "Outlook" not in figure.inner_text
    assert figure.box[3] < 272


def test_a_table_of_one_row_over_a_chart_with_large_values_is_not_in_the_crop():
    page = pymupdf.open().new_page()
    for k, cell in enumerate(("$98m", "$39m", "$30m", "$28m")):
        page.insert_text((300 + 62 * k, 100), f"{2018 + k}", fontsize=9, fontname="hebo")
        page.insert_text((300 + 62 * k, 114), cell, fontsize=9)
        height = 20 + 15 * k
        x = 300 + 62 * k
        page.draw_rect((x, 260 - height, x + 40, 260), color=None, fill=(0, 0.3, 0.7))
        page.insert_text((x + 4, 256 - height), f"{47 + k}", fontsize=26)
        page.insert_text((x + 2, 276), f"{2018 + k}", fontsize=14)
    page.insert_text((46, 114), "Fee income", fontsize=9)
    page.insert_text((300, 152), "Operating expenses ($m)", fontsize=16, fontname="hebo")
    report = extract_report(page.parent.tobytes())
    (figure,) = report.figures
    assert "Operating expenses" in figure.inner_text
    assert "$30m" not in figure.inner_text
    assert "Fee income" in next(b.text for b in report.blocks if b.kind == "table")


def test_a_picture_behind_the_words_of_a_whole_page_is_no_chart():
    document = pymupdf.open()
    page = document.new_page()
    page.insert_image(page.rect, stream=jpeg(chart([100, 150, 120])), keep_proportion=False)
    page.insert_text((60, 80), "Annual report of the group", fontsize=30)
    document.new_page().insert_text((60, 80), PROSE)
    report = extract_report(document.tobytes())
    assert not report.figures
    assert report.drops["background"] == 1


def test_a_panel_of_highlights_is_no_chart():
    page = pymupdf.open().new_page()
    for top, colour in ((100, (0.1, 0.3, 0.4)), (250, (0.7, 0.9, 0.9))):
        page.draw_rect((60, top, 240, top + 150), color=None, fill=colour)
        for k, words in enumerate(("27.4", "Profit before tax", "200.6", "Net assets a share")):
            page.insert_text((80, top + 30 + 30 * k), words, fontsize=11)
            page.insert_text((80, top + 42 + 30 * k), "of the year", fontsize=8)
    report = extract_report(page.parent.tobytes())
    assert not report.figures
    assert report.drops["text"] == 1


def shaded_table(page, tops):
    """Rows and columns of numbers; shapes of eight corners shade a column and rows."""
    for row in range(12):
        page.insert_text((60, 120 + 16 * row), f"Item {'ABCDEFGHIJKL'[row]}", fontsize=9)
        for column in range(4):
            value = f"{100 + 37 * row + column}"
            page.insert_text((250 + 70 * column, 120 + 16 * row), value, fontsize=9)
    for top in tops:
        down = [(440, top), (480, top), (480, top + 40), (490, top + 40), (490, top + 90)]
        back = [(200, top + 90), (200, top + 60), (440, top + 60)]
        page.draw_polyline([*down, *back], fill=(0.9, 0.95, 0.95), color=None)
    for row in range(13):
        page.draw_line((60, 108 + 16 * row), (500, 108 + 16 * row))


@pytest.mark.parametrize("turn", [0, 90])
def test_a_table_shaded_by_a_shape_is_no_chart(turn):
    document = pymupdf.open()
    shaded_table(document.new_page(), (110,) if turn else (110, 206))
    if turn:  # the same, lying on an upright page
        lying, document = document, pymupdf.open()
        page = document.new_page(width=792, height=612)
        page.show_pdf_page(page.rect, lying, 0, rotate=turn)
    report = extract_report(document.tobytes())
    assert not report.figures
    if not turn:
        assert any(b.kind == "table" for b in report.blocks)


def panel(page, left, curves, ticks=5):
    """Lines with axis labels at the left and years below; no line of an axis is drawn."""
    page.insert_text((left, 150), "Share of repo positions", fontsize=9, fontname="hebo")
    for y, slope in curves:
        points = [(left + 14 + 6 * k, y - slope * (k % 5)) for k in range(24)]
        page.draw_polyline(points, color=(0, 0.3, 0.7), closePath=False)
    low, high = max(y for y, _ in curves), min(y for y, _ in curves)
    for k in range(ticks):
        y = low - k * (low - high + 24) / (ticks - 1)
        page.insert_text((left, y + 3), f"{10 * k}", fontsize=7)
        page.insert_text((left + 14 + 30 * k, low + 14), f"20{20 + k}", fontsize=7)


def test_curves_apart_over_one_stretch_are_one_chart():
    page = pymupdf.open().new_page()
    panel(page, 60, [(225, 8), (260, 6)])
    panel(page, 230, [(225, 9), (260, 5)])
    figures = extract_report(page.parent.tobytes()).figures
    assert len(figures) == 2
    assert all(f.box[1] < 194 and f.box[3] > 265 for f in figures)
    assert sorted(f.inner_text.count("20") for f in figures) == [7, 7]


def test_a_chart_that_is_low_but_has_many_marks_is_kept_and_not_its_neighbours():
    page = pymupdf.open().new_page()
    bars(page, 60, 120, "Free cash flow")
    page.insert_text((260, 220), "Index by region", fontsize=9, fontname="hebo")
    for k in range(14):
        x = 274 + 11 * k
        page.draw_rect((x, 246 - k, x + 7, 246), color=None, fill=(0, 0.3, 0.7))
        page.draw_rect((x, 246, x + 7, 258 + k), color=None, fill=(0.7, 0.1, 0.1))
    for k, label in enumerate(("20", "0", "-20")):
        page.insert_text((256, 236 + 16 * k), label, fontsize=7)
    report = extract_report(page.parent.tobytes())
    assert len(report.figures) == 2
    first, second = sorted(report.figures, key=lambda f: f.box[0])
    assert first.box[2] < 256
    assert "Index by region" in second.inner_text


@pytest.mark.parametrize(("legends", "figures"), [(1, 3), (2, 2)])
def test_panels_that_share_a_legend_are_kept_as_one_figure_too(legends, figures):
    page = pymupdf.open().new_page()
    colours = ((0, 0.3, 0.7), (0.8, 0.3, 0.1))
    for side, left in enumerate((60, 280)):
        page.insert_text((left, 130), ("Revenue", "Profit")[side], fontsize=9, fontname="hebo")
        for k, value in enumerate((40, 70, 55, 90)):
            x, top = left + 12 + 40 * k, 250 - value
            page.draw_rect((x, top, x + 24, 250), color=None, fill=colours[k % 2])
            page.insert_text((x + 2, top - 4), f"{value + side}.0", fontsize=8)
            page.insert_text((x, 262), f"202{k}", fontsize=8)
        for k, name in enumerate(("Half year", "Full year") if side < legends else ()):
            x = left + 10 + 70 * k
            page.draw_rect((x, 272, x + 6, 278), color=None, fill=colours[k])
            page.insert_text((x + 9, 279), name, fontsize=8)
    found = extract_report(page.parent.tobytes()).figures
    assert len(found) == figures
    whole = max(found, key=lambda f: f.box[2] - f.box[0])
    assert ("Revenue" in whole.inner_text and "Profit" in whole.inner_text) == (legends == 1)


def test_the_source_line_is_as_wide_as_the_frame():
    page = pymupdf.open().new_page()
    page.draw_rect((140, 112, 400, 268), color=(0.5, 0.5, 0.5))
    bars(page, 220, 120, "Net profit of the group")
    page.insert_text((140, 280), "Source: annual accounts", fontsize=8)
    (figure,) = extract_report(page.parent.tobytes()).figures
    assert "Source: annual accounts" in figure.inner_text


def test_a_page_that_cannot_be_read_costs_no_other(tmp_path):
    document = pymupdf.open()
    for _ in range(2):
        document.new_page().insert_text((60, 80), PROSE)
    document.xref_set_key(document[1].xref, "MediaBox", "[0 0 200000 200000]")
    report = extract_report(document.tobytes())
    assert (report.status, report.drops) == ("ok", {"huge page": 1})
    document.delete_page(0)
    report = extract_report(document.tobytes())
    assert report.status == "no_text"
    assert "larger than 14400 points" in report.reason


def word_table(page, title):
    page.insert_text((60, 100), title, fontsize=9)
    page.draw_rect((60, 110, 500, 126), color=None, fill=(0.85, 0.9, 0.95))
    for row in range(7):
        cells = ("Risk", "Owner", "Answer") if not row else (f"Risk {row}b", "Board", "Insured")
        for column, words in enumerate(cells):
            page.insert_text((66 + 146 * column, 121 + 16 * row), words, fontsize=8)
        page.draw_line((60, 110 + 16 * row), (500, 110 + 16 * row))
    page.draw_rect((60, 110, 500, 222))
    for column in (206, 352):
        page.draw_line((column, 110), (column, 222))
    for k in range(3):  # arrows: a table may have some
        page.draw_polyline([(480, 132 + 32 * k), (486, 128 + 32 * k), (492, 134 + 32 * k)])


@pytest.mark.parametrize(
    ("title", "kinds"), [("Our risks", []), ("Figure 3: Our risks", ["table"])]
)
def test_a_ruled_table_of_words_is_a_figure_only_where_the_report_calls_it_one(title, kinds):
    page = pymupdf.open().new_page()
    word_table(page, title)
    report = extract_report(page.parent.tobytes())
    assert [f.kind for f in report.figures] == kinds
    assert any("Insured" in b.text for b in report.blocks)


def test_cells_of_several_lines_are_a_table_and_points_with_names_are_a_chart():
    document = pymupdf.open()
    page = document.new_page()
    page.insert_text((60, 92), "Figure 1: Our rules", fontsize=8)
    for row in range(4):
        page.draw_line((60, 100 + 90 * row), (500, 100 + 90 * row))
        page.draw_rect((60, 101 + 90 * row, 209, 189 + 90 * row), color=None, fill=(0.9, 0.9, 0.8))
        for column in range(3):
            page.draw_line((60 + 150 * column, 100 + 90 * row), (60 + 150 * column, 190 + 90 * row))
            for line in range(2 + (row + column) % 4):
                place = (66 + 150 * column, 112 + 90 * row + 13 * line + 4 * column)
                page.insert_text(place, f"Rule {row}{column} of part {line}", fontsize=8)
    page = document.new_page()
    page.draw_rect((60, 100, 400, 300))
    page.draw_polyline([(62, 298), (200, 180), (398, 102)])
    for k in range(25):
        point = (80 + 300 * (k * 7 % 25) / 25, 120 + 7 * k)
        page.draw_circle(point, 2, color=None, fill=(0.1, 0.3, 0.7))
        page.insert_text((point[0] + 4, point[1]), f"Land {'ABCDE'[k % 5]}{k}", fontsize=6)
    for k in range(5):
        page.insert_text((70 + 70 * k, 312), f"{10 * k}", fontsize=8)
    kinds = [(f.page, f.kind) for f in extract_report(document.tobytes()).figures]
    assert kinds == [(1, "table"), (2, "vector")]


def test_bars_over_rows_of_words_are_a_chart():
    page = pymupdf.open().new_page()
    for row in range(4):
        for column in range(3):
            x, y = 80 + 130 * column, 120 + 50 * row
            page.insert_text((x, y), f"Unit {'ABCD'[row]}{column}", fontsize=8)
            page.draw_rect((x, y + 6, x + 40 + 9 * row, y + 26), color=None, fill=(0, 0.3, 0.7))
            page.insert_text((x + 90, y + 18), f"{31 + 9 * row}.0", fontsize=8)
    assert [f.kind for f in extract_report(page.parent.tobytes()).figures] == ["vector"]


def icon(size=200):
    """A disc and spots around it: as large as letters, none beside another of its height."""
    image = Image.new("RGB", (size, size), "white")
    draw = ImageDraw.Draw(image)
    for k, (x, y) in enumerate([(98, 8), (160, 40), (172, 110), (14, 110), (35, 40), (95, 168)]):
        draw.ellipse((x, y, x + 7 + k, y + 8 + k), fill=(0, 90, 80))
    draw.ellipse((60, 70, 140, 150), fill=(0, 90, 80))
    return image


def pie(words):
    image = Image.new("RGB", (300, 300), "white")
    draw = ImageDraw.Draw(image)
    draw.pieslice((10, 10, 290, 290), 0, 250, fill=(0, 60, 120))
    draw.pieslice((10, 10, 290, 290), 250, 360, fill=(240, 190, 60))
    for place, text in zip(((90, 180), (190, 70)), words, strict=True):
        draw.text(place, text, fill="white", font_size=26)
    return image


@pytest.mark.parametrize(
    ("picture", "drops"), [(icon(), {"no labels": 1}), (pie(("72%", "28%")), {})]
)
def test_an_icon_has_no_labels_and_a_pie_with_two_shares_has(picture, drops):
    buffer = io.BytesIO()
    picture.save(buffer, "PNG")
    report = pages_of([buffer.getvalue()])
    assert report.drops == drops
    assert len(report.figures) == (not drops)


def test_the_name_of_a_company_as_a_picture_is_no_chart():
    image = Image.new("RGB", (500, 120), "white")
    ImageDraw.Draw(image).text((20, 40), "Mountain Trust", fill="navy", font_size=36)
    report = pages_of([jpeg(image)])
    assert not report.figures
    assert report.drops == {"text": 1}


def test_the_header_of_the_report_is_not_in_the_crop():
    document = pymupdf.open()
    for number in range(4):
        page = document.new_page()
        page.insert_text((60, 62), "Interim statement of the group", fontsize=8, fontname="hebo")
        if number == 2:
            bars(page, 60, 68, "Net profit")
    (figure,) = extract_report(document.tobytes()).figures
    assert "Net profit" in figure.inner_text
    assert "Interim statement" not in figure.inner_text


def test_uncompressed_images_of_one_size_are_no_repeats():
    document = pymupdf.open()
    for k in range(4):
        buffer = io.BytesIO()
        chart([100 + 20 * k, 150, 40 + 30 * k]).save(buffer, "PNG")
        page = document.new_page()
        page.insert_image((60, 150, 360, 350), pixmap=pymupdf.Pixmap(buffer.getvalue()))
        page.insert_text((60, 80), f"{PROSE} Page {k}.")
    report = extract_report(document.tobytes(deflate=False))
    assert len(report.figures) == 4
    assert not report.drops


def test_single_digits_under_an_axis_are_labels():
    image = Image.new("RGB", (480, 320), "white")
    draw = ImageDraw.Draw(image)
    draw.line([(40 + 10 * k, 150 - (k * 37) % 90) for k in range(41)], fill="navy", width=3)
    for k in range(6):
        draw.text((40 + 78 * k, 290), f"{k}", fill="black", font_size=18)
    report = pages_of([jpeg(image)])
    assert len(report.figures) == 1


def stems(page, panel):
    """Stems with dots that touch nothing, a white grid on a grey panel, and a scale below it."""
    x0, y0, _, y1 = panel
    page.draw_rect(panel, color=None, fill=(0.9, 0.9, 0.9))
    for k, name in enumerate(("Retail", "Treasury", "Wealth", "Energy", "Asia", "Europe")):
        y = y0 + 16 + 24 * k
        page.insert_text((x0 - 40, y + 3), name, fontsize=7)
        page.draw_line((x0 + 10, y), (x0 + 60 + 17 * k, y), color=(0.8, 0.2, 0.1))
        page.draw_circle((x0 + 150 - 9 * k, y), 3, color=None, fill=(0.1, 0.3, 0.7))
    for k in range(5):
        page.insert_text((x0 + 8 + 40 * k, y1 + 10), f"{10 * k}", fontsize=7)


def test_what_stands_apart_on_a_panel_with_a_scale_is_one_chart():
    page = pymupdf.open().new_page()
    stems(page, (120, 150, 320, 310))
    (figure,) = extract_report(page.parent.tobytes()).figures
    assert "Treasury" in figure.inner_text
    assert "40" in figure.inner_text


def ring(page, centre, colours, names):
    x, y = centre
    part = 360 / len(colours)
    for k, colour in enumerate(colours):
        start = centre + pymupdf.Point(-50, 0) * pymupdf.Matrix(part * k)
        page.draw_sector(centre, start, part, color=None, fill=colour)
    for k, (colour, name) in enumerate(zip(colours, names, strict=True)):
        top = y - 30 + 14 * k
        page.draw_rect((x + 60, top, x + 67, top + 7), color=None, fill=colour)
        page.insert_text((x + 71, top + 7), name, fontsize=8)


def test_shares_in_a_legend_are_numbers_and_the_legend_is_not_the_neighbours():
    page = pymupdf.open().new_page()
    colours = ((0, 0.3, 0.7), (0.8, 0.3, 0.1), (0.2, 0.6, 0.3))
    ring(page, pymupdf.Point(120, 200), colours, ("Retail 22%", "Wealth 48%", "Energy 30%"))
    for k, value in enumerate((40, 70, 55)):
        x = 250 + 40 * k
        page.draw_rect((x, 250 - value, x + 24, 250), color=None, fill=colours[k])
        page.insert_text((x + 4, 246 - value), f"{value}.0", fontsize=8)
        page.insert_text((x, 262), f"202{k}", fontsize=8)
    first, second = sorted(extract_report(page.parent.tobytes()).figures, key=lambda f: f.box[0])
    assert "Retail 22%" in first.inner_text
    assert "Retail" not in second.inner_text
