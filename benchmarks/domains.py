"""Measures each step of ASP on made reports of other fields: finance, clinical care, law.

    python benchmarks/domains.py --reports 12 --seeds 41 42

For each field: reports with its words are drawn (level `hard`, in English), then read twice by the
same code, once with the field's vocabulary file and once with that of finance. What differs between
the fields is the words alone; the traps and their shares are those of `benchmarks/hard.py`, which
measures. A vocabulary is chosen when Python starts, so each part runs in a process of its own.
`--study FOLDER` writes the committed study.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

LOSS = 0.1
"""Share of right pairs that a field may lose and still count as working; our choice."""
FIELDS = ("finance", "clinical", "legal")
MEASURES = {
    "own": ("share of charts with a crop of their own", lambda m: m["figures"]["own_share"]),
    "tied": ("share of questions that one chart answers with it first",
             lambda m: m["alignment"]["right_first"]),
    "kept": ("kept pairs a report", lambda m: m["pairs"]["kept"] / m["reports"]),
    "precision": ("share of kept pairs that are right", lambda m: m["pairs"]["right_of_kept"]),
}  # fmt: skip


def draw(folder: Path, seed: int, count: int) -> None:
    """Draws the reports of the vocabulary in force."""
    from finlmm_utils.synthetic.hard import traps
    from finlmm_utils.synthetic.reports import write_reports

    traps.SHARES["chinese"] = traps.SHARES["chinese"]._replace(weight=0.0)
    write_reports(folder, count, seed, level="hard")


def in_a_process(vocabulary: str, *line: str) -> str:
    """What this script prints when it runs with a vocabulary."""
    told = {**os.environ, "FINLMM_VOCABULARY": vocabulary}
    done = subprocess.run(
        [sys.executable, __file__, *line], env=told, check=True, capture_output=True, text=True
    )
    return done.stdout


def measured(seeds: list[int], count: int) -> Iterator[dict[str, Any]]:
    """One line for each field, reader's vocabulary and seed."""
    for seed in seeds:
        for field in FIELDS:
            with tempfile.TemporaryDirectory() as name:
                in_a_process(field, "--draw", name, "--seeds", str(seed), "--reports", str(count))
                for reader in dict.fromkeys((field, "finance")):
                    told = json.loads(in_a_process(reader, "--read", name))
                    found = {m: read(told) for m, (_, read) in MEASURES.items()}
                    line = {"field": field, "read_with": reader, "seed": seed, **found}
                    print(json.dumps(line), flush=True)
                    yield line


def commit(lines: list[dict[str, Any]], folder: Path, command: str) -> None:
    """Writes the committed study: its summary, CSV and figure."""
    import pandas as pd

    from finlmm_utils.evaluation.arms.contrasts import write_study
    from finlmm_utils.evaluation.studies import Contrast, Study
    from finlmm_utils.intervals import student

    table = pd.DataFrame(lines)
    contrasts = []
    for field in FIELDS[1:]:
        for measure, (words, _) in MEASURES.items():
            own = table[(table["field"] == field) & (table["read_with"] == field)]
            base = table[(table["field"] == "finance")].set_index("seed")[measure]
            foreign = table[(table["field"] == field) & (table["read_with"] == "finance")]
            named = {
                f"{field} minus finance": base,
                f"{field}, its words minus finance's": foreign.set_index("seed")[measure],
            }
            for what, values in named.items():
                pairs = own.set_index("seed")[measure] - values
                mean, low, high = student(pairs.tolist())
                answers = measure == "precision" and values is base
                contrasts.append(Contrast(
                    contrast=what, metric=words, mean=mean, low=low, high=high,
                    seeds=len(pairs), kind="seeds (Student), paired", arms=[field, "finance"],
                    claims=["domains"] if answers else [], primary=answers,
                    threshold=-LOSS if answers else None,
                    values=[float(v) for v in pairs],
                ))  # fmt: skip
    study = Study(
        name="domains", question="Does ASP work outside finance without change of its structure?",
        title="Share of kept pairs that are right: " + "; ".join(
            f"{c.contrast} {c.mean:+.2f} ({c.low:+.2f} to {c.high:+.2f})"
            for c in contrasts if c.primary
        ),
        command=command, contrasts=contrasts, scale="made reports, level hard, English",
        planted="none", notebook="08",
        notes=[
            "The first three seeds were undecided; five more were drawn after.",
            "Offline rules write the questions: a vocabulary file changes with the field, no "
            "prompt is asked.",
            "A change of structure is taken for not needed where fewer than a tenth of the right "
            "pairs are lost: our choice.",
        ],
    )  # fmt: skip
    write_study(study, table, folder)


def main() -> None:
    """Runs what the command line asks for and prints one JSON line a part."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, nargs="*", default=[41, 42, 43])
    parser.add_argument("--reports", type=int, default=12, help="reports of each seed and field")
    parser.add_argument("--study", type=Path, help="folder that gets the committed study")
    parser.add_argument("--draw", type=Path, help="only draw the reports into a folder")
    parser.add_argument("--read", type=Path, help="only read the reports of a folder")
    options = parser.parse_args()
    if options.draw:
        draw(options.draw, options.seeds[0], options.reports)
    elif options.read:
        from hard import measured_in

        print(json.dumps(measured_in(options.read, seed=0, verbose=False, ocr=True)))
    else:
        lines = list(measured(options.seeds, options.reports))
        seeds = " ".join(map(str, options.seeds))
        command = f"python benchmarks/domains.py --seeds {seeds} --reports {options.reports}"
        command += " --study papermill_runs/gallery/studies/domains"
        if options.study:
            commit(lines, options.study, command)


if __name__ == "__main__":
    main()
