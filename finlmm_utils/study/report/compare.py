"""Two runs side by side, as text and as a page; and whether one agrees with a committed run."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path
from typing import Any
from urllib.parse import quote

from finlmm_utils.evaluation.ledger_views import with_interval
from finlmm_utils.study.artefacts import file_digest, read_metrics
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.metrics_table import flatten, shown, table
from finlmm_utils.study.report.evidence import METRICS, metrics_in
from finlmm_utils.study.report.render import render
from finlmm_utils.study.report.views.comparison import asked, changes, figure_pairs

# These hold times and places and differ between any two runs.
NOT_COMPARED = {
    "ledger.csv",
    "ledger.json",
    "samples.html",
    "manifest.json",
    "executed.ipynb",
    "executed.html",
    "log.txt",
    "index.html",
    "upstream.txt",
    "base.txt",
    "identity.txt",
}
SAME = 1e-9
"""Difference up to which two numbers are equal: rounding of floats in JSON."""
SHOWN = 20
"""Metrics that are shown without a click, the largest changes: about a screen (our choice)."""
NAMED = 10
"""Names of metrics that a line tells, the first ones: it stays a line or two (our choice)."""
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
    try:
        lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        return json.dumps([{k: v for k, v in line.items() if k != "seconds"} for line in lines])
    except (ValueError, AttributeError, RecursionError):  # damaged: not equal to one that is whole
        return file_digest(path)


def check(gallery: Path, run_dir: Path) -> tuple[str, bool]:
    """Compare the ledger of a run with a committed one, claim by claim.

    A number agrees where it is equal, or where the 95 % interval of the difference of the two holds
    0: the runs then say the same with other draws. It differs where it does not, or where one
    supports what the other contradicts. A number without an interval agrees only where it is equal.

    Args:
        gallery: Folder of the committed run.
        run_dir: Folder of the new one.

    Returns:
        A text table with lines on the metrics; and whether every claim agrees, and each notebook
        that both runs hold has its metrics in both.

    Raises:
        RunError: A folder holds no ledger.
    """
    old, new = _own(gallery), _own(run_dir)
    lines, words = [], []
    for key, row in old.items():
        other = new.get(key)
        word = _judged(row, other)
        words.append(word)
        lines.append(
            (word, row["id"], _shown(row), _shown(other), (other or {}).get("verdict", "-"))
        )
    lines += [("new", key[0], "-", _shown(row), row["verdict"]) for key, row in new.items()
              if key not in old]  # fmt: skip
    text = table(("", "claim", str(gallery), str(run_dir), "verdict now"), lines)
    bad = sum(word in ("differs", "missing") for word in words)
    equal = words.count("equal")
    text.append(
        f"claims with a number: {len(words)}, of these {equal} equal, {words.count('agrees')}"
        f" agree by their intervals, {bad} differ or are missing"
    )
    scales = [next((row["scale"] for row in rows.values()), "nothing") for rows in (old, new)]
    if scales[0] != scales[1]:
        text.append(f"not the same scale, so they need not agree: {scales[0]}; {scales[1]}")
    told, whole = _metrics(gallery, run_dir)
    return "\n".join(text + told), bad == 0 and whole


def _own(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The numbers of the run itself, without those of committed studies."""
    rows = read_ledger(folder)
    return {key: row for key, row in rows.items() if not row["source"].startswith("study ")}


