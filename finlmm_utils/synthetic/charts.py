"""Draws small financial charts with vector marks on a PDF page.

One drawing code serves the made reports of ASP and the images on which ``finlmm-tiny`` learned to
read, so that the policy sees in training what the extractor cuts out of a page. Sizes are chosen
for a chart of about 250 x 167 points that is still readable at 168 x 112 pixels.
"""

from __future__ import annotations

import random
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from finlmm_utils.finance.terms import TERMS, Series
from finlmm_utils.synthetic.chart_drawing import (
    Box,
    Face,
    draw_bars,
    draw_line,
    draw_pie,
    draw_table,
    rectangle,
    text,
)

if TYPE_CHECKING:
    import pymupdf
    from PIL import Image

KINDS = ("bar", "line", "table", "grouped", "pie")
"""Grouped bars show two series over at most three periods; a pie or donut shows parts."""
SIZE = (252.0, 168.0)
"""Width and height of a chart in points where nobody asks for another."""
_PALETTE = [
    (0.00, 0.45, 0.70), (0.90, 0.62, 0.00), (0.00, 0.62, 0.45), (0.80, 0.40, 0.00),
    (0.34, 0.71, 0.91), (0.60, 0.30, 0.50), (0.25, 0.35, 0.45), (0.55, 0.65, 0.25),
]  # fmt: skip


@dataclass(frozen=True)
class ChartSpec:
    """What a chart shows.

    Attributes:
        kind: one of ``KINDS``.
        series: term, unit, labels and values.
        second: of grouped bars, the series of the right bars: same labels, same unit.
    """

    kind: str
    series: Series
    second: Series | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"chart kind {self.kind!r}; expected one of {KINDS}")
        if (self.kind == "grouped") != (self.second is not None):
            raise ValueError(f"chart kind {self.kind!r} with second series {self.second}")

    @property
    def shown(self) -> tuple[Series, ...]:
        """All its series."""
        return (self.series,) if self.second is None else (self.series, self.second)

    @property
    def titles(self) -> tuple[str, ...]:
        """The line over the chart, or each line of its legend: the term and its unit if any."""
        return tuple(
            one.term.capitalize() + (f" ({one.unit})" if one.unit else "") for one in self.shown
        )

    @property
    def name(self) -> str:
        """What it shows, in lower case: "revenue", "revenue and net income"."""
        return " and ".join(one.term for one in self.shown)


def random_spec(rng: random.Random, series: Series) -> ChartSpec:
    """A chart of this series.

    Periods: bars 35 %, lines 20 %, tables 15 %, grouped bars 30 %. Parts: pies 60 %, else bars or a
    table. Grouped bars need another term of the same unit, and show three periods at most.
    """
    if series.part:
        return ChartSpec(rng.choices(("pie", "bar", "table"), weights=(60, 20, 20))[0], series)
    kind = rng.choices(("bar", "line", "table", "grouped"), weights=(35, 20, 15, 30))[0]
    if kind != "grouped":
        return ChartSpec(kind, series)
    return grouped_spec(rng, series) or ChartSpec("bar", series)


def grouped_spec(
    rng: random.Random, series: Series, taken: Collection[str] = (), longest: int = 99
) -> ChartSpec | None:
    """Bars of this series beside those of another drawn term.

    Args:
        rng: draws the term and its values.
        series: of the left bars; of more than three periods the last three are shown.
        taken: terms that are not drawn.
        longest: letters of both terms together, at most.

    Returns:
        The chart, or None where no term of the same unit is left.
    """
    others = [
        term
        for term in TERMS
        if term.unit == series.unit
        and term.name not in {series.term, *taken}
        and len(term.name) + len(series.term) <= longest
    ]
    if not others:
        return None
    labels, values = series.labels[-3:], series.values[-3:]
    rest = [v for v in range(10, 100) if v not in values]
    second = Series(
        rng.choice(others).name, series.unit, labels, tuple(rng.sample(rest, len(labels)))
    )
    return ChartSpec("grouped", Series(series.term, series.unit, labels, values), second)


