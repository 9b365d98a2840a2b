"""Whether a chart bears out a relation: a rank, a comparison, a sign, a direction.

Only readings that differ by more than both may be off say anything.
"""

from __future__ import annotations

import re
from itertools import pairwise

from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.alignment.shown.fluctuation import fluctuates, seen_apart
from finlmm_utils.asp.alignment.shown.names import names_asked
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.records import QA, Reading
from finlmm_utils.finance.directions import FALLING, RISING
from finlmm_utils.finance.periods import YEAR, run_of

FEWEST_VALUES = 8  # of a series, from which on most of them, or their tail, says something
OF_NAME = 0.25  # of the words of two names together, that are of both: one means the other
STEADY = 0.5  # of the way from the lowest to the highest value, that lies between the ends (ours)
CLEARLY = 0.1  # of all values, by which more than half of them must be (our choice)
_UP = re.compile(rf"{RISING.pattern}|\b(?:grown?|widen\w*|expand\w*|surg\w*|climb\w*)\b|扩大", re.I)
_DOWN = re.compile(rf"{FALLING.pattern}|\b(?:narrow\w*|compress\w*|slowed)\b|收窄", re.I)
"""The directions of answers, those of a gap between two things among them."""
_SPREADS, _TIGHTER = re.compile(r"\bspreads?\b", re.I), re.compile(r"\btighten\w*", re.I)
_RIGHT, _LEFT = re.compile(r"右偏|\bright\b", re.I), re.compile(r"左偏|\bleft\b", re.I)


def relation_shown(pair: QA, readings: list[Reading]) -> bool | None:
    """Whether the readings of a chart bear out an answer in words.

    Returns:
        None where the question asks for no relation that is parsed, or the readings leave it open.
    """
    question, answer = pair.question, pair.answer
    if asked.TURNS.search(question) or asked.TURNS.search(answer):
        return None
    for check in (fluctuates, _together, _mostly, _periods, _rank_of_series, _series_that_moves,
                  _rank_of_labels, _skewed, _compared, _sign, _direction):  # fmt: skip
        said = check(question, answer, readings)
        if said is not None:
            return said
    return None


