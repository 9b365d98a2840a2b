"""What is computed over all pairs of titles at once is what its plain definition says."""

import random

import numpy as np
import pytest

from finlmm_utils.asp.alignment.similarity import ALIKE, OTHER_NAMED, ROWS, told_apart
from finlmm_utils.asp.language import tokens

WORDS = "revenue of the group north south net income margin growth in segment 营业收入 同比".split()  # noqa: SIM905


def plainly(query: str, titles: list[str]) -> list[float]:
    """A figure loses where a near twin has all its words of the question, and one more."""
    asked, words = set(tokens(query)), [set(tokens(title)) for title in titles]
    out = []
    for j, own in enumerate(words):
        twins = [
            other for k, other in enumerate(words)
            if j != k and own and len(own & other) >= ALIKE * len(own | other)
        ]  # fmt: skip
        loses = any(asked & (t - own) and not asked & (own - t) for t in twins)
        out.append(OTHER_NAMED if loses else 1.0)
    return out


@pytest.mark.parametrize("count", [0, 1, 30, ROWS + 9])
def test_twins_are_told_apart_as_defined(count: int) -> None:
    rng = random.Random(count)
    titles = [" ".join(rng.choices(WORDS, k=rng.randint(0, 6))) for _ in range(count)]
    queries = [" ".join(rng.choices(WORDS, k=4)) for _ in range(8)]
    found = told_apart(queries, titles)
    assert np.array_equal(found, np.array([plainly(q, titles) for q in queries]).reshape(8, count))
    assert count < 2 or (found < 1).any()
