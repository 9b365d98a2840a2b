"""What is measured of a step's rollouts beside TRL's own metrics."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch

SPREAD_FLOOR = 1e-4
"""What TRL 1.16 adds to a spread before it divides by it: groups of equal rewards stay at 0."""
LEAST_POWER = 1e-12
"""Squared advantages of a step below which they are rounding, not differences of rewards."""


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


def advantage_parts(
    rewards: torch.Tensor,
    weights: torch.Tensor,
    group_size: int,
    scale: str = "group",
    aggregation: str = "sum_then_normalize",
) -> torch.Tensor:
    """The advantages of a step, term by term, as TRL 1.16 makes them.

    An advantage is a sum over the terms of weight x (reward - mean of the group) / spread. The
    spread is the group's own, that of all completions of the step ("batch"), or 1 ("none", so
    with Dr. GRPO). With "normalize_then_sum" each term is divided by its own spread in the group
    first, and the sum by that of the step.

    Args:
        rewards: (completions, terms), group after group; NaN where a term is not paid.
        weights: (terms,).
        group_size: completions a prompt.
        scale: TRL's ``scale_rewards``.
        aggregation: TRL's ``multi_objective_aggregation``.

    Returns:
        (completions, terms) in float64; the sum over the terms is the advantage.
    """
    groups = rewards.double().view(-1, group_size, rewards.shape[1])
    if first := aggregation == "normalize_then_sum":
        groups = _centred(groups) / (_spread(groups, 1) + SPREAD_FLOOR)
    parts = torch.nan_to_num(groups * weights)
    parts = parts.masked_fill(groups.isnan().all(-1, keepdim=True), torch.nan)  # none is paid
    reward = parts.sum(-1, keepdim=True)
    whole = (0, 1, 2) if first or scale == "batch" else 1
    spread = 1.0 if scale == "none" and not first else _spread(reward, whole) + SPREAD_FLOOR
    return torch.nan_to_num(_centred(parts) / spread).view_as(rewards)


def _centred(groups: torch.Tensor) -> torch.Tensor:
    return groups - groups.nanmean(1, keepdim=True)


def _spread(groups: torch.Tensor, over: int | tuple[int, ...]) -> torch.Tensor:
    """Sample standard deviations without what is NaN; 0 where fewer than two are left."""
    away = (groups - groups.nanmean(over, keepdim=True)) ** 2
    count = (~groups.isnan()).sum(over, keepdim=True)
    return torch.nan_to_num((away.nansum(over, keepdim=True) / (count - 1)).sqrt())


def advantage_shares(parts: torch.Tensor, flat: torch.Tensor) -> tuple[list[float], float]:
    """What each term makes of a step's squared advantages, and what flat groups make of them.

    Where GRPO divides each group's differences by their own spread, a small reward in a group that
    is flat in accuracy moves the policy as much as accuracy does elsewhere. Shares sum to 1; one
    below 0 works against the rest.

    Args:
        parts: (completions, terms), see :func:`advantage_parts`.
        flat: (completions,) bool, see :func:`flat_groups`.

    Returns:
        A share for each term and the share of flat groups, all 0 where no completion has any
        advantage.
    """
    total = parts.sum(-1)
    power = total @ total
    if power < LEAST_POWER:
        return [0.0] * parts.shape[1], 0.0
    return (total @ parts / power).tolist(), float(total[flat] @ total[flat] / power)


_DIGIT = re.compile(r"[0-9]")


def other_form(answer: str, gold: str) -> bool:
    """Whether an answer has the form of another question: words for a number, or the reverse.

    Examples:
        >>> other_form("fluctuate", "12"), other_form("13", "12"), other_form("", "12")
        (True, False, False)
    """
    return bool(answer) and bool(_DIGIT.search(answer)) != bool(_DIGIT.search(gold))


def group_measures(
    parts: torch.Tensor, terms: Sequence[str], flat: torch.Tensor
) -> dict[str, float]:
    """A step's ``share_TERM``, ``flat_accuracy`` and ``flat_advantage``.

    Args:
        parts: (completions, terms), see :func:`advantage_parts`.
        terms: names of the columns.
        flat: (completions,) bool, see :func:`flat_groups`.
    """
    shares, from_flat = advantage_shares(parts, flat)
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
