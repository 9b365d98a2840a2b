"""A figure is about a question where its own words name what is asked, and its years hold it."""

import pytest

from finlmm_utils.asp.alignment.shown.basis import same_basis
from finlmm_utils.asp.alignment.subject import (
    about,
    draws_data,
    is_whole,
    names_asked,
    names_its_part,
    names_unit,
    share_named,
    spans,
)
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import QA, Figure, Reading


def figure(words: str = "", title: str = "", **fields) -> Figure:
    return Figure(
        figure_id="f1", report_id="r1", file="r1.pdf", page=1, box=(0, 0, 100, 100),
        kind="raster", caption="", png=b"", title=title, inner_text=words, **fields,
    )  # fmt: skip


def pair(question: str, answer: str = "higher", kind: str = "choice", **fields: str) -> QA:
    more = {"task": "explanation", **fields}
    return make_qa("r1", 1, "", "t", question=question, answer=answer, answer_kind=kind, **more)


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("中证500指数中，初始策略的累计收益率是高于还是低于改进策略1？", ["初始策略", "改进策略1"]),
        ("从2019年到2022年，贷款余额是上升还是下降？", ["贷款余额"]),
        ("策略净值中，哪一个的收益率最高：甲策略、乙策略？", ["甲策略", "乙策略"]),
        ("Did Amber Fund do better or worse than the index?", ["Did Amber Fund do", "the index"]),
    ],
)  # fmt: skip
def test_a_comparison_names_both_sides(question, names):
    assert names_asked(question) == names


@pytest.mark.parametrize(
    ("question", "words", "named"),
    [
        ("From 2018 to 2021, did gross margin rise or fall?", "Gross margin (%) 2018 2021", True),
        ("From 2018 to 2021, did gross margin rise or fall?", "Net margin (%) 2018 2021", False),
        ("How much net cash used in investing activities?", "Investing Cash Flow", True),
        ("2013年至2019年，夏普比率在哪一期最高？", "图3：中证500指数策略净值", False),
        ("50ETF的移动指数是高于还是低于0.5？", "VIX的移动指数分布 0.50", False),
        ("甲策略的收益率是高于还是低于乙策略？", "甲策略 净值", False),  # one of two is drawn
        ("Which had the highest return: Amber Fund or Small Index?", "AmberFund SmallIndex", True),
        # One of two is drawn, under nearly the same name.
        ("自由流通股本的换手率是高于还是低于总流通股本的换手率？", "总流通股本的换手率", False),
    ],
)  # fmt: skip
def test_what_is_asked_must_stand_in_the_figure(question, words, named):
    assert about(pair(question), figure(words), words) is named


def test_years_beside_those_of_the_figure_are_not_shown():
    shown = figure("2016 2017 2018")
    assert spans("Did revenue rise from 2016 to 2018?", shown, shown.inner_text)
    assert not spans("Did revenue rise from 2018 to 2020?", shown, shown.inner_text)
    assert spans("Did revenue rise from 2018 to 2020?", figure(), "no years")


def test_a_cause_must_be_named_by_the_figure():
    asked = pair("What drove the increase in revenue?", "a new plant", "text")
    assert not about(asked, figure("Revenue"), "Revenue")
    assert about(asked, figure("Revenue: new plant"), "Revenue: new plant")


def test_a_figure_without_a_title_is_about_nothing():
    asked = pair("By how much did transaction expense increase?", "497", "number")
    words = "$3,541 $3,044 Q2 2023 Q2 2022"
    assert not about(asked, figure(words, near_text="Transaction expense"), words)


def test_words_without_blanks_are_found():
    assert share_named("What was the Amber Fund in 2020?", "GrowthofAmberFund") == 1.0
    question = "Which had the highest return at 12/31/2022: Dow Amber Index or Ash Inc.?"
    assert share_named(question, "AshInc. DowAmberIndex 2022") == 1.0


def test_a_date_and_the_word_expenses_are_no_name():
    question = "What had $100 invested in Amber Inc. at 12/31/2017 grown to by 12/31/2022?"
    assert share_named(question, "Amber Inc. 2017 2022") == 1.0
    question = (
        "What had $100 invested in Amber Inc. at the end of 2017 grown to by the end of 2022?"
    )
    assert share_named(question, "Amber Inc. 2017 2022") == 1.0
    words = "Sales and marketing $595 $465"
    assert share_named("By how much did sales and marketing expenses fall?", words) == 1.0
    assert share_named("By how much did interest expense fall?", "Interest income") < 1.0


def test_a_scheme_draws_no_data():
    assert not draws_data(figure("Bull market Bear market Figure 10"), "Bull market Bear market")
    assert draws_data(figure("Revenue 10 20"), "Revenue 10 20")


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("Has the market for loans grown or shrunk?", False),
        ("Has the market for loans grown or shrunk since 2019?", True),
        ("In Europe, have bank spreads tightened or widened?", False),
        ("贷款余额是上升还是下降？", False),
        ("2017年以来，贷款余额是上升还是下降？", True),
        ("Was the average US$ higher or lower in 2022 than in 2021?", False),
        ("Was the average US$ rate higher or lower in 2022 than in 2021?", True),
        ("Was revenue higher or lower in 2022 than in 2021?", True),
        ("What was the amount in 2021?", False),
        ("What was the total in 2021, in millions of US dollars?", False),
        ("What was the average price in 2021, in US dollars?", False),
        ("What was the average share price in 2021, in US dollars?", True),
        ("Did the index rise or fall from 2019 to 2021?", False),
        ("What is the ratio of market share in 2021 to that in 2020?", True),
    ],
)
def test_a_movement_has_a_period_and_a_measure_is_more_than_its_currency(question, whole):
    assert is_whole(question) == whole


