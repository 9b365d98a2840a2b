"""Each entry of ``training`` has its effect, and what TRL would refuse is refused before."""

import dataclasses
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from safetensors.torch import load_file
from trl import GRPOConfig, import_utils
from trl.scripts import vllm_serve

from finlmm_utils.processor import PolicyError, load_processor
from finlmm_utils.rows import SYSTEM_PROMPT_TEXT, with_system_prompt
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.parameters.check import validate
from finlmm_utils.study.parameters.profiles import PROFILES, load_profile
from finlmm_utils.tar.checkpoints import StageError, last_checkpoint
from finlmm_utils.tar.config import StageConfig, grpo_entry
from finlmm_utils.tar.data.checks import image_tokens
from finlmm_utils.tar.launch import _processes
from finlmm_utils.tar.models import compute_dtype, load_policy
from finlmm_utils.tar.monitoring.metrics_file import probes
from finlmm_utils.tar.rollouts import shared_prefix
from finlmm_utils.tar.rollouts.difficulty import sometimes_right
from finlmm_utils.tar.rollouts.redraw import draw
from finlmm_utils.tar.trainer.outside import check_trackers
from finlmm_utils.tar.trainer.trl_fields import stage_fields
from tests.tar.hub_copies import FAMILIES, write_hub_copy
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
        ({"gradient_accumulation_steps": 2}, "set by prompts_per_step, group_size and .*one sampl"),
        ({"generation_batch_size": 32}, "set by prompts_per_step"),
        ({"steps_per_generation": 4}, "set by prompts_per_step"),
        ({"epsilon_high": "abc"}, "a number for 'epsilon_high', not 'abc'"),
        ({"epsilon_high": -0.1}, "greater than 0 for 'epsilon_high', not -0.1"),
        ({"epsilon_high": float("nan")}, "finite number"),
        ({"num_iterations": 0}, "greater than or equal to 1 for 'num_iterations', not 0"),
        ({"num_iterations": 1.5}, "for 'num_iterations', not 1.5"),
        ({"num_iterations": True}, "a whole number for 'num_iterations', not True"),
        ({"importance_sampling_level": "word"}, "'token' or 'sequence' for .*, not 'word'"),
        ({"scale_rewards": "sometimes"}, "'group', 'batch', 'none', .* not 'sometimes'"),
        ({"mask_truncated_completions": "no"}, "a boolean for .*, not 'no'"),
        ({"top_entropy_quantile": 2}, "for 'top_entropy_quantile', not 2"),
        ({"lr_scheduler_type": 3}, "for 'lr_scheduler_type', not 3"),
    ],
)
def test_fields_that_trl_does_not_take_are_refused(grpo: dict[str, Any], words: str) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        checked(grpo=grpo)
    assert "\n" not in str(caught.value)


def test_every_value_of_trl_itself_is_taken() -> None:
    """TRL's own defaults pass what is checked beyond its annotations; each field is one of its."""
    own = {field.name: field.default for field in dataclasses.fields(GRPOConfig)}
    assert grpo_entry.NARROWER.keys() < own.keys() and grpo_entry.NAMED.keys() <= own.keys()
    told = {n: v for n, v in own.items() if n in grpo_entry.NARROWER}
    assert len(told) == len(grpo_entry.NARROWER) and grpo_entry.grpo_fields(told) == told
    told = {"scale_rewards": False, "optim": "adamw_torch", "lr_scheduler_type": "cosine",
            "epsilon_high": 1, "generation_kwargs": {"min_new_tokens": 2}}  # fmt: skip
    assert grpo_entry.grpo_fields(told) == told


def test_the_vision_tower_learns_with_all_weights_or_not_at_all(tmp_path: Path) -> None:
    """An adapter is of the language model alone: False beside one would do nothing."""
    assert not checked(adapter="none", freeze_vision=False).training.freeze_vision
    for adapter in ("lora", "qlora"):
        with pytest.raises(ParameterError, match=r"training.freeze_vision' = False.*adapter none"):
            checked(adapter=adapter, freeze_vision=False)
        with pytest.raises(ValueError, match="adapter none"):
            StageConfig(steps=1, learning_rate=0.1, adapter=adapter, freeze_vision=False)
    small_stage(tmp_path, 0, adapter="lora")
    with pytest.raises(PolicyError, match="freeze_vision False: an adapter is of the language"):
        load_policy(tmp_path / "policy", freeze_vision=False)


@pytest.mark.parametrize("profile", PROFILES)
def test_the_discriminator_learns_from_what_an_interval_scored(profile: str) -> None:
    """From four fifths of it at least, and no more than it keeps."""
    values = load_profile(profile)
    told = values["discriminator"]
    scored = values["prompts_per_step"] * values["group_size"] * values["bert_train_interval"]
    assert 0.8 * scored <= told["examples"] <= told["replay"]


def test_pixels_that_exclude_each_other_are_refused_for_every_policy() -> None:
    with pytest.raises(ParameterError, match=r"max_pixels' = 5000 .*at least 6000"):
        checked(min_pixels=6000, max_pixels=5000)
    assert checked(min_pixels=6000).training.max_pixels == 0
    with pytest.raises(PolicyError, match="min_pixels 6000, max_pixels 5000"):
        load_processor("finlmm-tiny", 6000, 5000)


def test_small_images_are_scaled_up_to_the_least_pixels(tmp_path: Path) -> None:
    policy = write_hub_copy(tmp_path / "copy", FAMILIES[0])
    few, many = (load_processor(policy, least) for least in (0, 200_000))
    token = (many.image_processor.patch_size * many.image_processor.merge_size) ** 2
    assert image_tokens(many, 100, 100) >= 200_000 // token > image_tokens(few, 100, 100)


