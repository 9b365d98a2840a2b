"""Rows and answers: why a right answer is called earned or lucky, in words."""

import re
from pathlib import Path

import pandas as pd
import pytest
from datasets import Dataset, DatasetDict

from finlmm_utils.evaluation import judged
from finlmm_utils.evaluation.reasoning import judge_samples
from finlmm_utils.finance.terms import Series
from finlmm_utils.rows import features, make_row
from finlmm_utils.study.report import samples
from tests.tar.data.making import struct

QUESTION = "What is the change in revenue from 2021 to 2022?"
CHART = Series("revenue", "$m", ("2021", "2022"), (44, 57))
ANSWERS = {
    "Image 1 shows revenue, yes. 2022: 57, 2021: 44. 57 - 44 = 13.": (
        "13",
        "earned: every step holds",
    ),
    "Image 1 shows goodwill, yes. 2022: 57, 2021: 44. 57 - 44 = 13.": ("13", "takes another chart"),
    "Image 1 shows revenue, yes. 2022: 57, 2021: 45. 57 - 45 = 12.": ("12", "not the chart's"),
    "Image 1 shows revenue, yes. 2022: 57, 2021: 44. 57 - 44 = 12.": ("12", "a sum"),
    "Image 1 shows revenue, yes. 2022: 57, 2021: 44. 57 - 44 = 13. ": ("12", "does not follow"),
}
"""A reasoning, its answer, and what the page says of it where the answer counts as right."""


def test_a_lucky_answer_says_which_step_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [f"r{k}" for k in range(len(ANSWERS))]
    rows = [make_row(one, QUESTION, "13", "number", "", images=[struct(1)], target_image=1)
            for one in ids]  # fmt: skip
    table = Dataset.from_list(rows, features=features(True))
    DatasetDict({"test": table}).save_to_disk(tmp_path / "03_distractors" / "rows")
    answers = [
        {"id": one, "kind": "image", "mode": "greedy", "policy": "p", "question": QUESTION,
         "gold": answer, "task": "arithmetic", "thinking": thinking, "completion": thinking + one,
         "answer": answer, "image_selection": 1.0, "well_formed": True, "right": True,
         "image_right": True, "tokens": 9}
        for one, (thinking, (answer, _)) in zip(ids, ANSWERS.items(), strict=True)
    ]  # fmt: skip
    (tmp_path / "06_evaluation").mkdir()
    pd.DataFrame(answers).to_parquet(tmp_path / "06_evaluation" / "samples.parquet")
    known = dict.fromkeys(ids, CHART)  # what a run reads from the gold of its made reports
    monkeypatch.setattr(judged, "judge_answers", lambda table, _: judge_samples(table, known))
    page = samples.write_samples(tmp_path)
    assert page is not None
    text = page.read_text("utf-8")
    for one, (_, words) in zip(ids, ANSWERS.values(), strict=True):
        part = text[text.index(f'id="row-{one}"') :]
        told = re.search(r'data-label="its reasoning">([^<]*)<', part)
        assert told is not None, one
        shown = told[1].replace("&#39;", "'")
        assert words in shown and shown.count("lucky") == ("earned" not in words), (one, shown)
