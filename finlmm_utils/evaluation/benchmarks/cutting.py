"""The answer cut out of what a model wraps around it, before a benchmark's own rule sees it.

The benchmarks' papers cut answers out of free text first: by patterns, or by asking a model. Here
what stands between the answer tags, or a whole reply without them, is freed of signs and phrases
that say nothing, and what it announces as its answer is read. Two letters where one is asked for
are no answer.
"""

from __future__ import annotations

import re

FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0x2212: "-"}
"""The letters, digits and signs of Chinese type, its blank, and the true minus, as ASCII has
them."""
_FENCE = re.compile(r"^```[a-zA-Z]*[ \t]*\n(.*?)\n?```$", re.DOTALL)
_MARKS = re.compile(r"^([*_`\"'“‘]{1,3})([^*_`\"'“”‘’]+)([*_`\"'”’]{1,3})$")
_INNER = re.compile(r"\*\*([^*]+)\*\*|`([^`\n]+)`|[$]\s*(\(?[A-Z]\)?)\s*[$]|\\\(\s*([A-Z])\s*\\\)")
_HTML = re.compile(r"<(b|i|u|em|strong|p|span|code|mark)>(.*?)</\1>", re.DOTALL)
_BULLET = re.compile(r"(?m)^[ \t]*(?:[-*•]|\d{1,2}[.)])[ \t]+(?=[(\[]?[A-Z][)\]]?(?:\W|$))")
_MATH = re.compile(r"^(?:\\\((.*)\\\)|\\\[(.*)\\\]|\$\$([^$]+)\$\$|\$([^$]+)\$)$", re.DOTALL)
_BOX = re.compile(
    r"\$?\\(?:boxed|fbox|text|mathrm|mathbf|textbf)\s?\{((?:[^{}]|\{[^{}]*\})*)\}\$?", re.DOTALL
)
_PHRASE = re.compile(
    r"^(?:(?:therefore|thus|hence|so|finally)\b,?\s*)?"
    r"(?:(?:the\s+)?(?:(?:final|correct|right|best)\s+)?(?:answer|ans\.?|option|choice)\s*"
    r"(?:\b(?:is|would be|should be|must be)\b\s*:?|:)\s*"
    r"|(?:(?:the\s+)?(?:answer|ans\.?|option|choice)|i (?:would )?choose|it is|it's)\s+"
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
    r"\s*(?:(?:is|are)(?: both)? (?:the )?(?:correct|right)(?: (?:answer|option|choice)s?)?"
    r"|正确|选项|only)?[.。!]?$",
    re.IGNORECASE,
)
_SIGN = re.compile(r"[.。!]?$")
_OPEN, _CLOSE = r"[(\[{<]?", r"[)\]}>]?"
_ALONE = re.compile(rf"{_OPEN}([A-Za-z]){_CLOSE}")
_ONE = r"""(?:(?i:options?|choices?|选项)\s*)?[(\[{<"']*([A-Za-z])(?![A-Za-z])[)\]}>"']*"""
_BETWEEN = (
    r"(?:\s*(?:[,;&、/+]|和|及|与|以及)\s*(?:and\s+)?|\s+(?:and|plus)\s+|\s+"
    r"|(?<=[)\]])(?=[(\[]))"
)
_LIST = re.compile(rf"[\[{{(]?(?:(?i:both|options?|choices?|the answers?|are)\s+)*"
                   rf"{_ONE}(?:{_BETWEEN}{_ONE})+|[A-N]{{2,}}")  # fmt: skip
