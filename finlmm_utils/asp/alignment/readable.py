"""Whether a chart's marks bear out an answer: a value, a change, a direction, a rank, a sign.

Printed digits would be too little and too much: real charts print few values, and the numbers that
they all print are ticks. What a chart shows is in `Figure.shows`.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import product

from finlmm_utils.asp.alignment import asked
from finlmm_utils.asp.alignment.figure_text import heading_of, title_text
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.checks import number_of
from finlmm_utils.asp.records import QA, Figure, Reading
from finlmm_utils.finance.expressions import ExpressionError, operands

OF_SPAN = 0.02  # of the axis: what a reader of the picture may be off
OF_VALUE = 0.005  # of a printed value: texts round
NUMBER_SUBJECT, WORDS_SUBJECT = 0.5, 0.7
"""Least share of a question's words in a chart, of the best chart's share, for numbers and for
relations; measured on labelled questions over real charts."""
BEST = 0.999
"""The same share where nothing but the words can be checked: no chart of the report has more."""
OF_ANSWER = 0.1  # of a value: one that is less sure is too small to be read off its axis
SCALES = (1.0, 100.0, 1e3, 1e6)
"""A share drawn as a fraction, an amount in thousands or millions."""
MOST_READINGS = 400  # of a chart, that are compared two by two (our choice)


class Subjects:
    """How much of a question's subject each chart of a report has, by rare words.

    Args:
        figures: of one report.
    """

    def __init__(self, figures: Sequence[Figure]) -> None:
        self.words = [_words(f) for f in figures]
        counts = Counter(word for words in self.words for word in words)
        self.rarity = {w: math.log(1 + len(figures) / c) for w, c in counts.items()}

    def shares(self, question: str) -> list[float]:
        """For each chart, the weight of the words that it shares, of the best chart's weight.

        1 for all where no chart has any: then the words tell nothing.
        """
        wanted = set(tokens(question))
        weights = [sum(self.rarity[w] for w in wanted & words) for words in self.words]
        best = max(weights, default=0.0)
        return [w / best if best else 1.0 for w in weights]


def _words(figure: Figure) -> set[str]:
    names = " ".join(dict.fromkeys(r.series for r in figure.shows))
    return set(tokens(f"{heading_of(figure)} {title_text(figure)} {names}"))


def readable(pair: QA, figure: Figure, subject: float = 1.0) -> bool | None:
    """Whether the marks of a chart bear out a question's answer.

    Args:
        pair: the question with its answer.
        figure: the chart, with what it shows.
        subject: share of the question's subject that it has, see `Subjects`.

    Returns:
        True where they do; False where they don't, or where the chart is about something else;
        None where they say nothing of it: nothing was read, or the question asks for no relation
        that is parsed.
    """
    if subject < (NUMBER_SUBJECT if pair.answer_kind == "number" else WORDS_SUBJECT):
        return False
    if not figure.shows:
        return None
    if pair.answer_kind == "number":
        return _number(pair, figure.shows)
    return _relation(pair, figure.shows)


# --- numbers ------------------------------------------------------------------------------------


def _number(pair: QA, readings: list[Reading]) -> bool | None:
    wanted = number_of(pair.answer)
    if wanted is None:
        return None
    named = asked.series_named(pair.question, readings)
    own = [r for r in readings if r.series in named]
    if not own:
        return False
    if pair.unit in ("year", "年") or (wanted in range(1950, 2100) and "year" in pair.question):
        return any(asked.year_of(r.label) == wanted for r in _extremes(pair.question, own))
    if _operands_shown(pair, own):
        return True
    meant = _meant(pair.question, own)
    if any(_near(r.value, wanted, slack(r)) for r in meant):
        return True
    if asked.MEAN.search(pair.question) and len(meant) > 1:
        mean = sum(r.value for r in meant) / len(meant)
        return _near(mean, wanted, max(slack(r) for r in meant))
    return bool(asked.CHANGE.search(pair.question)) and _changed(pair.question, own, wanted)


def slack(reading: Reading) -> float:
    """How far off a reading may be, in its unit."""
    if reading.how == "printed":
        return OF_VALUE * abs(reading.value) + 1e-9
    return max(reading.tolerance, OF_SPAN * reading.span)


def _near(value: float, wanted: float, off: float) -> bool:
    """Whether two numbers agree, whatever their signs and scales."""
    value, wanted = abs(value), abs(wanted)
    if wanted and off > OF_ANSWER * max(value, off / OF_ANSWER / 2):
        return False  # too small to be read off this axis
    return any(abs(value * s - wanted) <= off * s or abs(value - wanted * s) <= off for s in SCALES)


def _operands_shown(pair: QA, readings: list[Reading]) -> bool:
    """Whether each number of the expression is a value of the chart, at the labels asked for."""
    if not pair.expression:
        return False
    with suppress(ExpressionError):
        numbers = {abs(x) for x in operands(pair.expression)} - {100.0}
        labels = asked.labels_named(f"{pair.question} {pair.evidence}", readings)
        own = [r for r in readings if r.label in labels] if labels else readings
        return bool(numbers) and all(any(_near(r.value, n, slack(r)) for r in own) for n in numbers)
    return False


def _meant(question: str, readings: list[Reading]) -> list[Reading]:
    """The readings at the labels and points that a question names; ends where it names none."""
    labels, points = asked.labels_named(question, readings), asked.points_asked(question)
    at_labels = [r for r in readings if r.label in labels and r.point in ("label", "share")]
    extremes = [r for r in _extremes(question, readings) if points & {"highest", "lowest"}]
    if extremes and not at_labels:
        return extremes
    if at_labels and "last" not in points:
        return at_labels
    last = [r for r in readings if r.point == "last"]
    if not last:  # bars, all of them labelled
        last = [x[-1] for x in _by_series(readings).values() if x]
    return at_labels + last


def _extremes(question: str, readings: list[Reading]) -> list[Reading]:
    """The highest or lowest reading of each series, as a question asks for it."""
    out = []
    for some in _by_series(readings).values():
        if asked.HIGHEST.search(question):
            out.append(max(some, key=lambda r: r.value))
        elif asked.LOWEST.search(question):
            out.append(min(some, key=lambda r: r.value))
    # The same value read at a label has its name.
    named = [r for r in readings if r.label and any(r.value == o.value for o in out)]
    return out + named


def _by_series(readings: Iterable[Reading]) -> dict[str, list[Reading]]:
    found: dict[str, list[Reading]] = defaultdict(list)
    for reading in readings:
        found[reading.series].append(reading)
    return found


def _changed(question: str, readings: list[Reading], wanted: float) -> bool:
    """Whether two readings that a question names differ by a number, or by so many per cent."""
    labels = asked.labels_named(question, readings)
    for some in _by_series(readings).values():
        own = [r for r in some if r.point in ("label", "share")] or some
        ends = [r for r in some if r.point in ("first", "last")]
        meant = [r for r in own if r.label in labels]
        if len(meant) < 2:
            meant = (meant + ends) if ends else (meant or own[-1:]) + own[-2:]
        for a, b in product(meant[:20], meant[:20]):
            if a.value == b.value or not a.value:
                continue
            gap, off = abs(b.value - a.value), slack(a) + slack(b)
            if abs(gap - abs(wanted)) <= off:
                return True
            share = 100 * gap / abs(a.value)
            if abs(share - abs(wanted)) <= max(100 * off / abs(a.value), OF_VALUE * abs(wanted)):
                return True
    return False


# --- relations ----------------------------------------------------------------------------------


def _relation(pair: QA, readings: list[Reading]) -> bool | None:
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
    for name, some in _by_series(readings).items():
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
    meant = _meant(question, [r for r in readings if r.series in named])
    if not meant:
        return None
    return all((r.value > 0) == bool(up) and abs(r.value) > r.tolerance for r in meant)


def _direction(question: str, answer: str, readings: list[Reading]) -> bool | None:
    """Whether a series rises or falls over the span that a question names, or as a whole."""
    up, down = asked.UP.search(answer), asked.DOWN.search(answer)
    if bool(up) == bool(down) or asked.THAN.search(question):
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
