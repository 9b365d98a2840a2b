"""The executed notebook keeps results and loses the noise of the way to them; the log keeps all."""

import json
import logging
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from finlmm_utils.output import MEANINGLESS, progress_line
from finlmm_utils.study.runner.child import execute
from finlmm_utils.study.runner.executed import WIDGET, clean, kept_text
from finlmm_utils.study.runner.manifest import repair_notebook
from finlmm_utils.study.session import Run

NOISY = """
import sys, warnings
from pathlib import Path
from tqdm.std import tqdm
from tqdm.notebook import tqdm as widget_bar
from finlmm_utils.output import progress_line
print("before")
for step in range(3):
    progress_line(f"step {step}/3  reward 0.5  0:03 left")
    print(f"kept {step}")
list(tqdm(range(3), desc="weights"))
list(widget_bar(range(3), desc="as a widget"))
warnings.warn_explicit("gone in 9.0", FutureWarning, "library.py", 3)
warnings.warn_explicit("overflow in exp", RuntimeWarning, "cell.py", 3)
print("after")
"""


def stream(name: str, text: str) -> Any:
    return new_output("stream", name=name, text=text)


def of(*outputs: Any) -> Any:
    return new_notebook(cells=[new_code_cell("1", outputs=list(outputs))])


def test_what_the_runner_writes_is_clean_and_the_log_is_whole(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    source, target = tmp_path / "noisy.ipynb", tmp_path / "executed.ipynb"
    noisy = new_notebook(cells=[new_code_cell(NOISY)])
    noisy.metadata["kernelspec"] = {"name": "python3", "display_name": "p", "language": "python"}
    nbformat.write(noisy, source)
    job = {"notebook": str(source), "output": str(target), "parameters": {}, "cwd": str(tmp_path),
           "cell_timeout": 120}  # fmt: skip
    with caplog.at_level(logging.INFO, logger="papermill"):
        assert execute(job) == "completed"
    written = nbformat.read(target, as_version=4)
    assert "widgets" not in written.metadata
    by_name = {"stdout": "", "stderr": ""}
    for output in written.cells[0].outputs:
        by_name[output.name] += output.text
    assert by_name["stdout"] == "before\nkept 0\nkept 1\nkept 2\nafter\n"
    assert by_name["stderr"].splitlines()[0].endswith("RuntimeWarning: overflow in exp")
    assert "FutureWarning" not in by_name["stderr"]
    assert "step 2/3" in caplog.text


def test_a_killed_notebook_is_cleaned_too(tmp_path: Path) -> None:
    path = tmp_path / "executed.ipynb"
    bar = new_output("display_data", {WIDGET: {}, "text/plain": "Loading weights: 0%"})
    nbformat.write(of(bar, stream("stdout", "\rstep 1/9\r\n"), stream("stdout", "x\n")), path)
    repair_notebook(path, running=1, status="kernel_died")
    (cell,) = json.loads(path.read_text("utf-8"))["cells"]
    assert ["".join(output["text"]) for output in cell["outputs"]] == ["x\n"]


def test_what_is_left_of_one_stream_is_one_output() -> None:
    table = new_output("display_data", {"text/html": "<table>"}, metadata={})
    notebook = of(
        stream("stdout", "a\n"), stream("stdout", "\rstep 1\r\n"), stream("stderr", "\r 0%|   |"),
        stream("stderr", "\r100%|###| 3/3 [00:00<00:00, 9.9it/s]\n"), stream("stdout", "b\n"),
        table, stream("stdout", "c\n"),
    )  # fmt: skip
    clean(notebook)
    outputs = notebook.cells[0].outputs
    assert [output.get("text", "table") for output in outputs] == ["a\nb\n", "table", "c\n"]
    before = json.dumps(notebook)
    clean(notebook)
    assert json.dumps(notebook) == before


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("plain\n", "plain\n"),
        ("5 steps left\nstep 3: a monitor speaks\n", "5 steps left\nstep 3: a monitor speaks\n"),
        ("from a Windows file\r\nnext\r\n", "from a Windows file\nnext\n"),
        ("\r 50%|##  |\r          \rresult\n", "result\n"),
        ("\r3it [00:00, 9.9it/s]\n", ""),
        ("share right: 100%|of 4|\n", "share right: 100%|of 4|\n"),
        ("old\rnew\n", "new\n"),
    ],
)
def test_only_what_was_to_be_overwritten_goes(text: str, left: str) -> None:
    assert kept_text(text) == left


def test_every_progress_of_a_run_is_marked(capsys: pytest.CaptureFixture[str]) -> None:
    class Note:
        progress = Run.progress

    assert list(Note().progress([1, 2], "rows")) == [1, 2]  # type: ignore[misc]
    progress_line("step 1/2")
    said = capsys.readouterr().out
    assert "rows: 2/2" in said
    assert "step 1/2" in said
    assert kept_text(said) == ""


def test_only_the_known_message_of_a_library_is_silenced(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for name, start in MEANINGLESS.items():
        logger = logging.getLogger(name)
        logger.addHandler(caplog.handler)
        try:
            logger.warning(f"{start} and so on")
            logger.warning("another of %s", name)
        finally:
            logger.removeHandler(caplog.handler)
    assert {record.getMessage() for record in caplog.records} == {
        f"another of {name}" for name in MEANINGLESS
    }
