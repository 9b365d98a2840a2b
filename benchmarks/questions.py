"""Counts what the offline backend makes of real reports: questions, kept pairs, reasons of drops.

    python benchmarks/questions.py --reports FOLDER --check OUT

`--check` is a folder that gets the kept pairs as a form (`review.csv`) and the crops they are tied
to, for a person who judges them; filled in, it is read back by the same command, which then prints
the accepted share by task kind and by report.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from finlmm_utils.asp import review
from finlmm_utils.asp.alignment import filters
from finlmm_utils.asp.alignment.figure_ocr import read_figure
from finlmm_utils.asp.alignment.offline import OfflineAligner
from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.questions.offline import OfflineGenerator
from finlmm_utils.asp.records import IQA
from finlmm_utils.asp.supervise import find_pdfs


def accepted_by_report(form: review.Form) -> dict[str, str]:
    """Share of "keep" among what a person judged, by report."""
    kept: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for row in form.rows.values():
        if row["verdict"]:
            judged[row["report_id"]] += 1
            kept[row["report_id"]] += row["verdict"] == "keep"
    return {report: f"{kept[report]} of {n}" for report, n in sorted(judged.items())}


def main() -> None:
    """Runs what the command line asks for and prints one JSON line a report, then the sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--reports", type=Path, required=True, help="folder of PDFs")
    parser.add_argument("--limit", type=int, default=200, help="most questions a report")
    parser.add_argument("--check", type=Path, help="folder for the form and the crops")
    options = parser.parse_args()
    aligner, writer = OfflineAligner(ocr=read_figure), OfflineGenerator(1)
    reasons: Counter[str] = Counter()
    kept: list[IQA] = []
    for path in find_pdfs(options.reports):
        report = extract_report(path)
        pairs = writer.questions(report, options.limit)
        found = filters.filter_pairs(report, pairs, aligner, ocr=read_figure)
        here = Counter(triplet.reason or "kept" for triplet in found)
        tasks = Counter(pair.task for pair in pairs)
        line = {"file": report.file, "report_id": report.report_id, "figures": len(report.figures)}
        print(json.dumps({**line, "questions": len(pairs), **tasks, **here}), flush=True)
        reasons += here
        kept += [triplet for triplet in found if triplet.kept]
        if options.check:
            options.check.mkdir(parents=True, exist_ok=True)
            asked = {triplet.figure_id for triplet in kept}
            for figure in report.figures:
                if figure.figure_id in asked:
                    (options.check / f"{figure.figure_id}.png").write_bytes(figure.png)
    print(json.dumps({"all": reasons}))
    if options.check:
        form = review.Form(options.check / "review.csv", kept)
        print(json.dumps(review.accepted(list(form.rows.values()))))
        print(json.dumps(accepted_by_report(form)))


if __name__ == "__main__":
    main()
