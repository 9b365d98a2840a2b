"""Values of a report's year, movements of a chart's span, and what follows in Chinese sentences."""

import pytest

from finlmm_utils.asp.alignment.visibility import visible
from finlmm_utils.asp.questions.facts import read_facts
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.questions.rules.chinese.levels import fact_in_chinese
from finlmm_utils.asp.questions.rules.english.figure_claims import claims_in_sentence
from finlmm_utils.asp.questions.rules.english.own_period import year_of_report
from finlmm_utils.asp.questions.rules.english.parts import parts_in_sentence
from finlmm_utils.asp.questions.rules.english.values import value_in_sentence
from finlmm_utils.asp.records import Block, Figure, Reading


def asked(facts) -> dict[str, str]:
    """Answers by question."""
    found = facts if isinstance(facts, list) else [facts] if facts else []
    return {item["question"]: item["answer"] for fact in found for item in fact.items}


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Operating profit rose 8% to £45.6m.",
         "What was operating profit in 2022, in millions of pounds sterling?", "45.6"),
        ("The operating margin improved from 14.5% to 16.2%, driven by lower costs.",
         "What was the operating margin in 2022, in percent?", "16.2"),
        ("Assets under management increased to £45.6bn at the year end.",
         "What were assets under management in 2022, in billions of pounds sterling?", "45.6"),
        ("Headcount increased from 1,234 to 1,456.", "What was headcount in 2022?", "1456"),
    ],
)  # fmt: skip
def test_a_value_without_a_year_is_of_the_reports_year(sentence, question, answer):
    assert asked(value_in_sentence(sentence, 1, "2022")) == {question: answer}
    assert not value_in_sentence(sentence, 1), "nobody knows of which year"


@pytest.mark.parametrize(
    "sentence",
    [
        "Operating profit rose 8% to £45.6m in the first half.",
        "Operating profit is expected to have risen to £45.6m.",
        "The average credit period was 45 days.",
        "Operating profit rose to £45.6m, against £40.1m in 2019.",
    ],
)
def test_a_value_of_another_span_is_not_of_the_reports_year(sentence):
    assert not value_in_sentence(sentence, 1, "2022")


def test_the_year_of_a_report_is_the_one_that_it_names_most_often():
    own = ["for the year ended 31 December 2022", "Year to 31 December 2022"] * 3
    assert year_of_report([*own, "for the year ended 31 December 2021"]) == "2022"
    assert year_of_report(own[:2]) == ""


def test_all_parts_of_a_whole_are_asked_and_a_group_is_one():
    sentence = "Europe accounted for 45% of Group revenue, North America for 30% and Asia for 25%."
    assert asked(parts_in_sentence(sentence, 1)) == {
        f"What percentage of group revenue did {part} make up?": share
        for part, share in (("Europe", "45"), ("North America", "30"), ("Asia", "25"))
    }


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("Emerging market spreads have narrowed (Figure 3).",
         "Have emerging market spreads narrowed or widened over the period shown?", "narrowed"),
        ("Mortgage arrears have been rising (Chart 2.1).",
         "Have mortgage arrears been falling or rising over the period shown?", "rising"),
        ("The unemployment rate rose to 4.2% in the three months to September (Chart 4).",
         "Did the unemployment rate fall or rise in the three months to September?", "rise"),
    ],
)  # fmt: skip
def test_a_movement_without_a_period_is_that_of_the_figure(sentence, question, answer):
    assert asked(claims_in_sentence(sentence, 1)) == {question: answer}


@pytest.mark.parametrize(
    "sentence",
    [
        "House prices have fallen by 5% since their peak in 2022 (Chart 2.3).",
        "House prices have fallen from their peak (Chart 2.3).",
        "House prices have recently fallen (Chart 2.3).",
    ],
)
def test_a_movement_of_another_span_is_not_that_of_the_figure(sentence):
    assert not asked(claims_in_sentence(sentence, 1))


