"""Draws the pages of made reports: paragraphs, tables, charts, logos, photographs.

A page is filled from the top, column by column, in the style of its report.
"""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pymupdf
from PIL import Image

from finlmm_utils.synthetic import vocabulary as words
from finlmm_utils.synthetic.charts import SIZE, ChartSpec, chart_image, draw_chart

Box = tuple[float, float, float, float]
WIDTH, HEIGHT = 612.0, 792.0
TOP, BOTTOM, MARGIN, GUTTER = 74.0, 734.0, 46.0, 16.0
BOLD = {"helv": "hebo", "tiro": "tibo"}


@dataclass
class Style:
    """Looks of one report.

    Attributes:
        font: name of a base font for text.
        columns: of text, 1 or 2.
        colour: of logo and rules; red, green, blue from 0 to 1.
        caption: form of a caption, with ``{n}`` for the number and ``{t}`` for the title.
        caption_above: whether captions stand over their charts.
        source_line: whether a line under each chart names its source.
        size: of the text's letters in points.
    """

    font: str
    columns: int
    colour: tuple[float, float, float]
    caption: str
    caption_above: bool
    source_line: bool
    size: float


@dataclass
class Chart:
    """One chart of a report and where it and its statements, by term, ended up.

    Attributes:
        spec: what it shows.
        raster: whether it is embedded as a picture, not as vector marks.
        seed: of its style.
        number: in its caption, from 1; 0 until it is drawn.
        page: from 1; 0 until it is drawn.
        box: of the marks, in points.
        whole: place of the chart with its margins, its caption and its source line, in points.
        evidence: the sentence or table row that states each term.
        evidence_page: where those stand, from 1.
        caption: as it is written on the page.
    """

    spec: ChartSpec
    raster: bool
    seed: int
    number: int = 0
    page: int = 0
    box: Box = (0.0, 0.0, 0.0, 0.0)
    whole: Box = (0.0, 0.0, 0.0, 0.0)
    evidence: dict[str, str] = field(default_factory=dict)
    evidence_page: int = 0
    caption: str = ""


class Sheet:
    """A page that is being filled from the top, column by column."""

    def __init__(self, page: pymupdf.Page, style: Style) -> None:
        self.page, self.style = page, style
        width = (WIDTH - 2 * MARGIN - (style.columns - 1) * GUTTER) / style.columns
        self.columns = [
            (MARGIN + k * (width + GUTTER), MARGIN + k * (width + GUTTER) + width)
            for k in range(style.columns)
        ]
        self.column, self.y = 0, TOP

    def room(self, height: float) -> bool:
        """Makes room for something this high, in the next column if need be."""
        if self.y + height <= BOTTOM:
            return True
        if self.column + 1 < len(self.columns) and TOP + height <= BOTTOM:
            self.column, self.y = self.column + 1, TOP
            return True
        return False

    @property
    def span(self) -> tuple[float, float]:
        """Left and right end of the current column."""
        return self.columns[self.column]

    def write(self, text: str, size: float, bold: bool = False, after: float = 6.0) -> bool:
        """Writes a paragraph; False where there is no room for all of it.

        Args:
            text: one paragraph; broken into lines here.
            size: of the letters in points.
            bold: in the bold font of the report's style.
            after: points left free below.
        """
        font = BOLD[self.style.font] if bold else self.style.font
        lines = wrap(text, font, size, self.span[1] - self.span[0])
        if not self.room(len(lines) * 1.25 * size):
            return False
        at = (self.span[0], self.y + size)
        self.page.insert_text(at, lines, fontsize=size, fontname=font, lineheight=1.25)
        self.y += len(lines) * 1.25 * size + after
        return True


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """Breaks a text into lines.

    Args:
        text: words with white space between them.
        font: name of a base font.
        size: of the letters in points.
        width: of a line at most, in points; one longer word has a line of its own.
    """
    lines: list[str] = []
    line, used = "", 0.0
    space = size * _advance(" ", font)
    for word in text.split():
        length = size * sum(_advance(c, font) for c in word)
        if line and used + space + length > width:
            lines.append(line)
            line, used = word, length
        else:
            line, used = f"{line} {word}".strip(), used + (space if line else 0.0) + length
    return [*lines, line] if line else lines


@cache
def _advance(character: str, font: str) -> float:
    """Width of a character at size 1; the base fonts have no kerning."""
    return pymupdf.get_text_length(character, font, 1)


def draw_table(sheet: Sheet, charts: list[Chart], rng: random.Random) -> None:
    """A table set as text: a row for each series, a column for each period.

    Args:
        sheet: the page that is being filled.
        charts: whose series the table states; each gets its row as evidence.
        rng: draws whether every other row is shaded.
    """
    style, labels = sheet.style, charts[0].spec.series.labels
    size = style.size
    shown = [(chart, series) for chart in charts for series in chart.spec.shown]
    sheet.room((len(shown) + 3) * 1.6 * size + 8)
    sheet.write(
        f"Table: Selected figures of {labels[-1]} and earlier years", size, bold=True, after=3
    )
    left, right = sheet.span
    step = min(62.0, (right - left) * 0.6 / len(labels))
    rows = [["", *labels]]
    for chart, series in shown:
        values = [words.amount(v, series.unit) for v in series.values]
        rows.append([series.term[0].upper() + series.term[1:], *values])
        chart.evidence[series.term] = "\t".join(rows[-1])
    shaded = rng.random() < 0.5
    for k, row in enumerate(rows):
        top, sheet.y = sheet.y, sheet.y + 1.6 * size
        if shaded and k % 2:
            sheet.page.draw_rect((left, top, right, sheet.y), color=None, fill=(0.93, 0.94, 0.96))
        for j, cell in enumerate(row):
            font = BOLD[style.font] if k == 0 else style.font
            width = pymupdf.get_text_length(cell, font, size)
            x = left + 2 if j == 0 else right - (len(row) - 1 - j) * step - width - 2
            sheet.page.insert_text((x, sheet.y - 0.5 * size), cell, fontsize=size, fontname=font)
        if k in (0, len(rows) - 1):
            sheet.page.draw_line((left, sheet.y), (right, sheet.y), width=0.7)
    sheet.y += 14


