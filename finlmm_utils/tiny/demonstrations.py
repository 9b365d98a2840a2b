"""What ``finlmm-tiny`` learns from: text problems, questions on made charts, drills."""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import Any

from finlmm_utils.finance.question_templates import Task, questions_for, worked
from finlmm_utils.finance.terms import TERMS, Series, even_growth, plain
from finlmm_utils.rows import SYSTEM_PROMPT, SYSTEM_PROMPT_TEXT, make_row
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.synthetic.word_problems import stated
from finlmm_utils.tiny.charts import ChartPool
from finlmm_utils.tiny.texts import (
    chart_text,
    reading,
    side_of,
    thinking_over_images,
    thinking_text,
)
from finlmm_utils.tiny.wrong_habits import WRONG_IMAGE_SHARE, WRONG_OPERATION_SHARE, wrong_habit

IMAGE_COUNTS = {1: 0.08, 2: 0.32, 3: 0.46, 4: 0.08, 5: 0.06}
"""How often a demonstration has so many images (our choice)."""


@dataclass(frozen=True)
class Demonstration:
    """One supervised example.

    Attributes:
        system: the system prompt, "" for none.
        turns: (question, completion) pairs over the same images. Several turns share the cost of
            their images; the policy is later asked one question at a time.
        charts: positions in the pool of the images shown, in order; empty for text rows.
        learned: the only words of the completions that are learned; empty for all of them.
    """

    system: str
    turns: tuple[tuple[str, str], ...]
    charts: tuple[int, ...] = ()
    learned: tuple[str, ...] = ()


def formatted(thinking: str, answer: str, image: int | None) -> str:
    """The output format of the paper.

    Args:
        thinking: the reasoning.
        answer: goes between the answer tags.
        image: number of the image taken, from 1; None for text rows, which select none.
    """
    text = f"<think>{thinking}</think><answer>{answer}</answer>"
    return text if image is None else f"{text}<image_selection>{image}</image_selection>"


def text_demonstration(rng: random.Random, habits: bool, turns: int = 1) -> Demonstration:
    """Word problems on figures that stand in the text (stage 1's kind of row).

    Args:
        rng: draws series and questions.
        habits: whether part of the answers follow a wrong habit.
        turns: questions on the same series.
    """
    series = random_series(rng)
    pairs = []
    for turn in range(turns):
        task = questions_for(series, rng, 1)[0]
        question = task.question if turn else f"{stated(series, rng)} {task.question}"
        if habits and rng.random() < WRONG_OPERATION_SHARE[task.template]:
            task = wrong_habit(series, task, rng)
        pairs.append((question, formatted(thinking_text(series, task), task.answer, None)))
    return Demonstration(SYSTEM_PROMPT_TEXT, tuple(pairs))


def pick_charts(pool: ChartPool, rng: random.Random, count: int) -> list[int]:
    """Draws charts of different terms.

    Args:
        pool: where they are drawn from.
        rng: the only source of chance.
        count: how many.

    Returns:
        Positions in the pool.
    """
    chosen: list[int] = []
    terms: set[str] = set()
    while len(chosen) < count:
        k = rng.randrange(len(pool.specs))
        shown = {series.term for series in pool.specs[k].shown}
        if not shown & terms:
            chosen.append(k)
            terms |= shown
    return chosen


def image_demonstration(
    pool: ChartPool, rng: random.Random, count: int, turns: int = 1, habits: bool = False
) -> Demonstration:
    """Questions on several charts, each answered by one of them (stage 2's kind of row).

    Args:
        pool: where the charts are drawn from.
        rng: draws charts and questions.
        count: images of the demonstration.
        turns: questions over the same images.
        habits: whether part of the answers follow a wrong habit.
    """
    charts = pick_charts(pool, rng, count)
    pairs = tuple(_image_turn(pool, charts, rng, habits) for _ in range(turns))
    return Demonstration(SYSTEM_PROMPT, pairs, tuple(charts))


def _image_turn(
    pool: ChartPool, charts: list[int], rng: random.Random, habits: bool
) -> tuple[str, str]:
    shown = [pool.specs[k] for k in charts]
    taken = rng.randrange(len(charts))
    series = rng.choice(shown[taken].shown)
    task = questions_for(series, rng, 1)[0]
    question = task.question
    if habits:
        if len(charts) > 1 and rng.random() < WRONG_IMAGE_SHARE:
            taken = 1 if taken == 0 else 0
            series = rng.choice(shown[taken].shown)
            task = _on_other(series, task)
        if rng.random() < WRONG_OPERATION_SHARE[task.template]:
            task = wrong_habit(series, task, rng)
    thinking = thinking_over_images(shown, taken, series, task)
    return question, formatted(thinking, task.answer, taken + 1)


