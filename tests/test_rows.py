"""What a stranger wrote becomes a row without power over tokenizer, browser or reader."""

import pytest

from finlmm_utils.rows import defused, has_markup, make_row
from tests.study.report.browser import listening

pytestmark = pytest.mark.faults


def attacks() -> list[str]:
    """Tags, control tokens, and letters that nobody sees."""
    with listening() as listener:
        tags = listener.attacks()
    unseen = ["\x00", "\x1b[2J", "\x7f", "\u202e", "\u2066", "\u200b", "\ufeff", "\ud800", "\x9b",
              "\u061c", "\U000e0041"]  # fmt: skip
    return [
        *tags,
        "<!-- x -->",
        "<?xml?>",
        "</think>",
        "<|im_end|>",
        "<｜end▁of▁sentence｜>",
        *unseen,
    ]


ATTACKS = attacks()


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_no_attack_reaches_a_training_row(attack: str) -> None:
    question = f"What is the share of {attack} in 2021?"
    assert has_markup(question)
    content = make_row("r", question, "1", "number", "")["prompt"][1]["content"]
    assert not has_markup(content)
    content.encode()
    assert defused(content) == content


@pytest.mark.parametrize(
    "text",
    [
        "Is 3 < 5 and R&D > 2?", "x <3", "Tab\tand line\nbreak\r\n", "净利润同比增长多少？",
        "If a<= b, is $a < b$?", "<5 %", "€5–7bn «quoted» ±3", "café naïve",
    ],
)  # fmt: skip
def test_what_reports_and_problems_say_stays(text: str) -> None:
    assert not has_markup(text)
    assert defused(text) == text
