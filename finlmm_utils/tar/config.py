"""What a stage is told: built by notebooks, written down by the launcher, hashed for a resume.

Each value's type, range, unit and source stand here once. The notebooks' mappings ``training``
and ``discriminator`` are the same values without defaults, since there a profile decides. Last
comes what TRL's own configuration becomes of them.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, PlainValidator

from finlmm_utils.output import write_text
from finlmm_utils.tar.checkpoints import StageError
from finlmm_utils.tar.rewards import LENGTH_THRESHOLDS, REWARD_WEIGHTS

STRICT = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)
"""No unknown names, no "1e-5" for a number, no NaN, nothing changed afterwards."""
STAGE_FILE = "stage.json"
STAGE1_REWARDS = ("format", "accuracy")
STAGE2_REWARDS = ("format", "accuracy", "selection", "length", "adversarial")


def _layers(least: int) -> Any:
    """A validator for a number of layers, or "all"; one message where a union would give two."""

    def check(value: Any) -> Any:
        number = isinstance(value, int) and not isinstance(value, bool) and value >= least
        if number or value == "all":
            return value
        raise ValueError(f"a whole number from {least}, or 'all'")

    return PlainValidator(check)


Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Names = Annotated[tuple[str, ...], Field(strict=False)]
"""A list is taken, too: notebooks and JSON have no tuples."""

Loss = Annotated[
    Literal["grpo", "dapo", "dr_grpo", "bnpo"],
    Field(description="TRL's loss_type; grpo: mean over a completion, then over completions"),
]
KL = Annotated[
    float, Field(ge=0, description="weight of the KL penalty against the starting policy")
]
Temperature = Annotated[float, Field(gt=0, description="of the samples of training")]
TopP = Annotated[
    float, Field(gt=0, le=1, description="share of probability that training samples from")
]
Clip = Annotated[
    float, Field(gt=0, lt=1, description="the probability ratio counts up to 1 +- clip (PPO)")
]
Adapter = Annotated[
    Literal["none", "lora", "qlora"],
    Field(description="none trains the weights; lora an adapter; qlora one over 4-bit weights"),
]
MicroBatch = Annotated[
    int, Field(ge=0, description="completions a forward pass and process; 0: all at once")
]
GenerationBatch = Annotated[
    int,
    Field(
        ge=0,
        description="completions sampled at a time in a process, of whole prompts (their images "
        "pass the vision tower together); 0: all of a step; vLLM minds its own",
    ),
]
CheckpointEvery = Annotated[int, Field(ge=1, description="optimiser steps between checkpoints")]
VLLM = Annotated[
    str,
    Field(
        pattern=r"^(none|colocate|server|https?://\S+)$",
        description="rollouts by vLLM; see finlmm_utils.tar.rollouts.vllm.vllm_fields",
    ),
]
Launch = Annotated[
    Literal["none", "cpu2", "ddp", "fsdp", "zero3", "shell"],
    Field(description="processes; see finlmm_utils.tar.launch.train"),
]


MixedOnly = Annotated[
    Names, Field(description="terms paid only in groups with right and wrong answers")
]


class Training(BaseModel):
    """The notebooks' parameter ``training``: how a stage trains, as its machine allows."""

    model_config = STRICT

    loss_type: Loss
    kl: KL
    temperature: Temperature
    top_p: TopP
    clip: Clip
    adapter: Adapter
    micro_batch: MicroBatch
    checkpoint_every: CheckpointEvery
    vllm: VLLM
    launch: Launch
    mixed_only: MixedOnly


class DiscriminatorConfig(BaseModel):
    """The notebooks' parameter ``discriminator``; see ``discriminator.kinds``."""

    model_config = STRICT
    kind: Annotated[
        Literal["published", "relational"],
        Field(description="cross-entropy over all prompts (the paper), or pairs within groups"),
    ]
    encoder: Annotated[
        str, Field(min_length=1, description="sentence-transformers name or folder; copy-marked")
    ]
    layers: Annotated[
        int | Literal["all"], _layers(1), Field(description="of the encoder, from the input")
    ]
    train_layers: Annotated[
        int | Literal["all"],
        _layers(0),
        Field(description="the last of these learn; all: the embeddings, too (the paper's way)"),
    ]
    max_tokens: Annotated[
        int, Field(ge=8, description="of question and reasoning; longer ones keep head and tail")
    ]
    examples: Annotated[int, Field(ge=2, description="completions that an update learns from")]
    replay: Annotated[int, Field(ge=2, description="completions that are kept, the newest")]
    warmup: Annotated[int, Field(ge=0, description="completions before its reward counts")]
    shape: Annotated[
        Literal["probability", "logit", "correct_only", "group_logit"],
        Field(description="how its probability becomes a reward; see discriminator.shapes"),
    ]
    shuffled: Annotated[bool, Field(description="a control: rewards dealt anew by group")] = False
    epochs: Annotated[int, Field(ge=1, description="of an update; relational only")] = 10
    swaps: Annotated[int, Field(ge=0, description="questions a right reasoning; relational")] = 2


