"""One style for all figures (matplotlib), and what is saved of each."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

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

COLOURS = {
    # What is measured and what is paid for it share a colour, and so do all names of one thing.
    "accuracy": OKABE_ITO["blue"],
    "selection": OKABE_ITO["green"],
    "format": OKABE_ITO["orange"],
    "length": OKABE_ITO["purple"],
    "adversarial": OKABE_ITO["red"],
    "adversary": OKABE_ITO["red"],
    "discriminator": OKABE_ITO["red"],
    "within groups": OKABE_ITO["red"],
    "all prompts": "#332288",
    "bag of words": OKABE_ITO["sky"],
    "judge": "#6A4C93",
    # Signs of trouble: none of them is a reward, none a policy.
    "flat": "#8A7400",
    "clipped": "#882255",
    "repetition": "#44AA99",
    # Policies and arms: the further trained, the darker; sums and wholes are black.
    "base": "#A6A6A6",
    "start": "#A6A6A6",
    "stage 1": "#6B6B6B",
    "stage 2": "#000000",
    "all rewards": "#000000",
    "reward": "#000000",
    "placebo": "#767676",
    # What counts and what is lost.
    "kept": OKABE_ITO["blue"],
    "dropped": OKABE_ITO["orange"],
    "right": OKABE_ITO["blue"],
    "wrong": OKABE_ITO["orange"],
    # Rules that choose distractors: from the unlike to the alike, chance between them.
    "lowest": OKABE_ITO["blue"],
    "lowest quartile": OKABE_ITO["sky"],
    "random": OKABE_ITO["black"],
    "banded": OKABE_ITO["green"],
    "highest": OKABE_ITO["red"],
    # Contrasts of a study.
    "primary": OKABE_ITO["blue"],
    "exploratory": OKABE_ITO["sky"],
    "not tested": OKABE_ITO["orange"],
}
"""One colour for one meaning in all notebooks. What is not here has no meaning of its own: blue for
one series, or the order of :data:`OKABE_ITO` for several."""
READABLE = 4.5
"""Least contrast of text against its ground: WCAG 2.1, level AA."""
NEARLY_WHITE = 0.8
"""Luminance from which text is meant for a dark ground: our choice."""

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
    from matplotlib import font_manager

    path = Path(mpl.get_cachedir()) / f"droid-sans-fallback-{metadata.version('pymupdf')}.ttf"
    for written in (path.is_file(), False):  # a file that is no font is written anew
        with contextlib.suppress(OSError, RuntimeError):  # no place, or a PyMuPDF without the font
            if not written:
                import pymupdf  # here: it takes half a second, and most processes find the file

                part = path.with_name(f"{path.name}.{os.getpid()}")
                part.write_bytes(pymupdf.Font("china-s").buffer)
                os.replace(part, path)
            font_manager.fontManager.addfont(path)
            return [font_manager.get_font(path).family_name]
    return []


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
            "text.parse_math": False,  # titles hold "US$99bn and US$12bn", words of strangers
        }
    )


def drawable(figure: Any) -> None:
    """Puts a box sign in place of each letter of a figure that no installed font can draw.

    Without it matplotlib warns at every such letter, of every size, in every format.

    Args:
        figure: A matplotlib figure; its texts are changed in place.
    """
    from matplotlib import font_manager, rcParams, text

    families = [font_manager.FontProperties(family=[name]) for name in rcParams["font.family"]]
    paths = [font_manager.findfont(family) for family in families]
    letters = {code for path in paths for code in font_manager.get_font(path).get_charmap()}
    for item in figure.findobj(text.Text):
        words = item.get_text()
        if not words.isascii():
            known = (c if c == "\n" or ord(c) in letters else "\u25a1" for c in words)
            item.set_text("".join(known))


def colour_of(name: str, otherwise: str = OKABE_ITO["blue"]) -> str:
    """The colour of a meaning: of its own name, or of the first word of it that has one.

    Args:
        name: e.g. "accuracy", "reward_selection", "no selection", "accuracy, image questions".
        otherwise: for a name without a meaning of :data:`COLOURS`.

    Examples:
        >>> colour_of("no selection") == colour_of("reward_selection") == COLOURS["selection"]
        True
    """
    name = name.replace("_", " ")
    if name in COLOURS:
        return COLOURS[name]
    words = name.replace(",", " ").removeprefix("reward ").split()
    return next((COLOURS[word] for word in words if word in COLOURS), otherwise)


def colours_of(names: Sequence[str]) -> list[str]:
    """Colours of several names in one figure: each its own meaning's, none of them twice.

    Args:
        names: e.g. the labels of a figure's lines.
    """
    meant = [colour_of(name, "") for name in names]
    free = (c for c in OKABE_ITO.values() if c not in meant)
    found: list[str] = []
    for colour in meant:
        taken = not colour or colour in found
        found.append(next(free, OKABE_ITO["black"]) if taken else colour)
    return found


def luminance(colour: Any) -> float:
    """Relative luminance of a colour, 0 black to 1 white (WCAG 2.1)."""
    from matplotlib.colors import to_rgb

    parts = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour)]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), parts, strict=True))


def contrast(colour: Any) -> float:
    """Contrast of a colour against white, 1 to 21 (WCAG 2.1)."""
    return 1.05 / (luminance(colour) + 0.05)


def readable(colour: Any) -> Any:
    """The colour, made darker at the same hue until text in it can be read on white.

    Examples:
        >>> contrast(OKABE_ITO["orange"]) < READABLE <= contrast(readable(OKABE_ITO["orange"]))
        True
    """
    from matplotlib.colors import to_rgb

    found = to_rgb(colour)
    while contrast(found) < READABLE:
        found = tuple(part * 0.95 for part in found)
    return found


def darken_text(figure: Any) -> None:
    """Makes each text of a figure dark enough to read; text for a dark ground stays."""
    from matplotlib import text

    for item in figure.findobj(text.Text):
        if item.get_text().strip() and luminance(item.get_color()) < NEARLY_WHITE:
            item.set_color(readable(item.get_color()))


def title_of(figure: Any) -> str:
    """A figure's title in one line: its own, or that of its only panel; "" where it has none."""
    words = figure.get_suptitle()
    if not words and len(figure.axes) == 1:
        axis = figure.axes[0]
        words = next((t for t in map(axis.get_title, ("left", "center", "right")) if t), "")
    return " ".join(words.split())


