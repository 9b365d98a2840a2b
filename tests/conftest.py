"""Fixtures that several test files share."""

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.model_server import KEY, Server

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Folder with real reports; the tests that need it are skipped where it is not there."""
    folder = Path(os.environ.get("FINLMM_DATA", ROOT / "../shared/data")).resolve()
    if not (folder / "reports").is_dir():
        pytest.skip("real reports are not there: set FINLMM_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def smoke_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of one run of all notebooks and the appendix under ``smoke`` (once for all tests)."""
    from finlmm_utils.study.parameters.notebooks import APPENDICES
    from finlmm_utils.study.runner.plan import all_numbers
    from tests.helpers import finlmm

    given = os.environ.get("FINLMM_SMOKE_RUN")  # a finished run, to work on the tests themselves
    folder = Path(given) if given else tmp_path_factory.mktemp("smoke")
    every = [*all_numbers(), *APPENDICES]
    done = finlmm("run", *every, "--profile", "smoke", "--out", folder, "--resume", timeout=1500)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return folder


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
