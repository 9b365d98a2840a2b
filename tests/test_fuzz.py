"""What reads text of strangers, against text that nobody thought of: it answers or says no.

`FINLMM_FUZZ=10000 python -m pytest tests/test_fuzz.py` runs ten thousand cases of each; what once
broke something is kept as an example.
"""

import json
import math
import os
import random
from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from finlmm_utils.asp.alignment.blind_check import blind_right
from finlmm_utils.asp.llm.replies import choice_form, chosen, loads, objects_in
from finlmm_utils.asp.questions.checks import check_answer
from finlmm_utils.asp.questions.llm import pairs_form
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.asp.questions.rules.sentences import numbers_in
from finlmm_utils.asp.text.words import clean
from finlmm_utils.finance.answers import match
from finlmm_utils.finance.answers.forms import readings
from finlmm_utils.finance.expressions import ExpressionError, evaluate, operands
from finlmm_utils.finance.finder import find_quantities
from finlmm_utils.finance.periods import Period, periods_in
from finlmm_utils.finance.quantities import Quantity, read_quantity
from finlmm_utils.finance.reference_clauses import points_at_figure, without_references
from finlmm_utils.finance.references import label_of
from finlmm_utils.rows import defused, has_markup
from finlmm_utils.study.errors import RunError, StudyError
from finlmm_utils.study.parameters.check import parse_text, validate
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.study.runner.manifest import NAME, read_manifest
from finlmm_utils.tar.responses import parse_response
from tests.finance.amounts import Amount, amount, pair, same

pytestmark = pytest.mark.faults
SMOKE = load_profile("smoke")
CASES = int(os.environ.get("FINLMM_FUZZ", "50"))
fuzzed = settings(
    max_examples=CASES, deadline=None, derandomize=True, database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)  # fmt: skip

anything = st.text(max_size=200)


def pieces(*words: str) -> st.SearchStrategy[str]:
    """Texts put together from words that mean something to a grammar, and from anything."""
    return st.lists(st.sampled_from(words) | st.text(max_size=3), max_size=30).map("".join)


TAGS = pieces(
    "<think>", "</think>", "<answer>", "</answer>", "<image_selection>", "</image_selection>", " ",
    "\n", "12", "1", "²", "١", "-1", "9" * 30, "<", ">", "<|im_end|>", "\u2028",
)  # fmt: skip
NUMBERS = pieces(
    "1", "12", "2021", ",", ".", "%", "$", "US$", "HK$", "€", "bn", "million", "m", "(", ")", "-",
    "–", "−", "to", "or", "and", " ", "亿", "万", "元", "pp", "bps", "x", "²", "½", "١٢", "１２",
    "1e9", "e", "NaN", "inf", "one hundred", "Q3", "FY", "/", "±", "≈", "~", "\u00a0",
    "$\\frac{1}{2}$",
)  # fmt: skip
EXPRESSIONS = pieces(
    "1", "2.5", "9" * 50, "+", "-", "*", "/", "**", "(", ")", "max", "min", "sum", "mean", ",", " ",
    "__import__('os')", "lambda", ":", "[", "]", "0", "1e400", "%", "a", "'", "²", "if", "not", "~",
)  # fmt: skip
REFERENCES = pieces(
    "Figure", "Fig.", "Chart", "Table", "图", "表", "二", "十", "A", "2", ".", "-", "3", "(", ")",
    " ", "panel", "above", "below", "see", "Exhibit", "Box", "IV", "如", "所示", "²", "1.1", "and",
)  # fmt: skip
REPLIES = pieces(
    "{", "}", "[", "]", '"pairs"', ":", '"image"', "1", ",", '"answer"', "null", "NaN", "1e999",
    '"\\ud800"', "```json", "```", "Figure 2", "true", '"confidence"', "-1", "Infinity", "\\",
)  # fmt: skip
VALUES = pieces(
    "&a ", "*a", "[", "]", "{", "}", ":", " ", "!!python/object", "1", "9" * 99, "1e999",
    ".nan", "-", "'", '"', "|", ">", "#", "%", "@", "`", "\t", "\n", "yes", "null",
    "2021-13-45", "0x", "0o9", "1:60",
)  # fmt: skip


@fuzzed
@given(TAGS | anything)
@example("<think>a</think><answer>²</answer><image_selection>²</image_selection>")
def test_the_response_parser_never_raises(text: str) -> None:
    found = parse_response(text)
    assert found.image_selection is None or isinstance(found.image_selection, int)


@fuzzed
@given(NUMBERS | anything, NUMBERS | anything, st.sampled_from(["number", "choice", "text"]))
@example("US$99bn (2021)", "US$12bn (2021)", "number")
@example("12", "12:1", "number")
@example("AA+", "AA-", "text")
def test_the_comparator_says_yes_no_or_nothing(said: str, gold: str, kind: str) -> None:
    verdict = match(said, gold, kind)
    assert verdict in (True, False, None)
    assert match(gold, gold, kind) is not False, "a gold that can be read equals itself"
    back = match(gold, said, kind)
    one, other = readings(said), readings(gold)
    written = {(q.decimals, q.power, q.is_fraction) for q in one + other if isinstance(q, Quantity)}
    read = one and other and all(isinstance(q, (Quantity, Period)) for q in one + other)
    if None not in (verdict, back) and read and len(written) == 1:  # else a side may be rounded
        assert verdict == back, "the order of two answers is nothing"


SENTENCES = ("{}", "about {}", "{} in 2021", "{} (see Figure 2)", "Revenue was {}", "57 - 45 = {}")


