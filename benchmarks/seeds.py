"""What the two stages gain over several seeds, with the interval of the mean.

    finlmm run --seeds 1,2,3 --out papermill_runs/runs/seeds
    python benchmarks/seeds.py papermill_runs/runs/seeds/seed_*

Reads the metrics of notebook 06 of each run. The interval is Student's, over seeds.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd
from scipy import stats

from finlmm_utils.study.compare import read_metrics

# Label, before, after, rows, share.
GAINS = [
    ("stage 1", "base", "stage1", "text", "accuracy"),
    ("stage 2", "stage1", "stage2", "image", "accuracy"),
    ("stage 2", "stage1", "stage2", "image", "selection"),
    ("stage 2", "stage1", "stage2", "text", "accuracy"),
    ("both", "base", "stage2", "image", "accuracy"),
    ("both", "base", "stage2", "image", "selection"),
]


def gains(folder: Path) -> dict[str, float]:
    """Differences of one run, greedy and sampled."""
    values = read_metrics(folder)
    place = "06_evaluation: "
    return {
        f"{stage}, {rows} {share}, {how}": values[f"{place}{after}/{rows}/{how}.{share}"]
        - values[f"{place}{before}/{rows}/{how}.{share}"]
        for stage, before, after, rows, share in GAINS
        for how in ("greedy", "sampled")
    }


def main() -> None:
    """Prints one line a gain: each seed, mean, 95 % interval."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    folders = parser.parse_args().runs
    table = pd.DataFrame({folder.name: gains(folder) for folder in folders})
    n = len(folders)
    half = stats.t.ppf(0.975, n - 1) * table.std(axis=1) / n**0.5 if n > 1 else float("nan")
    mean = table.mean(axis=1)
    table = table.assign(mean=mean, low=mean - half, high=mean + half)
    print(table.round(3).to_string())


if __name__ == "__main__":
    main()
