"""Asks a policy in training the same text questions again: does stage 2 forget stage 1?"""

from __future__ import annotations

from typing import Any

import torch
from transformers import TrainerCallback

from finlmm_utils.tar.monitoring.metrics_file import BEFORE


class TextProbe(TrainerCallback):
    """Logs ``text_accuracy`` over ``text_rows`` rows every few steps.

    That of before the first step is ``text_accuracy_before``, in the first step's line.
    The policy answers greedily and the random state is left as it was, so a run with the probe
    takes the same course as one without. The monitor "forgetting" reads what it logs.

    Args:
        trainer: a ``TARTrainer``.
        rows: text rows in the row contract that nothing trains on.
        every: optimiser steps.
        max_new_tokens: longest completion.
    """

    def __init__(self, trainer: Any, rows: Any, every: int, max_new_tokens: int) -> None:
        self.trainer, self.rows = trainer, list(rows)
        self.every, self.max_new_tokens = every, max_new_tokens

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """The accuracy to compare with; a resumed run has it in its metrics.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            **_: whatever else the trainer passes.
        """
        if state.global_step == 0:
            self._ask(BEFORE)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Every few steps and at the end.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            **_: whatever else the trainer passes.
        """
        if state.global_step % self.every == 0 or state.global_step == state.max_steps:
            self._ask()

    def _ask(self, when: str = "") -> None:
        found = answered(self.trainer, self.rows, self.max_new_tokens)
        measured = self.trainer._metrics["train"]
        right = found["right"].dropna().astype(float)
        measured[f"text_accuracy{when}"].append(float(right.mean()))
        measured["text_rows"].append(float(len(right)))


def answered(trainer: Any, rows: Any, max_new_tokens: int) -> Any:
    """Greedy answers of a policy in training; it and the random state are left as they were.

    Args:
        trainer: a ``TARTrainer``.
        rows: in the row contract, all with images or all without.
        max_new_tokens: longest completion.

    Returns:
        As :func:`finlmm_utils.tar.rollouts.answering.generate`.
    """
    from trl.models.utils import unwrap_model_for_generation

    from finlmm_utils.tar.rollouts.answering import generate

    learning = trainer.model.training
    devices = [trainer.accelerator.device] if trainer.accelerator.device.type == "cuda" else []
    wrapped = unwrap_model_for_generation(trainer.model_wrapped, trainer.accelerator)
    most = trainer.generation_batch or 32
    with torch.random.fork_rng(devices=devices), wrapped as model, trainer.accelerator.autocast():
        found = generate(model, trainer.processing_class, rows, max_new_tokens, batch_size=most)
    trainer.model.train(learning)
    return found
