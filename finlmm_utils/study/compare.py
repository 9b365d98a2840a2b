"""Two runs side by side: metrics that differ, files that differ."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.study.errors import RunError
from finlmm_utils.study.identity import file_digest

# These hold times and places and differ between any two runs.
NOT_COMPARED = {
    "manifest.json",
    "executed.ipynb",
    "executed.html",
    "log.txt",
    "index.html",
    "upstream.txt",
    "base.txt",
    "identity.txt",
}
NOT_COMPARED_FOLDERS = {"parts", "trainer"}  # what an interrupted notebook continues from


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


def read_metrics(run_dir: Path) -> dict[str, Any]:
    """All metrics of a run by ``folder: name``."""
    metrics: dict[str, Any] = {}
    for path in sorted(run_dir.rglob("metrics.json")):
        place = path.parent.relative_to(run_dir).as_posix()
        for name, value in flatten(json.loads(path.read_text("utf-8"))).items():
            metrics[f"{place}: {name}"] = value
    return metrics


def compare(first: Path, second: Path) -> tuple[str, bool]:
    """Compare the metrics and the files of two runs.

    Args:
        first: A run's folder.
        second: Another's.

    Returns:
        A table of the metrics that differ, with a line on the files; and whether the metrics
        are identical.

    Raises:
        RunError: A folder holds no metrics.
    """
    metrics = []
    for folder in (first, second):
        metrics.append(read_metrics(folder))
        if not metrics[-1]:
            raise RunError(f"{folder}: expected a run with metrics.json files, found none")
    left, right = metrics
    rows = []
    for name in sorted(left.keys() | right.keys()):
        one, two = left.get(name, "-"), right.get(name, "-")
        if one != two or type(one) is not type(two):
            both = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (one, two))
            rows.append((name, _show(one), _show(two), f"{two - one:+.4g}" if both else ""))
    lines = table(("metric", str(first), str(second), "difference"), rows) if rows else []
    total = len(left.keys() | right.keys())
    verdict = "identical" if not rows else f"{len(rows)} of {total} differ"
    lines.append(f"metrics: {verdict} ({total} compared)")
    lines.append(_compare_files(first, second))
    return "\n".join(lines), not rows


def _compare_files(first: Path, second: Path) -> str:
    sides = [
        {
            path.relative_to(folder).as_posix(): _content(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
            and path.name not in NOT_COMPARED
            and NOT_COMPARED_FOLDERS.isdisjoint(path.relative_to(folder).parts)
        }
        for folder in (first, second)
    ]
    names = sorted(sides[0].keys() | sides[1].keys())
    different = [name for name in names if sides[0].get(name) != sides[1].get(name)]
    if not different:
        return f"files: identical ({len(names)} compared)"
    shown = ", ".join(different[:20]) + (", ..." if len(different) > 20 else "")
    return f"files: {len(different)} of {len(names)} differ: {shown}"


def _content(path: Path) -> str:
    """A file's digest; that of lines of JSON without the seconds that each of them took."""
    if path.suffix != ".jsonl":
        return file_digest(path)
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    return json.dumps([{k: v for k, v in line.items() if k != "seconds"} for line in lines])


def _show(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines of a plain text table with aligned columns."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [header, ["-" * width for width in widths], *rows]
    return ["  ".join(c.ljust(w) for c, w in zip(r, widths, strict=True)).rstrip() for r in lines]
