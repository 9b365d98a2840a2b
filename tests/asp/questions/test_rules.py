"""What rules read out of single statements, of Chinese sentences and of tables with heads above."""

import pytest

from finlmm_utils.asp.alignment.filters import text_reasons
from finlmm_utils.asp.questions.checks import check_answer
from finlmm_utils.asp.questions.facts import read_facts
from finlmm_utils.asp.questions.offline import OfflineGenerator, rule_of
from finlmm_utils.asp.questions.rules.chinese.levels import fact_in_chinese
from finlmm_utils.asp.questions.rules.english.causes import cause_in_sentence
from finlmm_utils.asp.questions.rules.english.changes import (
    change_in_sentence,
    growth_in_sentence,
    level_in_sentence,
    period_of_heading,
)
from finlmm_utils.asp.questions.rules.english.figure_changes import claim_in_sentence
from finlmm_utils.asp.questions.rules.english.figure_claims import (
    claims_in_sentence,
)
from finlmm_utils.asp.questions.rules.english.parts import parts_in_sentence
from finlmm_utils.asp.questions.rules.english.shapes import shape_in_sentence
from finlmm_utils.asp.questions.rules.performance import performance_in_table
from finlmm_utils.asp.questions.rules.table_headers import head_above
from finlmm_utils.asp.questions.rules.table_series import series_in_table
from finlmm_utils.asp.records import Block, Report


def block(text, kind="text", box=(0.0, 0.0, 100.0, 10.0), page=1):
    return Block(page=page, index=0, kind=kind, text=text, box=box)


def report(*blocks):
    return Report(report_id="r1", file="r1.pdf", sha256="0", status="ok", blocks=list(blocks))


@pytest.mark.parametrize(
    ("read", "sentence", "question", "answer"),
    [
        (
            growth_in_sentence,
            "In 2022, global comparable sales increased 10.9%, primarily due to strong demand.",
            "By what percentage did global comparable sales increase in 2022, "
            "rounded to one decimal?", "10.9",
        ),
        (
            growth_in_sentence,
            "Net revenues decreased $481 million, or 7%, in the three months ended June 30, 2023.",
            "By what percentage did net revenues decrease in the three months ended June 30, 2023, "
            "rounded to a whole number?",
            "7",
        ),
        (
            level_in_sentence,
            "Free cash flow was $5.5 billion in 2022, a decrease of $1.6 billion or 23%.",
            "What was free cash flow in 2021, in billions of US dollars?", "7.1",
        ),
        (
            claim_in_sentence,
            "Corporate credit spreads have tightened since April (Figure 1.1, panel 6).",
            "How have corporate credit spreads changed?", "have tightened since April",
        ),
    ],
)  # fmt: skip
def test_statements_become_one_question(read, sentence, question, answer):
    (item,) = read(sentence, 1).items
    assert (item["question"], item["answer"]) == (question, answer)


@pytest.mark.parametrize(
    "sentence",
    [
        "Operating income increased 10% (3% in constant currencies).",  # no period
        "In 2022, it increased 10%.",  # nobody knows what
        "Sales increased 3% and 5% in 2021 and 2022, respectively.",  # two of each
        "Interest expense in 2023 is expected to increase between 10% and 12%.",
        "Share buybacks have become a topic of many talks this year (Figure 2).",
        "This has declined since the turn of the year in most markets (Figure 3).",
    ],
)
def test_doubtful_statements_give_nothing(sentence):
    for read in (growth_in_sentence, level_in_sentence, claim_in_sentence):
        assert read(sentence, 1) is None


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        (
            "公司2021 年营业收入为123.4 亿元，同比增长12.5%。",
            {
                "根据2021年的数值和同比变化，2020年营业收入约为多少亿元？": "109.69",
                "2021年营业收入是多少亿元？": "123.4",
                "2021年营业收入同比增长了百分之多少？": "12.5",
            },
        ),
        (
            "截至2022年末，总资产达到5,432.1亿元。",
            {"2022年末总资产是多少亿元？": "5432.1"},
        ),
        (
            "2004 年5 月之后，波动率再次走高，换手率也快速下降。",
            {
                "2004年5月之后，波动率是上升还是下降？": "上升",
                "2004年5月之后，换手率是上升还是下降？": "下降",
            },
        ),
        (
            "换手率与指数的走势整体上呈现出明显的正相关性。",
            {"换手率与指数是正相关还是负相关？": "正相关"},
        ),
        (
            "经回测检验，VIX多空策略可以获得年化87.4%的收益，最大回撤34.7%，Sharpe 比率1.69。",
            {
                "VIX多空策略的年化收益率是百分之多少？": "87.4",
                "VIX多空策略的最大回撤是百分之多少？": "34.7",
                "VIX多空策略的Sharpe比率是多少？": "1.69",
            },
        ),
        (
            "2020年毛利率同比提升2.3%，主要由于产品结构优化和原材料价格下降。",
            {
                "2020年毛利率同比提升了百分之多少？": "2.3",
                "2020年毛利率同比提升的主要原因是什么？": "产品结构优化和原材料价格下降",
            },
        ),
    ],
)
def test_chinese_sentences_are_asked_about_in_chinese(sentence, found):
    statement = fact_in_chinese(sentence, 1)
    assert {item["question"]: item["answer"] for item in statement.items} == found


