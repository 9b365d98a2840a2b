"""How large a policy is, from its configuration alone: no weight is read or made."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finlmm_utils.processor.loading import HUB_FILES, PolicyError, base_of, resolve
from finlmm_utils.tar.models import LORA_TARGETS

SHAPES = Path(__file__).parent
SIZES = ("layers", "hidden", "inner", "heads", "kv", "vocabulary", "patch", "merge", "most_pixels")
"""Of a :class:`Shape`, what a configuration states and sums are made of."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a policy.

    Attributes:
        name: hub id, folder or "finlmm-tiny".
        language: parameters of the language model, embeddings left out.
        embeddings: parameters of the embeddings, and of a head that is not tied to them.
        vision: parameters of the vision tower.
        linear: inputs plus outputs of the layers that an adapter is put on: its parameters at rank
            1.
        layers: of the language model.
        hidden: width of the language model.
        inner: width of its feed-forward layers.
        heads: width of all attention heads together.
        kv: width of its keys, as of its values.
        vocabulary: rows of the embeddings.
        vision_hidden: width of the vision tower.
        vision_inner: width of its feed-forward layers.
        patch: side of a patch, pixels.
        merge: patches of a side that become one token.
        most_pixels: of an image, as the policy's own processor bounds them.
    """

    name: str
    language: int
    embeddings: int
    vision: int
    linear: int
    layers: int
    hidden: int
    inner: int
    heads: int
    kv: int
    vocabulary: int
    vision_hidden: int
    vision_inner: int
    patch: int
    merge: int
    most_pixels: int = 12_845_056

    @property
    def parameters(self) -> int:
        """All of them."""
        return self.language + self.embeddings + self.vision

    def image_tokens(self, pixels: int) -> int:
        """Most tokens of an image of at most so many pixels."""
        return math.ceil(pixels / (self.patch * self.merge) ** 2)


def config_of(policy: str | Path) -> Any:
    """The configuration of a policy: shipped sizes, a folder's config.json, or the hub's.

    Args:
        policy: as :func:`finlmm_utils.tar.models.load_policy` takes it; of an adapter, its base's.

    Raises:
        PolicyError: none of them.
    """
    from transformers import CONFIG_MAPPING, AutoConfig

    policy = base_of(policy) or policy

    shipped = SHAPES / f"{str(policy).split('/')[-1]}.json"
    if str(policy).count("/") == 1 and shipped.exists():
        told = json.loads(shipped.read_text("utf-8"))["config"]
        return CONFIG_MAPPING[told["model_type"]].from_dict(told)
    folder = resolve(policy)
    try:
        return AutoConfig.from_pretrained(folder)
    except (OSError, ValueError) as error:
        if (Path(folder) / "config.json").is_file():  # it is there, so it is what is wrong
            raise
        known = ", ".join(sorted(file.stem for file in SHAPES.glob("*.json")))
        raise PolicyError(
            f"policy {policy}: its sizes are not known here; expected {known} of Qwen, a folder "
            "with a config.json, or a hub id that can be reached"
        ) from error


def shape_of(policy: str | Path) -> Shape:
    """Sizes of a policy, from a model on the meta device: no weight is read or made.

    Raises:
        PolicyError: no configuration of a known kind, or one that no model can be made of.
    """
    try:
        shape = _shape_of(policy)
        if wrong := [name for name in SIZES if not _is_size(getattr(shape, name))]:
            raise ValueError(f"no size of a model: {', '.join(wrong)}")
    except PolicyError:
        raise
    except Exception as error:  # a stranger's file: transformers may raise anything about it
        said = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise PolicyError(
            f"policy {policy}: no model can be made of its config.json, or no image read by its "
            f"{' or '.join(HUB_FILES)} ({said}); fetch them anew"
        ) from None
    return shape


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and value > 0


def _shape_of(policy: str | Path) -> Shape:
    import torch
    from transformers import AutoModelForImageTextToText

    config = config_of(policy)
    with torch.device("meta"):
        model = AutoModelForImageTextToText.from_config(config)
    text, vision = config.get_text_config(), config.vision_config
    visual = sum(p.numel() for p in model.model.visual.parameters())
    table = model.get_input_embeddings().weight.numel()
    embeddings = table if config.tie_word_embeddings else table + model.lm_head.weight.numel()
    whole = sum(p.numel() for p in model.model.parameters())
    wanted = re.compile(LORA_TARGETS)
    linear = sum(
        layer.in_features + layer.out_features
        for name, layer in model.named_modules()
        if isinstance(layer, torch.nn.Linear) and wanted.fullmatch(name)
    )
    size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return Shape(
        name=str(policy),
        language=whole - visual - table,
        embeddings=embeddings,
        vision=visual,
        linear=linear,
        layers=text.num_hidden_layers,
        hidden=text.hidden_size,
        inner=text.intermediate_size,
        heads=size * text.num_attention_heads,
        kv=size * text.num_key_value_heads,
        vocabulary=text.vocab_size,
        vision_hidden=vision.hidden_size,
        vision_inner=vision.intermediate_size,
        patch=vision.patch_size,
        merge=vision.spatial_merge_size,
        most_pixels=_most_pixels(policy),
    )


def _most_pixels(policy: str | Path) -> int:
    """Of an image: as shipped here, as the folder says, or Qwen2.5-VL's."""
    shipped = SHAPES / f"{str(policy).split('/')[-1]}.json"
    if shipped.exists():
        return int(json.loads(shipped.read_text("utf-8"))["images"]["max_pixels"])
    for name in HUB_FILES:
        file = Path(resolve(policy)) / name
        if file.exists() and "video" not in name:
            told = json.loads(file.read_text("utf-8"))
            told = told.get("image_processor", told)
            return int(told.get("max_pixels") or told["size"]["longest_edge"])
    return Shape.most_pixels
