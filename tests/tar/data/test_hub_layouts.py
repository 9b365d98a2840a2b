"""Files and cells as copies of hub sets have them: shards, cards, options, lists, markers."""

import socket
from pathlib import Path
from typing import Any

import pytest
from datasets import ClassLabel, Dataset, Features, Value

from finlmm_utils.tar.data.report import DataError
from finlmm_utils.tar.data.sources import load_details, load_rows
from tests.tar.data.making import lines, parquet, picture


def rows_of(text: str, count: int = 2) -> list[dict[str, Any]]:
    return [{"question": f"{text} {k}?", "answer": str(k)} for k in range(count)]


def said(folder: Path, source: str = "", **options: Any) -> list[str]:
    rows, _ = load_rows(f"{folder}{source}", **options)
    return [prompt[-1]["content"] for prompt in rows["prompt"]]


def test_half_a_set_is_refused_and_is_loaded_where_that_is_said(tmp_path: Path) -> None:
    data = tmp_path / "data"
    parquet(data / "train-00000-of-00003.parquet", rows_of("a"))
    parquet(data / "train-00002-of-00003.parquet", rows_of("c"))
    parquet(data / "test-00000-of-00001.parquet", rows_of("t"))
    with pytest.raises(DataError, match=r"1 shards of the split train .*train-00001-of-00003\.par"):
        load_rows(tmp_path)
    rows, report = load_rows(f"{tmp_path}?partial=yes")
    assert len(rows) == 4
    assert report.lines() == ["4 rows: of a split without train-00001-of-00003.parquet"]
    assert said(tmp_path, "@test") == ["t 0?", "t 1?"], "another split's shards are no matter"
    with pytest.raises(DataError, match="partial 'maybe'; expected yes or no"):
        load_rows(f"{tmp_path}?partial=maybe")


def test_shards_with_hashes_counted_from_one_or_in_folders_are_whole(tmp_path: Path) -> None:
    for folder, names in {
        "hashes": [
            "train-00000-of-00002-6b81bd7f.parquet",
            "train-00001-of-00002-6a611c71.parquet",
        ],
        "ones": ["train-1-of-2.jsonl", "train-2-of-2.jsonl"],
        "folders": ["a/train-00000-of-00001.parquet", "b/train-00000-of-00001.parquet"],
    }.items():
        for number, name in enumerate(names):
            write = lines if name.endswith("jsonl") else parquet
            write(tmp_path / folder / name, rows_of(f"{number}"))
        assert len(said(tmp_path / folder)) == 4, folder


CARD = """---
configs:
- config_name: main
  default: true
  data_files:
  - split: train
    path: {train}
  - split: test
    path: "data/none-*.parquet"
- config_name: below
  data_dir: other
- config_name: both
  data_dir: ./other/
  data_files: "{{x,rows}}.jsonl"
---
"""


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("data/**/train-*.parquet", "abc"), ("data/{train,more}-*.parquet", "ad"),
        ("data/*.parquet", "ad"), ("./data/sub/**", "bc"), ("data/sub", "bc"),
        ("**/*-x.parquet", "abcd"),
        ("[data/train-*.parquet, data/sub/deep/*]", "ac"), ("data/train-?.parquet", "a"),
    ],
)  # fmt: skip
def test_a_cards_patterns_are_read_as_on_the_hub(
    pattern: str, expected: str, tmp_path: Path
) -> None:
    for letter, name in {"a": "train-x", "b": "sub/train-x", "c": "sub/deep/train-x",
                         "d": "more-x"}.items():  # fmt: skip
        parquet(tmp_path / "data" / f"{name}.parquet", rows_of(letter, 1))
    listed = pattern if pattern.startswith("[") else f'"{pattern}"'
    (tmp_path / "README.md").write_text(CARD.format(train=listed), "utf-8")
    assert "".join(sorted(text[0] for text in said(tmp_path))) == expected
    lines(tmp_path / "other" / "rows.jsonl", rows_of("o", 1))
    lines(tmp_path / "other" / "far" / "rows.jsonl", rows_of("f", 1))
    assert said(tmp_path, ":both") == ["o 0?"]
    assert sorted(said(tmp_path, ":below")) == ["f 0?", "o 0?"]
    with pytest.raises(DataError, match="no file of split 'test' is there that its card names"):
        said(tmp_path, "@test")


ELSEWHERE = ["http://{place}/train.jsonl", "simplecache::http://{place}/train.jsonl", "hf://a/b/c",
             "github://a:b@/x", "{far}", "../far.jsonl", "../../**/*.jsonl",
             "file://{far}"]  # fmt: skip


