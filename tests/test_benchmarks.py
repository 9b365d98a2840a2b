"""The benchmark that needs a large GPU runs, at a small size, on a CPU."""

import json
import subprocess
import sys

from tests.helpers import ROOT, environment


def test_the_real_shape_at_a_small_size() -> None:
    line = "--size tiny --low 56 --high 84 --tokens 4 --modes lora --steps 2 --prompts 1 --group 2"
    done = subprocess.run(
        [sys.executable, "benchmarks/real_shape.py", *line.split(), "--peak", "1"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    found = [json.loads(text) for text in done.stdout.splitlines() if text.startswith("{")]
    assert found[0]["size"] == "tiny" and found[1]["parameters"]["text"] > 1e6
    measured = found[2]
    assert measured["mode"] == "lora" and measured["tokens_per_second"] > 0
    assert 0 < measured["model_flop_utilisation"] < 1
