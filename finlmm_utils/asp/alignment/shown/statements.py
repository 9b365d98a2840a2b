"""Which readings of a chart a statement is about: its series, its labels, its time.

The statement is its author's, with words that no chart has. So it is not asked what of it the chart
names, but whether it names what the chart draws.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from finlmm_utils.asp.alignment.figure_text import heading_of
from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.alignment.shown.names import says_when
from finlmm_utils.asp.alignment.shown.readable import is_period
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.rules.gaps import CLAUSE, GAP
from finlmm_utils.asp.records import Figure, Reading
from finlmm_utils.finance.directions import CHINESE_DOWN, CHINESE_UP
from finlmm_utils.finance.periods import (
    QUARTER,
    QUARTER_LABEL,
    QUARTER_OF_YEAR,
    YEAR,
    month_of,
    quarter_of,
    year_of,
    years_in,
)
from finlmm_utils.finance.reference_clauses import without_label

TITLE_SAID = 0.5
"""Least share of the words of a title that a statement says, where no name of a series or a label
tells what is drawn (our choice)."""
_ASIDE = re.compile(r"[(（][^()（）]*[)）]|[,，].*$")
"""A title's unit or span."""
_FORM = re.compile(
    r"近?[一二三四五六七八九十\d]*个?(?:季度|年|月)[末度]?|单季|历年|\bquarterly\b|\bmonthly\b|\bannual\b|"
    r"\bat\s+(?:year|quarter|period)[\s-]end\b|\bby\s+(?:year|quarter)\b",
    re.IGNORECASE,
)
"""What a title says of its dates."""
_GENERAL = frozenset(tokens("total level rate ratio amount number value index figure share"))
"""Words of a title that tell nothing alone."""
_INITIALS = re.compile(r"\b[A-Z]{2,5}\b")
_OWN_FUND = re.compile(r"本基金|本组合|\b(?:the|our)\s+(?:fund|portfolio|trust)\b", re.IGNORECASE)
_BENCHMARK = re.compile(r"基准|指数|\bbenchmark\b|\bindex\b|\bsector\b|\bpeers?\b", re.IGNORECASE)
_ADJUSTED = re.compile(r"non-?\s?GAAP|adjusted|underlying|normali[sz]ed|调整后|扣非", re.IGNORECASE)
_OTHER = re.compile(r"\bothers?\b|其他|其它|\btotal\b|合计", re.IGNORECASE)
FEWEST = 3
"""Things of which one can be the largest: of two it is the larger (our choice)."""
_SINCE = re.compile(
    rf"\b(?:since|than\s+in|before)\s+(?:\w+\s+){{0,2}}{YEAR}|自?{YEAR}年以来"
    rf"|\bfrom\s+[^…]{{1,40}}?\b(?:in|at|of)\s+(?:\w+\s+){{0,2}}{YEAR}(?=\s+to\b)"
    rf"|[由从][^，。…]{{1,24}}?(?=(?:{CHINESE_UP}|{CHINESE_DOWN}|[升降涨跌])[至到])",
    re.IGNORECASE,
)
"""A moment that a statement goes back to, or the start of what it tells: its number is of the
end."""
_FROM_THEN = re.compile(r"\bsince\b|自[^，。；]*?(?:以来|起)|以来", re.IGNORECASE)
"""What names a start, and no time of the number."""
_END_OF = re.compile(r"[末底]|\b(?:end|close)\b|\byear-end\b", re.IGNORECASE)


def clause_of(statement: str) -> str:
    """The clause of a statement that the gap stands in."""
    return next(clause for clause in CLAUSE.split(statement) if GAP in clause)


def titled(statement: str, figure: Figure) -> float:
    """The share of the words of a figure's title that a statement says, 0 to 1."""
    heading = _ASIDE.sub(" ", without_label(heading_of(figure)))
    title = set(tokens(_FORM.sub(" ", heading)))
    title = {word for word in title if not word.isdigit() and word not in _GENERAL} or title
    said = set(tokens(with_initials(statement, heading)))
    return len(title & said) / max(len(title), 1)


def with_initials(statement: str, names: str) -> str:
    """A statement, and the short forms among some names whose words it says.

    Examples:
        >>> with_initials("Offices are 11% of commercial real estate", "CRE by type")
        'Offices are 11% of commercial real estate CRE'
    """
    first = "".join(word[0].lower() for word in re.findall(r"[A-Za-z]+", statement))
    said = [x for x in dict.fromkeys(_INITIALS.findall(names)) if x.lower() in first]
    return " ".join([statement, *said])