@pytest.mark.faults
@pytest.mark.parametrize("pattern", ELSEWHERE)
def test_a_cards_pattern_leads_nowhere_else(pattern: str, tmp_path: Path) -> None:
    """Neither to a server nor to a file beside the set."""
    far = lines(tmp_path / "far.jsonl", rows_of("far"))
    lines(tmp_path / "set" / "train.jsonl", rows_of("own"))
    with socket.create_server(("127.0.0.1", 0)) as server:
        place = "{}:{}".format(*server.getsockname())
        named = pattern.format(place=place, far=far)
        (tmp_path / "set" / "README.md").write_text(CARD.format(train=f'"{named}"'), "utf-8")
        with pytest.raises(DataError):
            said(tmp_path / "set")
        server.settimeout(0.05)
        with pytest.raises(TimeoutError):
            server.accept()


FILES = ["7", "true", "[1.5]", "[{split: train}]", "[{split: train, path: 7}]", "[{path: [1]}]",
         "'" + "{a,b}" * 40 + "'", "'" + "{" * 9000 + "}" * 9000 + "'", "'" + "*a" * 200 + "b'",
         "'" + "**/*/" * 150 + "b'"]  # fmt: skip


@pytest.mark.faults
@pytest.mark.parametrize("files", FILES)
def test_a_card_that_lists_no_files_is_one_line_and_soon(files: str, tmp_path: Path) -> None:
    lines(tmp_path / ("a" * 240 + ".jsonl"), rows_of("own"))
    (tmp_path / "README.md").write_text(f"---\nconfigs:\n- data_files: {files}\n---\n", "utf-8")
    with pytest.raises(DataError) as caught:
        said(tmp_path)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


def test_the_split_to_name_is_the_one_with_golds(tmp_path: Path) -> None:
    for split in ("test", "testmini"):
        parquet(tmp_path / f"{split}-00000-of-00001.parquet", rows_of(split))
    with pytest.raises(DataError, match=r"name one, as in \S+@testmini$"):
        load_rows(tmp_path, split="train")


@pytest.mark.parametrize(
    ("options", "listed"),
    [
        ([None, None], ""), (["red", None, "blue"], "\nA. red\nC. blue"), (["", " "], ""),
        ("['red','blue']", "\nA. red\nB. blue"), ('["red", "blue"]', "\nA. red\nB. blue"),
        ("['red' 'blue']", "\nA. red\nB. blue"),
        ("['it\\'s red', 'blue']", "\nA. it's red\nB. blue"),
        (["A. red", "B. blue"], "\nA. red\nB. blue"),
        (["(A) red", "(B) blue"], "\nA. red\nB. blue"),
        (["A: red", "C: blue"], "\nA. A: red\nB. C: blue"),
        ("A: red\nB: blue", "\nA: red\nB: blue"),
        ({"A": "red", "B": "blue", "C": None}, "\nA. red\nB. blue"),
        ({"a": "red", "(b)": "blue"}, "\nA. red\nB. blue"),
        ({"A": "A. red", "B": "B. blue"}, "\nA. red\nB. blue"),
        ([{"label": "A", "text": "red"}, {"label": "B", "text": "blue"}], "\nA. red\nB. blue"),
        ({"label": ["A", "B"], "text": ["red", "blue"]}, "\nA. red\nB. blue"),
        ([{"A": "red"}, {"B": "blue"}], "\nA. red\nB. blue"),
        ('{"A": "red", "B": "blue"}', "\nA. red\nB. blue"), ([2019, 2020], "\nA. 2019\nB. 2020"),
    ],
)  # fmt: skip
def test_options_stand_below_the_question_however_a_table_holds_them(
    options: Any, listed: str, tmp_path: Path
) -> None:
    lines(tmp_path / "rows.jsonl", [{"question": "Which?", "options": options, "answer": "A"}])
    assert said(tmp_path) == [f"Which?{listed}"]


def test_golds_are_letters_of_the_options_that_they_repeat(tmp_path: Path) -> None:
    options = {"list": "['red','blue']", "own letters": ["A. red", "B. blue"]}
    lines(tmp_path / "rows.jsonl", [
        {"id": name, "question": f"{name}?", "options": value, "answer": gold}
        for name, value in options.items() for gold in ("blue",)
    ] + [{"id": "gold, too", "question": "Own?", "options": ["A. red", "B. blue"],
          "answer": "B. blue"}])  # fmt: skip
    rows, report = load_rows(tmp_path)
    assert rows["answer"][:] == ["B"] * 3 and not report.refused
    lines(tmp_path / "rows.jsonl", [{"question": "Which?", "options": ["x", "y"], "answer": "(b)"}])
    assert load_rows(tmp_path)[0]["answer"][:] == ["B"]
    lines(tmp_path / "rows.jsonl", [
        {"question_text": "Which rise?", "question_type": "multiple_choice", "answer": "['A', 'C']",
         "options": "A: red\nB: blue\nC: green"}])  # fmt: skip
    assert load_rows(tmp_path)[0]["answer"][:] == ["AC"]


