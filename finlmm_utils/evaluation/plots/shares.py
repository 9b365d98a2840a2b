"""Shares by kind, each with its interval and its number: kinds that are too few are pooled."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd

from finlmm_utils.intervals import wilson
from finlmm_utils.plot_style import OKABE_ITO

FEWEST = 5
"""Of a kind, from which its share is shown alone: below it Wilson's interval spans more than half
of the axis whatever was found (our choice)."""
LETTERS = 84
"""In a line under the axis: what fits its width."""


def pooled(table: Any) -> tuple[Any, str]:
    """Shares with intervals, the highest first, small kinds put together.

    Args:
        table: a DataFrame with ``kind``, ``right`` and ``n``, a line a kind, and ``low`` and
            ``high`` where Wilson's interval is not the right one.

    Returns:
        ``kind``, ``right``, ``n``, ``mean``, ``low``, ``high``; and what is left out because even
        together it is too little, in words.
    """
    large, small = table[table["n"] >= FEWEST], table[table["n"] < FEWEST]
    names = ", ".join(f"{row.kind} ({row.n})" for row in small.itertuples())
    left_out = ""
    if small["n"].sum() >= FEWEST:
        kind = f"{len(small)} kinds with fewer than {FEWEST} each"
        rest = {"kind": kind, "right": small["right"].sum(), "n": small["n"].sum()}
        large = pd.concat([large, pd.DataFrame([rest])])
        left_out = f"pooled: {names}"
    elif len(small):
        left_out = f"not drawn, fewer than {FEWEST}: {names}"
    found = large.assign(mean=large["right"] / large["n"])
    ends = [wilson(int(row.right), int(row.n)) for row in found.itertuples()]
    by_wilson = pd.DataFrame(ends, columns=["low", "high"], index=found.index)
    given = found.reindex(columns=["low", "high"])
    found[["low", "high"]] = given.astype(float).fillna(by_wilson)
    return found.sort_values(["mean", "n"], ascending=False).reset_index(drop=True), left_out


def draw_shares(table: Any, what: str, whole: str = "") -> Any:
    """A dot with its interval for each kind.

    Args:
        table: of :func:`pooled`.
        what: the share, for the axis.
        whole: a kind that holds the others: it stands first, in black.

    Returns:
        The matplotlib figure.
    """
    import matplotlib.pyplot as plt

    shown, left_out = pooled(table[table["kind"] != whole])
    if whole:
        shown = pd.concat([pooled(table[table["kind"] == whole])[0], shown], ignore_index=True)
    figure, axis = plt.subplots(figsize=(7.5, 0.36 * len(shown) + 1.2))
    for place, row in enumerate(shown.itertuples()):
        colour = "black" if row.kind == whole else OKABE_ITO["blue"]
        axis.plot([row.low, row.high], [place, place], color=colour, linewidth=1.4)
        axis.plot([row.mean], [place], "o", color=colour, clip_on=False, zorder=3)
        axis.text(1.02, place, f"{row.right} of {row.n}", va="center", fontsize=9,
                  transform=axis.get_yaxis_transform())  # fmt: skip
    axis.set_yticks(range(len(shown)), [str(kind).replace("_", " ") for kind in shown["kind"]])
    axis.set(xlim=(0, 1), ylim=(len(shown) - 0.5, -0.5))
    rest = "\n" + textwrap.fill(left_out.replace("_", " "), LETTERS) if left_out else ""
    how = "" if "low" in table else ", Wilson"
    axis.set_xlabel(f"{what} (95 %{how}){rest}", fontsize=9)
    return figure
