"""Whether a figure names what a question asks about: measure, periods, all that it compares.

The best figure of a report may still be about something else, for a report speaks of more than it
draws. A reader has the picture alone, so the names and the years of a question must stand in it.
"""

from __future__ import annotations

import re

from finlmm_utils.asp.alignment.figure_text import numbers_shown
from finlmm_utils.asp.alignment.shown.asked import squeezed
from finlmm_utils.asp.alignment.shown.readable import GLUED
from finlmm_utils.asp.language import is_chinese, tokens
from finlmm_utils.asp.records import QA, Figure
from finlmm_utils.finance.periods import CHINESE_TIME, MONTHS, YEAR, year_of, years_in

NAMED = 0.7
"""Least share of the words of each name that the figure has (read on pairs of real reports: those
tied to a wrong figure have 0.67 or less, the right ones 0.75 or more)."""
NEARLY = 0.85
"""The same share for what is computed from numbers of a figure whose marks nobody read."""
ANSWER_NAMED = 0.5
"""The same share for an answer in words: a part, a cause, a definition (our choice)."""
FEWEST_NUMBERS = 2
"""Numbers that stand in a figure of data; a scheme has none but that of its caption."""
FEWEST_YEARS = 2
"""Years that a figure shows from which on they are its span."""

_WAY = r"(?:高于|低于|大于|小于|优于|弱于|上升|下降|正相关|负相关)"
_CHINESE_FORM = re.compile(
    rf"图示期间，|总体上|为[正负]还是为[正负]|[是约为占]*(?:百分之多少|多少[^，？]*)|在?(?:什么时候|哪一[期年])|哪一[个项]的?|的?表现|最[高低大小]|"
    rf"同比|累计(?=[上下增]|变化)|合计|期末|根据|平均值?|(?:变化|增长|下降|上升|减少|增加|提高)了|[从在]?{CHINESE_TIME}"
    r"(?:至|到|之?[前后]|以[来后]|期间|开始)*|[？，]"
)
"""What a Chinese question says beside its subject: when, and the form of its answer."""
_CHINESE_SIDES = re.compile(rf"(?:通常是|是|通常)?{_WAY}还是{_WAY}")
_WITHIN = re.compile(r"^.*?中，")
"""The chart that a comparison belongs to; its title may be worded otherwise."""
_ENGLISH_TIME = re.compile(
    rf"(?:\b(?:in|at|by|from|to|over|between|for|and|during|since|of|versus)\s+(?:the\s+(?:end\s+of\s+)?)?)?"
    rf"(?:(?:three|six|nine|twelve)\s+months\s+)?(?:(?:fiscal|year|ended|Q[1-4]|{MONTHS})\s+"
    rf"(?:\d{{1,2}}\s*,\s*)?)*(?:\d{{1,2}}[/.-]\d{{1,2}}[/.-])?{YEAR}(?:-\d\d)?\b",
    re.IGNORECASE,
)
_ENGLISH_FORM = re.compile(
    r",?\s*\b(?:rounded to|in) (?:a whole number|(?:one|two) decimals?|percent(?:age points)?|"
    r"(?:thousands|millions|billions)(?: of [\w ]+)?)"
    r"|\bcompared with the (?:same period of the )?prior year"
    r"|\b(?:by )?(?:what percentage|how much)"
    r"|,\s*in (?:US dollars|pounds sterling|euros|yen|yuan)\b"
    r"|(?:\$100 invested|an investment) in"
    r"|\b(?:make up|grown to|rise, fall or fluctuate|together|part (?:of|in|to|among))\b"
    r"|:.* or .*\?|\bhow (?:is|are)\b|\bcalculated\b|\bratio of\b"
    r"|\b(?:change|growth|range|average|sum|lowest|highest|largest|smallest|value|increase|decrease"
    r"|decline|grow|rise|fall|peak|total|kind|item|which|dates? shown|period|year)\b",
    re.IGNORECASE,
)
_CASH = re.compile(
    r"\bnet cash (?:provided by|used in|provided by \(used in\)) (operating|investing|financing)"
    r" activities\b",
    re.IGNORECASE,
)
"""What a statement calls an "operating cash flow"."""
_ENGLISH_SIDES = re.compile(
    r"\b(?:higher or lower|larger or smaller|above or below|better or worse|greater or smaller)\b"
    r"(?:\s+than)?(?:\s+that\s+of)?",
    re.IGNORECASE,
)
_MOVED = re.compile(r"\b(?:has|have|did|was|were)\b.*\b\w+ed or \w+ed\?$|\b(?:grown|shrunk) or "
                    r"(?:grown|shrunk)\?$|(?:上升|下降|增加|减少|扩大|缩小)还是(?:上升|下降|增加|减少|扩大|缩小)[？?]$",
                    re.IGNORECASE)  # fmt: skip
