"""The recipe of ``finlmm-tiny``: one function that makes its weights from a seed.

    python -m finlmm_utils.tiny.recipe FOLDER --size full

goes on where it was ended, and uses a GPU where there is one.
"""

from __future__ import annotations

import argparse
import functools
import json
import os
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from finlmm_utils.tiny.batches import (
    Draw,
    habits_batch,
    matching_batch,
    questions_batch,
    reading_batch,
)
from finlmm_utils.tiny.charts import ChartPool
from finlmm_utils.tiny.demonstrations import Demonstration, text_demonstration
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
        shape: of the model; a name of ``finlmm_utils.tiny.model.SHAPES``.
    """

    charts: int
    drills: int
    text: int
    vision: int
    reading: int
    matching: int
    questions: int
    habits: int
    shape: str = "tiny"


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
RECIPES |= {shape: replace(RECIPES["full"], shape=shape) for shape in ("small", "large")}


KEPT = "made_so_far.safetensors"
"""What an interrupted making goes on from: the weights after the last whole phase."""


def make_tiny(
    folder: str | Path, size: str, seed: int, log: Log, device: str | None = None
) -> Path:
    """Makes the small policy from random weights and saves it; typed again, it goes on.

    A phase draws from a seed of its own, so a making that was ended and goes on after its last
    whole phase has the same weights, on a CPU bit for bit.

    Args:
        folder: gets config, safetensors, tokenizer, processor and ``recipe.json``.
        size: "smoke" (a minute on two cores, learns nothing) or "full" (hours on a CPU); "small"
            and "large" are as "full" with models of about 1 and 8 million parameters.
        seed: of weights, charts and batches.
        log: receives step, loss and shares read rightly, every 25 steps, with the phase's name.
        device: "cpu" or "cuda"; None for a GPU where there is one.

    Returns:
        The folder.
    """
    recipe, folder = RECIPES[size], Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    processor = build_processor(build_tokenizer())
    model = build_model(processor.tokenizer, seed, recipe.shape)
    pool = ChartPool.draw(recipe.charts, seed, processor.framed)
    torch.manual_seed(seed)
    heads = ReadingHeads(model.config.text_config.hidden_size)
    whole = nn.ModuleDict({"model": model, "heads": heads})
    whole.to(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    made = {"size": size, "seed": seed, "torch": torch.__version__.split("+")[0], **asdict(recipe)}
    done = _go_on(folder / KEPT, whole, made)
    for name, phase in _phases(model, heads, processor, pool, recipe, seed).items():
        if name not in done:
            phase(_named(log, name))
            done.append(name)
            _keep(folder / KEPT, whole, made, done)
    whole.to("cpu")
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    (folder / "recipe.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    (folder / KEPT).unlink()
    return folder


def _named(log: Log, phase: str) -> Log:
    return lambda line: log({"phase": phase, **line})


def _phases(
    model: Any, heads: ReadingHeads, processor: Any, pool: ChartPool, recipe: Recipe, seed: int
) -> dict[str, Callable[[Log], None]]:
    """The phases in their order; each takes its log."""
    seen = functools.cache(lambda: cached_features(model, processor, pool))

    def texts(rng: random.Random) -> list[Demonstration]:
        return [text_demonstration(rng, habits=False, turns=3) for _ in range(20)]

    def vision(log: Log) -> None:
        train_vision(model, heads, processor, pool, recipe.vision, 48, 2e-3, seed + 3, log)
        device, features = model.device, cached_features(model, processor, pool).cpu()
        speak_words(model.cpu(), processor, pool, features)
        model.to(device)

    def language(draw: Draw, steps: int, rate: float) -> Callable[[Log], None]:
        """A phase that trains the policy on words.

        Args:
            draw: gives a batch.
            steps: of the optimizer.
            rate: the highest learning rate.
        """
        return lambda log: train_language(
            model, processor, seen(), draw, steps, rate, seed + 4, log
        )

    return {
        "drills": lambda log: train_drills(
            model, processor, recipe.drills, 32, 2e-3, seed + 1, log
        ),
        "text": lambda log: train_language(
            model, processor, None, texts, recipe.text, 1.5e-3, seed + 2, log
        ),
        "vision": vision,
        "reading": lambda log: train_together(
            model, heads, processor, pool, reading_batch(pool), recipe.reading, 8e-4, seed + 4, log
        ),
        "matching": language(matching_batch, recipe.matching, 1e-3),
        "questions": language(questions_batch(pool), recipe.questions, 8e-4),
        "habits": language(habits_batch(pool), recipe.habits, 3e-4),
    }


def _go_on(path: Path, whole: nn.ModuleDict, made: dict[str, Any]) -> list[str]:
    """Reads the weights of an earlier making of the same recipe; the phases that it had done."""
    try:
        with safe_open(path, "pt") as file:
            told = json.loads(file.metadata()["made"])
            weights = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return []
    done: list[str] = told.pop("done")
    if told != made:
        return []
    own = dict(whole.named_parameters())
    with torch.no_grad():
        for name, weight in weights.items():
            own[name].copy_(weight)
    return done


def _keep(path: Path, whole: nn.ModuleDict, made: dict[str, Any], done: list[str]) -> None:
    """Writes the weights so that a reader finds the old ones or the new ones, never half."""
    weights = {name: one.detach().cpu().contiguous() for name, one in whole.named_parameters()}
    part = path.with_suffix(".part")
    save_file(weights, part, metadata={"made": json.dumps({**made, "done": done})})
    os.replace(part, path)


SECONDS = {
    "drills": 1.2, "text": 1.3, "vision": 0.6, "reading": 0.8, "matching": 0.6, "questions": 0.9,
    "habits": 0.8,
}  # fmt: skip
"""CPU seconds of a step of each phase, measured over a few steps on one thread of a busy machine.
Their ratios alone count: they spread the time that is left."""


class TimeLeft:
    """Prints each line of a making's log with the time that is left, by the steps so far."""

    def __init__(self, recipe: Recipe) -> None:
        self.steps = {name: getattr(recipe, name) for name in SECONDS}
        self.spent: dict[str, float] = {}
        self.done: dict[str, int] = {}

    def seconds(self, line: dict[str, Any]) -> float:
        """What is left after a line; earlier phases that it never saw were done before."""
        phase = line["phase"]
        self.spent[phase], self.done[phase] = line["seconds"], line["step"]
        names = list(SECONDS)
        later = {name: self.steps[name] for name in names[names.index(phase) + 1 :]}
        later[phase] = self.steps[phase] - line["step"]
        pace = sum(self.spent.values()) / _expected(self.done)
        return pace * _expected(later)

    def __call__(self, line: dict[str, Any]) -> None:
        """Print it."""
        told = [f"{name} {value:.3f}" for name, value in line.items() if isinstance(value, float)]
        place = f"{line['phase']:9} {line['step']:5} of {line['steps']}"
        left = f"{self.seconds(line) / 60:.0f} minutes left"
        print(f"{place}  {left}  {', '.join(told)}", flush=True)


def _expected(steps: dict[str, int]) -> float:
    return sum(SECONDS[name] * count for name, count in steps.items())


def main() -> None:
    """Make it as the command line says."""
    told = argparse.ArgumentParser(description="Make finlmm-tiny; typed again, it goes on.")
    told.add_argument("folder", type=Path)
    told.add_argument("--size", choices=RECIPES, default="full")
    told.add_argument("--seed", type=int, default=1)
    told.add_argument("--device", choices=("cpu", "cuda"))
    said = told.parse_args()
    torch.use_deterministic_algorithms(not torch.cuda.is_available())
    make_tiny(said.folder, said.size, said.seed, TimeLeft(RECIPES[said.size]), said.device)


if __name__ == "__main__":
    main()
