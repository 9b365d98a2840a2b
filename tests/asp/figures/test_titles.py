"""The title of a chart: which words it is, and how it comes into the picture."""

import io

import numpy as np
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

NAMES = ("Net asset value", "Share price", "Dividends")


def test_a_chinese_caption_comes_into_the_picture_though_number_and_words_stand_apart():
    page = new_page()
    write(page, 60, 200, "图表12：", 10)
    write(page, 120, 200, "修正因子的十分组净值走势", 10)
    page.insert_image((60, 205, 420, 400), stream=png(line_chart()))
    write(page, 60, 412, "资料来源：公司年报", 8)
    (figure,) = figures(page)
    assert figure.title == figure.caption == "图表12：修正因子的十分组净值走势"
    assert figure.box[1] < 192 and not figure.title_drawn


def test_a_caption_whose_first_letter_is_a_line_of_its_own_is_joined_over_two_lines():
    page = new_page()
    write(page, 60, 190, "图", 9)
    write(page, 78, 190, "30 ：策略在上涨和下跌年份的平均超额收益和胜率走势图", 9)
    write(page, 60, 202, "（2013.01.25-2024.07.31）", 9)
    page.insert_image((60, 208, 420, 400), stream=png(line_chart()))
    (figure,) = figures(page)
    assert figure.caption.startswith("图 30 ：策略") and "2024.07.31" in figure.caption
    assert figure.box[1] < 183


def test_a_sentence_that_begins_with_a_reference_is_no_caption():
    page = new_page()
    write(page, 60, 180, "图8为五个因子在剔除风格之后的净值走势，可以看到近年走势趋平，", 9)
    write(page, 60, 196, "图9 五个因子的净值走势", 9)
    page.insert_image((60, 205, 420, 400), stream=png(line_chart()))
    (figure,) = figures(page)
    assert figure.caption == figure.title == "图9 五个因子的净值走势"


def test_a_bold_title_over_a_subtitle_is_each_charts_own():
    page = new_page()
    for k, name in enumerate(NAMES):
        x = 50 + 180 * k
        write(page, x, 100, name, 12, bold=True)
        write(page, x, 111, "At 31 March 2022 - pence", 8)
        bars(page, x, 230, (60, 80, 70), width=26)
    paragraph(page, 50, 300)
    found = figures(page)
    assert [f.title for f in found] == [f"{name} At 31 March 2022 - pence" for name in NAMES]
    assert all(f.box[1] < 91 for f in found)


def test_a_title_in_the_style_of_headings_names_the_chart_below_it():
    page = new_page()
    for y in (90, 480):
        write(page, 60, y, "Outlook" if y > 100 else "Markets", 13, bold=True)
        paragraph(page, 60, y + 14)
    write(page, 60, 190, "Discount to net asset value", 13, bold=True)
    curve(page, 60, 210, 360)
    document = page.parent
    other = document.new_page()
    write(other, 60, 90, "Risks", 13, bold=True)
    paragraph(other, 60, 104)
    found = figures_of(document)
    assert [f.title for f in found] == ["Discount to net asset value"]
    assert found[0].box[1] < 182


def test_three_centred_lines_over_a_plot_are_its_title():
    page = new_page()
    paragraph(page, 60, 80, 3)
    middle = 60 + 110 + 10
    for k, text in enumerate(("Close (US$/lb)", "Coffee exchange", "Dec 31, 2020 to Dec 31, 2022")):
        write(page, middle, 140 + 12 * k, text, 9, centred=True)
    curve(page, 60, 172, 220)
    (figure,) = figures(page)
    assert figure.title == "Close (US$/lb) Coffee exchange Dec 31, 2020 to Dec 31, 2022"
    assert figure.box[1] < 134


def test_a_title_over_large_numbers_is_in_the_picture():
    page = new_page()
    write(page, 70, 90, "Revenue of the group", 11, bold=True)
    write(page, 70, 118, "$4,812m", 22)
    bars(page, 60, 230, (60, 80, 70, 90))
    (figure,) = figures(page)
    assert figure.title == "Revenue of the group"
    assert figure.box[1] < 83


def test_a_bold_title_of_two_lines_is_whole():
    page = new_page()
    write(page, 60, 100, "1. Revisions of the margins that are", 9, bold=True)
    write(page, 68, 110, "expected for the market", 9, bold=True)
    write(page, 68, 120, "(Percent, 100 = start of year)", 9)
    curve(page, 60, 130, 200)
    (figure,) = figures(page)
    assert figure.title.startswith("1. Revisions of the margins that are expected for the market")
    assert figure.box[1] < 93


