"""Measures of a step's rollouts."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import torch

from finlmm_utils.tar.monitoring.measures import (
    advantage_parts,
    advantage_shares,
    flat_groups,
    other_form,
    repetition,
)
from tests.tar.training import small_stage, vowels


def test_repetition() -> None:
    assert repetition("a b") == repetition("57 - 45 = 12") == 0
    assert repetition("so it is " * 50) > 0.9


def test_flat_groups_are_those_without_both_answers() -> None:
    right = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, None, None]
    assert flat_groups(right, 2).tolist() == [False] * 2 + [True] * 6


def test_shares_are_of_the_advantages_and_sum_to_one() -> None:
    """The second group is flat in accuracy: there the small term is the whole advantage."""
    accuracy, length = [0.6, 0.0, 0.0, 0.0], [0.0, 0.0, 0.01, 0.02]
    rewards, weights = torch.tensor([accuracy, length]).T, torch.ones(2)
    flat = torch.tensor([False, False, True, True])
    shares, from_flat = advantage_shares(advantage_parts(rewards, weights, 2), flat)
    assert [*shares, from_flat] == pytest.approx([0.5] * 3, abs=0.01)
    alike = advantage_parts(torch.full((4, 2), 0.1), weights, 2)
    assert advantage_shares(alike, flat) == ([0.0, 0.0], 0.0)


def test_without_division_a_flat_group_weighs_as_little_as_its_rewards_differ() -> None:
    rewards = torch.tensor([[0.6, 0.0, 0.0, 0.0], [0.0, 0.0, 0.01, 0.02]]).T
    flat = torch.tensor([False, False, True, True])
    for scale in ("none", "batch"):
        shares, from_flat = advantage_shares(
            advantage_parts(rewards, torch.ones(2), 2, scale), flat
        )
        assert shares == pytest.approx([1 - from_flat, from_flat]) and 0 < from_flat < 0.001


@pytest.mark.parametrize(
    "told", [{}, {"loss_type": "dr_grpo"}, {"grpo": {"scale_rewards": "batch"}},
             {"grpo": {"multi_objective_aggregation": "normalize_then_sum"}}]
)  # fmt: skip
def test_the_parts_sum_to_the_advantages_that_the_trainer_took(
    told: dict[str, Any], tmp_path: Path
) -> None:
    def some(completions: Sequence[Any], **_: Any) -> list[float | None]:
        return [None if n % 3 == 0 else n / 10 for n in range(len(completions))]

    def most(completions: Sequence[Any], **_: Any) -> list[float | None]:
        return [None, *vowels(completions)[1:]]  # nothing at all is paid for the first

    rewards = {"vowels": most, "some": some}
    stage = small_stage(tmp_path, 1, rewards=tuple(rewards), custom_rewards=rewards,
                        reward_weights={"vowels": 3.0, "some": 1.0}, **told)  # fmt: skip
    table = pd.read_parquet(tmp_path / "completions.parquet")
    paid = torch.tensor(table[["reward_vowels", "reward_some"]].to_numpy(float))
    grpo = told.get("grpo", {})
    scale = "none" if "loss_type" in told else grpo.get("scale_rewards", "group")
    aggregation = grpo.get("multi_objective_aggregation", "sum_then_normalize")
    parts = advantage_parts(paid, torch.tensor([0.75, 0.25]), 4, scale, aggregation)
    taken = torch.tensor(table["advantage"].to_numpy(float))
    assert torch.allclose(parts.sum(1), taken, atol=1e-4) and taken.abs().max() > 0.01
    shares, _ = advantage_shares(parts, torch.zeros(8, dtype=torch.bool))
    logged = [stage.metrics[0][f"share_{name}"] for name in rewards]
    assert logged == pytest.approx(shares, abs=1e-3)


def test_a_term_that_evens_out_the_rest_has_a_share_below_zero() -> None:
    parts = advantage_parts(torch.tensor([[1.0, 0.0], [-0.6, 0.0]]).T, torch.ones(2), 2)
    shares, _ = advantage_shares(parts, torch.tensor([False, False]))
    assert shares == pytest.approx([2.5, -1.5])


def test_an_answer_in_words_to_a_question_for_a_number_is_of_another_form() -> None:
    assert other_form("It goes up", "12") and other_form("12", "rise")
    assert not other_form("11", "12") and not other_form("fall", "rise")
    assert not other_form("", "12")
