"""One arm with one seed: trained, asked on held-out rows, judged; its numbers kept as JSON."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.arms.data import digest_of, rows_of, unpack
from finlmm_utils.evaluation.arms.spec import TRANSFER, Plan, fingerprint
from finlmm_utils.evaluation.arms.starts import make_start, told_of
from finlmm_utils.evaluation.reasoning import RULES, judge, judge_samples
from finlmm_utils.finance.terms import Series
from finlmm_utils.output import write_text
from finlmm_utils.tar.config import STAGE2_REWARDS, StageConfig
from finlmm_utils.tar.responses import parse_response, text_of


def run_arm(
    plan: Plan, name: str, seed: int, data: Path, out: Path, values: Mapping[str, Any]
) -> Path:
    """Trains and judges one arm.

    Args:
        plan: of the study.
        name: of the arm.
        seed: one of the plan's.
        data: folder of :func:`finlmm_utils.evaluation.arms.data.pack`.
        out: gets ``NAME-SEED.json``; what is there already is not run again.
        values: of the plan's profile.

    Returns:
        The file.
    """
    import pandas as pd

    from finlmm_utils.tar.data.sources import load_rows
    from finlmm_utils.tar.models import environment, load_policy, prepare_torch
    from finlmm_utils.tar.rollouts.answering import generate
    from finlmm_utils.tar.stages import train_stage

    result = out / f"{name}-{seed}.json"
    if result.is_file():
        return result
    arm = plan.arms[name]
    rows, series = unpack(rows_of(data, arm.rows), "train", plan.tasks)
    rows = _with_text(rows, arm.text_share, seed)
    config, described = arm_config(plan, name, seed, values)
    adversary = None
    if "adversarial" in config.active:
        adversary = _adversary(described, rows, seed)
    policy = str(make_start(plan, arm.start, seed, data, values)) if arm.start else plan.policy
    folder = out / "work" / f"{name}-{seed}"
    ideal = {"ideal": _ideal(series)} if "ideal" in config.rewards else None
    lines: list[dict[str, Any]] = []
    completions: list[str] = []
    trained: str | Path = policy
    if config.steps:
        stage = train_stage(
            config, policy, rows, folder, discriminator=adversary, custom_rewards=ideal
        )
        lines, trained = stage.metrics, folder / "policy"
        completions = list(pd.read_parquet(folder / "completions.parquet")["completion"])
    prepare_torch(seed)
    model, processor = load_policy(trained)

    def answers(asked: Any, samples: int) -> Any:
        limit = config.max_completion_tokens
        return generate(model, processor, list(asked), limit, samples=samples, seed=seed)

    asked, gold = _asked(data, arm.rows, plan, plan.eval_rows)
    judged = judge_samples(answers(asked, plan.eval_samples), gold)
    kept = ["id", "task", "template", "right", "image_right", "well_formed", "tokens", "named",
            "read", "consistent", "follows", "sound", "worked", "lucky", "unlucky"]  # fmt: skip
    record = {
        "plan": plan.name, "arm": name, "seed": seed,
        "environment": environment(), "data": digest_of(data),
        "settings": settings_of(plan, name, seed, values), "rules": RULES,
        "metrics": [_light(line) for line in lines],
        "samples": json.loads(judged[kept].to_json(orient="split", index=False)),
        "completions": [hashlib.sha256(text.encode()).hexdigest()[:8] for text in completions],
        "more": {},
    }  # fmt: skip
    if plan.text_rows:
        problems = load_rows("made", plan.text_rows, seed=0, split="test")[0]
        record["more"]["text_accuracy"] = _mean(answers(problems, plan.eval_samples)["right"])
    for variant in plan.variants if plan.transfer_rows else ():
        others, _ = _asked(data, variant, plan, plan.transfer_rows)
        record["more"][TRANSFER + variant] = _mean(answers(others, 1)["image_right"])
    out.mkdir(parents=True, exist_ok=True)
    write_text(result, json.dumps(record) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    return result


def _asked(data: Path, variant: str, plan: Plan, count: int) -> tuple[Any, Mapping[str, Series]]:
    """The test rows that every arm of a plan is asked, with their gold series."""
    test, gold = unpack(rows_of(data, variant), "test", plan.tasks)
    return test.shuffle(seed=0).select(range(min(count, len(test)))), gold


def _mean(right: Any) -> float:
    return float(right.dropna().astype(float).mean())


def _with_text(rows: Any, share: float, seed: int) -> Any:
    """The rows with word problems among them, as large a share of all as asked."""
    from datasets import Dataset, concatenate_datasets

    from finlmm_utils.tar.data.sources import load_rows

    if not share:
        return rows
    problems = load_rows("made", round(len(rows) * share / (1 - share)), seed)[0]
    without = [{**row, "images": []} for row in problems]
    return concatenate_datasets([rows, Dataset.from_list(without, features=rows.features)])


def _adversary(described: Mapping[str, Any], rows: Any, seed: int) -> Any:
    """The discriminator; an encoder "judge:MODEL" is a multimodal model that looks at the rows."""
    from finlmm_utils.tar.discriminator.judge import encoder_named
    from finlmm_utils.tar.discriminator.kinds import discriminator_for

    encoder = described["encoder"]
    judge = None
    if encoder.startswith("judge:"):
        judge = encoder_named(encoder, rows, max_tokens=described["max_tokens"])
    return discriminator_for(described, seed, judge)


def arm_config(
    plan: Plan, name: str, seed: int, values: Mapping[str, Any]
) -> tuple[StageConfig, dict[str, Any]]:
    """What the stage is told, and the discriminator's description.

    Args:
        plan: of the study.
        name: of the arm.
        seed: one of the plan's.
        values: of the plan's profile.
    """
    arm = plan.arms[name]
    described = {**values["discriminator"], **plan.discriminator, **arm.discriminator}
    weights = {**plan.reward_weights, **arm.reward_weights}
    fields: dict[str, Any] = {
        **values["training"],
        "steps": values["stage2_steps"],
        "learning_rate": values["stage2_learning_rate"],
        "length_thresholds": values["length_thresholds"],
        "bert_train_interval": values["bert_train_interval"],
        "prompts_per_step": values["prompts_per_step"],
        "group_size": values["group_size"],
        "max_completion_tokens": values["max_completion_tokens"],
        **plan.shared,
        **arm.stage,
    }
    names = (*STAGE2_REWARDS, *(("ideal",) if weights.get("ideal") else ()))
    fields["grpo"] = {**fields.get("grpo", {}), "data_seed": seed}  # the same prompts in all arms
    config = StageConfig(
        rewards=names, reward_weights=weights, seed=seed + 1000 * arm.sampling_seed, **fields
    )
    return config, described


def settings_of(plan: Plan, name: str, seed: int, values: Mapping[str, Any]) -> str:
    """A fingerprint of all that an arm is told and asked, but for the rows themselves.

    Args:
        plan: of the study.
        name: of the arm.
        seed: one of the plan's.
        values: of the plan's profile.
    """
    arm, (config, described) = plan.arms[name], arm_config(plan, name, seed, values)
    asked = [plan.tasks, plan.eval_rows, plan.eval_samples, plan.text_rows, plan.transfer_rows]
    shown = plan.variants if plan.transfer_rows else {arm.rows: plan.variants.get(arm.rows)}
    variants = {name: one and one.model_dump() for name, one in shown.items()}
    adversary = described if "adversarial" in config.active else None
    start = told_of(plan, arm.start or "", seed, values)
    told = [config.course(changed=True), adversary, start, arm.rows, arm.text_share]
    return fingerprint([*told, variants, asked])


def _ideal(series: Mapping[str, Series]) -> Any:
    """An upper bound for any judge of text: 1 for a sound reasoning, by the gold of the chart."""

    def ideal_reward(
        completions: Sequence[Any], prompts: Sequence[Any], id: Sequence[str], **_: Any
    ) -> list[float | None]:
        """1 for a sound reasoning, 0 for another, None where there is no gold series.

        Args:
            completions: n completions.
            prompts: n prompts.
            id: n ids of rows.
        """
        rewards: list[float | None] = []
        for completion, prompt, row in zip(completions, prompts, id, strict=True):
            said = parse_response(text_of(completion))
            found = None
            if row in series:
                found = judge(text_of(prompt), said.thinking, said.answer, series[row])
            rewards.append(None if found is None else float(found.sound))
        return rewards

    return ideal_reward


def _light(line: Mapping[str, Any]) -> dict[str, Any]:
    """A step's metrics with five digits."""
    return {
        name: float(f"{value:.5g}") if isinstance(value, float) else value
        for name, value in line.items()
        if not isinstance(value, dict)
    }
