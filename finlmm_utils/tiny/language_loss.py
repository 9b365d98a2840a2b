"""Demonstrations as tokens, and the language model's loss on them."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from finlmm_utils.tiny.demonstrations import Demonstration
from finlmm_utils.tiny.model import IMAGE_TOKENS
from finlmm_utils.tiny.vision_heads import GRID


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
    ids, mask, labels = (one.to(model.device) for one in (ids, mask, labels))
    embeddings = model.get_input_embeddings()(ids)
    positions = None
    if features is not None:
        images = ids == model.config.image_token_id
        embeddings = embeddings.masked_scatter(images.unsqueeze(-1), features.flatten(0, 1))
        grid = torch.tensor([GRID] * len(features), device=ids.device)
        positions, _ = model.model.get_rope_index(ids, images.int(), grid, attention_mask=mask)
    hidden = model.model.language_model(
        inputs_embeds=embeddings, attention_mask=mask, position_ids=positions, use_cache=False
    ).last_hidden_state[:, :-1]
    gold = labels[:, 1:]
    chosen = gold != -100
    logits = model.lm_head(hidden[chosen])
    right = (logits.argmax(-1) == gold[chosen]).float().mean().item()
    return functional.cross_entropy(logits, gold[chosen]), {"tokens_right": right}
