"""The parameters of each notebook: one strict model each, one meaning for each name.

A name means the same in every notebook, so that one flat YAML profile serves them all, under
the runner and under a plain ``papermill -f``. The models hold types and ranges and no defaults:
the defaults stand in the notebooks' parameters cells and equal the profile ``cpu``.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, Field

from finlmm_utils.tar.config import (
    STRICT,
    Count,
    CountOrNone,
    DiscriminatorConfig,
    LearningRate,
    Positive,
    Training,
)

PathText = Annotated[str, Field(json_schema_extra={"path": True})]
PolicyName = Annotated[str, Field(min_length=1, json_schema_extra={"path": True})]
Share = Annotated[float, Field(ge=0, le=1)]
Reward = Literal["format", "accuracy", "selection", "length", "adversarial"]


def _rising(values: list[float]) -> list[float]:
    if sorted(set(values)) != values:
        raise ValueError("rising numbers, the least first")
    return values


Thresholds = Annotated[list[Count], Field(min_length=3, max_length=3), AfterValidator(_rising)]


def _some_weight(weights: dict[Any, float]) -> dict[Any, float]:
    if not any(weights.values()):
        raise ValueError("at least one weight above 0")
    return weights


def _web_address(text: str) -> str:
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not set(text) & BLANK
    except ValueError:  # brackets that hold no address
        good = False
    if text and not good:
        raise ValueError('"" or an address that begins with http:// or https://')
    return text


def _shares(sources: str) -> str:
    from finlmm_utils.tar.data.names import parts_of  # here: the loaders beside it take a second

    parts_of(sources)
    return sources


BENCHMARK_NAMES = ("MathVista", "MathVerse", "MMStar", "MATH-Vision", "FinMMR",
                   "FinChart-Bench", "FinMME")  # fmt: skip
"""Those of :mod:`finlmm_utils.evaluation.benchmarks.sets`, which takes a second to load."""
NEAR_NAME = 0.8
"""Likeness (difflib's) from which a name that is no folder is a benchmark's, misspelt (our
choice)."""


def _no_misspelt_set(sources: str) -> str:
    """06 comes last: a misspelt name would be found after days of training."""
    known = {name.lower(): name for name in BENCHMARK_NAMES}
    for part in (part.strip() for part in sources.split("+")):
        near = difflib.get_close_matches(part.lower(), known, n=1, cutoff=NEAR_NAME)
        if near and part.lower() not in known and not Path(part).exists():
            raise ValueError(f"{known[near[0]]!r} in place of {part!r}, or a folder that is there")
    return sources


BLANK = frozenset(" \t\r\n")
WebAddress = Annotated[str, AfterValidator(_web_address)]
"""Of an endpoint; "" for none."""
Mixture = Annotated[PathText, AfterValidator(_shares)]
"""Data sets joined by "+", each with a share where wanted."""


class Parameters(BaseModel):
    """What every notebook takes."""

    model_config = STRICT

    profile: Literal["smoke", "cpu", "t4", "gpu", "paper"]
    run_dir: Annotated[str, Field(min_length=1)]
    seed: CountOrNone


class Preflight(Parameters):
    """00."""

    policy: PolicyName


class Reports(Parameters):
    """01."""

    reports_dir: PathText
    made_reports: CountOrNone
    made_level: Literal["plain", "hard"]
    hard_reports: CountOrNone
    dpi: Annotated[int, Field(ge=36, le=600)]
    workers: Annotated[int, Field(ge=1, le=256)]
    report_timeout: Positive
    memory_limit: Annotated[float, Field(ge=0.25)]


class Limits(BaseModel):
    """What a paid endpoint is held to; see :class:`finlmm_utils.asp.llm.budget.Meter`."""

    model_config = STRICT

    tokens: CountOrNone
    dollars: Annotated[float, Field(ge=0)]
    price_in: Annotated[float, Field(ge=0)]
    price_out: Annotated[float, Field(ge=0)]
    requests_per_minute: Positive
    failed_share: Annotated[float, Field(ge=0, le=1)]
    answer_tokens: Count
    seconds: Positive


class Questions(Parameters):
    """02."""

    backend: Literal["offline", "openai", "transformers"]
    aligner: Literal["offline", "openai", "transformers"]
    llm: PathText
    base_url: WebAddress
    lmm: PathText
    lmm_url: WebAddress
    llm_limits: Limits
    blind_check: Literal["offline", "openai", "transformers"]
    questions_per_report: Count
    questions_per_figure: Count
    margin: Annotated[float, Field(ge=0)]
    workers: Annotated[int, Field(ge=1, le=256)]


class Distractors(Parameters):
    """03."""

    distractor_rule: Literal["lowest", "lowest_quartile", "banded", "random", "highest"]
    distractors_from: Literal["anywhere", "same_report", "other_reports"]
    distractor_band: Annotated[
        list[Share], Field(min_length=2, max_length=2), AfterValidator(_rising)
    ]
    min_distractors: Annotated[int, Field(ge=1, le=4)]
    max_distractors: Annotated[int, Field(ge=1, le=4)]
    image_cap: Annotated[float, Field(gt=0, le=1)]
    test_share: Annotated[float, Field(gt=0, lt=1)]
    validation_share: Annotated[float, Field(ge=0, lt=1)]
    push_to_hub: Annotated[str, Field(pattern=r"^([\w.-]+/[\w.-]+)?$")]


class Rollouts(Parameters):
    """What every notebook that trains takes.

    ``policy`` is the base policy in every notebook. Stage 2 continues from stage 1 where the run
    folder holds a stage 1 of the same base, else it starts from the base and says so. The
    parameter ``temperature`` is evaluation's; training's stands in ``training``.
    """

    policy: PolicyName
    prompts_per_step: Count
    group_size: Annotated[int, Field(ge=2)]
    training: Training
    max_completion_tokens: Count


class Stage1(Rollouts):
    """04."""

    stage1_data: PathText
    stage1_rows: Count
    stage1_steps: CountOrNone
    stage1_learning_rate: LearningRate


class Rewards(Parameters):
    """The rewards of stage 2, the discriminator's interval (optimiser steps) and its encoder."""

    reward_weights: Annotated[
        dict[Reward, Annotated[float, Field(ge=0)]], AfterValidator(_some_weight)
    ]
    length_thresholds: Thresholds
    bert_train_interval: Count
    discriminator: DiscriminatorConfig


class Stage2(Rollouts, Rewards):
    """05."""

    stage2_data: Mixture
    stage2_steps: CountOrNone
    stage2_learning_rate: LearningRate


class Evaluation(Parameters):
    """06: of ``training`` it takes what decides how a policy reads and decodes."""

    policy: PolicyName
    training: Training
    eval_data: Annotated[PathText, AfterValidator(_no_misspelt_set)]
    eval_rows: Count
    eval_samples: Count
    temperature: Annotated[float, Field(gt=0, le=5)]
    max_completion_tokens: Count
    batch_size: Count
    answers_url: WebAddress


class Ablations(Rollouts, Rewards):
    """07."""

    ablation_steps: Count
    stage2_learning_rate: LearningRate
    eval_rows: Count


class JudgeStage(BaseModel):
    """The sizes of the few steps of stage 2 in which a judge takes the discriminator's place."""

    model_config = STRICT

    max_completion_tokens: Count
    length_thresholds: Thresholds


class OpenQuestions(Parameters):
    """08: of ``training`` it takes what the machine decides, and neither KL nor processes."""

    training: Training
    discriminator: DiscriminatorConfig
    judge: PathText
    judge_stage: JudgeStage


class Claims(Parameters):
    """09."""


class TinyLMM(Parameters):
    """Appendix A."""

    recipe: Literal["smoke", "full"]
    eval_rows: Count


MODELS: dict[str, type[Parameters]] = {
    "00": Preflight,
    "01": Reports,
    "02": Questions,
    "03": Distractors,
    "04": Stage1,
    "05": Stage2,
    "06": Evaluation,
    "07": Ablations,
    "08": OpenQuestions,
    "09": Claims,
    "A": TinyLMM,
}
