"""The rule-based rewards in TRL's calling form, and their weighting."""

import json
import math
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finlmm_utils.rows import image_counts, make_row
from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.data.mixtures import load_mixture
from finlmm_utils.tar.data.report import DataError
from finlmm_utils.tar.data.sources import load_rows
from finlmm_utils.tar.grpo_by_hand import group_advantages, grpo_loss, weighted_reward
from finlmm_utils.tar.responses import text_of
from finlmm_utils.tar.rewards import (
    REWARD_WEIGHTS,
    accuracy_reward,
    format_reward,
    gold_completion,
    image_selection_reward,
    length_reward,
    length_score,
    make_length_reward,
    normalised_weights,
    unparseable_golds,
)
from tests.tar.data.making import picture

QUICK = settings(max_examples=100, deadline=None, derandomize=True)
GOOD = "<think>57 - 45 = 12.</think> <answer>12</answer> <image_selection>2</image_selection>"


def chat(text: str) -> list[dict[str, str]]:
    """A completion as TRL passes it."""
    return [{"role": "assistant", "content": text}]


def test_format_needs_a_selection_where_there_is_a_target_and_only_there() -> None:
    text_only = GOOD.partition(" <image")[0]
    assert format_reward([chat(GOOD), chat(text_only)], target_image=[2, 2]) == [1, 0]
    assert format_reward([GOOD, text_only], target_image=[None, None]) == [0, 1]
    assert format_reward([GOOD, text_only, "12"]) == [1, 1, 0]


def test_accuracy_is_none_for_all_or_no_completions_of_a_row() -> None:
    said = [GOOD, "<answer>13</answer>", "12"]
    assert accuracy_reward(said, ["12"] * 3, ["number"] * 3) == [1, 0, 0]
    assert accuracy_reward(said, ["n/a"] * 3, ["number"] * 3) == [None] * 3


def test_accuracy_reads_the_question_and_the_unit() -> None:
    parts = [{"type": "image"}, {"type": "text", "text": "Which?\nA. 12\nB. 13"}]
    prompts = [[{"role": "system", "content": "s"}, {"role": "user", "content": parts}]]
    assert text_of(prompts[0]) == "Which?\nA. 12\nB. 13"
    assert accuracy_reward([GOOD], ["A"], ["choice"], prompts=prompts) == [1]
    assert accuracy_reward(["<answer>$12 million</answer>"], ["12"], unit=["$m"]) == [1]
    assert accuracy_reward([GOOD], ["12"], unit=[None], task=["x"], trainer_state=None) == [1]


def test_selection() -> None:
    assert image_selection_reward([GOOD, GOOD, GOOD, ""], [2, 1, None, 1]) == [1, 0, None, 0]


@pytest.mark.parametrize(
    ("n", "score"),
    [(0, 0), (75, 0.3), (300, 0.6), (375, 0.8), (450, 1), (600, 1), (900, 0.95), (1200, 0.9),
     (10**9, 0.9)],
)  # fmt: skip
def test_length_is_the_published_shape(n: int, score: float) -> None:
    assert length_score(n) == pytest.approx(score)


@QUICK
@given(st.floats(0, 1e6), st.floats(0, 1e6))
def test_length_rises_to_the_optimum_and_stays_in_range(a: float, b: float) -> None:
    low, high = sorted((length_score(a), length_score(b)))
    assert 0 <= low <= high <= 1
    if max(a, b) <= 450:
        assert length_score(min(a, b)) <= length_score(max(a, b))


def test_length_units_and_bad_thresholds() -> None:
    text = ["<think>one two</think>"]
    assert length_reward(text, (2, 3, 4)) == [pytest.approx(0.6)]
    assert length_reward(text, (7, 8, 9), "chars") == [pytest.approx(0.6)]
    assert length_reward(["no tags"]) == [0]
    assert make_length_reward((2, 3, 4))(completions=text, unit=["$m"]) == [pytest.approx(0.6)]
    assert make_length_reward().__name__ == "length_reward"
    with pytest.raises(ValueError, match="0 < least"):
        make_length_reward((3, 2, 1))
    with pytest.raises(ValueError, match="'words'"):
        length_reward(text, (2, 3, 4), "words")


def test_weights_are_divided_by_the_sum_of_the_active_terms() -> None:
    weights = normalised_weights(REWARD_WEIGHTS, ["format", "accuracy"])
    assert weights == {"format": pytest.approx(1 / 7), "accuracy": pytest.approx(6 / 7)}
    assert math.isclose(sum(normalised_weights(REWARD_WEIGHTS, REWARD_WEIGHTS).values()), 1)
    assert list(normalised_weights({"a": 1, "b": 0}, ["a", "b"])) == ["a"]
    for weights, active in (({"a": 1}, ["b"]), ({"a": 0}, ["a"]), ({"a": -1, "b": 2}, ["a", "b"])):
        with pytest.raises(ValueError):
            normalised_weights(weights, active)


def test_the_gold_completion_earns_the_most() -> None:
    row = make_row("r", "q", "12", "number", "", images=[b"x", b"y"], target_image=2)
    text = gold_completion(row)
    assert format_reward([text], [2]) == accuracy_reward([text], ["12"]) == [1]
    assert image_selection_reward([text], [2]) == [1]
    assert unparseable_golds([row, {**row, "id": "s", "answer": "n/a"}]) == ["s"]


