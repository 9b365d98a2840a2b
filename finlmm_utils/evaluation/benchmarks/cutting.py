"""The answer cut out of what a model wraps around it, before a benchmark's own rule sees it.

The benchmarks' papers cut answers out of free text first: by patterns, or by asking a model. Here
what stands between the answer tags is freed of signs and phrases that say nothing, and the letters
that it names are read. Two letters where one is asked for are no answer.
"""

from __future__ import annotations

import re

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
"""The letters, digits and signs of Chinese type, its blank, and the true minus, as ASCII has
them."""
_FENCE = re.compile(r"^```[a-zA-Z]*[ \t]*\n(.*?)\n?```$", re.DOTALL)
_MARKS = re.compile(r"^([*_`\"'“‘]{1,3})([^*_`\"'“”‘’]+)([*_`\"'”’]{1,3})$")
_INNER = re.compile(r"\*\*([^*]+)\*\*|`([^`\n]+)`")
_MATH = re.compile(r"^(?:\\\((.*)\\\)|\\\[(.*)\\\]|\$\$([^$]+)\$\$|\$([^$]+)\$)$", re.DOTALL)
_BOX = re.compile(
    r"\$?\\(?:boxed|fbox|text|mathrm|mathbf|textbf)\s?\{((?:[^{}]|\{[^{}]*\})*)\}\$?", re.DOTALL
)
_PHRASE = re.compile(
    r"^(?:(?:therefore|thus|hence|so|finally)\b,?\s*)?"
    r"(?:(?:the\s+)?(?:(?:final|correct|right|best)\s+)?(?:answer|option|choice)\s*"
    r"(?:\b(?:is|would be|should be|must be)\b\s*:?|:)\s*"
    r"|(?:(?:the\s+)?(?:answer|option|choice)|i (?:would )?choose|it is|it's)\s+"
    r"(?=[(\[]?[A-Za-z][)\]]?(?:\W|$)))"
    r"|^(?:最终|正确)?的?(?:答案|选项)(?:应该?)?(?:是|为|选|:)+\s*"
    r"|^(?:应选|故选|选择?|答案|选项)\s*:?\s*(?=\(?[A-Za-z]\)?(?:\W|$))",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"^(?:approximately|approx\.?|about|around|roughly|大约|约|≈|~|\\approx)\s*(?=[-+$\d.])", re.I
)
_MINUS = re.compile(r"^(?:minus|negative|负)\s*(?=\d|\.\d)", re.IGNORECASE)
_ENDING = re.compile(
    r"\s*(?:is (?:the )?(?:correct|right)(?: (?:answer|option|choice))?|正确)?[.。!]?$", re.I
)
_OPEN, _CLOSE = r"[(\[{<]?", r"[)\]}>]?"
_ALONE = re.compile(rf"{_OPEN}([A-Za-z]){_CLOSE}")
_LEADS = re.compile(
    r"(?:\(([A-Za-z])\)|\[([A-Za-z])\]|([A-Za-z]))(?:\s*[.:)、,]|\s+[-–(]|(?<=[)\]]))\s*(.*)",
    re.DOTALL,
)
_LIST = re.compile(
    rf"{_OPEN}[A-Za-z]{_CLOSE}(?:(?:\s*[,;&、/和及]\s*(?:and\s+)?|\s+and\s+|\s+)"
    rf"{_OPEN}[A-Za-z]{_CLOSE})+|[A-Z]{{2,}}"
)
_NAMED = re.compile(r"(?:^|[\s,;/(\[、或和])(?:([A-Z])|\(([A-Za-z])\))(?=[).:、\],;/]|\s|$)")
"""Letters that stand alone as options do: capitals, or any letter in brackets."""
_ANOTHER = re.compile(
    r"(?:^|[\s,;、])(?i:or|and|not|neither|nor|或|和|及|还是|不是|不选)\s*"
    r"(?:\([A-Za-z]\)|[A-Z])(?=[).:、,;]|\s|$)|(?:^|\s)\(?[A-Za-z]\)?\s+or\s+\(?[A-Za-z]\)?$"
)
_UNMARKED = re.compile(
    r"([A-Za-z])(?:\s*[=|→]\s*(.+)|\s*\n\s*(.+)|\s+((?:because|since|as|due to)\s.*)"
    r"|\s+((?=[-+$€£¥\s]*(?:\.?\d|\\))"  # an amount or a formula
    r"(?:\\[a-zA-Z]+|[^a-zA-Z]|(?<![a-zA-Z])[a-zA-Z]{1,2}(?![a-zA-Z]))+))",
    re.DOTALL,
)
"""A letter with no sign behind it, and what shows that it is one all the same: a line of its own,
a reason, or a value and no word but a short unit. "A 12% rise" begins with an article."""
_BEHIND = re.compile(
    r"[-+$]*[\d.\\].*(?:\(([A-Z])\)|\b(?:option|choice|answer)\s+\(?([A-Z])\)?)", re.I | re.DOTALL
)
"""A value and then its letter, in brackets or announced: "5 A" may be a current."""
_PUT_ASIDE = re.compile(r"\b(?:not|wrong|incorrect|false)\b|n't|不|错", re.IGNORECASE)
ROUNDS = 6
"""Wrappings inside one another that are taken off (our choice)."""


