"""Answers judged by their reasoning, where a run holds what its charts were drawn from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finlmm_utils.asp.gold.alignment import read_gold
from finlmm_utils.asp.gold.series import series_of_rows
from finlmm_utils.asp.store import read_reports
from finlmm_utils.evaluation.reasoning import judge_samples


def judge_answers(answers: Any, reading: Path | None) -> Any:
    """Add whether each right answer is lucky: the judgement of notebook 06, for any answers.

    A reasoning holds where it takes a chart that shows what was asked for, reads every value
    rightly, works truly with them, and its answer follows.

    Args:
        answers: a DataFrame with id, question, thinking, answer and right.
        reading: folder of notebook 01 with ``gold.jsonl``; None where there is none.

    Returns:
        The table with ``lucky``: None where nothing says what the chart shows.
    """
    gold = read_gold(reading / "gold.jsonl") if reading else None
    if reading is None or not gold:
        return answers.assign(lucky=None)
    rows = [
        {"id": row.id, "prompt": [{"role": "user", "content": row.question}]}
        for row in answers.drop_duplicates("id").itertuples()
    ]
    return judge_samples(answers, series_of_rows(rows, read_reports(reading), gold))
