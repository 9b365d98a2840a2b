"""What a study's arms give: a number for each arm and seed, contrasts, the committed summary."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finlmm_utils.evaluation.arms.kept import MANIFEST, Kept, Run, kept_of, read_kept, write_kept
from finlmm_utils.evaluation.arms.notes import (
    Same,
    beside_others,
    note_of,
    reads_nothing,
    same_of,
    steps_not_kept,
    stopped_without,
    title_of,
)
from finlmm_utils.evaluation.arms.spec import LAST, Comparison, Plan, read_plan
from finlmm_utils.evaluation.studies import (
    BOTH_RUNS,
    SUMMARY,
    Contrast,
    Study,
    dated,
    read_earlier,
    read_study,
    studies_folder,
)
from finlmm_utils.intervals import student
from finlmm_utils.output import write_text


def read_results(plan: Plan, out: Path) -> dict[Run, dict[str, Any]]:
    """The records of the arms that have run, by arm and seed."""
    found = {}
    for arm in plan.arms:
        for seed in plan.seeds:
            path = out / f"{arm}-{seed}.json"
            if path.is_file():
                found[arm, seed] = json.loads(path.read_text("utf-8"))
    return found


def measures(record: Mapping[str, Any], baseline: Sequence[float]) -> dict[str, float]:
    """All numbers of one arm with one seed; NaN where there is nothing to measure.

    Args:
        record: as ``run_arm`` wrote it.
        baseline: accuracy in training, by step, of the baseline's arm with the same seed; empty
            where it is not known.

    Returns:
        By the names of ``WORDS``, and what the plan asked for besides.
    """
    samples = pd.DataFrame(record["samples"]["data"], columns=record["samples"]["columns"])
    known = samples[samples["right"].notna()]
    judged = known[known["named"].notna()]
    right = judged[judged["right"].astype(bool)]
    ranges = judged[judged["template"] == "range"]
    steps = pd.DataFrame(record["metrics"])
    last = steps.tail(LAST)

    def mean(column: Any) -> float:
        values = pd.to_numeric(column, errors="coerce").astype(float)
        return float(values.mean()) if len(values) else float("nan")

    def logged(name: str) -> float:
        return mean(last[name]) if name in last else float("nan")

    return {
        "accuracy": mean(known["right"]),
        "selection": mean(samples["image_right"]),
        "lucky_of_right": mean(right["lucky"]),
        "sound": mean(judged["sound"]),
        "range_worked": mean(ranges["worked"]),
        "named": mean(judged["named"]),
        "format": mean(samples["well_formed"]),
        "tokens": mean(samples["tokens"]),
        "right_in_training": logged("reward_accuracy"),
        "steps_to_baseline": _steps_to(record, baseline),
        "within_auroc": logged("disc_within_auroc"),
        "ece": logged("disc_ece"),
        "flat_advantage": logged("flat_advantage"),
        "other_form": logged("other_form"),
        "repetition": logged("repetition"),
        **record.get("more", {}),
    }


def _steps_to(record: Mapping[str, Any], baseline: Sequence[float]) -> float:
    """The first step whose running mean of ``LAST`` steps is the baseline's last one.

    One step more than there are, where it is never reached: a lower bound.
    """
    own = kept_of(record).curve
    if not baseline or not own:  # not paid, not logged, not trained
        return float("nan")
    goal = np.mean(baseline[-LAST:])
    curve = pd.Series(own).rolling(LAST).mean()
    reached = np.flatnonzero(curve.to_numpy() >= goal)
    return float(reached[0] + 1) if len(reached) else float(len(curve) + 1)


def table_of(
    plan: Plan, results: Mapping[Run, Mapping[str, Any]], kept: Mapping[Run, Kept]
) -> pd.DataFrame:
    """One line for each arm that ran here, seed and measure.

    Args:
        plan: of the study.
        results: of :func:`read_results`.
        kept: of the same arms and of those committed before: for the baseline's curve.
    """
    lines = []
    for (arm, seed), record in results.items():
        baseline = kept.get((plan.baseline, seed))
        found = measures(record, baseline.curve if baseline else [])
        lines += [{"arm": arm, "seed": seed, "measure": m, "value": v} for m, v in found.items()]
    return pd.DataFrame(lines, columns=["arm", "seed", "measure", "value"])


def contrast(
    plan: Plan, one: Comparison, table: pd.DataFrame, kept: Mapping[Run, Kept],
    before: Sequence[Contrast] = (), earlier: Sequence[Contrast] = (),
) -> Contrast:  # fmt: skip
    """One comparison of the plan, paired by the seeds that both arms have.

    Args:
        plan: of the study.
        one: of the plan.
        table: of :func:`table_of`.
        kept: for what the arms wrote.
        before: contrasts committed before: where what the arms wrote is not at hand any more, the
            share of equal completions is the one found then.
        earlier: contrasts of an earlier run of the study, for a comparison that counts its seeds.
    """
    measured = table[table["measure"] == one.measure]
    values = measured.pivot(index="seed", columns="arm", values="value")
    present = [arm for arm in one.arms if arm in values]
    pairs = values[present].dropna() if len(present) == len(one.arms) else values.iloc[:0]
    alone = len(one.arms) == 1
    first, second = (one.arms[-1], one.arms[0]) if one.negate else (one.arms[0], one.arms[-1])
    what = plan.words(first) + ("" if alone else f" minus {plan.words(second)}")
    fields: dict[str, Any] = {
        "contrast": what, "metric": plan.measure_words(one.measure), "arms": one.arms,
        "claims": one.claims, "primary": one.primary, "placebo": one.placebo,
        "control": one.control,
        "kind": "seeds (Student)" + ("" if alone else ", paired"), "seeds": len(pairs),
        "variant": plan.variant(one),
        "planted": "" if any(map(plan.has_habits, one.arms)) else "none: a base without the habits",
    }  # fmt: skip
    if pairs.empty:
        return Contrast(**fields, mean=None, low=None, high=None, tested=False, note="not run yet")
    against = 0 if alone else pairs[second]
    differences = (pairs[first] - against).tolist()
    if one.earlier:
        asked = (one.arms, fields["metric"])
        differences += [v for old in earlier if (old.arms, old.metric) == asked for v in old.values]
        fields |= {"seeds": len(differences), "metric": f"{fields['metric']}{BOTH_RUNS}"}
    several = len(differences) > 1
    mean, low, high = student(differences) if several else (differences[0], None, None)
    same = Same() if alone else same_of(one, pairs, kept, before)
    note, tested = note_of(plan, one, pairs, kept, same)
    if reads_nothing(table, one.measure, present, pairs.index):
        note, tested = "its arms read nothing: none of their reasoning is sound", False
    elif (words := stopped_without(plan, one, table, pairs.index)) and (high is None or high >= 0):
        note, tested = words, False
    if one.earlier:
        note += "; the earlier run was on other rows"
    judged = kept[first, pairs.index[0]]
    return Contrast(
        **fields, mean=mean, low=low, high=high, values=differences,
        tested=tested, same=same.share, note=note,
        n=plan.asked(one.measure) or (judged.n or 0) // plan.eval_samples or None,
        reports=None if plan.asked(one.measure) else judged.reports,
    )  # fmt: skip


def summarize_study(
    plan: Plan, out: Path, committed: Path | None = None
) -> tuple[Study, pd.DataFrame, dict[Run, Kept]]:
    """Builds a study's summary of what has run, here and before.

    Args:
        plan: of the study.
        out: folder of the results.
        committed: the study's folder with what was written of it before; an arm that ran here
            takes the place of a committed one.

    Returns:
        The summary, the table behind it, and what is kept of each arm.
    """
    results = read_results(plan, out)
    kept, before = read_kept(committed) if committed else ({}, None)
    kept = {run: one for run, one in kept.items() if run[0] in plan.arms and run[1] in plan.seeds}
    kept |= {run: kept_of(record) for run, record in results.items()}
    table = table_of(plan, results, kept)
    if before is not None:
        runs = pd.MultiIndex.from_frame(before[["arm", "seed"]])
        old = before[runs.isin([run for run in kept if run not in results])]
        table = pd.concat([old, table], ignore_index=True).astype({"value": float})
    earlier = read_study(committed).contrasts if committed and before is not None else []
    first = read_earlier(committed)
    found = [contrast(plan, one, table, kept, earlier, first) for one in plan.comparisons]
    contrasts = beside_others(found)
    every = len(plan.arms) * len(plan.seeds)
    left = every - len(kept)
    command = f"finlmm study papermill_runs/studies/{plan.name}.yaml"
    study = Study(
        name=plan.name, title=title_of(contrasts), question=plan.question, command=command,
        contrasts=contrasts, scale=f"{plan.policy}, {plan.shared.get('steps', '?')} steps of GRPO",
        planted=plan.planted, notebook=plan.notebook, settings_tried=plan.settings_tried,
        queued=f"{left} of {every} arms still to run: {command}" if left else "",
        notes=[*plan.hypotheses, f"Stopping: {plan.stopping}", *plan.notes,
               *steps_not_kept(plan, kept)],
    )  # fmt: skip
    return study, table, kept


def commit_study(path: Path, out: Path, to: Path | None = None) -> Study:
    """Writes the committed form of a study: summary, CSV, figure, manifest.

    Args:
        path: of the plan.
        out: folder of the arms' results.
        to: folder of studies; the gallery's where not given.

    Returns:
        What was written.
    """
    from finlmm_utils.evaluation.arms.figure import draw_curves, draw_matrix

    plan = read_plan(path)
    folder = (to or studies_folder()) / plan.name
    study, table, kept = summarize_study(plan, out, folder)
    write_study(study, table, folder)
    write_kept(folder, kept)
    draw_curves(plan, kept, folder)
    draw_matrix(plan, table, folder)
    ran: dict[str, list[str]] = {}
    for (arm, seed), one in kept.items():
        ran.setdefault(json.dumps(one.environment, sort_keys=True), []).append(f"{arm}-{seed}")
    manifest = {
        "plan": plan.model_dump(mode="json"),
        "ran": [{"environment": json.loads(k), "arms": sorted(arms)} for k, arms in ran.items()],
    }
    write_text(folder / MANIFEST, json.dumps(manifest, indent=1, sort_keys=True) + "\n")
    return study


def write_study(study: Study, table: pd.DataFrame, folder: Path) -> None:
    """Writes summary, CSV and figure of a study.

    Args:
        study: its contrasts.
        table: the numbers behind them.
        folder: gets the files.
    """
    from finlmm_utils.evaluation.arms.figure import draw

    folder.mkdir(parents=True, exist_ok=True)
    numbers = folder / f"{study.name}.csv"
    before = numbers.read_text("utf-8") if numbers.is_file() else ""
    table.to_csv(numbers, index=False, float_format="%.6g")
    study = dated(study, folder, renewed=numbers.read_text("utf-8") != before)
    write_text(folder / SUMMARY, study.model_dump_json(indent=1) + "\n")
    draw(study, folder)