_LETTER = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_LEADS = re.compile(
    r"(?:\(([A-Za-z])\)|\[([A-Za-z])\]|([A-Za-z]))(?:\s*[.:)、,]|\s+[-–(]|(?<=[A-N])(?=\([^,]+\))"
    r"|(?<=[)\]]))\s*(.*)",
    re.DOTALL,
)
_NAMED = re.compile(r"(?:^|[\s,;/(\[、或和])(?:([A-Z])|\(([A-Za-z])\))(?=[).:、\],;/]|\s|$)")
"""Letters that stand alone as options do: capitals, or any letter in brackets."""
_ANOTHER = re.compile(
    r"(?:^|[\s,;、])(?i:or|and|but|maybe|not|neither|nor|或|和|及|还是|不是|不选)\s*"
    r"(?:(?i:option|choice)\s+)?"
    r"(?:\([A-Za-z]\)|[A-Z])(?=[).:、,;]|\s|$)"
    r"|(?:^|[\s,;、])(?i:no|wait|actually|rather),?\s+(?:\([A-Za-z]\)|[B-HJ-N])[).]?\s*$"
    r"|(?:^|\s)\(?[A-Za-z]\)?\s+or\s+\(?[A-Za-z]\)?$"
)
_REASON = r"(?:because|since|as|due to|for|given|which|where|whose)"
_UNMARKED = re.compile(
    rf"([A-Za-z])(?:\s*[=|→]\s*(.+)|\s*\n\s*(.+)|\s+({_REASON}\s.*)"
    r"|(?<=[A-Z])\s+((?:the|an?)\s.+)"
    r"|(?<=[B-HJ-N])\s+([a-zA-Z(].*)|(?<=[A-HJ-N])(因为.*)"
    r"|\s+((?=[-+$€£¥\s]*(?:\.?\d|\\))"  # an amount or a formula
    r"(?:\\[a-zA-Z]+|[^a-zA-Z]|(?<![a-zA-Z])[a-zA-Z]{1,2}(?![a-zA-Z]))+))",
    re.DOTALL,
)
"""A letter with no sign behind it, and what shows that it is one all the same: a line of its own,
a reason, words behind a capital that is neither an article nor "I", or a value and no word but a
short unit. "A 12% rise" begins with an article, and so does "A decline in revenue"."""
_BEHIND = re.compile(
    r"[-+$]*[\d.\\].*(?:\(([A-Z])\)|\b(?:option|choice|answer)\s+\(?([A-Z])\)?)", re.I | re.DOTALL
)
"""A value and then its letter, in brackets or announced: "5 A" may be a current."""
_PUT_ASIDE = re.compile(r"\b(?:not|wrong|incorrect|false)\b|n't|不|错", re.IGNORECASE)
_ANNOUNCED = re.compile(
    r"(?P<or>\bor\s+(?:maybe\s+|perhaps\s+)?)?(?:the\s+|my\s+)?(?:(?:final|correct|right|best)\s+)?"
    r"(?:\b(?:answers?|ans|options?|choices?|selection)\b"
    r"(?:\s+(?:to|for|of)\s+(?:the|this|that|your)\s+\w+|\s+here)?\s*"
    r"(?:\b(?:is|are|was|were|(?:would|should|must|will|has to) be)\b\s*:?|[:=])"
    r"|(?:答案|选项)\s*(?:应该|应当|应)?\s*(?:是|为|选|:|=)\s*:?"
    r"|\b(?:it|that|this) (?:is|must be|should be|would be)\s+(?:option\s+)?"
    r"(?=\(?[B-HJ-N]\)?(?:[.,:\s]|$))"
    r"|\b(?:I|we)(?:'d|\s+would|\s+will)?\s+(?:say|think|believe|guess|choose|pick|select|go with)"
    r"(?:\s+(?:it is|it's))?\s+(?:option\s+)?(?=\(?[A-Z]\)?(?:[.,:]|$|\s+(?:because|since|as)))"
    r"|\b(?:so|thus|hence|therefore),?\s+(?=\(?[A-HJ-N]\)?[.。]?\s*$)"
    r"|(?:[应故]选|选择?)\s*:?\s*(?=\(?[A-N]{1,6}\)?(?![A-Za-z]))|(?m:^)\s*####)"
    r"\s*(?:(?:clearly|therefore|thus|likely|probably)\s+)?",
    re.IGNORECASE,
)
"""What says that an answer follows, wherever it stands in a text."""
_CORRECT = re.compile(
    r"(?:^|[\s(])\(?([A-N])\)?(?:\s*\([^()\n]*\))?\s+(?:is|must be)\s+(?:therefore |thus )?"
    r"(?:the\s+)?(?:correct|right|best|answer)\b"
)
_CLAUSE = re.compile(
    rf"[.。!?;；](?=\s|$)|\n|\s+{_REASON}\s|因为|,\s+(?=[^\d\s])|，(?=\D)|\s+\((?=\D)"
)
"""Where what an answer says ends, and what is said about it begins."""
_SENTENCE = re.compile(rf"[.。!?](?=\s|$)|\n|\s+{_REASON}\s|因为")
_BOXED = re.compile(r"\\(?:boxed|fbox)\s?\{((?:[^{}]|\{[^{}]*\})*)\}")
BRIEF = 8
"""Words of an answer that is its letters and no sentence about them (our choice)."""
LATEST = 5
"""Announcements that are looked at: a policy that repeats itself has thousands (our choice)."""
ROUNDS = 6
"""Wrappings inside one another that are taken off (our choice)."""


