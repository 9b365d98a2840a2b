"""Forms that reports word their numbers in: a year before in brackets, shares, Chinese spans."""

import pytest

from finlmm_utils.asp.questions.facts import GAPS
from finlmm_utils.asp.questions.offline import OfflineGenerator, rule_of
from finlmm_utils.asp.questions.rules.performance import performance_in_table
from finlmm_utils.asp.questions.rules.question_item import was
from finlmm_utils.asp.records import Block, Report


def block(text, kind="text"):
    return Block(page=1, index=0, kind=kind, text=text, box=(0.0, 0.0, 100.0, 10.0))


def asked(text, kind="text"):
    report = Report(report_id="r1", file="r", sha256="0", status="ok", blocks=[block(text, kind)])
    pairs = OfflineGenerator(1).questions(report, 40)
    return {pair.question: pair.answer for pair in pairs if rule_of(pair) != GAPS}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "The Group reported revenue of £135.2m (2021: £120.2m) and profit of £9m.",
            "What was revenue in 2022, in millions of pounds sterling?", "135.2",
        ),
        (
            "Net debt reduced to £45.2m at 31 December 2022 (2021: £60.1m).",
            "What is the change in net debt from 2021 to 2022, in millions of pounds sterling?",
            "-14.9",
        ),
        (
            "Revenue return per share for the financial year was 8.5p (2021 – 6.6p).",
            "What was revenue return per share in 2022, in pence?", "8.5",
        ),
        (
            "Free cash flow improved to £27.8m from £20.4m in 2022.",
            "By what percentage did free cash flow change from 2022 to 2023?", "36.27",
        ),
        (
            "The board proposes a total dividend of 12.0p per share (2022: 10.5p).",
            "What was total dividend in 2023, in pence?", "12",
        ),
        (
            "The UK accounted for 54% of revenue in 2023, with Europe contributing 28%.",
            "What percentage of revenue did the UK make up in 2023?", "54",
        ),
        (
            "GDP growth slowed to 2.1 percent in 2023 from 3.0 percent in 2022.",
            "What is the change in GDP growth from 2022 to 2023, in percentage points?", "-0.9",
        ),
        (
            "At year-end, the order backlog was EUR 4.2 billion (2022: EUR 3.9 billion).",
            "What was order backlog in 2023, in billions of euros?", "4.2",
        ),
        (
            "In the 2023 financial year, adjusted EBITDA rose to €61.0m (previous year: €55.2m).",
            "What is the change in adjusted EBITDA from 2022 to 2023, in millions of euros?", "5.8",
        ),
        (
            "Lending to farms expanded by 12 percent between 2019 and 2023 (Figure 7).",
            "By what percentage did lending to farms rise from 2019 to 2023?", "12",
        ),
        (
            "Approximately 62% of our revenue came from the United States in 2023.",
            "What percentage of revenue did the United States make up in 2023?", "62",
        ),
        (
            "North America accounted for 45% of total revenue in 2022, compared with 42% in 2021.",
            "What percentage of total revenue did North America make up in 2022?", "45",
        ),
        (
            "The current account deficit widened to 4.5 percent of GDP in 2022 (Chart 1.3).",
            "What was the current account deficit in 2022, in percent of GDP?", "4.5",
        ),
        (
            "Sales in Asia Pacific were $1.2 billion in 2023, down 3% from 2022.",
            "What were Sales in Asia Pacific in 2023, in billions of US dollars?", "1.2",
        ),
        (
            "2022年，我国新能源汽车销量达到688.7万辆，同比+93.4%。",
            "2022年我国新能源汽车销量同比增长了百分之多少？", "93.4",
        ),
        (
            "2018-2022年，公司营业收入由10.2亿元增长至25.6亿元。",
            "从2018年到2022年，公司营业收入变化了多少亿元？", "15.4",
        ),
        (
            "策略净值从2010年初的1增长到2019年末的5.36。", "2019年末策略净值是多少？", "5.36",
        ),
        (
            "从行业分布看，电子行业占比最高，为15.2%。", "行业分布中，哪一项占比最高？", "电子行业",
        ),
        (
            "SKEW指数的移动Hurst指数大多数时候在0.5以上。",
            "SKEW指数的移动Hurst指数通常是高于还是低于0.5？", "高于",
        ),
        ("因子IC序列持续为正。", "因子IC序列总体上为正还是为负？", "为正"),
        ("2015年，策略收益率最高，达到65.3%。", "策略收益率在哪一年最高？", "2015年"),
    ],
)  # fmt: skip
def test_a_sentence_is_asked(sentence, question, answer):
    assert asked(sentence)[question] == answer


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("2018年至2022年公司营业收入从10.2亿元增长到25.6亿元。", "营业收入从是"),
        ("同期沪深300年化收益率为5.2%。", "同期"),
        ("2015年，策略收益率最高。", "2015年中，"),
        ("因子十分组年化收益率单调递增，多头组表现最好。", "单调递增中"),
        ("从分年度表现来看，策略在2015年收益最高。", "哪一项"),
        ("The Group reported revenue of £135.2m (2021: $120.2m).", "revenue in 2022"),
    ],
)
def test_a_half_of_a_sentence_is_not(sentence, wrong):
    assert not [question for question in asked(sentence) if wrong in question]


