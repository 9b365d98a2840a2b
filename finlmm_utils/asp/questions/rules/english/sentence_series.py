"""Series that one sentence states: values tied to their periods, in English."""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Iterable
from itertools import pairwise

from finlmm_utils.asp.questions.rules.sentences import (
    Number,
    SeriesFact,
    clean_term,
    numbers_in,
    sort_key,
)
from finlmm_utils.finance.periods import MONTHS_ENDED, YEAR, periods_in
from finlmm_utils.finance.reference_clauses import without_references
from finlmm_utils.finance.terms import COMPOUND, Series
from finlmm_utils.finance.units import MONTHS, WITH_COMMAS

_MOTION = (
    r"rose|fell|increased|decreased|declined|grew|dropped|climbed|went|moved|improved|slipped|eased|"
    r"advanced|narrowed|widened|moves?|goes|slowed|reduced|shrank|jumped|surged|plunged|recovered|"
    r"rebounded|accelerated|strengthened|weakened|expanded|contracted|tightened|softened|"
    r"edged (?:up|down)|"
    r"(?:rises|falls|declines|increases|decreases|grows|drops|climbs)(?=\s+(?:by\s+[^,;]{3,40}?,?\s+)?from\b)"
)
_MOVES = re.compile(_MOTION, re.IGNORECASE)
_VERB = re.compile(
    r"\b(?:was|were|is|are|amounted to|totall?ed|stood at|came to|came in at|reached|ran at|read|"
    rf"measured|reads?|shows?|{_MOTION})\b",
    re.IGNORECASE,
)
_SHORT_YEAR = re.compile(r"\bFY\s?['’]?(\d\d)\b(?![\d/])")
"""A fiscal year of two digits: "FY22"."""
_SHORT_QUARTER = re.compile(r"\b([1-4])Q\s?['’]?(\d\d)\b(?![\d/])")
"""A quarter of a year of two digits: "4Q23"."""
_TAIL = re.compile(  # what a sentence adds about the change between two values that it states
    r",?\s*(?:representing\s+)?an?\s+(?:increase|decrease|decline|rise|reduction|growth)\s+of\b.*$",
    re.IGNORECASE,
)
_AT = re.compile(r",?\s*\b(as at|at|as of|for|in|on)( the)?( (fiscal )?years?( ended)?)?\s*$", re.I)
_OF_THE_YEAR = re.compile(
    r"\s+(?:for|in|during|over)\s+the\s+(?:(?:financial|fiscal|full)\s+)?(?:year|period)$", re.I
)
_COMPARED = re.compile(
    rf"\((?:(?:as )?at )?(?:FY\s?|\d{{1,2}}\s+(?:{MONTHS})\s+)?(?:(?P<year>{YEAR})"
    r"(?:\s*:\s*|\s+[–-]\s+)|(?:previous|prior|preceding)\s+(?:fiscal |financial )?year\s*:\s*)"
)
"""The value of the year before, in brackets."""
_SIZE = (
    rf"[$£€]?\s?{WITH_COMMAS}\s*"
    r"(?:%|per\s?cent|percent(?:age points)?|basis points|bps?\b|pp\b|points|million|billion|"
    r"m\b|bn\b|p\b|pence)?"
)
_CHANGE = re.compile(
    rf"(?P<verb>\b(?:{_MOTION}|was up|was down|were up|were down))\s+"
    rf"(?:\w+ly\s+)?(?:by\s+)?{_SIZE}"
    rf"(?:\s*,?\s*or\s+{_SIZE}\s*,?|\s*\({_SIZE}\)\s*,?)?\s+(?=(?:to|from)\b)",
    re.IGNORECASE,
)
"""The size of a change between a verb and the value that it led to."""
_AGAINST = re.compile(
    r"\s*,?\s*(?:as\s+)?(?:compared\s+(?:to|with)|versus|vs\.?|from|against)\s+(?:an?\s+\w+\s+of\s+)?",
    re.IGNORECASE,
)
"""What stands between a value and that of an earlier period."""
_TIED_BEFORE = re.compile(r"\s*(?:[:=–-]|at|with)\s*")
_TIED_AFTER = re.compile(
    r"\s*(?:\(|,?\s*(?:in|for|at|during|as of|as at|by|on)(?:\s+the)?"
    r"(?:\s+(?:fiscal\s+)?year(?:\s+ended)?|\s+end of|\s+three months ended)?)\s*"
)


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


