"""The judge of hard reports: by the chart that a statement is about, not by the words of a pair."""

import pytest

from finlmm_utils.asp.gold.hard import HardGold, HardJudge, score_alignment, score_hard_figures
from finlmm_utils.asp.records import IQA, Figure, Report

BOX = {"x0": 100.0, "y0": 90.0, "x1": 300.0, "y1": 220.0}


def chart(number, page):
    return BOX | {
        "file": "a.pdf", "figure": number, "page": page, "core": [100, 110, 300, 220],
        "title": "Revenue", "title_box": [100, 92, 160, 100], "title_in_pixels": False,
        "panel_of": "", "traps": ["single"], "caption": "Figure 1: Revenue",
    }  # fmt: skip


def figure(number, page, box=(98, 105, 302, 224), kind="vector", title=""):
    return Figure(
        figure_id=f"r-p{page}-{number}", report_id="r", file="a.pdf", page=page, box=box,
        kind=kind, png=b"", title=title,
    )  # fmt: skip


def sentence(text, says, number):
    return {"file": "a.pdf", "page": 1, "sentence": text, "says": says, "row": False,
            "figure": number}  # fmt: skip


@pytest.fixture
def gold():
    said = [
        sentence("Revenue was $45m in 2021 and $52m in 2022.", "values", 0),
        sentence("Revenue increased in 2022, mainly because of a better mix.", "cause", None),
        sentence("Goodwill was $45m in 2021 and $52m in 2022.", "values", None),
    ]
    question = {"answer": "1", "answer_kind": "number", "unit": "", "task": "statistics"}
    asked = [
        question | {"file": "a.pdf", "question": "What was revenue in 2021?", "figure": 0},
        question | {"file": "a.pdf", "question": "What was gross profit in 2021?", "figure": 1},
        question | {"file": "a.pdf", "question": "What was goodwill in 2021?", "figure": None},
    ]
    table = {"file": "a.pdf", "page": 4, "trap": "statement", "kind": "table",
             "box": [50, 50, 500, 200]}  # fmt: skip
    return HardGold(asked, [chart(0, 2), chart(1, 3)], said, [table])


def report(*figures):
    return Report(
        report_id="r", file="a.pdf", sha256="", status="ok", pages=4, figures=list(figures)
    )


def pair(evidence, figure_id):
    return IQA(
        qa_id="q", report_id="r", question="?", answer="1", answer_kind="number",
        task="statistics", evidence=evidence, page=1, generator="g", figure_id=figure_id,
    )  # fmt: skip


def test_a_pair_is_right_by_the_chart_that_its_evidence_is_about(gold):
    judge = HardJudge([report(figure(1, 2))], gold)
    stated = gold.sentences[0]["sentence"]
    assert judge.right(pair(stated, "r-p2-1"))
    assert judge.right(pair("$45m in 2021 and $52m in 2022", "r-p2-1")), "a part of it"
    assert not judge.right(pair(stated, "r-p3-1"))
    assert not judge.right(pair(gold.sentences[1]["sentence"], "r-p2-1")), "charts name no causes"
    assert not judge.right(pair(gold.sentences[2]["sentence"], "r-p2-1"))
    assert not judge.right(pair("never said", "r-p2-1"))
    found = judge.score_pairs([pair(stated, "r-p2-1"), pair("never said", "r-p2-1")])
    assert (found["kept"], found["right"], found["right_of_kept"]) == (2, 1, 0.5)


def test_gold_questions_know_lost_charts_from_questions_without_one(gold):
    pairs, wanted = HardJudge([report(figure(1, 2))], gold).gold_pairs(report())
    assert [p.evidence for p in pairs] == ["", "", ""]
    assert wanted == ["r-p2-1", None, ""]
    best, chosen = ["r-p2-1", "r-p2-1", "r-p2-1"], ["r-p2-1", "", "r-p2-1"]
    score = score_alignment(zip(wanted, best, chosen, strict=True))
    assert score["questions"] == 2 and score["right_first"] == 0.5
    assert score["right_of_kept"] == 0.5 and score["tied_of_none"] == 1.0


def test_figures_are_scored_by_core_title_and_kind(gold):
    crops = report(
        figure(1, 2, title="Outlook Revenue of the neighbour"),
        figure(1, 3, box=(98, 88, 302, 224), title="Figure 1: Revenue"),
        figure(1, 4, box=(60, 60, 400, 180), kind="table"),
        figure(2, 4, box=(60, 300, 400, 400), kind="table"),
    )
    score = score_hard_figures([crops], gold)
    assert score["own"] == 2 and score["title_in_picture"] == 0.5
    assert score["title_alone"] == 0.5, "the first title holds a heading and another's words"
    assert score["tempting_pages"] == 1 and score["crops_a_tempting_page"] == 0.0
    assert score["wrong_kind"] == 1, "the second table shows none"
