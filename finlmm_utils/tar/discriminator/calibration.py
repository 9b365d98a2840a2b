"""How good a stated probability is: ranking, calibration, error; and its log-odds."""

from __future__ import annotations

import math

import numpy as np


def prediction_metrics(probabilities: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """AUROC, expected calibration error (10 equal bins), Brier score, accuracy, mean.

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
    from scipy.stats import rankdata

    right = int(labels.sum())
    wrong = len(labels) - right
    bins = np.minimum((probabilities * 10).astype(int), 9)
    gaps = [abs(probabilities[bins == b].sum() - labels[bins == b].sum()) for b in np.unique(bins)]
    metrics = {
        "ece": float(np.sum(gaps) / len(labels)),
        "brier": float(np.mean((probabilities - labels) ** 2)),
        "accuracy": float(np.mean((probabilities >= 0.5) == labels)),
        "mean": float(probabilities.mean()),
    }
    if right and wrong:
        ranks = rankdata(probabilities)[labels].sum()
        metrics["auroc"] = float((ranks - right * (right + 1) / 2) / (right * wrong))
    return metrics


def log_odds(p: float) -> float:
    """Log-odds of a share, which counts as 0.02 to 0.98."""
    p = min(max(p, 0.02), 0.98)
    return math.log(p / (1 - p))


def squeezed_logit(p: float) -> float:
    """Log-odds of a probability, cut to +-4 and brought to 0..1."""
    p = min(max(p, 1e-6), 1 - 1e-6)
    return min(max(math.log(p / (1 - p)), -4.0), 4.0) / 8 + 0.5
