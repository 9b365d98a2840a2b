"""Folders as two policies lie on the hub: files, keys, tensor names, shards; weights of a toy.

The configurations are the package's own (``tar/shapes``), made small key by key; the tokenizer is a
byte-level BPE of Qwen's kind, fitted here; the chat template is ours and renders the same text.
"""

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import CONFIG_MAPPING, AutoModelForImageTextToText

from finlmm_utils.tar.shapes.shape import SHAPES
from finlmm_utils.tiny.texts import corpus

QWEN25, QWEN3 = "Qwen2.5-VL-3B-Instruct", "Qwen3-VL-4B-Instruct"
FAMILIES = (QWEN25, QWEN3)
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How Qwen's tokenizers cut a text before BPE."""
SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
    "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>",
    "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>",
)  # fmt: skip
"""In the order of their ids, after the vocabulary, as on the hub (151643 and on)."""
PLAIN = ("<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>")
SPARE_ROWS = 27
"""Rows of the embeddings that no token has: 151,936 rows for 151,665 tokens there."""

TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if loop.first and message.role != 'system' -%}"
    "{{ '<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n' }}"
    "{%- endif -%}"
    "{{ '<|im_start|>' + message.role + '\n' }}"
    "{%- if message.content is string -%}{{ message.content }}"
    "{%- else -%}{%- for part in message.content -%}"
    "{%- if part.type == 'image' -%}{{ '<|vision_start|><|image_pad|><|vision_end|>' }}"
    "{%- elif part.type == 'video' -%}{{ '<|vision_start|><|video_pad|><|vision_end|>' }}"
    "{%- else -%}{{ part.text }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}"
    "{{ '<|im_end|>\n' }}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
GENERATION = {
    QWEN25: {"do_sample": True, "repetition_penalty": 1.05, "temperature": 0.000001},
    QWEN3: {"do_sample": True, "repetition_penalty": 1.0, "temperature": 0.7, "top_p": 0.8,
            "top_k": 20},
}  # fmt: skip


def shipped(name: str) -> dict[str, Any]:
    """What the package knows of a policy's sizes."""
    return json.loads((SHAPES / f"{name}.json").read_text("utf-8"))


