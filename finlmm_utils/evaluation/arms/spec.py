"""A study's plan, fixed in a file before it runs."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from finlmm_utils.errors import OneLine
from finlmm_utils.plain_yaml import load

LAST = 10
"""Steps at the end of a training that "in training" measures are the mean of; our choice."""

WORDS = {
    "accuracy": "accuracy on held-out reports, sampled",
    "selection": "share of right images on held-out reports, sampled",
    "text_accuracy": "accuracy on word problems without images, sampled",
    "lucky_of_right": "share of lucky ones among right answers",
    "sound": "share of sound reasoning",
    "range_worked": "share of questions for a range worked to their end",
    "named": "share that names the right chart",
    "format": "share in the format",
    "tokens": "mean length, tokens",
    "right_in_training": f"accuracy of the last {LAST} steps' rollouts",
    "steps_to_baseline": "steps to the baseline's final accuracy, one more than all where never",
    "within_auroc": "AUROC of the discriminator within groups",
    "ece": "calibration error of the discriminator",
    "flat_advantage": "share of squared advantages from groups flat in accuracy",
    "other_form": f"share of answers of another form, last {LAST} steps",
    "repetition": f"share of repeated word triples, last {LAST} steps",
}
"""What is measured of an arm, in words."""
SHARES = ("range_worked", "named", "format", "selection")
"""Measures of which an arm without the mechanism may have all: then nothing is left to gain."""
RUN_STAGE1 = "stage1"
"""The start that is the policy of the run's notebook 04."""
TRANSFER = "selection_on_"
"""Begins the measure "right images on the test rows of that variant"."""


PUBLISHED = "published"
"""Kind of discriminator of the paper: the profiles' own, where an arm names no other."""


class PlanError(OneLine, ValueError):
    """A file that is no plan of a study."""


class Start(BaseModel):
    """A policy made before the arms, for those that don't start from ``Plan.policy``.

    Attributes:
        of: another start's name that it goes on from; empty: ``Plan.policy``.
        phase: "clean" and "padded": demonstrations without wrong habits, or with a habit of saying
            what was read twice or three times; "stage1": GRPO on word problems as in notebook 04;
            "small" and "large": finlmm-tiny's own recipe with a model of that shape, from nothing.
        steps: of the optimiser; a recipe has its own.
    """

    model_config = ConfigDict(extra="forbid")

    of: str = ""
    phase: Literal["clean", "padded", "stage1", "small", "large"]
    steps: Annotated[int, Field(ge=1)] = 1


class Variant(BaseModel):
    """Rows with other distractors; the rest is as in the run's notebook 03.

    Attributes:
        rule: of notebook 03.
        count: distractors of a row.
    """

    model_config = ConfigDict(extra="forbid")

    rule: Literal["lowest", "lowest_quartile", "banded", "random", "highest"] = "lowest_quartile"
    count: Annotated[int, Field(ge=1, le=4)] = 2


class Arm(BaseModel):
    """One setting: what differs from ``shared``.

    Attributes:
        words: what a reader is told it is: "all rewards, other draws"; empty: its name.
        reward_weights: of the terms that this arm changes.
        discriminator: entries of the mapping that this arm changes.
        stage: fields of ``StageConfig`` that this arm changes.
        start: name of one of the plan's starts, or "stage1": the run's policy of notebook 04.
        rows: the variant that it trains on; empty: the run's own rows.
        text_share: share of word problems without images among its rows, at least 0, below 1.
        sampling_seed: added to the seed of sampling alone: the placebo's.
    """

    model_config = ConfigDict(extra="forbid")

    words: str = ""
    reward_weights: dict[str, float] = {}
    discriminator: dict[str, Any] = {}
    stage: dict[str, Any] = {}
    start: str | None = None
    rows: str = ""
    text_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    sampling_seed: int = 0


