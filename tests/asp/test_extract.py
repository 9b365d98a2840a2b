"""Extraction: charts and sentences of made reports, bad files, supervision, reading order."""

import functools
import json
import re
from collections import Counter
from types import SimpleNamespace

import pandas as pd
import pymupdf
import pytest

from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.extraction import (
    boxes_by_page,
    missing_sentences,
    overhangs,
    score_crops,
)
from finlmm_utils.asp.page import ocr
from finlmm_utils.asp.page.boxes import area, inside, overlap, union
from finlmm_utils.asp.page.scans import unreadable
from finlmm_utils.asp.supervise import extract_folder
from finlmm_utils.asp.text.order import reading_order
from finlmm_utils.asp.text.words import clean
from finlmm_utils.synthetic.reports import write_reports


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    paths = write_reports(folder, 3, seed=11)
    return folder, [extract_report(path) for path in paths]


def test_charts_of_made_reports_are_found_and_nothing_else(made):
    folder, reports = made
    crops = {}
    for figure in (f for r in reports for f in r.figures):
        crops.setdefault((figure.file, figure.page), []).append(figure.box)
    gold = boxes_by_page(pd.read_json(folder / "gold_figures.jsonl", lines=True))
    score = score_crops(crops, gold)
    assert score.recall >= 0.95, score.missed
    assert score.precision >= 0.95, score.junk_places


def test_pies_and_grouped_bars_keep_title_legend_and_values(tmp_path):
    reports = [extract_report(path) for path in write_reports(tmp_path, 3, seed=13)]
    gold = pd.read_json(tmp_path / "gold_figures.jsonl", lines=True)
    drawn = gold[(gold.kind == "vector") & gold.chart.isin(["pie", "grouped"])]
    assert set(drawn.chart) == {"pie", "grouped"}
    figures = {r.file: r.figures for r in reports}
    for row in drawn.itertuples():
        box = (row.x0, row.y0, row.x1, row.y1)
        with pymupdf.open(tmp_path / row.file) as document:
            page = document[row.page - 1]
            parts = [w[:4] for w in page.get_text("words") if inside(w[:4], box)]
            parts += [tuple(d["rect"]) for d in page.get_drawings() if inside(d["rect"], box)]
        crops = [f.box for f in figures[row.file] if f.page == row.page]
        crop = max(crops, key=lambda c: overlap(c, box))
        assert all(inside(part, crop, 0.9) for part in parts), (row.file, row.page)
        whole = functools.reduce(union, parts)
        assert overlap(crop, whole) >= 0.97 * area(whole), (row.file, row.page)
        assert overlap(crop, box) >= 0.8 * area(box), (row.file, row.page)


def test_crops_hold_no_heading_and_no_tail_of_a_table(tmp_path):
    """Nothing on a page but a chart, its caption and its source line is in the chart's crop."""
    reports = [extract_report(path) for path in write_reports(tmp_path, 6, seed=9001)]
    gold = pd.read_json(tmp_path / "gold_figures.jsonl", lines=True)
    crops = {}
    for figure in (f for r in reports for f in r.figures):
        crops.setdefault((figure.file, figure.page), []).append(figure.box)
    beyond = overhangs(crops, boxes_by_page(gold, whole=True))
    assert len(beyond) >= 0.9 * len(gold)
    assert max(beyond) <= 3


def test_captions_belong_to_their_charts(made):
    folder, reports = made
    gold = pd.read_json(folder / "gold_figures.jsonl", lines=True)
    captions = Counter(f.caption for r in reports for f in r.figures)
    hits = sum(caption in captions for caption in gold.caption)
    assert hits >= 0.95 * len(gold)


def test_sentences_survive(made):
    folder, reports = made
    gold = pd.read_json(folder / "gold_sentences.jsonl", lines=True)
    for report in reports:
        text = " ".join(block.text for block in report.blocks)
        wanted = gold[gold.file == report.file].sentence
        assert len(missing_sentences(wanted, text)) <= 0.01 * len(wanted)


def test_page_numbers_and_headers_are_furniture(made):
    _, reports = made
    for report in reports:
        for block in report.blocks:
            if "| Annual Report" in block.text or block.text.startswith("Registered office"):
                assert block.kind == "furniture"


def test_extraction_is_pure(made):
    folder, reports = made
    again = extract_report((folder / reports[0].file).read_bytes(), file=reports[0].file)
    assert again == reports[0]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"", "not_pdf"),
        (b"<html>403</html>", "not_pdf"),
        (b"version https://git-lfs.github.com/spec/v1", "not_pdf"),
    ],
)
def test_what_is_no_pdf_gets_a_status(data, status):
    report = extract_report(data, file="x.pdf")
    assert report.status == status
    assert report.reason
    assert "\n" not in report.reason


def test_empty_pages_are_no_text():
    document = pymupdf.open()
    document.new_page()
    assert extract_report(document.tobytes()).status == "no_text"


