"""Measures ASP on many made reports: memory, two processes, and how questions and alignment grow.

    python benchmarks/scale.py --reports 1000
    python benchmarks/scale.py --growth

Two figures for two processes: `wall_ratio` is what a stop watch says and needs two free cores;
`cpu_ratio` is what they would reach by the CPU time that the work took, whatever else runs. What
many reports cost at measured rates stands in docs/capacity.md.

`--growth` writes papermill_runs/gallery/growth.json and docs/capacity.md where it ran over the
sizes that it has by default. Reports are made as text and figures without pictures, nothing is
drawn or read. `figures` are of reports of 40 pages with one on each, more and more of them; `pages`
are of one report that gets longer, with a figure on every fourth page and a fixed number of
questions. An exponent of 1 is a time that grows as the number does: the slope between the
logarithms of two sizes, in CPU time of this process. The sentence encoder takes a text at a time
and is left out, a constant vector stands for each text; `--encoder` puts it back. Memory is the
most that the process held by then.
"""

from __future__ import annotations

import argparse
import json
import math
import random
import resource
import sys
import tempfile
import threading
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import psutil

from finlmm_utils import asp
from finlmm_utils.asp.alignment import offline
from finlmm_utils.asp.alignment.filters import WRITTEN_FOR_ONE, filter_pairs
from finlmm_utils.asp.alignment.first_tie import drawn, worth_asking
from finlmm_utils.asp.alignment.similarity import WIDTH, embed
from finlmm_utils.asp.questions.offline import OfflineGenerator
from finlmm_utils.asp.records import Block, Figure, Reading, Report
from finlmm_utils.checkout import repository_root
from finlmm_utils.output import write_text
from finlmm_utils.study.capacity import GROWTH
from finlmm_utils.study.report.views.results import write_results
from finlmm_utils.study.runner.measured import machine
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.synthetic.reports import write_reports
from finlmm_utils.synthetic.vocabulary import Narrator, cause, company_name, statement

FIGURES, PAGES = "1000,10000,100000", "100,1000,10000"
BOX = (0.0, 0.0, 100.0, 100.0)
PAGES_OF_A_REPORT = 40
LIMIT = 10
"""Questions that a report keeps."""