def save_figure(
    figure: Any, folder: Path, name: str, data: Any, run_id: str, takeaway: str = "",
    facts: Mapping[str, Any] | None = None, pictures: Sequence[bytes] = (),
) -> list[Path]:  # fmt: skip
    """Write one figure as SVG and PNG, what it plots as CSV, and what it says as JSON.

    Args:
        figure: A matplotlib figure.
        folder: Where to write; made if missing.
        name: File name without extension.
        data: A pandas DataFrame of the plotted values.
        run_id: Written into the files' metadata.
        takeaway: What the figure shows, a sentence computed from the data: its caption. Left out,
            its title.
        facts: What its drawing needs beside the data, JSON values.
        pictures: PNGs that it shows; they go into a folder of its name.

    Returns:
        The four paths.
    """
    folder.mkdir(parents=True, exist_ok=True)
    csv, said = (folder / f"{name}.{kind}" for kind in ("csv", "json"))
    words = {"title": title_of(figure), "takeaway": takeaway or title_of(figure), "run": run_id}
    drawn = write_drawing(figure, folder, name, run_id, takeaway)
    data.to_csv(csv, index=False)
    known = {**words, "facts": dict(facts)} if facts else words
    said.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    for number, png in enumerate(pictures, start=1):
        (folder / name).mkdir(exist_ok=True)
        (folder / name / f"{number:02}.png").write_bytes(png)
    return [*drawn, csv, said]


def write_drawing(figure: Any, folder: Path, name: str, run_id: str, said: str = "") -> list[Path]:
    """Write a figure as SVG and PNG, its text dark enough to read.

    The SVG says in words what it shows, for those who hear it: its title, and the takeaway.

    Args:
        figure: A matplotlib figure.
        folder: Where to write; made if missing.
        name: File name without extension.
        run_id: Written into the files' metadata.
        said: The takeaway: what it shows; left out, its title.
    """
    folder.mkdir(parents=True, exist_ok=True)
    svg, png = folder / f"{name}.svg", folder / f"{name}.png"
    title = "".join(filter(str.isprintable, title_of(figure))) or name.replace("_", " ")
    told = "".join(filter(str.isprintable, " ".join(said.split()))) or title
    drawable(figure)
    darken_text(figure)
    figure.savefig(svg, metadata={"Date": None, "Title": title, "Description": f"run {run_id}"})
    drawn = svg.read_text("utf-8").replace("</title>", f"</title>\n <desc>{escape(told)}</desc>", 1)
    svg.write_text(drawn, encoding="utf-8")
    figure.savefig(png, metadata={"Description": f"run {run_id}"})
    return [svg, png]
