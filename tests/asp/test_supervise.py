"""What was read is read anew where the code that reads has changed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pebble import ProcessExpired, ProcessFuture

from finlmm_utils import asp
from finlmm_utils.asp import supervise
from finlmm_utils.asp.store import DamagedFile, read_reports, write_tables
from finlmm_utils.asp.supervise import code_files, extract_folder, part_files
from finlmm_utils.synthetic.reports import write_reports
from tests.helpers import ROOT, environment, small_disk

READ = """
import sys
from finlmm_utils.asp.extract import extract_report
assert extract_report(sys.argv[1]).status == "ok"
for name, module in sys.modules.items():
    if name.startswith("finlmm_utils"):
        print(module.__file__)
"""


def test_every_module_that_reads_a_report_counts(tmp_path):
    """What Python really loads for one report is among the files whose change reads it anew."""
    write_reports(tmp_path, 1, 3)
    (report,) = tmp_path.glob("*.pdf")
    done = subprocess.run(
        [sys.executable, "-c", READ, str(report)],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=True,
    )  # fmt: skip
    loaded = {Path(line) for line in done.stdout.splitlines()}
    # Faces hold no rule; what they hand on drives (engines), prints (output) or hides a library
    # that training alone would use (torchvision_fit), and does not read.
    names = ("__init__.py", "engines.py", "output.py", "torchvision_fit.py")
    faces = {path for path in loaded if path.name in names}
    assert loaded - faces <= set(code_files())
    assert {path.name for path in code_files()} >= {"labels.py", "find.py", "ocr.py"}


def test_a_changed_rule_gives_the_results_other_names(tmp_path, monkeypatch):
    write_reports(tmp_path, 1, 3)
    paths = sorted(tmp_path.glob("*.pdf"))
    before = part_files(paths, tmp_path, 150, 60.0, 2.0)
    changed = tmp_path / "labels.py"
    changed.write_text("LEGEND_REACH = 5.0")
    others = [path for path in code_files() if path.name != "labels.py"]
    monkeypatch.setattr(supervise, "code_files", lambda: [*others, changed])
    supervise._code_digest.cache_clear()
    after = part_files(paths, tmp_path, 150, 60.0, 2.0)
    monkeypatch.undo()
    supervise._code_digest.cache_clear()
    assert [part for _, part in before] != [part for _, part in after]
    assert before == part_files(paths, tmp_path, 150, 60.0, 2.0)


@pytest.fixture(scope="module")
def read_once(tmp_path_factory):
    """Folder of the results of one report, and that of the report."""
    folder = tmp_path_factory.mktemp("read")
    write_reports(folder / "reports", 1, 3)
    extract_folder(folder / "reports", folder / "out", 1)
    return folder


@pytest.mark.faults
def test_a_damaged_result_of_one_report_is_read_again(read_once, capsys):
    out = read_once / "out"
    (part,) = (out / "parts").glob("*.json")
    whole = part.read_text()
    for content in ("", "{", '{"row": 1, "report": 2}', "null", '{"row": {}}'):
        part.write_text(content)
        with pytest.raises(DamagedFile, match="delete it and run again"):
            write_tables([part], out)
    extract_folder(read_once / "reports", out, 1)
    assert json.loads(part.read_text())["report"] == json.loads(whole)["report"]
    assert "is read again" in capsys.readouterr().out


@pytest.mark.faults
@pytest.mark.parametrize("name", ["figures.parquet", "blocks.parquet", "reports.jsonl"])
def test_a_damaged_table_is_one_line_with_its_path(read_once, tmp_path, name):
    for path in (read_once / "out").glob("*.*"):
        shutil.copy(path, tmp_path)
    assert len(read_reports(tmp_path)) == 1
    data = (tmp_path / name).read_bytes()
    for damaged in (data[: len(data) // 2], b"\xff" * 99):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(DamagedFile, match="finlmm run 01") as caught:
            read_reports(tmp_path)
        assert str(tmp_path / name) in str(caught.value)
        assert "\n" not in str(caught.value)


@pytest.mark.faults
@pytest.mark.parametrize("value", ["gone", None, "x", float("nan"), [1]], ids=str)
@pytest.mark.parametrize("column", ["report_id", "kind", "text", "x0", "page"])
def test_a_table_of_other_columns_or_types_is_one_line(read_once, tmp_path, column, value):
    for path in (read_once / "out").glob("*.*"):
        shutil.copy(path, tmp_path)
    blocks = pd.read_parquet(tmp_path / "blocks.parquet")
    kept = blocks.drop(columns=column)
    if value != "gone":
        kept[column] = pd.Series([value] * len(blocks), dtype=object)
    if (column, value) == ("text", "x"):
        kept["index"] = -1.5
    kept.to_parquet(tmp_path / "blocks.parquet")
    with pytest.raises(DamagedFile, match=r"finlmm run 01") as caught:
        read_reports(tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.slow
@pytest.mark.faults
def test_a_full_disk_is_not_the_report_s_fault(tmp_path):
    """There is room for a row that blames the report, and not for what was read."""
    write_reports(tmp_path / "reports", 1, 3)
    with small_disk(tmp_path / "disk", 1) as place:
        filler = place / "filler"
        filler.write_bytes(b"f" * 2**20)
        filler.write_bytes(b"f" * (filler.stat().st_size - 16_384))
        with pytest.raises(OSError, match="No space left"):
            extract_folder(tmp_path / "reports", tmp_path / "out", 1, parts_dir=place)
        assert not list(place.glob("*.json")), "else it would count as read for good"
        filler.unlink()
        subprocess.run(["mount", "-o", "remount,size=9m", str(place)], check=True)
        rows = extract_folder(tmp_path / "reports", tmp_path / "out", 1, parts_dir=place)
    assert [row["status"] for row in rows] == ["ok"]


@pytest.mark.faults
@pytest.mark.parametrize("content", [None, "", "pages", "pages x 1", "pages 3 now", "a b c d"])
def test_a_note_of_progress_that_was_cut_costs_no_run(tmp_path, content):
    """A reader that is killed while it writes how far it is."""
    (tmp_path / "r.pdf").write_bytes(b"%PDF-1.7 some")
    if content is not None:
        (tmp_path / "part.stage").write_text(content)
    job = ProcessFuture()
    job.set_exception(ProcessExpired("killed", code=-9))
    row = supervise._wait(job, tmp_path / "r.pdf", tmp_path / "part.json", 60.0, {})
    assert (row["status"], row["pages"], row["seconds"]) == ("crash", 0, 0.0)
    assert json.loads((tmp_path / "part.json").read_text())["row"] == row
    assert not (tmp_path / "part.stage").exists()


@pytest.mark.faults
@pytest.mark.parametrize(
    "limit",
    [{"workers": 0}, {"workers": -1}, {"timeout": 0.0}, {"timeout": -1.0}, {"dpi": 0},
     {"timeout": float("nan")}, {"timeout": float("inf")}, {"memory_limit": 0.0},
     {"tasks": 0}, {"engine": "datatrove", "workers": -1}],
)  # fmt: skip
def test_a_limit_that_is_none_is_refused_before_any_work(tmp_path, limit):
    """Among them what other tools take for "all" or "never", and what never rings or ends."""
    with pytest.raises(ValueError, match="expected a number above 0"):
        asp.run(tmp_path, tmp_path / "out", **limit)
    assert not (tmp_path / "out").exists()
