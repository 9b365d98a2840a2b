"""What a discriminator is asked at each update beside its task."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from finlmm_utils.tar.discriminator.state import Example

PROBED = 64
"""Right reasoning that is put under another question at each update: about a step's rollouts."""


@torch.no_grad()
def swap_rate(judge: Any, examples: Sequence[Example]) -> dict[str, float]:
    """How often a right reasoning scores no higher than under another question.

    A judge at one half knows a style only: it pays a policy for the style of easy questions under
    hard ones, which no AUROC shows.

    Args:
        judge: a ``Scorer``.
        examples: scored ones; at most ``PROBED`` of the right ones are looked at, the newest.

    Returns:
        ``swap_rate``; empty before the first update or without a right one to swap.
    """
    questions = list(dict.fromkeys(example.question for example in examples))
    right = [example for example in examples if example.correct][-PROBED:]
    if not (judge.updates and right and len(questions) > 1):
        return {}
    swapped = []
    for example in right:
        step = int(torch.randint(1, len(questions), (1,), generator=judge.generator))
        other = questions[(questions.index(example.question) + step) % len(questions)]
        swapped.append(Example(other, example.thinking, 0.0, row=example.row))
    asked = judge.head(judge.features(right))[:, 0]
    under_another = judge.head(judge.read(swapped))[:, 0]
    return {"swap_rate": float((asked <= under_another).float().mean())}
