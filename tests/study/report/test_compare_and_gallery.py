"""Two runs on a page, a run against a committed one, and what the gallery keeps."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.study.cli import main
from finlmm_utils.study.errors import RunError
from finlmm_utils.study.report import gallery as gallery_module
from finlmm_utils.study.report import page as page_module
from finlmm_utils.study.report.compare import check
from finlmm_utils.study.report.gallery import make_gallery
from finlmm_utils.study.report.page import write_report
from finlmm_utils.study.runner.manifest import Manifest, read_manifest
from tests.evaluation.test_ledger import METRICS, gain
from tests.pages import faults
from tests.study.report.test_reviewers_page import STEMS, notebook_folder, words_of


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two runs with pages: the second gained more by stage 1, and a little more by selection."""
    tmp_path = tmp_path_factory.mktemp("made")
    other: dict[str, Any] = json.loads(json.dumps(METRICS))
    other["06"]["differences"]["base to stage 1, text, right"] = gain(0.3, 0.02, 300, 300)
    other["07"]["differences"]["no selection, image_right"] = gain(0.11, 0.05)
    folders = tmp_path / "one", tmp_path / "two"
    for folder, metrics in zip(folders, (METRICS, other), strict=True):
        for number in STEMS:
            place = notebook_folder(folder, number)
            if number in metrics:
                (place / "metrics.json").write_text(json.dumps(metrics[number]))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(page_module, "read_studies", list)
            write_report(folder)
    return folders


@pytest.fixture
def runs(
    made: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, Path]:
    """Copies of the two runs, and no committed study."""
    for module in (page_module, gallery_module):
        monkeypatch.setattr(module, "read_studies", list)
    first, second = (Path(shutil.copytree(one, tmp_path / one.name)) for one in made)
    return first, second


def test_a_run_agrees_with_itself_and_differs_where_it_does(runs: tuple[Path, Path]) -> None:
    text, agrees = check(runs[0], runs[0])
    assert agrees and "8 equal" in text and "0 differ or are missing" in text
    text, agrees = check(*runs)
    words = {line.split()[1]: line.split()[0] for line in text.splitlines()[2:10]}
    assert not agrees
    assert words["stage1_text"] == "differs" and words["selection_reward"] == "agrees"
    assert words["grounding"] == "equal"
    assert "06_evaluation: differences.base to stage 1, text, right.difference" in text
    (runs[1] / "ledger.json").unlink()
    with pytest.raises(RunError, match="finlmm report"):
        check(*runs)


@pytest.mark.parametrize("data", [None, b"null", b"{}", b"[1]", b'{"a'])
def test_a_run_without_the_metrics_of_a_notebook_does_not_agree(
    data: bytes | None, runs: tuple[Path, Path]
) -> None:
    other = Path(shutil.copytree(runs[0], runs[0].with_name("other")))
    whole, agrees = check(runs[0], other)
    found = re.search(r"^metrics: (\d+) of (\d+) equal$", whole, re.M)
    assert agrees and found and found[1] == found[2]
    lost = other / STEMS["06"] / "metrics.json"
    lost.unlink() if data is None else lost.write_bytes(data)
    for pair in ((runs[0], other), (other, runs[0])):
        text, agrees = check(*pair)
        assert not agrees and f"{lost} " in text and "run its notebook again" in text
    shutil.rmtree(lost.parent)
    text, agrees = check(runs[0], other)
    assert agrees and f"not compared, since {other} did not run them: {STEMS['06']}" in text


def test_metrics_that_one_run_alone_has_are_told(runs: tuple[Path, Path]) -> None:
    path = runs[1] / STEMS["07"] / "metrics.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"of_another_day": 1}))
    text, _ = check(*runs)
    assert f"only in {runs[1]}: {STEMS['07']}: of_another_day" in text


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        ([0.14, 0.24], "differs"),  # 0.09 more: the intervals overlap, that of the difference not
        ([0.09, 0.29], "agrees"),
        ([None, None], "differs"),
    ],
)
def test_numbers_agree_by_the_interval_of_their_difference(
    ends: list[float | None], word: str, runs: tuple[Path, Path]
) -> None:
    for folder, value, (low, high) in zip(runs, (0.1, 0.19), ([0.05, 0.15], ends), strict=True):
        rows = json.loads((folder / "ledger.json").read_text("utf-8"))
        one = next(row for row in rows if row["id"] == "stage1_text")
        one |= {"ours": value, "low": low, "high": high, "verdict": "undecided"}
        (folder / "ledger.json").write_text(json.dumps([one]), "utf-8")
    line = next(line for line in check(*runs)[0].splitlines() if "stage1_text" in line)
    assert line.split()[0] == word


