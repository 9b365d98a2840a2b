"""What the paper's summary claims, as data: every claim, and the sentences that make it.

``paper_claims.yaml`` holds them; its first lines say what each entry means.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from finlmm_utils.tiny.wrong_habits import WRONG_IMAGE_SHARE, WRONG_OPERATION_SHARE

SMALL_BASE = "finlmm-tiny"
"""Name of the embedded policy, the only one that wrong habits were planted in."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Threshold(_Strict):
    """What a measure must exceed, why, and whether a study's result was known when it was set."""

    value: float
    why: str
    late: bool = False


class Measure(_Strict):
    """Where a run's metrics hold a number for a claim: ``paper_claims.yaml`` says how."""

    notebook: str = Field(alias="from")
    cell: str
    measure: str
    path: list[str] = []
    rows: str = ""
    ceiling: bool = False
    before: list[str] = []
    arm: str = ""
    placebo: str = ""
    control: list[str] = []
    greedy: list[str] = []


class Caution(_Strict):
    """What a reader of a claim's number must know, some with a notebook's number in its words.

    Attributes:
        notebook: whose metrics hold the number.
        path: where it stands in them; [] for none.
        words: for the reader, with a place for the number.
        void: the claim's measures test nothing where the number is near 1.
    """

    notebook: str = Field(alias="from", default="")
    path: list[str] = []
    words: str
    void: bool = False


class Waits(_Strict):
    """What a claim needs that nothing has measured."""

    needs: str
    command: str
    here: bool = False


class PaperClaim(_Strict):
    """One claim of ``paper_claims.yaml``, which says what each entry means."""

    id: str
    group: str
    claim: str
    paper: str
    place: str
    planted: Literal["none", "images", "operations", "both"]
    threshold: Threshold = Threshold(value=0.0, why="any gain at all")
    study: str = ""
    runs: list[Measure] = []
    caution: Caution | None = None
    single: float | None = None
    waits: Waits

    def planted_in(self, base: str, told: str = "") -> str:
        """The caveat's column for this claim and a base policy.

        Args:
            base: the policy that the number's trainings began from; "" where it is not known.
            told: what a study says was planted, which knows better; "" where it says nothing.
        """
        if told:
            return f"no{told.removeprefix('none')}" if told.startswith("none") else f"yes: {told}"
        if self.planted == "none":
            return "no"
        if base and base != SMALL_BASE:
            return f"no: the base was {base}"
        shares = sorted(WRONG_OPERATION_SHARE.values())
        images = f"{WRONG_IMAGE_SHARE:.0%} of the last demonstrations took a wrong image"
        operations = f"{shares[0]:.0%} to {shares[-1]:.0%}, by template, did a wrong operation"
        words = {"images": images, "operations": operations, "both": f"{images}; {operations}"}
        return f"yes: {words[self.planted]}"


def planted_short() -> str:
    """What was planted, in a line."""
    shares = sorted(WRONG_OPERATION_SHARE.values())
    return (
        f"{WRONG_IMAGE_SHARE:.0%} of its last demonstrations took a wrong image, and"
        f" {shares[0]:.0%} to {shares[-1]:.0%} did a wrong operation or left out a step"
    )


def planted_words() -> list[str]:
    """What was planted, in a sentence each."""
    return [
        f"Wrong image: {WRONG_IMAGE_SHARE:.0%} of the last demonstrations take the first image that"
        " is not the right one.",
        "Wrong operation, or a step left out, by form of question: "
        + ", ".join(f"{name} {share:.0%}" for name, share in WRONG_OPERATION_SHARE.items())
        + " of the last demonstrations. Change is taken the wrong way round, growth, mean and range"
        " stop a step too early, a ratio is answered by a difference, the lowest by the last value,"
        " a trend by its ends.",
    ]


@functools.cache
def _file() -> dict[str, Any]:
    text = files("finlmm_utils.evaluation").joinpath("paper_claims.yaml").read_text("utf-8")
    content: dict[str, Any] = yaml.safe_load(text)
    return content


@functools.cache
def paper_claims() -> tuple[PaperClaim, ...]:
    """All claims of the paper's summary, in the order in which a reviewer asks."""
    return tuple(PaperClaim.model_validate(entry) for entry in _file()["claims"])


def sentences() -> Any:
    """Every sentence of the paper's summary by its first words, and the claims that answer it.

    Returns:
        A pandas DataFrame: ``place``, ``sentence`` (its first words), ``claims`` (ids; empty: it
        claims nothing).
    """
    import pandas as pd

    return pd.DataFrame(_file()["sentences"], columns=["place", "sentence", "claims"])
