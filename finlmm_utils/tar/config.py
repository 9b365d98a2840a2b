"""TRL's configuration for a stage: what differs from its defaults, vLLM, and the machine's part."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any

from finlmm_utils.tar.checkpoints import StageError


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

    cuda = torch.cuda.is_available()
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
        "bf16": cuda,
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


def vllm_fields(vllm: str) -> dict[str, Any]:
    """Fields of ``GRPOConfig`` for rollouts by vLLM.

    Args:
        vllm: "none" (rollouts by transformers), "colocate" (beside the trainer, on its GPUs),
            "server" (``trl vllm-serve`` on this machine, port 8000), or the address of one.

    Raises:
        StageError: vLLM isn't installed, or TRL doesn't support its version.
    """
    if vllm == "none":
        return {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        from trl.import_utils import is_vllm_available

        found = is_vllm_available()
    if not found:
        raise StageError(
            f"vllm {vllm!r}: vLLM is not installed; expected the extra gpu (pip install -e '.[gpu]'"
            "), or set vllm to none: transformers then makes the rollouts"
        )
    doubts = [str(w.message) for w in caught if "vLLM versions" in str(w.message)]
    if doubts:
        why = doubts[0].split(" We ")[0]
        raise StageError(f"vllm {vllm!r}: {why} Install one of these, or set vllm to none.")
    if vllm == "colocate":
        return {"use_vllm": True, "vllm_mode": "colocate", "vllm_gpu_memory_utilization": 0.3}
    address = {} if vllm == "server" else {"vllm_server_base_url": vllm}
    return {"use_vllm": True, "vllm_mode": "server", **address}
