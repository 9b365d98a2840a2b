"""Turns images and text of a row into a policy's inputs, without torchvision."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from finlmm_utils.errors import OneLine
from finlmm_utils.torchvision_fit import torchvision_fault

torchvision_fault()  # before transformers, which would fall over it

# isort: split
from transformers.processing_utils import ProcessorMixin  # noqa: E402, after the line above

PROCESSOR = "processor_config.json"
"""Where the hub keeps the settings of images and videos; newer transformers write the second."""


class ImageError(OneLine, ValueError):
    """An image that can't be used; one line that says which, why, and what was expected."""


class ImageOnlyProcessor(ProcessorMixin):
    """A processor of Qwen's vision models without the video half, which needs torchvision.

    Where it stands in for a hub's own, it is saved as that one: other tools, which know nothing of
    this class, read the folder.

    Attributes:
        hub_files: settings of the hub's own processor, by file; empty for finlmm-tiny's.

    Args:
        image_processor: turns PIL images into patches; transformers' ``Qwen2VLImageProcessorPil``.
        tokenizer: the policy's.
        chat_template: Jinja source.
        frame: width and height in pixels. Every image is first trimmed of white margins and padded
            to that ratio, so that it always becomes the same number of tokens and a loose crop
            looks like a tight one; without it the image processor's own rule holds.
        **kwargs: of a saved configuration; left out.

    Raises:
        ImageError: an image that can't be read, of less than 8 pixels a side or more than 200 times
            as long as wide, or another number of images than of placeholders.
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
        self.hub_files: dict[str, dict[str, Any]] = {}

    def save_pretrained(self, save_directory: Any, push_to_hub: bool = False, **kwargs: Any) -> Any:
        """Saves tokenizer, chat template and settings, under the hub's class names if it has them.

        Args:
            save_directory: made if it is not there.
            push_to_hub: as transformers has it.
            **kwargs: likewise.
        """
        written = super().save_pretrained(save_directory, push_to_hub, **kwargs)
        if not self.hub_files:
            return written
        folder = Path(save_directory)
        (folder / PROCESSOR).unlink()
        for name, settings in self.hub_files.items():
            write_json(folder / name, self._limited(settings))
        tokenizer = folder / "tokenizer_config.json"
        told = json.loads(tokenizer.read_text("utf-8"))
        told["processor_class"] = next(iter(self.hub_files.values())).get("processor_class")
        write_json(tokenizer, told)
        return [str(folder / name) for name in self.hub_files]

    def _limited(self, settings: dict[str, Any]) -> dict[str, Any]:
        """A hub's settings with the pixels that an image may have here, in that file's words."""
        if "image_processor" in settings:
            return {**settings, "image_processor": self._limited(settings["image_processor"])}
        if "video_processor_type" in settings:
            return settings
        least, most = pixel_limits(self)
        limits = {"min_pixels": least, "max_pixels": most}
        told: dict[str, Any] = {name: n for name, n in limits.items() if name in settings}
        if "size" in settings or not told:
            told["size"] = {"shortest_edge": least, "longest_edge": most}
        return {**settings, **told}

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
        if short < 8 or long > 200 * short:
            raise ImageError(
                f"image {position + 1} has {width} x {height} pixels; expected 8 or more a side "
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


def pixel_limits(processor: Any) -> tuple[int, int]:
    """Least and most pixels of an image, as a processor scales it."""
    size = processor.image_processor.size
    return int(size["shortest_edge"]), int(size["longest_edge"])


def write_json(path: Path, values: Any) -> None:
    """Writes a file of settings as transformers does."""
    path.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", "utf-8")
