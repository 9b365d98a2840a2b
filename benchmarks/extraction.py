"""Measures extraction: charts found, junk, text, and speed beside bare PyMuPDF and pymupdf4llm.

    python benchmarks/extraction.py --data FOLDER --made 24

`--data` is a folder with labelled sets of real reports, `reports/figures_gold.json` and
`reports_more/figures_gold.json` (see the README on data), scored by
`finlmm_utils.asp.gold.labelled`; without it only made reports are measured. Speed is CPU time of
one process, so that other load does not count. Ratios are of the same pages in the same run;
pymupdf4llm reads every 16th, being slow.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pymupdf

from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.extraction import (
    boxes_by_page,
    missing_sentences,
    overhangs,
    score_crops,
)
from finlmm_utils.asp.gold.labelled import read_labels, score_figures
from finlmm_utils.asp.gold.shares import rounded
from finlmm_utils.asp.records import Report
from finlmm_utils.synthetic.reports import write_reports

SLACK = 3.0  # points that a crop may go beyond its chart, caption and source line: a margin


def timed(paths: list, work: Callable[[Any], object]) -> tuple[list, float]:
    """Results for each path and the CPU seconds they took together."""
    began = time.process_time()
    results = [work(path) for path in paths]
    return results, time.process_time() - began


def bare(path: Path) -> int:
    """Text and a 150-dpi picture of every page, nothing else."""
    with pymupdf.open(path) as document:
        for page in document:
            page.get_text()
            page.get_pixmap(dpi=150)
        return document.page_count


def beside_pymupdf4llm(paths: list[Path], step: int = 16) -> dict:
    """How many times as fast as pymupdf4llm, on every 16th page of the files."""
    samples = []
    for path in paths:
        with pymupdf.open(path) as document:
            document.select(range(0, document.page_count, step))
            samples.append(document.tobytes(garbage=3))
    own = sum(timed([data], lambda d: extract_report(d, file="sample.pdf"))[1] for data in samples)
    import pymupdf4llm  # part of PyMuPDF 2; here, since it changes how MuPDF lays out text

    other = 0.0
    for data in samples:
        with pymupdf.open(stream=data) as document:
            other += timed([document], lambda d: pymupdf4llm.to_markdown(d, use_ocr=False))[1]
    return {"speed_to_pymupdf4llm": round(other / own, 1)}


def crops_of(reports: list[Report]) -> dict:
    """Boxes of the figures that are no tables, by file and page."""
    boxes: dict = {}
    for figure in (f for r in reports for f in r.figures if f.kind != "table"):
        boxes.setdefault((figure.file, figure.page), []).append(figure.box)
    return boxes


def real(folder: Path) -> dict:
    """Scores of one labelled set; speed is over the reports that hold charts or tempting pages."""
    labels = read_labels(folder / "figures_gold.json")
    paths = [folder / name for name in labels.files]
    reports, seconds = timed(paths, extract_report)
    pages, bare_seconds = timed(paths, bare)
    return {
        **score_figures([f for r in reports for f in r.figures], labels),
        "pages_per_cpu_second": round(sum(pages) / seconds, 1),
        "speed_to_bare": round(bare_seconds / seconds, 2),
        **beside_pymupdf4llm(paths),
    }


def made(number: int, seed: int) -> dict:
    """Scores on made reports."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        reports, seconds = timed(write_reports(folder, number, seed), extract_report)
        charts = pd.read_json(folder / "gold_figures.jsonl", lines=True)
        sentences = pd.read_json(folder / "gold_sentences.jsonl", lines=True)
    crops = crops_of(reports)
    score = score_crops(crops, boxes_by_page(charts))
    beyond = overhangs(crops, boxes_by_page(charts, whole=True))
    lost = 0
    for report in reports:
        text = " ".join(block.text for block in report.blocks)
        lost += len(missing_sentences(sentences[sentences.file == report.file].sentence, text))
    return {
        "charts": score.charts,
        "recall": rounded(score.recall, 3),
        "precision": rounded(score.precision, 3),
        "crops_beyond_their_chart": round(sum(x > SLACK for x in beyond) / len(beyond), 3),
        "sentence_recall": round(1 - lost / len(sentences), 4),
        "pages_per_cpu_second": round(sum(r.pages for r in reports) / seconds, 1),
    }


def main() -> None:
    """Runs what the command line asks for and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with labelled sets of real reports")
    parser.add_argument("--made", type=int, default=24, help="number of made reports")
    parser.add_argument("--seed", type=int, default=101, help="seed of the made reports")
    options = parser.parse_args()
    result = {"made": made(options.made, options.seed)} if options.made else {}
    for name in ("reports", "reports_more") if options.data else ():
        if (options.data / name / "figures_gold.json").is_file():
            result[name] = real(options.data / name)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
