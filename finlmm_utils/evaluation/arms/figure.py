"""A study's figures: each contrast with its interval, how arms learned, which rows carry over."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from finlmm_utils.evaluation.arms.kept import Kept, Run
from finlmm_utils.evaluation.arms.spec import LAST, TRANSFER, Plan
from finlmm_utils.evaluation.plots.draw import draw as draw_figure
from finlmm_utils.evaluation.studies import Study, controls
from finlmm_utils.intervals import student
from finlmm_utils.plot_style import save_figure, use_style

FEWEST_SEEDS = 3
"""Seeds of an arm from which its curve is drawn: a band over two says nothing."""
MOST_ARMS = 4
"""Arms whose curves are drawn, the plan's first: more make panels too small to read."""


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
        kind = "control" if one.control else kind
        lines.append({
            "metric": one.metric, "contrast": one.contrast,
            "mean": one.mean, "low": one.low, "high": one.high, "seeds": one.seeds,
            "kind": kind if one.tested else "not tested",
        })  # fmt: skip
    data = pd.DataFrame(lines)
    left = f" Not finished: {study.queued}." if study.queued else ""
    seen = "".join(f" In {metric} {said}." for metric, said in controls(study.contrasts).items())
    takeaway = (
        f"{study.title}. Right of 0 the arm named first has more of it. In brackets: seeds; a "
        "cross: one seed, no interval; an arrow: the interval goes on; grey band: as far as a "
        f"placebo's interval goes, which is chance alone.{seen}{left}"
    )
    figure = draw_figure("study/contrasts", data, {"title": study.title})
    save_figure(figure, folder, "contrasts", data, study.name, takeaway)
    plt.close(figure)


def draw_curves(plan: Plan, kept: Mapping[Run, Kept], folder: Path) -> None:
    """Writes ``curves.png``, ``.svg``, ``.csv`` and ``.json``: the arms that learned, over seeds.

    Args:
        plan: of the study.
        kept: its arms; those whose steps are at hand for two seeds and more are drawn.
        folder: of the study.
    """
    import matplotlib.pyplot as plt

    use_style()
    lines: list[dict[str, Any]] = []
    ends: list[str] = []
    for arm in plan.arms:
        found = {seed: one.curve for (name, seed), one in kept.items() if name == arm and one.curve}
        if len(found) < FEWEST_SEEDS or len(ends) == MOST_ARMS:
            continue
        lines += [{"arm": plan.words(arm), "seed": seed, "step": step, "accuracy": value}
                  for seed, curve in sorted(found.items())
                  for step, value in enumerate(curve, start=1)]  # fmt: skip
        first, last = (
            sum(sum(curve[part]) / len(curve[part]) for curve in found.values()) / len(found)
            for part in (slice(LAST), slice(-LAST, None))
        )
        ends.append(f"{plan.words(arm)}: {first:.2f} to {last:.2f}")
    if not lines:
        return
    data = pd.DataFrame(lines)
    title = f"Accuracy of the rollouts, first to last {LAST} steps. {'; '.join(ends)}"
    figure = draw_figure("study/curves", data, {"title": title})
    told = f"{title}. Thin: a seed; thick: their mean; band: 95 % over seeds."
    others = [arm for arm in plan.arms if plan.words(arm) not in set(data["arm"])]
    rest = [arm for arm in others if plan.is_trained(arm)]
    here = {arm: sum(bool(one.curve) for (name, _), one in kept.items() if name == arm)
            for arm in rest}  # fmt: skip
    few = [plan.words(arm) for arm in rest if here[arm] < FEWEST_SEEDS]
    full = [plan.words(arm) for arm in rest if here[arm] >= FEWEST_SEEDS]
    if few:
        told += f" Steps of fewer than {FEWEST_SEEDS} seeds are at hand of: {'; '.join(few)}."
    if full:
        told += f" No room is left here for: {'; '.join(full)}."
    save_figure(figure, folder, "curves", data, plan.name, told)
    plt.close(figure)


def draw_matrix(plan: Plan, table: pd.DataFrame, folder: Path) -> None:
    """Writes ``matrix.png``, ``.svg``, ``.csv``, ``.json``: each arm on every variant's test rows.

    Args:
        plan: of the study; nothing is drawn where it asks for no variants.
        table: of the study: ``arm``, ``seed``, ``measure``, ``value``.
        folder: of the study.
    """
    import matplotlib.pyplot as plt

    asked = {TRANSFER + name: plan.variant_words(name) for name in plan.variants}
    shown = table[table["measure"].isin(asked)]
    if shown.empty:
        return
    lines: list[dict[str, Any]] = []
    for arm in (arm for arm in plan.arms if arm in set(shown["arm"])):
        for measure, words in asked.items():
            found = shown[(shown["arm"] == arm) & (shown["measure"] == measure)]["value"].dropna()
            mean, _, high = student(found.tolist()) if len(found) > 1 else (found.mean(), 0, None)
            half = None if high is None else high - mean
            lines.append({"trained_on": plan.words(arm), "tested_on": words,
                          "mean": mean, "half": half, "seeds": len(found)})  # fmt: skip
    data = pd.DataFrame(lines)
    use_style()
    low, high = data["mean"].min(), data["mean"].max()
    title = f"Right image by the rows trained on and the rows tested on: {low:.2f} to {high:.2f}"
    figure = draw_figure("study/matrix", data, {"title": title})
    told = f"{title}. In each cell the mean over seeds and half the width of its 95 % interval."
    save_figure(figure, folder, "matrix", data, plan.name, told)
    plt.close(figure)
