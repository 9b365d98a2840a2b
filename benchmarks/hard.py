"""Measures figures, alignment and kept pairs on made reports of level `hard`.

    python benchmarks/hard.py --out FILE

By default on the reporting seeds of :mod:`finlmm_utils.synthetic.hard.traps`, whose reports nobody
looks at; `--seeds 11` is for growing rules. Plain reports are measured beside it with the same
scorer's words where they have them.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from finlmm_utils.asp.alignment.figure_ocr import read_figure
from finlmm_utils.asp.alignment.filters import WRITTEN_FOR_ONE, filter_pairs
from finlmm_utils.asp.alignment.first_tie import drawn, worth_asking
from finlmm_utils.asp.alignment.offline import OfflineAligner
from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.hard import HardGold, HardJudge, score_alignment, score_hard_figures
from finlmm_utils.asp.questions.offline import OfflineGenerator
from finlmm_utils.asp.records import IQA
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.synthetic.hard import traps
from finlmm_utils.synthetic.reports import write_reports

LIMIT = int(load_profile("cpu")["questions_per_report"])
"""Questions that a report keeps, as in notebook 02 by default."""


def by_layout(judge: HardJudge) -> dict[str, str]:
    """Own crops of charts, by layout."""
    charts: Counter[str] = Counter()
    found: Counter[str] = Counter()
    for row, verdict in zip(judge.gold.charts, judge.verdicts, strict=True):
        charts[row["traps"][0]] += 1
        found[row["traps"][0]] += verdict.found == "own"
    return {trap: f"{found[trap]} of {n}" for trap, n in sorted(charts.items())}


def measure(seed: int, reports_wanted: int, verbose: bool, ocr: bool) -> dict[str, Any]:
    """All numbers of one seed."""
    with tempfile.TemporaryDirectory() as name:
        write_reports(name, reports_wanted, seed, level="hard")
        return measured_in(Path(name), seed, verbose, ocr)


def measured_in(folder: Path, seed: int, verbose: bool, ocr: bool) -> dict[str, Any]:
    """All numbers of the hard reports in a folder."""
    reading = read_figure if ocr else None
    began = time.process_time()
    reports = [extract_report(path) for path in sorted(folder.glob("*.pdf"))]
    seconds = time.process_time() - began
    gold = HardGold.read(folder)
    judge = HardJudge(reports, gold)
    aligner, writer = OfflineAligner(ocr=reading), OfflineGenerator(1, worth_asking, drawn)
    asked: list[tuple[str | None, str, str]] = []
    triplets: list[IQA] = []
    for report in reports:
        pairs, right = judge.gold_pairs(report)
        for figure, (best, chosen) in zip(right, aligner.ranked(report, pairs), strict=True):
            asked.append((figure, best, chosen.figure_id))
        written = writer.questions(report, WRITTEN_FOR_ONE * LIMIT)
        triplets += filter_pairs(report, written, aligner, ocr=reading, per_report=LIMIT)
    if verbose:
        for verdict in judge.verdicts:
            if verdict.found != "own":
                print(verdict.found, verdict.chart.place, [round(v) for v in verdict.chart.core])
        for triplet in filter(lambda t: t.kept, triplets):
            print("right" if judge.right(triplet) else "WRONG", triplet.figure_id,
                  triplet.question, triplet.answer)  # fmt: skip
    return {
        "seed": seed,
        "reports": len(reports),
        "figures": score_hard_figures(reports, gold),
        "own_by_layout": by_layout(judge),
        "alignment": score_alignment(asked),
        "pairs": judge.score_pairs(triplets),
        "reasons": dict(Counter(t.reason or "kept" for t in triplets).most_common()),
        "pages_a_cpu_second": round(sum(r.pages for r in reports) / seconds, 1),
    }


def main() -> None:
    """Runs what the command line asks for and prints one JSON line a seed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, nargs="*", default=list(traps.REPORTING_SEEDS))
    parser.add_argument("--reports", type=int, default=traps.REPORTS, help="reports of each seed")
    parser.add_argument("--out", type=Path, help="file that gets all of it")
    parser.add_argument("--verbose", action="store_true", help="losses, junk and kept pairs")
    parser.add_argument("--no-ocr", action="store_true", help="leave pictures unread")
    options = parser.parse_args()
    found = []
    for seed in options.seeds:
        found.append(measure(seed, options.reports, options.verbose, not options.no_ocr))
        print(json.dumps(found[-1]), flush=True)
    if options.out:
        whole = {"traps": traps.VERSION, "seeds": found}
        options.out.write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
