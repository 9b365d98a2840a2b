"""The ceiling that GRPO is measured against: supervised training with the budget of stage 2.

    python benchmarks/ceiling.py --steps 40 --batch 64

The base policy learns from demonstrations without wrong habits, for as many optimiser steps as
stage 2 has and on as many completions a step; it is then asked the same held-out questions as in
`benchmarks/tiny_policy.py`. Demonstrations tell the whole way to the answer; GRPO never sees it.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from typing import Any

from tiny_policy import charts, heartbeat, questions

from finlmm_utils.evaluation.evaluate import summarize
from finlmm_utils.tar.models import load_policy, prepare_torch
from finlmm_utils.tar.rollouts.answering import generate
from finlmm_utils.tiny.charts import ChartPool
from finlmm_utils.tiny.demonstrations import Demonstration, image_demonstration
from finlmm_utils.tiny.training import cached_features, train_language


def main() -> None:
    """Prints accuracy and selection before and after as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--policy", default="finlmm-tiny")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=64, help="demonstrations a step")
    parser.add_argument("--rate", type=float, default=3e-4, help="peak learning rate")
    parser.add_argument("--charts", type=int, default=600, help="charts to demonstrate on")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--reports", type=int, default=60)
    parser.add_argument("--seed", type=int, default=9001)
    parser.add_argument("--tokens", type=int, default=112, help="longest completion")
    chosen = parser.parse_args()
    prepare_torch(chosen.seed)
    model, processor = load_policy(chosen.policy)
    found = charts(chosen.reports, chosen.seed)
    rows = questions(found, chosen.questions, random.Random(chosen.seed))

    def asked() -> dict[str, Any]:
        said = generate(
            model, processor, rows, chosen.tokens, 0, seed=chosen.seed, batch_size=64,
            progress=heartbeat,
        )  # fmt: skip
        return summarize(said)

    def draw(rng: random.Random) -> list[Demonstration]:
        return [image_demonstration(pool, rng, 3) for _ in range(chosen.batch)]

    result: dict[str, Any] = {"before": asked()}
    pool = ChartPool.draw(chosen.charts, chosen.seed + 1, processor.framed)
    started = time.monotonic()
    features = cached_features(model, processor, pool)
    train_language(
        model, processor, features, draw, chosen.steps, chosen.rate, chosen.seed,
        lambda line: print(line, file=sys.stderr),
    )  # fmt: skip
    result["training seconds"] = time.monotonic() - started
    result["after"] = asked()
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
