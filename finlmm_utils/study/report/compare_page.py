"""Two runs on one page: claims of both, what changed against its interval, figures side by side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from finlmm_utils.study.artefacts import read_metrics
from finlmm_utils.study.metrics_table import shown
from finlmm_utils.study.report.compare import read_ledger
from finlmm_utils.study.report.figures import figure
from finlmm_utils.study.report.render import render
from finlmm_utils.study.runner.identity import file_digest

SMALL = 0.01
"""Change of a metric, absolute for shares and relative for larger numbers, that is folded away: a
hundredth (our choice)."""


def compare_page(first: Path, second: Path, target: Path) -> Path:
    """Write the page.

    Args:
        first: A run's folder with its page.
        second: Another's.
        target: The page.

    Returns:
        ``target``.

    Raises:
        RunError: A folder holds no ledger.
    """
    ledgers = [read_ledger(folder) for folder in (first, second)]
    keys = list(dict.fromkeys(key for ledger in ledgers for key in ledger))
    claims = [_claim(ledgers[0].get(key), ledgers[1].get(key)) for key in keys]
    large, small = _metrics(read_metrics(first), read_metrics(second))
    pairs, same = _figures(first, second, target.parent)
    render(
        "compare.html.jinja", target, first=first.name, second=second.name,
        changed=[row for row in claims if row["moved"]],
        still=[row for row in claims if not row["moved"]],
        large=large, small=small, pairs=pairs, same=same,
    )  # fmt: skip
    return target


def _claim(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """One claim of both runs; it moved where the new number leaves the old interval."""
    one = old or new or {}
    if old is None or new is None:
        return {"claim": one["claim"], "metric": one["metric"], "old": old, "new": new,
                "change": None, "moved": True}  # fmt: skip
    outside = not old["low"] <= new["ours"] <= old["high"]
    return {
        "claim": one["claim"],
        "metric": one["metric"],
        "old": old,
        "new": new,
        "change": new["ours"] - old["ours"],
        "moved": outside or old["verdict"] != new["verdict"],
    }


def _metrics(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Metrics that differ: large changes, and small ones."""
    large: list[Any] = []
    small: list[Any] = []
    for name in sorted(old.keys() | new.keys()):
        one, two = old.get(name, "-"), new.get(name, "-")
        if one == two and type(one) is type(two):
            continue
        numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (one, two))
        change = two - one if numbers else None
        line = (name, shown(one, 5), shown(two, 5), "" if change is None else f"{change:+.4g}")
        tiny = change is not None and abs(change) <= SMALL * max(1.0, abs(one))
        (small if tiny else large).append(line)
    return large, small


def _figures(first: Path, second: Path, place: Path) -> tuple[list[Any], list[str]]:
    """Figures of the same name: pairs of those whose data differ, names of those that are equal."""
    pairs, same = [], []
    for path in sorted(first.glob("**/figures/*.png")):
        name = path.relative_to(first)
        other = second / name
        if not other.is_file():
            continue
        files = [p.with_suffix(".csv") for p in (path, other)]
        files = files if all(p.is_file() for p in files) else [path, other]
        if file_digest(files[0]) == file_digest(files[1]):
            same.append(name.as_posix())
        else:
            pairs.append((name.as_posix(), [figure(p, place, {}, "") for p in (path, other)]))
    return pairs, same
