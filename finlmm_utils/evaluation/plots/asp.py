"""Figures of notebooks 01 to 03: reports read, questions kept, distractors chosen."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd

from finlmm_utils.evaluation.evaluate import bootstrap
from finlmm_utils.evaluation.plots.shares import draw_shares
from finlmm_utils.intervals import student_times
from finlmm_utils.plot_style import COLOURS, OKABE_ITO, colour_of

Said = Mapping[str, Any]
Table = Any
"""A pandas DataFrame; its columns are those of the figure's CSV, which no type can name."""
CAPTION_LETTERS = 42
"""Letters of a caption in a line: what fits over a crop in 11 points."""

STEP_WORDS = {"figure_full": "its figure has its fill", "report_full": "its report has its fill"}
"""Steps of the funnel whose own names say too little."""


def crops(table: Table, said: Said) -> Any:
    """Crops in a grid under their captions."""
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(6, 2, figsize=(7.6, 14.5))
    for axis in axes.flat:
        axis.axis("off")
    rows = zip(axes.flat, table.itertuples(), said["pictures"], strict=False)
    for axis, row, png in rows:
        axis.imshow(plt.imread(BytesIO(png), format="png"))
        caption = "\n".join(textwrap.wrap(f"page {row.page}: {row.caption}", CAPTION_LETTERS)[:2])
        axis.set_title(caption, fontsize=11)
    return figure


def layouts(table: Table, said: Said) -> Any:
    """Charts of level hard that have a crop of their own, by layout."""
    right = (table["mean"] * table["size"]).round().astype(int)
    kinds = pd.DataFrame({"kind": table["layout"], "right": right, "n": table["size"]})
    every = {"kind": "all layouts", "right": right.sum(), "n": table["size"].sum()}
    kinds = pd.concat([kinds, pd.DataFrame([every])])
    return draw_shares(kinds, "share of charts with a crop of their own", "all layouts")


def chart_values(table: Table, said: Said) -> Any:
    """A chart, and beside it what was read off it."""
    return picture_beside_values(said["pictures"][0], table.fillna({"label": "", "series": ""}))


def funnel(table: Table, said: Said) -> Any:
    """What each filter leaves of the written questions."""
    import matplotlib.pyplot as plt

    table = table[(table["dropped"] > 0) | (table["step"] == "written")].reset_index(drop=True)
    written = max(1, int(table["left"].max()))
    figure, axis = plt.subplots(figsize=(7, 0.45 * len(table) + 1))
    names = [STEP_WORDS.get(name, name.replace("_", " ")) for name in table["step"]]
    axis.barh(names, table["left"], color=COLOURS["kept"], height=0.6)
    axis.barh(names, table["dropped"], left=table["left"], color=COLOURS["dropped"], height=0.6)
    for place, row in enumerate(table.itertuples()):
        label = f" {row.left} left ({row.left / written:.0%}), {row.dropped} dropped"
        axis.text(row.left + row.dropped, place, label, va="center")
    axis.set_xlim(0, 1.35 * written)
    axis.invert_yaxis()
    axis.set_xlabel("questions: all that this run wrote, counted (no sample, so no interval)")
    return figure


