"""The numbers of figures and tables: digits, letters, Roman, Chinese and spelt ones, their panels.

The patterns of a number stand first, then what a number and a list of them mean. The forms are our
choice, from the reports that the benchmarks read.
"""

from __future__ import annotations

import re
import unicodedata

from finlmm_utils.finance.number_words import digits_for_words

LONGEST_RANGE = 20
"""A range of more figures ("Figures 1 to 300") is a slip; only its ends are read."""

# Patterns ----------------------------------------------------------------------------------------
DASH = r"\-–‐‑"
# At most three digits, so that a year is no number: "Figures 2021 and 2022".
DOTTED = rf"\d{{1,3}}(?:[.{DASH}]\d{{1,3}}(?!\d))*"
_AMOUNT = (
    r"\s*(?i:%|‰|per\s?cent|pct\b|percentage points|basis points|bps\b|hundred|thousand|million|"
    r"billion|trillion|[mb]n\b|times\b|(?:year|quarter|month|week|day|hour|share)s?\b)"
)
"""What follows an amount: "figure 5 million", "chart 12 months of sales"."""
END = rf"(?![a-z\d]|[QHKMBX](?![a-z])|,\d{{3}}(?!\d)|[{DASH}](?:[a-z]|[KQ]\b)|{_AMOUNT})"
_BRACKETED = r"[(（][a-hA-H][)）]"
_LETTER = r"[a-hA-H](?![A-Za-z\d])"
# "Figure 2.A shows"; "Figure 2.A rise in rates" has an article.
_ARTICLE = (
    r"A(?=\s+(?!(?:shows?|illustrates?|plots?|presents?|compares?|and|or|to|is|in|for)\b)[a-z])"
)
_PART = (
    rf"(?:\s?{_BRACKETED}|{_LETTER}|\.(?!{_ARTICLE})[a-hA-H](?!\w|\.\d))"  # "2a", "2 (b)", "2.A"
)
_JOIN = rf"\s?(?:[,&/、和及与至到{DASH}]|(?:,\s?)?\b(?:and|or|to|through)\b)\s?"
# No "a" after a comma and a space: "Figure 2b, a rise".
_MORE = rf"(?:{_JOIN}{_BRACKETED}|[,&/{DASH}]{_LETTER}|\s(?:and|to|&)\s(?![aA]){_LETTER})"
_PARTS = rf"(?:{_PART}{_MORE}*+)?+"  # "2a-c", "1(a)–(c)", "2c,d", "2a and b"
LONE = r"(?<!(?i:exhibit)\s)[A-H](?=\s*(?:[:,;)\]—–]|\.(?![A-Za-z\d])|$))"
"""A letter alone: "Chart A:", not "Chart A course", nor "Exhibit A", which is a contract."""
_LETTERS = rf"(?:[A-Z]{{2,3}}\.|ES[{DASH}]|[A-Z][.{DASH}]?)"  # "ES.1": of an executive summary
_BODY = rf"{_LETTERS}?{DOTTED}(?:\.[A-H](?:\.\d{{1,3}})+)?"
NUMBER = rf"(?>{_BODY}{_PARTS}){END}"
PARTED = rf"(?>{_BODY}{_PART}{_MORE}++){END}"
"""One number with several panels."""
_ROMAN = (
    r"(?=[IVX])(?!I\s+(?:am|have|had|saw|see|think|would|will|can)\b|I['’])"
    r"(?:(?<!(?i:exhibit)\s)|(?=[IVX]{2}))X{0,3}(?:IX|IV|V?I{0,3})(?![A-Za-z\d]|/[A-Z])"
    r"(?:\.(?:[A-Z]|\d{1,3})(?![A-Za-z\d]))*"
)
_SPELT = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
SPELT = rf"(?:{_ROMAN}|[Ⅰ-Ⅻ]|(?i:{_SPELT})(?![A-Za-z-]|\s+(?:of|or|more)\b)){END}"
"""A Roman number, "Chart II.A.3", or a word, "Figure Two"; behind a name with a capital only."""
AND = rf"\s*(?:,?\s*(?:and|or|to|through)\b|[,&/—{DASH}])\s*"
PANEL = r"(?:(?:\d{1,2}|[A-Ha-h])(?![A-Za-z\d])|[(（](?:\d{1,2}|[A-Ha-h])[)）])"
_HAN_DIGITS = "零〇一二三四五六七八九十百"
# 一致, 一览, 十分, 三角 are words; 图一致 names no figure 1.
_HAN_WORD = (
    "(?!(?<=一)[致样起定般直些种个旦下次家边面方共切律再览目举]|(?<=十)[分足]|(?<=[二三])[维角次])"
)
# A capital is none of a Chinese number's panels: 图2.A股 is about shares.
_HAN_PARTS = rf"(?:(?:\s?{_BRACKETED}|[a-h](?![A-Za-z])){_MORE}*+)?+"
HAN_NUMBER = (
    rf"(?:(?>(?:[A-Z][.{DASH}]?)?{DOTTED}{_HAN_PARTS})(?!\d|%|,\d{{3}}(?!\d))|"
    rf"[{_HAN_DIGITS}]{{1,4}}+{_HAN_WORD}(?:\s?{_BRACKETED}(?:{_JOIN}{_BRACKETED})*+)?+|[①-⑳Ⅰ-Ⅻ])"
)
_MEMBER = re.compile(rf"(?<![A-Za-z\d])(?P<number>{NUMBER}|{HAN_NUMBER}|{PANEL}|{SPELT}|{LONE})")
_WITH_PARTS = re.compile(rf"(?P<number>.*?[\d{_HAN_DIGITS}])(?P<parts>{_PART}{_MORE}*)")
_RANGE = re.compile(rf"\b(?:to|through)\b|[至到~～—{DASH}]")
_HYPHEN = re.compile(f"[{DASH}]")