def readings_meant(statement: str, figure: Figure, latest: bool) -> Sequence[Reading]:
    """The readings at what a statement names; none where that is not clear.

    Args:
        statement: with a gap.
        figure: with what it shows.
        latest: whether the statement is of the end of the period that the chart shows.
    """
    statement = _SINCE.sub(" ", statement) if latest else statement
    drawn = f"{heading_of(figure)} {' '.join({f'{r.series} {r.label}' for r in figure.shows})}"
    statement = with_initials(statement, drawn)
    own = _of_series(statement, figure.shows, latest)
    moments = bool(own) and all(is_period(r.series) for r in figure.shows)
    labels = {r.label for r in own if r.label}
    found = asked.labels_named(clause_of(statement), own) or asked.labels_named(statement, own)
    periods = [label for label in labels if is_period(label)]
    timed = bool(periods) and len(periods) >= len(labels) / 2
    said, several = titled(statement, figure), len({r.series for r in figure.shows}) > 1
    if not said and not (several if timed else found):
        return []
    if not several and (timed or not found) and said < TITLE_SAID:
        return []
    if timed and latest:
        return asked.meant("", own) if _is_last(statement, own) else []
    if timed:
        found = _one_a_year(statement, found)
    own = [r for r in own if r.label in found and r.point in ("label", "share")]
    flat = asked.squeezed(statement)
    clear = all(asked.squeezed(asked.bare(r.series)) in flat for r in own)  # else one is meant
    single = clear or len({r.series for r in own}) == 1
    return own if single and (not latest or moments) else []


def _of_series(statement: str, shows: list[Reading], latest: bool) -> list[Reading]:
    """The readings of the series that a statement names, or means without a word."""
    names = list(dict.fromkeys(r.series for r in shows))
    if len(names) > 1 and all(map(is_period, names)):  # each period has its own bars
        years, quarter = set(years_in(statement)), QUARTER.search(statement)
        named = [n for n in names if year_of(n) in years]
        if quarter:
            named = [n for n in named if quarter_of(n) in (None, quarter_of(quarter[0]))]
        if latest and not named:
            named = [max(names, key=lambda n: (year_of(n) or 0, quarter_of(n) or 0))]
        return [r for r in shows if r.series in named]
    named = asked.series_named(clause_of(statement), shows) or asked.series_named(statement, shows)
    if not named and _OWN_FUND.search(statement):
        named = _other_than(_BENCHMARK, names)
    return [r for r in shows if r.series in (named or _other_than(_ADJUSTED, names))]


def _other_than(kind: re.Pattern[str], names: Sequence[str]) -> list[str]:
    """The one of two names that is not of a kind: the fund, and not its benchmark."""
    others = [name for name in names if not kind.search(name)]
    return others if len(others) == 1 and len(names) == 2 else []


def _one_a_year(statement: str, labels: Sequence[str]) -> list[str]:
    """Labels that a statement names: of several in one year the last, if it speaks of the end."""
    if len(labels) < 2 or QUARTER.search(statement) or asked.IN_MONTH.search(statement):
        return list(labels)
    years = [year_of(label) for label in labels]
    if len(set(years)) == len(labels):
        return list(labels)
    return [labels[-1]] if len(set(years)) == 1 and _END_OF.search(statement) else []


def _is_last(statement: str, readings: Sequence[Reading]) -> bool:
    """Whether a statement names no time before the last that is written along a chart's axis."""
    if not _dated(statement):
        return True
    last = next((r.label for r in reversed(readings) if r.label), "")
    unlabelled = not next((r.label for r in reversed(readings) if r.point == "last"), last)
    quarter, month = QUARTER.search(statement), asked.IN_MONTH.search(statement)
    years = years_in(statement)
    if years:
        other = year_of(last)
        return unlabelled and other is not None and max(years) >= other
    if quarter:
        return unlabelled or quarter_of(quarter[0]) == quarter_of(last)
    if not month:
        return False
    return unlabelled or asked.month(month[0]) == month_of(last)


def _dated(statement: str) -> bool:
    """Whether a statement names a period; "since" a moment is to the end of what is shown."""
    bare = re.sub(r"\d[\d,.]*", lambda m: m[0] if re.fullmatch(YEAR, m[0]) else " ", statement)
    timed = QUARTER_OF_YEAR.search(statement) or re.search(QUARTER_LABEL, statement)
    return bool(timed) or says_when(_FROM_THEN.sub(" ", bare))


def ranked(statement: str, figure: Figure) -> list[list[Reading]]:
    """The readings among which a statement of a rank chooses: three or more things, at one time.

    Args:
        statement: that something is the largest, or the smallest.
        figure: with what it shows.

    Returns:
        The series at the label that it names, else at the last; of a chart of one series without
        periods its labels. Parts of which one is "other" are compared without it.
    """
    shows = [r for r in figure.shows if r.point in ("label", "share") and r.label]
    names = list(dict.fromkeys(r.series for r in shows))
    labels = list(dict.fromkeys(r.label for r in shows))
    if len(names) > 1 and any(map(is_period, labels)):
        found = _one_a_year(statement, asked.labels_named(statement, shows))
        at = found[0] if len(found) == 1 else labels[-1]
        dated = bool(found) or not _dated(statement)
        groups = [[r for r in shows if r.label == at]] if dated else []
    elif not any(map(is_period, labels)):
        groups = [_of_series(statement, shows, latest=True) if len(names) > 1 else shows]
    else:
        groups = []
    named = [[r for r in g if not _OTHER.search(f"{r.series} {r.label}")] for g in groups]
    return [g for g in named if len(g) >= FEWEST and len({r.unit for r in g}) == 1]
