"""What a stage is told: built by notebooks, written by the launcher, hashed for a resume.

The notebooks' mappings ``training`` and ``discriminator`` are the same values without defaults,
since there a profile decides.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from finlmm_utils.output import write_text
from finlmm_utils.tar.config.discriminator_entry import DiscriminatorConfig
from finlmm_utils.tar.config.entries import (
    LENGTH_THRESHOLDS,
    REWARD_WEIGHTS,
    Count,
    LearningRate,
    Names,
    TrainingEntries,
)

STAGE_FILE = "stage.json"
STAGE1_REWARDS = ("format", "accuracy")
STAGE2_REWARDS = ("format", "accuracy", "selection", "length", "adversarial")


class StageConfig(TrainingEntries):
    """Everything that a stage is told, but for what JSON can't hold.

    Policy, rows and folder, the discriminator itself and rewards of your own are arguments of
    :func:`finlmm_utils.tar.stages.train_stage`. A list is taken for a tuple.

    Examples:
        >>> config = StageConfig(steps=60, learning_rate=1e-4)
        >>> StageConfig.model_validate_json(config.model_dump_json()) == config
        True
    """

    steps: Annotated[int, Field(ge=0, description="optimiser steps; 0 saves the policy as it is")]
    learning_rate: Annotated[LearningRate, Field(description="constant over the stage")]
    rewards: Annotated[
        Names, Field(description="terms by name; those with weight 0 are left out")
    ] = STAGE1_REWARDS
    reward_weights: Annotated[
        dict[str, Annotated[float, Field(ge=0)]],
        Field(description="by term; divided by the sum over the active ones"),
    ] = REWARD_WEIGHTS
    length_thresholds: Annotated[
        tuple[Count, Count, Count],
        Field(strict=False, description="least, optimal, most size of a reasoning, rising"),
    ] = LENGTH_THRESHOLDS
    length_unit: Annotated[
        Literal["tokens", "chars"],
        Field(description="tokens of the policy's tokenizer (the paper), or characters"),
    ] = "tokens"
    bert_train_interval: Annotated[
        int, Field(ge=1, description="optimiser steps between two updates of the discriminator")
    ] = 10
    discriminator: Annotated[
        DiscriminatorConfig | None,
        Field(description="what the discriminator of launched processes reads with"),
    ] = None
    prompts_per_step: Annotated[int, Field(ge=1, description="prompts, over all processes")] = 8
    group_size: Annotated[int, Field(ge=2, description="completions a prompt")] = 8
    max_completion_tokens: Annotated[
        int, Field(ge=1, description="longer completions are cut and counted as clipped")
    ] = 96
    text_probe: Annotated[
        int,
        Field(
            ge=0,
            description="held-out word problems; the accuracy on them is logged with each "
            "checkpoint, for the monitor 'forgetting'; 0 for none",
        ),
    ] = 0
    seed: Annotated[int, Field(ge=0, description="of order, sampling and discriminator")] = 1
    sources: Annotated[Names, Field(description="of the rows, by name, for the policy's card")] = ()

    @property
    def active(self) -> list[str]:
        """The rewards that have a weight, in order; one's own come last."""
        named = [name for name in self.rewards if self.reward_weights.get(name, 0) > 0]
        return [*named, *(name for name in self.own_rewards if name not in named)]

    @property
    def weights(self) -> dict[str, float]:
        """By term, one's own among them."""
        own = {name: reward.weight for name, reward in self.own_rewards.items()}
        return {**self.reward_weights, **own}

    @property
    def vllm_room(self) -> int:
        """Tokens that vLLM makes room for; without a limit it would be the policy's 128,000."""
        return self.vllm_max_length or self.max_prompt_tokens + self.max_completion_tokens

    def course(self, changed: bool = False) -> dict[str, Any]:
        """What decides the course of the stage, as JSON values: neither who runs it nor names.

        Args:
            changed: only what differs from its default, so that a later version's new fields,
                which then are at their defaults, change nothing.
        """
        exclude = {"launch", "sources"}
        return self.model_dump(mode="json", exclude=exclude, exclude_defaults=changed)

    def write(self, folder: Path) -> None:
        """Leaves ``stage.json`` in a stage's folder; the runner copies it into the manifest."""
        write_text(folder / STAGE_FILE, self.model_dump_json(indent=1) + "\n")
