"""Whether a figure shows what an answer needs: by its marks, else by its numbers and words."""

from __future__ import annotations

import re

from finlmm_utils.asp.alignment.figure_text import figure_text, numbers_shown, shown
from finlmm_utils.asp.alignment.offline import PER_CENT, numbers_of
from finlmm_utils.asp.alignment.shown.asked import series_named
from finlmm_utils.asp.alignment.shown.names import names_asked, subject_words
from finlmm_utils.asp.alignment.shown.readable import BEST, readable
from finlmm_utils.asp.alignment.stated_change import derivable
from finlmm_utils.asp.charts.read import NO_AXIS, TWO_AXES
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.checks import number_of, same_number
from finlmm_utils.asp.records import QA, Figure
from finlmm_utils.finance.expressions import NUMERAL, ExpressionError, evaluate
from finlmm_utils.finance.periods import CHINESE_LATEST, CHINESE_PERIOD_SHOWN, SPAN_SHOWN, YEAR
from finlmm_utils.finance.terms import plain

_FORM = re.compile(
    r"\s+compared with the (?:same|prior)\b.*"
    r"|, (?:rounded to|in (?:thousands|millions|billions|percent))\b.*|:.* or .*"
    rf"|(?:是|通常)[\u4e00-\u9fff]{{2,3}}还是[\u4e00-\u9fff]{{2,3}}|{YEAR}年|\d{{1,2}}月|(?:之后|以后|开始|年底)，"
)
"""What a question says of the form of its answer."""
_EITHER = re.compile(r"\b\w+ or \w+\b")
"""The choice that a question offers."""
MIN_SHARED_DIGITS = 4
"""Digits of the numbers of an answer from which on they tell a figure without its words."""
MIN_LONE_DIGITS = 3
"""Digits of a single number below which all words of the question must agree, and not half."""
HALF = 0.5
"""Share of the words of a question that tell its figure (our choice, read on real reports)."""
NAME_WORDS = 4
"""Words (pairs of Chinese characters) of an answer that may name a series or a label of a chart; a
longer one is a cause or a definition, whose words must stand in or near the figure (our choice)."""
MOST_NUMBERS = 0.8
"""Share of the evidence's numbers that a choice needs in the figure: one may be the text's own."""


def _digits(number: float) -> int:
    return len(f"{number:.10g}".replace(".", "").strip("0"))


def _share(words: set[str], there: set[str]) -> float:
    return len(words & there) / len(words) if words else 0.0


def _computed(pair: QA, there: frozenset[float]) -> bool:
    """Whether the figure's numbers give the answer as they stand, some of them rounded to units."""
    as_shown = re.sub(
        NUMERAL,
        lambda m: m[0] if float(m[0]) in there | {PER_CENT} else plain(round(float(m[0]))),
        pair.expression,
    )
    answer = number_of(pair.answer)
    try:
        return answer is not None and same_number(evaluate(as_shown), answer)
    except ExpressionError:  # a small number rounded to 0 may be divided by
        return False


def _number_visible(pair: QA, text: str, subject: set[str], near: set[str]) -> bool:
    wanted, agree = numbers_of(pair), _share(subject, near)
    if agree >= HALF and derivable(pair, text):
        return True
    shares = bool(re.search(r"%|\bper ?cent", pair.evidence))  # else a share is another number
    if not wanted or shown(wanted, text, shares) < 1.0:
        return False
    if pair.expression and not _computed(pair, numbers_shown(text, shares)):
        return False
    if len(wanted) == 1:
        return agree >= (1.0 if _digits(*wanted) < MIN_LONE_DIGITS else HALF)
    return agree >= HALF or sum(map(_digits, wanted)) >= MIN_SHARED_DIGITS


def visible(
    pair: QA, figure: Figure, ocr: str = "", referred: bool = False, subject: float = 1.0
) -> bool:
    """Whether the figure shows what the answer needs.

    Where the figure was read, its marks decide: a value, a change, a relation that they bear out.
    Where they have nothing to say, a number is visible only if it is printed and no axis was found;
    a choice or a name is where no figure of the report has more of the question's words; a cause or
    a definition, and what nobody read, is judged by the figure's words.

    Args:
        pair: the question with its answer and evidence.
        figure: the chosen one.
        ocr: words read from the picture where the PDF has none.
        referred: whether the evidence names this figure by its number.
        subject: share of the question's words that the figure has, of the best figure's share; see
            :class:`finlmm_utils.asp.alignment.shown.readable.Subjects`.
    """
    if not (figure.shows or figure.unread):
        return _words_visible(pair, figure, ocr, referred)
    said = readable(pair, figure, subject)
    if said is not None:
        return said
    if any(span in pair.question for span in (SPAN_SHOWN, CHINESE_PERIOD_SHOWN, CHINESE_LATEST)):
        return False  # the report names no span: the marks alone tell what moved over theirs
    if pair.answer_kind == "number":  # where no axis was found, no number is one of its ticks
        return figure.unread == NO_AXIS and _words_visible(pair, figure, ocr, referred)
    if figure.unread == TWO_AXES and len(names_asked(pair.question)) > 1:
        return False  # which of two curves is higher cannot be seen
    if not referred and pair.answer_kind == "choice" and _names_no_series(pair, figure):
        return False
    long = pair.answer_kind == "text" and len(tokens(pair.answer)) > NAME_WORDS
    if referred or long or pair.task == "knowledge":
        return _words_visible(pair, figure, ocr, referred)
    return subject >= BEST


def _names_no_series(pair: QA, figure: Figure) -> bool:
    """Whether a chart draws several series and neither question nor answer says which is meant."""
    names = [name for name in dict.fromkeys(r.series for r in figure.shows) if name]
    text = f"{pair.question} {pair.answer}"
    return len(names) > 1 and not series_named(text, figure.shows)


def _words_visible(pair: QA, figure: Figure, ocr: str, referred: bool) -> bool:
    """Whether the words of a figure that was not read show what the answer needs.

    Args:
        pair: a number needs every number of its expression in the figure, or two that differ by
            the change that the text states; since few digits stand somewhere in most figures,
            these need words of the question in or near it as well. A choice needs four in five of
            the numbers of its evidence, and where there are none, half of the words that name what
            is measured; a definition all of them, in the figure itself; any other text half of
            its words in or near it. For what a sentence says of the figure that it names, half of
            the words that name what is measured will do, on the figure itself.
        figure: the chosen one.
        ocr: words read from the picture where the PDF has none.
        referred: whether the evidence names this figure by its number.
    """
    text = figure_text(figure, ocr)
    asked = set(tokens(_FORM.sub(" ", pair.question)))
    on, near = set(tokens(text)), set(tokens(f"{text} {figure.near_text}"))
    if pair.answer_kind == "choice":
        asked = set(tokens(_EITHER.sub(" ", _FORM.sub(" ", pair.question))))
    subject = subject_words(asked)
    if pair.answer_kind == "number":
        return _number_visible(pair, text, subject, near)
    wanted = numbers_of(pair) if pair.answer_kind == "choice" else set()
    if wanted and not referred:
        return shown(wanted, text) >= MOST_NUMBERS and (
            pair.task != "knowledge" or _share(subject, near) >= HALF
        )
    if referred:
        return _share(subject, on) >= HALF
    if pair.task == "knowledge":
        return _share(subject, on) == 1.0
    words = subject if pair.answer_kind == "choice" else set(tokens(pair.answer))
    return _share(words, near) >= HALF
