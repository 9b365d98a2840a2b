"""Evaluation: a policy answers rows, greedily and by sampling; every answer is kept and scored."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finlmm_utils.tar.answers import match
from finlmm_utils.tar.responses import parse_response
from finlmm_utils.tar.rewards import accuracy_reward

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
) -> pd.DataFrame:
    """Lets a policy answer rows of the row contract and scores what it wrote.

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

    Returns:
        One line a completion: id, task, answer_kind, gold, target_image, images, sample (from 0),
        completion, thinking, answer, image_selection, well_formed, right (None where the gold can't
        be parsed), image_right (None for text rows), tokens, clipped.
    """
    import torch
    from trl.data_utils import prepare_multimodal_messages

    from finlmm_utils.tar.shared_prompts import sample

    torch.manual_seed(seed)
    model.eval()
    copies = max(1, samples)
    per_batch = max(1, batch_size // copies)
    batches = [rows[k : k + per_batch] for k in range(0, len(rows), per_batch)]
    options: dict[str, Any] = {"do_sample": False}
    if samples:
        options = {"do_sample": True, "temperature": temperature, "top_k": 0, "top_p": 1.0}
    end = processor.tokenizer.eos_token_id
    pad = processor.tokenizer.pad_token_id
    lines = []
    for batch in progress(batches) if progress else batches:
        images = [image for row in batch for image in row.get("images") or []]
        turns = [
            prepare_multimodal_messages(row["prompt"], images=row.get("images") or [])
            for row in batch
        ]
        texts = [
            processor.apply_chat_template(one, tokenize=False, add_generation_prompt=True)
            for one in turns
        ]
        inputs = processor(images=images or None, text=texts, padding=True, return_tensors="pt")
        inputs = {name: tensor.to(model.device) for name, tensor in inputs.items()}
        owner = torch.arange(len(batch), device=model.device).repeat_interleave(copies)
        new = sample(
            model, inputs, owner, max_new_tokens=max_new_tokens, eos_token_id=end,
            pad_token_id=pad, **options,
        ).cpu()  # fmt: skip
        for k, ids in enumerate(new):
            row, number = batch[k // copies], k % copies
            stop = (ids == end).nonzero()
            length = int(stop[0, 0]) if len(stop) else len(ids)
            text = processor.tokenizer.decode(ids[:length], skip_special_tokens=True)
            lines.append(_score(row, number, text) | {"tokens": length, "clipped": not len(stop)})
    return pd.DataFrame(lines)


def _score(row: dict[str, Any], sample: int, completion: str) -> dict[str, Any]:
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


def read_rollouts(path: Path, rows: Any, tokenizer: Any) -> pd.DataFrame:
    """Reads a stage's ``completions.parquet`` with what each completion says taken apart.

    Args:
        path: of the file.
        rows: the rows trained on, for their targets and answers.
        tokenizer: counts the tokens of a thinking.

    Returns:
        The file's columns and thinking, thinking_tokens, image_selection, target_image, right
        (None where the gold can't be parsed).
    """
    table = pd.read_parquet(path)
    targets = dict(zip(rows["id"], rows["target_image"], strict=True))
    if "reward_accuracy" not in table:  # a stage that did not pay for it
        table["reward_accuracy"] = _accuracy(table, rows)
    responses = [parse_response(text) for text in table["completion"]]
    counts = [len(ids) for ids in tokenizer([one.thinking or "" for one in responses])["input_ids"]]
    columns: dict[str, list[Any]] = {
        "thinking": [one.thinking or "" for one in responses],
        "thinking_tokens": counts,
        "image_selection": [one.image_selection for one in responses],
        "target_image": [targets.get(row) for row in table["id"]],
        "right": [None if pd.isna(value) else value == 1 for value in table["reward_accuracy"]],
    }
    return table.assign(**columns)


def _accuracy(table: pd.DataFrame, rows: Any) -> list[float | None]:
    """The accuracy reward of the completions of a stage."""
    names = ("answer", "answer_kind", "prompt", "unit")
    golds = dict(zip(rows["id"], zip(*(rows[name] for name in names), strict=True), strict=True))
    answers, kinds, prompts, units = zip(*(golds[row] for row in table["id"]), strict=True)
    return accuracy_reward(table["completion"].tolist(), answers, kinds, prompts, units)


def bootstrap(values: Iterable[float], draws: int = 2000, seed: int = 0) -> tuple[float, float]:
    """The 95 % percentile bootstrap interval of a mean over rows.

    Args:
        values: one a row; several samples of a row are averaged first, so that the rows stay the
            unit that is drawn.
        draws: resamplings.
        seed: of the resampling.
    """
    data = np.asarray(list(values), float)
    if not len(data):
        return float("nan"), float("nan")
    picks = np.random.default_rng(seed).integers(0, len(data), (draws, len(data)))
    low, high = np.percentile(data[picks].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def paired_difference(before: pd.DataFrame, after: pd.DataFrame, column: str) -> dict[str, Any]:
    """How much a share rose from one policy to another, over the rows that both answered.

    Args:
        before: samples of the first policy.
        after: samples of the second.
        column: "right" or "image_right".

    Returns:
        ``difference`` (after minus before), ``interval`` (95 %, bootstrap over rows), ``rows``.
    """
    means = [
        part[part[column].notna()].astype({column: float}).groupby("id")[column].mean()
        for part in (before, after)
    ]
    both = pd.concat(means, axis=1, join="inner", keys=["before", "after"]).sort_index()
    rises = both["after"] - both["before"]
    return {
        "difference": float(rises.mean()),
        "interval": bootstrap(rises),
        "rows": len(rises),
    }


def summarize(samples: pd.DataFrame) -> dict[str, Any]:
    """Accuracy, image selection and format over rows, each with a 95 % interval.

    Args:
        samples: as :func:`generate` returns it, greedy or sampled.

    Returns:
        ``rows``, ``accuracy``, ``accuracy_interval``, ``selection``, ``selection_interval`` (image
        rows), ``format``, ``tokens``, ``clipped``, ``accuracy_by_task`` and, with several samples a
        row, ``pass_at_k`` and ``selection_at_k``.
    """
    known = samples[samples["right"].notna()].copy()
    known["right"] = known["right"].astype(float)
    per_row = known.groupby("id", sort=True)["right"].mean()
    summary: dict[str, Any] = {
        "rows": int(samples["id"].nunique()),
        "unscored": int(samples["id"].nunique() - len(per_row)),
        "accuracy": float(per_row.mean()),
        "accuracy_interval": bootstrap(per_row),
        "format": float(samples["well_formed"].mean()),
        "tokens": float(samples["tokens"].mean()),
        "clipped": float(samples["clipped"].mean()),
        "accuracy_by_task": {
            task: float(group["right"].mean()) for task, group in known.groupby("task", sort=True)
        },
    }
    pictured = samples[samples["target_image"].notna()]
    if len(pictured):
        chosen = pictured.assign(image_right=pictured["image_right"].astype(float))
        rows = chosen.groupby("id", sort=True)["image_right"]
        summary["selection"] = float(rows.mean().mean())
        summary["selection_interval"] = bootstrap(rows.mean())
        summary["selection_chance"] = float((1 / pictured["images"]).mean())
    if samples["sample"].max() > 0:
        summary["pass_at_k"] = float(known.groupby("id")["right"].max().mean())
        summary["k"] = int(samples["sample"].max()) + 1
        if len(pictured):
            summary["selection_at_k"] = float(rows.max().mean())
    return summary
