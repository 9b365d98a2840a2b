"""Writes the tables of notebook 01, and reads them back into reports."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from finlmm_utils.asp.records import Block, Figure, Report
from finlmm_utils.errors import OneLine
from finlmm_utils.output import write_text

READING = pa.struct(
    [(n, pa.string()) for n in ("series", "label", "point")]
    + [("value", pa.float64()), ("unit", pa.string()), ("how", pa.string())]
    + [("tolerance", pa.float64()), ("span", pa.float64())]
)
FIGURE_SCHEMA = pa.schema(
    [(n, pa.string()) for n in ("figure_id", "report_id", "file")]
    + [("page", pa.int32())]
    + [(n, pa.float32()) for n in ("x0", "y0", "x1", "y1")]
    + [("kind", pa.string()), ("title", pa.string()), ("title_drawn", pa.bool_())]
    + [(n, pa.string()) for n in ("caption", "near_text", "inner_text", "phash")]
    + [("png", pa.binary()), ("shows", pa.list_(READING)), ("unread", pa.string())]
)
BLOCK_SCHEMA = pa.schema(
    [("report_id", pa.string()), ("page", pa.int32()), ("index", pa.int32())]
    + [("kind", pa.string()), ("text", pa.string())]
    + [(n, pa.float32()) for n in ("x0", "y0", "x1", "y1")]
    + [("ocr", pa.bool_())]
)

AGAIN = "run notebook 01 again (finlmm run 01)"


class DamagedFile(OneLine, ValueError):
    """A file of notebook 01 is cut or changed; one line with its path and what helps.

    Attributes:
        path: of the file.
    """

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def write_tables(parts: Sequence[Path], out: Path) -> list[dict]:
    """Streams the results of single reports, in their order, into the three tables.

    Args:
        parts: JSON files with a report and its row.
        out: gets ``reports.jsonl``, ``figures.parquet`` and ``blocks.parquet``.

    Returns:
        The rows of ``reports.jsonl``.

    Raises:
        DamagedFile: one of the parts can't be read.
    """
    rows, seen = [], set()
    figures = pq.ParquetWriter(out / "figures.parquet.tmp", FIGURE_SCHEMA)
    blocks = pq.ParquetWriter(out / "blocks.parquet.tmp", BLOCK_SCHEMA)
    with figures, blocks:
        for part in parts:
            row, report = _read_part(part)
            rows.append(row)
            if report.report_id in seen:  # the same bytes under two names: listed twice, used once
                continue
            seen.add(report.report_id)
            if report.figures:
                figures.write_table(pa.Table.from_pylist(_figure_rows(report), FIGURE_SCHEMA))
            if report.blocks:
                blocks.write_table(pa.Table.from_pylist(_block_rows(report), BLOCK_SCHEMA))
    for name in ("figures.parquet", "blocks.parquet"):
        os.replace(out / f"{name}.tmp", out / name)
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_text(out / "reports.jsonl", lines)
    return rows


def _read_part(part: Path) -> tuple[dict, Report]:
    try:
        content = json.loads(part.read_text("utf-8"))
        return dict(content["row"]), Report.model_validate(content["report"])
    except (OSError, ValueError, LookupError, TypeError) as error:
        line = " ".join(str(error).split())[:100]
        raise DamagedFile(part, f"{part} can't be read ({line}): delete it and run again") from None


def _figure_rows(report: Report) -> list[dict]:
    return [
        f.model_dump(exclude={"box"}) | dict(zip(("x0", "y0", "x1", "y1"), f.box, strict=True))
        for f in report.figures
    ]


def _block_rows(report: Report) -> list[dict]:
    return [
        b.model_dump(exclude={"box"})
        | {"report_id": report.report_id}
        | dict(zip(("x0", "y0", "x1", "y1"), b.box, strict=True))
        for b in report.blocks
    ]


def read_reports(folder: Path) -> list[Report]:
    """Reads reports with their blocks and figures.

    Args:
        folder: of notebook 01, with ``reports.jsonl``, ``blocks.parquet`` and ``figures.parquet``.

    Returns:
        The reports of status ``ok``, sorted by id.

    Raises:
        DamagedFile: one of the three can't be read.
    """
    figures, blocks = _rows(folder / "figures.parquet"), _rows(folder / "blocks.parquet")
    rows = _rows(folder / "reports.jsonl")
    try:
        return _assembled(rows, blocks, figures)
    except (LookupError, TypeError, ValueError) as error:
        line = " ".join(str(error).split())[:200]
        raise DamagedFile(
            folder, f"{folder}: its tables are not as notebook 01 writes them ({line}): {AGAIN}"
        ) from None


def _assembled(
    rows: Sequence[Mapping[Any, Any]],
    blocks: Sequence[Mapping[Any, Any]],
    figures: Sequence[Mapping[Any, Any]],
) -> list[Report]:
    """Reports from the rows of the three tables."""
    listed = {row.get("report_id") for row in rows}
    for name, found in (("blocks", blocks), ("figures", figures)):
        if others := {row["report_id"] for row in found} - listed:
            raise ValueError(
                f"{name} of {min(map(str, others))}, which reports.jsonl does not list"
            )
    by_report: dict[str, Report] = {}
    for row in rows:
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
            report.blocks.append(
                Block(box=_box(row), index=index, **_only(row, "page kind text ocr"))
            )
    for row in figures:
        if row["report_id"] in by_report:
            names = (
                "figure_id report_id file page kind title title_drawn caption near_text "
                "inner_text png phash unread"
            )
            shows = row.get("shows")
            figure = Figure(
                box=_box(row), shows=[] if shows is None else list(shows), **_only(row, names)
            )
            by_report[row["report_id"]].figures.append(figure)
    return [by_report[rid] for rid in sorted(by_report)]


def _rows(path: Path) -> list[dict[Any, Any]]:
    """Rows of a parquet or JSON-lines file of notebook 01."""
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path).to_pylist()
        lines = path.read_text("utf-8").split("\n")  # others stand in texts
        rows = [json.loads(line) for line in lines if line]
        return [dict(row) for row in rows]
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        line = " ".join(str(error).split())[:100]
        raise DamagedFile(path, f"{path} can't be read ({line}): {AGAIN}") from None


def _only(row: Mapping[Any, Any], names: str) -> dict[str, Any]:
    return {str(name): row[name] for name in names.split() if row.get(name) is not None}


def _box(row: Mapping[Any, Any]) -> tuple[float, float, float, float]:
    return (float(row["x0"]), float(row["y0"]), float(row["x1"]), float(row["y1"]))
