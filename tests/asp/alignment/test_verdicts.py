"""Which figure a pair goes to where two fit alike, and what a figure must say of a pair."""

import pytest

from finlmm_utils.asp.alignment.figure_text import placed_figures
from finlmm_utils.asp.alignment.filters import filter_pairs
from finlmm_utils.asp.alignment.offline import Alignment
from finlmm_utils.asp.alignment.shown.printed import as_printed
from finlmm_utils.asp.alignment.similarity import OTHER_HEAD, OTHER_OF_KIND, named_otherwise
from finlmm_utils.asp.alignment.subject import same_length
from finlmm_utils.asp.alignment.verdicts import Judge
from finlmm_utils.asp.alignment.visibility import visible
from finlmm_utils.asp.charts.read import NO_AXIS, TWO_AXES
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import Block, Figure, Reading, Report

TEXT = "Revenue was $45m in 2021 and $57m in 2022."


def reading(value, label="2022", series=""):
    return Reading(series=series, label=label, value=value, how="printed")


def figure(number, page=2, top=100.0, **fields):
    known = {
        "figure_id": f"f{number}", "report_id": "r1", "file": "r", "page": page,
        "box": (0.0, top, 200.0, top + 100), "kind": "vector", "png": b"",
        "title": "Revenue ($m)", "inner_text": "Revenue ($m) 2021 2022",
    }  # fmt: skip
    return Figure(**(known | fields))


def report(figures, text=TEXT, top=50.0):
    block = Block(page=2, index=0, kind="text", text=text, box=(0.0, top, 200.0, top + 20))
    return Report(
        report_id="r1", file="r", sha256="0", status="ok", blocks=[block], figures=figures
    )


def level(evidence=TEXT, **fields):
    known = {
        "question": "What was revenue in 2022, in millions of US dollars?", "answer": "57",
        "answer_kind": "number", "unit": "$m", "task": "statistics", "expression": "57",
    }  # fmt: skip
    return make_qa("r1", 2, evidence, "t", **(known | fields))


class Tied:
    name = "tied"

    def __init__(self, reason, *names):
        self.found = Alignment("", 0.5, 0.49, reason, names)

    def align(self, report, pairs):
        return [self.found for _ in pairs]


@pytest.mark.parametrize(
    ("values", "reason", "chosen"),
    [
        ((57, 12), "several_figures", "f1"),
        ((12, 57), "several_figures", "f2"),
        ((57, 57), "several_figures", ""),
        ((12, 13), "several_figures", ""),
    ],
)
def test_of_two_figures_that_fit_alike_the_marks_may_choose(values, reason, chosen):
    figures = [figure(k, shows=[reading(v)]) for k, v in enumerate(values, 1)]
    [found] = filter_pairs(report(figures), [level()], Tied(reason, "f1", "f2"))
    assert (found.figure_id, found.reason) == (chosen, "" if chosen else reason)


def test_a_figure_that_nobody_read_is_not_chosen_against_another():
    figures = [figure(1, shows=[reading(57)]), figure(2, unread=NO_AXIS)]
    [found] = filter_pairs(report(figures), [level()], Tied("several_figures", "f1", "f2"))
    assert found.reason == "several_figures"


@pytest.mark.parametrize(("value", "reason"), [(57, ""), (12, "no_figure")])
def test_a_figure_that_fits_badly_needs_its_marks(value, reason):
    figures = [figure(1, shows=[reading(value)])]
    assert filter_pairs(report(figures), [level()], Tied("no_figure", "f1"))[0].reason == reason


def test_two_values_for_one_thing_are_both_dropped():
    text = f"{TEXT} Elsewhere revenue was $45m in 2022."
    asked = "In 2022, what was revenue, in millions of US dollars?"
    pairs = [level(text), level(text, question=asked, answer="45", expression="45")]
    shown = figure(1, shows=[reading(57), reading(45)], inner_text="Revenue $57m $45m")

    class Fixed(Tied):
        def __init__(self):
            self.found = Alignment("f1", 0.9, 0.1)

    found = filter_pairs(report([shown], text), pairs, Fixed())
    assert [t.kept for t in found] == [False, False]


PLACES = [figure(1, top=100.0), figure(2, top=400.0), figure(3, page=3, top=60.0)]


@pytest.mark.parametrize(
    ("text", "top", "chosen"),
    [
        ("As shown in the chart below, revenue rose in 2022.", 250.0, ["f2"]),
        ("The chart above shows that revenue rose in 2022.", 250.0, ["f1"]),
        ("如下图所示，2017年以来，收入持续上升。", 520.0, ["f3"]),
        ("Revenue rose in 2022.", 250.0, []),
    ],
)
def test_a_place_names_the_chart_next_to_the_sentence(text, top, chosen):
    pair = make_qa("r1", 2, text, "t", question="q", answer="a", answer_kind="text",
                   task="explanation")  # fmt: skip
    found = placed_figures(report(PLACES, text, top), pair)
    assert [f.figure_id for f in found] == chosen


def test_a_title_of_another_factor_or_measure_counts_less():
    titles = ["图1：动量因子净值", "图2：硬币因子净值", "图3：各因子净值"]
    row = named_otherwise(["“硬币”因子的净值期末约为多少？"], titles, titles)[0]
    assert row.tolist() == [OTHER_OF_KIND, 1.0, 1.0]
    titles = ["Net asset value", "Discount (%)"]
    row = named_otherwise(["What was the discount to net asset value?"], titles, titles)[0]
    assert row.tolist() == [OTHER_HEAD, 1.0]


