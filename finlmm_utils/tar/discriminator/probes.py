"""What a discriminator is asked beside its task, and toy rollouts that show what it can learn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from finlmm_utils.tar.discriminator.state import Example

PROBED = 64
"""Right reasoning that is put under another question at each update: about a step's rollouts."""


@torch.no_grad()
def swap_rate(judge: Any, examples: Sequence[Example]) -> dict[str, float]:
    """How often another question does not lower the score of a right reasoning.

    A judge that reads the question is near 0: under another one it scores lower. A judge at one
    half knows a style only: it pays a policy for the style of easy questions under hard ones,
    which no AUROC shows.

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


TOY_TERMS = ("revenue", "goodwill", "store count", "total assets")
TOY_RIGHT = (0.8, 0.2)
"""How often toy answers to easy and to hard questions are right."""


def toy_rollouts(judge: Any, step: int, groups: int = 8, size: int = 8) -> list[Example]:
    """Scored rollouts of two forms of question, each with its own ending.

    Easy questions are mostly answered right, hard ones mostly wrong; within a group the right
    completions, and no others, take the chart that the question names.

    Args:
        judge: a ``Scorer``.
        step: number of the step, and seed of what is drawn.
        groups: prompts.
        size: completions of each.

    Returns:
        Examples with ``correct`` and ``group`` set, for :meth:`Scorer.observe`.
    """
    draw = np.random.default_rng(step)
    questions, said, known = [], [], []
    for group in range(groups):
        easy, (term, other) = group % 2 == 0, draw.choice(TOY_TERMS, 2, replace=False)
        question = f"Did {term} rise?" if easy else f"What is the range of {term}?"
        for _ in range(size):
            right = bool(draw.random() < TOY_RIGHT[0 if easy else 1])
            low, high = sorted(draw.integers(10, 99, 2))
            end = "It goes up." if easy else f"The highest is {high}. The lowest is {low}."
            said.append(f"Image 1 shows {term if right else other}. {low}, {high}. {end}")
            questions.append(question)
            known.append((right, f"{step}:{group}"))
    examples = judge.score(questions, said)
    for example, (right, name) in zip(examples, known, strict=True):
        example.correct, example.group = right, name
    return list(examples)
