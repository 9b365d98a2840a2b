"""What the vision tower of ``finlmm-tiny`` makes of charts, and auxiliary heads that read it."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from finlmm_utils.finance.terms import PARTS, TERMS
from finlmm_utils.tiny.charts import CHARACTERS, PATCH, ChartPool
from finlmm_utils.tiny.model import IMAGE_SIZE, IMAGE_TOKENS

MERGE, FRAMES = 2, 2
GRID = (1, IMAGE_SIZE[1] // PATCH, IMAGE_SIZE[0] // PATCH)
LABELS = [*map(str, range(2015, 2027)), *(part for parts in PARTS.values() for part in parts)]
_TERM = {term.name: k for k, term in enumerate(TERMS)}


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
    """The tokens that the vision tower makes of framed images.

    Args:
        model: the policy.
        images: uint8, (n, 112, 168, 3).
        processor: for its mean and standard deviation.

    Returns:
        (n, 24, hidden).
    """
    grid = torch.tensor([GRID] * len(images), device=model.device)
    patches = patches_of(images, processor).to(model.device)
    pooled = model.model.visual(patches, grid_thw=grid).pooler_output
    return pooled.reshape(len(images), IMAGE_TOKENS, -1)


class ReadingHeads(nn.Module):
    """Auxiliary linear heads over the tower's tokens, (n, 24, hidden), each read on its own.

    They ask of a token what a language model would look for in it: which characters stand in each
    half of its four patches; and of its upper and lower half: if a part of a title stands there,
    which term that is; if a label or a value stands there, which year or part it is of and how much
    it is; and of a value among grouped bars, whether it is the left or the right one, and which
    term it is of.
    """

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.characters = nn.Linear(hidden, 2 * MERGE * MERGE * len(CHARACTERS))
        self.title = nn.Linear(hidden, 2 * len(TERMS))
        self.owner = nn.Linear(hidden, 2 * len(TERMS))
        self.side = nn.Linear(hidden, 2 * 2)
        self.label = nn.Linear(hidden, 2 * (len(LABELS) + 1))
        self.tens = nn.Linear(hidden, 2 * 10)
        self.units = nn.Linear(hidden, 2 * 10)

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """(n, 24, hidden) to logits by name, a line for each half patch or half of a token.

        Characters are (n, 192, 39), all others (n, 48, classes).
        """
        seen = functional.layer_norm(features, features.shape[-1:])
        n = len(features)
        return {
            "characters": self.characters(seen).reshape(n, -1, len(CHARACTERS)),
            "title": self.title(seen).reshape(n, -1, len(TERMS)),
            "owner": self.owner(seen).reshape(n, -1, len(TERMS)),
            "side": self.side(seen).reshape(n, -1, 2),
            "label": self.label(seen).reshape(n, -1, len(LABELS) + 1),
            "tens": self.tens(seen).reshape(n, -1, 10),
            "units": self.units(seen).reshape(n, -1, 10),
        }


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
        The loss, and the shares of title tokens and of values that the heads read rightly.
    """
    said = heads(features)
    there = functools.partial(torch.tensor, device=features.device)
    letters = torch.from_numpy(pool.characters[charts]).float().to(features.device)
    rare = there([4.0 if c.isdigit() else 1.0 for c in CHARACTERS])  # values are few
    spelling = functional.binary_cross_entropy_with_logits(
        said["characters"], letters, weight=rare, pos_weight=there(8.0)
    )
    titles = torch.from_numpy(pool.titles[charts])
    title_row, title_half = torch.nonzero(titles >= 0, as_tuple=True)
    terms = there([
        _TERM[pool.specs[charts[row]].shown[titles[row, half]].term]
        for row, half in zip(title_row.tolist(), title_half.tolist(), strict=True)
    ])  # fmt: skip
    named = said["title"][title_row, title_half]

    labels = torch.full(said["label"].shape[:2], len(LABELS), device=features.device)
    marks = [mark for row, k in enumerate(charts) for mark in _marks(pool, k, row)]
    rows = [mark.row for mark in marks]
    halves = [mark.half for mark in marks]
    labels[rows, halves] = there([LABELS.index(mark.label) for mark in marks])
    valued = [mark for mark in marks if mark.own or not mark.grouped]  # one value a half
    at = [mark.row for mark in valued], [mark.half for mark in valued]
    own = there([mark.own for mark in valued])
    tens, units = (there(v) for v in zip(*(divmod(m.value, 10) for m in valued), strict=True))
    tens_said, units_said = said["tens"][at], said["units"][at]
    grouped = [mark for mark in marks if mark.own and mark.grouped]
    weights = there([1.0] * len(LABELS) + [0.1])  # most halves hold no label
    loss = (
        10 * spelling
        + functional.cross_entropy(named, terms) / 2
        + functional.cross_entropy(said["label"].flatten(0, 1), labels.flatten(), weights) / 2
        + functional.cross_entropy(tens_said, tens) / 2
        + functional.cross_entropy(units_said, units) / 2
    )
    right = (tens_said.argmax(-1) == tens) & (units_said.argmax(-1) == units)
    told = said["label"][rows, halves].argmax(-1) == labels[rows, halves]
    shares = {
        "spelling": spelling.item(),
        "titles": (named.argmax(-1) == terms).float().mean().item(),
        "labels": told.float().mean().item(),
        "values": right[own].float().mean().item(),
        "values_at_labels": right[~own].float().mean().item(),
    }
    if grouped:
        at = [mark.row for mark in grouped], [mark.half for mark in grouped]
        owner, side = said["owner"][at], said["side"][at]
        owners = there([_TERM[mark.term] for mark in grouped])
        sides = there([mark.side for mark in grouped])
        loss = loss + functional.cross_entropy(owner, owners) / 2
        loss = loss + functional.cross_entropy(side, sides) / 2
        shares["sides"] = (side.argmax(-1) == sides).float().mean().item()
        shares["owners"] = (owner.argmax(-1) == owners).float().mean().item()
    return loss, shares


