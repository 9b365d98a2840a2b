"""Files and rows with a fault: one line for the set, or a reason for the row; never a guess."""

import io
import json
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import Dataset, DatasetDict
from PIL import Image

from finlmm_utils.rows import SYSTEM_PROMPT, SYSTEM_PROMPT_TEXT
from finlmm_utils.tar.data import archives, pictures
from finlmm_utils.tar.data.files import split_name
from finlmm_utils.tar.data.pictures import MOST_SIDE, Pictures, check_picture
from finlmm_utils.tar.data.report import DataError, DataReport, Refused
from finlmm_utils.tar.data.sources import load_rows
from tests.tar.data.making import lines, packed, picture

GOOD = {"id": "good", "question": "1 + 1?", "answer": "2"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def refused(folder: Path, *records: dict[str, Any]) -> DataReport:
    """What is said of records beside a good one, which alone stays."""
    lines(folder / "rows.jsonl", [GOOD, *records])
    rows, report = load_rows(folder / "rows.jsonl")
    assert rows["id"][:] == ["good"] and report.read == 1 + len(records)
    return report


def one_line(folder: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_rows(folder)
    said = str(caught.value)
    assert not isinstance(caught.value, Refused) and "\n" not in said and said.count("Error") == 0
    return said


@pytest.mark.parametrize("fault", ["unsafe", "too large", "cut"])
def test_an_archive_that_is_refused_is_opened_once(
    tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "set"
    record = {"question": "?", "answer": "1", "image": "x/1.png"}
    lines(data / "rows.jsonl", [{**record, "id": n} for n in range(20)])
    name = "../1.png" if fault == "unsafe" else "x/1.png"
    packed(data / "x.tar.gz", {name: os.urandom(20_000)})
    if fault == "too large":
        monkeypatch.setattr(archives, "MOST_BYTES", 10_000)
    if fault == "cut":
        (data / "x.tar.gz").write_bytes((data / "x.tar.gz").read_bytes()[:9_000])
    opened: list[Path] = []
    members = archives._members

    def counted(archive: Path) -> Any:
        opened.append(archive)
        return members(archive)

    monkeypatch.setattr(archives, "_members", counted)
    assert one_line(data).startswith(f"{data / 'x.tar.gz'}: ")
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("train", "test"),
    [("TRAIN.jsonl", "Test.jsonl"), ("train.JSONL", "TEST.JSONL"), ("a-Train.json", "a-Test.json"),
     ("Train/x.jsonl", "Test/x.jsonl"), ("TrainSet.jsonl", "TestSet.jsonl"),
     ("train2017.jsonl", "val2017.jsonl"),
     ("TRAIN-00000-of-00001.jsonl", "TEST-00000-of-00001.jsonl")],
)  # fmt: skip
def test_a_split_is_known_in_capitals_too(tmp_path: Path, train: str, test: str) -> None:
    for name in (train, test):
        row = {"question": name, "answer": "1"}
        (tmp_path / name).parent.mkdir(exist_ok=True)
        text = json.dumps([row]) if name.endswith("json") else json.dumps(row)
        (tmp_path / name).write_text(text, "utf-8")
    (row,) = load_rows(tmp_path)[0]
    assert row["prompt"][1]["content"] == train and row["split"] == "train"
    split = "validation" if "val" in test else "Test"
    (row,) = load_rows(tmp_path, split=split)[0]
    assert row["prompt"][1]["content"] == test


def test_words_that_hold_a_splits_name_are_none() -> None:
    names = ["contest.jsonl", "TRAINING_DATA.jsonl", "latest.json", "MC_data.json", "retrain.json"]
    assert [split_name(Path(name)) for name in names] == ["", "training_data", "", "", ""]


def test_files_without_a_split_are_all_of_it_or_left_out(tmp_path: Path) -> None:
    for name in ("a", "b"):
        lines(tmp_path / f"{name}.jsonl", [{"question": name, "answer": "1"}])
    assert len(load_rows(tmp_path)[0]) == 2
    lines(tmp_path / "Train.jsonl", [{"question": "c", "answer": "1"}])
    assert len(load_rows(tmp_path)[0]) == 1


@pytest.mark.parametrize("zero", ["0", "0.0", " 0 ", 0.0, 0])
def test_targets_from_zero_are_found_as_text_too(tmp_path: Path, zero: object) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(picture(ord(name)))
    record = {"question": "?", "answer": 1, "images": ["a.png", "b.png"]}
    one = "1" if isinstance(zero, str) else 1
    targets = [one, zero]
    records = [{**record, "id": k, "target_image": t} for k, t in enumerate(targets)]
    lines(tmp_path / "rows.jsonl", records)
    assert "row 2 of rows.jsonl: target_image is 0" in one_line(tmp_path)
    assert load_rows(f"{tmp_path}?target_from=0")[0]["target_image"][:] == [2, 1]


@pytest.mark.parametrize("target", [True, float("inf"), float("nan"), "1.5", [1], "", "x"])
def test_a_target_that_is_no_number_costs_its_row(tmp_path: Path, target: object) -> None:
    (tmp_path / "a.png").write_bytes(picture(1))
    record = {"question": "?", "answer": 1, "images": ["a.png", "a.png"], "target_image": target}
    (reason,) = refused(tmp_path, record).reasons()
    assert reason.startswith("target ")


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\u0085", "\r\n"])
def test_a_line_ends_where_json_lines_end(tmp_path: Path, mark: str) -> None:
    """Word processors write U+2028, U+0085 within a text; JSON holds them as they are."""
    text = json.dumps({"question": "a|b", "answer": "1"}, ensure_ascii=False)
    between = mark == "\r\n"
    text = f"{text}\r\n{text.replace('a|', 'c')}\r\n" if between else text.replace("|", mark)
    (tmp_path / "rows.jsonl").write_bytes(text.encode())
    rows, _ = load_rows(tmp_path)
    assert len(rows) == (2 if between else 1)


@pytest.mark.parametrize("code", ["gbk", "utf-16", "utf-16-le"])
@pytest.mark.parametrize("name", ["rows.jsonl", "rows.json"])
def test_a_file_in_another_encoding_is_one_line(tmp_path: Path, code: str, name: str) -> None:
    text = json.dumps({"question": "营业收入是多少?", "answer": "1"}, ensure_ascii=False)
    (tmp_path / name).write_bytes((text if name[-1] == "l" else f"[{text}]").encode(code))
    said = one_line(tmp_path)
    assert said.startswith(f"{tmp_path / name}") and ("UTF-8" in said or "no JSON" in said)


def test_a_parquet_file_damaged_within_a_page_is_one_line(tmp_path: Path) -> None:
    texts = [os.urandom(200).hex() for _ in range(400)]
    file = tmp_path / "train.parquet"
    pq.write_table(pa.table({"question": texts, "answer": ["1"] * 400}), file)
    data = bytearray(file.read_bytes())
    data[2_000:2_400] = os.urandom(400)
    file.write_bytes(bytes(data))
    said = one_line(tmp_path)
    assert said.startswith(f"{file}: ") and said.endswith("; fetch it or write it again")


@pytest.mark.parametrize(
    "name", ["train/data-00000-of-00001.arrow", "train/state.json", "train/dataset_info.json",
             "dataset_dict.json"],
)  # fmt: skip
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_a_saved_data_set_that_is_cut_is_one_line(tmp_path: Path, name: str, share: float) -> None:
    rows = Dataset.from_list([{"question": str(n) * 50, "answer": "1"} for n in range(300)])
    DatasetDict({"train": rows}).save_to_disk(str(tmp_path / "saved"))
    file = tmp_path / "saved" / name
    file.write_bytes(file.read_bytes()[: int(file.stat().st_size * share)])
    said = one_line(tmp_path / "saved")
    assert said.startswith(str(tmp_path / "saved")) and "write it again" in said


NO_GOLD = "no gold answer"
NO_TEXT = "gold answer is no text or number"


SAYS_NOTHING: list[tuple[object, str]] = (
    [("z ####", NO_GOLD), ("<answer> </answer>", NO_GOLD), ("$$", NO_GOLD), ("NaN", NO_GOLD),
     ("\\boxed{}", NO_GOLD), (" \n", NO_GOLD), (float("nan"), NO_GOLD), (float("inf"), NO_GOLD),
     ([""], NO_GOLD), ({"value": 3}, NO_TEXT), ([{"value": 3}], NO_TEXT), ([None], NO_TEXT)]
)  # fmt: skip
BARE = SAYS_NOTHING[2:]  # as the contract has its answers


@pytest.mark.parametrize(
    ("form", "answer", "reason"),
    [("plain", *case) for case in SAYS_NOTHING] + [("contract", *case) for case in BARE],
)
def test_an_answer_that_says_nothing_costs_its_row(
    tmp_path: Path, form: str, answer: object, reason: str
) -> None:
    record: dict[str, Any] = {"id": "x", "question": "How much?", "answer": answer}
    if form == "contract":
        record["prompt"] = [{"role": "user", "content": record.pop("question")}]
        record["answer_kind"] = "number"
    report = refused(tmp_path, record)
    assert list(report.reasons()) == [reason], report.refused


def test_an_empty_cell_gives_way_to_the_column_that_has_the_answer(tmp_path: Path) -> None:
    record = {"question": "?", "answer": float("nan"), "solution": "So \\boxed{7}."}
    lines(tmp_path / "rows.jsonl", [record])
    assert load_rows(tmp_path)[0]["answer"][:] == ["7"]


@pytest.mark.parametrize(
    ("column", "value", "reason"),
    [("image", 3, "image is no picture"), ("images", [[1]], "image is no picture"),
     ("image", True, "image is no picture"), ("image", {"bytes": 1.5}, "image is no picture"),
     ("image", "/" + "x" * 5000, "image not found"), ("image", "\ud83d", "image not found"),
     ("image", "a\nb.png", "image not found"), ("image", [None], "no image"),
     ("options", 3, "options are no list"), ("options", True, "options are no list"),
     ("prompt", 1, "no dialogue"), ("prompt", [True], "no dialogue"),
     ("prompt", [{"role": "user"}], "no question"), ("answer_kind", "sum", "of no known form"),
     ("precision", "C", "precision is no number"),
     ("precision", float("inf"), "precision is no number")],
)  # fmt: skip
def test_a_cell_of_another_kind_costs_its_row(
    tmp_path: Path, column: str, value: object, reason: str
) -> None:
    """Each reason in words and in one line that can be printed."""
    record: dict[str, Any] = {"id": "x", "question": "How much?", "answer": "4", column: value}
    if column in ("prompt", "answer_kind"):
        turn = {"role": "user", "content": "How much?"}
        record = {"prompt": [turn], "answer_kind": "number", **record}
    if column == "precision":
        record |= {"pid": "x", "answer_type": "float", "question_type": "free_form"}
    text = "\n".join(json.dumps(one) for one in (GOOD, record))
    (tmp_path / "rows.jsonl").write_text(text, "utf-8")
    _, report = load_rows(tmp_path)
    assert list(report.reasons()) == [reason], report.refused
    (line,) = report.lines()
    assert "\n" not in line and line.encode() and "Error" not in line


def test_a_target_beyond_every_number_is_none_of_the_images(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(1))
    images = ["a.png", "a.png"]
    record = {"question": "?", "answer": 1, "images": images, "target_image": 10**400}
    assert list(refused(tmp_path, record).reasons()) == ["target is no number"]


def large(side: int, kind: str = "PNG", mode: str = "L") -> bytes:
    buffer = io.BytesIO()
    Image.new(mode, (side, side), 255 if mode in "L1P" else 0).save(buffer, kind)
    return buffer.getvalue()


def test_a_large_picture_is_scaled_up_to_a_limit_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """14,000 a side are more than Pillow takes for an attack."""
    data, before = large(14_000), Image.MAX_IMAGE_PIXELS
    found = Pictures(None).picture(data)["bytes"]
    assert Image.open(io.BytesIO(found)).size == (MOST_SIDE, MOST_SIDE)
    assert before == Image.MAX_IMAGE_PIXELS
    monkeypatch.setattr(pictures, "MOST_PIXELS", 100_000_000)
    with pytest.raises(Refused, match=r"^image too large: expected at most 100,000,000 pixels"):
        check_picture(data)
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize(
    ("mode", "kind"), [("1", "PNG"), ("P", "PNG"), ("CMYK", "JPEG"), ("I;16", "PNG"),
                       ("F", "TIFF")],
)  # fmt: skip
def test_pictures_of_every_mode_are_scaled(
    mode: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "MOST_SIDE", 50)
    found = Pictures(None).picture(large(100, kind, mode))["bytes"]
    assert Image.open(io.BytesIO(found)).size == (50, 50)


@pytest.mark.parametrize("form", ["jsonl", "contract"])
def test_a_row_of_one_image_pays_no_selection_in_any_form(tmp_path: Path, form: str) -> None:
    for name in "ab":
        (tmp_path / f"{name}.png").write_bytes(picture(ord(name)))
    records: list[dict[str, Any]] = []
    for number, images in enumerate((["a.png"], ["a.png", "b.png"]), 1):
        record: dict[str, Any] = {"id": str(number), "answer": "1", "images": images}
        record["target_image"] = number
        if form == "contract":
            turn = {"role": "user", "content": "Which?"}
            record |= {"prompt": [turn], "answer_kind": "number", "target_image": str(number)}
        else:
            record["question"] = "Which?"
        records.append(record)
    lines(tmp_path / "rows.jsonl", records)
    rows, report = load_rows(tmp_path)
    assert report.lines() == [] and rows["target_image"][:] == [None, 2]
    asked = [prompt[0]["content"] for prompt in rows["prompt"]]
    assert asked == [SYSTEM_PROMPT_TEXT, SYSTEM_PROMPT]


def test_a_half_of_a_letter_costs_at_most_its_row(tmp_path: Path) -> None:
    """JSON can hold half of a surrogate pair, which no table can."""
    record = {"id": "\ud83d", "question": "a\ud83d?", "answer": "3\ud83d"}
    text = "\n".join(json.dumps(one) for one in (GOOD, record))
    (tmp_path / "rows.jsonl").write_text(text, "utf-8")
    rows, report = load_rows(tmp_path)
    assert rows["id"][0] == "good" and len(rows) + len(report.refused) == 2
    assert all(re.search("[\ud800-\udfff]", row["answer"]) is None for row in rows)
