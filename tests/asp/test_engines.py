"""A folder of reports at scale: runs that are killed, and other engines."""

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import psutil
import pymupdf
import pytest

from finlmm_utils import asp
from finlmm_utils.asp.engines import Extraction, _run_by_ray
from finlmm_utils.synthetic.reports import write_reports
from tests.helpers import ROOT


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    first, *_ = write_reports(folder, 6, seed=5)
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "page.pdf").write_bytes(b"<html><title>403 Forbidden</title></html>")
    (folder / "cut.pdf").write_bytes(first.read_bytes()[:30_000])
    with pymupdf.open(first) as document:
        document.save(folder / "locked.pdf", encryption=pymupdf.PDF_ENCRYPT_AES_256, user_pw="x")
    return folder


BAD = {"empty.pdf": "not_pdf", "page.pdf": "not_pdf", "locked.pdf": "encrypted"}


@pytest.fixture(scope="module")
def whole(folder, tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    rows = asp.run(folder, out, workers=1)
    assert {row["file"]: row["status"] for row in rows if row["file"] in BAD} == BAD
    assert len(rows) == 6 + len(BAD) + 1, "and what is cut ends in a row, whatever is left of it"
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


def needed(engine):
    """Skips a test whose engine is not installed."""
    for name in {"datatrove", {"slurm": "datatrove"}.get(engine, engine)}:
        pytest.importorskip(name, reason=f"{name} (the cluster extra) is not installed")


JOB = """
import sys
from finlmm_utils import asp
engine, reports, out, timeout, workers, seconds = sys.argv[1:]
if engine == "ray":
    import ray
    for left in range(4, -1, -1):  # its parts give each other 15 s, too few on a busy machine
        try:
            ray.init(num_cpus=2, include_dashboard=False, object_store_memory=10**8,
                     log_to_driver=False)
            break
        except Exception:
            if not left:
                raise
            ray.shutdown()
asp.run(reports, out, engine=engine, tasks=2, workers=int(workers), timeout=float(timeout),
        executor={"time": int(seconds)} if int(seconds) else None)
"""
"""Without a guard, as people write it."""
START = 600.0
"""Seconds in which an engine has begun to read, on a busy machine."""
PATIENT = {"RAY_raylet_start_wait_time_s": "60", "RAY_AUTH_MODE": "disabled"}


def start(engine, folder, out, timeout=60.0, workers=2, seconds=0):
    """Two tasks of an engine; what it says goes to a file beside its tables."""
    script = out.with_suffix(".py")
    script.write_text(JOB)
    order = [sys.executable, script, engine, folder, out, timeout, workers, seconds]
    with out.with_suffix(".log").open("w") as log:
        return subprocess.Popen(
            list(map(str, order)), stdout=log, stderr=log, env={**os.environ, **PATIENT}
        )


def finished(job, out):
    """Waits for the job's end; its log says why it failed."""
    assert job.wait(START) == 0, out.with_suffix(".log").read_text()


ENGINES = ["datatrove", pytest.param("ray", marks=pytest.mark.slow)]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_engine_gives_the_tables_of_the_pool(folder, whole, tmp_path, engine):
    needed(engine)
    finished(start(engine, folder, tmp_path / "out"), tmp_path / "out")
    same_tables(whole, tmp_path / "out")


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["datatrove", "ray"])
def test_real_bad_reports_end_in_the_rows_of_the_pool(real_data, tmp_path, engine):
    """Reports that crash, hang and fill the memory of what reads them, beside two that are well."""
    needed(engine)
    shutil.copytree(real_data / "bad_pdfs", tmp_path / "reports")
    write_reports(tmp_path / "reports", 2, seed=5)
    rows = {}
    for name in ("local", engine):
        out = tmp_path / f"by_{name}"
        finished(start(name, tmp_path / "reports", out, 20.0), out)
        table = pd.read_json(out / "reports.jsonl", lines=True)
        # What ends a bomb hangs on the machine's speed: time, memory, or its reader's crash.
        ended = table["status"].isin(["timeout", "crash"]) | table["reason"].str.contains("realloc")
        table.loc[ended, "status"] = "ended"
        rows[name] = table.drop(columns=["seconds", "reason"]).to_dict("records")
    assert rows[engine] == rows["local"]
    status = [row["status"] for row in rows[engine]]
    assert status.count("ended") >= 2 and status.count("ok") >= 2 and len(set(status)) > 3


