"""Two judges' forms of notebook 02 side by side: kappa, accepted shares, verdicts without texts.

    python benchmarks/audit.py judge_1.csv judge_2.csv --out verdicts.csv
    python benchmarks/audit.py judge_1.csv judge_2.csv --study FOLDER/audit --judges "two students"
    python benchmarks/audit.py --verdicts FOLDER/audit/audit.csv

`--study` writes it as a study of the gallery: shares with their intervals, a figure, the verdicts.
With `--folders`, triplets are also counted by the folder that their report lies in; with `--pairs`
the run's `iqa.parquet` tells how many of the written questions a figure answers.
The last line counts again what was written, where the forms with their texts are not at hand.
How the sample is drawn and what the judges are told stands in docs/audit.md.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from finlmm_utils.asp.alignment.filters import BEYOND_A_CAP
from finlmm_utils.asp.gold.shares import rounded
from finlmm_utils.asp.language import is_chinese
from finlmm_utils.asp.review import kappa, read_form
from finlmm_utils.evaluation.evaluate import share_over_reports, units_of
from finlmm_utils.evaluation.plots.draw import draw
from finlmm_utils.evaluation.plots.studies import AUDIT
from finlmm_utils.evaluation.studies import Contrast, Study, dated
from finlmm_utils.plot_style import save_figure, use_style

REASONS = ("wrong figure", "not in the picture", "not clear", "wrong answer", "no chart",
           "words", "unit", "answer", "question")  # fmt: skip
"""What may be kept of a reason: its first word or words; the rest may quote a report."""
GALLERY = "papermill_runs/gallery/studies"
KIND = "reports (the wider of bootstrap and Wilson)"
WRITTEN = "written.csv"
"""File beside the verdicts: questions written, answered and kept, a row each report."""
COLUMNS = ("qa_id", "task", "language", "folder", "verdict_1", "verdict_2", "reason_1", "reason_2")


def side_by_side(one: Path, two: Path, folders: Sequence[Path] = ()) -> list[dict[str, str]]:
    """A row for each triplet that both judged, in the order of the first form.

    Args:
        one: form of the first judge.
        two: form of the second judge.
        folders: of reports whose triplets are also counted by folder.
    """
    first, second = read_form(one), read_form(two)
    places = {
        report_id_of(path): folder.name for folder in folders for path in folder.glob("*.pdf")
    }
    return [
        {
            "qa_id": qa_id,
            "task": str(row["task"]),
            "language": "Chinese" if is_chinese(str(row["question"])) else "English",
            "folder": places.get(str(row["report_id"]), ""),
            "verdict_1": row["verdict"],
            "verdict_2": second[qa_id]["verdict"],
            "reason_1": _reason(row),
            "reason_2": _reason(second[qa_id]),
        }
        for qa_id, row in first.items()
        if row["verdict"] and qa_id in second and second[qa_id]["verdict"]
    ]


def report_id_of(path: Path) -> str:
    """The id that extraction gives the report of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def count_written(pairs: Path) -> pd.DataFrame:
    """Questions written, answered by a figure (kept, or beyond a cap) and kept, by report.

    Args:
        pairs: ``iqa.parquet`` of notebook 02.
    """
    table = pd.read_parquet(pairs, columns=["report_id", "kept", "reason"])
    table["answered"] = table["kept"] | table["reason"].isin(BEYOND_A_CAP)
    counts = table.groupby("report_id").agg(
        written=("kept", "size"), answered=("answered", "sum"), kept=("kept", "sum")
    )
    return counts.reset_index()


def _reason(row: Mapping[str, Any]) -> str:
    said = str(row.get("reason") or "").lower()
    return next((one for one in REASONS if said.startswith(one)), "other" if said else "")


def shares(rows: list[dict[str, str]]) -> dict[str, dict[str, Any]]:
    """Kept, judged, share and interval: by judge and of both, in all and by kind.

    Kinds are tasks, languages and, where they are known, the reports' folders.
    """
    groups: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        folder = f"folder {row['folder']}" if row["folder"] else ""
        for name in filter(None, ("all", row["task"], row["language"], folder)):
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


