"""Jobs on GPUs of their own: what each sees, one at a time a GPU, and the array of a scheduler."""

import itertools
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.runner import sweeps
from tests.helpers import ROOT

STUB = """
import json, os, sys, time
from pathlib import Path
log, seed = Path(sys.argv[1]), sys.argv[2]
began = time.monotonic()
time.sleep(0.3)
seen = {name: os.environ.get(name) for name in ("CUDA_VISIBLE_DEVICES", "MASTER_PORT",
                                              "OMP_NUM_THREADS")}
(log / f"{seed}.json").write_text(json.dumps({**seen, "began": began, "ended": time.monotonic()}))
sys.exit(int(seed == "13"))
"""
"""Stands for ``finlmm run``: it writes down which GPU it was given, and when."""


@pytest.fixture
def stub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Jobs start the stub; the machinery that hands out GPUs is the real one."""
    script, log = tmp_path / "stub.py", tmp_path / "log"
    script.write_text(STUB)
    log.mkdir()
    popen = subprocess.Popen

    def start(command: list[str], **options: Any) -> Any:
        seed = command[command.index("--seeds") + 1]
        return popen([sys.executable, str(script), str(log), seed], **options)

    monkeypatch.setattr(sweeps.subprocess, "Popen", start)
    return log


def seen(log: Path) -> dict[str, dict[str, Any]]:
    return {file.stem: json.loads(file.read_text()) for file in log.glob("*.json")}


@pytest.mark.parametrize("cores", [1, 64])
def test_each_seed_has_a_gpu_and_a_port_of_its_own(
    cores: int, stub: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeps.os, "cpu_count", lambda: cores)
    monkeypatch.delenv("OMP_NUM_THREADS")
    code = sweeps.run_seeds("smoke", ["00"], {}, [1, 2, 3, 4, 5], tmp_path / "out",
                            gpus=["3", "7"], resume=False)  # fmt: skip
    found = seen(stub)
    assert code == 0 and len(found) == 5
    assert {job["CUDA_VISIBLE_DEVICES"] for job in found.values()} == {"3", "7"}
    assert {job["OMP_NUM_THREADS"] for job in found.values()} == {"1"}, "ids do not know the cores"
    for gpu in ("3", "7"):
        times = sorted((job["began"], job["ended"]) for job in found.values()
                       if job["CUDA_VISIBLE_DEVICES"] == gpu)  # fmt: skip
        assert len({job["MASTER_PORT"] for job in found.values()
                    if job["CUDA_VISIBLE_DEVICES"] == gpu}) == 1  # fmt: skip
        assert all(a[1] <= b[0] for a, b in itertools.pairwise(times)), "one"
    assert len({job["MASTER_PORT"] for job in found.values()}) == 2


def test_a_seed_that_fails_is_told_and_the_others_run(stub: Path, tmp_path: Path) -> None:
    code = sweeps.run_seeds("smoke", ["00"], {}, [13, 2], tmp_path / "out", gpus=["0"],
                            resume=False)  # fmt: skip
    assert code == 1 and set(seen(stub)) == {"13", "2"}


def test_a_sweep_runs_one_job_of_an_array(stub: Path, tmp_path: Path) -> None:
    file = ROOT / "papermill_runs" / "sweeps" / "smoke.yaml"
    jobs = len(sweeps.cells(sweeps.read_sweep(file)))
    assert sweeps.run_sweep(file, tmp_path / "one", jobs=1, resume=False, only=1) == 0
    places = sorted(p.parent.relative_to(tmp_path / "one").as_posix()
                    for p in (tmp_path / "one").rglob("runner.log"))  # fmt: skip
    assert places == ["distractor_rule=random/seed_1", "shared/seed_1"]
    assert not (tmp_path / "one" / "sweep.csv").exists(), "the others are not there yet"
    with pytest.raises(ParameterError, match=f"--only {jobs}: expected 0 to {jobs - 1}"):
        sweeps.run_sweep(file, tmp_path / "two", jobs=1, resume=False, only=jobs)


@pytest.mark.parametrize("text", ["", "a", "0,0", "0,-1"])
def test_gpus_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ParameterError, match="expected different whole numbers"):
        sweeps.gpu_list(text)


def test_the_array_script_is_read_by_a_shell(tmp_path: Path) -> None:
    """Its own words reach the command, with the number that the scheduler gives."""
    fake = tmp_path / "finlmm"
    fake.write_text('#!/bin/sh\necho "$MASTER_PORT $@"\n')
    fake.chmod(0o755)
    script = ROOT / "papermill_runs" / "sweeps" / "slurm_array.sh"
    said = [
        subprocess.run(
            ["bash", script, kind, what, "/out"], capture_output=True, text=True, check=True,
            env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SLURM_ARRAY_TASK_ID": "3"},
        ).stdout
        for kind, what in (("seeds", "gpu"), ("sweep", "grid.yaml"))
    ]  # fmt: skip
    assert said == [
        "29503 run --profile gpu --seeds 3 --out /out/seed_3 --resume\n",
        "29503 sweep grid.yaml --only 3 --out /out --resume\n",
    ]
