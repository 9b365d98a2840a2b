"""What was read is read anew where the code that reads has changed."""

import subprocess
import sys
from pathlib import Path

from finlmm_utils.asp import supervise
from finlmm_utils.asp.supervise import code_files, part_files
from finlmm_utils.synthetic.reports import write_reports
from tests.helpers import ROOT, environment

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
    # Faces hold no rule; what they hand on drives (engines) or prints (output) and does not read.
    faces = {path for path in loaded if path.name in ("__init__.py", "engines.py", "output.py")}
    assert loaded - faces <= set(code_files())
    assert {path.name for path in code_files()} >= {"labels.py", "references.py", "ocr.py"}


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
