"""What a machine lacks is said before any work, and not after hours of other notebooks."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from finlmm_utils.study.cli import main as command


def refused(out: Path, capsys: pytest.CaptureFixture[str], *line: str) -> str:
    """The one line of a refused command, which has left nothing behind."""
    assert command(["run", *line, "--out", str(out)]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and not list(out.rglob("manifest.json"))
    return said


@pytest.mark.parametrize("name", ["backend", "aligner", "blind_check"])
def test_an_endpoint_without_a_key(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    line = ("01", "02", "--profile", "smoke", "--set", f"{name}=openai")
    assert f"{name}=openai asks an endpoint" in refused(tmp_path / "run", capsys, *line)


@pytest.mark.parametrize(
    ("package", "setting"),
    [("vllm", "vllm=colocate"), ("vllm", "vllm=http://node1:8000"), ("deepspeed", "launch=zero3")],
)
def test_a_package_that_training_asks_for(
    package: str, setting: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if find_spec(package):
        pytest.skip(f"{package} is installed")
    line = ("01", "02", "03", "04", "--profile", "smoke", "--set", f"training.{setting}")
    said = refused(tmp_path / "run", capsys, *line)
    assert "not installed" in said and f"training.{setting}" in said


@pytest.mark.faults
@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("report_to=[no_such_tracker]", "unknown to TRL"),
        ("own_rewards={mine: {path: 'no_such_module:f', weight: 1}}", "can't be imported"),
        ("own_rewards={mine: {path: 'json:no_such_function', weight: 1}}", "can't be imported"),
        ("own_rewards={mine: {path: 'json:decoder', weight: 1}}", "can't be called"),
    ],
)
def test_what_training_names_outside_of_this_package(
    setting: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ("01", "02", "03", "04", "--profile", "smoke", "--set", f"training.{setting}")
    said = refused(tmp_path / "run", capsys, *line)
    assert words in said and f"training.{setting.partition('=')[0]}" in said
