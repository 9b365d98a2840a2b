"""The entry ``training.grpo``: fields of TRL's GRPOConfig, their names and values checked."""

from __future__ import annotations

import difflib
import json
from typing import Annotated, Any, Literal, get_type_hints

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

NAMED = {
    "beta": "training.kl", "epsilon": "training.clip", "loss_type": "training.loss_type",
    "temperature": "training.temperature", "top_p": "training.top_p",
    "gradient_checkpointing": "training.gradient_checkpointing",
    "per_device_train_batch_size": "training.micro_batch",
    "save_steps": "training.checkpoint_every",
    "save_total_limit": "training.keep_checkpoints", "report_to": "training.report_to",
    "use_vllm": "training.vllm", "vllm_mode": "training.vllm",
    "vllm_gpu_memory_utilization": "training.vllm_memory",
    "vllm_max_model_length": "training.vllm_max_length", "num_generations": "group_size",
    "max_completion_length": "max_completion_tokens", "max_steps": "the steps of the stage",
    "learning_rate": "the learning rate of the stage", "seed": "seed", "output_dir": "run_dir",
    "reward_weights": "reward_weights",
    **dict.fromkeys(
        ("gradient_accumulation_steps", "generation_batch_size", "steps_per_generation"),
        "prompts_per_step, group_size and training.micro_batch: a step is one sampling of them all",
    ),
}  # fmt: skip
"""Fields of TRL's GRPOConfig that have a name of their own here, and that name."""

_AtLeastOne = Annotated[int, Field(ge=1)]
_NotBelowZero = Annotated[float, Field(ge=0)]
_AboveZero = Annotated[float, Field(gt=0)]
_Share = Annotated[float, Field(ge=0, le=1)]
NARROWER: dict[str, Any] = {
    "importance_sampling_level": Literal["token", "sequence"],
    "scale_rewards": Literal["group", "batch", "none", True, False],
    "multi_objective_aggregation": Literal["sum_then_normalize", "normalize_then_sum"],
    "vllm_importance_sampling_mode": Literal[
        "token_truncate", "token_mask", "sequence_truncate", "sequence_mask"
    ],
    "vllm_model_impl": Literal["vllm", "transformers"],
    "num_iterations": _AtLeastOne,
    "ref_model_sync_steps": _AtLeastOne,
    "vllm_tensor_parallel_size": _AtLeastOne,
    "epsilon_high": _AboveZero | None,
    "delta": _AboveZero | None,
    "repetition_penalty": _AboveZero,
    "weight_decay": _NotBelowZero,
    "max_grad_norm": _NotBelowZero,
    "top_k": Annotated[int, Field(ge=0)],
    "min_p": _Share | None,
    "top_entropy_quantile": _Share,
    "ref_model_mixup_alpha": _Share,
}
"""Fields whose annotation says less than TRL's own text does (version 1.16): a word where it knows
two, any number where it counts passes. A wrong one would show after the first rollouts, or never.
"""


def grpo_fields(values: dict[str, Any]) -> dict[str, Any]:
    """The same values, if TRL's GRPOConfig takes them.

    Args:
        values: by field.

    Raises:
        ValueError: no such field, one with a name of its own here, or a value of another kind.
    """
    if not values:
        return values
    from trl import GRPOConfig

    known = get_type_hints(GRPOConfig)
    for name, value in values.items():
        if name in NAMED:
            raise ValueError(f"another field than {name!r}, which is set by {NAMED[name]}")
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f": did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"a field of TRL's GRPOConfig, which {name!r} is not{hint}")
        _check(name, value, NARROWER.get(name, known[name]))
    return values


def _check(name: str, value: Any, kind: Any) -> None:
    strict = ConfigDict(strict=True, arbitrary_types_allowed=True, allow_inf_nan=False)
    try:  # as JSON, where a text is taken for the enumeration that it names
        TypeAdapter(kind, config=strict).validate_json(json.dumps(value))
    except ValidationError as error:
        words = dict.fromkeys(e["msg"].removeprefix("Input should be ") for e in error.errors())
        raise ValueError(f"{' or '.join(words)} for {name!r}, not {value!r}") from None
