"""Which readings of a chart a statement is about, and what it says of the largest."""

import pytest

from finlmm_utils.asp.alignment.first_tie import drawn
from finlmm_utils.asp.alignment.offline import Alignment
from finlmm_utils.asp.alignment.shown.gaps import gap_shown
from finlmm_utils.asp.alignment.shown.statements import with_initials
from finlmm_utils.asp.alignment.verdicts import Judge
from finlmm_utils.asp.charts.read import NOT_DRAWN
from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.questions.rules.gaps import asked_of
from finlmm_utils.asp.questions.rules.ranks import rank_in_sentence
from finlmm_utils.asp.records import QA, Figure, Reading, Report

Values = dict[str, dict[str, float]]


def chart(title: str, values: Values, unit: str = "", span: float = 0.0, name: str = "f1"):
    """A chart of series by label; the last of each is read once more, without a label."""
    printed = not span
    shows = [
        Reading(series=s, label=label, value=v, unit=unit, how="printed" if printed else "axis",
                tolerance=0.0 if printed else 0.01 * span, span=span)
        for s, own in values.items() for label, v in own.items()
    ]  # fmt: skip
    last = [(s, [*own.values()][-1], [*own][-1]) for s, own in values.items()]
    shows += [
        Reading(series=s, label=label, point="last", value=v, unit=unit, how=shows[0].how,
                tolerance=shows[0].tolerance, span=span)
        for s, v, label in last
    ]  # fmt: skip
    return Figure(
        figure_id=name, report_id="r1", file="r1.pdf", page=1, box=(0, 0, 100, 100), kind="vector",
        title=title, png=b"", shows=shows,
    )  # fmt: skip


def gap(statement: str, answer: str, latest: bool = False, unit: str = "%", evidence: str = ""):
    question = asked_of(statement, is_chinese(statement), latest)
    return make_qa("r1", 1, evidence, "t", question=question, answer=answer,
                   answer_kind="number", task="statistics", unit=unit)  # fmt: skip


def shown(pair: QA, figure: Figure) -> bool:
    names = " ".join({f"{r.series} {r.label}" for r in figure.shows})
    return gap_shown(pair, figure, f"{figure.title} {names} %")


MARGIN = chart(
    "Gross margin (%)",
    {"GAAP": {"Q1 24": 54.9, "Q2 24": 51.8}, "Non-GAAP": {"Q1 24": 60.1, "Q2 24": 58.2}},
)
FUND = chart(
    "累计净值增长率与业绩比较基准收益率对比（%）",
    {"澄明稳健混合": {"24Q1": 20.1, "24Q2": 24.3}, "业绩比较基准": {"24Q1": -8.0, "24Q2": -6.5}},
)
WOMEN = chart(
    "Women by level (%)",
    {
        "2019": {"All employees": 21, "Senior management": 25},
        "2023": {"All employees": 24.5, "Senior management": 31.5},
    },
)
PRICE = chart("Average house price", {"": {"Q1 22": 211.5, "Q2 22": 214.5, "Q3 22": 219.5}})
GROWTH = chart(
    "Real GDP growth (%)",
    {"Region": {"2022": 3.6, "2023": -1.4}, "World": {"2022": 4.1, "2023": 3.3}},
)
OFFICES = chart("CRE by property type (%)", {"": {"Office": 11, "Retail": 23, "Industrial": 31}})
NAV = chart(
    "策略净值", {"融合策略": {"2022": 2.11, "2023": 2.89}, "动量策略": {"2022": 1.4, "2023": 1.5}}
)


@pytest.mark.parametrize(
    ("pair", "figure", "right"),
    [
        # Without a word for it, the reported margin is meant, and not the adjusted one.
        (gap("Gross margin came to …% in Q2 24", "51.8"), MARGIN, True),
        (gap("Gross margin came to …% in Q2 24", "58.2"), MARGIN, False),
        # A report's own fund is the curve that is no benchmark.
        (gap("自合同生效以来，本基金累计净值增长率为…%", "24.3", latest=True), FUND, True),
        (gap("自合同生效以来，本基金累计净值增长率为…%", "6.5", latest=True), FUND, False),
        # Bars of two years at each label: the year that is named, else the last.
        (gap("Women make up …% of all employees", "24.5", latest=True), WOMEN, True),
        (gap("Women make up …% of all employees", "21", latest=True), WOMEN, False),
        (gap("Women made up …% of senior management in 2019", "25"), WOMEN, True),
        # A year alone names no quarter, its end the last one.
        (gap("The average house price was …k in 2022", "214.5", unit=""), PRICE, False),
        (gap("The average house price was …k at the end of 2022", "219.5", unit=""), PRICE, True),
        # The quarter that the chart ends with, without its year.
        (gap("The house price on average was …k in the third quarter", "219.5", True, ""),
         PRICE, True),
        (gap("The house price on average was …k in the second quarter", "214.5", True, ""),
         PRICE, False),
        # A step is of a chart of changes, in its direction.
        (gap("GDP of the region grew by …% in 2022", "3.6"), GROWTH, True),
        (gap("GDP of the region contracted by …% in 2022", "3.6"), GROWTH, False),
        (gap("GDP of the region contracted by …% in 2023", "1.4"), GROWTH, True),
        (gap("GDP of the region grew by …% in 2023", "1.4"), GROWTH, False),
        # Short forms of a title say what the statement writes out.
        (gap("Office exposure amounts to …% of commercial real estate", "11"), OFFICES, True),
        (gap("Office exposure amounts to …% of all premises", "11"), OFFICES, False),
        # One measure of a strategy is not another, whatever their values.
        (gap("融合策略的净值达到…", "2.89", True, ""), NAV, True),
        (gap("融合策略的夏普比率达到…", "2.89", True, ""), NAV, False),
    ],
)  # fmt: skip
def test_a_statement_means_a_series_a_label_and_a_time(pair, figure, right):
    assert shown(pair, figure) is right


