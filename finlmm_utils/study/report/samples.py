"""Rows with their pictures and what each policy wrote: what numbers leave out."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

from finlmm_utils.study.report.pictures import keep
from finlmm_utils.study.report.render import render, style_above
from finlmm_utils.study.session import run_folders

SHOWN = 12
"""Rows, and failures, that are shown: what a reader looks through in five minutes (our choice)."""
READING = "01_asp_reports"
"""Notebook whose folder holds the gold of made reports."""
WIDTH = 320
"""Pixels of a picture's width: twice what a page shows of it."""
COLUMNS = {"format": "well_formed", "accuracy": "right", "selection": "image_right"}
"""What a reward pays for, and the column of ``samples.parquet`` that says whether it is there."""


def write_samples(run_dir: Path, place: Path | None = None) -> Path | None:
    """Write ``samples.html`` of a run that holds notebook 06's answers.

    Args:
        run_dir: The run's folder.
        place: Where the page goes, default there; in a gallery its pictures lie beside it.

    Returns:
        The page, or None where there are no answers to images.
    """
    import pandas as pd

    path = run_dir / "06_evaluation" / "samples.parquet"
    rows_folder = next(
        (f / "03_distractors" / "rows" for f in run_folders(run_dir)
         if (f / "03_distractors" / "rows").is_dir()), None,
    )  # fmt: skip
    if not path.is_file() or rows_folder is None:
        return None
    try:
        samples = pd.read_parquet(path)
    except (OSError, ValueError):
        return None
    answers = samples[(samples["kind"] == "image") & (samples["mode"] == "greedy")]
    if answers.empty:
        return None
    last = list(dict.fromkeys(answers["policy"]))[-1]
    ids = sorted(set(answers["id"]), key=_shuffled)
    wrong = set(answers[(answers["policy"] == last) & answers["right"].isin([False])]["id"])
    fixed, failed = ids[:SHOWN], [one for one in ids if one in wrong][:SHOWN]
    target = (place or run_dir) / "samples.html"
    pictures = _pictures(rows_folder, {*fixed, *failed}, target)
    answers = _judged(run_dir, answers)
    group = _group(run_dir)
    views = {one: _view(answers[answers["id"] == one], pictures.get(one)) for one in pictures}
    render(
        "samples.html.jinja", target, name=run_dir.name, last=last, rows=len(ids),
        fixed=[views[one] for one in fixed if one in views],
        failed=[views[one] for one in failed if one in views], wrong=len(wrong), group=group,
        judged=int(answers["lucky"].notna().sum()), answers=len(answers),
    )  # fmt: skip
    return target


def _judged(run_dir: Path, answers: Any) -> Any:
    """The answers with what of each reasoning holds, where a notebook 01 left the gold."""
    from finlmm_utils.evaluation.judged import judge_answers  # here: all of ASP's rules are read

    folders = [folder / READING for folder in run_folders(run_dir)]
    there = [folder for folder in folders if (folder / "gold.jsonl").is_file()]
    return judge_answers(answers, there[0] if there else None)


def _group(run_dir: Path) -> dict[str, Any] | None:
    """One group of stage 2's training: each completion with every reward and its advantage."""
    import pandas as pd

    from finlmm_utils.tar.monitoring.curves import rollout_table

    path = run_dir / "05_stage2_multimodal_grpo" / "completions.parquet"
    try:
        shown = rollout_table(pd.read_parquet(path))
    except (OSError, ValueError, KeyError):
        return None
    table = shown.table
    names = [name for name in table if name != "completion"]
    return {
        "caption": shown.caption,
        "names": names,
        "rows": [
            {"completion": row["completion"], "paid": [row[name] for name in names]}
            for row in table.to_dict("records")
        ],
    }


def _shuffled(row: str) -> str:
    """An order of rows that has nothing to do with what they hold, the same in every run."""
    return hashlib.sha256(row.encode()).hexdigest()


def _view(answers: Any, row: dict[str, Any] | None) -> dict[str, Any]:
    """One row as the template takes it."""
    assert row is not None
    policies = []
    for answer in answers.to_dict("records"):
        chosen = answer["image_selection"]
        right, looked = answer["right"], answer["image_right"]
        policies.append(
            {
                "policy": answer["policy"],
                "thinking": answer["thinking"] or answer["completion"],
                "answer": answer["answer"] or "none",
                "image": int(chosen) if chosen == chosen and chosen is not None else None,
                "pays": {name: _word(answer[column]) for name, column in COLUMNS.items()},
                "tokens": int(answer["tokens"]),
                "luck": _luck(answer.get("lucky"), right, looked, _failed(answer)),
            }
        )
        same = [p["policy"] for p in policies[:-1] if p["completion"] == answer["completion"]]
        policies[-1] |= {"completion": answer["completion"], "same": same[0] if same else ""}
    first = answers.iloc[0]
    return {
        "id": first["id"],
        "question": first["question"],
        "gold": first["gold"],
        "task": first["task"],
        "images": row["images"],
        "target": row["target"],
        "policies": policies,
    }


STEPS = {
    "named": "it takes another chart",
    "read": "a value is not the chart's, or is missing",
    "consistent": "a sum, an extreme, the item or its group is false",
    "follows": "the answer does not follow",
}
"""Steps of a reasoning (:class:`finlmm_utils.evaluation.reasoning.Reasoning`) where they fail."""


def _word(value: Any) -> str:
    return "no gold" if value is None or value != value else "yes" if value else "no"


def _failed(answer: dict[Any, Any]) -> str:
    """Which steps of a judged reasoning do not hold, in words."""
    judged = {name: answer.get(name) for name in STEPS}
    wrong = [STEPS[name] for name, held in judged.items() if held is not None and not held]
    return ", ".join(wrong) or "its reasoning does not hold"


def _luck(lucky: Any, right: Any, looked: Any, failed: str) -> str:
    """Whether a right answer was earned: by its reasoning where that was judged, else its image.

    Each says what was judged, so that one is not taken for the other.
    """
    if right is None or right != right or not right:
        return ""
    if lucky is not None and lucky == lucky:
        return f"lucky: {failed}" if lucky else "earned: every step holds"
    return "image right, reasoning not judged" if looked else "lucky: it names another image"


def _pictures(folder: Path, ids: set[str], page: Path) -> dict[str, dict[str, Any]]:
    """The images of rows, small: data of the page, or files beside it in a gallery."""
    from datasets import load_from_disk

    loaded = load_from_disk(str(folder))
    parts = loaded.values() if isinstance(loaded, dict) else [loaded]
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for place, one in enumerate(part["id"]):
            if one in ids:
                row = part[place]
                found[one] = {
                    "images": [_source(_small(image), page) for image in row["images"]],
                    "target": row["target_image"],
                }
    return found


def _source(data: bytes, page: Path) -> str:
    if style_above(page):
        return keep(data, page.parent / "samples").relative_to(page.parent).as_posix()
    return "data:image/png;base64," + base64.b64encode(data).decode()


def _small(image: Any) -> bytes:
    image = image.convert("RGB")
    image.thumbnail((WIDTH, WIDTH))
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()
