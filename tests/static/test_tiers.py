"""The tiers of the tests: what each of them leaves out is there, and is left out."""

import subprocess

import pytest

from tests.conftest import HEAVY
from tests.helpers import ROOT


@pytest.mark.parametrize("start", HEAVY)
def test_what_is_heavy_is_there(start: str) -> None:
    """A test that was renamed would come back into the fast tier unseen."""
    path, _, name = start.partition("::")
    assert (ROOT / path).exists()
    assert not name or f"def {name.partition('[')[0]}" in (ROOT / path).read_text("utf-8")


@pytest.mark.parametrize(
    ("target", "without"),
    [("test-fast", {"smoke", "heavy", "slow"}), ("test", {"slow"}), ("test-all", set())],
)
def test_each_tier_leaves_out_what_its_help_says(target: str, without: set[str]) -> None:
    done = subprocess.run(
        ["make", "-n", "--no-print-directory", target],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    line = done.stdout.splitlines()[-1]
    assert "-m pytest" in line
    assert {word for word in ("smoke", "heavy", "slow") if f"not {word}" in line} == without
