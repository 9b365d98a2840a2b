"""The verdict on one aligned pair: which figure shows what it asks, or why it is dropped."""

from __future__ import annotations

import re
from collections.abc import Callable

from finlmm_utils.asp.alignment.figure_ocr import read_values
from finlmm_utils.asp.alignment.figure_text import (
    NO_CHART,
    figure_numbers,
    figure_text,
    needs_reading,
    placed_figures,
)
from finlmm_utils.asp.alignment.offline import Alignment
from finlmm_utils.asp.alignment.shown.gaps import gap_shown
from finlmm_utils.asp.alignment.shown.names import factors_named
from finlmm_utils.asp.alignment.shown.readable import Subjects, readable
from finlmm_utils.asp.alignment.subject import (
    about,
    draws_data,
    is_whole,
    measures,
    names_its_part,
    names_unit,
    opens_with,
    share_named,
)
from finlmm_utils.asp.alignment.visibility import visible
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.rules.gaps import statement_in
from finlmm_utils.asp.records import QA, Figure, Report
from finlmm_utils.finance.references import figure_names

REFERRED_NAMED = 0.3
"""Least share of a name's words in a figure that the evidence names (read on real reports)."""
FACTOR_NAMED = 0.3
"""Least share of the words of the factors that a Chinese question names (our choice)."""
MOST_TIED = 2
"""Figures that fit equally well, at most, of which their marks may choose one (our choice)."""


_LEAD = re.compile(r"^[^，]*因子[^，]*中，")
"""What a question of a table of a factor opens with: the title of its table."""


def _has_factors(question: str, figure: Figure, words: str) -> bool:
    factors = factors_named(question)
    there = factors & set(tokens(f"{figure.title} {words}"))
    return len(there) >= FACTOR_NAMED * len(factors)


def as_pictured(question: str, figure: Figure, words: str) -> str:
    """A question without the factor that it opens with, where the picture doesn't name it.

    What it compares is named in the picture, or the question is dropped.

    Args:
        question: as written.
        figure: the chosen one.
        words: that stand in it.
    """
    bare = _LEAD.sub("", question)
    return question if _has_factors(question, figure, words) else bare


class Judge:
    """Whether figures of a report show what questions ask for.

    Args:
        report: with its figures.
        ocr: reads figures without words of their own, or None.
    """

    def __init__(self, report: Report, ocr: Callable[[Figure], str] | None) -> None:
        self.report = report
        self.figures = {figure.figure_id: figure for figure in report.figures}
        named = zip(report.figures, figure_numbers(report.figures), strict=True)
        self.labels = {figure.figure_id: label for figure, label in named}
        self.subjects = Subjects([f for f in report.figures if f.kind not in NO_CHART])
        self.ocr = ocr

    def verdict(self, pair: QA, alignment: Alignment) -> tuple[str, str]:
        """The figure that a pair is tied to, and "" or why the pair is dropped.

        Where two figures fit equally well and one alone shows the answer, it is that one; where the
        best fits badly, only if its marks bear the answer out.
        """
        if statement_in(pair.question):
            return self._with_the_number(pair, alignment)
        if alignment.reason and 0 < len(alignment.tied) <= MOST_TIED:
            tied = [self.figures[name] for name in alignment.tied]
            lone = len(tied) == 1
            shown = [figure for figure in tied if self._shows(pair, figure, by_marks=lone)]
            read = all(figure.shows or figure.kind in NO_CHART for figure in tied)
            if read and len(shown) == 1:
                return shown[0].figure_id, ""
        figure = self.figures.get(alignment.figure_id)
        if alignment.reason or figure is None or self._shows(pair, figure):
            return alignment.figure_id, alignment.reason
        return alignment.figure_id, "answer_not_visible"

    def _with_the_number(self, pair: QA, alignment: Alignment) -> tuple[str, str]:
        """The one chart that has the number missing in a statement; of several the aligned one."""
        asked = {number for number, _ in figure_names(pair.evidence)}
        shown = [
            figure.figure_id
            for figure in self.figures.values()
            if figure.shows
            and (not asked or self.labels[figure.figure_id][0] in asked)
            and self._shows(pair, figure)
        ]
        if alignment.figure_id in shown:
            return alignment.figure_id, ""
        if len(shown) == 1:
            return shown[0], ""
        reason = "several_figures" if shown else alignment.reason or "answer_not_visible"
        return alignment.figure_id, reason

    def _is_other_panel(self, pair: QA, figure: Figure) -> bool:
        """Whether the evidence names panels of the figure's number alone, and not this one."""
        number, panel = self.labels[figure.figure_id]
        named = {p for n, p in figure_names(pair.evidence) if n == number}
        return bool(panel and named) and "" not in named and panel not in named

    def wording(self, question: str, figure_id: str) -> str:
        """A question as the picture that it is tied to can be asked it, see `as_pictured`."""
        figure = self.figures[figure_id]
        if not _LEAD.match(question):
            return question
        text = self.ocr(figure) if self.ocr and needs_reading(figure) else ""
        return as_pictured(question, figure, figure_text(figure, text))

    def _shows(self, pair: QA, figure: Figure, by_marks: bool = False) -> bool:
        if figure.kind in NO_CHART:
            return False
        text = self.ocr(figure) if self.ocr and needs_reading(figure) else ""
        if self.ocr:
            read_values(figure)
        asked = {number for number, _ in figure_names(pair.evidence)}
        if self._is_other_panel(pair, figure):
            return False
        # Of several figures that a sentence names it may mean another one.
        placed = [] if asked else placed_figures(self.report, pair)
        referred = asked == {self.labels[figure.figure_id][0]} or placed == [figure]
        share = self.subjects.share(pair.question, figure, text)
        words = figure_text(figure, text)
        if statement_in(pair.question):
            return gap_shown(pair, figure, f"{figure.title} {words}")
        if by_marks and not readable(pair, figure, share):
            return False
        if not (visible(pair, figure, text, referred, share) and draws_data(figure, words)):
            return False
        charts = (f for f in self.report.figures if f.kind not in NO_CHART)
        titled = [f for f in charts if opens_with(pair.question, f.title)]
        if not names_its_part(pair.question, figure, words) or (titled and figure not in titled):
            return False
        if not _has_factors(as_pictured(pair.question, figure, words), figure, words):
            return False
        if not referred:
            return about(pair, figure, words)
        words = f"{figure.title} {words}"
        # A sentence may speak of more than the figure that it names.
        named = share_named(pair.question, words) >= REFERRED_NAMED
        named = named and measures(pair.question, words)
        return named and is_whole(pair.question) and names_unit(pair, words)
