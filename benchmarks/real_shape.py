"""Measures GRPO steps at the real shapes: random weights, rows of 3 to 5 images, one GPU.

    python benchmarks/real_shape.py --minutes 8 --out real_shape.json     # one GPU of 80 GB
    python benchmarks/real_shape.py --size tiny --pixels 12544 --tokens 8 # a CPU

Cases: Qwen2.5-VL-3B and Qwen3-VL-4B, each with LoRA, in full, with QLoRA; beside each what
``finlmm fits`` reckons. No download: weights are random, the tokenizer is finlmm-tiny's. Random
weights end a completion by chance, so that nearly all have the full length, the worst case. The
file is written anew after each case; what is not installed, does not fit or takes too long is one
line in it. Model FLOPs count 2 for each parameter and token to read or write and 6 to learn from
it (with an adapter too, so that the cases compare), 2 in the frozen vision tower; attention's own
products and the second pass of gradient checkpointing are left out.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import json
import resource
import shutil
import signal
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

import finlmm_utils  # noqa: F401, comes before torch: it says how torch's threads wait

# isort: split
import torch
from datasets import Dataset
from PIL import Image
from transformers import AutoModelForImageTextToText, TrainerCallback
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from finlmm_utils.output import write_text
from finlmm_utils.processor import ImageOnlyProcessor, load_processor
from finlmm_utils.rows import features, make_row
from finlmm_utils.tar.models import environment, load_policy
from finlmm_utils.tar.rewards import (
    REWARD_WEIGHTS,
    accuracy_reward,
    format_reward,
    image_selection_reward,
    length_reward,
)
from finlmm_utils.tar.shapes.fits import Load, parts, total
from finlmm_utils.tar.shapes.shape import config_of, shape_of
from finlmm_utils.tar.trainer import TARTrainer
from finlmm_utils.tar.trainer.trl_fields import grpo_config

POLICIES = ("Qwen/Qwen2.5-VL-3B-Instruct", "Qwen/Qwen3-VL-4B-Instruct")
CASES = [(policy, mode) for mode in ("lora", "full", "qlora") for policy in POLICIES]
PEAK_TFLOPS = {"H100": 989.0, "H200": 989.0, "A100": 312.0}
"""Dense bfloat16, by the makers' data sheets."""
GIGA = 1e9


class OutOfTimeError(Exception):
    """The minutes of a case are over."""


def small(config: Any) -> Any:
    """The same architecture with the sizes of a toy."""
    text, vision = config.get_text_config(), config.vision_config
    text.hidden_size, text.intermediate_size, text.num_hidden_layers = 64, 128, 3
    text.num_attention_heads, text.num_key_value_heads, text.vocab_size = 4, 2, 2048
    text.layer_types = ["full_attention"] * 3
    if hasattr(text, "head_dim"):
        text.head_dim = 16
    text.rope_parameters = {**text.rope_parameters, "mrope_section": [2, 3, 3]}
    vision.depth, vision.hidden_size, vision.intermediate_size, vision.num_heads = 4, 32, 64, 2
    vision.out_hidden_size = 64
    if hasattr(vision, "deepstack_visual_indexes"):
        vision.deepstack_visual_indexes = [0, 1, 2]
    if hasattr(vision, "fullatt_block_indexes"):
        vision.fullatt_block_indexes = [1, 3]
    return config


def write_policy(folder: Path, policy: str, size: str, pixels: int) -> None:
    """Writes random weights of a policy's shape, and a processor."""
    tiny = load_processor("finlmm-tiny")
    config = config_of(policy) if size == "real" else small(config_of(policy))
    tokens = tiny.tokenizer.convert_tokens_to_ids
    config.image_token_id, config.video_token_id = tokens("<|image_pad|>"), tokens("<|video_pad|>")
    config.vision_start_token_id = tokens("<|vision_start|>")
    config.vision_end_token_id = tokens("<|vision_end|>")
    text, vision = config.get_text_config(), config.vision_config
    text.eos_token_id, text.bos_token_id = tiny.tokenizer.eos_token_id, None
    text.pad_token_id = tiny.tokenizer.pad_token_id
    cuda = torch.cuda.is_available()
    torch.manual_seed(0)
    with torch.device("cuda" if cuda else "cpu"):
        model = AutoModelForImageTextToText.from_config(
            config, dtype=torch.bfloat16 if cuda else torch.float32
        )
    model.generation_config.eos_token_id = tiny.tokenizer.eos_token_id
    model.save_pretrained(folder)
    limits = {"shortest_edge": 56 * 56, "longest_edge": pixels}
    images = Qwen2VLImageProcessorPil(
        patch_size=vision.patch_size, merge_size=vision.spatial_merge_size, size=limits
    )
    ImageOnlyProcessor(images, tiny.tokenizer, tiny.chat_template).save_pretrained(folder)


