"""Each entry of ``training`` has its effect, and what TRL would refuse is refused before."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from finlmm_utils.rows import SYSTEM_PROMPT_TEXT, with_system_prompt
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.parameters.check import validate
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.tar.checkpoints import StageError, last_checkpoint
from finlmm_utils.tar.config import StageConfig
from finlmm_utils.tar.config.trl_fields import stage_fields
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.rollouts import shared_prefix
from finlmm_utils.tar.rollouts.difficulty import sometimes_right
from finlmm_utils.tar.rollouts.redraw import draw
from tests.tar.test_trainer import image_rows
from tests.tar.training import even, small_stage, text_rows

CPU = load_profile("cpu")


def fields(tmp_path: Path, **told: Any) -> Any:
    return stage_fields(StageConfig(steps=1, learning_rate=0.1, **told), tmp_path)


def checked(**training: Any) -> Any:
    values = {**CPU, "training": {**CPU["training"], **training}, "run_dir": "x", "seed": 1}
    return validate("04", values)


@pytest.mark.parametrize(
    ("grpo", "words"),
    [
        ({"scale_reward": "none"}, "did you mean 'scale_rewards'"),
        ({"beta": 0.1}, "set by training.kl"),
        ({"num_generations": 4}, "set by group_size"),
    ],
)
def test_fields_that_trl_does_not_take_are_refused(grpo: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        checked(grpo=grpo)
    assert "\n" not in str(caught.value)


def test_a_value_that_trl_refuses_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"training.grpo .*TRL refuses it"):
        fields(tmp_path, grpo={"optim": "sometimes"})


def test_the_variants_reach_trl(tmp_path: Path) -> None:
    gspo = fields(tmp_path, grpo={"importance_sampling_level": "sequence", "epsilon_high": 0.28,
                                  "mask_truncated_completions": True})  # fmt: skip
    assert (gspo.importance_sampling_level, gspo.epsilon_high) == ("sequence", 0.28)
    assert gspo.mask_truncated_completions and gspo.scale_rewards == "group"
    assert fields(tmp_path, loss_type="dr_grpo").scale_rewards == "none", "Dr. GRPO's own point"
    kept = fields(tmp_path, keep_checkpoints=5, checkpoint_every=3, report_to=["trackio"])
    assert (kept.save_total_limit, kept.save_steps, kept.report_to) == (5, 3, ["trackio"])
    assert fields(tmp_path, gradient_checkpointing=True).gradient_checkpointing


def test_an_adapter_has_its_rank(tmp_path: Path) -> None:
    small_stage(tmp_path, 1, adapter="lora", lora_rank=3)
    weights = load_file(tmp_path / "policy" / "adapter_model.safetensors")
    assert {v.shape[0] for n, v in weights.items() if "lora_A" in n} == {3}


def test_checkpoints_are_kept_by_number(tmp_path: Path) -> None:
    small_stage(tmp_path, 3, checkpoint_every=1, keep_checkpoints=1)
    assert [p.name for p in (tmp_path / "trainer").glob("checkpoint-*")] == ["checkpoint-3"]


@pytest.mark.parametrize("most", [0, 4])
def test_completions_are_sampled_so_many_at_a_time(
    tmp_path: Path, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two prompts with two images each: all at once, or one prompt's images after the other's."""
    seen: list[tuple[int, int]] = []
    sample = shared_prefix.sample

    def noted(model: Any, inputs: Any, owner: Any, **options: Any) -> Any:
        seen.append((len(owner), len(inputs["image_grid_thw"])))
        return sample(model, inputs, owner, **options)

    monkeypatch.setattr(shared_prefix, "sample", noted)
    small_stage(tmp_path, 1, rows=image_rows([2, 2]), generation_batch=most)
    assert seen == ([(4, 2), (4, 2)] if most else [(8, 4)])


def test_parts_answer_as_the_whole_does() -> None:
    """Greedily, the completions of each prompt do not depend on which others are there."""
    from finlmm_utils.tar.decoding import decoding
    from finlmm_utils.tar.rollouts.answering import prompt_tensors

    model, processor = load_policy("finlmm-tiny")
    inputs = prompt_tensors(processor, list(image_rows([2, 1, 3])), "cpu")
    owner = torch.arange(3).repeat_interleave(2)
    options = {"max_new_tokens": 12, **decoding(model, processor.tokenizer, False)}
    whole = shared_prefix.sample_in_parts(model, inputs, owner, 0, **options)
    parts = shared_prefix.sample_in_parts(model, inputs, owner, 2, **options)
    width = min(whole.shape[1], parts.shape[1])
    assert torch.equal(whole[:, :width], parts[:, :width])


def test_rows_have_the_system_prompt_that_is_told(tmp_path: Path) -> None:
    rows = text_rows(6)
    assert with_system_prompt(rows, "") is rows
    told = with_system_prompt(rows, "Be brief.")
    assert {p[0]["content"] for p in told["prompt"]} == {"Be brief."}
    assert told["prompt"][0][1] == rows["prompt"][0][1] and told.features == rows.features
    assert rows["prompt"][0][0]["content"] == SYSTEM_PROMPT_TEXT
    asked: list[str] = []

    def spy(completions: Any, prompts: Any = (), **_: Any) -> list[float]:
        asked.extend(prompt[0]["content"] for prompt in prompts)
        return [float(len(str(c))) for c in completions]

    small_stage(tmp_path, 1, system_prompt="Be brief.", custom_rewards={"vowels": spy})
    assert set(asked) == {"Be brief."}