def _periods(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether a series is higher, or lower, in the period named first than in the one after it."""
    up, down = asked.ABOVE.search(answer), asked.BELOW.search(answer)
    years = list(dict.fromkeys(asked.years_in(question)))
    named = asked.series_named(question, readings)
    if bool(up) == bool(down) or len(years) != 2 or len(named) != 1:
        return None
    own = [r for r in readings if r.series == named[0] and r.point == "label"]
    found = [asked.labels_named(question, [r]) and r for r in own]
    means = []
    for year in years:
        some = [r for r in found if isinstance(r, Reading) and asked.year_of(r.label) == year]
        if not some:
            return None
        means.append(sum(r.value for r in some) / len(some))
    gap = means[0] - means[1]
    return (gap > 0) == bool(up) and abs(gap) > 2 * max(r.tolerance for r in own)


def _differ(a: Reading, b: Reading) -> bool:
    return abs(a.value - b.value) > a.tolerance + b.tolerance


def _ends(readings: list[Reading]) -> dict[str, Reading]:
    """The last reading of each series."""
    out = {}
    for name, some in asked.by_series(readings).items():
        last = [r for r in some if r.point == "last"] or some[-1:]
        out[name] = last[0]
    return out


def _is_named(name: str, text: str) -> bool:
    a, b = asked.squeezed(name), asked.squeezed(text)
    return bool(a) and bool(b) and (a in b or b in a)


def _rank_of_series(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """The series that ends highest, or lowest, of those that a question offers, or of all."""
    high, low = asked.HIGHEST.search(question), asked.LOWEST.search(question)
    more, less = asked.ABOVE.search(question), asked.BELOW.search(question)
    up = bool(high or (more and not low and not less))
    if not (up or low or less) or (high and low):
        return None
    ends = _ends(readings)
    mine = [n for n in ends if _is_named(n, answer)]
    offered = [
        n for n in ends if asked.squeezed(n) and asked.squeezed(n) in asked.squeezed(question)
    ]
    named = asked.series_named(question, readings)
    offered = offered if len(offered) > 1 else named
    rivals = offered if len(offered) > 1 else list(ends)
    if len(mine) > 1:
        exact = [n for n in mine if asked.squeezed(n) == asked.squeezed(answer)]
        mine = exact or ([n for n in mine if n in named] if len(offered) > 1 else [])
    if len(mine) != 1 or len(rivals) < 2:
        return None
    one = ends[mine[0]]
    others = [ends[n] for n in rivals if n != mine[0]]
    ahead = [(one.value > o.value) == up and _differ(one, o) for o in others]
    return all(ahead)


def _rank_of_labels(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """The label at which a series is highest, or lowest."""
    high, low = asked.HIGHEST.search(question), asked.LOWEST.search(question)
    mine = [r for r in readings if r.point in ("label", "share") and _is_named(r.label, answer)]
    if not mine or bool(high) == bool(low):
        return None
    named = asked.series_named(question, readings)
    own = [r for r in readings if r.series in named and r.point in ("label", "share")]
    mine = [r for r in mine if r.series in named]
    if not mine or len(own) < 2:
        return None
    best = (max if high else min)(own, key=lambda r: r.value)
    return any(r is best for r in mine)


def _compared(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether the series named first ends above, or below, the one named after it."""
    up, down = asked.ABOVE.search(answer), asked.BELOW.search(answer)
    if bool(up) == bool(down):
        return None
    flat = asked.squeezed(question)
    ends = _ends(readings)
    whole = sorted(
        (flat.find(asked.squeezed(n)), n) for n in ends if asked.squeezed(n) in flat and n
    )
    named = [name for _, name in whole]
    if len(named) != 2:
        sides = names_asked(question)
        if len(sides) != 2 or not all(map(_says_what, sides)) or asked.EITHER_WAY.search(question):
            return None
        named = [name for side in sides if (name := _series_of(side, list(ends)))]
        if len(set(named)) != 2:
            return None
    first, second = (ends[name] for name in named)
    if not _differ(first, second) or not seen_apart(first, second):
        return False
    return (first.value > second.value) == bool(up)


def _says_what(side: str) -> bool:
    """Whether a side of a comparison names something, and is no level and no rest of a date."""
    return not re.search(r"\d\s*%?$|^[\d.]", side) and bool(set(tokens(side)) - {"than", "that"})


def _series_of(side: str, names: list[str]) -> str:
    """The series whose name shares most words with a side of a comparison, "" if none is ahead."""
    words = set(tokens(side))
    shares = sorted(
        ((len(words & own) / len(words | own), n) for n in names if (own := set(tokens(n)))),
        reverse=True,
    )
    ahead = shares and shares[0][0] >= OF_NAME and shares[0][0] > sum(x for x, _ in shares[1:2])
    return shares[0][1] if ahead else ""


def _sign(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether a value is positive or negative."""
    up, down = asked.POSITIVE.search(answer), asked.NEGATIVE.search(answer)
    if bool(up) == bool(down):
        return None
    named = asked.series_named(question, readings)
    meant = asked.meant(question, [r for r in readings if r.series in named])
    if not meant:
        return None
    return all((r.value > 0) == bool(up) and abs(r.value) > r.tolerance for r in meant)


def _direction(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether a series rises or falls over the span that a question names, or as a whole.

    Of a question that names none of several series, all must go the same way.
    """
    up, down = _UP.search(answer), _DOWN.search(answer)
    if _SPREADS.search(question):
        down = down or _TIGHTER.search(answer)
    either = asked.EITHER_WAY.search(question)
    than = (asked.THAN, asked.ABOVE, asked.BELOW)
    compared = not either and any(word.search(question) for word in than)
    if bool(up) == bool(down) or compared:
        return None
    named = asked.series_named(question, readings)
    if len(named) > 1 or (not named and asked.points_asked(question)):
        return None
    names = named or list(asked.by_series(readings))
    ways = [_went(question, [r for r in readings if r.series == name]) for name in names]
    if not all(ways) or len({way > 0 for way in ways}) != 1:
        return None
    return (ways[0] > 0) == bool(up)


def _went(question: str, own: list[Reading]) -> float:
    """By how much a series rises over the span that a question names; 0 where that is not sure."""
    years = asked.years_in(question)
    points = [r for r in own if r.point == "label"]
    if steps := run_of(question):  # each of them, or somebody counts otherwise
        points = points[-1 - steps :]
        ways = {b.value > a.value for a, b in pairwise(points) if seen_apart(a, b)}
        if len(points) <= steps or len(ways) != 1:
            return 0.0
    elif years:
        until = min(years) if _WITHIN.search(question) and len(years) == 1 else _until(years)
        inside = [r for r in points if (y := asked.year_of(r.label)) and min(years) <= y <= until]
        last = [r for r in own if r.point == "last"]
        open_end = len(years) == 1 and until > min(years)
        points = inside + (last if open_end or _ends_there(last, years) else [])
        since = [r.value for r in own if (asked.year_of(r.label) or 0) >= min(years)]
        way = points[-1].value - points[0].value if points else 0.0
        if open_end and since and abs(way) < STEADY * (max(since) - min(since)):
            return 0.0
    else:
        ends = [r for r in own if r.point in ("first", "last")]
        points = ends or points
    if len(points) < 2 or not _differ(points[0], points[-1]):
        return 0.0
    if not years and not seen_apart(points[0], points[-1]):
        return 0.0
    return points[-1].value - points[0].value


_WITHIN = re.compile(rf"在?{YEAR}年(?:是|持续|继续|全年|内|，)|\b(?:in|during) {YEAR}\b")
"""A year in which something moves, not since which."""


def _together(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether two series that a question names move the same way over its span."""
    same, apart = asked.TOGETHER.search(answer), asked.APART.search(answer)
    named = asked.series_named(question, readings)
    if bool(same) == bool(apart) or len(named) != 2:
        return None
    one, other = (_went(question, [r for r in readings if r.series == n]) for n in named)
    return (one * other > 0) == bool(same) if one and other else None


def _series_that_moves(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """The one of the series offered that rises, or falls, most over the span of a question."""
    up, down = RISING.search(question), FALLING.search(question)
    names = list(asked.by_series(readings))
    mine = [n for n in names if _is_named(n, answer)]
    if bool(up) == bool(down) or len(mine) != 1 or len(names) < 2:
        return None
    went = {n: _went(question, [r for r in readings if r.series == n]) for n in names}
    offered = [n for n in names if asked.squeezed(n) in asked.squeezed(question)]
    rivals = [went[n] for n in (offered if len(offered) > 1 else names) if n != mine[0]]
    way, own = (1 if up else -1), went[mine[0]]
    return own * way > max(0.0, *(gap * way for gap in rivals)) if own else None


def _mostly(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether most values of a series are positive, or negative."""
    most, few = asked.MOST.search(answer), asked.FEW.search(answer)
    above, under = asked.POSITIVE.search(question), asked.NEGATIVE.search(question)
    named = asked.series_named(question, readings)
    own = [r for r in readings if r.series in named and r.point == "label"]
    sure = [r.value for r in own if abs(r.value) > r.tolerance]
    if len({r.label for r in own}) < len(own):
        return None  # some bars stand under no label of their own: others may be lost
    if bool(most) == bool(few) or bool(above) == bool(under) or len(named) != 1:
        return None
    share = sum((v > 0) == bool(above) for v in sure) / max(len(sure), 1)
    if len(sure) < FEWEST_VALUES or abs(share - 0.5) < CLEARLY:
        return None
    return (share > 0.5) == bool(most)


def _skewed(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether the longer tail of a histogram lies right, or left, of its highest bar."""
    right, left = _RIGHT.search(answer), _LEFT.search(answer)
    own = [r for r in readings if r.point == "label"]
    if bool(right) == bool(left) or len(own) < FEWEST_VALUES or len({r.series for r in own}) != 1:
        return None
    total, places = sum(max(r.value, 0) for r in own), range(len(own))
    if not total:
        return None
    shares = [max(r.value, 0) / total for r in own]
    mean = sum(k * share for k, share in zip(places, shares, strict=True))
    spread = sum(share * (k - mean) ** 2 for k, share in zip(places, shares, strict=True))
    third = sum(share * (k - mean) ** 3 for k, share in zip(places, shares, strict=True))
    return (third > 0) == bool(right) if spread else None


def _until(years: list[int]) -> int:
    return max(years) if len(years) > 1 else 9999


def _ends_there(last: list[Reading], years: list[int]) -> bool:
    return any(asked.year_of(r.label) == max(years) for r in last)