def small_config(name: str, first_special: int, rows: int) -> dict[str, Any]:
    """A hub's config.json with the same keys and small numbers."""
    config = shipped(name)["config"]
    text = config.get("text_config", config)
    text |= {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3,
             "num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": rows,
             "bos_token_id": first_special, "eos_token_id": first_special + 2}  # fmt: skip
    if "head_dim" in text:
        text["head_dim"] = 32  # not hidden / heads, as there
    half = text.get("head_dim", 16) // 2
    sections = [half - 2 * (half // 3), half // 3, half // 3]
    text["rope_scaling"] = {**text["rope_scaling"], "mrope_section": sections}
    vision = config["vision_config"]
    vision |= {"depth": 4, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2,
               "out_hidden_size": 64}  # fmt: skip
    if "window_size" in vision:
        vision["fullatt_block_indexes"] = [1, 3]
    if "deepstack_visual_indexes" in vision:
        vision |= {"deepstack_visual_indexes": [0, 1, 2], "num_position_embeddings": 64}
    for key in [
        key for key in config if key.endswith("_token_id") and key[:3] not in ("bos", "eos")
    ]:
        config[key] = first_special + SPECIAL.index(
            {"vision_token_id": "<|vision_pad|>", "image_token_id": "<|image_pad|>",
             "video_token_id": "<|video_pad|>"}.get(key) or f"<|{key.removesuffix('_token_id')}|>"
        )  # fmt: skip
    return config


def write_tokenizer(folder: Path, name: str) -> int:
    """Writes vocabulary, merges and settings; returns the id of the first special token."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), behavior="isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])  # fmt: skip
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(corpus(0, 200), trainer)
    first = tokenizer.get_vocab_size()
    tokenizer.model.save(str(folder))
    tokenizer.add_special_tokens([AddedToken(t, normalized=False, special=True) for t in SPECIAL])
    tokenizer.add_tokens([AddedToken(t, normalized=False) for t in PLAIN])
    tokenizer.save(str(folder / "tokenizer.json"))
    added = {
        str(first + n): {"content": t, "lstrip": False, "normalized": False, "rstrip": False,
                         "single_word": False, "special": t in SPECIAL}
        for n, t in enumerate((*SPECIAL, *PLAIN))
    }  # fmt: skip
    settings = {
        "add_bos_token": False, "add_prefix_space": False, "added_tokens_decoder": added,
        "additional_special_tokens": list(SPECIAL[1:]), "bos_token": None,
        "chat_template": TEMPLATE, "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>", "errors": "replace", "model_max_length": 131072,
        "pad_token": "<|endoftext|>", "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer", "unk_token": None,
    }  # fmt: skip
    if name == QWEN3:  # there the template lies in a file of its own, too
        (folder / "chat_template.json").write_text(json.dumps({"chat_template": TEMPLATE}))
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    return first


def write_processor(folder: Path, name: str) -> None:
    """preprocessor_config.json and, for the newer family, the one for videos."""
    sizes = shipped(name)["images"]
    common = {"patch_size": sizes["patch_size"], "temporal_patch_size": 2,
              "merge_size": sizes["merge_size"]}  # fmt: skip
    if name == QWEN25:
        told = common | {
            "min_pixels": sizes["min_pixels"], "max_pixels": sizes["max_pixels"],
            "image_mean": [0.48145466, 0.4578275, 0.40821073],
            "image_std": [0.26862954, 0.26130258, 0.27577711],
            "image_processor_type": "Qwen2VLImageProcessor",
            "processor_class": "Qwen2_5_VLProcessor",
        }  # fmt: skip
    else:
        size = {"longest_edge": sizes["max_pixels"], "shortest_edge": sizes["min_pixels"]}
        halves = {"image_mean": [0.5] * 3, "image_std": [0.5] * 3}
        told = common | halves | {
            "size": size, "image_processor_type": "Qwen2VLImageProcessorFast",
            "processor_class": "Qwen3VLProcessor",
        }  # fmt: skip
        video = common | halves | {
            "size": {"longest_edge": 25165824, "shortest_edge": 4096},
            "processor_class": "Qwen3VLProcessor", "video_processor_type": "Qwen3VLVideoProcessor",
        }  # fmt: skip
        (folder / "video_preprocessor_config.json").write_text(json.dumps(video))
    (folder / "preprocessor_config.json").write_text(json.dumps(told))


def hub_name(key: str, name: str) -> str:
    """A tensor's name on the hub: the older family has none of today's levels."""
    if name == QWEN3:
        return key
    return key.replace("model.visual.", "visual.").replace("model.language_model.", "model.")


def write_hub_copy(folder: Path, name: str, seed: int = 0) -> Path:
    """One of the two policies, small, as it would be downloaded.

    Args:
        folder: made anew.
        name: one of ``FAMILIES``.
        seed: of the weights.
    """
    folder.mkdir(parents=True)
    first = write_tokenizer(folder, name)
    write_processor(folder, name)
    config = small_config(name, first, first + len(SPECIAL) + len(PLAIN) + SPARE_ROWS)
    (folder / "config.json").write_text(json.dumps(config, indent=2))
    ends = [first + 2, first]
    generation = {"bos_token_id": first, "pad_token_id": first, "eos_token_id": ends,
                  "transformers_version": config["transformers_version"]}  # fmt: skip
    (folder / "generation_config.json").write_text(json.dumps(generation | GENERATION[name]))
    torch.manual_seed(seed)
    model = AutoModelForImageTextToText.from_config(
        CONFIG_MAPPING[config["model_type"]].from_dict(config)
    )
    tensors = {
        hub_name(key, name): value.to(torch.bfloat16).contiguous()
        for key, value in model.state_dict().items()
        if key != "lm_head.weight"  # tied
    }
    halves = sorted(tensors)[: len(tensors) // 2], sorted(tensors)[len(tensors) // 2 :]
    places, size = {}, 0
    for number, keys in enumerate(halves, start=1):
        file = f"model-0000{number}-of-00002.safetensors"
        save_file({key: tensors[key] for key in keys}, folder / file, metadata={"format": "pt"})
        places |= dict.fromkeys(keys, file)
        size += sum(tensors[key].nbytes for key in keys)
    index = {"metadata": {"total_size": size}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    return folder
