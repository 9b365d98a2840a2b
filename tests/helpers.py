"""Helpers of the tests: throw-away checkouts and the command line as a user calls it."""

import ast
import contextlib
import json
import os
import signal
import subprocess
import symtable
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

ROOT = Path(__file__).resolve().parents[1]
PARAMETERS = {
    "00_preflight": 'profile = "cpu"\nrun_dir = "runs/by_hand"\nseed = 1\npolicy = "finlmm-tiny"',
    "01_asp_reports": 'profile = "cpu"\nrun_dir = "runs/by_hand"\nseed = 1\nreports_dir = ""\n'
    'made_reports = 2\nmade_level = "plain"\nhard_reports = 0\n'
    "dpi = 150\nworkers = 2\nreport_timeout = 60.0\nmemory_limit = 2.0",
    "02_asp_questions": 'profile = "cpu"\nrun_dir = "runs/by_hand"\nseed = 1\n'
    'backend = "offline"\naligner = "offline"\nllm = "x"\nbase_url = ""\n'
    'lmm = "x"\nlmm_url = ""\nllm_limits = {"tokens": 1, "dollars": 1.0, "price_in": 1.0, '
    '"price_out": 1.0, "requests_per_minute": 1.0, "failed_share": 0.2, "answer_tokens": 4096, '
    '"seconds": 120.0}\nblind_check = "offline"\n'
    "questions_per_report = 4\nquestions_per_figure = 2\nmargin = 0.0\nworkers = 1",
    "04_stage1_text_grpo": 'profile = "cpu"\nrun_dir = "runs/by_hand"\nseed = 1\n'
    'policy = "finlmm-tiny"\nstage1_data = "made"\nstage1_rows = 4\nstage1_steps = 1\n'
    "stage1_learning_rate = 1e-4\nprompts_per_step = 1\ngroup_size = 2\nkl = 0.0\n"
    'max_completion_tokens = 8\nadapter = "none"',
}


def make_checkout(folder: Path) -> Path:
    """A folder that the runner takes for a checkout, with the real profiles and no notebook."""
    (folder / "notebooks").mkdir(parents=True)
    profiles = folder / "papermill_runs" / "profiles"
    profiles.mkdir(parents=True)
    (folder / "pyproject.toml").write_text("[project]\nname = 'throw-away'\n")
    for path in (ROOT / "papermill_runs" / "profiles").glob("*.yaml"):
        (profiles / path.name).write_text(path.read_text())
    return folder


def write_notebook(checkout: Path, stem: str, *sources: str) -> Path:
    """A notebook with its parameters cell, the preflight cell and the given code cells."""
    number = stem[:2]
    cells = [
        new_code_cell(PARAMETERS[stem], metadata={"tags": ["parameters"]}),
        new_code_cell(f'from finlmm_utils.study import start\nrun = start("{number}", globals())'),
        *(new_code_cell(source) for source in sources),
    ]
    for position, cell in enumerate(cells):
        cell.id = f"cell-{position}"
    content = new_notebook(cells=cells)
    content.metadata["kernelspec"] = {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
    path = checkout / "notebooks" / f"{stem}.ipynb"
    nbformat.write(content, path)
    return path


def environment(checkout: Path | None = None, **extra: str) -> dict[str, str]:
    """The process's environment, with the checkout that the runner shall use."""
    own = {**os.environ, "PYTHONPATH": str(ROOT), **extra}
    own.pop("FINLMM_ROOT", None)
    return {**own, "FINLMM_ROOT": str(checkout)} if checkout else own


def command(*arguments: Any) -> list[str]:
    """``finlmm ARGUMENTS`` with this Python."""
    return [sys.executable, "-m", "finlmm_utils.study.cli", *map(str, arguments)]


def finlmm(
    *arguments: Any, checkout: Path | None = None, timeout: float = 300, **extra: str
) -> subprocess.CompletedProcess[str]:
    """Run ``finlmm`` to its end."""
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        timeout=timeout,
        env=environment(checkout, **extra),
        cwd=checkout or ROOT,
        check=False,
    )


