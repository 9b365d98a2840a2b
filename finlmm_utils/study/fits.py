"""``finlmm fits``: what both stages of a profile need of a GPU, and whether they fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.metrics_table import table
from finlmm_utils.tar.shapes.fits import QUESTION_TOKENS, Load, total
from finlmm_utils.tar.shapes.fits import table as parts_table
from finlmm_utils.tar.shapes.shape import Shape, shape_of

GIGA = 1e9
TEXT_TOKENS = 512
"""Prompt of a text row; DeepScaleR's longest have about 500 tokens."""
SHARDED = ("zero3", "fsdp", "shell")
"""Launches that spread weights, gradients and optimiser over the GPUs."""


def training_gpus(values: Mapping[str, Any]) -> int:
    """GPUs that a profile's launch trains on: those of its file, less its vLLM server's; else 1."""
    launch = values["training"]["launch"]
    if launch == "none":
        return 1
    name = "zero3" if launch == "shell" else launch
    file = repository_root() / "papermill_runs" / "accelerate" / f"{name}.yaml"
    processes = yaml.safe_load(file.read_text("utf-8"))["num_processes"]
    return max(1, int(processes) - int(values["training"]["vllm_gpus"]))


def loads(values: Mapping[str, Any], shape: Shape, gpus: int = 1) -> dict[str, Load]:
    """What each stage of a profile asks of its policy, on one GPU.

    Args:
        values: of the profile, with ``--set`` and ``--policy`` applied.
        shape: of the policy.
        gpus: that train.

    Returns:
        By stage.
    """
    told = values["training"]
    images = 1 + values["max_distractors"]
    sharded = told["launch"] in SHARDED
    completions = values["prompts_per_step"] * values["group_size"] // max(1, gpus)
    most = told["max_pixels"] or shape.most_pixels
    cap = told["max_prompt_tokens"]
    with_images = min(cap, images * shape.image_tokens(most) + QUESTION_TOKENS)
    return {
        stage: Load(
            adapter=told["adapter"], lora_rank=told["lora_rank"],
            freeze_vision=told["freeze_vision"], kl=told["kl"],
            checkpointing=told["gradient_checkpointing"], prompt_tokens=prompt,
            completion_tokens=values["max_completion_tokens"], images=pictures, max_pixels=most,
            micro_batch=min(told["micro_batch"] or completions, completions),
            generated=min(told["generation_batch"] or completions, completions),
            group_size=values["group_size"], shards=gpus if sharded else 1,
            elsewhere=told["vllm"] not in ("none", "colocate"),
            vllm_memory=told["vllm_memory"] if told["vllm"] == "colocate" else 0.0,
        )
        for stage, prompt, pictures in (
            ("stage 1", min(cap, TEXT_TOKENS), 0), ("stage 2", with_images, images)
        )
    }  # fmt: skip


def answer(
    values: Mapping[str, Any], policy: str, gpu_gb: float, gpus: int | None = None
) -> tuple[str, bool]:
    """The table of both stages, and whether they fit.

    Args:
        values: of the profile.
        policy: hub id, folder or "finlmm-tiny".
        gpu_gb: of one GPU.
        gpus: that train together; None for those of the profile's launch.

    Returns:
        Text, and whether both stages fit.
    """
    gpus = gpus or training_gpus(values)
    shape = shape_of(policy)
    lines = [
        f"{policy}: {shape.parameters / GIGA:.2f} billion parameters, {shape.vision / GIGA:.2f} of "
        f"them the vision tower; {gpus} x {gpu_gb:g} GB"
    ]
    fits = True
    for stage, load in loads(values, shape, gpus).items():
        rows = [
            [name, f"{size / GIGA:.2f}", why]
            for name, size, why in parts_table(shape, load, gpu_gb * GIGA)
        ]
        need = total(shape, load, gpu_gb * GIGA) / GIGA
        here = need <= gpu_gb
        fits = fits and here
        word = "fits" if here else "does NOT fit"
        lines += ["", f"{stage}: {need:.1f} GB of {gpu_gb:g}: {word}", *table(
            ["part", "GB", "reckoned as"], rows
        )]  # fmt: skip
    if not fits:
        lines += ["", "lower micro_batch, generation_batch, max_pixels or max_prompt_tokens of "
                  "training, take lora or qlora as adapter, or more GPUs"]  # fmt: skip
    return "\n".join(lines), fits
