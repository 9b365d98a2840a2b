"""What the vision tower of ``finlmm-tiny`` makes of charts, and auxiliary heads that read it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from finlmm_utils.tar.tiny import IMAGE_SIZE, IMAGE_TOKENS
from finlmm_utils.tar.tiny_data import CHARACTERS, PATCH, ChartPool
from finlmm_utils.tasks import Series
from finlmm_utils.terms import TERMS

MERGE, FRAMES = 2, 2
GRID = (1, IMAGE_SIZE[1] // PATCH, IMAGE_SIZE[0] // PATCH)
SLOTS = 4
FIRST_YEAR, YEARS = 2015, 12


def patches_of(images: np.ndarray, processor: Any) -> Tensor:
    """Cuts framed images into the patches that the image processor would make.

    Args:
        images: uint8, (n, 112, 168, 3).
        processor: for its mean and standard deviation.

    Returns:
        float32, (n * 96, 1176).
    """
    mean = torch.tensor(processor.image_processor.image_mean)
    std = torch.tensor(processor.image_processor.image_std)
    x = torch.from_numpy(images).float().div(255).sub(mean).div(std).permute(0, 3, 1, 2)
    n, rows, columns = len(images), GRID[1] // MERGE, GRID[2] // MERGE
    x = x.reshape(n, 3, rows, MERGE, PATCH, columns, MERGE, PATCH).permute(0, 2, 5, 3, 6, 1, 4, 7)
    x = x.unsqueeze(6).expand(-1, -1, -1, -1, -1, -1, FRAMES, -1, -1)
    return x.reshape(n * GRID[1] * GRID[2], 3 * FRAMES * PATCH * PATCH)


def image_features(model: Any, images: np.ndarray, processor: Any) -> Tensor:
    """The tokens that the vision tower makes of framed images: (n, 24, hidden)."""
    grid = torch.tensor([GRID] * len(images))
    pooled = model.model.visual(patches_of(images, processor), grid_thw=grid).pooler_output
    return pooled.reshape(len(images), IMAGE_TOKENS, -1)


class ReadingHeads(nn.Module):
    """Auxiliary heads over the tower's tokens, (n, 24, hidden).

    One tells the characters in each half of each of a token's four patches. The others tell what
    the whole chart shows: title class; year, tens and units of each of four places.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        sizes = [len(TERMS)] + [YEARS + 1, 11, 11] * SLOTS
        self.characters = nn.Linear(hidden, 2 * MERGE * MERGE * len(CHARACTERS))
        self.queries = nn.Parameter(torch.randn(len(sizes), hidden))
        self.places = nn.Parameter(torch.randn(IMAGE_TOKENS, hidden) * 0.5)
        self.attention = nn.MultiheadAttention(hidden, 4, batch_first=True)
        self.heads = nn.ModuleList(nn.Linear(hidden, size) for size in sizes)

    def spell(self, features: Tensor) -> Tensor:
        """(n, 24, hidden) to logits (n, 192, 39), a line for each half patch."""
        return self.characters(features).reshape(len(features), -1, len(CHARACTERS))

    def forward(self, features: Tensor) -> list[Tensor]:
        """(n, 24, hidden) to one (n, classes) tensor of logits a head."""
        keys = functional.layer_norm(features, features.shape[-1:]) + self.places
        queries = self.queries.expand(len(features), -1, -1)
        read, _ = self.attention(queries, keys, keys, need_weights=False)
        return [head(read[:, k]) for k, head in enumerate(self.heads)]


def reading_targets(shown: Sequence[Series]) -> Tensor:
    """The classes behind every chart: (charts, 13); the last class of a place means "nothing"."""
    names = [term.name for term in TERMS]
    rows = []
    for series in shown:
        row = [names.index(series.term)]
        for k in range(SLOTS):
            if k < len(series.values):
                tens, units = divmod(int(series.values[k]), 10)
                row += [int(series.labels[k]) - FIRST_YEAR, tens, units]
            else:
                row += [YEARS, 10, 10]
        rows.append(row)
    return torch.tensor(rows)


def reading_loss(
    heads: ReadingHeads, features: Tensor, pool: ChartPool, charts: Sequence[int]
) -> tuple[Tensor, dict[str, float]]:
    """How well the tower's tokens tell characters, title, years and values.

    Args:
        heads: the auxiliary heads.
        features: (n, 24, hidden).
        pool: holds the truth.
        charts: the n positions in the pool.

    Returns:
        The loss, and the shares of titles and of values that the heads read rightly.
    """
    letters = torch.from_numpy(pool.characters[charts]).float()
    rare = torch.tensor([4.0 if c.isdigit() else 1.0 for c in CHARACTERS])  # values are few
    spelling = functional.binary_cross_entropy_with_logits(
        heads.spell(features), letters, weight=rare, pos_weight=torch.tensor(8.0)
    )
    outputs = heads(features)
    gold = reading_targets([pool.series[k] for k in charts])
    parts = [functional.cross_entropy(o, gold[:, k]) for k, o in enumerate(outputs)]
    right = torch.stack([o.argmax(-1) == gold[:, k] for k, o in enumerate(outputs)], 1)
    there = gold[:, 2::3] < 10
    values = (right[:, 2::3] & right[:, 3::3])[there].float().mean().item()
    shares = {"titles": right[:, 0].float().mean().item(), "values": values}
    loss = 10 * spelling + parts[0] / 4 + sum(parts[1:]) / len(parts)
    return loss, {"spelling": spelling.item(), **shares}
