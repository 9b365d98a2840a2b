"""Intervals of shares and of means over seeds."""

import pandas as pd
import pytest

from finlmm_utils.asp.review import accepted
from finlmm_utils.evaluation.claims import share
from finlmm_utils.intervals import running_mean, student, student_halves, wilson


def test_wilson_by_hand() -> None:
    """Of 10 of 10 the lower end is n / (n + z * z)."""
    assert wilson(10, 10) == pytest.approx((10 / (10 + 1.959964**2), 1.0), abs=1e-7)
    assert wilson(5, 10) == pytest.approx((0.236593, 0.763407), abs=1e-6)


def test_people_and_claims_have_the_same_interval() -> None:
    rows = [{"task": "knowledge", "verdict": v} for v in ["keep"] * 8 + ["fix"] * 2]
    assert accepted(rows)["all"][3:] == share(8, 10)["interval"] == wilson(8, 10)


def test_halves_of_a_table_are_student_s_of_each_row() -> None:
    missing = float("nan")  # a seed that was not measured is no degree of freedom
    wide = pd.DataFrame([[0.1, 0.2, 0.3], [0.5, 0.5, 0.8], [0.5, missing, 0.8]])
    for half, row in zip(student_halves(wide), wide.to_numpy().tolist(), strict=True):
        mean, _, high = student([value for value in row if value == value])
        assert half == pytest.approx(high - mean)
    assert student_halves(pd.DataFrame([[missing, 0.5, missing]])).isna().all()


def test_a_running_mean_s_interval_is_student_s_of_each_full_window() -> None:
    values = pd.Series([0.1, 0.4, 0.2, 0.9, 0.5])
    mean, half = running_mean(values, 3)
    assert half[:2].isna().all() and mean[0] == 0.1, "no interval before the window is full"
    for end in (2, 3, 4):
        middle, _, high = student(values[end - 2 : end + 1].tolist())
        assert (mean[end], half[end]) == (pytest.approx(middle), pytest.approx(high - middle))