def margin(table: Table, said: Said) -> Any:
    """Precision against recall over the margins, with the one in use and the calibrated one."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots()
    axis.plot(table["recall"], table["precision"], color=OKABE_ITO["blue"])
    marks: dict[str, tuple[str, dict[str, Any]]] = {"in use": ("o", {"color": OKABE_ITO["red"]}),
             "calibrated": ("s", {"ms": 13, "mfc": "none", "mec": "black"})}  # fmt: skip
    for name, (mark, look) in marks.items():
        value = said.get(name.replace(" ", "_"))
        if value is not None:
            there = table[table["margin"] >= value].tail(1)
            axis.plot(there["recall"], there["precision"], mark, label=f"{name}: {value}", **look)
            axis.legend(loc="lower left")
    golds = f" (n = {said['golds']})" if "golds" in said else ""
    axis.set(xlabel=f"recall of gold questions{golds}", ylabel="precision", ylim=(0.5, 1.02))
    return figure


def similarity(table: Table, said: Said) -> Any:
    """Similarity of question and figure for the distractors of each rule, and the right figure.

    The legend has each mean with its interval over rows: places of one row are alike.
    """
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 4.6))
    bins = np.linspace(-0.2, 1.0, 49).tolist()
    rules = list(dict.fromkeys(table["rule"]))
    for rule in rules:
        some = table[(table["rule"] == rule) & ~table["target"]]
        axis.hist(some["similarity"], bins, density=True, histtype="step", linewidth=1.6,
                  color=colour_of(rule), label=_mean_of(rule.replace("_", " "), some))  # fmt: skip
    right = table[(table["rule"] == "random") & table["target"]]
    axis.hist(right["similarity"], bins, density=True, color="0.85",
              label=_mean_of("the right figure", right))  # fmt: skip
    axis.set(xlabel="similarity of question and figure (cosine, MiniLM)",
             ylabel="density of places")  # fmt: skip
    figure.legend(loc="outside lower center", ncols=2, fontsize=9,
                  title="mean and 95 % interval, over rows", title_fontsize=9)  # fmt: skip
    return figure


def _mean_of(name: str, places: Table) -> str:
    """A name with the mean similarity of its places and the interval over their rows."""
    low, high = bootstrap(places["similarity"], units=places["row"].to_list())
    n = places["row"].nunique()
    return f"{name}: {places['similarity'].mean():.2f} [{low:.2f}, {high:.2f}], n = {n}"


def concentration(table: Table, said: Said) -> Any:
    """How many places the most used images fill, by rule."""
    import matplotlib.pyplot as plt

    figure, axis = plt.subplots(figsize=(7, 3.6))
    parts = table.groupby("rule", sort=False)
    for rule, part in parts:
        axis.plot(part["images"], part["share"], color=colour_of(str(rule)),
                  label=str(rule).replace("_", " "))  # fmt: skip
    axis.axvline(5, color="0.6", linewidth=0.8)
    axis.text(5, 0.02, " five images", color="0.4", fontsize=9)
    pool = f", of {said['pool']}" if "pool" in said else ""
    axis.set(xlabel=f"most used images{pool} (every place is counted: no sample, so no interval)",
             ylabel="share of distractor places", ylim=(0, 1.02))  # fmt: skip
    axis.legend(loc="lower right")
    return figure


def difficulty(table: Table, said: Said) -> Any:
    """How often readers that lack something find the right image, by rule."""
    import matplotlib.pyplot as plt

    known = ("lowest", "lowest_quartile", "random", "banded", "highest")
    rules = [rule for rule in known if rule in set(table["rule"])]
    figure, axis = plt.subplots(figsize=(7, 3.8))
    for place, (name, part) in enumerate(table.groupby("reader")):
        part = part.set_index("rule").reindex(rules)
        at, colour = np.arange(len(rules)) + 0.14 * (place - 1.5), list(OKABE_ITO.values())[place]
        half = student_times(part["size"]) * part["sem"]
        axis.errorbar(at, part["mean"], half, fmt="osD^"[place], color=colour, capsize=2,
                      label=name)  # fmt: skip
    axis.set_xticks(range(len(rules)), [rule.replace("_", " ") for rule in rules])
    most = table["size"].max()
    axis.set(xlabel=f"rule that chooses the distractors (at most {most} rows each)",
             ylabel="right image chosen (95 % interval)", ylim=(0, 1.05))  # fmt: skip
    if "chance" in said:
        axis.axhline(said["chance"], color="0.7", linewidth=0.8)
    axis.legend(loc="lower left", ncols=4)
    return figure


def picture_beside_values(png: bytes, values: pd.DataFrame) -> Any:
    """A chart's picture, and under it what was read off it with its tolerances.

    Args:
        png: the picture.
        values: one line a value: series, label, point, value, tolerance, as
            :class:`finlmm_utils.asp.records.Reading` has them. Text of a report is shown as it
            is: no mathematics in it.

    Returns:
        The figure; its title is the caller's.
    """
    import matplotlib.pyplot as plt

    figure, (upper, lower) = plt.subplots(2, 1, figsize=(6.8, 7.6))
    upper.imshow(plt.imread(BytesIO(png), format="png"))
    upper.axis("off")
    points = values[values["point"].isin(["label", "share"])] if values["label"].any() else values
    places = points["label"].where(points["label"] != "", points["point"])
    places = places.astype(str)  # years of a CSV are numbers
    colours = list(OKABE_ITO.values())
    for k, (name, own) in enumerate(points.groupby("series", sort=False)):
        lower.errorbar(
            places[own.index], own["value"], own["tolerance"], fmt="o",
            color=colours[k % len(colours)], label=str(name) or "one series",
        )  # fmt: skip
    lower.tick_params(axis="x", rotation=60)
    lower.legend()
    rest = len(values) - len(points)
    lower.set_ylabel("value read (bar: tolerance)")
    lower.set_xlabel(f"{rest} more, at extremes and ends, are in the data" if rest else "")
    return figure


def reports_to_rows(table: Table, said: Said) -> Any:
    """What a report gives, step by step: the run's, and that of other reports."""
    import matplotlib.pyplot as plt

    words = {"pages": "pages", "figures": "figures cut out", "written": "questions written",
             "kept": "pairs kept", "rows": "rows to train and test"}  # fmt: skip
    steps = [step for step in words if step in set(table["step"])]
    figure, axis = plt.subplots(figsize=(7, 0.62 * len(steps) + 1.2))
    own = table[table["reports"] == "this run"].set_index("step")
    places = {step: place for place, step in enumerate(steps)}
    axis.barh([places[s] for s in own.index], own["a_report"], color=COLOURS["kept"], height=0.5)
    for step, row in own.iterrows():
        axis.text(row["a_report"], places[str(step)], f" {row['count']:,.0f}", va="center")
    looks = zip(("s", "D", "*"), ("orange", "green", "black"), strict=True)
    others = table[table["reports"] != "this run"].groupby("reports", sort=False)
    for (mark, colour), (name, part) in zip(looks, others, strict=False):
        axis.plot(part["a_report"], [places[s] + 0.36 for s in part["step"]], mark, markersize=8,
                  color=OKABE_ITO[colour], label=f"{name} (n = {part['n'].iloc[0]:,})")  # fmt: skip
    axis.set_yticks(range(len(steps)), [words[step] for step in steps])
    axis.set_ylim(len(steps) - 0.4, -0.5)
    axis.set_xlim(0, 1.12 * table["a_report"].max())
    axis.set_xlabel(f"a report (bars: this run, {own['n'].iloc[0]} reports, with the count)")
    figure.legend(loc="outside lower center", ncols=3, fontsize=9)
    return figure