def without_change(sentence: str) -> str:
    """Cuts out by how much a quantity moved where the value that it reached is stated as well.

    Examples:
        >>> without_change("Revenue rose by 12% to £45.2m in 2022.")
        'Revenue rose to £45.2m in 2022.'
    """
    return _CHANGE.sub(lambda m: f"{m['verb']} ", sentence)


def _with_prior_year(text: str) -> list[tuple[str, Number]]:
    """The two values of "amounted to £11.4m (2021: £10.1m)": the first is of the year after."""
    compared, labels = list(_COMPARED.finditer(text)), [label for label, _, _ in periods_in(text)]
    if len(compared) != 1:
        return []
    mark, year = compared[0], compared[0]["year"]
    if not year:  # "in 2022 (previous year: £10.1m)"
        if len(labels) != 1 or not labels[0].isdigit():
            return []
        year = str(int(labels[0]) - 1)
    after_it = str(int(year) + 1)
    before = [n for n in numbers_in(text) if n.end <= mark.start()]
    after = [n for n in numbers_in(text) if n.start >= mark.end()]
    gaps = text[before[-1].end : mark.start()] if before and after else "?"
    gaps = re.sub(rf"(?:in|at|for)\s.*{after_it}", "", gaps)
    close = not gaps.strip() and not text[mark.end() : after[0].start].strip()
    if len(before) != 1 or len(after) != 1 or not close or {*labels} - {year, after_it}:
        return []
    return [(after_it, before[0]), (year, after[0])]


def _with_opening_period(text: str) -> list[tuple[str, Number]]:
    """The two values of "In 2022, revenue was $45m compared with $40m in 2021."."""
    labels, values = periods_in(text), numbers_in(text)
    if len(labels) != 2 or len(values) != 2 or labels[0][2] > values[0].start:
        return []
    (own, _, _), (other, at, _) = labels
    tied = values[1].end <= at and _TIED_AFTER.fullmatch(text[values[1].end : at])
    if not tied or not _AGAINST.fullmatch(text[values[0].end : values[1].start]):
        return []
    return [(own, values[0]), (other, values[1])]


def _from_year_before(text: str) -> list[tuple[str, Number]]:
    """The two values of "improved to £27.8m from £20.4m in 2022": the first is of 2023."""
    labels, values = periods_in(text), numbers_in(text)
    if len(labels) != 1 or len(values) != 2 or not labels[0][0].isdigit():
        return []
    (before, at, _), (own, other) = labels[0], values
    tied = other.end <= at and _TIED_AFTER.fullmatch(text[other.end : at])
    led = re.search(rf"\b(?:{_MOTION})\s+to\s*$", text[: own.start], re.IGNORECASE)
    if not tied or not led or not re.fullmatch(r"\s*,?\s*from\s*", text[own.end : other.start]):
        return []
    return [(str(int(before) + 1), own), (before, other)]


