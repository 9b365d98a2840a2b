"""Text of hard pages: columns, furniture, hyphens, ligatures, tables, boilerplate, Chinese."""

import pymupdf
import pytest

from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.page.page import read_page
from finlmm_utils.asp.text.words import clean


class Paper:
    """A PDF that is written line by line at given places."""

    def __init__(self):
        self.document = pymupdf.open()

    def page(self, *lines, size=10, font="helv"):
        """Lines (x, y, text) or (x, y, text, font)."""
        page = self.document.new_page(width=612, height=792)
        for x, y, text, *own in lines:
            page.insert_text((x, y), text, fontsize=size, fontname=own[0] if own else font)
        return page

    def read(self):
        report = extract_report(self.document.tobytes(), file="paper.pdf")
        assert report.status == "ok", report.reason
        return report


def texts(report, *kinds):
    return [b.text for b in report.blocks if not kinds or b.kind in kinds]


def paragraph(x, y, lines):
    return [(x, y + 12 * k, line) for k, line in enumerate(lines)]


LEFT = ["Revenue of the first segment rose again in", "the second half as prices were higher."]
RIGHT = ["Costs of the other segment fell and the", "margin of the group was wider than before."]


@pytest.mark.parametrize("interleaved", [False, True])
def test_two_columns_are_read_one_after_the_other(interleaved):
    left, right = paragraph(50, 140, LEFT), paragraph(320, 140, RIGHT)
    lines = [x for pair in zip(left, right, strict=True) for x in pair]
    paper = Paper()
    paper.page(
        (50, 100, "Operating review of the whole group for the year", "hebo"),
        *(lines if interleaved else left + right),
    )
    assert texts(paper.read()) == [
        "Operating review of the whole group for the year",
        " ".join(LEFT),
        " ".join(RIGHT),
    ]


def test_headers_and_page_numbers_are_furniture_and_the_last_column_of_a_table_is_not():
    paper = Paper()
    for number in range(1, 5):
        rows = [(18, 700 + 14 * k, name) for k, name in enumerate(["Sales", "Costs", "Profit"])] + [
            (x, 700 + 14 * k, f"{number * 100 + k * 10 + (x > 500)}")
            for k in range(3)
            for x in (480, 574)
        ]
        paper.page(
            (50, 40, "Acme plc Annual report"),
            *paragraph(50, 300, LEFT),
            *rows,
            (300, 750, str(number + 6)),
        )
    report = paper.read()
    assert set(texts(report, "furniture")) == {"Acme plc Annual report", "7", "8", "9", "10"}
    tables = texts(report, "table")
    assert tables[0] == "Sales\t100\t101\nCosts\t110\t111\nProfit\t120\t121"
    assert len(tables) == 4


def test_a_page_number_under_the_end_of_the_text_is_furniture():
    paper = Paper()
    for number, end in ((3, 300), (4, 500), (5, 420), (6, 350)):
        paper.page(*paragraph(50, 200, LEFT), (300, end, str(number)))
    assert texts(paper.read(), "furniture") == ["3", "4", "5", "6"]


@pytest.mark.parametrize(
    ("first", "second", "wanted"),
    [
        ("The company gave infor-", "mation on risks.", "The company gave information on risks."),
        ("It issued local-currency-", "denominated debt.", "local-currency-denominated debt."),
        ("We report a Non-", "GAAP margin.", "We report a Non-GAAP margin."),
        ("Over the years 2018-", "2019 it fell.", "2018-2019 it fell."),
        ("The three-", "year target was met.", "The three-year target was met."),
        ("A profit and pre-", "tax effect.", "A profit and pre-tax effect."),
    ],
)
def test_words_cut_at_the_end_of_a_line(first, second, wanted):
    paper = Paper()
    paper.page(
        *paragraph(50, 100, [first, second]),
        (50, 300, "Its three-year plan names pre-tax results."),
    )
    assert wanted in texts(paper.read())[0]


def test_words_and_one_column_of_numbers_are_a_table_with_its_header():
    paper = Paper()
    rows = [("Gross lease obligations", "14,811"), ("Less imputed interest", "(534)")]
    rows.append(("Present value", "14,277"))
    paper.page(
        *paragraph(50, 100, LEFT),
        (430, 146, "December 31, 2017", "hebo"),
        *((50, 160 + 14 * k, name) for k, (name, _) in enumerate(rows)),
        *((470, 160 + 14 * k, number) for k, (_, number) in enumerate(rows)),
    )
    table = texts(paper.read(), "table")
    body = "\n".join("\t".join(row) for row in rows)
    assert table == [f"\tDecember 31, 2017\n{body}"]


def test_empty_cells_keep_their_column():
    paper = Paper()
    rows = [
        ("Region", "2020", "2021"),
        ("North", "10", "12"),
        ("South", "", "7"),
        ("East", "3", ""),
    ]
    rows.append(("West", "5", "6"))
    paper.page(
        *paragraph(50, 100, LEFT),
        *(
            (x, 160 + 14 * k, cell)
            for k, row in enumerate(rows)
            for x, cell in zip((50, 250, 350), row, strict=True)
            if cell
        ),
    )
    table = texts(paper.read(), "table")
    assert table == ["Region\t2020\t2021\nNorth\t10\t12\nSouth\t\t7\nEast\t3\nWest\t5\t6"]


