"""The checks before training: golds, samples, lengths."""

import pandas as pd
import pytest
from datasets import Dataset
from PIL import Image
from trl.data_utils import prepare_multimodal_messages

from finlmm_utils.processor import load_processor
from finlmm_utils.rows import features, make_row
from finlmm_utils.tar.data.checks import check_golds, check_lengths, check_samples, optimal_thinking
from finlmm_utils.tar.data.report import DataError
from finlmm_utils.tar.rewards import (
    accuracy_reward,
    format_reward,
    image_selection_reward,
    make_length_reward,
)


def image_rows(images: list[int], answers: list[str]) -> Dataset:
    rows = [
        make_row(f"r{i}", "Which?", answer, "number", "", target_image=1,
                 images=[Image.new("RGB", (112, 112), "white")] * count)
        for i, (count, answer) in enumerate(zip(images, answers, strict=True))
    ]  # fmt: skip
    return Dataset.from_list(rows, features=features(True))


def test_gold_completions_earn_the_most_and_bad_golds_are_counted() -> None:
    rows = image_rows([1] * 4, ["12", "n/a", "(5%)", "tbd"])
    rules = {
        "format": format_reward,
        "accuracy": accuracy_reward,
        "selection": image_selection_reward,
        "length": make_length_reward((20, 50, 90)),
    }
    found = check_golds(rows, rules, optimal_thinking((20, 50, 90)))
    assert found["parse_rate"] == 0.5 and found["unparseable"] == ["r1", "r3"]
    assert found["lowest"] == dict.fromkeys(rules, 1)
    assert check_golds(rows, rules, "short")["lowest"]["length"] < 1
    assert check_golds(rows, rules, "a</think>")["lowest"]["format"] == 0


def test_prompts_that_do_not_fit_are_refused_by_id_and_never_cut() -> None:
    rows = image_rows([1, 3, 1], ["1", "2", "3"])
    processor = load_processor("finlmm-tiny")
    free = check_lengths(rows, processor)
    assert free["refused"] == [] and free["kept"] is rows and 0 < free["image_tokens"] < 1
    limited = check_lengths(rows, processor, free["longest"] - 1)
    assert limited["refused"] == ["r1"] and limited["refused_share"] == pytest.approx(1 / 3)
    assert limited["kept"]["id"][:] == ["r0", "r2"]
    kept = check_lengths(limited["kept"], processor)
    assert kept["longest"] < free["longest"] and kept["image_tokens"] < free["image_tokens"]
    with pytest.raises(DataError, match=r"'r0'.*no row has 3 or fewer"):
        check_lengths(rows, processor, 3)


@pytest.mark.parametrize("trimmed", [True, False])
def test_lengths_from_headers_are_those_of_the_processor(
    trimmed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Token for token, for images of many sizes, below and above the processor's pixel range."""
    processor = load_processor("finlmm-tiny")
    if not trimmed:  # as with a policy of the hub: an image keeps its own size, within a range
        processor.frame = None
        pixels = {"shortest_edge": 28 * 28 * 4, "longest_edge": 28 * 28 * 40}
        monkeypatch.setattr(processor.image_processor, "size", pixels)
    sizes = [(30, 900), (500, 20), (28, 28), (333, 777), (1200, 900), (57, 57), (3000, 200)]
    rows = Dataset.from_list(
        [
            make_row(f"r{i}", "Is 报告 1,234 higher? " * i, "1", "number", "",
                     images=[Image.new("RGB", size, "white") for size in sizes[i : i + 3]])
            for i in range(len(sizes))
        ],
        features=features(True),
    )  # fmt: skip
    found = check_lengths(rows, processor, 10_000, dict.fromkeys(rows["id"][:3], "first"))
    real = []
    for row in rows:
        turns = prepare_multimodal_messages(row["prompt"], images=row["images"])
        text = processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        real.append(len(processor(images=row["images"], text=[text])["input_ids"][0]))
    assert found["longest"] == max(real) and found["mean"] == sum(real) / len(real)
    limit = sorted(real)[3]
    limited = check_lengths(rows, processor, limit, dict.fromkeys(rows["id"][:3], "first"))
    assert limited["refused"] == [f"r{i}" for i, n in enumerate(real) if n > limit]
    by_source = limited["by_source"]
    assert {name: one["rows"] for name, one in by_source.items()} == {"first": 3, "": 4}
    assert sum(one["refused"] for one in by_source.values()) == len(limited["refused"])


def test_lengths_decode_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = image_rows([2, 1], ["1", "2"])

    def refuse(*_: object) -> None:
        raise AssertionError("pixels were decoded")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", refuse)
    assert check_lengths(rows, load_processor("finlmm-tiny"))["refused"] == []


def test_sampled_completions_go_through_every_reward() -> None:
    rows = image_rows([1] * 3, ["12", "13", "n/a"])
    right = "<think>a</think> <answer>12</answer> <image_selection>1</image_selection>"
    samples = pd.DataFrame({"id": ["r1", "r1", "r0", "r0", "r2", "r2"]})
    samples["completion"] = [right, right, right, "12", right, right]
    found = check_samples(samples, rows, {"format": format_reward, "accuracy": accuracy_reward})
    assert found.loc["accuracy", "mean"] == pytest.approx(1 / 4)  # r2 has no reward at all
    assert found.loc["accuracy", "flat"] == pytest.approx(1 / 2)
    assert found.loc["format", "mean"] == pytest.approx(5 / 6)
    assert found.loc["format", "flat"] == pytest.approx(2 / 3)
    assert found.loc["format", "spread"] > 0
