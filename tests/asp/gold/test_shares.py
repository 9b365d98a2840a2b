"""What was not measured is neither 0 nor 1."""

from finlmm_utils.asp.gold.alignment import alignment_score
from finlmm_utils.asp.gold.extraction import score_crops
from finlmm_utils.asp.gold.shares import in_words, rounded, share_of

PLACE = ("a.pdf", 1)
CHART, FAR = (0.0, 0.0, 10.0, 10.0), (50.0, 50.0, 60.0, 60.0)


def test_without_gold_nothing_is_measured() -> None:
    score = score_crops({}, {})
    shares = score.recall, score.precision, score.recall_with_merged, score.junk_per_chart
    assert shares == (None,) * 4
    found = alignment_score([], {})
    assert found == {"kept": 0, "right": 0, "precision": None, "recall": None}


def test_nothing_found_is_zero_and_nothing_junk_is_one() -> None:
    score = score_crops({}, {PLACE: [CHART]})
    assert score.recall == 0 and score.precision is None, "no crop, so no share of crops"
    score = score_crops({PLACE: [FAR]}, {PLACE: [CHART]})
    assert score.recall == score.precision == 0 and score.junk_per_chart == 1
    score = score_crops({PLACE: [CHART]}, {PLACE: [CHART]})
    assert score.recall == score.precision == 1 and score.junk_per_chart == 0


def test_shares_for_files_and_for_readers() -> None:
    assert rounded(share_of(2, 3)) == 0.6667 and rounded(share_of(0, 0)) is None
    assert [in_words(share_of(k, 3)) for k in range(3)] == ["0.000", "0.333", "0.667"]
    assert in_words(share_of(0, 0)) == "not measured"
