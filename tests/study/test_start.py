"""The preflight cell, as a student meets it in JupyterLab and as Papermill runs it."""

import json
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.study import MissingArtefact, ParameterError, start
from finlmm_utils.study.parameters.notebooks import NOTEBOOKS, notebook, notebook_path
from finlmm_utils.study.parameters.profiles import for_notebook, load_profile
from finlmm_utils.study.runner.plan import plan
from finlmm_utils.study.start import typed_names


def cell_of(number: str, folder: Path, *changes: tuple[str, str]) -> str:
    """A notebook's own parameters cell with some words changed."""
    cells = json.loads(notebook_path(number).read_text("utf-8"))["cells"]
    tagged = next(c for c in cells if "parameters" in c["metadata"].get("tags", []))
    source = "".join(tagged["source"])
    for old, new in [('"papermill_runs/runs/by_hand"', repr(str(folder))), *changes]:
        assert old in source
        source = source.replace(old, new)
    return source


def by_hand(number: str, *cells: str) -> dict[str, Any]:
    """Runs cells and then the preflight cell; returns the notebook's names."""
    namespace: dict[str, Any] = {"In": ["", "import os", *cells]}
    for source in cells:
        exec(source, namespace)
    namespace["run"] = start(number, namespace)
    return namespace


T4 = ('profile = "cpu"', 'profile = "t4"')


def test_a_profile_typed_into_the_cell_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = by_hand("04", cell_of("04", tmp_path, T4))
    wanted = {**for_notebook("04", load_profile("t4")), "run_dir": str(tmp_path)}
    assert {name: there[name] for name in wanted} == wanted
    assert there["run"].parameters.model_dump() == wanted
    said = capsys.readouterr().out
    steps = load_profile("t4")["stage1_steps"]
    assert f"loaded     stage1_steps = {steps} (in the cell: 60)" in said
    assert "loaded     training.adapter = 'qlora' (in the cell: 'none')" in said
    assert "changed" not in said


