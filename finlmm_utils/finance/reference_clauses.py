"""Sentences and captions without the references in them: the facts alone, the title alone."""

from __future__ import annotations

import re

from finlmm_utils.finance.references import (
    CAPTION,
    NAMES,
    TABLE_CAPTION,
    names_figure,
    with_signs,
)

_REF = "[\0\1]"  # stands for an English and for a Chinese reference; clean text holds neither
_PLACE = r"(?:\s+(?:above|below|overleaf)\b)?"
_REFS = rf"(?:the\s+)?{_REF}(?:\s*(?:,|;|and|&|、|和|及|与)\s*{_REF})*{_PLACE}"
_SHOWN = r"(?:shown|seen|illustrated|depicted|presented|indicated|displayed|plotted|set out)"
_SHOWS = r"(?:shows?|illustrates?|depicts?|presents?|indicates?|displays?|suggests?)"
LONGEST_ASIDE = 130
"""Characters of a parenthesis that says where to look; a longer one is a sentence of its own."""
_ASIDE = re.compile(rf"\s?[(（][^()（）\d]{{0,99}}{_REF}[^()（）\d]{{0,99}}[)）]")
_LEAD = re.compile(
    rf"^\s*(?:(?:as\s+)?(?:can\s+be\s+)?{_SHOWN}\s+(?:in|by|on|from)\s+{_REFS}\s*,|"
    rf"(?:in|according\s+to)\s+{_REFS}\s*,|as\s+{_REFS}\s+{_SHOWS}\s*,|{_REFS}\s+{_SHOWS}\s+that\b)\s*",
    re.IGNORECASE,
)
_TAIL = re.compile(
    rf"\s?[,;—–]?\s?\b(?:as|which\s+is|see(?:\s+also)?)\s+"
    rf"(?:(?:can\s+be\s+)?{_SHOWN}\s+(?:in|by|on|from)\s+)?{_REFS}"
    rf"(?:\s+{_SHOWS})?(?=\s*[.;,。]|\s*$)",
    re.IGNORECASE,
)
_HAN_LEAD = re.compile(
    rf"(?:^|(?<=[，。；：]))\s*(?:(?:由|从|如|根?据|详?见|在)\s*{_REFS}\s*(?:中|所示|显示|可知|可见|表明|"
    rf"我们|可以?|看出|看到|得到)*|{_REFS}\s*(?:所示|显示|表明))\s*[，,]\s*"
)
_HAN_TAIL = re.compile(rf"[，,；]\s*(?:详见|参见|见|如)\s*{_REFS}\s*(?:所示)?(?=[。；，]|$)")


_PLACED = re.compile(
    r"^\s*(?:(?:由|从|如|根?据|见)?[上下左右]图[左右]?(?:中|所示|显示|可知|可见|表明|我们|可以?|看出|看到|得到)*[，,]\s*|"
    r"(?:as\s+)?(?:shown|seen|illustrated)\s+in\s+the\s+(?:chart|graph|figure)\s+(?:above|below)\s*,\s*)",
    re.IGNORECASE,
)
"""A lead that names a figure by its place."""
_BESIDE = re.compile(
    r"(?P<below>下图|\b(?:chart|graph|figure)s?\s+below\b|\bfollowing\s+(?:\w+\s+)?(?:chart|graph|figure)s?\b)|"
    r"(?P<above>上图|\b(?:chart|graph|figure)s?\s+above\b|\babove\s+(?:chart|graph|figure)s?\b)",
    re.IGNORECASE,
)


def place_named(text: str) -> str:
    """Where the figure stands that a text names by its place: "above", "below", or ""."""
    found = {m.lastgroup for m in _BESIDE.finditer(text)}
    return str(found.pop()) if len(found) == 1 else ""


