"""The words of a report: letters normalised, and words that a line end cut made whole again."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping

from finlmm_utils.asp.page.page import Line
from finlmm_utils.asp.page.view import PageView

SOFT_HYPHEN = "\u00ad"  # stands only where the printer cut a word
_WIDE = "\u3000"  # from here on letters are Chinese, and need no space between lines
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_WORDS = re.compile(r"[a-z]+(?:-[a-z]+)*(?!-$)(?![a-z])")
_SPACES = re.compile(r"\s+")
_LIGATURES = re.compile("[\ufb00-\ufb06\u2e80-\u2fdf\uf900-\ufaff]")
"""Letters joined, and Chinese characters written as radicals, as some printers of PDFs do."""
_ODD = {0xAD: None, 0xFFFD: None, 0x2010: "-", 0x2011: "-"}  # soft hyphen, no glyph, hyphens
_CJK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")


def clean(text: str) -> str:
    r"""Normalises ligatures, odd spaces and soft hyphens; Chinese punctuation stays as it is.

    Examples:
        >>> clean("pro\ufb01t\u00a0 rose")
        'profit rose'
    """
    if not text.isascii():
        text = _LIGATURES.sub(lambda m: unicodedata.normalize("NFKC", m[0]), text)
        text = text.translate(_ODD)
    if not text.isprintable():  # false for controls, and for most spaces
        text = "".join(c for c in text if c == "\t" or unicodedata.category(c)[0] != "C")
    return _CJK.sub("", _SPACES.sub(" ", text)).strip()


def vocabulary(views: Iterable[PageView]) -> Counter[str]:
    """Words of a report in lower case, compounds with their hyphens; what a line end cut is out."""
    words: Counter[str] = Counter()
    cut = False
    for view in views:
        for line in view.lines:
            whole = line.text.lower()
            words.update(_WORDS.findall(whole.lstrip(_LETTERS) if cut else whole))
            cut = whole.endswith(("-", SOFT_HYPHEN, "\u2010"))
    return words


def join_lines(lines: list[Line], words: Mapping[str, int]) -> str:
    """Joins the lines of a paragraph; a word that was cut by a hyphen becomes one word again."""
    text = ""
    for line in lines:
        piece = clean(line.text)
        if not piece:
            continue
        cut = text.endswith(("-", SOFT_HYPHEN)) and piece[0].isalnum()
        if cut and re.search(r"\w.$", text):
            text = _without_hyphen(text, piece, words) + piece
        elif not text or text[-1] >= _WIDE or piece[0] >= _WIDE:
            text += piece
        else:
            text += " " + piece
        if line.text.endswith(SOFT_HYPHEN):  # a soft hyphen is always the printer's
            text += SOFT_HYPHEN
    return clean(text)


def _without_hyphen(text: str, piece: str, words: Mapping[str, int]) -> str:
    """The text before a line end, its hyphen kept where the word is written with one.

    The report itself is asked: "three-" and "year" keep it if the report has "three-year"
    elsewhere, or both words and no "threeyear"; so do capitals, digits and longer compounds.
    """
    if text[-1] == SOFT_HYPHEN:
        return text[:-1]
    before, after = re.search(r"[\w-]*$", text)[0], re.match(r"\w*", piece)[0]  # type: ignore[index]
    first, second = before[:-1].lower(), after.lower()
    if not after[0].islower() or not before[-2].isalpha() or "-" in before[:-1]:
        return text
    joined, compound = words.get(first + second, 0), words.get(f"{first}-{second}", 0)
    if joined or compound:
        return text[:-1] if joined >= compound else text
    return text if first in words and second in words else text[:-1]
