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
    # compared with another, with its calculation behind, in brackets, with a mark
    ("12 (from 10)", "12"), ("12% (up from 10%)", "12%"), ("12 million (down 5%)", "12m"),
    ("12% (down from 15%)", "12%"), ("12% (vs. 10% in 2020)", "12%"), ("12 (up 5% yoy)", "12"),
    ("12% (compared with 10% a year earlier)", "12%"), ("12亿元（同比下降5%）", "12亿元"),
    ("12%（上年为10%）", "12%"), ("12 — see Figure 2", "12"), ("12—see Figure 2", "12"),
    ("12 - as shown in Table 3", "12"), ("12 = 57 - 45", "12"), ("26.7% = (57-45) / 45", "26.7%"),
    ("[2019, 2020]", "2019 and 2020"), ("[5%, 7%]", "5%, 7%"), ("[Q1 2022, Q2 2022]", "1Q22, 2Q22"),
    ("12.5 (a)", "12.5"), ("12.5ᵃ", "12.5"), ("12.5%ᵇ", "12.5%"), ("12.5#", "12.5"),
    ("US$12.5 (a) million", "US$12.5m"),
    # periods
    ("FY2023", "2023"), ("fiscal year 2023", "FY23"), ("2023年度", "2023"),
    ("Q3 2022", "third quarter of 2022"), ("3Q22", "Q3 2022"), ("2022Q3", "3Q2022"),
    ("2022年第三季度", "Q3 FY22"), ("2022 third quarter", "fiscal Q3 2022"), ("Q3'22", "3Q 2022"),
    ("H1 2022", "first half of 2022"), ("2022年上半年", "1H22"),
    # lists
    ("2019 and 2020", "2019, 2020"), ("2020, 2019", "2019 and 2020"), ("2019,2020", "2019和2020"),
    ("FY2019, FY2020 and FY2021", "2019, 2020, 2021"), ("5%; 7%", "5% and 7%"),
    ("5, 7 and 9 bps", "9bps; 7bps; 5bps"), ("US$5, 7 and 9 million", "US$5m, US$7m and US$9m"),
    ("5 and 7", "5% and 7%"), ("12% and 45", "12% and 45 stores"), ("2019 and 12%", "12%, FY2019"),
    # other spellings
    ("5, 000, 000", "5000000"), ("5, 000, 000", "5 million"), ("三成五", "35%"),
    ("12.5(1)", "12.5"), ("US$1.2bn*", "$1.2bn"), ("$320¹ million", "$320m"),
    ("Rs 12,34,567", "₹1,234,567"), ("-(-12)", "12"), ("-(12)", "(12)"),
    ("9 dollars per barrel", "US$9/bbl"), ("1.5x", "150%"),
    # a year beside the value
    ("US$12bn in 2021", "US$12bn"), ("12 for 2021", "12"), ("12% in Q3 2022", "12% (Q3 2022)"),
    ("HK$12m for FY2021", "HK$12m in 2021"), ("12 as of 31 December 2021", "12"),
    ("2021年12亿元", "12亿元"),
    ("12% for the year ended 30 June 2021", "12%"), ("In 2021, US$12bn", "US$12bn (FY21)"),
    ("12 at the end of 2021", "12"), ("12 in Q3 2021", "12 (2021)"),
    # more calculations and remarks
    ("57 - 45 == 12", "12"), ("57 - 45 is 12", "12"), ("57-45=12, so 12", "12"),
    ("12 x 2 = 24", "24"),
    ("57-45 = 12; therefore 12", "12"), ("US$57m - US$45m = US$12m", "US$12m"),
    ("12 (Figures 2 and 3)", "12"), ("12 (= 57 - 45)", "12"), ("12 (57 - 45)", "12"),
    ("12% (6/50)", "12%"), ("12 (rounded to two decimals)", "12"), ("12 (Figs. 2a-c)", "12"),
    ("1, 234, 567", "1234567"), ("1, 234, 567", "1, 234 and 567"), ("12.5 [1]", "12.5"),
    # more ranges, lists and periods
    ("5%-7% (2021)", "5%-7%"), ("range 5%-7%", "5%-7%"), ("in the range of 5% to 7%", "5%-7%"),
    ("ranging from 5% to 7%", "5% to 7%"), ("2019–21", "2019-2021"), ("FY2019-21", "2019 to 2021"),
    ("2019-2020", "2019 to 2020"), ("Q1 and Q2 2022", "Q1 2022 and Q2 2022"), ("22Q1", "Q1 2022"),
    ("Q1-Q3 2022", "Q1 2022 to Q3 2022"), ("years 2019 and 2020", "2019, 2020"), ("22H1", "1H22"),
    ("first and second quarters of 2022", "Q1 and Q2 2022"), ("Dec-22", "2022-12"),
    ("December 2022", "Dec 2022"), ("12/2022", "2022年12月"), ("Dec. 2022", "12/2022"),
    ("31 Dec 2022", "December 31, 2022"), ("31/12/2022", "2022-12-31"),
    ("31.12.2022", "12/31/2022"),
    ("1/2000", "0.0005"), ("5/4/2022", "5/4/2022"),
    # other signs of currencies
    ("CN¥5m", "RMB 5m"), ("RMB¥5m", "¥5m"), ("JP¥5bn", "5bn yen"), ("J¥5m", "JPY 5m"),
    ("Mex$5m", "MXN 5m"), ("5,000 New Taiwan dollars", "NT$5,000"), ("$US$5m$", "US$5m"),
    ("$NT$5m$", "NT$5m"), ("$S$5m$", "S$5m"), ("$C$5m$", "C$5m"), ("5m kroner", "NOK 5m"),
    ("5m kroner", "DKK 5m"), ("5m kronor", "SEK 5m"), ("SFr. 5m", "CHF 5m"), ("KES 5bn", "KES 5bn"),
]  # fmt: skip
DIFFERENT = [
    ("12 (from 10)", "10"), ("12 (from 10 to 15)", "12"), ("12% (up from 10%)", "10%"),
    ("12 million (down 5%)", "-12m"), ("12 million (down 5%)", "5%"), ("5% (down 5%)", "5%"),
    ("12%（同比下降5%）", "-12%"), ("12 (from about 10 or 11)", "12"), ("not 12 (from 10)", "12"),
    ("12 (or from 10)", "12"), ("12 - see 13", "12"), ("12- see Figure 2", "12"),
    ("12 - 5 see Figure 2", "12"), ("12 = 57 - 44", "12"), ("12 = 57 - 45 = 13", "12"),
    ("[1, 2]", "1 and 2"), ("[2019, 2020]", "2019 and 2021"), ("[2019, 2020]", "2019-2020"),
    ("12.5 (m)", "12.5"), ("12.5(m)", "12.5"), ("12.5 (x)", "12.5"), ("12 (a)", "12"),
    ("12ᵃ", "12"), ("12#", "12"), ("12.5ⁿ", "12.5"), ("12.5 (a) or 13", "12.5"),
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
    ("5% and 7", "5 and 7 bps"), ("US$5 and €7", "US$5 and 7"),
    ("€9 and 12", "9 and 12 US dollars"), ("5% and 7", "5% and 7%"), ("5% and 7", "5% and $7"),
    ("5 to 7 years", "5 months to 7 years"),
    ("57 - 45 = 12", "57"), ("12 = 57 - 45", "45"), ("12 + 13 = 25 = 26", "26"),
    ("US$5m (HK$39m)", "HK$39m"), ("100, 200", "100200"), ("1,2", "12"),
    ("5, 000, 00", "5000000"), ("5, 000, 001", "5000000"), ("12(1)", "12"), ("12²", "12"),
    ("5.5 m²", "5.5m"), ("-(-12)", "-12"), ("12-", "12"),
    ("US$9/bbl", "US$7/bbl"), ("US$9/bbl", "US$9/t"), ("$0.05", "5%"),
    ("US$12bn in 2021", "US$12bn (2022)"), ("12 for 2021", "2021"), ("12 since 2021", "12"),
    ("12% in Q3 2022", "12% in Q2 2022"), ("12 before 2021", "12"), ("12 in 2021 or 2022", "12"),
    ("12 in 100", "12"), ("In 2021, US$12bn", "US$12bn in 2020"), ("12 (2021)", "12 (2022)"),
    ("57 - 45 is 13", "12"), ("57 - 45 is not 12", "12"), ("57-45=12, so 13", "13"),
    ("57-45=12, so 13", "12"), ("12 is 57 - 45", "45"), ("12x = 24", "24"), ("12 x 2", "24"),
    ("12 (= 57 - 44)", "12"), ("12 (= 13)", "12"), ("12 (Figures 2 and 3, or 13)", "12"),
    ("12 (13.5)", "12"), ("12 [1]", "12"), ("100, 200, 300", "100200300"), ("1, 234", "1234"),
    ("5%-7% (2021)", "5%-7% (2022)"), ("range 5%-7%", "6%"), ("2019–21", "2019-2022"),
    ("2019–21", "2019, 2021"), ("Q1 and Q2 2022", "Q1 2021 and Q2 2022"), ("22Q1", "Q1 2021"),
    ("Q1 and Q2 2022", "2022"), ("Q1 and Q2 2022", "Q1-Q2 2022"), ("Dec 2022", "Nov 2022"),
    ("Dec 2022", "2022"), ("Dec 2022", "Q4 2022"), ("31 Dec 2022", "30 Dec 2022"),
    ("31 Dec 2022", "Dec 2022"), ("5/4/2022", "5 April 2022"), ("2022-12", "2022-12-31"),
    ("5m kroner", "SEK 5m"), ("5m kronor", "NOK 5m"), ("CN¥5m", "JP¥5m"), ("Mex$5m", "US$5m"),
    ("$NT$5m$", "HK$5m"), ("SFr. 5m", "€5m"), ("KES 5bn", "US$5bn"), ("12", "12:1"), ("12:1", "12"),
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


OTHER_TEXTS = [
    # signs
    ("AA+", "AA-"), ("A-", "A"), ("BBB+", "BBB"), ("F1+", "F1"), ("rated A-", "rated A"),
    ("B", "B-"),
    ("<5%", ">5%"), ("≥12%", "≤12%"), (">= 12%", "12%"), ("↑ 5%", "↓ 5%"), ("5% → 7%", "7% → 5%"),
    ("Revenue > cost", "Revenue < cost"), ("debt + equity", "debt - equity"), ("±5%", "5%"),
    ("(5)", "5"), ("($5m)", "$5m"), ("5-", "5"), ("–5%", "5%"), ("5+ years", "5 years"),
    ("▲ 5%", "▼ 5%"), ("3:1", "31"), ("1/2", "1, 2"), ("10^6", "10 6"), ("Class A", "Class"),
    # lists, ranges and numbers with commas
    ("2019-2021", "2019, 2021"), ("2019, 2020", "2019-2020"), ("5, 7", "5-7"), ("5m-7m", "5m, 7m"),
    ("12,345", "12 and 345"), ("5,700", "5 and 700"), ("Q1-Q3 2022", "Q1, Q3 2022"),
    # values in words
    ("Revenue was US$12m", "HK$12m"), ("Revenue was not US$12m", "US$12m"), ("Nikkei 225", "225"),
    ("US$57m - US$45m = US$12m", "US$45m"), ("US$12m (2021)", "US$12m (2022)"),
]  # fmt: skip
SAME_TEXTS = [
    ("AA+", "aa+"), ("A−", "A-"), ("≥ 5%", ">= 5%"), ("+5%", "5%"), ("(5%)", "-5%"),
    ("- 5%", "-5%"),
    ("long-term debt", "long term debt"), ("(net income)", "net income"),
    ("EV/EBITDA", "EV / EBITDA"),
    ("a rise", "rise"), ("U.S.", "US"), ("COVID-19", "Covid 19"), ("2019-2021", "2019 to 2021"),
    ("2019, 2021", "2019 and 2021"), ("12,345", "12345"), ("Revenue was US$12m", "US$12m"),
    ("US$57m - US$45m = US$12m", "US$12m"), ("营业收入为28亿元", "28亿元"),
    ("Dec 2022", "December 2022"),
    ("The margin is about 12%", "12%"), ("“Buy”", "buy."), ("US$12m in 2021", "US$12m (2021)"),
]  # fmt: skip


def test_texts_keep_what_changes_their_meaning():
    pairs = [(a, b) for one, other in OTHER_TEXTS for a, b in ((one, other), (other, one))]
    assert [pair for pair in pairs if match(*pair, "text") is not False] == []
    assert [one for pair in OTHER_TEXTS for one in pair if not match(one, one, "text")] == []


def test_texts_leave_out_how_they_are_printed():
    pairs = [(a, b) for one, other in SAME_TEXTS for a, b in ((one, other), (other, one))]
    assert [pair for pair in pairs if match(*pair, "text") is not True] == []


@pytest.mark.parametrize("kind", ["text", "number"])
def test_a_list_of_texts_is_in_order_too(kind):
    question = "In which years was it highest and lowest, respectively?"
    assert match("2019 and 2021", "2021 and 2019", kind, question=question) is False
    assert match("2019, 2021", "2019 and 2021", kind, question=question)
    assert match("2019 and 2021", "2021 and 2019", kind, question="Which two years?")


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