"""A question of a movement."""
_WHEN = re.compile(rf"\d|\b(?:since|until|{MONTHS})\b|自|以来|期间|[上下]半年", re.IGNORECASE)
"""A period is named."""
_CURRENCY = re.compile(r"(?:US|HK|CA?|AU?|NZ|S)?\$|[€£¥]|(?:USD|HKD|CAD|AUD|EUR|GBP|CNY|RMB)")
"""A currency alone; its price in another is not named by it."""
_BARE = frozenset(
    tokens(
        "amount number total level rate figure price balance result measure index percentage "
        "ratio item group company return growth margin share market segment cost expense"
    )
)
"""Words that measure something, and do not say of what."""
_COSTS = frozenset(["expense", "cost"])
_SCALES = {
    "k": r"thousands?|\b0{3}s?\b|\d\s?k\b|[$£€¥]k\b|\bk\b|千",
    "m": r"millions?|\b(?:mn|mm|m)\b|\d\s?m\b|[$£€¥]m\b|百万",
    "bn": r"billions?|\bbn\b|\d\s?bn?\b|[$£€¥]bn?\b|十亿",
    "tn": r"trillions?|\btn\b|\d\s?tn?\b|[$£€¥]tn?\b",
}
"""How a question or a chart writes the scale of its values."""
_CURRENCIES = {
    "$": r"\$|dollars?|USD", "£": "£|pounds|sterling|GBP|pence", "€": "€|euros?|EUR",
    "¥": "¥|yen|yuan|JPY|CNY|RMB", "RMB": "RMB|yuan|CNY|¥|元",
}  # fmt: skip
_SHARE = re.compile(r"%|％|per ?cent|百分|成", re.IGNORECASE)
_QUARTER = re.compile(
    rf"(?<![A-Za-z\d])(?:Q[1-4]|[1-4]Q)\s?['’/-]?\s?(?:{YEAR}|\d\d)(?!\d)|(?:{YEAR}|(?<!\d)\d\d)\s?[-/.年]?Q[1-4]",
    re.IGNORECASE,
)
"""The label of a quarter: "Q4'23", "1Q 2024", "2023Q3"."""
_SHORTER = re.compile(
    rf"Q[1-4]|[1-4]Q|quarter|months|\bat\b|\bsince\b|\bfrom\b|{MONTHS}|季|月|末|底|以来|至|从",
    re.IGNORECASE,
)
"""What a question says where it is not about one whole year."""
_OFFERED = re.compile(r"(?:哪一个|\bWhich had\b)[^:：]*[:：]([^:：?？]+)[?？]$")
_LIST = re.compile(r"、|(?<!Co\.),\s+(?!Inc)|\s+or\s+")


def names_asked(question: str) -> list[str]:
    """The names that a question asks about: all that it compares or offers, else its subject.

    Examples:
        >>> names_asked("中证500中，初始策略的净值是高于还是低于改进策略？")
        ['初始策略', '改进策略']
    """
    if offered := _OFFERED.search(question):
        return _LIST.split(offered[1])
    if is_chinese(question):
        first, *other = _CHINESE_SIDES.split(question, maxsplit=1)
        if other and _CHINESE_FORM.sub("", other[0]).strip():
            names = [_WITHIN.sub("", first).split("的")[0], other[0]]
        else:
            names = [first]
        return [_CHINESE_FORM.sub(" ", name).strip() for name in names]
    names = _ENGLISH_SIDES.split(_CASH.sub(r"\1 cash flow", question), maxsplit=1)
    return [_ENGLISH_FORM.sub(" ", _ENGLISH_TIME.sub(" ", name)).strip(" ?,") for name in names]


def is_whole(question: str) -> bool:
    """Whether a question says of what and, where it asks for a movement, in which period.

    A reader of a picture cannot guess either.

    Examples:
        >>> is_whole("Have spreads compressed or widened?")
        False
        >>> is_whole("Have spreads compressed or widened since April?")
        True
        >>> is_whole("Was the average US$ higher or lower in 2022 than in 2021?")
        False
    """
    if _MOVED.search(question) and not _WHEN.search(question):
        return False
    names = [
        re.sub(r"^(?:Was|Is|What was) the\b", "", name).strip() for name in names_asked(question)
    ]
    if any(_CURRENCY.fullmatch(name) for name in names):
        return False
    words = [set(tokens(name)) for name in names]
    if is_chinese(question) or _OFFERED.search(question):
        return True
    return bool(words[0]) and not any(len(some) == 1 and some <= _BARE for some in words)