def test_a_title_that_the_crop_cannot_reach_is_drawn_over_it():
    page = new_page()
    write(page, 60, 180, "图3：公司营业收入及同比增速", 10)
    write(
        page, 60, 196, "注：营业收入按照合并口径计算，包括所有子公司以及联营公司的收入部分在内。", 8
    )
    page.insert_image((60, 205, 420, 400), stream=png(line_chart()))
    (figure,) = figures(page)
    assert figure.title == "图3：公司营业收入及同比增速" and figure.title_drawn
    picture = Image.open(io.BytesIO(figure.png))
    high = (figure.box[3] - figure.box[1]) * 150 / 72
    assert picture.height > high + 15
    assert np.asarray(picture.convert("L"))[:18].min() < 100


@pytest.mark.parametrize("title", ["", "Pension liabilities"])
def test_a_picture_with_a_bold_title_in_its_pixels_needs_no_caption(title):
    page = new_page()
    write(page, 60, 196, "Figure 3: Pension liabilities", 9, bold=True)
    page.insert_image((60, 202, 420, 400), stream=png(line_chart(title=title)))
    (figure,) = figures(page)
    assert figure.title == "Figure 3: Pension liabilities"
    assert (figure.box[1] > 201) == bool(title)


def test_a_title_that_is_only_set_apart_over_a_rule_names_its_chart():
    page = new_page()
    for k, name in enumerate(("基金规模（亿元）", "库存周转天数（天）")):
        x = 46 + 270 * k
        write(page, x + 2, 154, name, 9.5)
        page.draw_line((x, 160), (x + 230, 160), color=(0.8, 0.1, 0.1))
        bars(page, x, 288, (60, 70, 88, 80), width=30, step=54)
    assert [f.title for f in figures(page)] == ["基金规模（亿元）", "库存周转天数（天）"]


def test_a_title_at_the_left_of_a_chart_is_in_the_picture():
    page = new_page()
    write(page, 50, 180, "Loans by region", 12)
    curve(page, 160, 110, 240, 140)
    (figure,) = figures(page)
    assert figure.title == "Loans by region" and figure.box[0] < 51


def test_the_heading_over_a_sentence_that_leads_to_a_chart_is_drawn_over_it():
    page = new_page()
    write(page, 40, 120, "Net revenue analysis", 9, bold=True)
    write(page, 40, 140, "The components of our net revenues for six months were as follows:", 9)
    page.insert_image((120, 146, 360, 276), stream=png(line_chart()))
    (figure,) = figures(page)
    assert figure.title == "Net revenue analysis" and figure.title_drawn


def test_the_title_of_a_slide_names_its_one_chart():
    page = new_page(960, 540)
    write(page, 40, 60, "Quarterly revenue", 30)
    bars(page, 60, 420, (90, 120, 150, 140, 180), width=80, step=110)
    (figure,) = figures(page)
    assert figure.title == "Quarterly revenue"


def test_a_title_in_capitals_and_one_with_an_accent_count():
    for text in ("MARGINS AS A SHARE OF SALES", "Évolution du résultat par zone"):
        page = new_page()
        write(page, 62, 150, text, 10)
        curve(page, 60, 160, 280, 130)
        (figure,) = figures(page)
        assert figure.title == text and figure.box[1] < 143


def test_the_last_line_of_a_paragraph_is_no_title():
    page = new_page()
    paragraph(page, 60, 110, 4)
    write(page, 60, 154, "in all of its markets", 9)
    curve(page, 60, 166, 280, 130)
    (figure,) = figures(page)
    assert figure.title == ""


def test_a_subtitle_of_dates_is_no_text_however_long():
    page = new_page()
    write(page, 60, 130, "Share Price Total Return v Peer Group", 12, bold=True)
    write(page, 60, 142, "8 October 2013 (Change of Mandate) to 31 March 2022", 9)
    write(page, 60, 154, "(rebased to 100 at 8 October 2013)", 9)
    curve(page, 60, 164, 420, 150)
    (figure,) = figures(page)
    assert figure.title.startswith("Share Price Total Return v Peer Group 8 October")
    assert figure.box[1] < 122


def test_names_of_series_in_the_legend_do_not_stand_for_the_caption():
    page = new_page()
    write(page, 46, 140, "图2 商誉与研发费用率", 9)
    page.draw_line((46, 144), (300, 144), width=0.5)
    curve(page, 46, 166, 250, 110)
    for k, name in enumerate(("商誉", "研发费用率")):
        page.draw_rect((110 + 60 * k, 151, 118 + 60 * k, 157), color=None, fill=(0, 0.3, 0.7))
        write(page, 121 + 60 * k, 157, name, 7)
    (figure,) = figures(page)
    assert figure.box[1] < 134


