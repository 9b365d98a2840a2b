"""Parameters of the notebooks: one strict model each, one meaning for each name.

A name means the same in every notebook, so that one flat YAML profile serves them all, under
the runner and under a plain ``papermill -f``. The models hold types and ranges and no defaults:
the defaults stand in the notebooks' parameters cells and equal the profile ``cpu``.
"""

from __future__ import annotations

import contextlib
import difflib
from typing import Annotated, Any, Literal, get_origin

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.notebooks import notebook

PathText = Annotated[str, Field(json_schema_extra={"path": True})]
Count = Annotated[int, Field(ge=1)]
CountOrNone = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[float, Field(gt=0)]
LearningRate = Annotated[float, Field(gt=0, le=1)]
Reward = Literal["format", "accuracy", "selection", "length", "adversarial"]


def _rising(values: list[int]) -> list[int]:
    if sorted(set(values)) != values:
        raise ValueError("three rising numbers: least, optimal, most")
    return values


def _some_weight(weights: dict[Any, float]) -> dict[Any, float]:
    if not any(weights.values()):
        raise ValueError("at least one weight above 0")
    return weights


class Parameters(BaseModel):
    """What every notebook takes."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    profile: Literal["smoke", "cpu", "t4", "gpu", "paper"]
    run_dir: Annotated[str, Field(min_length=1)]
    seed: CountOrNone


class Preflight(Parameters):
    """00."""

    policy: PathText


class Reports(Parameters):
    """01."""

    reports_dir: PathText
    made_reports: CountOrNone
    dpi: Annotated[int, Field(ge=36, le=600)]
    workers: Annotated[int, Field(ge=1, le=256)]
    report_timeout: Positive
    memory_limit: Annotated[float, Field(ge=0.25)]


class Questions(Parameters):
    """02."""

    backend: Literal["offline", "openai", "transformers"]
    aligner: Literal["offline", "openai", "transformers"]
    llm: PathText
    base_url: str
    questions_per_report: Count
    questions_per_figure: Count
    margin: Annotated[float, Field(ge=0)]
    workers: Annotated[int, Field(ge=1, le=256)]


class Distractors(Parameters):
    """03."""

    distractor_rule: Literal["lowest", "lowest_quartile", "random", "highest"]
    min_distractors: Annotated[int, Field(ge=1, le=4)]
    max_distractors: Annotated[int, Field(ge=1, le=4)]
    image_cap: Annotated[float, Field(gt=0, le=1)]
    test_share: Annotated[float, Field(gt=0, lt=1)]


class Training(BaseModel):
    """How a stage trains; see :func:`finlmm_utils.tar.stages.train_stage` and ``launch.train``."""

    model_config = Parameters.model_config

    loss_type: Literal["grpo", "dapo", "dr_grpo", "bnpo"]
    kl: Annotated[float, Field(ge=0)]
    temperature: Positive
    clip: Annotated[float, Field(gt=0, lt=1)]
    vllm: Annotated[str, Field(pattern=r"^(none|colocate|server|https?://\S+)$")]
    launch: Literal["none", "cpu2", "ddp", "fsdp", "zero3", "shell"]


class Rollouts(Parameters):
    """What every notebook that trains takes.

    ``policy`` is the base policy in every notebook. Stage 2 continues from stage 1 where the run
    folder holds a stage 1 of the same base, else it starts from the base and says so. The
    parameter ``temperature`` is evaluation's; training's stands in ``training``.
    """

    policy: PathText
    prompts_per_step: Count
    group_size: Annotated[int, Field(ge=2)]
    training: Training
    max_completion_tokens: Count
    adapter: Literal["none", "lora", "qlora"]


class Stage1(Rollouts):
    """04."""

    stage1_data: PathText
    stage1_rows: Count
    stage1_steps: CountOrNone
    stage1_learning_rate: LearningRate


class Rewards(Parameters):
    """The rewards of stage 2 and the discriminator's interval (optimiser steps)."""

    reward_weights: Annotated[
        dict[Reward, Annotated[float, Field(ge=0)]], AfterValidator(_some_weight)
    ]
    length_thresholds: Annotated[
        list[Count], Field(min_length=3, max_length=3), AfterValidator(_rising)
    ]
    bert_train_interval: Count


class Stage2(Rollouts, Rewards):
    """05."""

    stage2_data: PathText
    stage2_steps: CountOrNone
    stage2_learning_rate: LearningRate


