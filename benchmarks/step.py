"""Measures a step of TARTrainer against plain GRPOTrainer on the same rows, in one run.

    python benchmarks/step.py --steps 6

Plain: the rule-based rewards alone. Ours: the same and the discriminator, with its update at
``--interval``, and the log; each prompt is read once and not once a completion, so that the ratio
is below 1. Rounds alternate; time is CPU time of the process, so that other load
does not count; the first step of a round is left out.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from typing import Any

import finlmm_utils  # noqa: F401, comes before torch: it says how torch's threads wait

# isort: split
from datasets import Dataset
from transformers import PrinterCallback, TrainerCallback
from trl import GRPOTrainer

from finlmm_utils.rows import features, make_row
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.synthetic.charts import chart_image, random_spec
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.tar.config import grpo_config
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.kinds import encoder_for
from finlmm_utils.tar.models import load_policy, prepare_torch
from finlmm_utils.tar.rewards import (
    REWARD_WEIGHTS,
    accuracy_reward,
    format_reward,
    image_selection_reward,
    make_length_reward,
)
from finlmm_utils.tar.trainer import TARTrainer


class Timed(Discriminator):
    """A discriminator that adds up the CPU seconds it takes."""

    taken = 0.0

    def score(self, *given: Any) -> Any:
        """Reads the rollouts of a step."""
        start = time.process_time()
        scored = super().score(*given)
        self.taken += time.process_time() - start
        return scored

    def update(self) -> dict[str, float]:
        """Learns."""
        start = time.process_time()
        found = super().update()
        self.taken += time.process_time() - start
        return found


class Clock(TrainerCallback):
    """CPU seconds from the end of one step to the end of the next, updates included."""

    def __init__(self) -> None:
        self.ends: list[float] = []

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Comes after the trainer's own callbacks."""
        self.ends.append(time.process_time())

    def seconds(self) -> list[float]:
        """Of each step but the first."""
        return [b - a for a, b in zip(self.ends, self.ends[1:], strict=False)]


def image_rows(count: int, images: int) -> Dataset:
    """Made rows, all with so many charts."""
    rng = random.Random(0)
    rows = []
    for i in range(count):
        charts = [
            chart_image(random_spec(rng, random_series(rng)), rng.getrandbits(32))
            for _ in range(images)
        ]
        rows.append(make_row(f"r{i}", f"What is shown in image {i % images + 1}?", "12", "number",
                             "", images=charts, target_image=i % images + 1))  # fmt: skip
    return Dataset.from_list(rows, features=features(True))


def make_trainer(
    ours: bool, rows: Dataset, folder: str, options: argparse.Namespace
) -> tuple[GRPOTrainer, Timed | None]:
    """A trainer of finlmm-tiny: 8 prompts a step, 8 completions each.

    Args:
        ours: TARTrainer with the discriminator, or plain GRPOTrainer.
        rows: From :func:`image_rows`.
        folder: Where it may write.
        options: ``steps`` and one more, ``tokens``, ``interval``.

    Returns:
        The trainer and its discriminator.
    """
    prepare_torch(1)
    model, processor = load_policy("finlmm-tiny")
    rules = {
        "format": format_reward,
        "accuracy": accuracy_reward,
        "selection": image_selection_reward,
        "length": make_length_reward((20, 50, 90), "tokens", processor.tokenizer),
    }
    config = grpo_config(folder, 8 * 8, num_generations=8, max_completion_length=options.tokens,
                         max_steps=options.steps + 1, learning_rate=1e-6, seed=1, report_to=[],
                         save_strategy="no")  # fmt: skip
    common = {"model": model, "args": config, "train_dataset": rows,
              "processing_class": processor}  # fmt: skip
    if ours:
        judge = Timed(encoder_for(load_profile("cpu")["discriminator"]), warmup=64)
        rewards = {**rules, "adversarial": judge}
        return TARTrainer(rewards, REWARD_WEIGHTS, options.interval, folder, **common), judge
    trainer = GRPOTrainer(reward_funcs=list(rules.values()), **common)
    trainer.remove_callback(PrinterCallback)
    return trainer, None


def one_round(
    ours: bool, rows: Dataset, options: argparse.Namespace
) -> tuple[list[float], int, float]:
    """Trains for some steps.

    Args:
        ours: TARTrainer with the discriminator, or plain GRPOTrainer.
        rows: From :func:`image_rows`.
        options: Of the command line.

    Returns:
        Seconds of each step, images that went through the processor, the discriminator's seconds.
    """
    with tempfile.TemporaryDirectory() as folder:
        trainer, judge = make_trainer(ours, rows, folder, options)
        seen = [0]
        images = trainer.processing_class.image_processor
        process = images.preprocess

        def counted(images: Any, *args: Any, **kwargs: Any) -> Any:
            seen[0] += len(images)
            return process(images, *args, **kwargs)

        images.preprocess = counted
        clock = Clock()
        trainer.add_callback(clock)
        trainer.train()
    return clock.seconds(), seen[0], judge.taken / (options.steps + 1) if judge else 0.0


def main() -> None:
    """Prints one JSON line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=6, help="measured steps a round")
    parser.add_argument("--rounds", type=int, default=2, help="of each trainer, alternating")
    parser.add_argument("--images", type=int, default=3, help="in each row")
    parser.add_argument("--tokens", type=int, default=64, help="of a completion, at most")
    parser.add_argument("--interval", type=int, default=2, help="steps between two updates")
    options = parser.parse_args()
    rows = image_rows(8 * (options.steps + 1), options.images)
    times: dict[bool, list[float]] = {False: [], True: []}
    images, judged = {}, []
    for _ in range(options.rounds):
        for ours in (False, True):
            seconds, images[ours], taken = one_round(ours, rows, options)
            times[ours] += seconds
            judged += [taken] * ours
    plain, ours_ = (statistics.mean(times[kind]) for kind in (False, True))
    steps = options.steps + 1
    print(json.dumps({
        "plain_cpu_seconds_per_step": round(plain, 3),
        "ours_cpu_seconds_per_step": round(ours_, 3),
        "ratio": round(ours_ / plain, 3),
        "discriminator_share": round(statistics.mean(judged) / ours_, 3),
        "images_processed_per_step": {"plain": images[False] / steps, "ours": images[True] / steps},
    }))  # fmt: skip


if __name__ == "__main__":
    main()
