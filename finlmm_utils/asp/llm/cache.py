"""Answers of slow readers and models, kept on disk by content: a second run costs nothing."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any


def cache_folder(name: str) -> Path:
    """Where one kind of answer is kept: below ``XDG_CACHE_HOME``, else below ``~/.cache``."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "finlmm" / name


def open_cache(folder: Path) -> Any:
    """Opens a folder of kept answers; safe in threads and processes.

    Values are JSON: a file that a stranger put there is read as text and never unpickled.
    """
    import diskcache

    return diskcache.Cache(str(folder), disk=diskcache.JSONDisk)