@pytest.mark.parametrize(
    ("question", "unit", "words", "named"),
    [
        ("What is the change in revenue from 2020 to 2021?", "$m", "Revenue 40 45", False),
        ("What is the change in revenue from 2020 to 2021?", "$m", "Revenue ($m) 40 45", True),
        ("What is the change in revenue from 2020 to 2021?", "$m", "Revenue $ in millions", True),
        ("What was revenue in 2021, in millions of US dollars?", "$m", "Revenue 40 45", True),
        ("What was gross margin in 2021?", "%", "Gross margin 40 45", False),
        ("What was gross margin in 2021?", "%", "Gross margin 40% 45%", True),
        ("How many stores were there in 2021?", "", "Stores 40 45", True),
    ],
)
def test_the_unit_of_a_number_stands_in_the_question_or_in_the_figure(question, unit, words, named):
    assert names_unit(pair(question, "45", "number", unit=unit), words) is named


def test_a_legend_may_name_the_part_of_a_title_in_other_words():
    title = "图2 重仓超配个股数及持仓市值占比（2012-2020）"
    chart, question = figure(title, title=title), "2017年以来，超配个股数是上升还是下降？"
    assert names_its_part(question, chart, f"{title} 个股数占比 持仓市值占比（右轴）")
    assert not names_its_part(question, chart, f"{title} 55% 50% 94% 92%")


def test_what_a_question_opens_with_tells_one_numbered_strategy_from_another():
    question = "中证500指数改进策略2中，改进策略1的净值到2024年7月末约为多少？"
    words = "图8：中证500指数改进策略1 净值（2013.01.25-2024.07.31） 初始策略"
    asked = pair(question, "10.87", "number", task="statistics")
    shows = [Reading(series="改进策略1", label="", point="last", value=10.9, how="axis",
                     tolerance=0.1, span=16.0)]  # fmt: skip
    assert not about(asked, figure(words, shows=shows), words)
    assert about(asked, figure(words.replace("策略1 ", "策略2 "), shows=shows), words + "改进策略2")


@pytest.mark.parametrize(
    ("name", "legend", "found"),
    [("credit losses", "", False), ("transaction and credit losses", "", True),
     ("credit losses", "Transaction losses Credit losses", True)],
)  # fmt: skip
def test_a_part_of_a_title_needs_a_legend_in_the_picture(name, legend, found):
    words = f"Transaction and credit losses {legend} $840 $817 $254 $115 Q2 2023 YTD Q2 2022 YTD"
    chart = figure(words, title="Transaction and credit losses")
    assert names_its_part(f"What were {name} in 2023, in US dollars?", chart, words) is found


@pytest.mark.parametrize(
    ("picture", "found"),
    [("Net margin (%) Tax rate (%) 21 57", True), ("21 57 60", False),
     ("Net margin and tax rate 21 57", False),
     ("Net margin and tax rate Net margin Tax rate", True)],
)  # fmt: skip
def test_the_charts_of_a_picture_name_the_parts_of_the_title_that_is_also_its_caption(
    picture, found
):
    title = "Figure 5: Net margin and tax rate"
    chart = Figure(**figure("").__dict__ | {"caption": title, "title": title})
    assert names_its_part("What was tax rate in 2021?", chart, f"{title} {picture}") is found


@pytest.mark.parametrize(
    ("question", "words", "same"),
    [
        ("What was adjusted EBITDA in 2022?", "EBITDA ($m) 2021 2022", False),
        ("What was adjusted EBITDA in 2022?", "Underlying EBITDA ($m) 2021 2022", True),
        ("What was adjusted EBITDA in 2022?", "EBITDA (adjusted) 2021 2022", True),
        ("What was revenue at constant exchange rates in 2022?", "Revenue 2022", False),
        ("What was revenue excluding acquisitions in 2022?", "Revenue excl. acquisitions", True),
        ("What was revenue in 2022?", "Service revenue 2021 2022", False),
        ("What was service revenue in 2022?", "Revenue 2021 2022", False),
        ("What was revenue in 2022?", "Revenue, of which service revenue", True),
        ("What was gross margin in 2022?", "Gross and operating margin (%)", True),
        ("What was gross margin in 2022?", "Operating margin (%)", False),
        ("Was the return of the fund above that of its underlying index?", "Fund Index", True),
        ("2022年母公司净利润是多少？", "净利润（亿元）", False),
        ("2022年归母净利润是多少？", "归母净利润（亿元）", True),
        ("剔除汇率影响后，2022年收入是多少？", "收入（亿元）", False),
    ],
)
def test_a_neighbour_in_words_is_another_thing(question, words, same):
    assert same_basis(question, words) is same


def test_a_part_of_a_whole_is_named_whole_by_its_share():
    words = "2021年末贷款结构 零售贷款 对公贷款 票据贴现"
    asked = "零售贷款占比是百分之多少？"
    assert share_named(asked, words, ["零售贷款", "对公贷款", "票据贴现"]) == 1.0
    assert share_named(asked, words, ["房地产", "制造业"]) < 1.0
    assert share_named("商誉占比是百分之多少？", words, ["零售贷款", "对公贷款"]) == 0.0


@pytest.mark.parametrize(
    ("question", "whole"),
    [
        ("2006年11月之后，波动率是上升还是下降？", False),
        ("2007年11月开始，波动率是上升还是下降？", False),
        ("2007年之后到2009年，波动率是上升还是下降？", True),
        ("2017年以来，持仓市值占比是上升还是下降？", True),
        ("After 2019, did volatility rise or fall?", False),
        ("Since 2019, did volatility rise or fall?", True),
    ],
)
def test_a_movement_after_a_moment_has_an_end(question, whole):
    assert is_whole(question) is whole
