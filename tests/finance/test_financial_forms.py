"""The answer comparator on hundreds of spellings."""

import pytest

from finlmm_utils.finance.answers import match
from finlmm_utils.finance.number_words import digits_for_words
from tests.finance.financial_forms import FORMS


@pytest.mark.parametrize(("gold", "kind", "question", "unit", "right", "wrong"), FORMS)
def test_spellings(
    gold: str, kind: str, question: str, unit: str, right: list[str], wrong: list[str]
) -> None:
    said = {text: match(text, gold, kind, question=question, unit=unit) for text in right + wrong}
    assert said == dict.fromkeys(right, True) | dict.fromkeys(wrong, False)


def test_number_words_are_read_where_nothing_else_is_said() -> None:
    words = [
        "三千五百",
        "十",
        "两",
        "负三",
        "百",
        "第一",
        "seven",
        "ninety-nine",
        "seventh",
        "5 one",
    ]
    said = ["3500", "10", "2", "负3", "百", "第一", "7", "99", "seventh", "5 one"]
    assert [digits_for_words(word) for word in words] == said
