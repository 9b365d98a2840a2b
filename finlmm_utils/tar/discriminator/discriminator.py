"""The adversary of TAR-LMM: reads question and thinking, predicts whether the answer is right.

Shape of the model and most constants are those of the public TAR-LMM code base: token embeddings of
a Sentence-BERT, mean and max pooling, a head of two layers with dropout 0.3, weight decay 0.01,
gradient clip 1.0, batches of 128. Ours are: one optimiser for life, class-balanced replay, reading
the head and the tail of a long thinking, a score on fresh rollouts before learning from them,
warm-up, and a state that travels with the policy's checkpoint.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from finlmm_utils.tar.discriminator.calibration import log_odds, prediction_metrics, squeezed_logit
from finlmm_utils.tar.discriminator.encoders import (
    DiscriminatorError,
    Encoder,
    SentenceEncoder,
    two_layers,
)
from finlmm_utils.tar.discriminator.state import (
    Example,
    Replay,
    read_state,
    seeded_from,
    write_state,
)
from finlmm_utils.tar.responses import parse_response, text_of
from finlmm_utils.tar.rewards import accuracy_reward

NEUTRAL_REWARD = 0.5  # of every reasoning until the warm-up is over: a constant moves no advantage
WEIGHT_DECAY, MOST_GRADIENT = 0.01, 1.0  # of AdamW; norm of the gradients (sources: see above)
BASE_RATE_SHARE = 0.1  # of one step in the running base rate: about the last ten; our choice


class Discriminator:
    """p(correct | question, thinking), a plain callable in TRL's form of a reward.

    It isn't an ``nn.Module`` itself: TRL would take it for a frozen scorer. Worth reading are
    ``updates`` (how often it learned), ``seen`` (wrong and right examples), and ``warm``.

    Args:
        encoder: turns question and thinking into features; by default a Sentence-BERT of which
            everything learns (the paper's way). Where its ``frozen`` is true, each thinking is
            read once and only the head learns: the cheap way for a CPU. A language or multimodal
            model fits in its place (``judge.JudgeEncoder``).
        hidden: width of the head.
        dropout: between the head's layers.
        learning_rate: of the encoder; None for the one that its kind needs.
        head_learning_rate: of the head (our choice: the head is new).
        batch_size: examples a gradient step.
        examples: at most so many a update, half of each class.
        replay: at most so many kept, half of each class, the newest.
        warmup: examples it must have seen, and learned from, before its reward counts.
        shape: "probability"; "logit", the log-odds cut to +-4 and brought to 0..1; or
            "correct_only", the probability for right answers and 0 for wrong ones.
        seed: of its private generator.
        device: "cpu", "cuda", ...; None for the GPU where there is one.
    """

    __name__ = "adversarial_reward"

    def __init__(
        self,
        encoder: Encoder | None = None,
        *,
        hidden: int = 128,
        dropout: float = 0.3,
        learning_rate: float | None = None,
        head_learning_rate: float = 1e-3,
        batch_size: int = 128,
        examples: int = 512,
        replay: int = 4096,
        warmup: int = 128,
        shape: str = "probability",
        seed: int = 0,
        device: str | None = None,
    ) -> None:
        given = {k: v for k, v in locals().items() if k not in ("self", "encoder", "device")}
        if shape not in ("probability", "logit", "correct_only"):
            raise ValueError(f"shape {shape!r}: expected probability, logit or correct_only")
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.batch_size, self.examples = batch_size, examples
        self.warmup, self.shape = warmup, shape
        self.generator = torch.Generator().manual_seed(seed)
        with seeded_from(self.generator, self.device):
            self.encoder = encoder or SentenceEncoder()
            rate = self.encoder.learning_rate if learning_rate is None else learning_rate
            self.head = two_layers(self.encoder.width, hidden, dropout).to(self.device)
        self.encoder.to(self.device)
        groups = [{"params": list(self.head.parameters()), "lr": head_learning_rate}]
        if learning := [p for p in self.encoder.parameters() if p.requires_grad]:
            groups.append({"params": learning, "lr": rate})
        self.optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
        self.replay = Replay(replay)
        self.seen = {False: 0, True: 0}
        self.updates = 0
        self.base_rate, self.coverage = 0.5, 1.0
        self.last_scored: list[Example | None] = []
        self.settings = {**given, "encoder": self.encoder.name, "learning_rate": rate}
        self._mode(learning=False)

    # The reward

    def __call__(
        self,
        completions: Sequence[Any],
        prompts: Sequence[Any],
        answer: Sequence[str] | None = None,
        **columns: Any,
    ) -> list[float | None]:
        """Rewards n completions; TRL's calling form.

        Args:
            completions: n completions.
            prompts: n prompts; their user's turn is the question.
            answer: n golds; needed for the shape "correct_only" only.
            **columns: the other columns.

        Returns:
            n rewards from 0 to 1; 0 for an empty thinking. ``last_scored`` holds the examples,
            None for an empty one, until :meth:`observe` is told which were right.

        Raises:
            DiscriminatorError: a probability is not a finite number.
        """
        questions = [text_of(prompt) for prompt in prompts]
        reasoning = [self.thinking_of(completion) for completion in completions]
        self.last_scored = self.score(questions, reasoning, columns.get("id"))
        if not self.warm:
            return [NEUTRAL_REWARD] * len(reasoning)
        rewards = [e.probability if e else 0.0 for e in self.last_scored]
        if self.shape != "correct_only":
            return [squeezed_logit(p) if self.shape == "logit" else p for p in rewards]
        if answer is None:
            raise DiscriminatorError("shape correct_only: the rows have no column 'answer'")
        right = accuracy_reward(completions, answer, prompts=prompts, **columns)
        return [r * p if r is not None else None for r, p in zip(right, rewards, strict=True)]

    def thinking_of(self, completion: Any) -> str:
        """What it judges of a completion: its reasoning."""
        return parse_response(text_of(completion)).thinking

    @property
    def warm(self) -> bool:
        """Whether its reward counts for more than a constant."""
        enough = sum(self.seen.values()) >= self.warmup and min(self.seen.values()) > 0
        return self.updates > 0 and enough

    @torch.no_grad()
    def score(
        self, questions: Sequence[str], reasoning: Sequence[str], rows: Sequence[str] | None = None
    ) -> list[Example | None]:
        """p(correct) of n reasoning, each distinct one read once; None for an empty thinking.

        The head learns on balanced classes, so the share of right answers among recent rollouts is
        added back as log-odds: that keeps p an honest probability.

        Args:
            questions: n questions.
            reasoning: n texts, see :meth:`thinking_of`.
            rows: n ids of rows, by which an encoder that looks finds their images.

        Returns:
            n examples, which :meth:`observe` takes once ``correct`` is set.

        Raises:
            DiscriminatorError: a probability is not a finite number.
        """
        keys = list(zip(questions, reasoning, rows or [""] * len(questions), strict=True))
        distinct = sorted(dict.fromkeys(key for key in keys if key[1]), key=lambda k: len(k[1]))
        found: dict[tuple[str, str, str], Example] = {}
        read, there = 0.0, 0
        for start in range(0, len(distinct), self.batch_size):
            batch = [Example(q, t, 0, row=r) for q, t, r in distinct[start:][: self.batch_size]]
            features = self._read(batch)
            size = sum(len(e.thinking) for e in batch)
            read, there = read + self.encoder.coverage * size, there + size
            logits = self.head(features)[:, 0].cpu() + log_odds(self.base_rate)
            if not torch.isfinite(logits).all():
                raise DiscriminatorError(
                    "the discriminator's output is not finite; its learning rate may be too high"
                )
            kept = features.cpu().numpy() if self.encoder.frozen else [None] * len(batch)
            for example, p, row in zip(batch, torch.sigmoid(logits).tolist(), kept, strict=True):
                example.probability, example.features = p, row
                found[example.question, example.thinking, example.row] = example
        self.coverage = read / there if there else 1.0
        return [replace(found[key]) if key in found else None for key in keys]

    def _read(self, batch: Sequence[Example]) -> torch.Tensor:
        rows = [[e.row for e in batch]] if self.encoder.looks else []
        return self.encoder([e.question for e in batch], [e.thinking for e in batch], *rows)

    # Learning

    def observe(self, examples: Sequence[Example]) -> dict[str, float]:
        """Scores itself on fresh rollouts, then keeps them for the next update.

        The probabilities were given before it could learn from these examples, so AUROC, ECE and
        Brier score are honest. Call it on every rank with the gathered examples, in the same order.

        Args:
            examples: with ``correct`` set.

        Returns:
            ``auroc`` (absent where one class is missing), ``ece``, ``brier``, ``accuracy``,
            ``mean`` (of p), ``base_rate``, ``coverage`` (share of the reasoning's tokens it read).
        """
        if not examples:
            return {}
        labels = np.array([bool(e.correct) for e in examples])
        metrics = prediction_metrics(np.array([e.probability for e in examples]), labels)
        for example in examples:
            self.seen[bool(example.correct)] += 1
            self.replay.add(example)
        share = BASE_RATE_SHARE if sum(self.seen.values()) > len(examples) else 1.0
        self.base_rate += share * (float(labels.mean()) - self.base_rate)
        return {**metrics, "base_rate": float(labels.mean()), "coverage": self.coverage}

    def update(self) -> dict[str, float]:
        """One epoch over fresh and replayed examples, as many of one class as of the other.

        Returns:
            ``loss`` and ``examples``; empty while one class is still missing.

        Raises:
            DiscriminatorError: the loss is not finite.
        """
        if not all(self.replay.kept.values()):
            return {}
        chosen = self.replay.draw(self.examples, self.generator)
        losses = []
        with seeded_from(self.generator, self.device):
            self._mode(learning=True)
            for start in range(0, len(chosen), self.batch_size):
                losses.append(self._learn(chosen[start : start + self.batch_size]))
            self._mode(learning=False)
        self.updates += 1
        self.replay.learned()
        return {"loss": float(np.mean(losses)), "examples": float(len(chosen))}

    def _learn(self, batch: list[Example]) -> float:
        if self.encoder.frozen:
            rows = np.stack([e.features for e in batch if e.features is not None])
            features = torch.from_numpy(rows).to(self.device)
        else:
            features = self._read(batch)
        target = torch.tensor([float(bool(e.correct)) for e in batch], device=self.device)
        loss = nn.functional.binary_cross_entropy_with_logits(self.head(features)[:, 0], target)
        if not torch.isfinite(loss):
            raise DiscriminatorError(f"the discriminator's loss is {loss.item()}; training stops")
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), MOST_GRADIENT)
        self.optimizer.step()
        return float(loss.detach())

    def parameters(self) -> list[nn.Parameter]:
        """What it learns, in a fixed order."""
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    # State

    def save(self, folder: str | Path) -> None:
        """Writes ``discriminator.safetensors`` and ``.json``: all it needs to go on."""
        seen = [self.seen[False], self.seen[True]]
        counts = {"seen": seen, "updates": self.updates, "base_rate": self.base_rate}
        write_state(Path(folder), *self._state(), counts)

    def load(self, folder: str | Path) -> None:
        """Restores what :meth:`save` wrote, into a discriminator of the same settings.

        Raises:
            DiscriminatorError: a file is missing or belongs to other settings.
        """
        try:
            counts = read_state(Path(folder), *self._state())
            self.seen = dict(zip((False, True), counts["seen"], strict=True))
            self.updates, self.base_rate = counts["updates"], counts["base_rate"]
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            raise DiscriminatorError(
                f"{folder}: no discriminator of these settings ({error}); start without it or with "
                "the settings that it was saved with"
            ) from error

    def _state(self) -> tuple[list[nn.Parameter], torch.optim.Optimizer, torch.Generator, Replay]:
        return self.parameters(), self.optimizer, self.generator, self.replay

    def _mode(self, learning: bool) -> None:
        self.head.train(learning)
        self.encoder.train(learning and not self.encoder.frozen)
