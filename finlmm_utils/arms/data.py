"""The rows of a study in little space: each picture once, with the gold series of made charts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.arms.spec import PlanError
from finlmm_utils.asp.gold.alignment import read_gold
from finlmm_utils.asp.gold.series import series_of_rows
from finlmm_utils.asp.store import read_reports
from finlmm_utils.finance.terms import Series
from finlmm_utils.rows import features

PICTURES, ROWS, SERIES = "pictures.parquet", "rows.jsonl", "series.json"


def pack(reports: Path, rows: Path, folder: Path) -> Path:
    """Writes the rows of a run for a study.

    Args:
        reports: folder of notebook 01.
        rows: folder ``rows`` of notebook 03.
        folder: gets three files.

    Returns:
        The folder.
    """
    import pandas as pd
    from datasets import Image, load_from_disk

    folder.mkdir(parents=True, exist_ok=True)
    place: dict[bytes, int] = {}
    lines, texts = [], []
    for split in load_from_disk(str(rows)).values():
        undecoded = split.cast_column(
            "images", split.features["images"].__class__(Image(decode=False))
        )
        for row in undecoded:
            images = [place.setdefault(one["bytes"], len(place)) for one in row["images"]]
            lines.append(json.dumps({**row, "images": images}, ensure_ascii=False, sort_keys=True))
            texts.append({name: row[name] for name in ("id", "prompt")})
    pd.DataFrame({"png": list(place)}).to_parquet(folder / PICTURES)
    (folder / ROWS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    gold = series_of_rows(texts, read_reports(reports), read_gold(reports / "gold.jsonl"))
    told = {row: [s.term, s.unit, s.labels, s.values] for row, s in gold.items()}
    (folder / SERIES).write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    return folder


def unpack(folder: Path, split: str, tasks: list[str]) -> tuple[Any, Mapping[str, Series]]:
    """Reads what :func:`pack` wrote.

    Args:
        folder: of the three files.
        split: "train", "validation" or "test".
        tasks: kinds of rows; empty for all.

    Returns:
        A ``Dataset`` in the row contract, and the gold series by id of row.
    """
    import pandas as pd
    from datasets import Dataset

    pictures = pd.read_parquet(folder / PICTURES)["png"].tolist()
    rows = [json.loads(line) for line in (folder / ROWS).read_text("utf-8").splitlines()]
    chosen = [
        {**row, "images": [{"bytes": pictures[k], "path": None} for k in row["images"]]}
        for row in rows
        if row["split"] == split and (not tasks or row["task"] in tasks)
    ]
    told = json.loads((folder / SERIES).read_text("utf-8"))
    series = {
        row: Series(term, unit, tuple(labels), tuple(values))
        for row, (term, unit, labels, values) in told.items()
    }
    return Dataset.from_list(chosen, features=features()), series


def pack_run(run: Path, folder: Path) -> Path:
    """Packs the rows of a whole run, and the policy of its stage 1 as ``stage1``.

    Args:
        run: folder of a run with notebooks 01 and 03.
        folder: gets the files; left as it is where it holds them already.

    Returns:
        The folder.

    Raises:
        PlanError: the run has no such notebooks.
    """
    reports, rows = sorted(run.glob("01_*")), sorted(run.glob("03_*/rows"))
    if not (reports and rows):
        raise PlanError(f"{run}: expected a run with notebooks 01 and 03")
    if not (folder / SERIES).is_file():
        pack(reports[0], rows[0], folder)
        for policy in run.glob("04_*/policy"):
            shutil.copytree(policy, folder / "stage1", dirs_exist_ok=True)
    return folder
