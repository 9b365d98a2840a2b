"""The unit that the row or the question states, against a prediction in another; measures."""

import pytest

from finlmm_utils.finance.answers import match
from finlmm_utils.finance.answers.asked import asked_unit
from finlmm_utils.finance.units import label

OTHER_UNIT_THAN_THE_ROWS = [
    ("US$5", "HK$"), ("$1,500 million", "EUR million"), ("5 MWh", "GWh"), ("5 kg", "tonnes"),
    ("5 years", "%"), ("$5", "%"), ("5 customers", "suppliers"), ("5%", "$"), ("5%", "GWh"),
    ("£5", "x"), ("5 employees", "x"), ("5 hours", "days"), ("5 km", "miles"), ("5 GW", "GWh"),
    ("US$5/bbl", "US$/t"), ("5亿港元", "亿美元"), ("5亿美元", "亿元"), ("5 pence", "pounds"),
    ("500%", "%"), ("5 thousand dollars", "$"), ("0.005 thousand dollars", "$m"), ("€5", "tonnes"),
    ("5 barrels", "tonnes"), ("5m yen", "RMBm"), ("25 bps", "%"), ("5亿", "万元"),
]  # fmt: skip
UNIT_OF_THE_ROW = [
    ("HK$5", "5", "HK$"), ("$5", "5", "HK$"), ("5", "5", "HK$"),
    ("EUR 1.5bn", "1500", "EUR million"),
    ("5,000 MWh", "5", "GWh"), ("5 GWh", "5", "GWh"), ("5000 kg", "5", "tonnes"), ("5 t", "5", "t"),
    ("5%", "5", "%"), ("0.05", "5", "%"), ("500 bps", "5", "%"), ("5 retail stores", "5", "stores"),
    ("5 times", "5", "x"), ("5x", "5", "x"), ("500%", "5", "x"), ("5 people", "5", "employees"),
    ("RMB 3.2bn", "3.2", "RMBbn"), ("CHF 5m", "5", "CHFm"), ("RMB 5 thousand", "5", "RMB'000"),
    ("$5 million", "5", "$ in millions"), ("5 points", "5", "index points"),
    ("5%", "0.05", "ratio"),
    ("5 EUR/MWh", "5", "€/MWh"), ("5 sq m", "5", "sq m"), ("5万人", "5", "万人"),
]  # fmt: skip


@pytest.mark.parametrize(("said", "unit"), OTHER_UNIT_THAN_THE_ROWS)
def test_another_unit_than_the_rows_is_never_paid(said, unit):
    gold = "1500" if "1,500" in said else "25" if said == "25 bps" else "5"
    assert match(said, gold, "number", unit=unit) is False


@pytest.mark.parametrize(("said", "gold", "unit"), UNIT_OF_THE_ROW)
def test_the_unit_of_the_row_is_paid_in_every_spelling(said, gold, unit):
    assert match(said, gold, "number", unit=unit) is True
    assert match(gold, gold, "number", unit=unit) is True


def test_the_units_that_the_question_writer_states_are_read():
    for currency, code in (("hk$", "HKD"), ("rmb", "CNY"), ("chf", "CHF"), ("us$", "USD")):
        for scale, power in (("k", 3), ("mn", 6), ("billion", 9), ("tn", 12)):
            asked = asked_unit("", label(currency, scale))
            assert asked is not None
            assert (code in asked.currencies, asked.power) == (True, power)


ASKED = [  # question, right, wrong
    ("Sales in RMB millions?", ["1,500 million yuan", "RMB1.5bn", "1,500"], ["$1.5 billion"]),
    ("How many US dollars?", ["US$1,500", "$1,500"], ["€1,500", "1,500 shares"]),
    ("How many employees?", ["1,500 staff", "1,500"], ["1,500%", "US$1,500", "1,500 stores"]),
    ("What percentage?", ["1,500%", "1,500 percent"], ["1,500 years", "€1,500", "1,500 shops"]),
    ("How many GWh were sold?", ["1.5 TWh", "1,500 GWh"], ["1,500 MWh", "1,500 GW", "1,500%"]),
    ("How many years did it take?", ["1,500 years", "18,000 months"], ["1,500 months", "1,500%"]),
    ("How many of the clients left?", ["1,500 customers"], ["1,500 suppliers", "1,500%"]),
    ("What is the dividend (in HK$)?", ["HK$1,500", "$1,500"], ["US$1,500", "1,500%"]),
    ("How many basis points?", ["1,500 bps", "1,500 basis points"], ["1,500 days", "US$1,500"]),
    ("净利润是多少亿元？", ["1,500亿元"], ["1,500亿美元", "1,500万元"]),
    ("公司有多少人？", ["1,500人", "1,500名"], ["1,500%", "1,500元"]),
    ("开了多少家门店？", ["1,500家", "1,500家门店"], ["1,500%", "1,500家客户"]),
    ("占比是百分之多少？", ["1,500%"], ["1,500年", "1,500元"]),
    ("What share in US$, and what percentage of sales?", ["US$1,500", "1,500%"], []),  # two kinds
    ("Was it invested in euro bonds?", ["US$1,500"], []),  # no unit
    ("How many points?", ["1,500%", "1,500 points"], []),  # says nothing of what is counted
]  # fmt: skip


