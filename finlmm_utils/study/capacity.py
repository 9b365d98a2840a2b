"""docs/capacity.md: what reports and training at the paper's size take, from measured rates."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from finlmm_utils.checkout import repository_root
from finlmm_utils.study.parameters.profiles import load_profile

PAPER_REPORTS = 23_397
"""Reports of the paper (its summary)."""
LETTERS_PER_TOKEN = 4.0
"""Of English text, a usual estimate."""
PAGES_PER_REPORT = 100
"""An assumption: annual reports have more, research notes fewer."""
MILLION = 1_000_000
DOLLARS = {"core hour": 0.05, "GPU hour": 3.0, "GB month": 0.02}
"""Assumed prices of rented hardware and storage; our choice, put in your own."""
CORES, GPUS = 64, 8
"""Of the machine that hours are counted on: workers and GPUs of the profile paper."""
RATES = Path("papermill_runs/gallery/capacity.json")
"""What ``benchmarks/capacity.py`` measured."""
GROWTH = Path("papermill_runs/gallery/growth.json")
"""How questions and alignment grew, as ``benchmarks/scale.py --growth`` measured it."""
SHAPE = Path("papermill_runs/gallery/real_shape/h100.json")
"""A step at the real shape on a GPU (``benchmarks/real_shape.py``)."""


def asp_rows(rates: Mapping[str, float], reports: int) -> dict[str, float]:
    """What ASP takes for so many reports.

    Args:
        rates: of one page, see ``benchmarks/capacity.py``.
        reports: how many, of ``PAGES_PER_REPORT`` pages.

    Returns:
        Core hours by part, disk in GB, tokens in millions, dollars by part.
    """
    pages = reports * PAGES_PER_REPORT
    limits = load_profile("paper")["llm_limits"]
    parts = ("extraction", "ocr", "questions", "alignment")
    found = {f"core hours, {part}": pages * rates[f"{part}_core_s"] / 3600 for part in parts}
    read = pages * rates["letters_read"] / LETTERS_PER_TOKEN / 1e6
    written = pages * rates["letters_written"] / LETTERS_PER_TOKEN / 1e6
    found |= {
        "disk GB": pages * rates["disk_kb"] / 2**20,
        "tokens read": read,
        "tokens written": written,
        "tokens seen": pages * rates["tokens_seen"] / 1e6,
        "dollars, model": read * limits["price_in"] + written * limits["price_out"],
    }
    cores = sum(value for name, value in found.items() if name.startswith("core hours"))
    found["core hours"] = cores
    found["days"] = cores / CORES / 24
    found["dollars, cores"] = cores * DOLLARS["core hour"]
    return found


def stage_rows(case: Mapping[str, Any], options: Mapping[str, Any]) -> list[dict[str, float | str]]:
    """What both stages of the profile paper take at the measured pace of one GPU.

    Args:
        case: of ``benchmarks/real_shape.py``: one step, its rollouts apart.
        options: that it was measured with: prompts, group, tokens.

    Returns:
        By stage: steps, completions, GPU hours of rollouts and of the rest, days on ``GPUS``.
    """
    paper = load_profile("paper")
    measured = options["prompts"] * options["group"]
    rollouts = case["seconds_by_part"]["rollouts"] / measured
    rest = (case["seconds_per_step"] - case["seconds_by_part"]["rollouts"]) / measured
    rows: list[dict[str, float | str]] = []
    for stage in ("stage 1", "stage 2"):
        steps = paper[f"{stage.replace(' ', '')}_steps"]
        completions = steps * paper["prompts_per_step"] * paper["group_size"]
        hours = {"rollouts": completions * rollouts / 3600, "rest": completions * rest / 3600}
        whole = sum(hours.values())
        rows.append({"stage": stage, "steps": steps, "completions": completions, **hours,
                     "gpu_hours": whole, "days": whole / GPUS / 24,
                     "dollars": whole * DOLLARS["GPU hour"]})  # fmt: skip
    return rows


def growth_rows(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How time grew from the least size to the largest, of figures and of pages.

    Args:
        found: of ``benchmarks/scale.py --growth``.

    Returns:
        By what grew: both sizes, the power of it that questions and alignment grew by (1: as much
        as the size), and the most memory, MB.
    """
    rows = []
    for size in ("figures", "pages"):
        first, last = found[size][0], found[size][-1]
        ratio = math.log(last[size] / first[size])
        powers = {part: math.log(last[f"{part}_s"] / first[f"{part}_s"]) / ratio
                  for part in ("questions", "alignment")}  # fmt: skip
        rows.append({"what": size, "from": first[size], "to": last[size], **powers,
                     "memory_mb": last["memory_mb"]})  # fmt: skip
    return rows


def capacity() -> dict[str, Any]:
    """What the page shows, from the two files of measured rates."""
    root = repository_root()
    run = json.loads((root / RATES).read_text("utf-8"))
    shape = json.loads((root / SHAPE).read_text("utf-8"))
    case = shape["cases"][0]
    sizes = {f"{count:,} reports": asp_rows(run["rates"], count)
             for count in (PAPER_REPORTS, MILLION)}  # fmt: skip
    paper = load_profile("paper")
    grown = root / GROWTH
    return {
        "growth": growth_rows(json.loads(grown.read_text("utf-8"))) if grown.is_file() else [],
        "run": run, "shape": shape, "case": case, "sizes": sizes, "settings": paper,
        "stages": stage_rows(case, shape["options"]), "pages": PAGES_PER_REPORT, "cores": CORES,
        "gpus": GPUS, "dollars": DOLLARS, "keep": paper["training"]["keep_checkpoints"],
        "letters_per_token": LETTERS_PER_TOKEN,
    }  # fmt: skip
