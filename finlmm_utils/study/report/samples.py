"""Rows with their pictures and what each policy wrote: what numbers leave out."""

from __future__ import annotations

import base64
import hashlib
import io
from pathlib import Path
from typing import Any

from finlmm_utils.study.report.render import render
from finlmm_utils.study.session import run_folders

SHOWN = 12
"""Rows, and failures, that are shown: what a reader looks through in five minutes (our choice)."""
WIDTH = 320
"""Pixels of a picture's width: twice what a page shows of it."""
COLUMNS = {"format": "well_formed", "accuracy": "right", "selection": "image_right"}
"""What a reward pays for, and the column of ``samples.parquet`` that says whether it is there."""


def write_samples(run_dir: Path) -> Path | None:
    """Write ``samples.html`` of a run that holds notebook 06's answers.

    Args:
        run_dir: The run's folder.

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
    pictures = _pictures(rows_folder, {*fixed, *failed})
    group = _group(run_dir)
    views = {one: _view(answers[answers["id"] == one], pictures.get(one)) for one in pictures}
    target = run_dir / "samples.html"
    render(
        "samples.html.jinja", target, name=run_dir.name, last=last, rows=len(ids),
        fixed=[views[one] for one in fixed if one in views],
        failed=[views[one] for one in failed if one in views], wrong=len(wrong), group=group,
    )  # fmt: skip
    return target


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
    names = [name for name in table if name not in ("question", "completion")]
    return {
        "caption": shown.caption,
        "question": str(table["question"].iloc[0]),
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
                "luck": _luck(answer.get("lucky"), right, looked),
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


def _word(value: Any) -> str:
    return "no gold" if value is None or value != value else "yes" if value else "no"


def _luck(lucky: Any, right: Any, looked: Any) -> str:
    """Whether a right answer was earned: by its reasoning where that was judged, else its image."""
    if right is None or right != right or not right:
        return ""
    if lucky is not None and lucky == lucky:
        return "lucky: its reasoning does not lead there" if lucky else "earned"
    return "earned, as far as the image says" if looked else "lucky: it names another image"


def _pictures(folder: Path, ids: set[str]) -> dict[str, dict[str, Any]]:
    """The images of rows, small, as data of the page."""
    from datasets import load_from_disk

    loaded = load_from_disk(str(folder))
    parts = loaded.values() if isinstance(loaded, dict) else [loaded]
    found: dict[str, dict[str, Any]] = {}
    for part in parts:
        for place, one in enumerate(part["id"]):
            if one in ids:
                row = part[place]
                found[one] = {
                    "images": [_small(image) for image in row["images"]],
                    "target": row["target_image"],
                }
    return found


def _small(image: Any) -> str:
    image = image.convert("RGB")
    image.thumbnail((WIDTH, WIDTH))
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(data.getvalue()).decode()
