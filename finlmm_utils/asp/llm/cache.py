"""Answers of slow readers and models, kept on disk by content: a second run costs nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def open_cache(folder: Path) -> Any:
    """Opens a folder of kept answers; safe in threads and processes.

    Values are JSON: a file that a stranger put there is read as text and never unpickled.
    """
    import diskcache

    return diskcache.Cache(str(folder), disk=diskcache.JSONDisk)