def draw_chart_row(sheet: Sheet, charts: list[Chart], counter: Iterator[int]) -> None:
    """One chart in its column, or two side by side across the page.

    Args:
        sheet: the page that is being filled.
        charts: one or two; each gets its number, caption and boxes.
        counter: gives the next figure's number.
    """
    style = sheet.style
    size = style.size
    left, right = sheet.span
    width = SIZE[0] if len(charts) == 2 or style.columns == 2 else 1.12 * SIZE[0]
    height = width * SIZE[1] / SIZE[0]
    sheet.room(height + 4.2 * size + 20)
    left, right = sheet.span
    sheet.y += 6
    top = sheet.y + (1.5 * size if style.caption_above else 0)
    for k, chart in enumerate(charts):
        x = left if len(charts) == 1 or k == 0 else right - width
        rect = (x, top, x + width, top + height)
        chart.number = next(counter)
        chart.caption = style.caption.format(n=chart.number, t=chart.spec.name.capitalize())
        _place(sheet.page, rect, chart)
        at = sheet.y + size if style.caption_above else rect[3] + 1.3 * size
        bold = BOLD[style.font]
        sheet.page.insert_text((x, at), chart.caption, fontsize=size, fontname=bold)
        long = pymupdf.get_text_length(chart.caption, bold, size)
        chart.whole = (x, min(top, at - size), max(rect[2], x + long), max(rect[3], at + size / 3))
        if style.source_line:
            y = (rect[3] if style.caption_above else at) + 1.2 * size
            line = "Source: company accounts"
            sheet.page.insert_text((x, y), line, fontsize=size - 2, fontname=style.font)
            chart.whole = (*chart.whole[:3], max(chart.whole[3], y + size / 3))
    sheet.y = top + height + (1.5 * size if not style.caption_above else 0) + 1.6 * size + 8


def _place(page: pymupdf.Page, rect: Box, chart: Chart) -> None:
    chart.box = (rect[0] + 4, rect[1] + 3, rect[2] - 6, rect[3] - 1)
    if not chart.raster:
        draw_chart(page, rect, chart.spec, chart.seed)
        return
    buffer = io.BytesIO()
    chart_image(chart.spec, chart.seed, dpi=150).save(buffer, format="PNG", compress_level=1)
    page.insert_image(rect, stream=buffer.getvalue())


def draw_furniture(
    page: pymupdf.Page, style: Style, company: str, year: int, number: int, logo: bytes
) -> None:
    """What every page has at its edges: logo, header with a line under it, footer, page number.

    Args:
        page: where to draw.
        style: of the report; gives the line's colour.
        company: named in the header.
        year: of the report, named in the header.
        number: of the page, from 1.
        logo: PNG.
    """
    page.insert_image((MARGIN, 24, MARGIN + 26, 50), stream=logo)
    page.insert_text((MARGIN + 34, 42), f"{company} | Annual Report {year}", fontsize=8)
    page.draw_line((MARGIN, 56), (WIDTH - MARGIN, 56), color=style.colour, width=1)
    page.insert_text((MARGIN, 768), "Registered office: see the back cover", fontsize=7)
    page.insert_text((WIDTH - MARGIN - 10, 768), str(number), fontsize=8)


def make_logo(rng: random.Random, colour: tuple[float, float, float]) -> bytes:
    """A company's logo, PNG: two blocks in the colour of its reports."""
    image = Image.new("RGB", (96, 96), "white")
    ink = tuple(int(255 * c) for c in colour)
    across = rng.randint(30, 70)
    image.paste(ink, (8, 8, across, 88))
    image.paste(tuple(min(255, c + 90) for c in ink), (across, 30, 88, 88))
    return _encode(image, "PNG")


def draw_photograph(sheet: Sheet, rng: random.Random) -> None:
    """A picture without data: smooth shapes with grain, as photographs have."""
    if not sheet.room(120):
        return
    noise = np.random.default_rng(rng.randrange(2**32))
    rough = Image.fromarray(noise.integers(20, 235, (6, 9, 3), dtype=np.uint8))
    smooth = np.asarray(rough.resize((270, 165), Image.Resampling.BICUBIC), dtype=np.int16)
    grain = noise.integers(-18, 19, smooth.shape)
    image = Image.fromarray(np.clip(smooth + grain, 0, 255).astype(np.uint8))
    left = sheet.span[0]
    sheet.page.insert_image(
        (left, sheet.y, left + 180, sheet.y + 110), stream=_encode(image, "JPEG")
    )
    sheet.y += 122


def _encode(image: Image.Image, form: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=form)
    return buffer.getvalue()
