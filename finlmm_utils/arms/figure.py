"""A study's figure: every contrast with its interval, the placebo beside the rest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from finlmm_utils.evaluation.studies import Study
from finlmm_utils.plot_style import OKABE_ITO, save_figure, use_style

KINDS = {
    "primary": OKABE_ITO["blue"],
    "exploratory": OKABE_ITO["sky"],
    "placebo": "#767676",
    "not tested": OKABE_ITO["orange"],
}


def draw(study: Study, folder: Path) -> None:
    """Writes ``contrasts.png``, ``.svg``, ``.csv`` and ``.json``: one panel for each metric.

    Args:
        study: its contrasts.
        folder: of the study.
    """
    import matplotlib.pyplot as plt

    use_style()
    lines = []
    for one in study.contrasts:
        kind = "placebo" if one.placebo else "primary" if one.primary else "exploratory"
        lines.append({
            "metric": one.metric, "contrast": one.contrast,
            "mean": one.mean, "low": one.low, "high": one.high, "seeds": one.seeds,
            "kind": kind if one.tested else "not tested",
        })  # fmt: skip
    data = pd.DataFrame(lines)
    shown = data[data["mean"].notna()]
    metrics = list(dict.fromkeys(shown["metric"]))
    heights = [max(1, int((shown["metric"] == m).sum())) for m in metrics] or [1]
    figure, axes = plt.subplots(
        max(1, len(metrics)), 1, figsize=(8, 1.2 + 0.34 * sum(heights) + 0.5 * len(heights)),
        gridspec_kw={"height_ratios": heights}, squeeze=False, layout="constrained",
    )  # fmt: skip
    for axis, metric in zip(axes[:, 0], metrics, strict=False):
        part = shown[shown["metric"] == metric].reset_index(drop=True)
        for place, row in part.iterrows():
            colour = KINDS[row["kind"]]
            ends = [[row["mean"] - row["low"]], [row["high"] - row["mean"]]]
            alone = row["seeds"] == 1
            axis.errorbar(
                row["mean"], place, xerr=None if alone else ends, fmt="x" if alone else "o",
                color=colour, capsize=3,
            )  # fmt: skip
        axis.axvline(0, color="grey", linewidth=0.8)
        axis.set_yticks(range(len(part)), [f"{r.contrast} ({r.seeds})" for r in part.itertuples()])
        axis.set_ylim(len(part) - 0.5, -0.5)
        axis.set_xlabel(metric, fontsize=9)
    present = [kind for kind in KINDS if kind in set(shown["kind"])]
    handles = [
        plt.Line2D([], [], color=KINDS[k], marker="o", linestyle="", label=k) for k in present
    ]
    figure.suptitle(study.title, fontsize=10, x=0.01, ha="left", wrap=True)
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles))
    left = f" Queued: {study.queued}" if study.queued else ""
    takeaway = (
        f"{study.title}. Right of 0 speaks for the first arm; seeds in brackets, a cross is one "
        f"seed without an interval.{left}"
    )
    save_figure(figure, folder, "contrasts", data, study.name, takeaway)
    plt.close(figure)
