"""One training stage: policy and rows in, trained policy out; data and rewards make the stage."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finlmm_utils.rows import with_system_prompt
from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.checkpoints import (
    STOP,
    StageError,
    check_rows,
    prepare_folder,
    room_on_disk,
    stage_identity,
    stop_after_step,
)
from finlmm_utils.tar.config import (
    STAGE1_REWARDS,
    STAGE2_REWARDS,
    StageConfig,
)
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.monitoring.policy_card import write_policy_card
from finlmm_utils.tar.rewards import (
    accuracy_reward,
    format_reward,
    image_selection_reward,
    make_length_reward,
)

__all__ = ["STAGE1_REWARDS", "STAGE2_REWARDS", "Stage", "StageConfig", "train_stage"]


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
    config: StageConfig,
    policy: str | Path,
    rows: Any,
    folder: str | Path,
    *,
    discriminator: Scorer | None = None,
    custom_rewards: Mapping[str, Callable[..., Any]] | None = None,
    validation: Any = None,
) -> Stage:
    """Trains a policy with GRPO, in this process, and saves it to ``folder/policy``.

    A run that was killed goes on from its last whole checkpoint when it is called again with the
    same settings; with other settings it starts anew. Ctrl-C finishes the step, saves, and says so.

    Args:
        config: all that can be written down; kept in ``folder/stage.json``.
        policy: see :func:`finlmm_utils.tar.models.load_policy`.
        rows: a ``Dataset`` in the row contract; a step is of rows with images or of rows without.
        folder: of the stage.
        discriminator: for the term "adversarial"; needed where it has a weight.
        custom_rewards: your own, in TRL's calling form, by names in ``config.rewards``.
        validation: rows that nothing trains on, all with images or all without, for
            ``config.validate_every``; the best policy on them lies in ``folder/best``.

    Returns:
        The finished stage.

    Raises:
        StageError: rows that don't fit, a reward that is not there, or an interruption.
    """
    from accelerate.utils import broadcast_object_list

    from finlmm_utils.tar.models import load_policy
    from finlmm_utils.tar.trainer.outside import check_trackers, own_rewards
    from finlmm_utils.tar.trainer.trainer import TARTrainer
    from finlmm_utils.tar.trainer.trl_fields import stage_fields

    folder = Path(folder)
    active = config.active
    custom = {**own_rewards(config.own_rewards), **(custom_rewards or {})}
    rows = with_system_prompt(rows, config.system_prompt)
    check_rows(rows, active, config.prompts_per_step)
    _check_rewards(config, discriminator, custom)
    check_trackers(config.report_to)
    _prepare(config.seed)
    trl = stage_fields(config, folder)  # first: ZeRO-3 shares out the weights as they are loaded
    model, processor = load_policy(
        policy, config.adapter, config.lora_rank, config.freeze_vision,
        master_weights=config.adapter == "none",
        min_pixels=config.min_pixels, max_pixels=config.max_pixels,
    )  # fmt: skip
    found: list[Path | None] = [None]
    if trl.process_index == 0:
        identity = stage_identity(
            policy, rows, config.course(), trl.to_dict(), discriminator and discriminator.settings
        )
        found = [prepare_folder(folder, identity)]
        config.write(folder)
    checkpoint = broadcast_object_list(found)[0]
    functions = {**_functions(config, processor), "adversarial": discriminator}
    functions |= custom
    trainer = TARTrainer(
        rewards={name: functions[name] for name in active},
        reward_weights=config.weights,
        bert_train_interval=config.bert_train_interval,
        mixed_only=config.mixed_only,
        log_folder=folder,
        generation_batch=config.generation_batch,
        redraw=config.redraw,
        model=model,
        args=trl,
        train_dataset=rows,
        processing_class=processor,
    )
    if config.validate_every:
        trainer.add_callback(_validation(trainer, config, folder, validation))
    with room_on_disk(folder):
        _train(trainer, config, folder, checkpoint)
        return _finish(trainer, folder, str(policy), rows, config.sources)


def _validation(trainer: Any, config: StageConfig, folder: Path, rows: Any) -> Any:
    from finlmm_utils.tar.monitoring.validation import Validation

    if rows is None or not len(rows):
        raise StageError(
            f"training.validate_every {config.validate_every}: no validation rows; expected a "
            "split 'validation' in the rows (validation_share of notebook 03), or 0"
        )
    rows = with_system_prompt(rows, config.system_prompt)
    return Validation(trainer, rows, config.validate_every, config.max_completion_tokens, folder)


def _check_rewards(
    config: StageConfig,
    discriminator: Scorer | None,
    custom: Mapping[str, Callable[..., Any]],
) -> None:
    """Refuses a term that nothing computes, wherever it is named, and a replay below a step."""
    known, active = dict.fromkeys((*STAGE2_REWARDS, *custom)), config.active
    for where, names in {"reward": active, "mixed_only: reward": config.mixed_only,
                         "reward_weights: reward": config.reward_weights}.items():  # fmt: skip
        for name in names:
            if name not in known:
                raise StageError(
                    f"{where} {name!r}: no such term; expected one of {', '.join(known)}"
                )
    if "adversarial" not in active:
        return
    if discriminator is None:
        raise StageError("reward 'adversarial': no discriminator; pass one or set its weight to 0")
    step = config.prompts_per_step * config.group_size
    if discriminator.settings["replay"] < step:
        raise StageError(
            f"discriminator.replay {discriminator.settings['replay']}: a step has {step} "
            "completions, and it would forget some before it learns; expected as many at least"
        )
    seen = config.steps * step
    if 0 < seen < discriminator.warmup:
        print(f"discriminator.warmup {discriminator.warmup}: the stage ends after {seen} "
              "completions, and the reward stays a constant", flush=True)  # fmt: skip


def _prepare(seed: int) -> None:
    """Seeds torch and quietens what would fill a log."""
    import torch
    from transformers.utils import logging

    from finlmm_utils.tar.models import prepare_torch

    logging.disable_progress_bar()  # bars freeze in a headless notebook
    prepare_torch(seed)
    torch.utils.deterministic.fill_uninitialized_memory = False  # a third of a step on the CPU


def _functions(config: StageConfig, processor: Any) -> dict[str, Any]:
    """The rewards that are rules, by name."""
    return {
        "format": format_reward,
        "accuracy": accuracy_reward,
        "selection": image_selection_reward,
        "length": make_length_reward(
            config.length_thresholds, config.length_unit, processor.tokenizer
        ),
    }


def _train(trainer: Any, config: StageConfig, folder: Path, checkpoint: Path | None) -> None:
    """Trains from the start or a checkpoint to the end.

    Args:
        trainer: a ``TARTrainer``.
        config: of the stage.
        folder: of the stage.
        checkpoint: to go on from, None to start anew.

    Raises:
        StageError: it was asked to stop.
    """
    from finlmm_utils.tar.monitoring.forgetting import TextProbe

    if config.text_probe:
        asked = made_text_rows(config.text_probe, config.seed, "test")
        trainer.add_callback(
            TextProbe(trainer, asked, config.checkpoint_every, config.max_completion_tokens)
        )
    done = int(checkpoint.name.split("-")[1]) if checkpoint else 0
    if checkpoint and trainer.accelerator.is_main_process:
        print(f"continuing from step {done} of {config.steps}", flush=True)
    with stop_after_step(trainer, folder / STOP) as stopped:
        if checkpoint and done >= config.steps:
            trainer.restore(checkpoint)  # TRL would train one step too many
        elif config.steps:
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if stopped:
        raise StageError(
            f"stopped after step {trainer.state.global_step} of {config.steps}; everything is "
            "saved: run the same cell (or the same command with --resume) again and it goes on "
            "from there"
        )


def _finish(trainer: Any, folder: Path, base: str, rows: Any, sources: Sequence[str]) -> Stage:
    from finlmm_utils.tar.monitoring.metrics_file import read_metrics

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
