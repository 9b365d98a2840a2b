"""Every saved figure is drawn again from its CSV alone, by the command that stands under it."""

import json
import re
import shutil
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import pytest

from finlmm_utils.errors import FigureError
from finlmm_utils.evaluation.plots.draw import FIGURES, PICTURED, draw, redraw
from finlmm_utils.evaluation.plots.shares import FEWEST, pooled
from finlmm_utils.plot_style import save_figure, use_style
from finlmm_utils.study.artefacts import output_digests
from finlmm_utils.study.cli import main
from finlmm_utils.study.report.figures import figure, find_figure, key_of
from tests.helpers import ROOT

GALLERY = ROOT / "papermill_runs" / "gallery"
SAVED = [
    *sorted(GALLERY.glob("cpu/*/figures/*.csv")),
    *sorted(GALLERY.glob("cpu/figures/*.csv")),
    *sorted(GALLERY.glob("studies/*/contrasts.csv")),
    *sorted(GALLERY.glob("studies/*/curves.csv")),
]
DRAWS = re.compile(r"run\.draw\(\s*\\?[\"'](\w+)\\?[\"']")


def test_every_figure_of_the_notebooks_can_be_drawn_again() -> None:
    found = set()
    for path in (ROOT / "notebooks").glob("*.ipynb"):
        text = path.read_text("utf-8")
        assert "run.save_figure(" not in text, f"{path.name}: a figure that only the notebook draws"
        number = "A" if path.stem.startswith("appendix") else path.stem[:2]
        found |= {f"{number}/{name}" for name in DRAWS.findall(text)}
    assert found == {key for key in FIGURES if not key.startswith(("study/", "page/"))}


@pytest.mark.slow
@pytest.mark.parametrize("csv", SAVED, ids=lambda p: f"{p.parts[-3]}-{p.stem}")
def test_a_committed_figure_is_drawn_from_its_csv(csv: Path, tmp_path: Path) -> None:
    key = key_of(csv.with_suffix(".png"))
    if key in PICTURED and not csv.with_suffix("").is_dir():
        with pytest.raises(FigureError, match="pictures"):
            redraw(key, csv, tmp_path)
        return
    for path in redraw(key, csv, tmp_path):
        assert path.stat().st_size > 1000


def test_the_command_draws_one_figure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run" / "06_evaluation" / "figures"
    table = pd.DataFrame({"policy": ["base", "stage 1"], "task": ["sums", "sums"],
                          "accuracy": [0.2, 0.7], "low": [0.1, 0.5], "high": [0.4, 0.8],
                          "rows": [9, 9]})  # fmt: skip
    use_style()
    drawn = draw("06/by_task", table, {"title": "It rises from 0.2 to 0.7"})
    save_figure(drawn, folder, "by_task", table, "0" * 16)
    plt.close(drawn)
    shown = figure(folder / "by_task.png", tmp_path / "run", {}, "finlmm run 06")
    assert shown["redraw"] == f"finlmm figure {tmp_path / 'run'} 06/by_task"
    before = (folder / "by_task.svg").read_bytes()
    assert main(["figure", str(tmp_path / "run"), "06/by_task", "--out", str(tmp_path)]) == 0
    assert (tmp_path / "by_task.svg").read_bytes() == before
    assert find_figure(tmp_path / "run", "by_task")[0] == "06/by_task"
    told = {"outputs": output_digests(folder.parent)}
    (folder.parent / "manifest.json").write_text(json.dumps(told))
    line = ["figure", str(tmp_path / "run"), "06/by_task", "--out", str(folder)]
    assert main(line) == 0 and (folder / "by_task.svg").read_bytes() == before
    capsys.readouterr()
    for name, cut in (("by_task.csv", -1), ("by_task.json", 0)):
        lines = (folder / name).read_text("utf-8").splitlines(keepends=True)
        whole = (folder / name).read_bytes()
        (folder / name).write_text("".join(lines[:cut] or ['{"title": "another"}']), "utf-8")
        assert main(line) == 2
        said = capsys.readouterr().err
        assert f"figures/{name} is changed since 06_evaluation wrote it" in said
        assert "--edited" in said and said.count("\n") == 1
        assert (folder / "by_task.svg").read_bytes() == before, "written over"
        assert main([*line[:-1], str(tmp_path), "--edited"]) == 0
        (folder / name).write_bytes(whole)
    shutil.copytree(folder.parent, folder.parents[1] / "07_ablations")
    with pytest.raises(FigureError, match="several figures"):
        find_figure(tmp_path / "run", "by_task")
    assert main(["figure", str(tmp_path / "run"), "06/nothing"]) == 2


