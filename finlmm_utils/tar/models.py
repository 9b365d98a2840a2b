"""Loads a policy: ``finlmm-tiny``, a Qwen2.5-VL or Qwen3-VL from the hub, a folder, an adapter."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finlmm_utils.processor.loading import PolicyError, _line, base_of, load_processor, resolve
from finlmm_utils.tar.decoding import plain_decoding

if TYPE_CHECKING:
    import torch

THREADS = 2
"""CPU threads of every run: sums are then added in the same order on every machine."""
SHARDED = ("ACCELERATE_USE_FSDP", "ACCELERATE_USE_DEEPSPEED")
"""Set by accelerate where it places the weights itself."""
FAMILIES = {"qwen2_5_vl": "Qwen2.5-VL", "qwen3_vl": "Qwen3-VL"}
"""Kinds of policy that train here, by the ``model_type`` of their config.json."""
KNOWN = " or ".join(FAMILIES.values())
LEARNED_OVER = "bitsandbytes"
"""The only quantization over whose weights an adapter learns here."""
LORA_TARGETS = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"


def prepare_torch(seed: int) -> torch.device:
    """Seeds torch, fixes the number of CPU threads and asks for deterministic kernels.

    ``OMP_NUM_THREADS``, where it is set, decides the number of threads.

    Returns:
        The device that this process computes on.
    """
    import torch

    torch.manual_seed(seed)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", THREADS)))
    if not torch.cuda.is_available():
        torch.use_deterministic_algorithms(True)
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", 0)))


def environment() -> dict[str, str]:
    """What was found on this machine: torch, device, torchvision, flash attention, bitsandbytes."""
    import torch

    cuda = torch.cuda.is_available()
    return {
        "torch": torch.__version__,
        "device": torch.cuda.get_device_name() if cuda else "cpu",
        "dtype": str(compute_dtype()).removeprefix("torch."),
        "torchvision": "found" if importlib.util.find_spec("torchvision") else "not installed",
        "attention": attention_implementation(),
    }


def compute_dtype() -> torch.dtype:
    """What this machine computes in.

    Returns:
        bfloat16 on a GPU that has it, float16 on an older one (a T4 only emulates bfloat16, several
        times slower), float32 on a CPU, and on a GPU where the variable FINLMM_FLOAT32 is "1": for
        a policy so small that half precision saves nothing, and as the CPU computes.
    """
    import torch

    if not torch.cuda.is_available() or os.environ.get("FINLMM_FLOAT32") == "1":
        return torch.float32
    native = torch.cuda.is_bf16_supported(including_emulation=False)
    return torch.bfloat16 if native else torch.float16


def attention_implementation() -> str:
    """Flash attention where CUDA and the package are there, else torch's "sdpa"."""
    import torch

    found = torch.cuda.is_available() and importlib.util.find_spec("flash_attn")
    return "flash_attention_2" if found else "sdpa"


def load_policy(
    name_or_path: str | Path,
    adapter: str = "none",
    lora_rank: int = 16,
    freeze_vision: bool = True,
    master_weights: bool = False,
    min_pixels: int = 0,
    max_pixels: int = 0,
) -> tuple[Any, Any]:
    """Loads model and processor, from safetensors only.

    Args:
        name_or_path: "finlmm-tiny", a folder (full weights or a saved LoRA adapter) or a hub id.
        adapter: "none" trains the weights themselves, "lora" adds an adapter in the dtype of the
            machine, "qlora" adds one over 4-bit NF4 weights (bitsandbytes, also on the CPU).
        lora_rank: rank of a new adapter.
        freeze_vision: True keeps the vision tower as it is (our choice; it also lets generation
            and training see the same features). False trains it, too, without an adapter.
        master_weights: loads in float32 on a GPU too, as full training needs it: in bfloat16 a
            step of 1e-6 is lost to rounding. Computation is in bfloat16 all the same.
        min_pixels: of an image; 0 for the policy's own.
        max_pixels: of an image; 0 for the policy's own. Larger ones are scaled.

    Returns:
        The model (on the GPU in bfloat16 where there is one, else float32 on the CPU) and the
        processor.

    Raises:
        PolicyError: nothing there, damaged or foreign weights, a tokenizer of another size, or an
            adapter whose vision tower should learn.
    """
    import torch
    from peft import LoraConfig, PeftModel, get_peft_model
    from transformers import BitsAndBytesConfig

    where = resolve(name_or_path)
    saved_adapter = Path(where) / "adapter_config.json"
    base = base_of(where) or where
    if not freeze_vision and (adapter != "none" or saved_adapter.exists()):
        raise PolicyError(
            f"policy {name_or_path}: training.freeze_vision False: an adapter is of the language "
            "model alone, and the vision tower would not learn; expected True, or adapter none "
            "and a policy that is none (finlmm merge makes one)"
        )
    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {
        "dtype": torch.float32 if master_weights else compute_dtype(),
        "attn_implementation": attention_implementation(),
        "use_safetensors": True,
    }
    if cuda and not _sharded():
        options["device_map"] = {"": int(os.environ.get("LOCAL_RANK", 0))}
    if adapter == "qlora":
        options["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=compute_dtype(),
            llm_int8_skip_modules=[r".*\bvisual\b", "lm_head"],  # patterns from the name's start
        )
    model = _load_weights(name_or_path, resolve(base), options)
    processor = load_processor(_reads_with(where, base), min_pixels, max_pixels)
    _check_tokenizer(name_or_path, processor.tokenizer, model)
    plain_decoding(model, processor.tokenizer)
    if adapter == "qlora":
        _never_packed(model)
    if freeze_vision:
        _freeze_vision(model)
    if saved_adapter.exists():
        try:
            model = PeftModel.from_pretrained(model, where, is_trainable=True)
        except Exception as error:  # peft and safetensors have no common one
            raise PolicyError(
                f"policy {name_or_path}: its adapter can't be loaded ({_line(error)}); expected a "
                f"LoRA adapter of {base} in safetensors"
            ) from error
    elif adapter != "none":
        model = get_peft_model(
            model,
            LoraConfig(
                r=lora_rank,
                lora_alpha=2 * lora_rank,
                target_modules=LORA_TARGETS,
                task_type="CAUSAL_LM",
            ),
        )
    return model, processor