def test_a_caption_without_a_period_means_that_of_its_chart():
    question = "图示期间，北向资金持股市值总体上是上升还是下降？"
    assert asked("图4：北向资金持股市值稳步提升", "caption") == {question: "上升"}
    assert asked("图4：北向资金与南向资金持股市值稳步提升", "caption") == {}, "two measures"


COLUMNS = "\t纯多\t多空\n交易次数\t11\t22\n累计净值\t9.16\t22.87\n年化收益率\t18.99%\t27.86%"


def test_a_chinese_table_with_a_column_for_each_curve():
    caption = block("图7：MA 扩散指标纯多、多空各项指标", "caption")
    facts = performance_in_table(block(COLUMNS, "table"), [caption])
    found = {f.items[0]["question"]: f.items[0]["answer"] for f in facts}
    assert found["MA扩散指标中，哪一个的累计净值最高：纯多、多空？"] == "多空"
    assert found["MA扩散指标中，多空的净值期末约为多少？"] == "22.87"
    assert all(fact.evidence in COLUMNS for fact in facts), "verbatim, with the names of columns"


def test_a_title_that_says_which_is_ahead_gives_the_answer_away():
    caption = block("表3：甲因子较乙因子在多空表现上更优异", "caption")
    assert performance_in_table(block(COLUMNS, "table"), [caption]) == []


def test_one_name_in_a_title_is_no_list_of_the_curves():
    caption = block("表3：中证500指数多空", "caption")
    facts = performance_in_table(block(COLUMNS, "table"), [caption])
    assert all("中证500指数多空中，" in fact.items[0]["question"] for fact in facts)


TEN_YEARS = (
    "Year to 31 March\t2021\t2022\nTotal revenue (£’000)\t1,815\t1,996\nPer share (p)\n"
    "Total return\t203.49\t81.70\nDividends paid from revenue\t9.50\t11.50\nreserves\n"
    "Net asset value\t807.66\t713.43\nShareholders’ funds (£’000)\t107,438\t89,930"
)


def test_a_unit_stands_at_the_end_of_a_name_or_of_the_heading_over_it():
    found = asked(TEN_YEARS, "table")
    assert found["What was net asset value (per share) in 2022, in pence?"] == "713.43"
    assert found["What was total revenue in 2022, in thousands of pounds sterling?"] == "1996"
    assert found["What were shareholders’ funds in 2022, in thousands of pounds sterling?"] == (
        "89930"
    )
    assert not [q for q in found if "(reserves)" in q], "the second line of a name is no heading"


def test_a_row_of_units_and_a_column_of_changes():
    table = "\t2022\t2021\t% change\n\t£m\t£m\nTotal revenue\t45.2\t40.1\t12.7"
    found = asked(table, "table")
    assert found["What was total revenue in 2022, in millions of pounds sterling?"] == "45.2"


@pytest.mark.parametrize(
    ("listed", "words"),
    [
        ("Shares are listed on the ASX and priced in A$.", "in millions of dollars"),
        ("Shares are listed on the NYSE.", "in millions of US dollars"),
    ],
)
def test_a_dollar_is_that_of_the_reports_country(listed, words):
    found = asked(f"{listed} Freight revenue was $45m in 2021 and $52m in 2022.")
    assert any(words in question for question in found)


