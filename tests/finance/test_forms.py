"""Answers beside one number: calculations, remarks, ranges, periods, lists; and near misses."""

import pytest

from finlmm_utils.finance.answers import match

ALIKE = [
    # a calculation that ends in its value
    ("(a - b)/c = 24.26", "24.26"), ("(57 - 45)/45 = 0.2667 = 26.67%", "26.67%"),
    (r"\frac{57-45}{45} = 26.67\%", "26.67%"), ("57 - 45 equals 12", "12"), ("Revenue = 12", "12"),
    # a remark after the value, or its unit
    ("12 (see Figure 2)", "12"), ("12 (Table 4, page 12)", "12"), ("US$99bn (2021)", "$99bn"),
    ("12 million (FY2023)", "12m"), ("24.26 (rounded)", "24.26"), ("12（见图2）", "12"),
    ("12 [see Figure 2]", "12"), ("12 (see Exhibit A2 and Table 3)", "12"),
    ("12 (in millions)", "12 million"), ("US$7 (thousand)", "$7k"), ("12 USD million", "$12m"),
    # ranges
    ("5%-7%", "5% to 7%"), ("5%-7%", "between 5% and 7%"), ("5-7%", "5%–7%"), ("5%至7%", "5%-7%"),
    ("from 5% to 7%", "5%~7%"), ("HK$1-2 million", "HK$1 million to HK$2 million"),
    ("在5%到7%之间", "5%-7%"), ("2019-2021", "2019 to 2021"), ("FY2019-FY2021", "2019-2021"),
    ("-5% to -3%", "(5)%-(3)%"),
    # periods
    ("FY2023", "2023"), ("fiscal year 2023", "FY23"), ("2023年度", "2023"),
    ("Q3 2022", "third quarter of 2022"), ("3Q22", "Q3 2022"), ("2022Q3", "3Q2022"),
    ("2022年第三季度", "Q3 FY22"), ("2022 third quarter", "fiscal Q3 2022"), ("Q3'22", "3Q 2022"),
    ("H1 2022", "first half of 2022"), ("2022年上半年", "1H22"),
    # lists
    ("2019 and 2020", "2019, 2020"), ("2020, 2019", "2019 and 2020"), ("2019,2020", "2019和2020"),
    ("FY2019, FY2020 and FY2021", "2019, 2020, 2021"), ("5%; 7%", "5% and 7%"),
    # other spellings
    ("5, 000, 000", "5000000"), ("5, 000, 000", "5 million"), ("三成五", "35%"),
    ("12.5(1)", "12.5"), ("US$1.2bn*", "$1.2bn"), ("$320¹ million", "$320m"),
    ("Rs 12,34,567", "₹1,234,567"), ("-(-12)", "12"), ("-(12)", "(12)"),
    ("9 dollars per barrel", "US$9/bbl"), ("1.5x", "150%"),
]  # fmt: skip
DIFFERENT = [
    ("(a - b)/c = 24.26", "24.27"), ("24.26 = (a - b)/c", "24.26"), ("12 = 24.26", "24.26"),
    ("x = 12 or y = 24.26", "24.26"), ("2x = 12", "12"), ("2019 = 10, 2020 = 24.26", "24.26"),
    ("57 - 45", "12"), ("12 ≠ 13", "13"), ("12 < 13 = 13", "13"),
    ("US$99bn (2021)", "US$12bn (2021)"), ("12 (or 13)", "12"), ("12 (13)", "12"), ("12 (1)", "12"),
    ("12 (not 13)", "12"), ("13 (see Figure 12)", "12"), ("12 (million)", "12"),
    ("12 (at least)", "12"), ("12 (thirteen in 2020)", "12"), ("12 USD million", "12"),
    ("HK$1-2 million", "HK$5-7 million"), ("5%-7%", "5%-8%"), ("5%-7%", "5 to 7 million"),
    ("6%", "5%-7%"), ("5%-7%", "6%"), ("7%-5%", "5%-7%"), ("5% to 7", "5%-7%"), ("10-12", "-2"),
    ("between 5% and 8%", "5%-7%"), ("2019-2020", "2019-2021"),
    ("FY2022", "2023"), ("Q3 2022", "2022"), ("2022", "Q3 2022"), ("Q3 2022", "Q2 2022"),
    ("3Q21", "3Q22"), ("third quarter", "Q3 2022"), ("H1 2022", "Q1 2022"), ("3H22", "Q3 2022"),
    ("2019 and 2021", "2019, 2020"), ("2019", "2019, 2020"), ("2019, 2020, 2021", "2019, 2020"),
    ("2019 or 2020", "2019 and 2020"), ("2019-2020", "2019, 2020"), ("5 and 5", "5 and 7"),
    ("57 - 45 = 12", "57"), ("12 = 57 - 45", "45"), ("12 + 13 = 25 = 26", "26"),
    ("US$5m (HK$39m)", "HK$39m"), ("100, 200", "100200"), ("1,2", "12"),
    ("5, 000, 00", "5000000"), ("5, 000, 001", "5000000"), ("12(1)", "12"), ("12²", "12"),
    ("5.5 m²", "5.5m"), ("-(-12)", "-12"), ("12-", "12"),
    ("US$9/bbl", "US$7/bbl"), ("US$9/bbl", "US$9/t"), ("$0.05", "5%"),
    ("US$5", "5%"), ("5x", "5%"), ("12345678901", "12345678902"), ("1234.5m", "1.2bn"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), ALIKE)
def test_forms_that_say_the_same(one, other):
    assert match(one, other, "number") is True
    assert match(other, one, "number") is True
    assert match(one, one, "number") is True


@pytest.mark.parametrize(("said", "gold"), DIFFERENT)
def test_near_misses_stay_wrong(said, gold):
    assert match(said, gold, "number") is False


def test_a_list_is_in_order_where_the_question_says_so():
    question = "What were the margins in 2019 and 2020, respectively?"
    assert match("5%, 7%", "5% and 7%", "number", question=question)
    assert match("7%, 5%", "5% and 7%", "number", question=question) is False
    assert match("7%, 5%", "5% and 7%", "number", question="Which two margins?")


def test_a_bare_year_is_no_amount():
    assert match("FY2023", "2023", "number", unit="$m") is False
    assert match("2,023", "2023", "number", unit="$m")


@pytest.mark.parametrize("kind", ["text", "choice"])
def test_forms_in_texts_and_choices(kind):
    alike = [
        ("Q3 2022", "third quarter of 2022"), ("FY2023", "2023"), ("5%-7%", "between 5% and 7%"),
        ("2019, 2020", "2019 and 2020"), ("revenue; costs; profit", "revenue, costs and profit"),
    ]  # fmt: skip
    wrong = [
        ("Q3 2022", "third quarter of 2021"), ("5%-7%", "between 5% and 8%"), ("€5m", "$5m"),
        ("revenue and costs", "revenue and profit"), ("cost of $5", "cost of €5"),
        ("revenue", "revenue and costs"),
    ]  # fmt: skip
    assert [pair for pair in alike if match(*pair, kind) is not True] == []
    assert [pair for pair in wrong if match(*pair, kind) is not False] == []
