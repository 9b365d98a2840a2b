"""An answer is kept where the marks of a chart bear it out, and not where its ticks hold it."""

import pytest

from finlmm_utils.asp.alignment.shown.asked import labels_named
from finlmm_utils.asp.alignment.shown.readable import Subjects, readable
from finlmm_utils.asp.alignment.visibility import visible
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import QA, Figure, Reading


def reading(series: str, label: str, value: float, point: str = "label") -> Reading:
    return Reading(series=series, label=label, point=point, value=value, how="axis",
                   tolerance=0.5, span=100.0)  # fmt: skip


FUND = [reading("Fund", str(2018 + k), v) for k, v in enumerate((20, 35, 50, 80))]
FUND += [reading("Fund", "2021", 80, "last"), reading("Fund", "2018", 20, "first")]
INDEX = [reading("Index", str(2018 + k), v) for k, v in enumerate((30, 28, 33, 40))]
INDEX += [reading("Index", "2021", 40, "last"), reading("Index", "2018", 30, "first")]


def figure(title: str = "Value of 10,000 invested", shows: list | None = None, **fields) -> Figure:
    return Figure(
        figure_id=fields.pop("figure_id", "f1"), report_id="r1", file="r1.pdf", page=1,
        box=(0, 0, 100, 100), kind="vector", caption=title, png=b"",
        shows=FUND + INDEX if shows is None else shows, **fields,
    )  # fmt: skip


def pair(question: str, answer: str, kind: str = "number", **fields: str) -> QA:
    more = {"task": "statistics", **fields}
    return make_qa("r1", 1, "", "t", question=question, answer=answer, answer_kind=kind, **more)


@pytest.mark.parametrize(
    ("question", "answer", "borne_out"),
    [
        ("What was the Fund in 2020?", "50", True),
        ("What was the Fund in 2020?", "51", True),  # within what the axis allows
        ("What was the Fund in 2020?", "60", False),
        ("What was the Index in 2020?", "50", False),  # the other series
        ("What had the Fund grown to by the end of 2021?", "80", True),
        ("What had the Fund grown to by the end of fiscal 2021?", "80", True),
        ("By how much did the Fund change from 2018 to 2021?", "60", True),
        ("By what percentage did the Fund rise between 2018 and 2020?", "150", True),
        ("By how much did the Index change from 2018 to 2021?", "60", False),
        ("What was the portfolio in 2020?", "50", False),  # names no series
        ("In which year was the Fund highest?", "2021", True),
        ("In which year was the Fund lowest?", "2021", False),
    ],
)
def test_numbers(question: str, answer: str, borne_out: bool) -> None:
    assert readable(pair(question, answer), figure()) is borne_out


@pytest.mark.parametrize(
    ("question", "answer", "kind", "borne_out"),
    [
        ("Did the Fund rise or fall from 2018 to 2021?", "rise", "choice", True),
        ("Did the Fund rise or fall from 2018 to 2021?", "fall", "choice", False),
        ("Which ended highest, the Fund or the Index?", "Fund", "choice", True),
        ("Which ended highest, the Fund or the Index?", "Index", "choice", False),
        ("Did the Fund end above or below the Index?", "above", "choice", True),
        ("Was the Fund positive or negative in 2019?", "negative", "choice", False),
        ("What shape has the recovery?", "V", "text", None),
    ],
)
def test_relations(question: str, answer: str, kind: str, borne_out: bool | None) -> None:
    assert readable(pair(question, answer, kind), figure()) is borne_out


def test_what_is_too_small_for_the_axis_is_not_read_off_it() -> None:
    tiny = [reading("", "2020", 1.2)]
    assert readable(pair("What was it in 2020?", "2.5"), figure(shows=tiny)) is False


def test_chinese_labels_and_series() -> None:
    shows = [
        reading("改进策略2", "2013/1/25", 1.0), reading("改进策略2", "", 50.2, "last"),
        reading("改进策略1", "2013/1/25", 1.0), reading("改进策略1", "", 10.9, "last"),
    ]  # fmt: skip
    asked = "改进策略2的净值到2024年7月末约为多少？"
    assert readable(pair(asked, "50.2"), figure(shows=shows)) is True
    assert readable(pair(asked, "10.9"), figure(shows=shows)) is False


