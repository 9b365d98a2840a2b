"""Which figure of a made report is right for a question, by the gold that was written with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from finlmm_utils.asp.gold.shares import share_of
from finlmm_utils.asp.page.boxes import area, overlap
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import IQA, QA, Report

RightFigures = Mapping[tuple[str, str], str]

CUT = 3  # a crop that covers less than a third of a chart is cut: the extraction is at fault


def read_gold(path: Path) -> list[dict[str, Any]]:
    """Reads gold rows, one a line; an absent file (only real reports) has none."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]


def right_figures(reports: Iterable[Report], gold: Iterable[Mapping[str, Any]]) -> RightFigures:
    """Finds the extracted figure that shows each gold chart.

    Args:
        reports: as extracted.
        gold: rows with file, term, page and box of the chart.

    Returns:
        Figure id by (report id, term): the figure on the page that covers most of the chart, at
        least a third (a cut crop is a fault of extraction, not of alignment); charts that
        extraction missed are left out.
    """
    by_file = {report.file: report for report in reports}
    found = {}
    for row in gold:
        report = by_file.get(row["file"])
        if report is None or row["page"] is None:  # of another run; a question without a figure
            continue
        box = (row["x0"], row["y0"], row["x1"], row["y1"])
        here = [f for f in report.figures if f.page == row["page"]]
        best = max(here, key=lambda f: overlap(f.box, box), default=None)
        if best is not None and overlap(best.box, box) >= area(box) / CUT:
            found[(report.report_id, row["term"])] = best.figure_id
    return found


def right_figure(pair: QA, right: RightFigures) -> str:
    """The figure that a question of a made report is about: that of the longest term it names."""
    named = [
        (len(term), figure)
        for (report_id, term), figure in right.items()
        if report_id == pair.report_id
        and re.search(rf"(?<![\w-]){re.escape(term)}(?![\w-])", pair.question, re.IGNORECASE)
    ]
    return max(named)[1] if named else ""


def calibration_half(report_ids: Iterable[str]) -> set[str]:
    """Every second report in the order of the ids, from the first one on."""
    return set(sorted(report_ids)[::2])


def gold_pairs(report: Report, gold: Iterable[Mapping[str, Any]]) -> list[QA]:
    """The gold questions of one report as pairs, to align them without any generator."""
    return [
        make_qa(
            report.report_id, row["evidence_page"], row["evidence"], "gold",
            question=row["question"], answer=row["answer"], answer_kind=row["answer_kind"],
            unit=row["unit"], task=row["task"], expression=row["expression"],
        )
        for row in gold
        if row["file"] == report.file and row["evidence"] and row["page"] is not None
    ]  # fmt: skip


def alignment_score(triplets: Sequence[IQA], right: RightFigures) -> dict[str, float | None]:
    """Precision of the kept triplets and recall over all questions that a figure answers.

    A question that was dropped as a duplicate or because its figure was full is left out of the
    recall: the aligner is not to blame for it.

    Returns:
        ``kept`` and ``right`` (counts), ``precision`` and ``recall``, None where none was kept or
        no question has a gold figure.
    """
    kept = [t for t in triplets if t.kept]
    hits = sum(t.figure_id == right_figure(t, right) != "" for t in kept)
    spared = {"figure_full", "report_full", "near_duplicate"}
    asked = sum(right_figure(t, right) != "" for t in triplets if t.reason not in spared)
    return {
        "kept": len(kept),
        "right": hits,
        "precision": share_of(hits, len(kept)),
        "recall": share_of(hits, asked),
    }


def precision_recall(
    scores: Sequence[float], right: Sequence[bool], answerable: int
) -> list[tuple[float, float, float]]:
    """Precision and recall of "keep all with at least this margin", for every margin seen.

    Args:
        scores: margin of each aligned pair.
        right: whether its figure is the gold one.
        answerable: number of pairs that have a gold figure.

    Returns:
        (threshold, precision, recall), thresholds falling.
    """
    order = np.argsort(-np.asarray(scores), kind="stable")
    hits = np.cumsum(np.asarray(right, dtype=float)[order])
    out = []
    for k, index in enumerate(order, 1):
        if k == len(order) or scores[order[k]] != scores[index]:
            recall = float(hits[k - 1]) / max(answerable, 1)
            out.append((float(scores[index]), float(hits[k - 1]) / k, recall))
    return out


def calibrate(
    curve: Sequence[tuple[float, float, float]], precision: float = 0.95
) -> tuple[float, float, float] | None:
    """Chooses the margin that keeps most at the wanted precision.

    Args:
        curve: of :func:`precision_recall` over calibration reports, never over those that the
            result is reported on.
        precision: least precision.

    Returns:
        (margin, precision, recall) of the highest recall, None where no margin is precise enough.
        The margin is 0 where keeping all is: no pair tells how small a lead would be too small.
    """
    good = [point for point in curve if point[1] >= precision]
    best = max(good, key=lambda point: (point[2], point[1]), default=None)
    return (0.0, *best[1:]) if best is not None and best == curve[-1] else best