def test_the_shading_of_a_table_is_no_figure():
    paper = Paper()
    page = paper.page(*paragraph(50, 80, LEFT))
    for k in range(8):
        y = 200 + 16 * k
        if k % 2:
            page.draw_rect((40, y - 11, 570, y + 5), color=None, fill=(0.8, 0.9, 1))
        page.insert_text((45, y), f"Item {k} of the balance", fontsize=10)
        page.insert_text((450, y), f"{k + 1},100", fontsize=10)
        page.insert_text((535, y), f"{k + 2},400", fontsize=10)
    report = paper.read()
    assert not report.figures
    assert report.blocks[1].kind == "table"
    assert report.blocks[1].text.startswith("Item 0 of the balance\t1,100\t2,400\n")


def test_boilerplate_sections_end_at_the_next_heading_also_over_a_page_break():
    paper = Paper()
    risk = ["Actual results may differ from what we", "expect today, for many reasons."]
    paper.page(
        (50, 80, "Forward-Looking Statements", "hebo"),
        *paragraph(50, 110, risk),
    )
    paper.page(*paragraph(50, 80, risk), (50, 140, "Results", "hebo"), *paragraph(50, 170, LEFT))
    paper.page(
        (50, 80, "SIGNATURES", "hebo"),
        (50, 110, "Pursuant to the requirements of the Act, the registrant signs this report."),
        (50, 140, "/s/ Jane Roe"),
        (50, 190, "Exhibit Index", "hebo"),
        (50, 220, "The list of the subsidiaries of the registrant."),
    )
    report = paper.read()
    assert texts(report, "text", "heading") == ["Results", " ".join(LEFT)]
    assert len(texts(report, "boilerplate")) == 8


def test_chinese_stays_whole():
    paper = Paper()
    lines = ["2019年公司实现营业收入125.3亿元，同比增长", "8.5%；归母净利润为12.4亿元。"]
    paper.page(*paragraph(50, 100, lines), (50, 200, "免责申明"), (50, 230, "本报告仅供参考。"),
               font="china-s")  # fmt: skip
    report = paper.read()
    flat = texts(report)[0].replace(" ", "")
    assert flat == "".join(lines)
    assert "净利润为" in texts(report)[0]


def test_every_block_has_its_page_and_box():
    paper = Paper()
    paper.page(*paragraph(50, 100, LEFT))
    paper.page(*paragraph(320, 400, RIGHT))
    first, second = paper.read().blocks
    assert (first.page, second.page) == (1, 2)
    assert first.box[:2] == pytest.approx((50, 90), abs=4)
    assert second.box[:2] == pytest.approx((320, 390), abs=4)


def test_a_table_in_one_block_with_the_text_below_it_is_a_table():
    page = pymupdf.open().new_page()
    rows = [("Interest expense", "21,789", "23,621"), ("Issuance costs", "2,020", "2,396")]
    rows += [("Commitment fees", "519", "1,045"), ("Total", "24,328", "27,062")]
    for k, row in enumerate(rows):
        for x, cell in zip((60, 355, 485), row, strict=True):
            page.insert_text((x, 120 + 13 * k), cell, fontsize=10)
    for k in range(4):
        words = "Outstanding debt is carried at its cost in the statements of the whole group"
        page.insert_text((60, 172 + 13 * k), words, fontsize=10)
    assert len({line.block for line in read_page(page)[0].lines}) == 1
    (table,) = [b for b in extract_report(page.parent.tobytes()).blocks if b.kind == "table"]
    assert table.text.splitlines()[0].split("\t") == ["Interest expense", "21,789", "23,621"]
    assert len(table.text.splitlines()) == 4


def test_radicals_of_chinese_characters_are_the_characters():
    assert clean("⾏业⽐较") == "行业比较"


def test_raised_marks_of_notes_join_no_number_and_no_word():
    page = pymupdf.open().new_page()
    words = (
        "Revenue was $320<sup>1</sup> million in 2021, net debt<sup>(2)</sup> fell, "
        "the 21<sup>st</sup> year, about 10<sup>2</sup>."
    )
    page.insert_htmlbox((50, 50, 550, 200), f"<p>{words}</p>")
    [line] = read_page(page)[0].lines
    assert line.text == "Revenue was $320 million in 2021, net debt fell, the 21st year, about 102."


@pytest.mark.parametrize("ended", [False, True])
def test_lines_far_apart_are_one_paragraph_where_the_sentence_of_a_full_line_goes_on(ended):
    """Official texts are set at double spacing."""
    first = "The value added of industry rose by 5.9 per cent in the year, and that of the services"
    second = "rose by 6.8 per cent, which was the highest growth of all the regions of the country"
    paper = Paper()
    paper.page((50, 100, first + "." * ended), (50, 121, second))
    assert len(texts(paper.read(), "text")) == 1 + ended
