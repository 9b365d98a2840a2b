"""Draws annual reports as PDFs from a seed and keeps the gold: which figure answers which question.

A report has narrative, tables, raster and vector charts, a logo, photographs, headers, footers and
page numbers, in one or two columns. What a chart shows is also stated in a sentence or a table on
ANOTHER page, as in real reports. With the gold every step of ASP has a measured precision and
recall. The same seed gives the same bytes.

Pages are drawn in `finlmm_utils.synthetic.pages`, in words of `finlmm_utils.synthetic.vocabulary`.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

import pymupdf

from finlmm_utils.finance.question_templates import questions_for
from finlmm_utils.finance.terms import TERMS, Series, Term
from finlmm_utils.synthetic import vocabulary as words
from finlmm_utils.synthetic.charts import ChartSpec, grouped_spec
from finlmm_utils.synthetic.hard.report import write_hard_reports
from finlmm_utils.synthetic.pages import (
    HEIGHT,
    WIDTH,
    Chart,
    Sheet,
    Style,
    draw_chart_row,
    draw_furniture,
    draw_photograph,
    draw_table,
    make_logo,
)
from finlmm_utils.synthetic.random_series import can_have_parts, random_series

LEVELS = ("plain", "hard")
CAPTIONS = ("Figure {n}: {t}", "Figure {n}. {t}", "Chart {n}: {t}", "Exhibit {n}: {t}")


@dataclass
class Gold:
    """Gold rows of one report.

    Attributes:
        charts: with their places.
        sentences: page, from 1, and sentence of the running text.
    """

    charts: list[Chart]
    sentences: list[tuple[int, str]] = field(default_factory=list)


def write_reports(
    folder: str | Path, n: int, seed: int, level: Literal["plain", "hard"] = "plain"
) -> list[Path]:
    """Writes `n` made reports and their gold.

    Level `plain` is what finlmm-tiny learns on; level `hard` has the house styles and traps of real
    reports (:mod:`finlmm_utils.synthetic.hard`). Both write the same files.

    Beside the PDFs lie `gold.jsonl` (a row a question: file, question, answer, answer_kind, unit,
    task, expression, evidence, evidence_page, term, page and x0 y0 x1 y1 of the one figure that
    answers it, in points), `gold_figures.jsonl` (a row a chart; `whole` is its box with
    margins, caption and source line) and `gold_sentences.jsonl` (a row a sentence of the text). A
    report's bytes depend on the seed and its own number only. Of level `hard` the rows say more,
    questions that no figure answers have no page, and `gold_tempting.jsonl` has a row for each
    thing that is no chart; see :mod:`finlmm_utils.synthetic.hard.gold`.

    Args:
        folder: where to write; made if missing.
        n: number of reports.
        seed: of everything that is drawn by chance.
        level: "plain" or "hard".

    Returns:
        Paths of the PDFs, in order.

    Raises:
        ValueError: for another level.
    """
    if level not in LEVELS:
        raise ValueError(f"level {level!r} of made reports; expected one of {LEVELS}")
    target = Path(folder)
    if level == "hard":
        return write_hard_reports(target, n, seed)
    target.mkdir(parents=True, exist_ok=True)
    paths = []
    names = ("gold.jsonl", "gold_figures.jsonl", "gold_sentences.jsonl")
    tables: dict[str, list[dict]] = {name: [] for name in names}
    for number in range(n):
        path = target / f"made_{seed}_{number:04d}.pdf"
        data, gold, rng = make_report(seed, number)
        path.write_bytes(data)
        tables["gold.jsonl"] += _question_rows(path.name, gold, rng)
        tables["gold_figures.jsonl"] += [
            _figure_row(path.name, c, c.spec.series) for c in gold.charts
        ]
        tables["gold_sentences.jsonl"] += [
            {"file": path.name, "page": page, "sentence": s} for page, s in gold.sentences
        ]
        paths.append(path)
    for name, rows in tables.items():
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (target / name).write_text(lines, encoding="utf-8")
    return paths


def make_report(seed: int, number: int) -> tuple[bytes, Gold, random.Random]:
    """Makes one report.

    Args:
        seed: of the set of reports.
        number: of the report in the set, from 0; with the seed it fixes every byte.

    Returns:
        The PDF's bytes, its gold, and the random generator as drawing left it.
    """
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
    taken = {term.name for term in terms}
    charts = []
    for term in terms:
        spec = _spec(rng, term, labels, taken)
        taken |= {series.term for series in spec.shown}
        raster = spec.kind == "table" or rng.random() < 0.45
        charts.append(Chart(spec, raster, rng.randrange(10**6)))
    gold = Gold(charts)
    data = _draw(rng, company, style, pages, charts, gold, last)
    return data, gold, rng


def _spec(rng: random.Random, term: Term, labels: tuple[str, ...], taken: set[str]) -> ChartSpec:
    """A chart of a term over the report's periods, or over parts."""
    kinds = {"bar": 35, "line": 25, "table": 15, "grouped": 15}
    if can_have_parts(term):
        kinds["pie"] = 10
    kind = rng.choices(list(kinds), weights=list(kinds.values()))[0]
    drawn = random_series(rng, term, len(labels), parts=kind == "pie")
    if kind == "pie":
        return ChartSpec(kind, drawn)
    series = Series(drawn.term, drawn.unit, labels, drawn.values)
    if kind == "grouped":
        return grouped_spec(rng, series, taken, longest=28) or ChartSpec("bar", series)
    return ChartSpec(kind, series)


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
    dated = [c.spec.series.labels for c in charts if not c.spec.series.part]
    periods = max(dated, key=len, default=())
    in_table = {
        c.spec.name for c in charts if rng.random() < 0.35 and c.spec.series.labels == periods
    }
    counter = itertools.count(1)
    narrator = words.Narrator(rng, company)
    sections = rng.sample(words.SECTIONS, pages)
    logo = make_logo(rng, style.colour)
    with pymupdf.open() as document:
        for number in range(1, pages + 1):
            page = document.new_page(width=WIDTH, height=HEIGHT)
            draw_furniture(page, style, company, year, number, logo)
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
    tabled = [c for c in stated if c.spec.name in in_table]
    jobs: list[Callable[[], object]] = []
    jobs += [partial(_state, sheet, c, gold, rng, narrator) for c in stated if c not in tabled]
    if tabled:
        jobs.append(lambda: draw_table(sheet, tabled, rng))
    if sheet.style.columns == 1 and len(own) == 2:
        jobs.append(lambda: draw_chart_row(sheet, own, counter))
    else:
        jobs += [partial(draw_chart_row, sheet, [c], counter) for c in own]
    if rng.random() < 0.3:
        jobs.append(lambda: draw_photograph(sheet, rng))
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
    said = []
    for series in chart.spec.shown:
        chart.evidence[series.term] = words.statement(series, rng)
        said.append(chart.evidence[series.term])
        if rng.random() < 0.5 and not series.part:
            said.append(words.cause(series, rng))
        said += filter(None, [words.definition(series.term)])
    _paragraph(sheet, [*narrator.take(1), *said], gold)


def _question_rows(file: str, gold: Gold, rng: random.Random) -> list[dict]:
    rows = []
    for chart, series in ((c, one) for c in gold.charts for one in c.spec.shown):
        for task in questions_for(series, rng):
            row = {
                "question": task.question,
                "answer": task.answer,
                "answer_kind": task.answer_kind,
                "unit": task.unit,
                "task": task.task,
                "template": task.template,
                "expression": task.expression,
                "evidence": chart.evidence.get(series.term, ""),
                "evidence_page": chart.evidence_page,
            }
            rows.append(_figure_row(file, chart, series) | row)
    return rows


def _figure_row(file: str, chart: Chart, series: Series) -> dict:
    return {
        "file": file,
        "figure": chart.number,
        "page": chart.page,
        **dict(zip(("x0", "y0", "x1", "y1"), (round(v, 1) for v in chart.box), strict=True)),
        "whole": [round(v, 1) for v in chart.whole],
        "kind": "raster" if chart.raster else "vector",
        "chart": chart.spec.kind,
        "caption": chart.caption,
        "term": series.term,
        "terms": [one.term for one in chart.spec.shown],
        "series_unit": series.unit,
        "labels": list(series.labels),
        "values": list(series.values),
    }
