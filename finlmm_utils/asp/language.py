"""Which language a text is in, and its words."""

from __future__ import annotations

import re
import unicodedata

from finlmm_utils.finance.periods import YEAR

_STOPS = """a an and are as at be been between by did do does for from had has have how in into is
    it its many much of on or over per than that the their them there these they this those to was
    were what when where which while who why will with would value report define drove change"""


CHINESE_SHARE = 0.2
"""Share of Chinese characters in the letters of a Chinese text; it may hold many English names."""
_STOP = frozenset(_STOPS.split())


_HAN_STOPS = re.compile("如何|什么|多少|怎样|哪[些个一]?|处于|位于|截至|[的了在是和与及其自从为之]")


_HAN = re.compile(r"[\u3400-\u9fff]")


def is_chinese(text: str) -> bool:
    """Whether at least one letter in five is a Chinese character."""
    letters = sum(c.isalpha() for c in text)
    return letters > 0 and len(_HAN.findall(text)) >= CHINESE_SHARE * letters


def _stem(word: str) -> str:
    for end in ("ies", "es", "s"):
        if word.endswith(end) and len(word) - len(end) >= 3 and not word.endswith("ss"):
            return word[: -len(end)] + ("y" if end == "ies" else "e" if end == "es" else "")
    return word


_DAY = re.compile(rf"({YEAR})\s?[年./-]\s?(\d{{1,2}})\s?[月./-]\s?(\d{{1,2}})(?:\s?日|(?!\d))")


_INDEX = re.compile(r"(?<![A-Za-z])([A-Z]{2,})_?(?!s\b)([a-z]{2,})(?![A-Za-z])")
"""A name of capitals with its index, which a formula sets in smaller letters."""


def tokens(text: str) -> list[str]:
    """Words without stop words and plural endings; Chinese as bigrams of characters.

    A day is one word, however it is written; a name with an index is two, with it and without.

    Examples:
        >>> tokens("What is the change in gross margins from 2020 to 2021?")
        ['gross', 'margin', '2020', '2021']
        >>> tokens("营业收入")
        ['营业', '业收', '收入']
        >>> tokens("2013年3月5日") == tokens("2013.03.05")
        True
        >>> tokens("APM_new") == tokens("𝐀𝐏𝐌𝐧𝐞𝐰")
        True
        >>> tokens("ICIRam")
        ['icir', 'iciram']
    """
    found: list[str] = []
    text = unicodedata.normalize("NFKC", text)  # letters of formulas are letters
    text = _INDEX.sub(r"\1 \1\2", text)
    text = _DAY.sub(lambda m: f" {m[1]}{int(m[2]):02}{int(m[3]):02} ", text)
    text = _HAN_STOPS.sub(" ", text).replace("’", "'")
    for part in re.findall(r"[\u3400-\u9fff]+|[a-z][a-z&'-]*[a-z]|[a-z]|\d[\d,.]*", text.lower()):
        if _HAN.match(part):
            found += [part[i : i + 2] for i in range(len(part) - 1)] or [part]
        elif part not in _STOP:
            found.append(_stem(part.strip(".,").replace(",", "")))
    return found
