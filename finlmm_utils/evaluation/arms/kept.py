"""What is committed of a study's arms beside their numbers, so that a study goes on elsewhere."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from finlmm_utils.evaluation.arms.spec import PlanError
from finlmm_utils.evaluation.evaluate import report_of
from finlmm_utils.output import write_text

Run = tuple[str, int]
"""An arm's name and a seed."""
KEPT, MANIFEST = "arms.json", "study_manifest.json"


class Kept(BaseModel):
    """One arm with one seed.

    Attributes:
        environment: machine and versions that it ran with.
        data: digest of the rows that it trained on; empty where it was not noted.
        settings: fingerprint of what it was told; empty where it was not noted.
        n: completions that were judged.
        reports: reports behind them.
        rules: by which its reasoning was judged; 1 where it was not noted.
        curve: accuracy of each step's rollouts, where it was paid.
        digests: two bytes for each of the training's completions, in base64; empty where they
            were not noted.
    """

    model_config = ConfigDict(extra="forbid")

    environment: dict[str, Any]
    data: str = ""
    settings: str = ""
    n: int | None = None
    reports: int | None = None
    rules: int = 1
    curve: list[float] = []
    digests: str = ""


def kept_of(record: Mapping[str, Any]) -> Kept:
    """What is kept of an arm.

    Args:
        record: as ``run_arm`` wrote it.
    """
    samples = record["samples"]
    place = samples["columns"].index("id")
    found = {report_of(row[place]) for row in samples["data"]} - {""}
    steps = [line.get("reward_accuracy") for line in record["metrics"]]
    short = b"".join(bytes.fromhex(digest[:4]) for digest in record["completions"])
    return Kept(
        environment=record["environment"], data=record.get("data", ""),
        settings=record.get("settings", ""), n=len(samples["data"]),
        reports=len(found) or None, rules=record.get("rules", 1),
        curve=[step for step in steps if step is not None],
        digests=base64.b64encode(short).decode(),
    )  # fmt: skip


def same_share(one: Kept, other: Kept) -> float | None:
    """Share of a training's completions that the other one wrote, too, in its place.

    Args:
        one: of one arm.
        other: of another, with the same seed.

    Returns:
        None where one of them has no digests.
    """
    if not one.digests or not other.digests:
        return None
    pair = [np.frombuffer(base64.b64decode(k.digests), np.uint16) for k in (one, other)]
    shorter = min(map(len, pair))
    return float((pair[0][:shorter] == pair[1][:shorter]).mean())


def write_kept(folder: Path, kept: Mapping[Run, Kept]) -> None:
    """Writes ``arms.json``.

    Args:
        folder: of the study.
        kept: by arm and seed.
    """
    told = {f"{arm}-{seed}": one.model_dump() for (arm, seed), one in sorted(kept.items())}
    lines = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in told.items()]
    write_text(folder / KEPT, "{\n" + ",\n".join(lines) + "\n}\n")


def read_kept(folder: Path) -> tuple[dict[Run, Kept], pd.DataFrame | None]:
    """What a study's folder holds of its arms.

    Args:
        folder: of the study, or of nothing yet.

    Returns:
        By arm and seed; and the table ``NAME.csv``.

    Raises:
        PlanError: one of the two files is missing or damaged.
    """
    path, table = folder / KEPT, folder / f"{folder.name}.csv"
    there, missing = (
        [one.name for one in (path, table) if one.is_file() is found] for found in (True, False)
    )
    if not there:
        return {}, None
    if missing:
        raise PlanError(
            f"{folder}: holds {there[0]} without {missing[0]}; "
            "expected both, or neither: bring it back, or give --to FOLDER to begin the study anew"
        )
    try:
        told = {name: Kept(**one) for name, one in json.loads(path.read_text("utf-8")).items()}
        split = {tuple(name.rsplit("-", 1)): one for name, one in told.items()}
        kept = {(arm, int(seed)): one for (arm, seed), one in split.items()}
    except (ValueError, TypeError, AttributeError) as error:
        what = " ".join(str(error).split())
        raise PlanError(f"{path}: expected the arms of a study: {what[:200]}") from None
    try:
        return kept, pd.read_csv(table)
    except ValueError as error:
        raise PlanError(f"{table}: expected the numbers of a study's arms: {error}") from None


def same_rows(kept: Mapping[Run, Kept], data: str) -> None:
    """Refuses to go on with other rows than those that the committed arms trained on.

    Args:
        kept: of :func:`read_kept`.
        data: digest of the rows at hand.

    Raises:
        PlanError: they are others.
    """
    known = {one.data for one in kept.values() if one.data}
    if known - {data}:
        raise PlanError(
            f"the committed arms trained on rows {', '.join(sorted(known))}, these are {data}; "
            "expected the same run's (--run), or --to FOLDER to begin the study anew"
        )
