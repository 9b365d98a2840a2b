"""Measures the offline aligner: labelled questions on real reports, gold of made reports.

    python benchmarks/alignment.py --data FOLDER --made 24 --seed 901

`--data` is a folder with `reports` and `reports_more`, each with `alignment_gold.jsonl` (file,
question, page, box of the chart that answers) and `figures_gold.json`; without it only made reports
are measured. A question counts as right where the best-scored figure is the chart's own crop
(`finlmm_utils.asp.gold.labelled`), or that of a chart under `also`, and no table or scheme. `kept`
counts those that floor and margin leave, and how many of them are right.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from pathlib import Path

from finlmm_utils.asp.alignment.figure_ocr import read_figure
from finlmm_utils.asp.alignment.filters import WRITTEN_FOR_ONE, filter_pairs
from finlmm_utils.asp.alignment.offline import OfflineAligner
from finlmm_utils.asp.backends import make_generator
from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.alignment import (
    alignment_score,
    gold_pairs,
    read_gold,
    right_figure,
    right_figures,
)
from finlmm_utils.asp.gold.labelled import NO_CHART, LabelledSet, is_own, read_labels
from finlmm_utils.asp.gold.shares import rounded, share_of
from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import Figure
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.synthetic.reports import write_reports

LIMIT = int(load_profile("cpu")["questions_per_report"])
"""Questions that a report keeps, as notebook 02 does by default."""


def shows(figure: Figure, row: dict, labels: LabelledSet) -> bool:
    """Whether a figure is the own crop of a chart that answers."""
    if figure.kind in NO_CHART:
        return False
    wanted = [
        (x["page"], (x["x0"], x["y0"], x["x1"], x["y1"])) for x in [row, *row.get("also", [])]
    ]
    here = [c for c in labels.charts if c.place == (row["file"], figure.page)]
    answers = [c for c in here if (figure.page, c.box) in wanted]
    return any(is_own(figure.box, chart, here) for chart in answers)


def real(folder: Path, verbose: bool) -> dict:
    """Share of the labelled questions whose figure is found, by language."""
    labels = read_labels(folder / "figures_gold.json")
    rows_of = defaultdict(list)
    for line in (folder / "alignment_gold.jsonl").read_text("utf-8").splitlines():
        rows_of[json.loads(line)["file"]].append(json.loads(line))
    hits = defaultdict(list)
    for file, rows in rows_of.items():
        report = extract_report(folder / file)
        # The question alone: page 1 for all, as if nobody knew where its sentence stands.
        pairs = [
            make_qa(
                report.report_id, 1, "", "gold", question=row["question"], answer="?",
                answer_kind="text", task="explanation",
            )
            for row in rows
        ]  # fmt: skip
        figures = {figure.figure_id: figure for figure in report.figures}
        ranked = OfflineAligner(ocr=read_figure).ranked(report, pairs)
        for row, (best, chosen) in zip(rows, ranked, strict=True):
            found = figures[best]
            right = shows(found, row, labels)
            language = "Chinese" if is_chinese(row["question"]) else "English"
            for name in (language, "all"):
                hits[name].append(right)
                if not chosen.reason:
                    hits[f"{name}, of kept"].append(right)
            if verbose and not right:
                print(f"page {row['page']}: {row['question']}")
                print(f"    found page {found.page}, {chosen.score:.3f}: {found.caption[:80]!r}")
    return {k: f"{sum(v)} of {len(v)} ({sum(v) / len(v):.2f})" for k, v in hits.items()}


def made(number: int, seed: int) -> dict:
    """Precision and recall over made reports: of gold questions, and of what the rules write.

    `written` are the offline questions after every filter, as notebook 02 keeps them.
    """
    wanted = chosen = hits = 0
    reports, triplets, writer = [], [], make_generator("offline")
    with tempfile.TemporaryDirectory() as name:
        paths, aligner = write_reports(Path(name), number, seed), OfflineAligner(ocr=read_figure)
        gold = read_gold(Path(name) / "gold.jsonl")
        for path in paths:
            report = extract_report(path)
            right = right_figures([report], gold)
            pairs = [p for p in gold_pairs(report, gold) if right_figure(p, right)]
            for pair, found in zip(pairs, aligner.align(report, pairs), strict=True):
                wanted += 1
                chosen += bool(found.figure_id)
                hits += found.figure_id == right_figure(pair, right)
            reports.append(report)
            written = writer.questions(report, WRITTEN_FOR_ONE * LIMIT)
            triplets += filter_pairs(report, written, aligner, ocr=read_figure, per_report=LIMIT)
        score = alignment_score(triplets, right_figures(reports, gold))
    return {
        "questions": wanted,
        "precision": rounded(share_of(hits, chosen)),
        "recall": rounded(share_of(hits, wanted)),
        "written": {name: rounded(value) for name, value in score.items()},
    }


def main() -> None:
    """Runs what the command line asks for and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder with labelled sets of real reports")
    parser.add_argument("--made", type=int, default=24, help="number of made reports")
    parser.add_argument("--seed", type=int, default=901, help="seed of the made reports")
    parser.add_argument("--verbose", action="store_true", help="print what was not found")
    options = parser.parse_args()
    result = {"made": made(options.made, options.seed)} if options.made else {}
    for name in ("reports", "reports_more") if options.data else ():
        if (options.data / name / "alignment_gold.jsonl").is_file():
            result[name] = real(options.data / name, options.verbose)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
