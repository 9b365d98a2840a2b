"""Data sets of both stages in the row contract: made word problems, hub data sets, local folders.

Known kinds are told apart by their columns: DeepScaleR, MATH (``problem``, ``answer``), GSM8K
(``question``, ``solution``), VerMulti (``message`` or ``question``, with images), FinMMR
(``question_id``, ``target_image``), FinChart-Bench (``kind``, ``image``), and rows that are in the
contract already.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from finlmm_utils.errors import OneLine
from finlmm_utils.finance.answers import can_parse
from finlmm_utils.rows import features, make_row
from finlmm_utils.synthetic.word_problems import made_text_rows

MOST_IMAGES = 5  # of a row, as the paper has them


class DataError(OneLine, ValueError):
    """A data set that can't be used; one line that says which row and why."""


@dataclass
class DataReport:
    """What became of a source's rows.

    Attributes:
        source: name of the data set.
        read: rows in the source.
        kept: rows in the result.
        unparseable: ids of kept rows whose gold can't be compared: they get no accuracy reward.
        refused: ids and reasons of rows that don't fit the contract.
    """

    source: str
    read: int = 0
    kept: int = 0
    unparseable: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)

    @property
    def parse_rate(self) -> float:
        """Share of the kept rows whose gold can be parsed; NaN of no row."""
        return 1 - len(self.unparseable) / self.kept if self.kept else float("nan")


def load_rows(
    source: str | Path, count: int = 0, seed: int = 0, split: str = "train"
) -> tuple[Any, DataReport]:
    """Loads a data set into the row contract.

    Args:
        source: "made"; a folder or file (``save_to_disk``, ``.jsonl``, ``.json``, ``.parquet``;
            image paths in it are relative to the folder); or a hub id.
        count: at most so many rows, drawn at random; 0 for all.
        seed: of the made rows and of the draw.
        split: of made rows, of a saved DatasetDict and on the hub.

    Returns:
        A ``Dataset`` and a report with the gold parse rate. Where any row has images, those
        without have an empty list of them; training keeps both kinds in batches of their own.

    Raises:
        DataError: nothing there, or no row could be used.
    """
    from datasets import Dataset

    report = DataReport(str(source))
    if str(source) == "made":
        rows = made_text_rows(count or 256, seed, split)
    else:
        records, root = _records(str(source), split)
        if count and count < len(records):
            chosen = sorted(random.Random(seed).sample(range(len(records)), count))
            records = [records[i] for i in chosen]
        rows = _convert(records, root, split, report)
    report.read = report.read or len(rows)
    report.kept = len(rows)
    if not rows:
        reasons = sorted(set(report.refused.values()))[:3]
        raise DataError(f"{source}: no row can be used ({'; '.join(reasons) or 'it is empty'})")
    with_images = any("images" in row for row in rows)
    if with_images:  # a text row among them has an empty list
        rows = [{"images": [], **row} for row in rows]
    report.unparseable = [r["id"] for r in rows if not can_parse(r["answer"], r["answer_kind"])]
    return Dataset.from_list(rows, features=features(with_images)), report


def _records(source: str, split: str) -> tuple[Any, Path]:
    """The source's raw rows, indexable, and the folder its image paths start from."""
    from datasets import Dataset, DatasetDict, load_dataset, load_from_disk

    path = Path(source)
    if not path.exists():
        if source.count("/") != 1 or source.startswith((".", "/", "~")):
            raise DataError(
                f"{source}: no such file or folder; expected 'made', a path or a hub id"
            )
        found = load_dataset(source)
        part = found[split] if split in found else found[sorted(found)[0]]
        return part, Path()
    if (path / "dataset_dict.json").exists() or (path / "state.json").exists():
        saved = load_from_disk(str(path))
        return (saved[split] if isinstance(saved, DatasetDict) else saved), path
    files = sorted(p for p in path.iterdir() if p.suffix in (".jsonl", ".json", ".parquet")) if (
        path.is_dir()) else [path]  # fmt: skip
    if not files:
        raise DataError(f"{source}: no .jsonl, .json or .parquet in it")
    records: list[Any] = []
    for file in files:
        if file.suffix == ".parquet":
            records += Dataset.from_parquet(str(file)).to_list()
        elif file.suffix == ".jsonl":
            lines = file.read_text(encoding="utf-8").splitlines()
            records += [json.loads(line) for line in lines if line.strip()]
        else:
            records += json.loads(file.read_text(encoding="utf-8"))
    return records, path if path.is_dir() else path.parent


