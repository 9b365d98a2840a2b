"""Counts what the offline backend makes of real reports: questions, kept pairs, reasons of drops.

    python benchmarks/questions.py --reports FOLDER [FOLDER ...] --check OUT

A line for each report, and a table of the rules: facts read, questions written, kept, and why the
rest was dropped. A rule that keeps under 2 % of at least 50 written ones is marked: it asks what no
chart shows.

`--check` is a folder that gets the kept pairs as a form (`review.csv`) and the crops they are tied
to, for a person who judges them; filled in, it is read back by the same command, which then prints
the accepted share by task kind and by report.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from pathlib import Path

from finlmm_utils.asp import review
from finlmm_utils.asp.alignment import filters
from finlmm_utils.asp.alignment.figure_ocr import read_figure
from finlmm_utils.asp.alignment.offline import OfflineAligner
from finlmm_utils.asp.backends import make_generator
from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.page.files import find_pdfs
from finlmm_utils.asp.questions.facts import read_facts
from finlmm_utils.asp.questions.offline import rule_of
from finlmm_utils.asp.records import IQA

WRITTEN, SHARE = 50, 0.02
"""From how many questions on a rule is judged, and the share of them that it must keep."""


class Rules:
    """Counts by rule."""

    def __init__(self) -> None:
        self.facts: Counter[str] = Counter()
        self.reasons: dict[str, Counter[str]] = defaultdict(Counter)

    def add(self, facts: list[str], found: list[IQA]) -> None:
        """Counts the facts and the triplets of one report."""
        self.facts.update(facts)
        for triplet in found:
            self.reasons[rule_of(triplet)][triplet.reason or "kept"] += 1

    def lines(self) -> list[dict]:
        """One line a rule, those that keep most first."""
        names = sorted(set(self.facts) | set(self.reasons), key=lambda n: -self.reasons[n]["kept"])
        out = []
        for name in names:
            reasons = self.reasons[name]
            written, kept = reasons.total(), reasons["kept"]
            row = {"rule": name, "facts": self.facts[name], "written": written, "kept": kept}
            dropped = {k: v for k, v in reasons.most_common() if k != "kept"}
            useless = written >= WRITTEN and kept < SHARE * written
            out.append(row | {"dropped": dropped} | ({"useless": True} if useless else {}))
        return out


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
    parser.add_argument("--reports", type=Path, nargs="+", required=True, help="folders of PDFs")
    parser.add_argument("--limit", type=int, default=40, help="most questions kept of a report")
    parser.add_argument("--check", type=Path, help="folder for the form and the crops")
    options = parser.parse_args()
    aligner, writer = OfflineAligner(ocr=read_figure), make_generator("offline")
    reasons: Counter[str] = Counter()
    rules = Rules()
    kept: list[IQA] = []
    for path in (path for folder in options.reports for path in find_pdfs(folder)):
        report = extract_report(path)
        pairs = writer.questions(report, filters.WRITTEN_FOR_ONE * options.limit)
        found = filters.filter_pairs(
            report, pairs, aligner, ocr=read_figure, per_report=options.limit
        )
        rules.add([name for name, _ in read_facts(report.blocks)], found)
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
    for row in rules.lines():
        print(json.dumps(row, ensure_ascii=False))
    print(json.dumps({"all": reasons}))
    if options.check:
        form = review.Form(options.check / "review.csv", kept)
        print(json.dumps(review.accepted(list(form.rows.values()))))
        print(json.dumps(accepted_by_report(form)))


if __name__ == "__main__":
    main()
