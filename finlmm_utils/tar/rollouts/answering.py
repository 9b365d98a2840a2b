"""Lets a policy answer rows and scores what it says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import pandas as pd

from finlmm_utils.finance.answers import match
from finlmm_utils.tar.decoding import decoding
from finlmm_utils.tar.responses import parse_response

Progress = Callable[..., Iterable[Any]]


def grey_images(row: dict[str, Any]) -> dict[str, Any]:
    """The same row with every image replaced by plain grey of its size: the blind baseline."""
    from PIL import Image

    return {**row, "images": [Image.new("RGB", image.size, "grey") for image in row["images"]]}


def generate(
    model: Any,
    processor: Any,
    rows: list[dict[str, Any]],
    max_new_tokens: int,
    samples: int = 0,
    temperature: float = 1.0,
    batch_size: int = 32,
    seed: int = 0,
    progress: Progress | None = None,
    top_p: float = 1.0,
) -> pd.DataFrame:
    """Lets a policy answer rows of the row contract and scores what it wrote.

    It decodes as training does: from the policy's own distribution, whatever the policy's
    ``generation_config`` says of repetition, top_k and the like.

    Args:
        model: the policy.
        processor: its processor.
        rows: all with images or all without.
        max_new_tokens: longest completion.
        samples: completions a row drawn at ``temperature``; 0 for one greedy completion.
        temperature: of sampling.
        batch_size: completions at a time.
        seed: of sampling.
        progress: wraps the loop over batches, as ``run.progress`` does.
        top_p: share of probability that is sampled from.

    Returns:
        One line a completion: id, task, answer_kind, gold, target_image, images, sample (from 0),
        completion, thinking, answer, image_selection, well_formed, right (None where the gold can't
        be parsed), image_right (None for text rows), tokens, clipped.
    """
    import torch

    from finlmm_utils.tar.rollouts.shared_prefix import sample

    torch.manual_seed(seed)
    model.eval()
    copies = max(1, samples)
    per_batch = max(1, batch_size // copies)
    batches = [rows[k : k + per_batch] for k in range(0, len(rows), per_batch)]
    options = decoding(model, processor.tokenizer, samples > 0, temperature, top_p)
    ends = torch.as_tensor(options["eos_token_id"])
    lines = []
    for batch in progress(batches) if progress else batches:
        inputs = prompt_tensors(processor, batch, model.device)
        owner = torch.arange(len(batch), device=model.device).repeat_interleave(copies)
        new = sample(model, inputs, owner, max_new_tokens=max_new_tokens, **options).cpu()
        for k, ids in enumerate(new):
            row, number = batch[k // copies], k % copies
            stop = torch.isin(ids, ends).nonzero()
            length = int(stop[0, 0]) if len(stop) else len(ids)
            text = processor.tokenizer.decode(ids[:length], skip_special_tokens=True)
            lines.append(scored(row, number, text) | {"tokens": length, "clipped": not len(stop)})
    return pd.DataFrame(lines)


def prompt_tensors(processor: Any, rows: Sequence[dict[str, Any]], device: Any) -> dict[str, Any]:
    """Prompts of rows, padded on the left, with the tensors of their images in order.

    Args:
        processor: the policy's.
        rows: in the row contract, all with images or all without.
        device: of the policy.
    """
    from trl.data_utils import prepare_multimodal_messages

    images = [image for row in rows for image in row.get("images") or []]
    texts = [
        processor.apply_chat_template(
            prepare_multimodal_messages(row["prompt"], images=row.get("images") or []),
            tokenize=False, add_generation_prompt=True,
        )
        for row in rows
    ]  # fmt: skip
    inputs = processor(images=images or None, text=texts, padding=True, return_tensors="pt")
    return {name: tensor.to(device) for name, tensor in inputs.items()}


def scored(row: dict[str, Any], sample: int, completion: str) -> dict[str, Any]:
    """One completion of a row, taken apart and compared with the gold.

    Args:
        row: in the row contract.
        sample: number of the completion, from 0.
        completion: what was said.
    """
    response = parse_response(completion)
    target = row["target_image"]
    question = row["prompt"][-1]["content"]
    return {
        "id": row["id"],
        "task": row["task"],
        "answer_kind": row["answer_kind"],
        "question": question,
        "gold": row["answer"],
        "target_image": target,
        "images": len(row.get("images") or []),
        "sample": sample,
        "completion": completion,
        "thinking": response.thinking,
        "answer": response.answer,
        "image_selection": response.image_selection,
        "well_formed": response.well_formed,
        "right": match(
            response.answer,
            row["answer"],
            row["answer_kind"],
            question=question,
            unit=row["unit"] or "",
        ),
        "image_right": None if target is None else response.image_selection == target,
    }
