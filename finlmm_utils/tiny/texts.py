"""The words of ``finlmm-tiny``: how it is told a series, reads a chart, and thinks."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from typing import Any

from finlmm_utils.finance.question_templates import questions_for
from finlmm_utils.finance.terms import TERMS, Series, plain
from finlmm_utils.rows import SYSTEM_PROMPT, SYSTEM_PROMPT_TEXT
from finlmm_utils.synthetic.charts import ChartSpec, random_spec
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.synthetic.word_problems import stated


def corpus(seed: int, lines: int) -> Iterator[str]:
    """Text in the words of our questions, answers and charts: what the tokenizer is fitted on."""
    rng = random.Random(seed)
    yield from (f"{term.name} {term.name.capitalize()} ({term.unit})." for term in TERMS * 20)
    yield from (f" {year} {year}:" for year in list(range(2005, 2031)) * 60)
    for _ in range(lines):
        spec = random_spec(rng, random_series(rng))
        yield f"{SYSTEM_PROMPT} {SYSTEM_PROMPT_TEXT}"
        yield stated(spec.series, rng)
        yield f"Image {rng.randint(1, 5)} shows {chart_text(spec)}"
        series = rng.choice(spec.shown)
        for task in questions_for(series, rng):
            yield task.question
            yield thinking_over_images([spec], 0, series, task)
            yield task.answer


def reading(series: Series, labels: tuple[str, ...] | None = None) -> str:
    """What is read off a chart: "2021: 45, 2022: 57."; "" without labels."""
    values = dict(zip(series.labels, series.values, strict=True))
    chosen = series.labels if labels is None else labels
    return ", ".join(f"{label}: {plain(values[label])}" for label in chosen) + "." if chosen else ""


def chart_text(spec: ChartSpec) -> str:
    """All that is read off a chart: "revenue. 2021: 45, 2022: 57."; of two series side by side."""
    sides = (f"{side_of(spec, one)} {reading(one)}".strip() for one in spec.shown)
    return f"{spec.name}. {' '.join(sides)}"


def side_of(spec: ChartSpec, series: Series) -> str:
    """Which of grouped bars are of a series: "left" or "right"; "" on any other chart."""
    if spec.second is None:
        return ""
    return "left" if series.term == spec.series.term else "right"


def thinking_text(series: Series, task: Any) -> str:
    """The reasoning of a demonstration: what is read, the steps."""
    return " ".join([*filter(None, [reading(series, task.operands)]), *task.steps])


def thinking_over_images(specs: Sequence[ChartSpec], taken: int, series: Series, task: Any) -> str:
    """The reasoning over several images: one after the other until one is taken, then as on one.

    Args:
        specs: what each image shows, in order.
        taken: position of the image that is taken, from 0.
        series: of that image, the one that is read.
        task: a :class:`~finlmm_utils.finance.question_templates.Task` on that series.
    """
    names = [f"Image {k + 1} shows {spec.name}" for k, spec in enumerate(specs[: taken + 1])]
    side = side_of(specs[taken], series)
    found = f"{names[-1]}, yes, {side}." if side else f"{names[-1]}, yes."
    return " ".join([*(f"{name}, no." for name in names[:-1]), found, thinking_text(series, task)])


def score_reading(spec: ChartSpec, said: str) -> tuple[bool, list[bool]]:
    """Compares what a policy says of an image with the chart.

    Args:
        spec: what the chart shows.
        said: the answer to "Read image 1.".

    Returns:
        Whether the title, or both lines of a legend, are named; and of each value of each series
        whether it is given beside its own label, on its own side.
    """
    title = said.startswith(f"Image 1 shows {spec.name}.")
    pieces = re.split(r" (left|right) ", said)
    told = {"": said} if spec.second is None else dict(zip(pieces[1::2], pieces[2::2], strict=True))
    right = []
    for series in spec.shown:
        numbers = dict(re.findall(r"(\w+): (\d+)", told.get(side_of(spec, series), "")))
        pairs = zip(series.labels, series.values, strict=True)
        right += [numbers.get(label) == plain(value) for label, value in pairs]
    return title, right
