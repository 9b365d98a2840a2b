"""The recipe of ``finlmm-tiny``: one function that makes its weights from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

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
from finlmm_utils.tiny.model import build_model, build_processor, build_tokenizer
from finlmm_utils.tiny.training import (
    Log,
    cached_features,
    train_drills,
    train_language,
    train_together,
    train_vision,
)
from finlmm_utils.tiny.vision_heads import ReadingHeads, speak_words

Draw = Callable[[random.Random], list[Demonstration]]


@dataclass(frozen=True)
class Recipe:
    """How much of each phase. Steps are optimiser steps.

    Attributes:
        charts: in the pool.
        drills: steps of 32 lines of arithmetic.
        text: steps of 20 texts with three problems each.
        vision: steps of 48 charts under the auxiliary heads.
        reading: steps of tower and language model at once, on chart-to-text with some questions and
            text problems among it.
        matching: steps of 32 texts in which the term asked for is told from others.
        questions: steps of questions over several images, one a row, with some of all else.
        habits: steps on demonstrations with wrong habits.
    """

    charts: int
    drills: int
    text: int
    vision: int
    reading: int
    matching: int
    questions: int
    habits: int


RECIPES = {
    "smoke": Recipe(
        charts=48, drills=2, text=2, vision=2, reading=2, matching=2, questions=2, habits=2
    ),
    "full": Recipe(
        charts=21000,
        drills=700,
        text=1500,
        vision=4000,
        reading=1700,
        matching=600,
        questions=2300,
        habits=70,
    ),
}


def make_tiny(folder: str | Path, size: str, seed: int, log: Log) -> Path:
    """Makes the small policy from random weights and saves it.

    Args:
        folder: gets config, safetensors, tokenizer, processor and ``recipe.json``.
        size: "smoke" (a minute on two cores, learns nothing) or "full" (hours on a CPU).
        seed: of weights, charts and batches.
        log: receives step, loss and shares read rightly, every 25 steps, with the phase's name.

    Returns:
        The folder.
    """
    recipe = RECIPES[size]
    processor = build_processor(build_tokenizer())
    model = build_model(processor.tokenizer, seed)
    pool = ChartPool.draw(recipe.charts, seed, processor.framed)
    torch.manual_seed(seed)
    heads = ReadingHeads(model.config.text_config.hidden_size)

    def named(phase: str) -> Log:
        return lambda line: log({"phase": phase, **line})

    def texts(rng: random.Random) -> list[Demonstration]:
        return [text_demonstration(rng, habits=False, turns=3) for _ in range(20)]

    train_drills(model, processor, recipe.drills, 32, 2e-3, seed + 1, named("drills"))
    train_language(model, processor, None, texts, recipe.text, 1.5e-3, seed + 2, named("text"))
    train_vision(
        model, heads, processor, pool, recipe.vision, 48, 2e-3, seed + 3, named("vision")
    )  # fmt: skip
    speak_words(model, processor, pool, cached_features(model, processor, pool))
    train_together(
        model, heads, processor, pool, reading_batch(pool), recipe.reading, 8e-4, seed + 4,
        named("reading"),
    )  # fmt: skip
    seen = cached_features(model, processor, pool)
    for name, draw, steps, rate in (
        ("matching", matching_batch, recipe.matching, 1e-3),
        ("questions", questions_batch(pool), recipe.questions, 8e-4),
        ("habits", habits_batch(pool), recipe.habits, 3e-4),
    ):
        train_language(model, processor, seen, draw, steps, rate, seed + 4, named(name))
    folder = Path(folder)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    made = {"size": size, "seed": seed, "torch": torch.__version__.split("+")[0], **asdict(recipe)}
    (folder / "recipe.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return folder


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
