"""How reports name figures and tables: what is a reference, and what only looks like one."""

import random

import pytest

from finlmm_utils.finance.reference_clauses import (
    asides,
    points_at_figure,
    without_label,
    without_references,
)
from finlmm_utils.finance.references import (
    CAPTION,
    SOURCE,
    TABLE_CAPTION,
    figure_names,
    find_references,
    label_of,
    names_figure,
)

ONE = {
    "Figure 1": "1", "FIGURE 12": "12", "figure 7 shows": "7", "Fig. 1.4": "1.4", "Fig.3": "3",
    "Exhibit A2": "A2", "Figure A-2": "A2", "Figure A.2": "A2", "Chart B.2": "B2", "Graph 7": "7",
    "Diagram 4": "4", "Exhibit No. 4": "4", "Figure 1.1.3": "1.1.3", "Figure 1-3": "1.3",
    "Chart A: Growth": "A", "Appendix Figure 3": "annex 3", "Figure 01": "1",
    "Figure 1-Revenue": "1", "Exhibit 2–GDP": "2", "图3": "3", "图 3": "3", "图３": "3",
    "图 表 3": "3", "图表12": "12", "图表十二": "12", "图二": "2", "图二十一": "21", "图9-1": "9.1",
    "图1.2010-2020年收入": "1", "附图1": "annex 1", "由图12 可知": "12", "以下图45中": "45",
    "Figure IV": "4", "Table IV and Figure XII": "12", "Chart II.A.3": "2.A.3",
    "Figure ES.1": "ES1",
    "Figure ES-2": "ES2", "Figure 1.A.2": "1.A.2", "Figure number 3": "3", "Figure № 3": "3",
    "Figure Two": "2", "Graph ONE": "1", "图①": "1", "圖3": "3", "圖二": "2", "圖表十二": "12",
    "附圖2": "annex 2", "图二显示": "2", "图2年化收益率": "2", "图三角度": "", "见Figure 3": "3",
}  # fmt: skip


@pytest.mark.parametrize("text", ONE)
def test_one_figure_is_named(text):
    assert figure_names(text) == ({(ONE[text], "")} if ONE[text] else set())


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Figs. 2 and 3", "2 3"),
        ("Figures 2, 3 and 5", "2 3 5"),
        ("Fig. 2 and 3 show 图Ⅳ", "2 3 4"),
        ("Charts 1.2 & 1.4", "1.2 1.4"),
        ("Figures 1.2 to 1.4", "1.2 1.3 1.4"),
        ("Figures A1 through A3", "A1 A2 A3"),
        ("Figures 1.2–1.4", "1.2 1.3 1.4"),
        ("Figures 1.2–1.2", "1.2.1.2"),  # no range; a slip, but named
        ("图10，图11 所示", "10 11"),
        ("由图1、2、3 可知", "1 2 3"),
        ("图一、图二", "1 2"),
        ("圖3和圖4", "3 4"),
        ("Figs. II and III", "2 3"),
        ("Figures Two and Three", "2 3"),
        ("图19 到图22 展示", "19 20 21 22"),
        ("图31-34", "31 32 33 34 31.34"),  # or figure 34 of chapter 31: the captions tell
        ("图3、5家公司", "3"),
        ("图3、2020年", "3"),
        ("图1-1至图1-3", "1.1 1.2 1.3"),
        ("由图3和4可知", "3 4"),
        ("图3和50只股票", "3"),
        ("Figures 3/4", "3 4"),
        ("Figures 1 to 300", "1 300"),  # a slip of the pen
    ],
)
def test_several_figures_are_named(text, numbers):
    assert {number for number, _ in figure_names(text)} == set(numbers.split())


