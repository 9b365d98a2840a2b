"""The offline aligner: signals one by one, gold of made reports, labelled pages of real ones."""

import json

import pytest

from finlmm_utils.asp.alignment.figure_ocr import read_figure
from finlmm_utils.asp.alignment.figure_text import (
    figure_numbers,
    heading_of,
    mentions,
    needs_reading,
)
from finlmm_utils.asp.alignment.offline import OfflineAligner
from finlmm_utils.asp.alignment.similarity import BM25
from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.alignment import gold_pairs, read_gold, right_figure, right_figures
from finlmm_utils.asp.language import is_chinese, tokens
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import Block, Figure, Report
from finlmm_utils.synthetic.reports import write_reports


def figure(name, caption, inner="1 2 3", page=1, box=(0.0, 0.0, 1.0, 1.0)):
    return Figure(
        figure_id=name, report_id="r", file="r.pdf", page=page, box=box, kind="vector",
        caption=caption, inner_text=inner, png=b"",
    )  # fmt: skip


def question(text, evidence="", page=1, expression="", kind="text"):
    return make_qa(
        "r", page, evidence, "test", question=text, answer="1", answer_kind=kind,
        task="explanation", expression=expression,
    )  # fmt: skip


def choose(figures, pair, **options):
    made = Report(report_id="r", file="r.pdf", sha256="0", status="ok", figures=figures)
    return OfflineAligner(**options).align(made, [pair])[0]


def test_a_heading_stands_in_for_a_bare_caption():
    assert heading_of(figure("a", "Figure 1: Net sales by region", "1 2")).endswith("by region")
    assert (
        heading_of(figure("a", "图9", "图9 (移动平均 指数) 0.3 0.4 权重")) == "图9 (移动平均 指数)"
    )
    near = "Source: Bloomberg and staff\nTotal revenues by segment\n" + "Long prose about it. " * 9
    bare = figure("a", "", "45% 22%").model_copy(update={"near_text": near})
    assert heading_of(bare) == "Total revenues by segment"


def test_what_the_report_says_of_a_figure():
    text = (
        "Costs fell. The index is shown in Figure 2. It stays between 0.6 and 0.8. "
        "Figures of other kinds are in Figure 1, Figure 2, Figure 3, Figure 4 and Figure 5."
    )
    block = Block(page=1, index=0, kind="text", text=text, box=(0.0, 0.0, 1.0, 1.0))
    figures = [figure("a", "Figure 1: Costs"), figure("b", ""), figure("c", "Figure 3: Cash")]
    figures[1] = figures[1].model_copy(update={"box": (5.0, 5.0, 6.0, 6.0)})
    made = Report(
        report_id="r", file="r.pdf", sha256="0", status="ok", figures=figures, blocks=[block]
    )
    said = mentions(made)
    assert said[0] == said[2] == []
    assert said[1] == ["The index is shown in Figure 2. It stays between 0.6 and 0.8."]
    pair = question("Between which values does the index stay?")
    silent = made.model_copy(update={"blocks": []})
    gain = OfflineAligner().scores(made, [pair]) - OfflineAligner().scores(silent, [pair])
    assert gain.argmax() == 1
    assert gain[0, 1] > 0.02


def test_a_reference_decides():
    figures = [figure("a", "图8：营业收入"), figure("b", "图9：毛利率")]
    pair = question("营业收入如何变化？", "营业收入增长（见图9）。")
    assert choose(figures, pair).figure_id == "b"


@pytest.mark.parametrize(
    ("captions", "evidence"),
    [
        (("Figure A1: Costs", "Figure A2: Costs"), "Costs fell (Figure A2)."),
        (("Chart B.1: Costs", "Chart B.2: Costs"), "Costs fell, as Chart B.2 shows."),
        (("Exhibit A1: Costs", "Exhibit A2: Costs"), "Costs fell (see Exhibit A-2)."),
        (("Figure 2: Costs", "Appendix Figure 2: Costs"), "Costs fell (Appendix Figure 2)."),
        (("Figure 1a: Costs", "Figure 1b: Costs"), "Costs fell (Figure 1(b))."),
        (("图一：成本", "图二：成本"), "成本下降，见图2。"),
        (("图1：成本", "图2：成本"), "成本下降，见图二。"),
        (("图表11：成本", "图表十二：成本"), "成本下降（图12）。"),
        (("图9-1：成本", "图9-2：成本"), "由图9-2可知，成本下降。"),
    ],
)
def test_every_spelling_of_a_reference_decides(captions, evidence):
    first, second = (figure(name, c) for name, c in zip("ab", captions, strict=True))
    second = second.model_copy(update={"box": (5.0, 5.0, 6.0, 6.0)})
    made = Report(report_id="r", file="r.pdf", sha256="0", status="ok", figures=[first, second])
    pairs = [question("How did costs change?", evidence), question("How did costs change?", "x")]
    (named, twin), (one, other) = OfflineAligner().scores(made, pairs)
    assert (twin - named) - (other - one) >= 0.5, "more than any other signal gives"
    numbers = figure_numbers([first, second])
    assert all(number for number, _ in numbers) and numbers[0] != numbers[1]