def series_in_sentence(sentence: str, page: int) -> SeriesFact | None:
    """Reads "Revenue was $45m in 2021, $52m in 2022 and ..." and its relatives.

    Args:
        sentence: one sentence.
        page: where it stands, from 1.

    Returns:
        The series in the order of time, or None where the sentence has another form, two terms,
        mixed units or a subject that isn't a term.
    """
    whole, sentence = sentence, without_change(_TAIL.sub(".", without_references(sentence)))
    sentence = _SHORT_YEAR.sub(r"FY20\1", _SHORT_QUARTER.sub(r"Q\1 20\2", sentence))
    found = _pairs(sentence)
    compared = [] if found else (
        _with_prior_year(sentence) or _with_opening_period(sentence) or _from_year_before(sentence)
    )  # fmt: skip
    found = found or compared
    if len(found) < 2 or len({label for label, _ in found}) != len(found):
        return None
    first = min(v.start for _, v in found)
    verb = next((m for m in _VERB.finditer(sentence) if m.start() < first), None)
    motion = verb and _MOVES.fullmatch(verb[0])
    led = sentence[verb.end() : first].split() if verb else []
    if verb is None or (motion and not {"from", "to"} & set(led)):
        return None  # "sales rose 25% in 2016 and 33% in 2017" states growth, not sales
    head = sentence[: verb.start()]
    early = periods_in(head)  # "Debt at June 30, 2022 and 2021 was", "Profit for 2022 was"
    if early and _AT.search(head[: early[0][1]]):
        head = _AT.sub("", head[: early[0][1]]) or head
    term = clean_term(_OF_THE_YEAR.sub("", head.rstrip()))
    units = {v.unit for _, v in found}
    if not term or re.search(r"\band\b", COMPOUND.sub("", term)) or head.startswith("Included"):
        return None
    if len(units) != 1 or not comparable(label for label, _ in found):
        return None
    if re.search(r"months\b", sentence, re.IGNORECASE):
        spans = {(m[1].lower(), m[2]) for m in MONTHS_ENDED.finditer(sentence)}
        if len(spans) != 1 or re.search(r"\b(?:three|six) and (?:six|nine)\b", sentence):
            return None
        months, day = spans.pop()
        found = [(f"the {months} months ended {day}, {label[-4:]}", v) for label, v in found]
    found.sort(key=lambda pair: sort_key(pair[0]))
    series = Series(
        term, units.pop(), tuple(label for label, _ in found), tuple(v.value for _, v in found)
    )
    return SeriesFact(series, whole, page, "comparison" if compared else "sentence")


_STATED = re.compile(
    rf"(?P<term>[A-Za-z][\w&'’/ -]{{3,60}}?)\s+(?:of|was|were)\s+(?P<value>{_SIZE})"
    r"(?:\s+per\s+(?:ordinary\s+)?(?:share|unit))?"
    rf"(?:\s+(?:at|in|for)\s+[^,;()]{{4,30}}?)?\s*\((?:FY\s?)?(?P<year>{YEAR})"
    rf"(?:\s*:\s*|\s+[–-]\s+)(?P<before>{_SIZE})\)",
    re.IGNORECASE,
)
"""A value with that of the year before in brackets: "revenue of £135.2m (2021: £120.2m)"."""
_WHOSE = re.compile(
    r"^.*\b(?:with|and|reported|generated|delivered|achieved|recorded|by|to|a|an|the|our|its|posted|"
    r"including|produced)\s+",
    re.IGNORECASE,
)


def stated_with_prior_year(sentence: str, page: int) -> list[SeriesFact]:
    """Reads "The Group reported revenue of £135.2m (2021: £120.2m) and profit of ... ".

    Args:
        sentence: one sentence.
        page: where it stands, from 1.

    Returns:
        A fact for each value that stands with the one of the year before.
    """
    found = []
    for m in _STATED.finditer(without_references(sentence)):
        values = [numbers_in(m["value"]), numbers_in(m["before"])]
        term = clean_term(_WHOSE.sub("", m["term"]))
        if not term or any(len(some) != 1 for some in values) or re.search(r"\bof\b", m["term"]):
            continue
        after, before = values[0][0], values[1][0]
        if after.unit != before.unit or not after.unit:
            continue
        labels = (m["year"], str(int(m["year"]) + 1))
        series = Series(term, after.unit, labels, (before.value, after.value))
        found.append(SeriesFact(series, sentence, page, "comparison"))
    return found
