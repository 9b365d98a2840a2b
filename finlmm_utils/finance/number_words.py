"""Numbers written as words, English and Chinese, brought to digits."""

from __future__ import annotations

import re

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
         "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
         "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ENGLISH = {word: n for n, word in enumerate(_ONES)}
_ENGLISH |= {word: 10 * n for n, word in enumerate(_TENS, 2)}
_WORD = re.compile(rf"({'|'.join(_TENS)})[- ]({'|'.join(_ONES[1:10])})\b|({'|'.join(_ENGLISH)})\b")
_DIGITS = {digit: n for n, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_CHINESE = re.compile(
    r"((?:约|负|百分之)*)([零〇一二两三四五六七八九十百千]+?)(?:点([零〇一二三四五六七八九]+))?"
    r"((?:百万|千万|万|亿|[倍个家人年股次天月项位]|%|[美港欧日]?元)*)"
)
NO_TENTH = "(?![员为功本立长果就份分交都色品])"
"""What may not follow 成 where it is a tenth: 成员, 成分, 成本, .."""
TENTHS = r"(?P<tenths>[一二两三四五六七八九十])成(?P<more>[一二三四五六七八九半])?"
"""A regular expression of tenths in words: 三成 is 30 %, 三成五 and 三成半 are 35 %."""
_TENTHS = re.compile(rf"(约|负)?(?:{TENTHS})")


def digits_for_words(text: str) -> str:
    """Writes the number word at the start of a text in digits; other texts are left as they are.

    Args:
        text: in lower case; one with a digit in it is left alone.

    Examples:
        >>> digits_for_words("twenty-five million"), digits_for_words("百分之十二")
        ('25 million', '百分之12')
        >>> digits_for_words("one of the largest"), digits_for_words("三成五")
        ('one of the largest', '35%')
    """
    if re.search(r"[0-9]", text):
        return text
    english = _WORD.match(text)
    if english:
        tens, ones, word = english.groups()
        value = _ENGLISH[word] if word else _ENGLISH[tens] + _ENGLISH[ones]
        rest = text[english.end() :]
        return text if re.match(r"\s+(?:of|or|and|to)\b", rest) else f"{value}{rest}"
    share = _TENTHS.fullmatch(text)
    if share:
        return f"{share[1] or ''}{percent_of_tenths(share['tenths'], share['more'])}%"
    chinese = _CHINESE.fullmatch(text)
    if not chinese or (chinese[2] in _PLACES and chinese[2] != "十"):
        return text
    before, whole, point, after = chinese.groups()
    decimals = "." + "".join(str(_DIGITS[c]) for c in point) if point else ""
    return f"{before}{_chinese_number(whole)}{decimals}{after}"


def percent_of_tenths(tenths: str, more: str | None) -> int:
    """The percentage of the two parts of ``TENTHS``: of 三 and 五 it is 35."""
    last = 5 if more == "半" else _DIGITS[more] if more else 0
    return 10 * _chinese_number(tenths) + last


def _chinese_number(text: str) -> int:
    """The value of "一百二十", "十二", "三"; of digits in a row, "二〇一九"."""
    if not set(text) & set(_PLACES):
        return int("".join(str(_DIGITS[c]) for c in text))
    total, digit = 0, 0
    for character in text:
        if character in _PLACES:
            total += (digit or 1) * _PLACES[character]
            digit = 0
        else:
            digit = _DIGITS[character]
    return total + digit
