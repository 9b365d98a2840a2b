"""Mixtures of data sets in the row contract, each with its share."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

from finlmm_utils.rows import features
from finlmm_utils.tar.data.names import parts_of
from finlmm_utils.tar.data.report import DataReport
from finlmm_utils.tar.data.sources import load_rows


def load_mixture(
    sources: str, folder_of_asp: str | Path | None = None, count: int = 0, seed: int = 0
) -> tuple[Any, list[DataReport]]:
    """Loads and mixes data sets, as the paper mixes its FinData with VerMulti.

    Args:
        sources: names joined by "+", each with a share where wanted: "asp" or
            "asp*0.7+VLM-Reasoner/VerMulti*0.3". "asp" is what notebook 03 built.
        folder_of_asp: its folder.
        count: rows in all; 0 for as many as there are (with shares: as the scarcest part allows).
        seed: of the draw.

    Returns:
        A ``Dataset``, shuffled where there are several sources, and a report for each. A text row
        beside rows with images has an empty list of them; training keeps both in batches apart.

    Raises:
        DataError: a share isn't a number above 0, or a part has no name.
    """
    from datasets import concatenate_datasets

    parts: list[Any] = []
    reports: list[DataReport] = []
    named = parts_of(sources)
    for name, _ in named:
        where = folder_of_asp if name == "asp" and folder_of_asp is not None else name
        part, report = load_rows(where, 0, seed)
        report.source = name
        parts.append(part)
        reports.append(report)
    if len(parts) == 1 and not count:
        return parts[0], reports
    parts, shares = _alike(parts, reports), [share for _, share in named]
    scarcest = min(len(p) / s for p, s in zip(parts, shares, strict=True))
    most = scarcest if "*" in sources else math.inf
    total = min(most * sum(shares), sum(map(len, parts)), count or math.inf)
    rng = random.Random(seed)
    for i, (part, weight) in enumerate(zip(parts, shares, strict=True)):
        size = min(len(part), round(total * weight / sum(shares)))
        size = size if "*" in sources or count else len(part)
        parts[i] = part.select(sorted(rng.sample(range(len(part)), size)))
        reports[i].kept, reports[i].ids = size, parts[i]["id"][:]
        drawn = set(reports[i].ids)
        reports[i].unparseable = [name for name in reports[i].unparseable if name in drawn]
    mixed = concatenate_datasets(parts)
    order = rng.sample(range(len(mixed)), len(mixed))
    return mixed.select(order), reports


def _alike(parts: list[Any], reports: list[DataReport]) -> list[Any]:
    """The same columns in all parts, and no id twice: a second one gets its part's number."""
    whole = features(any("images" in part.column_names for part in parts))
    known: set[str] = set()
    alike = []
    for number, part in enumerate(parts, 1):
        if "images" in whole and "images" not in part.column_names:
            part = part.add_column("images", [[]] * len(part), feature=whole["images"])
        new = {name: f"{name}@{number}" for name in part["id"] if name in known}
        names = [new.get(name, name) for name in part["id"]]
        report = reports[number - 1]
        report.unparseable = [new.get(name, name) for name in report.unparseable]
        known |= set(names)
        part = part.remove_columns("id").add_column("id", names, feature=whole["id"])
        alike.append(part.select_columns(list(whole)))
    return alike
