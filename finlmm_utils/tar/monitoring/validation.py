"""Asks a policy in training held-out rows, and keeps the best policy beside the last."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from finlmm_utils.output import write_text
from finlmm_utils.tar.monitoring.forgetting import answered
from finlmm_utils.tar.monitoring.metrics_file import BEFORE

MOST_ROWS = 64
"""Rows that are asked: a standard error of 6 points at one half, for the time of a step or two."""
BEST = "best"
MARK = "best.json"


class Validation(TrainerCallback):
    """Logs ``validation_accuracy``, ``validation_selection`` and ``validation_rows``.

    The policy answers greedily every few steps, and before the first (the names then end in
    ``_before``, in the first step's line). The one with the highest
    accuracy so far (of equal ones the first) lies in ``best/`` of the stage's folder, and
    ``best.json`` names its step. On few rows the best is partly luck: report it on other rows.

    Args:
        trainer: a ``TARTrainer``.
        rows: in the row contract, of the validation split; the first ``MOST_ROWS`` are asked.
        every: optimiser steps.
        max_new_tokens: longest completion.
        folder: of the stage.
    """

    def __init__(
        self, trainer: Any, rows: Any, every: int, max_new_tokens: int, folder: Path
    ) -> None:
        self.trainer, self.every, self.max_new_tokens = trainer, every, max_new_tokens
        self.rows = list(rows.select(range(min(MOST_ROWS, len(rows)))))
        self.folder = folder

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """What the best is compared with; a resumed run has it.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            **_: more.
        """
        if state.global_step == 0:
            self._ask(0)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Every few steps and at the end.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            **_: more.
        """
        if state.global_step % self.every == 0 or state.global_step == state.max_steps:
            self._ask(state.global_step)

    def _ask(self, step: int) -> None:
        found = answered(self.trainer, self.rows, self.max_new_tokens)
        accuracy = float(found["right"].dropna().astype(float).mean())
        measured = self.trainer._metrics["train"]
        when = "" if step else BEFORE
        measured[f"validation_accuracy{when}"].append(accuracy)
        measured["validation_rows"].append(float(found["right"].notna().sum()))
        if found["image_right"].notna().any():
            chosen = found["image_right"].dropna().astype(float)
            measured[f"validation_selection{when}"].append(float(chosen.mean()))
        if accuracy > self._best():
            self._keep(step, accuracy)

    def _best(self) -> float:
        file = self.folder / MARK
        return json.loads(file.read_text("utf-8"))["accuracy"] if file.exists() else -1.0

    def _keep(self, step: int, accuracy: float) -> None:
        where = self.folder / BEST
        if step:  # the policy that it started from is there already
            self.trainer.save_model(str(where))
        if self.trainer.accelerator.is_main_process:
            if step:
                self.trainer.processing_class.save_pretrained(where)
            told = {"step": step, "accuracy": accuracy, "rows": len(self.rows),
                    "policy": BEST if step else "the one it started from"}  # fmt: skip
            write_text(self.folder / MARK, json.dumps(told) + "\n")
        self.trainer.accelerator.wait_for_everyone()
