"""Training in several processes, its configurations, and what a start refuses."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils import DeepSpeedPlugin, FullyShardedDataParallelPlugin
from safetensors.torch import load_file

from finlmm_utils.tar.launch import main, train
from finlmm_utils.tar.models import attention_implementation
from finlmm_utils.tar.resume import STOP, StageError
from finlmm_utils.tar.settings import grpo_config, vllm_fields
from finlmm_utils.tar.step_log import read_metrics
from tests.helpers import ROOT
from tests.training import text_rows

CONFIGS = ROOT / "papermill_runs" / "accelerate"


def test_two_processes_learn_what_one_learns(tmp_path: Path) -> None:
    """The same rollouts, shared out: one discriminator, alike in both, like that of one process."""
    own = [sys.executable, "-m"]
    two = [*own, "accelerate.commands.accelerate_cli", "launch", "--config_file"]
    two += [str(CONFIGS / "cpu2.yaml"), "-m"]
    for name, start in (("one", own), ("two", two)):
        command = [*start, "tests.training", str(tmp_path / name), "4", "scripted"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
    folders = [tmp_path / "two" / "process_0", tmp_path / "two" / "process_1"]
    first, second = (load_file(f / "discriminator.safetensors") for f in folders)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    one = load_file(tmp_path / "one" / "process_0" / "discriminator.safetensors")
    assert any(name.startswith("optimizer.") for name in one)
    for name, value in one.items():
        assert torch.allclose(first[name].double(), value.double(), rtol=0, atol=1e-5), name
    learned = [
        [(e["question"], e["thinking"], e["correct"]) for e in json.loads(text)["buffer"]]
        for text in (
            (f / "discriminator.json").read_text("utf-8")
            for f in [*folders, tmp_path / "one" / "process_0"]
        )
    ]
    assert learned[0] == learned[1] == learned[2]
    assert len(learned[0]) == 4 * 8, "a rank's rollouts are missing"
    metrics = [read_metrics(tmp_path / name / "metrics.jsonl") for name in ("one", "two")]
    for a, b in zip(*metrics, strict=True):
        for name in ("reward", "reward_adversarial", "disc_mean", "disc_variance_share"):
            assert a[name] == pytest.approx(b[name], abs=1e-5), name
        assert a["grad_norm"] == pytest.approx(b["grad_norm"], rel=1e-3)


@pytest.mark.parametrize("nodes", [1, 2])
@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.yaml")), ids=lambda p: p.stem)
def test_accelerate_takes_every_configuration(path: Path, nodes: int) -> None:
    line = ["--config_file", str(path), "--num_machines", str(nodes), "--machine_rank", "0"]
    line += ["--main_process_ip", "node0", "--main_process_port", "29500"]
    line += ["-m", "finlmm_utils.tar.launch", "folder"]
    arguments, _, _ = _validate_launch_command(launch_command_parser().parse_args(line))
    assert arguments.num_machines == nodes and arguments.training_script_args == ["folder"]
    kinds = {"fsdp": "use_fsdp", "zero3": "use_deepspeed"}
    assert getattr(arguments, kinds.get(path.stem, "multi_gpu"))
    if path.stem == "fsdp":
        plugin = FullyShardedDataParallelPlugin(
            fsdp_version=arguments.fsdp_version,
            auto_wrap_policy=arguments.fsdp_auto_wrap_policy,
            transformer_cls_names_to_wrap=arguments.fsdp_transformer_layer_cls_to_wrap.split(","),
            state_dict_type=arguments.fsdp_state_dict_type,
            reshard_after_forward=arguments.fsdp_reshard_after_forward,
        )
        from transformers.models.qwen2_5_vl import modeling_qwen2_5_vl

        wrapped = plugin.transformer_cls_names_to_wrap
        assert wrapped and all(hasattr(modeling_qwen2_5_vl, name) for name in wrapped)
    if path.stem == "zero3":
        assert arguments.zero_stage == 3 and arguments.zero3_save_16bit_model
        assert {"zero_stage", "zero3_init_flag", "zero3_save_16bit_model"} <= set(
            DeepSpeedPlugin.__dataclass_fields__
        )


def test_the_slurm_example_is_a_shell_script_over_these_files() -> None:
    script = CONFIGS / "slurm.sh"
    subprocess.run(["bash", "-n", str(script)], check=True)
    assert "-m finlmm_utils.tar.launch" in script.read_text("utf-8")


def order(folder: Path, **settings: Any) -> Any:
    """A stage that trains nothing: the way there is what is tested."""
    return train("finlmm-tiny", text_rows(2), folder, steps=0, learning_rate=1e-4,
                 prompts_per_step=2, group_size=2, **settings)  # fmt: skip


def test_a_stage_by_hand_from_the_shell(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"accelerate launch .*zero3.yaml -m finlmm_utils.tar"):
        order(tmp_path, launch="shell")
    assert main(str(tmp_path)) == 0  # what each of the processes does
    stage = order(tmp_path, launch="shell")
    assert stage.metrics == [] and (tmp_path / "policy" / "model.safetensors").exists()
    with pytest.raises(StageError, match="the order is written"):
        order(tmp_path, launch="shell", kl=0.1)
    with pytest.raises(StageError, match="as JSON"):
        order(tmp_path, launch="shell", custom_rewards={"a": order})


def test_the_processes_of_a_notebook_and_their_refusals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StageError, match="exit code 1, the reason is above"):
        order(tmp_path, launch="cpu2", rewards=("selection",))
    assert "reward 'selection': the rows have no images" in capsys.readouterr().out
    assert not (tmp_path / STOP).exists()


@pytest.mark.parametrize(("found", "words"), [(None, "is not installed"), ("0.10.1", "0.10.1")])
@pytest.mark.parametrize("mode", ["colocate", "server", "http://node1:8000"])
def test_vllm_is_refused_in_one_line(
    found: str | None, words: str, mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if found:
        (tmp_path / "vllm.py").write_text(f"__version__ = {found!r}")
        monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(StageError, match=words) as caught:
        order(tmp_path / "stage", vllm=mode)
    assert "\n" not in str(caught.value) and "vllm to off" in str(caught.value)
    monkeypatch.delitem(sys.modules, "vllm", raising=False)


def test_vllm_of_a_supported_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vllm.py").write_text("__version__ = '0.31.0'")
    monkeypatch.syspath_prepend(tmp_path)
    assert vllm_fields("off") == {}
    modes = {mode: vllm_fields(mode) for mode in ("colocate", "server", "http://node1:8000")}
    assert modes["http://node1:8000"]["vllm_server_base_url"] == "http://node1:8000"
    configs = {m: grpo_config(tmp_path, 4, num_generations=2, **f) for m, f in modes.items()}
    assert [c.vllm_mode for c in configs.values()] == ["colocate", "server", "server"]
    monkeypatch.delitem(sys.modules, "vllm", raising=False)


def test_completions_that_cannot_be_shared_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    with pytest.raises(StageError, match="multiple of 3 processes"):
        grpo_config(Path("x"), 8)


@pytest.mark.parametrize(
    ("cuda", "package", "chosen"),
    [(True, True, "flash_attention_2"), (True, None, "sdpa"), (False, True, "sdpa")],
)
def test_attention_is_chosen_by_what_is_there(
    cuda: bool, package: Any, chosen: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: cuda)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: package)
    assert attention_implementation() == chosen
