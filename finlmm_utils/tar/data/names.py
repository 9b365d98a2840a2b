"""How a data set is named: a folder, a file or a hub id, its configuration, split and columns."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from finlmm_utils.checkout import repository_root
from finlmm_utils.tar.data.report import DataError

COLUMNS = (
    "id", "question", "context", "answer", "images", "target_image", "options", "unit",
)  # fmt: skip
"""What a mapping of columns may name on its left side."""

NAMES: dict[str, tuple[str, ...]] = {
    "question": ("question", "problem", "query", "question_text", "prompt"),
    "answer": ("answer", "ground_truth", "label", "final_answer", "solution", "response"),
    "images": ("decoded_image", "images", "image"),
    "options": ("options", "choices"),
    "target_image": ("target_image", "ground_image"),
    "context": ("context",),
    "unit": ("unit",),
    "id": ("id", "question_id", "pid", "sample_index", "index", "unique_id"),
}
"""What sets call the parts of a row, the first that a row has."""

DETAILS: dict[str, tuple[str, ...]] = {
    "mathvista": ("answer", "choices", "question_type", "answer_type", "precision"),
    "mathvision": ("answer", "options", "level", "subject"),
    "mathverse": ("answer", "question", "question_type", "problem_version"),
    "mmstar": ("answer", "category", "l2_category"),
    "finmme": ("answer", "question_type", "tolerance", "knowledge_domain"),
    "finmmr": ("answer", "ground_truth", "grade", "difficulty", "language"),
    "finchart": ("answer", "choices"),
}
"""Columns that a set's own scorer reads."""

CONTEXTS: dict[str, tuple[str, ...]] = {
    "mathvista": (), "finmme": ("verified_caption", "related_sentences"),
}  # fmt: skip
"""Columns that stand before the question in the prompt of the set's own repository, where they are
not the column "context" (MathVista's is a word for the kind of picture)."""


@dataclass(frozen=True)
class Source:
    """One data set, as a parameter names it.

    Attributes:
        path: "made", a folder, a file, or a hub id.
        config: of a hub set with several; "" for its only or default one.
        split: asked for; None for the usual one.
        columns: of the row's parts (``COLUMNS``), by which column of the set holds it.
        target_from: number of a row's first image in the set's own counting.
        image_folder: where paths of images start; "" for the set's own folder.
        partial: whether a split may lack some of its shards.
    """

    path: str
    config: str = ""
    split: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    target_from: int = 1
    image_folder: str = ""
    partial: bool = False

    @property
    def is_hub(self) -> bool:
        """Whether the name is a hub id, such as ``owner/name``."""
        start = self.path.startswith((".", "/", "~", "\\"))
        return self.path.count("/") == 1 and not start and not Path(self.path).exists()


def parts_of(sources: str) -> list[tuple[str, float]]:
    """Takes a mixture of data sets apart, as a parameter names it.

    Args:
        sources: names joined by "+", each with a share where wanted.

    Returns:
        Each name with its share; 1 where none is given.

    Raises:
        DataError: a share isn't a number above 0, or a part has no name.

    Examples:
        >>> parts_of("asp*0.7+VLM-Reasoner/VerMulti*0.3")
        [('asp', 0.7), ('VLM-Reasoner/VerMulti', 0.3)]
    """
    found = []
    for text in sources.split("+"):
        name, star, share = text.strip().partition("*")
        try:
            value = float(share) if star else 1.0
        except ValueError:
            raise DataError(f"{text}: share {share!r}; expected a number, as in asp*0.7") from None
        if not 0 < value < math.inf:
            raise DataError(f"{text}: share {share}; expected a number above 0")
        if not name:
            raise DataError(f"{sources!r}: a part without a name; expected names joined by +")
        found.append((name, value))
    return found


def parse_source(text: str) -> Source:
    """Reads a data set's name: ``path[:config][@split][?question=problem&target_from=0]``.

    Args:
        text: a path that exists, from the working directory or from the repository's root, is
            taken as it stands, whatever characters it holds.

    Returns:
        The source.

    Raises:
        DataError: an unknown entry behind the question mark.

    Examples:
        >>> parse_source("AI4Math/MathVista@testmini").split
        'testmini'
        >>> parse_source("openai/gsm8k:main?answer=reply").columns
        {'answer': 'reply'}
    """
    if Path(located(text)).exists():
        return Source(located(text))
    text, _, query = text.partition("?")
    text = located(text)
    source = Source(text)
    if not Path(text).exists():
        path, _, split = text.rpartition("@") if "@" in text else (text, "", "")
        source = Source(located(path), split=split or None)
    path, _, config = source.path.rpartition(":")
    path = located(path)
    if path and not Path(source.path).exists() and (path.count("/") == 1 or Path(path).exists()):
        source = replace(source, path=path, config=config)
    return with_entries(source, dict(parse_qsl(query, keep_blank_values=True)))


def located(text: str) -> str:
    """A path from the repository's root where the working directory has none; else the text.

    A notebook's working directory is its own folder, and its parameters start at the root.
    """
    rooted = repository_root() / Path(text).expanduser() if text else Path()
    return str(rooted) if text and not Path(text).exists() and rooted.exists() else text


def with_entries(source: Source, entries: Mapping[str, str]) -> Source:
    """A source with its mapping of columns and its other entries.

    Args:
        source: to complete.
        entries: column by part of the row, ``target_from``, ``image_folder`` and ``partial``
            ("yes" or "no").

    Raises:
        DataError: an entry that is none of these, or a number that is none.
    """
    columns = dict(source.columns)
    rest: dict[str, Any] = {"target_from": source.target_from, "image_folder": source.image_folder,
                            "partial": "yes" if source.partial else "no"}  # fmt: skip
    for name, value in entries.items():
        if name in COLUMNS:
            columns[name] = value
        elif name not in rest:
            known = ", ".join((*COLUMNS, *rest))
            raise DataError(f"{source.path}: {name!r} is no part of a row; expected {known}")
        else:
            rest[name] = value
    if str(rest["target_from"]) not in ("0", "1"):
        raise DataError(f"{source.path}: target_from {rest['target_from']!r}; expected 0 or 1")
    if rest["partial"] not in ("yes", "no"):
        raise DataError(f"{source.path}: partial {rest['partial']!r}; expected yes or no")
    return replace(
        source,
        columns=columns,
        target_from=int(rest["target_from"]),
        image_folder=located(str(rest["image_folder"])),
        partial=rest["partial"] == "yes",
    )