class Background:
    """A command that runs beside whatever else goes on; any process can wait for its log."""

    def __init__(self, line: list[str], log: Path) -> None:
        """Start it.

        Args:
            line: The command.
            log: File for what it says; beside it comes a file ``.code`` with its exit code.
        """
        self._log = log.open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=self._log, stderr=subprocess.STDOUT,
            env=environment(), cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        self._end = threading.Thread(target=self._write_code, args=(log.with_suffix(".code"),))
        self._end.start()

    def _write_code(self, file: Path) -> None:
        code = self._process.wait()
        whole = file.with_suffix(".part")
        whole.write_text(str(code), "utf-8")
        whole.rename(file)  # a reader never sees half of it

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Ends what still runs; a runner then ends its kernel."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        self._end.join(60)
        self._log.close()


def finished(log: Path, timeout: float) -> tuple[int, str]:
    """Wait for the end of a :class:`Background`: its exit code, and all that it said.

    Args:
        log: Its file.
        timeout: Seconds until it is given up.

    Raises:
        TimeoutError: It goes on.
    """
    file, end = log.with_suffix(".code"), time.monotonic() + timeout
    while not file.is_file():
        if time.monotonic() > end:
            raise TimeoutError(f"{log}: still going after {timeout:.0f} s")
        time.sleep(0.2)
    return int(file.read_text("utf-8")), log.read_text("utf-8")


@contextlib.contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of its own in a new folder; skips the test where this machine can't mount one."""
    place.mkdir()
    line = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(place)]
    try:
        done = subprocess.run(line, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("no mount here")
    if done.returncode:
        pytest.skip("no small disk can be mounted here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def manifest(run_dir: Path, stem: str) -> dict[str, Any]:
    """A notebook's manifest as JSON."""
    return json.loads((run_dir / stem / "manifest.json").read_text())


def cell_states(run_dir: Path, stem: str) -> list[str]:
    """Papermill's state of every cell that was in the notebook or injected."""
    content = json.loads((run_dir / stem / "executed.ipynb").read_text())
    return [
        cell["metadata"]["papermill"]["status"]
        for cell in content["cells"]
        if "papermill-error-cell-tag" not in cell["metadata"].get("tags", [])
    ]


CHANGING = {"append", "extend", "insert", "pop", "remove", "clear", "update", "add", "sort"}
"""Methods that change what they are called on."""


def reads_and_binds(source: str) -> tuple[set[str], set[str]]:
    """Names that a cell takes from earlier ones, and those that it makes or changes."""
    reads: set[str] = set()
    bound: set[str] = set()

    def leaf(node: ast.AST) -> None:
        top = symtable.symtable(ast.unparse(node), "cell", "exec")
        tables = [top]
        for table in tables:  # a comprehension reads at once, a function when it is called
            names = {one.get_name() for one in table.get_symbols()
                     if one.is_referenced() and (table is top or one.is_global())}  # fmt: skip
            reads.update(names - bound)
            tables += [t for t in table.get_children() if t.get_name().endswith(("comp", "expr"))]
        names = {one.get_name() for one in top.get_symbols() if one.is_assigned()}
        for part in ast.walk(node):
            owner: Any = getattr(part, "func", None) if isinstance(part, ast.Call) else None
            changed = isinstance(owner, ast.Attribute) and owner.attr in CHANGING
            target: Any = owner.value if changed else getattr(part, "target", None)
            if isinstance(target, ast.Name) and (changed or isinstance(part, ast.AugAssign)):
                reads.update({target.id} - bound)
                names.add(target.id)
        bound.update(names)

    def block(nodes: list[Any]) -> None:
        for node in nodes:
            parts = [getattr(node, name, []) for name in ("body", "orelse", "finalbody")]
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                bound.add(node.name)
            elif isinstance(node, (ast.For, ast.If, ast.While, ast.With, ast.Try)):
                if isinstance(node, ast.For):
                    leaf(ast.Assign([node.target], node.iter, lineno=1))
                elif isinstance(node, ast.With):
                    leaf(ast.With(node.items, [ast.Pass()], lineno=1))
                elif isinstance(node, (ast.If, ast.While)):
                    leaf(ast.Expr(node.test))
                block([one for part in parts for one in part])
            else:
                leaf(node)

    block(ast.parse(source).body)
    return reads, bound


def lost_when_run_again(sources: list[str]) -> set[str]:
    """Names that a cell finds changed, by itself or by a later cell, when it is run once more."""
    found = [reads_and_binds(source) for source in sources]
    made: set[str] = set()
    lost: set[str] = set()
    for place, (reads, bound) in enumerate(found):
        lost |= reads & made & set().union(*(later for _, later in found[place:]))
        made |= bound
    return lost
