"""Figures of committed studies: contrasts with the placebo's band, curves, a matrix of rows."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import Any

from finlmm_utils.evaluation.plots.shares import draw_shares
from finlmm_utils.evaluation.studies import MINUS
from finlmm_utils.intervals import student_halves
from finlmm_utils.plot_style import COLOURS

Said = Mapping[str, Any]
Table = Any
"""A pandas DataFrame; its columns are those of the figure's CSV, which no type can name."""
KINDS = {name: COLOURS[name] for name in ("primary", "exploratory", "placebo", "not tested")}
KINDS["control"] = COLOURS["all rewards"]
"""Contrasts of a study, and their colours."""
AUDIT = "kept by both judges, "
"""Begins the contrasts of the audit that are shares of one kind."""
LETTERS = 38
"""Of a contrast in a line beside its axis: longer ones take two (our choice)."""
FEW_SEEDS = 2
"""Student's interval over so few seeds is six times as wide as over three: where others have more,
it does not set the axis but ends in an arrow."""
WINDOW = 5
"""Steps of the running mean in a curve."""


def study(table: Table, said: Said) -> Any:
    """A study's contrasts; shares of audited triplets by kind where it is an audit."""
    if "kind" in table:
        return contrasts(table, said)
    kinds = table["contrast"].str.removeprefix(AUDIT)
    right = (table["mean"] * table["n"]).round().astype(int)
    shown = table.assign(kind=kinds, right=right)[["kind", "right", "n", "low", "high"]]
    return draw_shares(shown, "share kept", "all")


def contrasts(table: Table, said: Said) -> Any:
    """Every contrast of a study with its interval: a panel for each metric.

    A placebo's interval is a band behind its panel: what lies within it may be chance. Numbers of
    one arm alone have a panel of their own, without a line at 0.
    """
    import matplotlib.pyplot as plt

    shown = table[table["mean"].notna()].astype({"low": float, "high": float})
    differs = shown["contrast"].str.contains(MINUS)
    shown["panel"] = shown["metric"].where(differs, shown["metric"] + ", of the arm itself")
    panels = list(dict.fromkeys(shown["panel"]))
    parts = [shown[shown["panel"] == panel].reset_index(drop=True) for panel in panels]
    names = [[_name(row) for row in part.itertuples()] for part in parts]
    lines = [sum(0.65 + 0.35 * name.count("\n") for name in found) for found in names] or [1]
    figure, axes = plt.subplots(
        len(lines), 1, figsize=(8, 1.1 + 0.4 * sum(lines) + 0.55 * len(lines)),
        gridspec_kw={"height_ratios": lines}, squeeze=False, layout="constrained",
    )  # fmt: skip
    for axis, panel, part, found in zip(axes[:, 0], panels, parts, names, strict=False):
        _panel(axis, part)
        axis.set_yticks(range(len(part)), found, fontsize=9)
        axis.set_ylim(len(part) - 0.5, -0.5)
        axis.set_xlabel(panel, fontsize=9)
        axis.locator_params(axis="x", nbins=6)
    if not parts:
        axes[0, 0].axis("off")
    present = [kind for kind in KINDS if kind in set(shown["kind"])]
    words = {"primary": "planned", "placebo": "placebo: the same arm, other draws (band)",
             "control": "control: must show"}  # fmt: skip
    handles = [plt.Line2D([], [], color=KINDS[k], marker="o", linestyle="", label=words.get(k, k))
               for k in present]  # fmt: skip
    if handles:
        figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=9)
    return figure


def _name(row: Any) -> str:
    """A contrast beside its axis: in two lines where one is too long."""
    words = f"{row.contrast}\u00a0({row.seeds})"  # the seeds never stand alone in a line
    first, minus, second = words.partition(MINUS)
    if minus and len(words) > LETTERS:
        words = f"{first}\n{MINUS.strip()} {second}"
    return "\n".join(textwrap.fill(line, LETTERS) for line in words.split("\n"))


