"""Is a right answer right for good reasons? A parser for reasoning whose gold is known.

On made charts the values are known, and ``finlmm-tiny`` reasons in fixed forms: which chart it
takes, what it reads, what it works out. Each step can therefore be checked, and a right answer told
from a lucky one. For the free text of a large model only equations and named figures are checked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pandas as pd

from finlmm_utils.evaluation.equations import false_equations, results
from finlmm_utils.evaluation.evaluate import bootstrap, units_of
from finlmm_utils.finance.answers import match
from finlmm_utils.finance.terms import CATEGORY_OF, Series, plain
from finlmm_utils.finance.units import DECIMAL

RULES = 2
"""Number of the rules below: one more whenever the same reasoning may be judged otherwise."""
_NUMBER = rf"-?{DECIMAL}"
_TAKEN = re.compile(r"Image \d+ shows ([^,.]+), yes(?:, (left|right))?")
_EXTREME = re.compile(rf"The (highest|lowest) is ({_NUMBER})")
_MOVES = re.compile(r"It goes ((?:up|down|flat)(?:, (?:up|down|flat))*)")
_ITEM = re.compile(r"(\w[\w&' -]*) is in the ([\w ]+) group\.")

_ASKED: tuple[tuple[str, str], ...] = (
    ("change", r"What is the change in .+ from (?P<a>\S+) to (?P<b>\S+)\?"),
    ("growth", r"What is the growth of .+ from (?P<a>\S+) to (?P<b>\S+) in percent\?"),
    ("sum", r"What is the sum of .+ in (?P<a>.+) and (?P<b>.+)\?"),
    ("mean", r"What is the mean of .+ in (?P<a>.+) and (?P<b>.+)\?"),
    ("ratio", r"What is the ratio of .+ in (?P<b>.+) to that in (?P<a>.+)\?"),
    ("highest", r"What is the highest value of .+\?"),
    ("lowest", r"What is the lowest value of .+\?"),
    ("range", r"What is the range of .+\?"),
    ("trend", r"Did .+ rise, fall or fluctuate .+\?"),
    ("peak", r"(?:In which period did .+ peak .+|Which \w+ has the highest .+)\?"),
    ("statement", r"Which kind of item is .+\?"),
)


@dataclass(frozen=True)
class Reasoning:
    """What of a reasoning holds.

    Attributes:
        template: form of the question, as in ``question_templates``.
        named: every chart that it takes shows what was asked for (and on the side it takes).
        read: every value that it reads is the chart's, each time it reads it.
        consistent: its equations, extremes, directions, the item it tells of and its group hold.
        follows: the answer is what the question asks of the values it read last, or the group told,
            and the result of the last equation, where there is one.
        complete: every value that the question asks for is read, rightly or not.
        slips: misread values, each once, and what else is false.
        worked: a question for a range is worked to its end: highest, lowest, difference.
    """

    template: str
    named: bool
    read: bool
    consistent: bool
    follows: bool
    complete: bool
    slips: int
    worked: bool

    @property
    def sound(self) -> bool:
        """All four hold."""
        return self.named and self.read and self.consistent and self.follows


def asked(question: str) -> tuple[str, tuple[str, ...]] | None:
    """Form of a question and the labels it names; None for a form that no template has.

    Examples:
        >>> asked("What is the ratio of net sales in 2019 to that in 2018?")
        ('ratio', ('2018', '2019'))
    """
    for template, pattern in _ASKED:
        if found := re.search(pattern, question):
            groups = found.groupdict()
            return template, tuple(groups[k] for k in ("a", "b") if k in groups)
    return None


def judge(question: str, thinking: str, answer: str, series: Series) -> Reasoning | None:
    """Checks each step of a reasoning in the fixed forms of ``finlmm-tiny``.

    Args:
        question: made from a template.
        thinking: the reasoning.
        answer: what the policy answered.
        series: what the right chart shows of the term that is asked for.

    Returns:
        What holds; None where the question has no template.
    """
    if (form := asked(question)) is None:
        return None
    template, labels = form
    gold = dict(zip(series.labels, series.values, strict=True))
    pairs = re.findall(rf"([\w&' -]+?): ({_NUMBER})(?=[,.]|$)", thinking)
    readings = [(label.strip(), float(number)) for label, number in pairs]
    values = dict(readings)  # the last ones, which it goes on with
    wrong = {(label, value) for label, value in readings if gold.get(label) != value}
    needed = () if template == "statement" else labels or series.labels
    false = false_equations(thinking) + _false_claims(thinking, list(values.values()))
    items = _ITEM.findall(thinking)
    true = (series.term.casefold(), CATEGORY_OF.get(series.term))
    false += sum((item.casefold(), group) != true for item, group in items)
    concluded = _conclusion(template, labels, values, items)
    worked_out = results(thinking)
    extremes = {name for name, _ in _EXTREME.findall(thinking)}
    return Reasoning(
        template=template,
        named=_names(thinking, series.term),
        read=not wrong and set(needed) <= set(values),
        consistent=false == 0,
        follows=concluded is not None
        and match(answer, concluded[0], concluded[1]) is True
        and (not worked_out or match(answer, worked_out[-1], "number") is True),
        complete=set(needed) <= set(values),
        slips=len(wrong) + false,
        worked=extremes == {"highest", "lowest"} and bool(worked_out),
    )


def _names(thinking: str, term: str) -> bool:
    """Whether each chart that is taken, one at least, shows the term on the side that is taken."""
    taken = _TAKEN.findall(thinking)
    for shown, side in taken:
        parts = shown.split(" and ")
        if (parts[side == "right"] if side and len(parts) == 2 else shown) != term:
            return False
    return bool(taken)


def _false_claims(thinking: str, values: Sequence[float]) -> int:
    """Extremes and directions that what was read does not bear out."""
    if not values:
        return 0
    ends = {"highest": max(values), "lowest": min(values)}
    false = sum(ends[name] != float(said) for name, said in _EXTREME.findall(thinking))
    steps = ["up" if b > a else "down" if b < a else "flat" for a, b in pairwise(values)]
    return false + sum(said.split(", ") != steps for said in _MOVES.findall(thinking))


def _conclusion(
    template: str, labels: Sequence[str], values: Mapping[str, float],
    items: Sequence[tuple[str, str]],
) -> tuple[str, str] | None:  # fmt: skip
    """The answer, and its kind, that what was read or told leads to; None where it is missing."""
    if template == "statement":
        return (items[-1][1], "choice") if items else None
    if labels:
        if not set(labels) <= set(values):
            return None
        a, b = (values[label] for label in labels)
        if a == 0 and template in ("growth", "ratio"):
            return None
        result = {
            "change": b - a, "sum": a + b, "mean": (a + b) / 2,
            "growth": (b - a) / a * 100 if a else 0.0, "ratio": b / a if a else 0.0,
        }[template]  # fmt: skip
        return plain(result), "number"
    said = list(values.values())
    if not said:
        return None
    if template in ("highest", "lowest", "range"):
        high, low = max(said), min(said)
        return plain({"highest": high, "lowest": low, "range": high - low}[template]), "number"
    if template == "peak":
        return max(values, key=lambda label: values[label]), "choice"
    rises = [b > a for a, b in pairwise(said)]
    falls = [b < a for a, b in pairwise(said)]
    return ("rise" if all(rises) else "fall" if all(falls) else "fluctuate"), "choice"


JUDGED = ("named", "read", "consistent", "follows", "complete", "sound", "slips", "worked")


def judge_samples(samples: pd.DataFrame, series: Mapping[str, Series]) -> pd.DataFrame:
    """Adds what of each reasoning holds, and whether the answer is lucky or unlucky.

    Args:
        samples: with id, question, thinking, answer, right, as ``answering.generate`` returns.
        series: by id of row, what the right chart shows of the term that is asked for.

    Returns:
        The table with ``template`` and the columns of ``JUDGED`` (None where not judged),
        ``lucky`` (right, and not sound) and ``unlucky`` (wrong, but for one slip: the right chart,
        all values read).
    """
    names = ("id", "question", "thinking", "answer")
    said = zip(*(samples[name].tolist() for name in names), strict=True)
    found = [
        judge(question, thinking, answer, series[row]) if row in series else None
        for row, question, thinking, answer in said
    ]
    columns: dict[str, Any] = {
        name: [None if one is None else getattr(one, name) for one in found]
        for name in (*JUDGED, "template")
    }
    right = samples["right"].tolist()
    both = list(zip(found, right, strict=True))
    columns["lucky"] = [
        None if one is None or r is None else bool(r and not one.sound) for one, r in both
    ]
    columns["unlucky"] = [
        None
        if one is None or r is None
        else bool(not r and one.named and one.complete and one.slips == 1)
        for one, r in both
    ]
    return samples.assign(**{k: pd.Series(v, index=samples.index) for k, v in columns.items()})


def summarize_reasoning(judged: pd.DataFrame) -> dict[str, Any]:
    """Shares of a judged table, with intervals that draw reports.

    Args:
        judged: of :func:`judge_samples`.

    Returns:
        ``judged`` (completions), ``coverage`` (their share of all), ``named``, ``read``,
        ``consistent``, ``sound`` and ``unlucky`` (of all judged), ``lucky_of_right`` (of the right
        ones), ``range_worked`` (of questions for a range), each with ``NAME_interval``; None
        where there is nothing to judge.
    """
    some = judged[judged["named"].notna() & judged["right"].notna()]
    covered = len(some) / len(judged) if len(judged) else None
    summary: dict[str, Any] = {"judged": len(some), "coverage": covered}
    right, ranges = some[some["right"].astype(bool)], some[some["template"] == "range"]
    parts = {name: (some, name) for name in ("named", "read", "consistent", "sound", "unlucky")}
    parts |= {"lucky_of_right": (right, "lucky"), "range_worked": (ranges, "worked")}
    for name, (part, column) in parts.items():
        values = part[column].astype(float)
        summary[name] = float(values.mean()) if len(values) else None
        interval = bootstrap(values, units=units_of(part["id"])) if len(values) else None
        summary[f"{name}_interval"] = interval
    return summary
