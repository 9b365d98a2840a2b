"""A torchvision that was built for another torch: found, hidden, and told in one line.

Such a pair is common (Colab, images of GPU clouds). Importing it ends in "operator torchvision::nms
does not exist", wherever transformers touches images. Nothing here needs it: images pass through
PIL then.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib import metadata

APART = 15
"""Torchvision 0.N is built for torch 2.(N - 15): 0.28 for 2.13 (their release notes)."""
_fault = ""


def wanted_for(torch_version: str) -> str:
    """The torchvision that belongs to a torch, without its last number.

    Examples:
        >>> wanted_for("2.13.0+cu130")
        '0.28'
    """
    return f"0.{int(torch_version.split('.')[1]) + APART}"


def _fits(torch_version: str, vision_version: str) -> bool:
    """Whether numbers and builds (cpu, cu130) belong together; no build is named on PyPI."""
    builds = {v.partition("+")[2] for v in (torch_version, vision_version)} - {""}
    return vision_version.startswith(wanted_for(torch_version) + ".") and len(builds) < 2


def hide_misfit() -> None:
    """Hides a torchvision whose version says that it does not fit; reads two small files."""
    if "torchvision" in sys.modules:
        return
    try:
        torch_version, vision_version = map(metadata.version, ("torch", "torchvision"))
    except metadata.PackageNotFoundError:
        return
    if torch_version.startswith("2.") and not _fits(torch_version, vision_version):
        _hide(f"torchvision {vision_version} is not the one of torch {torch_version}")


def torchvision_fault() -> str:
    """Imports torchvision, where it is installed, and hides it where that fails.

    Returns:
        One line that says what is wrong and how to mend it; "" where it works or is not there.
    """
    if not _fault and importlib.util.find_spec("torchvision") is not None:
        try:
            importlib.import_module("torchvision")
        except (ImportError, RuntimeError, OSError, AttributeError) as error:
            _hide(f"torchvision can't be imported ({str(error).splitlines()[0][:100]})")
    return _fault


def _hide(why: str) -> None:
    """Makes torchvision look as if it were not installed, in this process."""
    global _fault
    for name in [name for name in sys.modules if name.split(".")[0] == "torchvision"]:
        del sys.modules[name]
    sys.modules["torchvision"] = None  # type: ignore[assignment]
    version = metadata.version("torch")
    _fault = (
        f"{why}; images pass through PIL. To mend it: "
        f"pip install 'torchvision=={wanted_for(version)}.*'"
        + (f" --index-url https://download.pytorch.org/whl/{build}"
           if (build := version.partition("+")[2]) else "")
    )  # fmt: skip
