"""What a trainer feeds on: prompts in an order that a resume finds again, images processed once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch.utils.data import Sampler
from trl.trainer.utils import RepeatSampler


class EpochSampler(Sampler):
    """A RepeatSampler whose order follows from seed and epoch, so that resuming finds it again.

    Each generation batch, over all processes and micro-batches, is of one kind: TRL 1.16 can't
    score a batch in which only some prompts have images. The batches of both kinds come in random
    order, each kind as often as its share of the rows; what fills no batch is left to other epochs.

    Args:
        sampler: TRL's.
        seed: of the order.
        epoch: tells the epoch that is under way.
        kinds: of each row, such as whether it has images.
    """

    def __init__(
        self, sampler: RepeatSampler, seed: int, epoch: Callable[[], int], kinds: Sequence[bool]
    ) -> None:
        self.sampler, self.seed, self.epoch, self.kinds = sampler, seed, epoch, kinds

    def __iter__(self) -> Iterator[int]:
        size = self.sampler.batch_size
        # A prime above any number of epochs: no two pairs of seed and epoch have the same order.
        generator = torch.Generator().manual_seed(self.seed * 100_003 + self.epoch())
        order = list(range(len(self.kinds)))
        if self.sampler.shuffle:
            order = torch.randperm(len(order), generator=generator).tolist()
        batches = []
        for kind in set(self.kinds):
            rows = [i for i in order if self.kinds[i] == kind]
            batches += [rows[i : i + size] for i in range(0, len(rows) - size + 1, size)]
        if len(set(self.kinds)) > 1:
            batches = [batches[i] for i in torch.randperm(len(batches), generator=generator)]
        for batch in batches:
            for _ in range(self.sampler.repeat_count):
                for row in batch:
                    yield from [row] * self.sampler.mini_repeat_count

    def __len__(self) -> int:
        size = self.sampler.batch_size
        rows = sum(n // size * size for n in Counter(self.kinds).values())
        return rows * self.sampler.mini_repeat_count * self.sampler.repeat_count


class OnceProcessed:
    """A processor that gives back the images' tensors it was told, in place of making them again.

    TRL 1.16 processes a prompt's images for each completion, once to generate, once to score.
    """

    def __init__(self, processor: Any) -> None:
        self.processor = processor
        self.fields: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.processor, name)

    def __call__(self, images: Any = None, text: Any = None, **options: Any) -> Any:
        """TRL's call for the forward pass: image tensors and padded token types."""
        if images is None or self.fields is None:
            return self.processor(images=images, text=text, **options)
        fields = dict(self.fields)
        if "mm_token_type_ids" in fields:
            rows = fields["mm_token_type_ids"]
            width = max(len(row) for row in rows)
            fields["mm_token_type_ids"] = torch.tensor(
                [[0] * (width - len(row)) + list(row) for row in rows]
            )
        return fields


def repeated(fields: Mapping[str, Any], images: Sequence[int], order: Sequence[int]) -> dict:
    """Repeats the image tensors and token types of prompts.

    Args:
        fields: ``pixel_values`` (patches, dim), ``image_grid_thw`` (images, 3), lists a prompt.
        images: number of images of each prompt.
        order: which prompt each completion has.
    """
    repeated: dict[str, Any] = {}
    grids = torch.as_tensor(fields["image_grid_thw"])
    by_prompt = torch.split(grids, list(images))
    for name, value in fields.items():
        if name == "pixel_values":
            patches = [int(grid.prod(-1).sum()) for grid in by_prompt]
            chunks = torch.split(torch.as_tensor(value), patches)
            repeated[name] = torch.cat([chunks[n] for n in order])
        elif name == "image_grid_thw":
            repeated[name] = torch.cat([by_prompt[n] for n in order])
        else:
            repeated[name] = [list(value[n]) for n in order]
    return repeated