def _answered(counts: pd.DataFrame) -> Contrast:
    """How many of the questions that were written from the text alone a figure answers."""
    flags = [k < row.answered for row in counts.itertuples() for k in range(row.written)]
    found = share_over_reports(flags, counts["report_id"].repeat(counts["written"]))
    assert found is not None, "a report with written questions"
    return Contrast(
        contrast="all that was written", metric="share of the questions that a figure answers",
        mean=found["value"], low=found["interval"][0], high=found["interval"][1], seeds=1,
        kind=KIND, n=found["rows"], reports=found["units"], claims=["text_suffices"],
        note="real reports, which say much that no chart shows; written by rules, not by a "
        "language model; answered by the filters' rules: kept, or beyond a cap",
    )  # fmt: skip


def write_study(
    rows: list[dict[str, str]], agreed: float, folder: Path, judges: str, notes: list[str]
) -> None:
    """Writes a folder of the gallery: ``summary.json``, the verdicts and a figure of the shares.

    ``written.csv``, where it lies there already, gives the share of written questions.

    Args:
        rows: of both judges, see `side_by_side`.
        agreed: Cohen's kappa, over the same rows.
        folder: named as the study.
        judges: who they were, in words.
        notes: what a reader must know of reports and judges.
    """
    found = {name: some["both"] for name, some in shares(rows).items()}
    kept, judged, share, low, high = found["all"]
    there = _share(["drop" not in (row["verdict_1"], row["verdict_2"]) for row in rows], rows)
    reports = len(set(units_of(row["qa_id"] for row in rows)))
    strict = (
        f"judged by {judges}; kept: figure, answer, words and units right in both judgements; "
        f"dropped by neither: {there[2]:.2f} [{there[3]:.2f}, {there[4]:.2f}]"
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
    if (folder / WRITTEN).is_file():
        contrasts.append(_answered(pd.read_csv(folder / WRITTEN)))
    study = Study(
        name=folder.name,
        title=f"{kept} of {judged} audited triplets kept by both judges, {judges}: {share:.2f} "
        f"({low:.2f} to {high:.2f}), kappa {agreed:.2f}",
        question="Are kept triplets right, and answerable from the picture?",
        command=f"python benchmarks/audit.py --verdicts {GALLERY}/{folder.name}/{folder.name}.csv",
        contrasts=contrasts, scale="offline backend, defaults", planted="none", notebook="02",
        notes=notes,
    )  # fmt: skip
    numbers = folder / f"{folder.name}.csv"
    before = numbers.read_bytes() if numbers.is_file() else b""
    write_verdicts(rows, numbers)
    study = dated(study, folder, renewed=numbers.read_bytes() != before)
    (folder / "summary.json").write_text(study.model_dump_json(indent=1) + "\n", "utf-8")
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


def read_verdicts(path: Path) -> list[dict[str, str]]:
    """Reads what `write_verdicts` wrote."""
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def main() -> None:
    """Prints the numbers as JSON and writes the verdicts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("forms", type=Path, nargs="*", help="two forms, one a judge")
    parser.add_argument("--verdicts", type=Path, help="what --out wrote, in place of the forms")
    parser.add_argument("--out", type=Path, help="CSV of ids, tasks, languages and verdicts")
    parser.add_argument("--study", type=Path, help="folder of a study of the gallery")
    parser.add_argument("--judges", default="two people", help="who they were, for the reader")
    parser.add_argument("--folders", type=Path, nargs="*", default=[], help="counted apart")
    parser.add_argument("--pairs", type=Path, help="iqa.parquet of the run that was judged")
    parser.add_argument("--note", nargs="*", default=[], help="sentences for the study's reader")
    options = parser.parse_args()
    if (len(options.forms) == 2) == bool(options.verdicts):
        parser.error("expected two forms, or --verdicts")
    rows = (
        read_verdicts(options.verdicts)
        if options.verdicts
        else side_by_side(*options.forms, folders=options.folders)
    )
    agreed = kappa(*({row["qa_id"]: row[f"verdict_{k}"] for row in rows} for k in (1, 2)))
    if agreed is None:
        parser.error("expected triplets that both judged, found none")
    print(json.dumps({"judged": len(rows), "kappa": rounded(agreed, 3), "accepted": shares(rows)}))
    if options.out:
        write_verdicts(rows, options.out)
    if options.study:
        options.study.mkdir(parents=True, exist_ok=True)
        if options.pairs:
            count_written(options.pairs).to_csv(options.study / WRITTEN, index=False)
        write_study(rows, agreed, options.study, options.judges, options.note)


if __name__ == "__main__":
    main()
