"""What the right chart of a made report shows of the term that a row asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.asp.gold.alignment import read_gold
from finlmm_utils.asp.records import Report
from finlmm_utils.asp.store import read_reports
from finlmm_utils.finance.terms import Series


def series_of_rows(
    rows: Iterable[Mapping[str, Any]], reports: Iterable[Report], gold: Iterable[Mapping[str, Any]]
) -> dict[str, Series]:
    """Finds the gold series of each row of a made report.

    Args:
        rows: of the row contract, ids as notebook 02 joins them; their images aren't looked at.
        reports: as extracted, which tie an id to a file.
        gold: rows of ``gold.jsonl``, with file, term, labels and values.

    Returns:
        By id: the series of the longest term that the question names; rows of real reports and
        of terms that no chart shows are left out.
    """
    files = {report.report_id: report.file for report in reports}
    shown: dict[str, dict[str, Series]] = {}
    for row in gold:
        shown.setdefault(row["file"], {})[row["term"]] = Series(
            row["term"], row["series_unit"], tuple(row["labels"]), tuple(row["values"])
        )
    found = {}
    for row in rows:
        charts = shown.get(files.get(row["id"].split("-")[0], ""), {})
        question = row["prompt"][-1]["content"]
        named = [
            term for term in charts
            if re.search(rf"(?<![\w-]){re.escape(term)}(?![\w-])", question, re.IGNORECASE)
        ]  # fmt: skip
        if named:
            found[row["id"]] = charts[max(named, key=len)]
    return found


def series_of_run(rows: Iterable[Mapping[str, Any]], reports: Path) -> dict[str, Series]:
    """The same for the rows of a run.

    Args:
        rows: of the row contract; their images aren't looked at.
        reports: folder of notebook 01; without ``gold.jsonl`` there, no row has a series.
    """
    gold = reports / "gold.jsonl"
    known = read_gold(gold) if gold.is_file() else []
    texts = [{name: row[name] for name in ("id", "prompt")} for row in rows]
    return series_of_rows(texts, read_reports(reports), known) if known else {}
