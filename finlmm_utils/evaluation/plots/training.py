"""Figures of the training notebooks 04, 05, 07 and 08: rewards, alarms, the discriminator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finlmm_utils.intervals import running_mean, student_halves
from finlmm_utils.plot_style import COLOURS, OKABE_ITO, colour_of
from finlmm_utils.tar.monitoring.curves import draw_terms, plot_terms
from finlmm_utils.tar.monitoring.monitors import MOST_CLIPPED, MOST_FLAT, firings

Said = Mapping[str, Any]
Table = Any
"""A pandas DataFrame; its columns are those of the figure's CSV, which no type can name."""
WINDOW = 5
"""Steps of a running mean over half a stage: a third of what the curves of a whole stage take."""
ADVERSARY = "discriminator"
"""First word of the monitors that watch it."""


def flat_groups(table: Table, said: Said) -> Any:
    """Formula: how often a group has no variance, by accuracy and size."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots()
    sizes = [name for name in table if name != "accuracy"]
    for size, colour in zip(sizes, OKABE_ITO.values(), strict=False):
        axis.plot(table["accuracy"], table[size], color=colour, label=str(size).replace("=", " = "))
    axis.legend(loc="upper center")
    axis.set(
        xlabel="accuracy of the policy on the prompt", ylabel="share of groups without variance"
    )
    return figure


def length_reward(table: Table, said: Said) -> Any:
    """Formula: the length reward over the size of a reasoning."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots()
    axis.plot(table["size"], table["reward"], color=COLOURS["length"])
    for name, threshold in zip(
        ("least", "optimal", "most"), said.get("thresholds", ()), strict=False
    ):
        axis.axvline(threshold, color="grey", linewidth=0.6)
        axis.text(threshold, 0.03, f" {name} {threshold}")
    axis.set(xlabel="size of the reasoning (tokens)", ylabel="length reward")
    return figure


def rewards(table: Table, said: Said) -> Any:
    """The rewards of a stage, term by term, and their weighted sum."""
    terms = [n for n in table if n.startswith("reward_") and not n.endswith("_std")]
    names = {name: name.removeprefix("reward_") for name in terms} | {"reward": "weighted reward"}
    return plot_terms(table, names, "", "mean reward")


def trouble(table: Table, said: Said) -> Any:
    """Signs of trouble, with the monitors' thresholds and where they fired."""
    text = "reward_selection" not in table
    names = {"flat_groups": "flat groups"} if text else {"flat_accuracy": "flat in accuracy"}
    names |= {"clipped": "clipped", "repetition": "repetition"}
    limits = {"alarm: clipped": MOST_CLIPPED} | ({"alarm: flat groups": MOST_FLAT} if text else {})
    return plot_terms(table, names, "", "share", limits=limits, marks=_marks(table, False))


def discriminator(table: Table, said: Said) -> Any:
    """How well the adversary ranks, above what it makes of the advantages; its alarms in both.

    Means and bands alone: the steps themselves would lie over one another.
    """
    import matplotlib.pyplot as plt

    marks = _marks(table, True)
    steps = [step for fired in marks.values() for step in fired]
    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6.4, 6.4), sharex=True)
    ranks = {"disc_auroc": "all prompts", "disc_within_auroc": "within groups"}
    draw_terms(upper, table, ranks, "AUROC", limits={"a coin": 0.5}, marks=marks, thin=False)
    weighs = {"share_adversarial": "adversary", "flat_advantage": "flat groups"}
    draw_terms(lower, table, weighs, "share of squared advantages", marks={"": steps}, thin=False)
    upper.set_xlabel("")
    return figure


def _marks(table: Table, adversary: bool) -> dict[str, Sequence[float]]:
    """Steps at which monitors fired: those of the adversary, or all others."""
    lines = [row.dropna().to_dict() for _, row in table.iterrows()]
    return {one.name: one.steps for one in firings(lines)
            if one.name.startswith(ADVERSARY) is adversary}  # fmt: skip


