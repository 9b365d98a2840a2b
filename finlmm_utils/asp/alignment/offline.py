"""Ties a question to the one figure of its report that answers it, or to none.

The paper shows an LMM the question and the figures; :mod:`finlmm_utils.asp.backends` does that.
The offline aligner here reads text only: the figure's caption, the words inside it and near it. Its
signals and their weights are our choice, measured on made reports with gold and on labelled pages
of real reports.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.alignment.figure_text import (
    NO_CHART,
    figure_numbers,
    figure_text,
    heading_of,
    mentions,
    needs_reading,
    placed_figures,
    same_chart,
    shown,
    title_text,
)
from finlmm_utils.asp.alignment.similarity import BM25, embed, named_otherwise, told_apart
from finlmm_utils.asp.alignment.stated_change import derivable
from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.questions.rules.sentences import numbers_in
from finlmm_utils.asp.records import QA, Figure, Report
from finlmm_utils.finance.expressions import ExpressionError, operands
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.references import figure_names

WEIGHTS = {
    "meaning": 0.45, "words": 0.35, "mentions": 0.30, "numbers": 0.20, "page": 0.10,
    "reference": 1.0,
}  # fmt: skip
"""What each signal adds to a score; for Chinese the words of the title stand for the meaning."""
FLOOR = 0.30
"""A best score below this ties a question to no figure (measured on made and labelled reports)."""
MARGIN = 0.02
"""How far the best must be ahead of the runner-up; notebook 02 calibrates it on gold."""
CHINESE_DIVISOR = 6
"""The floor is so many times lower for Chinese, whose scores rest on words alone."""
PER_CENT = 100.0
"""The factor of a percentage in an expression, which no figure needs to show."""
PAGES_NEAR = 4.0
"""Pages after which nearness has fallen to 1/e (our choice)."""
OTHER_PANEL = 0.5
"""What a reference to another panel of the figure is worth; one to the panel itself is worth 1."""
CAPTION_LETTERS = 120
"""Characters of a caption in which its own number stands; what follows may name other figures."""
TITLE_LETTERS = 80
"""Characters of a picture's words that stand for its title where it has none."""
NEAR_LETTERS = 300
"""Characters of the text beside a figure that are compared: its heading and first lines."""
MEANT_LETTERS = 400
"""Characters that are given to MiniLM, which reads no more than 256 word pieces."""


@dataclass(frozen=True)
class Alignment:
    """The figure chosen for one question.

    Attributes:
        figure_id: "" where none was chosen.
        score: of the best figure, 0 where the report has none.
        runner_up: of the best figure that shows something else.
        reason: "" or why none was chosen: ``no_figure`` or ``several_figures``.
        tied: where none was chosen, the ids of those that fit best, the best first.
    """

    figure_id: str
    score: float = 0.0
    runner_up: float = 0.0
    reason: str = ""
    tied: tuple[str, ...] = ()

    @property
    def margin(self) -> float:
        """How far the best is ahead of the runner-up."""
        return round(self.score - self.runner_up, 4)


class Aligner(Protocol):
    """What an aligner must offer."""

    name: str

    def align(self, report: Report, pairs: Sequence[QA]) -> list[Alignment]:
        """Chooses one figure or none for each pair, in their order."""
        ...


def numbers_of(pair: QA) -> set[float]:
    """The numbers that an answer needs: those of its expression, else all of its evidence."""
    if pair.expression:
        with suppress(ExpressionError):  # of a text answer nobody has checked the expression
            return {abs(x) for x in operands(pair.expression)} - {PER_CENT}
    return {abs(n.value) for n in numbers_in(without_references(pair.evidence))}


def _nearness(pairs: Sequence[QA], figures: Sequence[Figure]) -> NDArray[np.float64]:
    """1 on the page of the evidence, falling with the distance; 0 for a pair without evidence."""
    return np.array(
        [
            [bool(p.evidence) * np.exp(-abs(p.page - f.page) / PAGES_NEAR) for f in figures]
            for p in pairs
        ]
    )


