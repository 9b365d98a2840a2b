"""What a study's arms give: a number for each arm and seed, contrasts, the committed summary."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finlmm_utils.arms.spec import Comparison, Plan, read_plan
from finlmm_utils.evaluation.evaluate import report_of
from finlmm_utils.evaluation.studies import SUMMARY, Contrast, Study, studies_folder
from finlmm_utils.intervals import LEVEL
from finlmm_utils.output import write_text

LAST = 10
"""Steps at the end of a training that "in training" measures are the mean of; our choice."""
SAME = 0.95
"""Share of equal completions from which on two arms are no test of each other; our choice."""
WORDS = {
    "accuracy": "accuracy on held-out reports, sampled",
    "selection": "right image on held-out reports, sampled",
    "lucky_of_right": "share of lucky ones among right answers",
    "sound": "share of sound reasoning",
    "range_worked": "questions for a range worked to their end",
    "named": "share that names the right chart",
    "format": "share in the format",
    "tokens": "mean length, tokens",
    "right_in_training": f"accuracy of the last {LAST} steps' rollouts",
    "steps_to_baseline": "steps to the baseline's final accuracy",
    "within_auroc": "AUROC of the discriminator within groups",
    "ece": "calibration error of the discriminator",
    "flat_advantage": "share of squared advantages from groups flat in accuracy",
    "other_form": f"answers of another form, last {LAST} steps",
    "repetition": f"repeated word triples, last {LAST} steps",
}


def read_results(plan: Plan, out: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """The records of the arms that have run, by arm and seed."""
    found = {}
    for arm in plan.arms:
        for seed in plan.seeds:
            path = out / f"{arm}-{seed}.json"
            if path.is_file():
                found[arm, seed] = json.loads(path.read_text("utf-8"))
    return found


def measures(record: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> dict[str, float]:
    """All numbers of one arm with one seed; NaN where there is nothing to measure.

    Args:
        record: as ``run_arm`` wrote it.
        baseline: that of the baseline's arm with the same seed.

    Returns:
        By the names of ``WORDS``.
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
    }


def _steps_to(record: Mapping[str, Any], baseline: Mapping[str, Any] | None) -> float:
    """The first step whose running mean of ``LAST`` steps is the baseline's last one.

    One step more than there are, where it is never reached: a lower bound.
    """
    if baseline is None or "reward_accuracy" not in record["metrics"][0]:  # not paid, not logged
        return float("nan")
    goal = pd.DataFrame(baseline["metrics"])["reward_accuracy"].tail(LAST).mean()
    curve = pd.DataFrame(record["metrics"])["reward_accuracy"].rolling(LAST).mean()
    reached = np.flatnonzero(curve.to_numpy() >= goal)
    return float(reached[0] + 1) if len(reached) else float(len(curve) + 1)


def table_of(plan: Plan, results: Mapping[tuple[str, int], Mapping[str, Any]]) -> pd.DataFrame:
    """One line for each arm, seed and measure."""
    lines = []
    for (arm, seed), record in results.items():
        found = measures(record, results.get((plan.baseline, seed)))
        lines += [{"arm": arm, "seed": seed, "measure": m, "value": v} for m, v in found.items()]
    return pd.DataFrame(lines, columns=["arm", "seed", "measure", "value"])


def student(values: np.ndarray) -> tuple[float, float, float]:
    """Mean and 95 % interval over seeds by Student's t; both ends NaN for one seed.

    Examples:
        >>> [round(v, 3) for v in student(np.array([0.1, 0.2, 0.3]))]
        [0.2, -0.048, 0.448]
    """
    from scipy import stats

    mean = float(values.mean())
    if len(values) < 2:
        return mean, float("nan"), float("nan")
    half = stats.sem(values) * stats.t.ppf((1 + LEVEL) / 2, len(values) - 1)
    return mean, mean - float(half), mean + float(half)


