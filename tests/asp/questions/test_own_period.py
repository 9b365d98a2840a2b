"""Statements of a report's own period: "to 63.4% from 61.8%", lists, quarters, 报告期末."""

import pytest

from finlmm_utils.asp.questions.facts import read_facts
from finlmm_utils.asp.questions.rules.chinese.levels import fact_in_chinese
from finlmm_utils.asp.questions.rules.english.own_period import (
    dated,
    period_of_report,
    year_of_report,
)
from finlmm_utils.asp.questions.rules.english.parts import parts_in_sentence
from finlmm_utils.asp.questions.rules.english.sentence_series import series_in_sentence
from finlmm_utils.asp.questions.rules.english.values import moved_in_sentence, value_in_sentence
from finlmm_utils.asp.questions.rules.table_series import series_in_table
from finlmm_utils.asp.records import Block
from finlmm_utils.finance.periods import month_of, quarter_of, year_of


def asked(fact) -> dict[str, str]:
    """Answers by question."""
    return {item["question"]: item["answer"] for item in fact.items} if fact else {}


def block(text: str, kind: str = "text", index: int = 0) -> Block:
    return Block(page=1, index=index, kind=kind, text=text, box=(0, 0, 100, 10))


@pytest.mark.parametrize(
    ("texts", "period"),
    [
        (["Q2 FY25 Results", "Acme | Q2 FY25 investor presentation"], "Q2 2025"),
        (["Second Quarter 2024 Financial Results", "Second Quarter 2024 Results"], "Q2 2024"),
        (["Second Quarter 2024 Results", "First Quarter 2024 Results"], ""),
        (["Annual Report and Accounts 2022/23"] * 2, "2023"),
        (["2021年年度报告"] * 3, "2021"),
        (["Annual Report 2021", "Annual Report 2020"], ""),
    ],
)
def test_a_reports_period_stands_in_its_title(texts, period):
    assert period_of_report(texts) == period
    assert period.startswith("Q") or year_of_report(texts) == period


@pytest.mark.parametrize(
    ("sentence", "period", "term", "labels", "values"),
    [
        ("Gearing, measured as net debt to equity, rose to 41.2% from 38.9%.", "2022", "gearing",
         ("2021", "2022"), (38.9, 41.2)),
        ("Spending on research rose from £18m to £24m as projects began.", "2022",
         "spending on research", ("2021", "2022"), (18, 24)),
        ("• Gross margin improved to 61% from 58% a year ago", "Q2 2025", "gross margin",
         ("Q2 2024", "Q2 2025"), (58, 61)),
    ],
)  # fmt: skip
def test_two_values_are_of_the_reports_year_and_the_year_before(
    sentence, period, term, labels, values
):
    series = moved_in_sentence(sentence, 1, period).series
    assert (series.term, series.labels, series.values) == (term, labels, values)
    assert not moved_in_sentence(sentence, 1, "")


@pytest.mark.parametrize(
    ("sentence", "period"),
    [
        ("Gross margin improved to 61% from 58%.", "Q2 2025"),  # perhaps the quarter before
        ("Gross margin improved to 61% from 58% in the first quarter.", "2025"),
        ("Gross margin fell to 58% from a peak of 66%.", "2025"),
        ("Gross margin improved to 61% from 58% in 2019.", "2025"),
        ("Revenue rose to £61m from 58%.", "2025"),
    ],
)
def test_a_value_of_another_base_is_not_of_the_year_before(sentence, period):
    assert not moved_in_sentence(sentence, 1, period)


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("• Total revenue of $212 million, up 9% year over year",
         "What was total revenue in Q2 2025, in millions of US dollars?", "212"),
        ("Full year revenue of $801 million, up 9%",
         "What was revenue in 2025, in millions of US dollars?", "801"),
        ("First quarter revenue of $198 million, up 7%",
         "What was revenue in Q1 2025, in millions of US dollars?", "198"),
    ],
)  # fmt: skip
def test_a_point_of_a_list_has_no_verb(sentence, question, answer):
    assert asked(value_in_sentence(sentence, 1, "Q2 2025")) == {question: answer}


def test_one_measure_in_two_places():
    sentence = (
        "Long yields stood at 3.1 percent in Spain and 2.2 percent in the Netherlands at the "
    )
    found = asked(value_in_sentence(sentence + "end of 2022 (Figure 2.1, panel 3).", 1))
    assert found == {
        "What were long yields in Spain at the end of 2022, in percent?": "3.1",
        "What were long yields in the Netherlands at the end of 2022, in percent?": "2.2",
    }