@pytest.mark.parametrize(
    "sentence",
    ["由图6可知，其累计净值为9.16。", "如果我们认为2021年收入增长。", "我们认为公司前景较好。"],
)
def test_vague_chinese_sentences_give_nothing(sentence):
    assert fact_in_chinese(sentence, 1) is None


def test_chinese_questions_pass_the_same_checks():
    made = report(
        block(
            "公司2021 年营业收入为123.4 亿元，同比增长12.5%。VIX 是指市场对未来波动率的整体预期。"
        ),
        block("指标\t2019\t2020\t2021\n毛利率\t31.5%\t33.0%\t35.2%", "table"),
    )
    pairs = OfflineGenerator(1).questions(made, 40)
    assert len(pairs) >= 6
    assert text_reasons(pairs, made) == [""] * len(pairs)
    assert all(pair.question.endswith("？") for pair in pairs)
    assert {pair.task for pair in pairs} == {
        "arithmetic", "statistics", "explanation", "knowledge"
    }  # fmt: skip


def test_the_head_above_a_table_names_its_periods():
    head = [
        block("Three Months Ended June 30,", "heading", (200.0, 10.0, 290.0, 18.0)),
        block("Six Months Ended June 30,", "heading", (300.0, 10.0, 390.0, 18.0)),
        *(
            block(year, "text", (x, 22.0, x + 20, 30.0))
            for year, x in (("2023", 200.0), ("2022", 250.0), ("2023", 300.0), ("2022", 350.0))
        ),
        block("(In millions)", "heading", (280.0, 32.0, 320.0, 40.0)),
    ]
    table = block(
        "Net revenues\t$7,287\t$6,806\t7 %\t$14,327\t$13,289\t8 %", "table", (0, 44, 400, 60)
    )
    labels, words = head_above(table, head)
    three, six = ("the three months ended June 30, ", "the six months ended June 30, ")
    assert labels == [three + "2023", three + "2022", six + "2023", six + "2022"]
    facts = series_in_table(table, words, labels)
    assert [f.series.values for f in facts] == [(6806, 7287), (13289, 14327)]
    assert {f.series.unit for f in facts} == {"$m"}
    assert head_above(table, head[2:])[0] == [], "two columns of one year"
    far = [b.model_copy(update={"box": (0.0, -300.0, 100.0, -290.0)}) for b in head]
    assert head_above(table, far)[0] == []


GRAPH = (
    "Company / Index\t12/26/2018\t12/28/2019\t12/26/2020\nAlder, Inc.\t100\t352\t610\n"
    "S&P 500 Index\t$100\t111\t135"
)


def test_the_table_of_a_performance_graph_says_where_its_curves_end():
    facts = performance_in_table(block(GRAPH, "table"), [])
    asked = {f.items[0]["question"]: f.items[0]["answer"] for f in facts}
    assert asked["What had $100 invested in Alder, Inc. at 12/26/2018 grown to by 12/26/2020?"] == (
        "610"
    )
    best = next(q for q in asked if q.startswith("Which had the highest cumulative total return"))
    assert asked[best] == "Alder, Inc."
    for fact in facts:
        assert fact.evidence in GRAPH, "verbatim lines of the table"
    years = performance_in_table(
        block(GRAPH.replace("12/26/", "").replace("12/28/", ""), "table"), []
    )
    assert any("grown to by the end of fiscal 2020" in f.items[0]["question"] for f in years)
    balance = GRAPH.replace("$100", "90")
    assert performance_in_table(block(balance, "table"), []) == [], "a row that starts elsewhere"
    pairs = OfflineGenerator(1).questions(report(block(GRAPH, "table")), 40)
    assert {rule_of(pair) for pair in pairs} == {"performance table"}


