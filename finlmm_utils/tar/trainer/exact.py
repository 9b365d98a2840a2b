"""TRL's GRPOTrainer, but for an order and checkpoints from which a run goes on exactly."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import Sampler
from transformers import AutoModelForImageTextToText, TrainerCallback
from transformers.trainer import TRAINING_ARGS_NAME
from trl import GRPOTrainer
from trl.trainer.utils import RepeatSampler

from finlmm_utils.rows import image_counts
from finlmm_utils.tar.checkpoints import StageError, last_checkpoint
from finlmm_utils.tar.models import adapter_weights
from finlmm_utils.tar.rollouts.sampler import EpochSampler

# A process on a CPU has the device "cpu:1", where torch.load can't put an optimiser's state.
# Torch's own packages are asked from 10 on, this one before them.
torch.serialization.register_package(
    9, lambda _: None, lambda storage, place: storage if place.startswith("cpu:") else None
)


class ExactTrainer(GRPOTrainer):
    """GRPO whose order follows from seed and epoch, and whose checkpoints are whole or not there.

    Args:
        **options: to GRPOTrainer.
    """

    def __init__(self, **options: Any) -> None:
        adapter = adapter_weights(options["model"])
        super().__init__(**options)
        for parameter, exact in adapter:
            parameter.data = exact
        self.add_callback(_AfterStep(self))

    def after_step(self, step: int) -> None:
        """After each step of the optimiser, before any callback that may save or sample.

        Raises:
            StageError: see :meth:`check_finite`.
        """
        self.check_finite(f"step {step}")

    def check_finite(self, what: str) -> None:
        """Stops where weights that learn are not finite: they are never saved, never gone on from.

        Args:
            what: they are, in words: of a step, of a checkpoint.

        Raises:
            StageError: with the last checkpoint that is whole and what to lower.
        """
        bad = [n for n, p in self.model.named_parameters()
               if p.requires_grad and p.numel() and not torch.isfinite(p).all()]  # fmt: skip
        if not bad:
            return
        why = f"{len(bad)} tensors of the policy are not finite ({bad[0]})"
        raise StageError(self.lost(why, what))

    def lost(self, why: str, what: str = "") -> str:
        """What to say of a policy that is of no use any more.

        Args:
            why: in words.
            what: it was; the step that is done, where it is empty.
        """
        good = last_checkpoint(self.args.output_dir) or "the policy it started from"
        return (
            f"{what or f'step {self.state.global_step}'}: {why}; nothing of them is saved, and the "
            f"last good checkpoint is {good}. Lower the learning rate "
            f"({self.args.learning_rate:g}) or max_grad_norm ({self.args.max_grad_norm}), and "
            "look at rewards of one's own; then run again"
        )

    def save_model(self, output_dir: str | None = None, _internal_call: bool = False) -> None:
        """Saves the policy, if it is finite.

        Args:
            output_dir: folder.
            _internal_call: as transformers has it.
        """
        self.check_finite(f"step {self.state.global_step}")
        super().save_model(output_dir, _internal_call)

    def _get_train_sampler(self, dataset: Any = None) -> Sampler:
        """TRL's, but for an order of seed and epoch alone, and batches with images or without."""
        sampler = super()._get_train_sampler(dataset)
        assert isinstance(sampler, RepeatSampler)
        kinds = [count > 0 for count in image_counts(sampler.data_source)]
        order = self.args.seed if self.args.data_seed is None else self.args.data_seed
        return EpochSampler(sampler, order, lambda: int(self.state.epoch or 0), kinds)

    def _save_rng_state(self, output_dir: str) -> None:
        """Of all processes, before rank 0 writes what marks the checkpoint as whole."""
        super()._save_rng_state(output_dir)
        self.accelerator.wait_for_everyone()

    def _save(self, output_dir: str | None = None, state_dict: Any = None) -> None:
        """Without the pickle of the arguments, and without the copy of the adapter that KL needs.

        TRL makes that copy anew from the starting policy; transformers 5.17, where it finds one
        beside the trained adapter, would load the copy alone.
        """
        super()._save(output_dir, state_dict)
        folder = Path(output_dir or self.args.output_dir)
        (folder / TRAINING_ARGS_NAME).unlink(missing_ok=True)
        shutil.rmtree(folder / "ref", ignore_errors=True)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: Any = None) -> None:
        """Loads full weights through ``from_pretrained``, which knows the names on disk.

        A Qwen2.5-VL is saved under the hub's names (``visual.blocks``); transformers 5.17 loads a
        checkpoint's tensors by the names in memory (``model.visual.blocks``), finds none of them,
        warns, and would train on with the weights it started from.
        """
        unwrapped = self.accelerator.unwrap_model(model or self.model)
        whole = (Path(resume_from_checkpoint) / "config.json").exists()
        if not whole or self.is_fsdp_enabled or self.is_deepspeed_enabled:
            super()._load_from_checkpoint(resume_from_checkpoint, model)
            self.check_finite(resume_from_checkpoint)
            return
        saved = AutoModelForImageTextToText.from_pretrained(
            resume_from_checkpoint, dtype=unwrapped.dtype
        )
        unwrapped.load_state_dict(saved.state_dict())
        self.check_finite(resume_from_checkpoint)

    def create_model_card(self, *args: Any, **options: Any) -> None:
        """Written once, by the stage, and not by TRL with every checkpoint."""


class _AfterStep(TrainerCallback):
    """Tells a trainer of each step; it is the first of the callbacks that are added."""

    def __init__(self, trainer: ExactTrainer) -> None:
        self.trainer = trainer

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:
        """After the optimiser's step.

        Args:
            args: TRL's config.
            state: tells the step.
            control: of the trainer.
            **_: more.
        """
        self.trainer.after_step(state.global_step)