def test_a_chart_of_something_else_is_refused_whatever_it_shows() -> None:
    charts = [figure("Fund and Index", figure_id="f1"), figure("Rainfall", figure_id="f2")]
    charts[1].shows = [r.model_copy(update={"series": ""}) for r in FUND]
    asked = "What was the Fund in 2020?"
    mine, other = Subjects(charts).shares(asked)
    assert mine == 1.0 and other < 0.5
    assert readable(pair(asked, "50"), charts[0], mine) is True
    assert readable(pair(asked, "50"), charts[1], other) is False


def test_ticks_are_no_values() -> None:
    words = "Fund 0 20 40 60 80 100 2018 2019 2020 2021"
    assert not visible(pair("What was the Fund in 2020?", "60"), figure(inner_text=words))
    unread = figure(shows=[], unread="several series without names", inner_text=words)
    assert not visible(pair("What was the Fund in 2020?", "60"), unread)


def test_a_cause_needs_its_words_in_the_figure() -> None:
    why = pair("What drove the Fund in 2021?", "lower energy prices and stronger demand overseas",
               "text", task="explanation")  # fmt: skip
    assert not visible(why, figure())
    assert visible(why, figure("Fund: lower energy prices, stronger demand overseas"))


def drawn(*values: float, name: str = "", first: int = 2012) -> list[Reading]:
    """A series with a value a year, both ends among them."""
    own = [reading(name, str(first + k), v) for k, v in enumerate(values)]
    return [*own, reading(name, str(first), values[0], "first"),
            reading(name, str(first + len(values) - 1), values[-1], "last")]  # fmt: skip


TAIL = drawn(0, 1, 60, 30, 10, 5, 3, 2, 1)
BARS = drawn(5, 3, 8, 4, -2, 6, 9, 7, -3)


@pytest.mark.parametrize(
    ("question", "answer", "shows", "borne_out"),
    [
        ("Fund与Index自2018年以来走势是同向还是反向？", "同向", FUND + INDEX, True),
        ("Fund与Index自2018年以来走势是同向还是反向？", "反向", FUND + INDEX, False),
        ("Fund与Index，哪一组在2018年至2021年整体上升？", "Fund", FUND + INDEX, True),
        ("Fund与Index，哪一组在2018年至2021年整体上升？", "Index", FUND + INDEX, False),
        ("月超额收益为正的月份占多数还是少数？", "多数", BARS, True),
        ("月超额收益为正的月份占多数还是少数？", "少数", BARS, False),
        ("月超额收益为正的月份占多数还是少数？", "多数", BARS[:5], None),  # too few
        ("每次交易的收益分布是左偏还是右偏？", "右偏", TAIL, True),
        ("每次交易的收益分布是左偏还是右偏？", "左偏", TAIL, False),
        ("因子净值在2013年是继续上升还是出现回撤？", "出现回撤",
         [reading("甲", when, v) for when, v in (("2012/1", 9), ("2013/1", 90), ("2013/6", 40))],
         True),
        ("相对于基准的净值在2012年至2014年间总体上升还是下降？", "下降", drawn(90, 50, 20), True),
    ],
)  # fmt: skip
def test_more_relations(question, answer, shows, borne_out) -> None:
    assert readable(pair(question, answer, "choice"), figure("净值", shows)) is borne_out


def test_the_words_of_a_picture_tell_what_it_is_about() -> None:
    picture = figure("", [], figure_id="f2").model_copy(update={"kind": "raster"})
    subjects = Subjects([figure("Net income by region"), picture])
    question = "By how much did transaction expense rise?"
    assert subjects.share("By how much did net income rise?", picture) == 0.0
    assert subjects.share(question, picture, "Transactionexpense $3,541 $3,044") == 1.0
    assert subjects.share("By how much did net income rise?", picture, "Transaction") == 0.0


def _ends(**values: float) -> list[Reading]:
    return [reading(name, "", value, "last") for name, value in values.items()]


