"""What ``finlmm-tiny`` learns from: text problems, questions on made charts, drills."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from finlmm_utils.finance.question_templates import Task, questions_for, worked
from finlmm_utils.finance.series import Series, even_growth, plain
from finlmm_utils.finance.terms import BALANCE, CASH, INCOME, OPERATING, RATIO, TERMS
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
    """The output format of the paper; text rows have no image selection."""
    text = f"<think>{thinking}</think><answer>{answer}</answer>"
    return text if image is None else f"{text}<image_selection>{image}</image_selection>"


# --- wrong habits: the room that reinforcement learning is to fill -------------------------------

WRONG_OPERATION_SHARE = {
    "change": 0.28, "growth": 0.36, "sum": 0.20, "ratio": 0.28, "mean": 0.45, "highest": 0.25,
    "lowest": 0.42, "range": 0.50, "trend": 0.45, "peak": 0.25, "statement": 0.30,
}  # fmt: skip
"""Share of the last demonstrations that do the wrong thing with what was read, by template."""
WRONG_IMAGE_SHARE = 0.65
"""Share of the last demonstrations that take the first image that is not the right one."""


def wrong_habit(series: Series, task: Task, rng: random.Random) -> Task:
    """The same question, answered by a habit that a base model without training might have.

    Change is taken the wrong way round, growth, mean and range stop a step too early, a ratio is
    answered by a difference, the lowest by the last, a trend by its ends only, and so on.
    """
    values = dict(zip(series.labels, series.values, strict=True))
    name = task.template
    if name in ("growth", "mean", "ratio"):
        first, second = (values[label] for label in task.operands)
        sign = "+" if name == "mean" else "-"
        wrong = plain(first + second if name == "mean" else first - second)
        return replace(task, answer=wrong, steps=(worked(first, sign, second),))
    if name in ("change", "sum"):
        first, second = (values[label] for label in task.operands)
        wrong = plain(second - first)
        return replace(task, answer=wrong, steps=(worked(second, "-", first),))
    if name in ("highest", "lowest"):
        wrong = plain(series.values[-1])
        return replace(task, answer=wrong, steps=(f"The {name} is {wrong}.",))
    if name == "range":
        wrong = plain(max(series.values))
        return replace(task, answer=wrong, steps=task.steps[:1])
    if name == "trend":
        up = series.values[-1] > series.values[0]
        word = "rise" if up else "fall"
        return replace(task, answer=word, steps=(f"It goes {'up' if up else 'down'}.",))
    if name == "peak":
        return replace(task, answer=series.labels[-1])
    groups = (INCOME, BALANCE, CASH, RATIO, OPERATING)
    wrong = rng.choice([group for group in groups if group != task.answer])
    steps = (f"{series.term.capitalize()} is in the {wrong} group.",)
    return replace(task, answer=wrong, steps=steps)


def text_demonstration(rng: random.Random, habits: bool, turns: int = 1) -> Demonstration:
    """Word problems on figures that stand in the text (stage 1's kind of row)."""
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
    """Draws charts of different terms."""
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
    """Questions on ``count`` charts, each answered by one of them (stage 2's kind of row)."""
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
    """Chart to text: all that stands in an image, or the values of two periods."""
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
    """What each image shows, by number; then the number by what is shown, in another order."""
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
