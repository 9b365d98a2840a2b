"""What a reasoning shares with its question."""

import pytest
import torch

from finlmm_utils.tar.discriminator.overlap import (
    OVERLAPS,
    CopyMarked,
    WithOverlap,
    copy_marked,
    overlap_numbers,
)
from tests.tar.discriminator.test_discriminator import Letters

QUESTION = "What is the range of net income between 2019 and 2021?"
SOUND = "Image 1 shows net income. 2019: 45, 2020: 50, 2021: 57. The highest is 57."
ASTRAY = "Image 2 shows store count. 2019: 45, 2020: 50, 2021: 57. It goes up, up."


@pytest.mark.parametrize("reasoning", [SOUND, ASTRAY, "", "...", "净利润为45。"])
def test_numbers_are_eleven_from_0_to_1(reasoning: str) -> None:
    numbers = overlap_numbers(QUESTION, reasoning)
    assert len(numbers) == OVERLAPS and all(0 <= n <= 1 for n in numbers)


def test_numbers_tell_what_belongs_to_the_question() -> None:
    sound, astray = overlap_numbers(QUESTION, SOUND), overlap_numbers(QUESTION, ASTRAY)
    assert sound[0] > astray[0] and sound[1] == astray[1] == 1.0
    assert sound[5] == 1.0, "the last number was read before"
    assert overlap_numbers("净利润是多少?", "净利润为45。")[0] >= 0.5


def test_marks_say_what_was_copied_and_leave_the_rest() -> None:
    marked = " ".join(copy_marked(QUESTION, SOUND))
    assert marked.startswith("image <value> shows <asked> .") and "<again> ." in marked
    assert "<year> : <value>" in marked and "the highest is" in marked
    assert "<asked>" not in copy_marked(QUESTION, ASTRAY)


def test_features_have_their_widths_and_differ_by_question_alone() -> None:
    for encoder in (CopyMarked(), WithOverlap(Letters())):
        read = encoder([QUESTION, "Did store count rise?"], [ASTRAY, ASTRAY])
        assert read.shape == (2, encoder.width) and torch.isfinite(read).all()
        assert not torch.equal(read[0], read[1])
