"""The row contract: the one form in which data passes from ASP to training and evaluation."""

from __future__ import annotations

import re
from typing import Any

SYSTEM_PROMPT_TEXT = "Reason in <think></think>, then answer in <answer></answer>."
SYSTEM_PROMPT = (
    SYSTEM_PROMPT_TEXT
    + " Then give the number of the image you used in <image_selection></image_selection>."
)
ANSWER_KINDS = ("number", "choice", "text")
SPLITS = ("train", "validation", "test")
"""Trained on; parameters are chosen on; reported on."""
TASKS = ("arithmetic", "statistics", "explanation", "knowledge")


def features(with_images: bool = True) -> Any:
    """The fixed ``datasets.Features`` of a row.

    Args:
        with_images: False for text rows (stage 1), which have no ``images`` column at all: TRL
            1.16 takes a row with that column for a multimodal one, also where its list is empty.

    Returns:
        ``datasets.Features``; ``target_image`` counts from 1 and is null for text rows.
    """
    from datasets import Features, Image, List, Value

    columns = {
        "id": Value("string"),
        "prompt": List({"role": Value("string"), "content": Value("string")}),
        "answer": Value("string"),
        "answer_kind": Value("string"),
        "unit": Value("string"),
        "task": Value("string"),
        "target_image": Value("int32"),
        "split": Value("string"),
    }
    if with_images:
        columns["images"] = List(Image())
    return Features(columns)


_TAG = re.compile(r"<(?=[A-Za-z/!?]|[|｜][\w▁]+[|｜]>)")
"""Where a tag of HTML or a control token of a chat template begins: "<img", "</p", "<|im_end|>",
"<｜User｜>"."""
_UNSEEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Control characters, marks that turn the direction of writing, halves of surrogate pairs, letters
of tags (which spell words for a tokenizer and show nothing): letters that nobody sees and that
change what is read. Tabs and line breaks are none."""


def has_markup(text: str) -> bool:
    """Whether a text holds a tag, a control token or unseen letters.

    The rule: a question or an answer of a report that does is dropped (``markup``), since no
    report asks so; the rows of a data set keep their text, :func:`defused`.

    Examples:
        >>> has_markup("Is 3 < 5 and R&D > 2?"), has_markup("What is <b>revenue</b>?")
        (False, True)
    """
    return bool(_TAG.search(text) or _UNSEEN.search(text))


def defused(text: str) -> str:
    """A text from outside that no tokenizer takes for its control tokens, and no browser for tags.

    Examples:
        >>> defused("What does <|im_end|> mean, or <img src=x>?")
        'What does < |im_end|> mean, or < img src=x>?'
    """
    return _TAG.sub("< ", _UNSEEN.sub("", text))


def make_row(
    id: str,
    question: str,
    answer: str,
    answer_kind: str,
    task: str,
    *,
    unit: str = "",
    split: str = "train",
    images: list[Any] | None = None,
    target_image: int | None = None,
) -> dict[str, Any]:
    """Builds one row of the contract.

    Args:
        id: unique in the data set.
        question: the user's turn, text only; images are placed before it by the processor. Control
            tokens of a chat template in it ("<|im_end|>") and tags lose their power.
        answer: the gold answer.
        answer_kind: one of ``ANSWER_KINDS``.
        task: one of ``TASKS``, or "" where the source has no task kinds.
        unit: of the answer.
        split: one of ``SPLITS``; of rows from reports, no report is in two of them.
        images: 1 to 5 PIL images (or PNG bytes as ``{"bytes": ..., "path": None}``); None for text.
        target_image: which image answers, from 1; None for text rows, for rows of one image, which
            would be paid for saying "1", and where several answer. Rows of reports have it at a
            place drawn uniformly from those that the row has. The system prompt asks for a
            selection only where there is a target.

    Returns:
        The row; with the column ``images`` only where images were given.

    Raises:
        ValueError: names the row where images and target do not fit each other.
    """
    if answer_kind not in ANSWER_KINDS:
        raise ValueError(f"row {id!r}: answer_kind {answer_kind!r}; expected one of {ANSWER_KINDS}")
    if images is not None and not 1 <= len(images) <= 5:
        raise ValueError(f"row {id!r}: {len(images)} images; expected 1 to 5")
    if target_image is not None and not 1 <= target_image <= len(images or []):
        raise ValueError(
            f"row {id!r}: target_image {target_image} with {len(images or [])} images; "
            "it counts from 1"
        )
    row: dict[str, Any] = {
        "id": id,
        "prompt": [
            {
                "role": "system",
                "content": SYSTEM_PROMPT_TEXT if target_image is None else SYSTEM_PROMPT,
            },
            {"role": "user", "content": defused(question)},
        ],
        "answer": answer,
        "answer_kind": answer_kind,
        "unit": unit,
        "task": task,
        "target_image": target_image,
        "split": split,
    }
    if images is not None:
        row["images"] = images
    return row


def with_system_prompt(rows: Any, text: str) -> Any:
    """The same rows under another system prompt; "" leaves them as they are.

    Args:
        rows: a ``Dataset`` in the row contract.
        text: says in which form to answer; rewards and parser expect the tags of the contract.
    """
    if not text:
        return rows
    turn = {"role": "system", "content": text}

    def replaced(prompts: list[list[dict[str, str]]]) -> dict[str, Any]:
        return {"prompt": [[turn, *(t for t in p if t["role"] != "system")] for p in prompts]}

    return rows.map(replaced, input_columns="prompt", batched=True, features=rows.features)


def told_to(row: dict[str, Any], text: str) -> dict[str, Any]:
    """One row under another system prompt; "" leaves it as it is."""
    if not text:
        return row
    turns = [turn for turn in row["prompt"] if turn["role"] != "system"]
    return {**row, "prompt": [{"role": "system", "content": text}, *turns]}


def image_counts(rows: Any) -> list[int]:
    """How many images each row has, without decoding one; 0 where there is no such column."""
    if "images" not in rows.column_names:
        return [0] * len(rows)
    counts: list[int] = []
    for part in rows.select_columns("images").with_format("arrow").iter(1000):
        lengths = part.column("images").combine_chunks().value_lengths()
        counts += [n or 0 for n in lengths.to_pylist()]
    return counts
