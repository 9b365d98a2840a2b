"""The notebooks: their stems, and which earlier ones each of them reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.errors import RunError


@dataclass(frozen=True)
class Notebook:
    """One notebook.

    Attributes:
        number: Two digits, the order of the work; a letter for an appendix.
        stem: File name without ``.ipynb``; also the name of its folder in a run.
        reads: Numbers of earlier notebooks whose artefacts it uses where they are there.
        needs: Those of them without which it can't start.
        trains: Whether it needs torch (so that the preflight cell seeds it).
    """

    number: str
    stem: str
    reads: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    trains: bool = False


EARLIER = ("01", "02", "03", "04", "05", "06", "07")

NOTEBOOKS = {
    notebook.number: notebook
    for notebook in (
        Notebook("00", "00_preflight"),
        Notebook("01", "01_asp_reports"),
        Notebook("02", "02_asp_questions", ("01",), ("01",)),
        Notebook("03", "03_distractors", ("01", "02"), ("01", "02")),
        Notebook("04", "04_stage1_text_grpo", trains=True),
        Notebook("05", "05_stage2_multimodal_grpo", ("03", "04"), ("03",), trains=True),
        Notebook("06", "06_evaluation", ("03", "04", "05"), ("03",), trains=True),
        Notebook("07", "07_ablations", ("03", "04", "05"), ("03",), trains=True),
        Notebook("08", "08_open_questions", EARLIER, ("01", "02", "03", "05"), trains=True),
        Notebook("09", "09_claims", (*EARLIER, "08")),
    )
}

APPENDICES = {"A": Notebook("A", "appendix_a_tiny_lmm", trains=True)}
"""Notebooks that run only where they are named."""
STEMS = frozenset(one.stem for one in (*NOTEBOOKS.values(), *APPENDICES.values()))


def notebook(number: str) -> Notebook:
    """Look a notebook up by its number.

    Args:
        number: ``"05"``, ``"5"`` or the stem; ``"A"`` for the appendix.

    Returns:
        The notebook.

    Raises:
        RunError: No notebook has this number.
    """
    for one in (*NOTEBOOKS.values(), *APPENDICES.values()):
        if str(number).split("_")[0].zfill(2) == one.number or number in (one.number, one.stem):
            return one
    known = ", ".join((*NOTEBOOKS, *APPENDICES))
    raise RunError(f"notebook {number!r} is unknown: expected one of {known}")


def notebook_path(number: str) -> Path:
    """Path of a notebook's file in the checkout."""
    return repository_root() / "notebooks" / f"{notebook(number).stem}.ipynb"
