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
from torch.nn import functional

from finlmm_utils.tiny.charts import ChartPool
from finlmm_utils.tiny.demonstrations import Demonstration, drill
from finlmm_utils.tiny.model import IMAGE_TOKENS
from finlmm_utils.tiny.vision_heads import GRID, ReadingHeads, image_features, reading_loss

Log = Callable[[dict[str, Any]], None]
HEADS_WEIGHT = 0.1
"""Of the auxiliary heads' loss beside the language loss, where both are learned."""


def schedule(step: int, steps: int, peak: float) -> float:
    """Learning rate: linear warm-up over 5 % of the steps, then a cosine to a tenth."""
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
    every: int = 25,
) -> None:
    """Takes ``steps`` AdamW steps on the losses that the iterator yields, and logs the mean.

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
        if (step + 1) % every == 0 or step + 1 == steps:
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
    """Teaches the vision tower to read characters, titles, years and values."""
    generator = np.random.default_rng(seed)

    def losses() -> Iterator[tuple[Tensor, dict[str, float]]]:
        while True:
            charts = np.sort(generator.choice(len(pool.specs), batch, replace=False))
            features = image_features(model, pool.images[charts], processor)
            yield reading_loss(heads, features, pool, charts.tolist())

    descend([*model.model.visual.parameters(), *heads.parameters()], losses(), steps, rate, log)


# --- the language model --------------------------------------------------------------------------


def encode(
    demonstrations: list[Demonstration], processor: Any
) -> tuple[Tensor, Tensor, Tensor, list[int]]:
    """Tokenizes demonstrations, right-padded.

    Returns:
        ids, attention mask and labels (-100 outside the completion), each (batch, length), and the
        pool positions of all images in order.
    """
    tokenizer = processor.tokenizer
    rows: list[tuple[list[int], list[int]]] = []
    charts: list[int] = []
    for one in demonstrations:
        ids: list[int] = []
        labels: list[int] = []
        learned = {tokenizer(word).input_ids[0] for word in one.learned}
        for position, (question, completion) in enumerate(one.turns):
            first = position == 0
            opening = _opening(one, question) if first else [{"role": "user", "content": question}]
            prompt = tokenizer.apply_chat_template(
                opening, tokenize=False, add_generation_prompt=True
            ).replace("<|image_pad|>", "<|image_pad|>" * IMAGE_TOKENS)
            asked = tokenizer(prompt if first else f"\n{prompt}").input_ids
            answered = tokenizer(f"{completion}<|im_end|>").input_ids
            ids += asked + answered
            labels += [-100] * len(asked) + [
                token if not learned or token in learned else -100 for token in answered
            ]
        rows.append((ids, labels))
        charts += one.charts
    length = max(len(ids) for ids, _ in rows)
    batch = torch.full((len(rows), length), tokenizer.pad_token_id)
    mask, gold = torch.zeros_like(batch), torch.full_like(batch, -100)
    for k, (ids, labels) in enumerate(rows):
        batch[k, : len(ids)] = torch.tensor(ids)
        gold[k, : len(ids)] = torch.tensor(labels)
        mask[k, : len(ids)] = 1
    return batch, mask, gold, charts


def _opening(one: Demonstration, question: str) -> list[dict[str, Any]]:
    """System prompt, images and first question as chat messages."""
    images: list[dict[str, str]] = [{"type": "image"}] * len(one.charts)
    turn = {"role": "user", "content": [*images, {"type": "text", "text": question}]}
    if not images:
        turn["content"] = question
    return [{"role": "system", "content": one.system}, turn] if one.system else [turn]


def language_loss(
    model: Any, ids: Tensor, mask: Tensor, labels: Tensor, features: Tensor | None
) -> tuple[Tensor, dict[str, float]]:
    """Cross-entropy of the labelled tokens, with image features that are already at hand.

    Args:
        model: the policy.
        ids: (batch, length).
        mask: (batch, length).
        labels: (batch, length), -100 where nothing is learned.
        features: (images, 24, hidden) in the order of the placeholders, or None.
    """
    embeddings = model.get_input_embeddings()(ids)
    positions = None
    if features is not None:
        images = ids == model.config.image_token_id
        embeddings = embeddings.masked_scatter(images.unsqueeze(-1), features.flatten(0, 1))
        grid = torch.tensor([GRID] * len(features))
        positions, _ = model.model.get_rope_index(ids, images.int(), grid, attention_mask=mask)
    hidden = model.model.language_model(
        inputs_embeds=embeddings, attention_mask=mask, position_ids=positions, use_cache=False
    ).last_hidden_state[:, :-1]
    gold = labels[:, 1:]
    chosen = gold != -100
    logits = model.lm_head(hidden[chosen])
    right = (logits.argmax(-1) == gold[chosen]).float().mean().item()
    return functional.cross_entropy(logits, gold[chosen]), {"tokens_right": right}


def train_drills(
    model: Any, processor: Any, steps: int, batch: int, rate: float, seed: int, log: Log
) -> None:
    """Sums, differences, extremes and groups of terms, every token learned."""
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

    Arguments are those of :func:`train_language`, but for ``heads``, changed in place, and
    ``pool``, the charts that the demonstrations point to.
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
def cached_features(model: Any, processor: Any, pool: ChartPool, batch: int = 64) -> Tensor:
    """Features of every chart of the pool: (charts, 24, hidden)."""
    starts = range(0, len(pool.specs), batch)
    return torch.cat([image_features(model, pool.images[k : k + batch], processor) for k in starts])
