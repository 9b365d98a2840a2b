"""Measures ASP on many made reports: memory, two processes, and the cost of the paper's scale.

    python benchmarks/scale.py --reports 1000

Two figures for two processes: `wall_ratio` is what a stop watch says and needs two free cores;
`cpu_ratio` is what they would reach by the CPU time that the work took, whatever else runs.
The cost of 23,397 reports follows from the rates of this run and from the named assumptions.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import threading
import time
from pathlib import Path

import pandas as pd
import psutil

from finlmm_utils import asp
from finlmm_utils.asp.llm.cost import paper_cost
from finlmm_utils.synthetic.reports import write_reports


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


def main() -> None:
    """Runs what the command line asks for and prints JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=1000, help="number of made reports")
    parser.add_argument("--seed", type=int, default=7, help="seed of the made reports")
    parser.add_argument("--pages-per-report", type=int, default=100, help="for the cost")
    parser.add_argument(
        "--tokens-per-second", type=float, default=0.0,
        help="rate at which your GPU reads prompts, measured by your server; 0: no GPU hours",
    )  # fmt: skip
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "made"
        write_reports(folder, options.reports, options.seed)
        one, two = (measure(folder, Path(name) / str(n), n) for n in (1, 2))
        blocks = pd.read_parquet(Path(name) / "1" / "blocks.parquet")
    letters = int(blocks[blocks.kind != "furniture"].text.str.len().sum())
    result = {
        "one": one,
        "two": two,
        "wall_ratio": round(one["wall_seconds"] / two["wall_seconds"], 2),
        "cpu_ratio": round(2 * one["cpu_seconds"] / two["cpu_seconds"], 2),
        "paper": paper_cost(
            one["cpu_seconds"] / one["pages"],
            letters / one["pages"],
            tokens_per_second=options.tokens_per_second,
            pages_per_report=options.pages_per_report,
        ),
    }
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