@pytest.mark.parametrize(
    "text", ["[" * 50 + "]" * 50, "['a', " * 30_000 + "]", "[__import__('os')]", "[1", "['x'"]
)
def test_a_text_is_read_as_a_list_within_limits_and_is_never_run(text: str, tmp_path: Path) -> None:
    lines(tmp_path / "rows.jsonl", [{"question": "Which?", "options": text, "answer": "A"}])
    assert said(tmp_path) == [f"Which?\n{text}"]


def test_images_that_are_a_list_as_text_are_found(tmp_path: Path) -> None:
    for name, shade in (("1", 1), ("2", 2), ("3", 3)):
        path = tmp_path / "images" / f"{name}.png"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(picture(shade))
    names = ["images/1.png", "images/2.png", "images/3.png"]
    common = {"question": "How much?", "ground_truth": 5.0, "answer": "5"}
    lines(tmp_path / "rows.jsonl", [
        {**common, "question_id": "0", "images": str(names)},
        {**common, "question_id": "1", "images": names, "ground_images": ["./images/2.png"]},
        {**common, "question_id": "2", "images": [f"./{n}" for n in names],
         "ground_images": "['images/3.png']"},
        {**common, "question_id": "3", "images": [f"./MultiFinance/{n}" for n in names],
         "ground_images": ["1.png"]},
        {**common, "question_id": "4", "images": names, "ground_images": ["images/9.png"]},
        {**common, "question_id": "5", "images": ["images/1.png", "./images/1.png"],
         "ground_images": ["1.png"]},
    ])  # fmt: skip
    rows, report = load_rows(tmp_path)
    assert [len(images) for images in rows["images"]] == [3, 3, 3, 3]
    assert rows["target_image"][:] == [None, 2, 3, 1]
    assert list(report.reasons()) == ["target not among the images"]
    assert len(report.refused) == 2


def test_numbered_markers_go_or_name_their_image(tmp_path: Path) -> None:
    for name, shade in (("a", 1), ("b", 2)):
        (tmp_path / f"{name}.png").write_bytes(picture(shade))
    one, two = {"image": "a.png", "answer": "1"}, {"images": ["a.png", "b.png"], "answer": "1"}
    texts = [
        {**one, "question": "How many?\n<image1>"},
        {**one, "question": "<image 1>\n See <image1>."},
        {**two, "question": "Is <image_1> larger than <Image 2>?"},
        {**one, "question": "Like <image1>?", "options": ["<image2>", "<image3>"], "answer": "B"},
    ]  # fmt: skip
    lines(tmp_path / "rows.jsonl", texts)
    assert said(tmp_path) == [
        "How many?", "See.", "Is image 1 larger than image 2?",
        "Like image 1?\nA. image 2\nB. image 3",
    ]  # fmt: skip


def test_a_sets_own_scorer_knows_the_options_that_were_read(tmp_path: Path) -> None:
    from finlmm_utils.evaluation.benchmarks.scorers import RULES

    common = {
        "question": "Which?",
        "precision": None,
        "question_type": "multi_choice",
        "answer_type": "text",
    }
    lines(tmp_path / "rows.jsonl", [
        {**common, "pid": "1", "choices": "['red', 'blue']", "answer": "blue"},
        {**common, "pid": "2", "choices": ["A. red", "B. blue"],
         "answer": "B. blue"},
    ])  # fmt: skip
    _, _, details = load_details(tmp_path)
    for one in details.values():
        right = [text for text in ("B", "blue", "(B) blue", "A", "red")
                 if RULES["mathvista"](text, one)]  # fmt: skip
        assert right == ["B", "blue", "(B) blue"]


@pytest.mark.parametrize("saved", ["disk", "parquet"])
def test_a_class_is_read_by_its_name(saved: str, tmp_path: Path) -> None:
    """The files hold numbers, which would be golds of their own; -1 stands for none."""
    kinds = ClassLabel(names=["rises", "falls"])
    columns = Features({"question": Value("string"), "answer": kinds})
    told = {"question": ["How is it?", "And this?", "And that?"], "answer": [1, 0, -1]}
    rows = Dataset.from_dict(told, features=columns)
    if saved == "disk":
        rows.save_to_disk(tmp_path / "set")
    else:
        (tmp_path / "set").mkdir()
        rows.to_parquet(tmp_path / "set" / "train.parquet")
    found, report = load_rows(tmp_path / "set")
    assert found["answer"][:] == ["falls", "rises"]
    assert list(report.reasons()) == ["no gold answer"]