def without_references(text: str) -> str:
    """Takes the references out of a sentence, so that their numbers are none of its own.

    A clause that says no more than where to look goes with them; elsewhere "this figure" (该图)
    stands in their place.

    Args:
        text: one sentence.

    Returns:
        The sentence, or the same text where it names nothing.

    Examples:
        >>> without_references("As shown in Figure 1, sales rose to $5m in 2021 (see Chart 2).")
        'Sales rose to $5m in 2021.'
        >>> without_references("Figure 3 compares 2020 with 2021.")
        'this figure compares 2020 with 2021.'
    """
    text = _PLACED.sub("", text)
    marked = with_signs(text, "\0", "\1")
    if marked == text:
        return text
    bare = _LEAD.sub("", marked)
    if bare != marked:
        bare = bare[:1].upper() + bare[1:]
    for clause in (_ASIDE, _TAIL, _HAN_LEAD, _HAN_TAIL):
        bare = clause.sub("", bare)
    return bare.replace("\0", "this figure").replace("\1", "该图")


def without_label(caption: str) -> str:
    """The title alone of a caption: "Figure 3: Net sales" is "Net sales", "图：收入" is "收入"."""
    match = CAPTION.match(caption) or TABLE_CAPTION.match(caption) or _UNNUMBERED.match(caption)
    return caption[match.end() :].lstrip(" \t:：.,，-–—、") if match else caption


_PANEL = re.compile(r"(?:\(?\d{1,2}[.)]|\(?[A-Za-z]\)|[A-H]\.)\s+[A-Z\u4e00-\u9fff]")


def begins_panel(text: str) -> bool:
    """Whether a text begins with the number of a panel: nothing above it is of its title.

    Examples:
        >>> begins_panel("2. Liquid assets"), begins_panel("(b) Deposits"), begins_panel("2.5 per")
        (True, True, False)
    """
    return bool(_PANEL.match(text))


_HAN_SAYS = (
    r"(?:为(?!何)|是|所示|展示|显示|表明|表示|说明|给出|描述|反映|列[出示]|即)|"
    r"(?<=\S)(?:中[，,可的我]|可[知见以看]|[和与及至、，,的）)])"
)
_SAYS = r"\s*[,;)）]|\s+(?![a-z]\s*[.):])[a-z]"
_SENTENCE = re.compile(rf"\s*(?:{_HAN_SAYS})|{_SAYS}")
"""What follows the number where a sentence begins with a reference: "图8为", "Figure 3 shows"."""


def begins_caption(text: str) -> bool:
    """Whether a text begins as a figure's caption does, and not as a sentence about the figure.

    Examples:
        >>> begins_caption("Figure 3: Net sales"), begins_caption("图8 净值走势")
        (True, True)
        >>> begins_caption("Figure 3 shows net sales"), begins_caption("图8为净值走势")
        (False, False)
    """
    match = CAPTION.match(text)
    if match is None or text.rstrip().endswith("。"):
        return False
    return not _SENTENCE.match(text, match.end())


_UNNUMBERED = re.compile(rf"\s*(?i:{NAMES})\s*[:：]")


_PARENTHESIS = re.compile(rf"\s?[(（][^()（）]{{1,{LONGEST_ASIDE}}}[)）]")


def asides(text: str) -> list[tuple[int, int]]:
    """Where parentheses stand that name a figure: "(see Figure 1.4, panel 3)".

    Args:
        text: one sentence.

    Returns:
        Start and end of each, with the white space before; innermost parentheses only.
    """
    return [m.span() for m in _PARENTHESIS.finditer(text) if names_figure(m[0])]


_POINTING = re.compile(
    r"\b(?:this|that|the|above|below|following|shown|previous|next)\s+(?:\w+\s+)?"
    r"(?:figure|chart|graph|image|picture|diagram|exhibit)s?\b"
    r"|\b(?:as shown|shown above|shown below)\b|[上下如该該本此][图圖]",
    re.IGNORECASE,
)


def points_at_figure(text: str) -> bool:
    """Whether a text points at a figure by its place: "the chart above", 如图."""
    return bool(_POINTING.search(text))
