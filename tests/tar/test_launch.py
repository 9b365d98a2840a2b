"""Training in several processes, its configurations, and what a start refuses."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from accelerate.commands.launch import _validate_launch_command, launch_command_parser
from accelerate.utils import DeepSpeedPlugin, FullyShardedDataParallelPlugin
from safetensors.torch import load_file

from finlmm_utils.tar import trainer as trainer_module
from finlmm_utils.tar.checkpoints import STOP, StageError, last_checkpoint
from finlmm_utils.tar.config import grpo_config, vllm_fields
from finlmm_utils.tar.launch import REFUSED, main, run_processes, train
from finlmm_utils.tar.models import attention_implementation
from finlmm_utils.tar.monitoring.step_log import read_metrics
from tests.helpers import ROOT
from tests.tar.test_trainer import assert_same, outcome
from tests.tar.training import scripted_stage, small_stage, text_rows

CONFIGS = ROOT / "papermill_runs" / "accelerate"


def test_two_processes_learn_what_one_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same rollouts, shared out: one discriminator, alike in both, like that of one process."""
    monkeypatch.setattr(trainer_module, "TARTrainer", trainer_module.TARTrainer)  # given back
    scripted_stage(tmp_path / "one", 4)
    capsys.readouterr()
    command = ["accelerate", "launch", "--config_file", str(CONFIGS / "cpu2.yaml")]
    command += ["-m", "tests.tar.training", str(tmp_path / "two"), "4", "scripted"]
    assert run_processes(command, tmp_path / "two") == 0
    assert "\rstep 4/4" in capsys.readouterr().out  # still marked as progress
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


def test_two_killed_processes_go_on_bit_for_bit(tmp_path: Path) -> None:
    """Text and image rows, two micro-batches a step and process, killed in the second epoch."""
    command = [sys.executable, "-m", "accelerate.commands.launch", "--config_file",
               str(CONFIGS / "cpu2.yaml"), "-m", "tests.tar.training"]  # fmt: skip
    whole, cut = ([*command, str(tmp_path / name), "12", "mixed"] for name in ("whole", "cut"))
    subprocess.run(whole, cwd=ROOT, check=True, capture_output=True)
    dice = random.Random(5)
    moment, delay = dice.randrange(5, 8), dice.uniform(0, 0.3)
    process = subprocess.Popen(cut, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    lines = tmp_path / "cut" / "metrics.jsonl"
    while process.poll() is None and len(read_metrics(lines)) < moment:
        time.sleep(0.02)
    time.sleep(delay)
    workers = psutil.Process(process.pid).children(recursive=True)
    for one in [process, *workers]:
        one.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL and len(workers) >= 2, "it was done before the kill"
    psutil.wait_procs(workers)
    assert 5 <= len(read_metrics(lines)) < 12
    assert last_checkpoint(tmp_path / "cut" / "trainer") == tmp_path / "cut/trainer/checkpoint-4"
    subprocess.run(cut, cwd=ROOT, check=True, capture_output=True)
    assert_same(outcome(tmp_path / "whole"), outcome(tmp_path / "cut"))


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


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
@pytest.mark.parametrize("launch", ["ddp", "fsdp", "zero3"])
def test_gpus_that_are_not_there(launch: str, tmp_path: Path) -> None:
    with pytest.raises(StageError, match=f"launch '{launch}': this machine has no GPU"):
        order(tmp_path, launch=launch)


def test_a_process_tells_why_it_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StageError, match="the order is written"):
        order(tmp_path, launch="shell", rewards=["selection"])
    assert main(str(tmp_path)) == REFUSED
    assert "reward 'selection': the rows have no images" in capsys.readouterr().out


def test_a_file_stops_a_stage_that_no_signal_reaches(tmp_path: Path) -> None:
    (tmp_path / STOP).touch()
    with pytest.raises(StageError, match="stopped after step 1 of 3"):
        small_stage(tmp_path, 3)
    assert last_checkpoint(tmp_path / "trainer") == tmp_path / "trainer" / "checkpoint-1"


@pytest.fixture
def install_vllm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], None]]:
    """Puts a module in vLLM's place that knows its version only."""

    def install(version: str) -> None:
        (tmp_path / "vllm.py").write_text(f"__version__ = {version!r}")
        monkeypatch.syspath_prepend(tmp_path)

    yield install
    sys.modules.pop("vllm", None)


@pytest.mark.parametrize(("version", "words"), [("", "is not installed"), ("0.10.1", "0.10.1")])
@pytest.mark.parametrize("mode", ["colocate", "server", "http://node1:8000"])
def test_vllm_is_refused_in_one_line(
    version: str, words: str, mode: str, tmp_path: Path, install_vllm: Callable[[str], None]
) -> None:
    if version:
        install_vllm(version)
    elif find_spec("vllm"):
        pytest.skip("vLLM is installed here")
    with pytest.raises(StageError, match=words) as caught:
        order(tmp_path / "stage", vllm=mode)
    assert "\n" not in str(caught.value) and "vllm to none" in str(caught.value)


def test_vllm_of_a_supported_version(tmp_path: Path, install_vllm: Callable[[str], None]) -> None:
    install_vllm("0.31.0")
    assert vllm_fields("none") == {}
    modes = {mode: vllm_fields(mode) for mode in ("colocate", "server", "http://node1:8000")}
    assert modes["http://node1:8000"]["vllm_server_base_url"] == "http://node1:8000"
    configs = {m: grpo_config(tmp_path, 4, num_generations=2, **f) for m, f in modes.items()}
    assert [c.vllm_mode for c in configs.values()] == ["colocate", "server", "server"]


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