def cut_out(text: str) -> str:
    r"""What a model says, without what it wraps around it.

    Args:
        text: what stands between the answer tags.

    Returns:
        The text in ASCII's letters and signs, without code fences, emphasis, TeX's boxes and
        fonts, quotes, the phrase that announces an answer, and "about" before a number.

    Examples:
        >>> cut_out("The answer is $\\boxed{\\text{B}}$."), cut_out("（Ｂ）"), cut_out("**12%**")
        ('B', '(B)', '12%')
    """
    text = text.translate(FULL_WIDTH).strip()
    for _ in range(ROUNDS):
        before = text
        text = re.sub(r"^#+\s+", "", text)
        text = _FENCE.sub(r"\1", text).strip()
        if whole := _MARKS.match(text):
            text = whole[2]
        text = _INNER.sub(lambda found: found[1] or found[2], text)
        if math := _MATH.match(text):
            text = next(part for part in math.groups() if part is not None)
        text = _BOX.sub(r"\1", text).strip()
        text = _MINUS.sub("-", _ABOUT.sub("", _PHRASE.sub("", text)))
        text = _ENDING.sub("", text).strip()
        if text == before:
            break
    return text


def letters_in(text: str) -> tuple[str, str]:
    """The options that an answer names by their letters, and what it says beside one of them.

    Args:
        text: what :func:`cut_out` gave.

    Returns:
        The letters in capitals and in order ("" where none is named, "AC" for two), and the text
        behind a single one. A text that names one and asks for, or puts aside, another ("B or C",
        "C, not B") names none: "?" stands for its letters.

    Examples:
        >>> letters_in("(b) 12%"), letters_in("A and C"), letters_in("B or C"), letters_in("tokyo")
        (('B', '12%'), ('AC', ''), ('?', ''), ('', 'tokyo'))
        >>> letters_in("B 12%"), letters_in("A 12% rise")
        (('B', '12%'), ('', 'A 12% rise'))
    """
    if alone := _ALONE.fullmatch(text):
        return alone[1].upper(), ""
    if _LIST.fullmatch(text):
        found = sorted(set(re.findall(r"[A-Z]", text.replace("and", "").upper())))
        return "".join(found), ""
    if _ANOTHER.search(text):
        return "?", ""
    leads = _LEADS.fullmatch(text)
    named = {one or other.upper() for one, other in _NAMED.findall(text)}
    if leads:
        letter = (leads[1] or leads[2] or leads[3]).upper()
        return letter, leads[4].strip().removesuffix(")") if "(" not in leads[4] else leads[4]
    if len(named) > 1:
        return "?", ""
    if not _PUT_ASIDE.search(text):
        if first := _UNMARKED.fullmatch(text):
            return first[1].upper(), next(part for part in first.groups()[1:] if part).strip()
        if last := _BEHIND.fullmatch(text):
            return (last[1] or last[2]).upper(), ""
    return "", text