@pytest.mark.parametrize(
    ("question", "titles"),
    [
        ("What was the S&P 500 return?", ["Nasdaq and Russell 2000 return", "S&P 500 return"]),
        (
            "沪深300指数的策略净值约为多少？",
            ["图9：中证500 指数策略净值", "图11：沪深300 指数策略净值"],
        ),
        (
            "2013年3月5日发出的是做多还是做空信号？",
            ["图7：2022.03.16 策略信号", "图1：2013.03.05 策略信号"],
        ),
    ],
)
def test_a_chart_of_another_index_or_day_counts_less(question, titles):
    assert named_otherwise([question], titles, titles)[0].tolist() == [OTHER_OF_KIND, 1.0]


def test_a_chart_that_draws_the_index_too_does_not():
    titles = ["Nasdaq return", "Discount"]
    drawn = ["Nasdaq return S&P 500 Nasdaq", "Discount"]
    row = named_otherwise(["What was the return on the S&P 500?"], titles, drawn)[0]
    assert row[0] != OTHER_OF_KIND


def test_a_span_of_days_is_of_no_other_day():
    titles = ["图3：策略净值（2013.01.25-2024.07.31）"]
    assert named_otherwise(["2013年3月5日的策略净值约为多少？"], titles, titles)[0, 0] == 1.0


@pytest.mark.parametrize(
    ("question", "words", "told"),
    [
        ("What was the rate in 2023, in percent?", "Q4'21 Q1'22 Q2'22 103%", False),
        ("What was the rate in Q4 2023, in percent?", "Q4'21 Q1'22 Q2'22 103%", True),
        ("What was the rate in 2023, in percent?", "2021 2022 2023 103%", True),
    ],
)
def test_quarters_do_not_show_a_year(question, words, told):
    assert same_length(question, words) is told


def test_which_curve_is_higher_is_not_seen_over_two_axes():
    pair = make_qa("r1", 2, "甲的净值高于乙", "t", question="净值中，甲曲线是高于还是低于乙曲线？",
                   answer="高于", answer_kind="choice", task="explanation")  # fmt: skip
    words = "甲曲线 乙曲线 净值"
    assert not visible(pair, figure(1, title=words, inner_text=words, unread=TWO_AXES))
    assert visible(pair, figure(1, title=words, inner_text=words, unread="no marks on an axis"))


@pytest.mark.parametrize(
    ("expression", "answer", "labels", "printed"),
    [
        ("713.43", "713.43", (807.7, 713.4), ("713.4", "713.4")),
        ("713.43 - 807.66", "-94.23", (807.7, 713.4), ("-94.3", "713.4 - 807.7")),
        (
            "(713.43 - 807.66) / 807.66 * 100", "-11.67", (807.7, 713.4),
            ("-11.68", "(713.4 - 807.7) / 807.7 * 100"),
        ),
        ("mean(1640.8, 2040, 1899.2)", "1860", (1641.0, 2040.0, 1899.0),
         ("1860", "mean(1641, 2040, 1899)")),
        ("713.43", "713.43", (807.66, 713.43), ("713.43", "713.43")),
        ("713.43", "713.43", (), ("713.43", "713.43")),
        ("(713.43 - 807.66) / 807.66 * 100", "-11.67%", (807.7, 713.4),
         ("-11.68", "(713.4 - 807.7) / 807.7 * 100")),
        ("(0.12 - 0.04) / 0.04 * 100", "200", (0.1, 0.0),
         ("200", "(0.12 - 0.04) / 0.04 * 100")),
        ("713.43 - 713.41", "0.02", (713.4,), ("0", "713.4 - 713.4")),
        ("713.43 - 807.66", "-94.23", (713.4,), ("-94.23", "713.43 - 807.66")),
    ],
)  # fmt: skip
def test_an_answer_has_the_digits_that_its_picture_prints(expression, answer, labels, printed):
    pair = level("All years.", question="How much?", expression=expression, answer=answer)
    shows = [reading(value, label=str(2021 + k)) for k, value in enumerate(labels)]
    assert as_printed(pair, shows) == printed
    measured = [r.model_copy(update={"how": "axis"}) for r in shows]
    assert as_printed(pair, measured) == (answer, expression)


def test_what_is_kept_answers_as_the_picture_does():
    text = "Revenue was $57.43m in 2022."
    chart = figure(1, shows=[reading(57.4), reading(45.0, label="2021")])
    aligner = Tied("")
    aligner.found = Alignment("f1", 0.9, 0.1, "")
    [found] = filter_pairs(
        report([chart], text), [level(text, answer="57.43", expression="57.43")], aligner
    )
    assert (found.kept, found.answer, found.expression) == (True, "57.4", "57.4")


@pytest.mark.parametrize(("panel", "reason"), [("1", "answer_not_visible"), ("2", "")])
def test_another_panel_of_the_figure_that_is_named_is_another_chart(panel, reason):
    shown = figure(1, caption="Figure 1.19. Markets", title=f"{panel}. Tokenized funds (bn)",
                   shows=[reading(9.0, "2021", "Funds"), reading(17.0, "2022", "Funds")],
                   inner_text="Tokenized funds (bn) 2021 2022")  # fmt: skip
    report = Report(report_id="r1", file="r", sha256="0", status="ok", blocks=[], figures=[shown])
    pair = make_qa("r1", 2, "Tokenized funds have grown since 2021 (Figure 1.19, panel 2).", "t",
                   question="Have tokenized funds grown or shrunk since 2021?", answer="grown",
                   answer_kind="choice", task="explanation")  # fmt: skip
    assert Judge(report, None).verdict(pair, Alignment("f1", 1.4, 0.1))[1] == reason