def cut_out(text: str) -> str:
    r"""What a model says, without what it wraps around it.

    Args:
        text: what stands between the answer tags, or a reply without them.

    Returns:
        The text in ASCII's letters and signs, from its last box on where it ends in one, without
        code fences, emphasis, TeX's boxes and fonts, quotes, the phrase that announces an answer,
        and "about" before a number.

    Examples:
        >>> cut_out("The answer is $\\boxed{\\text{B}}$."), cut_out("（Ｂ）"), cut_out("**12%**")
        ('B', '(B)', '12%')
        >>> cut_out("3 + 4 = 7, so it is \\boxed{7}.")
        '7'
    """
    text = _from_last_box(_HTML.sub(r"\2", text.translate(FULL_WIDTH)).strip())
    for _ in range(ROUNDS):
        before = text
        text = re.sub(r"^#{1,3}\s+", "", text)
        text = _FENCE.sub(r"\1", text).strip()
        if whole := _MARKS.match(text):
            text = whole[2]
        text = _INNER.sub(lambda found: next(filter(None, found.groups())), text)
        if math := _MATH.match(text):
            text = next(part for part in math.groups() if part is not None)
        text = _BOX.sub(r"\1", text).strip()
        text = _MINUS.sub("-", _ABOUT.sub("", _PHRASE.sub("", text)))
        brief = len(text.split()) <= BRIEF and not _SENTENCE.search(text.rstrip(" .。!"))
        ending = _ENDING if brief else _SIGN
        text = ending.sub("", text).strip()
        if text == before:
            break
    return text


def _from_last_box(text: str) -> str:
    """A text from its last box on, where its last line holds no box that says otherwise."""
    boxes = list(_BOXED.finditer(text))
    if not boxes:
        return text
    line = text.rfind("\n", 0, boxes[-1].start())
    before = text[: boxes[-1].start()].rstrip(" $(")
    alike = len({box[1] for box in boxes if box.start() > line}) == 1
    if alike and not re.search(r"(?:-|\bnot|\bminus|\bor)$", before, re.IGNORECASE):
        dollar = "$" if text[: boxes[-1].start()].endswith("$") else ""
        return dollar + text[boxes[-1].start() :]
    return text


def sayings(text: str) -> list[str]:
    """What may be the answer in a text: the whole, then what its announcements say, the last first.

    Args:
        text: what :func:`cut_out` gave.

    Examples:
        >>> sayings("Sales rose by 2, so the answer is 12, up from 10.")
        ['Sales rose by 2, so the answer is 12, up from 10.', '12']
    """
    parts = [cut_out(clause_of(text[found.end() :])) for found in _announcements(text)]
    return [text, *filter(None, parts)]


def _announcements(text: str) -> list[re.Match[str]]:
    """Where a text announces an answer, the last first."""
    return list(_ANNOUNCED.finditer(text))[: -LATEST - 1 : -1]


def clause_of(text: str) -> str:
    """The beginning of a text, without its reason, its second sentence and the like."""
    return _CLAUSE.split(f"{text.strip()} ", maxsplit=1)[0].strip()


