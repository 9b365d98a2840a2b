"""Draws annual reports as PDFs from a seed and keeps the gold: which figure answers which question.

A report has narrative, tables, raster and vector charts, a logo, photographs, headers, footers and
page numbers, in one or two columns. What a chart shows is also stated in a sentence or a table on
ANOTHER page, as in real reports. With the gold every step of ASP has a measured precision and
recall. The same seed gives the same bytes.
"""

from __future__ import annotations

import io
import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from pathlib import Path

import numpy as np
import pymupdf
from PIL import Image

from finlmm_utils.asp import made_vocabulary as words
from finlmm_utils.charts import SIZE, ChartSpec, chart_image, draw_chart
from finlmm_utils.tasks import TERMS, Series, questions_for, random_series

Box = tuple[float, float, float, float]
WIDTH, HEIGHT = 612.0, 792.0
TOP, BOTTOM, MARGIN, GUTTER = 74.0, 734.0, 46.0, 16.0
CAPTIONS = ("Figure {n}: {t}", "Figure {n}. {t}", "Chart {n}: {t}", "Exhibit {n}: {t}")
BOLD = {"helv": "hebo", "tiro": "tibo"}


@dataclass
class Style:
    """Looks of one report."""

    font: str
    columns: int
    colour: tuple[float, float, float]
    caption: str
    caption_above: bool
    source_line: bool
    size: float


@dataclass
class Chart:
    """One chart of a report and where it and its statement ended up."""

    spec: ChartSpec
    raster: bool
    seed: int
    number: int = 0
    page: int = 0
    box: Box = (0.0, 0.0, 0.0, 0.0)
    evidence: str = ""
    evidence_page: int = 0
    caption: str = ""


@dataclass
class Gold:
    """Gold rows of one report."""

    charts: list[Chart]
    sentences: list[tuple[int, str]] = field(default_factory=list)


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
        """Writes a paragraph; False where there is no room for all of it."""
        font = BOLD[self.style.font] if bold else self.style.font
        lines = wrap(text, font, size, self.span[1] - self.span[0])
        if not self.room(len(lines) * 1.25 * size):
            return False
        at = (self.span[0], self.y + size)
        self.page.insert_text(at, lines, fontsize=size, fontname=font, lineheight=1.25)
        self.y += len(lines) * 1.25 * size + after
        return True


def wrap(text: str, font: str, size: float, width: float) -> list[str]:
    """Breaks a text into lines that are at most `width` points wide."""
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


def write_reports(folder: str | Path, n: int, seed: int) -> list[Path]:
    """Writes `n` made reports and their gold.

    Beside the PDFs lie `gold.jsonl` (a row a question: file, question, answer, answer_kind, unit,
    task, expression, evidence, evidence_page, term, page and x0 y0 x1 y1 of the one figure that
    answers it, in points), `gold_figures.jsonl` (a row a chart) and `gold_sentences.jsonl` (a row a
    sentence of the text). A report's bytes depend on the seed and its own number only.

    Args:
        folder: where to write; made if missing.
        n: number of reports.
        seed: of everything that is drawn by chance.

    Returns:
        Paths of the PDFs, in order.
    """
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    names = ("gold.jsonl", "gold_figures.jsonl", "gold_sentences.jsonl")
    tables: dict[str, list[dict]] = {name: [] for name in names}
    for number in range(n):
        path = target / f"made_{seed}_{number:04d}.pdf"
        data, gold, rng = make_report(seed, number)
        path.write_bytes(data)
        tables["gold.jsonl"] += _question_rows(path.name, gold, rng)
        tables["gold_figures.jsonl"] += [_figure_row(path.name, c) for c in gold.charts]
        tables["gold_sentences.jsonl"] += [
            {"file": path.name, "page": page, "sentence": s} for page, s in gold.sentences
        ]
        paths.append(path)
    for name, rows in tables.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (target / name).write_text(lines, encoding="utf-8")
    return paths


