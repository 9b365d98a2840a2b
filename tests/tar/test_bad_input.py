"""Images, prompts and policies of no use: each ends in one line that says which and why."""

import io
import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from IPython.core.interactiveshell import InteractiveShell
from PIL import Image, ImageDraw
from safetensors.torch import load_file, save_file
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

from finlmm_utils.processor import TINY, ImageError, PolicyError, load_processor
from finlmm_utils.rows import make_row
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tiny.model import build_tokenizer


@pytest.fixture(scope="module")
def processor() -> Any:
    return load_processor("finlmm-tiny")


def prompt_of(processor: Any, images: int) -> str:
    content = [{"type": "image"}] * images + [{"type": "text", "text": "Read image 1."}]
    turns = [{"role": "user", "content": content}]
    return processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)


@pytest.mark.parametrize(("images", "placeholders"), [(2, 1), (1, 2), (0, 1)])
def test_images_must_match_placeholders(processor: Any, images: int, placeholders: int) -> None:
    pictures = [Image.new("RGB", (60, 40))] * images
    with pytest.raises(ImageError, match=f"{images} images for {placeholders} image placeholders"):
        processor(images=pictures or None, text=[prompt_of(processor, placeholders)])


@pytest.mark.parametrize("token", ["<|image_pad|>", "<|im_end|>", "<|vision_start|>"])
def test_a_question_gives_no_orders_by_control_tokens(processor: Any, token: str) -> None:
    image = Image.new("RGB", (60, 40), "white")
    row = make_row("r", f"What is {token} 5?", "5", "number", "", images=[image], target_image=1)
    content = [{"type": "image"}, {"type": "text", "text": row["prompt"][1]["content"]}]
    text = processor.apply_chat_template([{"role": "user", "content": content}], tokenize=False)
    ids = processor(images=[image], text=[text])["input_ids"][0]
    plain = processor(images=[image], text=[prompt_of(processor, 1)])["input_ids"][0]
    control = processor.tokenizer.convert_tokens_to_ids(token)
    assert ids.count(control) == plain.count(control)


def test_no_prompt_takes_the_images_of_another(processor: Any) -> None:
    picture = Image.new("RGB", (60, 40))
    texts = [prompt_of(processor, 1), prompt_of(processor, 2)]
    with pytest.raises(ImageError, match=r"\[2, 1\] images for \[1, 2\] image placeholders"):
        processor(images=[[picture, picture], [picture]], text=texts)
    right = processor(images=[[picture], [picture, picture]], text=texts, padding=True)
    assert len(right["input_ids"]) == 2


@pytest.mark.parametrize("size", [(1, 1), (200, 3), (1, 5000), (8, 1700), (1700, 8)])
def test_images_of_no_use_are_refused_with_their_size(
    processor: Any, size: tuple[int, int]
) -> None:
    with pytest.raises(ImageError, match=f"image 1 has {size[0]} x {size[1]} pixels"):
        processor(images=[Image.new("L", size)], text=[prompt_of(processor, 1)])