def test_a_chinese_table_of_strategies_is_asked_by_its_caption():
    caption = block("表5：中证500指数改进策略收益风险特征（2013.01.25-2024.07.31）", "caption")
    rows = "\t累计\t年化\n\t收益率\t收益率\n初始策略\t1291.6%\t26.8%\n中证500\t45.3%\t3.4%"
    facts = performance_in_table(block(rows, "table"), [caption])
    asked = {f.items[0]["question"]: f.items[0]["answer"] for f in facts}
    assert asked["中证500指数改进策略中，初始策略的净值到2024年7月末约为多少？"] == "13.92"
    assert asked["中证500指数改进策略中，初始策略的累计收益率是高于还是低于中证500？"] == "高于"
    assert performance_in_table(block(rows, "table"), []) == [], "nobody knows of what"


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "In 2023, revenue in Europe was higher than revenue in Asia.",
            "In 2023, was revenue in Europe higher or lower than revenue in Asia?", "higher",
        ),
        (
            "Goodwill was lower in 2023 than in 2019 (Figure 2).",
            "From 2019 to 2023, did goodwill rise or fall?", "fall",
        ),
        ("Gross margin peaked in 2021.", "When was gross margin highest?", "2021"),
        (
            "The NAV total return underperformed the benchmark index in 2022.",
            "Did NAV total return do better or worse than benchmark index in 2022?", "worse",
        ),
        (
            "Europe accounted for 35% and Asia for 22% of net sales.",
            "What percentage of net sales were Europe and Asia together?", "57",
        ),
    ],
)  # fmt: skip
def test_shapes_of_charts_in_english_sentences(sentence, question, answer):
    facts = filter(None, (read(sentence, 1) for read in (shape_in_sentence, parts_in_sentence)))
    items = {i["question"]: i["answer"] for fact in facts for i in fact.items}
    assert items[question] == answer


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Annual growth peaked at 13.4 per cent at the start of the year and fell after that.",
         "What was the highest annual growth over the period shown, in percent?", "13.4"),
        ("The volume index was at its highest in July 2021, at 105.9, when shops reopened.",
         "When was volume index highest?", "July 2021"),
        ("The prime yield bottomed out at 3.2% in 2019.",
         "What was the lowest prime yield over the period shown, in percent?", "3.2"),
    ],
)  # fmt: skip
def test_a_peak_is_asked_for_with_its_value(sentence, question, answer):
    assert {i["question"]: i["answer"] for i in shape_in_sentence(sentence, 1).items}[
        question
    ] == answer


def test_shapes_need_a_subject_that_is_understood_alone():
    assert shape_in_sentence("It was higher than the peer group.", 1) is None
    assert shape_in_sentence("The fund outperformed the benchmark.", 1) is None


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "如图9所示，2019年至2023年，毛利率由21.3%上升至25.1%。",
            "从2019年到2023年，毛利率变化了多少个百分点？", "3.8",
        ),
        (
            "截至2019年12月，沪深300策略净值明显高于沪深300基准净值。",
            "2019年12月，沪深300策略净值是高于还是低于沪深300基准净值？", "高于",
        ),
        (
            "2019年至2023年，换手率整体呈下降趋势。",
            "从2019年到2023年，换手率是上升还是下降？", "下降",
        ),
        ("客户存款中，华东最高。", "客户存款中，哪一项最高？", "华东"),
        (
            "各时段成交量占全天的比重，开盘阶段占比最高（2019年）",
            "各时段成交量占全天的比重中，哪一个占比最高？", "开盘阶段",
        ),
        (
            "四个因子中甲因子在2019年表现最佳（全样本）",
            "四个因子中，哪一个2019年的表现最佳？", "甲因子",
        ),
        (
            "𝐀𝐁𝐂_new较𝐀𝐁𝐂_raw的多空净值明显提升", "ABC_new的表现是优于还是弱于ABC_raw？", "优于",
        ),
        (
            "2017年以来，“硬币”因子净值持续上升。",
            "2017年以来，“硬币”因子净值是上升还是下降？", "上升",
        ),
    ],
)  # fmt: skip
def test_shapes_of_charts_in_chinese_sentences(sentence, question, answer):
    items = {i["question"]: i["answer"] for i in fact_in_chinese(sentence, 1).items}
    assert items[question] == answer


