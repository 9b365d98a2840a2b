"""The adversary of TAR-LMM: reads question and reasoning, predicts whether the answer is right.

Shape of the model and most constants are those of the public TAR-LMM code base: token embeddings of
a Sentence-BERT, mean and max pooling, a head of two layers with dropout 0.3, weight decay 0.01,
gradient clip 1.0, batches of 128. Ours are: one optimiser for life, class-balanced replay, reading
the head and the tail of a long reasoning, and what ``scorer.py`` says. This is the kind
``published``; ``relational.py`` has ours.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

from finlmm_utils.tar.discriminator.encoders import optimizer_step
from finlmm_utils.tar.discriminator.probes import swap_rate
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.discriminator.state import Example, seeded_from


class Discriminator(Scorer):
    """Learns by cross-entropy on balanced classes, over all prompts."""

    def update(self) -> dict[str, float]:
        """One epoch over fresh and replayed examples, as many of one class as of the other."""
        if not all(self.replay.kept.values()):
            return {}
        chosen = self.replay.draw(self.examples, self.generator)
        probe = swap_rate(self, [e for kept in self.replay.kept.values() for e in kept])
        losses = []
        with seeded_from(self.generator, self.device):
            self._mode(learning=True)
            for start in range(0, len(chosen), self.batch_size):
                losses.append(self._learn(chosen[start : start + self.batch_size]))
            self._mode(learning=False)
        self.updates += 1
        self.replay.learned()
        return probe | {"loss": float(np.mean(losses)), "examples": float(len(chosen))}

    def _learn(self, batch: list[Example]) -> float:
        features = self.features(batch)
        target = torch.tensor([float(bool(e.correct)) for e in batch], device=self.device)
        loss = nn.functional.binary_cross_entropy_with_logits(self.head(features)[:, 0], target)
        return optimizer_step(loss, self.optimizer, self.parameters())
