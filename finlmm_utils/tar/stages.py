"""One training stage: policy and rows in, trained policy out; data and rewards make the stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.checkpoints import (
    STOP,
    StageError,
    check_rows,
    prepare_folder,
    stage_identity,
    stop_after_step,
)
from finlmm_utils.tar.config import grpo_config, vllm_fields
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.monitoring.policy_card import write_policy_card
from finlmm_utils.tar.rewards import (
    LENGTH_THRESHOLDS,
    REWARD_WEIGHTS,
    accuracy_reward,
    format_reward,
    image_selection_reward,
    make_length_reward,
)

STAGE1_REWARDS = ("format", "accuracy")
STAGE2_REWARDS = ("format", "accuracy", "selection", "length", "adversarial")


@dataclass
class Stage:
    """A finished stage.

    Attributes:
        folder: holds ``policy/``, ``metrics.jsonl``, ``completions.parquet``.
        model: the trained model, or adapter over its base.
        processor: the policy's processor.
        metrics: the lines of ``metrics.jsonl``.
    """

    folder: Path
    model: Any
    processor: Any
    metrics: list[dict[str, Any]]


def train_stage(
    policy: str | Path,
    rows: Any,
    folder: str | Path,
    *,
    rewards: Sequence[str] = STAGE1_REWARDS,
    steps: int,
    learning_rate: float,
    prompts_per_step: int = 8,
    group_size: int = 8,
    kl: float = 0.0,
    temperature: float = 1.0,
    max_completion_tokens: int = 96,
    adapter: str = "none",
    reward_weights: Mapping[str, float] = REWARD_WEIGHTS,
    length_thresholds: Sequence[float] = LENGTH_THRESHOLDS,
    length_unit: str = "tokens",
    discriminator: Discriminator | None = None,
    bert_train_interval: int = 10,
    loss_type: str = "grpo",
    clip: float = 0.2,
    vllm: str = "none",
    lora_rank: int = 16,
    freeze_vision: bool = True,
    micro_batch: int = 0,
    checkpoint_every: int = 10,
    text_probe: int = 0,
    seed: int = 1,
    report_to: Sequence[str] = (),
    sources: Sequence[str] = (),
    custom_rewards: Mapping[str, Callable[..., Any]] | None = None,
    **grpo: Any,
) -> Stage:
    """Trains a policy with GRPO and saves it to ``folder/policy``.

    A run that was killed goes on from its last whole checkpoint when it is called again with the
    same settings; with other settings it starts anew. Ctrl-C finishes the step, saves, and says so.

    Args:
        policy: see :func:`finlmm_utils.tar.models.load_policy`.
        rows: a ``Dataset`` in the row contract; a step is of rows with images or of rows without.
        folder: of the stage.
        rewards: terms by name; those with weight 0 are left out.
        steps: optimiser steps; 0 saves the policy as it is.
        learning_rate: constant over the stage.
        prompts_per_step: prompts, over all processes.
        group_size: completions a prompt.
        kl: weight of the KL penalty against the starting policy.
        temperature: of sampling.
        max_completion_tokens: longer completions are cut (and counted as clipped).
        adapter: "none", "lora" or "qlora".
        reward_weights: by term.
        length_thresholds: least, optimal, most size of a thinking.
        length_unit: "tokens" of the policy's tokenizer, or "chars".
        discriminator: for the term "adversarial"; needed where it has a weight.
        bert_train_interval: optimiser steps between two updates of the discriminator.
        loss_type: TRL's; "grpo" averages over each completion, then over completions.
        clip: the probability ratio counts up to 1 +- clip.
        vllm: rollouts by vLLM; see :func:`finlmm_utils.tar.config.vllm_fields`.
        lora_rank: of a new adapter.
        freeze_vision: keeps the vision tower as it is.
        micro_batch: completions a forward pass and process; 0 for all of them at once.
        checkpoint_every: steps.
        text_probe: held-out word problems; the policy's accuracy on them is logged with every
            checkpoint, for the monitor "forgetting". 0 for none.
        seed: of order and sampling.
        report_to: TRL's trackers ("tensorboard", "wandb", "trackio") beside metrics.jsonl.
        sources: of the rows, by name, for the policy's card.
        custom_rewards: your own, in TRL's calling form, by names in ``rewards``.
        **grpo: further fields of TRL's ``GRPOConfig`` (``top_p``, ``bf16``, ...).

    Returns:
        The finished stage.

    Raises:
        StageError: rows that don't fit, a missing discriminator, or an interruption.
    """
    import torch
    from accelerate.utils import broadcast_object_list
    from transformers.utils import logging

    from finlmm_utils.tar.models import load_policy, prepare_torch
    from finlmm_utils.tar.monitoring.forgetting import TextProbe
    from finlmm_utils.tar.trainer import TARTrainer

    folder = Path(folder)
    active = [name for name in rewards if reward_weights.get(name, 0) > 0]
    check_rows(rows, active, prompts_per_step)
    if "adversarial" in active and discriminator is None:
        raise StageError("reward 'adversarial': no discriminator; pass one or set its weight to 0")
    logging.disable_progress_bar()  # bars freeze in a headless notebook
    prepare_torch(seed)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a third of a step on the CPU
    config = grpo_config(  # before the policy: ZeRO-3 shares out the weights as they are loaded
        folder / "trainer", prompts_per_step * group_size, micro_batch,
        num_generations=group_size, learning_rate=learning_rate, max_steps=max(steps, 1), beta=kl,
        temperature=temperature, epsilon=clip, max_completion_length=max_completion_tokens,
        seed=seed, loss_type=loss_type, save_steps=checkpoint_every, report_to=list(report_to),
        **vllm_fields(vllm), **grpo,
    )  # fmt: skip
    model, processor = load_policy(
        policy, adapter, lora_rank, freeze_vision, master_weights=adapter == "none"
    )
    functions: dict[str, Any] = {
        "format": format_reward,
        "accuracy": accuracy_reward,
        "selection": image_selection_reward,
        "length": make_length_reward(length_thresholds, length_unit, processor.tokenizer),
        "adversarial": discriminator,
        **(custom_rewards or {}),
    }
    identity = stage_identity(
        policy, rows, functions=active, weights=dict(reward_weights),
        thresholds=list(length_thresholds), interval=bert_train_interval,
        config=config.to_dict(), adapter=[adapter, lora_rank, freeze_vision],
        discriminator=discriminator and discriminator.settings,
    )  # fmt: skip
    found = [prepare_folder(folder, identity) if config.process_index == 0 else None]
    checkpoint = broadcast_object_list(found)[0]
    trainer = TARTrainer(
        rewards={name: functions[name] for name in active},
        reward_weights=reward_weights,
        bert_train_interval=bert_train_interval,
        log_folder=folder,
        model=model,
        args=config,
        train_dataset=rows,
        processing_class=processor,
    )
    if text_probe:
        asked = made_text_rows(text_probe, seed, "test")
        trainer.add_callback(TextProbe(trainer, asked, checkpoint_every, max_completion_tokens))
    done = int(checkpoint.name.split("-")[1]) if checkpoint else 0
    if checkpoint and config.process_index == 0:
        print(f"continuing from step {done} of {steps}", flush=True)
    with stop_after_step(trainer, folder / STOP) as stopped:
        if checkpoint and done >= steps:
            trainer.restore(checkpoint)  # TRL would train one step too many
        elif steps:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if stopped:
        raise StageError(
            f"stopped after step {trainer.state.global_step} of {steps}; everything is saved: run "
            "the same cell (or the same command with --resume) again and it goes on from there"
        )
    return _finish(trainer, folder, str(policy), rows, sources)


def stage1_policy(run: Any, base: str) -> tuple[str, str]:
    """The policy that stage 2 starts from.

    Args:
        run: the notebook's run; a stage 1 in its folder is used if it came from the same base.
        base: parameter ``policy``.

    Returns:
        Name or folder, and where it comes from, in words.
    """
    if not run.has("04", "policy"):
        return base, f"the base policy {base}: there is no stage 1 in this run folder"
    mark = run.upstream("04", "policy") / "base.txt"
    first = mark.read_text(encoding="utf-8") if mark.exists() else ""
    if first != base:
        return base, f"the base policy {base}: stage 1 in this run folder came from {first!r}"
    return str(run.upstream("04", "policy")), f"stage 1, which came from {base}"


def _finish(trainer: Any, folder: Path, base: str, rows: Any, sources: Sequence[str]) -> Stage:
    from finlmm_utils.tar.monitoring.step_log import read_metrics

    where = folder / "policy"
    trainer.save_model(str(where))
    metrics = read_metrics(folder / "metrics.jsonl")
    if trainer.accelerator.is_main_process:
        trainer.processing_class.save_pretrained(where)
        (where / "base.txt").write_text(base, encoding="utf-8")
        if trainer.discriminator is not None:
            trainer.discriminator.save(where)
        write_policy_card(where, base, rows, trainer.weights, trainer.args, metrics, sources)
        trainer.step_log.finish()
    trainer.accelerator.wait_for_everyone()
    return Stage(folder, trainer.model, trainer.processing_class, metrics)
