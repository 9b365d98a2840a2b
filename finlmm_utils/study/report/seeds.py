"""Several seeds on one page: means with intervals over seeds, thin lines, bands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.evaluation.ledger_views import over_seeds
from finlmm_utils.evaluation.plots.studies import seed_band
from finlmm_utils.plot_style import colour_of, save_figure, use_style
from finlmm_utils.study.report.figures import figure

SEED_FOLDER = re.compile(r"(?:.*/)?seed_(\d+)$")
NUMBER = re.compile(r"(\d+(?:\.\d+)?(?:e-?\d+)?)")
SHARED = "shared"
"""Where a sweep keeps the notebooks that all its cells take."""
CURVES = {"04_stage1_text_grpo": "stage 1", "05_stage2_multimodal_grpo": "stage 2"}
TERMS = ("reward_accuracy", "reward_selection", "reward_format", "reward_length")
WINDOW = 10
"""Steps of the running mean: those of the notebooks' own curves."""


@dataclass(frozen=True)
class OverSeeds:
    """What a page over seeds shows first.

    Attributes:
        rows: The ledger over seeds.
        figures: As :func:`finlmm_utils.study.report.figures.figure` gives them.
    """

    rows: list[Row]
    figures: list[dict[str, Any]]


def seeds_of(groups: Mapping[str, Any]) -> list[int]:
    """The seeds of a folder that holds nothing else than runs ``seed_N``; else none."""
    found = [SEED_FOLDER.fullmatch(name) for name in groups]
    same = {name.rpartition("/")[0] for name in groups}
    if len(groups) < 2 or len(same) != 1 or not all(found):
        return []
    return [int(match[1]) for match in found if match]


@dataclass(frozen=True)
class Cell:
    """One cell of a sweep.

    Attributes:
        name: Its settings, as its folder.
        first: Folder of its first run.
        rows: Its ledger, over its seeds where it has several.
    """

    name: str
    first: str
    rows: list[Row]


def cells_of(ledgers: Mapping[str, Sequence[Row]]) -> list[Cell]:
    """The cells of a sweep's folder; none where the folder is no sweep.

    Args:
        ledgers: A run's folder inside it to its ledger.
    """
    cells: dict[str, dict[int, Sequence[Row]]] = {}
    for name, rows in ledgers.items():
        found = SEED_FOLDER.fullmatch(name)
        if not found:
            return []
        cells.setdefault(name.rpartition("/")[0], {})[int(found[1])] = rows
    cells.pop(SHARED, None)
    if len(cells) < 2:
        return []
    return [
        Cell(name, f"{name}/seed_{next(iter(runs))}",
             over_seeds(list(runs.values()), list(runs)) if len(runs) > 1
             else list(next(iter(runs.values()))))
        for name, runs in sorted(cells.items(), key=_by_number)
    ]  # fmt: skip


def sweep_table(
    cells: Sequence[Cell], parts: Sequence[dict[str, Any]]
) -> list[tuple[Row, list[tuple[Row, str] | None]]]:
    """Each measure of a sweep's runs with its row in every cell, and where that comes from.

    Args:
        cells: Of :func:`cells_of`.
        parts: Of the page, one a run.
    """
    places = {(p["name"], e["number"]): e["anchor"] for p in parts for e in p["entries"]}
    found: dict[tuple[str, str], list[tuple[Row, str] | None]] = {}
    for place, cell in enumerate(cells):
        for row in cell.rows:
            if row.source.startswith("run ") and row.ours is not None:
                at = places.get((cell.first, row.notebook), "")  # "": taken from another run
                found.setdefault((row.id, row.metric), [None] * len(cells))[place] = row, at
    return [(next(one[0] for one in rows if one), rows) for rows in found.values()]


def _by_number(cell: tuple[str, Any]) -> list[tuple[bool, float, str]]:
    """Where a cell stands among others: 5 before 10."""
    parts = NUMBER.split(cell[0])  # words and numbers by turns
    return [(k % 2 == 1, float(part) if k % 2 else 0.0, part) for k, part in enumerate(parts)]


def over_seeds_page(run_dir: Path, ledgers: Mapping[str, Sequence[Row]]) -> OverSeeds | None:
    """The ledger and the training curves over the seeds of a folder.

    Args:
        run_dir: The folder with ``seed_N`` below it.
        ledgers: A run's folder inside it to its ledger.

    Returns:
        None where the folder holds something else than seeds.
    """
    seeds = seeds_of(ledgers)
    if not seeds:
        return None
    rows = over_seeds(list(ledgers.values()), seeds)
    figures = []
    for stem, stage in CURVES.items():
        path = _curves(run_dir, list(ledgers), stem, stage)
        if path is not None:
            figures.append(figure(path, run_dir, {}, f"finlmm report {run_dir.name}"))
    return OverSeeds(rows, figures)


def _curves(run_dir: Path, names: Sequence[str], stem: str, stage: str) -> Path | None:
    """Draws a stage's rewards: thin lines of seeds, their mean, and a band of 95 %."""
    import matplotlib.pyplot as plt
    import pandas as pd

    tables = []
    for name in names:
        path = run_dir / name / stem / "figures" / "rewards.csv"
        if path.is_file():
            tables.append(pd.read_csv(path).assign(run=name))
    if len(tables) < 2:
        return None
    data = pd.concat(tables)
    terms = [term for term in TERMS if term in data and data[term].notna().any()]
    use_style()
    drawing, axes = plt.subplots(1, len(terms), figsize=(3.2 * len(terms), 3), sharey=True,
                                 squeeze=False)  # fmt: skip
    ends, found = [], []
    for axis, term in zip(axes[0], terms, strict=True):
        wide = data.pivot(index="step", columns="run", values=term).dropna()
        label = term.removeprefix("reward_")
        mean, half = seed_band(axis, wide, colour_of(term), WINDOW)
        axis.set(
            title=f"{label}, n = {wide.shape[1]} seeds",
            xlabel=f"step (mean of {WINDOW})",
            ylim=(0, 1),
        )
        ends.append(f"{label} {mean.iloc[0]:.2f} to {mean.iloc[-1]:.2f}")
        band = {"step": mean.index, "term": label, "mean": mean, "low": mean - half}
        found.append(pd.DataFrame({**band, "high": mean + half}))
    drawing.suptitle(f"{stage.capitalize()} over seeds: {', '.join(ends)}", fontsize=10)
    folder = run_dir / "over_seeds"
    saved = save_figure(drawing, folder, f"rewards_{stem[:2]}", pd.concat(found), run_dir.name)
    plt.close(drawing)
    return next(path for path in saved if path.suffix == ".png")
