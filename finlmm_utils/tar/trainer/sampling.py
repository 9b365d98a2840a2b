"""TRL's GRPOTrainer, but for how completions are made: a prompt is read once for all of its own."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

import torch
from trl.models.utils import unwrap_model_for_generation
from trl.trainer.utils import pad

from finlmm_utils.rows import image_counts
from finlmm_utils.tar.checkpoints import StageError
from finlmm_utils.tar.monitoring.measures import flat_groups
from finlmm_utils.tar.rewards import accuracy_reward
from finlmm_utils.tar.rollouts.answering import prompt_tensors
from finlmm_utils.tar.rollouts.redraw import draw
from finlmm_utils.tar.rollouts.sampler import repeated
from finlmm_utils.tar.rollouts.shared_prefix import log_probs, sample_in_parts
from finlmm_utils.tar.trainer.exact import ExactTrainer


class SamplingTrainer(ExactTrainer):
    """GRPO that reads each prompt once, samples some completions at a time, and may draw again.

    Attributes:
        shares_sampling: whether prompts are read once to sample (:mod:`.rollouts.shared_prefix`);
            not with vLLM, and not where the weights are spread over processes.
        shares_prompts: whether they are read once to score, too; not on a GPU (gradient
            checkpointing), and not under DDP, which needs to see every forward pass.

    Args:
        generation_batch: completions sampled at a time in a process; 0 for all.
        redraw: how often a step draws again for groups that are all right or all wrong.
        **options: to GRPOTrainer.
    """

    def __init__(self, generation_batch: int = 0, redraw: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.generation_batch, self.redraw = generation_batch, redraw
        self._row_ids: list[str] = []
        self._planned: list[list[int]] = []
        self._prompts: tuple[list[list[int]], dict[str, Any], list[int]] = ([], {}, [])
        whole = not (self.is_fsdp_enabled or self.is_deepspeed_enabled)
        self.shares_sampling = whole and not self.use_vllm
        single = self.accelerator.num_processes == 1 and self.accelerator.device.type == "cpu"
        self.shares_prompts = single and not (self.use_vllm or self.args.gradient_checkpointing)

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
        if self._planned:
            return self._planned, None
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
        return self._sampled(inputs, order), None

    def _sampled(self, inputs: dict[str, Any], order: Sequence[int]) -> list[list[int]]:
        """Completions of prompts, each to its end; ``order``: which prompt each of them has."""
        device = self.accelerator.device
        with (
            unwrap_model_for_generation(
                self.model_wrapped, self.accelerator,
                gradient_checkpointing_kwargs=self.args.gradient_checkpointing_kwargs,
            ) as model,
            self.accelerator.autocast(),
        ):  # fmt: skip
            completion_ids = self._drawn(
                model, inputs, torch.tensor(order, device=device), self.generation_batch,
                **self.generation_kwargs,
            ).cpu()  # fmt: skip
        ends = torch.isin(completion_ids, torch.tensor(self.eos_token_ids))
        kept = ends.cumsum(1) - ends.long() == 0  # the first end itself is kept
        return [ids[m].tolist() for ids, m in zip(completion_ids, kept, strict=True)]

    def _drawn(self, *given: Any, **options: Any) -> torch.Tensor:
        """Completions, or one line where weights, large but finite, leave no distribution."""
        try:
            return sample_in_parts(*given, **options)
        except RuntimeError as error:  # torch has no more special one
            if "probability tensor" not in str(error):
                raise
            raise StageError(self.lost("the policy's probabilities are not finite")) from error

    def _redrawn(self, inputs: Any) -> Any:
        """Rows of which fewer groups are flat, and their completions, which the step then takes."""
        size, processor = self.num_generations, self.processing_class
        if not self.shares_sampling or len(inputs) % size:
            raise StageError(
                "training.redraw: it needs whole groups in each process, and rollouts by this "
                "trainer; expected vllm none, whole weights in each process, and as many "
                "completions a process as are whole groups"
            )

        def sample(rows: Sequence[Any]) -> list[list[list[int]]]:
            tensors = prompt_tensors(processor, rows, self.accelerator.device)
            said = self._sampled(tensors, [n for n in range(len(rows)) for _ in range(size)])
            return [said[k : k + size] for k in range(0, len(said), size)]

        def is_flat(row: Any, said: list[list[int]]) -> bool:
            texts = processor.batch_decode(said, skip_special_tokens=True)
            columns = {k: [row[k]] * size for k in ("answer", "answer_kind", "unit") if k in row}
            right = accuracy_reward(texts, prompts=[row["prompt"]] * size, **columns)
            return bool(flat_groups(right, size).all())

        kinds = [count > 0 for count in image_counts(self.train_dataset)]
        others = [n for n, kind in enumerate(kinds) if kind == bool(inputs[0].get("images"))]
        seed = f"{self.args.seed} {self.state.global_step} {self.accelerator.process_index}"
        rows, said, replaced = draw(
            inputs[::size], sample, is_flat, others, self.train_dataset.__getitem__, self.redraw,
            seed,
        )  # fmt: skip
        self._planned = [ids for group in said for ids in group]
        self._metrics["train"]["redrawn"].append(float(replaced))
        return [row for row in rows for _ in range(size)]

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
