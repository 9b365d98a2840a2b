"""Words of rising and falling, English and Chinese: one list for answers, questions and rules.

The words are our choice, grown on English and Chinese reports. A rule may take fewer of them where
its form bears no more.
"""

from __future__ import annotations

import re

_VERB_FORMS = (
    "rise rose risen fall fallen", "climb climbed climbed fall fallen",
    "surge surged surged fall fallen", "fall fell fallen rise risen",
    "drop dropped dropped rise risen", "increase increased increased decrease decreased",
    "decrease decreased decreased increase increased",
    "decline declined declined increase increased", "grow grew grown shrink shrunk",
    "shrink shrank shrunk grow grown", "expand expanded expanded contract contracted",
    "contract contracted contracted expand expanded", "widen widened widened narrow narrowed",
    "narrow narrowed narrowed widen widened", "tighten tightened tightened widen widened",
    "compress compressed compressed widen widened",
    "improve improved improved deteriorate deteriorated",
    "deteriorate deteriorated deteriorated improve improved",
    "strengthen strengthened strengthened weaken weakened",
    "weaken weakened weakened strengthen strengthened",
    "slow slowed slowed accelerate accelerated", "accelerate accelerated accelerated slow slowed",
    "steepen steepened steepened flatten flattened",
    "flatten flattened flattened steepen steepened",
)  # fmt: skip
PAST = {form.split()[1]: (form.split()[0], form.split()[3]) for form in _VERB_FORMS}
"""By the past of a verb that moves: its base, and the base of its opposite."""
PERFECT = {form.split()[2]: form.split()[4] for form in _VERB_FORMS}
"""By the participle of a verb that moves: the participle of its opposite."""
CHINESE_UP = "上升|上行|走高|上涨|增长|增加|攀升|提升|提高|回升|扩大"
"""A regular expression of what a Chinese sentence says of a quantity that rises."""
CHINESE_DOWN = "下降|下行|走低|回落|下跌|下滑|减少|降低|收窄"
"""The same of one that falls."""

RISING = re.compile(
    r"上升|上涨|增长|增加|提高|攀升|走高"
    r"|\b(?:ris(?:e|es|ing)|rose|increas\w+|grew|up|higher|strengthen\w*)\b",
    re.IGNORECASE,
)
"""Finds a word that says that something rises."""
_FALLING = (
    r"\b(?:(?:decreas|declin|fall|drop|reduc|plung|tumbl|retreat|weaken)\w*|fell|down|lower"
    r"|slipped|slid|sank|dipped|shr[aiu]nk|contracted|contraction)\b"
    r"|下[降跌滑调]|减少|降低|走低|回落|回撤|缩减|缩水|降幅"
)
FALLING = re.compile(_FALLING, re.IGNORECASE)
"""Finds a word that says that something falls."""
MINUS = re.compile(
    rf"(?:{_FALLING})(?!\s?(?:to\b|[到至]))"
    r"|\b(?:loss(?:es)?(?! ratio)|deficit|shortfall|outflow|smaller|fewer|weaker|worse"
    r"|below zero|in the red)\b"
    r"|^\W*(?:minus|negative)\b|亏损|跌|流出|赤字|净亏|同比少",
    re.IGNORECASE,
)
"""Finds what makes the number of an answer negative: a fall ("a decrease of 5%"), a loss; not where
it leads to a level ("fell to 5%")."""
