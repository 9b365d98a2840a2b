"""The page that a reviewer opens: results first, nothing broken, failures where they matter."""

import json
import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from finlmm_utils.evaluation.ledger import Row
from finlmm_utils.evaluation.ledger_views import CAVEAT
from finlmm_utils.evaluation.paper_claims import paper_claims
from finlmm_utils.evaluation.studies import Study
from finlmm_utils.plot_style import save_figure, use_style
from finlmm_utils.study.report import page as page_module
from finlmm_utils.study.report.alarms import TOUCHES, alarms, touching
from finlmm_utils.study.report.page import write_report
from finlmm_utils.study.report.views import studies as studies_module
from finlmm_utils.study.runner.manifest import Manifest
from finlmm_utils.tar.monitoring.monitors import check_monitors
from tests.evaluation.test_ledger import METRICS, contrast
from tests.helpers import ROOT
from tests.pages import faults

STEMS = {"02": "02_asp_questions", "05": "05_stage2_multimodal_grpo", "06": "06_evaluation",
         "07": "07_ablations"}  # fmt: skip


def notebook_folder(run_dir: Path, number: str, **changes: Any) -> Path:
    """A notebook's folder as a run leaves it: manifest, metrics, one figure, executed notebook."""
    folder = run_dir / STEMS[number]
    folder.mkdir(parents=True)
    values = {"profile": "cpu", "seed": 1, "run_dir": "x", "policy": "finlmm-tiny"}
    told = {"id": "0" * 16, "notebook": folder.name, "profile": "cpu", "parameters": values,
            "parts": {}, "pid": 1, "pid_started": 0.0, "started": "2026-01-01 10:00:00",
            "ended": "2026-01-01 10:01:00", "status": "completed", "seconds": 60.0,
            "code": {"commit": "a" * 40, "changed": False, "versions": {"torch": "2"}}}  # fmt: skip
    Manifest(**(told | changes)).write(folder)
    if number in METRICS:
        (folder / "metrics.json").write_text(json.dumps(METRICS[number]))
    if number != "06":  # one with all is enough
        return folder
    (folder / "result.txt").write_text("Half of the answers are right.\n")
    use_style()
    figure, axis = plt.subplots(figsize=(2, 1))
    axis.plot([0, 1])
    axis.set_title("It rises from 0 to 1")
    save_figure(figure, folder / "figures", "rise", pd.DataFrame({"y": [0, 1]}), "0" * 16)
    plt.close(figure)
    cells = [
        new_markdown_cell(f"# {number} · A title"),
        new_code_cell('run.save_figure(figure, "rise", table)'),
    ]
    nbformat.write(new_notebook(cells=cells), folder / "executed.ipynb")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four notebooks, made once: drawing takes most of the time."""
    folder = tmp_path_factory.mktemp("made") / "run"
    for number in STEMS:
        notebook_folder(folder, number)
    return folder


@pytest.fixture
def run_dir(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the run, and no committed study."""
    monkeypatch.setattr(studies_module, "studies_folder", lambda: tmp_path / "gallery" / "studies")
    monkeypatch.setattr(page_module, "read_studies", list)
    return Path(shutil.copytree(made, tmp_path / "run"))