def test_what_a_part_is_stands_apart_from_its_share():
    sentence = "Paper is our oldest segment and accounted for 36% of net sales in 2021."
    assert asked(parts_in_sentence(sentence, 1)) == {
        "What percentage of net sales did Paper make up in 2021?": "36"
    }


def test_columns_that_compare_two_years_are_no_years():
    text = (
        "\tYear Ended June 30,\t\tChange\n\t\t\t\t2022 vs.\t2021 vs.\n"
        "(dollars in millions)\t2022\t2021\t2020\t2021\t2020\n"
        "Operating margin\t12.0 %\t11.2 %\t11.9 %\t80 bps\t(70) bps"
    )
    (fact,) = series_in_table(block(text, "table"))
    assert (fact.series.unit, fact.series.values) == ("%", (11.9, 11.2, 12.0))


def test_columns_of_quarters_of_fiscal_years():
    text = "($ in millions)\tQ2 FY25\tQ1 FY25\tQ2 FY24\nTotal revenue\t212\t198\t194"
    (fact,) = series_in_table(block(text, "table"))
    assert fact.series.labels == ("Q2 2024", "Q1 2025", "Q2 2025")


def test_a_section_that_says_nothing_is_not_part_of_a_name():
    text = "\t2022\t2021\nNon-financial\nCustomer satisfaction\t81.0\t79.5"
    (fact,) = series_in_table(block(text, "table"))
    assert fact.series.term == "customer satisfaction"


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("2022年8月存货同比增速降至5.3%。", "2022年8月存货同比增速是百分之多少？", "5.3"),
        ("2022Q2整体毛利率较上季度提升0.6pct至19.4%。", "2022Q2整体毛利率是百分之多少？", "19.4"),
        ("2022Q2归母净利润同比增速为-3.2%。", "2022Q2归母净利润同比增速是百分之多少？", "-3.2"),
        ("其中在沪深300内的年化收益率最高，达到12.4%。",
         "在沪深300内的年化收益率是百分之多少？", "12.4"),
        ("截至报告期末，不良贷款率1.32%，较上年末下降0.05个百分点；",
         "2021年末不良贷款率是百分之多少？", "1.32"),
        ("存款总额2,105亿元，较上年末增长8.0%。", "2021年末存款总额是多少亿元？", "2105"),
        ("零部件收入由2019年的2.1亿元增至2021年的3.4亿元。",
         "2021年零部件收入是多少亿元？", "3.4"),
        ("2022年，华东地区收入占比最高，达45.3%。",  # of parts, not of years
         "2022年，华东地区收入占比是百分之多少？", "45.3"),
        ("2022年公司毛利率和净利率分别为33.1%和10.4%，", "2022年净利率是百分之多少？", "10.4"),
        ("2021年甲组合与乙组合的年化收益率分别为9.1%和7.3%。",
         "2021年乙组合的年化收益率是百分之多少？", "7.3"),
        ("净息差已连续三年收窄，", "截至图示期末连续三年，净息差是上升还是下降？", "下降"),
        ("其中零售贷款占比45.1%，对公贷款占比50.2%。", "零售贷款占比是百分之多少？", "45.1"),
    ],
)  # fmt: skip
def test_where_a_quantity_got_to_in_chinese(sentence, question, answer):
    assert asked(fact_in_chinese(sentence, 1, year="2021"))[question] == answer


@pytest.mark.parametrize(
    "sentence", ["存款总额2,105亿元，较上年末增长8.0%。", "截至报告期末，不良贷款率1.32%。"]
)
def test_nobody_knows_the_year_of_a_chinese_report_without_a_title(sentence):
    assert not fact_in_chinese(sentence, 1)


def test_half_a_subject_gives_no_question_in_chinese():
    found = asked(fact_in_chinese("2022Q2归母净利润同比+3.1%，较2022Q1的-2.0%回升。", 1))
    assert found == {"2022Q2归母净利润同比增长了百分之多少？": "3.1"}
    assert not fact_in_chinese("甲因子表现最好，与乙因子的相关系数为-0.12。", 1)


def test_a_part_after_a_semicolon_is_of_the_same_period():
    facts = read_facts([block("2022年实现净利润30.2亿元；实现营业收入98.7亿元。")])
    found = {q: (a, fact.evidence) for _, fact in facts for q, a in asked(fact).items()}
    answer, evidence = found["2022年营业收入是多少亿元？"]
    assert answer == "98.7"
    assert evidence == "2022年实现净利润30.2亿元；实现营业收入98.7亿元。"


