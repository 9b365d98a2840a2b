"""GRPO's arithmetic on paper-sized examples; TRL does the same on tensors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


def weighted_reward(parts: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """The weighted sum of one completion's rewards; a part that is None adds nothing.

    Args:
        parts: reward by term.
        weights: normalised weight by term.
    """
    return sum(weights[term] * value for term, value in parts.items() if value is not None)


def group_advantages(rewards: Sequence[float]) -> list[float]:
    """Advantages of one group: (reward - mean) / (standard deviation + 1e-4).

    The standard deviation is the sample's (n - 1), as in TRL 1.16. Where all rewards are equal all
    advantages are 0, and the group teaches nothing.

    Args:
        rewards: of the completions of one prompt.

    Examples:
        >>> [round(a, 2) for a in group_advantages([1.0, 0.0, 0.0, 1.0])]
        [0.87, -0.87, -0.87, 0.87]
    """
    values = np.asarray(rewards, float)
    spread = values.std(ddof=1) if len(values) > 1 else 0.0
    return [float(a) for a in (values - values.mean()) / (spread + 1e-4)]


def grpo_loss(
    log_probs: Sequence[Sequence[float]],
    advantages: Sequence[float],
    old_log_probs: Sequence[Sequence[float]] | None = None,
    epsilon: float = 0.2,
) -> float:
    """The clipped GRPO loss: the mean over completions of the mean over their tokens.

    For a token with ratio r = exp(new - old log-probability) the loss is
    ``-min(r * A, clip(r, 1 - epsilon, 1 + epsilon) * A)``. On policy r is 1 everywhere, so the
    loss is the negative mean advantage, 0 within a group; what moves the policy is its gradient,
    ``-A`` for each token's log-probability.

    Args:
        log_probs: of each completion's tokens under the policy.
        advantages: one a completion.
        old_log_probs: under the policy that sampled them; on policy where left out.
        epsilon: of the clipping.

    Source: DeepSeekMath (arXiv 2402.03300), equation 3, without the KL term.
    """
    means = []
    for i, (tokens, advantage) in enumerate(zip(log_probs, advantages, strict=True)):
        new = np.asarray(tokens, float)
        old = new if old_log_probs is None else np.asarray(old_log_probs[i], float)
        ratio = np.exp(new - old)
        clipped = np.clip(ratio, 1 - epsilon, 1 + epsilon)
        means.append(-np.minimum(ratio * advantage, clipped * advantage).mean())
    return float(np.mean(means))
