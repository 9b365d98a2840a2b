"""Series that rules can read out of clean sentences, without any language model.

The rules are our choice: they take the few forms in which annual reports state numbers and leave
everything else alone, since a wrong fact costs more than a missed one. Tables are read in
``table_series``, causes and definitions in ``causes``, beside this file.
"""

from __future__ import annotations

import re
from bisect import bisect
from dataclasses import dataclass
from itertools import accumulate

from finlmm_utils.finance.finder import find_quantities
from finlmm_utils.finance.periods import PERIOD
from finlmm_utils.finance.terms import CATEGORY_OF, Series

_CHINESE_DATE = re.compile(r"\d{1,2}\s?[月日]")
_LEAD = re.compile(
    r"^(?:(?:in|for|during|as of|at|as at|over|by|since)\s+"
    r"(?:[^,]*?\d{4}(?:\s*,\s*(?:and\s+)?(?:[A-Z]\w+ \d+\s*,\s*)?\d{4})*"
    r"(?:\s*,?\s*and\s+\d{4})?(?:\s+(?:financial|fiscal|business|reporting)\s+year)?|"
    r"the\s+(?:period|year|quarter|reporting\s+date|end\s+of\s+the\s+(?:\w+\s+)?(?:year|period))|"
    r"(?:the\s+)?year[- ]end)\s*,\s*|"
    r"(?:however|additionally|also|further|moreover|overall|meanwhile)\s*,\s*|[•●▪*–-]\s*)+",
    re.IGNORECASE,
)
_DETERMINER = re.compile(
    r"^(?:the\s+(?:company|group|firm)(?:['’]s)\s+|the|our|its|their|a|an|total\s+amount\s+of|"
    r"[\w&. ]{2,40}['’]s)\s+(?=\w)",
    re.IGNORECASE,
)
PRONOUN = re.compile(
    r"\b(?:it|this|that|these|those|they|we|he|she|which|who|there|such|respectively|(?-i:us)|other|"
    r"both|each|same|former|latter|following|above|below|once|when|where|if|although|while|because)\b",
    re.IGNORECASE,
)
_PREPOSITION = re.compile(r"(?:in|of|for|at|by|to|from|as|on|during|with)\s", re.IGNORECASE)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Inc|Corp|Co|Ltd|No|vs|approx|Mr|Ms|Dr|St|e\.g|i\.e|U\.S|U\.K|Fig|Figs)|\b[A-Z])\.$"
)
GENERIC = re.compile(
    r"^(?:(?:non-)?current|costs?|markets?|total|others?|net|tax(?:es)?|(?:after|before) tax|"
    r"balance|amount|value|number|change|group|parent|company|fund|index|benchmark|portfolio|purchases|sales|basic|diluted|"
    r"federal|state|foreign|provisions?|charges?|(?:beginning|ending|opening|closing) balance|"
    r"(?:net )?(?:increase|decrease|change|additions?)\b.*)$",
    re.IGNORECASE,
)
"""Terms that nobody understands outside their table or paragraph."""
IN_NAME = re.compile(
    r"\b(?:Tier|Scope|Phase|Stage|Level|Type|Class)\s[1-4](?:(?:\s(?:and|&)\s|,\s|/)[1-4])*\b|"
    r"\b(?:CET|AT|S&P\s|M)\d{1,3}\b|\b\d{1,3}-(?:day|week|month|quarter|year)\b"
)
"""Numbers that are part of a name: "Tier 1", "Scope 1 and 2", "CET1", "S&P 500", "10-year"."""
_NAME = re.compile(r"^(?!.*(?:^| )[A-Z](?: |$)).*[^\W\d_]{3}")
"""A term has a run of three letters ("U.S." has none) and no initial ("J Smith" is a person)."""


_PENCE = re.compile(r"(?<=\d)p(?=[\s,;)]|\.?$|\.\s)")
_IN_PENCE = re.compile(r"p(?![A-Za-z])|\s?pence\b")
"""What follows an amount in pence: "12.5p", "12.5 pence"."""


@dataclass(frozen=True)
class Number:
    """A number as it stands in a text.

    Attributes:
        value: in ``unit``; negative where it stands in parentheses with a currency or a minus.
        unit: "$m", "%", "x", "k", "£bn", ... or "".
        start: where it stands.
        end: where it ends.
    """

    value: float
    unit: str
    start: int
    end: int


@dataclass(frozen=True)
class SeriesFact:
    """A series that a sentence or a table row states; ``evidence`` is verbatim.

    ``source`` is "table", "sentence", or "comparison" for a sentence that sets the values of two
    years against each other.
    """

    series: Series
    evidence: str
    page: int
    source: str


LONGEST_SENTENCE = 1000
"""Characters of a sentence; what goes on longer is a list or no text (our choice)."""


