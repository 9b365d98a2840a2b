"""What TRL's own configuration becomes of a stage's."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from finlmm_utils.tar.checkpoints import StageError
from finlmm_utils.tar.rollouts.vllm import vllm_fields

if TYPE_CHECKING:
    from pathlib import Path

    from finlmm_utils.tar.config import StageConfig


def stage_fields(config: StageConfig, folder: Path) -> Any:
    """TRL's form of a stage's configuration.

    Args:
        config: of the stage.
        folder: of the stage.

    Raises:
        StageError: completions that can't be shared out; a field that TRL refuses.
    """
    fields = {
        "num_generations": config.group_size,
        "learning_rate": config.learning_rate,
        "max_steps": max(config.steps, 1),
        "beta": config.kl,
        "temperature": config.temperature,
        "top_p": config.top_p,
        "epsilon": config.clip,
        "max_completion_length": config.max_completion_tokens,
        "seed": config.seed,
        "loss_type": config.loss_type,
        "scale_rewards": "none" if config.loss_type == "dr_grpo" else "group",
        "gradient_checkpointing": config.gradient_checkpointing,
        "save_steps": config.checkpoint_every,
        "save_total_limit": config.keep_checkpoints,
        "report_to": list(config.report_to),
        **vllm_fields(config.vllm, config.vllm_memory, config.vllm_room),
        **config.grpo,
    }
    completions = config.prompts_per_step * config.group_size
    try:
        return grpo_config(folder / "trainer", completions, config.micro_batch, **fields)
    except (TypeError, ValueError) as error:
        raise StageError(
            f"training.grpo {dict(config.grpo)}: TRL refuses it ({str(error).splitlines()[0]}); "
            "expected what its GRPOConfig takes"
        ) from error


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
        "dataloader_num_workers": 0,
        "logging_steps": 1,
        "disable_tqdm": True,  # our heartbeat reads well in a log
        "save_strategy": "steps",
        "save_total_limit": 2,
        "save_only_model": False,
    }
    return GRPOConfig(**(defaults | fields))