def test_a_value_that_was_changed_by_hand_stays(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cell = cell_of("04", tmp_path, T4, ("stage1_steps = 60", "stage1_steps = 5"),
                   ('"kl": 0.0', '"kl": 0.5'))  # fmt: skip
    there = by_hand("04", cell)
    assert (there["stage1_steps"], there["training"]["kl"]) == (5, 0.5)
    assert there["training"]["micro_batch"] == 1 and there["group_size"] == 8
    said = capsys.readouterr().out
    steps = load_profile("t4")["stage1_steps"]
    assert f"changed    stage1_steps = 5 (in t4: {steps})" in said
    assert "changed    training.kl = 0.5 (in t4: 0.001)" in said


def test_the_cell_as_it_is_says_no_more_than_before(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    there = by_hand("04", cell_of("04", tmp_path))
    assert there["stage1_steps"] == 60
    said = capsys.readouterr().out
    assert "loaded" not in said and "changed" not in said


def test_papermill_names_a_profile_and_one_value(tmp_path: Path) -> None:
    """``-p profile t4 -p stage1_steps 60``: what was given stays, though the cell says the same."""
    injected = '# Parameters\nprofile = "t4"\nstage1_steps = 60\n'
    there = by_hand("04", cell_of("04", tmp_path), injected)
    wanted = {**for_notebook("04", load_profile("t4")), "run_dir": str(tmp_path)}
    assert {name: there[name] for name in wanted} == {**wanted, "stage1_steps": 60}


def test_another_profiles_file_under_a_profiles_name_is_refused(tmp_path: Path) -> None:
    """``-f smoke.yaml -p profile t4``, or an executed notebook whose injected cell was edited."""
    values = {**for_notebook("05", load_profile("smoke")), "run_dir": str(tmp_path)}
    lines = [f"{name} = {value!r}" for name, value in {**values, "profile": "t4"}.items()]
    with pytest.raises(ParameterError, match=r"'profile' = 't4'.* are those of smoke: write"):
        by_hand("05", cell_of("05", tmp_path), "\n".join(["# Parameters", *lines]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("number", ["04", "05"])
@pytest.mark.parametrize("held", ["smoke", "gpu", "paper", "cpu", "t4"])
def test_a_profile_typed_over_the_cell_of_another(number: str, held: str, tmp_path: Path) -> None:
    """What the cell shows of ``cpu`` becomes t4's; another profile's values are none to change."""
    values = {**for_notebook(number, load_profile(held)), "run_dir": str(tmp_path)}
    cell = "\n".join(f"{name} = {value!r}" for name, value in {**values, "profile": "t4"}.items())
    if held in ("cpu", "t4") and number == "04":
        there = by_hand(number, cell)
        t4 = {**for_notebook(number, load_profile("t4")), "run_dir": str(tmp_path)}
        assert {name: there[name] for name in t4} == t4
        return
    if held in ("cpu", "t4"):  # what comes next is found missing
        with pytest.raises(MissingArtefact, match="--profile t4 "):
            by_hand(number, cell)
        return
    with pytest.raises(ParameterError, match=f"'profile' = 't4'.* are those of {held}: ") as caught:
        by_hand(number, cell)
    assert "\n" not in str(caught.value) and not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("stage1_steps = 60", "stage1_step = 10", "'stage1_step' is unknown: did you mean 'stage1"),
        ("stage1_steps = 60", "stage2_steps = 9", "other notebooks: did you mean 'stage1_steps'"),
        ("seed = 1", "seed = 1\nstage1_step = 5", "did you mean 'stage1_steps'"),
        ("profile = ", "profil = ", "did you mean 'profile'"),
        ("seed = 1", "sede = 1", "did you mean 'seed'"),
        ("seed = 1", "seed = 1\nkl: float = 0.1", "did you mean 'training.kl'"),
        ('"kl": 0.0', '"k": 0.0', "did you mean 'training.kl'"),
    ],
)
def test_a_misspelt_name_is_answered_by_the_nearest(
    old: str, new: str, words: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError) as caught:
        by_hand("04", cell_of("04", tmp_path, (old, new)))
    assert words in str(caught.value)


def test_the_parameters_cell_is_the_one_that_ran_last(tmp_path: Path) -> None:
    bad = cell_of("04", tmp_path, ("stage1_steps = 60", "stage1_step = 10"))
    broken = "profile = run_dir = "
    assert by_hand("04", bad, cell_of("04", tmp_path))["stage1_steps"] == 60
    names = typed_names([cell_of("04", tmp_path), broken, "seed = 3", "# Parameters\nseed = 1\n"])
    assert names[:3] == ["profile", "run_dir", "seed"]
    assert typed_names([broken, "seed = 3"]) == []


def finish(folder: Path, *numbers: str) -> None:
    for number in numbers:
        (folder / notebook(number).stem).mkdir(parents=True)
        (folder / notebook(number).stem / "metrics.json").write_text("{}")


@pytest.mark.parametrize(
    ("number", "done", "needed"),
    [
        ("06", [], "01 02 03"),
        ("06", ["01", "02"], "03"),
        ("05", [], "01 02 03"),
        ("07", ["03"], ""),
        ("08", [], "01 02 03 05"),
        ("08", ["03", "05"], "01 02"),
        ("03", ["02"], "01"),
        ("04", [], ""),
        ("09", [], ""),
    ],
)
def test_all_that_is_missing_is_named_at_once(
    number: str, done: list[str], needed: str, tmp_path: Path
) -> None:
    finish(tmp_path, *done)
    cell = cell_of(number, tmp_path)
    if not needed:
        by_hand(number, cell)
        return
    with pytest.raises(MissingArtefact) as caught:
        by_hand(number, cell)
    assert f"(finlmm run {needed} --profile cpu --out {tmp_path})" in str(caught.value)


def test_rows_of_ones_own_need_no_notebook(tmp_path: Path) -> None:
    by_hand("05", cell_of("05", tmp_path, ('stage2_data = "asp"', 'stage2_data = "my_rows"')))


def test_an_artefact_names_the_notebooks_before_its_own(tmp_path: Path) -> None:
    run = by_hand("09", cell_of("09", tmp_path))["run"]
    with pytest.raises(MissingArtefact, match="run notebooks 01, 02, 03 first"):
        run.upstream("03", "rows")
    finish(tmp_path, "01", "02", "03")
    with pytest.raises(MissingArtefact, match="run notebook 03 first"):
        run.upstream("03", "rows")


def test_a_plan_names_what_all_of_its_notebooks_miss(tmp_path: Path) -> None:
    values = load_profile("smoke")
    with pytest.raises(MissingArtefact, match=r"finlmm run 01 03 --profile smoke"):
        plan(["02", "06"], values, tmp_path)
    plan(["01", "02", "03", "06"], values, tmp_path)


def test_what_a_notebook_needs_it_reads() -> None:
    for one in NOTEBOOKS.values():
        assert set(one.needs) <= set(one.reads) and all(n < one.number for n in one.reads)
