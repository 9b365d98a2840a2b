"""What both kinds of discriminator have in common: p(correct) of a reasoning, as a reward.

A score is given on fresh rollouts before anything is learned from them; the reward is a constant
during warm-up; the state travels with the policy's checkpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from finlmm_utils.tar.discriminator.calibration import log_odds, prediction_metrics, within_groups
from finlmm_utils.tar.discriminator.encoders import (
    DiscriminatorError,
    Encoder,
    SentenceEncoder,
    two_layers,
)
from finlmm_utils.tar.discriminator.shapes import (
    SHAPES,
    GroupLogits,
    dealt,
    runs_of,
    shaped,
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
WEIGHT_DECAY = 0.01  # of AdamW, the public code's
BASE_RATE_SHARE = 0.1  # of one step in the running base rate: about the last ten; our choice


class Scorer:
    """p(correct | question, thinking), a plain callable in TRL's form of a reward.

    It isn't an ``nn.Module`` itself: TRL would take it for a frozen scorer. Worth reading are
    ``updates`` (how often it learned), ``seen`` (wrong and right examples), and ``warm``.

    Args:
        encoder: turns question and thinking into features; by default a Sentence-BERT of which
            everything learns (the paper's way). Where its ``frozen`` is true, each thinking is
            read once and only the head learns: the cheap way for a CPU. A language or multimodal
            model fits in its place (``judge.JudgeEncoder``).
        hidden: width of the head; 0 for a linear one.
        dropout: between the head's layers.
        learning_rate: of the encoder; None for the one that its kind needs.
        head_learning_rate: of the head (our choice: the head is new); None for what the encoder's
            features need.
        batch_size: examples a gradient step.
        examples: at most so many a update, half of each class.
        replay: at most so many kept, half of each class, the newest.
        warmup: examples it must have seen, and learned from, before its reward counts.
        shape: one of ``shapes.SHAPES``: how a probability becomes a reward.
        shuffled: a control: deals the rewards of each group anew, so that their spread stays and
            what they know is lost.
        seed: of its private generator.
        device: "cpu", "cuda", ...; None for the GPU where there is one.
    """

    __name__ = "adversarial_reward"
    memory: Callable[[int], Any] = Replay

    def __init__(
        self,
        encoder: Encoder | None = None,
        *,
        hidden: int = 128,
        dropout: float = 0.3,
        learning_rate: float | None = None,
        head_learning_rate: float | None = None,
        batch_size: int = 128,
        examples: int = 512,
        replay: int = 4096,
        warmup: int = 128,
        shape: str = "probability",
        shuffled: bool = False,
        seed: int = 0,
        device: str | None = None,
    ) -> None:
        given = {k: v for k, v in locals().items() if k not in ("self", "encoder", "device")}
        if shape not in SHAPES:
            raise ValueError(f"shape {shape!r}: expected one of {', '.join(SHAPES)}")
        self.device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        self.batch_size, self.examples = batch_size, examples
        self.warmup, self.shape, self.shuffled = warmup, shape, shuffled
        self.generator = torch.Generator().manual_seed(seed)
        self.seed, self.dealt = seed, 0
        with seeded_from(self.generator, self.device):
            self.encoder = encoder or SentenceEncoder()
            rate = self.encoder.learning_rate if learning_rate is None else learning_rate
            head_rate = head_learning_rate or self.encoder.head_learning_rate
            self.head = two_layers(self.encoder.width, hidden, dropout).to(self.device)
        self.encoder.to(self.device)
        groups = [{"params": list(self.head.parameters()), "lr": head_rate}]
        if learning := [p for p in self.encoder.parameters() if p.requires_grad]:
            groups.append({"params": learning, "lr": rate})
        self.optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
        self.replay: Any = self.memory(replay)
        self.group_logits = GroupLogits()
        self.seen = {False: 0, True: 0}
        self.updates = 0
        self.base_rate, self.coverage = 0.5, 1.0
        self.last_scored: list[Example | None] = []
        self.settings = {**given, "encoder": self.encoder.name, "learning_rate": rate}
        self._mode(learning=False)

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
            None for an empty one, until :meth:`observe` is told which were right. Equal prompts
            in a row are a group, for the shape "group_logit" and for ``shuffled``.

        Raises:
            DiscriminatorError: a probability is not a finite number.
        """
        questions = [text_of(prompt) for prompt in prompts]
        reasoning = [self.thinking_of(completion) for completion in completions]
        self.last_scored = self.score(questions, reasoning, columns.get("id"))
        if not self.warm:
            return [NEUTRAL_REWARD] * len(reasoning)
        groups = runs_of(questions, columns.get("id"))
        right: list[float | None] = []
        if self.shape == "correct_only":
            if answer is None:
                raise DiscriminatorError("shape correct_only: the rows have no column 'answer'")
            right = accuracy_reward(completions, answer, prompts=prompts, **columns)
        said = [e.probability if e else None for e in self.last_scored]
        rewards = shaped(self.shape, said, right, groups, self.group_logits)
        self.dealt += 1
        return dealt(rewards, groups, self.seed + self.dealt) if self.shuffled else rewards

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
        found: dict[tuple[str, ...], Example] = {}
        read, there = 0.0, 0
        for start in range(0, len(distinct), self.batch_size):
            batch = [Example(q, t, 0, row=r) for q, t, r in distinct[start:][: self.batch_size]]
            features = self.read(batch)
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

    def read(self, batch: Sequence[Example]) -> torch.Tensor:
        """(n, width): features, read now."""
        rows = [[e.row for e in batch]] if self.encoder.looks else []
        read = self.encoder([e.question for e in batch], [e.thinking for e in batch], *rows)
        return read.to(self.device)  # one without weights reads on the CPU

    def observe(self, examples: Sequence[Example]) -> dict[str, float]:
        """Scores itself on fresh rollouts, then keeps them for the next update.

        The probabilities were given before it could learn from them, so AUROC, ECE and Brier score
        are honest. Call it on every rank with the gathered examples, in the same order.

        Args:
            examples: with ``correct`` set.

        Returns:
            ``auroc`` (absent where one class is missing), ``within_auroc`` and ``within_sd`` (see
            ``calibration.within_groups``), ``ece``, ``brier``, ``accuracy``, ``mean`` (of p),
            ``base_rate``, ``coverage`` (share of the reasoning's tokens it read).
        """
        if not examples:
            return {}
        labels = np.array([bool(e.correct) for e in examples])
        said = np.array([e.probability for e in examples])
        metrics = prediction_metrics(said, labels)
        if all(e.group for e in examples):
            groups = [e.group for e in examples]
            metrics |= within_groups(said, labels, groups)
            self.group_logits.follow(said, groups)
        for example in examples:
            self.seen[bool(example.correct)] += 1
            self.replay.add(example)
        share = BASE_RATE_SHARE if sum(self.seen.values()) > len(examples) else 1.0
        self.base_rate += share * (float(labels.mean()) - self.base_rate)
        return {**metrics, "base_rate": float(labels.mean()), "coverage": self.coverage}

    def update(self) -> dict[str, float]:
        """Learns from what it keeps; each kind in its own way.

        Returns:
            ``loss``, ``examples``, ``swap_rate`` (see :mod:`.probes`); empty while one class is
            missing.

        Raises:
            DiscriminatorError: the loss is not finite.
        """
        raise NotImplementedError

    def features(self, batch: Sequence[Example]) -> torch.Tensor:
        """(n, width): the kept ones where the encoder is frozen, else read now."""
        if not self.encoder.frozen:
            return self.read(batch)
        rows = np.stack([e.features for e in batch if e.features is not None])
        return torch.from_numpy(rows).to(self.device)

    def parameters(self) -> list[nn.Parameter]:
        """What it learns, in a fixed order."""
        return [p for group in self.optimizer.param_groups for p in group["params"]]

    def save(self, folder: str | Path) -> None:
        """Writes ``discriminator.safetensors`` and ``.json``: all it needs to go on."""
        seen = [self.seen[False], self.seen[True]]
        counts = {"seen": seen, "updates": self.updates, "base_rate": self.base_rate,
                  "deviation": self.group_logits.deviation, "dealt": self.dealt}  # fmt: skip
        write_state(Path(folder), *self._state(), counts)

    def load(self, folder: str | Path) -> None:
        """Restores what :meth:`save` wrote, into a discriminator of the same settings.

        Raises:
            DiscriminatorError: a file is missing or belongs to other settings.
        """
        try:
            counts = read_state(Path(folder), *self._state())
            self.seen = {False: counts["seen"][0], True: counts["seen"][1]}
            self.updates, self.base_rate = counts["updates"], counts["base_rate"]
            self.group_logits.deviation, self.dealt = counts["deviation"], counts["dealt"]
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            raise DiscriminatorError(
                f"{folder}: no discriminator of these settings ({error}); start without it or with "
                "the settings that it was saved with"
            ) from error

    def _state(self) -> tuple[list[nn.Parameter], torch.optim.Optimizer, torch.Generator, Any]:
        return self.parameters(), self.optimizer, self.generator, self.replay

    def _mode(self, learning: bool) -> None:
        self.head.train(learning)
        self.encoder.train(learning and not self.encoder.frozen)
