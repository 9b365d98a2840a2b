"""Expressions of a model: refused by a reason before anything parses them; formulas read whole."""

import ast
import sys
import threading

import pytest

from finlmm_utils.asp.alignment.offline import numbers_of
from finlmm_utils.asp.questions.checks import check_answer
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.finance import expressions
from finlmm_utils.finance.answers import match
from finlmm_utils.finance.expressions import ExpressionError, evaluate, operands, read_expression

BOMBS = [
    "9" * 400, "-" * 20_000 + "1", "1+" * 500_000 + "1", "(" * 200 + "1" + ")" * 200, "9**9**9",
    "9e9999", "9" * 290 + "e99", "1e99*1e99*1e99*1e99", "- - - - 1", "max(" * 50 + "1" + ")" * 50,
    "1 if 1 else 2", "１＋１", "1_000", "0x10", "9j", "1\x00", "",
    "1 +", "max()", "1,2", "max", "2 3",
    "(lambda: 1)()", "1//2", "*1", "max(1)(2)", "mean(sum)", "1..2", "\ud800",
    "abs(1,2)", "()", "(1,2)",
]  # fmt: skip
FACT = "Revenue was $45m in 2021 and $57m in 2022."


@pytest.mark.parametrize("bomb", BOMBS, ids=range(len(BOMBS)))
def test_every_refusal_is_a_reason(bomb):
    with pytest.raises(ExpressionError, match=r"\w"):
        evaluate(bomb)
    for kind in ("number", "text"):
        qa = make_qa("r1", 1, FACT, "t", question="What?", answer="45", answer_kind=kind,
                     task="arithmetic", expression=bomb)  # fmt: skip
        assert check_answer(qa, [FACT]) in ("not_derivable", "")
        assert kind == "text" or check_answer(qa, [FACT]) == "not_derivable"
        assert isinstance(numbers_of(qa), set)


def test_length_and_depth_are_looked_at_before_anything_is_parsed(monkeypatch):
    def parse(*_, **__):
        raise AssertionError("parsed")

    monkeypatch.setattr(ast, "parse", parse)
    for bomb in BOMBS[:4]:
        with pytest.raises(ExpressionError):
            operands(bomb)


@pytest.mark.parametrize("text", ["()", "(1,2)", "abs(1,2)", "max()", "max", "max(1)(2)"])
def test_what_has_no_value_has_no_operands(text):
    with pytest.raises(ExpressionError, match=r"\w"):
        operands(text)


def test_arithmetic_of_reports_is_read():
    assert operands("(57 - 45.5) / 45 * 100 - -1") == [57, 45.5, 45, 100, 1]
    assert operands("57 / (45 - 45)") == [57, 45, 45] and evaluate("abs(-5)") == 5
    assert evaluate("mean(" + ", ".join(["12.5"] * 20) + ")") == 12.5


@pytest.mark.parametrize(
    "text",
    ["US$99bn (2021", "$US$ 12", "A$5 + 3", "\\$5x + 3", "12 \\boxed{3}",
     "3\\sqrt{2}\\text{ million}",
     "\\text{not } 12", "answer 12", "12 13", "3x + 2m", "x = 5 million", "\\sum_{i=1}^{9} i",
     "(" * 40 + "1" + ")" * 40, "x" * 401, "(x+y+1)^{50}", "12亿 + x"],
)  # fmt: skip
def test_what_is_no_formula_never_reaches_math_verify(text):
    assert read_expression(text) is None


@pytest.mark.parametrize(
    ("said", "gold", "right"),
    [("2\\sqrt{10} \\text{ cm}", "\\sqrt{40}", True), ("$2\\pi$", "\\pi + \\pi", True),
     ("x^2+2x+1", "(x+1)^2", True), ("[1,2)", "[1,2]", False),
     ("\\(\\sqrt{8}\\)", "2\\sqrt{2}", True),
     ("3\\sqrt{2}", "3\\sqrt{3}", False), ("x=1 or x=2", "1,2", True)],
)  # fmt: skip
def test_formulas_are_read_whole(said, gold, right):
    assert match(said, gold, "number") is right


def test_the_limit_of_time_holds_in_any_thread(monkeypatch):
    monkeypatch.setattr(expressions, "_TIMEOUT", 0.2)
    found, before = [], sys.getprofile()

    def work():
        try:
            with expressions._limited():
                while True:
                    len([])
        except expressions._TooLong:
            found.append(sys.getprofile())

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert found == [before]