def test_the_page_of_two_runs_shows_what_moved(runs: tuple[Path, Path], tmp_path: Path) -> None:
    target = tmp_path / "both.html"
    assert main(["compare", *map(str, runs), "--html", str(target)]) == 0
    text = words_of(target.read_text("utf-8"))
    moved = text[text.index("Claims that moved") : text.index("claims that did not move")]
    assert "GRPO on text improves reasoning on text." in moved and "+0.200" in moved
    assert "image selection reward" not in moved
    assert "1 of 8 measures of claims moved , 0 verdicts turned" in text.replace("  ", " ")
    assert "With the same parameters, commit and versions." in text
    assert 'href="two/index.html#claim-stage1_text"' in target.read_text("utf-8")
    assert "1 figure with equal data" in text and faults(target) == []
    csv = runs[1] / STEMS["06"] / "figures" / "rise.csv"
    csv.write_text("y\n0\n2\n")
    told = read_manifest(runs[1] / STEMS["06"])
    assert told is not None
    told.parameters["seed"] = 2
    told.write(runs[1] / STEMS["06"])
    main(["compare", *map(str, runs), "--html", str(target)])
    assert target.read_text("utf-8").count('alt="It rises from 0 to 1"') == 2
    asked = words_of(target.read_text("utf-8")).partition("How they were asked for")[2]
    assert re.match(r"\s*parameter\s+one\s+two\s+seed\s+1\s+1, 2\s", asked)


def test_the_gallery_keeps_what_a_reviewer_needs_and_no_place(
    runs: tuple[Path, Path], tmp_path: Path
) -> None:
    run = runs[0]
    (run / STEMS["05"] / "policy").mkdir()
    (run / STEMS["05"] / "policy" / "model.safetensors").write_bytes(b"0" * 9)
    (run / STEMS["06"] / "log.txt").write_text("x")
    told = read_manifest(run / STEMS["06"])
    assert told is not None
    told.parameters["run_dir"] = str(run)
    told.write(run / STEMS["06"])
    page = make_gallery(run, tmp_path / "gallery" / "one")
    kept = {path.name for path in (tmp_path / "gallery").rglob("*") if path.is_file()}
    assert {"rise.csv", "rise.svg", "metrics.json", "manifest.json", "executed.ipynb",
            "executed.html", "ledger.csv", "result.txt"} <= kept  # fmt: skip
    assert not {"model.safetensors", "log.txt"} & kept
    one = (page.parent / "one" / "index.html").read_text("utf-8")
    assert "data:image" not in one and 'href="../pages.css"' in one and "<style>" not in one
    assert 'src="06_evaluation/figures/rise.png"' in one
    notebook = (page.parent / "one" / STEMS["06"] / "executed.html").read_text("utf-8")
    assert 'href="../../pages.css"' in notebook
    for path in (page, page.parent / "one" / "index.html"):
        assert faults(path) == []
        assert str(tmp_path) not in path.read_text("utf-8")
    assert str(tmp_path) not in (page.parent / "one" / STEMS["06"] / "manifest.json").read_text()
    assert main(["check", str(page.parent / "one"), str(run)]) == 0


def test_the_gallery_takes_finished_runs_only(runs: tuple[Path, Path], tmp_path: Path) -> None:
    told = read_manifest(runs[0] / STEMS["07"])
    assert isinstance(told, Manifest)
    told.status = "failed"
    told.write(runs[0] / STEMS["07"])
    with pytest.raises(RunError, match="failed: expected a finished run"):
        make_gallery(runs[0], tmp_path / "gallery" / "one")


@pytest.mark.faults
@pytest.mark.parametrize("where", ["run", ".", "run/03", "mine", "mine/notes.txt"])
def test_the_gallery_replaces_nothing_but_a_run_of_a_gallery(where: str, tmp_path: Path) -> None:
    """A folder of that name was deleted, whatever it held: the run itself, or somebody's home."""
    run = notebook_folder(tmp_path / "run", "06").parent
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("a year of work")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(RunError, match="would be replaced; expected a new folder"):
        make_gallery(run, tmp_path / where)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.faults
def test_a_run_that_somebody_sent_gives_the_gallery_only_its_own(tmp_path: Path) -> None:
    """Its links lead to files of ours; its notebook and its machine are not as ours are."""
    folder = notebook_folder(tmp_path / "run", "06")
    (tmp_path / "key").write_text("secret")
    (folder / "figures" / "more.png").symlink_to(tmp_path / "key")
    executed = json.loads((folder / "executed.ipynb").read_text())
    executed["metadata"]["papermill"] = {"input_path": "/x"}
    (folder / "executed.ipynb").write_text(json.dumps(executed))
    told = json.loads((folder / "manifest.json").read_text())
    told["machine"] = {"system": "<b>", "cores": "<b>"}
    told["parameters"]["run_dir"] = "/"
    (folder / "manifest.json").write_text(json.dumps(told))
    page = make_gallery(folder.parent, tmp_path / "gallery" / "one")
    assert page.is_file() and not list((tmp_path / "gallery").rglob("more.png"))