def _panel(axis: Any, part: Table) -> None:
    """Draws the contrasts of one metric."""
    for row in part[part["kind"] == "placebo"].itertuples():
        if not math.isnan(row.low):
            most = max(abs(row.low), abs(row.high))  # which of the two is taken away is arbitrary
            axis.axvspan(-most, most, color=KINDS["placebo"], alpha=0.15, linewidth=0)
    for place, row in enumerate(part.itertuples()):
        ends = [[row.mean - row.low], [row.high - row.mean]]
        alone = math.isnan(row.low)
        axis.errorbar(row.mean, place, xerr=None if alone else ends, capsize=3,
                      fmt="x" if alone else "o", color=KINDS[str(row.kind)])  # fmt: skip
    differs = bool(part["contrast"].str.contains(MINUS).any())
    if differs:
        axis.axvline(0, color="grey", linewidth=0.8)
    sure = part[part["seeds"] > FEW_SEEDS]
    if len(sure) in (0, len(part)):
        return
    points = [*part["mean"], *sure["low"], *sure["high"], *([0.0] if differs else [])]
    margin = 0.08 * (max(points) - min(points))
    low, high = min(points) - margin, max(points) + margin
    axis.set_xlim(low, high)
    for place, row in enumerate(part.itertuples()):
        for beyond, end, mark in ((row.low < low, low, "<"), (row.high > high, high, ">")):
            if beyond:
                axis.plot(end, place, mark, color=KINDS[str(row.kind)], clip_on=False, markersize=7)


def seed_band(axis: Any, wide: Table, colour: str, window: int) -> tuple[Any, Any]:
    """Draws running means over the steps: thin lines of seeds, their mean, a band of 95 %.

    Args:
        axis: matplotlib's.
        wide: steps down, a column for each seed.
        colour: of all of it.
        window: steps of the running mean.

    Returns:
        The mean of each step, and half the width of its interval.
    """
    smooth = wide.rolling(window, min_periods=1).mean()
    mean, half = smooth.mean(axis=1), student_halves(smooth)
    axis.plot(smooth.index, smooth, color=colour, linewidth=0.6, alpha=0.6)
    axis.plot(mean.index, mean, color=colour, linewidth=2)
    axis.fill_between(mean.index, mean - half, mean + half, color=colour, alpha=0.2)
    return mean, half


def curves(table: Table, said: Said) -> Any:
    """Accuracy of the rollouts, a panel an arm: thin lines of seeds, their mean, a band of 95 %."""
    import matplotlib.pyplot as plt

    arms = list(dict.fromkeys(table["arm"]))
    figure, axes = plt.subplots(
        1, len(arms), figsize=(max(4.0, 2.9 * len(arms)), 3.1), sharey=True, squeeze=False
    )
    for axis, arm in zip(axes[0], arms, strict=True):
        wide = table[table["arm"] == arm].pivot(index="step", columns="seed", values="accuracy")
        seed_band(axis, wide, COLOURS["accuracy"], WINDOW)
        axis.set(ylim=(0, 1), xlabel=f"step (mean of {WINDOW})")
        axis.set_title(f"{textwrap.fill(arm, 26)}\nn = {wide.shape[1]} seeds", fontsize=9)
    axes[0, 0].set_ylabel("accuracy of the rollouts (95 %)")
    return figure


def matrix(table: Table, said: Said) -> Any:
    """Right image by the rows trained on (down) and tested on (across): mean and 95 % of seeds."""
    import matplotlib.pyplot as plt

    down, across = (list(dict.fromkeys(table[name])) for name in ("trained_on", "tested_on"))
    mean, half = (
        table.pivot(index="trained_on", columns="tested_on", values=name).loc[down, across]
        for name in ("mean", "half")
    )
    figure, axis = plt.subplots(figsize=(8.5, 0.9 + 0.5 * len(down)), layout="constrained")
    picture = axis.imshow(mean, cmap="cividis", vmin=0, vmax=1, aspect="auto")
    for y, name in enumerate(down):
        for x, other in enumerate(across):
            value, ends = mean.loc[name, other], half.loc[name, other]
            words = f"{value:.2f}\n" + (f"± {ends:.2f}" if ends == ends else "one seed")
            axis.text(x, y, words, ha="center", va="center", fontsize=8,
                      color="black" if value > 0.55 else "white")  # fmt: skip
    axis.set_xticks(range(len(across)), [textwrap.fill(name, 13) for name in across], fontsize=8)
    axis.set_yticks(range(len(down)), [textwrap.fill(name, 30) for name in down], fontsize=8)
    axis.set(xlabel="distractors of the test rows", ylabel="trained on rows with")
    seeds = " to ".join(map(str, sorted({table["seeds"].min(), table["seeds"].max()})))
    figure.colorbar(picture, ax=axis, label=f"right image (share), n = {seeds} seeds")
    return figure
