"""The answer comparator: financial numbers, expressions, choices, texts."""

import json
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finlmm_utils.finance.answers import can_parse, match, options_of
from finlmm_utils.finance.answers.rounding import stated_decimals
from finlmm_utils.finance.expressions import _limited, _TooLong
from finlmm_utils.finance.quantities import read_quantity

QUICK = settings(max_examples=100, deadline=None, derandomize=True)
RIGHT = [
    ("38.47%", "38.47"), ("38.47", "38.47%"), ("0.3847", "38.47%"), ("1,234.5", "1234.5"),
    ("(12.3)", "-12.3"), ("($1.2m)", "-1,200,000"), ("-$5", "(5)"), ("$(5)", "-5"), ("$-5", "-5"),
    ("(5%)", "-5%"), ("(5)%", "-5%"), ("−5", "-5"), ("25bps", "0.25%"), ("2.5 pp", "250 bps"),
    ("1.2亿", "120000000"), ("1.2亿元", "12000万元"), ("3.5万亿", "3.5tn"), ("百分之38.5", "38.5%"),
    ("RMB 5亿", "500 million yuan"), ("US$5", "$5"), ("USD 5", "5"), ("5 美元", "$5"),
    ("1,200 million", "1.2bn"), ("12k", "12000"), ("$12 million", "12,000,000"), ("1.5x", "1.5"),
    (r"\frac{1}{2}", "0.5"), ("1½", "1.5"), ("14 6/7", r"14\frac{6}{7}"), ("0.333", "1/3"),
    (r"\boxed{42}", "42"), (r"\$306,\!956.63", "306956.63"), ("335{,}670", "335670"),
    ("1.2e6", "1200000"), ("1.2×10^6", "1.2 million"), ("1 234 567", "1234567"),
    ("1.234,56", "1234.56"), ("１２３", "123"), ("about 12 employees", "12"),
    ("the answer is 12", "12"), ("38.466", "38.47"), ("12.0", "12"), ("x = 5", "5"),
    ("12,5%", "12.5%"), ("1 234 567,89", "1234567.89"), ("1’234’567", "1234567"),
    ("1.234.567", "1234567"), ("3亿2千万", "3.2亿"), ("1.2 crore", "12 million"), ("‑5", "-5"),
    ("2/3", "0.67"), ("66.7%", "2/3"), ("10^6", "1 million"), (r"1.2 \cdot 10^6", "1.2m"),
    ("**12**", "12"), ("= 12", "12"), ("a decrease of 5%", "-5%"), ("下降5%", "-5%"),
    ("up 5% year over year", "5%"), (r"2\sqrt{2}", r"\sqrt{8}"),
    ("Revenue rose to $12 million in total.", "12m"),
]  # fmt: skip
WRONG = [
    ("5", "-5"), ("12.4", "12"), ("38.5", "38.47"), ("38.48", "38.47"), ("0.3847", "38.47"),
    ("5 million", "5"), ("5", "5 million"), ("1.2 billion", "1.2 million"), ("25 bps", "25%"),
    ("€5", "$5"), ("HK$5", "US$5"), ("57 - 45", "12"), (r"57 \cdot 1 - 45", "12"), ("5 to 6", "5"),
    ("In 2019 it was 12", "12"), ("1/3", "0.34"), ("1,2", "1.2"), ("not 12", "12"),
    ("12 is wrong", "12"), ("more than 12", "12"), ("超过12", "12"), ("fell by 5%", "5%"),
    ("12 " * 1000, "12"), ("", "5"), ("abc", "5"), ("12 or 13", "12"),
    ("10-12", "-2"), ("1200", "1.2"), ("120", "12"),
]  # fmt: skip


@pytest.mark.parametrize(("prediction", "gold"), RIGHT)
def test_right_numbers(prediction: str, gold: str) -> None:
    assert match(prediction, gold, "number") is True


@pytest.mark.parametrize(("prediction", "gold"), WRONG)
def test_wrong_numbers(prediction: str, gold: str) -> None:
    assert match(prediction, gold, "number") is False


@pytest.mark.parametrize("gold", ["", " ", "n/a", "N/A", "none", "nan", "abc", "not available"])
def test_a_gold_that_cannot_be_parsed_gives_none(gold: str) -> None:
    assert match("12", gold, "number") is None
    assert match(gold, gold, "number") is None


def test_the_row_says_in_which_unit_the_gold_is() -> None:
    assert match("$12 million", "12", "number", unit="$m")
    assert match("12,000,000", "12", "number", unit="$m")
    assert match("12", "12", "number", unit="$m")
    assert match("12bn", "12", "number", unit="$m") is False
    assert match("$39 million", "39", "number", question="What was it (in US$ millions)?")
    assert match("26.04", "2516.5", "number", question="In total (in millions)?") is False
    assert match("39亿", "39", "number", question="单位：亿元")


def test_the_question_states_the_rounding() -> None:
    assert stated_decimals("Give two decimals, then round to one decimal place.") == 1
    assert stated_decimals("结果保留两位小数") == 2
    assert stated_decimals("四舍五入至整数") == 0
    assert stated_decimals("What is it?") is None
    assert match("38.5", "38.47", "number", question="to one decimal place")
    assert match("2959.4", "2959", "number", question="并将结果保留整数。")
    assert match("0.04", "0.0", "number", question="保留两位小数") is False


