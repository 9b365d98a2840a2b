"""The supervised making of ``finlmm-tiny``, from random weights to a policy that GRPO can improve.

Four phases, each a plain loop: (1) the vision tower under auxiliary heads, since the language
loss alone stays at chance for a thousand steps; (2) the language model on drills and text problems;
(3) both together on chart-to-text, then, with the tower frozen and its features cached, on
questions over several images; (4) a short phase on demonstrations with wrong habits, which leaves
the room that reinforcement learning is to fill.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from finlmm_utils.tar.tiny import IMAGE_SIZE, IMAGE_TOKENS
from finlmm_utils.tar.tiny_data import CHARACTERS, PATCH, ChartPool, Demonstration, drill
from finlmm_utils.tasks import TERMS, Series

MERGE, FRAMES = 2, 2
GRID = (1, IMAGE_SIZE[1] // PATCH, IMAGE_SIZE[0] // PATCH)
SLOTS = 4
FIRST_YEAR, YEARS = 2015, 12
Log = Callable[[dict[str, Any]], None]


def patches_of(images: np.ndarray, processor: Any) -> Tensor:
    """Cuts framed images into the patches that the image processor would make.

    Args:
        images: uint8, (n, 112, 168, 3).
        processor: for its mean and standard deviation.

    Returns:
        float32, (n * 96, 1176).
    """
    mean = torch.tensor(processor.image_processor.image_mean)
    std = torch.tensor(processor.image_processor.image_std)
    x = torch.from_numpy(images).float().div(255).sub(mean).div(std).permute(0, 3, 1, 2)
    n, rows, columns = len(images), GRID[1] // MERGE, GRID[2] // MERGE
    x = x.reshape(n, 3, rows, MERGE, PATCH, columns, MERGE, PATCH).permute(0, 2, 5, 3, 6, 1, 4, 7)
    x = x.unsqueeze(6).expand(-1, -1, -1, -1, -1, -1, FRAMES, -1, -1)
    return x.reshape(n * GRID[1] * GRID[2], 3 * FRAMES * PATCH * PATCH)


def image_features(model: Any, images: np.ndarray, processor: Any) -> Tensor:
    """The tokens that the vision tower makes of framed images: (n, 24, hidden)."""
    grid = torch.tensor([GRID] * len(images))
    pooled = model.model.visual(patches_of(images, processor), grid_thw=grid).pooler_output
    return pooled.reshape(len(images), IMAGE_TOKENS, -1)


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


# --- phase 1: the vision tower -------------------------------------------------------------------


class ReadingHeads(nn.Module):
    """Auxiliary heads over the tower's tokens, (n, 24, hidden).

    One tells the characters in each half of each of a token's four patches. The others tell what
    the whole chart shows: title class; year, tens and units of each of four places.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        sizes = [len(TERMS)] + [YEARS + 1, 11, 11] * SLOTS
        self.characters = nn.Linear(hidden, 2 * MERGE * MERGE * len(CHARACTERS))
        self.queries = nn.Parameter(torch.randn(len(sizes), hidden))
        self.places = nn.Parameter(torch.randn(IMAGE_TOKENS, hidden) * 0.5)
        self.attention = nn.MultiheadAttention(hidden, 4, batch_first=True)
        self.heads = nn.ModuleList(nn.Linear(hidden, size) for size in sizes)

    def spell(self, features: Tensor) -> Tensor:
        """(n, 24, hidden) to logits (n, 192, 39), a line for each half patch."""
        return self.characters(features).reshape(len(features), -1, len(CHARACTERS))

    def forward(self, features: Tensor) -> list[Tensor]:
        """(n, 24, hidden) to one (n, classes) tensor of logits a head."""
        keys = functional.layer_norm(features, features.shape[-1:]) + self.places
        queries = self.queries.expand(len(features), -1, -1)
        read, _ = self.attention(queries, keys, keys, need_weights=False)
        return [head(read[:, k]) for k, head in enumerate(self.heads)]


def reading_targets(shown: Sequence[Series]) -> Tensor:
    """The classes behind every chart: (charts, 13); the last class of a place means "nothing"."""
    names = [term.name for term in TERMS]
    rows = []
    for series in shown:
        row = [names.index(series.term)]
        for k in range(SLOTS):
            if k < len(series.values):
                tens, units = divmod(int(series.values[k]), 10)
                row += [int(series.labels[k]) - FIRST_YEAR, tens, units]
            else:
                row += [YEARS, 10, 10]
        rows.append(row)
    return torch.tensor(rows)


