"""Whether a chart's marks bear out an answer: a value, a change, a direction, a rank, a sign.

Printed digits would be too little and too much: real charts print few values, and the numbers that
they all print are ticks. What a chart shows is in `Figure.shows`.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from itertools import product

from finlmm_utils.asp.alignment.figure_text import heading_of, title_text
from finlmm_utils.asp.alignment.shown import asked
from finlmm_utils.asp.alignment.shown.names import says_when
from finlmm_utils.asp.alignment.shown.relations import relation_shown
from finlmm_utils.asp.language import tokens
from finlmm_utils.asp.questions.checks import number_of
from finlmm_utils.asp.records import QA, Figure, Reading
from finlmm_utils.finance.expressions import ExpressionError, operands
from finlmm_utils.finance.periods import CHINESE_LATEST, SPAN_SHOWN, quarter_of, year_of, years_in

OF_SPAN = 0.02  # of the axis: what a reader of the picture may be off
OF_VALUE = 0.005  # of a printed value: texts round
NUMBER_SUBJECT, WORDS_SUBJECT = 0.5, 0.7
"""Least share of a question's words in a chart, of the best chart's share, for numbers and for
relations; measured on labelled questions over real charts."""
BEST = 0.999
"""The same share where nothing but the words can be checked: no chart of the report has more."""
OF_CHANGE = 0.5  # of a change between two values
OF_ANSWER = 0.1  # of a value: one that is less sure is too small to be read off its axis
SCALES = (1.0, 100.0, 1e3, 1e6)
"""A share drawn as a fraction, an amount in thousands or millions."""
GLUED = 4  # letters of a word from which on it may stand within another: OCR loses blanks
_GIVEN = re.compile(r"^根据.*?的数值和同比变化，")
"""From what a value is worked out; where the chart draws that value, it must be the same."""
_PERIOD = re.compile(r"月|[HQ季]")
_LEVEL = re.compile(
    r"What (?:was|were|percentage of)\b(?!.*\b(?:highest|lowest|average|range|change|peak)\b)"
    r"|(?!.*(?:最|平均|变化|增长|下降|合计|同比|相差|[高低]多少)).*[是占]多少|.*[是占]百分之多少"
)
"""A question for one value; which of a chart's labels is meant, it must say."""
_PRIOR = re.compile(r"\bprior year\b")
_STEP = re.compile(r"^(?:changes?|increase|decrease)\s+in\s+|\s*\(\d\)$", re.IGNORECASE)
"""What a bar of a bridge is called beside its name, and the mark of a note."""
MOST_READINGS = 400  # of a chart, that are compared two by two (our choice)


class Subjects:
    """How much of a question's subject each chart of a report has, by rare words.

    Args:
        figures: of one report.
    """

    def __init__(self, figures: Sequence[Figure]) -> None:
        self.places = {f.figure_id: k for k, f in enumerate(figures)}
        self.words = [_words(f) for f in figures]
        counts = Counter(word for words in self.words for word in words)
        self.rarity = {w: math.log(1 + len(figures) / c) for w, c in counts.items()}

    def share(self, question: str, figure: Figure, read: str = "") -> float:
        """The share of one of the charts, see `shares`.

        Args:
            question: as asked.
            figure: one of the charts.
            read: words that OCR found in it: of a picture nothing else tells what it is about.
        """
        known = self.shares(question)[self.places[figure.figure_id]]
        if not read:
            return known
        own = self.words[self.places[figure.figure_id]]
        there, flat = own | set(tokens(read)), asked.squeezed(read)
        found = {w for w in tokens(question) if w in there or (len(w) >= GLUED and w in flat)}
        best = max((self._weight(set(tokens(question)) & words) for words in self.words), default=0)
        return min(1.0, self._weight(found) / best) if best else 1.0

    def _weight(self, words: set[str]) -> float:
        return sum(self.rarity.get(w, math.log(1 + len(self.words))) for w in words)

    def shares(self, question: str) -> list[float]:
        """For each chart, the weight of the words that it shares, of the best chart's weight.

        1 for all where no chart has any: then the words tell nothing.
        """
        wanted = set(tokens(question))
        weights = [self._weight(wanted & words) for words in self.words]
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
    if all(r.point == "share" for r in figure.shows) and len(set(years_in(pair.question))) > 1:
        return False  # the parts of one whole show no movement
    if not _says_which(pair.question, figure.shows) or not _spans(pair.question, figure.shows):
        return False
    if pair.answer_kind == "number":
        return _number(pair, figure.shows)
    return relation_shown(pair, figure.shows)


def _says_which(question: str, readings: Sequence[Reading]) -> bool:
    """Whether it is clear which of a chart's labels a question for one value means.

    A chart over periods is asked for one of them, a chart of none for none; of several other
    labels the question shares a word with one.
    """
    labels = {r.label for r in readings if r.label}
    periods = [label for label in labels if is_period(label)]
    if SPAN_SHOWN in question or question.startswith(CHINESE_LATEST):
        whole = all(r.point == "share" for r in readings)  # of one moment
        return not whole and (bool(periods) or any(r.point == "last" for r in readings))
    if len(labels) < 2 or not _LEVEL.match(question):
        return True
    if len(periods) > 1 and len(periods) >= len(labels) / 2:
        return says_when(question)
    words = set(tokens(question))
    return bool(periods) or any(words & set(tokens(label)) for label in labels)


