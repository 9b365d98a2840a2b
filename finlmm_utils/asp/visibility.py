"""Whether a figure shows what an answer needs: numbers, words, or a change that follows from it."""

from __future__ import annotations

import re

from finlmm_utils.asp.align import numbers_of
from finlmm_utils.asp.derivation import derivable
from finlmm_utils.asp.facts import MONTHS
from finlmm_utils.asp.figure_words import figure_text, shown
from finlmm_utils.asp.records import QA, Figure
from finlmm_utils.asp.similarity import tokens

_FORM = re.compile(
    r"\s+compared with the (?:same|prior)\b.*"
    r"|, (?:rounded to|in (?:thousands|millions|billions|percent))\b.*"
)
"""What a question says of the form of its answer."""
_TIME_AND_CHANGE = frozenset(
    tokens(
        MONTHS.replace("|", " ") + " three six nine twelve months years quarters ended fiscal "
        "increase decrease decline rise fall grow percentage average sum total highest lowest range"
    )
)


def subject_words(words: set[str]) -> set[str]:
    """Those words of a question that name what is measured: not when, and not how it moved."""
    return {word for word in words if word not in _TIME_AND_CHANGE and not word[0].isdigit()}


TELLING = 4
"""Digits of the numbers of an answer from which on they tell a figure without its words."""


def _digits(number: float) -> int:
    return len(f"{number:.10g}".replace(".", "").strip("0"))


def visible(pair: QA, figure: Figure, ocr: str = "", referred: bool = False) -> bool:
    """Whether the figure shows what the answer needs.

    Args:
        pair: a number needs every number of its expression in the figure, or two that differ by
            the change that the text states; where these have few digits, half of the question's
            words in or near it as well; a choice four in five of
            the numbers of its evidence; a text half of its words in or near the figure. What a
            term means is no matter of the figure, nor are the words of "rise or fall", nor what a
            sentence says of the figure that it names: half of the question's words will do, for
            the last one on the figure itself.
        figure: the chosen one.
        ocr: words read from the picture where the PDF has none.
        referred: whether the evidence names this figure by its number.
    """
    text = figure_text(figure, ocr)
    asked = set(tokens(_FORM.sub("", pair.question)))
    near = set(tokens(f"{text} {figure.near_text}"))
    if pair.answer_kind == "number":
        wanted = numbers_of(pair)
        subject = subject_words(asked)
        words_agree = bool(subject) and len(subject & near) >= 0.5 * len(subject)
        # Few digits stand somewhere in most figures: the words must agree as well.
        known = words_agree or (len(wanted) > 1 and sum(map(_digits, wanted)) >= TELLING)
        return (known and shown(wanted, text) == 1.0) or (words_agree and derivable(pair, text))
    if pair.answer_kind == "choice" and pair.task == "knowledge":
        asked = set(tokens(pair.question.partition(":")[0])) - {"kind", "item"}
        if len(asked & near) < 0.5 * len(asked):
            return False
    if pair.answer_kind == "choice" and (wanted := numbers_of(pair)):
        return shown(wanted, text) >= 0.8
    named = referred or pair.task == "knowledge" or pair.answer_kind == "choice"
    words = asked if named else set(tokens(pair.answer))
    there = set(tokens(text)) if referred else near
    return bool(words) and len(words & there) >= 0.5 * len(words)
