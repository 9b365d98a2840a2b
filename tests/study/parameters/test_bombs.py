"""Parameters, paths and files that are traps: each is one line, at once, before any work."""

import os
from pathlib import Path

import pytest
import yaml

from finlmm_utils.evaluation.arms.spec import PlanError, read_plan
from finlmm_utils.finance.vocabularies.reader import VARIABLE, VocabularyError, vocabulary
from finlmm_utils.plain_yaml import load
from finlmm_utils.study.artefacts import read_metrics
from finlmm_utils.study.cli import main
from finlmm_utils.study.errors import ParameterError, StudyError
from finlmm_utils.study.parameters.check import parse_text, validate
from finlmm_utils.study.parameters.profiles import load_profile, read_yaml
from finlmm_utils.study.parameters.values import settings_of
from finlmm_utils.study.runner.sweeps import gpu_list, read_sweep
from finlmm_utils.study.session import run_folders
from finlmm_utils.tar.data.files import choose_files
from finlmm_utils.tar.data.names import parse_source
from finlmm_utils.tar.data.report import DataError

pytestmark = pytest.mark.faults
LEVELS = 40
LAUGHS = ["a0: &a0 [0, 0]", *(f"a{k}: &a{k} [*a{k - 1}, *a{k - 1}]" for k in range(1, LEVELS))]
"""A billion laughs: two kilobytes that stand for a list of 2**40 numbers."""
NONE = ["!!timestamp soon", "!!int ''", "!!bool maybe", "!!float ''", "1" + ":59" * 200 + ".5",
        "2021-99-99", "!!python/object/apply:os.getpid []"]  # fmt: skip
"""Scalars that are not what they say; of some PyYAML raises what is no error of its own."""
BOMBS = ["{" + ", ".join(LAUGHS) + "}", "&a [*a]", "&a {a: *a}", "[" * 5000, "{a: " * 2000]


@pytest.mark.parametrize("text", BOMBS)
@pytest.mark.parametrize("name", ["seed", "llm_limits", "length_thresholds", "reward_weights"])
def test_a_bomb_on_the_command_line_does_not_go_off(name: str, text: str) -> None:
    values = {**load_profile("smoke"), "profile": "smoke", "run_dir": "x", "seed": 1}
    number = "02" if name == "llm_limits" else "05"
    with pytest.raises(ParameterError) as caught:
        validate(number, {**values, name: parse_text(name, text)})
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


@pytest.mark.parametrize("text", [*BOMBS, *NONE])
def test_a_bomb_in_a_file_does_not_go_off(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sweep.yaml"
    file.write_text(f"grid: {text}")
    for read in (read_yaml, read_sweep, read_plan):
        with pytest.raises((ParameterError, PlanError), match=r"sweep\.yaml: expected") as caught:
            read(file)
        assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


@pytest.mark.parametrize("text", [*BOMBS, *NONE])
def test_a_bomb_in_a_vocabulary_does_not_go_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(f"shared: {text}\nparts: {{a: b}}")
    monkeypatch.setenv(VARIABLE, str(file))
    vocabulary.cache_clear()
    with pytest.raises(VocabularyError, match=r"mine\.yaml: expected") as caught:
        vocabulary()
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


def test_a_bomb_in_the_card_of_a_data_set_does_not_go_off(tmp_path: Path) -> None:
    head = "\n".join([*LAUGHS, "configs:", f"- data_dir: *a{LEVELS - 1}"])
    (tmp_path / "rows.jsonl").write_text("{}")
    for text in (head, "configs: " + "[" * 5000, *[f"configs: {one}" for one in NONE]):
        (tmp_path / "README.md").write_text(f"---\n{text}\n---\nA set.")
        with pytest.raises(DataError, match="its head is no YAML"):
            choose_files(tmp_path, parse_source(str(tmp_path)), None)


def test_what_people_write_is_read_as_before() -> None:
    text = "one: &it {a: [1, 2.5], b: text}\ntwo: *it\nthree: {<<: *it, b: other}"
    assert load(text) == yaml.safe_load(text)
    assert load("") is None


@pytest.mark.parametrize("kind", ["circle", "nobody", "empty"])
@pytest.mark.parametrize("option", ["--out", "--base"])
def test_a_path_that_leads_nowhere_is_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], option: str, kind: str
) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    place = {"circle": str(tmp_path / "a"), "nobody": "~no-such-user/x", "empty": ""}[kind]
    with pytest.raises(SystemExit) as caught:
        main(["run", "00", option, place])
    assert caught.value.code == 2
    assert f"argument {option}: " in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("text", ["nan", "inf", "0", "-1", "1e999", "soon"])
def test_a_time_limit_that_is_none_is_one_line(
    capsys: pytest.CaptureFixture[str], text: str
) -> None:
    with pytest.raises(SystemExit):
        main(["run", "00", "--cell-timeout", text])
    assert "expected seconds above 0" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"a\0b", b"\xff\xfe", b"loop", b"x" * 10_000, b"." * 300])
def test_a_pointer_to_nowhere_is_one_line_or_no_run(tmp_path: Path, content: bytes) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "loop").symlink_to("loop")
    (run / "upstream.txt").write_bytes(content)
    try:
        assert run_folders(run)[0] == run
    except StudyError as error:
        assert str(run / "upstream.txt") in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("depth", range(700, 1000, 25))
def test_metrics_that_are_lists_in_lists_are_one_line(tmp_path: Path, depth: int) -> None:
    (tmp_path / "metrics.json").write_text('{"a": ' + "[" * depth + "1" + "]" * depth + "}")
    try:
        assert list(read_metrics(tmp_path).values()) == [1]
    except StudyError as error:
        assert "metrics.json can't be read" in str(error) and "\n" not in str(error)


@pytest.mark.parametrize("values", ["[a/b, a_b]", "[1, 1]", "[1, '1']", "[a b, ab]"])
def test_two_cells_of_a_sweep_never_share_a_folder(tmp_path: Path, values: str) -> None:
    """Their results would be one after the other, and the table would show them as two."""
    file = tmp_path / "grid.yaml"
    name = "stage1_rows" if values[1].isdigit() else "policy"
    file.write_text(f"profile: smoke\nnotebooks: ['04']\nseeds: [1]\ngrid: {{{name}: {values}}}\n")
    with pytest.raises(ParameterError, match="two cells have the folder"):
        read_sweep(file)


def test_gpus_are_digits_of_a_keyboard() -> None:
    with pytest.raises(ParameterError, match="expected different whole numbers"):
        gpu_list("²,³")


@pytest.mark.parametrize("name", ["policy", "reports_dir", "llm", "seed"])
def test_a_name_that_is_no_utf_8_is_one_line(name: str) -> None:
    """What a Chinese archive leaves on Linux; no manifest could hold it."""
    said = os.fsdecode(f"{name}=年报".encode("gbk"))
    with pytest.raises(ParameterError, match="expected UTF-8") as caught:
        settings_of([said], load_profile("smoke"))
    str(caught.value).encode()
