"""Plans of studies: read, refused, and what of them is still to run."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from finlmm_utils.evaluation.arms import data as data_module
from finlmm_utils.evaluation.arms.arm import arm_config
from finlmm_utils.evaluation.arms.data import digest_of, pack_run, rows_of, take_rows, unpack
from finlmm_utils.evaluation.arms.kept import read_kept, same_rows
from finlmm_utils.evaluation.arms.run import jobs_of
from finlmm_utils.evaluation.arms.spec import PlanError, read_plan
from finlmm_utils.evaluation.paper_claims import paper_claims
from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.parameters.profiles import load_profile, read_yaml
from tests.helpers import ROOT

PLANS = sorted((ROOT / "papermill_runs" / "studies").glob("*.yaml"))
PLANS_OF = {path.stem: path for path in PLANS}


@pytest.mark.parametrize("path", PLANS, ids=lambda p: p.stem)
def test_each_plan_can_be_run(path: Path) -> None:
    """Every arm makes a configuration; every claim that a contrast answers is in the ledger."""
    plan = read_plan(path)
    assert plan.name == path.stem and len(plan.seeds) >= 3
    bands = {one.measure for one in plan.comparisons if one.placebo}
    asked = {one.measure for one in plan.comparisons
             if len(one.arms) > 1 and (one.claims or one.primary)}  # fmt: skip
    assert asked <= bands, "a placebo is missing"
    for name in plan.arms:
        config, _ = arm_config(plan, name, plan.seeds[0], load_profile(plan.profile))
        assert config.active and config.steps >= 0
    known = {claim.id for claim in paper_claims()}
    assert {claim for one in plan.comparisons for claim in one.claims} <= known
    (notebook,) = (ROOT / "notebooks").glob(f"{plan.notebook}_*.ipynb")
    shown = [f'show_study("{plan.name}")' in "".join(cell["source"])
             for cell in json.loads(notebook.read_text("utf-8"))["cells"]]  # fmt: skip
    assert any(shown), f"{notebook.name} shows the reader no study {plan.name}"


def test_the_committed_rows_are_those_of_the_committed_arms(tmp_path: Path) -> None:
    """A study goes on with the rows beside it, and both splits are there to train and to ask."""
    studies = ROOT / "papermill_runs" / "gallery" / "studies"
    data = take_rows(studies / "rows", tmp_path / "data")
    asked = [folder.name for folder in studies.iterdir() if (folder / "arms.json").is_file()]
    assert {"adversary", "rewards", "bert_train_interval"} <= set(asked)
    for name in asked:
        same_rows(read_kept(studies / name)[0], digest_of(data))
    for split in ("train", "test"):
        rows, series = unpack(data, split, ["statistics"])
        assert len(rows) and set(rows["id"]) & set(series)
    with pytest.raises(PlanError, match="expected --run"):
        take_rows(tmp_path / "nothing", tmp_path / "other")
    assert take_rows(studies / "rows", data) == data
    (data / "rows.jsonl").write_text("another run's", encoding="utf-8")
    with pytest.raises(PlanError, match="holds other rows than the committed ones"):
        take_rows(studies / "rows", data)


def test_rows_of_another_run_or_of_another_rule_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def packed(folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "series.json").write_text("{}", encoding="utf-8")

    def varied(run: Path, folder: Path, variants: Any, values: Any) -> None:
        for name in variants:
            packed(rows_of(folder, name))

    monkeypatch.setattr(data_module, "pack", lambda reports, rows, folder: packed(folder))
    monkeypatch.setattr(data_module, "_pack_variants", varied)
    runs = [tmp_path / "one", tmp_path / "two"]
    for run in runs:
        for name in ("01_a/x", "02_a/iqa.parquet", "03_a/rows/train.arrow"):
            (run / name).parent.mkdir(parents=True, exist_ok=True)
            (run / name).write_text(run.name, encoding="utf-8")
    plan, values = read_plan(PLANS_OF["distractors"]), load_profile("cpu")
    assert plan.variants
    for _ in range(2):  # the second time all is there
        assert pack_run(runs[0], tmp_path / "data", plan, values) == tmp_path / "data"
    with pytest.raises(PlanError, match="data: holds the rows of another run"):
        pack_run(runs[1], tmp_path / "data", plan, values)
    other = {name: one.model_copy(update={"count": 4 if one.count < 4 else 3})
             for name, one in plan.variants.items()}  # fmt: skip
    with pytest.raises(PlanError, match=r"rows-.*another rule"):
        pack_run(runs[0], tmp_path / "data", plan.model_copy(update={"variants": other}), values)


def test_what_is_done_is_not_run_again(tmp_path: Path) -> None:
    plan = read_plan(PLANS[0])
    every = jobs_of(plan, tmp_path)
    assert len(every) == len(plan.arms) * len(plan.seeds)
    seeds = [seed for _, seed in every]
    assert seeds == sorted(seeds), "all arms of a seed come first"
    arm, seed = every[0]
    (tmp_path / f"{arm}-{seed}.json").write_text("{}", encoding="utf-8")
    assert jobs_of(plan, tmp_path) == every[1:]


def test_the_placebo_draws_other_samples_of_the_same_prompts() -> None:
    plan = read_plan(ROOT / "papermill_runs" / "studies" / "adversary.yaml")
    first, again = (
        arm_config(plan, n, 3, load_profile("cpu"))[0] for n in ("none_gated", "none_gated_again")
    )
    assert first.seed != again.seed and first.grpo["data_seed"] == again.grpo["data_seed"] == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"baseline": "nobody"}, "nobody"),
        ({"seeds": "one"}, "seeds"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_plan_that_is_none_is_refused_in_one_line(
    change: dict[str, object], message: str, tmp_path: Path
) -> None:
    values = yaml.safe_load(PLANS[0].read_text("utf-8")) | change
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    with pytest.raises(PlanError, match=message) as caught:
        read_plan(path)
    assert "\n" not in str(caught.value) and str(path) in str(caught.value)


@pytest.mark.faults
@pytest.mark.parametrize(
    "data",
    [b"\xff\xfe", b"name: [1\nquestion: {", b"a: b: c", b"[1, 2]", b"", b"- &a [*a]", b"x\0y",
     b"[" * 5000, "name: Größe".encode("latin-1")],
    ids=["no UTF-8", "cut", "no YAML", "a list", "nothing", "a circle", "zero", "deep", "latin"],
)  # fmt: skip
def test_a_file_that_is_no_plan_is_refused_in_one_line(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    path.write_bytes(data)
    for read, error in ((read_plan, PlanError), (read_yaml, ParameterError)):
        with pytest.raises(error) as caught:
            read(path)
        assert "\n" not in str(caught.value) and str(path) in str(caught.value)


def test_arms_that_go_back_to_a_base_without_habits_are_told_apart() -> None:
    plan = read_plan(PLANS_OF["clean_base"])
    habits = {arm for arm in plan.arms if plan.has_habits(arm)}
    assert habits == {"habits_base", "habits_stage1", "habits_stage2"}
