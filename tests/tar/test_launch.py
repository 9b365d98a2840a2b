"""Training in several processes, its configurations, and what a start refuses."""

import contextlib
import functools
import io
import json
import random
import shutil
import signal
import subprocess
import sys
import threading
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

from finlmm_utils.processor import TINY
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.tar.checkpoints import (
    STOP,
    StageError,
    last_checkpoint,
    prepare_folder,
    stage_identity,
)
from finlmm_utils.tar.config import (
    DiscriminatorConfig,
    StageConfig,
    Training,
)
from finlmm_utils.tar.launch import REFUSED, Order, main, run_processes, train
from finlmm_utils.tar.models import attention_implementation
from finlmm_utils.tar.monitoring.metrics_file import read_metrics
from finlmm_utils.tar.rollouts.vllm import vllm_fields
from finlmm_utils.tar.trainer import trainer as trainer_module
from finlmm_utils.tar.trainer.trl_fields import grpo_config
from tests.helpers import ROOT
from tests.tar.test_trainer import assert_same, outcome
from tests.tar.training import (
    relational_stage,
    scripted_stage,
    small_judge,
    small_stage,
    text_rows,
)

CONFIGS = ROOT / "papermill_runs" / "accelerate"
CPU = load_profile("cpu")


TOLERANCE = 1e-5
"""Between one process and several, of a weight or a reward: sums run in another order."""
SCRIPTED = {"scripted": scripted_stage, "relational": relational_stage}


def launch(folder: Path, processes: int, *orders: str) -> str:
    """Trains stages, one after the other in the same processes: they take longer to load."""
    command = ["accelerate", "launch", "--config_file", str(CONFIGS / "cpu2.yaml")]
    command += ["--num_processes", str(processes), "-m", "tests.tar.training", *orders]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert run_processes(command, folder) == 0, printed.getvalue()
    return printed.getvalue()


