"""Numbers written as words, English and Chinese, brought to digits."""

from __future__ import annotations

import re

from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
         "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
         "nineteen"]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ENGLISH = {word: n for n, word in enumerate(_ONES)}
_ENGLISH |= {word: 10 * n for n, word in enumerate(_TENS, 2)}
_LARGE = {"hundred": 2, "thousand": 3, "million": 6, "billion": 9, "trillion": 12}
_WORDS = "|".join((*_TENS, *sorted(_ONES, key=len, reverse=True), *_LARGE))
_RUN = re.compile(rf"(?:{_WORDS})(?:(?:-| and | )(?:{_WORDS}))*\b")
_POINT = re.compile(rf" point((?:[ -](?:{'|'.join(_ONES[:10])}))+)\b")
_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6,
          "eighth": 8, "tenth": 10, "hundredth": 100}  # fmt: skip
_FRACTION = re.compile(rf"({'|'.join(_ONES[1:10])})[- ]({'|'.join(_PARTS)})s?")
_HALVES = re.compile(
    rf"(?:(?P<whole>{'|'.join(_ONES)}) and a half(?= |$)|half an?(?= (?:{'|'.join(_LARGE)})\b))"
)
"""Halves beside a whole number or before a word of scale: "one and a half million"."""
_QUARTER = re.compile(rf"(?:an? )?quarter (?:of an? )?(?=(?:{'|'.join(_LARGE)})\b)")
_A_LARGE = re.compile(rf"an? (?=(?:{'|'.join(_LARGE)})\b)")
_ALONE = {"nil": "0", "half": "1/2", "a half": "1/2", "a third": "1/3", "a quarter": "1/4",
          "a dozen": "12"}  # fmt: skip
_BEFORE = re.compile(
    r"(?:about|approximately|around|roughly|circa|minus|negative) "
    rf"|(?:[同环]比)?(?:{CHINESE_UP}|{CHINESE_DOWN}|跌|涨)了?"
)
_DIGITS = {digit: n for n, digit in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}
_FORMAL = str.maketrans("壹贰叁肆伍陆柒捌玖拾佰仟貳參陸", "一二三四五六七八九十百千二三六")
"""Numerals of cheques and contracts, simplified and traditional."""
_HAN = "[零〇一二两三四五六七八九十百千]+"
_HAN_PART = re.compile(rf"(?P<sign>负?)(?P<under>{_HAN}|万)分之(?P<over>{_HAN})")
_CHINESE = re.compile(
    r"((?:约|负|百分之)*)([零〇一二两三四五六七八九十百千]+(?:[亿万][零〇一二两三四五六七八九十百千]+)*)"
    r"(?:点([零〇一二三四五六七八九]+))?((?:万|亿|[倍个家人年股次天月项位]|%|[美港欧日]?元)*)"
)
LONGEST = 200
"""Characters of a text that is read as a number in words (our choice)."""
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
    if len(text) > LONGEST or re.search(r"[0-9]", text):
        return text
    if text in _ALONE:
        return _ALONE[text]
    if opened := _BEFORE.match(text):
        return opened[0] + digits_for_words(text[opened.end() :])
    text = _A_LARGE.sub("one ", text) if _A_LARGE.match(text) else text
    if halves := _HALVES.match(text):
        return f"{_ENGLISH[halves['whole'] or 'zero']}.5{text[halves.end() :]}"
    if part := _QUARTER.match(text):
        return f"0.25 {text[part.end() :]}"
    text = _in_common_numerals(text)
    if (part := _HAN_PART.fullmatch(text)) and part["under"] != "百":
        return _han_fraction(part)
    if part := _FRACTION.fullmatch(text):
        return f"{_ENGLISH[part[1]]}/{_PARTS[part[2]]}"
    if english := _RUN.match(text):
        return _english_digits(english[0], text[english.end() :]) or text
    share = _TENTHS.fullmatch(text)
    if share:
        return f"{share[1] or ''}{percent_of_tenths(share['tenths'], share['more'])}%"
    chinese = _CHINESE.fullmatch(text)
    if not chinese or (chinese[2] in _PLACES and chinese[2] != "十"):
        return text
    before, whole, point, after = chinese.groups()
    if re.search("[亿万]", whole):
        scale = re.match("万亿|[万亿]", after)
        exact = _chinese_sum(whole + (scale[0] if scale else ""))
        return text if point or exact is None else f"{before}{exact}{after.lstrip('万亿')}"
    decimals = "." + "".join(str(_DIGITS[c]) for c in point) if point else ""
    return f"{before}{_chinese_number(whole)}{decimals}{after}"