# Reading -----------------------------------------------------------------------------------------
def members(listed: str, ranges: bool) -> list[tuple[str, str]]:
    """Numbers and their panels ("2a") in a list, with what lies between the ends of ranges.

    Args:
        listed: "2, 3 and 5", "1.2 to 1.4", "22-25", "2a-c", "十二", "IV".
        ranges: whether a hyphen may join two numbers; else it is part of one ("Figure 1-3").
    """
    found: list[tuple[str, str]] = []
    end = 0
    matches = list(_MEMBER.finditer(listed))
    parted = [_parted(panel_name(unicodedata.normalize("NFKC", m["number"]))) for m in matches]
    hyphens = sum(bool(_HYPHEN.search(number)) for number, _ in parted)
    ranges = ranges and not hyphens == len(matches) > 1  # "图1-1至图1-3"
    for m, (raw, panels) in zip(matches, parted, strict=True):
        number = _plain(raw)
        if end and _RANGE.search(listed[end : m.start()]):
            found += [(n, "") for n in _between(found[-1][0], number)]
        one, _, other = _HYPHEN.sub("-", raw).partition("-")
        both = [_plain(one), *_between(one, other), _plain(other)] if other and ranges else []
        rises = len(both) > 1 and _rises(both[0], both[-1])
        found += [(n, "") for n in both] if rises else []
        if not (rises and "." in one):  # "1.2-1.4" is a range alone
            found += [(number, panel) for panel in panels or [""]]
        end = m.end()
    return found


def panel_name(raw: str) -> str:
    """A panel without the brackets around it: "(a)" is "a"; what else is read stays."""
    return re.sub(r"^[(（](.+)[)）]$", r"\1", raw)


def _parted(raw: str) -> tuple[str, list[str]]:
    """A number and its panels: "2a-c" is figure 2 with a, b and c."""
    split = _WITH_PARTS.fullmatch(raw)
    if split is None:
        return raw, []
    panels: list[str] = []
    end = 0
    for letter in re.finditer(r"(?<![A-Za-z])[A-Ha-h](?![A-Za-z])", split["parts"]):
        if panels and _RANGE.search(split["parts"][end : letter.start()]):
            panels += _between(panels[-1], letter[0].lower())
        panels.append(letter[0].lower())
        end = letter.end()
    return split["number"], panels


def _plain(raw: str) -> str:
    """A number in plain form: "A-2" is "A2", "9-1" is "9.1", "二", "II" and "two" are "2"."""
    first, point, rest = raw.partition(".")
    if re.fullmatch("[IVX]+", first):
        return f"{_roman(first)}{point}{rest}"
    spelt = digits_for_words(raw.lower() if re.fullmatch(_SPELT, raw, re.IGNORECASE) else raw)
    number = re.sub(f"^([A-Z]{{1,3}})[.{DASH}]", r"\1", spelt)
    number = _HYPHEN.sub(".", number)
    return re.sub(r"(?<!\d)0+(?=\d)", "", number)


def _roman(text: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text]
    return sum(-v if v < w else v for v, w in zip(values, [*values[1:], 0], strict=True))


def _ends(one: str, other: str) -> tuple[str, int, int] | None:
    """What two numbers share, and the two last parts in which they differ; None for no range."""
    if re.fullmatch("[A-Za-z]", one) and re.fullmatch("[A-Za-z]", other):
        return "", ord(one), ord(other)
    a, b = (re.fullmatch(r"(.*?)(\d+)", number) for number in (one, other))
    if not a or not b or a[1] != b[1]:
        return None
    return a[1], int(a[2]), int(b[2])


def _rises(one: str, other: str) -> bool:
    ends = _ends(one, other)
    return ends is not None and ends[1] < ends[2]


def _between(one: str, other: str) -> list[str]:
    """The numbers between the ends of a range."""
    ends = _ends(one, other)
    if ends is None or ends[2] - ends[1] > LONGEST_RANGE:
        return []
    between = range(ends[1] + 1, ends[2])
    return [chr(n) if one.isalpha() else f"{ends[0]}{n}" for n in between]
