"""Notebooks 01 to 06 on both families, from copies as they lie on the hub."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.helpers import ROOT, command, environment
from tests.tar.data.benchmark_copies import finmmr
from tests.tar.hub_copies import FAMILIES, write_hub_copy

pytestmark = pytest.mark.slow

SETTINGS = ("max_pixels=12544", "adapter=lora", "kl=0.01", "temperature=3.0")
"""Small images, an adapter that stage 2 goes on from, and groups that disagree."""


@pytest.mark.parametrize("name", FAMILIES)
def test_the_notebooks_run_on_a_copy(tmp_path: Path, name: str) -> None:
    copy = write_hub_copy(tmp_path / name, name)
    finmmr(tmp_path / "FinMMR")
    line = command("run", "01", "02", "03", "04", "05", "06", "--profile", "smoke", "--out",
                   tmp_path / "run", "--set", f"policy={copy}",
                   "--set", f"eval_data={tmp_path / 'FinMMR'}")  # fmt: skip
    for setting in SETTINGS:
        line += ["--set", f"training.{setting}"]
    done = subprocess.run(
        [str(part) for part in line], cwd=ROOT, env=environment(), capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    metrics = json.loads((tmp_path / "run" / "06_evaluation" / "metrics.json").read_text("utf-8"))
    assert "stage2/image/greedy" in metrics and metrics["benchmarks"]["FinMMR/base"]["rows"] == 3
    told = json.loads((tmp_path / "run" / "05_stage2_multimodal_grpo" / "policy" /
                       "adapter_config.json").read_text("utf-8"))  # fmt: skip
    assert told["base_model_name_or_path"] == str(copy)
