"""What labels of one row have in common, level or turned."""

from __future__ import annotations

from collections.abc import Callable

from finlmm_utils.asp.charts.drawn.cells import Cell

ROW_KEYS = (0, 1, 2)  # the top, the middle and the lower end of turned labels


def row_key(k: int) -> Callable[[Cell], float]:
    """What labels of one row have in common: a baseline; the top, middle or end of turned ones."""
    return lambda c: c.baseline if c.level else (1 - k / 2) * c.box[1] + k / 2 * c.box[3]
