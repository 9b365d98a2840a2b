"""The notebooks of a run and how they stand, for its page and as a text table."""

from __future__ import annotations

import time
from pathlib import Path

from finlmm_utils.output import clock
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.metrics_table import table
from finlmm_utils.study.parameters.notebooks import NOTEBOOKS
from finlmm_utils.study.runner.manifest import TIME, Manifest, manifests_or_damage


def notebooks_in(run_dir: Path) -> list[tuple[Path, Manifest]]:
    """The notebooks of a run with their manifests, also of one that no runner started.

    A notebook that was run by hand or by a plain Papermill leaves no manifest: it is taken for
    completed where it saved its metrics, and for interrupted else. A damaged manifest has a
    stand-in that says so.

    Args:
        run_dir: The run's folder, or one of several runs.
    """
    found = dict(manifests_or_damage(run_dir))
    for one in NOTEBOOKS.values():
        folder = run_dir / one.stem
        if folder.is_dir() and folder not in found:
            done = (folder / "metrics.json").is_file()
            began = time.localtime(folder.stat().st_mtime)
            found[folder] = Manifest(
                id="by hand", notebook=one.stem, profile="not known", parameters={}, parts={},
                pid=0, pid_started=0.0, started=time.strftime(TIME, began),
                status="completed" if done else "interrupted",
                error=None if done else "run by hand: it saved no metrics (yet)",
            )  # fmt: skip
    return sorted(found.items())


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
    for folder, manifest in manifests_or_damage(run_dir):
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