def make_report(seed: int, number: int) -> tuple[bytes, Gold, random.Random]:
    """Makes one report: its bytes, its gold, and the generator as drawing left it."""
    rng = random.Random(f"made report {seed} {number}")
    company = words.company_name(rng)
    style = Style(
        font=rng.choice(("helv", "tiro")),
        columns=rng.choice((1, 2)),
        colour=rng.choice(((0.1, 0.3, 0.5), (0.5, 0.1, 0.15), (0.1, 0.4, 0.3), (0.3, 0.3, 0.35))),
        caption=rng.choice(CAPTIONS),
        caption_above=rng.random() < 0.5,
        source_line=rng.random() < 0.5,
        size=rng.choice((9.0, 9.5, 10.0)),
    )  # fmt: skip
    last = rng.randint(2019, 2025)
    labels = tuple(str(last - k) for k in range(rng.choice((3, 4)) - 1, -1, -1))
    pages = rng.randint(4, 6)
    terms = rng.sample(TERMS, min(rng.randint(4, 8), 2 * (pages - 1)))
    charts = []
    for term in terms:
        drawn = random_series(rng, term, len(labels))
        series = Series(drawn.term, drawn.unit, labels, drawn.values)
        kind = rng.choices(("bar", "line", "table"), weights=(45, 30, 25))[0]
        raster = kind == "table" or rng.random() < 0.45
        charts.append(Chart(ChartSpec(kind, series), raster, rng.randrange(10**6)))
    gold = Gold(charts)
    data = _draw(rng, company, style, pages, charts, gold, last)
    return data, gold, rng


def _draw(
    rng: random.Random,
    company: str,
    style: Style,
    pages: int,
    charts: list[Chart],
    gold: Gold,
    year: int,
) -> bytes:
    for k, chart in enumerate(charts):  # never on the first page, statement never beside it
        chart.page = 2 + k % (pages - 1)
        chart.evidence_page = rng.choice([p for p in range(1, pages + 1) if p != chart.page])
    in_table = {c.spec.series.term for c in charts if rng.random() < 0.35}
    counter = itertools.count(1)
    narrator = words.Narrator(rng, company)
    sections = rng.sample(words.SECTIONS, pages)
    logo = _logo(rng, style.colour)
    with pymupdf.open() as document:
        for number in range(1, pages + 1):
            page = document.new_page(width=WIDTH, height=HEIGHT)
            _furniture(page, style, company, year, number, logo)
            sheet = Sheet(page, style)
            if number == 1:
                sheet.write(f"Annual Report {year}", 22, bold=True, after=12)
                sheet.write(company, 15, bold=True, after=14)
            sheet.write(sections[number - 1], 14, bold=True, after=8)
            _fill_page(sheet, number, charts, in_table, counter, gold, rng, narrator)
            if number == 1:
                sheet.write(words.BOILERPLATE, style.size - 1)
        return document.tobytes(deflate=True, no_new_id=True)


def _fill_page(
    sheet: Sheet,
    number: int,
    charts: list[Chart],
    in_table: set[str],
    counter: Iterator[int],
    gold: Gold,
    rng: random.Random,
    narrator: words.Narrator,
) -> None:
    own = [c for c in charts if c.page == number]
    stated = [c for c in charts if c.evidence_page == number]
    tabled = [c for c in stated if c.spec.series.term in in_table]
    jobs: list[Callable[[], object]] = []
    jobs += [partial(_state, sheet, c, gold, rng, narrator) for c in stated if c not in tabled]
    if tabled:
        jobs.append(lambda: _table(sheet, tabled, rng))
    if sheet.style.columns == 1 and len(own) == 2:
        jobs.append(lambda: _chart_row(sheet, own, counter))
    else:
        jobs += [partial(_chart_row, sheet, [c], counter) for c in own]
    if rng.random() < 0.3:
        jobs.append(lambda: _photograph(sheet, rng))
    rng.shuffle(jobs)
    for job in jobs:
        if rng.random() < 0.6:
            _paragraph(sheet, narrator.take(2), gold)
        job()
    for _ in range(rng.randint(2, 7)):
        if not _paragraph(sheet, narrator.take(rng.randint(2, 4)), gold):
            break


def _paragraph(sheet: Sheet, sentences: list[str], gold: Gold) -> bool:
    written = sheet.write(" ".join(sentences), sheet.style.size)
    if written:
        gold.sentences += [(sheet.page.number + 1, s) for s in sentences]
    return written


def _state(
    sheet: Sheet, chart: Chart, gold: Gold, rng: random.Random, narrator: words.Narrator
) -> None:
    series = chart.spec.series
    chart.evidence = words.statement(series, rng)
    extra = [words.cause(series, rng)] if rng.random() < 0.5 else []
    meaning = words.definition(series.term)
    extra += [meaning] if meaning else []
    _paragraph(sheet, [*narrator.take(1), chart.evidence, *extra], gold)