def reading_loss(
    heads: ReadingHeads, features: Tensor, pool: ChartPool, charts: Sequence[int]
) -> tuple[Tensor, dict[str, float]]:
    """How well the tower's tokens tell characters, title, years and values.

    Args:
        heads: the auxiliary heads.
        features: (n, 24, hidden).
        pool: holds the truth.
        charts: the n positions in the pool.

    Returns:
        The loss, and the shares of titles and of values that the heads read rightly.
    """
    letters = torch.from_numpy(pool.characters[charts]).float()
    rare = torch.tensor([4.0 if c.isdigit() else 1.0 for c in CHARACTERS])  # values are few
    spelling = functional.binary_cross_entropy_with_logits(
        heads.spell(features), letters, weight=rare, pos_weight=torch.tensor(8.0)
    )
    outputs = heads(features)
    gold = reading_targets([pool.series[k] for k in charts])
    parts = [functional.cross_entropy(o, gold[:, k]) for k, o in enumerate(outputs)]
    right = torch.stack([o.argmax(-1) == gold[:, k] for k, o in enumerate(outputs)], 1)
    there = gold[:, 2::3] < 10
    values = (right[:, 2::3] & right[:, 3::3])[there].float().mean().item()
    shares = {"titles": right[:, 0].float().mean().item(), "values": values}
    loss = 10 * spelling + parts[0] / 4 + sum(parts[1:]) / len(parts)
    return loss, {"spelling": spelling.item(), **shares}


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
    """Phase 1: teaches the vision tower to read characters, titles, years and values."""
    generator = np.random.default_rng(seed)

    def losses() -> Iterator[tuple[Tensor, dict[str, float]]]:
        while True:
            charts = np.sort(generator.choice(len(pool.series), batch, replace=False))
            features = image_features(model, pool.images[charts], processor)
            yield reading_loss(heads, features, pool, charts.tolist())

    descend([*model.model.visual.parameters(), *heads.parameters()], losses(), steps, rate, log)


# --- phases 2 to 4: language ---------------------------------------------------------------------


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
        for position, (question, completion) in enumerate(one.turns):
            first = position == 0
            opening = _opening(one, question) if first else [{"role": "user", "content": question}]
            prompt = tokenizer.apply_chat_template(
                opening, tokenize=False, add_generation_prompt=True
            ).replace("<|image_pad|>", "<|image_pad|>" * IMAGE_TOKENS)
            asked = tokenizer(prompt if first else f"\n{prompt}").input_ids
            answered = tokenizer(f"{completion}<|im_end|>").input_ids
            ids += asked + answered
            labels += [-100] * len(asked) + answered
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
    """Phase 2: sums, differences, extremes and groups of terms, every token learned."""
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
    pool: ChartPool,
    draw: Callable[[random.Random], list[Demonstration]],
    steps: int,
    rate: float,
    seed: int,
    log: Log,
    heads: ReadingHeads | None = None,
) -> None:
    """Phases 3 and 4: supervised steps on batches of demonstrations.

    Args:
        model: the policy, changed in place.
        processor: its processor.
        pool: the charts that the demonstrations point to.
        draw: makes one batch from a random generator.
        steps: optimiser steps.
        rate: peak learning rate.
        seed: of the batches.
        log: receives the means of every 25 steps.
        heads: given, the vision tower goes on learning, from the language loss and from its
            auxiliary heads; None takes its features from a cache that is filled once.
    """
    rng = random.Random(seed)
    cache = None if heads else cached_features(model, processor, pool)

    def losses() -> Iterator[tuple[Tensor, dict[str, float]]]:
        while True:
            ids, mask, labels, charts = encode(draw(rng), processor)
            if not charts:
                yield language_loss(model, ids, mask, labels, None)
            elif cache is not None:
                yield language_loss(model, ids, mask, labels, cache[charts])
            elif heads is not None:
                features = image_features(model, pool.images[charts], processor)
                said, shares = language_loss(model, ids, mask, labels, features)
                read, more = reading_loss(heads, features, pool, charts)
                yield said + read / 2, shares | more

    trained = [model, heads] if heads else [model.model.language_model]
    descend([p for part in trained for p in part.parameters()], losses(), steps, rate, log)


@torch.no_grad()
def cached_features(model: Any, processor: Any, pool: ChartPool, batch: int = 64) -> Tensor:
    """Features of every chart of the pool: (charts, 24, hidden)."""
    starts = range(0, len(pool.series), batch)
    return torch.cat([image_features(model, pool.images[k : k + batch], processor) for k in starts])