def names_unit(pair: QA, words: str) -> bool:
    """Whether a reader knows in which unit a number is asked for: by the question or the chart.

    Args:
        pair: with the unit of its answer.
        words: that stand in the figure.
    """
    if pair.answer_kind != "number" or not pair.unit:
        return True
    text = f"{pair.question} {words}"
    if pair.unit == "%":
        return bool(_SHARE.search(text))
    currency = next((c for c in _CURRENCIES if pair.unit.startswith(c)), "")
    scale = _SCALES.get(pair.unit.removeprefix(currency), "")
    return all(
        not sign or re.search(sign, text, re.IGNORECASE)
        for sign in (_CURRENCIES.get(currency, ""), scale)
    )


def share_named(question: str, words: str) -> float:
    """Share of a name's words that a figure has: the least over the names of a question.

    Args:
        question: as asked.
        words: of the figure: title, legend, labels.

    Returns:
        1 where the question names nothing.
    """
    there, flat = set(tokens(words)), re.sub(r"\s+", "", words.lower())
    names, bare = names_asked(question), squeezed(words)
    # A name that stands there as a whole may have lost its blanks.
    names = [name for name in names if not squeezed(name) or squeezed(name) not in bare]
    wanted = [{w for w in tokens(name) if not re.fullmatch(YEAR, w)} for name in names]
    # "Sales and marketing" is the name of a chart of "sales and marketing expenses".
    wanted = [rest if len(rest := some - _COSTS) > 1 else some for some in wanted]
    # OCR loses blanks: a longer word may stand within another.
    lost = [
        {w for w in some if w not in there and not (len(w) >= GLUED and w in flat)}
        for some in wanted
    ]
    if is_chinese(question) and any(re.search("[a-z]", word) for some in lost for word in some):
        return 0.0  # a name in Latin letters among Chinese words tells "VIX" from "ETF"
    return min(
        (1 - len(gone) / len(s) for gone, s in zip(lost, wanted, strict=True) if s), default=1.0
    )


def spans(question: str, figure: Figure, words: str) -> bool:
    """Whether the years of a question lie within those that a figure shows, if it shows any.

    Args:
        question: as asked.
        figure: with the labels that were read off it.
        words: that stand in it.
    """
    own = [*years_in(words), *(year_of(r.label) for r in figure.shows)]
    known = {year for year in own if year}
    asked = years_in(question)
    if len(known) < FEWEST_YEARS or not asked:
        return True
    return min(known) <= min(asked) and max(asked) <= max(known)


def same_length(question: str, words: str) -> bool:
    """Whether a chart can show what a question asks of a whole year: one of quarters alone cannot.

    Args:
        question: as asked.
        words: that stand in the figure.
    """
    if not years_in(question) or _SHORTER.search(question):
        return True
    bare = _QUARTER.sub(" ", words)
    return len(_QUARTER.findall(words)) < FEWEST_YEARS or bool(years_in(bare))


def draws_data(figure: Figure, words: str) -> bool:
    """Whether numbers stand in a figure beside that of its caption: a scheme has none."""
    return (
        bool(figure.shows)
        or len(numbers_shown(words.replace(figure.caption, ""))) >= FEWEST_NUMBERS
    )


def about(pair: QA, figure: Figure, words: str) -> bool:
    """Whether a figure is about what a pair asks, by the words that stand in it.

    Args:
        pair: with question and answer.
        figure: the chosen one.
        words: that a reader sees in it, those of its title and of OCR among them.
    """
    names = " ".join(dict.fromkeys(f"{r.series} {r.label}" for r in figure.shows))
    words = f"{figure.title} {words} {names}"
    answer = set(tokens(pair.answer)) if pair.answer_kind == "text" else set()
    if len(answer & set(tokens(words))) < ANSWER_NAMED * len(answer):
        return False
    whole = is_whole(pair.question) and names_unit(pair, words)
    if pair.answer_kind == "number" and not same_length(pair.question, words):
        return False
    if not (whole and spans(pair.question, figure, words)):
        return False
    least = NAMED
    if pair.answer_kind == "number" and not figure.shows:
        # Where no mark was read, a number that stands in the chart is told by its name alone.
        least = NEARLY if " " in pair.expression else 1.0
    return share_named(pair.question, words) >= least
