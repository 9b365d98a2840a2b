"""Evaluation: a policy answers rows, greedily and by sampling; every answer is kept and scored."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from finlmm_utils.intervals import student_times, wilson
from finlmm_utils.tar.responses import parse_response
from finlmm_utils.tar.rewards import accuracy_reward

REPORT_OF_ROW = re.compile(r"((?:.* )?[0-9a-f]{12})-q[0-9a-f]{10}$")
"""Ids of rows from reports: the ids of report and question, as the question writers join them; of
several runs, a name and a blank stand before."""


def read_rollouts(path: Path, rows: Any, tokenizer: Any) -> pd.DataFrame:
    """Reads a stage's ``completions.parquet`` with what each completion says taken apart.

    Args:
        path: of the file.
        rows: the rows trained on, for their targets and answers.
        tokenizer: counts the tokens of a thinking.

    Returns:
        The file's columns and thinking, answer, thinking_tokens, image_selection, target_image,
        right (None where the gold can't be parsed).
    """
    table = pd.read_parquet(path)
    targets = dict(zip(rows["id"], rows["target_image"], strict=True))
    if "reward_accuracy" not in table:  # a stage that did not pay for it
        table["reward_accuracy"] = _accuracy(table, rows)
    responses = [parse_response(text) for text in table["completion"]]
    counts = [len(ids) for ids in tokenizer([one.thinking or "" for one in responses])["input_ids"]]
    columns: dict[str, list[Any]] = {
        "thinking": [one.thinking or "" for one in responses],
        "answer": [one.answer for one in responses],
        "thinking_tokens": counts,
        "image_selection": [one.image_selection for one in responses],
        "target_image": [targets.get(row) for row in table["id"]],
        "right": [None if pd.isna(value) else value == 1 for value in table["reward_accuracy"]],
    }
    return table.assign(**columns)


def outcomes(rollouts: pd.DataFrame) -> pd.Series:
    """What each completion hit, read from what it says: a term that was not paid has no column.

    Args:
        rollouts: of :func:`read_rollouts`.

    Returns:
        "right, wrong image" and the like; "right" or "wrong" alone where the row has no target,
        missing where the gold can't be parsed.
    """
    answer = rollouts["right"].map({True: "right", False: "wrong"})
    seen = rollouts["image_selection"] == rollouts["target_image"]
    image = seen.map({True: ", right image", False: ", wrong image"})
    return answer + image.where(rollouts["target_image"].notna(), "")


def _accuracy(table: pd.DataFrame, rows: Any) -> list[float | None]:
    """The accuracy reward of the completions of a stage."""
    names = ("answer", "answer_kind", "prompt", "unit")
    golds = dict(zip(rows["id"], zip(*(rows[name] for name in names), strict=True), strict=True))
    answers, kinds, prompts, units = zip(*(golds[row] for row in table["id"]), strict=True)
    return accuracy_reward(table["completion"].tolist(), answers, kinds, prompts, units)


def report_of(row: str) -> str:
    """The report that a row's id names; "" for a word problem or a row of other data."""
    found = REPORT_OF_ROW.match(row)
    return found[1] if found else ""


def units_of(ids: Iterable[str]) -> list[str]:
    """What an interval over rows has to draw: their reports, where the ids name them.

    Rows of one report share its charts and its wording, so they are not independent draws. A row
    whose id names no report (a word problem, data of a hub) is a unit of its own.

    Args:
        ids: of the rows.

    Returns:
        One name a row. The ids themselves where fewer than two reports stand behind them: of one
        report nothing can be learnt about others.
    """
    ids = list(ids)
    units = [report_of(row) or row for row in ids]
    return units if len(set(units)) > 1 else ids


def bootstrap(
    values: Iterable[float],
    draws: int = 2000,
    seed: int = 0,
    units: Sequence[str] | None = None,
) -> tuple[float, float]:
    """The 95 % expanded percentile bootstrap interval of a mean over rows, by SciPy.

    The plain percentiles of n units are too narrow by a factor of sqrt((n - 1) / n), and by the
    normal distribution in Student's place; the percentiles taken here make up for both (T.
    Hesterberg, "What Teachers Should Know About the Bootstrap", 2015, section 5.3).

    Args:
        values: one a row; several samples of a row are averaged first.
        draws: resamplings; 2,000 leave an end unsure by a fiftieth of the interval (measured).
        seed: of the resampling.
        units: one name a row, as :func:`units_of` gives them; whole units are drawn with all
            their rows (a cluster bootstrap). Left out, each row is a unit.

    Returns:
        Both ends: NaN of no row, the mean itself of one unit, which SciPy refuses.
    """
    from scipy import stats

    data = np.asarray(list(values), float)
    if not len(data):
        return float("nan"), float("nan")
    member = np.arange(len(data)) if units is None else np.unique(units, return_inverse=True)[1]
    sums, sizes = np.bincount(member, data), np.bincount(member)
    if len(sums) < 2:
        return float(data.mean()), float(data.mean())
    low, high = stats.bootstrap(
        (sums, sizes), _mean_over_units, n_resamples=draws, confidence_level=_expanded(len(sums)),
        method="percentile", paired=True, rng=np.random.default_rng(seed),
    ).confidence_interval  # fmt: skip
    return float(low), float(high)


def _expanded(units: int) -> float:
    """The confidence at which percentiles of ``units`` resampled units are taken for 95 %."""
    from scipy.stats import norm

    return float(1 - 2 * norm.cdf(-student_times(units) * np.sqrt(units / (units - 1))))


def share_over_reports(right: Iterable[bool], reports: Iterable[str]) -> dict[str, Any] | None:
    """A share of questions whose interval draws their reports, as a result for the ledger.

    Args:
        right: one a question.
        reports: the report of each.

    Returns:
        ``value``, ``interval`` (the wider of the bootstrap over reports and Wilson's, since the
        bootstrap of a share near 0 or 1 has no width), ``rows`` and ``units`` (reports); None of
        no question.
    """
    flags, reports = [bool(one) for one in right], list(reports)
    if not flags:
        return None
    lows, highs = zip(wilson(sum(flags), len(flags)), bootstrap(flags, units=reports), strict=True)
    return {
        "value": sum(flags) / len(flags),
        "interval": (min(lows), max(highs)),
        "rows": len(flags),
        "units": len(set(reports)),
    }


def _interval(per_row: pd.Series) -> tuple[float, float]:
    """The interval of the mean of a column whose index holds the rows' ids."""
    return bootstrap(per_row, units=units_of(per_row.index))


def _mean_over_units(sums: Any, sizes: Any, axis: int) -> Any:
    """The mean over rows, from each unit's sum and number of rows."""
    return sums.sum(axis=axis) / sizes.sum(axis=axis)


def paired_difference(before: pd.DataFrame, after: pd.DataFrame, column: str) -> dict[str, Any]:
    """How much a share rose from one policy to another, over the rows that both answered.

    Args:
        before: samples of the first policy.
        after: samples of the second.
        column: "right" or "image_right".

    Returns:
        ``difference`` (after minus before), ``interval`` (95 %, bootstrap over ``units``: reports,
        or rows where the ids name none), ``rows``, ``units``.
    """
    means = [
        part[part[column].notna()].astype({column: float}).groupby("id")[column].mean()
        for part in (before, after)
    ]
    both = pd.concat(means, axis=1, join="inner", keys=["before", "after"]).sort_index()
    rises = both["after"] - both["before"]
    return {
        "difference": float(rises.mean()),
        "interval": _interval(rises),
        "rows": len(rises),
        "units": len(set(units_of(rises.index))),
    }


def summarize(samples: pd.DataFrame) -> dict[str, Any]:
    """Accuracy, image selection and format over rows, each with a 95 % interval.

    Args:
        samples: as :func:`generate` returns it, greedy or sampled.

    Returns:
        ``rows``, ``units`` (what the intervals draw: reports, or rows where the ids name none),
        ``accuracy``, ``accuracy_interval``, ``selection``, ``selection_interval`` (image
        rows), ``format``, ``tokens``, ``clipped``, ``accuracy_by_task`` and, with several samples a
        row, ``pass_at_k`` and ``selection_at_k``.
    """
    known = samples[samples["right"].notna()].copy()
    known["right"] = known["right"].astype(float)
    per_row = known.groupby("id", sort=True)["right"].mean()
    summary: dict[str, Any] = {
        "rows": int(samples["id"].nunique()),
        "units": len(set(units_of(per_row.index))),
        "unscored": int(samples["id"].nunique() - len(per_row)),
        "accuracy": float(per_row.mean()),
        "accuracy_interval": _interval(per_row),
        "format": float(samples["well_formed"].mean()),
        "tokens": float(samples["tokens"].mean()),
        "clipped": float(samples["clipped"].mean()),
        "accuracy_by_task": {
            task: float(group["right"].mean()) for task, group in known.groupby("task", sort=True)
        },
    }
    pictured = samples[samples["target_image"].notna()]
    if len(pictured):
        chosen = pictured.assign(image_right=pictured["image_right"].astype(float))
        rows = chosen.groupby("id", sort=True)["image_right"]
        summary["selection"] = float(rows.mean().mean())
        summary["selection_interval"] = _interval(rows.mean())
        summary["selection_chance"] = float((1 / pictured["images"]).mean())
    if samples["sample"].max() > 0:
        summary["pass_at_k"] = float(known.groupby("id")["right"].max().mean())
        summary["k"] = int(samples["sample"].max()) + 1
        if len(pictured):
            summary["selection_at_k"] = float(rows.max().mean())
    return summary
