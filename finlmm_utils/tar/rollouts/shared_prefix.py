"""Each prompt is read once: its completions are sampled from, and scored on, the same cache.

TRL 1.16 reads a prompt, images and all, once for each of its completions: to sample, to score, and
backwards. On a CPU this is most of a step, as a prompt is longer than what is said to it. Here a
prompt's keys and values are computed once, and its completions attend to copies of them; gradients
of the copies add up. Log-probabilities and gradients are TRL's, up to the order of additions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

DECODE_CHUNK = 12
"""Tokens between two looks at which completions have ended; our choice: each look copies the cache
of those that go on, and until the next one those that have ended are computed for nothing."""
ROW_CHUNK = 16
"""Completions of like length that are scored together; our choice: more need more memory and are
padded to the longest, fewer use the processor less well."""


def plain_model(model: Any) -> Any:
    """The Qwen2.5-VL inside an adapter; its layers carry the adapter's weights."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def read_prompts(model: Any, inputs: Mapping[str, Tensor]) -> tuple[DynamicCache, Tensor, Tensor]:
    """Reads left-padded prompts.

    Args:
        model: a Qwen2.5-VL.
        inputs: ``input_ids``, ``attention_mask`` and, with images, ``mm_token_type_ids``, each
            (prompts, length), ``pixel_values`` and ``image_grid_thw``.

    Returns:
        Their cache, last hidden states (prompts, length, hidden), and by how much the position of
        a token after the prompt differs from the number of tokens before it, (prompts, 1).
    """
    mask = inputs["attention_mask"]
    if "image_grid_thw" in inputs:
        positions, deltas = model.model.get_rope_index(
            inputs["input_ids"], inputs["mm_token_type_ids"], inputs["image_grid_thw"],
            attention_mask=mask,
        )  # fmt: skip
    else:
        positions = (mask.cumsum(-1) - 1).clamp(min=0).expand(3, -1, -1)
        deltas = torch.zeros(len(mask), 1, dtype=torch.long, device=mask.device)
    read = model.model(**inputs, position_ids=positions, use_cache=True)
    return read.past_key_values, read.last_hidden_state, deltas


def _copies(cache: DynamicCache, rows: Tensor) -> DynamicCache:
    copies = DynamicCache()
    for n, layer in enumerate(cache.layers):
        copies.update(layer.keys.index_select(0, rows), layer.values.index_select(0, rows), n)
    return copies


@torch.no_grad()
def sample(model: Any, inputs: Mapping[str, Tensor], owner: Tensor, **options: Any) -> Tensor:
    """Completions of prompts; those that have ended leave the batch.

    Args:
        model: a Qwen2.5-VL, with or without an adapter.
        inputs: of the prompts, as for :func:`read_prompts`; the last token of each is text.
        owner: which prompt each completion has, (completions).
        **options: of ``generate``: ``max_new_tokens``, ``eos_token_id``, ``pad_token_id``, and
            whatever says how to sample.

    Returns:
        (completions, longest), padded on the right.
    """
    model = plain_model(model)
    left, pad = options.pop("max_new_tokens"), options["pad_token_id"]
    ends = torch.as_tensor(options["eos_token_id"], device=owner.device).view(-1)
    per_token = ("input_ids", "attention_mask", "mm_token_type_ids")
    cache, _, deltas = read_prompts(
        model, {k: v[:, :-1] if k in per_token else v for k, v in inputs.items()}
    )
    cache, deltas = _copies(cache, owner), deltas[owner]
    ids, mask = inputs["input_ids"][owner], inputs["attention_mask"][owner]
    completion_ids = torch.full((len(owner), left), pad, device=owner.device)
    running = torch.arange(len(owner), device=owner.device)
    done = 0
    while len(running) and left:
        model.model.rope_deltas = deltas[running]
        whole = model.generate(input_ids=ids, attention_mask=mask, past_key_values=cache,
                               max_new_tokens=min(DECODE_CHUNK, left), **options)  # fmt: skip
        new = whole[:, ids.shape[1] :]
        completion_ids[running, done : done + new.shape[1]] = new
        done, left = done + new.shape[1], left - new.shape[1]
        going = (~torch.isin(new, ends).any(1)).nonzero().flatten()
        mask = torch.cat([mask, torch.ones_like(new)], 1)[going]
        ids, running, ended = whole[going], running[going], len(going) < len(running)
        if ended:
            cache.batch_select_indices(going)  # layer by layer: never two whole caches
    model.model.rope_deltas = None
    return completion_ids[:, :done]


