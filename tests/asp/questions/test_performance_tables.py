"""Tables of performance graphs as annual reports print them: dates, signs and columns vary."""

import pytest

from finlmm_utils.asp.questions.rules.performance import performance_in_table
from finlmm_utils.asp.records import Block

HEADS = {
    "12/19\t12/20\t12/21\t12/22": "the end of December 2022",
    "Dec-19\tDec-20\tDec-21\tDec-22": "the end of December 2022",
    "FY19\tFY20\tFY21\tFY22": "the end of fiscal 2022",
    "2019\t2020\t2021\t2022": "the end of fiscal 2022",
    "12/31/2019\t12/31/2020\t12/31/2021\t12/31/2022": "12/31/2022",
}


def asked(text: str) -> dict[str, str]:
    table = Block(page=1, index=0, kind="table", text=text, box=(0.0, 0.0, 100.0, 10.0))
    facts = performance_in_table(table, [])
    assert all(fact.evidence in text for fact in facts)
    return {item["question"]: item["answer"] for fact in facts for item in fact.items}


@pytest.mark.parametrize(("head", "last"), HEADS.items(), ids=HEADS)
def test_dates_of_the_head_are_said_in_words(head: str, last: str) -> None:
    found = asked(f"\t{head}\nFjord Rail Inc.\t100\t93\t120\t131\nS&P 500\t100\t95\t125\t148")
    question = f"At {last}, was the cumulative total return of Fjord Rail Inc. higher or lower than"
    assert found[f"{question} that of S&P 500?"] == "lower"


def test_currency_signs_in_cells_of_their_own_and_marks_of_notes_are_no_values() -> None:
    rows = "Fjord Rail Inc.(1)\t$\t100.00\t$\t93.76\t$\t131.01\nRussell 2000® Index*\t{}"
    rows = rows.format("100.00\t95.62\t148.85")
    found = asked(f"Company/Index\t2020\t2021\t2022\n{rows}")
    start = "What had $100 invested in"
    span = "at the end of fiscal 2020 grown to by the end of fiscal 2022?"
    assert found[f"{start} Fjord Rail Inc. {span}"] == "131.01"
    assert found[f"{start} Russell 2000 Index {span}"] == "148.85"


def test_each_curve_may_have_a_column() -> None:
    head = "\tFjord Rail Inc.\tS&P 500\tPeer Group"
    rows = ["12/31/2020\t100.0\t100.0\t100.0", "12/31/2021\t93.1\t95.6\t88.0"]
    last = "12/31/2022\t131.0\t148.8\t118.0"
    question = "Which had the highest cumulative total return at 12/31/2022: "
    question += "Fjord Rail Inc., S&P 500 or Peer Group?"
    assert asked("\n".join([head, *rows, last]))[question] == "S&P 500"
    other = rows[0].replace("100.0\t100.0\t100.0", "90.0\t100.0\t70.0")
    assert not asked("\n".join([head, other, rows[1], last]))  # prices, and no returns


@pytest.mark.parametrize(("last", "peaks"), [("172", False), ("190", True)])
def test_two_highest_points_that_look_alike_are_no_peak(last: str, peaks: bool) -> None:
    found = asked(f"\t2019\t2020\t2021\t2022\nFjord Rail Inc.\t100\t93\t171\t{last}\n"
                  "S&P 500\t100\t95\t125\t148")  # fmt: skip
    assert any("peak" in question for question in found) is peaks