def _convert(records: Iterable[Any], root: Path, split: str, report: DataReport) -> list[Any]:
    rows, ids = [], set()
    for number, record in enumerate(records):
        report.read += 1
        name = str(
            record.get("id") or record.get("question_id") or f"{root.name or 'row'}-{number}"
        )
        name = name if name not in ids else f"{name}-{number}"
        ids.add(name)
        try:
            rows.append(_row(name, record, root, split))
        except (DataError, ValueError, OSError, KeyError, TypeError) as error:
            report.refused[name] = str(error)
    return rows


def _row(name: str, record: Mapping[str, Any], root: Path, split: str) -> dict[str, Any]:
    if "prompt" in record and "answer_kind" in record:
        return _contract_row(name, record, split)
    question = record.get("problem") or record.get("question")
    images = record.get("images") or record.get("image") or []
    images = list(images) if isinstance(images, list | tuple) else [images]
    if record.get("message"):
        question, images = _message(record["message"])
    if not question:
        raise DataError(f"no question; columns {sorted(record)}")
    question = str(question).replace("<image>", "").strip()
    if record.get("context"):
        question = f"{record['context']}\n{question}"
    options = record.get("choices") or {}
    if isinstance(options, Mapping) and options:
        question += "".join(f"\n{letter}. {text}" for letter, text in sorted(options.items()))
    answer = record["answer"]
    answer = str(answer).strip() if answer is not None else ""
    kind = _kind(record, answer, bool(options))
    target = record.get("target_image") or record.get("ground_image")
    if len(images) == 1:
        target = 1
    if not images:
        return make_row(name, question, answer, kind, "", split=split)
    if len(images) > MOST_IMAGES:
        raise DataError(f"{len(images)} images; expected at most {MOST_IMAGES}")
    pictures = [_picture(image, root) for image in images]
    target = int(target) if target is not None else None
    return make_row(name, question, answer, kind, "", split=split, images=pictures,
                    target_image=target)  # fmt: skip


def _contract_row(name: str, record: Mapping[str, Any], split: str) -> dict[str, Any]:
    question = record["prompt"][-1]["content"]
    images = record.get("images") or None
    return make_row(name, question, record["answer"], record["answer_kind"], record.get("task", ""),
                    unit=record.get("unit") or "", split=record.get("split") or split,
                    images=images, target_image=record.get("target_image"))  # fmt: skip


def _kind(record: Mapping[str, Any], answer: str, has_options: bool) -> str:
    stated = str(record.get("kind") or record.get("answer_kind") or "")
    if has_options or stated in ("choice", "truefalse"):
        return "choice"
    if answer.lower() in ("true", "false", "yes", "no") or answer in tuple("ABCDEFGHIJ"):
        return "choice"
    return "number" if can_parse(answer, "number") else "text"


def _message(message: Any) -> tuple[str, list[Any]]:
    """The user's text and images of a chat in LMM-R1's form (a list, or its JSON)."""
    turns = json.loads(message) if isinstance(message, str) else message
    content = next(turn["content"] for turn in turns if turn["role"] == "user")
    if isinstance(content, str):
        return content, []
    texts = [part["text"] for part in content if part.get("type") == "text"]
    return "\n".join(texts), [part["image"] for part in content if part.get("type") == "image"]


def _picture(image: Any, root: Path) -> dict[str, Any]:
    """An image as bytes: from a PIL image, a path, a data URL, or a hub's struct."""
    import base64

    if isinstance(image, Mapping):
        image = image.get("bytes") or image.get("path")
    if isinstance(image, bytes):
        return {"bytes": image, "path": None}
    if isinstance(image, str):
        if image.startswith("data:"):
            return {"bytes": base64.b64decode(image.partition(",")[2]), "path": None}
        path = root / image.removeprefix("file://")
        if not path.is_file():
            raise DataError(f"image {image}: no such file under {root.name or '.'}")
        return {"bytes": path.read_bytes(), "path": None}
    buffer = io.BytesIO()
    image.save(buffer, format="PNG")
    return {"bytes": buffer.getvalue(), "path": None}
