"""Contrasts: paired by seeds, with an interval over seeds, and never a verdict without a test."""

import hashlib
import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from finlmm_utils.evaluation.arms.contrasts import (
    commit_study,
    measures,
    read_results,
    summarize_study,
    table_of,
)
from finlmm_utils.evaluation.arms.kept import kept_of, read_kept, same_rows, write_kept
from finlmm_utils.evaluation.arms.notes import Same, note_of, stopped_without, title_of
from finlmm_utils.evaluation.arms.run import jobs_of
from finlmm_utils.evaluation.arms.spec import Comparison, Plan, PlanError, read_plan
from finlmm_utils.evaluation.reasoning import RULES
from finlmm_utils.evaluation.studies import Contrast, read_study
from finlmm_utils.intervals import student
from finlmm_utils.study.cli import main as command
from tests.helpers import ROOT

PLAN = """
name: made_up
question: Does the mechanism help?
hypotheses: [It does.]
stopping: all seeds.
seeds: [1, 2, 3]
baseline: without
shared: {steps: 30}
reward_weights: {accuracy: 1.0}
arms: {with_it: {words: the mechanism}, without: {}, again: {sampling_seed: 1}, same: {}}
comparisons:
  - {arms: [with_it, without], measure: accuracy, primary: true}
  - {arms: [with_it, without], measure: lucky_of_right, negate: true}
  - {arms: [with_it, without], measure: steps_to_baseline, negate: true}
  - {arms: [same, without], measure: accuracy}
  - {arms: [again, without], measure: accuracy, placebo: true}
  - {arms: [with_it], measure: accuracy}
"""
COLUMNS = ["id", "task", "template", "right", "image_right", "well_formed", "tokens", "named",
           "sound", "worked", "lucky"]  # fmt: skip
SHARES = {"with_it": 0.6, "without": 0.3, "again": 0.3, "same": 0.3}


def record(arm: str, seed: int) -> dict[str, Any]:
    """An arm that is right as often as SHARES says, with its own completions."""
    rows = []
    for n in range(200):
        right = n < 200 * SHARES[arm] + seed
        rows.append([f"{n % 7:012x}-q{n:010x}", "statistics", "range", right, right, True, 40,
                     True, right, True, right and n % 2 == 0])  # fmt: skip
    wrote = [f"{'without' if arm == 'same' else arm} {seed} {k}" for k in range(50)]
    return {
        "arm": arm, "seed": seed,
        "environment": {"device": "cpu" if seed < 3 else "a GPU"},
        "samples": {"columns": COLUMNS, "data": rows},
        "metrics": [{"reward_accuracy": SHARES[arm] * min(1, k / 20)} for k in range(30)],
        "completions": [hashlib.sha256(text.encode()).hexdigest()[:8] for text in wrote],
        "data": "abc",
    }  # fmt: skip


@pytest.fixture
def ran(tmp_path: Path) -> tuple[Plan, Path, Path]:
    return write_results(tmp_path)


def write_results(folder: Path) -> tuple[Plan, Path, Path]:
    """The plan, its file, and the folder of its arms' results."""
    path = folder / "made_up.yaml"
    path.write_text(PLAN, encoding="utf-8")
    plan, out = read_plan(path), folder / "out"
    out.mkdir()
    for arm in plan.arms:
        for seed in plan.seeds:
            (out / f"{arm}-{seed}.json").write_text(json.dumps(record(arm, seed)), "utf-8")
    return plan, path, out


@pytest.fixture(scope="module")
def committed_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("committed")
    _, path, out = write_results(folder)
    commit_study(path, out, folder / "studies")
    return folder / "studies"


@pytest.fixture
def committed(ran: tuple[Plan, Path, Path], committed_once: Path) -> Path:
    """Folder of the study's committed form, beside the results of its arms."""
    return shutil.copytree(committed_once, ran[2] / "studies") / "made_up"


def test_a_difference_is_found_and_equal_arms_are_no_test(ran: tuple[Plan, Path, Path]) -> None:
    plan, _, out = ran
    study, table, _ = summarize_study(plan, out)
    first, lucky, steps, same, placebo, alone = study.contrasts
    assert (
        alone.mean == pytest.approx(0.61) and alone.contrast == "the mechanism" and not alone.note
    )
    assert first.mean == pytest.approx(0.3) and first.low is not None and first.low > 0.2
    assert first.tested and first.reports == 7 and len(first.values) == 3
    assert lucky.mean == pytest.approx(0.0, abs=0.02)
    assert steps.mean is not None and steps.mean > 0, "it is there earlier"
    assert same.mean == 0 and not same.tested and "100%" in same.note
    assert placebo.placebo and placebo.tested
    assert not study.queued and len(table) == 12 * table["measure"].nunique()


