"""Series that rules can read out of clean sentences, without any language model.

The rules are our choice: they take the few forms in which annual reports state numbers and leave
everything else alone, since a wrong fact costs more than a missed one. Tables are read in
``table_series``, causes and definitions in ``causes``, beside this file.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, pairwise

from finlmm_utils.finance.finder import find_quantities
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import CATEGORY_OF, COMPOUND, Series

MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
YEAR = r"(?:19|20)\d\d"
_PERIOD = re.compile(
    rf"(?:(?P<date>(?:{MONTHS})\s+\d{{1,2}}\s*,\s*|\d{{1,2}}\s+(?:{MONTHS})\s+)"
    rf"|(?P<quarter>Q[1-4]\s+|(?:first|second|third|fourth)\s+quarter\s+(?:of\s+)?)"
    rf"|(?P<fiscal>fiscal\s+(?:year\s+)?|FY\s?))?(?<![\d,.$€£])(?P<year>{YEAR})(?![\d%]|[,.]\d|年代)",
    re.IGNORECASE,
)
_CHINESE_DATE = re.compile(r"\d{1,2}\s?[月日]")
_VERB = re.compile(
    r"\b(?:was|were|is|are|amounted to|totall?ed|stood at|came to|came in at|reached|rose|fell|"
    r"increased|decreased|declined|grew|dropped|climbed|went|moved|improved|slipped|eased|"
    r"advanced|narrowed|widened|ran at|read|measured|reads?|shows?|moves?|goes|went)\b",
    re.IGNORECASE,
)
_MOTION = re.compile(
    r"rose|fell|increased|decreased|declined|grew|dropped|climbed|went|moved|improved|slipped|eased|"
    r"advanced|narrowed|widened|moves|goes",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:(?:in|for|during|as of|at|as at|over|by|since)\s+"
    r"(?:[^,]*?\d{4}(?:\s*,\s*(?:and\s+)?(?:[A-Z]\w+ \d+\s*,\s*)?\d{4})*"
    r"(?:\s*,?\s*and\s+\d{4})?|the\s+(?:period|year|quarter))\s*,\s*|(?:however|additionally|also|further|moreover|overall|meanwhile)"
    r"\s*,\s*|[•●▪*–-]\s*)+",
    re.IGNORECASE,
)
_DETERMINER = re.compile(
    r"^(?:the\s+(?:company|group|firm)(?:['’]s)\s+|the|our|its|their|a|an|total\s+amount\s+of|"
    r"[\w&. ]{2,40}['’]s)\s+(?=\w)",
    re.IGNORECASE,
)
PRONOUN = re.compile(
    r"\b(?:it|this|that|these|those|they|we|he|she|which|who|there|such|respectively|us|other|"
    r"both|each|same|former|latter|following|above|below|once|when|where|if|although|while|because)\b",
    re.IGNORECASE,
)
_MONTHS_ENDED = re.compile(
    rf"\b(three|six|nine|twelve) months ended\s+((?:{MONTHS})\s+\d{{1,2}})", re.IGNORECASE
)
_TAIL = re.compile(  # what a sentence adds about the change between two values that it states
    r",?\s*(?:representing\s+)?an?\s+(?:increase|decrease|decline|rise|reduction|growth)\s+of\b.*$",
    re.IGNORECASE,
)
_AT = re.compile(r",?\s*\b(at|as of|for|in|on)( the)?( (fiscal )?years?( ended)?)?\s*$", re.I)
_COMPARED = re.compile(r"\((?P<year>(?:19|20)\d\d)\s*:\s*")
_TIED_BEFORE = re.compile(r"\s*(?:[:=–-]|at|with)\s*")
_TIED_AFTER = re.compile(
    r"\s*(?:\(|,?\s*(?:in|for|at|during|as of|as at|by|on)(?:\s+the)?"
    r"(?:\s+(?:fiscal\s+)?year(?:\s+ended)?|\s+end of|\s+three months ended)?)\s*"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:Inc|Corp|Co|Ltd|No|vs|approx|Mr|Ms|Dr|St|e\.g|i\.e|U\.S|U\.K|Fig|Figs)|\b[A-Z])\.$"
)
GENERIC = re.compile(
    r"^(?:(?:non-)?current|costs?|markets?|total|others?|net|tax(?:es)?|(?:after|before) tax|"
    r"balance|amount|value|number|change|group|parent|company|purchases|sales|basic|diluted|"
    r"federal|state|foreign|provisions?|charges?|(?:beginning|ending|opening|closing) balance|"
    r"(?:net )?(?:increase|decrease|change|additions?)\b.*)$",
    re.IGNORECASE,
)
"""Terms that nobody understands outside their table or paragraph."""
_NAME = re.compile(r"^(?!.*(?:^| )[A-Z](?: |$)).*[^\W\d_]{3}")
"""A term has a run of three letters ("U.S." has none) and no initial ("J Smith" is a person)."""


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
    """A series that a sentence or a table row states; ``evidence`` is verbatim."""

    series: Series
    evidence: str
    page: int
    source: str


def sentences(text: str) -> list[str]:
    """Cuts clean text at sentence ends, English or Chinese, and not after abbreviations."""
    parts = re.split(r"(?<=[.!?])\s+(?=[A-Z•(“\"])|(?<=[。！？；])\s*|\n+", text.strip())
    out: list[str] = []
    for part in parts:
        part = part.strip()
        if not part:
            continue
        if out and _ABBREVIATION.search(out[-1]):
            out[-1] += " " + part
        else:
            out.append(part)
    return out


def numbers_in(text: str) -> list[Number]:
    """Finds the numbers of a text with their units; years, dates and parts of names are left out.

    Args:
        text: a sentence or a cell.

    Returns:
        Numbers in the order of the text.
    """
    taken = sorted(m.span() for m in (*_PERIOD.finditer(text), *_CHINESE_DATE.finditer(text)))
    starts, reach = [a for a, _ in taken], list(accumulate((b for _, b in taken), max))
    found = []
    for one in find_quantities(text):
        number = one.quantity
        k = bisect(starts, one.digits_at)
        inside = k > 0 and one.digits_at < reach[k - 1]
        amount = one.sign or number.power or number.unit == "x"
        if (inside and not amount) or one.in_name(text):
            continue
        found.append(Number(float(number.mantissa), number.unit, one.start, one.end))
    return found


def periods_in(text: str) -> list[tuple[str, int, int]]:
    """Finds the periods of a text: label, start, end; "December 31, 2021" is labelled "2021"."""
    found = []
    for m in _PERIOD.finditer(text):
        quarter = " ".join((m["quarter"] or "").split())
        for k, word in enumerate(("first", "second", "third", "fourth"), 1):
            if quarter.lower().startswith(word):
                quarter = f"Q{k}"
        found.append((f"{quarter} {m['year']}".strip(), m.start(), m.end()))
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
    if PRONOUN.search(text) or re.search(r"[\d,;:$%]", text) or not _NAME.search(text):
        return ""
    lower = text.lower()
    if lower in CATEGORY_OF:
        return lower
    head, *rest = text.split()
    proper = any(c.isupper() for c in head[1:]) or any(word[0].isupper() for word in rest)
    return text if proper else head.lower() + text[len(head) :]


def _pairs(text: str) -> list[tuple[str, Number]]:
    """Ties values to periods: by "value in period", "(period: value)", or by two equal lists."""
    labels = periods_in(text)
    starts = [a for _, a, _ in labels]
    values = [
        v for v in numbers_in(text)
        if not (k := bisect(starts, v.start)) or v.start >= labels[k - 1][2]
    ]  # fmt: skip
    if not values or not labels:
        return []
    near = []
    for value in values:  # no label but the nearest on either side can be tied to it
        k = bisect(starts, value.start)
        before, after = labels[k - 1] if k else None, labels[k] if k < len(labels) else None
        if before and _TIED_BEFORE.fullmatch(text[before[2] : value.start]):
            near.append((before[0], value))
        elif after and after[1] >= value.end and _TIED_AFTER.fullmatch(text[value.end : after[1]]):
            near.append((after[0], value))
    if len(near) == len(values) and len({label for label, _ in near}) == len(near):
        return near
    if len(values) == len(labels) and len(values) >= 2:
        runs = sorted([(v.start, "v") for v in values] + [(a, "l") for _, a, _ in labels])
        order = "".join(kind for _, kind in runs)
        n = len(values)
        if order in ("v" * n + "l" * n, "l" * n + "v" * n):
            gaps = [text[a.end : b.start] for a, b in pairwise(values)]
            if all(re.fullmatch(r"\s*(?:,|and|, and|to|,\s*then)\s*", gap) for gap in gaps):
                return [(label, v) for (label, _, _), v in zip(labels, values, strict=True)]
    return []


def comparable(labels: Iterable[str]) -> bool:
    """Whether periods are of one length: a year stands in no series with its own quarters."""
    return len({label[:1] == "Q" for label in labels}) <= 1


def sort_key(label: str) -> tuple[int, str]:
    """Orders labels in time: by year, then by quarter."""
    return int(label[-4:]), label


def series_in_sentence(sentence: str, page: int) -> SeriesFact | None:
    """Reads "Revenue was $45m in 2021, $52m in 2022 and ..." and its relatives.

    Args:
        sentence: one sentence.
        page: where it stands, from 1.

    Returns:
        The series in the order of time, or None where the sentence has another form, two terms,
        mixed units or a subject that isn't a term.
    """
    whole, sentence = sentence, _TAIL.sub(".", without_references(sentence))
    found = _pairs(sentence) or _with_prior_year(sentence)
    if len(found) < 2 or len({label for label, _ in found}) != len(found):
        return None
    first = min(v.start for _, v in found)
    verb = next((m for m in _VERB.finditer(sentence) if m.start() < first), None)
    motion = verb and _MOTION.fullmatch(verb[0])
    if verb is None or (motion and "from" not in sentence[verb.end() : first].split()):
        return None  # "sales rose 25% in 2016 and 33% in 2017" states growth, not sales
    head = sentence[: verb.start()]
    if len(early := periods_in(head)) == len(found):  # "Debt at June 30, 2022 and 2021 was"
        head = _AT.sub("", head[: early[0][1]]) or head
    term = clean_term(head)
    units = {v.unit for _, v in found}
    if not term or re.search(r"\band\b", COMPOUND.sub("", term)) or head.startswith("Included"):
        return None
    if len(units) != 1 or not comparable(label for label, _ in found):
        return None
    if re.search(r"months\b", sentence, re.IGNORECASE):
        spans = {(m[1].lower(), m[2]) for m in _MONTHS_ENDED.finditer(sentence)}
        if len(spans) != 1 or re.search(r"\b(?:three|six) and (?:six|nine)\b", sentence):
            return None
        months, day = spans.pop()
        found = [(f"the {months} months ended {day}, {label[-4:]}", v) for label, v in found]
    found.sort(key=lambda pair: sort_key(pair[0]))
    series = Series(
        term, units.pop(), tuple(label for label, _ in found), tuple(v.value for _, v in found)
    )
    return SeriesFact(series, whole, page, "sentence")


def _with_prior_year(text: str) -> list[tuple[str, Number]]:
    """The two values of "amounted to £11.4m (2021: £10.1m)": the first is of the year after."""
    compared = list(_COMPARED.finditer(text))
    if len(compared) != 1 or len(periods_in(text)) != 1:
        return []
    mark = compared[0]
    before = [n for n in numbers_in(text) if n.end <= mark.start()]
    after = [n for n in numbers_in(text) if n.start >= mark.end()]
    gaps = text[before[-1].end : mark.start()] if before and after else "?"
    close = not gaps.strip() and not text[mark.end() : after[0].start].strip()
    if len(before) != 1 or len(after) != 1 or not close:
        return []
    return [(str(int(mark["year"]) + 1), before[0]), (mark["year"], after[0])]
