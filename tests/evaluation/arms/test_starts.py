"""What arms start from and train on, where that is not the plan's policy and the run's rows."""

import random
from pathlib import Path

import pytest

from finlmm_utils.evaluation.arms import starts
from finlmm_utils.evaluation.arms.arm import _adversary, _with_text
from finlmm_utils.evaluation.arms.spec import Plan, PlanError, read_plan
from finlmm_utils.processor import load_processor, resolve
from finlmm_utils.rows import features, make_row
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.tar.responses import parse_response
from finlmm_utils.tiny.batches import habits_batch
from finlmm_utils.tiny.charts import ChartPool
from finlmm_utils.tiny.demonstrations import image_demonstration
from tests.helpers import ROOT


def plan_named(name: str) -> Plan:
    return read_plan(ROOT / "papermill_runs" / "studies" / f"{name}.yaml")


@pytest.fixture(scope="module")
def pool() -> ChartPool:
    return ChartPool.draw(24, 1, load_processor("finlmm-tiny").framed)


def test_padding_says_the_same_again_and_changes_no_answer(pool: ChartPool) -> None:
    plain = image_demonstration(pool, random.Random(3), 2)
    longer = starts.padded(plain, random.Random(3))
    (asked, said), (asked_again, padded) = plain.turns[0], longer.turns[0]
    before, after = parse_response(said), parse_response(padded)
    assert asked == asked_again and before.answer == after.answer
    assert after.thinking.count(before.thinking) in (2, 3)


def test_clean_demonstrations_hold_no_wrong_habit(pool: ChartPool) -> None:
    """Drawn alike, with and without habits: those with them differ, those without never change."""
    batches = {
        habits: [habits_batch(pool, habits)(random.Random(seed)) for seed in range(12)]
        for habits in (True, False)
    }
    again = [habits_batch(pool, False)(random.Random(seed)) for seed in range(12)]
    assert batches[False] == again and batches[True] != batches[False]


def test_a_start_is_made_once_and_goes_on_from_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts, "CHARTS", 12)
    plan = plan_named("clean_base")
    quick = {name: one.model_copy(update={"steps": 1}) for name, one in plan.starts.items()}
    plan = plan.model_copy(update={"starts": quick})
    small = load_profile("cpu") | {"prompts_per_step": 2, "group_size": 2, "stage1_rows": 4}
    small["max_completion_tokens"] = 8
    folder = starts.make_start(plan, "clean_1", 2, tmp_path, small)
    assert folder == tmp_path / "clean_1-2"
    made = (tmp_path / "clean" / "model.safetensors").stat().st_mtime_ns
    ends = [tmp_path / "clean", folder, Path(resolve("finlmm-tiny"))]
    clean, after, shipped = ((end / "model.safetensors").read_bytes() for end in ends)
    assert after == clean != shipped, "eight tokens are no answer: nothing is paid, nothing learned"
    assert starts.make_start(plan, "clean", 5, tmp_path, small) == tmp_path / "clean"
    assert (tmp_path / "clean" / "model.safetensors").stat().st_mtime_ns == made
    assert not list((tmp_path / "work").iterdir())
    longer = {name: one.model_copy(update={"steps": 2}) for name, one in plan.starts.items()}
    with pytest.raises(PlanError, match="clean: this start was made with other settings"):
        starts.make_start(plan.model_copy(update={"starts": longer}), "clean", 5, tmp_path, small)


def test_a_judge_reads_as_much_of_a_reasoning_as_is_described() -> None:
    described = {**load_profile("cpu")["discriminator"], "encoder": "judge:finlmm-tiny"}
    judge = _adversary({**described, "max_tokens": 48}, None, 1)
    assert judge.encoder.max_tokens == 48


def test_the_share_of_word_problems_is_of_all_rows() -> None:
    from datasets import Dataset

    row = make_row("a-q1", "What is it?", "5", "number", "arithmetic") | {"images": []}
    rows = Dataset.from_list([{**row, "id": f"a-q{k}"} for k in range(40)], features=features())
    mixed = _with_text(rows, 0.2, 1)
    assert len(mixed) == 50 and sum(name.startswith("made-") for name in mixed["id"]) == 10
    assert _with_text(rows, 0.0, 1) is rows
