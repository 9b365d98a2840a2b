"""How often an image is chosen rightly without reading it: what a distractor rule is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from numpy.typing import NDArray

from finlmm_utils.asp.distractors import Choice


def hit(choice: Choice, scores: Mapping[int, float] | NDArray) -> float:
    """The chance of whoever takes the best-scored image of a row to take the right one.

    Args:
        choice: the images of the row.
        scores: of the figures of the pool; those that share the best score share the hit, so that
            equal scores are a blind guess.

    Returns:
        0 to 1.

    Examples:
        >>> hit(Choice((4, 7, 9), target=2), {4: 0.1, 7: 0.5, 9: 0.5})
        0.5
    """
    best = max(scores[k] for k in choice.images)
    tied = [k for k in choice.images if scores[k] == best]
    return (choice.images[choice.target - 1] in tied) / len(tied)


def by_heart(choices: Sequence[Choice]) -> list[float]:
    """Hits of who never reads a question, and knows how often each image was right in these rows.

    It is judged on the rows that it knows, as a policy is rewarded on the rows that it trains on.

    Args:
        choices: of all rows that one rule built.

    Returns:
        One hit for each row; near the blind guess where images are right as often as they are not.
    """
    seen = Counter(k for choice in choices for k in choice.images)
    right = Counter(choice.images[choice.target - 1] for choice in choices)
    share = {k: right[k] / seen[k] for k in seen}
    return [hit(choice, share) for choice in choices]