def tasks_of(job, engine):
    """The processes that run a task of datatrove, below a job: of Ray its two actors."""
    mark = "ray::RankWorker" if engine == "ray" else "spawn_main"
    found = {}
    for process in psutil.Process(job.pid).children(recursive=engine == "ray"):
        with contextlib.suppress(psutil.NoSuchProcess):
            if mark in " ".join(process.cmdline()):
                found[process.pid] = process
    return [process for process in found.values() if process.ppid() not in found]


def reader_of(job):
    """The process that reads a report: the last below a job that is not idle."""
    found = {}
    for process in psutil.Process(job.pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if "spawn_main" in " ".join(process.cmdline()) and not process.children():
                found[process] = process.cpu_times().user
    return max(found, key=found.get)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["datatrove", "ray"])
def test_a_task_killed_in_mid_run_is_made_up_for(folder, whole, tmp_path, engine):
    needed(engine)
    out = tmp_path / "out"
    job = start(engine, folder, out)
    end, said = time.monotonic() + START, ""
    while not list(out.glob("parts/*.stage")):
        said = out.with_suffix(".log").read_text()
        assert time.monotonic() < end and job.poll() is None, said
        time.sleep(0.02)
    tasks = tasks_of(job, engine)
    assert tasks, said
    tasks[0].kill()
    code = job.wait(START)
    said = out.with_suffix(".log").read_text()
    assert code == 0, said
    assert re.search("died with exit code -9|failed with RayActorError", said)
    same_tables(whole, out)


@pytest.mark.slow
def test_a_task_of_ray_whose_inner_process_is_killed_ends_with_its_time(folder, whole, tmp_path):
    """Its pool would wait for ever: the task is ended, what is left is begun again."""
    needed("ray")
    out = tmp_path / "out"
    job = start("ray", folder, out, seconds=60)
    end, inner = time.monotonic() + START, []
    while not inner:
        assert time.monotonic() < end and job.poll() is None, out.with_suffix(".log").read_text()
        tasks = {task.pid for task in tasks_of(job, "ray")}
        children = [child for pid in tasks for child in psutil.Process(pid).children()]
        inner = children if list(out.glob("parts/*.stage")) else []
        time.sleep(0.02)
    inner[0].kill()
    finished(job, out)
    assert "ran out of time: what is left is begun again" in out.with_suffix(".log").read_text()
    same_tables(whole, out)


class OverTime:
    """Stands for datatrove's executor: so many runs end over a task out of time."""

    def __init__(self, read):
        self.read = read

    def run(self):
        if self.read:
            self.read.pop()()
            raise KeyError("ObjectRef")


def test_what_ran_out_of_time_is_begun_again_while_reports_get_read(tmp_path, capsys):
    (tmp_path / "parts").mkdir()
    step = Extraction([Path("a.pdf"), Path("b.pdf"), Path("c.pdf")], tmp_path, {"timeout": 20.0})
    assert step.patience(2) == 2 * (20 + 30) + 120, "a default, so that no task hangs for ever"
    one = [lambda n=n: (tmp_path / "parts" / f"{n}.json").write_text("{}") for n in range(2)]
    many = OverTime(one)
    _run_by_ray(many, step)
    assert not many.read and capsys.readouterr().out.count("begun again") == 2
    _run_by_ray(OverTime([lambda: None] * 9), step)
    assert "is read here" in capsys.readouterr().out, "nothing was read: it goes round no more"


