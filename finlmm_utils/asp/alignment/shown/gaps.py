"""Whether a chart has the number, or the name, that is missing in a statement."""

from __future__ import annotations

import re

from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.alignment.shown.basis import counts_alike, same_basis
from finlmm_utils.asp.alignment.shown.readable import OF_ANSWER, slack
from finlmm_utils.asp.alignment.shown.statements import (
    TITLE_SAID,
    clause_of,
    ranked,
    readings_meant,
    titled,
)
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.checks import number_of
from finlmm_utils.asp.questions.rules.gaps import GAP, statement_in
from finlmm_utils.asp.questions.rules.sentences import numbers_in
from finlmm_utils.asp.records import QA, Figure, Reading
from finlmm_utils.finance.directions import FALLING, MINUS
from finlmm_utils.finance.periods import CHINESE_LATEST, SPAN_SHOWN
from finlmm_utils.finance.units import says_unit

TELLING = 2
"""Digits of a number that tell it, where a statement says a little of the title; one more where it
says nothing of it (our choice)."""
_BY = re.compile(rf"\bby\s+[A-Z]{{0,3}}[$£€¥]?{GAP}", re.IGNORECASE)
"""A step: a chart of changes has it."""
_CHANGES = re.compile(
    r"\b(?:growth|change[sd]?|y/?o/?y|year.on.year|returns?)\b|增速|同比|环比|增长率", re.I
)
_AVERAGE = re.compile(r"\baverag\w*|\bmean\b|平均|均值", re.IGNORECASE)
_PERFORMANCE = re.compile(
    r"年化收益|夏普|Sharpe|Calmar|回撤|胜率|换手率|波动率|信息比率|净值|ICIR|\b(?:volatility|drawdown|turnover)\b",
    re.IGNORECASE,
)
"""Measures of a strategy, which draws each of them as a curve of its own."""
_LOST = re.compile(rf"{MINUS.pattern}|\blost\b", re.IGNORECASE)


def gap_shown(pair: QA, figure: Figure, words: str) -> bool:
    """Whether the marks of a chart have what is missing in a statement, at what it names.

    Args:
        pair: a question of `finlmm_utils.asp.questions.rules.gaps` or `ranks`.
        figure: with what it shows.
        words: that stand in it.
    """
    statement, wanted = statement_in(pair.question), number_of(pair.answer)
    latest = SPAN_SHOWN in pair.question or pair.question.startswith(CHINESE_LATEST)
    if pair.answer_kind == "text":
        return same_basis(statement, words) and _is_ahead(pair, statement, figure)
    step = bool(_BY.search(statement))
    own = readings_meant(statement, figure, latest)
    share = titled(f"{statement} growth" if step else statement, figure)
    digits = len(re.sub(r"\D|^0+|\.?0+$", "", pair.answer))
    if wanted is None or (share < TITLE_SAID and digits < TELLING + (not share)):
        return False
    if not same_basis(statement, words) or not counts_alike(statement, figure.title, words):
        return False
    parts = pair.unit == "%" and all(r.point == "share" for r in own)
    if not (parts or not pair.unit or says_unit(words, pair.unit)):
        return False
    clause = clause_of(statement)
    if _AVERAGE.search(clause) and not _AVERAGE.search(words):
        return False
    measures = {m.lower() for m in _PERFORMANCE.findall(clause)}
    if measures and not any(m in words.lower() for m in measures):
        return False
    if step and not _CHANGES.search(words):
        return False
    falls = bool(_LOST.search(statement) or (step and FALLING.search(statement)))
    return any(_is_value(r, wanted, falls, step) for r in own)


def _is_value(reading: Reading, wanted: float, falls: bool, step: bool) -> bool:
    off, value = slack(reading), reading.value
    if value < 0 <= wanted and not falls:
        return False
    if step and falls and value > 0:
        return False
    return off <= OF_ANSWER * abs(wanted) and abs(abs(value) - abs(wanted)) <= off


def _is_ahead(pair: QA, statement: str, figure: Figure) -> bool:
    """Whether what is missing is the largest, or the smallest, of what a chart draws."""
    numbers = [abs(n.value) for n in numbers_in(statement)]
    groups = ranked(statement, figure)
    for group in groups:
        lowest = bool(asked.LOWEST.search(statement))
        *_, second, first = sorted(group, key=lambda r: -r.value if lowest else r.value)
        name = first.series if len({r.series for r in group}) > 1 else first.label
        ahead = abs(first.value - second.value) > max(slack(first), slack(second))
        said = any(abs(abs(first.value) - n) <= slack(first) for n in numbers)
        if ahead and (said or titled(statement, figure)) and _is_name(pair.answer, name):
            return True
    return False


def _is_name(answer: str, name: str) -> bool:
    """Whether a name of a chart is an answer, but for a word that says what kind of thing it is."""
    words, own = set(tokens(answer)), set(tokens(asked.bare(name)))
    return bool(own) and own <= words and len(words - own) <= 1