def test_facts_and_pictures_come_back(tmp_path: Path) -> None:
    table = pd.DataFrame({"size": [0, 100], "reward": [0.0, 1.0]})
    facts = {"thresholds": [20, 50, 90]}
    use_style()
    drawn = draw("05/length_reward", table, {**facts, "title": "Formula: x"})
    save_figure(drawn, tmp_path, "length_reward", table, "0", facts=facts)
    plt.close(drawn)
    said = json.loads((tmp_path / "length_reward.json").read_text("utf-8"))
    assert said["facts"] == facts
    first = (tmp_path / "length_reward.svg").read_bytes()
    redraw("05/length_reward", tmp_path / "length_reward.csv", tmp_path / "again")
    assert (tmp_path / "again" / "length_reward.svg").read_bytes() == first
    png = (tmp_path / "length_reward.png").read_bytes()
    values = pd.DataFrame({"series": ["a"], "label": ["x"], "point": ["label"], "value": [1.0],
                           "tolerance": [0.0]})  # fmt: skip
    drawn = draw("01/values_read", values, {"title": "One value"}, [png])
    save_figure(drawn, tmp_path, "values_read", values, "0", pictures=[png])
    plt.close(drawn)
    assert redraw("01/values_read", tmp_path / "values_read.csv", tmp_path / "again")
    shutil.rmtree(tmp_path / "values_read")
    with pytest.raises(FigureError, match="pictures"):
        redraw("01/values_read", tmp_path / "values_read.csv", tmp_path / "again")


def test_small_kinds_are_pooled_or_named_and_rows_are_in_order() -> None:
    table = pd.DataFrame({"kind": ["a", "b", "c", "d"], "right": [5, 9, 1, 3], "n": [10, 10, 1, 4]})
    shown, left_out = pooled(table)
    assert shown["mean"].is_monotonic_decreasing and set(shown["n"]) == {10, FEWEST}
    assert left_out == "pooled: c (1), d (4)"
    shown, left_out = pooled(table[table["kind"] != "d"])
    assert list(shown["kind"]) == ["b", "a"] and "c (1)" in left_out


def test_a_study_shows_its_placebo_as_a_band_and_two_seeds_do_not_set_the_axis() -> None:
    lines = [("lucky ones", "with minus without", 0.1, -0.1, 0.3, 4, "primary"),
             ("lucky ones", "two minus without", 0.1, -2.0, 2.2, 2, "primary"),
             ("lucky ones", "again minus without", 0.02, -0.05, 0.09, 3, "placebo"),
             ("AUROC", "with", 0.7, 0.6, 0.8, 4, "exploratory")]  # fmt: skip
    columns = ["metric", "contrast", "mean", "low", "high", "seeds", "kind"]
    drawn = draw("study/contrasts", pd.DataFrame(lines, columns=columns), {"title": "x"})
    first, alone = drawn.axes
    assert [t.get_text() for t in first.get_yticklabels()][2].startswith("again minus")
    assert first.get_xlim()[0] > -0.3 and first.get_xlim()[1] < 0.5, "set by four seeds"
    band = first.patches[0]
    assert band.get_x() == pytest.approx(-0.09) and band.get_width() == pytest.approx(0.18)
    arrows = [line.get_marker() for line in first.lines if line.get_marker() in "<>"]
    assert arrows == ["<", ">"]
    points = [line.get_xdata()[0] for line in first.lines if line.get_marker() == "o"]
    assert 0.02 in [pytest.approx(point) for point in points]
    assert not [line for line in alone.lines if list(line.get_xdata()) == [0, 0]]
    plt.close(drawn)


def test_a_study_s_matrix_says_each_pair_of_rows_with_its_interval() -> None:
    pairs = [("lowest", "lowest", 0.8, 0.1), ("lowest", "highest", 0.6, None),
             ("highest", "lowest", 0.7, 0.2), ("highest", "highest", 0.65, 0.05)]  # fmt: skip
    columns = ["trained_on", "tested_on", "mean", "half"]
    table = pd.DataFrame(pairs, columns=columns).assign(seeds=[3, 1, 3, 3])
    drawn = draw("study/matrix", table, {"title": "x"})
    axis = drawn.axes[0]
    said = {text.get_position(): text.get_text() for text in axis.texts}
    assert said[(0, 0)] == "0.80\n± 0.10" and said[(1, 0)] == "0.60\none seed"
    assert said[(0, 1)].startswith("0.70"), "down: trained on"
    assert [t.get_text() for t in axis.get_xticklabels()] == ["lowest", "highest"]
    assert drawn.axes[1].get_ylabel().endswith("n = 1 to 3 seeds")
    plt.close(drawn)
