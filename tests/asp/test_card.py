"""The published data set: loadable by its name alone, the same bytes from the same inputs."""

import datasets
import numpy as np
import pytest

from finlmm_utils.asp import distractors
from finlmm_utils.asp.card import data_card, write_hub
from finlmm_utils.rows import features
from finlmm_utils.study.parameters.profiles import PROFILES, load_profile
from tests.asp.test_distractors import pool, similarity, triplets

FUNNEL = [
    {"step": "written", "dropped": 0, "left": 14},
    {"step": "clear", "dropped": 2, "left": 12},
]


def publish(folder, sides=("train", "test"), seed=1):
    figures, built = pool(), {}
    for side in sides:
        chooser = distractors.Chooser(figures, rows=12, seed=seed)
        built[side] = distractors.build_rows(
            triplets(figures, 12), chooser, similarity(12, 40), side
        )
    rows = datasets.DatasetDict(
        {
            side: datasets.Dataset.from_list(some, features=features())
            for side, some in built.items()
        }
    )
    card = data_card(
        built, FUNNEL, {"en": 12, "zh": 3}, ["2 made reports: its own licence"], "lowest_quartile",
        {"all": (9, 10, 0.9, 0.6, 0.98)}, ["Chosen by OCR, 40% are right."],
    )  # fmt: skip
    write_hub(rows, card, folder)
    return rows, {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_what_is_published_comes_back_by_load_dataset(tmp_path):
    rows, _ = publish(tmp_path / "hub")
    again = datasets.load_dataset(str(tmp_path / "hub"), cache_dir=str(tmp_path / "cache"))
    for side, some in rows.items():
        assert again[side].features == features()
        for one, other in zip(some, again[side], strict=True):
            assert one | {"images": 0} == other | {"images": 0}
            for a, b in zip(one["images"], other["images"], strict=True):
                assert np.array_equal(np.asarray(a), np.asarray(b))


def test_same_inputs_and_seed_give_the_same_bytes(tmp_path):
    first = publish(tmp_path / "a")[1]
    assert len(first) == 3
    assert publish(tmp_path / "b")[1] == first
    assert publish(tmp_path / "c", seed=2)[1] != first


def test_what_an_earlier_run_left_is_not_mixed_in(tmp_path):
    publish(tmp_path / "hub")
    assert len(publish(tmp_path / "hub", sides=("train",))[1]) == 2


def test_the_card_counts_what_the_run_did(tmp_path):
    card = publish(tmp_path / "hub")[1]
    text = next(data for path, data in card.items() if path.suffix == ".md").decode()
    for line in (
        "- zh\n", "24 rows; each has one figure", "| train | arithmetic | 12 | 0 | 0 |",
        "| clear | 2 | 12 |", "- en: 12 questions", "- 2 made reports: its own licence",
        "| all | 9 of 10 | 0.90 | 0.60 to 0.98 |", "- Chosen by OCR, 40% are right.",
    ):  # fmt: skip
        assert line in text, line


def test_rows_that_change_on_the_way_are_an_error(tmp_path):
    rows = datasets.DatasetDict(train=datasets.Dataset.from_dict({"id": ["a"], "x": [1]}))
    rows["train"].to_parquet = lambda path: datasets.Dataset.from_dict(
        {"id": ["b"], "x": [1]}
    ).to_parquet(path)
    with pytest.raises(ValueError, match="'train' is read back with other rows"):
        write_hub(rows, "", tmp_path / "hub")


@pytest.mark.parametrize("profile", PROFILES)
def test_nothing_is_pushed_unless_a_data_set_is_named(profile):
    assert load_profile(profile)["push_to_hub"] == ""
