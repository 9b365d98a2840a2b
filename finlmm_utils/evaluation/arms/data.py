"""The rows of a study in little space: each picture once, with the gold series of made charts."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.asp.gold.series import series_of_run
from finlmm_utils.asp.store import read_reports
from finlmm_utils.evaluation.arms.spec import RUN_STAGE1, Plan, PlanError, Variant, fingerprint
from finlmm_utils.finance.terms import Series
from finlmm_utils.rows import SPLITS, features

PICTURES, ROWS, SERIES = "pictures.parquet", "rows.jsonl", "series.json"
SOURCE = "source.txt"
"""What the rows beside it were made from, as a fingerprint."""
CHOOSING = ("seed", "test_share", "validation_share", "image_cap", "distractors_from",
            "distractor_band")  # fmt: skip
"""Values of the profile that choose a variant's distractors."""


def pack(reports: Path, rows: Path | Mapping[str, Any], folder: Path) -> Path:
    """Writes the rows of a run for a study.

    Args:
        reports: folder of notebook 01.
        rows: folder ``rows`` of notebook 03, or its splits.
        folder: gets three files.

    Returns:
        The folder.
    """
    import pandas as pd
    from datasets import Image, load_from_disk

    folder.mkdir(parents=True, exist_ok=True)
    place: dict[bytes, int] = {}
    lines, texts = [], []
    splits = rows if isinstance(rows, Mapping) else load_from_disk(str(rows))
    for split in splits.values():
        undecoded = split.cast_column(
            "images", split.features["images"].__class__(Image(decode=False))
        )
        for row in undecoded:
            images = [place.setdefault(one["bytes"], len(place)) for one in row["images"]]
            lines.append(json.dumps({**row, "images": images}, ensure_ascii=False, sort_keys=True))
            texts.append({name: row[name] for name in ("id", "prompt")})
    pd.DataFrame({"png": list(place)}).to_parquet(folder / PICTURES)
    (folder / ROWS).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    gold = series_of_run(texts, reports)
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
    lines = (folder / ROWS).read_text("utf-8").split("\n")  # others stand in texts
    rows = [json.loads(line) for line in lines if line]
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


def pack_run(run: Path, folder: Path, plan: Plan, values: Mapping[str, Any]) -> Path:
    """Packs the rows of a whole run, their variants, and the policy of its stage 1 as ``stage1``.

    Args:
        run: folder of a run with notebooks 01 and 03, and for variants 02.
        folder: gets the files; left as it is where it holds them already.
        plan: whose variants are made, each in a folder ``rows-NAME``.
        values: of the plan's profile.

    Returns:
        The folder.

    Raises:
        PlanError: the run has no such notebooks, or the folder holds other rows.
    """
    asked = ["01_*", "03_*/rows", *(["02_*/iqa.parquet"] if plan.variants else [])]
    if not all(sorted(run.glob(pattern)) for pattern in asked):
        which = "01, 02 and 03" if plan.variants else "01 and 03"
        raise PlanError(f"{run}: expected a run with notebooks {which}")
    source = _files_of(run)
    if not _holds(folder, source):
        pack(next(run.glob("01_*")), next(run.glob("03_*/rows")), folder)
        for policy in run.glob("04_*/policy"):
            shutil.copytree(policy, folder / RUN_STAGE1, dirs_exist_ok=True)
        (folder / SOURCE).write_text(fingerprint(source), encoding="utf-8")
    chosen = {name: values[name] for name in CHOOSING}
    told = {name: [source, one.model_dump(), chosen] for name, one in plan.variants.items()}
    left = {n: v for n, v in plan.variants.items() if not _holds(rows_of(folder, n), told[n])}
    if left:
        _pack_variants(run, folder, left, values)
    for name in left:
        (rows_of(folder, name) / SOURCE).write_text(fingerprint(told[name]), encoding="utf-8")
    return folder


