"""The normal form of a short text: what changes its meaning is kept, how it is printed is not."""

from __future__ import annotations

import re
import string
import unicodedata

_MINUS = str.maketrans(dict.fromkeys("−–—‒―﹣‐‑", "-"))
_SIGNS = {  # in words, so that none is lost with the punctuation
    ">=": "≥", "<=": "≤", "!=": "≠", "≠": " unequal ", "≥": " at least ", "≤": " at most ",
    ">": " above ", "<": " below ", "↑": " up ", "↗": " up ", "↓": " down ", "↘": " down ",
    "±": " plusminus ", "×": " times ", "÷": " over ", "&": " and ", "%": "percent",
}  # fmt: skip
_NEGATIVE = re.compile(
    r"\(\s*([^\w\s]{0,2}(?:[a-z]{1,3}[$¥]?)?\s?[0-9][^()]*)\)|([^-]*[0-9][^-]*)-"
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


def items_of(text: str) -> list[str]:
    """The parts of a list of texts, "revenue, costs and profit"; none where it is no list."""
    plain = " ".join(text.split())
    parts = re.split(r",(?![0-9]{3}(?![0-9]))\s*(?:and\s)?|;\s*|、|\sand\s|\s&\s", plain)
    return [normalise_text(part) for part in parts if part] if len(parts) > 1 else []


def money_of(text: str) -> set[str]:
    """The signs of currencies in a text, which its normal form has not."""
    return {c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c) == "Sc"}
