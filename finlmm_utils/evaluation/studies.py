"""The format of a committed study, and its reader: what the ledger, the notebooks and pages show.

A study is a folder ``papermill_runs/gallery/studies/NAME`` with

- ``summary.json``: a :class:`Study` as JSON;
- ``NAME.csv``: one line for each arm, seed and metric that stands behind it;
- figures: ``FIGURE.png``, ``FIGURE.svg`` and ``FIGURE.json`` (title, takeaway) as
  :func:`finlmm_utils.plot_style.save_figure` writes them;
- ``study_manifest.json``: the plan, and with which machine and versions each arm ran;
- ``arms.json``: what a study needs to go on elsewhere (:mod:`finlmm_utils.evaluation.arms.kept`).

The rows that the arms train on lie beside them in ``studies/rows``.

A contrast is written so that larger speaks for the claim: the arm with the mechanism minus the arm
without it, or the other way round where fewer is better. It names the rows of the ledger that it
answers by their ids (``claims``), which stand in ``finlmm_utils/evaluation/paper_claims.yaml``;
nothing else has to change for it to be shown.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from finlmm_utils.checkout import git, repository_root
from finlmm_utils.errors import OneLine
from finlmm_utils.output import ShownTable

SUMMARY = "summary.json"
EARLIER = "earlier_summary.json"
"""Of a study that ran before, on other rows, and lies beside the one that counts."""
MINUS = " minus "
"""Between the two arms of a contrast's words."""
BOTH_RUNS = ", in both runs of the study"
"""Behind the metric of a contrast over the seeds of two runs."""


class EvidenceError(OneLine, ValueError):
    """A folder of studies that holds something else."""


class Contrast(BaseModel):
    """One difference between two arms, or one number of an arm, with its interval.

    Attributes:
        contrast: what minus what, in words: "relational 0.6 minus none with length gated".
        metric: what was measured, with its unit: "accuracy on held-out reports".
        mean: over seeds; None where nothing could be measured.
        low: lower end of the 95 % interval; None where there is none, as from a single seed.
        high: upper end.
        seeds: how many; 0 where it has not run.
        kind: what the interval draws: "seeds (Student)", "reports, one seed (bootstrap)".
        arms: names of the arms compared.
        tested: False where the arms wrote the same in over 95 % of the completions, or where the
            measure was at its ceiling: then the difference is no test, whatever its interval.
        same: share of what its two arms wrote in training that is the same, mean over seeds; None
            where it was never compared.
        note: one sentence, e.g. why it was not tested.
        claims: ids of the ledger's rows that it answers; () for one that is shown only.
        primary: whether the plan named it before the runs; all others are exploratory.
        placebo: the full arm against itself with another seed of sampling.
        control: a difference that must show, or the study is blind to its metric.
        n: rows or prompts behind each seed's number.
        reports: reports behind them, where they are rows of reports.
        values: each seed's number, in the order of the seeds.
        threshold: what the mean must exceed; None for the claim's own.
        variant: what of the first arm is this project's own; "" where it is the paper's method,
            which leads wherever a claim is shown.
        planted: what of the study's planted habits its arms have; "" for all of them.
    """

    model_config = ConfigDict(extra="ignore")

    contrast: str
    metric: str
    mean: float | None
    low: float | None
    high: float | None
    seeds: int = Field(ge=0)
    kind: str
    arms: list[str] = []
    tested: bool = True
    same: float | None = None
    note: str = ""
    claims: list[str] = []
    primary: bool = False
    placebo: bool = False
    control: bool = False
    n: int | None = None
    reports: int | None = None
    values: list[float] = []
    threshold: float | None = None
    variant: str = ""
    planted: str = ""

    @property
    def off_zero(self) -> bool:
        """Whether it is a difference whose interval leaves out 0, of arms that test each other."""
        if self.low is None or self.high is None or MINUS not in self.contrast:
            return False
        return self.tested and not self.low <= 0 <= self.high

    @property
    def what(self) -> str:
        """Whether it was planned, is a placebo or a control, and whether it tests anything."""
        kind = "placebo" if self.placebo else "planned" if self.primary else "exploratory"
        return kind + ", the control" * self.control + ", not tested" * (not self.tested)

    @model_validator(mode="after")
    def _ends(self) -> Contrast:
        if (self.low is None) != (self.high is None):
            raise ValueError("low and high: expected two numbers or two nulls")
        if self.low is None or self.high is None:
            return self
        if self.mean is None:
            raise ValueError("expected a mean beside its interval")
        if not self.low <= self.high:
            raise ValueError(f"expected low <= high, found {self.low} and {self.high}")
        return self


