"""Scores with their intervals, and claims that these decide."""

import math

import numpy as np
import pandas as pd
import pytest

from finlmm_utils.evaluation.claims import claim_from, share, table
from finlmm_utils.evaluation.evaluate import bootstrap, paired_difference, summarize


def drawn_by_hand(values: list[float], draws: int, seed: int) -> list[float]:
    """Percentile bootstrap in three lines of NumPy."""
    data = np.asarray(values, float)
    picks = np.random.default_rng(seed).integers(0, len(data), (draws, len(data)))
    return list(np.percentile(data[picks].mean(axis=1), [2.5, 97.5]))


@pytest.mark.parametrize("values", [[0.0, 1.0], [1.0] * 5, [0.25, 0.5, -1.0] * 20, [1, 0, 0] * 50])
def test_bootstrap_is_the_percentile_interval_of_the_mean(values: list[float]) -> None:
    found = bootstrap(values, draws=500, seed=3)
    assert found == pytest.approx(drawn_by_hand(values, 500, 3), abs=1e-12)
    assert found == bootstrap(iter(values), 500, 3)


def test_bootstrap_of_one_row_and_of_none() -> None:
    assert bootstrap([0.5]) == (0.5, 0.5)
    assert all(math.isnan(end) for end in bootstrap([]))


def test_gains_are_paired_by_row() -> None:
    before = pd.DataFrame({"id": list("aabbc"), "right": [1, 0, 0, 0, None]})
    after = pd.DataFrame({"id": list("aabbd"), "right": [1, 1, 1, 0, 1]})
    found = paired_difference(before, after, "right")
    assert (found["difference"], found["rows"]) == (0.5, 2) and found["interval"] == (0.5, 0.5)


def test_summary_averages_samples_of_a_row_first() -> None:
    samples = pd.DataFrame({
        "id": list("aabb"), "sample": [0, 1, 0, 1], "right": [True, False, None, None],
        "image_right": [True, True, False, True], "target_image": [1, 1, 2, 2],
        "images": [2, 2, 4, 4], "well_formed": [True, True, True, False], "tokens": [4, 6, 8, 10],
        "clipped": [False] * 4, "task": ["arithmetic"] * 4,
    })  # fmt: skip
    found = summarize(samples)
    assert (found["rows"], found["unscored"], found["accuracy"]) == (2, 1, 0.5)
    assert found["accuracy_interval"] == (0.5, 0.5)
    assert found["selection"] == 0.75 and found["selection_interval"] == (0.5, 1.0)
    assert found["selection_chance"] == 0.375 and found["format"] == 0.75
    assert (found["k"], found["pass_at_k"], found["selection_at_k"]) == (2, 1.0, 1.0)


def test_a_claim_is_decided_by_its_interval() -> None:
    found = share(93, 100)
    low, high = found["interval"]
    assert found["value"] == 0.93 and (low, high) == pytest.approx((0.8625, 0.9657), abs=1e-4)
    results = {"supported": found, "undecided": share(14, 15), "contradicted": share(1, 15),
               "not measured": None}  # fmt: skip
    claims = [claim_from(name, "", "", "", result, 0.8) for name, result in results.items()]
    assert table(claims)["verdict"].tolist() == list(results)
    with pytest.raises(ValueError, match="0 rows"):
        share(0, 0)