def read_ledger(folder: Path) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of a run's page that hold a number, by claim and measure.

    Raises:
        RunError: There is no ledger.
    """
    path = folder / "ledger.json"
    try:
        rows = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        raise RunError(
            f"{path}: expected a run's ledger; finlmm report {folder} writes it"
        ) from None
    return {(row["id"], row["metric"]): row for row in rows if row["ours"] is not None}


def _judged(old: dict[str, Any], new: dict[str, Any] | None) -> str:
    if new is None:
        return "missing"
    if abs(old["ours"] - new["ours"]) <= SAME and old["n"] == new["n"]:
        return "equal"
    low, high = sorted((old, new), key=lambda row: row["ours"])
    ends = (low["high"], high["low"])
    if None in ends:
        return "differs"
    apart = high["ours"] - low["ours"] > math.hypot(ends[0] - low["ours"], high["ours"] - ends[1])
    turned = {old["verdict"].split()[0], new["verdict"].split()[0]} == {"supported", "contradicted"}
    return "differs" if apart or turned else "agrees"


def _shown(row: dict[str, Any] | None) -> str:
    if row is None:
        return "-"
    return f"{with_interval(row['ours'], row['low'], row['high'])} n={row['n']}"


def _metrics(gallery: Path, run_dir: Path) -> tuple[list[str], bool]:
    """Lines on the metrics, and whether each notebook that both runs hold has them in both.

    Which names a notebook measures hangs on its data (a reason to drop, a kind of task), so a name
    that one run alone has is told and no difference; a notebook without its metrics is one.
    """
    folders = (gallery, run_dir)
    found = [_measured(folder) for folder in folders]
    places = sorted(found[0].keys() | found[1].keys())
    lines, damaged, shared = [], [], []
    for folder in folders:
        absent = [place for place in places if not (folder / place).is_dir()]
        if absent:
            lines.append(f"not compared, since {folder} did not run them: {', '.join(absent)}")
        places = [place for place in places if place not in absent]
    for place in places:
        wrong = [f for f, side in zip(folders, found, strict=True) if not side.get(place)]
        damaged += [f"{folder / place}/{_what_is_wrong(folder / place)}: not compared; run its"
                    " notebook again" for folder in wrong]  # fmt: skip
        shared += [] if wrong else [place]
    old, new = ({(place, name): value for place in shared for name, value in side[place].items()}
                for side in found)  # fmt: skip
    both = old.keys() & new.keys()
    told = {
        "others": [name for name in both if old[name] != new[name]],
        f"only in {gallery}": old.keys() - both,
        f"only in {run_dir}": new.keys() - both,
    }
    first = f"metrics: {len(both) - len(told['others'])} of {len(old.keys() | new.keys())} equal"
    for what, names in told.items():
        words = [f"{place}: {name}" for place, name in sorted(names)]
        more = ", ..." if len(words) > NAMED else ""
        first += f"; {what}: {', '.join(words[:NAMED])}{more}" if words else ""
    return [first, *lines, *damaged], not damaged


def _measured(folder: Path) -> dict[str, dict[str, Any]]:
    """What each notebook below a folder measured, flat; nothing where its file is damaged."""
    return {
        path.parent.relative_to(folder).as_posix(): flatten(metrics_in(path.parent)[0])
        for path in sorted(folder.rglob(METRICS))
    }


def _what_is_wrong(folder: Path) -> str:
    if not (folder / METRICS).is_file():
        return f"{METRICS} is gone"
    return metrics_in(folder)[1] or f"{METRICS} holds none"


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
    ledgers = [_own(folder) for folder in (first, second)]
    alike = first.name == second.name
    names = ["/".join(one.parts[-2:]) if alike else one.name for one in (first, second)]
    keys = list(dict.fromkeys(key for ledger in ledgers for key in ledger))
    claims = [_claim(ledgers[0].get(key), ledgers[1].get(key)) for key in keys]
    pages = [_page_of(folder, target.parent) for folder in (first, second)]
    large, small = changes(read_metrics(first), read_metrics(second))
    pairs, same = figure_pairs(first, second, target.parent)
    moved = [row for row in claims if row["moved"]]
    render(
        "compare.html.jinja", target, first=names[0], second=names[1], pages=pages,
        changed=moved, still=[row for row in claims if not row["moved"]],
        turned=sum(row["old"]["verdict"] != row["new"]["verdict"]
                   for row in moved if row["old"] and row["new"]),
        asked=asked(first, second), large=large[:SHOWN], small=large[SHOWN:] + small,
        pairs=pairs, same=same,
    )  # fmt: skip
    return target


def _page_of(folder: Path, place: Path) -> str:
    """The link to a run's page; "" where it has none."""
    page = folder / "index.html"
    return quote(Path(os.path.relpath(page, place)).as_posix()) if page.is_file() else ""


def _claim(old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
    """One claim of both runs; it moved where the new number leaves the old interval."""
    one = old or new or {}
    if old is None or new is None:
        told = {name: one[name] for name in ("id", "claim", "metric")}
        return {**told, "old": old, "new": new, "change": None, "moved": True}
    outside = old["low"] is not None and not old["low"] <= new["ours"] <= old["high"]
    return {
        "id": one["id"],
        "claim": one["claim"],
        "metric": one["metric"],
        "old": old,
        "new": new,
        "change": new["ours"] - old["ours"],
        "moved": outside or old["verdict"] != new["verdict"],
    }