@pytest.fixture(scope="module")
def launched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two stages in two processes."""
    folder = tmp_path_factory.mktemp("launched")
    orders = [part for kind in SCRIPTED for part in (str(folder / kind), "4", kind)]
    (folder / "printed.txt").write_bytes(launch(folder, 2, *orders).encode())
    return folder


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """The same stage in this process."""

    def train_alone(kind: str) -> Path:
        monkeypatch.setattr(trainer_module, "TARTrainer", trainer_module.TARTrainer)  # given back
        SCRIPTED[kind](tmp_path / "one", 4)
        return tmp_path / "one"

    return train_alone


def assert_alike(one: Path, many: Path, processes: int) -> None:
    """Policy, discriminator, what it learned from, and the log: within the tolerance."""
    folders = [many / f"process_{rank}" for rank in range(processes)]
    judges = [load_file(folder / "discriminator.safetensors") for folder in folders]
    for other in judges[1:]:
        assert judges[0].keys() == other.keys()
        assert all(torch.equal(judges[0][name], other[name]) for name in other), "ranks differ"
    own = load_file(one / "process_0" / "discriminator.safetensors")
    assert any(name.startswith("optimizer.") for name in own)
    for name, value in own.items():
        assert torch.allclose(judges[0][name].double(), value.double(), rtol=0, atol=TOLERANCE)
    buffers = [
        [(e["question"], e["thinking"], e["correct"]) for e in json.loads(text)["buffer"]]
        for text in (
            (f / "discriminator.json").read_text("utf-8") for f in [*folders, one / "process_0"]
        )
    ]
    assert all(buffer == buffers[0] for buffer in buffers)
    assert len(buffers[0]) == 4 * 16, "a rank's rollouts are missing"
    for a, b in zip(*(read_metrics(f / "metrics.jsonl") for f in (one, many)), strict=True):
        for name in ("reward", "reward_adversarial", "disc_mean", "share_adversarial"):
            assert a[name] == pytest.approx(b[name], abs=TOLERANCE), name
        assert a["grad_norm"] == pytest.approx(b["grad_norm"], rel=1e-3)


@pytest.mark.parametrize("kind", SCRIPTED)
def test_two_processes_learn_what_one_learns(
    launched: Path, alone: Callable[[str], Path], kind: str
) -> None:
    """The same rollouts, shared out: one discriminator, alike in both, like that of one process."""
    assert b"\rstep 4/4" in (launched / "printed.txt").read_bytes()  # still marked as progress
    assert_alike(alone(kind), launched / kind, 2)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SCRIPTED)
def test_four_processes_learn_what_one_learns(
    tmp_path: Path, alone: Callable[[str], Path], kind: str
) -> None:
    launch(tmp_path, 4, str(tmp_path / "four"), "4", kind)
    assert_alike(alone(kind), tmp_path / "four", 4)


@pytest.mark.slow
def test_two_killed_processes_go_on_bit_for_bit(tmp_path: Path) -> None:
    """Text and image rows, two micro-batches a step and process, killed in the second epoch."""
    cut = [sys.executable, "-m", "accelerate.commands.launch", "--config_file",
           str(CONFIGS / "cpu2.yaml"), "-m", "tests.tar.training",
           str(tmp_path / "cut"), "12", "mixed"]  # fmt: skip
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
    launch(tmp_path, 2, str(tmp_path / "whole"), "12", "mixed")
    assert_same(outcome(tmp_path / "whole"), outcome(tmp_path / "cut"))


def test_a_rank_that_is_killed_ends_the_run_in_one_line_and_it_goes_on(tmp_path: Path) -> None:
    """As the system does when memory is short: the other rank does not wait for it for ever."""
    settings = {"launch": "cpu2", "steps": 6, "checkpoint_every": 2, "max_completion_tokens": 6,
                "sources": ("made",)}  # fmt: skip
    lines, told = tmp_path / "metrics.jsonl", io.StringIO()
    ended: list[StageError] = []

    def run() -> None:
        try:
            order(tmp_path, **settings)
        except StageError as error:
            ended.append(error)

    with contextlib.redirect_stdout(told):
        thread = threading.Thread(target=run)
        thread.start()
        while thread.is_alive() and len(read_metrics(lines)) < 3:
            time.sleep(0.02)
        ranks = [
            process
            for process in psutil.Process().children(recursive=True)
            if process.cmdline()[1:4] == ["-u", "-m", "finlmm_utils.tar.launch"]
        ]
        assert len(ranks) == 2, told.getvalue()
        ranks[1].kill()
        thread.join(timeout=120)
    assert len(ended) == 1 and "\n" not in str(ended[0]), told.getvalue()
    assert "a process of it was killed (SIGKILL; often memory ran out)" in str(ended[0])
    assert not any(process.is_running() for process in ranks)
    kept = read_metrics(lines)[:2]  # of the checkpoint; their seconds would not come again
    stage = order(tmp_path, **settings)
    assert stage.metrics[:2] == kept
    assert [line["step"] for line in stage.metrics] == [1, 2, 3, 4, 5, 6]


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


def order(folder: Path, custom_rewards: Any = None, judge: Any = None, **settings: Any) -> Any:
    """A stage that trains nothing: the way there is what is tested."""
    fixed = {"steps": 0, "learning_rate": 1e-4, "prompts_per_step": 2, "group_size": 2}
    config = StageConfig(**(fixed | settings))
    return train(config, "finlmm-tiny", text_rows(2), folder, discriminator=judge,
                 custom_rewards=custom_rewards)  # fmt: skip


def test_a_stage_by_hand_from_the_shell(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"accelerate launch .*zero3.yaml -m finlmm_utils.tar"):
        order(tmp_path, launch="shell")
    assert main(str(tmp_path)) == 0  # what each of the processes does
    stage = order(tmp_path, launch="shell")
    assert stage.metrics == [] and (tmp_path / "policy" / "model.safetensors").exists()
    told = StageConfig.model_validate_json((tmp_path / "stage.json").read_text("utf-8"))
    assert (told.launch, told.steps, told.learning_rate) == ("shell", 0, 1e-4)
    with pytest.raises(StageError, match="the order is written"):
        order(tmp_path, launch="shell", kl=0.1)
    with pytest.raises(StageError, match="as JSON"):
        order(tmp_path, launch="shell", custom_rewards={"a": order})
    with pytest.raises(StageError, match="expected what it reads with"):
        order(tmp_path, launch="shell", judge=small_judge())


def test_processes_are_told_the_whole_configuration(tmp_path: Path) -> None:
    """What is written for them is read as the same, also where no default is left."""
    told = {
        "rewards": ["format", "adversarial"], "reward_weights": {"format": 0.3, "adversarial": 1},
        "length_thresholds": [1, 2, 3], "length_unit": "chars", "bert_train_interval": 3,
        "discriminator": CPU["discriminator"], "prompts_per_step": 1, "group_size": 2,
        "max_completion_tokens": 5, "loss_type": "bnpo", "kl": 0.1, "temperature": 0.7,
        "top_p": 0.9, "clip": 0.1, "adapter": "lora", "lora_rank": 2, "freeze_vision": True,
        "micro_batch": 1, "checkpoint_every": 7, "vllm": "server", "launch": "shell",
        "text_probe": 3, "seed": 9, "report_to": ["wandb"], "sources": ["made"],
        "grpo": {"bf16": True}, "steps": 4, "learning_rate": 1e-3, "mixed_only": ["format"],
        "generation_batch": 2, "gradient_checkpointing": True, "min_pixels": 1, "max_pixels": 9_000,
        "max_prompt_tokens": 99, "vllm_memory": 0.5, "vllm_max_length": 77, "keep_checkpoints": 3,
        "vllm_gpus": 1, "redraw": 1, "difficulty_samples": 4, "validate_every": 5,
        "system_prompt": "Be brief.",
        "own_rewards": {"vowels": {"path": "tests.tar.training:vowels", "weight": 0.5}},
    }  # fmt: skip
    config = StageConfig(**told)
    defaults = StageConfig(steps=1, learning_rate=1.0)
    assert told.keys() == set(StageConfig.model_fields)
    same = [n for n in told if getattr(config, n) == getattr(defaults, n)]
    assert same == ["freeze_vision"], "an adapter is of the language model alone"
    other = config.model_copy(update={"adapter": "none", "freeze_vision": False})
    assert StageConfig.model_validate_json(other.model_dump_json()) == other
    with pytest.raises(StageError, match="the order is written"):
        train(config, "finlmm-tiny", text_rows(2), tmp_path, discriminator=small_judge())
    text = (tmp_path / "launch" / "order.json").read_text("utf-8")
    read = Order.model_validate_json(text)
    assert read.config == config and read.adversary and read.policy == "finlmm-tiny"


def test_another_value_is_another_stage_and_another_name_is_not(tmp_path: Path) -> None:
    """Every field decides the course but those that say who runs it and where rows came from."""
    rows, first = text_rows(2), StageConfig(steps=1, learning_rate=0.1)
    changes = {"steps": 2, "rewards": ("format",), "reward_weights": {"format": 1.0}, "seed": 2,
               "text_probe": 1, "lora_rank": 8, "freeze_vision": False, "top_p": 0.9,
               "discriminator": DiscriminatorConfig(**CPU["discriminator"])}  # fmt: skip
    configs = [first, *(first.model_copy(update={n: v}) for n, v in changes.items())]
    identity = functools.partial(stage_identity, "finlmm-tiny", rows)
    assert len({identity(c.course()) for c in configs}) == len(configs)
    same = first.model_copy(update={"launch": "ddp", "sources": ("made",)})
    assert identity(same.course()) == identity(first.course())


def test_a_policy_that_was_trained_again_is_another_and_one_in_another_place_is_not(
    tmp_path: Path,
) -> None:
    policy, rows = shutil.copytree(TINY, tmp_path / "copy"), text_rows(2)
    assert stage_identity(policy, rows, {}) == stage_identity("finlmm-tiny", rows, {})
    with (policy / "model.safetensors").open("r+b") as weights:
        weights.seek(-1, 2)
        weights.write(b"\x01")
    assert stage_identity(policy, rows, {}) != stage_identity("finlmm-tiny", rows, {})
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text(f'{{"base_model_name_or_path": "{policy}"}}')
    before = stage_identity(adapter, rows, {})
    (policy / "config.json").write_text("{}")
    assert stage_identity(adapter, rows, {}) != before, "an adapter over another base"


def test_another_stage_in_the_same_folder_finds_nothing_of_the_former(tmp_path: Path) -> None:
    old = ("trainer/checkpoint-1/model", "completions/1", "policy/model", "best/model",
           "best.json", "metrics.jsonl", "completions.parquet")  # fmt: skip
    prepare_folder(tmp_path, "first")
    for name in old:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("old")
    assert prepare_folder(tmp_path, "second") is None
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [tmp_path / "trainer" / "identity.txt"]


def test_the_notebooks_mapping_is_part_of_the_configuration() -> None:
    """One type and range for each value in the parameters and in what a stage is told.

    The parameters may ask for more: a stage in Python takes rewards that no parameter names.
    """
    for name, field in Training.model_fields.items():
        mine = StageConfig.model_fields[name]
        assert (field.annotation, field.description) == (mine.annotation, mine.description)
        assert field.metadata[: len(mine.metadata)] == mine.metadata
    for model in (Training, StageConfig, DiscriminatorConfig):
        assert all(field.description for field in model.model_fields.values())


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
