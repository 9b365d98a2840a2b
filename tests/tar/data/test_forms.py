"""Rows as people write them: dialogues, ms-swift, columns of one's own; and what is never bent."""

import json
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.rows import SYSTEM_PROMPT, SYSTEM_PROMPT_TEXT
from finlmm_utils.tar.data.mixtures import load_mixture
from finlmm_utils.tar.data.report import DataError, DataReport
from finlmm_utils.tar.data.sources import load_rows
from tests.tar.data.making import lines, parquet, picture


def load(folder: Path, *records: dict[str, Any], **options: Any) -> tuple[list[Any], DataReport]:
    """Rows of a folder with three pictures and one file of records."""
    for name, shade in (("a", 1), ("b", 2), ("c", 3)):
        (folder / f"{name}.png").write_bytes(picture(shade))
    lines(folder / "rows.jsonl", records)
    rows, report = load_rows(folder, **options)
    return list(rows), report


def asked(row: dict[str, Any]) -> str:
    return str(row["prompt"][1]["content"])


LLAVA = {
    "id": "l", "image": "a.png",
    "conversations": [
        {"from": "human", "value": "<image>\nHow many bars?"}, {"from": "gpt", "value": "3"},
    ],
}  # fmt: skip
VLM_R1 = {
    "image": ["a.png", "b.png"],
    "conversations": [
        {"from": "human", "value": "<image><image>Which is larger, <image> or the first?"},
        {"from": "gpt", "value": "<think>so</think><answer>B</answer>"},
    ],
}
TRL = {
    "images": ["a.png", "b.png"],
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": [{"type": "image"}, {"type": "image"},
                                     {"type": "text", "text": "What changes?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "\\boxed{12\\%}"}]},
    ],
}  # fmt: skip
OPENAI = {
    "messages": [
        {"role": "user", "content": [
            {"type": "image_url", "image_url": {"url": "a.png"}},
            {"type": "text", "text": "How much?"}]},
        {"role": "assistant", "content": "1,200"},
    ],
}  # fmt: skip
SWIFT = {"messages": [{"role": "user", "content": "<image>What is it?"}], "images": ["b.png"],
         "solution": "<answer> 7 </answer>"}  # fmt: skip
SWIFT_OLD = {"query": "<image>Why?", "response": "It rose. #### 4", "images": ["/x/y/c.png"]}
PROMPT = {"prompt": [{"role": "user", "content": "2 + 2?"}], "answer": 4}


def test_dialogues_of_every_form(tmp_path: Path) -> None:
    vlm_r1 = json.loads(json.dumps(VLM_R1).replace("Which is larger, <image> or", "Is it larger,"))
    rows, report = load(tmp_path, LLAVA, vlm_r1, TRL, OPENAI, SWIFT, SWIFT_OLD, PROMPT)
    assert report.lines() == []
    assert [row["answer"] for row in rows] == ["3", "B", "12\\%", "1,200", "7", "4", "4"]
    assert [len(row["images"]) for row in rows] == [1, 2, 2, 1, 1, 1, 0]
    assert asked(rows[0]) == "How many bars?" and asked(rows[1]).startswith("Is it larger")
    assert all(row["prompt"][0]["content"] == SYSTEM_PROMPT_TEXT for row in rows)


def test_markers_and_images_that_differ_are_refused(tmp_path: Path) -> None:
    _, report = load(tmp_path, VLM_R1, LLAVA)
    assert list(report.reasons()) == ["markers and images differ"]


def test_columns_of_ones_own(tmp_path: Path) -> None:
    record = {"frage": "Which?", "bild": ["a.png", "b.png"], "loesung": 5, "welches": 1}
    columns = {"question": "frage", "images": "bild", "answer": "loesung"}
    rows, _ = load(tmp_path, record, columns=columns)
    assert asked(rows[0]) == "Which?" and rows[0]["target_image"] is None
    named = f"{tmp_path}?question=frage&images=bild&answer=loesung&target_image=welches"
    (row,) = load_rows(named)[0]
    assert row["target_image"] == 1 and row["prompt"][0]["content"] == SYSTEM_PROMPT
    with pytest.raises(DataError, match=r"no such column; first .*'bild2' for images; its columns"):
        load_rows(tmp_path, columns={**columns, "images": "bild2"})
    with pytest.raises(DataError, match="'frage' is no part of a row; expected id, question"):
        load_rows(tmp_path, columns={"frage": "question"})


