"""A damaged artefact is named, with what is wrong and the command that helps; never used."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from finlmm_utils.study.artefacts import first_changed, output_digests, read_json, read_metrics
from finlmm_utils.study.errors import MissingArtefact, RunError
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.session import Run, finished, run_folders

pytestmark = pytest.mark.faults
STEM = "03_distractors"
KINDS = (
    "figures.parquet", "reports.jsonl", "metrics.json", "executed.ipynb", "metrics.jsonl",
    "policy/model.safetensors", "rows/data-00000.arrow", "parts/one.json", "figures/chart.png",
)  # fmt: skip
DAMAGES = {
    "cut": lambda data: data[: len(data) // 2],
    "emptied": lambda data: b"",
    "one bit": lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:],
    "more": lambda data: data + b"\n",
    "of another": lambda data: b"x" * len(data),
}


@pytest.fixture
def written(tmp_path: Path) -> Path:
    """Folder of a finished notebook with one artefact of each kind."""
    folder = tmp_path / STEM
    for name in KINDS:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".parquet":
            pd.DataFrame({"a": range(9)}).to_parquet(path)
        elif path.suffix == ".safetensors":
            save_file({"w": np.zeros(9)}, path)
        else:
            path.write_text(json.dumps({"what this file": "holds, in some letters"}) + "\n")
    outputs = output_digests(folder)
    (folder / "manifest.json").write_text(json.dumps({"status": "completed", "outputs": outputs}))
    (folder / "log.txt").write_text("not a result")
    return folder


def reader(folder: Path) -> Run:
    parameters = SimpleNamespace(run_dir=str(folder.parent), profile="smoke")
    return Run(notebook("06"), parameters, folder.parent / "06_evaluation", "id")


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_artefact_is_named_and_not_read(written: Path, name: str, damage: str) -> None:
    run = reader(written)
    assert run.upstream("03", name) == written / name
    data = (written / name).read_bytes()
    (written / name).write_bytes(DAMAGES[damage](data))
    whole = name.partition("/")[0]  # a folder is asked for as one
    with pytest.raises(MissingArtefact) as caught:
        run.upstream("03", whole)
    said = str(caught.value)
    assert f"{name} is changed since {STEM} wrote it" in said
    assert str(written) in said
    assert "finlmm run 03 --profile smoke" in said
    assert "\n" not in said
    others = [other for other in KINDS if other.partition("/")[0] != whole]
    assert all(run.upstream("03", other) for other in others), "the others can be read"
    (written / name).write_bytes(data)
    assert run.upstream("03", whole)


def test_a_result_that_is_gone_is_named(written: Path) -> None:
    outputs = output_digests(written)
    (written / "rows/data-00000.arrow").unlink()
    assert first_changed(written, outputs) == "rows/data-00000.arrow is gone"
    with pytest.raises(MissingArtefact, match="is gone since"):
        reader(written).upstream("03", "rows")


def test_what_a_person_fills_in_is_no_damage(written: Path) -> None:
    outputs = output_digests(written)
    for name in ("review.csv", "executed.html", "log.txt"):
        (written / name).write_text("later")
    assert first_changed(written, outputs) == ""
    assert output_digests(written) == outputs


@pytest.mark.parametrize("name", ["figures.parquet", "metrics.json"])
def test_a_run_by_hand_has_at_least_the_form_of_its_files(written: Path, name: str) -> None:
    (written / "manifest.json").unlink()
    assert reader(written).upstream("03", name)
    (written / name).write_bytes((written / name).read_bytes()[:9])
    with pytest.raises(MissingArtefact, match=f"{name} can't be read .*finlmm run 03"):
        reader(written).upstream("03", name)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": ', "\x00\x01", "null"])
def test_manifests_and_metrics_that_are_none_end_in_one_line(written: Path, text: str) -> None:
    (written / "manifest.json").write_text(text)
    (written / "metrics.json").write_text(text)
    for read in (
        lambda: finished(written),
        lambda: read_metrics(written),
        lambda: reader(written).upstream("03", "figures.parquet"),
        lambda: read_json(written / "metrics.json", "run it again"),
    ):
        try:
            read()
        except MissingArtefact as error:
            assert "\n" not in str(error)
            assert str(written) in str(error)


def test_runs_that_name_each_other_in_a_circle_end_in_one_line(tmp_path: Path) -> None:
    for here, there in (("a", "../b"), ("b", "../c"), ("c", "../a"), ("self", ".")):
        (tmp_path / here).mkdir()
        (tmp_path / here / "upstream.txt").write_text(there)
    for start in ("a", "self"):
        with pytest.raises(RunError, match=r"upstream\.txt leads back"):
            run_folders(tmp_path / start)
    (tmp_path / "c" / "upstream.txt").write_bytes(b"\xff\xfe")
    with pytest.raises(MissingArtefact, match="can't be read"):
        run_folders(tmp_path / "a")
