"""How good a stated probability is: ranking, overall and within groups, calibration, error."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

BINS = 10
"""Equal bins of the calibration error: the field's habit; a step of 64 leaves 6 in each."""
RAREST = 0.02
"""Share of right (or wrong) rollouts below which the base rate is not followed further; our choice:
one in fifty, about the least that a step of 64 can tell from none."""


def prediction_metrics(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """AUROC and Brier score by scikit-learn, expected calibration error, accuracy, mean.

    The calibration error (Guo et al. 2017, arXiv 1706.04599, equation 3) is the gap between stated
    and observed share in each of ``BINS`` equal bins, weighted by how many fall into it;
    scikit-learn has no function for it.

    Args:
        probabilities: (n,) p(correct).
        labels: (n,) bool.

    Returns:
        ``ece``, ``brier``, ``accuracy`` (at 0.5), ``mean``, and ``auroc`` where both classes are
        there.

    Examples:
        >>> prediction_metrics(np.array([0.9, 0.2]), np.array([True, False]))["auroc"]
        1.0
    """
    from sklearn.metrics import brier_score_loss, roc_auc_score

    bins = np.minimum((probabilities * BINS).astype(int), BINS - 1)
    gaps = [abs(probabilities[bins == b].sum() - labels[bins == b].sum()) for b in np.unique(bins)]
    metrics = {
        "ece": float(np.sum(gaps) / len(labels)),
        "brier": float(brier_score_loss(labels, probabilities)),
        "accuracy": float(np.mean((probabilities >= 0.5) == labels)),
        "mean": float(probabilities.mean()),
    }
    if 0 < labels.sum() < len(labels):
        metrics["auroc"] = float(roc_auc_score(labels, probabilities))
    return metrics


def log_odds(p: float) -> float:
    """Log-odds of a share, which counts as ``RAREST`` to 1 - ``RAREST``."""
    p = min(max(p, RAREST), 1 - RAREST)
    return math.log(p / (1 - p))


def within_groups(
    probabilities: np.ndarray, labels: np.ndarray, groups: Sequence[str]
) -> dict[str, float]:
    """What GRPO can use of a probability: its differences among completions of one prompt.

    A judge that only knows which questions are hard ranks well over all prompts and says nothing
    within a group, where the policy's advantages come from.

    Args:
        probabilities: (n,) p(correct).
        labels: (n,) bool.
        groups: n names; completions of one prompt have the same.

    Returns:
        ``within_auroc``, the mean over the groups with right and wrong completions of the chance
        that a right one is ranked above a wrong one (absent without such a group), and
        ``within_sd``, the mean over the groups of the standard deviation of p.

    Examples:
        >>> found = within_groups(np.array([0.9, 0.8, 0.2, 0.1]), np.array([1, 0, 1, 0]), "aabb")
        >>> found["within_auroc"], round(found["within_sd"], 3)
        (1.0, 0.05)
    """
    from sklearn.metrics import roc_auc_score

    aurocs, deviations = [], []
    names = np.asarray(list(groups))
    for name in dict.fromkeys(names):
        said, right = probabilities[names == name], labels[names == name]
        deviations.append(said.std())
        if 0 < right.sum() < len(right):
            aurocs.append(roc_auc_score(right, said))
    found = {"within_sd": float(np.mean(deviations))}
    return found | ({"within_auroc": float(np.mean(aurocs))} if aurocs else {})
