"""The seven benchmarks on their copies: gold against itself is 100 %, an empty answer 0 %."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from finlmm_utils.evaluation.benchmarks.replies import answer_of
from finlmm_utils.evaluation.benchmarks.sets import (
    BENCHMARKS,
    batches,
    lmms_eval_command,
    load_benchmarks,
    results_table,
    scored,
    summary,
)
from finlmm_utils.study.parameters.schemas import BENCHMARK_NAMES
from finlmm_utils.tar.data.report import DataError
from finlmm_utils.tar.rewards import gold_completion
from finlmm_utils.tar.rollouts.answering import scored as scored_row
from tests.tar.data.benchmark_copies import BENCHMARK_COPIES
from tests.tar.data.making import into_hub_cache, lines


@pytest.fixture(autouse=True)
def hub_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "hub"


def copies(cache: Path) -> None:
    for name, build in BENCHMARK_COPIES.items():
        expected = into_hub_cache(cache, build)
        assert BENCHMARKS[name].hub.startswith(expected.hub)


def answered(rows: Any, say: Any) -> pd.DataFrame:
    """Samples in the form of ``generate`` of a policy that says what it is told to."""
    samples = [scored_row(row, 0, say(row)) for row in rows]
    return pd.DataFrame(samples).assign(tokens=1, clipped=False)


def test_gold_scores_all_and_nothing_scores_none_on_every_set(hub_cache: Path) -> None:
    copies(hub_cache)
    loaded = load_benchmarks("all")
    assert [one.name for one in loaded] == list(BENCHMARKS) == list(BENCHMARK_NAMES)
    for one in loaded:
        gold = scored(one, answered(one.rows, gold_completion))
        assert gold["correct"].all(), one.name
        for empty in ("", "<think>so</think> <answer></answer>"):
            none = scored(one, answered(one.rows, lambda _, text=empty: text))
            assert not none["correct"].any(), one.name
        value = summary(one, gold)
        assert value["accuracy"] == value["comparator"] == 1 and value["rows"] == len(one.rows)
        assert set(value["groups"]) == set(one.benchmark.groups)  # type: ignore[union-attr]
    finmmr = next(one for one in loaded if one.name == "FinMMR")
    value = summary(finmmr, scored(finmmr, answered(finmmr.rows, gold_completion)))
    assert value["selection"] == 1 and value["chance"] == pytest.approx(1 / 3)
    finmme = next(one for one in loaded if one.name == "FinMME")
    assert summary(finmme, scored(finmme, answered(finmme.rows, gold_completion)))["finscore"] == 1


def test_a_folder_is_known_by_its_columns_and_the_usual_split_is_not_training(
    tmp_path: Path,
) -> None:
    for name in BENCHMARK_COPIES:
        folder = tmp_path / name
        folder.mkdir()
        BENCHMARK_COPIES[name](folder)
        (one,) = load_benchmarks(str(folder))
        assert one.name == name and one.benchmark is BENCHMARKS[name]
    own = tmp_path / "own"
    lines(own / "train.jsonl", [{"question": "train", "answer": "1"}])
    lines(own / "test.jsonl", [{"question": "1 + 1?", "answer": "2"}])
    (one,) = load_benchmarks(str(own))
    assert one.benchmark is None and one.rows["answer"][:] == ["2"]
    assert summary(one, scored(one, answered(one.rows, gold_completion)))["accuracy"] == 1


def test_each_set_once_and_none_where_none_is_asked_for(hub_cache: Path) -> None:
    assert load_benchmarks("") == []
    copies(hub_cache)
    with pytest.raises(DataError, match="MathVista is named twice"):
        load_benchmarks("MathVista+AI4Math/MathVista@testmini")
    few = load_benchmarks("mathvista+FinMME", count=2, seed=3)
    assert [len(one.rows) for one in few] == [2, 2]


def test_blocks_hold_every_row_once_with_and_without_images_apart(tmp_path: Path) -> None:
    from tests.tar.data.making import picture

    (tmp_path / "a.png").write_bytes(picture(1))
    bare = [{"id": str(k), "question": "?", "answer": "1"} for k in range(10)]
    records = [one | ({"image": "a.png"} if k % 3 else {}) for k, one in enumerate(bare)]
    lines(tmp_path / "rows.jsonl", records)
    (one,) = load_benchmarks(str(tmp_path))
    blocks = list(batches(one, 4))
    assert sorted(row["id"] for block in blocks for row in block) == [str(k) for k in range(10)]
    for block in blocks:
        assert len({bool(row["images"]) for row in block}) == 1 and len(block) <= 4


def test_the_table_has_every_policy_beside_the_published_number(hub_cache: Path) -> None:
    copies(hub_cache)
    loaded = load_benchmarks("MMStar+FinMME")
    summaries = {}
    for policy, say in (("base", lambda _: ""), ("stage 2", gold_completion)):
        for one in loaded:
            summaries[policy, one.name] = summary(one, scored(one, answered(one.rows, say)))
    table = results_table(loaded, summaries)
    assert list(table.columns) == [
        "rows",
        "refused",
        "seen",
        "base",
        "stage 2",
        "published, base",
        "rule",
    ]
    assert (
        table.loc["MMStar", "base"].startswith("0.0% [")
        and "100.0%" in table.loc["MMStar", "stage 2"]
    )
    assert table["published, base"].tolist() == ["51.4%", "none known"]


def test_rows_that_training_has_seen_are_counted_apart(tmp_path: Path) -> None:
    lines(tmp_path / "rows.jsonl", [{"id": k, "question": k, "answer": "1"} for k in "abcd"])
    (one,) = load_benchmarks(str(tmp_path))
    table = scored(one, answered(one.rows, lambda r: gold_completion(r) if r["id"] in "ab" else ""))
    value = summary(one, table, seen={"a"})
    assert (value["accuracy"], value["seen"], value["unseen"]) == (0.5, 1, pytest.approx(1 / 3))
    assert summary(one, table, seen="abcd")["unseen"] is None


def test_the_line_for_lmms_eval_names_its_tasks_and_quotes(tmp_path: Path) -> None:
    line = lmms_eval_command("runs/my policy", "qwen3_vl", 602112)
    pixels = "max_pixels=602112,min_pixels=200704"
    assert f"'pretrained=runs/my policy,{pixels}'" in line and "--model qwen3_vl" in line
    assert "max_pixels=9000,min_pixels=9000 " in lmms_eval_command("my/policy", "qwen3_vl", 9000)
    assert "mathvista_testmini,mathverse_testmini,mmstar,mathvision_test" in line
    (tmp_path / "adapter_config.json").write_text("{}")
    line = lmms_eval_command(str(tmp_path))
    assert line.startswith(f"finlmm merge {tmp_path} {tmp_path}-merged && python -m lmms_eval")
    assert f"pretrained={tmp_path}-merged" in line


@pytest.mark.parametrize("kind", ["qwen2_5_vl", "qwen3_vl"])
def test_the_line_for_lmms_eval_names_the_checkpoints_own_family(tmp_path: Path, kind: str) -> None:
    base, adapter = tmp_path / "base", tmp_path / "adapter"
    for folder, name, told in (
        (base, "config.json", {"model_type": kind}),
        (adapter, "adapter_config.json", {"base_model_name_or_path": str(base)}),
    ):
        folder.mkdir()
        (folder / name).write_text(json.dumps(told))
        assert f"--model {kind} " in lmms_eval_command(str(folder))


def test_a_base_that_knows_no_tags_is_scored_by_what_it_says(hub_cache: Path) -> None:
    copies(hub_cache)
    for one in load_benchmarks("all"):
        golds = [str(d.get("answer", d.get("ground_truth"))) for d in one.details.values()]

        def plain(row: Any, golds: list[str] = golds, ids: list[str] = one.rows["id"][:]) -> str:
            return f"The chart shows it. The answer is {golds[ids.index(row['id'])]}."

        value = summary(one, scored(one, answered(one.rows, plain)))
        assert (value["accuracy"], value["untagged"]) == (1, 1), one.name
        assert value["comparator"] == 0, "rewards and comparator stay with the tags"
        tagged = summary(one, scored(one, answered(one.rows, gold_completion)))
        assert tagged["untagged"] == 0
        table = results_table([one], {("base", one.name): value, ("2", one.name): tagged})
        assert table.loc[one.name, "base"].endswith("; 100% without tags")
        assert "tags" not in table.loc[one.name, "2"]


@pytest.mark.parametrize(
    ("completion", "answer", "untagged"),
    [
        ("<answer>B", "B", True), ("<think>A or B</think>\nB", "B", True), ("B", "B", True),
        ("<think>A</think><answer>B</answer>", "B", False), ("<Answer>B</Answer>", "B", True),
        ("so it is B</think> B <image_selection>2</image_selection>", "B", True),
        ("<think>so B", "", False), ("<answer>A</answer><answer>B</answer>", "", False),
        ("<answer>B</answer> <answer> B </answer>", "B", True),
        ("<think>so</think> <answer></answer>", "", False), ("  ", "", False),
        ("<think>is it A?</think> <answer>B", "B", True),
    ],
)  # fmt: skip
def test_what_is_read_of_a_reply(completion: str, answer: str, untagged: bool) -> None:
    assert answer_of(completion) == (answer, untagged)
