"""Rollouts by vLLM: what TRL's configuration is told."""

from __future__ import annotations

import warnings
from typing import Any

from finlmm_utils.tar.checkpoints import StageError


def vllm_fields(vllm: str, memory: float = 0.3, length: int = 0) -> dict[str, Any]:
    """Fields of ``GRPOConfig`` for rollouts by vLLM.

    Args:
        vllm: "none" (rollouts by transformers), "colocate" (beside the trainer, on its GPUs),
            "server" (``trl vllm-serve`` on this machine, port 8000), or the address of one.
        memory: share of the GPU that vLLM takes beside the trainer.
        length: tokens of prompt and completion that it makes room for; 0 for the policy's most.

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
        room = {"vllm_max_model_length": length} if length else {}
        return {"use_vllm": True, "vllm_mode": "colocate",
                "vllm_gpu_memory_utilization": memory, **room}  # fmt: skip
    address = {} if vllm == "server" else {"vllm_server_base_url": vllm}
    return {"use_vllm": True, "vllm_mode": "server", **address}
