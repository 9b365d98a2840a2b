"""Manifests at a glance, for a terminal."""

from __future__ import annotations

from pathlib import Path

from finlmm_utils.output import clock
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.metrics_table import table
from finlmm_utils.study.runner.manifest import manifests


def status_table(run_dir: Path) -> str:
    """Manifests below a folder at a glance.

    Args:
        run_dir: A run, a sweep, or a folder of runs.

    Returns:
        A text table.

    Raises:
        RunError: There is no manifest below it.
    """
    rows = []
    for folder, manifest in manifests(run_dir):
        status = manifest.true_status()
        rows.append(
            (
                folder.relative_to(run_dir).as_posix(),
                status,
                clock(manifest.whole_seconds),
                f"{manifest.peak_mb:.0f} MB",
                f"{manifest.cell}/{manifest.cells}",
                manifest.id,
                manifest.error or manifest.left_words(),
            )
        )
    if not rows:
        raise RunError(f"{run_dir}: expected a run's folder with manifests, found none")
    return "\n".join(table(("notebook", "status", "time", "memory", "cell", "id", ""), rows))
