"""Measures of a step's rollouts."""

import pytest
import torch

from finlmm_utils.tar.monitoring.measures import (
    advantage_shares,
    flat_groups,
    other_form,
    repetition,
)


def test_repetition() -> None:
    assert repetition("a b") == repetition("57 - 45 = 12") == 0
    assert repetition("so it is " * 50) > 0.9


def test_flat_groups_are_those_without_both_answers() -> None:
    right = [1.0, 0.0, 1.0, 1.0, 0.0, 0.0, None, None]
    assert flat_groups(right, 2).tolist() == [False] * 2 + [True] * 6


def test_shares_are_of_the_advantages_and_sum_to_one() -> None:
    """The second group is flat in accuracy: there the small term is the whole advantage."""
    accuracy, length = [0.6, 0.0, 0.0, 0.0], [0.0, 0.0, 0.01, 0.02]
    weighted = torch.tensor([accuracy, length]).T
    flat = torch.tensor([False, False, True, True])
    shares, from_flat = advantage_shares(weighted, flat, 2)
    assert shares == pytest.approx([0.5, 0.5]) and from_flat == 0.5
    assert advantage_shares(torch.ones(4, 2), flat, 2) == ([0.0, 0.0], 0.0)


def test_a_term_that_evens_out_the_rest_has_a_share_below_zero() -> None:
    weighted = torch.tensor([[1.0, 0.0], [-0.6, 0.0]]).T
    shares, _ = advantage_shares(weighted, torch.tensor([False, False]), 2)
    assert shares == pytest.approx([2.5, -1.5])


def test_an_answer_in_words_to_a_question_for_a_number_is_of_another_form() -> None:
    assert other_form("It goes up", "12") and other_form("12", "rise")
    assert not other_form("11", "12") and not other_form("fall", "rise")
    assert not other_form("", "12")