def test_the_words_of_a_caption_may_stand_under_its_number():
    page = new_page()
    write(page, 60, 130, "Chart 1.1", 9, bold=True)
    write(page, 60, 142, "Headline inflation", 9)
    curve(page, 60, 152, 220, 120)
    (figure,) = figures(page)
    assert figure.title == "Chart 1.1 Headline inflation"


def test_a_title_nearer_to_the_plot_above_is_that_of_the_plot_below():
    page = new_page()
    for k, name in enumerate(NAMES):
        y = 90 + 170 * k
        write(page, 60, y, name, 10, bold=True)
        curve(page, 60, y + 26, 240, 116)
    found = figures(page)
    assert [f.title for f in found] == list(NAMES)
    lowest = [f.box[3] for f in found]
    assert lowest[0] < 252 and lowest[1] < 422, "the neighbour's title is not in the crop"


def test_the_heading_of_a_section_between_title_and_plot_is_no_title():
    page = new_page()
    for y in (90, 480):
        write(page, 60, y, "Outlook" if y > 100 else "Markets", 13, bold=True)
        paragraph(page, 60, y + 14)
    write(page, 60, 190, "Discount to net asset value", 10, bold=True)
    write(page, 60, 208, "Performance", 13, bold=True)
    curve(page, 60, 216, 360)
    document = page.parent
    other = document.new_page()
    write(other, 60, 90, "Risks", 13, bold=True)
    paragraph(other, 60, 104)
    (figure,) = figures_of(document)
    assert figure.title == "Discount to net asset value"


def test_a_plain_line_right_over_a_bold_one_begins_the_title():
    page = new_page()
    write(page, 60, 190, "Development of", 9)
    write(page, 60, 203, "Return on equity", 11, bold=True)
    curve(page, 60, 214, 260)
    (figure,) = figures(page)
    assert figure.title == "Development of Return on equity" and figure.box[1] < 183


def test_a_title_far_over_a_highlight_and_what_compares_it_is_found():
    page = new_page()
    write(page, 60, 150, "Net new money", 11, bold=True)
    write(page, 60, 188, "41.3", 24, bold=True)
    write(page, 60, 202, "Prior year: 38.9", 8)
    curve(page, 60, 226, 260)
    (figure,) = figures(page)
    assert figure.title == "Net new money"


def test_a_title_on_a_band_that_is_drawn_with_its_bars_is_found():
    page = new_page()
    for k, name in enumerate(NAMES):
        x = 50 + 180 * k
        page.draw_rect((x, 98, x + 140, 113), color=None, fill=(0.7, 0.8, 0.9))
        write(page, x + 2, 109, name, 9, bold=True)
        bars(page, x, 200, (80, 60, 40), width=26)
    assert [f.title for f in figures(page)] == list(NAMES)


def test_the_caption_of_a_chart_that_lies_on_its_side_is_its_title():
    page = new_page(792, 612)
    write(page, 60, 152, "Figure 4: Premium income", 10, bold=True)
    bars(page, 60, 260, (80, 60, 90, 70), step=60)
    page.set_rotation(90)
    (figure,) = figures(page)
    assert figure.title == "Figure 4: Premium income"


def test_the_source_line_over_the_next_chart_is_no_title_of_it():
    page = new_page()
    for k in range(2):
        y = 90 + 190 * k
        write(page, 60, y, f"图{k + 4} 沪深300指数走势", 10)
        curve(page, 60, y + 10, 260, 120)
        write(page, 60, y + 152, "资料来源：研究所", 9)
    assert [f.box[3] > 240 + 190 * k for k, f in enumerate(figures(page))] == [True, True]


def two_bars(values):
    """A picture of two bars with values over them, as high as each other."""
    page = new_page(180, 130)
    for k, value in enumerate(values):
        x = 20 + 80 * k
        page.draw_rect((x, 30, x + 50, 110), color=None, fill=BLUE)
        write(page, x + 4, 25, value, 10, bold=True)
        write(page, x + 8, 122, f"Q{k + 1} 2023", 7)
    pixels = page.get_pixmap(dpi=150)
    return Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)