@pytest.mark.parametrize(
    ("caption", "question"),
    [
        ("Chart 2.3: House prices have fallen since 2022",
         "Have house prices fallen or risen since 2022?"),
        ("Figure 4. Default rates of leveraged loans have been climbing",
         "Have default rates of leveraged loans been climbing or falling over the period shown?"),
        ("Figure 5. House prices and rents", None),
    ],
)  # fmt: skip
def test_a_caption_may_state_what_its_chart_shows(caption, question):
    block = Block(page=3, index=0, kind="caption", text=caption, box=(0, 0, 100, 10))
    facts = [fact for _, fact in read_facts([block])]
    assert list(asked(facts)) == ([question] if question else [])
    assert all(fact.evidence == caption for fact in facts)


def line(name: str, first: float, last: float) -> list[Reading]:
    fields = {"series": name, "how": "axis", "tolerance": 0.5, "span": 100.0}
    start = Reading(label="2015", point="first", value=first, **fields)
    return [start, Reading(label="2023", point="last", value=last, **fields)]


@pytest.mark.parametrize(
    ("shows", "seen"),
    [
        (line("Spread", 80, 40), True),
        (line("Spread", 40, 80), False),
        (line("Spread", 40, 39.6), False),  # level, for who sees the picture
        (line("High yield", 80, 40) + line("Investment grade", 30, 10), True),
        (line("High yield", 80, 40) + line("Investment grade", 10, 30), False),
        ([], False),  # nothing was read, and the report names no span
    ],
)
def test_a_movement_over_the_period_shown_needs_the_marks(shows, seen):
    question = "Have emerging market spreads narrowed or widened over the period shown?"
    pair = make_qa("r1", 1, "", "t", question=question, answer="narrowed", answer_kind="choice",
                   task="explanation")  # fmt: skip
    figure = Figure(figure_id="f1", report_id="r1", file="r1.pdf", page=1, box=(0, 0, 100, 100),
                    kind="vector", caption="Figure 3. Emerging market spreads", png=b"",
                    shows=shows, unread="" if shows else "no axis")  # fmt: skip
    assert visible(pair, figure, referred=True) is seen


@pytest.mark.parametrize(
    ("sentence", "question", "answer"),
    [
        ("图5显示，公司存货周转天数呈下降趋势。",
         "图示期间，存货周转天数总体上是上升还是下降？", "下降"),
        ("近年来公司研发费用率持续提升。",
         "图示期间，研发费用率总体上是上升还是下降？", "上升"),
        ("公司毛利率自2019年以来持续下降。",
         "2019年以来，毛利率是上升还是下降？", "下降"),
        ("如图3所示，2020年以来行业集中度不断提升。",
         "2020年以来，行业集中度是上升还是下降？", "上升"),
        ("公司2023年营业收入达到56.7亿元，同比增长23.1%，归母净利润8.9亿元，同比增长30.2%。",
         "2023年归母净利润是多少亿元？", "8.9"),
        ("2023年10月CPI同比下降0.2%，PPI同比下降2.6%。",
         "2023年10月PPI同比下降了百分之多少？", "2.6"),
        ("2022年，锂电业务占营业收入的56.7%，光伏业务占23.4%。",
         "2022年锂电业务占营业收入的百分之多少？", "56.7"),
        ("分业务看，2022年锂电池收入占比最高，达到56.7%。",
         "2022年各业务中，哪一项占比最高？", "锂电池收入"),
        ("2022年海外收入占比为45%，国内收入占比为55%。",
         "2022年，国内收入占比是百分之多少？", "55"),
    ],
)  # fmt: skip
def test_forms_of_company_research(sentence, question, answer):
    assert asked(fact_in_chinese(sentence, 1)).get(question) == answer


@pytest.mark.parametrize(
    ("sentence", "wrong"),
    [
        ("公司销售费用率逐年下降。", "图示期间"),  # names no figure
        ("图5显示，2020年公司存货周转天数呈下降趋势。", "图示期间"),  # names its period
        ("2022年，锂电业务占营业收入的56.7%，光伏业务占23.4%。", "占是"),
        ("2021年收入12.3亿元，2022年收入15.6亿元，净利润2.1亿元。", "2021年净利润"),
    ],
)
def test_what_such_sentences_do_not_say(sentence, wrong):
    assert not [q for q in asked(fact_in_chinese(sentence, 1)) if wrong in q]
