"""The trainer: logs, exact resume, images processed once, what it refuses."""

import json
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import nullcontext
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from datasets import Dataset, concatenate_datasets
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

from finlmm_utils.evaluation.evaluate import outcomes, read_rollouts
from finlmm_utils.processor import load_processor
from finlmm_utils.rows import features, image_counts, make_row
from finlmm_utils.synthetic.charts import chart_image, random_spec
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.tar import responses, rewards
from finlmm_utils.tar.checkpoints import StageError, last_checkpoint
from finlmm_utils.tar.config import StageConfig
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.encoders import DiscriminatorError
from finlmm_utils.tar.discriminator.state import Example
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.monitoring.metrics_file import read_metrics
from finlmm_utils.tar.rewards import REWARD_WEIGHTS
from finlmm_utils.tar.stages import train_stage
from finlmm_utils.tar.trainer import TARTrainer
from finlmm_utils.tar.trainer import trainer as trainer_module
from finlmm_utils.tar.trainer.trl_fields import grpo_config
from tests.helpers import ROOT
from tests.tar.training import (
    Letters,
    WholeText,
    mixed_rows,
    mixed_stage,
    small_stage,
    text_rows,
    vowels,
)

STEPS = 20


def image_rows(counts: list[int]) -> Dataset:
    """Rows with so many images each."""
    rng = random.Random(0)
    rows = []
    for i, count in enumerate(counts):
        images = [
            chart_image(random_spec(rng, random_series(rng)), rng.getrandbits(32))
            for _ in range(count)
        ]
        rows.append(make_row(f"r{i}", f"Which image, {i}?", "1", "number", "", images=images,
                             target_image=1))  # fmt: skip
    return Dataset.from_list(rows, features=features(True))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stage that ran through."""
    folder = tmp_path_factory.mktemp("whole")
    small_stage(folder, STEPS)
    return folder


STATE = "trainer_state.json"
TEXTS = (".json", ".jinja", ".txt", ".md")
"""Of the files of a stage, those that configure and describe it; tensors are compared apart."""


def untimed(path: Path) -> bytes:
    """A file's bytes; of transformers' log of steps, without the seconds that each took."""
    data = path.read_bytes()
    return re.sub(rb'"step_time": [0-9.e-]+', b"", data) if path.name == STATE else data


def outcome(folder: Path) -> dict[str, Any]:
    """All that a stage leaves, without times."""
    metrics = read_metrics(folder / "metrics.jsonl")
    checkpoint = last_checkpoint(folder / "trainer")
    assert checkpoint is not None
    optimizer = torch.load(checkpoint / "optimizer.pt", weights_only=True)["state"]
    return {
        "metrics": [{k: v for k, v in line.items() if k != "seconds"} for line in metrics],
        "policy": load_file(folder / "policy" / "model.safetensors"),
        "discriminator": load_file(folder / "policy" / "discriminator.safetensors"),
        "buffer": (folder / "policy" / "discriminator.json").read_text("utf-8"),
        "optimizer": {f"{i} {k}": v for i, s in optimizer.items() for k, v in s.items()},
        "completions": pd.read_parquet(folder / "completions.parquet").to_dict("list"),
        "files": {
            path.relative_to(folder).as_posix(): untimed(path)
            for place in (folder / "policy", checkpoint, folder)
            for path in sorted(place.iterdir())
            if path.suffix in TEXTS
        },
    }


def assert_same(a: dict[str, Any], b: dict[str, Any]) -> None:
    """Bit for bit."""
    for name in ("policy", "discriminator", "optimizer"):
        assert a[name].keys() == b[name].keys()
        assert all(torch.equal(a[name][k], b[name][k]) for k in a[name]), name
    assert a["metrics"] == b["metrics"]
    assert a["buffer"] == b["buffer"]
    assert a["completions"] == b["completions"]
    assert a["files"].keys() == b["files"].keys() >= {"policy/config.json", "stage.json"}
    for name, data in a["files"].items():
        assert data == b["files"][name], name


def test_a_stage_leaves_policy_metrics_and_completions(whole: Path) -> None:
    metrics = read_metrics(whole / "metrics.jsonl")
    assert [line["step"] for line in metrics] == list(range(1, STEPS + 1))
    needed = {"reward", "reward_std", "reward_vowels", "reward_adversarial", "length_mean",
              "clipped", "flat_groups", "repetition", "entropy", "loss", "seconds"}  # fmt: skip
    assert needed <= metrics[0].keys()
    assert {
        "disc_ece",
        "disc_brier",
        "disc_coverage",
        "share_adversarial",
        "flat_advantage",
    } <= metrics[-1].keys()
    assert any(line.get("disc_loss") for line in metrics)
    assert metrics[0]["reward_adversarial"] == 0.5 != metrics[-1]["reward_adversarial"]
    table = pd.read_parquet(whole / "completions.parquet")
    assert len(table) == STEPS * 8
    paid, said = (table[table["step"] == STEPS][name].to_numpy()
                  for name in ("reward_adversarial", "disc_probability"))  # fmt: skip
    assert np.allclose(paid, said)
    assert (table.loc[table["step"] == 1, "disc_probability"] != 0.5).any()  # paid a constant
    weighted = table["reward_vowels"] / 2 + table["reward_adversarial"] / 2
    groups = weighted.to_numpy().reshape(-1, 4)
    spread = groups.std(axis=1, ddof=1, keepdims=True)
    advantages = (groups - groups.mean(axis=1, keepdims=True)) / (spread + 1e-4)
    assert np.allclose(table["advantage"].to_numpy().reshape(-1, 4), advantages, atol=1e-3)
    assert {f.suffix for f in (whole / "policy").iterdir()} <= {
        ".json", ".jinja", ".safetensors", ".txt", ".md", ".svg",
    }  # fmt: skip
    assert not list(whole.rglob("*.bin")), "a pickle of the arguments"
    model, _ = load_policy(whole / "policy")
    base, _ = load_policy("finlmm-tiny")
    moved = [
        not torch.equal(a, b) for a, b in zip(model.parameters(), base.parameters(), strict=True)
    ]
    assert any(moved)


@pytest.mark.faults
def test_a_policy_that_was_lost_is_saved_again_byte_for_byte(whole: Path, tmp_path: Path) -> None:
    """Also its settings: training fills some of them in at its start."""
    again = tmp_path / "again"
    shutil.copytree(whole, again)
    shutil.rmtree(again / "policy")
    small_stage(again, STEPS)
    files = {f.relative_to(whole / "policy") for f in (whole / "policy").rglob("*") if f.is_file()}
    assert {"generation_config.json", "config.json", "curves.svg"} <= {f.name for f in files}
    differ = [
        f
        for f in files
        if (whole / "policy" / f).read_bytes() != (again / "policy" / f).read_bytes()
    ]
    assert differ == []


def test_rollouts_are_scored_also_where_accuracy_earned_nothing(tmp_path: Path) -> None:
    rows = text_rows(2)
    said = [f"<think>x</think><answer>{row['answer']}</answer>" for row in rows]
    path = tmp_path / "completions.parquet"
    pd.DataFrame({"id": rows["id"], "completion": [said[0], "<answer>none</answer>"]}).to_parquet(
        path
    )
    kept = read_rollouts(path, rows, load_processor("finlmm-tiny").tokenizer)
    assert kept["right"].tolist() == [True, False]


def test_outcomes_are_told_from_what_was_said_whatever_was_paid(tmp_path: Path) -> None:
    rows = image_rows([2, 2, 2, 2])
    said = [f"<think>x</think><answer>{a}</answer><image_selection>{k}</image_selection>"
            for a, k in ((1, 1), (1, 2), (9, 1), (9, 2))]  # fmt: skip
    path = tmp_path / "completions.parquet"
    pd.DataFrame({"id": rows["id"], "completion": said}).to_parquet(path)  # no term was paid
    kept = read_rollouts(path, rows, load_processor("finlmm-tiny").tokenizer)
    assert outcomes(kept).tolist() == [
        "right, right image", "right, wrong image", "wrong, right image", "wrong, wrong image",
    ]  # fmt: skip
    assert outcomes(kept.assign(target_image=None)).tolist() == ["right", "right", "wrong", "wrong"]


def test_the_card_says_what_was_run(whole: Path) -> None:
    card = (whole / "policy" / "README.md").read_text("utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert head["base_model"] == "finlmm-tiny" and head["library_name"] == "transformers"
    assert head["license"] == "apache-2.0" and "- from: `made`" in card
    assert "6 rows" in card and "| vowels | 0.500 |" in card and f"| max_steps | {STEPS} |" in card
    assert f"- trl: {version('trl')}" in card and "![" in card
    assert (whole / "policy" / "curves.svg").read_text("utf-8").startswith("<?xml")


def test_plain_transformers_loads_the_policy(whole: Path) -> None:
    ours, processor = load_policy(whole / "policy")
    plain = AutoModelForImageTextToText.from_pretrained(whole / "policy")
    inputs = processor(text=["What is 57 - 45?"], return_tensors="pt")
    assert torch.equal(plain(**inputs).logits, ours(**inputs).logits)


def test_each_epoch_has_its_own_order(whole: Path) -> None:
    table = pd.read_parquet(whole / "completions.parquet")
    order = table["id"].to_numpy().reshape(-1, 4)[:, 0]
    first, second = order[:6].tolist(), order[6:12].tolist()
    assert sorted(first) == sorted(second) and first != second


def test_a_killed_run_goes_on_bit_for_bit(whole: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.tar.training", str(tmp_path), str(STEPS), "sampled"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    dice = random.Random(20)
    moment, delay = dice.randrange(6, STEPS - 2), dice.uniform(0, 0.2)
    while process.poll() is None and len(read_metrics(tmp_path / "metrics.jsonl")) < moment:
        time.sleep(0.02)
    time.sleep(delay)  # anywhere in a step, saving included
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL, "it was done before it could be killed"
    assert last_checkpoint(tmp_path / "trainer") is not None
    small_stage(tmp_path, STEPS)
    assert_same(outcome(whole), outcome(tmp_path))


def test_ctrl_c_saves_and_says_how_to_go_on(whole: Path, tmp_path: Path) -> None:
    calls = []

    def interrupt(completions: Any, **columns: Any) -> list[float]:
        calls.append(1)
        if len(calls) == 3:
            signal.raise_signal(signal.SIGINT)
        return vowels(completions)

    interrupt.__name__ = "vowels"
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(StageError, match=f"step 3 of {STEPS}.*goes on from there"):
        small_stage(tmp_path, STEPS, custom_rewards={"vowels": interrupt})
    assert signal.getsignal(signal.SIGINT) == before
    small_stage(tmp_path, STEPS)
    assert_same(outcome(whole), outcome(tmp_path))


def test_other_settings_start_anew(tmp_path: Path) -> None:
    small_stage(tmp_path, 2)
    stage = small_stage(tmp_path, 2, learning_rate=2e-3)
    assert [line["learning_rate"] for line in stage.metrics] == [2e-3] * 2


def test_a_half_written_checkpoint_is_not_used(tmp_path: Path) -> None:
    for step, text in ((2, json.dumps({"global_step": 2})), (4, '{"global_'), (6, None)):
        folder = tmp_path / f"checkpoint-{step}"
        folder.mkdir()
        if text is not None:
            (folder / "trainer_state.json").write_text(text)
    found = last_checkpoint(tmp_path)
    assert found is not None and found.name == "checkpoint-2"


def test_a_failing_discriminator_stops_the_stage(tmp_path: Path) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise DiscriminatorError("the discriminator's output is not finite")

    judge = WholeText(Letters(), device="cpu")
    judge.score = broken  # type: ignore[method-assign]
    with pytest.raises(DiscriminatorError, match="not finite"):
        small_stage(tmp_path, 2, discriminator=judge)


def test_images_are_processed_once_and_come_out_the_same(tmp_path: Path) -> None:
    from trl import GRPOTrainer

    rows = image_rows([2, 3])
    results = {}
    for kind in ("plain", "ours"):
        model, processor = load_policy("finlmm-tiny")
        calls: list[int] = []
        process = processor.image_processor.preprocess

        def counted(images: Any, *a: Any, _calls: Any = calls, _do: Any = process, **k: Any) -> Any:
            _calls.append(len(images))
            return _do(images, *a, **k)

        processor.image_processor.preprocess = counted
        config = grpo_config(tmp_path / kind, 8, num_generations=4, max_completion_length=4,
                             max_steps=1, seed=1, report_to=[])  # fmt: skip
        options: dict[str, Any] = {"model": model, "args": config, "train_dataset": rows,
                                   "processing_class": processor}  # fmt: skip
        trainer = (
            GRPOTrainer(reward_funcs=vowels, **options)
            if kind == "plain"
            else TARTrainer({"vowels": vowels}, {"vowels": 1.0}, **options)
        )
        torch.manual_seed(3)
        batch = [rows[i] for i in (0, 0, 0, 0, 1, 1, 1, 1)]
        results[kind] = trainer._generate_and_score_completions(batch), sum(calls)
    (plain, many), (ours, few) = results["plain"], results["ours"]
    assert (many, few) == (40, 5)
    for name in ("prompt_ids", "completion_ids", "pixel_values", "image_grid_thw",
                 "mm_token_type_ids", "advantages"):  # fmt: skip
        assert torch.equal(plain[name], ours[name]), name
    assert plain["num_images"] == ours["num_images"]


def test_a_step_reads_and_compares_each_completion_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With all five rewards, the trainer's own metrics, and labels for the discriminator."""
    read: list[str] = []
    compared: list[Any] = []
    pattern, match = responses._TAG, rewards.match

    class Counted:
        def finditer(self, text: str) -> Any:
            read.append(text)
            return pattern.finditer(text)

    def counted(*given: Any, **more: Any) -> Any:
        compared.append(given)
        return match(*given, **more)

    class Speaker(TARTrainer):
        """Says something else in each place; all of it in the format, half of it right."""

        def _generate_single_turn(self, prompt_ids: Any, *_: Any, **__: Any) -> Any:
            answers = ["1." + "0" * i if i % 2 else str(i + 2) for i in range(len(prompt_ids))]
            said = [
                f"<think>it is {answer}</think> <answer>{answer}</answer> "
                "<image_selection>1</image_selection>"
                for answer in answers
            ]
            return [self._tokenizer(text)["input_ids"] for text in said], None

    monkeypatch.setattr(responses, "_TAG", Counted())
    monkeypatch.setattr(rewards, "match", counted)
    monkeypatch.setattr(trainer_module, "accuracy_reward", rewards.accuracy_reward)
    monkeypatch.setattr(trainer_module, "TARTrainer", Speaker)
    judge = Discriminator(Letters(), shape="correct_only", warmup=2, device="cpu")
    judge.observe([Example("q", text, 0.5, right) for text, right in (("a", True), ("b", False))])
    judge.update()
    config = StageConfig(
        rewards=tuple(REWARD_WEIGHTS), steps=1, learning_rate=1e-4, prompts_per_step=2,
        group_size=4, max_completion_tokens=64,
    )  # fmt: skip
    stage = train_stage(config, "finlmm-tiny", image_rows([2, 3]), tmp_path, discriminator=judge)
    line = stage.metrics[0]
    assert line["reward_format"] == 1 and line["reward_accuracy"] == 0.5
    assert {"repetition", "disc_brier"} <= line.keys() and judge.warm
    assert len(read) == len(set(read)) == len(compared) == 8