def _table(sheet: Sheet, charts: list[Chart], rng: random.Random) -> None:
    """A table set as text: a row for each series, a column for each period."""
    style, labels = sheet.style, charts[0].spec.series.labels
    size = style.size
    sheet.room((len(charts) + 3) * 1.6 * size + 8)
    sheet.write(
        f"Table: Selected figures of {labels[-1]} and earlier years", size, bold=True, after=3
    )
    left, right = sheet.span
    step = min(62.0, (right - left) * 0.6 / len(labels))
    rows = [["", *labels]]
    for chart in charts:
        series = chart.spec.series
        values = [words.amount(v, series.unit) for v in series.values]
        rows.append([series.term[0].upper() + series.term[1:], *values])
        chart.evidence = "\t".join(rows[-1])
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


def _chart_row(sheet: Sheet, charts: list[Chart], counter: Iterator[int]) -> None:
    """One chart in its column, or two side by side across the page."""
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
        chart.caption = style.caption.format(n=chart.number, t=chart.spec.series.term.capitalize())
        _place(sheet.page, rect, chart)
        at = sheet.y + size if style.caption_above else rect[3] + 1.3 * size
        bold = BOLD[style.font]
        sheet.page.insert_text((x, at), chart.caption, fontsize=size, fontname=bold)
        if style.source_line:
            y = (rect[3] if style.caption_above else at) + 1.2 * size
            line = "Source: company accounts"
            sheet.page.insert_text((x, y), line, fontsize=size - 2, fontname=style.font)
    sheet.y = top + height + (1.5 * size if not style.caption_above else 0) + 1.6 * size + 8


def _place(page: pymupdf.Page, rect: Box, chart: Chart) -> None:
    chart.box = (rect[0] + 4, rect[1] + 3, rect[2] - 6, rect[3] - 1)
    if not chart.raster:
        draw_chart(page, rect, chart.spec, chart.seed)
        return
    buffer = io.BytesIO()
    chart_image(chart.spec, chart.seed, dpi=150).save(buffer, format="PNG", compress_level=1)
    page.insert_image(rect, stream=buffer.getvalue())


def _furniture(
    page: pymupdf.Page, style: Style, company: str, year: int, number: int, logo: bytes
) -> None:
    page.insert_image((MARGIN, 24, MARGIN + 26, 50), stream=logo)
    page.insert_text((MARGIN + 34, 42), f"{company} | Annual Report {year}", fontsize=8)
    page.draw_line((MARGIN, 56), (WIDTH - MARGIN, 56), color=style.colour, width=1)
    page.insert_text((MARGIN, 768), "Registered office: see the back cover", fontsize=7)
    page.insert_text((WIDTH - MARGIN - 10, 768), str(number), fontsize=8)


def _logo(rng: random.Random, colour: tuple[float, float, float]) -> bytes:
    image = Image.new("RGB", (96, 96), "white")
    ink = tuple(int(255 * c) for c in colour)
    across = rng.randint(30, 70)
    image.paste(ink, (8, 8, across, 88))
    image.paste(tuple(min(255, c + 90) for c in ink), (across, 30, 88, 88))
    return _encode(image, "PNG")


def _photograph(sheet: Sheet, rng: random.Random) -> None:
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


def _question_rows(file: str, gold: Gold, rng: random.Random) -> list[dict]:
    rows = []
    for chart in gold.charts:
        for task in questions_for(chart.spec.series, rng):
            row = {
                "question": task.question,
                "answer": task.answer,
                "answer_kind": task.answer_kind,
                "unit": task.unit,
                "task": task.task,
                "template": task.template,
                "expression": task.expression,
                "evidence": chart.evidence,
                "evidence_page": chart.evidence_page,
            }
            rows.append(_figure_row(file, chart) | row)
    return rows


def _figure_row(file: str, chart: Chart) -> dict:
    series = chart.spec.series
    return {
        "file": file,
        "figure": chart.number,
        "page": chart.page,
        **dict(zip(("x0", "y0", "x1", "y1"), (round(v, 1) for v in chart.box), strict=True)),
        "kind": "raster" if chart.raster else "vector",
        "chart": chart.spec.kind,
        "caption": chart.caption,
        "term": series.term,
        "series_unit": series.unit,
        "labels": list(series.labels),
        "values": list(series.values),
    }