def letters_in(text: str) -> tuple[str, str]:
    """The options that an answer names by their letters, and what it says beside one of them.

    Args:
        text: what :func:`cut_out` gave.

    Returns:
        The letters in capitals and in order ("" where none is named, "AC" for two), and the text
        behind a single one. A text that names one and asks for, or puts aside, another ("B or C",
        "B is wrong") names none: "?" stands for its letters. Of several announcements the last
        one counts, which a model has come to.

    Examples:
        >>> letters_in("(b) 12%"), letters_in("A and C"), letters_in("B or C"), letters_in("tokyo")
        (('B', '12%'), ('AC', ''), ('?', ''), ('', 'tokyo'))
        >>> letters_in("B 12%"), letters_in("A 12% rise"), letters_in("So the answer is B.")
        (('B', '12%'), ('', 'A 12% rise'), ('B', ''))
    """
    text = _BULLET.sub("", text)
    if alone := _ALONE.fullmatch(text):
        return alone[1].upper(), ""
    if several := _listed(text):
        return several, ""
    for found in _announcements(text):
        letters, _ = _at_start(text[found.end() :])
        if letters:
            return ("?" if found["or"] else letters), ""
    if correct := [m[1] for m in _CORRECT.finditer(text)]:
        return correct[-1], ""
    letters, beside = _at_start(text)
    if letters:
        return letters, beside
    named = {one or other.upper() for one, other in _NAMED.findall(text)}
    if len(named) > 1 or _ANOTHER.search(text):
        return "?", ""
    if (last := _BEHIND.fullmatch(text)) and not _PUT_ASIDE.search(text):
        return (last[1] or last[2]).upper(), ""
    return "", text


def _listed(text: str) -> str:
    """The letters of a text that is a list of them, or of options with their texts."""
    text = _ENDING.sub("", text.strip())
    parts = re.split(r"\n|;|；|,\s*(?=[A-N][.:)]\s)", text)
    parts = [part.strip() for part in parts if part.strip()]
    leads = [_LEADS.fullmatch(part) for part in parts]
    if len(parts) > 1 and all(leads) and not _ANOTHER.search(text):
        found = {(one[1] or one[2] or one[3]).upper() for one in leads if one}
        return "".join(sorted(found)) if len(found) == len(parts) else "?"
    if not _LIST.fullmatch(text.rstrip("]})")) and not _LIST.fullmatch(text):
        return ""
    bare = re.sub(r"(?i)\b(?:and|both|options?|choices?|the|answers?|are|plus)\b", " ", text)
    letters = [text] if re.fullmatch("[A-N]{2,}", text) else _LETTER.findall(bare)
    return "".join(sorted(set("".join(letters).upper())))


def _at_start(text: str) -> tuple[str, str]:
    """The letters that a text begins with, and what is beside a single one; "?" for a choice."""
    text = text.strip(" *_:\"'`")
    sentence = _SENTENCE.split(f"{text} ", maxsplit=1)[0].strip()
    alone = _ALONE.fullmatch(sentence.rstrip(","))
    if alone and (sentence == text or alone[1].isupper() or sentence[0] in "([{<"):
        behind = text[len(sentence) :].lstrip(" .。,?!\n")
        aside = _SENTENCE.split(f" {behind} ", maxsplit=1)[0]
        return ("?", "") if _ANOTHER.search(aside) else (alone[1].upper(), behind)
    if several := _listed(sentence):
        return several, ""
    if _ANOTHER.search(sentence):
        return "?", ""
    if leads := _LEADS.fullmatch(text):
        letter = (leads[1] or leads[2] or leads[3]).upper()
        return letter, leads[4].strip().removesuffix(")") if "(" not in leads[4] else leads[4]
    if first := _UNMARKED.fullmatch(text):
        behind = next(part for part in first.groups()[1:] if part).strip()
        others = {one or other.upper() for one, other in _NAMED.findall(sentence)} - {"A", "I"}
        if _PUT_ASIDE.search(sentence) or others - {first[1].upper()}:
            return "?", ""
        return first[1].upper(), behind
    return "", text
