"""Scores extraction against gold: charts found, junk crops, sentences that survived."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from finlmm_utils.asp.gold.shares import share_of
from finlmm_utils.asp.page.boxes import area, overlap
from finlmm_utils.asp.records import Box

PagesOfBoxes = Mapping[tuple[str, int], Sequence[Box]]

COVER = 0.8  # a crop must cover so much of a chart to hold it
LARGEST = 3.0  # and be at most so many times as large
TOUCH = 0.15  # a crop that covers less of every chart is junk


@dataclass(frozen=True)
class CropScore:
    """Counts of charts and crops; the shares are None where there is nothing to measure.

    Attributes:
        charts: charts of the gold.
        own: charts that have a crop of their own.
        merged: charts that are only held together with others.
        crops: crops that were scored.
        junk: crops that show no chart of the gold.
        missed: place and box of each chart without a crop of its own.
        junk_places: place and box of each junk crop.
    """

    charts: int
    own: int
    merged: int
    crops: int
    junk: int
    missed: list[tuple[tuple[str, int], Box]]
    junk_places: list[tuple[tuple[str, int], Box]]

    @property
    def recall(self) -> float | None:
        """Share of charts with a crop of their own."""
        return share_of(self.own, self.charts)

    @property
    def recall_with_merged(self) -> float | None:
        """Share of charts with a crop of their own or together with others."""
        return share_of(self.own + self.merged, self.charts)

    @property
    def precision(self) -> float | None:
        """Share of crops that show a chart."""
        return share_of(self.crops - self.junk, self.crops)

    @property
    def junk_per_chart(self) -> float | None:
        """Junk crops for each chart of the gold."""
        return share_of(self.junk, self.charts)


def score_crops(crops: PagesOfBoxes, gold: PagesOfBoxes) -> CropScore:
    """Compares crops with the boxes of charts, page by page.

    A crop is a chart's own if it covers at least 80 % of the box, is at most 3 times as large and
    holds no other chart; a crop that covers less than 15 % of every chart is junk.

    Args:
        crops: boxes by (file, page), points.
        gold: boxes of all charts by (file, page), points.

    Returns:
        The counts.

    Examples:
        >>> score_crops({("a.pdf", 1): [(0, 0, 10, 10)]}, {("a.pdf", 1): [(1, 1, 9, 9)]}).recall
        1.0
    """
    own = merged = junk = 0
    missed, junk_places = [], []
    for place, charts in sorted(gold.items()):
        for chart in charts:
            found = [_match(crop, chart, charts) for crop in crops.get(place, ())]
            own += "own" in found
            merged += "own" not in found and "merged" in found
            if "own" not in found:
                missed.append((place, chart))
    for place, boxes in sorted(crops.items()):
        for box in boxes:
            if all(overlap(box, c) < TOUCH * area(c) for c in gold.get(place, ())):
                junk += 1
                junk_places.append((place, box))
    charts_in_all = sum(len(c) for c in gold.values())
    crops_in_all = sum(len(c) for c in crops.values())
    return CropScore(charts_in_all, own, merged, crops_in_all, junk, missed, junk_places)


def overhangs(crops: PagesOfBoxes, wholes: PagesOfBoxes) -> list[float]:
    """How far the crop of each chart goes beyond the chart and what is written for it.

    Args:
        crops: boxes by (file, page), points.
        wholes: boxes of charts, with caption and source line, by (file, page), points.

    Returns:
        For each chart, by place, how far the smallest crop that covers 80 % of it goes beyond it on
        the worst of the four sides, points, at least 0; charts without such a crop are left out.

    Examples:
        >>> overhangs({("a.pdf", 1): [(0, 0, 10, 12)]}, {("a.pdf", 1): [(1, 1, 9, 9)]})
        [3]
    """
    found: list[float] = []
    for place, boxes in sorted(wholes.items()):
        for x0, y0, x1, y1 in boxes:
            least = COVER * area((x0, y0, x1, y1))
            own = [c for c in crops.get(place, ()) if overlap(c, (x0, y0, x1, y1)) >= least]
            if own:
                crop = min(own, key=area)
                found.append(max(x0 - crop[0], y0 - crop[1], crop[2] - x1, crop[3] - y1, 0))
    return found


def _match(crop: Box, chart: Box, charts: Sequence[Box]) -> str:
    if overlap(crop, chart) < COVER * area(chart):
        return ""
    if any(c != chart and overlap(crop, c) >= COVER * area(c) for c in charts):
        return "merged"
    return "own" if area(crop) <= LARGEST * area(chart) else ""


def boxes_by_page(table: pd.DataFrame, whole: bool = False) -> dict[tuple[str, int], list[Box]]:
    """Groups the boxes of a table with columns file, page, x0, y0, x1, y1 by file and page.

    With `whole`, those of its column `whole`: the charts of made reports with what is written for
    them.
    """
    boxes: dict[tuple[str, int], list[Box]] = {}
    for row in table.to_dict("records"):
        box = tuple(row["whole"]) if whole else (row["x0"], row["y0"], row["x1"], row["y1"])
        boxes.setdefault((row["file"], row["page"]), []).append(box)
    return boxes


def missing_sentences(sentences: Iterable[str], text: str) -> list[str]:
    """The sentences that do not stand in a text; runs of white space count as one space.

    Args:
        sentences: gold sentences.
        text: the clean text of the report.

    Returns:
        Those that are missing.
    """
    flat = re.sub(r"\s+", " ", text)
    return [s for s in sentences if re.sub(r"\s+", " ", s) not in flat]
