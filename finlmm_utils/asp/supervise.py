"""Runs extraction over many files, each in a supervised process with limits on time and memory.

A worker process handles one file at a time. A file that hangs, crashes or eats memory costs its
own row and nothing else: the process is killed and a fresh one takes the next file. Each result
lands on disk at once, so that a killed run continues where it was.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import hashlib
import json
import math
import multiprocessing
import os
import signal
import sys
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from pebble import ProcessExpired, ProcessFuture, ProcessPool

from finlmm_utils.asp.page.files import find_pdfs, kept_name, row_of, trouble
from finlmm_utils.asp.page.scans import MAX_SCANS
from finlmm_utils.asp.records import Report, Status
from finlmm_utils.asp.store import DamagedFile, write_tables
from finlmm_utils.checkout import imported_files
from finlmm_utils.output import FULL

TIMEOUT = 60.0  # seconds for one report, pages apart (our choice)
SECONDS_PER_PAGE = 0.3  # more time for each page (our choice)
SECONDS_PER_SCAN = 10.0  # more for each page that OCR reads (our choice)
OCR_GIGABYTES = 2.0  # more address space while OCR runs
ALARM = -getattr(signal, "SIGALRM", 0)
"""Exit code of a worker that its own alarm has ended."""
PATIENCE = 30.0
"""Seconds after its own alarm at which the pool gives a worker up, where there is no alarm."""
BYTES_PER_SECOND = 5_000
"""Size of a file for which the pool waits one second more: pages are not counted yet."""
FILES_PER_WORKER = 200
"""Files after which a worker is replaced: what MuPDF and fonts keep adds up."""
NOT_THE_REPORT = (*FULL, errno.EROFS, errno.EMFILE, errno.ENFILE)
"""A disk without room or right to write, too many open files: the run ends, and the report is read
by the next one. A row that blames the report would be kept for good."""
WAITING = 8
"""Jobs queued for each worker; more would only hold memory."""
Progress = Callable[[Iterable[dict], str, int], Iterable[dict]]


def extract_folder(
    reports_dir: str | Path | Sequence[Path],
    out_dir: str | Path,
    workers: int = 2,
    *,
    dpi: int = 150,
    timeout: float = TIMEOUT,
    memory_limit: float = 2.0,
    progress: Progress | None = None,
    parts_dir: str | Path | None = None,
) -> list[dict]:
    """Extracts every PDF of a folder; writes reports.jsonl, figures.parquet and blocks.parquet.

    Results that are already there (same file name, bytes, settings and code) are not made again,
    so a run that was killed is continued by calling this again, and PDFs can be added later.

    Args:
        reports_dir: folder that is searched for ``*.pdf``, or a list of such files.
        out_dir: where the tables go.
        workers: number of processes.
        dpi: resolution of the crops, pixels per inch.
        timeout: seconds for one file, plus 0.3 s for each page, 10 s for each scanned one.
        memory_limit: address space of a worker, GB; 2 more while OCR reads a scanned page.
        progress: wraps the loop over finished reports, such as ``run.progress``.
        parts_dir: gets one file for each report; by default ``parts/`` in ``out_dir``.

    Returns:
        The rows of reports.jsonl, in the order of the files.

    Raises:
        FileNotFoundError: the folder does not exist.
        ValueError: a limit is none.
    """
    check_limits(workers=workers, dpi=dpi, timeout=timeout, memory_limit=memory_limit)
    paths = find_pdfs(reports_dir)
    out = Path(out_dir)
    parts = Path(parts_dir) if parts_dir else out / "parts"
    parts.mkdir(parents=True, exist_ok=True)
    out.mkdir(parents=True, exist_ok=True)
    places = part_files(paths, parts, dpi, timeout, memory_limit)
    todo = [(path, part) for path, part in places if not part.exists()]
    if todo:
        rows = _run(todo, workers, dpi, timeout, memory_limit)
        for row in progress(rows, "reports", len(todo)) if progress else rows:
            if row["status"] != "ok":
                print(f"{row['file']}: {row['status']} ({row['reason']})", flush=True)
    while True:
        try:
            return write_tables([part for _, part in places], out)
        except DamagedFile as damaged:  # of an earlier run: its report is read again
            again = [(path, part) for path, part in places if part == damaged.path][:1]
            if not again or not damaged.path.exists():
                raise
            print(f"{damaged.path.name} is damaged: {again[0][0].name} is read again", flush=True)
            damaged.path.unlink()
            list(_run(again, 1, dpi, timeout, memory_limit))


def check_limits(**limits: float) -> None:
    """Refuses limits that would be none, by a ValueError: an alarm in 0 seconds never rings."""
    for name, value in limits.items():
        if not 0 < value < math.inf:
            raise ValueError(f"{name}={value}: expected a number above 0")


def part_files(
    paths: Sequence[Path], parts: Path, dpi: int, timeout: float, memory_limit: float
) -> list[tuple[Path, Path]]:
    """Each report with the file of its result, named by name, bytes, settings and code.

    Args:
        paths: of the reports.
        parts: folder of the results.
        dpi: as for :func:`extract_folder`, like what follows.
        timeout: seconds.
        memory_limit: GB.
    """
    settings = f"{dpi} {timeout} {memory_limit} {_code_digest()}"
    return [(path, parts / f"{_part_name(path, settings)}.json") for path in paths]


def _run(
    todo: list[tuple[Path, Path]],
    workers: int,
    dpi: int,
    timeout: float,
    memory_limit: float,
) -> Iterator[dict]:
    context = multiprocessing.get_context("spawn")
    pool = ProcessPool(
        max_workers=max(1, min(workers, len(todo))),
        max_tasks=FILES_PER_WORKER,
        context=context,
        initializer=limit_memory,
        initargs=(memory_limit,),
    )
    with without_main(), pool:
        ended: MutableMapping[Future, float] = weakref.WeakKeyDictionary()
        window: deque[tuple[ProcessFuture, Path, Path]] = deque()
        for path, part in todo:
            # The worker's own alarm is the exact limit; this one is for systems without it.
            size = 0 if trouble(path) else path.stat().st_size
            patience = timeout + PATIENCE + size / BYTES_PER_SECOND
            patience += SECONDS_PER_SCAN * MAX_SCANS
            job = pool.schedule(_work, args=(path, part, dpi, timeout), timeout=patience)
            # Rows are collected in order, which may be long after a job's end.
            job.add_done_callback(lambda done: ended.setdefault(done, time.time()))
            window.append((job, path, part))
            if len(window) == WAITING * workers:
                yield _wait(*window.popleft(), timeout, ended)
        while window:
            yield _wait(*window.popleft(), timeout, ended)


@contextlib.contextmanager
def without_main() -> Iterator[None]:
    """New processes import this module alone, and not the script that calls it.

    They would run it again up to its guard; one without a guard, or one from standard input, would
    end every worker at its start.
    """
    main = sys.modules["__main__"]
    hidden = {name: getattr(main, name) for name in ("__file__", "__spec__") if hasattr(main, name)}
    main.__dict__.pop("__file__", None)
    main.__spec__ = None
    try:
        yield
    finally:
        main.__dict__.update(hidden)


def _wait(
    job: ProcessFuture, path: Path, part: Path, timeout: float, ended: Mapping[Future, float]
) -> dict:
    try:
        return job.result()
    except (TimeoutError, ProcessExpired) as error:
        code = getattr(error, "exitcode", ALARM)
        status: Status = "timeout" if code == ALARM else "crash"
        late = f"took longer than {timeout:g} s + {SECONDS_PER_PAGE:g} s a page"
        reason = late if code == ALARM else f"the process died with exit code {code}"
    except Exception as error:  # what the worker could not turn into a status itself
        if isinstance(error, OSError) and error.errno in NOT_THE_REPORT:
            raise
        status, reason = "exception", f"{type(error).__name__}: {error}".splitlines()[0][:200]
    report = row_of(path, status, reason)
    seconds = 0.0
    # There is none where the process never began, half of one where it ended while it wrote.
    with contextlib.suppress(FileNotFoundError, ValueError):
        word, pages, started = part.with_suffix(".stage").read_text().split()
        report.pages, began = int(pages), float(started)
        report.stage, seconds = word, max(ended.get(job, time.time()) - began, 0.0)
    return _save(report, part, seconds)


def limit_memory(gigabytes: float) -> None:
    """Holds this process to so much address space, without a core dump when it dies."""
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if os.name == "posix":
        import resource

        limit, more = (int(size * 2**30) for size in (gigabytes, gigabytes + OCR_GIGABYTES))
        resource.setrlimit(resource.RLIMIT_AS, (limit, more))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _work(path: Path, part: Path, dpi: int, timeout: float) -> dict:
    """Runs in the worker: one file, with an alarm that ends the process."""
    from finlmm_utils.asp.extract import extract_report

    started = time.perf_counter()
    stage = part.with_suffix(".stage")
    clock = time.time()
    stage.write_text(f"open 0 {clock}")

    def on_pages(pages: int, scans: int) -> None:
        stage.write_text(f"{'ocr' if scans else 'pages'} {pages} {clock}")
        _alarm(timeout + SECONDS_PER_PAGE * pages + SECONDS_PER_SCAN * scans)

    _alarm(timeout)
    try:
        report = extract_report(path, dpi=dpi, on_pages=on_pages)
    finally:
        _alarm(0)
    return _save(report, part, time.perf_counter() - started)


def _alarm(seconds: float) -> None:
    """Arms the timer whose signal ends the process at once, even inside MuPDF; 0 disarms it."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, seconds)


