"""Two judges' forms of notebook 02 side by side: kappa, accepted shares, verdicts without texts.

    python benchmarks/audit.py judge_1.csv judge_2.csv --out verdicts.csv
    python benchmarks/audit.py judge_1.csv judge_2.csv --study FOLDER/audit --note "one judge twice"

`--study` writes it as a study of the gallery: shares with their intervals, a figure, the verdicts.
How the sample is drawn and what the judges are told stands in docs/audit.md.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from finlmm_utils.asp.gold.shares import rounded
from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.review import agreement, read_form
from finlmm_utils.evaluation.evaluate import share_over_reports, units_of
from finlmm_utils.evaluation.plots.draw import draw
from finlmm_utils.evaluation.plots.studies import AUDIT
from finlmm_utils.evaluation.studies import Contrast, Study
from finlmm_utils.plot_style import save_figure, use_style

REASONS = ("wrong figure", "not in the picture", "not clear", "wrong answer", "no chart",
           "words", "unit", "answer", "question")  # fmt: skip
"""What may be kept of a reason: its first word or words; the rest may quote a report."""
KIND = "reports (the wider of bootstrap and Wilson)"
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
            "reason_1": _reason(row),
            "reason_2": _reason(second[qa_id]),
        }
        for qa_id, row in first.items()
        if row["verdict"] and qa_id in second and second[qa_id]["verdict"]
    ]


def _reason(row: Mapping[str, Any]) -> str:
    said = str(row.get("reason") or "").lower()
    return next((one for one in REASONS if said.startswith(one)), "other" if said else "")


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
        out[name] = {who: _share(k, some) for who, k in kept.items()}
    return out


def _share(kept: list[bool], rows: list[dict[str, str]]) -> list[Any]:
    """Kept, judged, share, low, high: triplets of one report share its charts and its wording."""
    found = share_over_reports(kept, units_of(row["qa_id"] for row in rows))
    assert found is not None, "a kind that occurs has a triplet"
    ends = (found["value"], *found["interval"])
    return [sum(kept), len(kept), *(rounded(value, 3) for value in ends)]


def write_study(rows: list[dict[str, str]], kappa: float, folder: Path, notes: list[str]) -> None:
    """Writes a folder of the gallery: ``summary.json``, the verdicts and a figure of the shares.

    Args:
        rows: of both judges, see `side_by_side`.
        kappa: Cohen's, over the same rows.
        folder: named as the study.
        notes: what a reader must know of reports and judges.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = {name: some["both"] for name, some in shares(rows).items()}
    kept, judged, share, low, high = found["all"]
    there = _share(["drop" not in (row["verdict_1"], row["verdict_2"]) for row in rows], rows)
    reports = len(set(units_of(row["qa_id"] for row in rows)))
    strict = (
        "figure, answer, words and units right in both judgements; dropped by neither: "
        f"{there[2]:.2f} [{there[3]:.2f}, {there[4]:.2f}]; who judged, and which reports, stands "
        "in the study"
    )
    contrasts = [
        Contrast(
            contrast=f"{AUDIT}{name}", metric="share of audited triplets", mean=some[2],
            low=some[3], high=some[4], seeds=1, kind=KIND, n=some[1],
            reports=reports if name == "all" else None,
            primary=name == "all", claims=["alignment"] if name == "all" else [],
            note=strict if name == "all" else "",
        )
        for name, some in found.items()
    ]  # fmt: skip
    contrasts.insert(list(found).index("all") + 1, Contrast(
        contrast="dropped by neither", mean=there[2], low=there[3], high=there[4], seeds=1,
        metric="share of audited triplets whose figure is right and holds the answer",
        kind=KIND, n=there[1], reports=reports, claims=["alignment"],
        note="dropped by neither judge, though words or units may want a mend: the figure alone",
    ))  # fmt: skip
    study = Study(
        name=folder.name,
        title=f"{kept} of {judged} audited triplets kept by both judgements: {share:.2f} "
        f"({low:.2f} to {high:.2f}), kappa {kappa:.2f}",
        question="Are kept triplets right, and answerable from the picture?",
        command="python benchmarks/audit.py judge_1.csv judge_2.csv",
        contrasts=contrasts, scale="offline backend, defaults", planted="none", notebook="02",
        notes=notes,
    )  # fmt: skip
    (folder / "summary.json").write_text(study.model_dump_json(indent=1) + "\n", "utf-8")
    write_verdicts(rows, folder / f"{folder.name}.csv")
    _draw(study, folder)


def _draw(study: Study, folder: Path) -> None:
    """The shares by kind; the contrast that no kind's share is stays in the table."""
    import matplotlib.pyplot as plt

    use_style()
    kinds = [one for one in study.contrasts if one.contrast.startswith(AUDIT)]
    names = {"contrast", "mean", "low", "high", "n"}
    data = pd.DataFrame([one.model_dump(include=names) for one in kinds])
    figure = draw("study/contrasts", data, {"title": study.title})
    save_figure(figure, folder, "contrasts", data, study.name, f"{study.title}.")
    plt.close(figure)


def write_verdicts(rows: list[dict[str, str]], path: Path) -> None:
    """Writes ids, tasks, languages and verdicts; no text of a report."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)


def main() -> None:
    """Prints the numbers as JSON and writes the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("one", type=Path, help="form of the first judge")
    parser.add_argument("two", type=Path, help="form of the second judge")
    parser.add_argument("--out", type=Path, help="CSV of ids, tasks, languages and verdicts")
    parser.add_argument("--study", type=Path, help="folder of a study of the gallery")
    parser.add_argument("--note", nargs="*", default=[], help="sentences for the study's reader")
    options = parser.parse_args()
    rows = side_by_side(options.one, options.two)
    both, kappa = agreement(options.one, options.two)
    print(json.dumps({"judged": both, "kappa": rounded(kappa, 3), "accepted": shares(rows)}))
    if options.out:
        write_verdicts(rows, options.out)
    if options.study:
        write_study(rows, kappa, options.study, options.note)


if __name__ == "__main__":
    main()
