"""The forms in which data sets write a row, each read into one item: question, answer, images.

A form is told by its columns, so that a folder is known as well as a hub id. What is special in a
set stands in a function of its own below; everything else is read by the names that sets give to
the same thing.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from finlmm_utils.finance.answers import can_parse
from finlmm_utils.tar.data.dialogues import dialogue, without_markers
from finlmm_utils.tar.data.golds import (
    answer_text,
    given_answer,
    is_missing,
    letter_of,
    listed,
    literal,
    options_by_letter,
    stated_answer,
)
from finlmm_utils.tar.data.names import CONTEXTS, DETAILS, NAMES
from finlmm_utils.tar.data.report import Refused

FORMS: dict[str, tuple[set[str], str]] = {
    "contract": ({"prompt", "answer_kind", "answer"}, "the row contract"),
    "mathvista": ({"pid", "question", "answer_type", "precision"}, "MathVista"),
    "mathvision": ({"id", "question", "options", "answer", "level"}, "MATH-Vision"),
    "mathverse": ({"sample_index", "problem_version", "question_type"}, "MathVerse"),
    "mmstar": ({"index", "question", "category", "l2_category"}, "MMStar"),
    "finmme": ({"question_text", "question_type", "answer"}, "FinMME"),
    "finmmr": ({"question_id", "question", "images"}, "FinMMR"),
    "vermulti": ({"message"}, "VerMulti"),
    "conversations": ({"conversations"}, "conversations"),
    "messages": ({"messages"}, "messages"),
    "chartqa": ({"query", "label"}, "ChartQA"),
    "finchart": ({"kind", "image", "question", "answer"}, "FinChart-Bench"),
}
"""Columns by which a form is known, the most telling first; "plain" has none of them."""

FINCHART_FILES = ("MC_data", "QA_data", "TF_data")
"""Files of FinChart-Bench's own repository: choices, numbers, true or false."""

VISION_ONLY = "Answer the question that the image shows."
"""In place of a question that stands in the picture alone (MathVerse's version Vision Only)."""


@dataclass
class Item:
    """One raw row, read.

    Attributes:
        question: the user's turn.
        answer: the gold; of a choice its letter where the options are known.
        kind: "number", "choice" or "text".
        images: as the set holds them.
        target: number of the image that answers, from 1; None where there is none or one image.
        unit: of the answer.
        details: what the set's own scorer reads.
        notes: what a reader should know of this row.
    """

    question: str
    answer: str
    kind: str
    images: list[Any]
    target: int | None = None
    unit: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def form_of(columns: Iterable[str], file: Path | None = None) -> str:
    """The form that a row's columns tell, or its file's name (FinChart-Bench), or "plain".

    Examples:
        >>> form_of(["image", "query", "label", "human_or_machine"]), form_of(["problem", "answer"])
        ('chartqa', 'plain')
    """
    if file is not None and file.stem in FINCHART_FILES:
        return "finchart"
    there = set(columns)
    return next((name for name, (needed, _) in FORMS.items() if needed <= there), "plain")


def read_item(
    record: Mapping[str, Any],
    form: str,
    file: Path,
    columns: Mapping[str, str] | None = None,
    target_from: int = 1,
) -> Item:
    """Reads one raw row.

    Args:
        record: the row.
        form: of its set, see :func:`form_of`.
        file: that it stands in.
        columns: of parts whose column is not among ``NAMES``.
        target_from: number of the first image in the set's own counting.

    Raises:
        Refused: a part is missing or can't be read; it says which.
    """
    columns = columns or {}
    question, reply, images = _asked(record, columns)
    images = images or _images(record, columns, file)
    question = _question(question, record, form, columns)
    options = options_by_letter(_part(record, "options", columns))
    answer, notes = _answer(record, columns, reply), []
    kind = _kind(record, answer, bool(options))
    if kind == "choice":
        answer = letter_of(answer, options)
    question += listed(options)
    question = without_markers(question, len(images)) + _hint(record, form)
    target, several = target_of(record, columns, images, target_from)
    if several:
        notes.append("several images answer: no image selection")
    unit = str(_part(record, "unit", columns) or "")
    details = {n: record[n] for n in DETAILS.get(form, ()) if record.get(n) is not None}
    if form == "mathvista" and answer in options:  # its gold is the option's text
        details["answer"] = options[answer]
    return Item(question, answer, kind, images, target, unit, details | {"form": form}, notes)


def _part(record: Mapping[str, Any], part: str, columns: Mapping[str, str]) -> Any:
    """A part of a row: of the column that the mapping names, else of the first known one."""
    if part in columns:
        if columns[part] not in record:
            there = ", ".join(sorted(record))
            raise Refused("no such column", f"{columns[part]!r} for {part}; its columns: {there}")
        return record[columns[part]]
    return next((record[name] for name in NAMES[part] if record.get(name) is not None), None)


def item_id(record: Mapping[str, Any], columns: Mapping[str, str]) -> str:
    """A row's own name, or ""."""
    value = _part(record, "id", columns)
    return "" if value is None else str(value)


def _asked(
    record: Mapping[str, Any], columns: Mapping[str, str]
) -> tuple[str, str | None, list[Any]]:
    """Question, reply and images among the parts of a dialogue; of other rows the question."""
    if "question" not in columns:
        for name in ("message", "messages", "conversations", "prompt"):
            turns = record.get(name)
            if turns and (name != "prompt" or not isinstance(turns, str)):
                return dialogue(turns)
    question = _part(record, "question", columns)
    if question is not None and not isinstance(question, str):
        raise Refused("no question", f"a {type(question).__name__} in its place")
    return (question or "").strip(), None, []