@pytest.mark.parametrize(
    ("question", "answer", "shows", "borne_out"),
    [
        ("甲策略的净值是高于还是低于指数？", "高于", _ends(甲策略净值=80, 指数净值=40), True),
        ("甲策略的净值是高于还是低于指数？", "低于", _ends(甲策略净值=80, 指数净值=40), False),
        # The two curves end in one place for a reader of the picture.
        ("甲策略的净值是高于还是低于指数？", "高于", _ends(甲策略净值=40.9, 指数净值=40), False),
        ("换手率是高于还是低于5%？", "低于", _ends(换手率=4), None),
    ],
)  # fmt: skip
def test_both_sides_of_a_comparison_are_curves_that_end_apart(question, answer, shows, borne_out):
    sure = [r.model_copy(update={"tolerance": 0.1}) for r in shows]
    assert readable(pair(question, answer, "choice"), figure(shows=sure)) is borne_out


@pytest.mark.parametrize(("values", "borne_out"), [((9, 7, 6, 3), True), ((5, 2, 9, 4), None)])
def test_since_a_year_a_curve_goes_one_way_or_there_is_no_answer(values, borne_out) -> None:
    shows = [reading("Volatility", str(2018 + k), v * 10) for k, v in enumerate(values)]
    asked = pair("Since 2018, did volatility rise or fall?", "fall", "choice")
    assert readable(asked, figure(shows=shows)) is borne_out


@pytest.mark.parametrize(
    ("labels", "series", "told"),
    [
        (("Nordex", "Torres"), "", False),  # names of companies
        (("2009", "2010", "2011"), "", False),  # other years
        (("2019", "2020", "2021"), "", None),
        (("Managers", "All"), "2021", False),  # one of the years alone
    ],
)
def test_a_movement_over_years_is_asked_of_a_chart_of_those_years(labels, series, told):
    shows = [reading(series, label, 10.0 + k) for k, label in enumerate(labels)]
    asked = pair("In which period did the multiple peak between 2019 and 2021?", "2021", "text")
    said = readable(asked, figure("Multiple", shows))
    assert said is told or (told is None and said in (None, True))


def test_parts_of_a_whole_show_no_movement():
    shares = [
        Reading(series="", label=name, point="share", value=v, unit="%", how="printed")
        for name, v in (("North", 60), ("South", 40))
    ]
    asked = pair("In which period did net sales peak between 2020 and 2022?", "2022", "choice")
    assert readable(asked, figure(shows=shares)) is False


@pytest.mark.parametrize(("middle", "seen"), [(14.0, True), (12.05, False)])
def test_a_step_that_nobody_sees_decides_no_fluctuation(middle, seen):
    values = (("2020", 12.0), ("2021", middle), ("2022", 13.0))
    bars = [
        Reading(series="", label=year, value=v, unit="%", how="axis", tolerance=0.05, span=10)
        for year, v in values
    ]
    question = "Did operating margin rise, fall or fluctuate between 2020 and 2022?"
    assert readable(pair(question, "fluctuate", "choice"), figure(shows=bars)) is seen


@pytest.mark.parametrize(
    ("run", "borne_out"), [("两年", True), ("三年", None), ("四年", None)]
)  # fmt: skip
def test_a_run_of_periods_is_seen_step_by_step(run, borne_out):
    line = [reading("", str(2018 + k), v) for k, v in enumerate((20, 45, 40, 30))]
    asked = pair(f"截至图示期末连续{run}，净息差是上升还是下降？", "下降", "choice")
    assert readable(asked, figure(shows=line)) is borne_out


@pytest.mark.parametrize(("drawn", "borne_out"), [(20.4, True), (21.3, False)])
def test_a_value_worked_out_is_the_one_that_is_drawn(drawn, borne_out):
    bars = [
        Reading(series="", label=year, value=v, unit="亿吨", how="axis", tolerance=0.1, span=25)
        for year, v in (("2022年", drawn), ("2023年", 20.2))
    ]
    question = "根据2023年的数值和同比变化，2022年水泥产量约为多少亿吨？"
    assert bool(readable(pair(question, "20.34"), figure(shows=bars))) is borne_out