@pytest.mark.parametrize(
    ("said", "gold", "question", "right"),
    [
        ("1300", "1260", "To the nearest hundred?", True),
        ("1200", "1260", "To the nearest hundred?", False),
        ("12.3 million", "12,345,678", "To the nearest hundred thousand?", True),
        ("12", "12.4", "To the nearest million?", True),  # the gold is in millions
        ("11", "12.4", "To the nearest million?", False),
        ("12,300", "12,345", "Give three significant figures.", True),
        ("0.0012", "0.00123", "Give 2 significant figures.", True),
        ("0.0013", "0.00123", "Give 2 significant figures.", False),
        ("38.47", "38.468", "To the nearest cent?", True),
        ("1.2", "1.23", "精确到0.1", True),
        ("1.2", "1.23", "保留小数点后两位", False),
        ("38.5%", "38.47%", "rounded to 1dp", True),
        ("5", "5%", "By how much did it fall?", True),
        ("a fall of 5%", "5%", "By how much did it fall?", True),
    ],
)
def test_tolerance_and_direction_as_the_question_states_them(
    said: str, gold: str, question: str, right: bool
) -> None:
    assert match(said, gold, "number", question=question) is right


def test_choices_by_letter_text_or_both() -> None:
    question = "When?\nA. 2012\nB. 2013\nC. $67 million\nD. 2015"
    assert options_of(question)["C"] == "$67 million"
    for said in (
        "C",
        "c",
        "(C)",
        "[C]",
        "**C**",
        "选C",
        "C.",
        "$67 million",
        "67 million",
        "C. $67 million",
        "option C",
    ):
        assert match(said, "C", "choice", question=question), said
    for said in ("D", "A", "2015", "C. 2012", "A and C", "", "a long story"):
        assert match(said, "C", "choice", question=question) is False, said
    assert match("2014", "C. 2014", "choice") and match("yes", "True", "choice")
    assert match("a rise", "A", "choice") is False
    assert match("B, A", "A and B", "choice") and match("AB", "A, B", "choice")
    assert match("5 million", "2019", "choice") is False


def test_texts_after_the_stated_normalisation() -> None:
    assert match("The Balance-Sheet.", "balance sheet", "text")
    assert match("not the balance sheet", "balance sheet", "text") is False
    assert match("-5 %", "5 %", "text") is False
    assert match("资产 负债表", "资产负债表", "text")
    assert match("x", "...", "text") is None


def test_unknown_kind_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="'date'"):
        match("1", "1", "date")


def test_other_threads_than_the_main_one() -> None:
    found: list[object] = []
    pair = (r"\frac{\sqrt{8}}{2}", r"\sqrt{2}")
    thread = threading.Thread(target=lambda: found.append(match(*pair, "number")))
    thread.start()
    thread.join()
    assert found == [True]


@pytest.mark.parametrize(
    "bomb", ["9^{9^{9}}", r"9^{99999999}", "(9^{999})^{999}", "99999!", "9**9"]
)
def test_predictions_that_would_never_end(bomb: str) -> None:
    start = time.process_time()
    assert match(bomb, r"\sqrt{2}", "number") is False
    assert time.process_time() - start < 2


def test_the_limit_is_of_work_and_not_of_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finlmm_utils.finance.expressions._TIMEOUT", 0.2)
    with _limited():
        time.sleep(0.5)
    with pytest.raises(_TooLong), _limited():
        while True:
            time.process_time()


@QUICK
@given(st.text(max_size=40), st.sampled_from(["number", "choice", "text"]))
def test_total_and_reflexive(text: str, kind: str) -> None:
    assert match(text, "12", kind) in (True, False)
    if can_parse(text, kind):
        assert match(text, text, kind) is True


@QUICK
@given(st.integers(-(10**9), 10**9), st.integers(0, 4))
def test_a_number_is_itself_in_every_spelling(whole: int, decimals: int) -> None:
    value = whole / 10**decimals
    gold = f"{value:.{decimals}f}"
    spellings = [gold, f"{value:,.{decimals}f}", f"${value:,.{decimals}f}", f"{gold}.", f" {gold} "]
    if value < 0:
        spellings.append(f"({gold[1:]})")
    assert all(match(said, gold, "number") for said in spellings)
    assert match(str(whole + 10**9 + 1), str(whole), "number") is False


def test_reading_keeps_exact_values() -> None:
    quantity = read_quantity("0.1 + 0.2")
    assert quantity is None
    third = read_quantity("1/3")
    assert third is not None and third.value.denominator == 3


def golds(folder: Path) -> list[tuple[str, str, str]]:
    """(answer, kind, question) of the real samples."""
    found = []
    for record in json.loads((folder / "text/math_train_sample.json").read_text("utf-8")):
        found.append((str(record["answer"]), "number", record["problem"]))
    for name in ("text/gsm8k_train_sample.jsonl", "finmmr/rows.jsonl", "finchart/rows.jsonl"):
        for line in (folder / name).read_text("utf-8").splitlines():
            record = json.loads(line)
            kind = "number" if record.get("kind", "numeric") == "numeric" else "choice"
            found.append((str(record["answer"]), kind, record["question"]))
    return found


def test_real_golds_equal_themselves_and_no_other(real_data: Path) -> None:
    found = golds(real_data)
    missed = [
        gold for gold, kind, question in found if not match(gold, gold, kind, question=question)
    ]
    assert missed == []
    confused = []
    for (gold, kind, question), (other, *_) in zip(found, found[1:] + found[:1], strict=True):
        if kind == "number" and match(other, gold, kind, question=question):
            a, b = read_quantity(other), read_quantity(gold)
            if other != gold and not (a and b and a.value == b.value):
                confused.append((other, gold))
    assert confused == []
