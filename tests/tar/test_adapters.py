"""LoRA and 4-bit QLoRA through the trainer, resumed, saved, merged; the vision tower; bf16."""

import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText

from finlmm_utils.processor import TINY
from finlmm_utils.study.cli import main
from finlmm_utils.tar.checkpoints import StageError
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.monitoring.policy_card import _licence
from tests.tar.test_trainer import image_rows
from tests.tar.training import small_stage, vowels

SMALL: dict[str, Any] = {"lora_rank": 4, "kl": 0.05, "checkpoint_every": 1, "temperature": 3.0}
"""So hot that no group agrees: there is something to learn from in each step."""


@pytest.fixture(scope="module")
def lora(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A stage with a LoRA adapter and a KL penalty."""
    folder = tmp_path_factory.mktemp("lora")
    small_stage(folder, 3, adapter="lora", **SMALL)
    return folder


def test_an_adapter_goes_on_bit_for_bit(lora: Path, tmp_path: Path) -> None:
    calls = []

    def interrupt(completions: Sequence[Any], **_: Any) -> list[float]:
        calls.append(1)
        if len(calls) == 1:
            signal.raise_signal(signal.SIGINT)
        return vowels(completions)

    interrupt.__name__ = "vowels"
    with pytest.raises(StageError, match="stopped after step 1 of 3"):
        small_stage(tmp_path, 3, adapter="lora", custom_rewards={"vowels": interrupt}, **SMALL)
    small_stage(tmp_path, 3, adapter="lora", **SMALL)
    a, b = (load_file(f / "policy" / "adapter_model.safetensors") for f in (lora, tmp_path))
    assert a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_an_adapter_is_saved_alone_and_merged(lora: Path, tmp_path: Path) -> None:
    names = {path.name for path in (lora / "policy").iterdir()}
    assert "adapter_model.safetensors" in names and not names & {"model.safetensors", "ref"}
    assert 'library_name: "peft"' in (lora / "policy" / "README.md").read_text("utf-8")
    assert [_licence(base) for base in (str(lora / "policy"), "org/model")] == [
        "apache-2.0",
        "other",
    ]
    weights = load_file(lora / "policy" / "adapter_model.safetensors")
    assert all("lora_" in name and "visual" not in name for name in weights)
    assert any(bool(value.abs().sum() > 0) for name, value in weights.items() if "lora_B" in name)
    assert main(["merge", str(lora / "policy"), str(tmp_path / "merged")]) == 0
    base = AutoModelForImageTextToText.from_pretrained(TINY)
    inputs = load_policy(TINY)[1](text=["What is 57 - 45?"], return_tensors="pt")
    before = base(**inputs).logits
    with_adapter = PeftModel.from_pretrained(base, lora / "policy")(**inputs).logits
    merged = AutoModelForImageTextToText.from_pretrained(tmp_path / "merged")(**inputs).logits
    assert torch.allclose(merged, with_adapter, atol=1e-4)
    assert not torch.allclose(merged, before, atol=1e-2)


def test_merging_refuses_in_one_line(
    lora: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["merge", str(TINY), str(tmp_path / "new")]) == 2
    assert main(["merge", str(lora / "policy"), str(tmp_path)]) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 2 and "no adapter_config.json" in said[0] and "there already" in said[1]


def test_qlora_goes_on_from_an_adapter(lora: Path, tmp_path: Path) -> None:
    """4-bit weights, gradient checkpointing, bf16: from stage 1's adapter, whose base stays."""
    model = small_stage(
        tmp_path, 2, policy=lora / "policy", adapter="qlora",
        gradient_checkpointing=True, grpo={"bf16": True}, **SMALL,
    ).model  # fmt: skip
    assert model.is_loaded_in_4bit
    a, b = (load_file(f / "policy" / "adapter_model.safetensors") for f in (lora, tmp_path))
    assert a.keys() == b.keys() and any(not torch.equal(a[n].to(b[n].dtype), b[n]) for n in a)
    assert load_policy(tmp_path / "policy")[0].peft_config["default"].r == 4


@pytest.mark.parametrize("frozen", [True, False])
def test_the_vision_tower_is_frozen_or_not(frozen: bool, tmp_path: Path) -> None:
    model = small_stage(
        tmp_path, 1, rows=image_rows([1, 1]), freeze_vision=frozen,
        gradient_checkpointing=True, temperature=3.0,
    ).model  # fmt: skip
    base = load_policy("finlmm-tiny")[0].state_dict()
    moved = [n for n, p in model.state_dict().items() if not torch.equal(p, base[n])]
    assert any("language_model" in name for name in moved)
    assert any("visual" in name for name in moved) is not frozen