def contrast(
    one: Comparison, table: pd.DataFrame, results: Mapping[tuple[str, int], Mapping[str, Any]]
) -> Contrast:
    """One comparison of the plan, paired by the seeds that both arms have.

    Args:
        one: of the plan.
        table: of :func:`table_of`.
        results: for what the arms wrote.
    """
    values = table[table["measure"] == one.measure].pivot(
        index="seed", columns="arm", values="value"
    )
    present = [arm for arm in one.arms if arm in values]
    pairs = values[present].dropna() if len(present) == len(one.arms) else values.iloc[:0]
    first, second = one.arms[0], one.arms[-1]
    alone = len(one.arms) == 1
    words = WORDS[one.measure] + (" (fewer is better)" if one.negate else "")
    what = first if alone else f"{first} minus {second}"
    fields: dict[str, Any] = {
        "contrast": what, "metric": words, "arms": one.arms,
        "claims": one.claims, "primary": one.primary, "placebo": one.placebo,
        "kind": "seeds (Student)" + ("" if alone else ", paired"), "seeds": max(1, len(pairs)),
    }  # fmt: skip
    if pairs.empty:
        return Contrast(**fields, mean=None, low=None, high=None, tested=False, note="not run yet")
    against = 0 if alone else pairs[second]
    differences = (pairs[first] - against).to_numpy() * (-1 if one.negate else 1)
    mean, low, high = student(differences)
    equal = [_equal(results[first, s], results[second, s]) for s in pairs.index]
    same = 0.0 if alone else np.mean(equal)
    note = "" if alone else f"{same:.0%} of the completions are the same"
    if len(pairs) == 1:
        low = high = mean
        note = f"one seed: no interval; {note}".removesuffix("; ")
    samples = results[first, pairs.index[0]]["samples"]
    ids = {row[samples["columns"].index("id")] for row in samples["data"]}
    return Contrast(
        **fields, mean=mean, low=low, high=high, values=[float(d) for d in differences],
        tested=bool(same <= SAME), note=note, n=len(samples["data"]),
        reports=len({report_of(row) for row in ids} - {""}) or None,
    )  # fmt: skip


def _equal(a: Mapping[str, Any], b: Mapping[str, Any]) -> float:
    """Share of a training's completions that another arm's training wrote, too, in its place."""
    return float(np.mean([x == y for x, y in zip(a["completions"], b["completions"], strict=True)]))


def summarize_study(plan: Plan, out: Path) -> tuple[Study, pd.DataFrame]:
    """Builds a study's summary of what has run.

    Args:
        plan: of the study.
        out: folder of the results.

    Returns:
        The summary and the table behind it.
    """
    results = read_results(plan, out)
    table = table_of(plan, results)
    contrasts = [contrast(one, table, results) for one in plan.comparisons]
    left = len(plan.arms) * len(plan.seeds) - len(results)
    command = f"finlmm study papermill_runs/studies/{plan.name}.yaml"
    primary = next((c for c in contrasts if c.primary), contrasts[0])
    study = Study(
        name=plan.name, title=_title(primary), question=plan.question, command=command,
        contrasts=contrasts, scale=f"{plan.policy}, {plan.shared.get('steps', '?')} steps of GRPO",
        planted=plan.planted, notebook=plan.notebook, settings_tried=plan.settings_tried,
        queued=f"{left} of {len(plan.arms) * len(plan.seeds)} arms; {command}" if left else "",
        notes=[*plan.hypotheses, f"Stopping: {plan.stopping}", *plan.notes],
    )  # fmt: skip
    return study, table


def _title(one: Contrast) -> str:
    if one.mean is None or one.low is None or one.high is None:
        return "Not run yet"
    if one.seeds == 1:
        return f"One seed: {one.contrast}, {one.metric}: {one.mean:+.3f}"
    verdict = "above 0" if one.low > 0 else "below 0" if one.high < 0 else "undecided"
    return (
        f"{one.contrast}, {one.metric}: {one.mean:+.3f} ({one.low:+.3f} to {one.high:+.3f}, "
        f"{one.seeds} seeds): {verdict}"
    )


def commit_study(path: Path, out: Path, to: Path | None = None) -> Study:
    """Writes the committed form of a study: summary, CSV, figure, manifest.

    Args:
        path: of the plan.
        out: folder of the arms' results.
        to: folder of studies; the gallery's where not given.

    Returns:
        What was written.
    """
    from finlmm_utils.arms.figure import draw

    plan = read_plan(path)
    folder = (to or studies_folder()) / plan.name
    folder.mkdir(parents=True, exist_ok=True)
    study, table = summarize_study(plan, out)
    table.to_csv(folder / f"{plan.name}.csv", index=False, float_format="%.6g")
    write_text(folder / SUMMARY, study.model_dump_json(indent=1) + "\n")
    ran: dict[str, list[str]] = {}
    for (arm, seed), record in read_results(plan, out).items():
        where = json.dumps(record["environment"], sort_keys=True)
        ran.setdefault(where, []).append(f"{arm}-{seed}")
    manifest = {
        "plan": plan.model_dump(mode="json"),
        "ran": [{"environment": json.loads(k), "arms": sorted(arms)} for k, arms in ran.items()],
    }
    write_text(
        folder / "study_manifest.json", json.dumps(manifest, indent=1, sort_keys=True) + "\n"
    )
    draw(study, plan, table, folder)
    return study
