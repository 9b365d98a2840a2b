"""The names in a question: what it asks about, without when and in which form it asks.

All that cuts a question to its subject stands here. The words are our choice, grown on questions
about real reports.
"""

from __future__ import annotations

import re

from finlmm_utils.asp.language import is_chinese, tokens
from finlmm_utils.finance.periods import CHINESE_TIME, SPAN_SHOWN, YEAR
from finlmm_utils.finance.units import CURRENCIES, MONTHS

_WAY = r"(?:高于|低于|大于|小于|优于|弱于|上升|下降|正相关|负相关)"
_CHINESE_FORM = re.compile(
    rf"图示期间，|截至图示期末(?:连续.个?(?:年|季度|月))?|总体上|为[正负]还是为[正负]|[是约为占]*(?:百分之多少|多少[^，？]*)|在?(?:什么时候|哪一[期年])|哪一[个项]的?|的?表现|最[高低大小]|"
    rf"同比|累计(?=[上下增]|变化)|合计|期末|根据|平均值?|(?:变化|增长|下降|上升|减少|增加|提高)了|[从在]?{CHINESE_TIME}"
    r"(?:至|到|之?[前后]|以[来后]|期间|开始)*|[？，]"
)
"""What a Chinese question says beside its subject: when, and the form of its answer."""
_CHINESE_SIDES = re.compile(rf"(?:通常是|是|通常)?{_WAY}还是{_WAY}")
_WITHIN = re.compile(r"^.*?中，")
"""The chart that a comparison belongs to; its title may be worded otherwise."""
_MEASURES = "change|growth|increase|decrease|average|value|sum|range|highest|lowest"
"""What a question wants of a quantity, before the quantity's name."""
_MOVES = "rise|fall|increase|decrease|peak|change"
"""How it moved, behind its name."""
_ENGLISH_TIME = re.compile(
    rf"(?:\b(?:in|at|by|from|to|over|between|for|and|during|since|of|versus)\s+(?:the\s+(?:end\s+of\s+)?)?)?"
    rf"(?:(?:three|six|nine|twelve)\s+months\s+)?(?:(?:fiscal|year|ended|Q[1-4]|{MONTHS})\s+"
    rf"(?:\d{{1,2}}\s*,\s*)?)*(?:\d{{1,2}}[/.-]\d{{1,2}}[/.-])?{YEAR}(?:-\d\d)?\b",
    re.IGNORECASE,
)
_ENGLISH_FORM = re.compile(
    r",\s+in (?!percent)[^,?]+(?=\?$)|"
    r"\bof (?:the )?(?:portfolio|assets|total|fund|index)(?= (?:did|were|was)\b)|"
    r",?\s*\b(?:rounded to|in) (?:a whole number|(?:one|two) decimals?|percent(?:age points)?|"
    r"(?:thousands|millions|billions)(?: of [\w ]+)?)"
    r"|\bcompared with the (?:same period of the )?prior year"
    rf"|\b(?:over|at the end of) {SPAN_SHOWN}"
    r"|\b(?:by )?(?:what percentage|how much)|^how many|\bwere there\b"
    r"|,\s*in (?:US dollars|pounds sterling|euros|yen|yuan)\b"
    r"|(?:\$100 invested|an investment) in"
    r"|\b(?:make up|grown to|rise, fall or fluctuate|together|part (?:of|in|to|among))\b"
    r"|:.* or .*\?|\bhow (?:is|are)\b|\bcalculated\b|\bratio of\b"
    rf"|\b(?:{_MOVES}|decline) or (?:{_MOVES}|decline)\b"
    rf"|\b(?:{_MEASURES}|{_MOVES}|largest|smallest|decline|grow|total|kind|item|weight(?:ing)?"
    r"|which|annual|dates? shown|period|year)\b",
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
_HAN_MOVES = "(?:上升|下降|增加|减少|扩大|缩小)"
_MOVED = re.compile(r"\b(?:has|have|did|was|were)\b.*\b\w+(?:ed or \w+ed|ing or \w+ing)\?$|"
                    r"\b(?:up or down|down or up)\?$|\b(?:grown|shrunk) or "
                    rf"(?:grown|shrunk)\?$|{_HAN_MOVES}还是{_HAN_MOVES}[？?]$",
                    re.IGNORECASE)  # fmt: skip
"""A question of a movement."""
_WHEN = re.compile(
    rf"\d|\b(?:since|until|period shown|{MONTHS})\b|自|以来|期间|图示期末|[上下]半年", re.IGNORECASE
)
"""A period is named."""
_AFTER = re.compile(
    rf"(?:之后|以后|开始)[，,].*{_HAN_MOVES}还是"
    r"|\bafter\b.*\b(?:rise|increase) or \w+\?$",
    re.IGNORECASE,
)
"""A movement after a moment, to no end: "since" a moment it goes to the end of the chart."""
_BARE = frozenset(
    tokens(
        "amount number total level rate figure price balance result measure index percentage "
        "ratio item group company return growth margin share market segment cost expense"
    )
)
"""Words that measure something, and do not say of what."""
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


def says_when(question: str) -> bool:
    """Whether a question names a period."""
    return bool(_WHEN.search(question))


def is_whole(question: str) -> bool:
    """Whether a question says of what and, where it asks for a movement, in which period.

    A reader of a picture cannot guess either.

    Examples:
        >>> is_whole("Have spreads compressed or widened?")
        False
        >>> is_whole("Have spreads compressed or widened since April?")
        True
        >>> [is_whole(f"2002年{since}，利率是上升还是下降？") for since in ("之后", "以来")]
        [False, True]
        >>> is_whole("Was the average US$ higher or lower in 2022 than in 2021?")
        False
    """
    if _MOVED.search(question) and not _WHEN.search(question):
        return False
    if _AFTER.search(question) and len(re.findall(YEAR, question)) < 2:
        return False
    names = [
        re.sub(r"^(?:Was|Is|What was) the\b", "", name).strip() for name in names_asked(question)
    ]
    if any(name.lower() in CURRENCIES for name in names):
        return False
    words = [set(tokens(name)) for name in names]
    if is_chinese(question) or _OFFERED.search(question):
        return True
    return bool(words[0]) and not any(len(some) == 1 and some <= _BARE for some in words)


_CALLED = re.compile(r"([\u4e00-\u9fffA-Za-z0-9“]{1,12}?)”?因子")
_COUNTED = re.compile(r"^[一二两三四五六七八九十几多各0-9]+[个种类]?$|^(?:各|多|该|其|本|新|不同)")
_BEFORE_HEAD = re.compile(
    r"^(?:what (?:was|were|is|are)|(?:by what percentage|by how much|in which period|when|"
    r"from .{4,60},) (?:did|was|were)|did|was|were)\s+(?:the\s+)?|"
    rf"\b(?:{_MEASURES}|mean|ratio)\s+(?:value\s+)?(?:of|in)\s+(?:the\s+)?",
    re.IGNORECASE,
)
_AFTER_HEAD = re.compile(
    rf"\b(?:of|to|in|at|from|as|for|per|by|on|over|since|between|{_MOVES}|higher|lower)\b|[,?:(]",
    re.IGNORECASE,
)


def factors_named(text: str) -> set[str]:
    """Words of the factors that a text names: those of "球队硬币" of "“球队硬币”因子"."""
    names = [m.rpartition("“")[2] for m in _CALLED.findall(re.sub(r"\s+", "", text))]
    return {word for name in names if not _COUNTED.search(name) for word in tokens(name)}


_MARKET_INDEX = re.compile(
    r"(?:沪深|中证|上证|深证|国证|科创|恒生)\s?\d{2,4}|创业板|\bS&P\s[456]00|\bNasdaq\b|"
    r"\bDow Jones\b|\bFTSE\s\w+|\b(?:Euro\s)?Stoxx\b|\bRussell\s\d{4}|\bMSCI\s[A-Z]\w+|\bNikkei\b|"
    r"\bHang Seng\b",
    re.IGNORECASE,
)
_DAY = re.compile(r"^(?:19|20)\d{6}$")


def indexes_named(text: str) -> set[str]:
    """The indexes of markets that a text names: "沪深300", "S&P 500"."""
    return {re.sub(r"\s", "", name).lower() for name in _MARKET_INDEX.findall(text)}


def day_named(text: str) -> set[str]:
    """The one day that a text names, none where it names a span."""
    days = {word for word in tokens(text) if _DAY.match(word)}
    return days if len(days) == 1 else set()


KINDS_OF_NAMES = (factors_named, indexes_named, day_named)
"""What reads the names of one kind out of a text: a chart of one is no chart of another."""


def head_word(query: str) -> str:
    """The last word of the name that an English question asks about: "discount", "revenue"."""
    if is_chinese(query) or not _BEFORE_HEAD.match(query):
        return ""
    rest = query
    for _ in range(2):
        rest = _BEFORE_HEAD.sub("", rest, count=1)
    found = tokens(_AFTER_HEAD.split(rest, maxsplit=1)[0])
    return found[-1] if found and found[-1].isalpha() else ""


_TIME_AND_CHANGE = frozenset(
    tokens(
        MONTHS.replace("|", " ") + " three six nine twelve months years quarters ended fiscal "
        "increase decrease decline rise fall grow percentage average sum highest lowest range "
        "calculated computed kind item"
    )
)


def subject_words(words: set[str]) -> set[str]:
    """Those words of a question that name what is measured: not when, and not how it moved."""
    return {word for word in words if word not in _TIME_AND_CHANGE and not word[0].isdigit()}
