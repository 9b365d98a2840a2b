"""Where the checkout is that holds the notebooks."""

from __future__ import annotations

import os
from pathlib import Path


def repository_root() -> Path:
    """Find the folder with ``notebooks/`` and ``pyproject.toml``.

    Returns:
        The environment variable ``FINLMM_ROOT`` where it is set; or the root of the checkout
        that this package lives in; or that of the working directory; or the working directory.
    """
    if os.environ.get("FINLMM_ROOT"):
        return Path(os.environ["FINLMM_ROOT"]).resolve()
    here = Path(__file__).resolve()
    for folder in (here.parents[1], Path.cwd(), *Path.cwd().parents):
        if (folder / "pyproject.toml").is_file() and (folder / "notebooks").is_dir():
            return folder
    return Path.cwd()
