"""What a sentence says of the parts of a whole, in English: their shares, and which is the largest.

The forms are our choice; a sentence of any other form gives nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from finlmm_utils.asp.questions.rules.english.shapes import (
    AT,
    BE,
    DOWN,
    LONGEST,
    NAME,
    UP,
    WHEN,
    term_alone,
)
from finlmm_utils.asp.questions.rules.question_item import (
    AskedFact,
    QuestionItem,
    number_item,
    was,
)
from finlmm_utils.asp.questions.rules.sentences import clean_term
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import plain
from finlmm_utils.finance.units import DECIMAL, MONTHS, PER_CENT

_WAYS = r"(?P<way>largest|smallest|biggest|highest|lowest)"
_LARGEST = re.compile(
    rf"^{AT}(?P<part>{NAME})\s+{BE}\s+the\s+{_WAYS}\s+"
    r"(?:(?:single\s+)?(?:part|share|segment|component|contributor|region|market|category)\s+)?"
    rf"(?P<of>of|in|to|among)\s+(?P<whole>{NAME})(?:\s+in\s+(?P<later>{WHEN}))?[.;]?$",
    re.IGNORECASE,
)
_MOVED_FIRST = rf"(?:{'|'.join((*UP, *DOWN))})\s+by\s[^;]{{3,80}}?\s+and\s+"
"""How it moved, before what it is a part of."""
_ROUGHLY = r"(?:(?:approximately|about|around|some|roughly|nearly|almost|just over)\s+)?"
_BEFORE = (
    r"(?:(?:\s*[,;]\s*|\s+)"
    r"(?:(?:compared|against|versus|up|down|with|while|followed|from|our|well|by)\b|\().*)?"
)
"""What a sentence adds of the year before."""
_MAKES_UP = (
    r"(?:account(?:ed|s)?\s+for|represent(?:ed|s)?|ma[dk]es?\s+up|contributed|comprised?s?|"
    r"constituted|generated|supplie[ds]|provide[ds]|delivered|produced|held|hold|occup(?:y|ie[ds])|formed)"
)
_SHARE = re.compile(
    rf"^{AT}(?P<a>{NAME})\s+(?:{_MOVED_FIRST})?{_MAKES_UP}\s+"
    rf"{_ROUGHLY}(?P<share>{DECIMAL}){PER_CENT}\s+"
    rf"(?:and\s+(?P<b>[^,;:()]{{3,40}}?)\s+for\s+(?P<other>{DECIMAL})\s?%\s+)?of\s+(?P<whole>{NAME})"
    rf"(?:\s+(?:in|at|as\s+of|as\s+at)\s+(?P<later>{WHEN}))?{_BEFORE}[.;]?$",
    re.IGNORECASE,
)
_IS_AND = re.compile(
    r"^([A-Z][^,;:()]{2,40}?)\s+(?:is|are|was|were|remains?|remained)\s+[^,;:()]{3,50}?,?\s+and\s+"
    r"(?=account|represent|ma[dk]e|contribut|compris|constitut|generat)"
)
"""What a sentence says of a part before its share: "Water is our largest segment and"."""
_AND_OTHERS = re.compile(
    r"(?:\s*,\s*(?:and\s+|while\s+|followed\s+by\s+)?|\s+and\s+)(?P<part>(?:the\s+[a-z]{3,}|(?:the\s+)?[A-Z][^,;:()\d]{2,40}?))\s+"
    rf"(?:accounted\s+)?(?:for\s+|with\s+|at\s+)?(?P<share>{DECIMAL}){PER_CENT}(?=\s*(?:,|and\b|while\b|[.;]?$))"
)
"""Further parts of one whole: "..., Asia for 25% and Africa for 5%"."""
_CAME_FROM = re.compile(
    rf"^{AT}{_ROUGHLY}(?P<share>{DECIMAL}){PER_CENT}\s+of\s+(?P<whole>{NAME})\s+"
    r"(?:came|comes|(?:was|were|is|are)\s+(?:generated|derived|earned|attributable|invested|held|made))\s+"
    rf"(?:from|in|to|by)\s+(?P<a>{NAME})(?:\s+in\s+(?P<later>{WHEN}))?{_BEFORE}[.;]?$",
    re.IGNORECASE,
)
_BE_OR_WENT = r"(?:is|are|was|were|went\s+to)"
_OF_KIND = re.compile(
    rf"^{AT}{_ROUGHLY}(?P<share>{DECIMAL}){PER_CENT}\s+of\s+(?P<whole>[^,;:()]{{3,50}}?)\s+"
    rf"(?P<be>{_BE_OR_WENT})\s+(?P<kind>(?:[a-z][\w-]+\s+or\s+|on\s+)?[a-z][\w-]+(?:\s[a-z][\w-]+)?)(?!\s+(?:by|of|for|from)\b)(?:\s+in\s+(?P<later>{WHEN}))?"
    rf"(?:\s*,?\s+and\s+(?P<other>{DECIMAL}){PER_CENT}\s+(?P<be2>{_BE_OR_WENT})\s+(?P<kind2>[a-z][\w-]+))?"
    rf"{_BEFORE}[.;]?$"
)
"""A share of a kind: "54% of borrowings are index-linked"."""
_AHEAD = re.compile(
    rf"^{AT}(?P<part>{NAME})\s+(?:{BE}|remains?)\s+(?:still\s+)?(?:the|our)\s+{_WAYS}\s+"
    rf"(?P<kind>[a-z][a-z -]{{3,30}}?),?\s+(?:at|with|accounting\s+for|representing)\s+"
    rf"{_ROUGHLY}(?P<share>{DECIMAL}){PER_CENT}"
    rf"(?:\s+of\s+(?P<whole>[^,;:()]{{3,40}}?))?(?:\s+in\s+(?P<later>{WHEN}))?"
    rf"(?:\s*,\s*(?:followed|ahead)\b|\s*,\s*{DECIMAL}\s+percentage\s+points|{_BEFORE}[.;]?$)"
)
"""The largest part with its share: "The US remains the largest market at 34% of sales"."""
_BARE_KIND = frozenset(["part", "share", "segment", "component", "contributor", "category"])
_LEAD = re.compile(r"^By\s+[a-z][a-z ]{3,24},\s+")
"""How the whole is divided: "By region, "."""
_WHOLES = frozenset(
    [
        "portfolio",
        "assets",
        "total",
        "fund",
        "index",
        "sales",
        "workforce",
        "waste",
        "customers",
        "employees",
        "lending",
    ]
)
"""Single words that say of what parts are; the picture of the parts has the rest."""
_PLACE = re.compile(r"(?:the\s+)?(?:U\.?K\.?|U\.?S\.?A?\.?|EU|UAE|EMEA|APAC)", re.IGNORECASE)
"""The name of a place that is no word."""


def parts_in_sentence(sentence: str, page: int) -> AskedFact | None:
    """Reads "Europe accounted for 45% of revenue in 2023." and its relatives.

    Args:
        sentence: one sentence; a figure that it names plays no part.
        page: where it stands, from 1.

    Returns:
        What can be asked, or None.
    """
    text = _LEAD.sub("", without_references(" ".join(sentence.split())))
    if len(text) > LONGEST:
        return None
    items = tuple(item for read in (_largest, _shares, _kinds, _ahead) for item in read(text))
    return AskedFact(items, sentence, page) if items else None


def _whole(text: str) -> str:
    """The name of a whole, or "" where nobody knows of what it is."""
    term = clean_term(text)
    if term in _WHOLES:  # "the portfolio" of the report
        return f"the {term}" if text.lower().startswith("the ") else term
    return term if term.split(" ")[-1] in _WHOLES else term_alone(text)


_DAY = re.compile(rf"(?:the end|\d{{1,2}}\s|(?:{MONTHS})\s+\d{{1,2}},)", re.IGNORECASE)
"""A period that is a day: "31 March 2022", "the end of 2021"."""


def _at(m: re.Match[str]) -> str:
    when = m["when"] or m["later"]
    return f" {'at' if _DAY.match(when) else 'in'} {when}" if when else ""


def _named(part: str) -> str:
    """A part as a question words it, or ""."""
    part = re.sub(r"^The\b", "the", part.strip())
    return part if clean_term(part) or _PLACE.fullmatch(part) else ""


def _largest(text: str) -> Iterator[QuestionItem]:
    m = _LARGEST.match(text)
    if m and (whole := term_alone(m["whole"])) and clean_term(m["part"]):
        yield {
            "question": f"Which was the {m['way'].lower()} part {m['of']} {whole}{_at(m)}?",
            "answer": m["part"].strip(), "answer_kind": "text", "task": "explanation",
        }  # fmt: skip


def _shares(text: str) -> Iterator[QuestionItem]:
    others = list(_AND_OTHERS.finditer(text))
    if others:
        text = text[: others[0].start()]
    text = _IS_AND.sub(r"\1 ", text)
    m = _SHARE.match(text) or _CAME_FROM.match(text)
    if not m or not (whole := _whole(m["whole"])):
        return
    parts: dict[str, str | None] = {"b": None, "other": None} | m.groupdict()
    named = [(m["a"], m["share"]), (parts["b"], parts["other"])]
    for name, share in named + [(o["part"], o["share"]) for o in others]:
        if name and share and (part := _named(name)):
            yield share_item(whole, part, share, _at(m))
    other = parts["b"]
    if other and clean_term(other) and clean_term(m["a"]):
        a, b = float(m["share"]), float(parts["other"] or 0)
        question = f"What percentage of {whole} were {m['a'].strip()} and {other.strip()} together"
        way = f"{plain(a)} + {plain(b)}"
        yield number_item(f"{question}{_at(m)}?", a + b, way, "%", "arithmetic")


def _kinds(text: str) -> Iterator[QuestionItem]:
    m = _OF_KIND.match(text)
    if not m or not (whole := _whole(m["whole"])):
        return
    for share, be, kind in ((m["share"], m["be"], m["kind"]), (m["other"], m["be2"], m["kind2"])):
        if share:
            verb = be if be.startswith("went") else was(whole)
            question = f"What percentage of {whole} {verb} {kind}{_at(m)}?"
            yield number_item(question, float(share), share, "%", "statistics")


def _ahead(text: str) -> Iterator[QuestionItem]:
    others = list(_AND_OTHERS.finditer(text))
    m = _AHEAD.match(text)
    part = _named(m["part"]) if m else ""
    whole = _whole(m["whole"]) if m and m["whole"] else ""
    if not m or not part:
        return
    kind = m["kind"].strip()
    if whole:
        for name, share in [(part, m["share"]), *((_named(o["part"]), o["share"]) for o in others)]:
            if name:
                yield share_item(whole, name, share, _at(m))
    if kind not in _BARE_KIND:
        share_of = f" by share of {whole}" if whole else ""
        yield {
            "question": f"Which was the {m['way'].lower()} {kind}{share_of}{_at(m)}?",
            "answer": part, "answer_kind": "text", "task": "explanation",
        }  # fmt: skip


def share_item(whole: str, part: str, share: str, at: str) -> QuestionItem:
    """Asks for the share of a part.

    Args:
        whole: of what.
        part: which one.
        share: in per cent, as written.
        at: when, with a blank before it; "" for no period.
    """
    question = f"What percentage of {whole} did {part} make up{at}?"
    return number_item(question, float(share), share, "%", "statistics")
