"""README's results and REPRODUCIBILITY.md, filled from files: no number in them is typed."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.evaluation.ledger import Row, RunFacts, ledger, otherwise
from finlmm_utils.evaluation.ledger_views import (
    caveat,
    in_words,
    leading,
    plain_verdict,
    with_interval,
)
from finlmm_utils.evaluation.paper_claims import sentences
from finlmm_utils.evaluation.studies import BOTH_RUNS, Study, read_studies, studies_folder
from finlmm_utils.output import write_text
from finlmm_utils.study.capacity import RATES, capacity
from finlmm_utils.study.parameters.profiles import PROFILES, load_profile
from finlmm_utils.study.report.evidence import facts_of, metrics_by_number
from finlmm_utils.study.report.render import filled
from finlmm_utils.study.report.views.studies import ran_on
from finlmm_utils.study.runner.manifest import manifests
from finlmm_utils.study.runner.measured import machine_words, read_measured

SECTION = re.compile(r"<!-- results -->.*?<!-- /results -->", re.DOTALL)
SHAPES = re.compile(r"<!-- real_shape -->.*?<!-- /real_shape -->", re.DOTALL)
RATIOS = re.compile(r"<!-- benchmarks -->.*?<!-- /benchmarks -->", re.DOTALL)
REFERENCE = "cpu"
"""Run of the gallery that README shows."""
TOLD = ("stage1_steps", "stage2_steps", "ablation_steps", "prompts_per_step", "group_size",
        "stage1_learning_rate", "stage2_learning_rate", "bert_train_interval", "reward_weights",
        "length_thresholds", "max_completion_tokens", "test_share", "eval_rows",
        "eval_samples")  # fmt: skip
"""Parameters that decide results; all others stand in the profile."""


def committed_rows() -> list[Row]:
    """The ledger of what is committed: the gallery's run, and all studies as they are now."""
    run = _reference_run()
    found = [manifest for _, manifest in manifests(run)]
    facts = facts_of(run, found) if found else RunFacts(REFERENCE, REFERENCE, "", 1)
    return ledger(metrics_by_number(run), facts, read_studies())


def _reference_run() -> Path:
    return repository_root() / "papermill_runs" / "gallery" / REFERENCE


def results_section(rows: Sequence[Row]) -> str:
    """README's section: the caveat, what was decided, and a folded table of what has a number.

    Args:
        rows: Of the ledger.

    Returns:
        Markdown.
    """
    lines = [" ".join(caveat(read_studies())), "", in_words(rows), ""]
    measured = [row for row in _beside(rows) if row.ours is not None]
    for word in ("supported", "contradicted"):
        said = [row for row in leading(rows) if plain_verdict(row) == word]
        for row in said:
            kinds = [word, "of ours" * bool(row.variant), "exploratory" * row.exploratory]
            lines.append(f"- **{', '.join(filter(None, kinds))}**: {row.claim} *{row.metric}*"
                         f" {_number(row)}; {_drawn(row)}; it must exceed {row.threshold or 0:g}"
                         f"{'; ' * bool(but := otherwise(row, rows))}{but}.")  # fmt: skip
    if measured:
        lines += ["", "<details>", "<summary>All claims that have a number, each with its interval,"
                  " verdict and command</summary>", ""]  # fmt: skip
        lines += ["| claim, *metric* | ours [95 % interval] | must exceed | interval over "
                  "| verdict | planted | command |", "|---" * 7 + "|"]  # fmt: skip
    else:
        lines.append("No run of this version is committed yet: `make reproduce` makes one, and its"
                     " page begins with this table.")  # fmt: skip
    for row in measured:
        ends = _number(row)
        if row.greedy is not None:
            ends += f"; greedy: {with_interval(row.greedy, row.greedy_low, row.greedy_high)}"
        note = f" ({row.note})" if row.note else ""
        claim = f"Ours, not the paper's: {row.variant}. {row.claim}" if row.variant else row.claim
        verdict = f"**{row.verdict}**" + ", exploratory" * row.exploratory
        lines.append(
            f"| {claim} *{row.metric}* | {ends} | {row.threshold or 0:g} | {_drawn(row)} | "
            f"{verdict}{note} | {row.planted.split(':')[0]} | `{row.command}` |"
        )
    if measured:
        lines += ["", "</details>", "", "The command of a finished study finds its arms committed"
                  " and runs none; with `--to FOLDER` it runs them anew. Arms of studies:"
                  f" {_machines()}."]  # fmt: skip
    lines += ["", "Claims without a number, with what each needs and its command:"
              " [REPRODUCIBILITY.md](REPRODUCIBILITY.md#claims-without-a-number)."]  # fmt: skip
    return "\n".join(lines)


