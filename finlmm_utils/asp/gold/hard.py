"""Judges questions and alignment on made reports of level `hard`, by the gold written with them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finlmm_utils.asp.gold.alignment import read_gold
from finlmm_utils.asp.gold.labelled import (
    NO_CHART,
    ChartVerdict,
    LabelledChart,
    LabelledSet,
    holds_words,
    judge_charts,
    score_figures,
)
from finlmm_utils.asp.gold.shares import rounded, share_of
from finlmm_utils.asp.page.boxes import overlap
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.records import IQA, QA, Figure, Report

SHOWN = ("values", "rate", "message")
"""What a sentence may say of a chart that the chart bears out; no chart names causes."""


@dataclass
class HardGold:
    """The gold of a folder of hard reports.

    Attributes:
        questions: a row each; ``page`` is None where no figure answers.
        charts: a row each.
        sentences: a row each statement, with the chart that shows it or None.
        tempting: a row for each thing that is no chart.
    """

    questions: list[dict[str, Any]]
    charts: list[dict[str, Any]]
    sentences: list[dict[str, Any]]
    tempting: list[dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> HardGold:
        """Reads what :func:`finlmm_utils.synthetic.reports.write_reports` wrote beside the PDFs."""
        names = ("gold", "gold_figures", "gold_sentences", "gold_tempting")
        return cls(*(read_gold(folder / f"{name}.jsonl") for name in names))


def labels_of(gold: HardGold) -> LabelledSet:
    """The charts in the form of a labelled set; pages that hold a trap alone are tempting."""
    charts = [_labelled(row) for row in gold.charts]
    traps = {(row["file"], row["page"]) for row in gold.tempting}
    return LabelledSet(charts, traps - {chart.place for chart in charts})


def _labelled(row: dict[str, Any]) -> LabelledChart:
    outside = None if row["title_in_pixels"] else tuple(row["title_box"])
    return LabelledChart(
        (row["file"], row["page"]),
        (row["x0"], row["y0"], row["x1"], row["y1"]),
        tuple(row["core"]),
        row["title"],
        outside,
        bool(row["panel_of"]),
    )


def score_hard_figures(reports: Iterable[Report], gold: HardGold) -> dict[str, Any]:
    """The numbers of a labelled set; beside them ``title_alone`` and ``wrong_kind``.

    ``title_alone`` is the share of titled own crops whose title is the chart's own and hardly
    anything else: no heading, no neighbour's title, no sentence of the text. ``wrong_kind``
    counts crops of the kinds table and scheme that show nothing of that kind. A table of
    series in the text is no trap and has no label, but is set without any mark.
    """
    figures = [figure for report in reports for figure in report.figures]
    wrong = sum(
        figure.kind in NO_CHART
        and not any(
            (row["file"], row["page"], row["kind"]) == (figure.file, figure.page, figure.kind)
            and overlap(tuple(row["box"]), figure.box) > 0
            for row in gold.tempting
        )
        for figure in figures
    )
    labels = labels_of(gold)
    verdicts = zip(judge_charts(figures, labels), gold.charts, strict=True)
    alone = [_is_alone(v.figure, row) for v, row in verdicts if v.title and v.figure]
    return score_figures(figures, labels) | {
        "title_alone": rounded(share_of(sum(alone), len(alone)), 3),
        "wrong_kind": wrong,
    }


def _is_alone(figure: Figure, row: dict[str, Any]) -> bool:
    """Whether a figure's title has most of a chart's title, and most of it is that or caption."""
    own = f"{row['caption']} {row['title']}"
    return holds_words(figure.title, row["title"]) and holds_words(own, figure.title)


class HardJudge:
    """Says which figure answers a question of a hard report, and whether a kept pair is right.

    Args:
        reports: as extracted.
        gold: of all of them.

    Attributes:
        verdicts: what extraction made of each chart.
        figure: id of the own crop by (file, number of the chart in its report).
    """

    def __init__(self, reports: Iterable[Report], gold: HardGold) -> None:
        self.reports = {report.report_id: report for report in reports}
        figures = [figure for report in self.reports.values() for figure in report.figures]
        self.verdicts: list[ChartVerdict] = judge_charts(figures, labels_of(gold))
        self.figure = {
            (row["file"], row["figure"]): verdict.figure.figure_id
            for row, verdict in zip(gold.charts, self.verdicts, strict=True)
            if verdict.found == "own" and verdict.figure
        }
        self.gold = gold
        self.said: dict[str, list[tuple[str, dict[str, Any]]]] = defaultdict(list)
        for row in gold.sentences:
            self.said[row["file"]].append((_bare(row["sentence"]), row))

    def gold_pairs(self, report: Report) -> tuple[list[QA], list[str | None]]:
        """The gold questions of a report, without their evidence, and the figure of each.

        Returns:
            Pairs, and for each the id of the right figure: "" where no figure answers, None where
            extraction lost the chart.
        """
        pairs, wanted = [], list[str | None]()
        for row in self.gold.questions:
            if row["file"] != report.file:
                continue
            pairs.append(
                make_qa(
                    report.report_id, 1, "", "gold", question=row["question"],
                    answer=row["answer"], answer_kind=row["answer_kind"], unit=row["unit"],
                    task=row["task"],
                )
            )  # fmt: skip
            place = (row["file"], row["figure"])
            wanted.append("" if row["figure"] is None else self.figure.get(place))
        return pairs, wanted

    def right(self, triplet: IQA) -> bool:
        """Whether a pair is tied to the chart that its evidence speaks of, and that chart shows it.

        A pair whose evidence is a cause, another year, a subject without a chart or a sentence
        that the gold does not know is wrong whatever it is tied to.
        """
        report = self.reports[triplet.report_id]
        evidence = _bare(triplet.evidence)
        for sentence, row in self.said[report.file]:
            if len(evidence) > 1 and (evidence in sentence or sentence in evidence):
                if row["figure"] is None or row["says"] not in SHOWN:
                    continue
                if self.figure.get((report.file, row["figure"])) == triplet.figure_id:
                    return True
        return False

    def score_pairs(self, triplets: Iterable[IQA]) -> dict[str, Any]:
        """Counts of written, kept and right pairs."""
        every = list(triplets)
        kept = [t for t in every if t.kept]
        right = sum(map(self.right, kept))
        return {
            "written": len(every),
            "kept": len(kept),
            "right": right,
            "right_of_kept": rounded(share_of(right, len(kept)), 3),
        }


def score_alignment(found: Iterable[tuple[str | None, str, str]]) -> dict[str, Any]:
    """How often the right figure comes first, and what is kept.

    Args:
        found: of each gold question the right figure ("" for none, None where it was not
            extracted), the best-scored figure, and the chosen one, "" where none was chosen.

    Returns:
        Counts and shares: ``right_first`` of the questions that a figure answers (lost charts
        count as wrong), ``right_of_kept`` of all that were tied to a figure, and ``tied_of_none``
        of the questions that no figure answers.
    """
    rows = list(found)
    asked = [row for row in rows if row[0] != ""]
    none = [row for row in rows if row[0] == ""]
    tied = [row for row in rows if row[2]]
    return {
        "questions": len(asked),
        "right_first": rounded(share_of(sum(w == f for w, f, _ in asked), len(asked)), 3),
        "kept": len(tied),
        "right_of_kept": rounded(share_of(sum(w == k for w, _, k in tied), len(tied)), 3),
        "without_figure": len(none),
        "tied_of_none": rounded(share_of(sum(bool(k) for _, _, k in none), len(none)), 3),
    }


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text).lower()