def _in_common_numerals(text: str) -> str:
    """A text of formal numerals in the common ones; 陆 and 伍 are names elsewhere."""
    plain = text.translate(_FORMAL)
    return plain if _CHINESE.fullmatch(plain) or _HAN_PART.fullmatch(plain) else text


def _han_fraction(part: re.Match[str]) -> str:
    """A Chinese fraction in digits: 四分之三 is 3/4, 千分之三 3‰."""
    sign, over = "-" if part["sign"] else "", _chinese_number(part["over"])
    under = {"千": 1000, "万": 10_000}.get(part["under"]) or _chinese_number(part["under"])
    return f"{sign}{over}‰" if under == 1000 else f"{sign}{over}/{under}"


def _english_digits(run: str, rest: str) -> str:
    """A run of number words in digits with what follows it; "" where that is no one number.

    A last word of scale stays a word, for it is a unit: "25 million".
    """
    if re.match(rf"\s+(?:of|or|and|to)\b|[- ](?:{'|'.join(_PARTS)})s?\b|[- ]dozens?\b", rest):
        return ""
    words = re.split(r"-| and | ", run)
    inner = any(_LARGE.get(word, 0) > 2 for word in words[:-1])
    scale = words.pop() if len(words) > 1 and words[-1] in _LARGE and not inner else ""
    value = _english_number(words)
    point = _POINT.match(f" {rest.lstrip()}") if rest and not scale else None
    if value is None:
        return ""
    if point:
        decimals = "".join(str(_ENGLISH[word]) for word in re.split("[- ]", point[1].strip("- ")))
        return f"{value}.{decimals}{rest.lstrip()[point.end() - 1 :]}"
    return f"{value}{scale and f' {scale}'}{rest}"


def _english_number(words: list[str]) -> int | None:
    """The value of "one hundred twenty five"; None of "nineteen ninety nine", which is no sum."""
    total, group, free = 0, 0, 10**13
    for word in words:
        power = _LARGE.get(word)
        if power == 2 and 0 < group < 10:
            group *= 100
        elif power is not None and power > 2 and group > 0 and 10**power < free:
            total, group, free = total + group * 10**power, 0, 10**power
        elif word in _ENGLISH and _fits(_ENGLISH[word], group):
            group += _ENGLISH[word]
        else:
            return None
    return total + group if group < free else None


def _fits(value: int, group: int) -> bool:
    """Whether a number word may follow what is said: "twenty" takes ones, "hundred" takes all."""
    return group % 100 == 0 if value >= 10 or value == 0 else group % 10 == 0 and group % 100 != 10


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


def _chinese_sum(text: str) -> int | None:
    """The value of "一亿两千万", "一万两千"; None where the scales do not fall."""
    below, _, rest = text.rpartition("亿")
    if "万" in below and "亿" not in below and below[-1] != "万":  # 一万二千亿
        whole, more = _chinese_sum(below), _chinese_sum(rest) if rest else 0
        if whole is None or more is None or more >= 10**8:
            return None
        return whole * 10**8 + more
    total, free = 0, 10**13
    for part in re.findall("[^亿万]+(?:万亿|[亿万])?", text):
        power = 12 if part.endswith("万亿") else 8 if part[-1] == "亿" else 4 * (part[-1] == "万")
        if 10**power >= free:
            return None
        value = _chinese_number(part.rstrip("亿万").lstrip("零〇") or "零")
        if total and not power and part[0] not in "零〇" and value < 10:
            return None  # 三万五 is 35,000
        total, free = total + value * 10**power, 10**power
    return total
