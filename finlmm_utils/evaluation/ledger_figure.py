"""The ledger as a figure: each measured claim against its own threshold."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from finlmm_utils.evaluation.claims import IN_ONE_SEED, NOT_TESTED
from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.evaluation.ledger_views import leading, table

SHARE_FROM = 0.4
"""Threshold from which a measure is a share or an AUROC, not a difference: both have an axis of
their own, or the differences are squeezed into a third of one."""
LARGE = 1.25
"""Difference from which an interval's end is of a count: no share differs by so much."""
LETTERS = 42
"""Letters of a claim in a line: what fits beside the axis in :data:`CLAIM_POINTS`."""
CLAIM_POINTS, VERDICT_POINTS = 11, 10
"""Sizes of text: a page of 940 pixels shrinks the figure by a tenth, and it can be read."""
ROW_INCHES = 0.66
MARKS = {"supported": ("o", "black"), "contradicted": ("X", "black"), "undecided": ("o", "white"),
         NOT_TESTED: ("s", "#BFBFBF")}  # fmt: skip
"""Shape and filling by verdict: nothing hangs on a colour."""


def draw_ledger(rows: Sequence[Row]) -> tuple[Any, Any]:
    """Draw the leading row of each claim that has a number.

    Args:
        rows: of :func:`finlmm_utils.evaluation.ledger.ledger`.

    Returns:
        The matplotlib figure and a pandas DataFrame of what it shows.
    """
    import matplotlib.pyplot as plt

    measured = [row for row in leading(rows) if row.ours is not None]
    parts: dict[str, list[Row]] = {"difference": [], "share": [], "difference of a count": []}
    for row in measured:
        count = max(abs(one or 0.0) for one in (row.ours, row.low, row.high)) > LARGE
        share = (row.threshold or 0.0) >= SHARE_FROM
        name = "difference of a count" if count else "share" if share else "difference"
        parts[name].append(row)
    shown = [part for part in parts.items() if part[1]] or [("nothing measured", [])]
    heights = [max(1, len(part)) for _, part in shown]
    figure, axes = plt.subplots(
        len(shown), 1, figsize=(8.6, ROW_INCHES * sum(heights) + 0.9 * len(shown)),
        height_ratios=heights, squeeze=False,
    )  # fmt: skip
    for axis, (name, part) in zip(axes[:, 0], shown, strict=True):
        for place, row in enumerate(part):
            _draw(axis, place, row)
        labels = [textwrap.fill(row.claim, LETTERS) for row in part]
        axis.set_yticks(range(len(part)), labels, fontsize=CLAIM_POINTS)
        axis.set_ylim(len(part) - 0.4, -0.6)
        axis.set_xlabel(f"{name}, 95 % interval; grey: what it must exceed")
    figure.suptitle(title(rows), fontsize=11, x=0.01, horizontalalignment="left")
    return figure, table(measured)


def title(rows: Sequence[Row]) -> str:
    """How many of the claims that have a number are supported."""
    measured = [row for row in leading(rows) if row.ours is not None]
    supported = [row for row in measured if row.verdict.startswith("supported")]
    single = sum(row.verdict.endswith(IN_ONE_SEED) for row in supported)
    others = len(leading(rows)) - len(measured)
    return (
        f"{len(supported)} of {len(measured)} measured claims are supported ({single} in one seed);"
        f" {others} have no number"
    )


def _draw(axis: Any, place: int, row: Row) -> None:
    assert row.ours is not None
    word = row.verdict.removesuffix(IN_ONE_SEED)
    marker, filling = MARKS.get(word, ("o", "white"))
    axis.plot([row.threshold or 0.0], [place], marker="|", markersize=22, color="#9A9A9A")
    if row.low is not None and row.high is not None:
        axis.plot([row.low, row.high], [place, place], color="black", linewidth=1.4)
    axis.plot([row.ours], [place], marker, color="black", markerfacecolor=filling, markersize=7)
    seeds = f"{row.seeds} seed{'s' if row.seeds != 1 else ''}"
    rows = f", n = {row.n}" if row.n else ""
    axis.text(1.01, place, f"{word}\n{seeds}{rows}", va="center", fontsize=VERDICT_POINTS,
              transform=axis.get_yaxis_transform())  # fmt: skip
