"""Rows that training has seen are listed: the same words, near ones, the same picture anew."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset
from PIL import Image, ImageDraw

from finlmm_utils.evaluation.benchmarks.contamination import (
    Training,
    contaminated,
    normal_question,
    overlaps,
)
from finlmm_utils.rows import features, make_row
from finlmm_utils.tar.data.sources import load_rows

LONG = (
    "A train leaves the station at noon and drives {} miles an hour for three hours, how far is it"
)


def chart(seed: int, size: tuple[int, int] = (320, 200)) -> Image.Image:
    """Bars of random heights and colours on white."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    for k in range(6):
        left, height = 20 + 48 * k, int(rng.integers(20, 170))
        colour = tuple(int(c) for c in rng.integers(0, 200, 3))
        draw.rectangle((left, size[1] - height, left + 34, size[1] - 5), fill=colour)
    return image


def saved(image: Image.Image, kind: str = "PNG", **options: Any) -> dict[str, Any]:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return {"bytes": buffer.getvalue(), "path": None}


def table(rows: list[tuple[str, str, list[Any]]]) -> Dataset:
    made = [make_row(name, question, "1", "number", "", images=images or None)
            for name, question, images in rows]  # fmt: skip
    if any(images for _, _, images in rows):
        made = [{"images": [], **row} for row in made]
        return Dataset.from_list(made, features=features(True))
    return Dataset.from_list(made, features=features(False))


def test_text_rows_the_same_and_near_but_not_another_question() -> None:
    train = table([("t1", LONG.format(60), []), ("t2", "What is the sum of 3 and 4?", [])])
    evaluation = table([
        ("same", LONG.format(60).upper() + "?", []),
        ("near", LONG.format(75), []),
        ("other", "How many apples does Ann have left after lunch?", []),
    ])  # fmt: skip
    found = overlaps(train, evaluation)
    assert found[["evaluation", "train", "text"]].values.tolist() == [
        ["same", "t1", "same"], ["near", "t1", "near"],
    ]  # fmt: skip
    assert contaminated(found) == {"same", "near"}
    assert overlaps(Training(train), evaluation).equals(found)


def test_words_that_training_never_saw_make_another_question() -> None:
    """Known letters alone would say that these are one: what is new must weigh, too."""
    known, added = LONG.format(60), "zwyk bjolf vuxqa djimp"
    train = table([("t1", known, []), ("t2", "What is the sum of 3 and 4?", [])])
    evaluation = table([
        ("more", f"{known} {added}", []), ("short", f"What is the sum of 3 and 4? {added}", []),
        ("one word", known.replace("noon", "dusk"), []),
    ])  # fmt: skip
    found = overlaps(train, evaluation)
    assert found[["evaluation", "train", "text"]].values.tolist() == [["one word", "t1", "near"]]
    assert found["cosine"].max() < 1


@pytest.mark.parametrize("change", ["jpeg", "half", "palette"])
def test_a_picture_is_known_encoded_and_scaled_anew(change: str) -> None:
    image = chart(1)
    again = {
        "jpeg": saved(image, "JPEG", quality=80),
        "half": saved(image.resize((160, 100))),
        "palette": saved(image.convert("P")),
    }[change]
    train = table([("t1", "What is the height?", [saved(chart(2)), saved(image)])])
    evaluation = table([("seen", "Which colour is first?", [again]),
                        ("new", "Which is it?", [saved(chart(3))])])  # fmt: skip
    found = overlaps(train, evaluation)
    assert found[["evaluation", "train", "pictures", "counts"]].values.tolist() == [
        ["seen", "t1", 1, True]
    ]


def test_one_question_of_two_charts_is_listed_and_does_not_count() -> None:
    question = "What is the sum of revenue in 2019 and 2021?"
    found = overlaps(table([("t", question, [saved(chart(4))])]),
                     table([("e", question, [saved(chart(5))])]))  # fmt: skip
    assert len(found) == 1 and found["text"][0] == "same" and contaminated(found) == set()


def test_charts_of_one_style_are_not_one_chart() -> None:
    """Sixty charts that nothing here was tuned on: no two of them are one."""
    train = table([(f"t{k}", f"a{k}", [saved(chart(100 + k))]) for k in range(30)])
    evaluation = table([(f"e{k}", f"b{k}", [saved(chart(200 + k))]) for k in range(30)])
    found = overlaps(train, evaluation)
    assert not found["pictures"].any()


def test_nothing_in_common_gives_an_empty_table() -> None:
    found = overlaps(table([("t", "?", [])]), table([("e", "!", [])]))
    assert found.empty and contaminated(found) == set()
    assert normal_question("What's  THE (sum)?") == "what s the sum"


def test_real_rows_share_what_they_share(real_data: Path) -> None:
    """FinChart-Bench asks several questions of one chart: cut by row, every chart leaks."""
    rows, _ = load_rows(real_data / "finchart", 60, seed=1)
    halves = [rows.select(range(k, len(rows), 2)) for k in (0, 1)]
    found = overlaps(*halves)
    by_file = [{image.tobytes() for row in half for image in row["images"]} for half in halves]
    shared = [row["id"] for row in halves[1] if row["images"][0].tobytes() in by_file[0]]
    assert contaminated(found) == set(shared) and len(shared) > 15
    other, _ = load_rows(real_data / "finmmr", 10)
    assert contaminated(overlaps(other, rows)) == set()
