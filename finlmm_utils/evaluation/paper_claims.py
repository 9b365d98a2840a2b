"""What the paper's summary claims, as data: every claim, and the sentences that make it.

``paper_claims.yaml`` holds them; its first lines say what each entry means.
"""

from __future__ import annotations

import functools
from importlib.resources import files
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Threshold(_Strict):
    """What a measure must exceed, and why."""

    value: float
    why: str


class Measure(_Strict):
    """Where a run's metrics hold a number for a claim: ``paper_claims.yaml`` says how."""

    notebook: str = Field(alias="from")
    measure: str
    path: list[str] = []
    rows: str = ""
    turn: bool = False
    ceiling: bool = False
    arm: str = ""
    greedy: list[str] = []


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
    waits: Waits


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