def test_the_title_over_pictures_side_by_side_is_in_each_of_them():
    page = new_page()
    write(page, 240, 150, "Number of payments", 10, bold=True, centred=True)
    for k, values in enumerate((("6,074", "5,513"), ("11,908", "10,674"))):
        page.insert_image((60 + 180 * k, 156, 240 + 180 * k, 286), stream=png(two_bars(values)))
    found = figures(page)
    assert [f.title for f in found] == ["Number of payments"] * 2
    assert all(f.title_drawn for f in found)


def test_a_panel_reaches_its_title_within_the_figure_that_it_is_of():
    page = new_page()
    write(page, 40, 60, "Figure 1. Markets under pressure", 11, bold=True)
    for k in range(2):
        x = 40 + 260 * k
        write(page, x, 100, f"{k + 1}. Exposure to foreign assets", 8, bold=True)
        write(page, x, 110, "over trading volume", 8, bold=True)
        curve(page, x, 139, 240, 60)
    found = figures(page)
    panels = [f for f in found if f.title[:2] in ("1.", "2.")]
    assert len(found) == 3 and len(panels) == 2
    assert all(f.box[1] < 93 and not f.title_drawn for f in panels)


def test_the_lines_of_a_title_that_is_drawn_are_each_there_once():
    page = new_page()
    lines = ("Net revenue analysis of the three", "segments, by region of the client")
    for k, text in enumerate(lines):
        write(page, 40, 110 + 10 * k, text, 10, bold=True)
    write(page, 40, 140, "The components of our net revenues for six months were as follows:", 9)
    page.insert_image((120, 146, 360, 276), stream=png(line_chart()))
    (figure,) = figures(page)
    assert figure.title == " ".join(lines) and figure.title_drawn
    over = Image.open(io.BytesIO(figure.png)).height - 130 * 150 / 72
    assert over < 2.9 * 10 * 150 / 72, "two lines of 14 points, 10 points apart"


def test_the_legend_between_a_title_and_its_plot_is_no_title():
    page = new_page()
    write(page, 40, 90, "Foreign holdings are large in most", 9)
    write(page, 40, 100, "of the markets in the sample.", 9)
    title = ("2. Exposure to foreign", "assets and its ratio to", "the local markets")
    unit = ("(Trillions of dollars, left", "scale; ratio, right scale)")
    for k, text in enumerate((*title, *unit)):
        write(page, 52, 111 + 10 * k, text, 8, bold=k < len(title))
    for k, name in enumerate(("Exposure in foreign assets", "Ratio to the volume that was", "")):
        y = 170 + 11 * k
        if name:
            page.draw_rect((52, y - 6, 58, y), color=None, fill=(RED, GREY)[k])
        write(page, 62, y, name or "traded in the market", 8)
    curve(page, 40, 202, 200, 100)
    (figure,) = figures(page)
    assert figure.title == " ".join((*title, *unit))
    assert figure.box[1] < 105 and not figure.title_drawn


def test_the_unit_between_a_caption_and_its_chart_is_in_the_picture():
    page = new_page()
    write(page, 60, 100, "Chart 2.5 Policy rate and mortgage rates", 9, bold=True)
    write(page, 60, 111, "Per cent of the outstanding amount", 8)
    curve(page, 60, 130)
    paragraph(page, 60, 330)
    (figure,) = figures(page)
    assert not figure.title_drawn and figure.box[1] < 93
    assert figure.title.endswith("Per cent of the outstanding amount")


def test_text_between_a_caption_and_its_chart_is_not():
    page = new_page()
    write(page, 60, 100, "Chart 2.5 Policy rate and mortgage rates", 9, bold=True)
    paragraph(page, 60, 114, lines=2)
    curve(page, 60, 150)
    paragraph(page, 60, 330)
    (figure,) = figures(page)
    assert figure.title_drawn and figure.title == "Chart 2.5 Policy rate and mortgage rates"


def test_a_caption_without_a_number_may_stand_under_its_chart():
    page = new_page()
    curve(page, 60, 100)
    write(page, 62, 240, "Flight emissions by haul, million tonnes", 7)
    paragraph(page, 60, 290)
    (figure,) = figures(page)
    assert figure.title == "Flight emissions by haul, million tonnes"
    assert figure.box[3] > 240 and not figure.title_drawn


def test_a_heading_or_text_under_a_chart_is_no_caption_of_it():
    for size, bold, lines in ((12, True, 1), (9, False, 4)):
        page = new_page()
        curve(page, 60, 100)
        for k in range(lines):
            write(page, 62, 240 + 11 * k, "Votes that were cast at the meeting", size, bold)
        paragraph(page, 60, 330)
        (figure,) = figures(page)
        assert figure.title == ""
