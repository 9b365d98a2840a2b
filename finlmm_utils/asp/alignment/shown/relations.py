"""Whether a chart bears out a relation: a rank, a comparison, a sign, a direction.

Only readings that differ by more than both may be off say anything.
"""

from __future__ import annotations

from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.records import QA, Reading


def relation_shown(pair: QA, readings: list[Reading]) -> bool | None:
    """Whether the readings of a chart bear out an answer in words.

    Returns:
        None where the question asks for no relation that is parsed, or the readings leave it open.
    """
    question, answer = pair.question, pair.answer
    if asked.TURNS.search(question) or asked.TURNS.search(answer):
        return None
    for check in (_periods, _rank_of_series, _rank_of_labels, _compared, _sign, _direction):
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
    rivals = offered if len(offered) > 1 else list(ends)
    if len(mine) > 1:
        mine = [n for n in mine if asked.squeezed(n) == asked.squeezed(answer)]
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
    named = sorted(
        (flat.find(asked.squeezed(n)), n) for n in ends if asked.squeezed(n) in flat and n
    )
    if len(named) != 2:
        return None
    first, second = (ends[name] for _, name in named)
    if not _differ(first, second):
        return False
    return (first.value > second.value) == bool(up)


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
    """Whether a series rises or falls over the span that a question names, or as a whole."""
    up, down = asked.UP.search(answer), asked.DOWN.search(answer)
    compared = any(w.search(question) for w in (asked.THAN, asked.ABOVE, asked.BELOW))
    if bool(up) == bool(down) or compared:
        return None
    named = asked.series_named(question, readings)
    if len(named) != 1:
        return None
    own = [r for r in readings if r.series == named[0]]
    years = asked.years_in(question)
    points = [r for r in own if r.point == "label"]
    if years:
        inside = [
            r for r in points if (y := asked.year_of(r.label)) and min(years) <= y <= _until(years)
        ]
        last = [r for r in own if r.point == "last"]
        points = inside + (last if len(years) == 1 or _ends_there(last, years) else [])
    else:
        points = [r for r in own if r.point == "first"] + [r for r in own if r.point == "last"]
        points = points or [r for r in own if r.point == "label"]
    if len(points) < 2 or not _differ(points[0], points[-1]):
        return None
    return (points[-1].value > points[0].value) == bool(up)


def _until(years: list[int]) -> int:
    return max(years) if len(years) > 1 else 9999


def _ends_there(last: list[Reading], years: list[int]) -> bool:
    return any(asked.year_of(r.label) == max(years) for r in last)