def test_a_scanned_page_is_read_by_ocr(made):
    folder, reports = made
    figure = reports[0].figures[0]
    scan = pymupdf.open()
    with pymupdf.open(folder / reports[0].file) as document:
        source = document[figure.page - 1]
        picture = source.get_pixmap(dpi=150).tobytes("jpg")
        page = scan.new_page(width=source.rect.width, height=source.rect.height)
    page.insert_image(page.rect, stream=picture)
    read = extract_report(scan.tobytes(), file="scan.pdf")
    assert (read.status, read.ocr_pages) == ("ok", 1)
    assert all(block.ocr for block in read.blocks)
    gold = pd.read_json(folder / "gold_sentences.jsonl", lines=True)
    known = " ".join(b.text for b in reports[0].blocks if b.page == figure.page)
    wanted = [x for x in gold[gold.file == reports[0].file].sentence if x in known]
    lost = missing_sentences(wanted, " ".join(b.text for b in read.blocks))
    assert len(lost) <= 0.3 * len(wanted), lost
    drawn = [f.box for f in reports[0].figures if f.page == figure.page]
    assert len(read.figures) == len(drawn)
    assert all(any(inside(f.box, box, 0.9) for box in drawn) for f in read.figures)


def scan_of(*lines, size=(612, 792)):
    """A page of which all is one picture."""
    source = pymupdf.open().new_page(width=size[0], height=size[1])
    for k, line in enumerate(lines):
        source.insert_text((40, 80 + 30 * k), line, fontsize=12)
    return source.get_pixmap(dpi=150).tobytes("png")


def scanned(*pictures, size=(612, 792)):
    document = pymupdf.open()
    for picture in pictures:
        page = document.new_page(width=size[0], height=size[1])
        page.insert_image(page.rect, stream=picture)
    return document.tobytes()


START = {"private": 0xE000, "moved": 3}  # how far the letters of a text layer are moved


def test_rows_of_dots_and_a_few_glyphs_without_letters_are_no_lost_text_layer():
    """A table of contents, and a page of formulas, whose signs stand in the private area."""
    rows = [f"Note {k} {'.' * 60} {k}" for k in range(1, 9)]
    formulas = ["the sum of all weights is \ue0a1\ue0a2\ue0a3 and it stays below the bound"] * 8
    for said in (rows, formulas):
        lines = [SimpleNamespace(text=text) for text in said]
        assert not unreadable(SimpleNamespace(lines=lines)), said[0]
    lost = [SimpleNamespace(text="\ue0a1" * 20 + " net sales")] * 12
    assert unreadable(SimpleNamespace(lines=lost))


@pytest.mark.faults
@pytest.mark.parametrize("how", ["missing", "private", "moved"])
def test_a_text_layer_of_other_letters_is_found_out_and_read_by_ocr(how):
    """Fonts that do not say, or say wrongly, which letters their glyphs are."""
    document = pymupdf.open()
    page = document.new_page()
    page.insert_font(fontname="F0", fontbuffer=pymupdf.Font("helv").buffer)
    said = "Revenue was $45m in 2021 and $57m in 2022."
    for k in range(8):
        page.insert_text((60, 80 + 40 * k), said, fontname="F0", fontsize=14)
    page.draw_rect((60, 500, 90, 600), fill=(0, 0, 1))
    for xref in range(1, document.xref_length()):
        if document.xref_get_key(xref, "ToUnicode")[0] == "xref":
            if how == "missing":
                document.xref_set_key(xref, "ToUnicode", "null")
                continue
            table = int(document.xref_get_key(xref, "ToUnicode")[1].split()[0])
            letters = re.compile(rb"<([0-9a-f]{4})>\n")  # the last of each line: letters from there
            moved = letters.sub(lambda m: b"<%04x>\n" % (int(m[1], 16) + START[how]),
                                document.xref_stream(table))  # fmt: skip
            document.update_stream(table, moved)
    data = document.tobytes()
    with pymupdf.open(stream=data) as broken:
        assert said not in broken[0].get_text()
    report = extract_report(data, file="layer.pdf")
    assert (report.status, report.ocr_pages) == ("ok", 1)
    assert report.reason == "1 pages with a text layer that can't be read; OCR instead"
    assert all(block.ocr for block in report.blocks)
    assert "in 2021 and $57m in 2022" in " ".join(block.text for block in report.blocks)


def test_scans_are_read_where_the_reader_of_the_file_has_no_memory_for_it(tmp_path):
    lines = [f"Revenue of unit {k} rose by {k}.5% to $1{k} million." for k in range(20)]
    picture = scan_of(*lines)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "scan.pdf").write_bytes(scanned(picture, picture))
    # Less than the recogniser takes, more than MuPDF does.
    (row,) = extract_folder(tmp_path / "in", tmp_path / "out", workers=1, memory_limit=1.3)
    assert (row["status"], row["ocr_pages"], row["drops"]) == ("ok", 2, {})