def _number(row: Row) -> str:
    """A row's number with its interval."""
    assert row.ours is not None
    return with_interval(row.ours, row.low, row.high)


def _machines() -> str:
    """Where the arms of all studies ran, beside the lock's torch."""
    lock = (repository_root() / "requirements.lock").read_text("utf-8").splitlines()
    (pin,) = (line.partition("==")[2] for line in lock if line.startswith("torch=="))
    return f"{ran_on(*sorted(studies_folder().iterdir()))}; the lock pins torch {pin}"


def _seeds(study: Study) -> str:
    """How many seeds a study ran, and whether twice."""
    own = max((c.seeds for c in study.contrasts if not c.metric.endswith(BOTH_RUNS)), default=0)
    both = max((c.seeds for c in study.contrasts if c.metric.endswith(BOTH_RUNS)), default=0)
    words = f"{own} seed{'' if own == 1 else 's'}"
    return f"{words}, run twice: {both} in the contrasts of both runs" if both else words


def _drawn(row: Row) -> str:
    """What a row's interval draws, and of how many."""
    return f"{row.kind}{f', n = {row.n}' if row.n else ''}, seeds: {row.seeds}"


def _beside(rows: Sequence[Row]) -> list[Row]:
    """The first row of each claim, and behind one of the paper's method the first that is ours."""
    found: list[Row] = []
    for first in leading(rows):
        same = [row for row in rows if row.id == first.id and row.variant]
        found += [first, *([] if first.variant else same[:1])]
    return found


def fill_results(text: str) -> str:
    """Renew what stands between ``<!-- results -->`` and its end, and the tables of benchmarks.

    Args:
        text: Markdown.
    """
    section, shapes = results_section(committed_rows()), shapes_section()
    ratios = f"<!-- benchmarks -->\n{benchmarks_section()}\n<!-- /benchmarks -->"
    text = RATIOS.sub(lambda _: ratios, text)
    text = SHAPES.sub(lambda _: f"<!-- real_shape -->\n{shapes}\n<!-- /real_shape -->", text)
    return SECTION.sub(lambda _: f"<!-- results -->\n{section}\n<!-- /results -->", text)


def benchmarks_path() -> Path:
    """What ``benchmarks/table.py`` measured."""
    return repository_root() / "papermill_runs" / "gallery" / "benchmarks.json"


def _measured_notebooks() -> dict[str, Any]:
    entry: dict[str, Any] = read_measured().get(REFERENCE, {})
    return entry.get("notebooks", {})


def benchmarks_section() -> str:
    """README's table of ratios, from the file of their run; a line where there is none.

    The minutes of a run are the last recorded run's, whenever that was.
    """
    path = benchmarks_path()
    if not path.is_file():
        return "Not measured yet: `python benchmarks/table.py`."
    run = json.loads(path.read_text("utf-8"))
    minutes = sum(n["seconds"] for n in _measured_notebooks().values()) / 60
    recorded = {
        "what": f"notebooks 00 to 09 under `{REFERENCE}`, by the last recorded run", "unit": "min",
        "median": minutes, "rounds": 1, "goal": "at most 20", "command": "make reproduce",
    }  # fmt: skip
    lines = ["| what | median [least, most] | rounds | goal | command |", "|---|---|---|---|---|"]
    for row in [*run["rows"], *([recorded] if minutes else [])]:
        unit = "" if row["unit"] == "x" else f" {row['unit']}"
        digits = 1 if row["median"] >= 10 else 2 if row["median"] >= 0.1 else 3
        ends = [f"{row[end]:.{digits}f}" for end in ("least", "most") if row["rounds"] > 1]
        spread = f" [{', '.join(ends)}]" if ends else ""
        lines.append(
            f"| {row['what']} | {row['median']:.{digits}f}{spread}{unit} | {row['rounds']} | "
            f"{row['goal']} | `{row['command']}` |"
        )
    load = f"load of the machine before: {run['load_before']:.1f}"
    return "\n".join([*lines, "", f"{machine_words(run['machine'])}; {load}."])