@pytest.mark.parametrize(
    ("text", "panels"),
    [
        ("(Figure 1.4, panel 3; see Chart 2)", {("1.4", "3"), ("2", "")}),
        ("Figure 1.2, panels 1 and 4, are", {("1.2", "1"), ("1.2", "4")}),
        ("Figure 1.2, panels 1–3", {("1.2", "1"), ("1.2", "2"), ("1.2", "3")}),
        ("panel 2 of Figure 1.4", {("1.4", "2")}), ("Figure 3 (panel B)", {("3", "b")}),
        ("panel (a) of Figure 2", {("2", "a")}), ("Figure 2, panel (b)", {("2", "b")}),
        ("Figure 2, panels (a) and (b)", {("2", "a"), ("2", "b")}),
        ("Panels (a)–(c) of Figure 2", {("2", "a"), ("2", "b"), ("2", "c")}),
        ("panels 1 and 2 of Chart 4", {("4", "1"), ("4", "2")}),
        ("Figure 2 (panel (b))", {("2", "b")}), ("a panel (advisers) of Figure 2", {("2", "")}),
        ("Figure 2, panels A–C", {("2", "a"), ("2", "b"), ("2", "c")}), ("Figure 2a", {("2", "a")}),
        ("Figure 3B", {("3", "b")}), ("Figure 2 (b)", {("2", "b")}), ("图3（a）", {("3", "a")}),
        ("Figures 2a-c", {("2", "a"), ("2", "b"), ("2", "c")}),
        ("Charts 1(a)–(c)", {("1", "a"), ("1", "b"), ("1", "c")}),
        ("Fig. 2c,d", {("2", "c"), ("2", "d")}), ("Fig. 2a and b", {("2", "a"), ("2", "b")}),
        ("Figures 2a, 2b and 3", {("2", "a"), ("2", "b"), ("3", "")}), ("Figure 2.A", {("2", "a")}),
        ("Figure 3.a.", {("3", "a")}), ("图一（a）", {("1", "a")}),
        ("图2a-c", {("2", "a"), ("2", "b"), ("2", "c")}), ("Figure 2b, a rise", {("2", "b")}),
        ("Figure 2.A rise", {("2", "")}), ("图2.A股走势", {("2", "")}),
    ],
)  # fmt: skip
def test_panels_are_parts_of_their_figure(text, panels):
    assert figure_names(text) == panels


def test_kinds_are_kept_apart():
    found = find_references("Table 4 and Figure 4; 表2 and 图2; Panel 3")
    assert [(r.kind, r.number, r.panel) for r in found] == [
        ("table", "4", ""), ("figure", "4", ""), ("table", "2", ""), ("figure", "2", ""),
        ("panel", "", "3"),
    ]  # fmt: skip
    assert [r.kind for r in find_references("图表2和表格2")] == ["figure", "table"]


def test_captions_in_german_french_and_spanish():
    found = find_references("Abbildung 3, Abb. 4, Grafik 5, Graphique 6, Gráfico 7; Tabelle 8")
    assert [(r.kind, r.number) for r in found] == [
        ("figure", "3"), ("figure", "4"), ("figure", "5"), ("figure", "6"), ("figure", "7"),
        ("table", "8"),
    ]  # fmt: skip
    assert SOURCE.match("Quelle: Bundesamt") and not SOURCE.match("Quellcode")


def test_a_reference_knows_where_it_stands():
    text = "see Figs. 2 and 3, or panel a of Chart B.2."
    assert {text[r.start : r.end] for r in find_references(text)} == {
        "Figs. 2 and 3", "panel a of Chart B.2"
    }  # fmt: skip


NO_REFERENCE = [
    "figure 5 million", "a figure of 5", "the figure $5", "figure 12,000", "figure 3.5%",
    "figure 3.5 per cent", "Figures 2021 and 2020", "the 2021 figures", "in table form",
    "table of contents", "chart of accounts", "Chart A course", "chart 12 months of sales",
    "Chart 4Q22", "Exhibit 10-K", "Panel of 12 judges", "panel (12 firms)", "a panel (2)",
    "solar panel costs", "config 3",
    "prefigure 3", "表示", "图书2", "图书二", "代表3家公司", "发表10篇", "报表2", "意图3", "企图二",
    "地图5", "图一览", "图一致", "试图一举", "图十分", "一致", "图表", "Figure", "Exhibit A",
    "地圖5", "意圖3", "圖書2", "in the figure I saw", "Figure V-shaped", "Chart X-axis",
    "chart one",
    "a figure two times", "Chart EU-27 jobs", "Chart CO2 emissions", "Chart A.IV", "Box 3",
    "Exhibit I",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_REFERENCE)
def test_what_only_looks_like_a_reference(text):
    assert find_references(text) == []
    assert not names_figure(text)
    assert label_of(text) is None


