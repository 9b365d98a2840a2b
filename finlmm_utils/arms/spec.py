"""A study's plan, fixed in a file before it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from finlmm_utils.errors import OneLine

Measure = Literal[
    "accuracy", "selection", "lucky_of_right", "sound", "range_worked", "named", "format",
    "tokens", "right_in_training", "steps_to_baseline", "within_auroc", "ece", "flat_advantage",
    "other_form", "repetition",
]  # fmt: skip


class PlanError(OneLine, ValueError):
    """A file that is no plan of a study."""


class Arm(BaseModel):
    """One setting: what differs from ``shared``.

    Attributes:
        reward_weights: of the terms that this arm changes.
        discriminator: entries of the mapping that this arm changes.
        stage: fields of ``StageConfig`` that this arm changes.
        start: "base" or a folder's name under the prepared data, for a policy trained before.
        sampling_seed: added to the seed of sampling alone: the placebo's.
    """

    model_config = ConfigDict(extra="forbid")

    reward_weights: dict[str, float] = {}
    discriminator: dict[str, Any] = {}
    stage: dict[str, Any] = {}
    start: str | None = None
    sampling_seed: int = 0


class Comparison(BaseModel):
    """One contrast: the first arm minus the second, on one measure, paired by seeds.

    Attributes:
        arms: names; the first is the one with the mechanism. One name alone: its measure itself.
        measure: what is compared.
        claims: ids of the ledger's rows.
        primary: named before the runs; all others are exploratory.
        placebo: the same arm twice.
        negate: a smaller value speaks for the claim; the difference is turned round.
    """

    model_config = ConfigDict(extra="forbid")

    arms: Annotated[list[str], Field(min_length=1, max_length=2)]
    measure: Measure
    claims: list[str] = []
    primary: bool = False
    placebo: bool = False
    negate: bool = False


class Plan(BaseModel):
    """What a study will do.

    Attributes:
        name: of its folder under ``papermill_runs/gallery/studies``.
        question: what is asked.
        hypotheses: in sentences, with what would refute them.
        stopping: when it ends.
        profile: whose values hold where the plan says nothing.
        policy: the start of all arms.
        tasks: kinds of rows that are trained and tested on; empty for all.
        eval_rows: test rows; eval_samples: completions of each, at temperature 1.
        seeds: of order, sampling and discriminator.
        shared: fields of ``StageConfig`` for all arms.
        reward_weights: for all arms.
        discriminator: entries that differ from the profile's in all arms.
        arms: by name.
        comparisons: in the order in which they are shown.
        baseline: the arm whose final accuracy "steps_to_baseline" asks for.
        planted: what was planted in the start.
        settings_tried: on the validation split, before.
        notes: what a reader must know of how it ran.
    """

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]
    question: str
    hypotheses: list[str]
    stopping: str
    profile: str = "cpu"
    policy: str = "finlmm-tiny"
    tasks: list[str] = []
    eval_rows: Annotated[int, Field(ge=1)] = 160
    eval_samples: Annotated[int, Field(ge=1)] = 2
    seeds: list[int]
    shared: dict[str, Any]
    reward_weights: dict[str, float]
    discriminator: dict[str, Any] = {}
    arms: dict[str, Arm]
    comparisons: list[Comparison]
    baseline: str
    notebook: str = ""
    planted: str = ""
    settings_tried: int = 0
    notes: list[str] = []

    @model_validator(mode="after")
    def _known(self) -> Plan:
        named = {arm for one in self.comparisons for arm in one.arms} | {self.baseline}
        if missing := sorted(named - set(self.arms)):
            raise ValueError(
                f"no arm {', '.join(missing)}; expected some of {', '.join(self.arms)}"
            )
        return self


def read_plan(path: Path) -> Plan:
    """Reads a plan.

    Raises:
        PlanError: the file is missing, no YAML, or lacks something.
    """
    try:
        return Plan.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise PlanError(f"{path}: expected a study's plan: {error}") from None
    except ValidationError as error:
        first: Any = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise PlanError(f"{path}: {where}: {first['msg']}") from None
