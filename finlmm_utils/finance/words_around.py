"""The words around the number of an answer: what makes it another one, and what it counts."""

from __future__ import annotations

import re

from finlmm_utils.finance.directions import FALLING, RISING
from finlmm_utils.finance.references import ENGLISH
from finlmm_utils.finance.units import CURRENCIES, MONTHS, READ_CURRENCIES, any_of

_NUMBERED = "|".join(word for words in ENGLISH.values() for word in words)
_MONTH = "|".join(
    month if len(month) < 4 else f"{month[:3]}(?:{month[3:]})?"
    for month in MONTHS.lower().split("|")
)
_BEFORE = re.compile(
    # a bound
    r"(?:\b(?:than|over|under|above|below|at least|at most|up to|beyond|within|exceed(?:s|ed|ing)?"
    r"|(?:max|min)(?:imum|\.)?(?: of)?|(?:north|south|upwards|shy|short) of|before|after"
    r"|nearly|almost|practically|virtually|barely|close to|approaching|nearing"
    r"|as (?:much|many|high|low|little|few) as"
    # another number
    r"|except|excluding|(?:half|third|quarter|tenth|twice|double|triple|thrice|log|ln|sqrt|root"
    r"|square)(?: of)?|(?:tens|dozens|scores|hundreds|thousands) of"
    # the name of something
    rf"|(?:{_NUMBERED})s?|note|panel|appendix|(?:page|section|chapter|item|line|step|week|day|question"
    rf"|option|version|level|phase|stage)s?|no|{_MONTH})"
    r"|超过?|逾|[接将]?近|几乎|突破|不[到足]|[高低大小]于|[至最][少多高低]|[图表第]|附注)\W*$"
    r"|(?<![\w)])-(?=[^\W\d_])"  # the sign of "-Kč 12"; "- Revenue 12" is an item of a list
)
_AFTER = re.compile(
    r"\W*(?:(?:or|and) (?:so )?(?:more|less|fewer|above|below|over|under|higher|lower)\b"
    r"|at (?:most|least)\b|plus\b|excluded\b|以[上下内外]|[多余号])"
    r"|\s?(?:(?:and )?(?:an? |one )?(?:half|quarter|third|dozen)\b|point\b|squared|cubed|factorial"
    r"|doubled|tripled|halved|(?:plus|minus|less|divided|multiplied|raised)\b|(?:pair|score)s?\b"
    rf"|(?:hundred|thousand|[mbtr]+illion)ths?\b|(?:{_MONTH})\b)"
)

DENIED = re.compile(
    r"\b(?:not|never|isn't|wrong|incorrect|false|neither|nor|hardly|cannot|can't|don't|doesn't|instead"
    r"|anything but|inverse|too (?:high|low|large|small)|didn't|did not|no)\b|不是|并非|错|没有"
    r"|[未不](?=[上下增减升降涨跌提扩收])"
)
"""Words that deny the number beside them."""
OTHER_UNIT = re.compile(
    rf"\b(?:thousand|[mbtr]+illion|lakh|crore|bn|mn|mil|grand|halve|(?:ten|hundred|thousand)th)s?\b"
    rf"|(?<![a-z])(?:{any_of(w for w in CURRENCIES if len(w) > 3 and w not in ('real', 'rand'))})"
    r"|\bus cents?\b"
    rf"|\b(?:{'|'.join(sorted(READ_CURRENCIES.keys() - CURRENCIES.keys()))}|mad|pen|fr\.)(?!\w)"
)
"""A scale or a currency that stands apart from the number: what it counts is not known."""


def altered(before: str, after: str) -> bool:
    """Whether the words around a number make another of it, a bound, or a part of a calculation.

    Args:
        before: the text before the number, in lower case.
        after: the text behind it.

    Examples:
        >>> altered("up to ", ""), altered("half of ", ""), altered("", " or more")
        (True, True, True)
        >>> altered("about ", " employees"), altered("- revenue ", "")
        (False, False)
    """
    return bool(_BEFORE.search(before) or _AFTER.match(after))


_WORD = re.compile(r"\s?-?(?P<word>[a-z][a-z'-]*)")
_NO_NOUN = frozenset(
    """a all also altogether an and around as at because before but by compared day days down each
    during ended for from gain gains growth here if in including increase into is its less long
    more now of off old on only or our out over overall per points so since than that the their
    then there this to total versus vs was were when where which while with worth year
    years""".split()  # noqa: SIM905
)
"""Words that end the name of what is counted, or say nothing of it (our choice)."""
_CHINESE_NOUN = re.compile(r"\s?的?(?P<word>[\u3400-\u9fff]+)")
_NO_CHINESE_NOUN = re.compile(r"^(?:左右|上下|之多|以[上下内外]|整|许|余|是|为|了)|[元币%]$")


def noun_after(text: str) -> tuple[str, ...]:
    """The words of what is counted, in the singular, its head last; none where no noun follows.

    Args:
        text: what follows a number and its unit, in lower case.

    Examples:
        >>> noun_after(" new customers in total"), noun_after(" as shown"), noun_after("客户左右")
        (('new', 'customer'), (), ('客户左右',))
    """
    words: list[str] = []
    text = re.sub(r"^\s?of (?:the |its |our |all )?", " ", text)  # "12% of revenue"
    while found := _WORD.match(text):
        word, text = found["word"], text[found.end() :]
        if word in _NO_NOUN or word.endswith("ly") or RISING.search(word) or FALLING.search(word):
            break
        words.append(_singular(word))
    chinese = None if words else _CHINESE_NOUN.match(text)
    if chinese and not _NO_CHINESE_NOUN.search(chinese["word"]):
        return (chinese["word"],)
    return tuple(words)


_SYNONYMS = {"firm": "company", "corporation": "company", "client": "customer",
             "nation": "country", "shop": "store"}  # fmt: skip


def _singular(word: str) -> str:
    word = re.sub(r"ies$", "y", word)
    word = re.sub(r"(?<!s)s$", "", re.sub(r"(s|x|z|ch|sh)es$", r"\1", word))
    return _SYNONYMS.get(word, word)


def same_noun(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two names may be of one thing: one is not said, or its head is in the other."""
    if not one or not other:
        return True
    return any(head in said or said in head for head in one[-1:] for said in other) or any(
        head in said or said in head for head in other[-1:] for said in one
    )
