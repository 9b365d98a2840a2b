"""What two runs were asked for, what they measured and what they drew, side by side."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from finlmm_utils.study.artefacts import file_digest
from finlmm_utils.study.metrics_table import flatten, shown
from finlmm_utils.study.report.figures import figure
from finlmm_utils.study.runner.manifest import manifests

SMALL = 0.01
"""Change of a metric, absolute for shares and relative for larger numbers, that is folded away: a
hundredth (our choice)."""


def changes(old: dict[str, Any], new: dict[str, Any]) -> tuple[list[Any], list[Any]]:
    """Metrics that differ, as name, both values and change.

    Args:
        old: Names to values.
        new: The same of the other run.

    Returns:
        Large changes, the largest first, and small ones.
    """
    large: list[Any] = []
    small: list[Any] = []
    for name in sorted(old.keys() | new.keys()):
        one, two = old.get(name, "-"), new.get(name, "-")
        if one == two and type(one) is type(two):
            continue
        numbers = all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (one, two))
        change = two - one if numbers else None
        line = (name, shown(one, 5), shown(two, 5), "" if change is None else f"{change:+.4g}")
        size = math.inf if change is None else abs(change) / max(1.0, abs(one))
        (small if size <= SMALL else large).append((size, line))
    large.sort(key=lambda one: -one[0])  # stable: those of one size stay in the order of names
    return [line for _, line in large], [line for _, line in small]


def asked(first: Path, second: Path) -> list[tuple[str, str, str]]:
    """What the two runs were asked for and made with, where that differs.

    Args:
        first: A run's folder.
        second: Another's.

    Returns:
        A parameter's name and its values in both; several where the notebooks have several.
    """
    sides: list[dict[str, list[str]]] = []
    for folder in (first, second):
        told: dict[str, list[str]] = {}
        for _, manifest in manifests(folder):
            values = {"commit": str(manifest.code.get("commit", "not known"))[:12]}
            values |= {f"versions.{k}": v for k, v in manifest.code.get("versions", {}).items()}
            values |= flatten({k: v for k, v in manifest.parameters.items() if k != "run_dir"})
            for name, value in values.items():
                if str(value) not in told.setdefault(name, []):
                    told[name].append(str(value))
        sides.append(told)
    one, two = sides
    return [
        (name, ", ".join(one.get(name, ["–"])), ", ".join(two.get(name, ["–"])))
        for name in dict.fromkeys([*one, *two])
        if one.get(name) != two.get(name)
    ]


def figure_pairs(first: Path, second: Path, place: Path) -> tuple[list[Any], list[str]]:
    """Figures of the same name.

    Args:
        first: A run's folder.
        second: Another's.
        place: Folder of the page.

    Returns:
        Names and pairs of those whose data differ, and names of those whose data are equal.
    """
    pairs, same = [], []
    for path in sorted(first.glob("**/figures/*.png")):
        name = path.relative_to(first)
        other = second / name
        if not other.is_file():
            continue
        files = [p.with_suffix(".csv") for p in (path, other)]
        files = files if all(p.is_file() for p in files) else [path, other]
        if file_digest(files[0]) == file_digest(files[1]):
            same.append(_figure_name(name))
        else:
            pairs.append((_figure_name(name), [figure(p, place, {}, "") for p in (path, other)]))
    return pairs, same


def _figure_name(place: Path) -> str:
    """A figure's notebook and name in words: its place is NN_name/figures/NAME.png."""
    return f"{' '.join(place.parts[:-2])}: {place.stem}".replace("_", " ")
