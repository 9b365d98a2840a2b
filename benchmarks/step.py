"""Measures a step of TARTrainer against plain GRPOTrainer on the same rows, in one run.

    python benchmarks/step.py --steps 5 --rounds 3

Plain: the rule-based rewards alone. Ours: the same and a discriminator, the published kind or the
relational one, with its update at ``--interval``, and the log; each prompt is read once and not
once a completion, so that the ratio is below 1. Rounds alternate; time is CPU time of the process,
so that other load does not count; the first step of a round is left out.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
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
from finlmm_utils.tar.discriminator.kinds import discriminator_for
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.models import load_policy, prepare_torch
from finlmm_utils.tar.monitoring.metrics_file import read_metrics
from finlmm_utils.tar.rewards import (
    REWARD_WEIGHTS,
    accuracy_reward,
    format_reward,
    image_selection_reward,
    make_length_reward,
)
from finlmm_utils.tar.trainer import TARTrainer
from finlmm_utils.tar.trainer.trl_fields import grpo_config

RELATIONAL = {"kind": "relational", "examples": 512, "replay": 1024, "shape": "group_logit"}
"""What the study of the adversary changes of the profile's discriminator."""
KINDS = ("plain", "published", "relational")


class Timed:
    """Adds up the CPU seconds that a discriminator takes."""

    def __init__(self, judge: Scorer) -> None:
        self.taken = 0.0
        for name in ("score", "update"):
            setattr(judge, name, self._timed(getattr(judge, name)))

    def _timed(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def measured(*given: Any) -> Any:
            start = time.process_time()
            found = work(*given)
            self.taken += time.process_time() - start
            return found

        return measured


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
    kind: str, rows: Dataset, folder: str, options: argparse.Namespace
) -> tuple[GRPOTrainer, Timed | None]:
    """A trainer of finlmm-tiny: 8 prompts a step, 8 completions each.

    Args:
        kind: one of ``KINDS``: plain GRPOTrainer, or TARTrainer with that discriminator.
        rows: From :func:`image_rows`.
        folder: Where it may write.
        options: ``steps`` and one more, ``tokens``, ``interval``.

    Returns:
        The trainer, and the clock of its discriminator.
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
                         save_strategy="no", logging_steps=1)  # fmt: skip
    common = {"model": model, "args": config, "train_dataset": rows,
              "processing_class": processor}  # fmt: skip
    if kind != "plain":
        told = load_profile("cpu")["discriminator"] | (RELATIONAL if kind == "relational" else {})
        judge = discriminator_for(told, warmup=64)
        clock = Timed(judge)
        rewards = {**rules, "adversarial": judge}
        common |= {"bert_train_interval": options.interval, "log_folder": folder}
        return TARTrainer(rewards, REWARD_WEIGHTS, **common), clock
    trainer = GRPOTrainer(reward_funcs=list(rules.values()), **common)
    trainer.remove_callback(PrinterCallback)
    return trainer, None


@dataclass
class Round:
    """What one trainer took.

    Attributes:
        seconds: CPU seconds of each step but the first.
        images: that went through the processor, a step.
        judged: CPU seconds of the discriminator a step.
        parts: shares of rollouts, rewards (the discriminator's scores among them), its updates and
            learning in the wall time of these, by the log; empty for the plain trainer.
    """

    seconds: list[float]
    images: float
    judged: float
    parts: dict[str, float]


def one_round(kind: str, rows: Dataset, options: argparse.Namespace) -> Round:
    """Trains for some steps.

    Args:
        kind: one of ``KINDS``.
        rows: From :func:`image_rows`.
        options: Of the command line.
    """
    with tempfile.TemporaryDirectory() as folder:
        trainer, judged = make_trainer(kind, rows, folder, options)
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
        log = read_metrics(Path(folder) / "metrics.jsonl")
    steps = options.steps + 1
    return Round(clock.seconds(), seen[0] / steps, judged.taken / steps if judged else 0.0,
                 shares([line["seconds"] for line in log[1:]]))  # fmt: skip


def shares(logged: list[dict[str, float]]) -> dict[str, float]:
    """Of each part in the time of the steps.

    Args:
        logged: seconds of each step by part; ``step`` holds all but the discriminator's updates.
    """
    if not logged:
        return {}
    whole = sum(line["step"] + line.get("discriminator", 0.0) for line in logged)
    names = {"rollouts": "rollouts", "rewards": "rewards", "updates": "discriminator"}
    found = {
        name: sum(line.get(key, 0.0) for line in logged) / whole for name, key in names.items()
    }
    return found | {"learning": 1 - sum(found.values())}


def options_from(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line.

    Args:
        arguments: in its place.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=5, help="measured steps a round")
    parser.add_argument("--rounds", type=int, default=3, help="of each trainer, alternating")
    parser.add_argument("--images", type=int, default=3, help="in each row")
    parser.add_argument("--tokens", type=int, default=64, help="of a completion, at most")
    parser.add_argument("--interval", type=int, default=5, help="steps between two updates")
    return parser.parse_args(arguments)


def measure(options: argparse.Namespace) -> dict[str, list[Round]]:
    """Rounds of each kind, which take turns.

    Args:
        options: from :func:`options_from`.
    """
    rows = image_rows(8 * (options.steps + 1), options.images)
    found: dict[str, list[Round]] = {kind: [] for kind in KINDS}
    for _ in range(options.rounds):
        for kind in KINDS:
            found[kind].append(one_round(kind, rows, options))
    return found


def main() -> None:
    """Prints JSON: by kind the CPU seconds of a step, and what they are made of."""
    found = measure(options_from())
    plain = statistics.mean(s for r in found["plain"] for s in r.seconds)
    told = {}
    for kind, rounds in found.items():
        mean = statistics.mean(s for r in rounds for s in r.seconds)
        told[kind] = {
            "cpu_seconds_per_step": round(mean, 3),
            "ratio": round(mean / plain, 3),
            "discriminator_share": round(statistics.mean(r.judged for r in rounds) / mean, 3),
            "images_processed_per_step": rounds[-1].images,
            "parts": {name: round(part, 3) for name, part in rounds[-1].parts.items()},
        }
    print(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
