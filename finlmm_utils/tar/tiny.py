"""``finlmm-tiny``: Qwen2.5-VL's own architecture, small enough to train on two CPU cores.

The model class is transformers' ``Qwen2_5_VLForConditionalGeneration`` with a small configuration,
so multi-image rows, M-RoPE and ``image_grid_thw`` are the same code as for the 3B model. Tokenizer
and processor are ours: every image becomes 168 x 112 pixels, that is 24 image tokens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from transformers.processing_utils import ProcessorMixin

from finlmm_utils.errors import OneLine
from finlmm_utils.tar.tiny_texts import corpus

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


class ImageError(OneLine, ValueError):
    """An image that can't be used; one line that says which, why, and what was expected."""


class ImageOnlyProcessor(ProcessorMixin):
    """A Qwen2.5-VL processor without the video half, which needs torchvision.

    With ``frame`` = (width, height) every image is first trimmed of white margins and padded to
    that ratio, so that it always becomes the same number of tokens and a loose crop looks like a
    tight one; without it the image processor's own rule holds.

    Raises:
        ImageError: an image that can't be read, of less than 8 or more than 8,000 pixels a side or
            more than 200 times as long as wide, or another number of images than of placeholders.
    """

    def __init__(
        self,
        image_processor: Any = None,
        tokenizer: Any = None,
        chat_template: str | None = None,
        frame: list[int] | None = None,
        **kwargs: Any,
    ) -> None:
        self.image_token = "<|image_pad|>"
        self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
        self.video_token = "<|video_pad|>"
        self.video_token_id = tokenizer.convert_tokens_to_ids(self.video_token)
        self.frame = frame
        super().__init__(image_processor, tokenizer, chat_template=chat_template)

    def __call__(self, images: Any = None, text: Any = None, **kwargs: Any) -> Any:
        """Tokenizes texts, each placeholder widened to its image's tokens.

        Args:
            images: PIL images, flat or a list a text, or None.
            text: one string or a list of them.
            **kwargs: to the tokenizer (``padding``, ``return_tensors``, ...).

        Returns:
            BatchFeature with ``input_ids``, ``attention_mask``, ``mm_token_type_ids`` and, with
            images, ``pixel_values`` (patches, 1176) and ``image_grid_thw`` (images, 3).
        """
        from transformers import BatchFeature

        texts = [text] if isinstance(text, str) else list(text)
        texts = [t.encode("utf-8", "replace").decode() for t in texts]  # lone surrogates
        flat = _flatten(images)
        expected = [t.count(self.image_token) for t in texts]
        nested = isinstance(images, list | tuple) and any(
            isinstance(group, list | tuple) for group in images
        )
        given = [len(_flatten(group)) for group in images] if nested else [len(flat)]
        if given != expected and (nested or len(flat) != sum(expected)):
            told, found = (expected, given) if nested else (sum(expected), len(flat))
            raise ImageError(
                f"{found} images for {told} image placeholders in the prompt; "
                "expected as many of the one as of the other"
            )
        vision: dict[str, Any] = {}
        if flat:
            framed = [self.framed(image, k) for k, image in enumerate(flat)]
            vision = dict(self.image_processor(framed, return_tensors="pt"))
            counts = (
                vision["image_grid_thw"].prod(-1) // self.image_processor.merge_size**2
            ).tolist()
            texts = _widen(texts, self.image_token, counts)
        tensors = kwargs.pop("return_tensors", None)
        kwargs.pop("return_mm_token_type_ids", None)
        encoded = self.tokenizer(texts, **kwargs)
        encoded["mm_token_type_ids"] = [
            [int(i == self.image_token_id) for i in ids] for ids in encoded["input_ids"]
        ]
        return BatchFeature({**encoded, **vision}, tensor_type=tensors)

    def framed(self, image: Any, position: int = 0) -> Any:
        """Trims white margins, pads to the frame's ratio and resizes; checks the image first."""
        from PIL import Image

        if not isinstance(image, Image.Image):
            raise ImageError(f"image {position + 1} is a {type(image).__name__}; expected PIL's")
        width, height = image.size
        short, long = sorted((width, height))
        if short < 8 or long > 8000 or long > 200 * short:
            raise ImageError(
                f"image {position + 1} has {width} x {height} pixels; expected 8 to 8,000 a side "
                "and no side more than 200 times the other"
            )
        try:
            image = on_white_paper(image)
        except (OSError, SyntaxError, ValueError) as error:  # Pillow's for damaged files
            raise ImageError(
                f"image {position + 1} can't be read ({error}); expected an undamaged one"
            ) from error
        if self.frame is None:
            return image
        image = image.crop(ink_box(image))
        width, height = image.size
        ratio = self.frame[0] / self.frame[1]
        canvas = (max(width, round(height * ratio)), max(height, round(width / ratio)))
        if canvas != image.size:
            padded = Image.new("RGB", canvas, "white")
            padded.paste(image, ((canvas[0] - width) // 2, (canvas[1] - height) // 2))
            image = padded
        return image.resize(tuple(self.frame), Image.Resampling.BICUBIC)


def on_white_paper(image: Any) -> Any:
    """An image in RGB: what is transparent shows white; 16 bits and floats are scaled to 8."""
    from PIL import Image

    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    elif image.mode.startswith(("I", "F")):
        values = np.asarray(image, float)
        top = next((top for top in (1, 255) if values.max() <= top), 65535)
        image = Image.fromarray((values.clip(0, top) * (255 / top)).round().astype("uint8"))
    return image.convert("RGB")


def ink_box(image: Any) -> tuple[int, int, int, int]:
    """What is left of an image without its white margins: left, top, right, bottom in pixels."""
    box = image.convert("L").point([255 * (level < 250) for level in range(256)]).getbbox()
    return box or (0, 0, *image.size)


def _flatten(images: Any) -> list[Any]:
    if images is None:
        return []
    if not isinstance(images, list | tuple):
        return [images]
    return [leaf for item in images for leaf in _flatten(item)]


def _widen(texts: list[str], token: str, counts: list[int]) -> list[str]:
    """Replaces each placeholder by as many of itself as its image has tokens."""
    remaining = iter(counts)
    widened = []
    for text in texts:
        head, *rest = text.split(token)
        widened.append(head + "".join(token * next(remaining) + part for part in rest))
    return widened


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


def build_model(
    tokenizer: PreTrainedTokenizerFast, seed: int
) -> Qwen2_5_VLForConditionalGeneration:
    """A new, untrained model of about 3 million parameters; same seed, same weights."""
    import torch
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    def token_id(token: str) -> int:
        return int(np.int64(tokenizer.convert_tokens_to_ids(token)))

    config = Qwen2_5_VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 192, "intermediate_size": 512,
            "num_hidden_layers": 5, "num_attention_heads": 6, "num_key_value_heads": 2,
            "max_position_embeddings": 2048, "rms_norm_eps": 1e-6, "tie_word_embeddings": True,
            "rope_parameters": {"rope_type": "default", "rope_theta": 10000.0,
                                "mrope_section": [4, 6, 6]},
            "eos_token_id": token_id("<|im_end|>"), "pad_token_id": token_id("<|endoftext|>"),
            "bos_token_id": None,
        },
        vision_config={
            "depth": 4, "hidden_size": 128, "intermediate_size": 384, "num_heads": 4,
            "out_hidden_size": 192, "fullatt_block_indexes": [0, 1, 2, 3], "window_size": 224,
        },
        image_token_id=token_id("<|image_pad|>"), video_token_id=token_id("<|video_pad|>"),
        vision_start_token_id=token_id("<|vision_start|>"),
        vision_end_token_id=token_id("<|vision_end|>"),
        tie_word_embeddings=True,
    )  # fmt: skip
    torch.manual_seed(seed)
    return Qwen2_5_VLForConditionalGeneration(config).to(torch.float32)
