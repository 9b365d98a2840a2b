"""A torchvision for another torch: one line with the command, and finlmm-tiny works with it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers import ROOT, environment

METADATA = "Metadata-Version: 2.1\nName: torchvision\nVersion: {version}\n"
BROKEN = "raise RuntimeError('operator torchvision::nms does not exist')\n"
LOAD = """
from finlmm_utils.study.environment import devices, has
from finlmm_utils.tar.models import load_policy
from pathlib import Path
model, processor = load_policy("finlmm-tiny")
print("LOADED", has("torchvision"), devices(Path("."))["torchvision"])
"""


@pytest.mark.parametrize(
    "version",
    [pytest.param("0.15.2", id="another version", marks=pytest.mark.slow),
     pytest.param("0.28.0", id="another build")],
)  # fmt: skip
def test_it_is_told_in_one_line_and_nothing_needs_it(tmp_path: Path, version: str) -> None:
    """The first is seen by its number; the second only when it is imported."""
    (tmp_path / "torchvision").mkdir()
    (tmp_path / "torchvision" / "__init__.py").write_text(BROKEN)
    facts = tmp_path / f"torchvision-{version}.dist-info"
    facts.mkdir()
    (facts / "METADATA").write_text(METADATA.format(version=version))
    env = environment()
    env["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    done = subprocess.run(
        [sys.executable, "-c", LOAD], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    line = next(t for t in done.stdout.splitlines() if t.startswith("LOADED"))
    assert line.startswith("LOADED False torchvision")
    assert "pip install 'torchvision==0.28.*'" in line and "pass through PIL" in line
