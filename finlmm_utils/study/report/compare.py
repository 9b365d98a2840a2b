"""Two runs side by side: metrics that differ, files that differ."""

from __future__ import annotations

import json
from pathlib import Path

from finlmm_utils.study.errors import RunError
from finlmm_utils.study.metrics_table import read_metrics, shown, table
from finlmm_utils.study.runner.identity import file_digest

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
            rows.append((name, shown(one, 6), shown(two, 6), f"{two - one:+.4g}" if both else ""))
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
