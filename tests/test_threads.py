"""torch's threads sleep while they wait for one another, wherever torch starts."""

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT
from tests.static.test_notebooks import NOTEBOOK_FILES, sources

LOADS_TORCH = {"torch", "transformers", "trl", "peft", "accelerate", "sentence_transformers"}
STARTED_BY_HAND = [*NOTEBOOK_FILES, *sorted((ROOT / "benchmarks").glob("*.py"))]


@pytest.mark.parametrize(
    ("own", "spins"),
    [({}, "0"), ({"OMP_WAIT_POLICY": "ACTIVE"}, "30000000000"), ({"GOMP_SPINCOUNT": "7"}, "7")],
    ids=["ours", "policy", "count"],
)
def test_threads_sleep_unless_the_user_says_otherwise(own: dict[str, str], spins: str) -> None:
    """What OpenMP itself says that it took from the environment when torch was loaded."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_"))}
    done = subprocess.run(
        [sys.executable, "-c", "import finlmm_utils, torch"], capture_output=True, text=True,
        env={**clean, **own, "OMP_DISPLAY_ENV": "VERBOSE", "PYTHONPATH": str(ROOT)}, check=True,
    )  # fmt: skip
    if "GOMP_SPINCOUNT" not in done.stderr:
        pytest.skip("this torch has another OpenMP than GNU's")
    assert f"GOMP_SPINCOUNT = '{spins}'" in done.stderr


@pytest.mark.parametrize("path", STARTED_BY_HAND, ids=lambda path: path.stem)
def test_the_package_is_imported_before_torch(path: Path) -> None:
    """Else its setting would come too late; kernels of the runner inherit it in any case."""
    parts = sources(path, "code") if path.suffix == ".ipynb" else [path.read_text("utf-8")]
    lines = "\n".join(parts).splitlines()
    tree = ast.parse("\n".join("" if line.startswith(("%", "!")) else line for line in lines))
    first: dict[str, int] = {}
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names or [getattr(node, "module", "") or ""]:
                first.setdefault(name.split(".")[0], node.lineno)
    ours = first.get("finlmm_utils", len(lines) + 1)
    assert {name for name in LOADS_TORCH & first.keys() if first[name] < ours} == set()
