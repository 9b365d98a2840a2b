"""Policies made before a plan's arms: without wrong habits, with a padding one, after stage 1."""

from __future__ import annotations

import random
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from finlmm_utils.evaluation.arms.spec import Plan, PlanError, Start, fingerprint
from finlmm_utils.output import progress_line
from finlmm_utils.tar.checkpoints import policy_digest
from finlmm_utils.tar.config import STAGE1_REWARDS, StageConfig
from finlmm_utils.tiny.demonstrations import Demonstration

CHARTS = 1500
"""Charts that the demonstrations of a start are drawn from: a minute's drawing; our choice."""
SETTINGS = "settings.txt"
"""What a start was made with, as a fingerprint, beside its weights."""
RECIPES_OF = ("small", "large")
"""Phases that make a policy from nothing, by the recipe of finlmm-tiny."""
RATE = 3e-4
"""Peak learning rate of a start's demonstrations: that of the recipe's last phase."""


def make_start(plan: Plan, name: str, seed: int, data: Path, values: Mapping[str, Any]) -> Path:
    """Makes one of a plan's starts, and those that it goes on from.

    Args:
        plan: of the study.
        name: of the start.
        seed: of a stage; demonstrations have the profile's, so that all seeds share their policy.
        data: prepared data; gets the policy, which is left as it is where it is there.
        values: of the plan's profile.

    Returns:
        The policy's folder.
    """
    if name not in plan.starts:
        return data / name
    start = plan.starts[name]
    folder = data / (f"{name}-{seed}" if start.phase == "stage1" else name)
    told, mark = fingerprint(told_of(plan, name, seed, values)), folder / SETTINGS
    if (folder / "config.json").is_file():
        if mark.is_file() and mark.read_text("utf-8") != told:
            raise PlanError(
                f"{folder}: this start was made with other settings than the plan has now; "
                "expected the same plan, or --out FOLDER to begin anew"
            )
        return folder
    policy = str(make_start(plan, start.of, seed, data, values)) if start.of else plan.policy
    made = data / "work" / name
    if start.phase in RECIPES_OF:  # hours: it goes on after its last whole phase
        from finlmm_utils.tiny.recipe import RECIPES, TimeLeft, make_tiny

        log = TimeLeft(RECIPES[start.phase])
        make_tiny(made / "policy", start.phase, int(values["seed"]), log)
        (made / "policy" / SETTINGS).write_text(told, encoding="utf-8")
        (made / "policy").replace(folder)
        return folder
    shutil.rmtree(made, ignore_errors=True)
    if start.phase == "stage1":
        _stage1(start, policy, made, {**values, "seed": seed})
    else:
        _demonstrated(start, policy, made / "policy", int(values["seed"]))
    folder.parent.mkdir(parents=True, exist_ok=True)
    (made / "policy" / SETTINGS).write_text(told, encoding="utf-8")
    (made / "policy").replace(folder)
    shutil.rmtree(made, ignore_errors=True)
    return folder


def told_of(plan: Plan, name: str, seed: int, values: Mapping[str, Any]) -> list[Any]:
    """What decides a start and those that it goes on from, as JSON values.

    Args:
        plan: of the study.
        name: of the start; "" for the plan's own policy.
        seed: of a stage.
        values: of the plan's profile.
    """
    if not name:
        return [policy_digest(plan.policy)]
    if name not in plan.starts:
        return [name]
    start = plan.starts[name]
    told: list[Any] = [start.model_dump(), values["seed"]]
    if start.phase in RECIPES_OF:
        return told
    if start.phase == "stage1":
        config = _stage1_config(start, {**values, "seed": seed})
        told = [config.course(changed=True), values["stage1_rows"]]
    return told + told_of(plan, start.of, seed, values)


def _stage1_config(start: Start, values: Mapping[str, Any]) -> StageConfig:
    names = ("prompts_per_step", "group_size", "max_completion_tokens", "seed")
    return StageConfig(
        rewards=STAGE1_REWARDS, steps=start.steps, learning_rate=values["stage1_learning_rate"],
        **{name: values[name] for name in names}, **values["training"],
    )  # fmt: skip


def _stage1(start: Start, policy: str, folder: Path, values: Mapping[str, Any]) -> None:
    from finlmm_utils.tar.data.sources import load_rows
    from finlmm_utils.tar.stages import train_stage

    rows, _ = load_rows("made", values["stage1_rows"], values["seed"])
    train_stage(_stage1_config(start, values), policy, rows, folder)


def _demonstrated(start: Start, policy: str, folder: Path, seed: int) -> None:
    """Supervised steps as in the recipe's last phase, on other demonstrations."""
    import torch

    from finlmm_utils.tar.models import load_policy
    from finlmm_utils.tiny.batches import habits_batch
    from finlmm_utils.tiny.charts import ChartPool
    from finlmm_utils.tiny.training import cached_features, train_language

    torch.manual_seed(seed)
    model, processor = load_policy(policy, freeze_vision=True, master_weights=True)
    pool = ChartPool.draw(CHARTS, seed, processor.framed)
    clean = habits_batch(pool, habits=False)

    def padded_batch(rng: random.Random) -> list[Demonstration]:
        return [padded(one, rng) for one in clean(rng)]

    draw = padded_batch if start.phase == "padded" else clean
    seen = cached_features(model, processor, pool)

    def log(line: dict[str, Any]) -> None:
        progress_line(
            f"{start.phase}: step {line['step']}/{line['steps']}, loss {line['loss']:.3f}"
        )

    train_language(model, processor, seen, draw, start.steps, RATE, seed, log)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def padded(one: Demonstration, rng: random.Random) -> Demonstration:
    """The same demonstration by a policy that says again what it has said.

    Args:
        one: with completions in the paper's format; others stay as they are.
        rng: draws how often, twice or three times.
    """
    return replace(one, turns=tuple((asked, _again(said, rng)) for asked, said in one.turns))


def _again(completion: str, rng: random.Random) -> str:
    before, opened, rest = completion.partition("<think>")
    thinking, closed, after = rest.partition("</think>")
    if not closed:
        return completion
    return f"{before}{opened}{' '.join([thinking] * rng.choice((2, 3)))}{closed}{after}"