@pytest.mark.parametrize(("told", "room"), [(0, 99 + 77), (555, 555)])
def test_vllm_makes_room_for_what_is_told(
    told: int, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In TRL's own configuration, as it starts vLLM beside the trainer."""
    monkeypatch.setattr(import_utils, "is_vllm_available", lambda: True)
    config = {"vllm": "colocate", "vllm_memory": 0.4, "vllm_max_length": told}
    found = fields(tmp_path, max_prompt_tokens=99, max_completion_tokens=77, **config)
    assert (found.use_vllm, found.vllm_mode) == (True, "colocate")
    assert found.vllm_max_model_length == room and found.vllm_gpu_memory_utilization == 0.4


def test_a_vllm_server_has_gpus_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 8)

    def processes(served: int) -> list[str]:
        return _processes(StageConfig(steps=1, learning_rate=0.1, launch="ddp", vllm_gpus=served))

    assert processes(0) == ["--num_processes", "8"] and not capsys.readouterr().out
    assert processes(4) == ["--num_processes", "4"]
    said = capsys.readouterr().out.partition("server's GPUs: ")[2].split()
    assert said[:3] == ["CUDA_VISIBLE_DEVICES=4,5,6,7", "trl", "vllm-serve"]
    [told] = vllm_serve.make_parser().parse_args_and_config(said[3:])
    assert (told.tensor_parallel_size, told.data_parallel_size) == (4, 1), "see TRL's own words"
    assert told.max_model_len == 2048 + StageConfig(steps=1, learning_rate=1).max_completion_tokens
    with pytest.raises(StageError, match=r"vllm_gpus 3: .* expected 1, 2, 4 or 8"):
        processes(3)
    with pytest.raises(StageError, match=r"vllm_gpus 8: this machine has 8 GPUs"):
        processes(8)


@pytest.mark.parametrize("native", [True, False])
def test_where_bf16_is_emulated_it_is_fp16(
    native: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a T4, which says that it has bf16 unless it is asked for the hardware's own."""
    asked: list[bool] = []

    def supported(including_emulation: bool = True) -> bool:
        asked.append(including_emulation)
        return native or including_emulation

    monkeypatch.delenv("FINLMM_FLOAT32", raising=False)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", supported)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert compute_dtype() is (torch.bfloat16 if native else torch.float16)
    monkeypatch.setattr("trl.GRPOConfig", lambda **told: SimpleNamespace(**told))
    found = fields(tmp_path)
    assert (found.bf16, found.fp16) == (native, not native) and asked


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


OWN = """
def few(completions, **_): return [1.0]
def endless(completions, **_): return [float("inf")] * len(completions)
def no_number(completions, **_): return [float("nan")] * len(completions)
def words(completions, **_): return ["good"] * len(completions)
def nothing(completions, **_): return None
def raises(completions, **_): raise RuntimeError("a fault of its own")
def narrow(completions): return [1.0] * len(completions)
"""


@pytest.mark.parametrize("name", re.findall(r"^(?:def )?(\w+)", OWN, re.MULTILINE))
def test_what_a_reward_of_ones_own_does_wrong_is_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rewards_of_mine.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    own = {"mine": {"path": f"rewards_of_mine:{name}", "weight": 1.0}}
    with pytest.raises(StageError, match=r"own_rewards\.mine: 'rewards_of_mine:.*failed") as caught:
        small_stage(tmp_path, 1, own_rewards=own)
    assert "8 finite numbers or None out" in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["def (", "1 / 0", "f = 3"])
def test_a_module_that_fails_is_one_line(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / f"broken_{len(text)}.py").write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    own = {"mine": {"path": f"broken_{len(text)}:f", "weight": 1.0}}
    with pytest.raises(StageError, match=r"own_rewards\.mine: .*can't be imported"):
        small_stage(tmp_path, 1, own_rewards=own)


@pytest.mark.parametrize(
    ("name", "words"), [("wandbb", "unknown to TRL"), ("clearml", "pip install clearml")]
)
def test_a_tracker_that_is_not_there_is_one_line(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=rf"report_to '{name}': .*{words}; expected of .*wandb"):
        small_stage(tmp_path, 1, report_to=[name])
    check_trackers(["none", "all"])


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
    from finlmm_utils.tar.trainer import sampling as sampling_trainer

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
    seen = [accuracy for _, accuracy in probes(stage.metrics, "validation_accuracy")]
    assert len(seen) == 3 and "validation_accuracy_before" in stage.metrics[0]
    assert told["accuracy"] == max(seen) == seen[told["step"]]
    assert (tmp_path / "best").exists() is (told["step"] > 0)
    with pytest.raises(StageError, match="no validation rows"):
        small_stage(tmp_path / "none", 1, validate_every=1)


def test_validation_rows_may_have_images(tmp_path: Path) -> None:
    rows = image_rows([2, 1, 3])
    stage = small_stage(tmp_path, 1, validate_every=1, rows=rows, validation=rows,
                        max_completion_tokens=8)  # fmt: skip
    assert stage.metrics[0]["validation_rows"] == 3.0
    assert 0 <= stage.metrics[0]["validation_accuracy"] <= 1


def test_rows_that_are_answered_sometimes_stay() -> None:
    model, processor = load_policy("finlmm-tiny")
    rows = text_rows(12)
    kept, counts = sometimes_right(model, processor, rows, 4, 48, seed=3)
    assert counts["kept"] + counts["always"] + counts["never"] + counts["unscored"] == len(rows)
    assert 0 < counts["kept"] < len(rows) and len(kept) == counts["kept"]
    assert set(kept["id"]) <= set(rows["id"])