def _on_other(series: Series, task: Task) -> Task:
    """The same kind of question worked on another chart (a wrong image taken)."""
    for seed in range(50):
        for other in questions_for(series, random.Random(seed)):
            if other.template == task.template:
                return other
    return questions_for(series, random.Random(0), 1)[0]


def reading_demonstration(
    pool: ChartPool, rng: random.Random, count: int, turns: int
) -> Demonstration:
    """Chart to text: all that stands in an image, or the values of two periods.

    Args:
        pool: where the charts are drawn from.
        rng: draws charts and what is asked.
        count: images of the demonstration.
        turns: questions over the same images.
    """
    charts = pick_charts(pool, rng, count)
    pairs = []
    for _ in range(turns):
        k = rng.randrange(count)
        spec = pool.specs[charts[k]]
        if rng.random() < 0.7:
            pairs.append((f"Read image {k + 1}.", f"Image {k + 1} shows {chart_text(spec)}"))
        else:
            series = rng.choice(spec.shown)
            first, second = rng.sample(series.labels, 2)
            side = side_of(spec, series)
            image = f"{k + 1}, {side}" if side else str(k + 1)
            said = f"The image is {image}. {reading(series, (first, second))}"
            pairs.append((f"What is {series.term} in {first} and {second}?", said))
    return Demonstration("", tuple(pairs), tuple(charts))


def reading_rows(images: list[Any]) -> list[dict[str, Any]]:
    """Rows of the contract that ask to read one image each, without a system prompt."""
    rows = [
        make_row(f"read-{k}", "Read image 1.", "", "text", "", images=[image], target_image=1)
        for k, image in enumerate(images)
    ]
    return [{**row, "prompt": row["prompt"][1:]} for row in rows]


def listing_demonstration(pool: ChartPool, rng: random.Random, count: int) -> Demonstration:
    """What each image shows, by number; then the number by what is shown, in another order.

    Args:
        pool: where the charts are drawn from.
        rng: draws charts and the order of the questions.
        count: images of the demonstration.
    """
    charts = pick_charts(pool, rng, count)
    terms = [pool.specs[k].name for k in charts]
    listed = " ".join(f"Image {k + 1} shows {term}." for k, term in enumerate(terms))
    pairs = [
        (f"Which image shows {terms[k]}?", f"Image {k + 1} shows {terms[k]}.")
        for k in rng.sample(range(count), count)
    ]
    pairs.insert(rng.choice((0, count)), ("List the images.", listed))
    return Demonstration("", tuple(pairs), tuple(charts))


def match_demonstration(rng: random.Random) -> Demonstration:
    """Terms named one after the other, each judged: is it the one asked for?

    Text alone, only the verdicts are learned. Among the many tokens of a question over images this
    comparison is too rare to start; on its own it takes some hundred steps.
    """
    series = random_series(rng)
    task = questions_for(series, rng, 1)[0]
    count = rng.choice((2, 3, 3, 4))
    others = rng.sample([term.name for term in TERMS if term.name != series.term], 2 * count)
    names = [" and ".join(others[2 * k : 2 * k + rng.choice((1, 1, 1, 2))]) for k in range(count)]
    place = rng.randrange(count)
    found, verdict = rng.choice((
        (series.term, "yes"), (series.term, "yes"), (series.term, "yes"),
        (f"{series.term} and {others[0]}", "yes, left"),
        (f"{others[0]} and {series.term}", "yes, right"),
    ))  # fmt: skip
    names[place] = found
    judged = [
        f"Image {k + 1} shows {name}, {verdict if k == place else 'no'}."
        for k, name in enumerate(names)
    ]
    pair = (task.question, f"<think>{' '.join(judged)}")
    return Demonstration(
        rng.choice(("", SYSTEM_PROMPT)), (pair,), learned=(" yes", " no", " left", " right")
    )


def drill(rng: random.Random) -> str:
    """A few sums, differences, halves and quotients, and the extremes of a short list."""
    parts = []
    for _ in range(3):
        sign = "-" if rng.random() < 0.65 else "+"
        parts.append(worked(rng.randint(10, 99), sign, rng.randint(10, 99)))
    whole = rng.randint(20, 198)
    parts.append(f"{whole} / 2 = {plain(whole / 2)}.")
    for _ in range(2):
        first = rng.randint(10, 99)
        even = [value for value in range(10, 100) if even_growth(first, value)]
        if even:
            last = rng.choice(even)
            parts.append(f"{last} / {first} = {plain(last / first)}.")
            growth = plain((last - first) / first * 100)
            parts.append(f"{last - first} / {first} = {growth} %.")
    numbers = [rng.randint(10, 99) for _ in range(rng.choice((3, 4)))]
    parts.append(
        f"{', '.join(map(str, numbers))}. The highest is {max(numbers)}. "
        f"The lowest is {min(numbers)}."
    )
    term = rng.choice(TERMS)
    parts.append(f"{term.name.capitalize()} is in the {term.category} group.")
    return " ".join(parts)
