"""Numbers in running text, by the grammar of answers."""

import time

import pytest

from finlmm_utils.asp.alignment.figure_text import numbers_shown
from finlmm_utils.asp.questions.rules.english.sentence_series import _pairs
from finlmm_utils.asp.questions.rules.sentences import numbers_in
from finlmm_utils.finance.finder import find_quantities
from finlmm_utils.finance.quantities import read_quantity

TEXTS = [
    ("HK$5 mn, 12,5 % and 25 bps of 3 crore",
     [(5, "HK$m"), (12.5, "%"), (25, "bps"), (3, "crore")]),
    ("占比三成，第三成员的成本为123.4亿元，增长3.5%", [(30, "%"), (123.4, "亿元"), (3.5, "%")]),
    ("$320¹ million in 2021 and $415(1) million", [(320, "$m"), (415, "$m")]),
    ("-5 (5) (5%) ($1.2m) $(1.2) m Sales(5)",
     [(-5, ""), (-5, ""), (5, "%"), (1.2, "$m"), (-1.2, "$m")]),
    ("EUR 2021 of 2 pounds, 5 mm² and ₹1,23,456 crore",
     [(2, ""), (5, ""), (123456, "₹crore")]),
    ("c.5% of the 500 best; par $.01 ..... 12", [(5, "%"), (500, ""), (0.01, "$"), (12, "")]),
    ("1.234,56 € and 1.234.567, notes 1,2", [(1234.56, "€"), (1234567, ""), (1, ""), (2, "")]),
    ("３．５％ of −２ million", [(3.5, "%"), (-2, "m")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), TEXTS)
def test_numbers_with_their_units(text, wanted):
    assert [(n.value, n.unit) for n in numbers_in(text)] == wanted


def test_finder_and_reader_agree_on_an_amount_alone():
    texts = ["HK$5 mn", "12,5 %", "25 bps", "3 crore", "三成五", "RMB5bn", "12.5(1)", "US$9/bbl",
             "-£1,234.5k", "1.5x", "亿元"]  # fmt: skip
    for text in texts[:-1]:
        found, read = find_quantities(text)[0], read_quantity(text)
        assert read is not None
        assert (found.quantity.value, found.quantity.unit) == (read.value, read.unit)
        assert found.quantity.currencies == read.currencies
    assert find_quantities(texts[-1]) == [] and read_quantity(texts[-1]) is None


def test_labels_of_a_chart():
    text = "S5.2 12x 2021 FY22 45,120 1,2 12.5%15.2% 2019-03-28 9E"
    assert numbers_shown(text) == {5.2, 12, 2021, 45120, 1, 2, 12.5, 15.2, 9}
    assert numbers_shown(text, shares=False) == {5.2, 12, 2021, 45120, 1, 2, 9}


def _work(read, text):
    """The least of two measurements, so that other work plays no part."""
    times = []
    for _ in range(2):
        start = time.process_time()
        read(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.faults
@pytest.mark.parametrize("unit", ["2021 ", "1 2021 ", "1,111,", "9", "( "])
def test_the_work_grows_with_the_text_and_not_faster(unit):
    for read in (find_quantities, numbers_in, _pairs):
        small, large = (_work(read, unit * (n // len(unit))) for n in (4_000, 32_000))
        assert large < 24 * max(small, 1e-3), (unit, read)  # 8 times if linear, 64 if quadratic
