"""A discriminator that learns what GRPO uses: differences within a group, tied to the question.

The published one is trained by cross-entropy over all prompts. It learns which questions are hard,
and a policy can please it with the style of easy ones. This kind, our choice throughout, learns
from pairs within groups, and from right reasoning put under another question, which must score
lower: so a style alone earns nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from finlmm_utils.tar.discriminator.encoders import Encoder, SentenceEncoder, optimizer_step
from finlmm_utils.tar.discriminator.overlap import WithOverlap
from finlmm_utils.tar.discriminator.probes import swap_rate
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.discriminator.state import (
    Example,
    GroupReplay,
    seeded_from,
)

CROSS_ENTROPY_WEIGHT, SWAP_WEIGHT = 0.5, 0.5
"""Of the balanced cross-entropy, which makes the output a probability, and of swapped questions,
beside pairs with weight 1; our choice."""


class RelationalDiscriminator(Scorer):
    """p(correct | question, reasoning), from pairs within groups and swapped questions.

    Args:
        encoder: see :class:`Scorer`; by default MiniLM with the overlap numbers beside it.
        epochs: passes over the newest examples in each update.
        swaps: other questions that each right reasoning is put under.
        **options: of :class:`Scorer`; ``examples`` and ``replay`` count completions of
            whole groups, the newest.
    """

    memory = GroupReplay

    def __init__(
        self, encoder: Encoder | None = None, *, epochs: int = 10, swaps: int = 2, **options: Any
    ) -> None:
        super().__init__(encoder or WithOverlap(SentenceEncoder()), **options)
        self.epochs, self.swaps = epochs, swaps
        self.settings |= {"kind": "relational", "epochs": epochs, "swaps": swaps}

    def update(self) -> dict[str, float]:
        """Epochs over the newest whole groups, in batches of groups."""
        groups = self.replay.newest(self.examples)
        chosen = [example for group in groups for example in group]
        if len({example.correct for example in chosen}) < 2:
            return {}
        swapped = self._swapped(chosen)
        metrics = {"examples": float(len(chosen))} | swap_rate(self, chosen)
        losses = []
        with seeded_from(self.generator, self.device):
            self._mode(learning=True)
            for _ in range(self.epochs):
                order = torch.randperm(len(groups)).tolist()
                for batch in self._batches([groups[i] for i in order]):
                    losses.append(self._learn_groups(batch, swapped))
            self._mode(learning=False)
        self.updates += 1
        return metrics | {"loss": float(np.mean(losses))}

    def _swapped(self, chosen: Sequence[Example]) -> dict[int, list[Example]]:
        """By the identity of each right example: its reasoning under other questions."""
        questions = list(dict.fromkeys(example.question for example in chosen))
        found: dict[int, list[Example]] = {}
        for example in chosen:
            others = [q for q in questions if q != example.question]
            if not example.correct or not others:
                continue
            draw = torch.randint(len(others), (self.swaps,), generator=self.generator)
            found[id(example)] = [
                Example(others[k], example.thinking, 0.0, False, row=example.row)
                for k in draw.tolist()
            ]
        if self.encoder.frozen:
            flat = [swap for swaps in found.values() for swap in swaps]
            for start in range(0, len(flat), self.batch_size):
                batch = flat[start : start + self.batch_size]
                with torch.no_grad():
                    rows = self.read(batch).cpu().numpy()
                for swap, row in zip(batch, rows, strict=True):
                    swap.features = row
        return found

    def _batches(self, groups: Sequence[list[Example]]) -> list[list[list[Example]]]:
        """Whole groups, at most ``batch_size`` examples where a group isn't larger."""
        batches: list[list[list[Example]]] = [[]]
        for group in groups:
            if batches[-1] and sum(map(len, batches[-1])) + len(group) > self.batch_size:
                batches.append([])
            batches[-1].append(group)
        return batches

    def _learn_groups(
        self, groups: Sequence[list[Example]], swapped: dict[int, list[Example]]
    ) -> float:
        batch = [example for group in groups for example in group]
        swaps = [(i, s) for i, e in enumerate(batch) for s in swapped.get(id(e), ())]
        logits = self.head(self.features([*batch, *(swap for _, swap in swaps)]))[:, 0]
        said, under_others = logits[: len(batch)], logits[len(batch) :]
        target = torch.tensor([float(bool(e.correct)) for e in batch], device=self.device)
        loss = pair_loss(said, target, [len(group) for group in groups])
        loss = loss + CROSS_ENTROPY_WEIGHT * balanced_cross_entropy(said, target)
        if swaps:
            owner = torch.tensor([i for i, _ in swaps], device=self.device)
            gaps = said[owner] - under_others
            loss = loss + SWAP_WEIGHT * nn.functional.softplus(-gaps).mean()
        return optimizer_step(loss, self.optimizer, self.parameters())


def pair_loss(logits: torch.Tensor, target: torch.Tensor, sizes: Sequence[int]) -> torch.Tensor:
    """Mean over the groups with right and wrong of the logistic loss of their pairs.

    Args:
        logits: (n,).
        target: (n,), 1 for right.
        sizes: of the groups, in order; they sum to n.

    Returns:
        A scalar; 0 where no group is mixed.

    Examples:
        >>> float(pair_loss(torch.tensor([0.0, 0.0]), torch.tensor([1.0, 0.0]), [2]))
        0.6931471824645996
    """
    losses = []
    for said, right in zip(logits.split(list(sizes)), target.split(list(sizes)), strict=True):
        gaps = said[right == 1][:, None] - said[right == 0][None, :]
        if gaps.numel():
            losses.append(nn.functional.softplus(-gaps).mean())
    return torch.stack(losses).mean() if losses else logits.sum() * 0


def balanced_cross_entropy(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Cross-entropy in which both classes weigh the same.

    Args:
        logits: (n,).
        target: (n,), 1 for right.
    """
    each = nn.functional.binary_cross_entropy_with_logits(logits, target, reduction="none")
    parts = [each[target == kind].mean() for kind in (0, 1) if (target == kind).any()]
    return torch.stack(parts).mean()
