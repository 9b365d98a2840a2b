"""What a training leaves behind: metrics.jsonl, completions.parquet, a heartbeat in the log."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from finlmm_utils.output import progress_line
from finlmm_utils.tar.monitoring.metrics_file import read_metrics
from finlmm_utils.tar.monitoring.monitors import check_monitors
from finlmm_utils.tar.responses import text_of

if TYPE_CHECKING:
    from trl import GRPOTrainer

NAMES = {
    "loss": "loss",
    "grad_norm": "grad_norm",
    "learning_rate": "learning_rate",
    "epoch": "epoch",
    "kl": "kl",
    "entropy": "entropy",
    "reward": "reward",
    "reward_std": "reward_std",
    "frac_reward_zero_std": "flat_groups",
    "completions/mean_length": "length_mean",
    "completions/min_length": "length_min",
    "completions/max_length": "length_max",
    "completions/clipped_ratio": "clipped",
    "num_tokens": "tokens",
    "repetition": "repetition",
    "other_form": "other_form",
    "flat_accuracy": "flat_accuracy",
    "flat_advantage": "flat_advantage",
    "redrawn": "redrawn",
}
"""TRL's names of what is logged, and ours; the glossary is in notebook 04."""
HEARTBEAT = 2.0
"""Least seconds between two lines of the heartbeat: a log that is read and not scrolled."""


def _number(value: float | None) -> str:
    """A mean that is not finite was written as null."""
    return "not finite" if value is None else f"{value:.3f}"


class StepLog(TrainerCallback):
    """Writes one JSON line and one table part a step; on rank 0 only.

    Args:
        trainer: a ``TARTrainer``, whose metrics are written.
        folder: gets ``metrics.jsonl`` and, in the end, ``completions.parquet``.
    """

    def __init__(self, trainer: GRPOTrainer, folder: str | Path) -> None:
        self.trainer = trainer
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.metrics = self.folder / "metrics.jsonl"
        self.parts = self.folder / "completions"
        self.parts.mkdir(exist_ok=True)
        self._started = self._printed = 0.0
        self._first = 0
        self._lines: list[dict[str, Any]] = []
        self._firing: set[str] = set()

    def forget_after(self, step: int) -> None:
        """Drops what was written after ``step``; a resumed run writes it again."""
        if not self.trainer.accelerator.is_main_process:
            return
        lines = read_metrics(self.metrics)
        kept = [json.dumps(line, sort_keys=True) for line in lines if line["step"] <= step]
        self.metrics.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        for part in sorted(self.parts.glob("*.parquet")):
            if int(part.stem) > step:
                part.unlink()

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Starts the clock; the monitors go on from the lines that are there.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            **_: whatever else the trainer passes.
        """
        self._started = time.perf_counter()
        self._first = state.global_step
        self._lines = read_metrics(self.metrics)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **_: Any) -> None:
        """One line of metrics and, at times, a line of heartbeat.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            logs: TRL's metrics of the step; without a loss it is no step of training.
            **_: whatever else the trainer passes.
        """
        if not state.is_world_process_zero or not logs or "loss" not in logs:
            return
        line = {ours: logs[name] for name, ours in NAMES.items() if name in logs}
        for term, function in zip(self.trainer.terms, self.trainer.reward_func_names, strict=True):
            line[f"reward_{term}"] = logs[f"rewards/{function}/mean"]
            line[f"reward_{term}_std"] = logs[f"rewards/{function}/std"]
        line |= {
            k: value
            for k, value in logs.items()
            if k.startswith(("disc_", "share_", "text_", "validation_"))
        }
        line = {k: v if v is None or math.isfinite(v) else None for k, v in line.items()}
        seconds = {"step": logs.get("step_time"), **self.trainer.seconds}
        self.trainer.seconds = {}
        record = {"step": state.global_step, **line, "seconds": seconds}
        with self.metrics.open("a", encoding="utf-8") as file:
            file.write(json.dumps(record, sort_keys=True) + "\n")
        self._heartbeat(state, record)
        self._lines.append(record)
        self._warn(state.global_step)

    def _warn(self, step: int) -> None:
        """One line for each monitor that begins to fire."""
        firing = {m.name: m for m in check_monitors(self._lines) if m.state == "fires"}
        for name in sorted(set(firing) - self._firing):
            print(f"step {step}  {name} ({firing[name].seen}): {firing[name].advice}", flush=True)
        self._firing = set(firing)

    def _heartbeat(self, state: Any, record: dict[str, Any]) -> None:
        now = time.perf_counter()
        last = state.global_step == state.max_steps
        if now - self._printed < HEARTBEAT and not last:
            return
        self._printed = now
        rate = (now - self._started) / max(1, state.global_step - self._first)
        left = rate * (state.max_steps - state.global_step)
        right = record.get("reward_accuracy")
        progress_line(
            f"step {state.global_step}/{state.max_steps}  reward {_number(record['reward'])}"
            + (f"  accuracy {right:.3f}" if right is not None else "")
            + f"  {rate:.1f} s/step  {int(left) // 60}:{int(left) % 60:02d} left"
        )

    def add_completions(self, ids: list[str], probabilities: Sequence[float] = ()) -> None:
        """Writes the rollouts of the step that is under way.

        Args:
            ids: of the rows, gathered from all ranks, one a completion.
            probabilities: what the discriminator gave each before it learned from it, whatever its
                shape pays, gathered alike; 0 for an empty thinking, empty without a discriminator.
        """
        import pandas as pd

        if not self.trainer.accelerator.is_main_process:
            return
        logs = self.trainer._logs
        step = self.trainer.state.global_step + 1
        table = {
            "step": [step] * len(logs["prompt"]),
            "id": ids or [""] * len(logs["prompt"]),
            "question": [text_of(prompt) for prompt in logs["prompt"]],
            "completion": [text_of(completion) for completion in logs["completion"]],
        }
        for term, name in zip(self.trainer.terms, self.trainer.reward_func_names, strict=True):
            table[f"reward_{term}"] = list(logs["rewards"][name])
        if probabilities:
            table["disc_probability"] = list(probabilities)
        table["advantage"] = list(logs["advantages"])
        pd.DataFrame(table).to_parquet(self.parts / f"{step:06d}.parquet", index=False)

    def finish(self) -> None:
        """Joins the parts to ``completions.parquet``."""
        import pyarrow.parquet as pq

        parts = sorted(self.parts.glob("*.parquet"))
        if not parts or not self.trainer.accelerator.is_main_process:
            return
        with pq.ParquetWriter(
            self.folder / "completions.parquet", pq.read_schema(parts[0])
        ) as writer:
            for part in parts:
                writer.write_table(pq.read_table(part, schema=pq.read_schema(parts[0])))