@fuzzed
@given(st.integers(0), st.sampled_from(SENTENCES), st.sampled_from(["number", "text"]))
def test_a_changed_amount_unit_or_sign_is_never_paid(seed: int, words: str, kind: str) -> None:
    a, b = pair(random.Random(seed))
    said, gold = words.format(a.text.strip("* ")), b.text.strip("* ")
    for one, other in ((said, gold), (gold, said)):
        assert match(one, other, kind) is not True or same(a, b), (one, other)
    assert match(said, said, kind) is not False


UNITS = {"US$m": ("USD", 6), "HK$bn": ("HKD", 9), "EUR thousand": ("EUR", 3), "RMBm": ("CNY", 6),
         "亿元": ("CNY", 8), "%": (None, -2), "bps": (None, -4), "NT$": ("TWD", 0)}  # fmt: skip


@fuzzed
@given(st.integers(0), st.sampled_from(list(UNITS)))
def test_another_unit_than_the_rows_is_never_paid(seed: int, unit: str) -> None:
    rng = random.Random(seed)
    number = Fraction(rng.randint(-(10**4), 10**4), 10)
    said = amount(rng, number, 1)
    currency, power = UNITS[unit]
    worth = number * Fraction(10) ** power
    gold = Amount(f"{float(number):.1f}", worth, currency, "", 1, power < 0, power)
    right = same(said, gold) or (not said.power and same(said, replace(gold, value=number)))
    assert match(said.text, gold.text, "number", unit=unit) is right, (said.text, gold.text)


@fuzzed
@given(EXPRESSIONS | anything)
@example("9" * 400)
@example("-" * 20000 + "1")
@example("+".join("1" * 5000))
@example("(" * 3000 + "1" + ")" * 3000)
def test_an_expression_has_a_value_or_is_none(text: str) -> None:
    for read in (evaluate, operands):
        try:
            value = read(text)
        except ExpressionError:
            continue
        values = value if isinstance(value, list) else [value]
        assert all(math.isfinite(one) for one in values)


@fuzzed
@given(NUMBERS | REFERENCES | anything)
@example("2019 " * 200)
@example("\ud800")
def test_numbers_and_periods_lie_in_the_text(text: str) -> None:
    for one in numbers_in(text):
        assert 0 <= one.start <= one.end <= len(text)
        assert math.isfinite(one.value)
    for _, start, end in periods_in(text):
        assert 0 <= start < end <= len(text)
    find_quantities(text)
    read_quantity(text, bare=True)


@fuzzed
@given(REFERENCES | anything)
def test_the_grammar_of_references_never_raises(text: str) -> None:
    label_of(text)
    points_at_figure(text)
    assert isinstance(without_references(text), str)


@fuzzed
@given(anything | NUMBERS)
def test_the_cleaner_of_text_gives_text_once_and_for_all(text: str) -> None:
    once = clean(text)
    assert clean(once) == once


@fuzzed
@given(REPLIES | anything | st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5) | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["pairs", "image", "answer", "confidence", "question"]), inner, max_size=3
    ), max_leaves=8,
).map(json.dumps))  # fmt: skip
@example("{" * 5000)
@example('{"image": ' + "9" * 5000 + "}")
@example('{"pairs": [{"question": "\\ud800 what is it?"}]}')
def test_replies_of_models_are_read_or_have_a_reason(text: str) -> None:
    for found in objects_in(text):
        json.dumps(found, ensure_ascii=False).encode()
    loads(text)
    index, sure = chosen(text, 3)
    assert 0 <= index <= 3 and 0 <= sure <= 1
    assert pairs_form(text) in ("", "not_json", "wrong_schema")
    assert choice_form(text) in ("", "not_json", "wrong_schema")
    pair = make_qa("r", 1, "Revenue was $45m.", "t", question="What was it?", answer="45",
                   answer_kind="number", task="arithmetic")  # fmt: skip
    assert blind_right(pair, text) in (True, False)


@fuzzed
@given(anything | NUMBERS, anything | EXPRESSIONS, NUMBERS | anything)
def test_a_pair_is_checked_whatever_it_holds(evidence: str, expression: str, answer: str) -> None:
    pair = make_qa("r", 1, evidence.encode("utf-8", "replace").decode(), "t", question="What?",
                   answer=answer.encode("utf-8", "replace").decode(), answer_kind="number",
                   task="arithmetic", expression=expression)  # fmt: skip
    assert check_answer(pair, [evidence]) in ("", "evidence_missing", "not_derivable")


@fuzzed
@given(st.text(alphabet=st.characters(), max_size=60) | TAGS)
@example("\ud800<\u202escript")
def test_what_is_defused_stays_so(text: str) -> None:
    once = defused(text)
    assert not has_markup(once)
    assert defused(once) == once
    once.encode()


@fuzzed
@given(VALUES | anything, st.sampled_from(["seed", "margin", "llm_limits", "llm", "workers"]))
@example("&a [*a]", "seed")
@example("9" * 5000, "seed")
@example("[" * 5000, "llm_limits")
@example("{a: " * 2000, "llm_limits")
def test_a_parameter_is_read_or_refused_in_one_line(text: str, name: str) -> None:
    try:
        value = parse_text(name, text)
        validate("02", {**SMOKE, "run_dir": "runs/x", name: value})
    except StudyError as error:
        assert "\n" not in str(error)
        assert len(str(error)) < 2000


@fuzzed
@given(st.binary(max_size=200) | REPLIES.map(lambda text: text.encode("utf-8", "replace")))
@example(b"[" * 100_000)
@example(b'{"id": ' + b"9" * 5000 + b"}")
def test_a_manifest_is_read_or_refused_in_one_line(tmp_path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    try:
        read_manifest(tmp_path)
    except RunError as error:
        assert "\n" not in str(error)
