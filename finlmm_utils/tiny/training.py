"""The supervised making of ``finlmm-tiny``, from random weights to a policy that GRPO can improve.

Phases, each a plain loop: the language model on drills and text problems; the vision tower under
auxiliary heads, since the language loss alone stays at chance for a thousand steps; then, with the
tower frozen and its features cached, the language model on chart-to-text and on questions over
several images; last a short phase on demonstrations with wrong habits, which leaves the room that
reinforcement learning is to fill.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from finlmm_utils.tiny.charts import ChartPool
from finlmm_utils.tiny.demonstrations import Demonstration, drill
from finlmm_utils.tiny.language_loss import encode, language_loss
from finlmm_utils.tiny.vision_heads import ReadingHeads, image_features, reading_loss

Log = Callable[[dict[str, Any]], None]
HEADS_WEIGHT = 0.1
"""Of the auxiliary heads' loss beside the language loss, where both are learned."""
LINE_EVERY = 25
"""Steps between two lines of the log: half a minute at the recipe's pace on one core."""
AT_A_TIME = 64
"""Charts whose features are computed at once; only memory depends on it."""


def schedule(step: int, steps: int, peak: float) -> float:
    """Learning rate: linear warm-up over 5 % of the steps, then a cosine to a tenth (our choice).

    Args:
        step: from 0.
        steps: of the whole phase.
        peak: the rate after the warm-up.
    """
    warm = max(1, steps // 20)
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (0.1 + 0.45 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm))))


def descend(
    parameters: list[nn.Parameter],
    losses: Iterator[tuple[Tensor, dict[str, float]]],
    steps: int,
    learning_rate: float,
    log: Log,
) -> None:
    """Takes AdamW steps on the losses that an iterator yields, and logs their means.

    Args:
        parameters: changed in place.
        losses: yields a loss and what is logged beside it, one pair a step.
        steps: how many.
        learning_rate: at its peak; see :func:`schedule`.
        log: receives the means of the last steps.

    Raises:
        FloatingPointError: names the step at which the loss is no longer finite.
    """
    optimizer = torch.optim.AdamW(
        parameters, lr=learning_rate, betas=(0.9, 0.98), weight_decay=0.01
    )
    started, window = time.monotonic(), []
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule(step, steps, learning_rate)
        loss, extra = next(losses)
        if not torch.isfinite(loss):
            raise FloatingPointError(f"step {step}: the loss is {loss.item()}; lower learning_rate")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        window.append({"loss": loss.item(), **extra})
        if (step + 1) % LINE_EVERY == 0 or step + 1 == steps:
            names = sorted({name for line in window for name in line})
            means = {k: float(np.mean([w[k] for w in window if k in w])) for k in names}
            log({"step": step + 1, "steps": steps, "seconds": time.monotonic() - started, **means})
            window.clear()


# --- the vision tower ----------------------------------------------------------------------------


def train_vision(
    model: Any,
    heads: ReadingHeads,
    processor: Any,
    pool: ChartPool,
    steps: int,
    batch: int,
    rate: float,
    seed: int,
    log: Log,
) -> None:
    """Teaches the vision tower to read characters, titles, years and values.

    Args:
        model: the policy; its vision tower is changed in place.
        heads: the auxiliary heads, changed in place.
        processor: the policy's.
        pool: charts to learn from.
        steps: optimiser steps.
        batch: charts a step, at most those of the pool.
        rate: peak learning rate.
        seed: of the batches.
        log: receives the means of every 25 steps.
    """
    generator = np.random.default_rng(seed)

    def losses() -> Iterator[tuple[Tensor, dict[str, float]]]:
        while True:
            charts = np.sort(generator.choice(len(pool.specs), batch, replace=False))
            features = image_features(model, pool.images[charts], processor)
            yield reading_loss(heads, features, pool, charts.tolist())

    descend([*model.model.visual.parameters(), *heads.parameters()], losses(), steps, rate, log)


# --- the language model --------------------------------------------------------------------------


