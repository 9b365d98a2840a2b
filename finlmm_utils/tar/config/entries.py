"""The entries of the parameter ``training``: type, range, unit, source and default, once each.

A profile decides each of them, so :class:`Training`, which notebooks and profiles are checked
against, has no defaults; :class:`TrainingEntries`, which a stage is built on, has them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, Field, JsonValue, ValidationInfo
from pydantic.fields import PydanticUndefined

from finlmm_utils.tar.config.discriminator_entry import STRICT
from finlmm_utils.tar.config.grpo_entry import grpo_fields

REWARD_WEIGHTS = {
    "format": 0.10,
    "accuracy": 0.60,
    "selection": 0.15,
    "length": 0.05,
    "adversarial": 0.15,
}
"""Weights of the public TAR-LMM code base; divided by the sum over the active terms."""
LENGTH_THRESHOLDS = (300, 450, 600)
"""(least, optimal, most) size of a reasoning: the summary's optimum is 450 tokens; the other two
are the public code base's, which counts characters."""

Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Share = Annotated[float, Field(gt=0, lt=1)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
"""A list is taken, too: notebooks and JSON have no tuples."""
Listed = Annotated[list[str], Field(strict=False)]
"""As a notebook's cell and a profile write it."""


def _vision_learns(value: bool, info: ValidationInfo) -> bool:
    """An adapter is of the language model alone: beside one, the tower would not learn."""
    if not value and info.data.get("adapter", "none") != "none":
        raise ValueError("true with lora and qlora, whose adapter is of the language model alone; "
                         "the vision tower learns with adapter none")  # fmt: skip
    return value


LEAST_PIXELS = 28 * 28
"""Pixels of one token of Qwen2.5-VL: an image can't be scaled below it."""


def _not_below_least(value: int, info: ValidationInfo) -> int:
    least = max(info.data.get("min_pixels", 0), LEAST_PIXELS)
    if value and value < least:
        raise ValueError(f"0, or at least {least} (min_pixels, or a token's)")
    return value


def _known_terms(value: list[str], info: ValidationInfo) -> list[str]:
    """A misspelt term would be paid everywhere, without a word."""
    known = [*REWARD_WEIGHTS, *info.data.get("own_rewards", {})]
    if unknown := [name for name in value if name not in known]:
        raise ValueError(f"terms among {', '.join(known)}; {unknown[0]!r} is none")
    return value


def _other_names(value: dict[str, Any]) -> dict[str, Any]:
    """A name of ours would put another function in its place, without a word."""
    if taken := [name for name in value if name in REWARD_WEIGHTS]:
        raise ValueError(f"names that are not taken; {taken[0]!r} is a term of the package")
    return value


class OwnReward(BaseModel):
    """A reward of one's own: ``{path: "package.module:function", weight: 0.1}``."""

    model_config = STRICT

    path: Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")]
    weight: Positive


class TrainingEntries(BaseModel):
    """How a stage trains, as its machine allows."""

    model_config = STRICT

    loss_type: Annotated[
        Literal["grpo", "dapo", "dr_grpo", "bnpo"],
        Field(
            description="TRL's loss_type; grpo: mean over a completion, then over completions; "
            "dr_grpo also leaves out the division by the group's deviation (Dr. GRPO)"
        ),
    ] = "grpo"
    kl: Annotated[
        float, Field(ge=0, description="weight of the KL penalty against the starting policy")
    ] = 0.0
    temperature: Annotated[float, Field(gt=0, description="of the samples of training")] = 1.0
    top_p: Annotated[
        float, Field(gt=0, le=1, description="share of probability that is sampled from")
    ] = 1.0
    clip: Annotated[
        float, Field(gt=0, lt=1, description="the probability ratio counts up to 1 +- clip (PPO)")
    ] = 0.2
    adapter: Annotated[
        Literal["none", "lora", "qlora"],
        Field(description="none trains the weights; lora an adapter; qlora one over 4-bit weights"),
    ] = "none"
    lora_rank: Annotated[int, Field(ge=1, description="of a new adapter; alpha is twice it")] = 16
    freeze_vision: Annotated[
        bool,
        AfterValidator(_vision_learns),
        Field(description="keeps the vision tower as it is (our choice; see notebook 05)"),
    ] = True
    gradient_checkpointing: Annotated[
        bool,
        Field(description="computes activations again: less memory, a third more time"),
    ] = False
    micro_batch: Annotated[
        int, Field(ge=0, description="completions a forward pass and process; 0: all at once")
    ] = 0
    generation_batch: Annotated[
        int,
        Field(
            ge=0,
            description="completions sampled at a time in a process, of whole prompts, whose "
            "images pass the vision tower together; 0: all of a step; vLLM minds its own",
        ),
    ] = 0
    min_pixels: Annotated[
        int, Field(ge=0, description="of an image, which is scaled up to it; 0: the policy's own")
    ] = 0
    max_pixels: Annotated[
        int,
        AfterValidator(_not_below_least),
        Field(ge=0, description="of an image, which is scaled down; 0: the policy's own"),
    ] = 0
    max_prompt_tokens: Annotated[
        int, Field(ge=1, description="rows with longer prompts, images included, are left out")
    ] = 2048
    vllm: Annotated[
        str,
        Field(
            pattern=r"^(none|colocate|server|https?://\S+)$",
            description="rollouts by vLLM; see finlmm_utils.tar.rollouts.vllm.vllm_fields",
        ),
    ] = "none"
    vllm_memory: Annotated[
        Share, Field(description="share of a GPU for vLLM beside the trainer (colocate)")
    ] = 0.3
    vllm_max_length: Annotated[
        int, Field(ge=0, description="tokens vLLM makes room for; 0: longest prompt and completion")
    ] = 0
    vllm_gpus: Annotated[
        int,
        Field(ge=0, description="GPUs of this machine that training leaves to its vLLM server"),
    ] = 0
    checkpoint_every: Annotated[
        int, Field(ge=1, description="optimiser steps between checkpoints")
    ] = 10
    keep_checkpoints: Annotated[int, Field(ge=1, description="the newest ones, on disk")] = 2
    redraw: Annotated[
        int,
        Field(
            ge=0,
            description="groups that are all right or all wrong teach nothing: draws again, with "
            "other prompts, at most so many times a step (dynamic sampling, DAPO); 0: never",
        ),
    ] = 0
    difficulty_samples: Annotated[
        int,
        Field(
            ge=0,
            description="samples of the starting policy for each row; rows that it always or never "
            "answers are left out; 0: all rows stay",
        ),
    ] = 0
    validate_every: Annotated[
        int,
        Field(
            ge=0,
            description="optimiser steps between two evaluations on the validation split; the "
            "best policy is kept beside the last; 0: never",
        ),
    ] = 0
    launch: Annotated[
        Literal["none", "cpu2", "ddp", "fsdp", "zero3", "shell"],
        Field(description="processes; see finlmm_utils.tar.launch.train"),
    ] = "none"
    report_to: Annotated[
        Listed, Field(description="TRL's trackers (wandb, trackio, ...) beside metrics.jsonl")
    ] = []
    system_prompt: Annotated[
        str, Field(description="in place of the row's own, which asks for the tags; empty: its own")
    ] = ""
    own_rewards: Annotated[
        dict[str, OwnReward],
        AfterValidator(_other_names),
        Field(description="by name: {path: package.module:function, weight: 0.1}, TRL's form"),
    ] = {}
    mixed_only: Annotated[
        Listed, Field(description="terms paid only in groups with right and wrong answers")
    ] = []
    grpo: Annotated[
        dict[str, JsonValue],
        AfterValidator(grpo_fields),
        Field(description="further fields of TRL's GRPOConfig, such as epsilon_high"),
    ] = {}


class Training(TrainingEntries):
    """The notebooks' parameter ``training``: every entry is told."""

    mixed_only: Annotated[
        Listed,
        AfterValidator(_known_terms),
        Field(description="terms paid only in groups with right and wrong answers"),
    ]


for _entry in Training.model_fields.values():
    _entry.default = PydanticUndefined
Training.model_rebuild(force=True)
