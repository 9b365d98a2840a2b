"""One style for all figures (matplotlib)."""

from __future__ import annotations

import os
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


# The usual names of fonts with Chinese letters on Linux, macOS and Windows.
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Zen Hei",
    "WenQuanYi Micro Hei", "PingFang SC", "Heiti SC", "Microsoft YaHei", "SimHei",
    "Arial Unicode MS", "Droid Sans Fallback",
)  # fmt: skip


def chinese_fonts() -> list[str]:
    """The fonts with Chinese letters that matplotlib can use here, best first.

    Where the machine has none, PyMuPDF's own (Droid Sans Fallback, Apache licence) is written to
    matplotlib's cache once: matplotlib takes fonts from files only.

    Returns:
        Names for matplotlib's ``font.family``; empty where neither is to be had.
    """
    from matplotlib import font_manager

    known = set(font_manager.get_font_names())
    found = [name for name in CHINESE_FONTS if name in known]
    return found or _bundled_font()


def _bundled_font() -> list[str]:
    """Registers PyMuPDF's font with matplotlib; its name in a list, or an empty list."""
    import matplotlib as mpl
    import pymupdf
    from matplotlib import font_manager

    path = Path(mpl.get_cachedir()) / "droid-sans-fallback.ttf"
    try:
        font = pymupdf.Font("china-s")
        if not path.is_file() or path.stat().st_size != len(font.buffer):
            part = path.with_name(f"{path.name}.{os.getpid()}")
            part.write_bytes(font.buffer)
            os.replace(part, path)
        font_manager.fontManager.addfont(path)
    except (OSError, RuntimeError):  # no place to write, or a PyMuPDF built without the font
        return []
    return [font_manager.get_font(path).family_name]


def use_style() -> None:
    """Set matplotlib's defaults: readable text, no top and right spines, Okabe-Ito colours."""
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "font.family": ["DejaVu Sans", *chinese_fonts()],
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


def drawable(figure: Any) -> None:
    """Puts a box sign in place of each letter of a figure that no installed font can draw.

    Without it matplotlib warns at every such letter, of every size, in every format.

    Args:
        figure: A matplotlib figure; its texts are changed in place.
    """
    from matplotlib import font_manager, rcParams, text

    paths = [font_manager.findfont(name) for name in rcParams["font.family"]]
    letters = {code for path in paths for code in font_manager.get_font(path).get_charmap()}
    for item in figure.findobj(text.Text):
        words = item.get_text()
        if not words.isascii():
            item.set_text("".join(c if ord(c) in letters else "\u25a1" for c in words))


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
    drawable(figure)
    figure.savefig(svg, metadata={"Date": None, "Description": f"run {run_id}"})
    figure.savefig(png, metadata={"Description": f"run {run_id}"})
    data.to_csv(csv, index=False)
    return [svg, png, csv]