def train_drills(
    model: Any, processor: Any, steps: int, batch: int, rate: float, seed: int, log: Log
) -> None:
    """Sums, differences, extremes and groups of terms, every token learned.

    Args:
        model: the policy; its language model is changed in place.
        processor: for the tokenizer.
        steps: optimiser steps.
        batch: lines of arithmetic a step.
        rate: peak learning rate.
        seed: of the lines.
        log: receives the means of every 25 steps.
    """
    rng = random.Random(seed)
    tokenizer = processor.tokenizer

    def losses() -> Iterator[tuple[Tensor, dict[str, float]]]:
        while True:
            encoded = tokenizer(
                [drill(rng) for _ in range(batch)], return_tensors="pt", padding=True,
                padding_side="right",
            )  # fmt: skip
            ids, mask = encoded.input_ids, encoded.attention_mask
            yield language_loss(model, ids, mask, ids.masked_fill(mask == 0, -100), None)

    descend(list(model.model.language_model.parameters()), losses(), steps, rate, log)


def train_language(
    model: Any,
    processor: Any,
    features: Tensor | None,
    draw: Callable[[random.Random], list[Demonstration]],
    steps: int,
    rate: float,
    seed: int,
    log: Log,
) -> None:
    """Supervised steps of the language model on batches of demonstrations, the tower frozen.

    Args:
        model: the policy, changed in place.
        processor: its processor.
        features: of the charts that the demonstrations point to, (charts, 24, hidden); None where
            they are text alone.
        draw: makes one batch from a random generator.
        steps: optimiser steps.
        rate: peak learning rate.
        seed: of the batches.
        log: receives the means of every 25 steps.
    """
    rng = random.Random(seed)

    def losses() -> Iterator[tuple[Tensor, dict[str, float]]]:
        while True:
            ids, mask, labels, charts = encode(draw(rng), processor)
            seen = features[charts] if features is not None and charts else None
            yield language_loss(model, ids, mask, labels, seen)

    descend(list(model.model.language_model.parameters()), losses(), steps, rate, log)


def train_together(
    model: Any,
    heads: ReadingHeads,
    processor: Any,
    pool: ChartPool,
    draw: Callable[[random.Random], list[Demonstration]],
    steps: int,
    rate: float,
    seed: int,
    log: Log,
) -> None:
    """Supervised steps of tower, heads and language model at once, on batches of demonstrations.

    What the language model takes for another digit or year the tower learns to tell apart, which
    its heads alone had not asked of it; the heads' loss keeps its tokens legible meanwhile.

    Args:
        model: the policy, changed in place.
        heads: the auxiliary heads, changed in place.
        processor: the policy's.
        pool: the charts that the demonstrations point to.
        draw: makes one batch from a random generator.
        steps: optimiser steps.
        rate: peak learning rate.
        seed: of the batches.
        log: receives the means of every 25 steps.
    """
    rng = random.Random(seed)

    def losses() -> Iterator[tuple[Tensor, dict[str, float]]]:
        while True:
            ids, mask, labels, charts = encode(draw(rng), processor)
            if not charts:
                yield language_loss(model, ids, mask, labels, None)
                continue
            seen = image_features(model, pool.images[charts], processor)
            read, shares = reading_loss(heads, seen, pool, charts)
            told, right = language_loss(model, ids, mask, labels, seen)
            yield told + HEADS_WEIGHT * read, {**shares, **right}

    parts = (model.model.visual, model.model.language_model, heads)
    parameters = [weight for part in parts for weight in part.parameters()]
    descend(parameters, losses(), steps, rate, log)


@torch.no_grad()
def cached_features(model: Any, processor: Any, pool: ChartPool) -> Tensor:
    """Features of every chart of a pool, computed once.

    Args:
        model: the policy.
        processor: its processor.
        pool: the charts.

    Returns:
        (charts, 24, hidden).
    """
    starts = range(0, len(pool.specs), AT_A_TIME)
    return torch.cat(
        [image_features(model, pool.images[k : k + AT_A_TIME], processor) for k in starts]
    )