def shapes_section() -> str:
    """README's table of GRPO steps at the real shapes, from the files of the benchmark's runs."""
    heads = ("policy", "adapter", "`fits` said, GB", "peak, GB", "seconds a step", "of it rollouts",
             "run")  # fmt: skip
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for path in sorted(
        (repository_root() / "papermill_runs" / "gallery" / "real_shape").glob("*.json")
    ):
        run = json.loads(path.read_text("utf-8"))
        for case in run["cases"]:
            step, rollouts = case.get("skipped", "-"), ""
            if "seconds_per_step" in case:
                step = f"{case['seconds_per_step']:.0f}"
                rollouts = f"{case['seconds_by_part']['rollouts']:.0f}"
            lines.append(
                f"| {case['policy'].split('/')[1]} | {case['mode']} | {case['fits_gb']:.1f} | "
                f"{case['peak_gb']:.1f} | {step} | {rollouts} | {run['machine']['device']}, "
                f"[{path.stem}](papermill_runs/gallery/real_shape/{path.name}) |"
            )
    return "\n".join(lines)


def reproducibility() -> str:
    """REPRODUCIBILITY.md: two checklists answered, with numbers from files."""
    root = repository_root()
    rows = committed_rows()
    lock = (root / "requirements.lock").read_text("utf-8").splitlines()
    studies = read_studies()
    weights = root / "finlmm_utils" / "weights" / "finlmm-tiny" / "model.safetensors"
    if not weights.is_file():
        found = sorted((root / "finlmm_utils").rglob("finlmm-tiny/*.safetensors"))
        weights = found[0] if found else weights
    profiles = {name: load_profile(name) for name in PROFILES}
    return filled(
        "reproducibility.md.jinja",
        pins=sum("==" in line for line in lock),
        weights_mb=round(weights.stat().st_size / 2**20, 1) if weights.is_file() else None,
        measured={
            name: {
                "minutes": sum(n["seconds"] for n in entry["notebooks"].values()) / 60,
                "memory": max(n["peak_mb"] for n in entry["notebooks"].values()) / 1024,
                "disk": sum(n["disk_mb"] for n in entry["notebooks"].values()),
                "machine": machine_words(entry["machine"]),
            }
            for name, entry in read_measured().items()
        },
        profiles=profiles,
        told=[name for name in TOLD if any(name in values for values in profiles.values())],
        words=in_words(rows),
        studies=studies,
        runs={study.name: _seeds(study) for study in studies},
        machines=_machines(),
        open=[row for row in leading(rows) if row.ours is None],
        sentences=sentences().to_dict("records"),
        rows=_rows_of_gallery(),
        policies=_small_policies(root),
    )


def _small_policies(root: Path) -> dict[str, dict[str, str]]:
    """What ``benchmarks/tiny_policy.py`` measured of each small policy, in words, by file."""
    found = {}
    for path in sorted((root / "papermill_runs" / "gallery" / "tiny_policy").glob("*.json")):
        run = json.loads(path.read_text("utf-8"))
        told = {
            f"{what} read, share": f"{run['reading'][what]:.3f}" for what in ("titles", "values")
        }
        for asked in (name for name in run if name.startswith(("image", "text"))):
            for what in ("accuracy", "selection"):
                if run[asked].get(what) is not None:
                    ends = run[asked][f"{what}_interval"]
                    told[f"{asked}: {what}"] = with_interval(run[asked][what], *ends)
        if minutes := run.get("minutes"):
            told["minutes of the making"] = str(minutes)
        found[path.stem.replace("_", " ")] = told
    return found


def _rows_of_gallery() -> dict[str, Any]:
    """Numbers of the data of the gallery's run; empty where it holds none."""
    path = _reference_run() / "03_distractors" / "metrics.json"
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def write_results() -> list[Path]:
    """Renew README's sections, REPRODUCIBILITY.md and docs/capacity.md.

    Returns:
        The files that changed.
    """
    root = repository_root()
    changed = []
    readme = root / "README.md"
    wanted = {root / "REPRODUCIBILITY.md": reproducibility()}
    if (root / RATES).is_file():
        wanted[root / "docs" / "capacity.md"] = filled("capacity.md.jinja", **capacity())
    if readme.is_file():
        wanted[readme] = fill_results(readme.read_text("utf-8"))
    for path, text in wanted.items():
        if not path.is_file() or path.read_text("utf-8") != text:
            write_text(path, text)
            changed.append(path)
    return changed