@pytest.mark.parametrize(
    "sentence",
    [
        "除2015和2022年略高于5%以外，其余年份均较低。",
        "又由于周数据的交易次数远低于日数据的交易次数，",
        "溢价显著为正的月度占比仅略高于显著为负的占比，",
        "在重仓股中，个股数占比为42.6%，市值占比为88.7%。",
        "2019年，期权的成交量与持仓量逐步上升。",
    ],
)
def test_a_half_of_a_chinese_sentence_is_not_asked(sentence):
    fact = fact_in_chinese(sentence, 1)
    asked = [item["question"] for item in fact.items] if fact else []
    assert not [q for q in asked if "合计" in q or "与持仓量" in q]
    assert not [q for q in asked if q.startswith(("除", "又", "仅")) or "仅是" in q or "以外" in q]


def test_one_question_with_two_answers_is_none():
    head = "In millions\t2021\t2022\n"
    twice = report(
        block(head + "Net sales\t10\t12", "table"), block(head + "Net sales\t10\t15", "table")
    )
    assert not [p for p in OfflineGenerator(1).questions(twice, 40) if "percentage" in p.question]


def test_the_sign_of_a_table_is_no_fact():
    table = block("In millions\t2021\t2022\nInterest income\t(44)\t(9)", "table")
    assert OfflineGenerator(1).questions(report(table), 40) == []


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        (
            "However, corporate spreads have tightened since April (Figure 1.1, panel 6).",
            "Have corporate spreads tightened or widened since April?", "tightened",
        ),
        (
            "Trading volumes rose in the second quarter of 2025, on net (see Chart 4).",
            "Did trading volumes fall or rise in the second quarter of 2025?", "rise",
        ),
        (
            "Large banks have reduced the sensitivity of their income to rates (Figure 2).",
            "Have large banks increased or reduced the sensitivity of their income to rates?",
            "reduced",
        ),
        (
            "In Asia, the share of weak banks is much smaller than in other regions (Figure 3).",
            "", "",  # nobody knows which others
        ),
        (
            "In Asia, the share of weak banks is much smaller than in Latin America (Figure 3).",
            "In Asia, is the share of weak banks larger or smaller than in Latin America?",
            "smaller",
        ),
        ("This has declined since April (Figure 3).", "", ""),  # what has?
        ("Growth has slowed since April (Figure 3).", "", ""),  # of what?
        ("Trading volumes rose, as in the past (Figure 3).", "", ""),  # when?
        ("Corporate spreads have tightened since April.", "", ""),  # no figure is named
    ],
)  # fmt: skip
def test_a_claim_that_names_its_figure_is_asked_with_both_directions(sentence, question, answer):
    found = [i for statement in claims_in_sentence(sentence, 1) for i in statement.items]
    assert [(i["question"], i["answer"]) for i in found] == ([(question, answer)] if answer else [])


def test_each_reference_has_its_own_part_of_the_sentence():
    sentence = (
        "Bond yields have fallen this year (Figure 1), while bank spreads have widened (Figure 2)."
    )
    first, second = claims_in_sentence(sentence, 1)
    assert (first.items[0]["answer"], second.items[0]["answer"]) == ("fallen", "widened")
    assert "Figure 2" not in first.evidence
    assert "Figure 1" not in second.evidence


def test_amounts_of_two_periods_are_asked_apart():
    statement = change_in_sentence(
        "Marketing expenses decreased by $130 million, or 22%, and $288 million, or 24%, in the "
        "three and six months ended June 30, 2023, respectively, compared to the same periods.", 1
    )  # fmt: skip
    three, share, six, _ = statement.items
    assert three["answer"] == "130"
    assert "three months ended June 30, 2023" in three["question"]
    assert (six["answer"], share["answer"]) == ("288", "22")
    assert "six months ended June 30, 2023" in six["question"]


def test_a_heading_that_compares_two_years_says_when():
    sentence = "Growth expenditures decreased $356 million, primarily driven by timing."
    assert change_in_sentence(sentence, 1) is None
    when = period_of_heading("Fiscal Year 2020 versus 2019")
    (item,) = change_in_sentence(sentence, 1, when).items
    assert item["question"].startswith(
        "By how much did growth expenditures decrease in fiscal year 2020 compared"
    )
    assert period_of_heading("Operating Activities 2020") == ""


def test_years_under_two_spans_of_a_tables_own_head():
    rows = "\tThree Months Ended June 30,\t\tSix Months Ended June 30,\n\t2023\t2022\t2023\t2022\n"
    facts = series_in_table(block(rows + "Net revenues\t$7,287\t$6,806\t$14,327\t$13,289", "table"))
    assert [f.series.values for f in facts] == [(6806, 7287), (13289, 14327)]
    assert facts[1].series.labels[0] == "the six months ended June 30, 2022"


