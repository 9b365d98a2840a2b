"""Whether a figure shows the very thing that a question asks about, and not its neighbour in words.

Adjusted revenue is not revenue, nor is service revenue; their values may lie nearer to each other
than an axis can tell, so the words must decide.
"""

from __future__ import annotations

import re

from finlmm_utils.asp.alignment.shown.asked import squeezed
from finlmm_utils.asp.alignment.shown.names import names_asked
from finlmm_utils.asp.language import is_chinese, tokens
from finlmm_utils.finance.terms import TERMS

_BASES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:(?<!seasonally )adjusted|normali[sz]ed|recurring|non-GAAP)\b|调整后|扣非|扣除非经常"
        r"|\bunderlying\b(?! (?:ind|asset|instrument|secur|share|bond))",
        r"\bconstant (?:exchange rates?|currenc(?:y|ies))|\bcurrency.neutral|剔除汇率|固定汇率",
        r"\b(?:organic|like-for-like|same-store|comparable|LFL)\b|可比口径|同店|内生",
        r"\bparent company\b|\bthe parent\b|母公司|归母",
        r"\bdomestic\b|境内|国内",
        r"\boverseas\b|境外|海外",
        r"\b(?:excluding|excl?\.?)\b|不含|不包括|剔除|扣除",
        r"\bdiluted\b|稀释",
        r"\bpro forma\b|备考",
        r"\b(?:dis)?continu(?:ing|ed) operations\b|持续经营",
    )
)
"""What one thing is also counted as, each in the words that mean it."""
_KNOWN = re.compile(
    "|".join(rf"\b{re.escape(name)}\b" for name in sorted((t.name for t in TERMS), key=len)[::-1]),
    re.IGNORECASE,
)
"""Terms of the vocabulary, the longest first: in "service revenue" there is no "revenue"."""


def same_basis(question: str, words: str) -> bool:
    """Whether a figure counts a thing as a question does, and shows no other of its kind instead.

    Args:
        question: as asked.
        words: that stand in the figure: title, legend, labels.

    Examples:
        >>> same_basis("What was adjusted revenue in 2022?", "Revenue ($m)")
        False
        >>> same_basis("What was revenue in 2022?", "Service revenue ($m)")
        False
        >>> same_basis("What was revenue in 2022?", "Revenue and service revenue ($m)")
        True
    """
    if any(basis.search(question) and not basis.search(words) for basis in _BASES):
        return False
    asked = {name.lower() for name in _KNOWN.findall(question)}
    shown = {name.lower() for name in _KNOWN.findall(words)}
    heads, there = {name.split()[-1] for name in shown}, set(re.findall(r"[\w-]+", words.lower()))
    return not asked or any(
        name in shown
        or name.split()[-1] not in heads
        # "Gross and operating margin" shows a gross margin.
        or (" " in name and there >= set(name.split()))
        for name in asked
    )


_OF_A_SHARE = re.compile(r"\bper (?:\w+ )?(?:share|unit)\b|每股", re.IGNORECASE)
_SAYS_SHARE = re.compile(rf"{_OF_A_SHARE.pattern}|\b(?:EPS|DPS|NAV|price|pence)\b", re.IGNORECASE)
_MADE_OF = re.compile(
    r"占比|比例|比重|同比|环比|增速|增长率|变化率|\s+(?:margins?|ratio|growth|yield)\b", re.I
)
"""What is made of a quantity: its share of a whole, its growth."""
_RATE = re.compile(r"\bgrowth\b(?! (?:of|in)\b)|增速|增长率|同比|环比", re.IGNORECASE)
"""What a title says of a chart of growth rates."""
_SEVERAL = re.compile(r"\band\b|&|与|和|及|、", re.IGNORECASE)
_STEP = re.compile(r"\bby\b|%|percent|grow|increase|decrease|增|降|减", re.IGNORECASE)
_BARE = re.compile(r"^(?:what|did|was|were|is|are|the|of|\s)+\b|\s+$", re.IGNORECASE)
TAIL = 3
"""Characters at the end of a Chinese name by which it is looked for (our choice)."""


def counts_alike(question: str, title: str, words: str) -> bool:
    """Whether a figure shows what a question names, and not a share or the growth of it.

    Args:
        question: as asked.
        title: of the figure; it tells whether all of it is per share.
        words: that stand in it.

    Examples:
        >>> counts_alike("What was the dividend in 2022?", "Dividend per share", "2022 15.0")
        False
        >>> counts_alike("What was EBITDA in 2022?", "", "EBITDA margin (%) 2022 21.4")
        False
        >>> counts_alike("Did sales rise or fall over the period shown?", "Sales growth (%)", "")
        False
        >>> counts_alike("2017年以来，超配个股数是上升还是下降？", "", "超配个股数占比 2017")
        False
    """
    if _OF_A_SHARE.search(title) and not _SAYS_SHARE.search(question):
        return False
    flat = squeezed(words) if is_chinese(question) else words.lower()
    for name in names_asked(question):
        tail = squeezed(name)[-TAIL:] if is_chinese(question) else _BARE.sub("", name).lower()
        after = [flat[m.end() :] for m in re.finditer(re.escape(tail), flat)] if tail else []
        made = [_MADE_OF.match(rest) for rest in after]
        asked = f"{question.lower()} growth" if question.startswith("By ") else question.lower()
        if made and all(m and m[0] not in asked for m in made):
            return False
        told = set(tokens(_BARE.sub("", name)))
        whole = bool(told) and told <= set(tokens(title)) and not _SEVERAL.search(title)
        if whole and _RATE.search(title) and not (_RATE.search(asked) or _STEP.search(asked)):
            return False
    return True