@pytest.mark.parametrize(("question", "right", "wrong"), ASKED)
def test_what_the_question_asks_for(question, right, wrong):
    said = {text: match(text, "1,500", "number", question=question) for text in right + wrong}
    assert said == dict.fromkeys(right, True) | dict.fromkeys(wrong, False)


IN_THE_UNIT_ASKED_FOR = [  # question, gold, right, wrong
    ("By how many percent did it rise?", "25", ["25%", "2,500 bps", "25pp"],
     ["25 bps", "25‰", "25x", "2500%"]),
    ("By how many percentage points?", "0.68", ["0.68%", "68 bps"], ["68%", "0.68 bps"]),
    ("What was the margin (in %)?", "25", ["25%", "0.25"], ["25个基点", "25 basis points"]),
    ("By how many basis points?", "5", ["5 bps", "0.05%"], ["5%", "5pp", "5‰"]),
    ("What is it in bps?", "5", ["5 bps"], ["5%"]),
    ("上升了百分之几？", "25", ["25%", "25个百分点"], ["25个基点", "25‰"]),
    ("上升了多少个基点？", "25", ["25个基点", "0.25%"], ["25%", "25个百分点"]),
    ("增长了千分之几？", "25", ["25‰", "2.5%"], ["25%"]),
    ("占了几成？", "3", ["三成", "30%"], ["3%"]),
    ("总占比是多少？", "0.24", ["24%", "0.24"], ["2.4%", "24"]),  # says a share, not in which unit
    ("What was the stake in BP?", "25", ["25%"], []),  # a company
    ("How many cents a share?", "5", ["5 cents", "$0.05"], ["$5", "5%"]),
    ("What is the dividend in pence?", "25", ["25p", "£0.25"], ["£25", "25%"]),
    ("How much, in crore?", "12", ["12 crore", "1,200 lakh", "120 million"], ["12 lakh", "12m"]),
    ("What is it in Rs. cr?", "12", ["Rs 12 crore", "₹12 cr"], ["Rs 12 lakh", "US$12 crore"]),
    ("How many lakhs?", "12", ["12 lakh"], ["12 crore"]),
    ("功率是多少兆瓦？", "12", ["12 MW", "12"], ["12兆"]),
    # a gold in another unit than is asked for
    ("What is it in percent?", "25 bps", ["25 bps", "0.25%", "0.25"], ["25", "25%"]),
    ("How many basis points?", "25%", ["25%", "2,500 bps", "2500"], ["25", "25 bps"]),
]  # fmt: skip


@pytest.mark.parametrize(("question", "gold", "right", "wrong"), IN_THE_UNIT_ASKED_FOR)
def test_an_answer_in_another_unit_than_the_question_states(question, gold, right, wrong):
    said = {text: match(text, gold, "number", question=question) for text in [*right, gold, *wrong]}
    assert said == dict.fromkeys([*right, gold], True) | dict.fromkeys(wrong, False)


def test_a_gold_in_another_unit_than_the_rows_is_converted():
    assert match("0.25", "25 bps", "number", unit="%")
    assert match("25", "25 bps", "number", unit="%") is False
    assert match("500%", "5x", "number", unit="%")
    assert match("5", "5x", "number", unit="%") is False


def test_a_gold_with_its_own_unit_stands_against_the_question():
    assert match("US$5", "US$5", "number", question="What is it in euros?")
    assert match("5 years", "5 years", "number", unit="%")
    assert match("€5", "US$5", "number", question="What is it in euros?") is False


MEASURES = [
    ("12 GWh", "12,000 MWh"), ("12 kt", "12,000 tonnes"), ("12 Mt", "12 million tonnes"),
    ("12 kt", "12,000 t"), ("1.5 years", "18 months"), ("12万吨", "120 kt"), ("12 km²", "12 sq km"),
    ("0.5 TWh", "500 GWh"), ("12 MW", "12,000 kW"), ("12千瓦时", "12 kWh"), ("12 GB", "12,000 MB"),
    ("4 hectares", "40,000 sq m"), ("90 minutes", "1.5 hours"), ("12 MT", "12 tonnes"),
]  # fmt: skip
OTHER_MEASURES = [
    ("12 GWh", "12 MWh"), ("12 GWh", "12 GW"), ("12 kt", "12 tonnes"), ("12 Mt", "12 MT"),
    ("12 Mt", "12m"), ("12 m²", "12m"), ("12 m²", "12 m"), ("12 years", "12 quarters"),
    ("12 kt", "12,001 tonnes"), ("12 GWh", "12,000 MW"), ("12 km", "12,000 miles"),
    ("12,000 MWh", "12"), ("2 years", "25 months"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), MEASURES)
def test_units_of_measure_are_scaled(one, other):
    assert match(one, other, "number") is True
    assert match(other, one, "number") is True


@pytest.mark.parametrize(("one", "other"), OTHER_MEASURES)
def test_other_measures_are_never_paid(one, other):
    assert match(one, other, "number") is not True
    assert match(other, one, "number") is not True


def test_rounding_holds_between_units_of_measure():
    assert match("12,341 MWh", "12.34 GWh", "number")
    assert match("12,349 MWh", "12.34 GWh", "number") is False
    assert match("12.34 GWh", "12,341 MWh", "number") is False