def sample_in_parts(
    model: Any, inputs: Mapping[str, Tensor], owner: Tensor, most: int, **options: Any
) -> Tensor:
    """:func:`sample` for at most so many completions at a time, of whole prompts.

    Only the images of these prompts are in the vision tower at once, and only these completions
    have a cache: both decide the memory that sampling takes.

    Args:
        model: as for :func:`sample`.
        inputs: of the prompts; their image tensors follow one another, prompt by prompt.
        owner: which prompt each completion has, rising.
        most: completions at a time, those of one prompt at least; 0 for all.
        **options: as for :func:`sample`.

    Returns:
        (completions, longest), padded on the right.
    """
    prompts = len(inputs["input_ids"])
    per_prompt = max(1, len(owner) // prompts)
    step = max(1, most // per_prompt) if most else prompts
    if step >= prompts:
        return sample(model, inputs, owner, **options)
    done = []
    for first in range(0, prompts, step):
        part = slice(first, first + step)
        mine = (owner >= first) & (owner < first + step)
        done.append(sample(model, _some(inputs, part, model), owner[mine] - first, **options))
    longest = max(part.shape[1] for part in done)
    pad = options["pad_token_id"]
    return torch.cat([
        torch.nn.functional.pad(part, (0, longest - part.shape[1]), value=pad) for part in done
    ])  # fmt: skip


def _some(inputs: Mapping[str, Tensor], part: slice, model: Any) -> dict[str, Tensor]:
    """The inputs of some prompts that follow one another, with their images."""
    per_image = ("pixel_values", "image_grid_thw")
    chosen = {k: v[part] for k, v in inputs.items() if k not in per_image}
    if "image_grid_thw" not in inputs:
        return chosen
    config = plain_model(model).config
    grids, ids = inputs["image_grid_thw"], inputs["input_ids"]
    starts = (ids == config.vision_start_token_id).sum(1)  # one before each image
    before, own = int(starts[: part.start].sum()), int(starts[part].sum())
    patches = grids.prod(-1).cumsum(0).tolist()
    first, last = ([0, *patches][before], [0, *patches][before + own])
    if own:
        chosen |= {
            "pixel_values": inputs["pixel_values"][first:last],
            "image_grid_thw": grids[before : before + own],
        }
    return chosen


def groups(prompts: Tensor, pixels: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Which completions have the same prompt, text and images.

    Args:
        prompts: ids, (completions, length).
        pixels: of each completion; empty where there are no images.

    Returns:
        The first completion of each group, and the group of each completion.
    """
    first: list[int] = []
    owner = []
    for row, prompt in enumerate(prompts):
        for n, other in enumerate(first):
            if torch.equal(prompt, prompts[other]) and (
                not pixels or torch.equal(pixels[row], pixels[other])
            ):
                owner.append(n)
                break
        else:
            owner.append(len(first))
            first.append(row)
    return torch.tensor(first), torch.tensor(owner)


def log_probs(
    model: Any,
    ids: Tensor,
    mask: Tensor,
    completion: int,
    temperature: float,
    fields: Mapping[str, Any],
) -> tuple[Tensor, Tensor]:
    """Log-probabilities of completions and entropies of the distributions they were drawn from.

    Args:
        model: a Qwen2.5-VL, with or without an adapter.
        ids: (completions, length), prompts padded on the left, completions on the right.
        mask: alike.
        completion: the last so many tokens are the completion.
        temperature: that the logits are divided by.
        fields: ``pixel_values``, ``image_grid_thw``, ``mm_token_type_ids``, ``num_images`` or None.

    Returns:
        Both (completions, ``completion``), 0 where the completion is padded.
    """
    model = plain_model(model)
    prompt = ids.shape[1] - completion
    pixels: Sequence[Tensor] = ()
    inputs: dict[str, Tensor] = {}
    if fields.get("pixel_values") is not None:
        grids = torch.split(fields["image_grid_thw"], fields["num_images"])
        patches = [int(grid.prod(-1).sum()) for grid in grids]
        pixels = torch.split(fields["pixel_values"], patches)
    first, owner = groups(ids[:, :prompt], pixels)
    if pixels:
        inputs = {
            "pixel_values": torch.cat([pixels[n] for n in first]),
            "image_grid_thw": torch.cat([grids[n] for n in first]),
            "mm_token_type_ids": fields["mm_token_type_ids"][first, :prompt],
        }
    inputs |= {"input_ids": ids[first, :prompt], "attention_mask": mask[first, :prompt]}
    cache, hidden, deltas = read_prompts(model, inputs)
    places = mask.cumsum(-1) - 1
    lengths = mask[:, prompt:].sum(-1)
    scored: list[Tensor] = []
    order = lengths.argsort(descending=True, stable=True)
    for rows in order.split(ROW_CHUNK):
        own, width = owner[rows], int(lengths[rows].max().clamp(min=1))
        states = hidden[:, -1:].index_select(0, own)
        if width > 1:
            span = slice(prompt, prompt + width - 1)
            later = model.model.language_model(
                inputs_embeds=model.get_input_embeddings()(ids[rows, span]),
                attention_mask=mask[rows, : span.stop],
                position_ids=(places[rows, span] + deltas[own]).expand(3, -1, -1),
                past_key_values=_copies(cache, own),
            )
            states = torch.cat([states, later.last_hidden_state], 1)
        logits = (model.lm_head(states) / temperature).log_softmax(-1)
        gold = ids[rows, prompt : prompt + width].unsqueeze(-1)
        both = torch.stack([
            logits.gather(-1, gold).squeeze(-1), -(logits.exp() * logits).sum(-1).detach()
        ])  # fmt: skip
        both = both * mask[rows, prompt : prompt + width]
        scored.append(torch.nn.functional.pad(both, (0, completion - width)))
    result = torch.cat(scored, 1).index_select(1, order.argsort())
    return result[0], result[1]
