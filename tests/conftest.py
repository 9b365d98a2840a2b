"""Fixtures that several test files share, and what runs beside, last, or not in each tier."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import finlmm_utils.study.runner  # noqa: F401, first: how torch's threads wait, what nbformat loads
from finlmm_utils.study.parameters.notebooks import APPENDICES
from finlmm_utils.study.runner.plan import all_numbers
from tests.helpers import Background, command
from tests.model_server import KEY, Server

ROOT = Path(__file__).resolve().parents[1]

# One thread each: the run of the notebooks has one core and the other tests have the other one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

HEAVY = (
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
    "tests/tiny/test_tiny.py::test_the_smoke_recipe",
)
"""Beginnings of the names of tests that start processes, train, or read whole reports: a second
and more each. ``make test-fast`` leaves them out."""
MANY_PROCESSES = "tests/tar/test_launch.py"
"""Comes late, when the notebooks may be done and both cores are free."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is heavy; tests of the notebooks' run come last, so that it has time to run."""
    for item in items:
        if item.nodeid.startswith(HEAVY):
            item.add_marker(pytest.mark.heavy)
    items.sort(
        key=lambda item: (
            item.get_closest_marker("smoke") is not None,
            item.nodeid.startswith(MANY_PROCESSES),
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
) -> Iterator[dict[str, Background]]:
    """What takes long and needs nothing of the other tests begins before the first of them."""
    asked = {name for item in request.session.items for name in getattr(item, "fixturenames", ())}
    with contextlib.ExitStack() as stack:
        started = {}
        if "smoke_folder" in asked:
            folder = request.getfixturevalue("smoke_folder")
            numbers = [*all_numbers(), *APPENDICES]
            line = command("run", *numbers, "--profile", "smoke", "--out", folder, "--resume")
            started["notebooks"] = stack.enter_context(Background(line, folder / "runner.log"))
        if "types_checked" in asked:
            log = tmp_path_factory.mktemp("mypy") / "log.txt"
            line = [sys.executable, "-m", "mypy"]
            started["types"] = stack.enter_context(Background(line, log))
        yield started


@pytest.fixture(scope="session")
def smoke_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the notebooks run; FINLMM_SMOKE_RUN: a finished run, for work on the tests."""
    given = os.environ.get("FINLMM_SMOKE_RUN")
    return Path(given) if given else tmp_path_factory.mktemp("smoke")


@pytest.fixture(scope="session")
def smoke_run(beside: dict[str, Background], smoke_folder: Path) -> Path:
    """Folder of one run of all notebooks and the appendix under ``smoke`` (once for all tests)."""
    code, said = beside["notebooks"].finish(timeout=1500)
    assert code == 0, said[-8000:]
    return smoke_folder


@pytest.fixture(scope="session")
def types_checked(beside: dict[str, Background]) -> tuple[int, str]:
    """What mypy found: its exit code and its words."""
    return beside["types"].finish(timeout=600)


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