class Study(BaseModel):
    """What ``summary.json`` says.

    Attributes:
        name: lower_snake, as its folder.
        title: what was found, in a sentence computed from the data.
        question: what was asked.
        command: that makes it again, from the repository.
        contrasts: its results.
        scale: at which it was measured: model, data, steps.
        planted: what was planted in the base for training to find; "none" where nothing was.
        notebook: number of the notebook that shows it, e.g. "05".
        settings_tried: how many, none on the rows that are reported; 1: the plan's own alone.
        queued: "" for a finished study; else what is still to run, and the command that goes on.
        notes: what a reader must know, a sentence each.
        written: the day on which its numbers were last written: "2026-01-31"; "" for not known.
        commit: of the checkout then.
    """

    model_config = ConfigDict(extra="ignore")

    name: str = Field(pattern=r"^[a-z0-9_]+$")
    title: str = ""
    question: str = ""
    command: str
    contrasts: list[Contrast]
    scale: str = ""
    planted: str = ""
    notebook: str = ""
    settings_tried: int | None = None
    queued: str = ""
    notes: list[str] = []
    written: str = ""
    commit: str = ""

    @property
    def ran(self) -> bool:
        """Whether any of its contrasts has a number."""
        return any(one.mean is not None for one in self.contrasts)


def measured_by(contrast: Contrast) -> str:
    """What a contrast measures, and of what: as a row of the ledger names it."""
    return f"{contrast.metric}: {contrast.contrast}"


def studies_folder() -> Path:
    """Where the checkout keeps its committed studies."""
    return repository_root() / "papermill_runs" / "gallery" / "studies"


def read_study(folder: Path) -> Study:
    """Read one study.

    Args:
        folder: with ``summary.json``.

    Raises:
        EvidenceError: The file is missing or is no summary of the study that the folder names.
    """
    path = folder / SUMMARY
    try:
        study = Study.model_validate_json(path.read_text("utf-8"))
    except OSError as error:
        raise EvidenceError(f"{path}: expected a study's summary: {error.strerror}") from None
    except ValidationError as error:
        first: Any = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise EvidenceError(f"{path}: {where}: {first['msg']}") from None
    if study.name != folder.name:
        raise EvidenceError(f"{path}: expected the name {folder.name!r}, found {study.name!r}")
    return study


def dated(study: Study, folder: Path, renewed: bool) -> Study:
    """A study with the day and the commit at which its numbers were written.

    Args:
        study: about to be written.
        folder: that it goes to, with what was written there before.
        renewed: whether its numbers are others than before.
    """
    told = {"written": date.today().isoformat(), "commit": git("rev-parse", "HEAD")[:12]}
    if not renewed and (folder / SUMMARY).is_file():
        before = read_study(folder)
        told = {"written": before.written, "commit": before.commit}
    return study.model_copy(update=told)


def read_studies(folder: Path | None = None) -> list[Study]:
    """All studies below a folder, in the order of their names.

    Args:
        folder: default: the checkout's (:func:`studies_folder`); none there gives an empty list.
    """
    folder = folder or studies_folder()
    return [read_study(path.parent) for path in sorted(folder.glob(f"*/{SUMMARY}"))]


def read_earlier(folder: Path | None) -> list[Contrast]:
    """The contrasts of an earlier run of a study, where one lies beside the study.

    Args:
        folder: of the study; None for one that is not committed.
    """
    path = folder / EARLIER if folder else None
    if path is None or not path.is_file():
        return []
    return Study.model_validate_json(path.read_text("utf-8")).contrasts


def largest_placebo(studies: Sequence[Study], metric: str) -> float:
    """The largest difference, of one seed, between an arm and the same arm with other draws.

    Args:
        studies: as :func:`read_studies` gives them.
        metric: of the contrasts, as they name it.

    Returns:
        0 where no study has a placebo of it.
    """
    every = [one for study in studies for one in study.contrasts if one.placebo]
    return max((abs(v) for one in every if one.metric == metric for v in one.values), default=0.0)


def controls(contrasts: Sequence[Contrast]) -> dict[str, str]:
    """What the controls among a study's contrasts showed, in words, by metric."""
    found = {}
    for one in contrasts:
        if one.control and one.low is not None:
            shows = "shows" if one.low > 0 else "does not show"
            ends = f"{one.mean:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"
            found[one.metric] = f"the control ({one.contrast}, {ends}) {shows}"
    return found


def show_study(name: str) -> None:
    """Show a committed study in a notebook: what it found, its contrasts and its figure.

    Args:
        name: of its folder; where it is not there, the command that runs it is printed.
    """
    import pandas as pd
    from IPython.display import Image, display

    study = {one.name: one for one in read_studies()}.get(name)
    if study is None:
        print(f"{name}: not run yet (finlmm study papermill_runs/studies/{name}.yaml)")
        return
    print(study.title)
    for metric, said in controls(study.contrasts).items():
        print(f"{metric}: {said}")
    print(study.queued or "all arms have run")
    if not study.ran:
        print(f"{len(study.contrasts)} contrasts are fixed: {study.question}")
        return
    lines = [
        {"contrast": one.contrast, "metric": one.metric, "mean": one.mean,
         "95 % interval": None if one.low is None else (one.low, one.high), "seeds": one.seeds,
         "what it is": one.what}
        for one in study.contrasts
    ]  # fmt: skip
    display(ShownTable(pd.DataFrame(lines), index=False))
    for path in _figures(studies_folder() / name):
        told = json.loads(path.with_suffix(".json").read_text("utf-8"))
        display(Image(path, width=760, alt=told.get("takeaway") or study.title))


def _figures(folder: Path) -> list[Path]:
    """The pictures of a study, the contrasts first."""
    return sorted(folder.glob("*.png"), key=lambda path: (path.stem != "contrasts", path.stem))