def rows_of_noise(count: int, pixels: int) -> Dataset:
    """Rows of 3, 4, 5 images of noise in turn, each of about so many pixels, four to three."""
    rng = np.random.default_rng(0)
    height = int((pixels * 3 / 4) ** 0.5)
    rows = []
    for i in range(count):
        shape = (height, pixels // height, 3)
        noise = [rng.integers(0, 255, shape, dtype=np.uint8) for _ in range(3 + i % 3)]
        images = [Image.fromarray(part) for part in noise]
        rows.append(make_row(f"r{i}", "What is the change in revenue?", "12", "number", "",
                             images=images, target_image=1))  # fmt: skip
    return Dataset.from_list(rows, features=features(True))


class Clock(TrainerCallback):
    """The wall clock at the beginning and after each step."""

    def __init__(self) -> None:
        self.times: list[float] = []

    def _note(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
        self.times.append(time.perf_counter())

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Before the first step."""
        self._note()

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the optimiser."""
        self._note()


def rules() -> dict[str, Any]:
    """The rewards that a machine without an encoder's weights can pay."""
    return {
        "format": format_reward,
        "accuracy": accuracy_reward,
        "selection": image_selection_reward,
        "length": length_reward,
    }


def trained(folder: Path, mode: str, options: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Some steps of one case: seconds by part, tokens, memory; the first step warms up."""
    steps = options.steps + 1
    rows = rows_of_noise(options.prompts * steps, options.pixels)
    model, processor = load_policy(
        folder, "none" if mode == "full" else mode, master_weights=mode == "full"
    )
    loaded = _memory("allocated")
    config = grpo_config(
        work, options.prompts * options.group, options.micro_batch, num_generations=options.group,
        max_steps=steps, learning_rate=1e-6, max_completion_length=options.tokens, beta=options.kl,
        save_strategy="no", report_to=[], seed=1,
        gradient_checkpointing=torch.cuda.is_available(),
    )  # fmt: skip
    trainer = TARTrainer(
        rules(), REWARD_WEIGHTS, log_folder=work, generation_batch=options.generated, model=model,
        args=config, train_dataset=rows, processing_class=processor,
    )  # fmt: skip
    clock = Clock()
    trainer.add_callback(clock)
    trainer.train()
    lines = [json.loads(text) for text in (work / "metrics.jsonl").read_text().splitlines()][1:]
    walls = [b - a for a, b in zip(clock.times, clock.times[1:], strict=False)][1:]
    parts_of = {name: statistics.median(line["seconds"].get(name, 0.0) for line in lines)
                for name in ("step", "rollouts", "rewards")}  # fmt: skip
    learning = parts_of["step"] - parts_of["rollouts"] - parts_of["rewards"]
    wall = statistics.median(walls)
    return {
        "seconds": wall,
        "parts": {
            "rollouts": parts_of["rollouts"],
            "rewards": parts_of["rewards"],
            "learning": learning,
            "optimiser and rest": wall - parts_of["step"],
        },
        "new_tokens": statistics.mean(line["length_mean"] for line in lines)
        * options.prompts * options.group,
        "tokens": (lines[-1]["tokens"] - lines[0]["tokens"]) / (len(lines) - 1)
        if len(lines) > 1 else lines[0]["tokens"] / steps,
        "loaded_gb": loaded,
    }  # fmt: skip


def _memory(kind: str) -> float:
    """GB: of tensors at most ("peak"), now ("allocated"), held by the allocator ("reserved")."""
    if not torch.cuda.is_available():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIGA
    read = {
        "peak": torch.cuda.max_memory_allocated,
        "allocated": torch.cuda.memory_allocated,
        "reserved": torch.cuda.max_memory_reserved,
    }
    return read[kind]() / GIGA


def reckoned(shape: Any, mode: str, options: argparse.Namespace) -> dict[str, Any]:
    """What ``finlmm fits`` says of the case."""
    images = 5
    prompt = images * shape.image_tokens(options.pixels) + 64
    load = Load(
        adapter="none" if mode == "full" else mode, prompt_tokens=prompt,
        completion_tokens=options.tokens, images=images, max_pixels=options.pixels,
        micro_batch=options.micro_batch, generated=options.generated or
        options.prompts * options.group, group_size=options.group, kl=options.kl,
        checkpointing=torch.cuda.is_available(), cuda=torch.cuda.is_available(),
    )  # fmt: skip
    return {
        "fits_gb": round(total(shape, load) / GIGA, 2),
        "fits_parts_gb": {
            f"{part.name} ({part.when})": round(part.bytes / GIGA, 2) for part in parts(shape, load)
        },
    }


def measure(policy: str, mode: str, folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    """One case, or one line on why there is none."""
    shape = shape_of(folder)
    found: dict[str, Any] = {"policy": policy, "mode": mode, **reckoned(shape, mode, options)}
    if mode == "qlora" and importlib.util.find_spec("bitsandbytes") is None:
        return {**found, "skipped": "bitsandbytes is not installed"}
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()
    work = Path(tempfile.mkdtemp())
    began = time.perf_counter()
    try:
        run = trained(folder, mode, options, work)
    except OutOfTimeError:
        return {**found, "skipped": f"cut after {time.perf_counter() - began:.0f} s",
                "peak_gb": _memory("peak")}  # fmt: skip
    except (torch.OutOfMemoryError, RuntimeError) as error:
        return {**found, "skipped": str(error).split("\n")[0][:300], "peak_gb": _memory("peak")}
    finally:
        shutil.rmtree(work, ignore_errors=True)
    completions = options.prompts * options.group
    patches = 4 * shape.image_tokens(options.pixels) * shape.merge**2  # 4 images on average
    text = shape.language + shape.embeddings  # the embedding stands for the head, tied to it
    learning = completions * 2 * shape.vision * patches + 6 * text * run["tokens"]
    sampling = 2 * text * run["tokens"] + 2 * shape.vision * patches * options.prompts
    name = torch.cuda.get_device_name() if torch.cuda.is_available() else ""
    peak = options.peak or next((v for k, v in PEAK_TFLOPS.items() if k in name), None)
    return {
        **found,
        "seconds_per_step": round(run["seconds"], 2),
        "seconds_by_part": {k: round(v, 2) for k, v in run["parts"].items()},
        "peak_gb": round(_memory("peak"), 2),
        "reserved_gb": round(_memory("reserved"), 2),
        "loaded_gb": round(run["loaded_gb"], 2),
        "tokens_per_second": round(run["tokens"] / run["seconds"], 1),
        "new_tokens_per_second": round(run["new_tokens"] / run["parts"]["rollouts"], 1),
        "mfu_learning": peak and round(learning / run["parts"]["learning"] / peak / 1e12, 4),
        "mfu_step": peak and round((learning + sampling) / run["seconds"] / peak / 1e12, 4),
        "case_seconds": round(time.perf_counter() - began, 1),
    }


def _release() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _alarm(number: int, frame: Any) -> None:
    raise OutOfTimeError


def _without_compiler() -> None:
    """Triton builds its kernels with a C compiler; TRL has the same head in plain torch."""
    from trl.kernels import chunked_logprob

    if not any(map(shutil.which, ("cc", "gcc", "clang"))):
        chunked_logprob._TRITON_AVAILABLE = False
        print("no C compiler: TRL's head in plain torch, not by Triton", flush=True)


def run_cases(options: argparse.Namespace, store: Path) -> None:
    """All cases within the minutes; the file and a line of output after each."""
    ends = time.monotonic() + 60 * options.minutes
    report: dict[str, Any] = {"machine": environment(), "options": vars(options), "cases": []}
    cases = [case for case in CASES if case[1] in options.modes.split(",")]
    signal.signal(signal.SIGALRM, _alarm)
    for left, (policy, mode) in zip(range(len(cases), 0, -1), cases, strict=True):
        rest = ends - time.monotonic()
        share = max(45.0, 1.5 * rest / left)  # seconds; a slow case leaves some to the others
        if rest < 10:
            found = {"policy": policy, "mode": mode, "skipped": "no minutes left"}
        else:
            signal.alarm(max(1, int(min(rest, share))))
            try:
                folder = store / policy.split("/")[-1]
                if not folder.exists():
                    write_policy(folder, policy, options.size, options.pixels)
                    _release()
                found = measure(policy, mode, folder, options)
            except OutOfTimeError:
                found = {"policy": policy, "mode": mode, "skipped": "cut while it was prepared"}
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                signal.alarm(0)
        _release()
        report["cases"].append(found)
        write_text(Path(options.out), json.dumps(report, indent=1) + "\n")
        print(json.dumps(found), flush=True)


def main() -> None:
    """Prints one JSON line for each case, and writes all of them to a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", choices=["real", "tiny"], default="real")
    parser.add_argument("--minutes", type=float, default=8, help="for all cases together")
    parser.add_argument("--out", default="real_shape.json")
    parser.add_argument("--modes", default="full,lora,qlora", help="of these, by commas")
    parser.add_argument("--steps", type=int, default=1, help="measured, after one more")
    parser.add_argument("--prompts", type=int, default=2, help="of a step")
    parser.add_argument("--group", type=int, default=8, help="completions of a prompt")
    parser.add_argument("--pixels", type=int, default=602_112, help="of an image (profile gpu)")
    parser.add_argument("--tokens", type=int, default=256, help="of a completion, at most")
    parser.add_argument("--micro-batch", type=int, default=2)
    parser.add_argument("--generated", type=int, default=0, help="completions at a time, 0: all")
    parser.add_argument("--kl", type=float, default=0.0, help="weight of the KL penalty")
    parser.add_argument("--peak", type=float, help="TFLOP/s of the device, if it isn't known here")
    options = parser.parse_args()
    _without_compiler()
    memory = Path("/dev/shm")  # weights that live for minutes: in memory where there is room
    room = memory.is_dir() and shutil.disk_usage(memory).free > 30e9
    with tempfile.TemporaryDirectory(dir=memory if room else None) as store:
        run_cases(options, Path(store))


if __name__ == "__main__":
    main()
