"""The response parser: exact, total, linear."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finlmm_utils.tar.responses import TAGS, parse_response

MARKS = [f"<{slash}{tag}>" for tag in TAGS for slash in ("", "/")]
QUICK = settings(max_examples=100, deadline=None, derandomize=True)
GOOD = "<think>57 - 45 = 12.</think> <answer>12</answer> <image_selection>2</image_selection>"


def test_reads_every_field_of_a_good_response() -> None:
    read = parse_response(f"\n {GOOD}\n")
    assert (read.thinking, read.answer, read.image_selection) == ("57 - 45 = 12.", "12", 2)
    assert read.well_formed


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12",
        "x" + GOOD,
        GOOD + "x",
        GOOD.replace("</think> ", "</think> so "),
        GOOD + GOOD,
        GOOD.replace("<answer>12</answer>", "<answer>12</answer><answer>12</answer>"),
        GOOD.replace("</image_selection>", ""),
        GOOD.replace("<think>", "<Think>"),
        GOOD.replace("2</i", "0</i"),
        GOOD.replace("2</i", "02</i"),
        GOOD.replace("2</i", "two</i"),
        GOOD.replace("2</i", "²</i"),
        GOOD.replace("2</i", "1" * 10_000 + "</i"),
        "<answer>12</answer> <think>a</think>",
        "<think>a <answer>12</answer></think>",
        "<think> </think> <answer>12</answer>",
        "<think>a</think> <answer>\n</answer>",
        "<think>a</think> <image_selection>1</image_selection> <answer>12</answer>",
    ],
)
def test_refuses_what_is_not_the_format(text: str) -> None:
    assert not parse_response(text).well_formed


def test_reads_no_field_that_it_cannot_tell() -> None:
    assert parse_response("<answer>1</answer><answer>2</answer>").answer == ""
    assert parse_response("<think><answer>1</answer></think>").thinking == ""
    assert parse_response("<answer>1").answer == ""
    assert parse_response(GOOD.replace("2</i", "image 2</i")).image_selection is None


def test_lenient_reading_reports_and_never_calls_it_well_formed() -> None:
    read = parse_response("<Think>a <answer>1</answer> < answer >2", lenient=True)
    assert (read.thinking, read.answer, read.well_formed) == ("a", "2", False)
    assert parse_response("nothing", lenient=True).answer == ""
    loose = parse_response(GOOD.replace("2</i", "image 2</i"), lenient=True)
    assert loose.image_selection == 2 and not loose.well_formed


@QUICK
@given(st.lists(st.one_of(st.sampled_from(MARKS), st.text(max_size=5)), max_size=12))
def test_total_on_any_mixture_of_tags(parts: list[str]) -> None:
    text = "".join(parts)
    for lenient in (False, True):
        read = parse_response(text, lenient)
        assert read.image_selection is None or 1 <= read.image_selection <= 99
        assert read.well_formed is parse_response(text).well_formed


plain = st.text(st.characters(exclude_characters="<>"), min_size=1).map(str.strip).filter(bool)


@QUICK
@given(plain, plain, st.one_of(st.none(), st.integers(1, 99)))
def test_what_is_written_is_read(thinking: str, answer: str, image: int | None) -> None:
    text = f"<think>{thinking}</think>\n<answer> {answer} </answer>"
    text += "" if image is None else f"<image_selection>{image}</image_selection>"
    read = parse_response(text)
    assert (read.thinking, read.answer, read.image_selection) == (thinking, answer, image)
    assert read.well_formed


@pytest.mark.parametrize("piece", ["<think>", "<think></think>", "<", "<think>a</answer>", " "])
def test_a_megabyte_takes_no_longer_than_it_must(piece: str) -> None:
    start = time.process_time()
    parse_response(piece * (1_000_000 // len(piece)), lenient=True)
    assert time.process_time() - start < 5
