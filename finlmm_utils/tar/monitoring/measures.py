"""What is measured of a step's rollouts beside TRL's own metrics."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch

LEAST_POWER = 1e-12
"""Squared differences of rewards in a group below which they are rounding, not differences."""


def repetition(text: str) -> float:
    """Share of a text's word triples that occurred before in it: 0 for none, near 1 for padding.

    Examples:
        >>> repetition("a b c a b c a b c")
        0.5714285714285714
    """
    words = text.split()
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(triples)) / len(triples) if triples else 0.0


def flat_groups(right: Sequence[float | None], group_size: int) -> torch.Tensor:
    """Which completions are in a group whose answers are all right or all wrong.

    Args:
        right: n accuracy rewards, group after group; None where the gold can't be parsed.
        group_size: completions a prompt.

    Returns:
        (n,) bool. A group without a gold counts as flat: accuracy says nothing in it.
    """
    known = torch.tensor([[r is not None, r == 1] for r in right]).view(-1, group_size, 2)
    flat = known[..., 1].all(1) | ~known[..., 1].any(1) | ~known[..., 0].all(1)
    return flat.repeat_interleave(group_size)


def advantage_shares(
    weighted: torch.Tensor, flat: torch.Tensor, group_size: int
) -> tuple[list[float], float]:
    """What each term makes of the advantages, and what flat groups do.

    GRPO divides each group's differences by their own spread, so a small reward in a group that is
    flat in accuracy moves the policy as much as accuracy does elsewhere. An advantage is a sum
    over the terms of weight x (reward - mean) / spread; a term's share is what its summand
    explains of the squared advantages, the mean over groups that have any. Shares sum to 1; one
    below 0 works against the rest.

    Args:
        weighted: rewards times their weights, (completions, terms), group after group.
        flat: (completions,) bool, see :func:`flat_groups`.
        group_size: completions a prompt.

    Returns:
        A share for each term (0 where all rewards are equal), and the share of all squared
        advantages that lies in flat groups.
    """
    groups = weighted.double().view(-1, group_size, weighted.shape[1])
    parts = groups - groups.mean(1, keepdim=True)
    total = parts.sum(-1, keepdim=True)
    power = (total**2).sum((1, 2))
    varied = power > LEAST_POWER
    if not varied.any():
        return [0.0] * weighted.shape[1], 0.0
    shares = ((parts * total).sum(1)[varied] / power[varied, None]).mean(0)
    in_flat = flat.view(-1, group_size)[varied, 0]  # each such group's squares sum to one amount
    return shares.tolist(), float(in_flat.float().mean())


_DIGIT = re.compile(r"[0-9]")


def other_form(answer: str, gold: str) -> bool:
    """Whether an answer has the form of another question: words for a number, or the reverse.

    Examples:
        >>> other_form("fluctuate", "12"), other_form("13", "12"), other_form("", "12")
        (True, False, False)
    """
    return bool(answer) and bool(_DIGIT.search(answer)) != bool(_DIGIT.search(gold))


def group_measures(
    weighted: torch.Tensor, terms: Sequence[str], flat: torch.Tensor, group_size: int
) -> dict[str, float]:
    """A step's ``share_TERM``, ``flat_accuracy`` and ``flat_advantage``.

    Args:
        weighted: rewards times their weights, (completions, terms), NaN where not paid.
        terms: names of the columns.
        flat: (completions,) bool, see :func:`flat_groups`.
        group_size: completions a prompt.
    """
    shares, from_flat = advantage_shares(torch.nan_to_num(weighted), flat, group_size)
    found = {f"share_{term}": share for term, share in zip(terms, shares, strict=True)}
    return found | {"flat_accuracy": float(flat.float().mean()), "flat_advantage": from_flat}


def text_measures(said: Sequence[tuple[str, str, str]]) -> dict[str, float]:
    """A step's mean ``repetition`` and share of ``other_form``.

    Args:
        said: reasoning, answer and gold of each completion.
    """
    return {
        "repetition": sum(repetition(thinking) for thinking, _, _ in said) / len(said),
        "other_form": sum(other_form(answer, gold) for _, answer, gold in said) / len(said),
    }
