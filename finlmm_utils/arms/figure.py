"""A study's figure: every contrast with its interval, the placebo beside the rest."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from finlmm_utils.evaluation.plots.draw import draw as draw_figure
from finlmm_utils.evaluation.studies import Study
from finlmm_utils.plot_style import save_figure, use_style


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
    left = f" Queued: {study.queued}" if study.queued else ""
    takeaway = (
        f"{study.title}. Right of 0 speaks for the first arm; seeds in brackets, a cross is one "
        f"seed without an interval.{left}"
    )
    figure = draw_figure("study/contrasts", data, {"title": study.title})
    save_figure(figure, folder, "contrasts", data, study.name, takeaway)
    plt.close(figure)
