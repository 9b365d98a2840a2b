"""Whether a chart has the number that is missing in a statement.

The statement is its author's, with words that no chart has. So it is not asked what of it the chart
names, but whether the statement names what the chart draws: the series, the label, the title.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from finlmm_utils.asp.alignment.figure_text import heading_of
from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.alignment.shown.basis import counts_alike, same_basis
from finlmm_utils.asp.alignment.shown.names import says_when
from finlmm_utils.asp.alignment.shown.readable import OF_ANSWER, is_period, slack
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.checks import number_of
from finlmm_utils.asp.questions.rules.gaps import GAP, statement_in
from finlmm_utils.asp.records import QA, Figure, Reading
from finlmm_utils.finance.periods import CHINESE_LATEST, SPAN_SHOWN
from finlmm_utils.finance.reference_clauses import without_label
from finlmm_utils.finance.units import says_unit

TITLE_SAID = 0.5
"""Least share of the words of a title that a statement says, where no name of a series or a label
tells what is drawn (our choice)."""
_ASIDE = re.compile(r"[(（][^()（）]*[)）]|[,，].*$")
"""A title's unit or span."""


def gap_shown(pair: QA, figure: Figure, words: str) -> bool:
    """Whether the marks of a chart have the missing number at what the statement names.

    Args:
        pair: a question of `finlmm_utils.asp.questions.rules.gaps`.
        figure: with what it shows.
        words: that stand in it.
    """
    statement, wanted = statement_in(pair.question), number_of(pair.answer)
    latest = SPAN_SHOWN in pair.question or pair.question.startswith(CHINESE_LATEST)
    own = _meant(statement.replace(GAP, " "), figure, latest)
    parts = pair.unit == "%" and all(r.point == "share" for r in own)
    if not same_basis(statement, words) or not counts_alike(statement, figure.title, words):
        return False
    if wanted is None or not (parts or not pair.unit or says_unit(words, pair.unit)):
        return False
    return any(_is_value(reading, abs(wanted)) for reading in own)


def _meant(statement: str, figure: Figure, latest: bool) -> Sequence[Reading]:
    """The readings at what a statement names; none where that is not clear."""
    named = asked.series_named(statement, figure.shows)
    own = [r for r in figure.shows if r.series in named]
    labels = {r.label for r in own if r.label}
    found = asked.labels_named(statement, own)
    periods = [label for label in labels if is_period(label)]
    timed = bool(periods) and len(periods) >= len(labels) / 2
    heading = _ASIDE.sub(" ", without_label(heading_of(figure)))
    title = {word for word in tokens(heading) if not word.isdigit()}
    said = len(title & set(tokens(statement)))
    lone = len({r.series for r in figure.shows}) == 1 and (timed or not found)
    if not said or (lone and said < TITLE_SAID * len(title)):
        return []
    if not timed:
        return [r for r in own if r.label in found] if not latest else []
    if latest:
        return [] if found or _dated(statement) else asked.meant("", own)
    if found:
        return [r for r in own if r.label in found and r.point in ("label", "share")]
    return []


def _dated(statement: str) -> bool:
    return says_when(re.sub(r"\d[\d,.]*(?:%| per| [a-z]+illion)", " ", statement))


def _is_value(reading: Reading, wanted: float) -> bool:
    off, value = slack(reading), abs(reading.value)
    return off <= OF_ANSWER * wanted and abs(value - wanted) <= off
