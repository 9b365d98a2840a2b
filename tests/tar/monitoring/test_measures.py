"""Measures of a step's rollouts."""

import pytest
import torch

from finlmm_utils.tar.monitoring.measures import repetition, variance_share


def test_repetition() -> None:
    assert repetition("a b") == repetition("57 - 45 = 12") == 0
    assert repetition("so it is " * 50) > 0.9


def test_the_share_of_a_term_counts_differences_within_groups_alone() -> None:
    accuracy, adversary = [1.0, 0.0, 0.0, 0.0], [0.1, 0.3, 0.6, 0.6]
    weighted = torch.tensor([accuracy, adversary]).T
    with_it = (torch.tensor([1.1, 0.3]).var() + 0) / 2
    expected = (with_it - 0.5 / 2) / with_it
    assert variance_share(weighted, 1, 2) == pytest.approx(float(expected), abs=1e-6)
    assert float(expected) < 0, "it evens out what accuracy says"
    assert variance_share(torch.ones(4, 2), 0, 2) == 0
    assert variance_share(weighted[2:], 0, 2) == 0
    only = torch.tensor([[0.0, 0.1], [0.0, 0.2]])
    assert variance_share(only, 1, 2) == 1
