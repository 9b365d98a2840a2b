"""Word problems over random series: text rows of the made world."""

from __future__ import annotations

import random
from typing import Any

from finlmm_utils.finance.terms import Series, plain
from finlmm_utils.rows import make_row


def stated(series: Series, rng: random.Random) -> str:
    """States a series in one sentence, as the text problems of stage 1 do."""
    pairs = [
        f"{plain(v)} in {label}" for label, v in zip(series.labels, series.values, strict=True)
    ]
    unit = f" ({series.unit})" if series.unit else ""
    verb = rng.choice(("was", "stood at", "came to"))
    return f"{series.term.capitalize()}{unit} {verb} {', '.join(pairs[:-1])} and {pairs[-1]}."


def made_text_rows(count: int, seed: int, split: str = "train") -> list[dict[str, Any]]:
    """Word problems of stage 1: a series stated in a sentence, and a question on it.

    Args:
        count: how many; all different.
        seed: same seed, same rows; the split is part of the seed.
        split: "train", "validation" or "test".
    """
    from finlmm_utils.finance.question_templates import questions_for
    from finlmm_utils.synthetic.random_series import random_series

    rng = random.Random(f"{seed} {split}")
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    while len(rows) < count:
        series = random_series(rng)
        task = questions_for(series, rng, 1)[0]
        question = f"{stated(series, rng)} {task.question}"
        if question not in seen:
            seen.add(question)
            name = f"made-{split}-{len(rows):05d}"
            rows.append(make_row(name, question, task.answer, task.answer_kind, task.task,
                                 unit=task.unit, split=split))  # fmt: skip
    return rows