def test_a_second_head_ends_the_rows_of_the_first():
    text = (
        "\t2020\t2021\t2022\nCumulative (%)\t1 month\t1 year\t3 years\nTotal return\t3.9\t8.7\t9.6"
    )
    assert series_in_table(block(text, "table")) == []


def test_a_column_of_units_and_one_of_targets_are_no_periods():
    text = (
        "Indicator\tUnit\t2021\t2022\tTarget\nWater withdrawal\tmillion m3\t9.5\t8.2\t7.0 (2027)\n"
        "Electricity from renewables\t%\t49\t63"
    )
    first, second = series_in_table(block(text, "table"))
    assert first.series.values == (9.5, 8.2)
    assert second.series.values == (49, 63)


@pytest.mark.parametrize(
    ("sentence", "labels", "values"),
    [
        ("Organic sales growth slowed to 3.8% in 4Q22 from 6.9% in 3Q22.",
         ("Q3 2022", "Q4 2022"), (6.9, 3.8)),
    ],
)  # fmt: skip
def test_quarters_of_two_digits_in_a_sentence(sentence, labels, values):
    series = series_in_sentence(sentence, 1).series
    assert (series.labels, series.values) == (labels, values)


def test_a_value_of_a_named_year_beside_one_of_another():
    sentence = "Public debt declined to 40.8% of GDP in 2022 from a peak of 52.3% in 2020."
    found = asked(value_in_sentence(sentence, 1))
    assert found == {"What was public debt in 2022, in percent of GDP?": "40.8"}


@pytest.mark.parametrize(
    ("label", "year", "quarter"),
    [("4Q23", 2023, 4), ("Q2 FY25", 2025, 2), ("FY24E", 2024, None), ("2023Q3", 2023, 3)],
)
def test_short_labels_of_quarters_and_fiscal_years(label, year, quarter):
    assert (year_of(label), quarter_of(label)) == (year, quarter)


def test_parts_that_a_sentence_lists_share_its_measure_in_chinese():
    found = asked(fact_in_chinese("2022Q3主板配置比例为68.4%，科创板为12.3%。", 1))
    assert found["2022Q3科创板配置比例是百分之多少？"] == "12.3"
    assert not any("科创板是" in question for question in found)


def test_a_movement_is_asked_as_one_in_chinese():
    found = asked(fact_in_chinese("2022年甲基金指数下跌9.5%，跌幅大于乙指数。", 1))
    assert found == {"2022年甲基金指数下跌了百分之多少？": "9.5"}


@pytest.mark.parametrize(
    ("sentence", "date", "said"),
    [
        ("Prices hit 436 in August.", (2022, 10), "Prices hit 436 in August 2022."),
        ("Prices hit 436 in August.", (2022, 3), "Prices hit 436 in August 2021."),
        ("It fell in the first quarter of last year.", (2022, 10), "It fell in Q1 2021."),
        ("By the third quarter of this year it was 4%.", (2023, 9), "By Q3 2023 it was 4%."),
        ("Last year sales were 29.", (2023, 9), "In 2022 sales were 29."),
        ("In August 2020 prices fell.", (2022, 10), "In August 2020 prices fell."),
        ("It may fall in the first quarter.", None, "It may fall in the first quarter."),
    ],
)  # fmt: skip
def test_a_month_or_quarter_has_the_year_that_the_date_of_the_report_tells(sentence, date, said):
    assert dated(sentence, date) == said


def test_a_report_with_a_date_is_asked_for_the_quarter_that_it_names_without_a_year():
    """The evidence stays as it was written."""
    cover = block("Financial Stability Notes, 12 October 2022", "heading")
    said = "The saving ratio of households was 5.7% in the second quarter."
    facts = [fact for _, fact in read_facts([cover, block(said, index=1)])]
    found = [fact for fact in facts if any("Q2 2022" in question for question in asked(fact))]
    assert found and all(fact.evidence == said for fact in found)


def test_last_year_in_a_chinese_report_is_the_year_before_its_date():
    blocks = [
        block("行业深度报告 2023年11月12日", "heading"),
        block("去年销售费用率为22.9%。", index=1),
    ]
    found = {q for _, fact in read_facts(blocks) for q in asked(fact)}
    assert "2022年销售费用率是百分之多少？" in found


@pytest.mark.parametrize(
    ("label", "year", "month"),
    [("24.03", 2024, 3), ("21/11", 2021, 11), ("22-07E", 2022, 7), ("25Q2", 2025, None),
     ("11/22", 2022, None), ("14.5", None, None), ("12.04", None, None)],
)  # fmt: skip
def test_a_short_year_may_stand_before_its_month_if_it_is_none(label, year, month):
    assert (year_of(label), month_of(label)) == (year, month)