@pytest.mark.parametrize(
    ("question", "labels", "borne_out"),
    [
        ("What were premiums at the end of the period shown?", ("2021", "2022"), True),
        ("What were premiums?", ("2021", "2022"), False),  # of which year?
        ("What were premiums in Spain?", ("France", "Spain"), True),
        ("What were premiums?", ("Spain", "France"), False),  # of which country?
        ("保费是多少亿元？", ("2021", "2022"), False),
        ("What were premiums at the end of the period shown?", ("Spain", "France"), False),
    ],
)
def test_a_chart_over_periods_is_asked_for_one_of_them(question, labels, borne_out):
    shows = [reading("", label, value) for label, value in zip(labels, (50.0, 80.0), strict=True)]
    assert readable(pair(question, "80"), figure("Premiums", shows)) is borne_out


@pytest.mark.parametrize(
    ("question", "answer", "borne_out"),
    [
        ("What were premiums at the end of the period shown?", "80", True),
        ("What were premiums in 2021?", "50", True),
        ("What were premiums at the end of the period shown?", "50", False),
        ("What were life premiums at the end of the period shown?", "80", False),
    ],
)
def test_the_height_of_a_stack_is_asked_for_where_no_part_is_named(question, answer, borne_out):
    parts = {("Life", "2021"): 20.0, ("Motor", "2021"): 30.0, ("Life", "2022"): 35.0,
             ("Motor", "2022"): 45.0}  # fmt: skip
    shows = [reading(series, label, value) for (series, label), value in parts.items()]
    assert readable(pair(question, answer), figure("Premiums", shows)) is borne_out


def test_a_change_smaller_than_the_axis_can_tell_is_not_seen():
    shows = [
        Reading(series="", label=year, value=v, how="axis", tolerance=300.0, span=15e3)
        for year, v in (("2021", 12500.0), ("2022", 13100.0))
    ]
    asked = pair("By what percentage did margins change from 2021 to 2022?", "1.2")
    assert readable(asked, figure("Margins", shows)) is False


def test_of_the_months_of_a_year_a_question_names_one():
    monthly = [reading("Index", label, 10.0 * k) for k, label in enumerate(
        ("24.01", "24.02", "24.03"), start=1)]  # fmt: skip
    assert labels_named("What was the index in February 2024?", monthly) == ["24.02"]
    assert labels_named("2024年3月指数是多少？", monthly) == ["24.03"]
    assert labels_named("What was the index in 2024?", monthly) == ["24.01", "24.02", "24.03"]


def printed(series: str, label: str, value: float) -> Reading:
    return Reading(series=series, label=label, value=value, how="printed")


BRIDGE = [printed("", "2019", 2466), printed("", "Change in Adjusted Net Income (2)", -40),
          printed("", "Change in Working Capital (3)", 329), printed("", "2020", 2755)]  # fmt: skip
STACK = [printed(f"{kind} revenues", quarter, value) for kind, quarter, value in
         (("Service", "Q2 2022", 6272), ("Other", "Q2 2022", 534),
          ("Service", "Q2 2023", 6556), ("Other", "Q2 2023", 731))]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "answer", "shows", "borne_out"),
    [
        ("By how much did adjusted net income decrease in 2020?", "40", BRIDGE, True),
        ("By how much did working capital increase in 2020?", "40", BRIDGE, False),
        ("By how much did net cash increase in 2020 compared with the prior year?", "289",
         BRIDGE, True),
        # What all parts are called names none of them: their sum is meant.
        ("By how much did net revenues increase in Q2 2023 compared with the prior year?", "481",
         STACK, True),
        ("By how much did service revenues increase in Q2 2023 compared with the prior year?",
         "284", STACK, True),
        ("By how much did service revenues increase in Q2 2023 compared with the prior year?",
         "197", STACK, False),
        ("By how much did service revenues increase in Q2 2023 compared with the prior year, "
         "in billions of US dollars, rounded to one decimal?", "0.3", STACK, True),
    ],
)  # fmt: skip
def test_a_step_of_a_bridge_a_year_before_and_a_whole(question, answer, shows, borne_out):
    assert readable(pair(question, answer), figure("Net cash and revenues", shows)) is borne_out
