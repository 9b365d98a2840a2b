"""Statements with a number left out: which are asked, and which chart has the number."""

import pytest

from finlmm_utils.asp.alignment.first_tie import drawn
from finlmm_utils.asp.alignment.shown.gaps import gap_shown
from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.facts import read_facts
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.questions.rules.gaps import asked_of, gaps_in_sentence, statement_in
from finlmm_utils.asp.records import QA, Block, Figure, Reading, Report


def asked(sentence: str, known: tuple[float, ...] = ()) -> dict[str, str]:
    fact = gaps_in_sentence(sentence, 1, known)
    return {item["question"]: item["answer"] for item in fact.items} if fact else {}


@pytest.mark.parametrize(
    ("sentence", "statement", "answer"),
    [
        ("Loans for over five years levelled off at 41%.",
         "Loans for over five years levelled off at …%", "41"),
        ("• Zelmira stayed our rivals' best-selling medicine with $4,120 million, up 31%.",
         "Zelmira stayed our rivals' best-selling medicine with $… million", ""),
        ("• Zelmira stayed our best-selling medicine with $4,120 million, up 31%.",
         "Zelmira stayed our best-selling medicine with $… million", "4120"),
        ("We closed the year with 1,031 customers above the line, an increase of 27%.",
         "We closed the year with … customers above the line", "1031"),
        ("Landfill has shrunk from 21% of waste in 2019 to 6%, since ash is sold.",
         "Landfill has shrunk from …% of waste in 2019 to 6%", "21"),
        ("New aircraft now make up 46% of the fleet against 12% five years ago.",
         "New aircraft now make up …% of the fleet", "46"),
        ("Output is projected to stall this year and to grow by 2.3% in 2025.",
         "Output is projected to stall this year and to grow by …% in 2025", "2.3"),
        ("5.2报告期末，制造业仍是第一大配置方向，占基金资产净值的36.7%，有所下降。",
         "报告期末，制造业仍是第一大配置方向，占基金资产净值的…%", "36.7"),
        ("截至2023年4月末累计收益达到-8.4%。", "截至2023年4月末累计收益达到…%", "-8.4"),
        ("2023年毛利率和净利率分别为34.8%和11.6%。",
         "2023年毛利率和净利率分别为34.8%和…%", "11.6"),
        ("Contract ARPU reached £18.80 and, helped by mix, the whole base was higher.",
         "Contract ARPU reached £…", "18.8"),
        ("线上直营贡献34%的收入，为第一大渠道；", "线上直营贡献…%的收入", "34"),
        ("船舶出口金额增长31.6%（图4），汽车增长28.4%。",
         "船舶出口金额增长31.6%，汽车增长…%", "28.4"),
    ],
)  # fmt: skip
def test_a_number_that_no_rule_reads_is_left_out_of_its_statement(sentence, statement, answer):
    question = asked_of(statement, is_chinese(statement), latest=False)
    assert asked(sentence).get(question, "") == answer
    assert statement_in(question) == statement


@pytest.mark.parametrize(
    "sentence",
    [
        "The share of these loans levelled off at 41%.",  # which?
        "The saving ratio would reach 12% by the end of the decade.",
        "Prices were more than 40% of the level of a good year.",
        "The margin widened by 3.5% and then by 3.5% once more.",
        "毛利率预计提升至45.2%，仍有空间。",
        "It came down to 158.2 megalitres a day, which is a record.",
        "New aircraft made up 12.4% five years earlier.",
        "SKEW指数位于100.5以下的情况居多。",
        "隔膜的产能利用率在55%上下，环节之间分化。",
        "We opened 12 stores in the course of the year.",
    ],
)
def test_what_is_unclear_unsure_or_inexact_has_no_gap(sentence):
    assert not asked(sentence)


def test_the_values_of_a_series_have_no_gap():
    assert not asked("Loans for over five years levelled off at 41%.", (41.0,))
    text = "Total revenue was $41 million in 2020, $43 million in 2021 and $47 million in 2022."
    block = Block(page=1, index=0, kind="text", text=text, box=(0, 0, 100, 10))
    assert {name for name, _ in read_facts([block])} == {"series in a sentence"}


def readings(series: str, values: tuple[float, ...], labels: tuple[str, ...]) -> list[Reading]:
    spans = [(label, value, "label") for label, value in zip(labels, values, strict=True)]
    spans += [(labels[-1], values[-1], "last")]
    return [
        Reading(series=series, label=label, point=point, value=value, how="axis", tolerance=0.2,
                span=50.0)
        for label, value, point in spans
    ]  # fmt: skip


YEARS = ("2020", "2021", "2022")
DEPOSITS = Figure(
    figure_id="f1", report_id="r1", file="r1.pdf", page=1, box=(0, 0, 100, 100), kind="vector",
    caption="Chart 5. Household deposits by type (%)", png=b"", title="Household deposits by type",
    shows=readings("Sight deposits", (40, 45, 31), YEARS) + readings("Savings", (9, 11, 14), YEARS),
)  # fmt: skip


def gap(statement: str, answer: str, latest: bool = False, unit: str = "%") -> QA:
    return make_qa("r1", 1, "", "t", question=asked_of(statement, False, latest), answer=answer,
                   answer_kind="number", task="statistics", unit=unit)  # fmt: skip


@pytest.mark.parametrize(
    ("pair", "shown"),
    [
        (gap("Sight deposits levelled off at …% of all", "31", latest=True), True),
        (gap("Sight deposits levelled off at …% of all", "31"), False),  # when?
        (gap("Sight deposits had levelled off at …% in 2021", "45"), True),
        (gap("Sight deposits had levelled off at …% in 2021", "31"), False),
        (gap("Sight deposits had levelled off at …% in 2021", "45", latest=True), False),
        (gap("Savings levelled off at …% of all", "31", latest=True), False),
        (gap("Sight deposits, adjusted, levelled off at …%", "31", latest=True), False),
        (gap("Loans levelled off at …% of all", "31", latest=True), False),
        (gap("Sight deposits levelled off at $…bn", "31", latest=True, unit="$bn"), False),
        (gap("Since 2020 sight deposits have come down to …% of all", "31", latest=True), True),
        (gap("Sight deposits fell from 45% in 2021 to …% of all", "31", latest=True), True),
        (gap("Sight deposits averaged …% of all", "31", latest=True), False),
        (gap("Sight deposits grew by …% in 2021", "45"), False),  # no chart of growth
    ],
)
def test_a_chart_has_the_number_at_what_the_statement_names(pair, shown):
    assert gap_shown(pair, DEPOSITS, f"{DEPOSITS.title} {DEPOSITS.caption}") is shown


def test_only_what_a_chart_bears_out_is_written():
    report = Report(
        report_id="r1", file="r", sha256="0", status="ok", blocks=[], figures=[DEPOSITS]
    )
    pairs = [gap("Sight deposits came to …% of all", answer, True) for answer in ("31", "45", "7")]
    assert drawn(report, pairs) == [True, False, False]
