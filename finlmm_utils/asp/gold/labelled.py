"""Scores figures of real reports against charts that a person labelled.

The words of the score are those of the labelled sets' README: a crop is a chart's own if it covers
the chart's core (all of it but title and source line), holds no other chart's core and is not much
larger; a chart whose crop calls itself a table or a scheme has no crop of its own.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finlmm_utils.asp.gold.shares import rounded, share_of
from finlmm_utils.asp.page.boxes import area, overlap
from finlmm_utils.asp.records import Box, Figure

Place = tuple[str, int]  # file, page from 1

COVER = 0.8  # share of a core that its crop covers, and of a title's box that is in the picture
HELD = 0.5  # share of another chart's core from which a crop holds that chart too
LARGEST_CORE, LARGEST_BOX = 3.0, 1.5  # times the core and the whole chart that a crop may be large
TOUCH = 0.15  # share of a chart below which a crop does not show it
TITLE_WORDS = 0.7  # share of a title's words that the record holds
NO_CHART = ("table", "scheme")  # kinds that no numeric question is tied to
_WORD = re.compile(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+")  # of Chinese, each character


@dataclass(frozen=True)
class LabelledChart:
    """A chart of a real report as a person drew it.

    Attributes:
        place: file and page.
        box: with title, legend and labels, points.
        core: without title and source line; equal to `box` in sets that do not tell them apart.
        title: its words, "" where the set has none.
        title_box: where they stand outside of the picture's pixels, or None.
        panel: whether it is one of several panels under one caption.
    """

    place: Place
    box: Box
    core: Box
    title: str = ""
    title_box: Box | None = None
    panel: bool = False


@dataclass
class LabelledSet:
    """The charts of a folder of reports, and which pages were looked at.

    Attributes:
        charts: all of them.
        tempting: pages without charts that hold what looks like one.
        left_out: pages whose charts were not labelled; nothing on them counts.
        files: the reports that hold charts or tempting pages.
    """

    charts: list[LabelledChart]
    tempting: set[Place] = field(default_factory=set)
    left_out: set[Place] = field(default_factory=set)

    @property
    def files(self) -> list[str]:
        """Names of the reports, sorted."""
        return sorted({c.place[0] for c in self.charts} | {file for file, _ in self.tempting})


@dataclass(frozen=True)
class ChartVerdict:
    """What extraction made of one labelled chart.

    Attributes:
        chart: the label.
        found: `own`, `merged` (held with others), `cut` (a part), `kind` (its crop calls itself
            a table or a scheme) or `missed`.
        figure: the crop that decided it, None if missed.
        title: where the title of an own crop is: `picture`, `record` or `nowhere`; "" where it is
            not asked.
    """

    chart: LabelledChart
    found: str
    figure: Figure | None = None
    title: str = ""


def read_labels(path: Path) -> LabelledSet:
    """Reads a `figures_gold.json`, with or without cores, titles and tempting pages."""
    gold = json.loads(path.read_text("utf-8"))
    return LabelledSet(
        [_chart(row) for row in gold["figures"]],
        {(file, page) for file, page, *_ in gold.get("negative_pages", ())},
        {(p["file"], p["page"]) for p in gold.get("unlabelled_pages_with_figures", ())},
    )


def _chart(row: dict[str, Any]) -> LabelledChart:
    box: Box = (row["x0"], row["y0"], row["x1"], row["y1"])
    core = tuple(row.get("core") or box)
    title = tuple(row["title_box"]) if row.get("title_box") else None
    place, words = (row["file"], row["page"]), row.get("title") or ""
    return LabelledChart(place, box, core, words, title, bool(row.get("panel_of")))


def is_own(crop: Box, chart: LabelledChart, others: Sequence[LabelledChart]) -> bool:
    """Whether a crop shows one chart, all of it, and not much else.

    Args:
        crop: points.
        chart: that it may show.
        others: all charts of the page; `chart` itself is passed over.
    """
    if overlap(crop, chart.core) < COVER * area(chart.core):
        return False
    largest = max(LARGEST_CORE * area(chart.core), LARGEST_BOX * area(chart.box))
    return area(crop) <= largest and not _holds_other(crop, chart, others)


def _holds_other(crop: Box, chart: LabelledChart, others: Sequence[LabelledChart]) -> bool:
    cores = (o.core for o in others if o is not chart)
    return any(overlap(crop, core) > HELD * area(core) for core in cores)


def judge_charts(figures: Iterable[Figure], labels: LabelledSet) -> list[ChartVerdict]:
    """Finds the crop of each labelled chart.

    Args:
        figures: of all reports of the set.
        labels: of the set.
    """
    by_page: dict[Place, list[Figure]] = {}
    for figure in figures:
        by_page.setdefault((figure.file, figure.page), []).append(figure)
    charts: dict[Place, list[LabelledChart]] = {}
    for chart in labels.charts:
        charts.setdefault(chart.place, []).append(chart)
    return [_verdict(c, by_page.get(c.place, []), charts[c.place]) for c in labels.charts]


def _verdict(
    chart: LabelledChart, figures: list[Figure], others: list[LabelledChart]
) -> ChartVerdict:
    fitting = [f for f in figures if is_own(f.box, chart, others)]
    own = [f for f in fitting if f.kind not in NO_CHART]
    if own:
        best = min(own, key=lambda f: area(f.box))
        return ChartVerdict(chart, "own", best, _title_of(best, chart))
    if fitting:
        return ChartVerdict(chart, "kind", fitting[0])
    shown = [(overlap(f.box, chart.core) / area(chart.core), k) for k, f in enumerate(figures)]
    share, k = max(shown, default=(0.0, 0))
    if share < TOUCH:
        return ChartVerdict(chart, "missed")
    whole = share >= COVER and _holds_other(figures[k].box, chart, others)
    return ChartVerdict(chart, "merged" if whole else "cut", figures[k])


def _title_of(figure: Figure, chart: LabelledChart) -> str:
    if chart.title_box is None:
        return ""
    in_picture = overlap(figure.box, chart.title_box) >= COVER * area(chart.title_box)
    drawn = figure.title_drawn and holds_words(figure.title, chart.title)
    if in_picture or drawn:
        return "picture"
    known = holds_words(f"{figure.title} {figure.caption}", chart.title)
    return "record" if known else "nowhere"


def holds_words(text: str, title: str) -> bool:
    """Whether 70 % of a title's words stand in a text; of Chinese, characters.

    Examples:
        >>> holds_words("Revenue by region, $m", "Revenue by region")
        True
        >>> holds_words("", "Revenue by region")
        False
    """
    wanted, there = Counter(_WORD.findall(title.lower())), Counter(_WORD.findall(text.lower()))
    return (wanted & there).total() >= TITLE_WORDS * wanted.total() > 0


def junk_of(figures: Iterable[Figure], labels: LabelledSet) -> list[Figure]:
    """The crops that show no chart, on pages with charts.

    A table or a scheme is no junk, unless it shows a chart: then its kind is wrong.
    """
    charts: dict[Place, list[LabelledChart]] = {}
    for chart in labels.charts:
        charts.setdefault(chart.place, []).append(chart)
    junk = []
    for figure in figures:
        here = charts.get((figure.file, figure.page), [])
        share = max((overlap(figure.box, c.box) / area(c.box) for c in here), default=0.0)
        no_chart = figure.kind in NO_CHART
        wrong = share >= COVER if no_chart else share < TOUCH
        if here and wrong:
            junk.append(figure)
    return junk


def score_figures(figures: Sequence[Figure], labels: LabelledSet) -> dict[str, Any]:
    """All counts and shares of a labelled set, for `metrics.json` and benchmarks.

    Args:
        figures: of all reports of the set; those on pages that are left out do not count.
        labels: of the set.
    """
    figures = [f for f in figures if (f.file, f.page) not in labels.left_out]
    verdicts = judge_charts(figures, labels)
    found = Counter(v.found for v in verdicts)
    single = [v for v in verdicts if not v.chart.panel]
    titles = Counter(v.title for v in verdicts if v.title)
    pages = {c.place for c in labels.charts}
    tempted = [f for f in figures if (f.file, f.page) in labels.tempting]
    elsewhere = [f for f in figures if (f.file, f.page) not in pages | labels.tempting]
    kinds = Counter(f.kind for f in figures if f.kind in NO_CHART)
    score = {
        "charts": len(verdicts),
        **{name: found[name] for name in ("own", "merged", "cut", "kind", "missed")},
        "own_share": rounded(share_of(found["own"], len(verdicts)), 3),
        "junk_per_chart": rounded(share_of(len(junk_of(figures, labels)), len(verdicts)), 3),
        "tables": kinds["table"],
        "schemes": kinds["scheme"],
        "chart_crops_on_pages_without_charts": _charts_in(elsewhere),
    }
    if len(single) < len(verdicts):
        own = sum(v.found == "own" for v in single)
        score["own_share_without_panels"] = rounded(share_of(own, len(single)), 3)
    if titles:
        score["titled_own_crops"] = titles.total()
        score["title_in_picture"] = rounded(share_of(titles["picture"], titles.total()), 3)
        named = titles["picture"] + titles["record"]
        score["title_in_picture_or_record"] = rounded(share_of(named, titles.total()), 3)
    if labels.tempting:
        tempting = len(labels.tempting)
        score["tempting_pages"] = tempting
        score["crops_a_tempting_page"] = rounded(share_of(_charts_in(tempted), tempting), 3)
        others = len(tempted) - _charts_in(tempted)
        score["tables_and_schemes_a_tempting_page"] = rounded(share_of(others, tempting), 3)
    return score


def _charts_in(figures: Iterable[Figure]) -> int:
    return sum(f.kind not in NO_CHART for f in figures)