def write_bomb(path: Path, levels: int = 12) -> None:
    """A page of a few kilobytes whose forms call each other 10**12 times: its reader hangs."""
    with pymupdf.open() as document:
        page = document.new_page()
        forms = [document.get_new_xref() for _ in range(levels)]
        for number, xref in enumerate(forms):
            deeper = f"/F {forms[number + 1]} 0 R" if number + 1 < levels else ""
            document.update_object(
                xref,
                "<</Type/XObject/Subtype/Form/BBox[0 0 600 800]"
                f"/Resources<</XObject<<{deeper}>>>>>>",
            )
            document.update_stream(xref, b"/F Do " * 10 if deeper else b"0 0 9 9 re f")
        contents = document.get_new_xref()
        document.update_object(contents, "<<>>")
        document.update_stream(contents, b"/F Do")
        document.xref_set_key(page.xref, "Contents", f"{contents} 0 R")
        document.xref_set_key(page.xref, "Resources", f"<</XObject<</F {forms[0]} 0 R>>>>")
        document.save(path)


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["local", "datatrove", "ray"])
def test_a_report_that_ends_its_reader_is_one_row(tmp_path, engine):
    """One reader dies by its alarm, one is killed; the report beside them is whole."""
    needed(engine) if engine != "local" else None
    write_reports(tmp_path / "reports", 1, seed=5)
    for name in ("bomb_1.pdf", "bomb_2.pdf"):
        write_bomb(tmp_path / "reports" / name)
    job = start(engine, tmp_path / "reports", tmp_path / "out", timeout=15.0, workers=1)
    end = time.monotonic() + START
    while not list((tmp_path / "out").glob("parts/*.stage")):
        assert time.monotonic() < end and job.poll() is None, (tmp_path / "out.log").read_text()
        time.sleep(0.02)
    reader_of(job).kill()
    assert job.wait(START) == 0, (tmp_path / "out.log").read_text()
    rows = pd.read_json(tmp_path / "out" / "reports.jsonl", lines=True).set_index("file")
    status = rows.pop("status").to_dict()
    assert status.pop("made_5_0000.pdf") == "ok"
    assert set(status.values()) <= {"crash", "timeout", "exception"}
    assert "crash" in status.values(), "killed; the other ran out of time, or of memory before"
    assert rows.loc["made_5_0000.pdf", "figures"] > 0


SLURM = {
    "sbatch": 'cp "${@: -1}" "$SUBMITTED/$(ls "$SUBMITTED" | wc -l).sh"\n'
    'echo "Submitted batch job 17"',
    "scontrol": "echo node0",
    "srun": 'while [[ "$1" == -* ]]; do [[ "$1" == -n ]] && shift; shift; done\nexec "$@"',
}
"""The commands of Slurm as far as a submission needs them: no scheduler is here."""


@pytest.mark.slow
def test_slurms_script_reads_its_share_of_the_reports(folder, whole, tmp_path, monkeypatch):
    """What is submitted is a shell script; run for each number of its array, it reads all."""
    needed("slurm")
    for name, body in SLURM.items():
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    beside = Path(sys.executable).parent
    monkeypatch.setenv("PATH", f"{tmp_path}:{beside}:{os.environ['PATH']}")
    if shutil.which("launch_pickled_pipeline") is None:
        pytest.skip("datatrove's launch_pickled_pipeline is not on the PATH")
    monkeypatch.setenv("SUBMITTED", str(tmp_path / "submitted"))
    monkeypatch.setenv("PYTHONPATH", f"{ROOT}:{os.environ.get('PYTHONPATH', '')}")
    (tmp_path / "submitted").mkdir()
    out = tmp_path / "out"
    more = {"time": "01:00:00", "partition": "cpu", "mem_per_cpu_gb": 4}
    monkeypatch.chdir(folder)  # a job may start in another folder than the one that submits it
    ways = [os.path.relpath(path) for path in (folder, out)]
    assert asp.run(*ways, engine="slurm", tasks=2, workers=2, executor=more) == []
    first = (tmp_path / "submitted" / "0.sh").read_text()
    told = dict(re.findall(r"^#SBATCH --([a-z-]+)=(.*)$", first, re.MULTILINE))
    assert told["array"] == "0-1%2" and told["time"] == "01:00:00" and told["mem-per-cpu"] == "4G"
    for script in sorted((tmp_path / "submitted").glob("*.sh")):
        subprocess.run(["bash", "-n", script], check=True)
    for rank in "01":
        done = subprocess.run(
            ["bash", tmp_path / "submitted" / "0.sh"], capture_output=True, text=True, check=False,
            env={**os.environ, "SLURM_ARRAY_TASK_ID": rank, "SLURM_NODELIST": "node0"},
            cwd=tmp_path / "submitted",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    read = len(list(out.glob("parts/*.json")))
    assert read == len(pd.read_json(whole / "reports.jsonl", lines=True)), "read by the two jobs"
    asp.run(folder, out, workers=1)
    same_tables(whole, out)
