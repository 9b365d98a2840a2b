"""Where this package keeps what is worth keeping between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(name: str) -> Path:
    """Where one kind of thing is kept: below ``XDG_CACHE_HOME``, else below ``~/.cache``."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "finlmm" / name
