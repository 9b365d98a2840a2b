"""A folder of reports at scale: runs that are killed, and other engines."""

import os
import random
import signal
import subprocess
import sys
import time

import pandas as pd
import pytest

from finlmm_utils import asp
from finlmm_utils.asp.llm.cost import paper_cost
from finlmm_utils.synthetic.reports import write_reports


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    write_reports(folder, 6, seed=5)
    (folder / "empty.pdf").write_bytes(b"")
    return folder


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    asp.run(folder, out, workers=1)
    return out


def same_tables(first, second):
    rows = [pd.read_json(d / "reports.jsonl", lines=True) for d in (first, second)]
    pd.testing.assert_frame_equal(*(r.drop(columns="seconds") for r in rows))
    for name in ("figures.parquet", "blocks.parquet"):
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_a_run_killed_at_ten_moments_ends_in_the_same_rows(folder, whole, tmp_path):
    script = tmp_path / "job.py"
    out = tmp_path / "cut"
    script.write_text(
        "from finlmm_utils import asp\n"
        f"if __name__ == '__main__': asp.run({str(folder)!r}, {str(out)!r}, workers=1)"
    )
    moments = random.Random(4)
    results = 0
    for _ in range(10):
        job = subprocess.Popen([sys.executable, str(script)], start_new_session=True)
        end = time.monotonic() + 60
        while not list(out.glob("parts/*.stage")) and job.poll() is None:
            assert time.monotonic() < end, "the job never began"
            time.sleep(0.02)
        time.sleep(moments.uniform(0, 0.5))  # while a report is read, written, or just after
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
        before, results = results, len(list(out.glob("parts/*.json")))
        assert results >= before
    asp.run(folder, out, workers=1)
    same_tables(whole, out)


@pytest.mark.parametrize("standard_input", [False, True])
def test_a_script_without_a_guard_may_run_it(folder, whole, tmp_path, standard_input):
    script, out = tmp_path / "job.py", tmp_path / "out"
    order = f"from finlmm_utils import asp; asp.run({str(folder)!r}, {str(out)!r}, workers=2)"
    script.write_text(order)
    with script.open() as stream:
        command = [sys.executable, *([] if standard_input else [str(script)])]
        subprocess.run(command, stdin=stream, check=True, timeout=300)
    same_tables(whole, out)


def test_an_unknown_engine_is_refused(folder, tmp_path):
    with pytest.raises(ValueError, match="engine='spark' is unknown; use local"):
        asp.run(folder, tmp_path, engine="spark")


def test_datatrove_gives_the_same_tables(folder, whole, tmp_path):
    pytest.importorskip("datatrove", reason="datatrove (the cluster extra) is not installed")
    asp.run(folder, tmp_path, engine="datatrove", tasks=2, workers=2)
    same_tables(whole, tmp_path)


def test_the_cost_of_the_papers_scale_is_arithmetic_over_rates():
    """By hand: 23,397 reports of 100 pages; 0.036 s a page are 23.4 hours."""
    cost = paper_cost(0.036, 400.0, ocr_seconds=0.36, letters_written=40.0, tokens_seen=90.0)
    assert cost["cpu_hours_extraction"] == 23.4
    assert cost["cpu_hours_ocr"] == 234.0
    assert [cost[f"tokens_{n}_millions"] for n in ("read", "written", "seen")] == [234, 23.4, 210.6]
    assert "gpu_hours" not in cost
    half = paper_cost(0.036, 400.0, tokens_seen=100.0, tokens_per_second=1e4, pages_per_report=50)
    assert half["gpu_hours"] == 6.5
