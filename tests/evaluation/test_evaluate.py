"""Scores with their intervals: what is drawn, and claims that these decide."""

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from finlmm_utils.evaluation.claims import share, verdict
from finlmm_utils.evaluation.evaluate import (
    bootstrap,
    paired_difference,
    share_over_reports,
    summarize,
    units_of,
)
from finlmm_utils.intervals import student, wilson


def drawn_by_hand(values: list[float], draws: int, seed: int) -> list[float]:
    """Hesterberg's expanded percentile bootstrap in a few lines of NumPy."""
    data = np.asarray(values, float)
    n = len(data)
    tail = 100 * stats.norm.cdf(-stats.t.ppf(0.975, n - 1) * math.sqrt(n / (n - 1)))
    picks = np.random.default_rng(seed).integers(0, len(data), (draws, len(data)))
    return list(np.percentile(data[picks].mean(axis=1), [tail, 100 - tail]))


@pytest.mark.parametrize("values", [[0.0, 1.0], [1.0] * 5, [0.25, 0.5, -1.0] * 20, [1, 0, 0] * 50])
def test_bootstrap_is_the_percentile_interval_of_the_mean(values: list[float]) -> None:
    found = bootstrap(values, draws=500, seed=3)
    assert found == pytest.approx(drawn_by_hand(values, 500, 3), abs=1e-12)
    assert found == bootstrap(iter(values), 500, 3)


def test_intervals_of_seven_reports_are_as_wide_as_students() -> None:
    """On normal values, where Student's interval is right; plain percentiles are too narrow."""
    generator = np.random.default_rng(5)
    ratios = []
    for seed in range(200):
        values = generator.normal(size=7)
        _, low, high = student(values.tolist())
        ratios.append(width(bootstrap(values, seed=seed)) / (high - low))
    assert 0.95 < np.mean(ratios) < 1.05


def test_a_share_draws_reports_and_is_never_surer_than_wilson() -> None:
    agreeing = [True] * 60 + [False] * 40
    reports = ["a"] * 30 + ["b"] * 30 + ["c"] * 20 + ["d"] * 20
    found = share_over_reports(agreeing, reports)
    assert found is not None and (found["value"], found["rows"], found["units"]) == (0.6, 100, 4)
    low, high = wilson(60, 100)
    assert found["interval"][0] < low - 0.2 and found["interval"][1] > high + 0.2
    certain = share_over_reports([True] * 100, reports)
    assert certain is not None and certain["interval"] == wilson(100, 100)
    assert share_over_reports([], []) is None


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
    results = {"supported": found, "undecided": share(14, 15), "contradicted": share(1, 15)}
    for name, result in results.items():
        assert verdict(result["value"], *result["interval"], 0.8) == name
    assert verdict(None, None, None, 0.8) == verdict(float("nan"), 0.0, 0.0, 0.8) == "not measured"
    with pytest.raises(ValueError, match="0 rows"):
        share(0, 0)


def ids(reports: int, each: int) -> list[str]:
    return [f"{k:012x}-q{i:010x}" for k in range(reports) for i in range(each)]


def width(interval: tuple[float, float]) -> float:
    return interval[1] - interval[0]


def test_a_unit_is_a_report_where_the_ids_name_two() -> None:
    assert units_of(ids(2, 2)) == ["0" * 12, "0" * 12, f"{1:012x}", f"{1:012x}"]
    assert units_of(ids(1, 3)) == ids(1, 3)
    assert units_of(["made-train-00013", "made-train-00014"]) == [
        "made-train-00013",
        "made-train-00014",
    ]
    mixed = ["a" * 12 + "-q" + "0" * 10, "a" * 12 + "-q" + "1" * 10, "ver-17"]
    assert units_of(mixed) == ["a" * 12, "a" * 12, "ver-17"]
    pooled = [f"{run} {row}" for run in ("one", "two") for row in mixed[:2]]
    assert units_of(pooled) == ["one " + "a" * 12] * 2 + ["two " + "a" * 12] * 2
    assert units_of(["0123456789ab-q0123456789-copy", "x"])[0] == "0123456789ab-q0123456789-copy"


def test_rows_of_a_report_count_once_where_they_agree() -> None:
    """20 rows of each of 7 reports that are all right or all wrong: as 7 rows, not as 140."""
    of_report = [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0]
    values = np.repeat(of_report, 20)
    whole = bootstrap(values, units=units_of(ids(7, 20)))
    assert whole == bootstrap(of_report)
    assert width(whole) > 3 * width(bootstrap(values))


def test_reports_of_different_size_weigh_by_their_rows() -> None:
    units = ["a"] * 9 + ["b"]
    low, high = bootstrap([0.0] * 9 + [1.0], units=units)
    assert (low, high) == (0.0, 1.0)  # all draws of one report are there
    assert bootstrap([2.0, 2.0, 2.0], units=["a", "a", "b"]) == (2.0, 2.0)


def test_without_reports_nothing_changes() -> None:
    values = [1, 1, 1, 0, 0]
    assert bootstrap(values, units=units_of([f"made-{k}" for k in range(5)])) == bootstrap(values)


@pytest.mark.parametrize(("reports", "drawn"), [(4, 4), (1, 8)])
def test_a_difference_says_what_it_drew(reports: int, drawn: int) -> None:
    names = ids(reports, 8 // reports)
    before = pd.DataFrame({"id": names, "right": [0, 0, 1, 1, 0, 0, 0, 1]})
    after = before.assign(right=[1, 1, 1, 1, 0, 0, 0, 1])
    found = paired_difference(before, after, "right")
    assert found["difference"] == 0.25
    assert (found["rows"], found["units"]) == (8, drawn)
    assert found["interval"][0] <= 0.25 <= found["interval"][1]


def test_a_summary_draws_reports_too() -> None:
    names = ids(5, 10)
    right = np.repeat([1, 1, 0, 1, 0], 10)
    samples = pd.DataFrame(
        {"id": names, "right": right, "image_right": right, "well_formed": True, "tokens": 3,
         "clipped": False, "task": "knowledge", "target_image": 1, "images": 3, "sample": 0}
    )  # fmt: skip
    found = summarize(samples)
    assert (found["rows"], found["units"]) == (50, 5)
    assert found["accuracy_interval"] == bootstrap([1, 1, 0, 1, 0])
    assert found["selection_interval"] == found["accuracy_interval"]