def _referred(figures: list[Figure], pairs: Sequence[QA]) -> NDArray[np.float64]:
    """1 where the question or its evidence names the figure's own number, 0.5 without panel."""
    own = [
        figure_names(f.caption[:CAPTION_LETTERS]) | {label}
        for f, label in zip(figures, figure_numbers(figures), strict=True)
    ]
    out = np.zeros((len(pairs), len(own)))
    for i, pair in enumerate(pairs):
        for number, panel in sorted(figure_names(pair.question + " " + pair.evidence)):
            for j, names in enumerate(own):
                if any(number == n and panel == p for n, p in names):
                    out[i, j] = max(out[i, j], 1.0)
                elif any(number == n for n, _ in names):
                    out[i, j] = max(out[i, j], OTHER_PANEL)
    return out


def _placed(report: Report, pairs: Sequence[QA]) -> NDArray[np.float64]:
    """1 where the evidence names the figure by its place, 0.5 for several side by side."""
    out = np.zeros((len(pairs), len(report.figures)))
    for i, pair in enumerate(pairs):
        found = {figure.figure_id for figure in placed_figures(report, pair)}
        out[i, [f.figure_id in found for f in report.figures]] = max(1 / max(len(found), 1), 0.5)
    return out


class OfflineAligner:
    """Scores figures by text: explicit references, meaning, words, numbers and nearness of pages.

    Args:
        margin: how far the best must be ahead of the runner-up.
        floor: least score of the best; a sixth of it for Chinese, whose scores rest on words
            alone and are lower.
        ocr: gives the text inside a figure that has no words in the PDF (OCR); called only for
            such figures, and only for the likeliest of them. None to do without.
        candidates: how many figures of a report are read for one question, at most.
    """

    name = "offline"

    def __init__(
        self,
        margin: float = MARGIN,
        floor: float = FLOOR,
        ocr: Callable[[Figure], str] | None = None,
        candidates: int = 8,
    ) -> None:
        self.margin = margin
        self.floor = floor
        self.ocr = ocr
        self.candidates = candidates

    def align(self, report: Report, pairs: Sequence[QA]) -> list[Alignment]:
        """Chooses one figure or none for each pair.

        Args:
            report: with its figures and blocks.
            pairs: questions over this report.

        Returns:
            One alignment a pair, in their order.
        """
        return [chosen for _, chosen in self.ranked(report, pairs)]

    def ranked(self, report: Report, pairs: Sequence[QA]) -> list[tuple[str, Alignment]]:
        """The best-scored figure of each pair, whatever its score, beside what is chosen.

        Args:
            report: with its figures and blocks.
            pairs: questions over this report.

        Returns:
            Id of the best figure, "" in a report without any, and the alignment.
        """
        if not report.figures or not pairs:
            return [("", Alignment("", reason="no_figure")) for _ in pairs]
        scores = self.scores(report, pairs)
        lower = self.floor / CHINESE_DIVISOR
        floors = [lower if is_chinese(p.question) else self.floor for p in pairs]
        best = [report.figures[int(k)].figure_id for k in scores.argmax(axis=1)]
        chosen = [self._choose(report.figures, *of) for of in zip(scores, floors, strict=True)]
        return list(zip(best, chosen, strict=True))

    def to_read(self, report: Report, pairs: Sequence[QA]) -> list[Figure]:
        """The pictures whose words may decide: for each pair the likeliest by what costs nothing.

        Args:
            report: with its figures.
            pairs: questions over this report.

        Returns:
            Figures in the order of the report, each once.
        """
        pictures = [f for f in report.figures if needs_reading(f)]
        if not pictures or not pairs:
            return []
        queries = [pair.question for pair in pairs]
        around = [f"{f.caption} {f.inner_text} {f.near_text[:NEAR_LETTERS]}" for f in pictures]
        likely = WEIGHTS["words"] * self._lexical(queries, [around])
        likely += WEIGHTS["page"] * _nearness(pairs, pictures)
        likely += WEIGHTS["reference"] * _referred(pictures, pairs)
        best = np.argsort(-likely, axis=1, kind="stable")[:, : self.candidates]
        return [pictures[k] for k in sorted(set(best.ravel().tolist()))]

    def scores(self, report: Report, pairs: Sequence[QA]) -> NDArray[np.float64]:
        """Scores every figure for every pair, shape (pairs, figures)."""
        figures = report.figures
        chosen = {f.figure_id for f in self.to_read(report, pairs)} if self.ocr else set()
        read = [self.ocr(f) if self.ocr and f.figure_id in chosen else "" for f in figures]
        texts = [figure_text(f, ocr) for f, ocr in zip(figures, read, strict=True)]
        titles = [title_text(f, ocr) for f, ocr in zip(figures, read, strict=True)]
        captions = [
            heading_of(f) or t[:TITLE_LETTERS] for t, f in zip(titles, figures, strict=True)
        ]
        around = [f"{t} {f.near_text[:NEAR_LETTERS]}" for t, f in zip(titles, figures, strict=True)]
        queries = [pair.question for pair in pairs]
        chinese = np.array([is_chinese(q) for q in queries])
        words = self._lexical(queries, [titles, around, captions], titles)
        meaning = np.zeros_like(words)
        if not chinese.all():
            vectors = embed(queries)
            meaning = np.maximum(
                vectors @ embed([t[:MEANT_LETTERS] for t in titles]).T, vectors @ embed(captions).T
            ).astype(np.float64)
        wanted = [numbers_of(pair) for pair in pairs]
        # Figure by figure, whose numbers are read once.
        numbers = np.array([
            [1.0 if derivable(pair, text) else shown(needed, text)
             for pair, needed in zip(pairs, wanted, strict=True)]
            for text in texts
        ]).T  # fmt: skip
        meaning[chinese] = self._lexical(queries, [captions], titles)[chinese]
        said = self._said(queries, mentions(report))
        total = (
            WEIGHTS["meaning"] * np.clip(meaning, 0, None)
            + WEIGHTS["words"] * words
            + WEIGHTS["mentions"] * said
            + WEIGHTS["numbers"] * numbers
            + WEIGHTS["page"] * _nearness(pairs, figures)
            + WEIGHTS["reference"] * np.maximum(_referred(figures, pairs), _placed(report, pairs))
        )
        total[:, [k for k, figure in enumerate(figures) if figure.kind in NO_CHART]] = 0.0
        total *= told_apart(queries, captions) * named_otherwise(queries, captions, titles)
        return np.round(total, 4)

    @staticmethod
    def _said(queries: list[str], said: list[list[str]]) -> NDArray[np.float64]:
        """BM25 of the likeliest sentence that refers to each figure."""
        flat = [(j, sentence) for j, some in enumerate(said) for sentence in some]
        out = np.zeros((len(queries), len(said)))
        index = BM25([sentence for _, sentence in flat])
        for i, query in enumerate(queries):
            scores = index.scores(query)
            for (j, _), score in zip(flat, scores, strict=False):
                out[i, j] = max(out[i, j], score)
        return out

    @staticmethod
    def _lexical(
        queries: list[str], fields: list[list[str]], rarity: list[str] | None = None
    ) -> NDArray[np.float64]:
        """Mean of BM25 over several texts of each figure, all with one measure of rarity."""
        indexes = [BM25(texts, rarity=rarity) for texts in fields]
        return np.array([np.mean([index.scores(q) for index in indexes], axis=0) for q in queries])

    def _choose(self, figures: list[Figure], row: NDArray[np.float64], floor: float) -> Alignment:
        best = int(np.argmax(row))
        others = [
            row[j]
            for j in range(len(figures))
            if j != best and not same_chart(figures[j], figures[best])
        ]
        score, runner_up = float(row[best]), float(max(others, default=0.0))
        reason = "no_figure" if score < floor else ""
        if reason:
            return Alignment("", score, runner_up, reason, (figures[best].figure_id,))
        if score - runner_up >= self.margin:
            return Alignment(figures[best].figure_id, score, runner_up)
        near = [int(j) for j in np.argsort(-row, kind="stable") if score - row[j] < self.margin]
        tied = tuple(figures[j].figure_id for j in near)
        return Alignment("", score, runner_up, "several_figures", tied)
