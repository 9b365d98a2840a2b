"""What the two stages gain over several seeds, with the intervals of the mean.

    finlmm run --seeds 1,2,3 --out papermill_runs/runs/seeds
    python benchmarks/seeds.py papermill_runs/runs/seeds/seed_*

Reads what notebook 06 of each run left. Two intervals of 95 %: over seeds Student's, of as many
means as there are runs; over rows a paired bootstrap of the reports, those of all runs pooled.
The first says what another seed would give, the second what other reports would.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from finlmm_utils.evaluation.evaluate import paired_difference
from finlmm_utils.intervals import student

# Label, before, after, rows, column.
GAINS = [
    ("stage 1", "base", "stage 1", "text", "right"),
    ("stage 2", "stage 1", "stage 2", "image", "right"),
    ("stage 2", "stage 1", "stage 2", "image", "image_right"),
    ("stage 2", "stage 1", "stage 2", "text", "right"),
    ("both", "base", "stage 2", "image", "right"),
    ("both", "base", "stage 2", "image", "image_right"),
]
SHARE = {"right": "accuracy", "image_right": "selection"}


def read_samples(folder: Path) -> pd.DataFrame:
    """Every completion that notebook 06 scored, with ids that no other run has.

    Raises:
        SystemExit: names what the run lacks.
    """
    path = folder / "06_evaluation" / "samples.parquet"
    if not path.exists():
        raise SystemExit(f"{path}: not there; expected a run of notebooks 01 to 06")
    samples = pd.read_parquet(path)
    lacking = {"base", "stage 1", "stage 2"} - set(samples["policy"])
    if lacking:
        raise SystemExit(f"{path}: no answers of {', '.join(sorted(lacking))}; expected a run with "
                         "notebooks 04 and 05 before 06")  # fmt: skip
    return samples.assign(id=f"{folder.resolve()} " + samples["id"])


def gains(runs: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """One line a gain, greedy and sampled: each run, mean, interval over seeds and over rows."""
    lines = []
    n = len(runs)
    for stage, before, after, rows, column in GAINS:
        for mode in ("greedy", "sampled"):
            sides = [
                {name: found[(found["policy"] == policy) & (found["kind"] == rows)
                             & (found["mode"] == mode)] for name, found in runs.items()}
                for policy in (before, after)
            ]  # fmt: skip
            if any(part.empty for side in sides for part in side.values()):
                continue
            rises = pd.Series({
                name: paired_difference(sides[0][name], sides[1][name], column)["difference"]
                for name in runs
            })  # fmt: skip
            pooled = paired_difference(*(pd.concat(side.values()) for side in sides), column)
            ends = student(rises.tolist())[1:] if n > 1 else (float("nan"), float("nan"))
            low, high = pooled["interval"]
            lines.append(
                {"gain": f"{stage}, {rows} {SHARE[column]}, {mode}", **rises, "mean": rises.mean(),
                 "seeds low": ends[0], "seeds high": ends[1],
                 "rows low": low, "rows high": high, "rows": pooled["rows"]}
            )  # fmt: skip
    return pd.DataFrame(lines).set_index("gain")


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("runs", nargs="+", type=Path)
    folders = parser.parse_args().runs
    runs = {str(folder): read_samples(folder) for folder in folders}
    table = gains(runs).rename(columns={str(folder): folder.name for folder in folders})
    print(table.round(3).to_string())
    if len(runs) == 1:
        print("one run: no interval over seeds")


if __name__ == "__main__":
    main()
