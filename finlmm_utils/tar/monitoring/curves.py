"""Training curves of a stage's metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from finlmm_utils.intervals import running_mean
from finlmm_utils.output import ShownTable
from finlmm_utils.tar.monitoring.monitors import check_monitors

LABEL_GAP = 0.06
"""Least distance of two labels, share of the axis' height: a line of 10 points and the space under
it, where an axis of our figures is about 200 points high."""
MOST_SHOWN = [0.02, 0.98]
"""Quantiles of a line's steps that the axis holds: one step in sixty may run out of the picture, or
it squeezes all others into a strip."""
FLAT = 1e-3
"""Standard deviation of a group's advantages below which it counts as 0: equal rewards of 1 differ
by the rounding of a float32, 1e-7, which TRL divides by 1e-4."""


def metrics_table(metrics: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """The lines of ``metrics.jsonl`` as a table, one row a step, times left out."""
    lines = [{k: v for k, v in line.items() if k != "seconds"} for line in metrics]
    return pd.DataFrame(lines).astype(float) if lines else pd.DataFrame({"step": []})


def plot_terms(
    table: pd.DataFrame, names: Mapping[str, str], title: str, ylabel: str, window: int = 10,
    limits: Mapping[str, float] | None = None, marks: Mapping[str, Sequence[float]] | None = None,
) -> Any:  # fmt: skip
    """Thin lines of every step, thick lines of the running mean with its band, labelled directly.

    The band is Student's interval of the mean over the window's steps: how far the mean would move
    with other prompts in the same steps. It begins where the window is full.

    Args:
        table: from :func:`metrics_table`.
        names: column to label; columns that aren't there are left out.
        title: the takeaway.
        ylabel: quantity and unit.
        window: steps of the running mean, named on the axis.
        limits: what to a value that the lines are held against, e.g. a monitor's threshold.
        marks: what to the steps at which it happened, e.g. an alarm.

    Returns:
        The matplotlib figure.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots()
    draw_terms(axis, table, names, ylabel, window, limits, marks)
    axis.set_title(title)
    return figure


def draw_terms(
    axis: Any, table: pd.DataFrame, names: Mapping[str, str], ylabel: str, window: int = 10,
    limits: Mapping[str, float] | None = None, marks: Mapping[str, Sequence[float]] | None = None,
    thin: bool = True,
) -> None:  # fmt: skip
    """Draw what :func:`plot_terms` does on an axis of a figure.

    Args:
        axis: of matplotlib.
        table: as for :func:`plot_terms`, as are the others.
        names: column to label.
        ylabel: quantity and unit.
        window: steps of the running mean.
        limits: what to a value.
        marks: what to its steps; what is "" has lines and no words.
        thin: whether every step is drawn, too, as a thin line.
    """
    from finlmm_utils.plot_style import colours_of

    drawn = [name for name in names if name in table and table[name].notna().any()]
    ends, spans = [], []
    for colour, name in zip(colours_of([names[n] for n in drawn]), drawn, strict=True):
        values = table[["step", name]].dropna()
        smooth, half = running_mean(values[name], window)
        low, high = smooth - half, smooth + half
        axis.fill_between(values["step"], low, high, color=colour, alpha=0.15, linewidth=0)
        axis.plot(values["step"], smooth, color=colour, linewidth=2)
        ends.append([smooth.iloc[-1], names[name], colour, values["step"].iloc[-1]])
        spans += [smooth, low, high]
        if thin:
            axis.plot(values["step"], values[name], color=colour, linewidth=0.6, alpha=0.5)
            spans.append(values[name].quantile(MOST_SHOWN))
    if ends:
        _fit(axis, pd.concat(spans), (limits or {}).values())
        _label_ends(axis, ends)
    for label, value in (limits or {}).items():
        axis.axhline(value, color="grey", linewidth=0.8, linestyle="--")
        axis.text(0.01, value, label, color="grey", fontsize=8, va="bottom",
                  transform=axis.get_yaxis_transform())  # fmt: skip
    for place, (label, steps) in enumerate((marks or {}).items()):
        for step in steps:
            axis.axvline(step, color="black", linewidth=0.8, linestyle=":")
        if len(steps):
            axis.text(steps[0], 0.99 - LABEL_GAP * place, f" {label}", fontsize=9, va="top",
                      transform=axis.get_xaxis_transform())  # fmt: skip
    axis.set(xlabel=f"optimiser step (thick: mean of {window} steps)", ylabel=ylabel)