def test_captions_of_figures_and_of_tables():
    assert label_of("  图二 收入").number == "2"
    assert label_of("As Figure 2 shows") is None
    assert [bool(CAPTION.match(t)) for t in ("Chart B.2: x", "Table 2: x", "see Figure 2")] == [
        True, False, False
    ]  # fmt: skip
    assert [bool(TABLE_CAPTION.match(t)) for t in ("Table A2", "表十二", "图表2", "Chart 2")] == [
        True, True, False, False
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("caption", "title"),
    [
        ("Figure 3: Net sales", "Net sales"),
        ("Figure B.2 – Net sales", "Net sales"),
        ("图：收入", "收入"),
        ("图表十二：收入", "收入"),
        ("Table 2. Costs", "Costs"),
        ("Chart of accounts", "Chart of accounts"),
        ("Net sales", "Net sales"),
    ],
)
def test_the_title_of_a_caption(caption, title):
    assert without_label(caption) == title


SALES = "Net sales rose from $320 million in 2021 to $415 million in 2022"


@pytest.mark.parametrize(
    ("sentence", "bare"),
    [
        (f"{SALES} (Figure 1).", f"{SALES}."),
        (f"{SALES} (see Exhibit A2, left panel).", f"{SALES}."),
        (f"{SALES}, as Figure 1 shows.", f"{SALES}."),
        (f"{SALES}, as shown in Figs. 1 and 2.", f"{SALES}."),
        (f"{SALES}; see Chart B.2.", f"{SALES}."),
        (f"{SALES}, as illustrated in the Figure 3 below.", f"{SALES}."),
        ("Sales, as can be seen in Figure 2, fell.", "Sales, fell."),
        (f"As shown in Figure 1, {SALES}.", f"{SALES}."),
        ("Figure 1 shows that sales rose.", "Sales rose."),
        ("In Figure 1, sales rose.", "Sales rose."),
        (f"{SALES} (up 30%).", f"{SALES} (up 30%)."),
        ("Costs (Figure 1; $5m in 2020) fell.", "Costs (this figure; $5m in 2020) fell."),
        ("Figure 3 compares two firms.", "this figure compares two firms."),
        ("营业收入增长（见图二）。", "营业收入增长。"),
        ("由图6可知，累计净值为9.16。", "累计净值为9.16。"),
        ("如图3所示，收入增长，详见图表十二。", "收入增长。"),
        ("图12为两者的散点图。", "该图为两者的散点图。"),
        ("A figure of 5 million.", "A figure of 5 million."),
    ],
)
def test_a_sentence_without_its_references(sentence, bare):
    assert without_references(sentence) == bare


def test_parentheses_that_name_a_figure():
    text = "Spreads fell (Figure 1), yields (in percent) rose (as Chart B.2 shows; right axis)."
    assert [text[a:b] for a, b in asides(text)] == [
        " (Figure 1)", " (as Chart B.2 shows; right axis)"
    ]  # fmt: skip


def test_pointing_is_no_naming():
    assert points_at_figure("the chart above") and points_at_figure("如图所示")
    assert not points_at_figure("a figure of 5 million")
    assert not names_figure("the chart above")


@pytest.mark.parametrize(
    "text",
    ["(" + "Figure 1 " * 5000, "Figs. " + "2, " * 9000, "图" * 20000, "fig " + " " * 20000,
     "Figures " + "1-" * 9000, "(" * 9000 + "图1", "as see " * 9000],
)  # fmt: skip
def test_a_hostile_text_is_read_and_ends(text):
    assert len(find_references(text)) <= len(text)
    assert isinstance(without_references(text), str)
    assert len(asides(text)) <= 1


def test_any_text_is_read():
    """Random runs of the grammar's own pieces: every reference has a place and a name."""
    pieces = [
        "Figure",
        "Figures",
        "Fig.",
        "figs.",
        "Exhibit",
        "charts",
        "panel",
        "panels",
        "table",
        "图",
        "图表",
        "表",
        "附图",
        "annex",
        "1",
        "2",
        "12",
        "A",
        "b",
        "A2",
        "B.2",
        "-",
        "–",
        ".",
        ",",
        "、",
        "和",
        "至",
        "到",
        "and",
        "to",
        "&",
        "/",
        "(",
        ")",
        "（",
        "）",
        "%",
        "million",
        "一",
        "十",
        "百",
        "〇",
        "３",
        "²",
        "No.",
        "第",
        "of",
        "as",
        "see",
        "shows",
        "。",
        "由",
        "可知",
    ]
    rng = random.Random(1)
    for _ in range(4000):
        text = "".join(rng.choice(pieces) + rng.choice(("", "", " ")) for _ in range(8))
        for found in find_references(text):
            assert text[found.start : found.end].strip(), text
            assert found.number or found.panel, text
        assert isinstance(without_references(text), str)
        assert isinstance(without_label(text), str)
