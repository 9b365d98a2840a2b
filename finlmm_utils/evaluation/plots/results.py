"""Figures of results: notebooks 00, 06, 07, 08, 09 and the appendix."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any

from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.evaluation.ledger_figure import draw_ledger
from finlmm_utils.plot_style import COLOURS, OKABE_ITO, colour_of

Said = Mapping[str, Any]
Table = Any
"""A pandas DataFrame; its columns are those of the figure's CSV, which no type can name."""


def rollouts(table: Table, said: Said) -> Any:
    """Completions that each profile samples; the one of the run is black."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(6.4, 2.8))
    here = [name == said.get("profile") for name in table["profile"]]
    colours = ["black" if one else OKABE_ITO["blue"] for one in here]
    bars = axis.barh(table["profile"], table["rollouts"], color=colours)
    axis.bar_label(bars, labels=[f"{n:,}" for n in table["rollouts"]], padding=4)
    axis.set(xscale="log", xlabel="completions sampled in both stages (log scale)")
    axis.xaxis.set_major_formatter("{x:,.0f}")
    axis.set_xlim(right=table["rollouts"].max() * 12)
    axis.invert_yaxis()
    return figure


def stages(table: Table, said: Said) -> Any:
    """Accuracy and selection of each policy, greedy and sampled."""
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(table["policy"]))
    figure, axes = plt.subplots(2, 1, figsize=(6.4, 6), sharex=True)
    for axis, mode in zip(axes, ("greedy", "sampled"), strict=True):
        parts = table[table["mode"] == mode].groupby("measure")
        for place, (label, part) in enumerate(parts):
            at = [names.index(name) + 0.06 * (place - 1) for name in part["policy"]]
            ends = [(part["share"] - part["low"]).clip(0), (part["high"] - part["share"]).clip(0)]
            axis.errorbar(at, part["share"], ends, color=colour_of(str(label)), marker="o",
                          linestyle=":" if "text" in str(label) else "-", capsize=3,
                          label=label)  # fmt: skip
        axis.set_xticks(range(len(names)), names)
        axis.set(ylim=(0, 1), title=mode, ylabel="share right (95 %)")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", fontsize=9, ncols=2)
    return figure


def by_task(table: Table, said: Said) -> Any:
    """Accuracy of each policy by kind of task."""
    import matplotlib.pyplot as plt

    names = list(dict.fromkeys(table["policy"]))
    wide = table.pivot(index="task", columns="policy")
    figure, axis = plt.subplots(figsize=(7, 3.2))
    centre = wide["accuracy"][names]
    below, above = centre - wide["low"][names], wide["high"][names] - centre
    ends = [[below[name].clip(0), above[name].clip(0)] for name in names]
    colours = [colour_of(name) for name in names]
    centre.plot.bar(ax=axis, rot=0, width=0.75, yerr=ends, capsize=2, color=colours,
                    ecolor="#7A7A7A")  # fmt: skip
    rows = wide["rows"][names[-1]]
    axis.set_xticklabels([f"{task}\nn = {rows[task]:.0f}" for task in wide.index])
    axis.set(ylim=(0, 1), xlabel="", ylabel="accuracy, greedy (95 % intervals)")
    axis.legend(title="", fontsize=8)
    return figure


def reasoning(table: Table, said: Said) -> Any:
    """Shares of reasoning that holds, step by step, and of right answers that are lucky."""
    import matplotlib.pyplot as plt

    measures = list(dict.fromkeys(table["measure"]))
    figure, axis = plt.subplots(figsize=(6.8, 3.6))
    for place, (name, part) in enumerate(table.groupby("policy", sort=False)):
        at = [measures.index(m) + 0.18 * (place - 1) for m in part["measure"]]
        ends = [(part["share"] - part["low"]).clip(0), (part["high"] - part["share"]).clip(0)]
        axis.errorbar(at, part["share"], ends, fmt="o", capsize=3, color=colour_of(str(name)),
                      label=name)  # fmt: skip
    labels = [m.replace("_of_", " of\n").replace("_", "\n") for m in measures]
    axis.set_xticks(range(len(measures)), labels, fontsize=9)
    axis.set(ylim=(0, 1.03), ylabel="share, sampled (95 %, over reports)")
    axis.legend(fontsize=9)
    return figure


def differences(table: Table, said: Said) -> Any:
    """All rewards of 07 minus each arm without one."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.2))
    names = []
    for place, row in enumerate(table.itertuples()):
        arm, _, measure = str(row.comparison).partition(", ")
        axis.plot([row.low, row.high], [place, place], color=colour_of(arm))
        axis.plot([row.difference], [place], "o", color=colour_of(arm))
        what = "image selection" if measure == "image_right" else "accuracy"
        no_test = " (no test)" if arm in said.get("void", ()) else ""
        names.append(f"{what}: {arm} reward{no_test}")
    axis.axvline(0, color="grey", linewidth=1)
    axis.set_yticks(range(len(names)), names)
    axis.set(xlabel="all rewards minus the arm without (95 % interval)")
    return figure


