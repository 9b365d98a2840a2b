"""The gold of hard reports as rows: charts, questions, sentences, and what is no chart."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from finlmm_utils.synthetic.hard.contents import Box, Chart
from finlmm_utils.synthetic.hard.drawing.house import plain_words
from finlmm_utils.synthetic.hard.prose import Said
from finlmm_utils.synthetic.hard.questions import ask_chart, ask_elsewhere

FILES = ("gold.jsonl", "gold_figures.jsonl", "gold_sentences.jsonl", "gold_tempting.jsonl")


@dataclass
class HardGold:
    """What a hard report holds.

    Attributes:
        chinese: the language.
        charts: with their places.
        said: what the text states, of which chart, and where.
        tempting: (page from 1, trap, "table", "scheme" or "picture", box in points) of what is
            no chart.
    """

    chinese: bool
    charts: list[Chart] = field(default_factory=list)
    said: list[Said] = field(default_factory=list)
    tempting: list[tuple[int, str, str, Box]] = field(default_factory=list)


def gold_rows(file: str, gold: HardGold, rng: random.Random) -> dict[str, list[dict]]:
    """The rows of :data:`FILES` of one report.

    Args:
        file: name of the PDF.
        gold: of the report.
        rng: draws the questions.
    """
    sentences = [
        {"file": file, "page": s.page, "sentence": plain_words(s.words), "says": s.says,
         "row": s.row, "figure": _index(gold, s.chart)}
        for s in gold.said if s.page
    ]  # fmt: skip
    questions = []
    for k, chart in enumerate(gold.charts):
        said = next((s for s in gold.said if s.chart is chart and s.page), None)
        for asked in ask_chart(chart, rng, gold.chinese):
            questions.append(_figure_row(file, k, chart, gold) | asked | _evidence(said))
    for said in gold.said:
        if said.chart is None and said.page and said.says == "values" and said.series:
            about_none = ask_elsewhere(said, gold.chinese)
            if about_none:
                nowhere = {"figure": None, "page": None, "term": "", "expression": ""}
                row = {"file": file, **nowhere, **about_none, **_evidence(said)}
                questions.append(row)
    return {
        "gold.jsonl": questions,
        "gold_figures.jsonl": [_figure_row(file, k, c, gold) for k, c in enumerate(gold.charts)],
        "gold_sentences.jsonl": sentences,
        "gold_tempting.jsonl": [
            {"file": file, "page": page, "trap": trap, "kind": kind, "box": _rounded(box)}
            for page, trap, kind, box in gold.tempting
        ],
    }


def _index(gold: HardGold, chart: Chart | None) -> int | None:
    return next((k for k, one in enumerate(gold.charts) if one is chart), None)


def _evidence(said: Said | None) -> dict:
    if said is None:
        return {"evidence": "", "evidence_page": None}
    return {"evidence": plain_words(said.words), "evidence_page": said.page}


def _rounded(box: Box) -> list[float]:
    return [round(v, 1) for v in box]


def _figure_row(file: str, k: int, chart: Chart, gold: HardGold) -> dict:
    x0, y0, x1, y1 = _rounded(chart.box)
    return {
        "file": file, "figure": k, "page": chart.page, "x0": x0, "y0": y0, "x1": x1, "y1": y1,
        "core": _rounded(chart.core), "title": chart.title,
        "title_box": _rounded(chart.title_box), "title_in_pixels": chart.title_in_pixels,
        "whole": _rounded(chart.whole),
        "kind": "raster" if chart.bitmap else "vector",
        "mode": "raster" if chart.bitmap else "vector", "chart": chart.form,
        "caption": chart.caption, "number": chart.number, "panel_of": chart.panel_of,
        "traps": chart.traps, "printed": chart.printed, "said": chart.said,
        "language": "zh" if gold.chinese else "en",
        "term": chart.series[0].term, "expression": "",
        "terms": [s.term for s in chart.series], "keys": [list(key) for key in chart.keys],
        "series": [
            {"term": s.term, "name": name, "unit": s.unit, "labels": list(s.labels),
             "values": list(s.values)}
            for s, name in zip(chart.series, chart.names, strict=True)
        ],
    }  # fmt: skip
