"""Answers of slow readers and models, kept on disk by content: a second run costs nothing.

A cache never stops a run: one that is damaged is set aside, one that can't be written is done
without; either is said once.
"""

from __future__ import annotations

import sqlite3
import threading
import time
import zlib
from pathlib import Path
from typing import Any

TROUBLE = (OSError, sqlite3.Error, ValueError, TypeError, LookupError, zlib.error)
"""What diskcache raises on damaged files, full disks and folders that can't be written."""
PASSING = (OSError, sqlite3.OperationalError)
"""Of these, what says nothing of the kept answers: no room, no right, too many open files."""


class Cache:
    """A folder of kept answers; safe in threads and processes.

    Values are JSON: a file that a stranger put there is read as text and never unpickled.

    Args:
        folder: made if missing.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._said = False
        self._disk = self._open()

    def get(self, key: str) -> Any:
        """What is kept under a key, or None."""
        import diskcache

        disk = self._disk
        if disk is None:
            return None
        try:
            return disk.get(key)
        except diskcache.Timeout:
            return None
        except TROUBLE as error:
            return self.get(key) if self._again(disk, error, "read") else None

    def set(self, key: str, value: Any) -> None:
        """Keeps a JSON value under a key, where the disk lets it."""
        import diskcache

        disk = self._disk
        if disk is None:
            return
        try:
            disk.set(key, value)
        except diskcache.Timeout:
            return
        except (sqlite3.DatabaseError, OSError) as error:
            if self._again(disk, error, "written"):
                self.set(key, value)

    def _open(self) -> Any:
        import diskcache

        try:
            return diskcache.Cache(str(self.folder), disk=diskcache.JSONDisk)
        except (diskcache.Timeout, OSError, sqlite3.OperationalError) as error:
            self._say(f"can't be opened ({error})")
        except TROUBLE as error:
            return self._fresh(error)
        return None

    def _again(self, disk: Any, error: Exception, what: str) -> bool:
        """Sets a damaged folder aside, once however many threads met the damage.

        Args:
            disk: that failed.
            error: that it raised.
            what: could not be done to it.

        Returns:
            Whether another folder is in its place by now.
        """
        with self._lock:
            if self._disk is disk and isinstance(error, PASSING):
                self._say(f"can't be {what} ({error})")
                return False
            if self._disk is disk:
                self._disk = self._fresh(error)
            return self._disk is not None

    def _fresh(self, error: Exception) -> Any:
        """A new folder in place of a damaged one, which keeps a name of its own beside it."""
        import diskcache

        aside = self.folder.with_name(f"{self.folder.name}.damaged-{time.time_ns()}")
        try:
            self.folder.rename(aside)
            fresh = diskcache.Cache(str(self.folder), disk=diskcache.JSONDisk)
        except (*TROUBLE, diskcache.Timeout):
            self._say(f"is damaged ({error})")
            return None
        print(f"cache {self.folder} is damaged ({error}): set aside as {aside.name}", flush=True)
        return fresh

    def _say(self, what: str) -> None:
        """Says once that the run goes on without."""
        if not self._said:
            self._said = True
            print(f"cache {self.folder} {what}: answers are not kept; the run goes on", flush=True)
