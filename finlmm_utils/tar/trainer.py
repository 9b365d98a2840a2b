"""``TARTrainer``: TRL's GRPOTrainer with the adversarial loop, exact resume and its own log."""

from __future__ import annotations

import math
import time
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from accelerate.utils import gather_object
from transformers import PrinterCallback, TrainerCallback
from trl.models.utils import unwrap_model_for_generation
from trl.trainer.utils import pad

from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.exact_trainer import ExactTrainer
from finlmm_utils.tar.monitoring.measures import flat_groups, group_measures, text_measures
from finlmm_utils.tar.monitoring.step_log import StepLog
from finlmm_utils.tar.responses import parse_response, text_of
from finlmm_utils.tar.rewards import accuracy_reward, normalised_weights
from finlmm_utils.tar.rollouts.sampler import OnceProcessed, repeated
from finlmm_utils.tar.rollouts.shared_prefix import log_probs, sample_in_parts


class TARTrainer(ExactTrainer):
    """GRPO with weighted rewards, one of which may learn beside the policy.

    What it adds to TRL 1.16: the weights are normalised once over the terms of the stage; with a
    discriminator among the rewards, every rank's (question, thinking, correct) are gathered, it is
    scored on them, keeps them, and learns every ``bert_train_interval`` optimiser steps; its state
    is in every checkpoint; each epoch has its own order, also after a resume; a prompt's images are
    processed once and not twice for each of its completions; a prompt is read once to sample all of
    its completions, on one CPU to score them, too; metrics go to ``metrics.jsonl``.

    Attributes:
        shares_sampling: whether prompts are read once to sample (:mod:`.rollouts.shared_prefix`);
            not with vLLM, and not where the weights are spread over processes.
        shares_prompts: whether they are read once to score, too; not on a GPU (gradient
            checkpointing), and not under DDP, which needs to see every forward pass.

    Args:
        rewards: reward functions by the names of the weights ("format", "accuracy", ...).
        reward_weights: weights by these names; see :func:`normalised_weights`.
        bert_train_interval: optimiser steps between two updates of the discriminator.
        mixed_only: terms that are not paid in groups whose answers are all right or all wrong.
        log_folder: where ``metrics.jsonl`` and ``completions.parquet`` go.
        generation_batch: completions sampled at a time in a process; 0 for all.
        **options: to GRPOTrainer: ``model``, ``args``, ``train_dataset``, ``processing_class``, ...
    """

    def __init__(
        self,
        rewards: Mapping[str, Callable[..., Any]],
        reward_weights: Mapping[str, float],
        bert_train_interval: int = 10,
        mixed_only: Sequence[str] = (),
        log_folder: str | Path | None = None,
        generation_batch: int = 0,
        **options: Any,
    ) -> None:
        self.weights = normalised_weights(reward_weights, rewards)
        self.terms = list(self.weights)
        functions = [rewards[name] for name in self.terms]
        found = [f for f in functions if isinstance(f, Scorer)]
        self.discriminator = found[0] if found else None
        self.bert_train_interval = bert_train_interval
        self.generation_batch = generation_batch
        self.gated = [self.terms.index(name) for name in mixed_only if name in self.terms]
        self.seconds: dict[str, float] = {}
        options["args"].reward_weights = list(self.weights.values())
        super().__init__(reward_funcs=functions, **options)
        self.remove_callback(PrinterCallback)
        self.add_callback(_UpdateDiscriminator(self))
        self.step_log = StepLog(self, log_folder) if log_folder is not None else None
        if self.step_log is not None:
            self.add_callback(self.step_log)
        self._row_ids: list[str] = []
        self._prompts: tuple[list[list[int]], dict[str, Any], list[int]] = ([], {}, [])
        whole = not (self.is_fsdp_enabled or self.is_deepspeed_enabled)
        self.shares_sampling = whole and not self.use_vllm
        single = self.accelerator.num_processes == 1 and self.accelerator.device.type == "cpu"
        self.shares_prompts = single and not (self.use_vllm or self.args.gradient_checkpointing)
        self._share_discriminator()

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
            weighted = rewards.cpu() * torch.tensor(list(self.weights.values()))
            measured = group_measures(weighted, self.terms, flat.cpu(), self.num_generations)
            for name, value in (measured | text_measures(texts)).items():
                self._metrics["train"][name].append(value)
        self.seconds["rewards"] = time.perf_counter() - start
        return rewards

    def _observe(self, right: Sequence[float | None]) -> None:
        """Tells the discriminator, on every rank alike, which of all ranks' answers were right."""
        assert self.discriminator is not None
        first, step = self.accelerator.process_index * len(right), self.state.global_step
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
        self._row_ids = [row["id"] for row in inputs] if "id" in inputs[0] else []
        processor: Any = self.processing_class  # type: ignore[has-type]
        self.processing_class = OnceProcessed(processor)
        try:
            output = super()._generate_and_score_completions(inputs)
        finally:
            self.processing_class = processor
        if self.step_log is not None and self.model.training:
            self.step_log.add_completions(gather_object(self._row_ids))
        self.seconds["rollouts"] = time.perf_counter() - start - self.seconds["rewards"]
        return output

    def _tokenize_prompts(self, prompts: Any) -> Any:
        """Tokenizes each run of equal rows once and repeats the result."""
        keys = self._row_ids if len(self._row_ids) == len(prompts) else list(range(len(prompts)))
        first = [i for i, key in enumerate(keys) if i == 0 or key != keys[i - 1]]
        ids, images, fields = super()._tokenize_prompts([prompts[i] for i in first])
        order = [bisect_right(first, i) - 1 for i in range(len(keys))]
        self._prompts = ids, fields, order
        if images is not None:
            fields = repeated(fields, [len(group or ()) for group in images], order)
            images = [images[n] for n in order]
            self.processing_class.fields = fields
        else:
            fields = {name: [values[n] for n in order] for name, values in fields.items()}
        return [ids[n] for n in order], images, fields

    def _generate_single_turn(self, prompt_ids: Any, images: Any, fields: Any, *more: Any) -> Any:
        """TRL's, but for prompts that are read once where :attr:`shares_sampling`."""
        if not self.shares_sampling:
            return super()._generate_single_turn(prompt_ids, images, fields, *more)
        unique, inputs, order = self._prompts
        columns = {"input_ids": unique, "attention_mask": [[1] * len(ids) for ids in unique]}
        columns |= {k: v for k, v in inputs.items() if k == "mm_token_type_ids"}
        padding = {"input_ids": self._tokenizer.pad_token_id}
        inputs = {k: v for k, v in inputs.items() if k not in columns} | {
            name: pad([torch.tensor(v) for v in values], padding.get(name, 0), "left")
            for name, values in columns.items()
        }
        device = self.accelerator.device
        inputs = {name: torch.as_tensor(value).to(device) for name, value in inputs.items()}
        with (
            unwrap_model_for_generation(
                self.model_wrapped, self.accelerator,
                gradient_checkpointing_kwargs=self.args.gradient_checkpointing_kwargs,
            ) as model,
            self.accelerator.autocast(),
        ):  # fmt: skip
            completion_ids = sample_in_parts(
                model, inputs, torch.tensor(order, device=device), self.generation_batch,
                **self.generation_kwargs,
            ).cpu()  # fmt: skip
        ends = torch.isin(completion_ids, torch.tensor(self.eos_token_ids))
        kept = ends.cumsum(1) - ends.long() == 0  # the first end itself is kept
        return [ids[m].tolist() for ids, m in zip(completion_ids, kept, strict=True)], None

    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int,
        batch_size: int | None = None, compute_entropy: bool = False,
        compute_aux_loss: bool = False, **fields: Any,
    ) -> Any:  # fmt: skip
        """TRL's, but for prompts that are read once where :attr:`shares_prompts`."""
        if not self.shares_prompts:
            return super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy,
                compute_aux_loss, **fields,
            )  # fmt: skip
        logps, entropies = log_probs(
            model, input_ids, attention_mask, logits_to_keep, self.temperature, fields
        )
        return logps, entropies if compute_entropy else None, None

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
        self._load_from_checkpoint(str(checkpoint))
        if self.discriminator is not None:
            self.discriminator.load(checkpoint)


class _UpdateDiscriminator(TrainerCallback):
    """After the optimiser's step and before a checkpoint is written."""

    def __init__(self, trainer: TARTrainer) -> None:
        self.trainer = trainer

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """Every ``bert_train_interval`` steps.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            **_: more.
        """
        due = state.global_step % self.trainer.bert_train_interval == 0
        if due and self.trainer.discriminator is not None:
            self.trainer.update_discriminator()
