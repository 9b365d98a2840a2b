"""The names that other people's scripts and tutorials call can be imported where they were."""

import importlib

import pytest

NAMES = (
    "finlmm_utils.asp.run",
    "finlmm_utils.asp.made_reports.write_reports",
    "finlmm_utils.asp.extract.extract_report",
    "finlmm_utils.tar.responses.parse_response",
    "finlmm_utils.tar.answers.match",
    "finlmm_utils.tar.rewards.format_reward",
    "finlmm_utils.tar.rewards.accuracy_reward",
    "finlmm_utils.tar.rewards.image_selection_reward",
    "finlmm_utils.tar.rewards.length_reward",
    "finlmm_utils.tar.data.load_rows",
    "finlmm_utils.tar.discriminator.Discriminator",
    "finlmm_utils.tar.trainer.TARTrainer",
    "finlmm_utils.tar.models.load_policy",
    "finlmm_utils.study.cli.main",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_promised_name_is_there(name: str) -> None:
    module, _, leaf = name.rpartition(".")
    assert callable(getattr(importlib.import_module(module), leaf))
