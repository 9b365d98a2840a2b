"""Ties a question to the one figure of its report that answers it, or to none.

The paper shows an LMM the question and the figures; :mod:`finlmm_utils.asp.backends` does that.
The offline aligner here reads text only: the figure's caption, the words inside it and near it. Its
signals and their weights are our choice, measured on made reports with gold and on labelled pages
of real reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.facts import numbers_in
from finlmm_utils.asp.records import QA, Figure, Report
from finlmm_utils.asp.similarity import BM25, embed, is_chinese
from finlmm_utils.asp.verify import operands

WEIGHTS = {"meaning": 0.45, "words": 0.35, "numbers": 0.20, "page": 0.10, "reference": 1.0}
"""What each signal adds to a score; meaning is left out, and words weigh double, for Chinese."""
FLOOR = 0.30
"""A best score below this ties a question to no figure."""

_REFERENCE = re.compile(
    r"\b(?P<name>figure|fig\.?|chart|exhibit|graph)\s*(?P<number>\d+(?:[.\-]\d+)*)"
    r"(?:\s*[,(]?\s*panel\s*(?P<panel>\d+|[A-Ha-h])\b)?|(?P<name2>图表?)\s*(?P<number2>\d+)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Alignment:
    """The figure chosen for one question.

    Attributes:
        figure_id: "" where none was chosen.
        score: of the best figure, 0 where the report has none.
        runner_up: of the best figure that shows something else.
        reason: "" or why none was chosen: ``no_figure`` or ``several_figures``.
    """

    figure_id: str
    score: float = 0.0
    runner_up: float = 0.0
    reason: str = ""

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


def references(text: str) -> set[tuple[str, str]]:
    """Explicit references: "Figure 1.4, panel 3" gives ("1.4", "3"), "见图9" gives ("9", "")."""
    return {
        (m["number"] or m["number2"], (m["panel"] or "").lower()) for m in _REFERENCE.finditer(text)
    }


def figure_text(figure: Figure, ocr: str = "") -> str:
    """All words that a reader sees in and over a figure."""
    return " ".join(t for t in (figure.caption, figure.inner_text, ocr) if t)


def title_text(figure: Figure, ocr: str = "") -> str:
    """Caption and labels without axis numbers and dates, which would drown the words.

    A dense chart has hundreds of them, and its title often stands inside the crop.
    """
    words = [w for w in f"{figure.inner_text} {ocr}".split() if re.search(r"[^\W\d_]{2,}", w)]
    return " ".join([figure.caption, *dict.fromkeys(words[:120])]).strip()


def needs_reading(figure: Figure) -> bool:
    """Whether a figure's words are pixels.

    They are where the PDF has fewer than three words with digits inside the box; a drawing that has
    words of its own, though no numbers, has no others to read.
    """
    own = figure.inner_text.replace(figure.caption, "")
    if len(re.findall(r"\S*\d\S*", own)) >= 3:
        return False
    return figure.kind != "vector" or len(own.split()) < 3


def numbers_of(pair: QA) -> set[float]:
    """The numbers that an answer needs: those of its expression, else all of its evidence."""
    if pair.expression:
        return {abs(x) for x in operands(pair.expression)} - {100.0}
    return {abs(n.value) for n in numbers_in(pair.evidence)}


def shown(wanted: set[float], text: str) -> float:
    """Share of the wanted numbers that a text shows, whatever their units and signs."""
    there = {float(t.replace(",", "")) for t in re.findall(r"\d[\d,]*\.?\d*", text) if t[0] != ","}
    return sum(w in there for w in wanted) / len(wanted) if wanted else 0.0


def _same_chart(a: Figure, b: Figure) -> bool:
    """Whether two crops overlap by more than half of the smaller: a panel and its parent."""
    if a.page != b.page:
        return False
    width = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    height = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    area = min((f.box[2] - f.box[0]) * (f.box[3] - f.box[1]) for f in (a, b))
    return width > 0 and height > 0 and width * height > 0.5 * area


def _nearness(pairs: Sequence[QA], figures: Sequence[Figure]) -> NDArray[np.float64]:
    """1 on the page of the evidence, falling with the distance of the pages."""
    return np.array([[np.exp(-abs(p.page - f.page) / 4) for f in figures] for p in pairs])


def _referred(figures: Sequence[Figure], pairs: Sequence[QA]) -> NDArray[np.float64]:
    """1 where the question or its evidence names the figure's own number, 0.5 without panel."""
    own = [references(f.caption[:120]) for f in figures]
    out = np.zeros((len(pairs), len(own)))
    for i, pair in enumerate(pairs):
        for number, panel in sorted(references(pair.question + " " + pair.evidence)):
            for j, names in enumerate(own):
                if any(number == n and panel == p for n, p in names):
                    out[i, j] = max(out[i, j], 1.0)
                elif any(number == n for n, _ in names):
                    out[i, j] = max(out[i, j], 0.5)
    return out


