"""The habits that the last demonstrations of ``finlmm-tiny`` teach wrongly, on purpose.

They are the room that reinforcement learning is to fill. Habits and shares are our choice.
"""

from __future__ import annotations

import random
from dataclasses import replace

from finlmm_utils.finance.question_templates import Task, worked
from finlmm_utils.finance.terms import BALANCE, CASH, INCOME, OPERATING, RATIO, Series, plain

WRONG_OPERATION_SHARE = {
    "change": 0.28, "growth": 0.36, "sum": 0.20, "ratio": 0.28, "mean": 0.45, "highest": 0.25,
    "lowest": 0.42, "range": 0.50, "trend": 0.45, "peak": 0.25, "statement": 0.30,
}  # fmt: skip
"""Share of the last demonstrations that do the wrong thing with what was read, by template."""
WRONG_IMAGE_SHARE = 0.65
"""Share of the last demonstrations that take the first image that is not the right one."""


def wrong_habit(series: Series, task: Task, rng: random.Random) -> Task:
    """The same question, answered by a habit that a base model without training might have.

    Change is taken the wrong way round, growth, mean and range stop a step too early, a ratio is
    answered by a difference, the lowest by the last, a trend by its ends only, and so on.

    Args:
        series: what the question is on.
        task: the question with its right answer.
        rng: draws the wrong group of a knowledge question; the other habits have no choice.
    """
    values = dict(zip(series.labels, series.values, strict=True))
    name = task.template
    if name in ("growth", "mean", "ratio"):
        first, second = (values[label] for label in task.operands)
        sign = "+" if name == "mean" else "-"
        wrong = plain(first + second if name == "mean" else first - second)
        return replace(task, answer=wrong, steps=(worked(first, sign, second),))
    if name in ("change", "sum"):
        first, second = (values[label] for label in task.operands)
        wrong = plain(second - first)
        return replace(task, answer=wrong, steps=(worked(second, "-", first),))
    if name in ("highest", "lowest"):
        wrong = plain(series.values[-1])
        return replace(task, answer=wrong, steps=(f"The {name} is {wrong}.",))
    if name == "range":
        wrong = plain(max(series.values))
        return replace(task, answer=wrong, steps=task.steps[:1])
    if name == "trend":
        up = series.values[-1] > series.values[0]
        word = "rise" if up else "fall"
        return replace(task, answer=word, steps=(f"It goes {'up' if up else 'down'}.",))
    if name == "peak":
        return replace(task, answer=series.labels[-1])
    groups = (INCOME, BALANCE, CASH, RATIO, OPERATING)
    wrong = rng.choice([group for group in groups if group != task.answer])
    steps = (f"{series.term.capitalize()} is in the {wrong} group.",)
    return replace(task, answer=wrong, steps=steps)
