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
from typing import Literal

from finlmm_utils.finance.terms import (
    BALANCE,
    CASH,
    CATEGORY_OF,
    INCOME,
    OPERATING,
    RATIO,
    Series,
    even_growth,
    plain,
)


@dataclass(frozen=True)
class Task:
    """A question with its answer and the way there.

    Attributes:
        question: names the term and the periods or parts, never the image or the company.
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
    answer_kind: Literal["number", "choice"]
    unit: str
    task: Literal["arithmetic", "statistics", "explanation", "knowledge"]
    template: str
    expression: str
    operands: tuple[str, ...]
    steps: tuple[str, ...]


def worked(a: float, sign: str, b: float) -> str:
    """A sum or difference worked out in one sentence, two-digit numbers by tens and units.

    Args:
        a: the first number.
        sign: "+" or "-".
        b: the second number.

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
    if series.part:
        return f"over all {series.part}s"
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


def _even_pairs(series: Series) -> list[tuple[int, int]]:
    """Positions, in order, of two values with a growth that needs no calculator."""
    count = len(series.values)
    return [
        (i, j)
        for i in range(count)
        for j in range(i + 1, count)
        if even_growth(series.values[i], series.values[j])
    ]


def _growth(series: Series, rng: random.Random) -> Task:
    i, j = rng.choice(_even_pairs(series))
    a, b = series.values[i], series.values[j]
    answer = plain((b - a) / a * 100)
    return Task(
        f"What is the growth of {series.term} from {series.labels[i]} to {series.labels[j]} "
        "in percent?",
        answer, "number", "%", "arithmetic", "growth",
        f"({plain(b)} - {plain(a)}) / {plain(a)} * 100", (series.labels[j], series.labels[i]),
        (worked(b, "-", a), f"{plain(b - a)} / {plain(a)} = {answer} %."),
    )  # fmt: skip


def _ratio(series: Series, rng: random.Random) -> Task:
    i, j = rng.choice(_even_pairs(series))
    a, b = series.values[i], series.values[j]
    answer = plain(b / a)
    return Task(
        f"What is the ratio of {series.term} in {series.labels[j]} to that in {series.labels[i]}?",
        answer, "number", "", "arithmetic", "ratio", f"{plain(b)} / {plain(a)}",
        (series.labels[j], series.labels[i]), (f"{plain(b)} / {plain(a)} = {answer}.",),
    )  # fmt: skip


def _mean(series: Series, rng: random.Random) -> Task:
    i, j = _two(series, rng)
    a, b = series.values[i], series.values[j]
    answer = plain((a + b) / 2)
    return Task(
        f"What is the mean of {series.term} in {series.labels[i]} and {series.labels[j]}?",
        answer, "number", series.unit, "statistics", "mean", f"({plain(a)} + {plain(b)}) / 2",
        (series.labels[i], series.labels[j]),
        (worked(a, "+", b), f"{plain(a + b)} / 2 = {answer}."),
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
    ups, downs = any(b > a for a, b in pairs), any(b < a for a, b in pairs)
    if ups and not downs:  # a step without a move is no turn
        answer = "rise"
    elif downs and not ups:
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
    asked = f"Which {series.part} has the highest" if series.part else "In which period did"
    end = f" {series.term}?" if series.part else f" {series.term} peak {_span(series)}?"
    return Task(
        asked + end,
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
    "change": _change, "growth": _growth, "sum": _sum, "ratio": _ratio, "mean": _mean,
    "highest": _highest, "lowest": _lowest, "range": _range, "trend": _trend, "peak": _peak,
    "statement": _statement,
}  # fmt: skip


def possible_templates(series: Series) -> list[str]:
    """The templates that have one sure answer on this series.

    A tie for the maximum leaves "peak" without one, an unknown term "statement"; growth and ratio
    are asked where they come out even, growth not of percentages; the templates that look over the
    whole series need three values, those on a course in time need periods.
    """
    over_time = not series.part
    names = ["change", "sum", "mean"] if over_time else ["sum", "mean"]
    if _even_pairs(series):
        names.append("ratio")
        if over_time and series.unit != "%":
            names.append("growth")
    if len(series.values) >= 3:
        names += ["highest", "lowest", "range"]
        if over_time:
            names.append("trend")
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