def _fit(axis: Any, spans: pd.Series, limits: Iterable[float]) -> None:
    """Let an axis hold the bands, nearly all steps and the limits; one wild step runs out of it."""
    low, high = (pick([pick(spans), *limits]) for pick in (min, max))
    room = LABEL_GAP * max(high - low, 1e-3)
    axis.set_ylim(low - room, high + room)


def _label_ends(axis: Any, ends: list[list[Any]]) -> None:
    """Writes each line's label at its end, moved apart where they would overlap."""
    low, high = axis.get_ylim()
    gap = (high - low) * LABEL_GAP
    place = low - gap
    for value, label, colour, step in sorted(ends, key=lambda end: end[0]):
        place = max(value, place + gap)
        axis.annotate(label, (step, place), xytext=(5, 0), textcoords="offset points",
                      color=colour, va="center", annotation_clip=False)  # fmt: skip


def ends_in_words(table: pd.DataFrame, names: Mapping[str, str]) -> str:
    """How some quantities moved from the first to the last quarter of the steps, for a title.

    Args:
        table: from :func:`metrics_table`.
        names: column to label.
    """
    ends = first_and_last(table, list(names))
    words = [f"{names[n]} {end['first']:.2f} to {end['last']:.2f}" for n, end in ends.items()]
    return ", ".join(words) or "no steps"


def monitor_table(metrics: Sequence[Mapping[str, Any]]) -> ShownTable:
    """The monitors' verdicts on a stage, those that fire in bold.

    Args:
        metrics: the lines of ``metrics.jsonl``.
    """
    lines = [vars(monitor) for monitor in check_monitors(metrics)]
    table = pd.DataFrame(lines).rename(columns={"name": "monitor"})
    return ShownTable(table, index=False, bold=list(table["state"] == "fires"))


def rollout_table(completions: pd.DataFrame) -> ShownTable:
    """One group with all parts of its reward; the caption says which, and what was asked.

    Of the latest step in which the completions of a group have different advantages, the group
    with the widest spread: that of its weighted rewards, but for the scale. One in which all earned
    the same has advantages of 0 and teaches nothing.

    Args:
        completions: ``completions.parquet`` of a stage.
    """
    spreads = completions.groupby(["step", "id"])["advantage"].std().fillna(0.0)
    apart = spreads[spreads > FLAT]
    step = (apart if len(apart) else spreads).index.get_level_values("step").max()
    row = spreads[step].idxmax()
    chosen = (completions["step"] == step) & (completions["id"] == row)
    unpaid = ["step", "id", "disc_probability"]
    group = completions[chosen].drop(columns=unpaid, errors="ignore")
    group.columns = [name.removeprefix("reward_") for name in group.columns]
    caption = f"Step {step}: the group whose rewards are farthest apart"
    if not len(apart):
        caption = f"Step {step}: all groups earned the same within, so every advantage is 0"
    asked = f"{caption}. Asked: {group['question'].iloc[0]}"
    return ShownTable(group.drop(columns="question"), index=False, caption=asked)


def first_and_last(table: pd.DataFrame, names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Means over the first and the last quarter of the steps, for the results of a notebook.

    Args:
        table: from :func:`metrics_table`.
        names: columns; those without a number are left out.
    """
    ends = {}
    for name in names:
        values = table[name].dropna() if name in table else pd.Series(dtype=float)
        if len(values):
            size = max(1, len(values) // 4)
            ends[name] = {
                "first": float(values.head(size).mean()),
                "last": float(values.tail(size).mean()),
            }
    return ends
