"""A stage of a few seconds, for tests and for the processes that tests start and kill."""

import os
import random
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from PIL import Image

from finlmm_utils.rows import features, make_row
from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.config import StageConfig
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.encoders import Encoder
from finlmm_utils.tar.discriminator.relational import RelationalDiscriminator
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.responses import text_of
from finlmm_utils.tar.stages import Stage, train_stage
from finlmm_utils.tar.trainer import trainer as trainer_module


class Letters(Encoder):
    """Counts letters through one layer that learns; a sentence encoder would take seconds."""

    def __init__(self) -> None:
        super().__init__()
        self.width, self.frozen = 8, False
        self.layer = torch.nn.Linear(26, 8)

    def forward(self, questions: Sequence[str], reasoning: Sequence[str]) -> torch.Tensor:
        """Shares of letters."""
        rows = [[t.lower().count(chr(97 + k)) / len(t) for k in range(26)] for t in reasoning]
        return self.layer(torch.tensor(rows))


class WholeText(Discriminator):
    """Judges the whole completion: short samples of a small policy rarely have a thinking."""

    def thinking_of(self, completion: Any) -> str:
        """All of it."""
        return text_of(completion) or "nothing"


class WholeTextRelational(RelationalDiscriminator):
    """The other kind, alike."""

    thinking_of = WholeText.thinking_of


def vowels(completions: Sequence[Any], **_: Any) -> list[float]:
    """A reward that differs from sample to sample."""
    return [sum(text_of(c).count(v) for v in "aeiou") / 20 for c in completions]


def even(completions: Sequence[Any], **_: Any) -> list[float | None]:
    """Stands for correctness, so that both classes occur."""
    return [float(sum(map(ord, text_of(c))) % 2 == 0) for c in completions]


def text_rows(count: int) -> Dataset:
    """Word problems."""
    return Dataset.from_list(made_text_rows(count, 1), features=features(False))


def mixed_rows() -> Dataset:
    """Four word problems and four questions on an image, in turn."""
    rows = []
    for i, text in enumerate(made_text_rows(4, 1)):
        image = Image.new("RGB", (56, 56), (40 * i, 90, 200))
        rows.append({**text, "images": []})
        rows.append(make_row(f"image{i}", f"Which image, {i}?", "1", "number", "", images=[image],
                             target_image=1))  # fmt: skip
    return Dataset.from_list(rows, features=features(True))


def mixed_stage(folder: Path, steps: int, **options: Any) -> Stage:
    """The small stage over both kinds of rows, each step in micro-batches: four steps an epoch."""
    return small_stage(folder, steps, rows=mixed_rows(), micro_batch=2, **options)


def small_judge() -> WholeText:
    """A discriminator that learns in milliseconds."""
    torch.manual_seed(0)
    return WholeText(Letters(), warmup=8, seed=2, device="cpu", learning_rate=1e-2)


def small_stage(folder: Path, steps: int, **options: Any) -> Stage:
    """Two prompts a step out of six, so three steps an epoch; the discriminator learns every 2."""
    trainer_module.accuracy_reward = even
    arguments = {
        name: options.pop(name, default)
        for name, default in (("policy", "finlmm-tiny"), ("rows", None), ("discriminator", None),
                              ("validation", None),
                              ("custom_rewards", {"vowels": vowels}))
    }  # fmt: skip
    settings: dict[str, Any] = {
        "rewards": ("vowels", "adversarial"),
        "reward_weights": {"vowels": 1.0, "adversarial": 1.0},
        "bert_train_interval": 2,
        "learning_rate": 1e-3,
        "prompts_per_step": 2,
        "group_size": 4,
        "temperature": 2.0,  # the first tokens of the shipped policy hardly vary
        "max_completion_tokens": 6,
        "checkpoint_every": 4,
        "sources": ["made"],
        **options,
    }
    return train_stage(
        StageConfig(steps=steps, **settings),
        arguments["policy"],
        arguments["rows"] or text_rows(6),
        folder,
        discriminator=arguments["discriminator"] or small_judge(),
        custom_rewards=arguments["custom_rewards"],
        validation=arguments["validation"],
    )


class Scripted(trainer_module.TARTrainer):
    """Says what prompt, place in the group and step decide, whatever the number of processes."""

    def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> Any:
        said = []
        for i, prompt in enumerate(prompt_ids):
            key = f"{sum(prompt)} {i % self.num_generations} {self.state.global_step}"
            said.append(random.Random(key).choices(range(10, 800), k=6))
        return said, None


def scripted_stage(folder: Path, steps: int, judge: Scorer | None = None) -> None:
    """The small stage with given completions; each process leaves its discriminator."""
    trainer_module.TARTrainer = Scripted  # type: ignore[misc]
    judge = judge or small_judge()
    # Four groups: whole ones for each of four processes.
    small_stage(folder, steps, rows=text_rows(8), discriminator=judge, prompts_per_step=4)
    judge.save(folder / f"process_{os.environ.get('RANK', 0)}")


def relational_stage(folder: Path, steps: int) -> None:
    """The same with the discriminator that learns from whole groups."""
    torch.manual_seed(0)
    options: dict[str, Any] = {"shape": "group_logit", "seed": 2, "learning_rate": 1e-2}
    judge = WholeTextRelational(Letters(), epochs=2, warmup=8, device="cpu", **options)
    scripted_stage(folder, steps, judge)


if __name__ == "__main__":
    stages = {"sampled": small_stage, "scripted": scripted_stage, "mixed": mixed_stage,
              "relational": relational_stage}  # fmt: skip
    orders = sys.argv[1:]  # FOLDER STEPS KIND, and again
    for place, count, kind in zip(orders[::3], orders[1::3], orders[2::3], strict=True):
        stages[kind](Path(place), int(count))
