"""What a question asks of a chart: which series, which points, and how they are to be compared.

The words are our choice, English and Chinese; what none of them names is not parsed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

from finlmm_utils.asp.language import is_chinese, tokens
from finlmm_utils.asp.records import Point, Reading
from finlmm_utils.finance.periods import QUARTER, month_of, quarter_of, year_of, years_in
from finlmm_utils.finance.units import MONTHS, SAYS_PER_CENT

NAMED = 0.5
"""Share of the words of a series' name that a question must hold to name it (our choice)."""

MOSTLY = 0.55
"""The same share where another name stands in the question as it is."""

LETTERS_NAMED = 0.6, 0.4
"""Shares of the characters of a Chinese name that tell it, and most of any other's (our choice)."""
PIECE = 3
"""Chinese characters of a series' name that tell it where nothing else does (our choice)."""

HIGHEST = re.compile(
    r"最高|最大|峰值|最多|最佳|最好|最优|最强|\b(?:highest|peak(?:ed)?|greatest|largest|most|maximum)\b",
    re.I,
)
LOWEST = re.compile(r"最低|最小|最少|最差|最弱|\b(?:lowest|least|smallest|minimum|trough)\b", re.I)
LAST = re.compile(
    r"末|趋近|增长到|升到|达到|收于|截[至止]|到\d{4}年"
    r"|\b(?:at the end|by the end|end(?:ed|s)? (?:of|at|above|below)"
    r"|grown to|ended|as at|as of|at \d)\b",
    re.I,
)
CHANGE = re.compile(
    r"变化|增加了|减少了|提高了|下降了|上升了|高多少|低多少|相差|增长率|增速|涨幅|跌幅"
    r"|\b(?:by (?:how many|how much|what)|change|increase|decrease|growth|rose by|fell by|differ\w*"
    r"|drop|decline|higher than|lower than|range)\b",
    re.I,
)
MEAN = re.compile(r"平均|均值|\b(?:average|mean)\b", re.I)
SUM = re.compile(r"合计|总和|之和|\b(?:sum|total of|combined)\b", re.I)
POSITIVE, NEGATIVE = (
    re.compile(r"为正|正数|\bpositive\b", re.I),
    re.compile(r"为负|负数|\bnegative\b", re.I),
)
IN_MONTH = re.compile(rf"\b(?:{MONTHS})\b|(?<!\d)\d{{1,2}}月")
"""Finds a month by its name."""
ABOVE = re.compile(
    r"高于|超过|大于|更高|跑赢|优于|\b(?:above|beat|exceed\w*|higher|more|outperform\w*)\b", re.I
)
BELOW = re.compile(
    r"低于|小于|更低|跑输|不及|\b(?:below|trail\w*|lower|less|underperform\w*)\b", re.I
)
THAN = re.compile(r"\bthan\b|比|相对于", re.I)
TURNS = re.compile(r"\b(?:strengthen|weaken)\w*|最大回撤|回撤(?=率|率?是|率?为)", re.I)
"""Words whose direction depends on what is drawn: a rate, a drawdown."""
EITHER_WAY = re.compile(
    r"上升还是|下降还是|\brise or fall\b|\bfall or rise\b|还是(?:出现)?回撤", re.I
)
"""The choice of a direction: what else is named is what the series is, not what it is held to."""
TOGETHER, APART = (
    re.compile(r"^同向|\bsame\b", re.I),
    re.compile(r"^反向|^相反|\bopposite\b", re.I),
)
MOST, FEW = (
    re.compile(r"^多数|^超过一半|\b(?:most|majority|more than half)\b", re.I),
    re.compile(r"^少数|^不到一半|\b(?:few|minority|less than half)\b", re.I),
)


def squeezed(text: str) -> str:
    """A text without spaces and marks, in small letters."""
    return re.sub(r"[\W_]+", "", text).lower()


def bare(name: str) -> str:
    """The name of a series without its unit: "Operating margin" of "Operating margin (%)"."""
    return re.sub(r"\s*[(（][^()（）]*[)）]|,\s.*$", "", name) or name


def series_named(question: str, readings: Sequence[Reading]) -> list[str]:
    """The series that a question names: as they stand, or by most of their words.

    Args:
        question: as asked.
        readings: of one chart.

    Returns:
        All names where the chart has one series; none where it has several and the question names
        none of them.
    """
    names = list(dict.fromkeys(r.series for r in readings))
    if len(names) <= 1:
        return names
    words, flat = set(tokens(question)), squeezed(question)
    whole = [n for n in names if (flatname := squeezed(bare(n))) and flatname in flat]
    # A name inside a longer one that is named too ("fund" in "fund of funds") is not meant.
    whole = [n for n in whole if not any(n != m and squeezed(n) in squeezed(m) for m in whole)]
    own = {n: set(tokens(n)) for n in names}
    common = set.intersection(*own.values())  # what all are called tells none of them
    own = {n: (some - common) or some for n, some in own.items()}
    shares = {n: len(some & words) / max(len(some), 1) for n, some in own.items()}
    best = max((share for n, share in shares.items() if n not in whole), default=0.0)
    least = MOSTLY if whole else NAMED
    found = whole + [n for n in names if n not in whole and shares[n] == best >= least]
    return found or _most_alike(flat, names)


