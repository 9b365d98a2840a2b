"""What is measured of a step's rollouts beside TRL's own metrics."""

from __future__ import annotations

import torch


def repetition(text: str) -> float:
    """Share of a text's word triples that occurred before in it: 0 for none, near 1 for padding.

    Examples:
        >>> repetition("a b c a b c a b c")
        0.5714285714285714
    """
    words = text.split()
    triples = list(zip(words, words[1:], words[2:], strict=False))
    return 1 - len(set(triples)) / len(triples) if triples else 0.0


def variance_share(weighted: torch.Tensor, term: int, group_size: int) -> float:
    """Share of the within-group variance of the reward that one term adds.

    GRPO sees differences within a group alone, so a term without a share moves nothing.

    Args:
        weighted: rewards times their weights, (completions, terms), group after group.
        term: column of the term.
        group_size: completions a prompt.

    Returns:
        1 - variance without the term / variance with it; below 0 where the term evens out what
        the others say; 0 where all rewards are equal.
    """
    total = weighted.sum(1)
    groups = torch.stack([total, total - weighted[:, term]])
    spread = groups.view(2, -1, group_size).var(-1).mean(-1)
    return float((spread[0] - spread[1]) / spread[0]) if spread[0] > 0 else 0.0