@dataclass(frozen=True)
class _Mark:
    """A label or a value, and where it stands: ``own`` if it is the value itself."""

    row: int
    half: int
    term: str
    label: str
    value: int
    own: bool
    grouped: bool
    side: int


def _marks(pool: ChartPool, k: int, row: int) -> Iterator[_Mark]:
    """All labels and values of chart ``k`` that stand somewhere."""
    spec = pool.specs[k]
    for side, (series, places) in enumerate(zip(spec.shown, pool.places[k], strict=False)):
        for label, value, both in zip(series.labels, series.values, places, strict=False):
            for n, half in enumerate(both.tolist()):
                if half >= 0:
                    grouped = len(spec.shown) > 1
                    yield _Mark(row, half, series.term, label, int(value), n == 1, grouped, side)


@torch.no_grad()
def speak_words(
    model: Any, processor: Any, pool: ChartPool, features: Tensor, strength: float = 1.5
) -> None:
    """Makes an image token resemble the words that it shows, by one linear map, in place.

    A ridge regression tells from a token which words it holds: those of a title, a year, the digits
    of a value. The sum of their embeddings is added to the token, so that what the language
    model has learned to look up in a text it finds in an image too. Then all tokens are brought
    to the size of word embeddings, their mean to zero: under its heads the tower makes tokens of
    any size, and large ones would drown what the language model adds to them. All of this is
    folded into the merger's last layer.

    Args:
        model: the policy.
        processor: for the tokenizer.
        pool: what the charts show, and where.
        features: of the pool's charts, (charts, 24, hidden).
        strength: of what is added, in sums of embeddings.
    """
    words = model.get_input_embeddings().weight
    hidden = features.shape[-1]
    flat = torch.cat([features.reshape(-1, hidden), torch.ones(features[..., :1].numel(), 1)], 1)
    shown = torch.zeros(len(flat), len(words))
    for token, text in _texts_in_tokens(pool):
        shown[token, processor.tokenizer(text).input_ids] = 1
    gram = flat.T @ flat
    ridge = 1e-3 * gram.diagonal().mean() * torch.eye(len(gram))
    told = torch.linalg.solve(gram + ridge, flat.T @ shown)
    added = strength * told @ (words - words.mean(0))  # (hidden + 1, hidden)
    change = torch.eye(hidden) + added[:-1]
    changed = features.reshape(-1, hidden) @ change + added[-1]
    mean = changed.mean(0)
    scale = (words - words.mean(0)).norm(dim=-1).mean() / (changed - mean).norm(dim=-1).mean()
    last = model.model.visual.merger.mlp[2]
    last.weight.copy_((last.weight.T @ change).T * scale)
    last.bias.copy_((last.bias @ change + added[-1] - mean) * scale)


def _texts_in_tokens(pool: ChartPool) -> Iterator[tuple[int, str]]:
    """Which texts are to be told from which image token, counted over the whole pool."""
    for k, spec in enumerate(pool.specs):
        first = k * IMAGE_TOKENS
        for half in np.flatnonzero(pool.titles[k] >= 0):
            yield first + int(half) // 2, f" {spec.shown[pool.titles[k, half]].term}"
        for mark in _marks(pool, k, 0):
            token = first + mark.half // 2
            if not mark.grouped:
                yield token, f" {mark.label} {mark.value}"
            elif mark.own:
                yield token, f" {('left', 'right')[mark.side]} {mark.label} {mark.value}"
            else:
                yield token, f" {mark.label}"
