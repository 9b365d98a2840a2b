"""The normal form of a short text: what changes its meaning is kept, how it is printed is not."""

from __future__ import annotations

import re
import string
import unicodedata

from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP

_MINUS = str.maketrans(dict.fromkeys("−–—‒―﹣‐‑", "-"))
_SIGNS = {  # in words, so that none is lost with the punctuation
    ">=": "≥", "<=": "≤", "!=": "≠", "≠": " unequal ", "≥": " at least ", "≤": " at most ",
    ">": " above ", "<": " below ", "↑": " up ", "↗": " up ", "↓": " down ", "↘": " down ",
    "±": " plusminus ", "×": " times ", "÷": " over ", "&": " and ", "%": " percent",
}  # fmt: skip
_NEGATIVE = re.compile(
    r"\(\s*([^\w\s]{0,2}(?:[a-z]{1,3}[$¥]?)?\s?[0-9][^()]*)\)|([^-0-9]*+[0-9][^-]*+)-"
)
"""A number alone in brackets, or before a minus: "(5)", "5-"."""
_LOWER_GRADE = re.compile(r"(?<![a-z0-9])((?P<letter>[a-f])(?P=letter){0,2})-(?![a-z0-9])")
"""A rating with a minus, "AA-"; a plus is always kept."""
_NAMED = "class|series|type|grade|tier|group|option|rating|rated|schedule|share|shares|part|unit"
_NAME_A = re.compile(rf"(?<=\b)({_NAMED})(\s|-)a(?![a-z])|(?<![a-z])a(?=-[0-9])|(?<![a-z])a$")
_KEPT = "·▲▼△▽→←|^"
_BETWEEN = (  # two numbers, of which each may have its unit: "5m-7m", "Q1-Q3"
    r"([0-9]\s?(?:%|percent|[mbk]n?|[mbtr]+illion|bps|pp|[万亿元年月])?)\s*{}\s*"
    r"(?=(?:minus )?(?:[$€£¥]|[a-z]{{1,3}}[$¥]?\s?)?[0-9])"
)


def normalise_text(text: str) -> str:
    """Lower case, NFKC, no punctuation, no English articles, single spaces (none between CJK).

    Kept, as words, is what changes the meaning: a minus or brackets of a number, a rating's sign,
    comparisons, arrows, %, a decimal point, and what stands between two numbers.
    """
    text = unicodedata.normalize("NFKC", text.translate(_MINUS)).translate(_MINUS).casefold()
    text = text.strip().rstrip(".。!?;:").strip("*_`\"'“”‘’ ")
    if alone := _NEGATIVE.fullmatch(text):
        text = f"-{(alone[1] or alone[2]).strip()}"
    text = re.sub(
        r"(?<![a-z0-9.])(?:[a-z]\.)+[a-z](?![a-z0-9])", lambda m: m[0].replace(".", ""), text
    )
    text = _LOWER_GRADE.sub(r"\1 minus ", text)
    text = re.sub(r"(?:^-\s?|(?<=[\s(=:/,])-)(?=(?:[a-z]{0,3}[$€£¥])?[.0-9])", " minus ", text)
    text = re.sub(r"(?:^\+\s?|(?<=[\s(=:/,])\+)(?=(?:[a-z]{0,3}[$€£¥])?[.0-9])", " ", text)
    for sign, word in _SIGNS.items():
        text = text.replace(sign, word)
    text = text.replace("+", " plus ")
    text = re.sub(r"(?<=[0-9])[.](?=[0-9])", "·", text)
    text = re.sub(r"(?<=[0-9]),(?=[0-9]{3}(?![0-9]))", "", text)
    for mark, word in (("[-~]", "to"), ("[,;、]", "and"), ("/", "slash"), (":", "ratio")):
        text = re.sub(_BETWEEN.format(mark), rf"\1 {word} ", text)
    text = _NAME_A.sub(lambda m: m[0].replace("a", "ª") if not m[1] else f"{m[1]} ª", text)
    kept = (" " if unicodedata.category(c)[0] in "PZSC" and c not in _KEPT else c for c in text)
    words = [word for word in "".join(kept).split() if word not in ("a", "an", "the")]
    joined = " ".join(words) or " ".join("".join(kept).split())
    return re.sub(
        r"(?<=[㐀-鿿]) | (?=[㐀-鿿])", "", joined or "".join(text.split()).strip(string.punctuation)
    ).replace("ª", "a")


