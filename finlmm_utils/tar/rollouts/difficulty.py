"""Which rows a policy answers sometimes: only their groups disagree, and only they teach GRPO."""

from __future__ import annotations

from typing import Any

from finlmm_utils.rows import image_counts
from finlmm_utils.tar.rollouts.answering import Progress, generate


def sometimes_right(
    model: Any,
    processor: Any,
    rows: Any,
    samples: int,
    max_new_tokens: int,
    batch_size: int = 32,
    seed: int = 0,
    progress: Progress | None = None,
) -> tuple[Any, dict[str, int]]:
    """Keeps the rows that are answered right in some samples and wrong in others.

    Args:
        model: the starting policy.
        processor: its processor.
        rows: a ``Dataset`` in the row contract.
        samples: completions a row; with few of them chance leaves out good rows, too.
        max_new_tokens: longest completion.
        batch_size: completions at a time.
        seed: of sampling.
        progress: wraps the loop over batches.

    Returns:
        The rows that stay, and counts: ``kept``, ``always``, ``never``, ``unscored`` (the gold
        can't be parsed). All rows stay where none is answered sometimes.
    """
    pictured = [count > 0 for count in image_counts(rows)]
    shares: dict[str, float] = {}
    for kind in sorted(set(pictured)):
        part = [rows[n] for n, seen in enumerate(pictured) if seen == kind]
        said = generate(
            model, processor, part, max_new_tokens, samples=samples, batch_size=batch_size,
            seed=seed, progress=progress,
        )  # fmt: skip
        known = said[said["right"].notna()].astype({"right": float})
        means = known.groupby("id")["right"].mean()
        shares |= {str(name): float(share) for name, share in means.items()}
    kept = [n for n, name in enumerate(rows["id"]) if 0 < shares.get(name, 0) < 1]
    counts = {
        "kept": len(kept),
        "always": sum(share == 1 for share in shares.values()),
        "never": sum(share == 0 for share in shares.values()),
        "unscored": len(rows) - len(shares),
    }
    return (rows.select(kept) if kept else rows), counts
