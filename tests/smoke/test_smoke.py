"""Every notebook runs under the profile ``smoke``, and its metrics lie where they must.

The ranges are those that a broken pipeline would miss; mere completion proves little.
"""

import json
import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from scipy.stats import binom

from finlmm_utils.evaluation.arms.data import pack_run, rows_of, unpack
from finlmm_utils.evaluation.arms.spec import read_plan
from finlmm_utils.study.metrics_table import flatten
from finlmm_utils.study.parameters.notebooks import notebook
from finlmm_utils.study.parameters.profiles import load_profile
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tiny.recipe import KEPT, SECONDS
from tests.helpers import ROOT, cell_states, manifest
from tests.pages import faults
from tests.smoke.all_notebooks import NUMBERS

pytestmark = pytest.mark.smoke

BY_CHANCE = 0.99
"""Share of fair draws of the rows that pass; one seed is run, so it passes or fails for good."""

# Notebook, metric (dotted), least, most.
RANGES: list[tuple[str, str, float, float]] = [
    ("00", "packages_as_declared", 1.0, 1.0),
    ("01", "figure_recall", 0.9, 1.0),
    ("01", "figure_precision", 0.9, 1.0),
    ("01", "sentence_recall", 0.97, 1.0),
    ("02", "kept", 20, 40),
    ("02", "precision", 0.85, 1.0),
    ("02", "recall", 0.7, 1.0),
    ("03", "train_rows", 5, 40),
    ("03", "test_rows", 5, 40),
    ("03", "least_p_of_positions", 0.001, 1.0),
    ("04", "gold_parse_rate", 1.0, 1.0),
    ("04", "before.format", 0.8, 1.0),
    ("04", "before.accuracy", 0.05, 0.9),
    ("04", "curves.reward_format.last", 0.7, 1.0),
    ("05", "gold_parse_rate", 1.0, 1.0),
    ("05", "before.well_formed", 0.8, 1.0),
    ("05", "discriminator_updates", 2, 2),
    ("06", "base/text/greedy.accuracy", 0.1, 0.95),
    ("06", "stage2/image/greedy.format", 0.7, 1.0),
    ("07", "arms.all rewards.format", 0.7, 1.0),
    ("09", "measured_by_this_run", 8, 12),
    ("09", "claims", 32, 60),
    ("A", "titles_read", 0.6, 1.0),
    ("A", "values_read", 0.7, 1.0),
    ("A", "last_verdicts", 0.9, 1.0),
]


def metrics(run: Path, number: str) -> dict[str, Any]:
    """A notebook's metrics by dotted name."""
    path = run / notebook(number).stem / "metrics.json"
    return flatten(json.loads(path.read_text("utf-8")))


@pytest.mark.parametrize("number", NUMBERS)
def test_every_notebook_completed(smoke_run: Path, number: str) -> None:
    stem = notebook(number).stem
    record = manifest(smoke_run, stem)
    assert record["status"] == "completed"
    assert record["seconds"] > 0
    assert record["peak_mb"] > 50
    assert set(cell_states(smoke_run, stem)) == {"completed"}
    assert metrics(smoke_run, number)
    for path in (smoke_run / stem).glob("figures/*.svg"):
        assert path.with_suffix(".png").is_file()
        assert path.with_suffix(".csv").is_file()


@pytest.mark.parametrize("number", NUMBERS)
def test_no_cell_warned_or_wrote_errors(smoke_run: Path, number: str) -> None:
    path = smoke_run / notebook(number).stem / "executed.ipynb"
    for cell in nbformat.read(path, as_version=4).cells:
        for output in cell.get("outputs", []):
            assert output.output_type != "error"
            assert "Traceback" not in output.get("text", "")


@pytest.mark.parametrize(("number", "name", "least", "most"), RANGES)
def test_metrics_lie_in_their_ranges(
    smoke_run: Path, number: str, name: str, least: float, most: float
) -> None:
    value = metrics(smoke_run, number)[name]
    assert least <= value <= most, f"{number} {name} = {value}, expected {least} to {most}"


def test_who_sees_grey_chooses_by_chance(smoke_run: Path) -> None:
    """Places are drawn row by row, so the hits of any choice without a look are binomial."""
    found = metrics(smoke_run, "06")
    rows, chance, selection = (
        found[f"stage2/blind/greedy.{name}"] for name in ("rows", "selection_chance", "selection")
    )
    least, most = binom.interval(BY_CHANCE, rows, chance)
    assert least <= selection * rows <= most, f"{selection:.0%} of {rows}, chance {chance:.0%}"


def test_no_metric_holds_a_time_or_a_place(smoke_run: Path) -> None:
    for number in NUMBERS:
        for name, value in metrics(smoke_run, number).items():
            assert not re.search(r"second|minute|elapsed|wall", name), name
            assert not (isinstance(value, str) and value.startswith("/")), (name, value)


def test_the_page_opens_offline_with_every_figure(smoke_run: Path) -> None:
    page = (smoke_run / "index.html").read_text("utf-8")
    figures = list(smoke_run.glob("*/figures/*.png"))
    assert page.count('src="data:image/png;base64,') >= len(figures)
    for path in (*smoke_run.glob("*.html"), *smoke_run.glob("*/executed.html")):
        assert faults(path) == [], path.name
        text = path.read_text("utf-8")
        assert not re.search(r"<(script|link|img|iframe)\b[^>]*(src|href)=[\"']?(https?:)?//", text)
        assert not re.search(r"import\b[^;\n]{0,80}[\"']https?://", text)
    rows = (smoke_run / "samples.html").read_text("utf-8")
    assert "One group of training, with every reward" in rows
    for number in NUMBERS:
        stem = notebook(number).stem
        assert f'href="{stem}/executed.html"' in page
        assert (smoke_run / stem / "executed.html").is_file()


def test_a_study_has_the_rows_of_its_run_and_of_each_rule(smoke_run: Path, tmp_path: Path) -> None:
    """The run's own rule gives the run's own rows; others the same questions, other images."""
    plan = read_plan(ROOT / "papermill_runs" / "studies" / "distractors.yaml")
    values = load_profile("smoke")
    data = pack_run(smoke_run, tmp_path / "data", plan, values)
    rows = {name: unpack(rows_of(data, name), "test", [])[0] for name in ("", *plan.variants)}
    own = rows[""]
    assert rows[values["distractor_rule"]].to_list() == own.to_list()
    for name, some in rows.items():
        images = plan.variants[name].count + 1 if name else values["max_distractors"] + 1
        assert {len(row) for row in some["images"]} <= {images}, name
        assert len(some), name
    assert rows["highest"]["images"] != own["images"]


def test_the_smoke_recipe_makes_a_policy_that_loads(smoke_run: Path) -> None:
    appendix = smoke_run / notebook("A").stem
    tables = [
        output.data["text/html"]
        for cell in nbformat.read(appendix / "executed.ipynb", as_version=4).cells
        for output in cell.get("outputs", [])
        if "make_tiny(" in cell.source and "text/html" in output.get("data", {})
    ]
    rows = [re.findall(r"<td>(.*?)</td>", row) for row in "".join(tables).split("<tr")]
    lines = [(phase, float(loss)) for phase, _, _, loss, *_ in filter(None, rows)]
    assert [phase for phase, _ in lines] == list(SECONDS)
    assert np.isfinite([loss for _, loss in lines]).all()
    model, processor = load_policy(appendix / "copy")
    inputs = processor(text=["hello"], return_tensors="pt")
    assert model(**inputs).logits.shape[-1] == len(processor.tokenizer)
    assert not (appendix / "copy" / KEPT).exists()