def _spans(question: str, readings: Sequence[Reading]) -> bool:
    """Whether a chart can show a movement over the years that a question names.

    Not where its labels are no periods, nor where all of them are of other years.
    """
    years = set(years_in(question))
    labels = {r.label for r in readings}
    if len(years) < 2 or "" in labels:
        return True
    own = {year for label in labels if (year := year_of(label)) is not None}
    if own:
        return min(own) <= min(years) + 1 and max(own) >= max(years) - 1
    series = {year_of(r.series) for r in readings}
    return years <= series or any(is_period(label) for label in labels)


def is_period(label: str) -> bool:
    """Whether a label of a chart is a period: a year, a quarter, a month."""
    return bool(_PERIOD.search(label) or year_of(label) or quarter_of(label))


# --- numbers ------------------------------------------------------------------------------------


def _number(pair: QA, readings: list[Reading]) -> bool | None:
    wanted = number_of(pair.answer)
    if wanted is None:
        return None
    named = asked.series_named(pair.question, readings) or asked.series_in_unit(
        f"{pair.question} {pair.unit}", readings
    )
    own = [r for r in readings if r.series in named]
    if len(named) in (0, len({r.series for r in readings})):  # the question names no part of them
        stacks = _stacks(readings)
        if " " in pair.expression:
            if stacks and _operands_shown(pair, stacks):
                return True
        elif any(_near(r.value, wanted, slack(r)) for r in asked.meant(pair.question, stacks)):
            return True
        if asked.CHANGE.search(pair.question) and _changed(pair.question, stacks, wanted):
            return True
    if not own:
        return False
    if pair.unit in ("year", "年") or (wanted in range(1950, 2100) and "year" in pair.question):
        return any(asked.year_of(r.label) == wanted for r in asked.extremes(pair.question, own))
    asks = _GIVEN.sub("", pair.question)
    meant = asked.meant(asks, own)
    derived = asks != pair.question and bool(asked.labels_named(asks, own))
    if not derived and _operands_shown(pair, own):
        return True
    if any(_near(r.value, wanted, slack(r)) for r in meant):
        return True
    if asked.MEAN.search(pair.question) and len(meant) > 1:
        mean = sum(r.value for r in meant) / len(meant)
        return _near(mean, wanted, max(slack(r) for r in meant))
    return bool(asked.CHANGE.search(pair.question)) and _changed(pair.question, own, wanted)


def _stacks(readings: list[Reading]) -> list[Reading]:
    """The heights of a chart's stacks, for a question that names none of its parts."""
    names = {r.series for r in readings}
    at_labels: dict[str, dict[str, Reading]] = {}
    for r in readings:
        if r.point == "label" and r.label:
            at_labels.setdefault(r.label, {})[r.series] = r
    whole = [list(parts.values()) for parts in at_labels.values() if len(parts) == len(names)]
    return [
        parts[0].model_copy(
            update={
                "series": "", "how": "axis", "value": sum(r.value for r in parts),
                "tolerance": sum(slack(r) for r in parts),
            }
        )
        for parts in whole
        if len(parts) > 1
        and len({r.unit for r in parts}) == 1
        and all(r.value >= 0 for r in parts)
    ]  # fmt: skip


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
        own = asked.within_span(f"{pair.question} {pair.evidence}", readings)
        return bool(numbers) and all(any(_near(r.value, n, slack(r)) for r in own) for n in numbers)
    return False


def _is_step(question: str, reading: Reading) -> bool:
    """Whether a bar of a bridge is the change that a question asks for: "Change in net income"."""
    name = _STEP.sub("", reading.label)
    return name != reading.label and set(tokens(name)) <= set(tokens(question))


def _changed(question: str, readings: list[Reading], wanted: float) -> bool:
    """Whether two readings that a question names differ by a number, or by so many per cent."""
    labels = asked.labels_named(question, readings)
    if any(_is_step(question, r) and _near(r.value, wanted, slack(r)) for r in readings):
        return True
    if _PRIOR.search(question):
        years = {year_of(label) for label in labels} - {None}
        labels += [r.label for r in readings if year_of(r.label) in {y - 1 for y in years if y}]
    for some in asked.by_series(readings).values():
        own = [r for r in some if r.point in ("label", "share")] or some
        ends = [r for r in some if r.point in ("first", "last")]
        meant = [r for r in own if r.label in labels]
        if len(meant) < 2:
            meant = (meant + ends) if ends else (meant or own[-1:]) + own[-2:]
        for a, b in product(meant[:20], meant[:20]):
            if a.value == b.value or not a.value:
                continue
            gap, off = abs(b.value - a.value), slack(a) + slack(b)
            if off > OF_CHANGE * gap:
                continue  # too small to be read off this axis
            if any(abs(gap - s * abs(wanted)) <= off for s in SCALES):
                return True
            share = 100 * gap / abs(a.value)
            if abs(share - abs(wanted)) <= max(100 * off / abs(a.value), OF_VALUE * abs(wanted)):
                return True
    return False
