"""Two families as they lie on the hub: loaded, trained, saved, merged, named for other tools."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText, AutoTokenizer

from finlmm_utils.processor import PolicyError, load_processor, pixel_limits
from finlmm_utils.study.cli import main
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.rollouts.answering import generate
from tests.tar.hub_copies import FAMILIES, QWEN3, QWEN25, SPECIAL, hub_name, shipped, write_hub_copy
from tests.tar.test_trainer import image_rows
from tests.tar.training import small_stage

HOT: dict[str, Any] = {"temperature": 3.0, "lora_rank": 4, "max_pixels": 12_544}
"""So hot that groups disagree; images of at most 16 tokens."""
CLASSES = {QWEN25: "Qwen2_5_VLProcessor", QWEN3: "Qwen3VLProcessor"}


@pytest.fixture(scope="module")
def copies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("hub")
    return {name: write_hub_copy(folder / name, name) for name in FAMILIES}


@pytest.fixture(scope="module")
def trained(
    copies: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> dict[tuple[str, str], Path]:
    """One step on images of each family in full and with LoRA."""
    folders = {}
    for name in FAMILIES:
        for adapter in ("none", "lora"):
            folder = tmp_path_factory.mktemp(f"{name}-{adapter}")
            small_stage(folder, 1, policy=copies[name], rows=image_rows([2, 3]), adapter=adapter,
                        **HOT)  # fmt: skip
            folders[name, adapter] = folder / "policy"
    return folders


@pytest.mark.parametrize("name", FAMILIES)
def test_a_copy_is_laid_out_as_on_the_hub(copies: dict[str, Path], name: str) -> None:
    folder = copies[name]
    config = json.loads((folder / "config.json").read_text("utf-8"))
    assert _keys(config) == _keys(shipped(name)["config"])
    index = json.loads((folder / "model.safetensors.index.json").read_text("utf-8"))
    names = set(index["weight_map"])
    assert len(set(index["weight_map"].values())) == 2 and "lm_head.weight" not in names
    assert (hub_name("model.visual.patch_embed.proj.weight", name)) in names
    assert ("visual.patch_embed.proj.weight" in names) is (name == QWEN25)
    tokens = AutoTokenizer.from_pretrained(folder)
    ids = tokens.convert_tokens_to_ids(list(SPECIAL))
    assert ids == list(range(ids[0], ids[0] + len(SPECIAL)))
    places = {k: v - ids[0] + 151643 for k, v in config.items() if k.endswith("token_id")}
    told = shipped(name)["config"]
    assert all(told[key] == place for key, place in places.items())


def _keys(config: dict[str, Any]) -> dict[str, Any]:
    return {k: _keys(v) if isinstance(v, dict) else None for k, v in config.items()}


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("adapter", ["none", "lora", "qlora"])
def test_a_copy_loads_and_answers(copies: dict[str, Path], name: str, adapter: str) -> None:
    model, processor = load_policy(copies[name], adapter, lora_rank=4, max_pixels=12_544)
    learning = [n for n, p in model.named_parameters() if p.requires_grad]
    assert learning and not any("visual" in n for n in learning)
    if adapter == "qlora":
        kinds = {n: type(m).__name__ for n, m in model.named_modules()}
        small = [n for n, kind in kinds.items() if kind == "Linear4bit" and "base_layer" not in n]
        assert len(small) == 3 * 7 and not any("visual" in n for n in small)
    said = generate(model, processor, list(image_rows([2, 1])), 4)
    assert len(said) == 2 and said["tokens"].max() <= 4
    bare = load_policy(copies[name])[0]
    stored = {k: v for f in copies[name].glob("*.safetensors") for k, v in load_file(f).items()}
    for key, value in bare.state_dict().items():
        if key != "lm_head.weight":
            assert torch.equal(value, stored[hub_name(key, name)].float()), key


@pytest.mark.parametrize("name", FAMILIES)
def test_4_bit_weights_learn_after_they_were_sampled_from(
    copies: dict[str, Path], name: str
) -> None:
    """In evaluation bitsandbytes turns them, on some processors, into what passes no gradient."""
    model, processor = load_policy(copies[name], "qlora", lora_rank=4, max_pixels=12_544)
    generate(model, processor, list(image_rows([2])), 2)
    model.train()
    model(input_ids=torch.arange(10, 30)[None]).logits.square().mean().backward()
    grads = {n: p.grad for n, p in model.named_parameters() if "lora_B" in n}
    assert len(grads) == 3 * 7
    assert [n for n, g in grads.items() if g is None or not g.abs().sum() > 0] == []


@pytest.mark.parametrize("name", FAMILIES)
def test_images_are_scaled_to_the_pixels(copies: dict[str, Path], name: str) -> None:
    processor = load_processor(copies[name], max_pixels=50_176)
    token = (processor.image_processor.patch_size * processor.image_processor.merge_size) ** 2
    turns = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "?"}]}]
    text = processor.apply_chat_template(turns, tokenize=False)
    for size in ((2000, 1500), (9000, 400), (30, 40)):
        grid = processor(images=[Image.new("RGB", size)], text=[text], return_tensors="pt")
        tokens = int((grid["input_ids"] == processor.image_token_id).sum())
        assert 1 <= tokens <= 50_176 // token
    assert pixel_limits(load_processor(copies[name])) == (
        shipped(name)["images"]["min_pixels"], shipped(name)["images"]["max_pixels"]
    )  # fmt: skip
    with pytest.raises(PolicyError, match="min_pixels 60000, max_pixels 50000"):
        load_processor(copies[name], 60_000, 50_000)


@pytest.mark.parametrize("adapter", ["none", "lora"])
@pytest.mark.parametrize("name", FAMILIES)
def test_saved_folders_name_what_other_tools_know(
    trained: dict[tuple[str, str], Path], name: str, adapter: str
) -> None:
    folder = trained[name, adapter]
    text = "".join(p.read_text("utf-8") for p in folder.glob("*.json"))
    assert "ImageOnlyProcessor" not in text and not (folder / "processor_config.json").exists()
    settings = json.loads((folder / "preprocessor_config.json").read_text("utf-8"))
    assert settings["processor_class"] == CLASSES[name]
    assert settings["image_processor_type"].startswith("Qwen2VLImageProcessor")
    most = settings.get("max_pixels") or settings["size"]["longest_edge"]
    assert most == 12_544, "the limit that it was trained with"
    assert settings["image_mean"] == [0.5] * 3 or name == QWEN25
    assert (folder / "chat_template.jinja").read_text("utf-8")
    tokens = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    assert tokens["processor_class"] == CLASSES[name]
    video = folder / "video_preprocessor_config.json"
    assert video.exists() is (name == QWEN3)
    if video.exists():
        size = json.loads(video.read_text("utf-8"))["size"]
        assert size["longest_edge"] == 25165824, "videos keep their own"
    if adapter == "none":
        config = json.loads((folder / "config.json").read_text("utf-8"))
        assert config["architectures"] == shipped(name)["config"]["architectures"]
        stored = set(load_file(folder / "model.safetensors"))
        assert hub_name("model.visual.patch_embed.proj.weight", name) in stored
    again = load_processor(folder)
    assert pixel_limits(again)[1] == 12_544


@pytest.mark.parametrize("name", FAMILIES)
def test_stage_two_goes_on_from_an_adapter_and_is_merged(
    copies: dict[str, Path], trained: dict[tuple[str, str], Path], name: str, tmp_path: Path
) -> None:
    """From stage 1's adapter, with a KL penalty against it; then one model for plain tools."""
    stage = small_stage(tmp_path / "two", 1, policy=trained[name, "lora"], adapter="lora", kl=0.1,
                        rows=image_rows([1, 2]), **HOT)  # fmt: skip
    assert stage.metrics[0]["kl"] == pytest.approx(0, abs=1e-6), "it starts where the penalty does"
    assert main(["merge", str(tmp_path / "two" / "policy"), str(tmp_path / "merged")]) == 0
    plain = AutoModelForImageTextToText.from_pretrained(tmp_path / "merged", dtype=torch.float32)
    adapted, processor = load_policy(tmp_path / "two" / "policy")
    inputs = processor(text=["What is 57 - 45?"], return_tensors="pt")
    assert torch.allclose(plain(**inputs).logits, adapted(**inputs).logits, atol=1e-4)
    base = load_policy(copies[name])[0]
    assert not torch.allclose(base(**inputs).logits, adapted(**inputs).logits, atol=1e-5)
    text = "".join(p.read_text("utf-8") for p in (tmp_path / "merged").glob("*.json"))
    assert "ImageOnlyProcessor" not in text and CLASSES[name] in text


@pytest.mark.parametrize("family", ["qwen2_vl", "internvl", "gemma3"])
def test_other_families_are_refused_by_name(tmp_path: Path, family: str) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": family}))
    with pytest.raises(PolicyError, match=rf"is of a {family}.*Qwen2.5-VL or Qwen3-VL"):
        load_policy(tmp_path)
