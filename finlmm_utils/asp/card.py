"""The data set card, written from what a run counted and never by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

WEAKNESSES = (
    "Questions come from rules (or from a language model), not from analysts; their forms repeat.",
    "A figure is found by its words; a chart without words is never asked about.",
    "Explanation questions that need more than the figure are dropped, which favours simple ones.",
    "No person has checked every row; see the human check where one was made.",
)


def data_card(
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    funnel: Sequence[Mapping[str, Any]],
    languages: Mapping[str, int],
    sources: Sequence[str],
    rule: str,
    accepted: Mapping[str, Sequence[float]] | None = None,
    weaknesses: Sequence[str] = (),
) -> str:
    """Writes the card of one data set.

    Args:
        rows: rows of each split, in the row contract.
        funnel: steps of notebook 02, with ``step``, ``dropped`` and ``left``.
        languages: number of questions by language code.
        sources: one line for each kind of input, with its licence.
        rule: rule by which the distractors were chosen.
        accepted: result of :func:`finlmm_utils.asp.review.accepted`, if a person judged a sample.
        weaknesses: lines on what this run measured, beside those that hold for every run.

    Returns:
        Markdown with the YAML head that the Hugging Face hub reads.
    """
    total = sum(len(some) for some in rows.values())
    codes = "\n".join(f"- {code}" for code in sorted(languages))
    lines = [
        "---", "language:", codes, "task_categories:", "- visual-question-answering", "tags:",
        "- finance", "- multi-image", "---", "",
        "# Image-question-answer rows from financial reports", "",
        f"{total} rows; each has one figure that answers and distractors by rule `{rule}`.", "",
        "## Rows by split, task and answer", "", "| split | task | number | choice | text |",
        "|---|---|---|---|---|",
    ]  # fmt: skip
    for split, some in rows.items():
        for task in sorted({str(row["task"]) for row in some}):
            mine = [row["answer_kind"] for row in some if row["task"] == task]
            counts = " | ".join(str(mine.count(kind)) for kind in ("number", "choice", "text"))
            lines.append(f"| {split} | {task} | {counts} |")
    lines += ["", "## How many questions were dropped, and why", "", "| step | dropped | left |",
              "|---|---|---|"]  # fmt: skip
    lines += [f"| {s['step']} | {s['dropped']} | {s['left']} |" for s in funnel]
    lines += ["", "## Languages", ""]
    lines += [f"- {code}: {count} questions" for code, count in sorted(languages.items())]
    lines += ["", "## Inputs and their licences", "", *[f"- {line}" for line in sources]]
    if accepted:
        lines += ["", "## Human check", "", "| task | accepted | share | 95 % interval |",
                  "|---|---|---|---|"]  # fmt: skip
        for task, (kept, judged, share, low, high) in accepted.items():
            interval = f"{low:.2f} to {high:.2f}"
            lines.append(f"| {task} | {kept:.0f} of {judged:.0f} | {share:.2f} | {interval} |")
    lines += [
        "",
        "## Known weaknesses",
        "",
        *[f"- {line}" for line in (*WEAKNESSES, *weaknesses)],
        "",
    ]
    return "\n".join(lines)


def write_hub(rows: Any, card: str, folder: Path) -> None:
    """Writes a data set as the hub keeps it, and checks that it comes back.

    Args:
        rows: a ``datasets.DatasetDict``; the same rows give the same bytes.
        card: of :func:`data_card`.
        folder: emptied first; gets README.md and one parquet file a split.

    Raises:
        ValueError: ``load_dataset`` gives other rows than were written.
    """
    import shutil
    import tempfile

    from datasets import load_dataset

    shutil.rmtree(folder, ignore_errors=True)
    (folder / "data").mkdir(parents=True)
    (folder / "README.md").write_text(card, encoding="utf-8")
    for side, some in rows.items():
        some.to_parquet(folder / "data" / f"{side}-00000-of-00001.parquet")
    with tempfile.TemporaryDirectory() as cache:
        again = load_dataset(str(folder), cache_dir=cache)
        for side, some in rows.items():
            if again[side].features != some.features or again[side]["id"] != some["id"]:
                raise ValueError(
                    f"{folder}: split {side!r} is read back with other rows or columns"
                )