def test_a_relative_path_starts_at_the_root_where_the_notebook_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel of a notebook works in notebooks/; its parameters start at the root."""
    (tmp_path / "my_rows").mkdir()
    load(tmp_path / "my_rows", {"query": "Which?", "label": 5, "images": ["a.png", "b.png"]})
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    monkeypatch.setenv("FINLMM_ROOT", str(tmp_path))
    named = "my_rows?question=query&answer=label"
    assert load_mixture(f"{named}*0.5+made*0.5", seed=1)[1][0].kept == 1
    with pytest.raises(DataError, match="no split 'test'"):
        lines(tmp_path / "my_rows" / "train.jsonl", [{"question": "?", "answer": 1}])
        load_rows("my_rows@test")


def test_targets_from_zero_are_refused_by_row_or_counted_from_zero(tmp_path: Path) -> None:
    pair = ["a.png", "b.png"]
    records = [{"question": "?", "answer": 1, "images": pair, "target_image": k} for k in (1, 0)]
    with pytest.raises(DataError, match=r"row 2 of rows.jsonl: target_image is 0.*target_from=0"):
        load(tmp_path, *records)
    with pytest.raises(DataError, match="row 2 of rows"):  # also where the sample leaves it out
        load(tmp_path, *records, count=1)
    rows, _ = load_rows(f"{tmp_path}?target_from=0")
    assert rows["target_image"][:] == [2, 1]
    with pytest.raises(DataError, match="target_from '2'"):
        load_rows(f"{tmp_path}?target_from=2")


@pytest.mark.parametrize("target", [3, -1, 1.5, "second"])
def test_targets_that_are_no_image_are_refused(tmp_path: Path, target: object) -> None:
    good = {"question": "?", "answer": 1, "images": ["a.png", "b.png"], "target_image": 2}
    rows, report = load(tmp_path, good, {**good, "question": "!", "target_image": target})
    assert [row["target_image"] for row in rows] == [2]
    (words,) = report.refused.values()
    assert words.startswith("target") and words.endswith("(row 2)")


def test_a_byte_order_mark_is_read(tmp_path: Path) -> None:
    for name in ("rows.jsonl", "rows.json"):
        text = json.dumps({"question": "1 + 1?", "answer": "2"})
        (tmp_path / name).write_text(f"\ufeff{text if name[-1] == 'l' else f'[{text}]'}", "utf-8")
        assert load_rows(tmp_path / name)[0]["answer"][:] == ["2"]


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"question": "?", "answer": 1}\n{"question": ', "utf-8")
    with pytest.raises(DataError, match=r"rows\.jsonl, line 2: no JSON"):
        load_rows(tmp_path)


def test_a_missing_split_names_those_there_are(tmp_path: Path) -> None:
    for split in ("testmini", "test"):
        parquet(tmp_path / "data" / f"{split}-00000-of-00001.parquet",
                [{"question": split, "answer": "1"}])  # fmt: skip
    with pytest.raises(DataError, match=r"no split 'train'; its splits: test, testmini; name one"):
        load_rows(tmp_path)
    rows, _ = load_rows(f"{tmp_path}@testmini")
    assert asked(rows[0]) == "testmini" and rows[0]["split"] == "test"


def test_training_never_reads_the_files_of_another_split(tmp_path: Path) -> None:
    for split in ("train", "test", "validation"):
        lines(tmp_path / f"{split}.jsonl", [{"question": split, "answer": "1"}])
    assert [asked(row) for row in load_rows(tmp_path)[0]] == ["train"]
    assert [asked(row) for row in load_rows(tmp_path, split="validation")[0]] == ["validation"]


def test_refusals_are_counted_by_reason_with_the_first_row_of_each(tmp_path: Path) -> None:
    records = [
        {"id": "good", "question": "?", "answer": "1"},
        {"id": "x", "question": "?", "answer": "1", "image": "gone.png"},
        {"id": "y", "question": "?", "answer": "1", "image": "gone too.png"},
        {"id": "z", "question": "", "answer": "1"},
        {"id": "v", "question": "?", "answer": None},
        {"id": "w", "question": "?", "answer": "C", "options": ["1", "2"]},
        {"id": "u", "question": "?", "solution": "It is so because " * 20},
        {"id": "s", "question": "?", "answer": "1", "images": ["a.png"] * 6},
        {"id": "web", "question": "?", "answer": "1", "image": "https://example.org/a.png"},
        {"id": "good", "question": "?", "answer": "1"},
        {"id": "turns", "messages": [{"role": "user", "content": "a"}] * 2, "answer": "1"},
    ]
    rows, report = load(tmp_path, *records)
    assert [row["id"] for row in rows] == ["good"] and report.read == len(records)
    assert {reason: len(ids) for reason, ids in report.reasons().items()} == {
        "image not found": 2, "no question": 1, "no gold answer": 1, "no short answer": 1,
        "answer not among the options": 1, "too many images": 1, "image is a web address": 1,
        "stands twice": 1, "several turns": 1,
    }  # fmt: skip
    first = "2 of 11 rows refused, image not found; first 'x': gone.png is not below"
    assert report.lines()[0].startswith(first) and report.lines()[0].endswith("(row 2)")


def test_gold_of_several_images_is_no_target_and_is_said(tmp_path: Path) -> None:
    pair = ["a.png", "b.png"]
    rows, report = load(tmp_path, {"question_id": "q", "question": "?", "ground_truth": 1.5,
                                   "images": pair, "ground_images": pair})  # fmt: skip
    assert rows[0]["target_image"] is None
    assert report.lines() == ["1 rows: several images answer: no image selection"]