def words_of(text: str) -> str:
    """A page's text without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text.partition("</style>")[2]).split())


def test_results_come_first_and_nothing_is_broken(run_dir: Path) -> None:
    page = write_report(run_dir)
    text = words_of(page.read_text("utf-8"))
    assert faults(page) == [] and faults(run_dir / STEMS["06"] / "executed.html") == []
    order = [CAVEAT[0], "What the paper claims", "supported in one seed", "nothing here measured",
             "What was difficult", "It rises from 0 to 1", "What failed", "How it ran"]  # fmt: skip
    places = [text.index(words) for words in order]
    assert places == sorted(places)
    for claim in paper_claims():
        assert claim.claim in text.replace("&#39;", "'").replace("&#34;", '"')
    assert "questions written, and kept 900, 800" in text and "(paper: 100)" in text
    ledger = json.loads((run_dir / "ledger.json").read_text())
    assert {row["id"] for row in ledger} == {claim.id for claim in paper_claims()}


def test_a_figure_leads_to_its_data_its_cell_and_its_command(run_dir: Path) -> None:
    text = write_report(run_dir).read_text("utf-8")
    figure = text[text.index('<figure id="figure-06') :].partition("</figure>")[0]
    assert 'alt="It rises from 0 to 1"' in figure
    for target in ("figures/rise.csv", "figures/rise.svg", "manifest.json",
                   "executed.html#cell-id="):  # fmt: skip
        assert f'href="06_evaluation/{target}' in figure
    assert "finlmm run 06 --profile cpu --seeds 1 --out papermill_runs/runs/run" in figure
    index = text[text.index('<ul class="index">') :].partition("</ul>")[0]
    assert 'href="#figure-06_evaluation-figures-rise"' in index
    assert 'href="06_evaluation/figures/rise.csv">data</a>' in index


def test_a_verdict_of_the_run_leads_to_the_cell_of_its_number(run_dir: Path) -> None:
    folder = run_dir / STEMS["06"]
    content = nbformat.read(folder / "executed.ipynb", as_version=4)
    content.cells[-1]["id"] = "06-34"
    nbformat.write(content, folder / "executed.ipynb")
    text = write_report(run_dir).read_text("utf-8")
    for claim, link in {"grounding": f"{STEMS['06']}/executed.html#cell-id=06-34",
                        "selection_reward": f"{STEMS['07']}/metrics.json"}.items():  # fmt: skip
        row = text[text.index(f'id="claim-{claim}"') :].partition("</tr>")[0]
        assert f'<a class="verdict supported" href="{link}">' in row, claim
        assert "this run, 1 seed" in row


def test_every_measure_names_a_cell_of_its_notebook() -> None:
    for measure in (one for claim in paper_claims() for one in claim.runs):
        (path,) = (ROOT / "notebooks").glob(f"{measure.notebook}_*.ipynb")
        assert measure.cell in {cell.id for cell in nbformat.read(path, as_version=4).cells}


def test_the_first_screen_answers_what_was_found_how_sure_and_what_failed(run_dir: Path) -> None:
    text = write_report(run_dir).read_text("utf-8")
    first = words_of("</style>" + text.partition('<dl class="glance">')[2].partition("</dl>")[0])
    assert f"In all {len(paper_claims())} statements of a summary of the paper" in first
    assert "not tried here" in first and "65% of its last demonstrations" in first
    assert "Training on several images raises how often the right one is named (in one" in first
    assert "not reproduced here: what each needs" in first
    assert "intervals about" in first and "planted habits touch it" in first
    assert "judged by a person" in first and "finlmm figure" not in first, "nothing draws it"


def test_a_notebook_says_its_result_first_and_leads_back(run_dir: Path) -> None:
    write_report(run_dir)
    text = (run_dir / STEMS["06"] / "executed.html").read_text("utf-8")
    body = text[text.index("<h1") :]
    assert body.index("Half of the answers are right.") < body.index("<details")
    assert 'href="../index.html"' in body and "<title>06 · A title</title>" in text


def test_a_run_that_goes_on_or_failed_says_where(run_dir: Path) -> None:
    broken = run_dir / STEMS["07"]
    (broken / "manifest.json").unlink()
    Manifest(
        id="1", notebook=broken.name, profile="cpu", parameters={}, parts={}, pid=1,
        pid_started=0.0, started="2026-01-01 10:02:00", status="failed", cell=20, cells=33,
        error="cell 20: ValueError: no rows", continued=1, earlier_seconds=100.0, seconds=20.0,
        began="2026-01-01 09:58:00",
    ).write(broken)  # fmt: skip
    (broken / "log.txt").write_text("\x1b[31mthe last line\x1b[0m\nEnding Cell 20----\n\n")
    (broken / "metrics.json").unlink()
    text = words_of(write_report(run_dir).read_text("utf-8"))
    assert text.index("07_ablations failed at cell 20 of 33") < text.index("What the paper claims")
    assert "ValueError: no rows" in text and "the last line" in text and "\x1b" not in text
    assert "Ending Cell" not in text
    assert "Not begun in this folder: notebooks 00, 01, 03, 04, 08, 09" in text
    assert "in 2 processes: it was interrupted and continued" in text and "failed, 2:00" in text
    assert "07 interrupted and continued" in text and "2026-01-01 09:58:00" in text
    assert faults(run_dir / "index.html") == []


def test_a_plain_papermill_has_the_same_page(run_dir: Path) -> None:
    for number in STEMS:
        (run_dir / STEMS[number] / "manifest.json").unlink()
    (run_dir / STEMS["07"] / "metrics.json").unlink()
    page = write_report(run_dir)
    text = words_of(page.read_text("utf-8"))
    assert faults(page) == []
    assert "run by hand: it saved no metrics (yet)" in text and "2 of 4 completed" in text
    assert "supported in one seed" in text


def test_alarms_stand_beside_the_claim_that_they_touch(run_dir: Path) -> None:
    lines = [{"step": step, "disc_within_auroc": 0.5, "share_adversarial": 0.0, "clipped": 0.0,
              "reward_adversarial_std": 0.1}
             for step in range(1, 31)]  # fmt: skip
    stage = run_dir / STEMS["05"] / "metrics.jsonl"
    stage.write_text("\n".join(map(json.dumps, lines)))
    fired = alarms(run_dir)
    assert [(one.stage, one.name, one.firing.last) for one in fired] == [
        (STEMS["05"], "discriminator collapsed", True)
    ]
    text = write_report(run_dir).read_text("utf-8")
    row = text[text.index('id="claim-adversarial_accuracy"') :].partition("</tr>")[0]
    assert "discriminator collapsed from step 9 on" in row and "tests nothing" in row
    assert (
        "discriminator collapsed"
        not in text[text.index('id="claim-grounding"') :].partition("</tr>")[0]
    )
    study = Row("adversarial_accuracy", "", "", "", "", source="study adversary", ours=0.1)
    assert touching(fired, study) == []  # its number comes from other trainings
    assert touching(fired, replace(study, source="run cpu")) == fired
    better = {"disc_within_auroc": 0.7, "share_adversarial": 0.5}
    stage.write_text("\n".join(json.dumps(line | better) for line in lines))
    assert alarms(run_dir) == []


def test_every_monitor_touches_a_claim() -> None:
    ids = {claim.id for claim in paper_claims()}
    assert set(TOUCHES) == {monitor.name for monitor in check_monitors([])}
    assert {one for claims in TOUCHES.values() for one in claims} <= ids


def test_a_committed_study_is_shown_with_its_files(
    run_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = Study(name="adversary", title="It helps by 0.05", command="finlmm sweep x.yaml",
                  contrasts=[contrast(primary=True, values=[0.04, 0.06])], written="2026-01-31",
                  commit="a" * 12, queued="seed 5 is missing")  # fmt: skip
    folder = run_dir.parent / "gallery" / "studies" / "adversary"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(study.model_dump_json())
    (folder / "adversary.csv").write_text("arm,seed\n")
    monkeypatch.setattr(page_module, "read_studies", lambda: [study])
    page = write_report(run_dir)
    text = page.read_text("utf-8")
    assert faults(page) == []
    assert 'href="studies/adversary/adversary.csv"' in text
    assert (run_dir / "studies" / "adversary" / "adversary.csv").is_file()
    assert "seed 5 is missing" in text and "It helps by 0.05" in text
    row = text[text.index('id="claim-adversarial_accuracy"') :].partition("</tr>")[0]
    assert '<a class="verdict supported" href="#study-adversary-1">' in row, "to the very contrast"
    assert "study adversary, 5 seeds" in row
    there = text[text.index('<tr id="study-adversary-1">') :].partition("</tr>")[0]
    assert "by seed: 0.040, 0.060" in there and "numbers of 2026-01-31, commit" in text


def test_seeds_are_one_page_with_means(tmp_path: Path, run_dir: Path) -> None:
    for seed in (1, 2):
        for number in ("05", "06"):
            folder = notebook_folder(tmp_path / "seeds" / f"seed_{seed}", number)
            (folder / "figures").mkdir(exist_ok=True)
            rewards = pd.DataFrame({"step": range(1, 6), "reward_accuracy": [0.1 * seed] * 5})
            rewards.to_csv(folder / "figures" / "rewards.csv", index=False)
    page = write_report(tmp_path / "seeds")
    text = page.read_text("utf-8")
    assert faults(page) == []
    assert "interval over seeds (Student); n = 300" in text and "this run, 2 seeds" in text
    assert 'href="seed_2/06_evaluation/executed.html">notebook 06, seed 2</a>' in text
    assert "run over seeds 1, 2" in text
    curve = pd.read_csv(tmp_path / "seeds" / "over_seeds" / "rewards_05.csv")
    assert curve["mean"].tolist() == pytest.approx([0.15] * 5)


def test_a_sweep_has_a_table_of_its_cells(tmp_path: Path, run_dir: Path) -> None:
    for cell in ("n=2", "n=10"):
        for seed in (1, 2):
            notebook_folder(tmp_path / "sweep" / cell / f"seed_{seed}", "07")
    notebook_folder(tmp_path / "sweep" / "shared" / "seed_1", "02")
    page = write_report(tmp_path / "sweep")
    assert faults(page) == []
    text = words_of(page.read_text("utf-8"))
    table = text[text.index("What each setting gave") : text.index("What the paper claims")]
    assert 0 < table.index("n = 2") < table.index("n = 10"), "by number"
    assert "shared" not in table and table.count("2 seeds") == 4
    assert table.count("how we know") == 4
    assert "Nothing has a number yet." in text  # of no cell alone
    assert "here the committed studies speak alone" in text
    rows = json.loads((page.parent / "ledger.json").read_text())
    assert not [row for row in rows if row["source"].startswith("run ")]


def test_the_gate_sees_faults(tmp_path: Path) -> None:
    path = tmp_path / "bad.html"
    path.write_text(
        "<html><title>Notebook</title><body><img src='x.png'><a href='gone.csv'>a</a>"
        "<a href='#no'>b</a><script>1</script></body></html>"
    )
    said = " ".join(faults(path))
    for words in ("no language", "title", "no policy", "script", "an image from", "without words",
                  "gone.csv leads nowhere", "#no: no such part"):  # fmt: skip
        assert words in said