def _freeze_vision(model: Any) -> None:
    """The tower learns nothing and keeps nothing for a backward pass.

    Without the second, gradient checkpointing over an adapter would have it keep activations: it
    makes the embeddings, the tower's too, ask for gradients.
    """
    import torch

    visual = model.model.visual
    visual.requires_grad_(False)
    visual.forward = torch.no_grad()(visual.forward)


def _never_packed(model: Any) -> None:
    """Keeps 4-bit weights in the form that gradients pass.

    On a CPU with bfloat16 in AVX-512, bitsandbytes 0.50 turns them in evaluation (rollouts) into a
    form for inference, and never back: a layer with a bias fails then, others pass no gradient.
    """
    for module in model.modules():
        if hasattr(module, "support_avx512bf16_for_cpu"):
            module.support_avx512bf16_for_cpu = False


def adapter_weights(model: Any) -> list[tuple[Any, torch.Tensor]]:
    """The weights of an adapter over 4-bit weights, and what they hold in float32.

    TRL turns them into bfloat16, where a step of 1e-5 on a weight of 0.01 is lost to rounding; the
    trainer puts these back.
    """
    if not getattr(model, "is_loaded_in_4bit", False):
        return []
    return [(p, p.data.float()) for p in model.parameters() if p.requires_grad]


def _reads_with(where: str, base: str) -> str:
    """An adapter has the processor that it was trained with, unless another tool saved it alone."""
    return where if (Path(where) / "tokenizer_config.json").exists() else base


def _load_weights(name: str | Path, where: str, options: dict[str, Any]) -> Any:
    """The model, every tensor of which was in the files, with the right shape and finite."""
    import torch
    from safetensors import SafetensorError
    from transformers import AutoConfig, AutoModelForImageTextToText

    try:
        config = AutoConfig.from_pretrained(where)
        if config.model_type not in FAMILIES:  # the defaults for what is not told fill the memory
            raise ValueError(f"config.json is of a {config.model_type}")
        by = (getattr(config, "quantization_config", None) or {}).get("quant_method", LEARNED_OVER)
        if by != LEARNED_OVER:
            raise ValueError(f"quantized by {by}, they learn nothing; full ones may: adapter qlora")
        model, found = AutoModelForImageTextToText.from_pretrained(
            where, output_loading_info=True, ignore_mismatched_sizes=True, **options
        )
    except (OSError, RuntimeError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise PolicyError(
            f"policy {name}: its weights can't be loaded ({_line(error)}); "
            f"expected an undamaged {KNOWN} in safetensors, in a folder or reachable on the hub"
        ) from error
    here = [] if _sharded() else model.named_parameters()
    faults = {
        "missing": sorted(found["missing_keys"]),
        "of another shape than config.json says": sorted(
            key for key, *_ in found["mismatched_keys"]
        ),
        "not finite": [key for key, value in here if not torch.isfinite(value).all()],
    }
    wrong = next((f"{len(keys)} {what} ({keys[0]})" for what, keys in faults.items() if keys), "")
    if wrong:
        raise PolicyError(
            f"policy {name}: its tensors: {wrong}; expected an undamaged {KNOWN} in safetensors "
            "and the config.json that belongs to it"
        )
    return model


def _sharded() -> bool:
    return any(os.environ.get(name) == "true" for name in SHARDED)


def _check_tokenizer(name: str | Path, tokenizer: Any, model: Any) -> None:
    rows = model.get_input_embeddings().num_embeddings
    own = "expected the tokenizer that the weights were trained with"
    if len(tokenizer) > rows:
        raise PolicyError(
            f"policy {name}: its tokenizer has {len(tokenizer)} tokens, its weights have {rows}; "
            f"{own}"
        )
    places = {
        "<|image_pad|>": model.config.image_token_id,
        "<|vision_start|>": model.config.vision_start_token_id,
        tokenizer.eos_token: model.config.get_text_config().eos_token_id,
    }
    for token, told in places.items():
        found = tokenizer.convert_tokens_to_ids(token)
        if told is not None and found not in (told if isinstance(told, list) else [told]):
            raise PolicyError(
                f"policy {name}: {token} is token {found} of its tokenizer, {told} in config.json; "
                f"{own}"
            )


def merge_adapter(adapter: str | Path, folder: str | Path) -> None:
    """Adds a LoRA adapter to its base and saves one model, which plain transformers loads.

    An adapter that was trained over 4-bit weights is added to the base's full weights.

    Args:
        adapter: folder of a policy that was trained with ``adapter`` "lora" or "qlora".
        folder: where to write; must not be there yet.

    Raises:
        PolicyError: no adapter, or a folder that is there.
    """
    if not (Path(adapter) / "adapter_config.json").exists():
        raise PolicyError(f"{adapter}: no adapter_config.json; expected a saved LoRA adapter")
    if Path(folder).exists():
        raise PolicyError(f"{folder} is there already; expected a new folder")
    model, processor = load_policy(adapter)
    model.merge_and_unload().save_pretrained(folder)
    processor.save_pretrained(folder)
