"""Paths in a parameter start where the user stands, and what lies there counts for the run's id."""

from pathlib import Path

import pytest

from finlmm_utils.study.parameters.paths import paths_in, replaced
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.study.parameters.values import settings_of
from finlmm_utils.study.runner.identity import run_id, run_parts

CPU = load_profile("cpu")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with data, as far from the repository as can be."""
    for name in ("rows", "my rows", "a+b", "pictures", "asp", "owner/name"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "x.jsonl").write_text("{}")
    (tmp_path / "one@2:3.jsonl").write_text("{}")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("rows", "{}/rows"), ("./rows", "{}/rows"), ("a+b", "{}/a+b"), ("asp", "asp"),
        ("asp*0.5+rows*0.5", "asp*0.5+{}/rows*0.5"), ("asp + my rows", "asp + {}/my rows"),
        ("rows?question=query&answer=label*0.5+made",
         "{}/rows?question=query&answer=label*0.5+made"),
        ("rows:main@test?image_folder=pictures+gone",
         "{}/rows:main@test?image_folder={}/pictures+gone"),
        ("one@2:3.jsonl@test", "{}/one@2:3.jsonl@test"), ("owner/name+no/where",
                                                          "{}/owner/name+no/where"),
        ("MathVista+MMStar", "MathVista+MMStar"), ("~nobody/x", "~nobody/x"), ("+*?@:", "+*?@:"),
        ("rows/x.jsonl?a=b", "{}/rows/x.jsonl?a=b"), ("\0", "\0"), ("x" * 5000, "x" * 5000),
    ],
    ids=lambda text: text[:30],
)  # fmt: skip
def test_paths_start_in_the_working_directory(here: Path, text: str, wanted: str) -> None:
    wanted = wanted.replace("{}", str(here))
    assert replaced(text, here) == wanted
    assert replaced(wanted, Path("/")) == wanted, "once and for all"
    if "\0" not in text:
        name = "eval_data" if text == "+*?@:" else "stage2_data"  # no mixture: a part has no name
        assert settings_of([f"{name}={text}"], CPU)[name] == wanted


@pytest.mark.parametrize("text", ["rows", "asp*0.5+rows?answer=label*0.5",
                                  "gone?image_folder=rows"])  # fmt: skip
def test_what_a_part_of_a_mixture_holds_counts_for_the_id(here: Path, text: str) -> None:
    """Else a run with --resume would skip what was trained on other rows."""

    def identity(data: str) -> str:
        values = {**CPU, "stage2_data": replaced(data, here)}
        return run_id(run_parts("05", values, {}, {}))

    before = identity(text)
    (here / "rows").rename(here / "moved")
    assert identity(text.replace("rows", "moved")) == before, "not the place"
    (here / "moved" / "x.jsonl").write_text('{"question": "?"}')
    assert identity(text.replace("rows", "moved")) != before
    assert [path for *_, path in paths_in(text.replace("rows", "moved"), here)] == [here / "moved"]