def draw_chart(page: pymupdf.Page, rect: Box, spec: ChartSpec, seed: int) -> None:
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
    face = Face(page.new_shape(), scale, "helv", rng.choice(("hebo", "hebo", "tibo")))
    colours = rng.sample(_PALETTE, 4)
    title_x, align = ((x0 + x1) / 2, 0.5) if rng.random() < 0.5 else (x0 + 8 * scale, 0.0)
    below = y0 + 26 * scale
    if spec.kind == "grouped":
        for k, title in enumerate(spec.titles):
            y = y0 + (16 + 18 * k) * scale
            rectangle(face, (x0 + 8 * scale, y - 10 * scale, x0 + 18 * scale, y), colours[k])
            text(face, x0 + 23 * scale, y, title, 15, bold=True, align=0.0)
        below = y0 + 38 * scale
    else:
        text(face, title_x, y0 + 17 * scale, spec.titles[0], 16, bold=True, align=align)
    inside = (x0 + 12 * scale, below, x1 - 12 * scale, y1 - 6 * scale)
    if spec.kind == "table":
        draw_table(face, inside, spec.series, colours[0], rng)
    elif spec.kind == "pie":
        draw_pie(face, inside, spec.series, colours, rng)
    elif spec.kind == "line":
        draw_line(face, inside, spec.series, colours[0], rng)
    else:
        draw_bars(face, inside, spec.shown, colours, rng)
    face.shape.commit()


@dataclass(frozen=True)
class DrawnChart:
    """A chart as an image, with the place of all that is written in it.

    Attributes:
        image: RGB.
        characters: (character, x, y): centres in pixels of ``image``.
        words: (word, x, y): the same of whole words.
        title: from where to where the title reaches, in pixels from the top.
    """

    image: Image.Image
    characters: list[tuple[str, float, float]]
    words: list[tuple[str, float, float]]
    title: tuple[float, float]


def drawn_chart(
    spec: ChartSpec,
    seed: int,
    dpi: int = 150,
    margin: float = 0.0,
    above: tuple[str, ...] = (),
    below: tuple[str, ...] = (),
) -> DrawnChart:
    """Renders a chart alone, as the extractor's crop of it would look.

    Args:
        spec: what to show.
        seed: of the style.
        dpi: pixels per inch of the rendering.
        margin: white border in points, as a loose crop has it.
        above: bold lines over the chart: a heading, its caption.
        below: small lines under the chart: its caption, its source.

    Returns:
        The image, 525 x 350 pixels at 150 dpi without a margin or more lines, and its texts.
    """
    import pymupdf
    from PIL import Image

    width, height = SIZE
    pixel = dpi / 72
    with pymupdf.open() as document:
        top = margin + 15 * len(above)
        page = document.new_page(
            width=width + 2 * margin, height=top + height + margin + 13 * len(below)
        )
        draw_chart(page, (margin, top, margin + width, top + height), spec, seed)
        face = Face(page.new_shape(), 1.0, "helv", "hebo")
        for k, line in enumerate(above):
            text(face, margin, margin + 11 + 15 * k, line, 11, bold=True, align=0.0)
        for k, line in enumerate(below):
            text(face, margin, top + height + 11 + 13 * k, line, 10 - 2 * k, align=0.0)
        face.shape.commit()
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
    title = (top * pixel, (top + (36 if spec.second else 24)) * pixel)
    return DrawnChart(image, characters, words, title)


def chart_image(spec: ChartSpec, seed: int, dpi: int = 150) -> Image.Image:
    """The image of :func:`drawn_chart` alone.

    Args:
        spec: what to show.
        seed: of the style.
        dpi: pixels per inch of the rendering.
    """
    return drawn_chart(spec, seed, dpi).image