def forgetting(table: Table, said: Said) -> Any:
    """Text problems answered rightly during stage 2."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 2.8))
    axis.vlines(table["step"], table["low"], table["high"], color=COLOURS["accuracy"], linewidth=1)
    axis.plot(table["step"], table["text_accuracy"], "o-", color=COLOURS["accuracy"])
    axis.set(ylim=(0, 1), xlabel="optimiser step",
             ylabel="text problems answered rightly\n(95 %, Wilson)")  # fmt: skip
    return figure


def arms(table: Table, said: Said) -> Any:
    """What the rollouts of each arm of 07 got right, step by step."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 1, figsize=(6.4, 6.4), sharex=True)
    window = max(1, int(table["step"].max()) // WINDOW)
    names = list(dict.fromkeys(table["arm"]))
    for axis, measure in zip(axes, ("accuracy", "image selection"), strict=True):
        for arm, dashes in zip(names, ("-", "--", "-.", ":"), strict=False):
            part = table[(table["arm"] == arm) & (table["measure"] == measure)]
            axis.plot(part["step"], part["share"], color=colour_of(arm), alpha=0.25, linewidth=1)
            smooth = part["share"].rolling(window, min_periods=1).mean()
            axis.plot(part["step"], smooth, dashes, color=colour_of(arm), label=arm)
        axis.set(title=measure, ylabel="share of completions", ylim=(0, 1))
    axes[1].set_xlabel(f"step (bold: mean of {window} steps)")
    axes[1].legend(fontsize=9, ncols=2)
    return figure


def room(table: Table, said: Said) -> Any:
    """AUROC within groups of discriminator and bag of words, step by step, with running means."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.6, 3.2))
    for name, part in table.groupby("reader", sort=False):
        colour, (mean, half) = colour_of(str(name)), running_mean(part["auroc"], WINDOW)
        axis.plot(part["step"], part["auroc"], color=colour, linewidth=0.6, alpha=0.6)
        axis.fill_between(part["step"], mean - half, mean + half, color=colour, alpha=0.15)
        axis.plot(part["step"], mean, color=colour, linewidth=2, label=name)
    axis.axhline(0.5, color="grey", linewidth=1, label="chance")
    axis.set(xlabel=f"step of stage 2, later half (thick: mean of {WINDOW} steps, 95 %)",
             ylabel="AUROC within groups", ylim=(0, 1))  # fmt: skip
    axis.legend(fontsize=8, ncols=3, loc="lower left")
    return figure


def interval(table: Table, said: Said) -> Any:
    """The sweep of N: thin lines of seeds, means with Student's intervals."""
    import matplotlib.pyplot as plt

    panels = {"within_auroc": "AUROC within groups", "ece": "calibration error (ECE), 0 is best",
              "accuracy": "accuracy, held-out reports"}  # fmt: skip
    whose = {"within_auroc": "discriminator", "ece": "discriminator", "accuracy": "accuracy"}
    order = ["n1", "n2", "n5", "n10", "n25", "never"]
    names = [name.removeprefix("n") if name != "never" else name for name in order]
    figure, axes = plt.subplots(3, 1, figsize=(6.4, 7), sharex=True)
    for axis, (measure, name) in zip(axes, panels.items(), strict=True):
        wide = table[table["measure"] == measure].pivot(index="arm", columns="seed", values="value")
        wide = wide.reindex(order)
        seeds = wide.shape[1]
        half = student_halves(wide)
        axis.plot(names, wide, color="grey", alpha=0.4, linewidth=1)
        axis.errorbar(
            names, wide.mean(axis=1), half, color=COLOURS[whose[measure]], marker="o", capsize=3
        )
        axis.set(title=name)
    axis.set_xlabel(f"N, optimiser steps ({seeds} seeds, 95 %)")
    return figure
