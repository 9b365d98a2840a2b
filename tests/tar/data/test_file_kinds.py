"""Rows in files of every kind that sets come in: tables, packed, one object a line, by split."""

import gzip
import json
from pathlib import Path

import pandas as pd
import pytest

from finlmm_utils.tar.data.files import missing_shards
from finlmm_utils.tar.data.report import DataError
from finlmm_utils.tar.data.sources import load_rows

ROWS = [{"question": "Half of one, in\npercent?", "answer": "0.50"},
        {"question": "一加一？", "answer": "1,234"}]  # fmt: skip
LINES = "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)
TABLE = pd.DataFrame(ROWS)

FILES = {
    "train.csv": TABLE.to_csv(index=False).encode(),
    "train.tsv": TABLE.to_csv(index=False, sep="\t").encode("utf-8-sig"),
    "crlf.csv": TABLE.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig"),
    "train.csv.gz": gzip.compress(TABLE.to_csv(index=False).encode()),
    "data/train-00000-of-00001.jsonl.gz": gzip.compress(LINES.encode()),
    "train.json": LINES.encode(),  # one object a line, as many sets on the hub have it
    "data.json": json.dumps({"train": ROWS}).encode(),
}


@pytest.mark.parametrize("name", FILES)
def test_rows_are_read_as_they_are_written(name: str, tmp_path: Path) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(FILES[name])
    rows, report = load_rows(tmp_path)
    assert rows["answer"][:] == ["0.50", "1,234"] and not report.refused
    assert [p[-1]["content"] for p in rows["prompt"]] == [row["question"] for row in ROWS]


def test_a_table_beside_files_with_rows_is_a_note(tmp_path: Path) -> None:
    (tmp_path / "train.jsonl").write_text(LINES, "utf-8")
    (tmp_path / "train.csv").write_text("question,answer\nindex,0\n")
    assert len(load_rows(tmp_path)[0]) == 2


def test_shards_in_packed_files_are_missed(tmp_path: Path) -> None:
    assert missing_shards([Path("train-00000-of-00002.jsonl.gz")]) == [
        "train-00001-of-00002.jsonl.gz"
    ]


def test_an_empty_cell_is_no_gold(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("question,answer\na?,1\nb?,\nc?,3\n")
    rows, report = load_rows(tmp_path)
    assert len(rows) == 2 and "row 2" in next(iter(report.refused.values()))


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("train.csv", "question,answer\nWhat, in all?,1\n", "row 1 has not the 2 cells"),
        ("train.csv", 'question,answer\n"open,1\n', "no table"),
        ("train.csv", b"question,answer\nCaf\xe9?,1\n", "no text in UTF-8"),
        ("train.jsonl.gz", b"no archive", "it can't be read"),
        ("train.json", json.dumps({"train": ROWS, "test": ROWS}), "expected a list of rows"),
        ("train.parquet", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "Git LFS"),
    ],
)
def test_a_file_that_is_none_is_one_line(
    name: str, content: str | bytes, words: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(DataError, match=words) as caught:
        load_rows(tmp_path)
    assert "\n" not in str(caught.value) and name in str(caught.value)