def test_what_a_stage_refuses(tmp_path: Path) -> None:
    def stage(rows: Dataset, **settings: Any) -> None:
        config = StageConfig(steps=1, learning_rate=1e-4, **settings)
        train_stage(config, "finlmm-tiny", rows, tmp_path)

    with pytest.raises(StageError, match="no discriminator"):
        stage(image_rows([1] * 8), rewards=tuple(REWARD_WEIGHTS))
    with pytest.raises(StageError, match="4 rows without images for prompts_per_step 8"):
        stage(text_rows(4))
    with pytest.raises(StageError, match="have no images"):
        stage(text_rows(8), rewards=("selection",))
    with pytest.raises(StageError, match="'brevity': no such term; expected one of format, acc"):
        stage(text_rows(8), rewards=("brevity",), reward_weights={"brevity": 1.0})
    with pytest.raises(StageError, match="4 rows with images for prompts_per_step 5"):
        stage(mixed_rows(), prompts_per_step=5)
    with pytest.raises(StageError, match="another row has this id"):
        stage(concatenate_datasets([text_rows(8), text_rows(1)]))


@pytest.mark.slow
def test_each_step_is_of_one_kind_and_goes_on_bit_for_bit(tmp_path: Path) -> None:
    mixed_stage(tmp_path / "whole", 10)
    table = pd.read_parquet(tmp_path / "whole" / "completions.parquet")
    seeing = table["id"].str.startswith("image").to_numpy().reshape(10, 8)
    assert (seeing.all(axis=1) | ~seeing.any(axis=1)).all()
    epochs = [seeing[k : k + 4, 0].tolist() for k in (0, 4)]
    assert sum(epochs[0]) == sum(epochs[1]) == 2
    assert table["id"][:32].nunique() == table["id"][32:64].nunique() == 8
    assert [n > 0 for n in image_counts(mixed_rows().select([1, 0, 3]))] == [True, False, True]
    mixed_stage(tmp_path / "cut", 6)  # into the second epoch
    (tmp_path / "cut" / "trainer" / "identity.txt").write_text(
        (tmp_path / "whole" / "trainer" / "identity.txt").read_text()
    )
    mixed_stage(tmp_path / "cut", 10)
    assert_same(outcome(tmp_path / "whole"), outcome(tmp_path / "cut"))


@pytest.mark.parametrize(
    ("options", "completions", "refused"),
    [
        ({"shape": "group_logit"}, 12, True),
        ({"shuffled": True}, 12, True),
        ({"shape": "group_logit"}, 16, False),
        ({}, 12, False),
    ],
)
def test_a_reward_that_compares_needs_whole_groups_in_a_process(
    options: dict[str, Any], completions: int, refused: bool
) -> None:
    """Two processes with groups of four: six completions each are one group and a half."""
    trainer = SimpleNamespace(
        discriminator=Discriminator(Letters(), device="cpu", **options),
        args=SimpleNamespace(generation_batch_size=completions),
        accelerator=SimpleNamespace(num_processes=2),
        num_generations=4,
    )
    expected = pytest.raises(StageError, match="whole groups") if refused else nullcontext()
    with expected:
        TARTrainer._check_groups(trainer)  # type: ignore[arg-type]
