"""The same sets as somebody else saved them: what is odd is read, what is wrong costs its row."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from finlmm_utils.tar.data.files import row_files
from finlmm_utils.tar.data.report import DataError, DataReport
from finlmm_utils.tar.data.sources import load_rows
from tests.tar.data.copies import COPIES
from tests.tar.data.making import Expected, lines, listed, parquet
from tests.tar.data.test_copies import check

Rows = list[dict[str, Any]]
every_set = pytest.mark.parametrize("name", COPIES)
NESTED = {"note": "by hand", "list": [1, None], "deep": {"er": None}}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def built(name: str, folder: Path) -> Expected:
    folder.mkdir()
    return COPIES[name](folder)


def changed(folder: Path, change: Callable[[Rows, Path], Rows]) -> None:
    """Writes every file of a set's rows anew, in its own format."""
    for file in row_files(folder):
        if file.suffix == ".parquet":
            parquet(file, change(pq.read_table(file).to_pylist(), file))
            continue
        text = file.read_text("utf-8")
        rows = [json.loads(line) for line in text.splitlines()] if file.suffix == ".jsonl" else None
        (listed if rows is None else lines)(file, change(rows or json.loads(text), file))


def loaded(folder: Path, expected: Expected, query: str = "") -> tuple[Any, DataReport]:
    return load_rows(f"{folder}{query}", split=expected.split)


def in_another_order(rows: Rows, file: Path) -> Rows:
    return [dict(reversed(row.items())) for row in rows]


def with_more_columns(rows: Rows, file: Path) -> Rows:
    more = {"Unnamed: 0": 5, "__index_level_0__": 0, "my note": None, "extra": NESTED}
    return [{"split_of_mine": "x", **more, **row, "length": 3.5} for row in rows]


def with_bare_bytes(rows: Rows, file: Path) -> Rows:
    """Cells of bytes in place of the hub's structs."""
    return [
        {name: _each(value, lambda image: image["bytes"]) for name, value in row.items()}
        for row in rows
    ]


def with_paths(rows: Rows, file: Path) -> Rows:
    """Loose files below the folder, and their paths in the cells."""

    def saved(image: dict[str, Any]) -> dict[str, Any]:
        (file.parent / "loose").mkdir(exist_ok=True)
        (file.parent / "loose" / image["path"]).write_bytes(image["bytes"])
        return {"bytes": None, "path": f"loose/{image['path']}"}

    return [{name: _each(value, saved) for name, value in row.items()} for row in rows]


def _each(value: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    if isinstance(value, list):
        return [_each(one, change) for one in value]
    is_image = isinstance(value, dict) and set(value) == {"bytes", "path"}
    return change(value) if is_image else value


@every_set
@pytest.mark.parametrize(
    "change", [in_another_order, with_more_columns, with_bare_bytes, with_paths]
)
def test_a_set_that_was_saved_otherwise_gives_the_same_rows(
    name: str, change: Callable[[Rows, Path], Rows], tmp_path: Path
) -> None:
    expected = built(name, tmp_path / "set")
    changed(tmp_path / "set", change)
    check(*loaded(tmp_path / "set", expected), expected)


@every_set
def test_a_set_that_went_through_pandas_gives_the_same_rows(name: str, tmp_path: Path) -> None:
    """Whole numbers beside gaps are floats then, gaps NaN, and an index is one more column."""
    expected = built(name, tmp_path / "set")
    for file in row_files(tmp_path / "set"):
        if file.suffix == ".parquet":
            table = pd.read_parquet(file)
            table.set_axis([k + 7 for k in range(len(table))]).to_parquet(file)
        else:
            rows = pd.read_json(file, lines=file.suffix == ".jsonl", dtype=False)
            rows.to_json(file, orient="records", lines=file.suffix == ".jsonl")
    check(*loaded(tmp_path / "set", expected), expected)


@every_set
def test_files_with_a_byte_order_mark_give_the_same_rows(name: str, tmp_path: Path) -> None:
    expected = built(name, tmp_path / "set")
    for file in [*(tmp_path / "set").rglob("*.json*"), *(tmp_path / "set").rglob("*.md")]:
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    check(*loaded(tmp_path / "set", expected), expected)


@every_set
def test_a_row_of_nulls_is_refused_alone(name: str, tmp_path: Path) -> None:
    expected = built(name, tmp_path / "set")
    changed(tmp_path / "set", lambda rows, _: [*rows, dict.fromkeys(rows[0])])
    rows, report = loaded(tmp_path / "set", expected)
    gone = {name: words for name, words in report.refused.items() if "stands twice" not in words}
    assert gone and {words.partition(":")[0] for words in gone.values()} <= {
        "no question", "no gold answer", "no dialogue",
    }  # fmt: skip
    report.refused = {k: words for k, words in report.refused.items() if k not in gone}
    check(rows, report, expected)


@every_set
def test_targets_from_zero_end_every_set_or_are_mapped(name: str, tmp_path: Path) -> None:
    expected = built(name, tmp_path / "set")
    changed(tmp_path / "set", lambda rows, _: [{**row, "target_image": 0} for row in rows])
    with pytest.raises(DataError, match=r"target_image is 0, .*target_from=0"):
        loaded(tmp_path / "set", expected)
    rows, _ = loaded(tmp_path / "set", expected, "?target_from=0")
    assert rows["target_image"][:] == [1 if count > 1 else None for count in expected.images]


@every_set
def test_a_split_that_is_not_there_is_named_beside_those_that_are(
    name: str, tmp_path: Path
) -> None:
    built(name, tmp_path / "set")
    with pytest.raises(
        DataError, match=r"no split 'nowhere'; its splits: |configurations .*name one"
    ):
        load_rows(tmp_path / "set", split="nowhere")


@every_set
def test_a_damaged_picture_costs_the_rows_that_show_it(name: str, tmp_path: Path) -> None:
    expected = built(name, tmp_path / "set")
    if not any(expected.images):
        return
    first: list[bytes] = []

    def damaged(image: dict[str, Any]) -> dict[str, Any]:
        first.append(image["bytes"])
        return {**image, "bytes": image["bytes"][: 60 if image["bytes"] == first[0] else None]}

    changed(
        tmp_path / "set",
        lambda rows, _: [{k: _each(v, damaged) for k, v in row.items()} for row in rows],
    )
    loose = sorted(p for p in (tmp_path / "set").rglob("*") if p.suffix in (".png", ".jpg"))
    for file in loose[:1]:
        file.write_bytes(file.read_bytes()[:60])
    if not first and not loose:
        pytest.skip("its pictures lie in archives: see test_pictures")
    if len(expected.answers) == 1:
        with pytest.raises(DataError, match=r"no row can be used .*image damaged"):
            loaded(tmp_path / "set", expected)
        return
    rows, report = loaded(tmp_path / "set", expected)
    assert {w for w in report.reasons() if w != "stands twice"} == {"image damaged"}
    assert rows["answer"][:] == expected.answers[1:]
