"""Measures GRPO steps at the real shape: Qwen2.5-VL-3B with random weights, 3-5 images a row.

    python benchmarks/real_shape.py                                # one GPU of 80 GB or more
    python benchmarks/real_shape.py --size tiny --low 64 --high 112 --tokens 8      # a CPU

No download: the weights are random and the tokenizer is finlmm-tiny's. Random weights end a
completion by chance, so nearly all have the full length, the worst case. Model FLOPs count 2 for
each parameter and token to generate and 6 to train (with an adapter too, so that the modes can be
compared); attention's own products and gradient checkpointing's second pass are left out.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import resource
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

import finlmm_utils  # noqa: F401, comes before torch: it says how torch's threads wait

# isort: split
import torch
from datasets import Dataset
from PIL import Image
from transformers import AutoConfig, Qwen2_5_VLForConditionalGeneration
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from finlmm_utils.processor import TINY, ImageOnlyProcessor, load_processor
from finlmm_utils.rows import features, make_row
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.tar.config import STAGE2_REWARDS, StageConfig
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.encoders import encoder_for
from finlmm_utils.tar.models import environment
from finlmm_utils.tar.stages import train_stage

TEXT_3B = {
    "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
    "num_attention_heads": 16, "num_key_value_heads": 2, "vocab_size": 151936,
    "max_position_embeddings": 128000, "layer_types": ["full_attention"] * 36,
    "rope_parameters": {"rope_type": "default", "rope_theta": 1e6, "mrope_section": [16, 24, 24]},
}  # fmt: skip
VISION_3B = {
    "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16,
    "out_hidden_size": 2048, "window_size": 112, "fullatt_block_indexes": [7, 15, 23, 31],
}  # fmt: skip
PEAK_TFLOPS = {"H100": 989.0, "H200": 989.0, "A100": 312.0}
"""Dense bfloat16, by the makers' data sheets."""


def write_policy(folder: Path, size: str, high: int) -> dict[str, int]:
    """Writes random weights and a processor; returns the parameters of each part."""
    config = AutoConfig.from_pretrained(TINY)
    if size == "3b":
        for name, value in TEXT_3B.items():
            setattr(config.text_config, name, value)
        for name, value in VISION_3B.items():
            setattr(config.vision_config, name, value)
    torch.manual_seed(0)
    dtype = torch.bfloat16 if torch.cuda.is_available() else torch.float32
    model = Qwen2_5_VLForConditionalGeneration._from_config(config, dtype=dtype)
    model.save_pretrained(folder)
    tiny = load_processor("finlmm-tiny")
    images = Qwen2VLImageProcessorPil.from_pretrained(
        TINY, size={"shortest_edge": 56 * 56, "longest_edge": high * high}
    )
    ImageOnlyProcessor(images, tiny.tokenizer, tiny.chat_template).save_pretrained(folder)
    language, vision = model.model.language_model, model.model.visual
    return {  # the embedding stands for the head, which is tied to it
        "text": sum(p.numel() for p in language.parameters()),
        "vision": sum(p.numel() for p in vision.parameters()),
    }


def rows_of_noise(count: int, low: int, high: int) -> tuple[Dataset, float]:
    """Rows of 3 to 5 images of noise, sides from low to high pixels; mean patches of 14 x 14."""
    rng = np.random.default_rng(0)
    rows, patches = [], 0.0
    for i in range(count):
        sides = rng.integers(low, high + 1, (int(rng.integers(3, 6)), 2))
        noise = [rng.integers(0, 255, (h, w, 3), dtype=np.uint8) for w, h in sides]
        images = [Image.fromarray(pixels) for pixels in noise]
        patches += sum(w * h for w, h in sides) / 14**2
        rows.append(make_row(f"r{i}", "What is the change in revenue?", "12", "number", "",
                             images=images, target_image=1))  # fmt: skip
    return Dataset.from_list(rows, features=features(True)), patches / count


def measure(mode: str, policy: Path, sizes: dict[str, int], options: argparse.Namespace) -> dict:
    """One mode: seconds, tokens and FLOPs of a step, peak memory."""
    prompts, group, cuda = options.prompts, options.group, torch.cuda.is_available()
    rows, patches = rows_of_noise(prompts * (options.steps + 1), options.low, options.high)
    if cuda:
        torch.cuda.reset_peak_memory_stats()
    with tempfile.TemporaryDirectory() as folder:
        config = StageConfig(
            rewards=STAGE2_REWARDS, steps=options.steps + 1,
            learning_rate=1e-6, prompts_per_step=prompts, group_size=group,
            max_completion_tokens=options.tokens, adapter="none" if mode == "full" else mode,
            micro_batch=options.micro_batch, vllm=options.vllm, grpo={"save_strategy": "no"},
        )  # fmt: skip
        chosen = load_profile("gpu" if cuda else "cpu")["discriminator"]
        judge = Discriminator(encoder_for(chosen))
        stage = train_stage(config, policy, rows, folder, discriminator=judge)
        lines = stage.metrics[1:]
        del stage
    gc.collect()
    seconds = statistics.median(line["seconds"]["step"] for line in lines)
    new = statistics.mean(line["length_mean"] for line in lines) * prompts * group
    total = statistics.mean(
        b["tokens"] - a["tokens"] for a, b in itertools.pairwise(lines)
    )  # TRL counts prompts and completions
    work = 8 * (sizes["text"] * total + sizes["vision"] * patches * prompts * group)
    peak = options.peak or next(
        (v for k, v in PEAK_TFLOPS.items() if cuda and k in torch.cuda.get_device_name()), None
    )
    memory = torch.cuda.max_memory_allocated() if cuda else (
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    )  # fmt: skip
    return {
        "mode": mode,
        "seconds_per_step": round(seconds, 2),
        "peak_memory_gb": round(memory / 1e9, 2),
        "tokens_per_second": round(total / seconds, 1),
        "new_tokens_per_second": round(new / seconds, 1),
        "model_flop_utilisation": round(work / seconds / (peak * 1e12), 4) if peak else None,
    }


def main() -> None:
    """Prints one JSON line for the machine and one for each mode."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["3b", "tiny"], default="3b")
    parser.add_argument("--modes", default="full,lora,qlora", help="of these, by commas")
    parser.add_argument("--steps", type=int, default=3, help="measured, after one more; from 2")
    parser.add_argument("--prompts", type=int, default=4)
    parser.add_argument("--group", type=int, default=8)
    parser.add_argument("--low", type=int, default=512, help="least side of an image, pixels")
    parser.add_argument("--high", type=int, default=1024, help="longest side of an image, pixels")
    parser.add_argument("--tokens", type=int, default=512, help="of a completion, at most")
    parser.add_argument("--micro-batch", type=int, default=2)
    parser.add_argument("--vllm", default="none")
    parser.add_argument("--peak", type=float, help="TFLOP/s of the device, if it isn't known here")
    options = parser.parse_args()
    found: dict[str, Any] = {**environment(), **vars(options)}
    print(json.dumps(found), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        sizes = write_policy(Path(folder), options.size, options.high)
        print(json.dumps({"parameters": sizes}), flush=True)
        for mode in options.modes.split(","):
            print(json.dumps(measure(mode, Path(folder), sizes, options)), flush=True)


if __name__ == "__main__":
    main()