_TRUTH = {
    "true": "true", "yes": "true", "correct": "true", "t": "true", "是": "true", "对": "true",
    "是的": "true", "正确": "true", "false": "false", "no": "false", "incorrect": "false",
    "wrong": "false", "f": "false", "否": "false", "错": "false", "错误": "false",
    "不正确": "false", "不是": "false", "untrue": "false",
}  # fmt: skip
_STATED = re.compile(
    r"(?:(?:(?:the|this|that) )?(?:statement|claim|assertion|sentence)|it|that|this)(?: is|'s| was)"
    r" (?P<not>not )?(?P<word>true|false|correct|incorrect|wrong)"
    r"|(?P<no>not )(?P<said>true|false|correct)"
)
_FIRST = re.compile(
    r"(?P<word>yes|no|true|false|correct|incorrect|是的?|否|对|正确|错误?|不是|不正确)"
    r"(?:\s?[,.;:!，。；：！]\s?|\s[-–—]\s)(?P<rest>.+)"
)
_TAKES_BACK = re.compile(
    r"\b(?:yes|no|true|false|correct|incorrect|right|wrong|but|or|maybe|although|however"
    r"|if|unless|except|only|part(?:ly|ially))\b"
    r"|[否错对]|正确|但|或"
)
_DENIES = re.compile(r"\b(?:not|never|neither|no longer)\b|n['’]t\b|[不没未非]")


def truth_of(text: str) -> str:
    """Whether a text says "true" or "false", alone or with its reason behind it; "" for others.

    Examples:
        >>> truth_of("Yes, it did."), truth_of("The statement is not true"), truth_of("yes and no")
        ('true', 'false', '')
        >>> truth_of("Yes, it did not"), truth_of("No, it did not")
        ('', 'false')
    """
    plain = " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".。!")
    if plain := plain.strip("*_`\"'“”‘’ "):
        whole = _TRUTH.get(plain) or _TRUTH.get(normalise_text(plain), "")
        if whole:
            return whole
    if said := _STATED.fullmatch(plain):
        word = _TRUTH[said["word"] or said["said"]]
        opposite = {"true": "false", "false": "true"}[word]
        return opposite if said["not"] or said["no"] else word
    first = _FIRST.fullmatch(plain)
    if first is None or _TAKES_BACK.search(first["rest"]):
        return ""
    word = _TRUTH[first["word"]]
    return "" if word == "true" and _DENIES.search(first["rest"]) else word


_MOVED = re.compile(
    r"(?:(?:it|they|there|this) )?(?:(?:has|have|had|was|were|is|are|been) )*(?:an? )?"
    r"(?:(?P<up>increas(?:e[sd]?|ing)|ris(?:e[sn]?|ing)|rose|went up)"
    r"|(?P<down>decreas(?:e[sd]?|ing)|declin(?:e[sd]?|ing)|f[ae]ll(?:s|en|ing)?|went down))"
    rf"|(?:有所|呈|出现)?(?:(?P<rises>{CHINESE_UP})|(?P<falls>{CHINESE_DOWN}))了?(?:趋势)?"
)


def direction_of(text: str) -> str:
    """Whether a text says "up" or "down" and no more, in any form of the verb; "" for others.

    Examples:
        >>> direction_of("It increased."), direction_of("a rise"), direction_of("did not rise")
        ('up', 'up', '')
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip(" .。!*\"'")
    moved = _MOVED.fullmatch(plain)
    return "" if moved is None else "up" if moved["up"] or moved["rises"] else "down"


def items_of(text: str) -> list[str]:
    """The parts of a list of texts, "revenue, costs and profit"; none where it is no list."""
    plain = " ".join(text.split())
    parts = re.split(r",(?![0-9]{3}(?![0-9]))\s*(?:and\s)?|;\s*|、|\sand\s|\s&\s", plain)
    return [normalise_text(part) for part in parts if part] if len(parts) > 1 else []


def money_of(text: str) -> set[str]:
    """The signs of currencies in a text, which its normal form has not."""
    return {c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) == "Sc"}
