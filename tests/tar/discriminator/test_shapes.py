"""How a probability becomes a reward."""

import numpy as np
import pytest

from finlmm_utils.tar.discriminator.shapes import GroupLogits, dealt, runs_of, shaped


def test_the_running_deviation_makes_a_weight_mean_the_same_for_any_judge() -> None:
    """A timid judge and a bold one that say the same in another scale pay the same."""
    groups, names = [0, 0, 1, 1], list("aabb")
    paid = []
    for scale in (0.01, 1.0):
        logits = np.array([1.0, -1.0, 3.0, 2.0]) * scale
        said = (1 / (1 + np.exp(-logits))).tolist()
        shape = GroupLogits()
        shape.follow(said, names)
        paid.append(shape.rewards(said, groups))
    assert paid[0] == pytest.approx(paid[1], abs=1e-4)
    assert paid[0][0] > paid[0][2] > 0.5 > paid[0][3] > paid[0][1]
    assert np.mean(paid[0][:2]) == pytest.approx(0.5), "a constant of a group moves nothing"


def test_an_empty_reasoning_earns_the_least() -> None:
    shape = GroupLogits()
    shape.follow([0.1, 0.9], ["a", "a"])
    assert shape.rewards([0.9, None, 0.1], [0, 0, 0])[1] == 0.0


def test_the_deviation_follows_and_does_not_jump() -> None:
    shape = GroupLogits()
    shape.follow([0.4, 0.6], ["a", "a"])
    first = shape.deviation
    shape.follow([0.001, 0.999], ["a", "a"])
    assert first < shape.deviation < 5 * first


def test_each_shape() -> None:
    said, right = [0.5, 0.999999, None], [1.0, 0.0, None]
    groups, scale = [0, 0, 0], GroupLogits()
    assert shaped("probability", said, right, groups, scale) == [0.5, 0.999999, 0.0]
    assert shaped("logit", said, right, groups, scale)[:2] == [0.5, 1.0]
    assert shaped("correct_only", said, right, groups, scale) == [0.5, 0.0, None]


def test_dealing_keeps_each_group_s_rewards_and_loses_their_order() -> None:
    rewards, groups = [float(k) for k in range(32)], [0] * 16 + [1] * 16
    found = dealt(rewards, groups, seed=3)
    assert sorted(found[:16]) == rewards[:16] and sorted(found[16:]) == rewards[16:]
    assert found != rewards and found == dealt(rewards, groups, seed=3) != dealt(rewards, groups, 4)


def test_rows_tell_equal_questions_apart() -> None:
    assert runs_of(["a", "a", "a"], ["x", "x", "y"]) == [0, 0, 1]