class Comparison(BaseModel):
    """One contrast: the first arm minus the second, on one measure, paired by seeds.

    Attributes:
        arms: names; the first has the mechanism. One name alone: its measure itself.
        measure: what is compared.
        claims: ids of the ledger's rows.
        primary: named before the runs; all others are exploratory.
        placebo: the same arm twice.
        control: a difference that must show, or the study is blind to its measure.
        negate: a smaller value speaks for the claim: the second arm minus the first.
        earlier: with the seeds of an earlier run of the study beside those of this one.
    """

    model_config = ConfigDict(extra="forbid")

    arms: Annotated[list[str], Field(min_length=1, max_length=2)]
    measure: str
    claims: list[str] = []
    primary: bool = False
    placebo: bool = False
    control: bool = False
    negate: bool = False
    earlier: bool = False


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
        text_rows: word problems without images that every arm is asked besides.
        transfer_rows: test rows of every variant that every arm is asked for the image; 0: none.
        seeds: of order, sampling and discriminator.
        shared: fields of ``StageConfig`` for all arms.
        reward_weights: for all arms.
        discriminator: entries that differ from the profile's in all arms.
        starts: policies made before the arms, by name.
        variants: rows with other distractors, by name.
        arms: by name.
        comparisons: in the order in which they are shown.
        baseline: the arm whose final accuracy "steps_to_baseline" asks for.
        planted: what was planted in the start.
        settings_tried: none on the rows that are reported; 1: the plan's own alone, as it was fixed
            before it ran; None where nobody counted.
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
    text_rows: Annotated[int, Field(ge=0)] = 0
    transfer_rows: Annotated[int, Field(ge=0)] = 0
    seeds: list[int]
    shared: dict[str, Any]
    reward_weights: dict[str, float]
    discriminator: dict[str, Any] = {}
    starts: dict[str, Start] = {}
    variants: dict[str, Variant] = {}
    arms: dict[str, Arm]
    comparisons: list[Comparison]
    baseline: str
    notebook: str = ""
    planted: str = ""
    settings_tried: int | None = None
    notes: list[str] = []

    def words(self, arm: str) -> str:
        """What a reader is told an arm is."""
        return self.arms[arm].words or arm.replace("_", " ")

    def measure_words(self, measure: str) -> str:
        """What a reader is told a measure is; rows of a variant by the arm that trains on them."""
        if not measure.startswith(TRANSFER):
            return WORDS[measure]
        words = self.variant_words(measure.removeprefix(TRANSFER))
        return f'share of right images on test rows of "{words}", sampled'

    def variant_words(self, rows: str) -> str:
        """What a reader is told a variant is: the words of the first arm that trains on it."""
        arm = next((name for name, one in self.arms.items() if one.rows == rows), "")
        return self.words(arm) if arm else rows.replace("_", " ")

    def asked(self, measure: str) -> int | None:
        """Rows behind a measure of other rows than the held-out ones; None for theirs."""
        if measure.startswith(TRANSFER):
            return self.transfer_rows
        return self.text_rows if measure == "text_accuracy" else None

    def variant(self, one: Comparison) -> str:
        """What of a comparison's first arm is this project's own; "" where it is the paper's."""
        arm = self.arms[one.arms[0]]
        if arm.reward_weights.get("ideal"):
            return "a judge that knows the gold"
        kind = (self.discriminator | arm.discriminator).get("kind", PUBLISHED)
        return "" if kind == PUBLISHED else f"a {kind} discriminator"

    def has_habits(self, arm: str) -> bool:
        """Whether an arm goes back to a policy with the planted habits of the plan's own."""
        start = self.arms[arm].start
        while start in self.starts:
            if self.starts[start].phase == "clean":
                return False
            start = self.starts[start].of
        return True

    def is_trained(self, arm: str) -> bool:
        """Whether an arm takes steps; a plan that names none takes its profile's."""
        return bool((self.shared | self.arms[arm].stage).get("steps", 1))

    @model_validator(mode="after")
    def _known(self) -> Plan:
        named = {arm for one in self.comparisons for arm in one.arms} | {self.baseline}
        if missing := sorted(named - set(self.arms)):
            raise ValueError(
                f"no arm {', '.join(missing)}; expected some of {', '.join(self.arms)}"
            )
        transfers = {TRANSFER + name for name in self.variants} if self.transfer_rows else set()
        measured = {one.measure for one in self.comparisons}
        if wrong := sorted(measured - set(WORDS) - transfers):
            known = ", ".join((*WORDS, *sorted(transfers)))
            raise ValueError(f"no measure {', '.join(wrong)}; expected one of {known}")
        starts = {arm.start for arm in self.arms.values() if arm.start}
        starts |= {start.of for start in self.starts.values() if start.of}
        if wrong := sorted(starts - set(self.starts) - {RUN_STAGE1}):
            raise ValueError(f"no start {', '.join(wrong)}; expected {RUN_STAGE1} or a plan's own")
        rows = {arm.rows for arm in self.arms.values() if arm.rows}
        if wrong := sorted(rows - set(self.variants)):
            raise ValueError(f"no rows {', '.join(wrong)}; expected a variant of the plan")
        return self


def fingerprint(told: Any) -> str:
    """The first 12 hex digits of a SHA-256 of JSON values."""
    text = json.dumps(told, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_plan(path: Path) -> Plan:
    """Reads a plan.

    Raises:
        PlanError: the file is missing, no YAML, or lacks something.
    """
    try:
        values = load(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise PlanError(f"{path}: expected a study's plan, in YAML: {said}") from None
    try:
        return Plan.model_validate(values)
    except ValidationError as error:
        first: Any = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "its top"
        raise PlanError(f"{path}: {where}: {first['msg']}") from None
