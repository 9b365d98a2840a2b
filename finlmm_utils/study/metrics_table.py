"""Metrics of a run as flat names and values, and tables of text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from finlmm_utils.errors import visible


def flatten(value: Any, name: str = "") -> dict[str, Any]:
    """Turn nested JSON into ``a.b.0`` to value.

    Args:
        value: A JSON value.
        name: Prefix.

    Returns:
        Dotted names to scalars.
    """
    if isinstance(value, dict):
        items = value.items()
    elif isinstance(value, list):
        items = dict(enumerate(value)).items()
    else:
        return {name: value}
    flat: dict[str, Any] = {}
    for key, item in items:
        flat |= flatten(item, f"{name}.{key}" if name else str(key))
    return flat


def shown(value: Any, digits: int) -> str:
    """A metric for a reader: None is what was not measured.

    Args:
        value: A JSON scalar.
        digits: Significant digits of a fraction.
    """
    if value is None:
        return "not measured"
    return f"{value:.{digits}g}" if isinstance(value, float) else str(value)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a plain text table with aligned columns."""
    rows = [[visible(cell) for cell in row] for row in rows]
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in lines]