class Memory(threading.Thread):
    """Samples the resident memory of this process and its children, MB, every half second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[float] = []
        self.ended = threading.Event()

    def run(self) -> None:
        """Samples until `ended` is set."""
        own = psutil.Process()
        while not self.ended.wait(0.5):
            total = 0
            for process in [own, *own.children(recursive=True)]:
                try:
                    total += process.memory_info().rss
                except psutil.NoSuchProcess:
                    continue  # it ended between the two calls
            self.samples.append(total / 2**20)


def measure(folder: Path, out: Path, workers: int) -> dict:
    """One run over the folder: wall and CPU seconds, pages, and memory by quarter of the run."""
    memory = Memory()
    memory.start()
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    rows = asp.run(folder, out, workers=workers)
    wall = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    memory.ended.set()
    memory.join()
    cut = max(len(memory.samples) // 4, 1)
    return {
        "wall_seconds": round(wall, 1),
        "cpu_seconds": round(
            after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1
        ),
        "pages": sum(row["pages"] for row in rows),
        "memory_mb_by_quarter": [
            round(max(memory.samples[k * cut : (k + 1) * cut], default=0)) for k in range(4)
        ],
    }


def made_report(number: int, pages: int, apart: int = 1) -> Report:
    """A report as its reader would leave it: text on every page.

    Args:
        number: of the report, its seed.
        pages: how many.
        apart: pages from one figure to the next.
    """
    rng = random.Random(number)
    name, blocks, figures = f"r{number}", [], []
    for page in range(1, pages + 1):
        series = random_series(rng)
        texts = Narrator(rng, name).take(2)
        texts += [statement(series, rng), cause(series, rng)]
        for kind, text in (("heading", company_name(rng)), ("text", " ".join(texts))):
            blocks.append(Block(page=page, index=len(blocks), kind=kind, text=text, box=BOX))
        if page % apart == 0:
            pairs = list(zip(series.labels, series.values, strict=True))
            figures.append(Figure(
                figure_id=f"{name}-p{page}-1", report_id=name, file=f"{name}.pdf", page=page,
                box=BOX, kind="vector", png=b"", phash=f"{rng.getrandbits(64):016x}",
                title=f"{series.term.capitalize()} of {company_name(rng)}",
                caption=f"Figure {page // apart}", near_text=texts[0],
                inner_text=" ".join(f"{label} {value:g}" for label, value in pairs),
                shows=[Reading(series="", label=label, value=value, how="printed")
                       for label, value in pairs],
            ))  # fmt: skip
    return Report(report_id=name, file=f"{name}.pdf", sha256="", status="ok", pages=pages,
                  blocks=blocks, figures=figures)  # fmt: skip


def asked_and_tied(reports: list[Report]) -> dict[str, float]:
    """CPU seconds of the questions of all reports and of tying them, and how many were kept."""
    generator, aligner = OfflineGenerator(1, worth_asking, drawn), offline.OfflineAligner()
    asked = tied = 0.0
    kept = 0
    for report in reports:
        start = time.process_time()
        pairs = generator.questions(report, WRITTEN_FOR_ONE * LIMIT)
        middle = time.process_time()
        triplets = filter_pairs(report, pairs, aligner, per_report=LIMIT)
        asked, tied = asked + middle - start, tied + time.process_time() - middle
        kept += sum(triplet.kept for triplet in triplets)
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    found = {"questions_s": round(asked, 2), "alignment_s": round(tied, 2), "kept": kept}
    print(found, file=sys.stderr, flush=True)
    return found | {"memory_mb": round(most)}


def exponents(rows: list[dict], size: str) -> dict[str, list[float]]:
    """Slope between each size and the next, of questions and of alignment.

    Args:
        rows: of one series of sizes.
        size: name of the size.
    """
    found = {}
    for name in ("questions_s", "alignment_s"):
        found[name.removesuffix("_s")] = [
            round(math.log(b[name] / a[name]) / math.log(b[size] / a[size]), 2)
            for a, b in pairwise(rows)
        ]
    return found


def growth(figures: list[int], pages: list[int], encoder: bool) -> dict:
    """How the time of questions and alignment grows with a corpus and with one report.

    Args:
        figures: of the corpora, rising.
        pages: of the one report, rising.
        encoder: whether the sentence encoder reads the texts.
    """
    if not encoder:
        offline.embed = lambda texts: np.full((len(texts), WIDTH), WIDTH**-0.5, np.float32)
    else:
        embed(["it is loaded before the clock runs"])
    asked_and_tied([made_report(0, PAGES_OF_A_REPORT)])  # what is made once is made
    corpora = []
    for count in figures:
        reports = (made_report(n, PAGES_OF_A_REPORT) for n in range(count // PAGES_OF_A_REPORT))
        corpora.append({"figures": count, **asked_and_tied(reports)})
    long = [{"pages": count, **asked_and_tied([made_report(1, count, 4)])} for count in pages]
    return {
        "figures": corpora,
        "exponents_by_figures": exponents(corpora, "figures"),
        "pages": long,
        "exponents_by_pages": exponents(long, "pages"),
    }


def main() -> None:
    """Runs what the command line asks for and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1000, help="number of made reports")
    parser.add_argument("--seed", type=int, default=7, help="seed of the made reports")
    parser.add_argument("--growth", action="store_true", help="of questions and alignment")
    parser.add_argument("--figures", default=FIGURES, help="of the corpora")
    parser.add_argument("--pages", default=PAGES, help="of the one report")
    parser.add_argument("--encoder", action="store_true", help="with the sentence encoder")
    options = parser.parse_args()
    if options.growth:
        sizes = [list(map(int, text.split(","))) for text in (options.figures, options.pages)]
        found = {"machine": machine(), **growth(*sizes, options.encoder)}
        print(json.dumps(found, indent=1))
        if (options.figures, options.pages, options.encoder) == (FIGURES, PAGES, False):
            write_text(repository_root() / GROWTH, json.dumps(found, indent=1) + "\n")
            print("\n".join(map(str, write_results())))
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "made"
        write_reports(folder, options.reports, options.seed)
        one, two = (measure(folder, Path(name) / str(n), n) for n in (1, 2))
    result = {
        "one": one,
        "two": two,
        "wall_ratio": round(one["wall_seconds"] / two["wall_seconds"], 2),
        "cpu_ratio": round(2 * one["cpu_seconds"] / two["cpu_seconds"], 2),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