def test_what_only_looks_like_a_reference_decides_nothing():
    figures = [figure("a", "Figure 5: Costs"), figure("b", "Figure 6: Costs")]
    figures[1] = figures[1].model_copy(update={"box": (5.0, 5.0, 6.0, 6.0)})
    pair = question("How did costs change?", "Costs fell to a figure 5 million below.")
    made = Report(report_id="r", file="r.pdf", sha256="0", status="ok", figures=figures)
    ((first, second),) = OfflineAligner().scores(made, [pair])
    assert first - second < 0.3, "the number 5 in the caption, and no reference, which gives 1"


def test_the_number_of_a_reference_is_no_number_of_the_evidence():
    figures = [figure("a", "Costs", "2 7 9"), figure("b", "Costs", "31 42")]
    pair = question("Is it 31 or 42?", "It is 31 and 42 (Figure 2, panel 7).", kind="choice")
    made = Report(report_id="r", file="r.pdf", sha256="0", status="ok", figures=figures)
    ((first, second),) = OfflineAligner().scores(made, [pair])
    assert second - first >= 0.19, "all its numbers stand in the second figure, none in the first"


def test_numbers_decide_between_like_charts():
    figures = [figure("a", "图：收入", "45 52 61"), figure("b", "图：收入", "45 53 64")]
    pair = question("收入变化了多少？", expression="64 - 53", kind="number")
    assert choose(figures, pair).figure_id == "b"


def test_two_like_figures_are_none_and_a_panel_is_no_rival_of_its_parent():
    twins = [figure("a", "图：收入"), figure("b", "图：收入", box=(2.0, 2.0, 3.0, 3.0))]
    assert choose(twins, question("收入如何变化？", "收入增长。")).reason == "several_figures"
    nested = [figure("a", "图：收入"), figure("b", "图：收入", box=(0.0, 0.0, 0.9, 0.9))]
    assert choose(nested, question("收入如何变化？", "收入增长。")).figure_id == "a"


def test_nothing_alike_is_no_figure():
    assert choose([figure("a", "图：降雨量", page=40)], question("收入？")).reason == "no_figure"
    assert choose([], question("收入？")).reason == "no_figure"


def test_pictures_without_numbers_are_read():
    assert needs_reading(figure("a", "Figure 1: Revenue", "Figure 1: Revenue"))
    assert not needs_reading(figure("a", "Revenue", "45 2021 52 2022"))


def test_bm25_and_tokens():
    scores = BM25(["营业收入 增长", "净利润", "gross margins"]).scores("营业收入")
    assert scores.argmax() == 0
    assert 0 <= scores.min() <= scores.max() <= 1
    assert tokens("gross margins") == tokens("gross margin")
    assert is_chinese("上证50指数") and not is_chinese("S&P 500 index")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    reports = [extract_report(path) for path in write_reports(folder, 3, seed=41)]
    return reports, read_gold(folder / "gold.jsonl")


def test_gold_questions_of_made_reports_find_their_figure(made):
    reports, rows = made
    right = right_figures(reports, rows)
    aligner = OfflineAligner(ocr=read_figure)
    wanted = chosen = hits = 0
    for report in reports:
        pairs = [p for p in gold_pairs(report, rows) if right_figure(p, right)]
        for pair, found in zip(pairs, aligner.align(report, pairs), strict=True):
            wanted += 1
            chosen += bool(found.figure_id)
            hits += found.figure_id == right_figure(pair, right)
    assert wanted >= 60
    assert hits / chosen >= 0.95
    assert hits / wanted >= 0.80


def test_labelled_pages_of_a_chinese_report(real_data):
    """A floor below what was measured; all labelled reports are in benchmarks/alignment.py."""
    gold = (real_data / "reports" / "alignment_gold.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in gold]
    rows = [row for row in rows if row["file"].startswith("cn_")]
    report = extract_report(real_data / "reports" / rows[0]["file"])
    scores = OfflineAligner().scores(report, [question(row["question"]) for row in rows])
    hits = 0
    for row, line in zip(rows, scores, strict=True):
        best = report.figures[int(line.argmax())]
        middle = ((row["x0"] + row["x1"]) / 2, (row["y0"] + row["y1"]) / 2)
        hits += (
            best.page == row["page"]
            and best.box[0] <= middle[0] <= best.box[2]
            and best.box[1] <= middle[1] <= best.box[3]
        )
    assert hits >= 0.7 * len(rows), f"{hits} of {len(rows)}"
