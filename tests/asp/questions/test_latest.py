"""What a clause says of the last period of its chart, in sentences as analysts write them."""

import pytest

from finlmm_utils.asp.questions.rules.chinese.latest import latest_in_chinese
from finlmm_utils.asp.questions.rules.english.latest import latest_in_sentence


def asked(sentence: str) -> list[tuple[str, str]]:
    fact = latest_in_sentence(sentence, 1)
    return [(item["question"], item["answer"]) for item in fact.items] if fact else []


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("The EBIT margin widened to 21.4%, its best level since we started coverage.",
         "What was the EBIT margin at the end of the period shown, in percent?", "21.4"),
        ("Annual core inflation stood at 2.9 per cent in the second quarter, after 3.4 per cent.",
         "What was annual core inflation at the end of the period shown, in percent?", "2.9"),
        ("Our direct emissions (Scope 1) fell to 9.4 million tonnes of CO2 in the year.",
         "What were direct emissions at the end of the period shown, in millions of tonnes of CO2?",
         "9.4"),
        ("n Capital adequacy ratio at 218%, seven points up since year-end",
         "What was capital adequacy ratio at the end of the period shown, in percent?", "218"),
        ("Net interest income rose by 7.4% to $8.7 billion, ahead of our guidance.",
         "By what percentage did net interest income rise at the end of the period shown compared"
         " with the prior year?", "7.4"),
        ("Coal delivered 13% of our electricity, down from 34% six years earlier.",
         "What percentage of electricity did coal make up at the end of the period shown?", "13"),
        ("Foreign banks hold 24% of local bonds in June, while pension funds now hold 46%.",
         "What percentage of local bonds did pension funds make up?", "46"),
        ("The regional median fell from 7.8% in mid-2022 to 3.1% in July 2025.",
         "What was the regional median in July 2025, in percent?", "3.1"),
        ("At the year end the group served 18.9 million mobile customers, most of them abroad.",
         "How many mobile customers were served at the end of the period shown, in millions?",
         "18.9"),
        ("• Cost of deposits 1.46%, in line with peers",
         "What was cost of deposits at the end of the period shown, in percent?", "1.46"),
        ("Take-up came to 274,000 sq m, well above the average of ten years.",
         "What was take-up at the end of the period shown, in sq m?", "274000"),
        ("Prime rents closed the year at €36.00 per sq m and month.",
         "What were prime rents at the end of the period shown, in euros per sq m and month?",
         "36"),
        ("New residential lending has shrunk for four years.",
         "Did new residential lending rise or fall over the period shown?", "fall"),
    ],
)  # fmt: skip
def test_a_clause_is_asked_for(sentence: str, question: str, answer: str) -> None:
    assert (question, answer) in asked(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Net debt is expected to fall to 2.1 billion next year.",
        "Net interest margin had been above 3.4%.",
        "The loss ratio averaged 61% over the cycle.",
        "Gross margins were 41% and 44%, respectively.",
        "On a constant currency basis, net sales rose 12%.",
        "They rose to 14% in June.",
        "More than 30% of new loans went to households.",
    ],
)
def test_what_is_unsure_or_of_another_time_is_not_asked_for(sentence: str) -> None:
    assert not asked(sentence)


def asked_in_chinese(sentence: str) -> list[tuple[str, str]]:
    fact = latest_in_chinese(sentence, 1)
    return [(item["question"], item["answer"]) for item in fact.items] if fact else []


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("报告期内本行净息差为1.67%，同比下降。", "截至图示期末，净息差是百分之多少？", "1.67"),
        ("货币基金规模13.61万亿元，全年增加2.33万亿元。", "货币基金规模是多少万亿元？", "13.61"),
        ("租赁业务占21%，房地产业占比降至7%。", "截至图示期末，房地产业占比是百分之多少？", "7"),
        ("其中公司贷款4,832亿元，增加542亿元。", "截至图示期末，公司贷款是多少亿元？", "4832"),
        ("银保渠道首年保费98.3亿元，同比增长45.6%。",
         "截至图示期末，银保渠道首年保费同比增长了百分之多少？", "45.6"),
        ("房地产开发投资下降9.8%。", "房地产开发投资下降了百分之多少？", "9.8"),
        ("其中汽车增长28.4%，服装大降22.6%。", "服装下降了百分之多少？", "22.6"),
        ("10月经销商库存系数1.17，较9月回落。", "截至图示期末，经销商库存系数是多少？", "1.17"),
    ],
)  # fmt: skip
def test_a_chinese_clause_is_asked_for(sentence: str, question: str, answer: str) -> None:
    assert (question, answer) in asked_in_chinese(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "预计全年新增装机约98万台。",
        "已不及保险资金的3.1万亿元；",
        "其份额为12%。",
        "国内市场为30%。",
        "前值增长5.6%，环比增长0.3%。",
        "较去年同期的毛利率32.1%回落。",
    ],
)
def test_what_a_chinese_clause_leaves_open_is_not_asked_for(sentence: str) -> None:
    assert not asked_in_chinese(sentence)
