"""``TARTrainer``: TRL's GRPOTrainer with the adversarial loop, exact resume and its own log."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from transformers import PrinterCallback

from finlmm_utils.tar.checkpoints import StageError
from finlmm_utils.tar.config import REWARD_WEIGHTS
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.monitoring.measures import (
    advantage_parts,
    flat_groups,
    group_measures,
    text_measures,
)
from finlmm_utils.tar.monitoring.step_log import StepLog
from finlmm_utils.tar.responses import parse_response, text_of
from finlmm_utils.tar.rewards import accuracy_reward, normalised_weights
from finlmm_utils.tar.rollouts.sampler import OnceProcessed
from finlmm_utils.tar.trainer.sampling import SamplingTrainer


class TARTrainer(SamplingTrainer):
    """GRPO with weighted rewards, one of which may learn beside the policy.

    What it adds to TRL 1.16: the weights are normalised once over the terms of the stage; with a
    discriminator among the rewards, every rank's (question, thinking, correct) are gathered, it is
    scored on them, keeps them, and learns every ``bert_train_interval`` optimiser steps; its state
    is in every checkpoint; each epoch has its own order, also after a resume; a prompt's images are
    processed once and not twice for each of its completions; a prompt is read once to sample all of
    its completions, on one CPU to score them, too; metrics go to ``metrics.jsonl``.

    Args:
        rewards: reward functions by the names of the weights ("format", "accuracy", ...).
        reward_weights: weights by these names; see :func:`normalised_weights`.
        bert_train_interval: optimiser steps between two updates of the discriminator.
        mixed_only: terms that are not paid in groups whose answers are all right or all wrong;
            one that this stage does not pay changes nothing, and an unknown one is refused.
        log_folder: where ``metrics.jsonl`` and ``completions.parquet`` go.
        **options: to :class:`SamplingTrainer` and GRPOTrainer: ``model``, ``args``,
            ``train_dataset``, ``processing_class``, ...
    """

    def __init__(
        self,
        rewards: Mapping[str, Callable[..., Any]],
        reward_weights: Mapping[str, float],
        bert_train_interval: int = 10,
        mixed_only: Sequence[str] = (),
        log_folder: str | Path | None = None,
        **options: Any,
    ) -> None:
        self.weights = normalised_weights(reward_weights, rewards)
        self.terms = list(self.weights)
        functions = [rewards[name] for name in self.terms]
        found = [f for f in functions if isinstance(f, Scorer)]
        self.discriminator = found[0] if found else None
        self.bert_train_interval = bert_train_interval
        known = dict.fromkeys([*REWARD_WEIGHTS, *reward_weights, *rewards])
        if unknown := [name for name in mixed_only if name not in known]:
            raise StageError(
                f"mixed_only: no reward {unknown[0]!r}; expected some of {', '.join(known)}"
            )
        self.gated = [self.terms.index(name) for name in mixed_only if name in self.terms]
        self.seconds: dict[str, float] = {}
        self._probabilities: list[float] = []
        options["args"].reward_weights = list(self.weights.values())
        super().__init__(reward_funcs=functions, **options)
        self._check_groups()
        self.remove_callback(PrinterCallback)
        self.step_log = StepLog(self, log_folder) if log_folder is not None else None
        if self.step_log is not None:
            self.add_callback(self.step_log)
        self._share_discriminator()

    def _check_groups(self) -> None:
        """A reward that compares the completions of a prompt needs all of them in one process."""
        judge = self.discriminator
        compares = judge is not None and (judge.shuffled or judge.shape == "group_logit")
        local = self.args.generation_batch_size // self.accelerator.num_processes
        if compares and local % self.num_generations:
            raise StageError(
                f"prompts_per_step x group_size: {local} completions a process are no whole groups "
                f"of {self.num_generations}: expected a multiple, since the discriminator's reward "
                "compares the completions of a prompt"
            )

    # Rewards and the adversarial loop

    def _calculate_rewards(
        self, inputs: Any, prompts: Any, completions: Any, completion_ids_list: Any
    ) -> torch.Tensor:
        """All ranks' rewards, (completions, terms); the discriminator sees them here, gathered."""
        start = time.perf_counter()
        rewards = super()._calculate_rewards(inputs, prompts, completions, completion_ids_list)
        if self.model.training:
            columns = {k: [row[k] for row in inputs] for k in ("answer", "answer_kind", "unit")
                       if k in inputs[0]}  # fmt: skip
            right = accuracy_reward(completions, prompts=prompts, **columns)
            flat = flat_groups(gather_object(right), self.num_generations)
            flat = flat.to(rewards.device)
            for term in self.gated:
                rewards[flat, term] = math.nan
            if self.discriminator is not None:
                self._observe(right)
            said = [parse_response(text_of(c)) for c in completions]
            golds = [str(row.get("answer") or "") for row in inputs]
            texts = gather_object(
                [(s.thinking, s.answer, g) for s, g in zip(said, golds, strict=True)]
            )
            parts = advantage_parts(
                rewards.cpu(), torch.tensor(list(self.weights.values())), self.num_generations,
                self.scale_rewards, self.multi_objective_aggregation,
            )  # fmt: skip
            measured = group_measures(parts, self.terms, flat.cpu())
            for name, value in (measured | text_measures(texts)).items():
                self._metrics["train"][name].append(value)
        self.seconds["rewards"] = time.perf_counter() - start
        return rewards

    def _observe(self, right: Sequence[float | None]) -> None:
        """Tells the discriminator, on every rank alike, which of all ranks' answers were right."""
        assert self.discriminator is not None
        first, step = self.accelerator.process_index * len(right), self.state.global_step
        said = [e.probability if e else 0.0 for e in self.discriminator.last_scored]
        self._probabilities = gather_object(said)
        examples = []
        for place, (example, correct) in enumerate(
            zip(self.discriminator.last_scored, right, strict=True), first
        ):
            if example is not None and correct is not None:
                example.correct = bool(correct)
                example.group = f"{step}:{place // self.num_generations}"
                examples.append(example)
        for name, value in self.discriminator.observe(gather_object(examples)).items():
            self._metrics["train"][f"disc_{name}"].append(value)

    def after_step(self, step: int) -> None:
        """The discriminator learns every ``bert_train_interval`` steps, before a checkpoint."""
        super().after_step(step)
        if self.discriminator is not None and step % self.bert_train_interval == 0:
            self.update_discriminator()

    def update_discriminator(self) -> None:
        """One update, alike on every rank; rank 0's weights are then everyone's."""
        assert self.discriminator is not None
        start = time.perf_counter()
        for name, value in self.discriminator.update().items():
            self._metrics["train"][f"disc_{name}"].append(value)
        self._share_discriminator()
        self.seconds["discriminator"] = time.perf_counter() - start

    def _share_discriminator(self) -> None:
        if self.discriminator is not None and self.accelerator.num_processes > 1:
            for parameter in self.discriminator.parameters():
                torch.distributed.broadcast(parameter.data, 0)

    # Rollouts

    def _generate_and_score_completions(self, inputs: Any) -> Any:
        """TRL's, with each prompt's images processed once; then logs the completions."""
        start = time.perf_counter()
        if self.redraw and self.model.training:
            inputs = self._redrawn(inputs)
        self._row_ids = [row["id"] for row in inputs] if "id" in inputs[0] else []
        processor: Any = self.processing_class  # type: ignore[has-type]
        self.processing_class = OnceProcessed(processor)
        try:
            output = super()._generate_and_score_completions(inputs)
        finally:
            self.processing_class, self._planned = processor, []
        if self.step_log is not None and self.model.training:
            self.step_log.add_completions(gather_object(self._row_ids), self._probabilities)
        self.seconds["rollouts"] = time.perf_counter() - start - self.seconds["rewards"]
        return output

    # Checkpoints

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        """The discriminator first: trainer_state.json, written last, marks a whole checkpoint."""
        folder = Path(self.args.output_dir) / f"checkpoint-{self.state.global_step}"
        if self.discriminator is not None and self.args.should_save:
            self.discriminator.save(folder)
        super()._save_checkpoint(model, trial)

    def _load_optimizer_and_scheduler(self, checkpoint: Any) -> None:
        super()._load_optimizer_and_scheduler(checkpoint)
        if checkpoint is not None:
            if self.discriminator is not None:
                self.discriminator.load(checkpoint)
            if self.step_log is not None:
                self.step_log.forget_after(self.state.global_step)

    def restore(self, checkpoint: str | Path) -> None:
        """Takes policy and discriminator of a checkpoint, to save them without more training."""
        from transformers.trainer_utils import align_special_tokens

        self._load_from_checkpoint(str(checkpoint))
        align_special_tokens(self.model, self.processing_class)  # as training does, at its start
        if self.discriminator is not None:
            self.discriminator.load(checkpoint)