def test_what_has_not_run_is_queued_and_one_seed_has_no_interval(
    ran: tuple[Plan, Path, Path],
) -> None:
    plan, _, out = ran
    for seed in (2, 3):
        (out / f"with_it-{seed}.json").unlink()
    (out / "again-1.json").unlink()
    first, *_, placebo, _ = summarize_study(plan, out)[0].contrasts
    assert first.seeds == 1 and (first.low, first.high) == (None, None) and "one seed" in first.note
    assert placebo.seeds == 2
    assert summarize_study(plan, out)[0].queued.startswith("3 of 12 arms still to run: finlmm")


def test_the_committed_form_is_what_the_ledger_reads(committed: Path) -> None:
    folder = committed
    assert read_study(folder).contrasts[0].primary
    assert {p.name for p in folder.iterdir()} >= {
        "made_up.csv", "contrasts.png", "contrasts.svg", "study_manifest.json"
    }  # fmt: skip
    noted = json.loads((folder / "study_manifest.json").read_text("utf-8"))["ran"]
    where = {one["environment"]["device"]: len(one["arms"]) for one in noted}
    assert where == {"cpu": 8, "a GPU": 4}, "each arm with the machine that ran it"


def test_a_study_keeps_the_day_of_its_numbers_until_they_change(
    ran: tuple[Plan, Path, Path], committed: Path
) -> None:
    (_, path, out), folder = ran, committed
    assert read_study(folder).written == date.today().isoformat()
    then = read_study(folder).model_copy(update={"written": "2026-01-31", "commit": "abc"})
    (folder / "summary.json").write_text(then.model_dump_json(), "utf-8")
    commit_study(path, out, out / "studies")
    assert (read_study(folder).written, read_study(folder).commit) == ("2026-01-31", "abc")
    (out / "with_it-1.json").write_text(json.dumps(record("without", 1)), "utf-8")
    commit_study(path, out, out / "studies")
    assert read_study(folder).written == date.today().isoformat()


def test_a_study_goes_on_from_its_committed_arms(
    ran: tuple[Plan, Path, Path], committed: Path
) -> None:
    (plan, path, out), folder = ran, committed
    whole = read_study(folder)
    kept, _ = read_kept(folder)
    assert len(kept) == 12 and jobs_of(plan, out / "elsewhere", done=kept) == []
    (folder / "arms.json").unlink()
    elsewhere = out / "elsewhere"
    elsewhere.mkdir()
    for name in ("with_it-1", "without-1"):  # as if ten had run on another machine
        (elsewhere / f"{name}.json").write_bytes((out / f"{name}.json").read_bytes())
    write_kept(folder, {k: v for k, v in kept.items() if k not in {("with_it", 1), ("again", 3)}})
    again = commit_study(path, elsewhere, out / "studies")
    for new, old in zip(again.contrasts[:4], whole.contrasts[:4], strict=True):
        assert new.values == pytest.approx(old.values, abs=1e-5)  # a table has six digits
        assert (new.note, new.tested, new.n) == (old.note, old.tested, old.n)
    assert again.queued.startswith("1 of 12 arms")


