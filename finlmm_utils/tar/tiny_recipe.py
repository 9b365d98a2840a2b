"""The recipe of ``finlmm-tiny``: one function that makes its weights from a seed."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from finlmm_utils.tar.cold_start import (
    Log,
    train_drills,
    train_language,
    train_vision,
)
from finlmm_utils.tar.tiny import build_model, build_processor, build_tokenizer
from finlmm_utils.tar.tiny_data import (
    IMAGE_COUNTS,
    ChartPool,
    Demonstration,
    image_demonstration,
    reading_demonstration,
    text_demonstration,
)
from finlmm_utils.tar.tiny_reading import ReadingHeads

Draw = Callable[[random.Random], list[Demonstration]]


@dataclass(frozen=True)
class Recipe:
    """How much of each phase. Steps are optimiser steps.

    Attributes:
        charts: in the pool.
        drills: steps of 32 lines of arithmetic.
        text: steps of 32 text problems.
        vision: steps of 48 charts under the auxiliary heads.
        joint: steps of reading and questions, the tower still learning.
        questions: steps of the same mixture with the tower frozen.
        habits: steps on demonstrations with wrong habits.
    """

    charts: int
    drills: int
    text: int
    vision: int
    joint: int
    questions: int
    habits: int


RECIPES = {
    "smoke": Recipe(charts=48, drills=2, text=2, vision=2, joint=2, questions=2, habits=2),
    "full": Recipe(
        charts=5000, drills=700, text=400, vision=1300, joint=1100, questions=600, habits=120
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
        return [text_demonstration(rng, habits=False) for _ in range(32)]

    train_drills(model, processor, recipe.drills, 32, 2e-3, seed + 1, named("drills"))
    train_language(
        model, processor, pool, texts, recipe.text, 1.5e-3, seed + 2, named("text"), heads
    )
    train_vision(
        model, heads, processor, pool, recipe.vision, 48, 2e-3, seed + 3, named("vision")
    )  # fmt: skip
    mixture = _mixture(pool)
    train_language(
        model, processor, pool, mixture, recipe.joint, 1.2e-3, seed + 4, named("joint"), heads
    )
    train_language(
        model, processor, pool, mixture, recipe.questions, 8e-4, seed + 5, named("questions")
    )
    train_language(
        model, processor, pool, habits_batch(pool), recipe.habits, 3e-4, seed + 6, named("habits")
    )
    folder = Path(folder)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    made = {"size": size, "seed": seed, "torch": torch.__version__.split("+")[0], **asdict(recipe)}
    (folder / "recipe.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    return folder


def _count(rng: random.Random) -> int:
    return rng.choices(list(IMAGE_COUNTS), weights=list(IMAGE_COUNTS.values()))[0]


def _mixture(pool: ChartPool) -> Draw:
    """Batches of one kind each: reading 45 %, image questions 43 %, text problems 12 %."""

    def draw(rng: random.Random) -> list[Demonstration]:
        kind = rng.random()
        if kind < 0.45:
            count = rng.choices((1, 2, 3), weights=(4, 3, 3))[0]
            return [reading_demonstration(pool, rng, count) for _ in range(24 // count)]
        if kind < 0.88:
            count = _count(rng)
            return [image_demonstration(pool, rng, count, turns=3) for _ in range(8)]
        return [text_demonstration(rng, habits=False) for _ in range(20)]

    return draw


def habits_batch(pool: ChartPool) -> Draw:
    """Batches of the last phase: single questions, part of them answered by a wrong habit."""

    def draw(rng: random.Random) -> list[Demonstration]:
        if rng.random() < 0.7:
            count = _count(rng)
            return [image_demonstration(pool, rng, count, habits=True) for _ in range(16)]
        return [text_demonstration(rng, habits=True) for _ in range(24)]

    return draw