def test_initials_are_said_by_their_words():
    assert with_initials("net interest income rose", "NII (EUR m)").endswith(" NII")
    assert with_initials("income rose", "NII (EUR m)") == "income rose"


DIVISIONS = {"": {"Rail Systems": 38, "Water": 27, "Energy": 24, "Other": 41}}


@pytest.mark.parametrize(
    ("sentence", "right"),
    [
        ("Rail Systems remained the largest division by revenue.", True),
        ("The largest part of revenue came from Rail Systems, as before.", True),
        ("Water remained the largest division by revenue.", False),
        ("Energy is the smallest division by revenue.", True),
    ],
)
def test_what_is_said_to_be_the_largest_is_so_in_the_chart(sentence, right):
    (item,) = rank_in_sentence(sentence, 1).items
    pair = make_qa("r1", 1, sentence, "t", **item)
    assert shown(pair, chart("Revenue by division (%)", DIVISIONS, "%")) is right


def test_a_rank_over_years_is_of_the_last_one():
    values = {"Ports": (9, 2), "Roads": (4, 5), "Rails": (3, 3)}
    figure = chart("Revenue by source", {n: {"2022": a, "2023": b} for n, (a, b) in values.items()})
    (now,) = rank_in_sentence("Roads are now the largest source of revenue.", 1).items
    (then,) = rank_in_sentence("Ports were the largest source of revenue in 2022.", 1).items
    for item in (now, then):
        assert shown(make_qa("r1", 1, "", "t", **item), figure)
    two = chart("Revenue by source", {"Roads": {"2023": 5}, "Rails": {"2023": 3}})
    assert not shown(make_qa("r1", 1, "", "t", **now), two)  # of two it is the larger


@pytest.mark.parametrize("sentence", ["It remained the largest division.", "Prices rose again."])
def test_a_rank_of_what_nobody_names_is_not_asked(sentence):
    assert rank_in_sentence(sentence, 1) is None


def report(*figures: Figure) -> Report:
    return Report(
        report_id="r1", file="r", sha256="0", status="ok", blocks=[], figures=list(figures)
    )


def test_a_statement_goes_to_the_one_chart_that_has_its_number():
    other = chart("Gross margin by region", {"": {"Asia": 12, "Europe": 14}}, name="f2")
    pair = gap("Gross margin came to …% in Q2 24", "51.8", unit="")
    judge = Judge(report(other, MARGIN), ocr=None)
    assert judge.verdict(pair, Alignment("f2", 0.9, 0.1)) == ("f1", "")
    twin = MARGIN.model_copy(update={"figure_id": "f3"})
    judge = Judge(report(twin, MARGIN), ocr=None)
    assert judge.verdict(pair, Alignment("", reason="several_figures"))[1] == "several_figures"
    assert judge.verdict(pair, Alignment("f3", 0.9, 0.1)) == ("f3", "")


def test_the_pictures_that_statements_name_are_read_before_they_are_chosen():
    picture = MARGIN.model_copy(
        update={"kind": "raster", "shows": [], "unread": NOT_DRAWN["raster"], "inner_text": ""}
    )
    read: list[str] = []

    def reading(figure: Figure) -> None:
        read.append(figure.figure_id)
        figure.shows, figure.unread = MARGIN.shows, ""

    pairs = [gap("Gross margin came to …% in Q2 24", "51.8", unit="")]
    assert drawn(report(picture), pairs) == [False]
    other = picture.model_copy(update={"figure_id": "f9", "title": "Headcount"})
    assert drawn(report(picture, other), pairs, reading) == [True]
    assert read == ["f1"]
