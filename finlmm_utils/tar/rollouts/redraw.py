"""Dynamic sampling (DAPO): groups that are all right or all wrong make room for other prompts.

Such a group teaches nothing of answers. Its rows leave the step, others are drawn and sampled, a
few times; what is left flat in the end stays. The order is that of seed and step, so that a run
that was interrupted draws the same rows again.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

Row = dict[str, Any]
Sample = Callable[[Sequence[Row]], "list[list[list[int]]]"]
"""Completions, as ids, of rows: one list of a group's completions for each row."""


def draw(
    rows: Sequence[Row],
    sample: Sample,
    is_flat: Callable[[Row, list[list[int]]], bool],
    others: Sequence[int],
    row_of: Callable[[int], Row],
    most: int,
    seed: str,
) -> tuple[list[Row], list[list[list[int]]], int]:
    """Rows with their completions, as few groups of them flat as ``most`` draws allow.

    Args:
        rows: of the step, one a group.
        sample: the policy's completions.
        is_flat: whether a row's completions are all right or all wrong.
        others: places of the rows that may come in, of the same kind (images or none).
        row_of: the row of a place.
        most: draws.
        seed: of the order in which rows come in.

    Returns:
        Rows and completions in the places of ``rows``, and how many groups were replaced.
    """
    rows = list(rows)
    said = sample(rows)
    waiting = list(others)
    random.Random(seed).shuffle(waiting)
    replaced = 0
    for _ in range(most):
        here = {row["id"] for row in rows}
        flat = [n for n, row in enumerate(rows) if is_flat(row, said[n])]
        new: list[Row] = []
        while waiting and len(new) < len(flat):
            row = row_of(waiting.pop())
            if row["id"] not in here:
                new.append(row)
        if not new:
            break
        for place, row, completions in zip(flat, new, sample(new), strict=False):
            rows[place], said[place] = row, completions
            replaced += 1
    return rows, said, replaced
