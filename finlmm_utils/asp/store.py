"""Reads what notebook 01 left in its folder back into reports."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.asp.records import Block, Figure, Report


def read_reports(folder: Path) -> list[Report]:
    """Reads reports with their blocks and figures.

    Args:
        folder: of notebook 01, with ``reports.jsonl``, ``blocks.parquet`` and ``figures.parquet``.

    Returns:
        The reports of status ``ok``, sorted by id.
    """
    import pandas as pd

    figures = pd.read_parquet(folder / "figures.parquet").to_dict("records")
    blocks = pd.read_parquet(folder / "blocks.parquet").to_dict("records")
    by_report: dict[str, Report] = {}
    for line in (folder / "reports.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["status"] == "ok" and row.get("report_id"):
            by_report[row["report_id"]] = Report(
                report_id=row["report_id"],
                file=row["file"],
                sha256=row.get("sha256", ""),
                status="ok",
                pages=row.get("pages", 0),
            )
    for row in blocks:
        if row["report_id"] in by_report:
            report = by_report[row["report_id"]]
            index = row.get("index", len(report.blocks))
            report.blocks.append(Block(box=_box(row), index=index, **_only(row, "page kind text")))
    for row in figures:
        if row["report_id"] in by_report:
            names = "figure_id report_id file page kind caption near_text inner_text png phash"
            by_report[row["report_id"]].figures.append(Figure(box=_box(row), **_only(row, names)))
    return [by_report[rid] for rid in sorted(by_report)]


def _only(row: Mapping[Any, Any], names: str) -> dict[str, Any]:
    return {str(name): row[name] for name in names.split() if row.get(name) is not None}


def _box(row: Mapping[Any, Any]) -> tuple[float, float, float, float]:
    return (float(row["x0"]), float(row["y0"]), float(row["x1"]), float(row["y1"]))
