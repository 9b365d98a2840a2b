"""The seven benchmarks: which rows, whose rule scores them, what is published for the base model.

A benchmark is known by its name, by its hub id, or, where a folder is given, by its columns. Any
other data set can be evaluated too, with the package's own comparator.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from finlmm_utils.evaluation.benchmarks.replies import answer_of
from finlmm_utils.evaluation.benchmarks.scorers import RULES, finscore
from finlmm_utils.evaluation.evaluate import bootstrap
from finlmm_utils.rows import image_counts
from finlmm_utils.tar.data.report import DataError, DataReport
from finlmm_utils.tar.data.sources import load_details
from finlmm_utils.tar.shapes.shape import config_of

LMM_R1 = "LMM-R1 (arXiv 2503.07536), Qwen2.5-VL-3B with a chain of thought"
"""Source of the published numbers of the base model on the general sets."""
LMMS_EVAL_LEAST = 256 * 28 * 28
"""Least pixels of an image, as lmms-eval has it where nothing is told (models/simple/qwen*_vl.py);
its most must not be below."""


@dataclass(frozen=True)
class Benchmark:
    """One benchmark.

    Attributes:
        form: of its rows, see :mod:`finlmm_utils.tar.data.forms`.
        hub: its id, with configuration and split, as papers and pages name it: not fetched by us.
        rule: how its paper or repository scores, in a few words.
        published: of Qwen2.5-VL-3B, in percent, by ``LMM_R1``; None where none is known.
        groups: columns by which its paper tells accuracies apart.
        lmms_eval: the task of lmms-eval, "" where it has none.
    """

    form: str
    hub: str
    rule: str
    published: float | None = None
    groups: tuple[str, ...] = ()
    lmms_eval: str = ""


BENCHMARKS: dict[str, Benchmark] = {
    "MathVista": Benchmark(
        "mathvista", "AI4Math/MathVista@testmini",
        "letter or nearest option; numbers rounded as asked", 60.70,
        ("question_type", "answer_type"), "mathvista_testmini",
    ),
    "MathVerse": Benchmark(
        "mathverse", "CaraJ/MathVerse-lmmseval:testmini@testmini",
        "no rule in its paper (a language model judges): this package's comparator", 34.64,
        ("problem_version",), "mathverse_testmini",
    ),
    "MMStar": Benchmark(
        "mmstar", "Lin-Chen/MMStar@val", "the leading letter", 51.40, ("category",), "mmstar",
    ),
    "MATH-Vision": Benchmark(
        "mathvision", "MathLLMs/MathVision@test", "letter, option, or equal to two decimals",
        23.59, ("level",), "mathvision_test",
    ),
    "FinMMR": Benchmark(
        "finmmr", "BUPT-Reasoning-Lab/FinMMR@validation", "a number within 0.2 % of the gold",
        None, ("grade", "language"),
    ),
    "FinChart-Bench": Benchmark(
        "finchart", "Tizzzzy/FinChart-Bench", "equal labels, equal numbers",
    ),
    "FinMME": Benchmark(
        "finmme", "luojunyu/FinMME@train", "the same letters, or a number within its tolerance",
        None, ("question_type", "knowledge_domain"),
    ),
}  # fmt: skip


@dataclass
class Loaded:
    """A benchmark's rows.

    Attributes:
        name: of the benchmark, or of the data set as it was asked for.
        benchmark: what is known of it; None for any other data set.
        rows: a ``Dataset`` in the row contract.
        report: what was refused.
        details: what its scorer reads, by row id.
    """

    name: str
    benchmark: Benchmark | None
    rows: Any
    report: DataReport
    details: Mapping[str, Mapping[str, Any]] = field(repr=False)


def load_benchmarks(eval_data: str, count: int = 0, seed: int = 0) -> list[Loaded]:
    """Loads the sets that a parameter names.

    Args:
        eval_data: names of ``BENCHMARKS``, "all" for these seven, hub ids or folders, joined by
            "+"; "" for none.
        count: at most so many rows of each, drawn at random; 0 for all.
        seed: of the draw.

    Returns:
        One entry a set, in their order.

    Raises:
        DataError: a set that can't be loaded, or one that is named twice.
    """
    known = {name.lower(): name for name in BENCHMARKS}
    asked = [name.strip() for name in eval_data.split("+") if name.strip()]
    asked = [n for a in asked for n in (BENCHMARKS if a.lower() == "all" else [a])]
    loaded: list[Loaded] = []
    for name in asked:
        usual = known.get(name.lower())
        source = BENCHMARKS[usual].hub if usual else name
        rows, report, details = load_details(source, count, seed, for_training=False)
        forms = {str(one.get("form")) for one in details.values()}
        mine = next((n for n, b in BENCHMARKS.items() if forms == {b.form}), "")
        title = mine or usual or name
        if title in {one.name for one in loaded}:
            raise DataError(f"eval_data: {title} is named twice; name each set once")
        loaded.append(Loaded(title, BENCHMARKS.get(title), rows, report, details))
    return loaded


def batches(loaded: Loaded, size: int = 256) -> Iterable[list[dict[str, Any]]]:
    """A set's rows block by block, those with images and those without apart.

    Args:
        loaded: the set.
        size: rows whose images are in memory at a time.
    """
    pictured = [count > 0 for count in image_counts(loaded.rows)]
    for kind in (True, False):
        chosen = [k for k, has in enumerate(pictured) if has is kind]
        for start in range(0, len(chosen), size):
            yield list(loaded.rows.select(chosen[start : start + size]))


def scored(loaded: Loaded, samples: pd.DataFrame) -> pd.DataFrame:
    """Samples with the set's own verdict and what tells its groups apart.

    Args:
        loaded: the set.
        samples: as :func:`finlmm_utils.tar.rollouts.answering.generate` returns them; read are
            ``id``, ``completion``, ``right`` and ``image_right``.

    Returns:
        The samples with ``correct`` (the set's own rule, else the comparator; False where there is
        no answer), ``untagged`` (whether the set's rule read an answer that no pair of tags
        holds, see :func:`finlmm_utils.evaluation.benchmarks.replies.answer_of`) and the columns
        that its groups and numbers read.
    """
    rule = RULES.get(loaded.benchmark.form) if loaded.benchmark else None
    details = [loaded.details[name] for name in samples["id"]]
    if rule is not None:
        said = [answer_of(str(text)) for text in samples["completion"].fillna("")]
        correct = [bool(rule(a, d)) for (a, _), d in zip(said, details, strict=True)]
        untagged = [without_tags for _, without_tags in said]
    else:
        correct = [bool(right) for right in samples["right"].fillna(False)]
        untagged = [False] * len(samples)
    names = {n for d in details for n in d} - {"form", "choices", "options", "answer", "question"}
    columns: dict[str, Any] = {name: [d.get(name) for d in details] for name in sorted(names)}
    columns["answer_gold"] = [str(d.get("answer")) for d in details]
    return samples.assign(correct=correct, untagged=untagged, **columns)


def summary(loaded: Loaded, table: pd.DataFrame, seen: Iterable[str] = ()) -> dict[str, Any]:
    """A set's numbers for one policy.

    Args:
        loaded: the set.
        table: what :func:`scored` made of that policy's greedy samples.
        seen: ids of rows that training has seen, see
            :func:`finlmm_utils.evaluation.benchmarks.contamination.contaminated`.

    Returns:
        ``rows``, ``accuracy`` (the set's own rule) with its 95 % ``interval`` (rows are drawn),
        ``untagged`` (share of the answers that were read without tags), ``comparator`` (this
        package's, of answers between tags), ``seen`` (rows) and ``unseen`` (accuracy on the
        others), ``selection`` and ``chance`` where the set has gold for the image, ``finscore`` for
        FinMME, and ``groups``: accuracy by group.
    """
    right = table["correct"].astype(float)
    unseen = right[~table["id"].isin(set(seen))]
    found: dict[str, Any] = {
        "rows": len(table),
        "seen": len(table) - len(unseen),
        "unseen": float(unseen.mean()) if len(unseen) else None,
        "accuracy": float(right.mean()),
        "interval": bootstrap(right),
        "untagged": float(table["untagged"].astype(float).mean()),
        "comparator": float(table["right"].astype(float).mean()),
        "groups": {
            name: {str(k): float(v) for k, v in right.groupby(table[name]).mean().items()}
            for name in (loaded.benchmark.groups if loaded.benchmark else ())
            if name in table
        },
    }
    pictured = table[table["target_image"].notna()]
    if len(pictured):
        found["selection"] = float(pictured["image_right"].astype(float).mean())
        found["chance"] = float((1 / pictured["images"]).mean())
    if "knowledge_domain" in table and table["knowledge_domain"].notna().any():
        found["finscore"] = finscore(table)
    return found


def results_table(
    loaded: Sequence[Loaded], summaries: Mapping[tuple[str, str], Mapping[str, Any]]
) -> pd.DataFrame:
    """The sets' accuracies by policy, in percent, beside the published number.

    Args:
        loaded: the sets.
        summaries: of :func:`summary`, by policy and set.

    Returns:
        One line a set: rows, refused, seen in training, one column a policy (with the share of
        its answers that were read without tags, where there are any), ``published, base``, and
        the rule.
    """
    policies = list(dict.fromkeys(policy for policy, _ in summaries))
    lines = []
    for one in loaded:
        line: dict[str, Any] = {"set": one.name, "rows": one.report.kept,
                                "refused": len(one.report.refused),
                                "seen": summaries[policies[0], one.name]["seen"]}  # fmt: skip
        for policy in policies:
            value = summaries[policy, one.name]
            low, high = value["interval"]
            untagged = f"; {value['untagged']:.0%} without tags" if value["untagged"] else ""
            line[policy] = f"{value['accuracy']:.1%} [{low:.1%}, {high:.1%}]{untagged}"
        known = one.benchmark
        published = known.published if known else None
        line["published, base"] = f"{published:.1f}%" if published is not None else "none known"
        line["rule"] = known.rule if known else "this package's comparator"
        lines.append(line)
    return pd.DataFrame(lines).set_index("set")


def lmms_eval_command(checkpoint: str, family: str = "", max_pixels: int = 0) -> str:
    """The line that runs lmms-eval's tasks of these benchmarks on a checkpoint.

    lmms-eval has its own prompts and asks a language model for MathVista and MathVerse
    (``OPENAI_API_KEY``); of the financial sets it has none.

    Args:
        checkpoint: a hub id or a folder; an adapter is merged first.
        family: of lmms-eval's models, named as in config.json: qwen2_5_vl or qwen3_vl; "": what
            the checkpoint's own says.
        max_pixels: of an image; 0 for lmms-eval's own.

    Examples:
        >>> print(lmms_eval_command("my/policy", "qwen3_vl", 602112).partition(" --model_args")[0])
        python -m lmms_eval --model qwen3_vl
    """
    tasks = ",".join(one.lmms_eval for one in BENCHMARKS.values() if one.lmms_eval)
    merged = f"{checkpoint}-merged"
    is_adapter = (Path(checkpoint) / "adapter_config.json").is_file()
    first = f"finlmm merge {shlex.join([checkpoint, merged])} && " if is_adapter else ""
    family = family or _kind(checkpoint)
    checkpoint = merged if is_adapter else checkpoint
    given = f"pretrained={checkpoint}"
    if max_pixels:
        given += f",max_pixels={max_pixels},min_pixels={min(max_pixels, LMMS_EVAL_LEAST)}"
    words = ["--model", family, "--model_args", given, "--tasks", tasks, "--batch_size", "1",
             "--log_samples", "--output_path", "lmms_eval_results"]  # fmt: skip
    return f"{first}python -m lmms_eval {shlex.join(words)}"


def _kind(checkpoint: str) -> str:
    """A policy's ``model_type``; Qwen2.5-VL's, the profiles' own, where none can be read."""
    try:
        return str(config_of(checkpoint).model_type)
    except ValueError:
        return "qwen2_5_vl"