def test_a_verb_agrees_with_its_noun():
    assert [was(t) for t in ("gross margin", "net sales", "number of stores", "progress",
                                "injury rate among employees")] == [
        "was", "were", "was", "was", "was",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "A measure of freight costs—based on spot rates—has fallen since 2020 (Figure 1).",
            "Has a measure of freight costs fallen or risen since 2020?", "fallen",
        ),
        (
            "Default rates on farm loans have been climbing since 2021 (Figure 4).",
            "Have default rates on farm loans been climbing or falling since 2021?", "climbing",
        ),
        (
            "Margins of retail banks have been revised down since 2022 (Figure 1.4, panel 1).",
            "Have margins of retail banks been revised down or up since 2022?", "down",
        ),
        (
            "The swap spread has turned more negative over the past decade (Chart 9).",
            "Has the swap spread turned less or more negative over the past decade?", "more",
        ),
        (
            "Chart 2.1 shows that farm debt has risen since 2010.",
            "Has farm debt fallen or risen since 2010?", "risen",
        ),
        (
            "Figure 4 shows a decline in rail freight since 2015.",
            "Did rail freight fall or rise since 2015?", "fall",
        ),
    ],
)  # fmt: skip
def test_claims_name_their_figure_in_many_ways(sentence: str, question: str, answer: str) -> None:
    assert asked(sentence)[question] == answer


def test_a_movement_between_two_values_is_no_movement_in_the_first_year() -> None:
    said = "The token market grew from about $3 billion in 2019 to $290 billion in 2025 (Figure 2)."
    assert not any("in 2019?" in question for question in asked(said))
    joined = "House prices peaked in 2007 and have fallen (Figure 7)."
    assert set(asked(joined)) == {"When were house prices highest?"}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "2020-2022年公司研发费用分别为1.2/1.8/2.5亿元。",
            "从2020年到2022年，研发费用变化了多少亿元？", "1.3",
        ),
        (
            "2021年、2022年和2023年，净利率分别为8.1%、9.4%和7.7%。",
            "2021年至2023年，净利率在哪一年最高？", "2022年",
        ),
        (
            "2022年风电发电量为655亿千瓦时，同比增长10.3%。",
            "2022年风电发电量是多少亿千瓦时？", "655",
        ),
        (
            "化肥出口总额2022年为43.9亿元。",
            "2022年化肥出口总额是多少亿元？", "43.9",
        ),
        (
            "期间费用率由2020年的21.5%下降至2022年的15.8%。",
            "2022年期间费用率是百分之多少？", "15.8",
        ),
        (
            "如图7所示，2015年以来换手率整体呈下降趋势。",
            "2015年以来，换手率是上升还是下降？", "下降",
        ),
        (
            "2023年Q1公司实现归母净利润3.2亿元。",
            "2023年Q1归母净利润是多少亿元？", "3.2",
        ),
    ],
)  # fmt: skip
def test_chinese_levels_of_years_in_a_row_and_of_other_units(
    sentence: str, question: str, answer: str
) -> None:
    assert asked(sentence)[question] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "2022年销售费用率/管理费用率分别为5.2%/3.1%。",
        "毛利率逐年提升，2022年达到41.3%。",
        "2020-2023年研发费用分别为1.2/1.8/2.5亿元。",
    ],
    ids=["two measures", "no subject", "a year too many"],
)
def test_chinese_sentences_that_are_not_understood_alone(sentence: str) -> None:
    assert not asked(sentence)


def test_of_a_record_of_ten_years_the_last_five_are_asked() -> None:
    years = range(2013, 2023)
    head, row = ("\t".join(map(str, some)) for some in (years, range(310, 320)))
    found = asked(f"$ millions\t{head}\nNet sales\t{row}", "table")
    assert found and not any(str(year) in question for question in found for year in years[:5])


def test_a_known_term_in_another_unit_than_its_own_has_it_named():
    found = asked("\t2022\t2021\n\t£m\t£m\nOperating margin\t2,711\t2,693", "table")
    changes = [q for q in found if q.startswith("What is the change")]
    assert changes and all(q.endswith("in millions of pounds sterling?") for q in changes)


def test_a_step_without_a_move_is_no_turn_and_what_never_moves_is_not_asked():
    table = "£m\t2020\t2021\t2022\t2023\nDividend per share\t14.0\t14.5\t14.5\t15.5"
    found = [q for q in asked(table, "table") if "fluctuate" in q]
    assert not found or asked(table, "table")[found[0]] == "rise"
    assert not asked(table.replace("14.0", "15.5").replace("14.5", "15.5"), "table")


def test_what_a_claim_is_compared_with_is_not_its_time():
    sentence = (
        "In the year to September, spreads on property bonds narrowed, compared with more than "
        "600 at the height of the stress in 2023 (Figure 1.2)."
    )
    assert not [q for q in asked(sentence) if "narrow" in q and ("2023" in q or "shown" in q)]