def test_advantages_and_loss_by_hand() -> None:
    parts = {"accuracy": 1.0, "selection": None}
    assert weighted_reward(parts, {"accuracy": 0.5, "selection": 0.5}) == 0.5
    assert group_advantages([1, 1, 1]) == [0, 0, 0]
    advantages = group_advantages([1, 0])
    assert advantages == [pytest.approx(0.7070, abs=1e-3), pytest.approx(-0.7070, abs=1e-3)]
    on_policy = [[-1.0, -2.0], [-1.0]]
    assert grpo_loss(on_policy, advantages) == pytest.approx(0, abs=1e-9)
    doubled = [[p + math.log(2) for p in tokens] for tokens in on_policy]
    clipped = -(1.2 * advantages[0] + 2 * advantages[1]) / 2
    assert grpo_loss(doubled, advantages, on_policy) == pytest.approx(clipped)


def test_made_rows_are_the_same_for_the_same_seed() -> None:
    rows = made_text_rows(20, 3)
    assert rows == made_text_rows(20, 3) != made_text_rows(20, 4)
    questions = {row["prompt"][1]["content"] for row in rows}
    assert len(questions) == 20
    assert not questions & {r["prompt"][1]["content"] for r in made_text_rows(20, 3, "test")}


def test_foreign_rows_come_into_the_contract(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture(1))
    message = [{"role": "user", "content": [{"type": "image", "image": "a.png"},
                                            {"type": "text", "text": "What is it?"}]}]  # fmt: skip
    records = [
        {"message": json.dumps(message), "answer": "$12$"},
        {"question": "Which?", "choices": {"A": "1", "B": "2"}, "answer": "B", "image": "a.png"},
        {"question": "True?", "kind": "truefalse", "answer": "True", "image": "a.png"},
        {"question": "gone", "answer": "1", "image": "gone.png"},
        {"question": "many", "answer": "1", "images": ["a.png"] * 6},
    ]
    text = "\n".join(json.dumps(record) for record in records)
    (tmp_path / "rows.jsonl").write_text(text, encoding="utf-8")
    rows, report = load_rows(tmp_path)
    assert rows["answer_kind"][:] == ["number", "choice", "choice"]
    assert rows["target_image"][:] == [None] * 3  # of one image none has to be chosen
    assert rows["prompt"][1][1]["content"].endswith("\nA. 1\nB. 2")
    assert (report.read, report.kept, report.parse_rate, len(report.refused)) == (5, 3, 1.0, 2)
    mixed, reports = load_mixture(f"asp*1+{tmp_path}*2", tmp_path, seed=1)
    assert len(mixed) == 5 and [r.kept for r in reports] == [2, 3]


def test_mixtures_keep_their_shares_and_take_text_beside_images(tmp_path: Path) -> None:
    sizes = {"few": 12, "many": 60, "text": 5}
    for name, size in sizes.items():
        image = {} if name == "text" else {"image": "a.png"}
        records = [{"id": f"{name}{i}", "question": "?", "answer": str(i), **image}
                   for i in range(size)]  # fmt: skip
        if name == "many":
            records.append({"id": "bare", "question": "?", "answer": "1"})
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.png").write_bytes(picture(1))
        text = "\n".join(json.dumps(record) for record in records)
        (tmp_path / name / "rows.jsonl").write_text(text, encoding="utf-8")
    few, many = tmp_path / "few", tmp_path / "many"
    mixed, reports = load_mixture(f"asp*0.25+{many}*0.75", few, seed=1)
    assert [r.kept for r in reports] == [12, 36] and len(mixed) == 48
    assert reports[1].read == 61 and not reports[1].refused
    names = [name.rstrip("0123456789") for name in mixed["id"]]
    assert names.count("few") == 12 and "few" in names[:16] and "few" in names[-16:]
    again, _ = load_mixture(f"asp*0.25+{many}*0.75", few, seed=1)
    assert mixed["id"][:] == again["id"][:]
    part, reports = load_mixture(f"asp*1+{many}*3", few, count=20, seed=2)
    assert len(part) == 20 and [r.kept for r in reports] == [5, 15]
    text = tmp_path / "text"
    mixed, _ = load_mixture(f"asp*0.75+{text}*0.25", few, seed=1)
    counts = dict(zip(mixed["id"], image_counts(mixed), strict=True))
    assert counts == {f"few{i}": 1 for i in range(12)} | {n: 0 for n in counts if n[0] == "t"}
    assert len(counts) == 16
    assert image_counts(load_mixture(f"{text}+made")[0]) == [0] * 261
    twice, _ = load_mixture(f"{few}+{few}")
    assert len(set(twice["id"])) == 24
    for sources, words in (("asp*x", "share 'x'"), ("asp*0", "above 0")):
        with pytest.raises(DataError, match=words):
            load_mixture(sources, few)


def test_real_samples_load(real_data: Path) -> None:
    for name, images in (("text", 0), ("finmmr", 3), ("finchart", 1)):
        rows, report = load_rows(real_data / name, 5, seed=1)
        assert len(rows) == 5 and report.parse_rate == 1 and not report.refused
        assert len(rows[0].get("images") or []) == images
        assert images < 2 or all(rows["target_image"][:])
