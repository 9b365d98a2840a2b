"""Run ids: whatever changes a result changes the id, and what does not leaves it."""

from pathlib import Path

import pytest

from finlmm_utils.finance.vocabularies.reader import FOLDER, VARIABLE, VocabularyError, vocabulary
from finlmm_utils.study.cli import main as command
from finlmm_utils.study.parameters.profiles import for_notebook, load_profile
from finlmm_utils.study.runner.identity import (
    DECIDING_VARIABLES,
    common_parts,
    run_id,
    run_parts,
)


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (VARIABLE, *DECIDING_VARIABLES, "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    vocabulary.cache_clear()


def test_other_words_are_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = common_parts()
    mine = tmp_path / "mine.yaml"
    mine.write_bytes((FOLDER / "legal.yaml").read_bytes())
    monkeypatch.setenv(VARIABLE, str(mine))
    vocabulary.cache_clear()
    legal = common_parts()
    mine.write_bytes(mine.read_bytes() + b"\n# changed\n")
    assert len({run_id(p) for p in (plain, legal, common_parts())}) == 3
    monkeypatch.setenv(VARIABLE, "finance")
    vocabulary.cache_clear()
    assert common_parts() == plain


@pytest.mark.parametrize("name", ["FINLMM_FLOAT32", "OMP_NUM_THREADS"])
def test_what_changes_floats_is_another_run(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = common_parts()
    monkeypatch.setenv(name, "1")
    assert common_parts() == plain | {name: "1"}


@pytest.mark.parametrize(("writer", "differs"), [("openai", True), ("offline", False)])
def test_the_environment_s_endpoint_counts_where_it_is_asked(
    writer: str, differs: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = for_notebook("02", {**load_profile("smoke"), "run_dir": "x", "backend": writer})
    before = run_parts("02", values, {}, {})
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:9/v1")
    assert (run_parts("02", values, {}, {}) != before) is differs


@pytest.mark.parametrize("words", ["nonsense", "README.md"])
def test_words_that_are_none_are_refused_in_one_line(
    words: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv(VARIABLE, words)
    vocabulary.cache_clear()
    assert command(["run", "01", "--profile", "smoke", "--out", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err
    assert VARIABLE in said and "clinical, legal" in said and said.count("\n") == 1
    with pytest.raises(VocabularyError) as caught:
        vocabulary()
    assert caught.value._render_traceback_() == [f"VocabularyError: {caught.value}"]