class OfflineAligner:
    """Scores figures by text: explicit references, meaning, words, numbers and nearness of pages.

    Args:
        margin: how far the best must be ahead of the runner-up.
        floor: least score of the best; a sixth of it for Chinese, whose scores rest on words
            alone and are lower.
        read: gives the text inside a figure that has no words in the PDF (OCR); called only for
            such figures, and only for the likeliest of them. None to do without.
        candidates: how many figures of a report are read for one question, at most.
    """

    name = "offline"

    def __init__(
        self,
        margin: float = 0.02,
        floor: float = FLOOR,
        read: Callable[[Figure], str] | None = None,
        candidates: int = 8,
    ) -> None:
        self.margin = margin
        self.floor = floor
        self.read = read
        self.candidates = candidates

    def align(self, report: Report, pairs: Sequence[QA]) -> list[Alignment]:
        """Chooses one figure or none for each pair.

        Args:
            report: with its figures and blocks.
            pairs: questions over this report.

        Returns:
            One alignment a pair, in their order.
        """
        if not report.figures or not pairs:
            return [Alignment("", reason="no_figure") for _ in pairs]
        scores = self.scores(report, pairs)
        floors = [self.floor / (6 if is_chinese(p.question) else 1) for p in pairs]
        return [self._choose(report.figures, *of) for of in zip(scores, floors, strict=True)]

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
        around = [f"{f.caption} {f.inner_text} {f.near_text[:300]}" for f in pictures]
        likely = WEIGHTS["words"] * self._lexical(queries, [around])
        likely += WEIGHTS["page"] * _nearness(pairs, pictures)
        likely += WEIGHTS["reference"] * _referred(pictures, pairs)
        best = np.argsort(-likely, axis=1, kind="stable")[:, : self.candidates]
        return [pictures[k] for k in sorted(set(best.ravel().tolist()))]

    def scores(self, report: Report, pairs: Sequence[QA]) -> NDArray[np.float64]:
        """Scores every figure for every pair, shape (pairs, figures)."""
        figures = report.figures
        chosen = {f.figure_id for f in self.to_read(report, pairs)} if self.read else set()
        read = [self.read(f) if self.read and f.figure_id in chosen else "" for f in figures]
        texts = [figure_text(f, ocr) for f, ocr in zip(figures, read, strict=True)]
        titles = [title_text(f, ocr) for f, ocr in zip(figures, read, strict=True)]
        captions = [f.caption or t[:80] for t, f in zip(titles, figures, strict=True)]
        around = [f"{t} {f.near_text[:300]}" for t, f in zip(titles, figures, strict=True)]
        queries = [pair.question for pair in pairs]
        chinese = np.array([is_chinese(q) for q in queries])
        words = self._lexical(queries, [titles, around, captions])
        meaning = np.zeros_like(words)
        if not chinese.all():
            vectors = embed(queries)
            meaning = np.maximum(
                vectors @ embed([t[:400] for t in titles]).T, vectors @ embed(captions).T
            ).astype(np.float64)
        numbers = np.array([[shown(numbers_of(p), t) for t in texts] for p in pairs])
        meaning[chinese] = words[chinese]
        total = (
            WEIGHTS["meaning"] * np.clip(meaning, 0, None)
            + WEIGHTS["words"] * words
            + WEIGHTS["numbers"] * numbers
            + WEIGHTS["page"] * _nearness(pairs, figures)
            + WEIGHTS["reference"] * _referred(figures, pairs)
        )
        return np.round(total, 4)

    @staticmethod
    def _lexical(queries: list[str], fields: list[list[str]]) -> NDArray[np.float64]:
        """Mean of BM25 over several texts of each figure."""
        indexes = [BM25(texts) for texts in fields]
        return np.array([np.mean([index.scores(q) for index in indexes], axis=0) for q in queries])

    def _choose(self, figures: list[Figure], row: NDArray[np.float64], floor: float) -> Alignment:
        best = int(np.argmax(row))
        others = [
            row[j]
            for j in range(len(figures))
            if j != best and not _same_chart(figures[j], figures[best])
        ]
        score, runner_up = float(row[best]), float(max(others, default=0.0))
        reason = "no_figure" if score < floor else ""
        if not reason and score - runner_up < self.margin:
            reason = "several_figures"
        return Alignment("" if reason else figures[best].figure_id, score, runner_up, reason)
