"""One run at a time in a folder: a lock of the operating system, free when its process dies.

A notebook that is started by hand takes none: its kernel lives on after its last cell, and would
keep out the next notebook of the same run, or the runner.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from pathlib import Path

from finlmm_utils.study.errors import RunError
from finlmm_utils.study.runner.manifest import manifests

NAME = ".lock"


@contextlib.contextmanager
def locked(folders: Iterable[Path], wait: bool = False) -> Iterator[None]:
    """Hold the locks of some runs' folders while the block runs.

    Args:
        folders: Of the runs; made if missing.
        wait: Whether to wait for another run's end.

    Raises:
        RunError: Another run works in one of them, one is a file, or its disk gives no lock.
    """
    from filelock import FileLock, Timeout

    with contextlib.ExitStack() as held:
        for folder in sorted(folders):
            try:
                folder.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                raise RunError(
                    f"{folder}: expected a folder, where a file is; name another by --out"
                ) from None
            lock = FileLock(folder / NAME)
            try:
                held.enter_context(lock.acquire(timeout=0))
            except Timeout:
                who = _runner(folder)
                if not wait:
                    raise RunError(
                        f"{folder}: {who} runs in it: expected no other; wait for its end (--wait)"
                        " or give another --out"
                    ) from None
                print(f"{folder}: {who} runs in it; this run begins at its end", flush=True)
                held.enter_context(lock.acquire())
            except OSError as error:  # of a network's disk that has no locks, or a folder in place
                raise RunError(
                    f"{folder / NAME}: {error.strerror}; expected a file that this user can lock: "
                    "name a folder of another disk by --out"
                ) from None
        yield


def _runner(folder: Path) -> str:
    """Who runs in a folder, as far as its manifests say."""
    try:
        going = [one.pid for _, one in manifests(folder) if one.true_status() == "running"]
    except RunError:
        going = []
    return f"process {going[0]}" if going else "another process"
