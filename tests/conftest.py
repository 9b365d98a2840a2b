"""Fixtures that several test files share, and what runs beside, last, or not in each tier."""

import contextlib
import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

# A name that only the hub knows is refused at once, here and in child processes: no test asks it.
os.environ["HF_HUB_OFFLINE"] = "1"
# bitsandbytes asks torch for its compiler wherever peft is imported, which loads for over a second
# in every process; no test compiles.
os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
import finlmm_utils.study.runner  # noqa: F401, first: how torch's threads wait, what nbformat loads
from tests.helpers import Background, finished
from tests.model_server import KEY, Server

ROOT = Path(__file__).resolve().parents[1]

# One thread each: the run of the notebooks and the workers share two cores.
os.environ.setdefault("OMP_NUM_THREADS", "1")

HEAVY = (
    "tests/evaluation/arms/test_starts.py::test_a_start_is_made",
    "tests/asp/alignment/test_offline.py::test_gold_questions",
    "tests/asp/alignment/test_offline.py::test_labelled_pages",
    "tests/asp/figures/test_drawn_charts.py",
    "tests/asp/llm/test_bad_endpoints.py",
    "tests/asp/llm/test_client.py::test_a_busy_endpoint",
    "tests/asp/page/test_files.py::test_every_odd_file",
    "tests/asp/test_supervise.py::test_a_damaged_result",
    "tests/asp/test_engines.py",
    "tests/asp/test_extract.py",
    "tests/asp/test_review.py::test_the_page_of_the_evidence",
    "tests/finance/test_answers.py::test_real_golds",
    "tests/study/report/test_harmless.py",
    "tests/study/runner/test_damage.py",
    "tests/study/runner/test_lock.py",
    "tests/study/runner/test_runner.py",
    "tests/synthetic/test_reports.py::test_gold_sentences",
    "tests/synthetic/test_reports.py::test_same_seed",
    "tests/tar/discriminator/test_discriminator.py::test_minilm",
    "tests/tar/discriminator/test_judge.py",
    "tests/tar/monitoring/test_monitors.py::test_a_stage_probes",
    "tests/tar/rollouts/",
    "tests/tar/test_adapters.py",
    "tests/tar/test_decoding.py",
    "tests/tar/test_entries.py",
    "tests/tar/test_hub_format.py",
    "tests/study/test_fits.py",
    "tests/study/runner/test_gpus.py",
    "tests/test_torchvision_fit.py",
    "tests/tar/test_bad_input.py::test_damaged_policies_end_in_one_line[fewer",
    "tests/tar/test_bad_input.py::test_the_hubs_own_format",
    "tests/tar/test_launch.py",
    "tests/tar/test_trainer.py",
    "tests/test_benchmarks.py",
    "tests/test_fuzz.py",
    "tests/test_threads.py::test_threads_sleep",
)
"""Beginnings of the names of tests that start processes, train, or read whole reports: a second
and more each. ``make test-fast`` leaves them out."""
LONGEST = "tests/smoke/test_planted.py"
"""Minutes in one process: it comes first, so that a second one does all the others meanwhile."""
WAITING = (
    "tests/study/runner/test_runner.py",
    "tests/study/runner/test_damage.py",
    "tests/asp/llm/",
)
"""Wait for kernels, time-outs and servers: early, while the notebooks beside use the free core."""


BESIDE_FOLDER = "FINLMM_TESTS_BESIDE"
"""Tells the workers of pytest-xdist the folder of what their controller started."""
STARTED = pytest.StashKey[contextlib.ExitStack]()


def start_beside(folder: Path, smoke: bool, types: bool) -> contextlib.ExitStack:
    """Starts what takes long and needs nothing of the tests; its logs lie in the folder.

    Args:
        folder: For the logs, and for the notebooks' run where no finished one is given.
        smoke: Whether the notebooks run.
        types: Whether mypy runs.
    """
    stack = contextlib.ExitStack()
    if smoke:
        line = [sys.executable, "-m", "tests.smoke.all_notebooks", str(smoke_folder_in(folder))]
        stack.enter_context(Background(line, folder / "notebooks.log"))
    if types:
        line = [sys.executable, "-m", "mypy"]
        stack.enter_context(Background(line, folder / "types.log"))
    return stack


def smoke_folder_in(folder: Path) -> Path:
    """Where the notebooks run; FINLMM_SMOKE_RUN: a finished run, for work on the tests."""
    return Path(os.environ.get("FINLMM_SMOKE_RUN") or folder / "smoke")


def selected(config: pytest.Config, *marks: str) -> bool:
    """Whether ``-m`` would take a test that bears these marks and no other."""
    told = config.option.markexpr or "True"
    known = {name: name in marks for name in re.findall(r"[a-z]\w*", told)}
    return bool(eval(told, {"__builtins__": {}}, known))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """The controller of several workers starts it for all of them: once, at once."""
    config = session.config
    config.option.loadscopereorder = False  # of xdist: files in the order that is decided below
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if whole and getattr(config.option, "numprocesses", None):
        folder = Path(tempfile.mkdtemp(prefix="finlmm_tests_"))
        smoke, types = selected(config, "smoke"), selected(config)
        config.stash[STARTED] = contextlib.ExitStack()
        config.stash[STARTED].callback(shutil.rmtree, folder, ignore_errors=True)
        config.stash[STARTED].enter_context(start_beside(folder, smoke, types))
        os.environ[BESIDE_FOLDER] = str(folder)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Ends what the controller started and nothing waited for."""
    if STARTED in session.config.stash:
        session.config.stash[STARTED].close()


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is heavy, and puts files of seconds last: two workers then end at one time.

    The notebooks' tests come before these: while their worker waits for the run, the run and the
    other worker have a core each.
    """
    for item in items:
        if item.nodeid.startswith(HEAVY):
            item.add_marker(pytest.mark.heavy)
    long = {item.path for item in items if item.get_closest_marker("heavy")}
    items.sort(
        key=lambda item: (
            not item.nodeid.startswith(LONGEST),
            not item.nodeid.startswith(WAITING),
            item.path not in long,
            item.get_closest_marker("smoke") is None,
        )
    )


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real reports; the tests that need it are skipped where it is not there."""
    folder = Path(os.environ.get("FINLMM_DATA", ROOT / "../shared/data")).resolve()
    if not (folder / "reports").is_dir():
        pytest.skip("real reports are not there: set FINLMM_DATA to their folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def beside(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """Folder of the logs of what runs beside the tests; begun here where no controller did."""
    if given := os.environ.get(BESIDE_FOLDER):
        yield Path(given)
        return
    asked = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    folder = tmp_path_factory.mktemp("beside")
    with start_beside(folder, "smoke_run" in asked, "types_checked" in asked):
        yield folder


@pytest.fixture(scope="session")
def smoke_run(beside: Path) -> Path:
    """Folder of one run of all notebooks and the appendix under ``smoke`` (once for all tests)."""
    code, said = finished(beside / "notebooks.log", timeout=1500)
    assert code == 0, said[-8000:]
    return smoke_folder_in(beside)


@pytest.fixture(scope="session")
def types_checked(beside: Path) -> tuple[int, str]:
    """What mypy found: its exit code and its words."""
    return finished(beside / "types.log", timeout=600)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """An OpenAI-like endpoint on 127.0.0.1, with a key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Server() as one:
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield one
        one.shutdown()
        thread.join()