def _question(
    question: str, record: Mapping[str, Any], form: str, columns: Mapping[str, str]
) -> str:
    if not question and form == "mathverse":
        question = VISION_ONLY
    if not question:
        raise Refused("no question", f"columns {', '.join(sorted(record))}")
    told = [record.get(name) for name in CONTEXTS.get(form, ())]
    told = told if form in CONTEXTS else [_part(record, "context", columns)]
    return "\n".join([*(str(part).strip() for part in told if part), question])


def _images(record: Mapping[str, Any], columns: Mapping[str, str], file: Path) -> list[Any]:
    images = as_list(_part(record, "images", columns))
    if file.stem in FINCHART_FILES:
        images = [_finchart_image(image, file) for image in images]
    return images


def as_list(images: Any) -> list[Any]:
    """A row's images, of which some sets hold one without a list; none for an empty cell."""
    images = literal(images)
    if is_missing(images):
        return []
    return list(images) if isinstance(images, list | tuple) else [images]


def _finchart_image(image: Any, file: Path) -> Any:
    """FinChart-Bench: ``x_crop_0_q1.jpg`` of MC_data.json is ``MC_images/x_crop_0.jpg``."""
    if not isinstance(image, str):
        return image
    path = PurePosixPath(image)
    stem = re.sub(r"_q\d+$", "", path.stem)
    return str(PurePosixPath(file.stem.replace("_data", "_images")) / f"{stem}{path.suffix}")


def _answer(record: Mapping[str, Any], columns: Mapping[str, str], reply: str | None) -> str:
    names = [columns["answer"]] if "answer" in columns else list(NAMES["answer"])
    if "ground_truth" in names and record.get("ground_truth") is not None:
        names = ["ground_truth"]  # a set that has both states the other as text
    for name in names:
        value = record.get(name)
        if is_missing(value):
            continue
        text = answer_text(value)
        worked = name in ("solution", "response") or "####" in text or "</answer>" in text
        return given_answer(stated_answer(text) if worked else text)
    if reply:
        return given_answer(stated_answer(reply))
    raise Refused("no gold answer", f"columns {', '.join(sorted(record))}")


def _kind(record: Mapping[str, Any], answer: str, has_options: bool) -> str:
    stated = str(
        record.get("kind") or record.get("answer_kind") or record.get("question_type") or ""
    )
    if has_options or stated in ("choice", "truefalse", "single_choice", "multiple_choice",
                                 "multi_choice", "multi-choice"):  # fmt: skip
        return "choice"
    if answer.lower() in ("true", "false", "yes", "no") or answer in tuple("ABCDEFGHIJ"):
        return "choice"
    return "number" if can_parse(answer, "number") else "text"


def _hint(record: Mapping[str, Any], form: str) -> str:
    """How MathVista wants an answer written, in its own query's sense; FinMME names its unit."""
    unit = f" (Unit: {record['unit']})" if record.get("unit") else ""
    if form != "mathvista" or record.get("question_type") == "multi_choice":
        return unit if form == "finmme" else ""
    try:
        kind, places = record.get("answer_type"), int(record.get("precision") or 0)
    except (TypeError, ValueError, OverflowError):
        raise Refused("precision is no number", repr(record["precision"])[:60]) from None
    if kind == "integer":
        return f"{unit}\nAnswer with an integer."
    if kind == "float":
        plural = "s" if places != 1 else ""
        return f"{unit}\nAnswer with a number, rounded to {places} decimal place{plural}."
    return f"{unit}\nAnswer with a list, such as [1, 2, 3]." if kind == "list" else unit


def target_of(
    record: Mapping[str, Any], columns: Mapping[str, str], images: Sequence[Any], first: int
) -> tuple[int | None, bool]:
    """The number of the image that answers, and whether several do.

    Args:
        record: the raw row.
        columns: of parts whose column is not among ``NAMES``.
        images: of the row; one alone has no target, since saying "1" would be paid.
        first: number of the first image in the set's own counting.

    Returns:
        The number from 1, or None where there is nothing to select.

    Raises:
        Refused: it is none of the images.
    """
    value = _part(record, "target_image", columns)
    if value is None and "ground_images" in record:
        grounds = [_place(ground, images) for ground in as_list(record["ground_images"])]
        if len(grounds) > 1:
            return None, True
        value, first = (grounds[0], 1) if grounds else (None, first)
    if value is None or len(images) < 2:
        return None, False
    try:
        number = math.nan if isinstance(value, bool) else float(value) - first + 1
    except (TypeError, ValueError, OverflowError) as error:
        raise Refused("target is no number", repr(value)[:60]) from error
    if not (number.is_integer() and 1 <= number <= len(images)):
        shown = repr(value)[:60]
        raise Refused("target not among the images", f"{shown} with {len(images)} images")
    return int(number), False


def _place(ground: Any, images: Sequence[Any]) -> int:
    """The number, from 1, of the image that is named: as it stands, else by its path's last parts.

    Raises:
        Refused: it is none of the images, or could be several.
    """
    if ground in images:
        return list(images).index(ground) + 1
    if isinstance(ground, str):
        ends = _ends(ground)
        for size in range(len(ends), 0, -1):
            found = [k for k, image in enumerate(images, 1)
                     if isinstance(image, str) and _ends(image)[:size] == ends[:size]]  # fmt: skip
            if len(found) == 1:
                return found[0]
    raise Refused("target not among the images", repr(ground)[:60])


def _ends(path: str) -> list[str]:
    """The parts of a path, the last first."""
    return list(reversed(PurePosixPath(path.replace("\\", "/")).parts))
