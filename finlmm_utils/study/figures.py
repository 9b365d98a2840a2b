"""One style for all figures (matplotlib)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Okabe and Ito's palette, safe for colour-blind readers, in the order of use.
OKABE_ITO = {
    "blue": "#0072B2",
    "orange": "#E69F00",
    "green": "#009E73",
    "red": "#D55E00",
    "purple": "#CC79A7",
    "sky": "#56B4E9",
    "yellow": "#F0E442",
    "black": "#000000",
}
FIELD_MAP = "cividis"


def use_style() -> None:
    """Set matplotlib's defaults: readable text, no top and right spines, Okabe-Ito colours."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=list(OKABE_ITO.values())),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 11,
            "axes.labelsize": 10,
            "font.size": 10,
            "legend.frameon": False,
            "figure.dpi": 100,
            "figure.figsize": (6.4, 3.6),
            "figure.constrained_layout.use": True,
            "image.cmap": FIELD_MAP,
            "savefig.dpi": 160,
            "savefig.bbox": "tight",
            "svg.hashsalt": "finlmm",
            "svg.fonttype": "path",
        }
    )


def save_figure(figure: Any, folder: Path, name: str, data: Any, run_id: str) -> list[Path]:
    """Write one figure as SVG and PNG, and what it plots as CSV.

    Args:
        figure: A matplotlib figure.
        folder: Where to write; made if missing.
        name: File name without extension.
        data: A pandas DataFrame of the plotted values.
        run_id: Written into the files' metadata.

    Returns:
        The three paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg, png, csv = (folder / f"{name}.{ending}" for ending in ("svg", "png", "csv"))
    figure.savefig(svg, metadata={"Date": None, "Description": f"run {run_id}"})
    figure.savefig(png, metadata={"Description": f"run {run_id}"})
    data.to_csv(csv, index=False)
    return [svg, png, csv]
