"""Data sets of both stages in the row contract: made word problems, hub data sets, local folders.

What a set's rows look like is told by their columns: see :mod:`finlmm_utils.tar.data.forms` for
the forms that are known, and ``columns`` below for any other.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.finance.answers import can_parse
from finlmm_utils.rows import SPLITS, features, make_row
from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.data.dialogues import dialogue
from finlmm_utils.tar.data.forms import as_list, form_of, item_id, read_item, target_of
from finlmm_utils.tar.data.golds import answer_text, given_answer
from finlmm_utils.tar.data.names import Source, parse_source, with_entries
from finlmm_utils.tar.data.pictures import Pictures
from finlmm_utils.tar.data.records import Records, open_records
from finlmm_utils.tar.data.report import DataError, DataReport, Refused

MOST_IMAGES = 5  # of a row, as the paper has them
BLOCK = 1_000
"""Rows that are written at a time, so that no more of them lie in memory as Python objects."""
_SPLIT_OF = {"testmini": "test", "val": "validation", "valid": "validation", "dev": "validation"}


def load_rows(
    source: str | Path,
    count: int = 0,
    seed: int = 0,
    split: str | None = None,
    columns: Mapping[str, str] | None = None,
) -> tuple[Any, DataReport]:
    """Loads a data set into the row contract.

    Args:
        source: "made"; a folder or file (``save_to_disk``, ``.jsonl``, ``.json``, ``.parquet``,
            ``.csv``, ``.tsv``, all but parquet also as ``.gz``;
            image paths in it are looked for below the folder); or a hub id. All of them may go on
            with ``[:config][@split][?question=problem&target_from=0&partial=yes]``.
        count: at most so many rows, drawn at random; 0 for all.
        seed: of the made rows and of the draw.
        split: of a set with several; left out, the training split.
        columns: by part of a row (``finlmm_utils.tar.data.names.COLUMNS``) the column that holds
            it, where a set has names of its own; also ``target_from`` (0 where the set counts its
            images from 0) and ``image_folder``.

    Returns:
        A ``Dataset`` and a report with the gold parse rate and what was refused. Where any row has
        images, those without have an empty list of them; training keeps both kinds in batches of
        their own.

    Raises:
        DataError: nothing there, no such split, a set that counts its images from 0 and does not
            say so, or no row could be used.
    """
    rows, report, _ = load_details(source, count, seed, split, columns)
    return rows, report


def load_details(
    source: str | Path,
    count: int = 0,
    seed: int = 0,
    split: str | None = None,
    columns: Mapping[str, str] | None = None,
    for_training: bool = True,
) -> tuple[Any, DataReport, dict[str, dict[str, Any]]]:
    """Loads a data set and what its own scorer reads of each row.

    Args:
        source: see :func:`load_rows`, like all others.
        count: at most so many rows.
        seed: of the draw.
        split: of a set with several.
        columns: names of the set's own.
        for_training: which split is the usual one.

    Returns:
        Rows, report, and details by row id.
    """
    report = DataReport(str(source))
    details: dict[str, dict[str, Any]] = {}
    if str(source) == "made":
        made = made_text_rows(count or 256, seed, split or "train")
        report.read = len(made)
        return _dataset(iter(made), report), report, details
    named = with_entries(parse_source(str(source)), columns or {})
    records = open_records(named, split or named.split, for_training)
    _refuse_zero_based(named, records)
    chosen = None
    if count and count < len(records):
        chosen = set(random.Random(seed).sample(range(1, len(records) + 1), count))
    rows = _rows(named, records, chosen, report, details)
    table = _dataset(rows, report)
    if records.missing:
        report.notes[f"of a split without {', '.join(records.missing)}"] = report.kept
    return table, report, details


def _dataset(rows: Iterator[dict[str, Any]], report: DataReport) -> Any:
    """A ``Dataset`` of the rows, built block by block; fills in the report."""
    from datasets import Dataset, concatenate_datasets

    parts: list[Any] = []
    block: list[dict[str, Any]] = []
    whole = features(True)

    def close() -> None:
        if block:
            parts.append(Dataset.from_list(block, features=whole))
            block.clear()

    with_images = False
    for row in rows:
        report.ids.append(row["id"])
        if not can_parse(row["answer"], row["answer_kind"]):
            report.unparseable.append(row["id"])
        with_images = with_images or "images" in row
        block.append({"images": [], **row})
        if len(block) == BLOCK:
            close()
    close()
    report.kept = len(report.ids)
    if not parts:
        reasons = "; ".join(report.lines()[:3]) or "it is empty"
        raise DataError(f"{report.source}: no row can be used ({reasons})")
    table = concatenate_datasets(parts) if len(parts) > 1 else parts[0]
    return table if with_images else table.remove_columns("images")


def _rows(
    source: Source,
    records: Records,
    chosen: set[int] | None,
    report: DataReport,
    details: dict[str, dict[str, Any]],
) -> Iterator[dict[str, Any]]:
    """The rows that can be used; the others go into the report with their numbers."""
    pictures = Pictures(records.folder, records.fetch, source.image_folder)
    split = _SPLIT_OF.get(records.split, records.split)
    split = split if split in SPLITS else "train"
    seen: dict[str, str] = {}
    for number, record, file in records.rows(chosen):
        report.read += 1
        name = item_id(record, source.columns) if source.columns.get("id", "id") else ""
        name = name or f"{records.folder.name or 'row'}-{number - 1}"
        name = name.encode("utf-8", "replace").decode()
        try:
            row, more, notes = _row(name, record, source, pictures, file, split)
            texts = [row[part] for part in ("answer", "unit", "task", "split")]
            if not _is_unicode("".join(texts)):
                raise Refused("a text holds half a letter", ascii(texts)[:80])
            same = seen.get(name)
            if same == row["prompt"][-1]["content"]:
                raise Refused("stands twice", "another row has its id and its question")
            if same is not None:
                row["id"] = name = f"{name}-{number - 1}"
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            if isinstance(error, DataError) and not isinstance(error, Refused):
                raise  # of the whole set, such as an archive: no other row could do without it
            name = name if name not in report.refused else f"{name}-{number - 1}"
            report.refused[name] = f"{_reason(error)} (row {number})"
            continue
        seen[name] = row["prompt"][-1]["content"]
        details[row["id"]] = more
        report.notes.update(notes)
        yield row


def _row(
    name: str, record: Mapping[str, Any], source: Source, pictures: Pictures, file: Path, split: str
) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
    """A row of the contract, its details and its notes."""
    form = form_of(record, file)
    if form == "contract" and not source.columns:
        row = _contract_row(name, record, pictures, file, split, source.target_from)
        return row, {"form": form}, []
    item = read_item(record, form, file, source.columns, source.target_from)
    if len(item.images) > MOST_IMAGES:
        raise Refused("too many images", f"{len(item.images)}; expected at most {MOST_IMAGES}")
    found = [pictures.picture(image, file) for image in item.images]
    row = make_row(name, item.question, item.answer, item.kind, "", unit=item.unit, split=split,
                   images=found or None, target_image=item.target)  # fmt: skip
    return row, item.details, item.notes


def _contract_row(
    name: str, record: Mapping[str, Any], pictures: Pictures, file: Path, split: str, first: int
) -> dict[str, Any]:
    """A row that is in the contract, held to the same rules as any other."""
    question, _, _ = dialogue(record["prompt"])
    if not question.strip():
        raise Refused("no question", "an empty turn of the user")
    answer = record["answer"]
    answer = given_answer(answer if isinstance(answer, str) else answer_text(answer))
    images = as_list(record.get("images"))
    target, _ = target_of(record, {}, images, first)
    found = [pictures.picture(image, file) for image in images]
    return make_row(name, question, answer, record["answer_kind"], str(record.get("task") or ""),
                    unit=str(record.get("unit") or ""), split=str(record.get("split") or split),
                    images=found or None, target_image=target)  # fmt: skip


def _refuse_zero_based(source: Source, records: Records) -> None:
    """A set that counts its images from 0 and does not say so would be off by one in every row."""
    column = source.columns.get("target_image")
    names = [column] if column else ["target_image", "ground_image"]
    if source.target_from == 0:
        return
    for number, record, file in records.rows(columns=names):
        for name in names:
            if _is_zero(record.get(name)):
                raise DataError(
                    f"{source.path}: row {number} of {file.name}: {name} is 0, but images are "
                    f"counted from 1; where the set counts from 0, say {source.path}?target_from=0"
                )


def _is_zero(value: Any) -> bool:
    """Whether a target is 0, as a number or as a text ("0", "0.0"), as files without types have."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return False
    try:
        return float(value) == 0
    except (ValueError, OverflowError):
        return False


def _reason(error: Exception) -> str:
    """Why a row is refused, in one line that can be printed: a row may hold any letters."""
    words = str(error) if isinstance(error, Refused) else f"of no known form: {error}"
    words = " ".join(words.encode("utf-8", "replace").decode().split())
    return words if ": " in words else f"{words}:"


def _is_unicode(text: str) -> bool:
    """Whether no half of a surrogate pair is in it: JSON can hold one, no table can."""
    return text == text.encode("utf-8", "replace").decode()
