"""Every saved figure and what draws it from its table; the same again from its files."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from finlmm_utils.errors import FigureError
from finlmm_utils.evaluation.plots import asp, results, studies, training
from finlmm_utils.plot_style import use_style, write_drawing

LETTERS_PER_INCH = 12.5
"""Of a title in 10 points: a longer line would widen the picture, and shrink it on a page."""


FIGURES: Mapping[str, Callable[[Any, Mapping[str, Any]], Any]] = {
    "00/rollouts_by_profile": results.rollouts,
    "01/crops": asp.crops,
    "01/hard_layouts": asp.layouts,
    "01/values_read": asp.chart_values,
    "02/funnel": asp.funnel,
    "02/margin": asp.margin,
    "02/values_read": asp.chart_values,
    "03/similarity_by_rule": asp.similarity,
    "03/concentration": asp.concentration,
    "03/difficulty": asp.difficulty,
    "04/flat_groups": training.flat_groups,
    "04/rewards": training.rewards,
    "04/trouble": training.trouble,
    "05/length_reward": training.length_reward,
    "05/rewards": training.rewards,
    "05/discriminator": training.discriminator,
    "05/trouble": training.trouble,
    "05/forgetting": training.forgetting,
    "06/stages": results.stages,
    "06/by_task": results.by_task,
    "06/reasoning": results.reasoning,
    "07/arms": training.arms,
    "07/differences": results.differences,
    "08/discriminator_room": training.room,
    "08/interval": training.interval,
    "08/lengths": results.lengths,
    "09/claims": results.claims,
    "A/what_it_sees": results.what_it_sees,
    "A/curves": results.tiny_curves,
    "A/habits": results.habits,
    "page/reports_to_rows": asp.reports_to_rows,
    "study/contrasts": studies.study,
    "study/curves": studies.curves,
    "study/matrix": studies.matrix,
}
"""Number of the notebook and name of the figure, to what draws it."""
PICTURED = ("01/crops", "01/values_read", "02/values_read", "A/what_it_sees")
"""Figures that show pictures, which lie in a folder of the figure's name."""


def draw(key: str, table: Any, said: Mapping[str, Any], pictures: Sequence[bytes] = ()) -> Any:
    """Draw one figure.

    Args:
        key: of :data:`FIGURES`.
        table: a DataFrame of what is plotted.
        said: ``title``, and the facts that are not in the table.
        pictures: PNGs that it shows.

    Returns:
        The matplotlib figure.
    """
    figure = FIGURES[key](table, {**said, "pictures": list(pictures)})
    width = int(figure.get_figwidth() * LETTERS_PER_INCH)
    lines = str(said.get("title") or "").split("\n")
    title = "\n".join(textwrap.fill(line, width) for line in lines)
    if title and len(figure.axes) == 1:
        figure.axes[0].set_title(title, fontsize=10)
    elif title:
        figure.suptitle(title, fontsize=10, x=0.01, horizontalalignment="left")
    return figure


def redraw(key: str, csv: Path, target: Path) -> list[Path]:
    """Draw a saved figure again from its CSV and what its JSON says.

    Args:
        key: of :data:`FIGURES`.
        csv: the figure's data.
        target: folder for PNG and SVG; may be the figure's own.

    Returns:
        The paths written.

    Raises:
        FigureError: nothing draws it, or its data or pictures are not there.
    """
    import matplotlib.pyplot as plt

    if key not in FIGURES:
        raise FigureError(f"{key}: nothing draws it; expected one of {', '.join(FIGURES)}")
    pictures = [path.read_bytes() for path in sorted(csv.with_suffix("").glob("*.png"))]
    if key in PICTURED and not pictures:
        raise FigureError(
            f"{csv.with_suffix('')}: expected the pictures of the figure, found none: the run was"
            f" made by an older version; run notebook {key.partition('/')[0]} again"
        )
    try:
        said = json.loads(csv.with_suffix(".json").read_text("utf-8"))
        table = pd.read_csv(csv)
    except (OSError, ValueError) as error:
        raise FigureError(f"{csv}: expected a figure's data: {error}") from None
    use_style()
    said |= said.get("facts", {})
    figure = draw(key, table, said, pictures)
    words = str(said.get("run", "")), str(said.get("takeaway", ""))
    paths = write_drawing(figure, target, csv.stem, *words)
    plt.close(figure)
    return paths