def lengths(table: Table, said: Said) -> Any:
    """Sizes of right and wrong reasoning; above them both means with their intervals."""
    import matplotlib.pyplot as plt

    figure, (upper, axis) = plt.subplots(2, 1, figsize=(6.6, 3.6), sharex=True,
                                         height_ratios=(1, 4))  # fmt: skip
    names = []
    for place, (right, part) in enumerate(table.groupby("right", sort=False)):
        word, n, first = ("right" if right else "wrong"), part["count"].sum(), part.iloc[0]
        axis.step(part["tokens"], part["count"] / max(1, n), where="post", color=COLOURS[word])
        names.append(f"{word}, n = {n}")
        if n and "mean" in table:  # runs of older versions have no interval
            ends = [[first["mean"] - first["low"]], [first["high"] - first["mean"]]]
            upper.errorbar(first["mean"], place, xerr=ends, fmt="o", capsize=3, color=COLOURS[word])
            words = f"  {first['mean']:.1f} [{first['low']:.1f}, {first['high']:.1f}]"
            upper.text(first["high"], place, words, va="center", fontsize=9)
    upper.set_yticks(range(len(names)), names)
    upper.set_ylim(len(names) - 0.4, -0.6)
    upper.set_title("means, 95 % over reports" if "mean" in table else "", fontsize=9)
    for label, name in zip(upper.get_yticklabels(), names, strict=True):
        label.set_color(colour_of(name))
    axis.set(xlabel="tokens of reasoning", ylabel="share of\nthe completions")
    return figure


def claims(table: Table, said: Said) -> Any:
    """The ledger: each measured claim against its threshold."""
    known = set(Row.__dataclass_fields__)
    rows = []
    for line in table.to_dict("records"):
        found = {name: value for name, value in line.items() if name in known and value == value}
        whole = {name: int(found[name]) for name in ("n", "reports", "seeds") if found.get(name)}
        rows.append(Row(**{**found, **whole}))
    return draw_ledger(rows)[0]


def what_it_sees(table: Table, said: Said) -> Any:
    """Charts as the small policy gets them."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(10, 3.8))
    for axis, png in zip(axes.flat, said["pictures"], strict=False):
        axis.imshow(plt.imread(BytesIO(png), format="png"))
    for axis in axes.flat:
        axis.axis("off")
    return figure


def tiny_curves(table: Table, said: Said) -> Any:
    """What finlmm-tiny got right while it was made, phase by phase."""
    import matplotlib.pyplot as plt

    measures = {"titles": "blue", "values": "orange", "tokens": "green", "verdicts": "red"}
    phases = table.dropna(subset=list(measures), how="all")["phase"].unique()
    figure, axes = plt.subplots(2, (len(phases) + 1) // 2, figsize=(11, 5), sharey=True)
    axes.flat[-1].set_visible(len(phases) % 2 == 0)
    for axis, phase in zip(axes.flat, phases, strict=False):
        part = table[table["phase"] == phase]
        steps = [25 * n for n in range(1, len(part) + 1)]
        for measure, colour in measures.items():
            axis.plot(steps, part[measure], color=OKABE_ITO[colour], label=measure)
        axis.set_title(phase.replace(", ", ",\n"), fontsize=8)
        axis.set(xlabel="step, its runs in a row", ylim=(0, 1.02))
    for axis in axes[:, 0]:
        axis.set_ylabel("share right (training batches)")
    axes[0, 0].legend(fontsize=8, loc="lower right")
    return figure


def habits(table: Table, said: Said) -> Any:
    """How often each wrong habit was shown while finlmm-tiny was made."""
    import matplotlib.pyplot as plt

    names, shares = table.columns[0], table.columns[1]
    figure, axis = plt.subplots(figsize=(6.4, 2.8))
    axis.barh(table[names], table[shares], color=COLOURS["wrong"])
    axis.axvline(0.5, color="grey", linewidth=1)
    axis.set(xlim=(0, 1), xlabel="share of demonstrations with the wrong habit (last phase)")
    return figure