def test_a_scan_on_which_ocr_fails_costs_no_other(monkeypatch):
    first, second = scan_of("Revenue rose to $12 million."), scan_of("Costs fell to $9 million.")
    read, calls = ocr.read_lines, []

    def fails_first(image):
        calls.append(image)
        if len(calls) == 1:
            raise MemoryError("no room")
        return read(image)

    monkeypatch.setattr(ocr, "read_lines", fails_first)
    report = extract_report(scanned(first, second))
    assert (report.status, report.ocr_pages) == ("ok", 1)
    assert report.drops["scan not read"] == 1
    assert report.reason == "OCR failed on 1 of 2 scans (MemoryError)"
    assert "Costs fell" in " ".join(b.text for b in report.blocks)


def test_a_narrow_strip_is_no_page_for_ocr(monkeypatch):
    pages = []
    monkeypatch.setattr(ocr, "read_lines", lambda image: pages.append(image.shape) or [])
    for size in ((100, 1200), (612, 792)):
        extract_report(scanned(scan_of("0", size=size), size=size))
    assert pages == [(1600, 1237, 3)]


def test_reading_order_of_two_columns_under_a_title():
    title = (50, 50, 550, 70)
    left = [(50, 90, 290, 300), (50, 310, 290, 500)]
    right = [(310, 90, 550, 200), (310, 210, 550, 500)]
    boxes = [right[1], title, left[1], right[0], left[0]]
    assert [boxes[i] for i in reading_order(boxes)] == [title, *left, *right]


def test_clean_text():
    assert clean("pro\ufb01t\u00a0\u2009rose") == "profit rose"
    assert clean("净 利 润") == "净利润"


def test_a_bad_file_costs_its_own_row(tmp_path):
    folder = tmp_path / "in"
    paths = write_reports(folder, 1, seed=3)
    (folder / "a_empty.pdf").write_bytes(b"")
    rows = extract_folder(folder, tmp_path / "out", 1)
    assert [(r["file"], r["status"]) for r in rows] == [
        ("a_empty.pdf", "not_pdf"),
        (paths[0].name, "ok"),
    ]
    assert rows == extract_folder(folder, tmp_path / "out", 1)
    figures = pd.read_parquet(tmp_path / "out" / "figures.parquet")
    assert len(figures) == rows[1]["figures"]
    assert all(png.startswith(b"\x89PNG") for png in figures.png)


def test_bad_pdfs_end_in_one_row_each(real_data, tmp_path):
    folder = real_data / "bad_pdfs"
    if not folder.is_dir():
        pytest.skip("no bad_pdfs in the real data")
    quick = [
        p for p in sorted(folder.glob("*.pdf")) if "hang" not in p.name and "bomb" not in p.name
    ]
    bombs = [p for p in sorted(folder.glob("*.pdf")) if p not in quick]
    rows = extract_folder(quick, tmp_path / "quick", 2)
    rows += extract_folder(bombs, tmp_path / "bombs", 2, timeout=4.0)
    by_name = {r["file"][:3]: r["status"] for r in rows}
    assert len(rows) == len(quick) + len(bombs)
    wanted = {"b01": "encrypted", "b04": "no_pages", "b18": "no_text", "b19": "not_pdf"}
    assert wanted.items() <= (by_name | {}).items()
    assert by_name["b12"] == "timeout"
    assert all(r["reason"] and r["stage"] for r in rows if r["status"] != "ok")
    assert next(r["seconds"] for r in rows if r["file"].startswith("b12")) > 4


def test_labelled_pages_of_a_real_report(real_data):
    path = real_data / "reports" / "fb_MCDONALDS_2022_10K.pdf"
    if not path.is_file():
        pytest.skip("no McDonald's report in the real data")
    report = extract_report(path)
    gold = json.loads((path.parent / "figures_gold.json").read_text("utf-8"))["figures"]
    table = pd.DataFrame([g for g in gold if g["file"] == path.name])
    crops = {}
    for figure in report.figures:
        crops.setdefault((figure.file, figure.page), []).append(figure.box)
    score = score_crops(crops, boxes_by_page(table))
    assert score.recall >= 0.9, score.missed


def test_numbers_of_a_wide_table_are_no_page_numbers(tmp_path):
    """The last column of many 10-Ks stands in the margin, on page after page at one height."""
    path = tmp_path / "wide.pdf"
    with pymupdf.open() as document:
        for number in range(5):
            page = document.new_page(width=612, height=792)
            for k, row in enumerate(("Net sales", "Costs", "Net income")):
                y = 300 + 14 * k
                page.insert_text((30, y), row, fontsize=9)
                page.insert_text((480, y), f"{number + 2},3{k}1", fontsize=9)
                page.insert_text((570, y), f"{number + 3},4{k}2", fontsize=9)
            page.insert_text((300, 770), str(number + 1), fontsize=9)
        document.save(path)
    report = extract_report(path)
    tables = [b.text for b in report.blocks if b.kind == "table"]
    assert len(tables) == 5
    assert all(len(line.split("\t")) == 3 for text in tables for line in text.split("\n"))
    assert [b.text for b in report.blocks if b.kind == "furniture"] == list("12345")
