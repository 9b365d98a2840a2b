"""Evaluation decodes as training does, whatever a hub's generation_config.json says."""

import json
import shutil
from pathlib import Path

import pytest
from transformers import GenerationConfig

from finlmm_utils.processor import TINY
from finlmm_utils.synthetic.word_problems import made_text_rows
from finlmm_utils.tar.decoding import end_tokens
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.rollouts.answering import generate
from tests.tar.training import small_stage

CHATTY = {
    "do_sample": True, "temperature": 1e-6, "top_k": 1, "top_p": 0.001,
    "repetition_penalty": 3.0, "no_repeat_ngram_size": 2,
}  # fmt: skip
"""Qwen's own says 1.05; here so much that any trace of it shows."""


@pytest.fixture
def chatty(tmp_path: Path) -> Path:
    """finlmm-tiny with the generation_config of a chat model: penalty, two end tokens."""
    folder = tmp_path / "chatty"
    shutil.copytree(TINY, folder)
    file = folder / "generation_config.json"
    told = json.loads(file.read_text("utf-8")) | CHATTY
    told["eos_token_id"] = [told["eos_token_id"], 5]
    file.write_text(json.dumps(told))
    return folder


def test_answers_do_not_depend_on_it(chatty: Path) -> None:
    rows = list(made_text_rows(6, 3, "test"))
    for samples in (0, 3):
        said = []
        for policy in ("finlmm-tiny", chatty):
            model, processor = load_policy(policy)
            model.generation_config.eos_token_id = processor.tokenizer.eos_token_id
            said.append(generate(model, processor, rows, 24, samples=samples, seed=1))
        assert said[0]["completion"].tolist() == said[1]["completion"].tolist()


def test_answers_do_not_depend_on_how_a_model_was_loaded(chatty: Path) -> None:
    """A model that did not pass ``load_policy`` keeps its configuration, and it is not followed."""
    rows = list(made_text_rows(4, 3, "test"))
    model, processor = load_policy("finlmm-tiny")
    plain = generate(model, processor, rows, 24)
    model.generation_config = GenerationConfig(**CHATTY)
    again = generate(model, processor, rows, 24)
    assert plain["completion"].tolist() == again["completion"].tolist()


def test_both_end_tokens_end(chatty: Path) -> None:
    rows = list(made_text_rows(2, 3, "test"))
    model, processor = load_policy(chatty)
    assert end_tokens(model, processor.tokenizer) == [processor.tokenizer.eos_token_id, 5]
    whole = generate(*load_policy("finlmm-tiny"), rows, 24)
    first = processor.tokenizer(whole["completion"][0], add_special_tokens=False)["input_ids"]
    model.generation_config.eos_token_id = [processor.tokenizer.eos_token_id, first[2]]
    cut = generate(model, processor, rows, 24)
    assert cut["tokens"][0] == 2 and not cut["clipped"][0]


def test_a_trained_policy_tells_other_tools(chatty: Path, tmp_path: Path) -> None:
    """Saved weights say how they were trained to decode."""
    small_stage(tmp_path / "stage", 1, policy=chatty)
    told = GenerationConfig.from_pretrained(tmp_path / "stage" / "policy")
    assert told.repetition_penalty in (None, 1.0) and not told.do_sample
    assert set(told.eos_token_id) == {load_policy("finlmm-tiny")[1].tokenizer.eos_token_id, 5}
