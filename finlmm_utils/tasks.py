"""Financial questions over one series of figures, with the steps that lead to the answer.

The same templates serve three places, so that what the pipeline asks is what the small policy was
taught to hear: the gold of the made reports, the offline question generator of notebook 02, and the
curriculum of ``finlmm-tiny``. The four task kinds are the paper's (arXiv 2506.13066, abstract):
arithmetic reasoning, statistics reasoning, financial explanation and financial knowledge. The
templates themselves are our choice.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from finlmm_utils.terms import BALANCE, CASH, CATEGORY_OF, INCOME, OPERATING, RATIO, TERMS, Term


@dataclass(frozen=True)
class Series:
    """One line of figures: what a chart shows, or what a sentence or a table row states.

    Attributes:
        term: what is measured, in lower case ("gross margin").
        unit: its unit; see :class:`Term`.
        labels: the periods in order ("2021", "Q3 2022", ...).
        values: one number a label, in ``unit``.
    """

    term: str
    unit: str
    labels: tuple[str, ...]
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.values) or len(self.labels) < 2:
            raise ValueError(
                f"series {self.term!r}: {len(self.labels)} labels and {len(self.values)} values; "
                "expected the same number of each, at least 2"
            )


@dataclass(frozen=True)
class Task:
    """A question with its answer and the way there.

    Attributes:
        question: names the term and the periods, never the image or the company.
        answer: a plain number ("12", "-3.5"), or one of the choices named in the question.
        answer_kind: "number" or "choice".
        unit: of the answer; "" for choices and years.
        task: "arithmetic", "statistics", "explanation" or "knowledge".
        template: which template made it ("change", "sum", ...).
        expression: computes the answer from ``operands`` with + - * / ( ) max min; "" where the
            answer is no number.
        operands: the labels whose values are read, in the order in which the expression has them.
        steps: the reasoning after the values are read, one sentence each.
    """

    question: str
    answer: str
    answer_kind: str
    unit: str
    task: str
    template: str
    expression: str
    operands: tuple[str, ...]
    steps: tuple[str, ...]


def plain(value: float) -> str:
    """Writes a number without needless digits: 12.0 as "12", 12.50 as "12.5", -0.0 as "0"."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def worked(a: float, sign: str, b: float) -> str:
    """A sum or difference worked out in one sentence, two-digit numbers by tens and units.

    Examples:
        >>> worked(52, "-", 37)
        '52 - 37: tens 5 - 3 = 2, units 2 - 7 = -5, so 15.'
        >>> worked(1.5, "+", 2)
        '1.5 + 2 = 3.5.'
    """
    result = plain(a + b if sign == "+" else a - b)
    task = f"{plain(a)} {sign} {plain(b)}"
    if not all(10 <= v <= 99 and float(v).is_integer() for v in (a, b)):
        return f"{task} = {result}."
    (tens, units), (tens2, units2) = divmod(int(a), 10), divmod(int(b), 10)
    more, most = (tens + tens2, units + units2) if sign == "+" else (tens - tens2, units - units2)
    return (
        f"{task}: tens {tens} {sign} {tens2} = {more}, units {units} {sign} {units2} = {most}, "
        f"so {result}."
    )


def _span(series: Series) -> str:
    return f"between {series.labels[0]} and {series.labels[-1]}"


def _two(series: Series, rng: random.Random) -> tuple[int, int]:
    first, second = sorted(rng.sample(range(len(series.labels)), 2))
    return first, second


def _change(series: Series, rng: random.Random) -> Task:
    i, j = _two(series, rng)
    a, b = series.values[i], series.values[j]
    answer = plain(b - a)
    return Task(
        f"What is the change in {series.term} from {series.labels[i]} to {series.labels[j]}?",
        answer, "number", series.unit, "arithmetic", "change", f"{plain(b)} - {plain(a)}",
        (series.labels[j], series.labels[i]), (worked(b, "-", a),),
    )  # fmt: skip


def _sum(series: Series, rng: random.Random) -> Task:
    i, j = _two(series, rng)
    a, b = series.values[i], series.values[j]
    answer = plain(a + b)
    return Task(
        f"What is the sum of {series.term} in {series.labels[i]} and {series.labels[j]}?",
        answer, "number", series.unit, "arithmetic", "sum", f"{plain(a)} + {plain(b)}",
        (series.labels[i], series.labels[j]), (worked(a, "+", b),),
    )  # fmt: skip


