"""The lines of a stage's ``metrics.jsonl``, read without a trainer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

BEFORE = "_before"
"""Ends the name of a value from before the first step: the trainer takes a step's line as the mean
of all values of one name, and the first step may have one of its own."""


def read_metrics(path: str | Path, wrong: list[int] | None = None) -> list[dict[str, Any]]:
    """The lines of a ``metrics.jsonl``; a line that was cut off by a kill is left out.

    Args:
        path: of the file; where there is none, there are no lines.
        wrong: takes the numbers, from 1, of the lines that are left out.
    """
    lines = []
    if Path(path).exists():
        for number, text in enumerate(Path(path).read_bytes().splitlines(), 1):
            line = _line(text)
            if line is not None:
                lines.append(line)
            elif wrong is not None:
                wrong.append(number)
    return lines


def probes(metrics: Sequence[Mapping[str, Any]], name: str) -> list[tuple[int, float]]:
    """Steps and values of what is asked of a policy every few steps; step 0 is before the first.

    Args:
        metrics: lines of a ``metrics.jsonl``.
        name: of the value; that of step 0 lies in the first line, under the name and ``BEFORE``.
    """
    found = [(0, line[name + BEFORE]) for line in metrics if line.get(name + BEFORE) is not None]
    return found + [(line["step"], line[name]) for line in metrics if line.get(name) is not None]


def _line(text: bytes) -> dict[str, Any] | None:
    """One step's numbers; None where they are none."""
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict) or type(line.get("step")) is not int:
        return None
    seconds = line.get("seconds", {})
    values = [*line.values(), *seconds.values()] if isinstance(seconds, dict) else [seconds]
    sound = all(one is seconds or one is None or isinstance(one, int | float) for one in values)
    return line if sound and isinstance(seconds, dict) else None
