"""Draws small financial charts with vector marks on a PDF page.

One drawing code serves the made reports of ASP and the images on which ``finlmm-tiny`` learned to
read, so that the policy sees in training what the extractor cuts out of a page. Sizes are chosen
for a chart of about 250 x 167 points that is still readable at 168 x 112 pixels.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finlmm_utils.tasks import Series, plain

if TYPE_CHECKING:
    import pymupdf
    from PIL import Image

KINDS = ("bar", "line", "table")
SIZE = (252.0, 168.0)
"""Width and height of a chart in points where nobody asks for another."""

_PALETTE = [
    (0.00, 0.45, 0.70), (0.90, 0.62, 0.00), (0.00, 0.62, 0.45), (0.80, 0.40, 0.00),
    (0.34, 0.71, 0.91), (0.60, 0.30, 0.50), (0.25, 0.35, 0.45), (0.55, 0.65, 0.25),
]  # fmt: skip
_INK = (0.10, 0.10, 0.15)
_GREY = (0.72, 0.72, 0.75)


@dataclass(frozen=True)
class ChartSpec:
    """What a chart shows.

    Attributes:
        kind: "bar", "line" or "table".
        series: term, unit, labels and values.
    """

    kind: str
    series: Series

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"chart kind {self.kind!r}; expected one of {KINDS}")

    @property
    def title(self) -> str:
        """The line over the chart: the term, and its unit in parentheses where there is one."""
        unit = f" ({self.series.unit})" if self.series.unit else ""
        return self.series.term.capitalize() + unit


def random_spec(rng: random.Random, series: Series) -> ChartSpec:
    """A chart of this series: 45 % bars, 30 % lines, 25 % tables."""
    return ChartSpec(rng.choices(KINDS, weights=(45, 30, 25))[0], series)


def _text(
    page: pymupdf.Page, x: float, y: float, text: str, size: float, font: str, align: float = 0.5
) -> None:
    """Writes text at a baseline; ``align`` 0 starts, 0.5 centres, 1 ends it at x."""
    import pymupdf

    width = pymupdf.get_text_length(text, fontname=font, fontsize=size)
    page.insert_text((x - align * width, y), text, fontsize=size, fontname=font, color=_INK)


def draw_chart(
    page: pymupdf.Page, rect: tuple[float, float, float, float], spec: ChartSpec, seed: int
) -> None:
    """Draws a chart into a box of a page, all of it as vector marks and text.

    Args:
        page: where to draw.
        rect: x0, y0, x1, y1 in points; about 3:2, at least 200 points wide to be readable.
        spec: what to show.
        seed: chooses colours, font, bar width, grid and title place; same seed, same drawing.
    """
    rng = random.Random(seed)
    x0, y0, x1, y1 = rect
    scale = (x1 - x0) / SIZE[0]
    font, bold = "helv", rng.choice(("hebo", "hebo", "tibo"))
    colour = rng.choice(_PALETTE)
    title_x, align = ((x0 + x1) / 2, 0.5) if rng.random() < 0.5 else (x0 + 8 * scale, 0.0)
    _text(page, title_x, y0 + 17 * scale, spec.title, 16 * scale, bold, align)
    inside = (x0 + 12 * scale, y0 + 26 * scale, x1 - 12 * scale, y1 - 6 * scale)
    if spec.kind == "table":
        _draw_table(page, inside, spec.series, scale, font, bold, colour, rng)
    else:
        _draw_axes_chart(page, inside, spec, scale, font, colour, rng)


def _draw_axes_chart(
    page: pymupdf.Page,
    box: tuple[float, float, float, float],
    spec: ChartSpec,
    scale: float,
    font: str,
    colour: tuple[float, ...],
    rng: random.Random,
) -> None:
    x0, y0, x1, y1 = box
    series = spec.series
    size = 19 * scale
    base, top = y1 - 18 * scale, y0 + 20 * scale
    low = min(0.0, min(series.values))
    span = (max(series.values) - low) or 1.0
    step = (x1 - x0) / len(series.values)
    xs = [x0 + step * (k + 0.5) for k in range(len(series.values))]
    ys = [base - (v - low) / span * (base - top) for v in series.values]
    if rng.random() < 0.5:
        for k in range(1, 4):
            y = base - k / 3 * (base - top)
            page.draw_line((x0, y), (x1, y), color=(0.9, 0.9, 0.92), width=0.6 * scale)
    page.draw_line((x0, base), (x1, base), color=_GREY, width=1.0 * scale)
    if spec.kind == "bar":
        half = step * rng.uniform(0.22, 0.38)
        for x, y in zip(xs, ys, strict=True):
            box_y = (y, base) if y < base else (base - 0.5, base)
            page.draw_rect((x - half, box_y[0], x + half, box_y[1]), color=colour, fill=colour)
    else:
        page.draw_polyline(list(zip(xs, ys, strict=True)), color=colour, width=2.0 * scale)
        for x, y in zip(xs, ys, strict=True):
            page.draw_circle((x, y), 2.6 * scale, color=colour, fill=colour)
    for x, y, label, value in zip(xs, ys, series.labels, series.values, strict=True):
        _text(page, x, y - 4 * scale, plain(value), size, font)
        _text(page, x, y1 - 3 * scale, label, 17 * scale, font)


def _draw_table(
    page: pymupdf.Page,
    box: tuple[float, float, float, float],
    series: Series,
    scale: float,
    font: str,
    bold: str,
    colour: tuple[float, ...],
    rng: random.Random,
) -> None:
    x0, y0, x1, y1 = box
    height = (y1 - y0) / (len(series.values) + 1)
    header = tuple(0.82 + 0.18 * c for c in colour)
    page.draw_rect((x0, y0, x1, y0 + height), color=header, fill=header)
    rows = [("Period", "Value"), *zip(series.labels, map(plain, series.values), strict=True)]
    ruled = rng.random() < 0.6
    for k, (label, value) in enumerate(rows):
        y = y0 + height * (k + 1)
        face = bold if k == 0 else font
        _text(page, x0 + 30 * scale, y - height * 0.25, label, 17 * scale, face, 0.0)
        _text(page, x1 - 34 * scale, y - height * 0.25, value, 17 * scale, face, 1.0)
        if ruled or k in (0, len(rows) - 1):
            page.draw_line((x0, y), (x1, y), color=_GREY, width=0.8 * scale)


@dataclass(frozen=True)
class DrawnChart:
    """A chart as an image, with the place of all that is written in it.

    Attributes:
        image: RGB.
        characters: (character, x, y): centres in pixels of ``image``.
        words: (word, x, y): the same of whole words.
        title_end: pixels from the top that the title takes up.
    """

    image: Image.Image
    characters: list[tuple[str, float, float]]
    words: list[tuple[str, float, float]]
    title_end: float


def drawn_chart(
    spec: ChartSpec, seed: int, dpi: int = 150, margin: float = 0.0, below: tuple[str, ...] = ()
) -> DrawnChart:
    """Renders a chart alone, as the extractor's crop of it would look.

    Args:
        spec: what to show.
        seed: of the style.
        dpi: pixels per inch of the rendering.
        margin: white border in points, as a loose crop has it.
        below: small lines under the chart: its caption, its source.

    Returns:
        The image, 525 x 350 pixels at 150 dpi without a margin or lines below, and its texts.
    """
    import pymupdf
    from PIL import Image

    width, height = SIZE
    pixel = dpi / 72
    with pymupdf.open() as document:
        page = document.new_page(
            width=width + 2 * margin, height=height + 2 * margin + 13 * len(below)
        )
        draw_chart(page, (margin, margin, margin + width, margin + height), spec, seed)
        for k, line in enumerate(below):
            _text(page, margin, margin + height + 11 + 13 * k, line, 10 - 2 * k, "helv", 0.0)
        pixels = page.get_pixmap(dpi=dpi)
        characters = [
            (one["c"], (box[0] + box[2]) / 2 * pixel, (box[1] + box[3]) / 2 * pixel)
            for block in page.get_text("rawdict")["blocks"]
            for line in block.get("lines", [])
            for span in line["spans"]
            for one in span["chars"]
            if (box := one["bbox"])
        ]
        words = [
            (text, (x0 + x1) / 2 * pixel, (y0 + y1) / 2 * pixel)
            for x0, y0, x1, y1, text, *_ in page.get_text("words")
        ]
    image = Image.frombytes("RGB", (pixels.width, pixels.height), pixels.samples)
    return DrawnChart(image, characters, words, (margin + 24) * pixel)


def chart_image(spec: ChartSpec, seed: int, dpi: int = 150, margin: float = 0.0) -> Image.Image:
    """The image of :func:`drawn_chart` alone."""
    return drawn_chart(spec, seed, dpi, margin).image
