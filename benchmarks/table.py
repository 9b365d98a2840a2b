"""Measures the rows of README's table of ratios in one run, and writes them there.

    python benchmarks/table.py                       # a quarter of an hour, on a quiet machine
    python benchmarks/table.py --data FOLDER         # with real reports (benchmarks/extraction.py)

Each row is a ratio of two things that took turns in this run, or a time, with its least and its
greatest round beside the median. CPU time of one process where that says it, so that other load
does not count; the load of the machine before the run is kept. The file is
papermill_runs/gallery/benchmarks.json; README's table is made of it alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import finlmm_utils  # noqa: F401, comes before torch: it says how torch's threads wait

# isort: split
import extraction
import step
import threads

from finlmm_utils.asp.extract import extract_report
from finlmm_utils.asp.gold.labelled import read_labels
from finlmm_utils.output import write_text
from finlmm_utils.study.report.views.results import benchmarks_path, write_results
from finlmm_utils.study.runner.measured import machine
from finlmm_utils.synthetic.reports import write_reports

CODE = "import sys, finlmm_utils; sys.exit('torch' in sys.modules)"
REPORTS = 6
"""Made reports of a round (our choice)."""


def row(what: str, values: Sequence[float], unit: str, goal: str, command: str) -> dict[str, Any]:
    """One row.

    Args:
        what: is compared with what.
        values: one a round.
        unit: "x" for a ratio, or that of a time.
        goal: in words, "" for none.
        command: that measures it, with more beside it.
    """
    return {"what": what, "median": statistics.median(values), "least": min(values),
            "most": max(values), "rounds": len(values), "unit": unit, "goal": goal,
            "command": command}  # fmt: skip


def read_reports(rounds: int, data: Path | None) -> list[dict[str, Any]]:
    """Extraction beside bare PyMuPDF and pymupdf4llm; a round is other reports.

    Args:
        rounds: sets of made reports.
        data: folder with labelled sets of real reports, each one more round of its own row.
    """
    command = "python benchmarks/extraction.py"
    found: dict[tuple[str, str], list[float]] = {}
    with tempfile.TemporaryDirectory() as name:
        sets = [
            ("made reports", write_reports(Path(name) / str(n), REPORTS, 500 + n))
            for n in range(rounds)
        ]
        for folder in ("reports", "reports_more") if data else ():
            labels = read_labels(data / folder / "figures_gold.json")
            sets.append(("real reports", [data / folder / name for name in labels.files]))
        for kind, paths in sets:  # first: pymupdf4llm changes how MuPDF lays out text
            own = extraction.timed(paths, extract_report)[1]
            bare = extraction.timed(paths, extraction.bare)[1]
            found.setdefault((kind, "bare PyMuPDF"), []).append(bare / own)
        for kind, paths in sets:
            beside = extraction.beside_pymupdf4llm(paths, 16 if kind == "real reports" else 1)
            found.setdefault((kind, "pymupdf4llm"), []).append(beside["speed_to_pymupdf4llm"])
    return [
        row(f"speed of extraction to that of {other}, {kind}", values, "x", "", command)
        for (kind, other), values in found.items()
    ]


def steps(rounds: int, count: int, tokens: int) -> list[dict[str, Any]]:
    """A GRPO step beside plain TRL, and what the discriminator takes of it.

    Args:
        rounds: of each trainer.
        count: measured steps of a round.
        tokens: of a completion.
    """
    told = step.options_from(
        ["--rounds", str(rounds), "--steps", str(count), "--tokens", str(tokens)]
    )
    found = step.measure(told)
    mean = {kind: [statistics.mean(r.seconds) for r in rs] for kind, rs in found.items()}
    command = "python benchmarks/step.py"
    rows = [row("CPU time of a GRPO step to plain TRL's",
                [a / b for a, b in zip(mean["published"], mean["plain"], strict=True)],
                "x", "", command)]  # fmt: skip
    for kind, goal in (("published", "at most 0.05"), ("relational", "at most 0.10")):
        taken = [r.judged / s for r, s in zip(found[kind], mean[kind], strict=True)]
        rows.append(row(f"of it the {kind} discriminator, an update every {told.interval} steps",
                        taken, "x", goal, command))  # fmt: skip
    for part in found["published"][0].parts:
        shares = [r.parts[part] for r in found["published"]]
        rows.append(row(f"of its wall time {part}", shares, "x", "", command))
    return rows


def beside_busy(rounds: int, tokens: int) -> list[dict[str, Any]]:
    """A step with one process that is busy beside it, and alone.

    Args:
        rounds: of each, in turn.
        tokens: of a completion.
    """
    worker = threads.Worker(threads.OURS, tokens, 2 * rounds + 1)
    ratios = []
    try:
        worker.took("step")
        for _ in range(rounds):
            alone = worker.took("step")
            busy = subprocess.Popen([sys.executable, "-c", threads.BUSY_CODE])
            try:
                ratios.append(worker.took("step") / alone)
            finally:
                busy.kill()
                busy.wait()
    finally:
        worker.end()
    what = "wall time of a step beside one busy process to that alone"
    return [row(what, ratios, "x", "", "python benchmarks/threads.py")]


def imports(rounds: int) -> list[dict[str, Any]]:
    """Import of the package: seconds, with Python's own start, and no torch.

    Args:
        rounds: fresh processes.
    """
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", CODE], check=True)
        seconds.append(time.perf_counter() - began)
    what = "start of Python with `import finlmm_utils`, which loads no torch"
    return [row(what, seconds, "s", "at most 0.5", f'python -c "{CODE}"')]


def main() -> None:
    """Measures, writes the file and README."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="of everything, from 2")
    parser.add_argument("--steps", type=int, default=5, help="of GRPO in a round")
    parser.add_argument("--tokens", type=int, default=64, help="of a completion, at most")
    parser.add_argument("--data", type=Path, help="folder with labelled sets of real reports")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rows = [
        *read_reports(options.rounds, options.data),
        *steps(options.rounds, options.steps, options.tokens),
        *beside_busy(options.rounds, options.tokens),
        *imports(options.rounds),
    ]
    told = {"machine": machine(), "load_before": round(load, 2), "rows": rows}
    text = json.dumps(told, indent=1, default=float)
    write_text(benchmarks_path(), text + "\n")
    print("\n".join(str(path) for path in [benchmarks_path(), *write_results()]))


if __name__ == "__main__":
    main()
