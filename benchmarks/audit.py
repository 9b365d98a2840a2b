"""Two judges' forms of notebook 02 side by side: kappa, accepted shares, verdicts without texts.

    python benchmarks/audit.py judge_1.csv judge_2.csv --out verdicts.csv

How the sample is drawn and what the judges are told stands in docs/audit.md.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from finlmm_utils.asp.gold.shares import rounded
from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.review import agreement, read_form
from finlmm_utils.intervals import wilson

COLUMNS = ("qa_id", "task", "language", "verdict_1", "verdict_2", "reason_1", "reason_2")


def side_by_side(one: Path, two: Path) -> list[dict[str, str]]:
    """A row for each triplet that both judged, in the order of the first form."""
    first, second = read_form(one), read_form(two)
    return [
        {
            "qa_id": qa_id,
            "task": str(row["task"]),
            "language": "Chinese" if is_chinese(str(row["question"])) else "English",
            "verdict_1": row["verdict"],
            "verdict_2": second[qa_id]["verdict"],
            "reason_1": row.get("reason", ""),
            "reason_2": second[qa_id].get("reason", ""),
        }
        for qa_id, row in first.items()
        if row["verdict"] and qa_id in second and second[qa_id]["verdict"]
    ]


def shares(rows: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Kept, judged, share and interval: by judge and of both, in all, by task and by language."""
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        for name in ("all", row["task"], row["language"]):
            groups[name].append(row)
    out: dict[str, dict[str, Any]] = {}
    for name, some in sorted(groups.items()):
        kept = {
            "judge 1": [row["verdict_1"] == "keep" for row in some],
            "judge 2": [row["verdict_2"] == "keep" for row in some],
            "both": [row["verdict_1"] == row["verdict_2"] == "keep" for row in some],
        }
        out[name] = {who: _share(k) for who, k in kept.items()}
    return out


def _share(kept: list[bool]) -> list[Any]:
    """Kept, judged, share, low, high."""
    k, n = sum(kept), len(kept)
    return [k, n, *(rounded(value, 3) for value in (k / n, *wilson(k, n)))]


def main() -> None:
    """Prints the numbers as JSON and writes the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("one", type=Path, help="form of the first judge")
    parser.add_argument("two", type=Path, help="form of the second judge")
    parser.add_argument("--out", type=Path, help="CSV of ids, tasks, languages and verdicts")
    options = parser.parse_args()
    rows = side_by_side(options.one, options.two)
    both, kappa = agreement(options.one, options.two)
    print(json.dumps({"judged": both, "kappa": rounded(kappa, 3), "accepted": shares(rows)}))
    if options.out:
        with options.out.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


if __name__ == "__main__":
    main()
