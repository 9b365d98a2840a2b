"""How good a stated probability is: ranking, calibration, error; and its log-odds."""

from __future__ import annotations

import math

import numpy as np

BINS = 10
"""Equal bins of the calibration error: the field's habit; a step of 64 leaves 6 in each."""
RAREST = 0.02
"""Share of right (or wrong) rollouts below which the base rate is not followed further; our choice:
one in fifty, about the least that a step of 64 can tell from none."""
MOST_LOGIT = 4.0
"""Log-odds at which the shape "logit" ends; our choice: p of 0.018 and 0.982."""
EPSILON = 1e-6
"""Distance of p from 0 and 1, so that its log-odds are finite; far beyond ``MOST_LOGIT``."""


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


def squeezed_logit(p: float) -> float:
    """Log-odds of a probability, cut to +-``MOST_LOGIT`` and brought to 0..1."""
    p = min(max(p, EPSILON), 1 - EPSILON)
    logit = min(max(math.log(p / (1 - p)), -MOST_LOGIT), MOST_LOGIT)
    return logit / (2 * MOST_LOGIT) + 0.5
