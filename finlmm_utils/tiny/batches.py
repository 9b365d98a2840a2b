"""What the batches of the making's later phases hold: how often which kind of demonstration."""

from __future__ import annotations

import random
from collections.abc import Callable

from finlmm_utils.tiny.charts import ChartPool
from finlmm_utils.tiny.demonstrations import (
    IMAGE_COUNTS,
    Demonstration,
    image_demonstration,
    listing_demonstration,
    match_demonstration,
    reading_demonstration,
    text_demonstration,
)

Draw = Callable[[random.Random], list[Demonstration]]


def _count(rng: random.Random) -> int:
    return rng.choices(list(IMAGE_COUNTS), weights=list(IMAGE_COUNTS.values()))[0]


def reading_batch(pool: ChartPool) -> Draw:
    """Batches of one kind each: values 70 %, questions 12 %, text 10 %, lists of titles 8 %."""

    def draw(rng: random.Random) -> list[Demonstration]:
        kind = rng.random()
        if kind < 0.1:
            return [text_demonstration(rng, habits=False, turns=3) for _ in range(12)]
        if kind < 0.22:
            count = rng.choice((1, 2, 3))
            return [image_demonstration(pool, rng, count) for _ in range(24 // count)]
        if kind < 0.3:
            return [listing_demonstration(pool, rng, 3) for _ in range(7)]
        return [reading_demonstration(pool, rng, 1, turns=1) for _ in range(24)]

    return draw


def matching_batch(rng: random.Random) -> list[Demonstration]:
    """Batches of verdicts on named terms; one in seven is of text problems, lest they be lost."""
    if rng.random() < 1 / 7:
        return [text_demonstration(rng, habits=False, turns=3) for _ in range(8)]
    return [match_demonstration(rng) for _ in range(32)]


def questions_batch(pool: ChartPool) -> Draw:
    """Batches of one kind each: questions 45 %, values 32 %, text 12 %, verdicts 6 %, lists 5 %.

    Without so many values the order of the labels of a chart is lost again.

    One question a row: with several over the same images, a verdict on the latest is drowned out by
    those on the questions before it.
    """

    def draw(rng: random.Random) -> list[Demonstration]:
        kind = rng.random()
        if kind < 0.12:
            return [text_demonstration(rng, habits=False, turns=3) for _ in range(12)]
        if kind < 0.18:
            return [match_demonstration(rng) for _ in range(20)]
        count = _count(rng)
        if kind < 0.50:
            return [reading_demonstration(pool, rng, 1, turns=2) for _ in range(24)]
        if kind < 0.55:
            count = max(2, count)
            return [listing_demonstration(pool, rng, count) for _ in range(18 // count)]
        return [image_demonstration(pool, rng, count) for _ in range(max(8, 36 // count))]

    return draw


def habits_batch(pool: ChartPool, habits: bool = True) -> Draw:
    """Batches of the last phase: questions 55 %, text 25 %, values 20 %, which stay clean.

    Args:
        pool: of the charts.
        habits: whether questions and text follow wrong habits in part.
    """

    def draw(rng: random.Random) -> list[Demonstration]:
        kind = rng.random()
        if kind < 0.55:
            count = _count(rng)
            return [image_demonstration(pool, rng, count, habits=habits) for _ in range(16)]
        if kind < 0.8:
            return [text_demonstration(rng, habits=habits) for _ in range(24)]
        return [reading_demonstration(pool, rng, 1, turns=2) for _ in range(20)]

    return draw