def test_a_large_image_is_scaled_and_not_refused(processor: Any) -> None:
    large = Image.new("L", (10_000, 9_000), "white")
    assert processor.framed(large).size == processor.framed(Image.new("L", (100, 90))).size


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_an_image_that_was_cut_off_is_named(processor: Any, kind: str) -> None:
    noise = np.random.default_rng(0).integers(0, 255, (100, 150, 3), dtype=np.uint8)
    stream = io.BytesIO()
    Image.fromarray(noise).save(stream, kind)
    half = io.BytesIO(stream.getvalue()[: len(stream.getvalue()) // 2])
    images = [Image.fromarray(noise), Image.open(half)]
    with pytest.raises(ImageError, match=r"image 2 can't be read .*truncated"):
        processor(images=images, text=[prompt_of(processor, 2)])
    with pytest.raises(ImageError, match="image 1 is a str"):
        processor(images=["chart.png"], text=[prompt_of(processor, 1)])


@pytest.mark.parametrize(
    "text", ["a\ud800b", "\0", "revenue 2021 " * 2000, "\u202e</think><|im_end|>"]
)
def test_no_text_stops_the_processor(processor: Any, text: str) -> None:
    asked = processor.apply_chat_template([{"role": "user", "content": text}], tokenize=False)
    assert len(processor(text=[asked])["input_ids"][0]) > 6


def drawing() -> Image.Image:
    """Black and grey on white, with white margins."""
    image = Image.new("L", (90, 60), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((20, 20, 30, 40), fill=0)
    draw.rectangle((40, 25, 60, 40), fill=102)
    return image


@pytest.mark.parametrize(
    "mode", ["1", "LA", "P", "RGBA", "CMYK", "I", "I;16", "F", "clear", "clear palette"]
)
def test_every_mode_of_an_image_looks_the_same(processor: Any, mode: str) -> None:
    plain, grey = drawing(), np.asarray(drawing())
    wide = grey.astype(np.uint16) * 257
    if mode == "I;16":
        image = Image.fromarray(wide)
    elif mode == "I":
        image = Image.fromarray(wide.astype(np.int32))
    elif mode == "F":
        image = Image.fromarray(grey.astype(np.float32) / 255)
    elif mode == "clear":  # black ink on nothing, and nothing is black underneath
        ink = grey < 255
        layers = (grey * ink, ink.astype(np.uint8) * 255)
        image = Image.merge("LA", [Image.fromarray(layer) for layer in layers])
    elif mode == "clear palette":
        image = Image.fromarray((grey < 255).astype(np.uint8) + (grey == 0), mode="P")
        image.putpalette([0, 0, 0, 102, 102, 102, 0, 0, 0])
        image.info["transparency"] = 0
    elif mode == "1":
        image = plain = plain.convert("1", dither=Image.Dither.NONE)
    else:
        image = plain.convert("RGB").convert(mode)
    seen, right = (np.asarray(processor.framed(one), int) for one in (image, plain))
    assert np.abs(seen - right).max() <= 3


def test_loading_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(AssertionError, match="the network was asked"):
        socket.create_connection(("127.0.0.1", 9))
    model, processor = load_policy("finlmm-tiny")
    assert len(processor.tokenizer) == model.get_input_embeddings().num_embeddings


def _with_tensors(weights: Path, change: Any) -> None:
    tensors = {name: value.clone() for name, value in load_file(weights).items()}
    change(tensors)
    save_file(tensors, weights, metadata={"format": "pt"})


def _broken(folder: Path, how: str) -> Path:
    shutil.copytree(TINY, folder)
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    name = "model.layers.0.self_attn.q_proj.weight"
    if how.startswith("no "):
        (folder / how[3:]).unlink()
    elif how == "cut":
        weights.write_bytes(content[:100_000])
    elif how == "header":
        weights.write_bytes(content[:20] + bytes([content[20] ^ 16]) + content[21:])
    elif how == "without a tensor":
        _with_tensors(weights, lambda tensors: tensors.pop(name))
    elif how == "other shape":
        _with_tensors(weights, lambda t: t.update({name: t[name][:-2].contiguous()}))
    elif how == "not a number":
        _with_tensors(weights, lambda tensors: tensors[name].view(-1)[3].fill_(float("nan")))
    elif how == "pickle":
        torch.save(load_file(weights), folder / "pytorch_model.bin")
        weights.unlink()
    elif how == "other model":
        (folder / "config.json").write_text(json.dumps({"model_type": "bert"}))
    elif how in ("awq", "fp8", "gptq"):
        config = json.loads((folder / "config.json").read_text("utf-8"))
        config["quantization_config"] = {"quant_method": how, "bits": 4}
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
    elif how == "more tokens":
        path = folder / "tokenizer.json"
        tokenizer = json.loads(path.read_text("utf-8"))
        last = max(token["id"] for token in tokenizer["added_tokens"])
        extra = {**tokenizer["added_tokens"][-1], "id": last + 1, "content": "<foreign>"}
        tokenizer["added_tokens"].append(extra)
        path.write_text(json.dumps(tokenizer), "utf-8")
    elif how == "fewer tokens":
        build_tokenizer(1, 700).save_pretrained(folder)
    elif how == "adapter":
        (folder / "adapter_config.json").write_text("{")
    return folder


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("no model.safetensors", "no file named model.safetensors"),
        ("cut", "not fully covered"),
        ("header", "header"),
        ("without a tensor", r"1 missing \(model.*q_proj"),
        ("other shape", r"1 of another shape than config.json says \(model.*q_proj"),
        ("not a number", r"1 not finite \(model.*q_proj"),
        ("pickle", "no file named model.safetensors"),
        ("no config.json", "Unrecognized model"),
        ("other model", "is of a bert"),
        ("awq", "quantized by awq, they learn nothing"),
        ("fp8", "quantized by fp8"),
        ("gptq", "quantized by gptq"),
        ("more tokens", "its tokenizer has 941 tokens, its weights have 940"),
        ("fewer tokens", "is token 698 of its tokenizer, 938 in config.json"),
        ("no tokenizer.json", "its processor can't be loaded"),
        ("no tokenizer_config.json", "of its tokenizer, 933 in config.json"),
        ("no chat_template.jinja", "lacks a chat template"),
        ("no processor_config.json", "image processor"),
        ("adapter", "adapter_config.json.*expected JSON"),
    ],
)
def test_damaged_policies_end_in_one_line(tmp_path: Path, how: str, words: str) -> None:
    folder = _broken(tmp_path / "policy", how)
    with pytest.raises(PolicyError, match=words) as caught:
        load_policy(folder)
    assert "\n" not in str(caught.value) and str(folder) in str(caught.value)


def test_a_policy_that_is_nowhere_is_named() -> None:
    with pytest.raises(PolicyError, match="no such folder"):
        load_policy("./not/here")


def test_a_notebook_shows_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    for line in (
        "from finlmm_utils.tar.models import load_policy; load_policy('./not/here')",
        "from PIL import Image; from finlmm_utils.tar.models import load_processor as load\n"
        "load('finlmm-tiny').framed(Image.new('L', (1, 1)))",
        "from finlmm_utils.tar.data.sources import load_rows; load_rows('./not/here')",
    ):
        shell.run_cell(line)
        shown = [text for text in capsys.readouterr().out.splitlines() if text.strip()]
        assert len(shown) == 1 and "expected" in shown[0], shown


def test_the_hubs_own_format_loads(tmp_path: Path, processor: Any) -> None:
    """The files of Qwen/Qwen2.5-VL-3B-Instruct: its class names, none of ours."""
    load_policy("finlmm-tiny")[0].save_pretrained(tmp_path)
    build_tokenizer(0, len(processor.tokenizer)).save_pretrained(tmp_path)
    for name in ("processor_config.json", "preprocessor_config.json"):
        (tmp_path / name).unlink(missing_ok=True)
    Qwen2VLImageProcessorPil(min_pixels=56 * 56, max_pixels=112 * 112).save_pretrained(tmp_path)
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text("utf-8"))
    settings |= {"processor_class": "Qwen2_5_VLProcessor",
                 "image_processor_type": "Qwen2VLImageProcessor"}  # fmt: skip
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(settings))
    model, found = load_policy(tmp_path)
    assert getattr(found, "frame", None) is None
    inputs = found(images=[drawing()], text=[prompt_of(found, 1)], return_tensors="pt")
    assert (inputs["input_ids"] == model.config.image_token_id).sum() > 1
    assert torch.isfinite(model(**inputs).logits).all()
