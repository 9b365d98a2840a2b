"""Loads what turns a row into a policy's inputs, with or without torchvision; bounds its pixels."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

from finlmm_utils.errors import OneLine
from finlmm_utils.processor.image_processor import (
    PROCESSOR,
    ImageError,
    ImageOnlyProcessor,
    ink_box,
    pixel_limits,
)
from finlmm_utils.torchvision_fit import torchvision_fault

__all__ = [
    "TINY",
    "ImageError",
    "ImageOnlyProcessor",
    "PolicyError",
    "base_of",
    "ink_box",
    "limit_pixels",
    "load_processor",
    "pixel_limits",
    "resolve",
]

HUB_FILES = ("preprocessor_config.json", PROCESSOR, "video_preprocessor_config.json")
TINY = Path(__file__).resolve().parents[1] / "tiny" / "weights" / "finlmm-tiny"


class PolicyError(OneLine, ValueError):
    """A policy that can't be loaded; one line that says which, why, and what to do."""


def resolve(name_or_path: str | Path) -> str:
    """The folder or hub id behind a policy's name; "finlmm-tiny" is the shipped one.

    Raises:
        PolicyError: a path that looks local and isn't there.
    """
    name = str(name_or_path)
    if name == "finlmm-tiny":
        return str(TINY)
    if Path(name).is_dir():
        return name
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise PolicyError(
            f"policy {name!r}: no such folder; expected finlmm-tiny, a folder with safetensors, "
            "or a hub id such as Qwen/Qwen2.5-VL-3B-Instruct"
        )
    return name


def base_of(folder: str | Path) -> str | None:
    """The policy that a saved adapter was trained on; None for what is no adapter.

    Raises:
        PolicyError: its configuration does not say.
    """
    settings = Path(folder) / "adapter_config.json"
    if not settings.exists():
        return None
    try:
        return str(json.loads(settings.read_text("utf-8"))["base_model_name_or_path"])
    except (ValueError, KeyError, TypeError) as error:
        raise PolicyError(
            f"{settings}: {error!r}; expected JSON with base_model_name_or_path"
        ) from error


def limit_pixels(processor: Any, least: int = 0, most: int = 0) -> None:
    """Bounds the pixels, and so the tokens, of an image; larger ones are scaled, never refused.

    A processor with a frame of its own (finlmm-tiny's) makes every image of that size anyway.

    Args:
        processor: of a policy.
        least: pixels of an image; 0 keeps the policy's own.
        most: likewise; a row's images decide most of what a stage takes of a GPU.

    Raises:
        PolicyError: the least is above the most, or the most is less than one token's.
    """
    if getattr(processor, "frame", None) and not 0 < most < least:
        return
    own, images = pixel_limits(processor), processor.image_processor
    token = (images.patch_size * images.merge_size) ** 2
    highest = most or max(own[1], least)
    # Sides are rounded up to whole tokens: between close limits no size would be left.
    limits = (least or (own[0] if 2 * own[0] <= highest else token), highest)
    if not token <= limits[1] or limits[0] > limits[1]:
        raise PolicyError(
            f"min_pixels {limits[0]}, max_pixels {limits[1]}: expected the first below the second, "
            f"and {token} (one token of this policy) at least"
        )
    images.size = type(images.size)(shortest_edge=limits[0], longest_edge=limits[1])
    for name, value in (("min_pixels", limits[0]), ("max_pixels", limits[1])):
        if hasattr(images, name):
            setattr(images, name, value)


def load_processor(name_or_path: str | Path, min_pixels: int = 0, max_pixels: int = 0) -> Any:
    """Loads the processor of a policy; without torchvision an image-only one.

    Args:
        name_or_path: of the policy.
        min_pixels: of an image; 0 for the policy's own.
        max_pixels: of an image; 0 for the policy's own. See :func:`limit_pixels`.

    Raises:
        PolicyError: tokenizer or image settings are missing or don't belong to a Qwen-VL.
    """
    from transformers import AutoProcessor

    where = resolve(name_or_path)
    settings = Path(where) / PROCESSOR
    try:
        ours = settings.exists() and json.loads(settings.read_text())
        if ours and ours.get("processor_class") == "ImageOnlyProcessor":
            processor = ImageOnlyProcessor.from_pretrained(where)
        elif importlib.util.find_spec("torchvision"):
            processor = AutoProcessor.from_pretrained(where)
        else:
            if fault := torchvision_fault():
                print(fault, flush=True)
            processor = _image_only(where)
    except Exception as error:  # the tokenizers library raises nothing more special
        raise PolicyError(
            f"policy {name_or_path}: its processor can't be loaded ({_line(error)}); expected the "
            "tokenizer and image settings of a Qwen2.5-VL or Qwen3-VL"
        ) from error
    tokenizer = processor.tokenizer
    if not processor.chat_template or tokenizer.eos_token is None or tokenizer.pad_token is None:
        raise PolicyError(
            f"policy {name_or_path}: its processor lacks a chat template, an end or padding "
            "token; expected chat_template.jinja and tokenizer_config.json beside tokenizer.json"
        )
    tokenizer.padding_side = "left"
    limit_pixels(processor, min_pixels, max_pixels)
    return processor


def _image_only(where: str) -> ImageOnlyProcessor:
    """The image half of a hub's processor, which keeps the hub's own settings to be saved."""
    from transformers import AutoTokenizer
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
    from transformers.utils import cached_file

    tokenizer = AutoTokenizer.from_pretrained(where)
    images = Qwen2VLImageProcessorPil.from_pretrained(where)
    template = getattr(tokenizer, "chat_template", None) or _chat_template(where)
    processor = ImageOnlyProcessor(images, tokenizer, template)
    for name in HUB_FILES:
        file = cached_file(where, name, _raise_exceptions_for_missing_entries=False)
        if file:
            processor.hub_files[name] = json.loads(Path(file).read_text("utf-8"))
    return processor


def _chat_template(where: str) -> str | None:
    """Of ``chat_template.json``, where the older folders of the hub keep it alone."""
    from transformers.utils import cached_file

    file = cached_file(where, "chat_template.json", _raise_exceptions_for_missing_entries=False)
    return json.loads(Path(file).read_text("utf-8"))["chat_template"] if file else None


def _line(error: Exception) -> str:
    """The first line of an error's message, at most 160 characters."""
    return str(error).strip().split("\n")[0][:160] or type(error).__name__
