"""ASP's reading of a folder, on this machine or under datatrove's executors on many.

A report may crash or hang whatever reads it, so the supervised process stays inside the engine: a
task of datatrove takes its share of the files and runs them as the local pool does.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

EXECUTORS = {"datatrove": "Local", "slurm": "Slurm", "ray": "Ray"}


def run(
    reports_dir: str | Path,
    out_dir: str | Path,
    *,
    engine: str = "local",
    workers: int = 2,
    tasks: int = 1,
    executor: dict[str, Any] | None = None,
    **settings: Any,
) -> list[dict]:
    """Extracts a folder of reports; a run that was killed goes on when this is called again.

    Args:
        reports_dir: folder of PDFs.
        out_dir: gets reports.jsonl, figures.parquet and blocks.parquet; with several machines, on
            a file system that all of them see.
        engine: ``local`` (supervised processes on this machine), or an executor of datatrove:
            ``datatrove`` (its local one), ``slurm`` or ``ray``.
        workers: processes here, or tasks of datatrove that run at once.
        tasks: shares into which datatrove cuts the files.
        executor: further arguments of datatrove's executor, such as ``time`` and ``partition``.
        settings: ``dpi``, ``timeout`` and ``memory_limit`` of ``supervise.extract_folder``.

    Returns:
        The rows of reports.jsonl. ``slurm`` only submits and returns []; when its jobs are done,
        ``engine="local"`` finds every report read and writes the tables.

    Raises:
        FileNotFoundError: the folder does not exist.
        ValueError: the engine is unknown.
        ImportError: the engine needs datatrove, which is not installed.
    """
    from finlmm_utils.asp.page.files import find_pdfs
    from finlmm_utils.asp.supervise import extract_folder

    if engine not in EXECUTORS and engine != "local":
        raise ValueError(f"engine={engine!r} is unknown; use local, {', '.join(EXECUTORS)}")
    if engine != "local":
        step = Extraction(find_pdfs(reports_dir), Path(out_dir), settings)
        _executor(engine, step, tasks, workers, executor or {}).run()
        if engine == "slurm":
            return []
    return extract_folder(reports_dir, out_dir, workers, **settings)


class Extraction:
    """A step of a datatrove pipeline: task ``rank`` of ``world_size`` reads every n-th file.

    Args:
        paths: of all reports.
        out: gets the results, in a folder that all machines see.
        settings: of :func:`finlmm_utils.asp.supervise.extract_folder`.
    """

    def __init__(self, paths: list[Path], out: Path, settings: dict[str, Any]) -> None:
        self.paths, self.out, self.settings = paths, out, settings

    def __call__(self, data: Any, rank: int = 0, world_size: int = 1) -> Any:
        """Reads the share; what is read already is skipped, by any number of tasks."""
        from finlmm_utils.asp.supervise import extract_folder

        share = self.paths[rank::world_size]
        own = self.out / "shares" / f"{rank:05d}"
        extract_folder(share, own, 1, parts_dir=self.out / "parts", **self.settings)
        return data


def _executor(engine: str, step: Extraction, tasks: int, workers: int, more: dict[str, Any]) -> Any:
    try:
        from datatrove import executor
    except ImportError as error:
        raise ImportError(
            f"engine={engine!r} needs datatrove; install it by pip install -e '.[cluster]'"
        ) from error
    # Our own results say what is done; datatrove's markers would not see files that came later.
    return getattr(executor, f"{EXECUTORS[engine]}PipelineExecutor")(
        pipeline=[step],
        tasks=tasks,
        workers=workers,
        logging_dir=str(step.out / "logs"),
        skip_completed=False,
        **more,
    )
