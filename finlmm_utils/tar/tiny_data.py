"""What ``finlmm-tiny`` learns from: made charts, text problems, drills and demonstrations."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from finlmm_utils.charts import drawn_chart, random_spec
from finlmm_utils.rows import SYSTEM_PROMPT, SYSTEM_PROMPT_TEXT
from finlmm_utils.tar.tiny import IMAGE_SIZE, ink_box, reading, stated, thinking_text
from finlmm_utils.tasks import (
    BALANCE,
    CASH,
    INCOME,
    OPERATING,
    RATIO,
    TERMS,
    Series,
    Task,
    plain,
    questions_for,
    random_series,
)  # fmt: skip

IMAGE_COUNTS = {1: 0.08, 2: 0.32, 3: 0.46, 4: 0.08, 5: 0.06}
"""How often a demonstration has so many images (our choice)."""


CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789$%-"
"""What the auxiliary head of the vision tower tells apart, without regard to case."""
PATCH = 14


@dataclass
class ChartPool:
    """Made charts, drawn once.

    Attributes:
        images: uint8, (charts, height, width, 3), as the processor frames them.
        series: what each chart shows.
        characters: bool, (charts, 192, 39): which characters have their centre in which half of
            which patch, the patches in the image processor's order, left half first.
    """

    images: np.ndarray
    series: list[Series]
    characters: np.ndarray

    @classmethod
    def draw(cls, count: int, seed: int, frame: Callable[[Any], Any]) -> ChartPool:
        """Draws ``count`` charts, each framed by ``frame`` as the processor does."""
        rng = random.Random(seed)
        width, height = IMAGE_SIZE
        images = np.empty((count, height, width, 3), np.uint8)
        characters = np.zeros(
            (count, 2 * (width // PATCH) * (height // PATCH), len(CHARACTERS)), bool
        )
        series = []
        for k in range(count):
            one = random_series(rng)
            spec = random_spec(rng, one)
            drawn = drawn_chart(spec, rng.getrandbits(32), margin=4)
            images[k] = np.asarray(frame(drawn.image))
            left, top, right, bottom = ink_box(drawn.image)
            for letter, x, y in drawn.characters:
                place = _half_patch_of(x - left, y - top, (right - left, bottom - top))
                if place is not None and letter.lower() in CHARACTERS:
                    characters[k, place, CHARACTERS.index(letter.lower())] = True
            series.append(one)
        return cls(images, series, characters)


def _half_patch_of(x: float, y: float, size: tuple[int, int]) -> int | None:
    """The half patch that a pixel of a trimmed image falls into once it is framed, None outside."""
    width, height = IMAGE_SIZE
    scale = min(width / size[0], height / size[1])
    half = int((x * scale + (width - size[0] * scale) / 2) // (PATCH / 2))
    column = half // 2
    row = int((y * scale + (height - size[1] * scale) / 2) // PATCH)
    columns, rows = width // PATCH, height // PATCH
    if not (0 <= column < columns and 0 <= row < rows):
        return None
    patch = ((row // 2 * (columns // 2) + column // 2) * 2 + row % 2) * 2 + column % 2
    return 2 * patch + half % 2


@dataclass(frozen=True)
class Demonstration:
    """One supervised example.

    Attributes:
        system: the system prompt, "" for none.
        turns: (question, completion) pairs over the same images. Several turns share the cost of
            their images; the policy is later asked one question at a time.
        charts: positions in the pool of the images shown, in order; empty for text rows.
    """

    system: str
    turns: tuple[tuple[str, str], ...]
    charts: tuple[int, ...] = ()


def formatted(thinking: str, answer: str, image: int | None) -> str:
    """The output format of the paper; text rows have no image selection."""
    text = f"<think>{thinking}</think><answer>{answer}</answer>"
    return text if image is None else f"{text}<image_selection>{image}</image_selection>"


# --- wrong habits: the room that reinforcement learning is to fill -------------------------------

WRONG_OPERATION_SHARE = {
    "change": 0.60, "sum": 0.30, "highest": 0.30, "lowest": 0.55, "range": 0.65, "trend": 0.55,
    "peak": 0.30, "statement": 0.35,
}  # fmt: skip
"""Share of the last demonstrations that do the wrong thing with what was read, by template."""
WRONG_IMAGE_SHARE = {"change": 0.60, "sum": 0.30, "range": 0.60, "lowest": 0.30, "statement": 0.30}
WRONG_IMAGE_DEFAULT = 0.45
"""Share of the last demonstrations that take the first image that is not the right one."""


def wrong_habit(series: Series, task: Task, rng: random.Random) -> Task:
    """The same question, answered by a habit that a base model without training might have.

    Change is taken the wrong way round, a range is answered with the highest value, the lowest
    with the last, a trend by its ends only, and so on.
    """
    values = dict(zip(series.labels, series.values, strict=True))
    name = task.template
    if name in ("change", "sum"):
        first, second = (values[label] for label in task.operands)
        wrong = plain(second - first)
        return replace(task, answer=wrong, steps=(f"{plain(second)} - {plain(first)} = {wrong}.",))
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


def text_demonstration(rng: random.Random, habits: bool) -> Demonstration:
    """A word problem whose figures stand in the text (stage 1's kind of row)."""
    series = random_series(rng)
    task = questions_for(series, rng, 1)[0]
    question = f"{stated(series, rng)} {task.question}"
    if habits and rng.random() < WRONG_OPERATION_SHARE[task.template]:
        task = wrong_habit(series, task, rng)
    completion = formatted(thinking_text(series, task, None), task.answer, None)
    return Demonstration(SYSTEM_PROMPT_TEXT, ((question, completion),))


def pick_charts(pool: ChartPool, rng: random.Random, count: int) -> list[int]:
    """Draws charts of different terms."""
    chosen: list[int] = []
    terms: set[str] = set()
    while len(chosen) < count:
        k = rng.randrange(len(pool.series))
        if pool.series[k].term not in terms:
            chosen.append(k)
            terms.add(pool.series[k].term)
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
    taken = rng.randrange(len(charts))
    series = pool.series[charts[taken]]
    task = questions_for(series, rng, 1)[0]
    question = task.question
    if habits:
        share = WRONG_IMAGE_SHARE.get(task.template, WRONG_IMAGE_DEFAULT)
        if len(charts) > 1 and rng.random() < share:
            taken = 1 if taken == 0 else 0
            series = pool.series[charts[taken]]
            task = _on_other(series, task)
        if rng.random() < WRONG_OPERATION_SHARE[task.template]:
            task = wrong_habit(series, task, rng)
    return question, formatted(thinking_text(series, task, taken + 1), task.answer, taken + 1)


def _on_other(series: Series, task: Task) -> Task:
    """The same kind of question worked on another chart (a wrong image taken)."""
    for seed in range(50):
        for other in questions_for(series, random.Random(seed)):
            if other.template == task.template:
                return other
    return questions_for(series, random.Random(0), 1)[0]


def reading_demonstration(pool: ChartPool, rng: random.Random, count: int) -> Demonstration:
    """Chart to text: read each image by its number, or find it by its term."""
    charts = pick_charts(pool, rng, count)
    turns = []
    for k in rng.sample(range(count), count):
        series = pool.series[charts[k]]
        by_number = rng.random() < 0.4
        question = f"Read image {k + 1}." if by_number else f"Which image shows {series.term}?"
        turns.append((question, f"Image {k + 1} shows {series.term}. {reading(series)}"))
    return Demonstration("", tuple(turns), tuple(charts))


def drill(rng: random.Random) -> str:
    """A few sums and differences, and the extremes of a short list."""
    parts = []
    for _ in range(6):
        a, b = rng.randint(10, 99), rng.randint(10, 99)
        parts.append(f"{a} - {b} = {a - b}." if rng.random() < 0.65 else f"{a} + {b} = {a + b}.")
    numbers = [rng.randint(10, 99) for _ in range(rng.choice((3, 4)))]
    parts.append(
        f"{', '.join(map(str, numbers))}. The highest is {max(numbers)}. "
        f"The lowest is {min(numbers)}."
    )
    term = rng.choice(TERMS)
    parts.append(f"{term.name.capitalize()} is in the {term.category} group.")
    return " ".join(parts)
