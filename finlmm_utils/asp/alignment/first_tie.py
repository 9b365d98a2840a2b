"""A first tie of facts to figures: which facts of a report are worth a question.

A report states hundreds of facts and draws a few charts. Before a question is written, each fact is
held against the figures by words, by the figures that it names and by the values that they show.
The tie only selects: the writer then sees the fact's text alone, and the question that it writes is
aligned anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from finlmm_utils.asp.alignment.figure_text import (
    NO_CHART,
    figure_numbers,
    figure_text,
    heading_of,
    mentions,
    needs_reading,
    title_text,
)
from finlmm_utils.asp.alignment.shown.gaps import gap_shown
from finlmm_utils.asp.alignment.shown.readable import readable
from finlmm_utils.asp.alignment.similarity import BM25
from finlmm_utils.asp.alignment.subject import about
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.checks import number_of
from finlmm_utils.asp.questions.rules.gaps import statement_in
from finlmm_utils.asp.questions.rules.sentences import numbers_in
from finlmm_utils.asp.records import QA, Figure, Report
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.references import figure_names

REFERRED = 1.0
"""What a fact gains whose sentence names a figure of the report."""
VALUE = 0.3
"""What a fact gains of whose values one is read off a figure, all of them the whole of it."""
_NUMBER = re.compile(r"\d[\d,.]*%?")  # its letters alone: what is left are words
NEAR_LETTERS = 300
"""Characters beside a picture that are compared: its heading and first lines."""
NEAR = 0.005
"""Share of a number within which a value read is the same (half of a percent, our choice)."""
LEAST = 0.04
"""Score below which a fact shares no word that tells figures apart (read on made reports)."""


MOST_PICTURES = 12
"""Pictures of a report that are read for such questions, a second or two each (our choice)."""
NAME_WORDS, NAME_LEAST = 10, 0.25
"""Words (pairs of Chinese characters) of a text that is no more than the name of a series, and the
score below which no figure has that name (read on tables of real reports)."""


def chart_figures(report: Report) -> list[Figure]:
    """The figures of a report that a question may be tied to."""
    return [figure for figure in report.figures if figure.kind not in NO_CHART]


def tie_scores(report: Report, texts: Sequence[str]) -> NDArray[np.float64]:
    """How well each fact fits its best figure, shape (facts,).

    Args:
        report: with its figures and blocks.
        texts: the evidence of each fact.
    """
    figures = chart_figures(report)
    if not figures or not texts:
        return np.zeros(len(texts))
    bare = [without_references(text) for text in texts]
    names = [" ".join(dict.fromkeys(r.series for r in f.shows)) for f in figures]
    # The words of a picture are not read yet: what stands beside it tells what it shows.
    beside = [f.near_text[:NEAR_LETTERS] if needs_reading(f) else "" for f in figures]
    titles = BM25([f"{heading_of(f)} {near}" for f, near in zip(figures, beside, strict=True)])
    labels = BM25([f"{title_text(f)} {n}" for f, n in zip(figures, names, strict=True)])
    said = BM25(
        [" ".join(some) for some in mentions(report.model_copy(update={"figures": figures}))]
    )
    numbers = {number for number, _ in figure_numbers(figures) if number}
    values = _Values(figures)
    out = np.zeros(len(texts))
    for k, (text, plain) in enumerate(zip(texts, bare, strict=True)):
        spoken = _NUMBER.sub(" ", plain)  # a row of values would drown the words of its name
        words = titles.scores(spoken) + labels.scores(spoken) + 0.5 * said.scores(spoken)
        words += VALUE * values.shares(plain)
        out[k] = words.max()
        out[k] += REFERRED * any(number in numbers for number, _ in figure_names(text))
    return out


class _Values:
    """What was read off the figures, as arrays over all readings."""

    def __init__(self, figures: Sequence[Figure]) -> None:
        readings = [(j, r) for j, figure in enumerate(figures) for r in figure.shows]
        self.size = len(figures)
        self.owner = np.array([j for j, _ in readings], dtype=np.intp)
        self.value = np.array([abs(r.value) for _, r in readings])
        self.tolerance = np.array([r.tolerance for _, r in readings])

    def shares(self, text: str) -> NDArray[np.float64]:
        """Share of a text's numbers that each figure shows."""
        wanted = {abs(number.value) for number in numbers_in(text)}
        hits = np.zeros(self.size)
        for w in wanted:
            hits[self.owners(w)] += 1
        return hits / max(len(wanted), 1)

    def owners(self, value: float) -> NDArray[np.intp]:
        """The figures that show a value, whatever its sign."""
        w = abs(value)
        near = np.abs(self.value - w) <= np.maximum(self.tolerance, NEAR * w)
        return np.unique(self.owner[near])


def worth_asking(report: Report, texts: Sequence[str], most: int) -> list[int]:
    """Which facts to write questions about: those that fit a figure best, in reading order.

    Args:
        report: with its figures and blocks.
        texts: the evidence of each fact, in reading order.
        most: facts, at most.

    Returns:
        Places of the facts; none for a report without charts.
    """
    scores = tie_scores(report, texts)
    best = np.argsort(-scores, kind="stable")[:most]
    least = [NAME_LEAST if len(tokens(text)) <= NAME_WORDS else LEAST for text in texts]
    return sorted(int(k) for k in best if scores[k] >= least[k])


def drawn(
    report: Report, pairs: Sequence[QA], read: Callable[[Figure], None] | None = None
) -> list[bool]:
    """Which questions a chart of the report bears out, of those that few charts do.

    Args:
        report: with its figures; a picture that nobody has read says nothing.
        pairs: written from facts whose period or name only a chart tells.
        read: reads the values of a picture in place; called for the pictures whose titles these
            questions name most often. None to leave them unread.
    """
    if read is not None:
        for figure in _likely(report, pairs):
            read(figure)
    figures = [figure for figure in chart_figures(report) if figure.shows]
    values = _Values(figures)
    words = [f"{figure.title} {figure_text(figure)}" for figure in figures]
    out = []
    for pair in pairs:
        wanted = number_of(pair.answer)
        near = range(len(figures)) if wanted is None else values.owners(wanted)
        out.append(any(_bears_out(pair, figures[j], words[j]) for j in near))
    return out


def _likely(report: Report, pairs: Sequence[QA]) -> list[Figure]:
    """The pictures that the questions name most, by the words of their titles."""
    asked = [set(tokens(pair.question)) for pair in pairs]
    named: list[tuple[float, Figure]] = []
    for figure in chart_figures(report):
        title = {word for word in tokens(heading_of(figure)) if not word.isdigit()}
        if needs_reading(figure) and title:
            share = sum(len(title & words) for words in asked) / len(title)
            named.append((share, figure))
    named.sort(key=lambda pair: -pair[0])
    return [figure for share, figure in named[:MOST_PICTURES] if share]


def _bears_out(pair: QA, figure: Figure, words: str) -> bool:
    if statement_in(pair.question):
        return gap_shown(pair, figure, words)
    return bool(readable(pair, figure)) and about(pair, figure, words)