def _extreme(series: Series, name: str, pick: Callable[..., float]) -> Task:
    numbers = ", ".join(plain(v) for v in series.values)
    answer = plain(pick(series.values))
    return Task(
        f"What is the {name} value of {series.term} {_span(series)}?",
        answer, "number", series.unit, "statistics", name, f"{pick.__name__}({numbers})",
        series.labels, (f"The {name} is {answer}.",),
    )  # fmt: skip


def _highest(series: Series, rng: random.Random) -> Task:
    return _extreme(series, "highest", max)


def _lowest(series: Series, rng: random.Random) -> Task:
    return _extreme(series, "lowest", min)


def _range(series: Series, rng: random.Random) -> Task:
    numbers = ", ".join(plain(v) for v in series.values)
    high, low = max(series.values), min(series.values)
    answer = plain(high - low)
    return Task(
        f"What is the range of {series.term} {_span(series)}?",
        answer, "number", series.unit, "statistics", "range", f"max({numbers}) - min({numbers})",
        series.labels,
        (f"The highest is {plain(high)}.", f"The lowest is {plain(low)}.",
         worked(high, "-", low)),
    )  # fmt: skip


def _trend(series: Series, rng: random.Random) -> Task:
    pairs = list(zip(series.values, series.values[1:], strict=False))
    if all(b > a for a, b in pairs):
        answer = "rise"
    elif all(b < a for a, b in pairs):
        answer = "fall"
    else:
        answer = "fluctuate"
    moves = ["up" if b > a else "down" if b < a else "flat" for a, b in pairs]
    return Task(
        f"Did {series.term} rise, fall or fluctuate {_span(series)}?",
        answer, "choice", "", "explanation", "trend", "", series.labels,
        (f"It goes {', '.join(moves)}.",),
    )  # fmt: skip


def _peak(series: Series, rng: random.Random) -> Task:
    high = max(series.values)
    answer = series.labels[series.values.index(high)]
    return Task(
        f"In which period did {series.term} peak {_span(series)}?",
        answer, "choice", "", "explanation", "peak", "", series.labels,
        (f"The highest is {plain(high)}.",),
    )  # fmt: skip


def _statement(series: Series, rng: random.Random) -> Task:
    category = CATEGORY_OF[series.term]
    choices = f"{INCOME}, {BALANCE}, {CASH}, {RATIO} or {OPERATING}"
    return Task(
        f"Which kind of item is {series.term}: {choices}?",
        category, "choice", "", "knowledge", "statement", "", (),
        (f"{series.term.capitalize()} is in the {category} group.",),
    )  # fmt: skip


TEMPLATES: dict[str, Callable[[Series, random.Random], Task]] = {
    "change": _change, "sum": _sum, "highest": _highest, "lowest": _lowest, "range": _range,
    "trend": _trend, "peak": _peak, "statement": _statement,
}  # fmt: skip


def possible_templates(series: Series) -> list[str]:
    """The templates that have one sure answer on this series.

    A tie for the maximum leaves "peak" without one, an unknown term "statement"; the templates that
    look over the whole series need three values.
    """
    names = ["change", "sum"]
    if len(series.values) >= 3:
        names += ["highest", "lowest", "range", "trend"]
        if series.values.count(max(series.values)) == 1:
            names.append("peak")
    if series.term in CATEGORY_OF:
        names.append("statement")
    return names


def questions_for(series: Series, rng: random.Random, count: int | None = None) -> list[Task]:
    """Makes questions of the four task kinds over one series.

    Args:
        series: what to ask about.
        rng: draws templates and periods; the only source of chance.
        count: how many at most, each from another template; None for one of every template.

    Returns:
        Tasks in the order of drawing.

    Examples:
        >>> series = Series("revenue", "$m", ("2021", "2022"), (45, 57))
        >>> task = TEMPLATES["change"](series, random.Random(0))
        >>> task.question, task.answer
        ('What is the change in revenue from 2021 to 2022?', '12')
    """
    names = possible_templates(series)
    rng.shuffle(names)
    return [TEMPLATES[name](series, rng) for name in names[:count]]


def random_series(
    rng: random.Random, term: Term | None = None, length: int | None = None
) -> Series:
    """Draws a made series: 3 or 4 consecutive years from 2015 to 2026, whole values 10 to 99.

    Values all differ. Half of the series have a clear direction, so that the three answers of the
    trend question are about equally frequent.
    """
    term = term or rng.choice(TERMS)
    length = length or rng.choice((3, 4))
    start = rng.randint(2015, 2027 - length)
    values = rng.sample(range(10, 100), length)
    shape = rng.choice(("rise", "fall", "any"))
    if shape != "any":
        values.sort(reverse=shape == "fall")
    labels = tuple(str(start + k) for k in range(length))
    return Series(term.name, term.unit, labels, tuple(values))