class StageConfig(BaseModel):
    """Everything that a stage is told, but for what JSON can't hold.

    Policy, rows and folder, the discriminator itself and rewards of your own are arguments of
    :func:`finlmm_utils.tar.stages.train_stage`. A list is taken for a tuple.

    Examples:
        >>> config = StageConfig(steps=60, learning_rate=1e-4)
        >>> StageConfig.model_validate_json(config.model_dump_json()) == config
        True
    """

    model_config = STRICT

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
    loss_type: Loss = "grpo"
    kl: KL = 0.0
    temperature: Temperature = 1.0
    top_p: TopP = 1.0
    clip: Clip = 0.2
    adapter: Adapter = "none"
    lora_rank: Annotated[int, Field(ge=1, description="of a new adapter")] = 16
    freeze_vision: Annotated[
        bool, Field(description="keeps the vision tower as it is (our choice)")
    ] = True
    micro_batch: MicroBatch = 0
    generation_batch: GenerationBatch = 0
    checkpoint_every: CheckpointEvery = 10
    vllm: VLLM = "none"
    launch: Launch = "none"
    mixed_only: MixedOnly = ()
    text_probe: Annotated[
        int,
        Field(
            ge=0,
            description="held-out word problems; the accuracy on them is logged with each "
            "checkpoint, for the monitor 'forgetting'; 0 for none",
        ),
    ] = 0
    seed: Annotated[int, Field(ge=0, description="of order, sampling and discriminator")] = 1
    report_to: Annotated[
        Names, Field(description="TRL's trackers (wandb, trackio, ...) beside metrics.jsonl")
    ] = ()
    sources: Annotated[Names, Field(description="of the rows, by name, for the policy's card")] = ()
    grpo: Annotated[
        dict[str, JsonValue], Field(description="further fields of TRL's GRPOConfig, such as bf16")
    ] = {}

    @property
    def active(self) -> list[str]:
        """The rewards that have a weight, in order."""
        return [name for name in self.rewards if self.reward_weights.get(name, 0) > 0]

    def course(self) -> dict[str, Any]:
        """What decides the course of the stage, as JSON values: neither who runs it nor names."""
        return self.model_dump(mode="json", exclude={"launch", "sources"})

    def write(self, folder: Path) -> None:
        """Leaves ``stage.json`` in a stage's folder; the runner copies it into the manifest."""
        write_text(folder / STAGE_FILE, self.model_dump_json(indent=1) + "\n")


def grpo_config(folder: Path, completions: int, micro_batch: int = 0, **fields: Any) -> Any:
    """TRL's configuration for this project: what differs from its defaults, and why.

    Args:
        folder: of checkpoints.
        completions: of a step, over all processes.
        micro_batch: completions a forward pass and process; 0 for all.
        **fields: of ``GRPOConfig``.

    Raises:
        StageError: the completions can't be shared out evenly.
    """
    import torch
    from trl import GRPOConfig

    from finlmm_utils.tar.models import compute_dtype

    cuda, half = torch.cuda.is_available(), compute_dtype()
    processes = int(os.environ.get("WORLD_SIZE", 1))
    local = completions // processes
    micro = min(micro_batch or local, local)
    if completions % processes or local % micro:
        raise StageError(
            f"prompts_per_step x group_size = {completions}: expected a multiple of "
            f"{processes} processes x micro_batch {micro}"
        )
    defaults: dict[str, Any] = {
        "output_dir": str(folder),
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": local // micro,
        "num_iterations": 1,  # on policy: no second pass for the old log-probabilities
        "lr_scheduler_type": "constant",
        "bf16": half == torch.bfloat16,
        "fp16": half == torch.float16,
        "use_cpu": not cuda,
        "gradient_checkpointing": cuda,  # on the CPU memory is no limit, time is
        "dataloader_num_workers": 0,
        "logging_steps": 1,
        "disable_tqdm": True,  # our heartbeat reads well in a log
        "save_strategy": "steps",
        "save_total_limit": 2,
        "save_only_model": False,
    }
    return GRPOConfig(**(defaults | fields))