def sentences(text: str) -> list[str]:
    """Cuts clean text at sentence ends, English or Chinese, and not after abbreviations.

    What is longer than ``LONGEST_SENTENCE`` is left out, since each rule would read it to its end,
    and what has no letter.
    """
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z•(“\"])|(?<=[。！？；])\s*|\n+", text.strip())
    out: list[list[str]] = []
    for part in filter(None, map(str.strip, parts)):
        if out and _ABBREVIATION.search(out[-1][-1]):
            out[-1].append(part)
        else:
            out.append([part])
    joined = map(" ".join, out)
    return [one for one in joined if len(one) <= LONGEST_SENTENCE and any(c.isalpha() for c in one)]


def numbers_in(text: str) -> list[Number]:
    """Finds the numbers of a text with their units; years, dates and parts of names are left out.

    Args:
        text: a sentence or a cell.

    Returns:
        Numbers in the order of the text.
    """
    named = (PERIOD, _CHINESE_DATE, IN_NAME)
    taken = sorted(m.span() for pattern in named for m in pattern.finditer(text))
    starts, reach = [a for a, _ in taken], list(accumulate((b for _, b in taken), max))
    found = []
    text, written = _PENCE.sub(" ", text), text
    for one in find_quantities(text):
        number = one.quantity
        k = bisect(starts, one.digits_at)
        inside = k > 0 and one.digits_at < reach[k - 1]
        amount = one.sign or number.power or number.unit == "x"
        if (inside and not amount) or one.in_name(text):
            continue
        pence = None if number.unit else _IN_PENCE.match(written, one.end)
        unit, end = ("p", pence.end()) if pence else (number.unit, one.end)
        found.append(Number(float(number.mantissa), unit, one.start, end))
    return found


def clean_term(subject: str) -> str:
    """Reduces the subject of a sentence to the bare term, or to "" where it isn't one.

    Examples:
        >>> clean_term("In 2021, the Company's gross margin")
        'gross margin'
    """
    text = _LEAD.sub("", " ".join(subject.split()).split(" — ")[-1]).strip(" ,:;")
    text = re.sub(r"\s*\((?:[^()]*)\)\s*$", "", text)
    text = re.sub(r"\s+(?:(?:has|have|had|also|both|then)\s*)+(?:\w+ly)?$", "", text)
    for _ in range(2):
        text = _DETERMINER.sub("", text).strip()
    if not text or len(text.split()) > 8 or len(text) < 3:
        return ""
    if (
        _PREPOSITION.match(text)
        or PRONOUN.search(text)
        or re.search(r"[\d,;:$%]", IN_NAME.sub("", text))
        or not _NAME.search(text)
    ):
        return ""
    lower = text.lower()
    if lower in CATEGORY_OF:
        return lower
    head, *rest = text.split()
    proper = any(c.isupper() for c in head[1:]) or any(word[0].isupper() for word in rest)
    return text if proper else head.lower() + text[len(head) :]


_LABEL = re.compile(r"^(?:[•●▪*–-]\s*)?[A-Z][A-Za-z&/ -]{2,28}:\s+(?=[A-Za-z$£€])")
"""What a point of a list is about, before what it says: "Margins: the margin widened ..."."""
_SHORT_NAME = re.compile(r"\s\((?:the\s)?[“\"]?[A-Z][A-Za-z&-]{1,7}[”\"]?\)")
"""The short form of a name behind it: "(ARR)"."""
_NEXT_CLAUSE = re.compile(
    r"(?:;|,|\s—)\s+(?:(?:and|but|while|whereas|with)\s+)?(?=[A-Za-z])|"
    r"\s+(?:and|while|whereas|but)\s+(?=[A-Za-z])"
)
_SUBORDINATE = re.compile(
    r"(?:as|while|although|though|despite|with|after|given|following|amid|because|when)\s",
    re.IGNORECASE,
)
MOST_CLAUSES = 4
"""Clauses of a sentence that are read by themselves (our choice): a longer one is a list."""


def clauses(sentence: str) -> list[str]:
    """The sentence itself, and what stands behind each of its joints, to its end.

    A reader takes a form that begins a text and leaves what follows.

    Args:
        sentence: in English.

    Examples:
        >>> clauses("Costs: staff costs rose to £8m, and rent fell to £3m.")[1:]
        ['rent fell to £3m.']
    """
    text = _SHORT_NAME.sub("", " ".join(sentence.split()))
    text = text[m.end() :] if (m := _LABEL.match(text)) else text
    # "Plant and equipment costs" is one name: what stands before a joint states something itself.
    opens = _SUBORDINATE.match(text)
    joints = [
        m.end()
        for k, m in enumerate(_NEXT_CLAUSE.finditer(text))
        if re.search(r"\d", PERIOD.sub("", text[: m.start()])) or (opens and not k)
    ]
    later = [text[at:] for at in joints if any(c.isdigit() for c in text[at:])]
    return [f"{text[:1].upper()}{text[1:]}", *later[:MOST_CLAUSES]]


def sort_key(label: str) -> tuple[int, str]:
    """Orders labels in time: by year, then by quarter."""
    return int(label[-4:]), label
