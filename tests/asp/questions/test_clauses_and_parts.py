"""Statements with several clauses, parts of a whole, and sentences whose year stands elsewhere."""

import pytest

from finlmm_utils.asp.alignment.shown.basis import counts_alike
from finlmm_utils.asp.alignment.subject import measures, names_unit
from finlmm_utils.asp.alignment.verdicts import as_pictured
from finlmm_utils.asp.questions.facts import GAPS, read_facts
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.questions.rules.sentences import SeriesFact, clauses, sentences
from finlmm_utils.asp.questions.rules.table_series import series_in_table
from finlmm_utils.asp.records import Block, Figure


def block(text: str, kind: str = "text", index: int = 0) -> Block:
    return Block(page=1, index=index, kind=kind, text=text, box=(0, 0, 100, 10))


def asked(*texts: str) -> dict[str, str]:
    """Answers by question of a report; the last text is what is asked about."""
    *titles, said = texts
    blocks = [*(block(title, "furniture", k) for k, title in enumerate(titles)), block(said)]
    found = [fact for name, fact in read_facts(blocks) if name != GAPS]
    facts = [fact for fact in found if not isinstance(fact, SeriesFact)]
    assert all(fact.evidence in said for fact in facts)
    return {item["question"]: item["answer"] for fact in facts for item in fact.items}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Profitability: the operating margin narrowed 60bps to 11.2% in FY22, hit by freight.",
         "What was the operating margin in FY22, in percent?", "11.2"),
        ("Net tangible assets (NTA) rose sharply to 412p per share.",
         "What were net tangible assets in 2022, in pence per share?", "412"),
        ("Occupancy improved to 96.1% and the vacancy rate fell to 3.9%.",
         "What was the vacancy rate in 2022, in percent?", "3.9"),
        ("Production rose to 118 thousand barrels a day in 2022, 4% above guidance.",
         "What was production in 2022, in thousand barrels a day?", "118"),
        ("The Trust returned 9.3% in 2022 against 6.8% for the benchmark.",
         "What was the return of the Trust in 2022, in percent?", "9.3"),
        ("US sales rose to $41 million in 2022.",
         "What were US sales in 2022, in millions of US dollars?", "41"),
        ("Since 2018, carbon intensity has fallen by 41%.",
         "By what percentage has carbon intensity fallen since 2018?", "41"),
        ("Germany is still our largest market, accounting for 41% of revenue, followed by France "
         "with 19%.", "What percentage of revenue did France make up?", "19"),
        ("Germany is still our largest market, accounting for 41% of revenue.",
         "Which was the largest market by share of revenue?", "Germany"),
        ("By currency, the US dollar makes up 44% of borrowings and the euro 31%.",
         "What percentage of borrowings did the euro make up?", "31"),
        ("62% of customers are on fixed-rate tariffs.",
         "What percentage of customers were on fixed-rate tariffs?", "62"),
        ("Hydro provided 58% of group generation in 2022, compared with 63% in 2021.",
         "What percentage of group generation did Hydro make up in 2022?", "58"),
    ],
)  # fmt: skip
def test_what_a_clause_states_in_english(sentence, question, answer):
    titles = ["Annual Report 2022"] * 2
    assert asked(*titles, sentence)[question] == answer


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("Plant and equipment costs represented 4% of the cost base.", "did equipment costs"),
        ("As of June 30, 2022, loans, and securities held for sale were $9 million.", "securities"),
        ("Adjusted EPS came in at $2.31, versus $2.05 in the third quarter of 2021.", "in 2022"),
        ("As agreed, Acme recognized a contract liability of $6 million.", "Acme"),
        ("43% of capacity was fueled by gas.", "fueled"),
    ],
)
def test_half_a_name_or_another_span_gives_no_question(sentence, wrong):
    titles = ["Annual Report 2022"] * 2
    assert not [question for question in asked(*titles, sentence) if wrong in question]