class Evaluation(Parameters):
    """06."""

    policy: PathText
    eval_rows: Count
    eval_samples: Count
    temperature: Annotated[float, Field(gt=0, le=5)]
    max_completion_tokens: Count
    batch_size: Count


class Ablations(Rollouts, Rewards):
    """07."""

    ablation_steps: Count
    stage2_learning_rate: LearningRate
    eval_rows: Count


class OpenQuestions(Parameters):
    """08."""

    judge: PathText


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
ALL_NAMES = frozenset(name for model in MODELS.values() for name in model.model_fields)


def validate(number: str, values: dict[str, Any]) -> Parameters:
    """Check the parameters of one notebook.

    Args:
        number: The notebook, e.g. ``"05"``.
        values: Name to value; names of other notebooks are allowed and left out.

    Returns:
        The strict, frozen model.

    Raises:
        ParameterError: One line with notebook, parameter, value and what is expected.
    """
    model = MODELS[notebook(number).number]
    reject_unknown(number, values)
    try:
        return model.model_validate({k: v for k, v in values.items() if k in model.model_fields})
    except ValidationError as error:
        raise _one_line(number, error) from None


def reject_unknown(number: str, names: Any) -> None:
    """Refuse names that belong to no notebook of the project.

    Args:
        number: The notebook that was given the names.
        names: Parameter names.

    Raises:
        ParameterError: Names the first unknown one and the nearest known one.
    """
    for name in names:
        if name not in ALL_NAMES:
            near = difflib.get_close_matches(name, sorted(ALL_NAMES), n=1)
            known = sorted(MODELS[notebook(number).number].model_fields)
            hint = f"did you mean {near[0]!r}?" if near else f"expected one of {', '.join(known)}"
            raise ParameterError(
                f"notebook {notebook(number).stem}: parameter {name!r} is unknown: {hint}"
            )


def parse_text(name: str, text: str) -> Any:
    """Read the text of ``--set name=value`` as the type that the parameter has.

    Args:
        name: Parameter name.
        text: What stands behind the equals sign: ``1e-5``, ``false``, ``[1, 2, 3]``.

    Returns:
        The value; ranges are checked later by :func:`validate`.

    Raises:
        ParameterError: The name is unknown or the text does not parse.
    """
    owner = next((n for n, model in MODELS.items() if name in model.model_fields), None)
    if owner is None:
        reject_unknown("00", [name])
    field = MODELS[owner or "00"].model_fields[name]
    if field.annotation is str or get_origin(field.annotation) is Literal:
        return text
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError:
        value = text
    return _numbers(value)


def _numbers(value: Any) -> Any:
    """Read texts such as ``1e-5``, which YAML takes for strings, as numbers."""
    if isinstance(value, dict):
        return {key: _numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_numbers(item) for item in value]
    with contextlib.suppress(ValueError):
        return float(value) if isinstance(value, str) else value
    return value


def is_path(name: str) -> bool:
    """Whether a parameter may name a file or folder (its content then counts for the run id)."""
    fields = (m.model_fields[name] for m in MODELS.values() if name in m.model_fields)
    return any((field.json_schema_extra or {}) == {"path": True} for field in fields)


def _one_line(number: str, error: ValidationError) -> ParameterError:
    """Turn the first problem that pydantic found into one line."""
    problem = error.errors()[0]
    name = ".".join(str(part) for part in problem["loc"])
    where = f"notebook {notebook(number).stem}: parameter {name!r}"
    if problem["type"] == "missing":
        return ParameterError(
            f"{where} is missing: expected in the parameters cell or in the profile"
        )
    value = problem["input"]
    expected = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    expected = expected.replace("a valid integer", "a whole number").replace("a valid ", "a ")
    hint = ""
    if isinstance(value, str) and problem["type"] in ("float_type", "int_type"):
        with contextlib.suppress(ValueError):
            float(value)
            hint = " (YAML reads 1e-5 as text: write 1.0e-5)" if "e" in value.lower() else ""
            hint = hint or " (write it without quotes)"
    if isinstance(value, str) and value.lower() in ("true", "false"):
        hint = " (this is text, not a truth value: papermill's -p wants True or False)"
    return ParameterError(
        f"{where} = {value!r} ({type(value).__name__}): expected {expected}{hint}"
    )
