"""``finlmm fits``: sizes against real models, sums against what torch really keeps."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from finlmm_utils.processor import TINY
from finlmm_utils.study.cli import main
from finlmm_utils.study.fits import loads, training_gpus
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.tar.models import adapter_weights, load_policy
from finlmm_utils.tar.rollouts.answering import prompt_tensors
from finlmm_utils.tar.rollouts.shared_prefix import read_prompts
from finlmm_utils.tar.shapes.fits import Load, activations, parts, total, trained
from finlmm_utils.tar.shapes.shape import shape_of
from tests.tar.hub_copies import FAMILIES, write_hub_copy
from tests.tar.training import text_rows

ROW = Load(adapter="none", prompt_tokens=100, completion_tokens=20, images=0, max_pixels=0,
           micro_batch=2, generated=4, group_size=2, checkpointing=False, cuda=False)  # fmt: skip


def part(shape: Any, load: Load, name: str, when: str = "") -> float:
    return sum(p.bytes for p in parts(shape, load) if p.name == name and when in p.when)


@pytest.mark.parametrize(
    ("policy", "billions"),
    [("Qwen/Qwen2.5-VL-3B-Instruct", 3.75462), ("Qwen/Qwen3-VL-4B-Instruct", 4.43782)],
)
def test_sizes_are_those_of_the_makers(policy: str, billions: float) -> None:
    """As the index files of both folders on the hub count them."""
    assert shape_of(policy).parameters == pytest.approx(billions * 1e9, rel=1e-5)


@pytest.mark.parametrize("name", [*FAMILIES, "finlmm-tiny"])
def test_weights_and_optimiser_are_exact(tmp_path: Path, name: str) -> None:
    policy = name if name == "finlmm-tiny" else write_hub_copy(tmp_path / name, name)
    shape = shape_of(policy)
    for adapter in ("none", "lora", "qlora"):
        model = load_policy(policy, adapter, lora_rank=8)[0]
        for parameter, exact in adapter_weights(model):
            parameter.data = exact  # as the trainer does
        load = replace(ROW, adapter=adapter, lora_rank=8)
        learning = [p for p in model.parameters() if p.requires_grad]
        count = sum(p.numel() for p in learning)
        assert trained(shape, load) == count
        assert part(shape, load, "adapter") == (adapter != "none") * sum(p.nbytes for p in learning)
        scales = [p.quant_state.absmax for p in model.parameters() if hasattr(p, "quant_state")]
        held = sum(p.nbytes for p in [*model.parameters(), *scales])
        # Of a language model in 4 bits, norms and biases are not: less than a hundredth.
        near = pytest.approx(held, rel=0.01 if scales else 0)
        assert bool(scales) is (adapter == "qlora")
        assert part(shape, load, "weights") + part(shape, load, "adapter") == near
        optimiser = torch.optim.AdamW(learning)
        for parameter in learning:
            parameter.grad = torch.zeros_like(parameter)
        optimiser.step()
        moments = sum(v.nbytes for state in optimiser.state.values()
                      for k, v in state.items() if k != "step")  # fmt: skip
        assert part(shape, load, "optimiser") == moments
        assert part(shape, load, "gradients") == sum(p.nbytes for p in learning)


@pytest.mark.parametrize("name", [*FAMILIES, "finlmm-tiny"])
def test_the_cache_is_exact(tmp_path: Path, name: str) -> None:
    policy = name if name == "finlmm-tiny" else write_hub_copy(tmp_path / name, name)
    model, processor = load_policy(policy)
    inputs = prompt_tensors(processor, list(text_rows(3)), "cpu")
    cache = read_prompts(model, inputs)[0]
    kept = sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.layers)
    length = inputs["input_ids"].shape[1]
    load = replace(ROW, prompt_tokens=length, completion_tokens=0, generated=3)
    assert part(shape_of(policy), load, "cache") == kept


@pytest.mark.parametrize("name", [*FAMILIES, "finlmm-tiny"])
def test_activations_are_within_a_third(tmp_path: Path, name: str) -> None:
    """What autograd keeps of the language model, tensor by tensor, against the arithmetic."""
    policy = name if name == "finlmm-tiny" else write_hub_copy(tmp_path / name, name)
    model, processor = load_policy(policy)
    shape = shape_of(policy)
    weights = {p.data_ptr() for p in model.parameters()}
    inputs = prompt_tensors(processor, list(text_rows(2)), "cpu")
    kept: dict[int, int] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        read = model.model(**inputs, use_cache=False)
    assert read.last_hidden_state.requires_grad
    tokens = inputs["input_ids"].numel()
    reckoned = shape.layers * tokens * activations(shape, ROW)
    assert reckoned == pytest.approx(sum(kept.values()), rel=0.33)


def test_what_lowers_the_need_lowers_the_sum() -> None:
    """Each entry that decides memory moves the total its way, on the profile gpu."""
    values = load_profile("gpu")
    shape = shape_of(values["policy"])
    values["training"] |= {"vllm": "none", "adapter": "none", "kl": 0.1, "generation_batch": 0}

    def need(**changes: Any) -> float:
        told = {**values, "training": {**values["training"], **changes}}
        return total(shape, loads(told, shape)["stage 2"], 80e9)

    before = need()
    for changes in ({"adapter": "lora"}, {"kl": 0.0}, {"generation_batch": 8},
                    {"max_prompt_tokens": 1024}, {"max_pixels": 50_176}):  # fmt: skip
        assert need(**changes) < before, changes
    learning = {"generation_batch": 8, "adapter": "lora"}
    assert need(**learning, micro_batch=1) < need(**learning, micro_batch=16)
    assert need(gradient_checkpointing=False, **learning) > need(**learning)
    assert need(adapter="qlora") < need(adapter="lora")
    assert need(freeze_vision=False) > before
    assert need(adapter="lora", lora_rank=256) > need(adapter="lora")
    assert need(vllm="colocate", vllm_memory=0.5) > need(vllm="colocate", vllm_memory=0.3)


@pytest.mark.parametrize(
    ("profile", "gb", "gpus"), [("t4", 15, 1), ("gpu", 80, 1), ("paper", 80, 4)]
)
def test_the_profiles_fit_the_machines_they_name(
    profile: str, gb: int, gpus: int, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["fits", "--profile", profile, "--gpu-gb", str(gb), "--gpus", str(gpus)]
    for policy in ("Qwen/Qwen2.5-VL-3B-Instruct", "Qwen/Qwen3-VL-4B-Instruct"):
        assert main([*line, "--policy", policy]) == 0
        said = capsys.readouterr().out
        assert said.count(": fits") == 2 and "optimiser (always)" in said


def test_what_does_not_fit_says_what_to_lower(capsys: pytest.CaptureFixture[str]) -> None:
    line = ["fits", "--profile", "paper", "--gpu-gb", "16"]
    assert main(line) == 1
    said = capsys.readouterr().out
    assert "does NOT fit" in said and "lower micro_batch" in said
    assert main([*line, "--policy", "nobody/nothing-7B"]) == 2
    assert "its sizes are not known" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("setting", "words"),
    [("freeze_vision=false", "the vision tower learns with adapter none"),
     ("min_pixels=700000", "at least 700000 (min_pixels"), ("adapter=dora", "'lora'")],
)  # fmt: skip
def test_what_a_stage_would_refuse_is_not_reckoned(
    setting: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["fits", "--profile", "gpu", "--set", f"training.{setting}"]) == 2
    said = capsys.readouterr()
    assert words in said.err and not said.out and said.err.count("\n") == 1


def test_a_profile_trains_on_the_gpus_of_its_launch(capsys: pytest.CaptureFixture[str]) -> None:
    assert {p: training_gpus(load_profile(p)) for p in ("t4", "gpu", "paper")} == {
        "t4": 1, "gpu": 1, "paper": 4,
    }  # fmt: skip
    assert main(["fits", "--profile", "paper"]) == 0
    assert "4 x 80 GB" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "words"),
    [("--gpu-gb=-3", "--gpu-gb -3: expected one GPU's memory"), ("--gpu-gb=0", "above 0 GB"),
     ("--gpu-gb=nan", "above 0 GB"), ("--gpus=0", "--gpus 0: expected the GPUs that train"),
     ("--gpus=-1", "1 or more")],
)  # fmt: skip
def test_no_machine_is_refused(option: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fits", option]) == 2
    said = capsys.readouterr()
    assert words in said.err and not said.out and said.err.count("\n") == 1


WRONG: tuple[Any, ...] = ("many", [1, 2], None, -3, 0, 1.5, {})


@pytest.mark.faults
@pytest.mark.parametrize(
    "name",
    ["model_type", "text_config", "vision_config", "text_config.hidden_size",
     "text_config.num_hidden_layers", "text_config.vocab_size", "vision_config.patch_size",
     "vision_config.spatial_merge_size", "text_config.num_attention_heads"],
)  # fmt: skip
def test_a_configuration_of_wrong_types_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """Every value is refused in one line, or is one that transformers takes for its own default."""
    folder = tmp_path / "policy"
    shutil.copytree(TINY, folder)
    whole = json.loads((folder / "config.json").read_text("utf-8"))
    refused = 0
    for wrong in WRONG:
        told = json.loads(json.dumps(whole))
        *above, last = name.split(".")
        place = told
        for part_of in above:
            place = place[part_of]
        place[last] = wrong
        (folder / "config.json").write_text(json.dumps(told))
        code = main(["fits", "--policy", str(folder)])
        said = capsys.readouterr().err
        if code == 2:
            refused += 1
            assert said.count("\n") == 1 and str(folder) in said and "config.json" in said
        else:
            assert said.count("Traceback") == 0
    assert refused >= 3


@pytest.mark.faults
@pytest.mark.parametrize("file", ["config.json", "processor_config.json"])
@pytest.mark.parametrize("data", [b"", b'{"a', b"[1, 2]", b"\xff\xfe", b"7", b'{"size": 7}'])
def test_a_damaged_configuration_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, data: bytes
) -> None:
    folder = tmp_path / "policy"
    shutil.copytree(TINY, folder)
    assert (folder / file).is_file()
    (folder / file).write_bytes(data)
    assert main(["fits", "--policy", str(folder)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and str(folder) in said and file in said