def test_a_joint_within_a_name_is_none():
    assert len(clauses("Sales and marketing costs rose to £4m.")) == 1
    assert clauses("Sales rose to £4m and costs fell to £2m.")[1:] == ["costs fell to £2m."]


RUNNING = "行业月报 2023年10月27日"


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("9月全国商品住宅成交面积为1.12亿平方米，同比下降20.4%。待售面积6.45亿平方米。",
         "2023年9月待售面积是多少亿平方米？", "6.45"),
        ("截至10月20日，布伦特原油结算价报92.2美元/桶；螺纹钢价格为3680元/吨。",
         "2023年10月20日螺纹钢价格是多少元/吨？", "3680"),
        ("11月出口同比下降9.1%。", "2022年11月出口同比下降了百分之多少？", "9.1"),
        ("三季度公司综合毛利率回升至28.6%，环比提升1.9pct。",
         "2023年三季度综合毛利率是百分之多少？", "28.6"),
        ("甲保险以19.8%的份额排名第一，乙保险以8.7%位居第二。",
         "乙保险的份额是百分之多少？", "8.7"),
        ("甲保险以19.8%的份额排名第一，乙保险以8.7%位居第二。",
         "哪一项的份额最高？", "甲保险"),
        ("银行是第一大重仓行业，占比18.4%；食品饮料占比10.5%。",
         "银行的占比是百分之多少？", "18.4"),
        ("锂电池出货量由年初的42.3GWh升至8月的78.6GWh。",
         "从2023年初到2023年8月，锂电池出货量变化了多少GWh？", "36.3"),
        ("2、2019年3月至2020年1月，融资余额和成交额均上升，市场偏强。",
         "2019年3月至2020年1月，成交额是上升还是下降？", "上升"),
        ("2018年1月至2019年2月，市场偏弱，波动率上升、换手率下降。",
         "2018年1月至2019年2月，换手率是上升还是下降？", "下降"),
        ("硅料价格自2月以来连续五个月下跌。", "2023年2月以来，硅料价格是上升还是下降？", "下降"),
        ("半导体板块2023Q2归母净利润同比下降46.3%，降幅居前。",
         "2023Q2半导体板块的归母净利润同比下降了百分之多少？", "46.3"),
        ("2022年全年房地产投资同比下降10.0%，基建投资增长9.4%。",
         "2022年全年基建投资同比增长了百分之多少？", "9.4"),
    ],
)  # fmt: skip
def test_a_chinese_sentence_is_of_the_year_of_its_report_or_of_the_one_before_it(
    sentence, question, answer
):
    assert asked(RUNNING, sentence)[question] == answer


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("三季度公司综合毛利率回升至28.6%。", "回升了"),
        ("2019年市场下跌。过去十年波动率为21.3%。", "2019年过去"),
        ("2022年收入12.3亿元。图5显示，毛利率为31.2%。", "2022年毛利率"),
    ],
)
def test_what_a_chinese_sentence_does_not_say(sentence, wrong):
    assert not [question for question in asked(RUNNING, sentence) if wrong in question]


def test_nobody_knows_the_year_of_a_month_in_a_report_without_a_date():
    assert not any("年" in question for question in asked("11月出口同比下降9.1%。"))


def test_heads_of_tables_with_short_quarters_and_split_spans():
    text = "指标\t2023Q4\t2023Q3\t变动\n股票仓位\t85.6%\t86.5%\t-0.9pct"
    (fact,) = series_in_table(block(text, "table"))
    assert (fact.series.labels, fact.series.values) == (("Q3 2023", "Q4 2023"), (86.5, 85.6))
    text = (
        "\tThree Months Ended\t\tSix Months Ended\n\tJune 30,\tJune 30,\tJune 30,\tJune 30,\n"
        "(in millions)\t2023\t2022\t2023\t2022\nGross margin %\t41.0\t39.5\t40.2\t38.8"
    )
    quarter, half = series_in_table(block(text, "table"))
    assert quarter.series.term == "gross margin"
    assert quarter.series.unit == "%"
    assert quarter.series.labels[1] == "the three months ended June 30, 2023"
    assert half.series.values == (38.8, 40.2)


