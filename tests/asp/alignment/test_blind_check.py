"""The blind check judges as the reward does."""

import pytest

from finlmm_utils.asp.alignment.blind_check import blind_right
from finlmm_utils.asp.questions.offline import make_qa
from finlmm_utils.finance.answers import match

CASES = [  # gold, kind, unit, answer: right for the reward
    ("1200", "number", "$m", "1.2 billion"), ("12.5", "number", "%", "0.125"),
    ("-5", "number", "", "(5)"), ("12", "number", "", "twelve"), ("true", "choice", "", "yes"),
]  # fmt: skip
MISSES = [
    ("1200", "number", "$m", "1.2 million"), ("12.5", "number", "%", "12.6"),
    ("-5", "number", "", "5"), ("12", "number", "", "11 or 12"), ("true", "choice", "", "no"),
    ("12", "number", "", "unknown"),
]  # fmt: skip


def pair(gold, kind, unit):
    return make_qa("r1", 1, "e", "t", question="What?", answer=gold, answer_kind=kind, unit=unit,
                   task="arithmetic")  # fmt: skip


@pytest.mark.parametrize(("gold", "kind", "unit", "said"), CASES)
def test_what_the_reward_pays_is_guessed(gold, kind, unit, said):
    assert match(said, gold, kind, unit=unit)
    assert blind_right(pair(gold, kind, unit), f'{{"answer": "{said}"}}')
    assert blind_right(pair(gold, kind, unit), said)
    assert blind_right(pair(gold, kind, unit), f"<think>Is it so?</think>\n{said}")


@pytest.mark.parametrize(("gold", "kind", "unit", "said"), MISSES)
def test_what_the_reward_does_not_pay_is_not(gold, kind, unit, said):
    assert not blind_right(pair(gold, kind, unit), f'{{"answer": "{said}"}}')