def _save(report: Report, part: Path, seconds: float) -> dict:
    row = _row(report, seconds)
    temporary = part.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(json.dumps({"row": row, "report": report.model_dump(mode="json")}))
    os.replace(temporary, part)
    part.with_suffix(".stage").unlink(missing_ok=True)
    return row


def _row(report: Report, seconds: float) -> dict:
    return {
        "file": report.file,
        "report_id": report.report_id,
        "sha256": report.sha256,
        "status": report.status,
        "reason": report.reason,
        "stage": report.stage,
        "seconds": round(seconds, 2),
        "pages": report.pages,
        "ocr_pages": report.ocr_pages,
        "figures": len(report.figures),
        "blocks": len(report.blocks),
        "drops": report.drops,
    }


def _part_name(path: Path, settings: str) -> str:
    digest = hashlib.sha256()
    digest.update(f"{kept_name(path)} {settings}".encode())
    if why := trouble(path):
        digest.update(why.encode())
        return digest.hexdigest()[:24]
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()[:24]


@functools.cache
def _code_digest() -> str:
    """Hash of every module that decides what a report becomes.

    A changed rule is so applied to reports that were read before it.
    """
    content = b"".join(path.read_bytes() for path in code_files())
    return hashlib.sha256(content).hexdigest()[:12]


def code_files() -> list[Path]:
    """The extractor and all that it imports of this package, followed through the sources."""
    return imported_files(Path(__file__).with_name("extract.py"))
