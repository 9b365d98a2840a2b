"""Fixtures that several test files share, and what runs beside, last, or not in each tier."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

import finlmm_utils.study.runner  # noqa: F401, first: how torch's threads wait, what nbformat loads
from tests.helpers import Background
from tests.model_server import KEY, Server

ROOT = Path(__file__).resolve().parents[1]

# One thread each: the run of the notebooks has one core and the other tests have the other one.
os.environ.setdefault("OMP_NUM_THREADS", "1")

HEAVY: tuple[str, ...] = ()
"""Files and tests that start processes, train, or read whole reports: a second and more each. They
are left out by ``make test-fast``."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is heavy; tests of the notebooks' run come last, so that it has time to run."""
    for item in items:
        if item.nodeid.startswith(HEAVY):
            item.add_marker(pytest.mark.heavy)
    items.sort(key=lambda item: item.get_closest_marker("smoke") is not None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real reports; the tests that need it are skipped where it is not there."""
    folder = Path(os.environ.get("FINLMM_DATA", ROOT / "../shared/data")).resolve()
    if not (folder / "reports").is_dir():
        pytest.skip("real reports are not there: set FINLMM_DATA to their folder")
    return folder


@pytest.fixture(scope="session", autouse=True)
def notebooks_at_work(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Background | None]:
    """The run of all notebooks under ``smoke``: it begins before the first test, where one asks.

    ``FINLMM_SMOKE_RUN`` names the folder of a finished run, to work on the tests themselves.
    """
    if not any("smoke_run" in getattr(item, "fixturenames", ()) for item in request.session.items):
        yield None
        return
    given = os.environ.get("FINLMM_SMOKE_RUN")
    with Background(Path(given) if given else tmp_path_factory.mktemp("smoke")) as run:
        yield run


@pytest.fixture(scope="session")
def smoke_run(notebooks_at_work: Background) -> Path:
    """Folder of one run of all notebooks and the appendix under ``smoke`` (once for all tests)."""
    code, said = notebooks_at_work.finish(timeout=1500)
    assert code == 0, said[-8000:]
    return notebooks_at_work.folder


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
