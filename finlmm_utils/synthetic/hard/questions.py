"""Gold questions of a hard report: what a picture answers, and what no figure answers."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import TypedDict

from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.synthetic.hard.contents import Chart, han_date
from finlmm_utils.synthetic.hard.prose import Said

READING = 0.02
"""How far a value off an axis may be from the true one, as a share of the axis (our choice)."""
DENSE = 12
"""From so many points on a line has no label at each of them: only its ends are asked for."""


class Asked(TypedDict):
    """One question.

    Attributes:
        question: understood alone.
        answer: as a string.
        answer_kind: "number" or "choice".
        unit: of a number.
        task: one of the paper's kinds.
        read: "printed", "axis" or "shape": what of the picture answers.
        tolerance: that a number may be off by, absolute; 0 for a choice.
    """

    question: str
    answer: str
    answer_kind: str
    unit: str
    task: str
    read: str
    tolerance: float


def ask_chart(chart: Chart, rng: random.Random, chinese: bool) -> Iterator[Asked]:
    """Two or three questions that the picture of a chart answers.

    Args:
        chart: what is shown.
        rng: draws periods and forms.
        chinese: the language.
    """
    series = rng.choice(chart.series)
    dated = series.labels[0][:4].isdigit()
    if chart.form != "histogram" and chart.form != "waterfall":
        yield _value(chart, series, rng, chinese, dated)
    if len({s.unit for s in chart.series}) == 1 and len(chart.series) > 1:
        yield _compared(chart.series[0], chart.series[1], chinese)
    if dated and chart.form != "waterfall":
        yield _moved(series, chinese)
    elif chart.form in ("pie", "donut", "ranking"):
        yield _highest(series, chinese)


def ask_elsewhere(said: Said, chinese: bool) -> Asked | None:
    """A question on a fact that no figure shows."""
    series = said.series
    if series is None:
        return None
    asked = _moved(series, chinese)
    return asked | Asked(
        question=_value_words(series, -1, chinese, True),
        answer=plain(series.values[-1]),
        answer_kind="number",
        unit=series.unit,
        task="statistics",
        read="",
        tolerance=0.0,
    )


def _value_words(series: Series, k: int, chinese: bool, dated: bool) -> str:
    label, term = series.labels[k], series.term
    if chinese:
        when = han_date(label)
        return f"{when}{term}是多少？" if dated else f"{term}中{label}是多少？"
    if not dated:
        return f"How much of {term} was {label}?"
    return f"What was {term} in {label}?"


def _value(chart: Chart, series: Series, rng: random.Random, chinese: bool, dated: bool) -> Asked:
    k = rng.randrange(len(series.labels)) if len(series.labels) <= DENSE else -1
    axis = max(abs(v) for s in chart.series for v in s.values)
    return Asked(
        question=_value_words(series, k, chinese, dated),
        answer=plain(series.values[k]),
        answer_kind="number",
        unit=series.unit,
        task="statistics",
        read="printed" if chart.printed else "axis",
        tolerance=0.0 if chart.printed else round(READING * axis, 3),
    )


def _compared(a: Series, b: Series, chinese: bool) -> Asked:
    when = a.labels[-1]
    if chinese:
        question = f"{han_date(when)}，{a.term}是高于还是低于{b.term}？"
        answer = "高于" if a.values[-1] > b.values[-1] else "低于"
    else:
        question = f"In {when}, was {a.term} higher or lower than {b.term}?"
        answer = "higher" if a.values[-1] > b.values[-1] else "lower"
    return _choice(question, answer)


def _moved(series: Series, chinese: bool) -> Asked:
    first, last = series.labels[0], series.labels[-1]
    up = series.values[-1] > series.values[0]
    if chinese:
        question = f"从{han_date(first)}到{han_date(last)}，{series.term}是上升还是下降？"
        return _choice(question, "上升" if up else "下降")
    question = f"From {first} to {last}, did {series.term} rise or fall?"
    return _choice(question, "rise" if up else "fall")


def _highest(series: Series, chinese: bool) -> Asked:
    best = max(zip(series.values, series.labels, strict=True))[1]
    listed = ("、" if chinese else ", ").join(series.labels)
    if chinese:
        return _choice(f"{series.term}中哪一项最高：{listed}？", best)
    return _choice(f"Which was the largest part of {series.term}: {listed}?", best)


def _choice(question: str, answer: str) -> Asked:
    return Asked(
        question=question, answer=answer, answer_kind="choice", unit="", task="explanation",
        read="shape", tolerance=0.0,
    )  # fmt: skip
