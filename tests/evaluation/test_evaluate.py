"""Intervals of an evaluation: what is drawn, and what a row's id tells of its report."""

import numpy as np
import pandas as pd
import pytest

from finlmm_utils.evaluation.evaluate import bootstrap, paired_difference, summarize, units_of


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
