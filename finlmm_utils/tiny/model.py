"""``finlmm-tiny``: Qwen2.5-VL's own architecture, small enough to train on two CPU cores.

The model class is transformers' ``Qwen2_5_VLForConditionalGeneration`` with a small configuration,
so multi-image rows, M-RoPE and ``image_grid_thw`` are the same code as for the 3B model. Tokenizer
and processor are ours: every image becomes 168 x 112 pixels, that is 24 image tokens.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from finlmm_utils.processor.loading import ImageOnlyProcessor
from finlmm_utils.tiny.texts import corpus

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast, Qwen2_5_VLForConditionalGeneration

IMAGE_SIZE = (168, 112)
"""Width and height in pixels of every image that the small model sees."""
IMAGE_TOKENS = 24
"""Tokens an image: 168/14 x 112/14 patches, merged 2 x 2."""

SPECIAL_TOKENS = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|image_pad|>", "<|video_pad|>",
]  # fmt: skip
FORMAT_TOKENS = [
    "<think>", "</think>", "<answer>", "</answer>", "<image_selection>", "</image_selection>",
]  # fmt: skip

CHAT_TEMPLATE = (
    "{% set images = namespace(n=0) %}"
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n"
    "{% if message['content'] is string %}{{ message['content'] }}"
    "{% else %}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{% set images.n = images.n + 1 %}"
    "Image {{ images.n }}:<|vision_start|><|image_pad|><|vision_end|>\n"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def build_tokenizer(seed: int = 0, vocabulary: int = 940) -> PreTrainedTokenizerFast:
    """Fits a byte-level BPE on our corpus: digits and years are single tokens, any text is covered.

    Args:
        seed: of the corpus.
        vocabulary: number of tokens, the format tags and special tokens included.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    pieces = r" ?20[0-3]\d(?!\d)| ?\d| ?[A-Za-z]+| ?[^\sA-Za-z\d]|\s+"
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(pieces), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary - len(FORMAT_TOKENS) - len(SPECIAL_TOKENS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(corpus(seed, 1500), trainer)
    tokenizer.add_tokens(FORMAT_TOKENS)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        extra_special_tokens=SPECIAL_TOKENS,
        padding_side="left",
        model_max_length=2048,
        chat_template=CHAT_TEMPLATE,
    )


def build_processor(tokenizer: PreTrainedTokenizerFast) -> ImageOnlyProcessor:
    """The processor of the small model: 168 x 112 pixels an image."""
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    area = IMAGE_SIZE[0] * IMAGE_SIZE[1]
    images = Qwen2VLImageProcessorPil(
        min_pixels=area,
        max_pixels=area,
        image_mean=[1.0, 1.0, 1.0],  # white paper is 0, so that ink is all there is to see
        image_std=[0.25, 0.25, 0.25],
    )
    return ImageOnlyProcessor(images, tokenizer, CHAT_TEMPLATE, frame=list(IMAGE_SIZE))


@dataclass(frozen=True)
class Shape:
    """Widths and depths of a model. A head of the language model is 32 wide.

    Attributes:
        width: of the language model; three heads share one set of keys.
        layers: of the language model.
        tower: width of the vision tower.
        depth: of the vision tower.
    """

    width: int
    layers: int
    tower: int
    depth: int


SHAPES = {
    "small": Shape(width=96, layers=5, tower=64, depth=4),
    "tiny": Shape(width=192, layers=5, tower=128, depth=4),
    "large": Shape(width=288, layers=6, tower=192, depth=5),
}
"""About 1, 3.5 and 8 million parameters; "tiny" is the one that ships."""


def build_model(
    tokenizer: PreTrainedTokenizerFast, seed: int, shape: str = "tiny"
) -> Qwen2_5_VLForConditionalGeneration:
    """A new, untrained model; same seed, same weights.

    Args:
        tokenizer: says how many tokens there are.
        seed: of the weights.
        shape: one of ``SHAPES``.
    """
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    def token_id(token: str) -> int:
        return int(np.int64(tokenizer.convert_tokens_to_ids(token)))

    size = SHAPES[shape]
    heads = size.width // 32
    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": size.width,
            "intermediate_size": 8 * size.width // 3, "num_hidden_layers": size.layers,
            "num_attention_heads": heads, "num_key_value_heads": heads // 3,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0,
                                "mrope_section": [4, 6, 6]},
            "eos_token_id": token_id("<|im_end|>"), "pad_token_id": token_id("<|endoftext|>"),
            "bos_token_id": None,
        },
        vision_config={
            "depth": size.depth, "hidden_size": size.tower, "intermediate_size": 3 * size.tower,
            "num_heads": size.tower // 32, "out_hidden_size": size.width,
            "fullatt_block_indexes": list(range(size.depth)), "window_size": 224,
        },
        image_token_id=token_id("<|image_pad|>"), video_token_id=token_id("<|video_pad|>"),
        vision_start_token_id=token_id("<|vision_start|>"),
        vision_end_token_id=token_id("<|vision_end|>"),
        tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(seed)
    return Qwen2_5_VLForConditionalGeneration(config).to(torch.float32)