def _files_of(run: Path) -> dict[str, str]:
    """Digests of the files of a run that decide its rows and the policy of its stage 1, by name."""
    found = {}
    for pattern in ("02_*/iqa.parquet", "03_*/rows/**/*", "04_*/policy/*.safetensors"):
        for path in sorted(run.glob(pattern)):
            if path.is_file() and not path.name.startswith("cache-"):  # those of datasets' own
                with path.open("rb") as file:
                    name = path.relative_to(run).as_posix()
                    found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def _holds(folder: Path, told: Any) -> bool:
    """Whether rows lie in a folder; refuses those of another run or made by another rule.

    What was packed before this was noted is taken as it is.
    """
    mark = folder / SOURCE
    if mark.is_file() and mark.read_text("utf-8") != fingerprint(told):
        raise PlanError(
            f"{folder}: holds the rows of another run, or of another rule of the plan; expected "
            "the --run and the plan that they were made from, or --out FOLDER to begin anew"
        )
    return (folder / SERIES).is_file()


def take_rows(committed: Path, folder: Path) -> Path:
    """Copies the rows that are committed beside the studies.

    Args:
        committed: folder of the three files of :func:`pack`.
        folder: gets them; left as it is where it holds them already.

    Returns:
        The folder.

    Raises:
        PlanError: nothing is committed, or the folder holds other rows.
    """
    if not (folder / SERIES).is_file():
        if not (committed / SERIES).is_file():
            raise PlanError(f"{committed}: no rows; expected --run FOLDER, a run with 01 and 03")
        shutil.copytree(committed, folder, dirs_exist_ok=True)
    elif (committed / ROWS).is_file() and digest_of(folder) != digest_of(committed):
        raise PlanError(
            f"{folder}: holds other rows than the committed ones; expected the --run that they are "
            "of, or --out FOLDER to begin anew"
        )
    return folder


def rows_of(folder: Path, variant: str) -> Path:
    """Where a variant's rows lie; the run's own for an empty name.

    Args:
        folder: of :func:`pack_run`.
        variant: its name.
    """
    return folder / f"rows-{variant}" if variant else folder


def _pack_variants(
    run: Path, folder: Path, variants: Mapping[str, Variant], values: Mapping[str, Any]
) -> None:
    """The questions of the run's notebook 02 beside other distractors, as notebook 03 does it."""
    import pandas as pd
    from datasets import Dataset

    from finlmm_utils.asp.alignment.figure_ocr import read_figure
    from finlmm_utils.asp.alignment.figure_text import figure_text, needs_reading
    from finlmm_utils.asp.alignment.similarity import embed, similarity_rows
    from finlmm_utils.asp.distractors import Chooser, build_rows, split_reports
    from finlmm_utils.asp.records import IQA

    reports, seed = next(run.glob("01_*")), values["seed"]
    iqa = pd.read_parquet(next(run.glob("02_*/iqa.parquet")))
    kept: list[Any] = iqa[iqa.kept].to_dict("records")
    triplets = [IQA(**row) for row in kept]
    figures = [figure for report in read_reports(reports) for figure in report.figures]
    sides = split_reports(
        [t.report_id for t in triplets], values["test_share"], seed, values["validation_share"]
    )
    read = {
        f.figure_id: read_figure(f) if needs_reading(f) and not f.caption else "" for f in figures
    }
    built: dict[str, dict[str, Any]] = {name: {} for name in variants}
    for side in SPLITS:
        asked = [t for t in triplets if sides[t.report_id] == side]
        pool = [f for f in figures if sides.get(f.report_id) == side]
        if not asked:
            continue
        shown = embed([figure_text(f, read[f.figure_id])[:400] for f in pool])
        questions = embed([t.question for t in asked])
        for name, variant in variants.items():
            chooser = Chooser(
                pool, variant.rule, variant.count, variant.count, values["image_cap"], len(asked),
                seed, values["distractors_from"], tuple(values["distractor_band"]),
            )  # fmt: skip
            rows = build_rows(asked, chooser, similarity_rows(questions, shown), side)
            if rows:
                built[name][side] = Dataset.from_list(rows, features=features())
    for name, splits in built.items():
        pack(reports, splits, rows_of(folder, name))


def digest_of(folder: Path) -> str:
    """Says which rows a folder holds: the first 12 hex digits of a SHA-256.

    Args:
        folder: of :func:`pack_run`.
    """
    return hashlib.sha256((folder / ROWS).read_bytes()).hexdigest()[:12]