def _most_alike(flat: str, names: Sequence[str]) -> list[str]:
    """The series whose longest piece stands in a Chinese question: 碳酸锂 of 电池级碳酸锂."""
    longest = {n: _common(squeezed(n), flat) for n in names}
    held = {n: sum(c in flat for c in squeezed(n)) / max(len(squeezed(n)), 1) for n in names}
    near = [n for n in names if held[n] > LETTERS_NAMED[1]]
    if len(near) == 1 and held[near[0]] >= LETTERS_NAMED[0] and is_chinese(flat):
        return near
    best = max(longest.values())
    alike = [n for n in names if longest[n] == best]
    return alike if len(alike) == 1 and best >= PIECE and is_chinese(flat) else []


def _common(name: str, flat: str) -> int:
    """Characters of the longest piece of a name that a text has."""
    return SequenceMatcher(None, name, flat, autojunk=False).find_longest_match().size


def series_in_unit(text: str, readings: Sequence[Reading]) -> list[str]:
    """The only series in per cent where a text asks for per cent; none where there are several."""
    found = {r.series for r in readings if r.unit == "%"} if SAYS_PER_CENT.search(text) else set()
    return list(found) if len(found) == 1 else []


def _is_word(label: str) -> bool:
    """Whether a label is long enough to be found in a question: "22" stands in "2022"."""
    flat = squeezed(label)
    return len(flat) > 1 and not (flat.isdigit() and len(flat) < 4)


def _stands(label: str, flat: str) -> bool:
    """Whether a label stands in a question by itself: "1月" does not in "11月"."""
    at = flat.find(label)
    while at > 0 and label[0].isdigit() and flat[at - 1].isdigit():
        at = flat.find(label, at + 1)
    return at >= 0


def labels_named(question: str, readings: Sequence[Reading]) -> list[str]:
    """The labels of a chart that a question names, as they stand or by their year and quarter."""
    labels = list(dict.fromkeys(r.label for r in readings if r.label))
    flat, years = squeezed(question), set(years_in(question))
    found = QUARTER.search(question)
    quarter = quarter_of(found[0]) if found else None
    whole = [x for x in labels if _is_word(x) and _stands(squeezed(x), flat)]
    if whole:
        return whole
    own = [x for x in labels if year_of(x) in years]
    own = [x for x in own if quarter is None or quarter_of(x) in (None, quarter)]
    months = {month(m[0]) for m in IN_MONTH.finditer(question)}
    return [x for x in own if not months or month_of(x) in (None, *months)]


def month(name: str) -> int | None:
    """The month that a text names: "March", "3月"."""
    return int(name[:-1]) if name.endswith("月") else month_of(name)


def within_span(text: str, readings: Sequence[Reading]) -> list[Reading]:
    """The readings at labels that a text names, or from the first of its years to the last.

    Args:
        text: a question, with its evidence perhaps.
        readings: of one chart.

    Returns:
        All of them where the text names no label.
    """
    years, named = years_in(text), labels_named(text, readings)
    if len(set(years)) > 1:
        first, last = min(years), max(years)
        own = [r for r in readings if (y := year_of(r.label)) is not None and first <= y <= last]
        own += [r for r in readings if r.label in named and year_of(r.label) is None]
    else:
        own = [r for r in readings if r.label in named]
    return own or list(readings)


def points_asked(question: str) -> set[Point]:
    """The points of a series that a question asks for."""
    found: set[Point] = set()
    if HIGHEST.search(question):
        found.add("highest")
    if LOWEST.search(question):
        found.add("lowest")
    if LAST.search(question):
        found.add("last")
    return found


def meant(question: str, readings: list[Reading]) -> list[Reading]:
    """The readings at the labels and points that a question names; ends where it names none."""
    labels, points = labels_named(question, readings), points_asked(question)
    at_labels = [r for r in readings if r.label in labels and r.point in ("label", "share")]
    if points & {"highest", "lowest"} and not at_labels:
        return extremes(question, readings)
    if at_labels and "last" not in points:
        return at_labels
    last = [r for r in readings if r.point == "last"]
    if not last:  # bars, all of them labelled
        last = [x[-1] for x in by_series(readings).values() if x]
    return at_labels + last


def extremes(question: str, readings: list[Reading]) -> list[Reading]:
    """The highest or lowest reading of each series, as a question asks for it."""
    out = []
    for some in by_series(readings).values():
        if HIGHEST.search(question):
            out.append(max(some, key=lambda r: r.value))
        elif LOWEST.search(question):
            out.append(min(some, key=lambda r: r.value))
    # The same value read at a label has its name.
    named = [r for r in readings if r.label and any(r.value == o.value for o in out)]
    return out + named


def by_series(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    """Readings by the series that they are of."""
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        found[reading.series].append(reading)
    return found