def test_a_reward_of_ones_own_is_imported_by_its_path(tmp_path: Path) -> None:
    own = {"letters": {"path": "tests.tar.training:vowels", "weight": 3.0}}
    stage = small_stage(tmp_path, 1, own_rewards=own)
    assert stage.metrics[0]["reward_letters"] == pytest.approx(stage.metrics[0]["reward_vowels"])
    assert json.loads((tmp_path / "stage.json").read_text())["own_rewards"] == own
    for path in ("tests.tar.training:nothing", "no.such.module:f"):
        wrong = {"mine": {"path": path, "weight": 1.0}}
        with pytest.raises(StageError, match=r"own_rewards.mine.*can't be imported"):
            small_stage(tmp_path / "wrong", 1, own_rewards=wrong)
    with pytest.raises(ParameterError, match="own_rewards"):
        checked(own_rewards={"mine": {"path": "os.system('x')", "weight": 1.0}})


@pytest.mark.faults
def test_weights_that_are_not_finite_are_never_saved(tmp_path: Path) -> None:
    """A learning rate of 1 moves each weight by 1 a step: soon nothing can be sampled from it."""
    with pytest.raises(StageError) as caught:
        small_stage(tmp_path, 12, checkpoint_every=1, learning_rate=1.0,
                    grpo={"max_grad_norm": 1e30, "optim": "sgd", "weight_decay": 1e30})  # fmt: skip
    said = str(caught.value)
    assert said.startswith("step ") and "not finite" in said and "\n" not in said
    assert "Lower the learning rate (1)" in said and "last good checkpoint is" in said
    saved = [load_file(file) for file in tmp_path.rglob("*.safetensors")]
    assert all(torch.isfinite(v).all() for tensors in saved for v in tensors.values())
    assert not (tmp_path / "policy").exists()


def test_a_reward_without_bounds_does_not_stop_the_log(tmp_path: Path) -> None:
    def boundless(completions: Any, **_: Any) -> list[float]:
        return [float(n) * 1e400 for n in range(1, 1 + len(completions))]

    stage = small_stage(tmp_path, 1, custom_rewards={"vowels": boundless})
    assert stage.metrics[0]["reward"] is None


@pytest.mark.faults
def test_a_checkpoint_that_is_not_finite_is_not_gone_on_from(tmp_path: Path) -> None:
    from safetensors.torch import save_file

    small_stage(tmp_path, 1, checkpoint_every=1, adapter="lora")
    checkpoint = last_checkpoint(tmp_path / "trainer")
    assert checkpoint is not None
    file = checkpoint / "adapter_model.safetensors"
    weights = load_file(file)
    name = sorted(weights)[0]
    save_file(weights | {name: weights[name] * float("nan")}, file, metadata={"format": "pt"})
    (tmp_path / "metrics.jsonl").unlink()
    with pytest.raises(StageError, match=r"checkpoint-1: 1 tensors of the policy are not finite"):
        small_stage(tmp_path, 1, checkpoint_every=1, adapter="lora")


def test_flat_groups_make_room_for_other_rows() -> None:
    rows = [{"id": n, "flat": n in "ab"} for n in "abc"]
    pool = [{"id": n, "flat": n == "d"} for n in "abcdef"]
    drawn, said, replaced = draw(
        rows, lambda new: [[[ord(row["id"])]] for row in new], lambda row, _: row["flat"],
        range(6), pool.__getitem__, 3, "seed",
    )  # fmt: skip
    assert {row["id"] for row in drawn} == {"c", "e", "f"} and drawn[2]["id"] == "c"
    assert [group[0][0] for group in said] == [ord(row["id"]) for row in drawn]
    assert replaced >= 2
    same, _, none = draw(rows, lambda new: [[[0]]] * len(new), lambda row, _: row["flat"],
                         range(6), pool.__getitem__, 0, "seed")  # fmt: skip
    assert same == rows and none == 0


def test_a_step_draws_again_and_trains_on_what_it_drew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from finlmm_utils.tar import sampling_trainer

    monkeypatch.setattr(sampling_trainer, "accuracy_reward", even)
    flat = small_stage(tmp_path / "never", 2, temperature=0.02).metrics
    drawn = small_stage(tmp_path / "three", 2, temperature=0.02, redraw=3).metrics
    assert "redrawn" not in flat[0] and drawn[0]["redrawn"] > 0
    hot = small_stage(tmp_path / "hot", 2, temperature=3.0, redraw=3).metrics
    assert hot[0]["redrawn"] < drawn[0]["redrawn"], "groups that disagree stay"


def test_the_best_policy_on_validation_rows_is_kept(tmp_path: Path) -> None:
    rows = text_rows(8)
    stage = small_stage(tmp_path, 2, validate_every=1, validation=rows, max_completion_tokens=24)
    assert [m["validation_rows"] for m in stage.metrics] == [8.0, 8.0]
    told = json.loads((tmp_path / "best.json").read_text())
    seen = [m["validation_accuracy"] for m in stage.metrics]
    assert told["accuracy"] >= max(seen) - 1e-9 or told["step"] == 0
    assert (tmp_path / "best").exists() is (told["step"] > 0)
    with pytest.raises(StageError, match="no validation rows"):
        small_stage(tmp_path / "none", 1, validate_every=1)


def test_rows_that_are_answered_sometimes_stay() -> None:
    model, processor = load_policy("finlmm-tiny")
    rows = text_rows(12)
    kept, counts = sometimes_right(model, processor, rows, 4, 48, seed=3)
    assert counts["kept"] + counts["always"] + counts["never"] + counts["unscored"] == len(rows)
    assert 0 < counts["kept"] < len(rows) and len(kept) == counts["kept"]
    assert set(kept["id"]) <= set(rows["id"])