@pytest.mark.parametrize(
    ("name", "damage", "said"),
    [
        ("arms.json", None, "holds made_up.csv without arms.json"),
        ("made_up.csv", None, "holds arms.json without made_up.csv"),
        ("arms.json", '{"with_it-1": {"n"', "expected the arms of a study"),
        ("arms.json", '{"with_it-1": {"n": 3}}', "expected the arms of a study"),
        ("arms.json", "[1]", "expected the arms of a study"),
        ("made_up.csv", "", "expected the numbers of a study's arms"),
    ],
)
def test_a_damaged_study_loses_nothing_and_says_so_in_one_line(
    name: str, damage: str | None, said: str, ran: tuple[Plan, Path, Path], committed: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (_, path, out), folder = ran, committed
    (folder / name).unlink()
    if damage is not None:
        (folder / name).write_text(damage, encoding="utf-8")
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    line = ["study", str(path), "--out", str(out / "nothing"), "--to", str(out / "studies")]
    assert command([*line, "--summary"]) == 2
    told = capsys.readouterr().err
    assert said in told and told.count("\n") == 1
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


def test_an_arm_without_steps_is_said_to_be_untrained(ran: tuple[Plan, Path, Path]) -> None:
    _, path, out = ran
    path.write_text(PLAN.replace("same: {}", "same: {stage: {steps: 0}}"), encoding="utf-8")
    for seed in (1, 2, 3):
        resting = record("same", seed) | {"completions": [], "metrics": []}
        (out / f"same-{seed}.json").write_text(json.dumps(resting), encoding="utf-8")
    trained, *_, same, _, _ = summarize_study(read_plan(path), out)[0].contrasts
    assert same.note == "same: measured as it started, without a step of its own" and same.tested
    assert "in training is the same" in trained.note


def test_arms_that_read_nothing_test_no_answer(ran: tuple[Plan, Path, Path]) -> None:
    plan, _, out = ran
    for arm in ("with_it", "without"):
        for seed in plan.seeds:
            one = record(arm, seed)
            at = COLUMNS.index("sound")
            one["samples"]["data"] = [
                [*r[:at], False, *r[at + 1 :]] for r in one["samples"]["data"]
            ]
            (out / f"{arm}-{seed}.json").write_text(json.dumps(one), encoding="utf-8")
    study = summarize_study(plan, out)[0]
    assert not study.contrasts[0].tested and "read nothing" in study.contrasts[0].note
    assert study.title.startswith("Not tested: ")


def test_an_earlier_run_counts_where_the_plan_says_so(
    ran: tuple[Plan, Path, Path], committed: Path
) -> None:
    plan, path, out = ran
    first = summarize_study(plan, out)[0].contrasts[0]
    shutil.copyfile(committed / "summary.json", committed / "earlier_summary.json")
    path.write_text(PLAN.replace("primary: true}", "primary: true, earlier: true}", 1), "utf-8")
    both = summarize_study(read_plan(path), out, committed)[0].contrasts[0]
    assert both.seeds == 2 * first.seeds and both.values == first.values * 2
    assert both.metric == f"{first.metric}, in both runs of the study"
    alone = "  - {arms: [with_it, without], measure: accuracy}\n"
    path.write_text(path.read_text("utf-8") + alone, "utf-8")
    both, *_, own = summarize_study(read_plan(path), out, committed)[0].contrasts
    assert own.mean == first.mean and both.mean is not None
    assert f"; {both.mean:+.3f} [" in own.note and own.note.endswith("of the study, 6 seeds")


def test_arms_whose_steps_were_not_kept_are_named(ran: tuple[Plan, Path, Path]) -> None:
    plan, _, out = ran
    assert not any("was not kept" in note for note in summarize_study(plan, out)[0].notes)
    lost = record("same", 2) | {"metrics": []}
    (out / "same-2.json").write_text(json.dumps(lost), encoding="utf-8")
    assert (
        summarize_study(plan, out)[0].notes[-1].endswith("no curve can be drawn of: same (1 seed).")
    )


@pytest.mark.parametrize(("control", "shows"), [("with_it", True), ("again", False)])
def test_what_the_control_shows_stands_by_every_difference(
    ran: tuple[Plan, Path, Path], control: str, shows: bool
) -> None:
    _, path, out = ran
    for seed in (1, 2, 3):  # right as often without the mechanism, but for chance
        told = record("again", seed)
        told["samples"]["data"] = record("without", seed % 3 + 1)["samples"]["data"]
        (out / f"again-{seed}.json").write_text(json.dumps(told), "utf-8")
        one = json.loads((out / f"again-{seed}.json").read_text("utf-8")) | {"arm": "same"}
        one["completions"] = record("with_it", seed)["completions"]
        (out / f"same-{seed}.json").write_text(json.dumps(one), "utf-8")
    asked = f"  - {{arms: [{control}, without], measure: accuracy, control: true}}\n"
    text = PLAN.replace(", primary: true", "").replace("[same, without], measure: accuracy",
                        "[same, without], measure: accuracy, primary: true")  # fmt: skip
    path.write_text(text + asked, "utf-8")
    study = summarize_study(read_plan(path), out)[0]
    first, lucky, steps, same, placebo, alone, own = study.contrasts
    assert own.what == "exploratory, the control"
    said = "shows" if shows else 'does not show: "undecided" says little here'
    assert same.tested and not same.off_zero and same.note.endswith(f") {said}")
    assert study.title.startswith(
        "Undecided: " if shows else "Undecided, as is the study's control"
    )
    assert "says little" not in first.note, "it is decided"
    assert not any("control" in one.note for one in (lucky, steps, placebo, alone, own))


@pytest.mark.parametrize(("repeated", "tested"), [(0.005, False), (0.3, True)])
def test_where_nothing_is_padded_nothing_can_be_stopped(repeated: float, tested: bool) -> None:
    plan = read_plan(ROOT / "papermill_runs" / "studies" / "padding.yaml")
    one = next(c for c in plan.comparisons if c.claims == ["adversary_counters_length"])
    table = pd.DataFrame({"arm": one.arms[-1], "seed": [1, 2], "measure": "repetition",
                          "value": repeated})  # fmt: skip
    assert (stopped_without(plan, one, table, pd.Index([1, 2])) == "") == tested
    longer = one.model_copy(update={"negate": False})
    assert stopped_without(plan, longer, table, pd.Index([1, 2])) == "", "it may still grow"


def test_completions_compared_in_some_seeds_say_in_how_many(ran: tuple[Plan, Path, Path]) -> None:
    plan, _, out = ran
    lost = record("with_it", 2) | {"completions": []}
    (out / "with_it-2.json").write_text(json.dumps(lost), encoding="utf-8")
    note = summarize_study(plan, out)[0].contrasts[0].note
    assert "is the same (compared in 2 of 3 seeds)" in note


def test_other_rows_are_refused(committed: Path) -> None:
    kept, _ = read_kept(committed)
    same_rows(kept, "abc")
    with pytest.raises(PlanError, match=r"trained on rows abc, these are def"):
        same_rows(kept, "def")


def test_where_completions_are_not_at_hand_the_share_found_before_stands(
    ran: tuple[Plan, Path, Path], committed: Path
) -> None:
    (_, path, out), folder = ran, committed
    before = read_study(folder)
    kept, _ = read_kept(folder)
    write_kept(folder, {k: v.model_copy(update={"digests": ""}) for k, v in kept.items()})
    numbers = (folder / "made_up.csv").read_bytes()
    after = commit_study(path, out / "nothing", out / "studies")
    assert (folder / "made_up.csv").read_bytes() == numbers
    same = [one for one in after.contrasts if one.arms == ["same", "without"]]
    was = next(one for one in before.contrasts if one.arms == ["same", "without"])
    assert (same[0].mean, same[0].tested, was.tested) == (was.mean, False, False)
    assert was.note.startswith("100% of what the two arms wrote in training is the same")
    assert same[0].note == was.note.replace(
        "is the same", "is the same, as was found when they ran"
    )
    again = commit_study(path, out / "nothing", out / "studies")
    assert again.contrasts == after.contrasts, "said once, however often it is written"


def test_what_fewer_is_better_of_is_named_the_way_it_is_subtracted(
    ran: tuple[Plan, Path, Path],
) -> None:
    plan, _, out = ran
    lucky = next(c for c in summarize_study(plan, out)[0].contrasts
                 if c.arms == ["with_it", "without"] and "lucky" in c.metric)  # fmt: skip
    found = {arm: measures(read_results(plan, out)[arm, 1], [])["lucky_of_right"]
             for arm in ("with_it", "without")}  # fmt: skip
    assert lucky.contrast == "without minus the mechanism"
    assert lucky.values[0] == pytest.approx(found["without"] - found["with_it"])


def test_an_arm_that_has_all_without_the_mechanism_leaves_no_test(
    ran: tuple[Plan, Path, Path],
) -> None:
    plan, _, out = ran
    table = table_of(plan, read_results(plan, out), {})
    pairs = table[table["measure"] == "range_worked"].pivot(
        index="seed", columns="arm", values="value"
    )
    kept = {run: kept_of(one) for run, one in read_results(plan, out).items()}
    one = Comparison(arms=["with_it", "without"], measure="range_worked")
    found = note_of(plan, one, pairs, kept, Same())
    assert found == ("100.0% without it: nothing is left to gain", False)
    elsewhere = kept["without", 2].model_copy(update={"environment": {"device": "a GPU"}})
    note, _ = note_of(plan, one, pairs, kept | {("without", 2): elsewhere}, Same())
    assert note.endswith("; its two arms ran on different machines (a GPU and cpu) in seed 2")


def test_a_row_says_by_which_rules_its_reasoning_was_judged(ran: tuple[Plan, Path, Path]) -> None:
    plan, _, out = ran
    lucky = summarize_study(plan, out)[0].contrasts[1]
    assert lucky.note.endswith("judged by earlier rules, which find too few lucky answers")
    for path in out.glob("*.json"):
        told = json.loads(path.read_text("utf-8")) | {"rules": RULES}
        path.write_text(json.dumps(told), "utf-8")
    accuracy, lucky, *_ = summarize_study(plan, out)[0].contrasts
    assert "rules" not in lucky.note and "rules" not in accuracy.note


def test_luck_is_a_share_of_the_right_answers(ran: tuple[Plan, Path, Path]) -> None:
    plan, _, out = ran
    found = measures(read_results(plan, out)["with_it", 1], [])
    assert found["lucky_of_right"] == pytest.approx(0.5, abs=0.01)
    assert found["steps_to_baseline"] != found["steps_to_baseline"], "no baseline, no number"


def test_student_s_interval_is_scipy_s() -> None:
    import numpy as np
    from scipy import stats

    values = np.array([0.1, 0.4, 0.2, 0.35])
    low, high = stats.t.interval(0.95, 3, values.mean(), stats.sem(values))
    assert student(values) == pytest.approx((values.mean(), low, high))


def test_the_command_writes_what_there_is_and_refuses_in_one_line(
    ran: tuple[Plan, Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    _, path, out = ran
    line = ["study", str(path), "--out", str(out), "--to", str(out / "studies"), "--summary"]
    assert command(line) == 0
    assert "Above 0: the mechanism minus without" in capsys.readouterr().out
    assert command(["study", str(out / "nothing.yaml"), "--summary"]) == 2
    said = capsys.readouterr().err
    assert "expected a study's plan" in said and said.count("\n") == 1
    assert command(["study", str(path), "--out", str(out), "--run", str(out)]) == 2
    assert "expected a run with notebooks 01 and 03" in capsys.readouterr().err


def test_test_rows_of_each_variant_become_a_matrix_and_count_for_themselves(
    ran: tuple[Plan, Path, Path], tmp_path: Path
) -> None:
    _, path, out = ran
    variants = "transfer_rows: 50\nvariants: {hard: {}, easy: {}}\n"
    asked = variants + PLAN + "  - {arms: [with_it, without], measure: selection_on_hard}\n"
    path.write_text(asked.replace("words: the mechanism", "rows: hard"), encoding="utf-8")
    for place in out.glob("*.json"):
        told = json.loads(place.read_text("utf-8"))
        hard = 0.5 + 0.1 * (told["arm"] == "with_it") + 0.01 * told["seed"]
        told["more"] = {"selection_on_hard": hard, "selection_on_easy": 0.9}
        place.write_text(json.dumps(told), "utf-8")
    study = commit_study(path, out, tmp_path / "studies")
    last = study.contrasts[-1]
    assert last.n == 50 and last.mean == pytest.approx(0.1) and "with it" in last.metric
    shown = pd.read_csv(tmp_path / "studies" / "made_up" / "matrix.csv")
    cell = shown.set_index(["trained_on", "tested_on"])
    assert cell.loc[("without", "with it"), "mean"] == pytest.approx(0.52)
    assert cell.loc[("again", "easy"), "half"] == 0 and len(cell) == 8


def test_a_title_is_held_against_the_placebo_and_says_what_waits() -> None:
    told = {"seeds": 3, "kind": "seeds (Student)", "metric": "tokens"}
    first = Contrast(
        contrast="with minus without", mean=4.0, low=1.0, high=7.0, primary=True, **told
    )
    placebo = Contrast(contrast="again", mean=-2.0, low=-6.0, high=2.0, placebo=True, **told)
    assert title_of([first, placebo]).startswith(
        "Above 0, but no further than a placebo's interval goes: with minus without, +4.000"
    )
    near = placebo.model_copy(update={"low": -3.0})
    assert title_of([first, near]).startswith("Above 0: with minus without, +4.000 (+1.000")
    waits = first.model_copy(update={"mean": None, "low": None, "high": None})
    other = first.model_copy(update={"primary": False})
    assert title_of([waits, other]).endswith("No planned contrast has run yet")
    assert title_of([waits, placebo]) == "Not run yet"