def test_a_chinese_comparison_offers_both_ways():
    (item,) = fact_in_chinese("自由流通换手率数值整体高于总换手率，这个容易理解。", 1).items
    assert (item["question"], item["answer"]) == (
        "自由流通换手率数值是高于还是低于总换手率？", "高于"
    )  # fmt: skip


NAMED = "Net sales rose from $320 million in 2021 to $415 million in 2022 and $502 million in 2023"


@pytest.mark.parametrize(
    "sentence",
    [
        f"{NAMED} (Figure 1).",
        f"{NAMED} (see Exhibit 2).",
        f"{NAMED}, as Figure 1 shows.",
        f"As shown in Figs. 1 and 2, {NAMED[0].lower()}{NAMED[1:]}.",
    ],
)
def test_a_sentence_that_names_its_figure_keeps_its_questions(sentence):
    plain = OfflineGenerator(1).questions(report(block(f"{NAMED}.")), 40)
    named = OfflineGenerator(1).questions(report(block(sentence)), 40)
    assert len(plain) == 8
    assert [(p.question, p.answer) for p in named] == [(p.question, p.answer) for p in plain]
    assert {p.evidence for p in named} == {sentence}, "verbatim, so that the aligner sees the name"


def test_the_number_of_a_figure_answers_nothing():
    pair = OfflineGenerator(1).questions(report(block(f"{NAMED} (Figure 7).")), 40)[0]
    wrong = pair.model_copy(update={"answer": "7", "answer_kind": "number", "expression": "7"})
    assert check_answer(wrong, [pair.evidence]) == "not_derivable"


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        ("由图6可知，VIX策略累计净值为9.16。", "VIX策略累计净值是多少？"),
        ("如图二所示，VIX策略累计净值为9.16（见图表3）。", "VIX策略累计净值是多少？"),
        ("图12为换手率与指数的散点图，呈现出正相关性。", "换手率与指数是正相关还是负相关？"),
        ("图十二为换手率与指数的散点图，呈现出正相关性。", "换手率与指数是正相关还是负相关？"),
    ],
)
def test_chinese_sentences_that_name_their_figure(sentence, question):
    fact = fact_in_chinese(sentence, 1)
    assert question in [item["question"] for item in fact.items]
    assert fact.evidence == sentence


def test_a_cause_names_no_figure():
    cause = cause_in_sentence(
        "Net revenues increased 7% in 2023 driven by growth in volume (as Chart B.2 shows).", 1
    )
    assert cause.cause == "growth in volume"


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        (
            "2017年以来，持股个数逐渐减少，而市值占比逐渐攀升。",
            ["2017年以来，持股个数是上升还是下降？", "2017年以来，市值占比是上升还是下降？"],
        ),
        ("随着分组市值增加，个股占比也随之增加。", ["随着分组市值增加，个股占比是上升还是下降？"]),
        ("2016年四季报，股票数占比达61.8%。", ["2016年四季度，股票数占比是百分之多少？"]),
        ("50ETF的移动指数通常远高于0.5。", ["50ETF的移动指数是高于还是低于0.5？"]),
    ],
)  # fmt: skip
def test_chinese_shapes_of_charts(sentence, asked):
    fact = fact_in_chinese(sentence, 1)
    assert fact and [item["question"] for item in fact.items] == asked


def test_the_mean_of_two_periods_is_compared():
    fact = shape_in_sentence(
        "In Q4 2022, the benchmark averaged US$1.77/lb compared to an average of US$2.20/lb in Q4 "
        "2021.", 1,
    )  # fmt: skip
    assert fact and fact.items[0]["question"] == (
        "Was the average benchmark higher or lower in Q4 2022 than in Q4 2021?"
    )
    assert fact.items[0]["answer"] == "lower"


def test_the_end_of_a_rise_is_asked():
    fact = shape_in_sentence(
        "The return was poor and the discount to assets widened slightly from 9.9% to 11.0% as at "
        "31 March 2022.", 1,
    )  # fmt: skip
    assert fact and [(i["question"], i["answer"]) for i in fact.items] == [
        ("What was the discount to assets at 31 March 2022, in percent?", "11")
    ]


def test_a_chinese_caption_that_states_its_message_is_asked():
    said = Block(
        page=1,
        index=0,
        kind="caption",
        text="图9：甲因子较乙因子在多空表现上更优异",
        box=(0, 0, 1, 1),
    )
    bare = said.model_copy(update={"text": "图9：甲因子与乙因子的多空净值"})
    found = list(read_facts([said, bare]))
    questions = [item["question"] for _, fact in found for item in fact.items]
    assert questions == ["甲因子的表现是优于还是弱于乙因子？"]
    assert found[0][1].evidence == said.text
