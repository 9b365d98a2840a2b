"""Made reports: same seed same bytes, gold that is true, charts whose statement is elsewhere."""

import hashlib
import json

import pymupdf
import pytest

from finlmm_utils.synthetic.reports import make_report, write_reports


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    target = tmp_path_factory.mktemp("made")
    write_reports(target, 3, seed=7)
    return target


def rows(folder, name):
    return [json.loads(line) for line in (folder / name).read_text("utf-8").splitlines()]


def test_same_seed_same_bytes(folder, tmp_path):
    paths = write_reports(tmp_path, 2, seed=7)
    for path in paths:
        assert path.read_bytes() == (folder / path.name).read_bytes()
    assert make_report(8, 0)[0] != make_report(7, 0)[0]


def test_level_plain_stays_byte_for_byte_what_it_is():
    """finlmm-tiny and the committed studies stand on these bytes."""
    digests = [hashlib.sha256(make_report(7, k)[0]).hexdigest()[:16] for k in range(2)]
    assert digests == ["a15b89a8002f12b2", "5988e2d93f67eaae"]


def test_a_report_does_not_depend_on_how_many_there_are(folder):
    assert make_report(7, 2)[0] == (folder / "made_7_0002.pdf").read_bytes()


def test_charts_show_distinct_terms_away_from_their_statement(folder):
    for path in sorted(folder.glob("*.pdf")):
        charts = [r for r in rows(folder, "gold_figures.jsonl") if r["file"] == path.name]
        assert 4 <= len(charts) <= 8
        assert len({c["term"] for c in charts}) == len(charts)
        assert len({c["figure"] for c in charts}) == len(charts)
        with pymupdf.open(path) as document:
            assert 4 <= document.page_count <= 6
            for chart in charts:
                rect = document[chart["page"] - 1].rect
                assert rect.contains(pymupdf.Rect(*(chart[k] for k in ("x0", "y0", "x1", "y1"))))
    for question in rows(folder, "gold.jsonl"):
        assert question["page"] != question["evidence_page"]


def test_evidence_stands_on_its_page_and_gives_the_answer(folder):
    for question in rows(folder, "gold.jsonl"):
        with pymupdf.open(folder / question["file"]) as document:
            text = document[question["evidence_page"] - 1].get_text()
        flat = " ".join(text.split())
        for part in question["evidence"].split("\t"):
            assert part in flat
        if question["expression"]:
            names = {"max": max, "min": min}
            value = eval(question["expression"], {"__builtins__": {}}, names)
            assert value == pytest.approx(float(question["answer"]), abs=0.006)


def test_gold_sentences_stand_on_their_pages(folder):
    sentences = rows(folder, "gold_sentences.jsonl")
    assert len(sentences) > 60
    for row in sentences:
        with pymupdf.open(folder / row["file"]) as document:
            assert row["sentence"] in " ".join(document[row["page"] - 1].get_text().split())