def test_a_chart_of_shares_or_of_amounts_per_share_is_another_thing():
    assert not counts_alike("2021年，超配股票数是上升还是下降？", "", "超配股票数占比")
    assert counts_alike("2021年，超配股票数占比是上升还是下降？", "", "超配股票数占比")
    assert counts_alike("2021年11月，CPI同比是百分之多少？", "", "CPI同比")
    assert not counts_alike("What was total dividend in 2022?", "Dividend per share", "")
    assert counts_alike("What was EPS in 2022?", "Earnings per share", "")


def test_labels_of_thousands_need_their_scale_where_billions_are_asked():
    pair = make_qa("r1", 1, "", "t", question="By how much did sales rise, in billions?",
                   answer="1", unit="$bn", task="arithmetic", answer_kind="number",
                   expression="1")  # fmt: skip
    assert not names_unit(pair, "$14,327 $13,289")
    assert names_unit(pair, "$14,327 $13,289 in millions")


def test_a_claim_on_a_named_figure_needs_its_measure_there():
    question = "Is the sensitivity of bond funds to rates higher than that of loan funds?"
    assert not measures(question, "Average correlation of bond funds and loan funds")
    assert measures(question, "Sensitivity of bond funds and loan funds")
    assert measures("Has the share of bond funds risen?", "Bond funds, percent")


@pytest.mark.parametrize(
    ("title", "question"),
    [
        ("图9：“硬币”因子多头表现", "“硬币”因子多头中，甲组的净值是高于还是低于乙组？"),
        ("图9：指数多头组合表现", "甲组的净值是高于还是低于乙组？"),
    ],
)
def test_a_factor_that_the_picture_does_not_name_is_not_asked_of_it(title, question):
    figure = Figure(figure_id="f1", report_id="r1", file="r1.pdf", page=1, box=(0, 0, 100, 100),
                    kind="vector", title=title, png=b"")  # fmt: skip
    written = "“硬币”因子多头中，甲组的净值是高于还是低于乙组？"
    assert as_pictured(written, figure, f"{title} 甲组 乙组") == question


def test_a_chinese_annual_report_is_of_its_year_where_a_sentence_names_none():
    title = "某某通信股份有限公司 2021年年度报告"
    assert asked(title, "资本开支212亿元，同比减少3.5%。")["2021年资本开支是多少亿元？"] == "212"
    assert not [q for q in asked(title, "行业龙头过去三年投入212亿元。") if "2021年" in q]


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Fee income was $96 million, down from $104 million in the first quarter, on markets.",
         "What was fee income in Q2 2023, in millions of US dollars?", "96"),
        ("Credit costs were 0.42% of average loans, compared to 0.30% a year ago.",
         "What were credit costs in Q2 2023, in percent of average loans?", "0.42"),
        ("Wheat prices averaged $241 a tonne in 2022, down from $288 a tonne in 2021.",
         "What did wheat prices average in 2022, in US dollars per tonne?", "241"),
        ("Consumer loans represented 38% of total loans at June 30, 2023.",
         "What percentage of total loans did Consumer loans make up at June 30, 2023?", "38"),
    ],
)  # fmt: skip
def test_what_a_release_of_a_quarter_sets_against_another_period(sentence, question, answer):
    titles = ["Second Quarter 2023 Results"] * 2
    assert asked(*titles, sentence)[question] == answer


@pytest.mark.parametrize(
    "unit", ["In 2019 and 2020, revenue rose by 5%, ", "A. ", "2019\n", "占比5%，"]
)
def test_what_is_too_long_for_a_sentence_or_has_no_letter_is_none(unit: str) -> None:
    """Each rule would read it to its end: minutes for one line of years."""
    assert sentences("Sales rose.\n" + unit * 6000) == ["Sales rose."]
