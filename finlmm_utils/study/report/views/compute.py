"""What a run took: time, memory, steps, rollouts and tokens of each notebook."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finlmm_utils.output import clock
from finlmm_utils.study.artefacts import first_changed
from finlmm_utils.study.runner.manifest import Manifest
from finlmm_utils.study.runner.measured import machine_words
from finlmm_utils.tar.monitoring.metrics_file import read_metrics

STEPS = "metrics.jsonl"
"""What a training wrote, a line a step."""
PARTS = ("rollouts", "rewards", "discriminator")
"""Of a step's seconds that are measured apart. A judge's training lies beside its steps."""


def compute_rows(found: Sequence[tuple[Path, Manifest]]) -> list[dict[str, Any]]:
    """A line for each notebook that began.

    Args:
        found: Folders and manifests.

    Returns:
        ``notebook``, ``time``, ``memory``; and of its stages of training, where it has any,
        ``steps``, ``rollouts``, ``tokens``, ``step`` and its ``parts`` (seconds of a step).
    """
    return [_row(folder, manifest) for folder, manifest in found]


def _row(folder: Path, manifest: Manifest) -> dict[str, Any]:
    steps = rollouts = 0
    tokens = 0.0
    seconds: dict[str, float] = {}
    for path in sorted(folder.rglob(STEPS)):
        lines = read_metrics(path)
        stage = manifest.stages.get(path.parent.relative_to(folder).as_posix(), {})
        steps += len(lines)
        samplings = math.ceil(len(lines) / stage.get("grpo", {}).get("num_iterations", 1))
        rollouts += samplings * stage.get("prompts_per_step", 0) * stage.get("group_size", 0)
        tokens += float(lines[-1].get("tokens") or 0.0) if lines else 0.0
        for line in lines:
            for name, value in line.get("seconds", {}).items():
                seconds[name] = seconds.get(name, 0.0) + (value or 0.0)
    whole = seconds.get("step", 0.0)
    return {
        "notebook": manifest.notebook.replace("_", " "),
        "time": clock(manifest.whole_seconds),
        "memory": f"{manifest.peak_mb / 1024:.1f} GB" if manifest.peak_mb else "",
        "steps": steps,
        "rollouts": rollouts,
        "tokens": tokens,
        "step": f"{whole / steps:.1f} s" if steps and whole else "",
        "parts": ", ".join(
            f"{name} {seconds[name] / steps:.1f} s" for name in PARTS if steps and name in seconds
        ),
    }


def damaged_steps(found: Sequence[tuple[Path, Manifest]]) -> list[str]:
    """Steps of trainings that are not, or no longer, what was written.

    Args:
        found: The notebooks' folders and manifests.

    Returns:
        A sentence on each file.
    """
    said = []
    for folder, manifest in found:
        told = {k: v for k, v in (manifest.outputs or {}).items() if Path(k).name == STEPS}
        there = {path.relative_to(folder).as_posix() for path in folder.rglob(STEPS)}
        for name in sorted({*told, *there}):
            wrong: list[int] = []
            what = ""
            if name in told:
                changed = first_changed(folder, {name: told[name]})
                what = f"{changed} since it was written" if changed else ""
            elif manifest.true_status() != "running":  # else its last line may be half there
                read_metrics(folder / name, wrong)
                what = f"{name} holds {len(wrong)} lines that are no steps" if wrong else ""
            said += [f"{manifest.notebook}/{what}, and steps may be missing here"] if what else []
    return said


def compute_words(found: Sequence[tuple[Path, Manifest]]) -> str:
    """The sum in a sentence: hours, core hours, and what was paid to endpoints.

    Args:
        found: Folders and manifests.
    """
    hours = sum(manifest.whole_seconds for _, manifest in found) / 3600
    machine = next((manifest.machine for _, manifest in found if manifest.machine), {})
    on = f" on {machine_words(machine)}" if machine else ""
    count = machine.get("cores")
    cores = f", {hours * count:.1f} core hours at most" if isinstance(count, int) and count else ""
    asked = {str(m.parameters["backend"]) for _, m in found if m.parameters.get("backend")}
    offline = " No endpoint was called, so nothing was paid." if asked == {"offline"} else ""
    return f"{hours:.2f} hours{on}{cores}.{offline}"
