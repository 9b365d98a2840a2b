"""Hard reports: fixed bytes, gold that is true, every trap can be drawn."""

import hashlib
import json
import random

import pymupdf
import pytest

from finlmm_utils.synthetic.hard import traps
from finlmm_utils.synthetic.hard.contents import Contents
from finlmm_utils.synthetic.hard.drawing.canvas import Canvas
from finlmm_utils.synthetic.hard.drawing.house import draw_house
from finlmm_utils.synthetic.hard.drawing.layouts import BITMAPS, LAYOUT
from finlmm_utils.synthetic.hard.drawing.tempting import DRAW
from finlmm_utils.synthetic.hard.report import make_hard_report, write_hard_reports
from finlmm_utils.synthetic.reports import write_reports

FIXED = "f0d5799c5a787a96"
"""Of the first report of the first reporting seed. If it changes, numbers of before and after can't
be compared: raise ``traps.VERSION`` and measure again."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("hard")
    write_hard_reports(target, 2, seed=traps.GROWING_SEEDS[0])
    return target


def rows(folder, name):
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def test_the_reporting_reports_stay_what_they_are():
    data, _, _ = make_hard_report(traps.REPORTING_SEEDS[0], 0)
    assert hashlib.sha256(data).hexdigest()[:16] == FIXED
    assert not set(traps.GROWING_SEEDS) & set(traps.REPORTING_SEEDS)


def test_a_report_depends_on_seed_and_number_alone(folder):
    seed = traps.GROWING_SEEDS[0]
    assert make_hard_report(seed, 1)[0] == (folder / f"hard_{seed}_0001.pdf").read_bytes()
    with pytest.raises(ValueError, match="level 'harder'"):
        write_reports(folder, 1, 1, level="harder")


def test_boxes_lie_on_the_page_as_a_reader_sees_it(folder):
    charts = rows(folder, "gold_figures.jsonl")
    assert len(charts) > 8 and {c["kind"] for c in charts} == {"raster", "vector"}
    for chart in charts:
        with pymupdf.open(folder / chart["file"]) as document:
            page = document[chart["page"] - 1].rect
        for name in ("core", "title_box", "whole"):
            assert page.contains(pymupdf.Rect(chart[name])), (chart["traps"], name)
        assert pymupdf.Rect(chart["whole"]).contains(pymupdf.Rect(chart["core"]))


def test_statements_and_evidence_stand_on_their_pages(folder):
    texts = {}
    for path in folder.glob("*.pdf"):
        with pymupdf.open(path) as document:
            for page in document:
                texts[path.name, page.number + 1] = "".join(page.get_text().split())
    said = [r for r in rows(folder, "gold_sentences.jsonl") if not r["row"]]
    assert len(said) > 20
    for row in said:
        # A raised mark is a word of its own in the page's text, and no part of the statement.
        words = "".join(row["sentence"].split())
        there = texts[row["file"], row["page"]]
        assert words in there or words[:12] in there, row


def test_some_questions_have_a_figure_and_some_have_none(folder):
    questions = rows(folder, "gold.jsonl")
    with_figure = [q for q in questions if q["page"]]
    without = [q for q in questions if not q["page"]]
    assert with_figure and without
    assert all(q["evidence"] for q in without), "what no figure answers is stated in the text"
    assert any(not q["evidence"] for q in with_figure), "some charts the text does not restate"
    charts = {(c["file"], c["figure"]): c for c in rows(folder, "gold_figures.jsonl")}
    for question in with_figure:
        chart = charts[question["file"], question["figure"]]
        if question["answer_kind"] == "number":
            values = [v for series in chart["series"] for v in series["values"]]
            assert min(abs(float(question["answer"]) - v) for v in values) < 0.01
            assert (question["tolerance"] > 0) == (question["read"] == "axis")


@pytest.mark.parametrize("name", sorted(traps.LAYOUTS))
def test_every_layout_is_drawn_in_both_languages(name):
    for chinese in (False, True):
        rng = random.Random(name)
        house, contents = draw_house(rng, chinese), Contents(rng, chinese)
        charts = LAYOUT[name][0](contents)
        with pymupdf.open() as document:
            page = document.new_page(width=house.sheet[0], height=house.sheet[1])
            for chart in charts:
                chart.bitmap = name in BITMAPS
            LAYOUT[name][1](Canvas(page, house, rng, 1, 80.0), charts)
            images = len(page.get_image_info())
        assert all(c.page == 1 and c.core[2] - c.core[0] > 50 for c in charts)
        assert (images > 0) == (name in BITMAPS)
        assert all(c.title_box[2] > c.title_box[0] for c in charts)


@pytest.mark.parametrize("name", sorted(traps.TEMPTING))
def test_what_is_no_chart_is_drawn_in_both_languages(name):
    for chinese in (False, True):
        rng = random.Random(name)
        house = draw_house(rng, chinese)
        with pymupdf.open() as document:
            page = document.new_page(width=house.sheet[0], height=house.sheet[1])
            canvas = Canvas(page, house, rng, 1, 80.0)
            found = DRAW[name](canvas)
            assert canvas.y > 80 and page.get_pixmap(dpi=20).color_count() > 1
        assert {kind for kind, _ in found} <= {"table", "scheme", "picture"}


def test_the_shares_are_shares():
    assert sum(trap.weight for trap in traps.SAID.values()) == pytest.approx(1.0)
    assert all(0 < trap.weight <= 1 for trap in traps.SHARES.values())
    assert set(traps.LAYOUTS) == set(LAYOUT) and set(traps.TEMPTING) == set(DRAW)
