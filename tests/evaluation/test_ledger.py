"""The ledger: no claim of the summary without a row, and verdicts by the rule alone."""

import json
import re
import shlex
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

from finlmm_utils.evaluation.claims import IN_ONE_SEED, verdict_words
from finlmm_utils.evaluation.ledger import Row, RunFacts, ledger
from finlmm_utils.evaluation.ledger_figure import draw_ledger, title
from finlmm_utils.evaluation.ledger_views import (
    CAVEAT,
    caveat,
    counts,
    in_words,
    leading,
    over_seeds,
    table,
)
from finlmm_utils.evaluation.paper_claims import paper_claims, sentences
from finlmm_utils.evaluation.studies import Contrast, EvidenceError, Study, read_studies
from finlmm_utils.intervals import MOST_LOST
from finlmm_utils.study.cli import parser

FACTS = RunFacts("a run", "smoke", "finlmm-tiny", 1)


def gain(value: float, half: float, rows: int = 160, units: int = 7) -> dict[str, Any]:
    """A paired difference as notebook 06 writes it."""
    ends = [value - half, value + half]
    return {"difference": value, "interval": ends, "rows": rows, "units": units}


METRICS = {
    "02": {
        "kept": 800,
        "written": 900,
        "judged_share": {"value": 1.0, "interval": [0.99, 1.0], "rows": 800, "units": 24},
        "answered_share": {"value": 0.9, "interval": [0.8, 0.95], "rows": 900, "units": 24},
    },
    "06": {
        "rows_text": 300,
        "stage1/text/greedy": {"format": 0.99},
        "differences": {
            "base to stage 1, text, right": gain(0.1, 0.02, 300, 300),
            "stage 1 to stage 2, image, image_right": gain(0.3, 0.1),
            "stage 1 to stage 2, text, right": gain(-0.03, 0.025, 300, 300),
        },
    },
    "07": {
        "differences": {
            "no adversarial, right": gain(0.02, 0.01),
            "no selection, image_right": gain(0.1, 0.05),
        },
        "not_tested": ["no adversarial"],
        "same_completions": {"no adversarial": 0.998},
    },
}


def rows_of(metrics: dict[str, Any], studies: tuple[Study, ...] = ()) -> dict[str, Row]:
    """The leading row of each claim."""
    return {row.id: row for row in leading(ledger(metrics, FACTS, studies))}


def test_every_claim_has_a_row_and_says_what_it_needs() -> None:
    rows = rows_of({})
    assert list(rows) == [claim.id for claim in paper_claims()]
    assert {row.verdict for row in rows.values()} == {"not measured", "not reproduced here"}
    assert all(row.note.startswith("needs ") and row.command for row in rows.values())


def test_every_sentence_leads_to_rows_and_every_row_to_a_sentence() -> None:
    ids = {claim.id for claim in paper_claims()}
    named = {one for claims in sentences()["claims"] for one in claims}
    assert named == ids


def test_no_sentence_of_the_summary_is_missing(real_data: Path) -> None:
    path = real_data.parent / "docs" / "finlmm-r1-summary.txt"
    if not path.is_file():
        pytest.skip("the summary is not there")
    text = path.read_text("utf-8")
    starts = list(sentences()["sentence"])
    assert [start for start in starts if start not in text] == []
    for line in text[text.index("## Executive Summary") :].splitlines():
        if len(line.split()) > 12:  # prose, not a heading or a name
            assert any(start in line for start in starts), line[:80]


@pytest.mark.parametrize("claim", paper_claims(), ids=lambda claim: claim.id)
def test_commands_are_commands(claim: Any) -> None:
    words = shlex.split(claim.waits.command)
    if words[0] == "finlmm":
        parser().parse_args(words[1:])
    else:
        assert words[0] == "python" and Path(words[1]).suffix == ".py"


def test_verdicts_of_a_run() -> None:
    rows = rows_of(METRICS)
    assert rows["stage1_text"].verdict == "supported" + IN_ONE_SEED
    assert rows["stage1_text"].kind == "rows, one seed (bootstrap)"
    assert rows["grounding"].reports == 7 and rows["grounding"].planted.startswith("yes: ")
    assert rows["selection_reward"].ours == pytest.approx(0.1)  # with minus without
    assert rows["format_learned"].verdict == "supported" + IN_ONE_SEED
    assert rows["text_suffices"].scale == "its reports, profile smoke"
    assert rows["stage1_text"].scale == "finlmm-tiny, profile smoke"
    lost = rows["forgetting"]
    assert lost.verdict == "undecided" + IN_ONE_SEED
    assert lost.note == "a loss is shown; whether it exceeds 0.05 is undecided"


def test_one_rule_for_forgetting() -> None:
    claim = next(one for one in paper_claims() if one.id == "forgetting")
    assert claim.threshold.value == -MOST_LOST


def test_equal_arms_and_a_full_measure_are_no_test() -> None:
    rows = rows_of(METRICS)
    assert rows["adversarial_accuracy"].verdict == "not tested"
    assert "99.8%" in rows["adversarial_accuracy"].note
    assert rows["alignment"].verdict == "not tested" and "ceiling" in rows["alignment"].note
    share = {"value": 0.75, "interval": [0.66, 0.83], "rows": 400, "units": 12}
    hard = {"02": METRICS["02"] | {"hard_pairs_share": share}}
    assert rows_of(hard)["alignment"].verdict == "contradicted" + IN_ONE_SEED
    both = [row.verdict for row in ledger(hard, FACTS) if row.id == "alignment"]
    assert both == ["contradicted" + IN_ONE_SEED, "not tested"]


def test_what_was_there_before_training_was_not_learned() -> None:
    known = METRICS["06"] | {"base/text/greedy": {"format": 1.0}}
    row = rows_of(METRICS | {"06": known})["format_learned"]
    assert row.verdict == "not tested" and row.note == (
        "100.0% before any training: there was nothing to learn"
    )


def test_a_caution_follows_the_note_with_its_number_or_not_at_all() -> None:
    words = METRICS | {"03": {"baseline_by_words": {"lowest_quartile": 0.97}}}
    assert "is right in 97% of rows" in rows_of(words)["selection_reward"].note
    assert "of rows" not in rows_of(METRICS)["selection_reward"].note


@pytest.mark.parametrize(("placebo", "verdict"), [(0.02, "contradicted"), (0.07, "undecided")])
def test_one_seed_is_held_against_the_placebos_of_the_studies(placebo: float, verdict: str) -> None:
    found = {"difference": -0.059, "interval": [-0.092, -0.031], "rows": 160, "units": 7}
    seventh = {"07": {"differences": {"no adversarial, right": found}}}
    study = Study(name="x", command="c", contrasts=[contrast(
        metric="accuracy on held-out reports, sampled", placebo=True, values=[0.01, -placebo],
        claims=[])])  # fmt: skip
    row = next(r for r in ledger(seventh, FACTS, [study]) if r.id == "adversarial_accuracy")
    assert row.verdict == verdict + IN_ONE_SEED
    assert ("placebo" in row.note) == (verdict == "undecided")


@pytest.mark.parametrize(("by_words", "verdict"), [(0.9, "supported"), (0.99, "not tested")])
def test_what_words_alone_solve_tests_no_look_at_a_picture(by_words: float, verdict: str) -> None:
    study = Study(name="x", command="c", contrasts=[contrast(claims=["distractors"])])
    found = METRICS | {"03": {"baseline_by_words": {"lowest": by_words}}}
    row = next(r for r in ledger(found, FACTS, [study]) if r.id == "distractors")
    assert row.verdict == verdict and f"right in {by_words:.0%} of rows" in row.note


def test_one_seed_can_show_what_can_happen() -> None:
    study = Study(name="x", command="c", contrasts=[
        contrast(claims=["discriminator_fooled"], values=[0.02, 0.14, -0.01])])  # fmt: skip
    row = next(r for r in ledger({}, FACTS, [study]) if r.id == "discriminator_fooled")
    assert row.note.endswith("by 0.1 or more in 1 of 3 seeds")
    going = study.model_copy(update={"queued": "1 of 9 arms still to run: c"})
    row = next(r for r in ledger({}, FACTS, [going]) if r.id == "discriminator_fooled")
    assert row.note.endswith("the study is not finished")


def contrast(**changes: Any) -> Contrast:
    """A contrast of a study, five seeds, above 0."""
    values = {"contrast": "with minus without", "metric": "accuracy", "mean": 0.05, "low": 0.02,
              "high": 0.08, "seeds": 5, "kind": "seeds (Student)",
              "claims": ["adversarial_accuracy"]} | changes  # fmt: skip
    return Contrast(**values)


def test_a_study_leads_and_its_planned_contrast_leads_it() -> None:
    study = Study(
        name="adversary", command="finlmm sweep x.yaml",
        contrasts=[contrast(mean=-0.1, low=-0.2, high=-0.05), contrast(primary=True)],
    )  # fmt: skip
    rows = [r for r in ledger(METRICS, FACTS, [study]) if r.id == "adversarial_accuracy"]
    assert [r.verdict for r in rows] == ["supported", "contradicted", "not tested"]
    assert [r.exploratory for r in rows] == [False, True, False]
    assert rows_of(METRICS, (study,))["adversarial_accuracy"].source == "study adversary"
    sure = contrast(mean=-0.06, low=-0.1, high=-0.02, note="a word", claims=["length_accuracy"])
    told = rows_of({}, (Study(name="a", command="c", contrasts=[sure]),))["length_accuracy"].note
    assert told.startswith("a loss is shown; whether it exceeds 0.05 is undecided; a word; ")
    assert "but" not in told, "it says so itself"
    void = Study(name="a", command="c", contrasts=[contrast(tested=False, note="equal")])
    assert rows_of({}, (void,))["adversarial_accuracy"].verdict == "not tested"


def test_what_studies_say_otherwise_stands_by_a_verdict() -> None:
    less = contrast(mean=-0.1, low=-0.2, high=-0.01, claims=["length_accuracy"])
    kept = contrast(mean=0.01, low=-0.03, high=0.05, claims=["length_accuracy"], primary=True)
    again = contrast(placebo=True, claims=[], mean=0.0, low=-0.07, high=0.06)
    study = Study(name="rewards", command="c", contrasts=[kept, less, again])
    row, other = [r for r in ledger({}, FACTS, [study]) if r.id == "length_accuracy"]
    assert row.verdict == "supported" and row.exploratory, "its margin came after the result"
    assert "with other draws differs by [-0.070, 0.060]" in row.note
    told = "but a loss shown in study rewards: accuracy: with minus without -0.100 [-0.200, -0.010]"
    assert row.note.endswith(told)
    assert other.note.endswith("but supported in study rewards: accuracy: with minus without "
                               "0.010 [-0.030, 0.050]")  # fmt: skip


@pytest.mark.parametrize(("low", "verdict"), [(0.02, "contradicted"), (-0.02, "undecided")])
def test_a_run_whose_control_does_not_show_decides_nothing(low: float, verdict: str) -> None:
    found = {name: {"difference": mean, "interval": ends, "rows": 160, "units": 7}
             for name, mean, ends in (("no adversarial, right", -0.059, [-0.092, -0.031]),
                                      ("no accuracy, right", 0.05, [low, 0.13]))}  # fmt: skip
    rows = ledger({"07": {"differences": found}}, FACTS)
    row = next(r for r in rows if r.id == "adversarial_accuracy")
    assert row.verdict == verdict + IN_ONE_SEED
    assert ("without accuracy, does not show: +0.050" in row.note) == (verdict == "undecided")


def test_the_papers_method_leads_and_ours_stands_behind_it() -> None:
    mine = contrast(primary=True, variant="a relational discriminator")
    study = Study(name="a", command="c", contrasts=[mine, contrast(mean=0.04)])
    rows = [r for r in ledger({}, FACTS, [study]) if r.id == "adversarial_accuracy"]
    assert [r.variant for r in rows] == ["", "a relational discriminator"]
    assert rows[0].ours == pytest.approx(0.04) and rows[0].exploratory


def test_greedy_stands_beside_sampled() -> None:
    metrics = json.loads(json.dumps(METRICS))
    name = "base to stage 1, text, right"
    metrics["06"]["differences"][f"{name}, greedy"] = gain(0.04, 0.03, 300, 300)
    row = rows_of(metrics)["stage1_text"]
    assert (row.ours, row.greedy) == (pytest.approx(0.1), pytest.approx(0.04))
    assert row.greedy_low == pytest.approx(0.01) and row.n == 300
    assert rows_of(METRICS)["stage1_text"].greedy is None
    both = over_seeds([ledger(metrics, FACTS), ledger(metrics, FACTS)], [1, 2])
    row = next(one for one in both if one.id == "stage1_text")
    assert row.greedy == row.greedy_low == pytest.approx(0.04)


def test_over_seeds_means_have_students_interval() -> None:
    other = json.loads(json.dumps(METRICS))
    other["06"]["differences"]["base to stage 1, text, right"] = gain(0.2, 0.02, 300, 300)
    both = [ledger(metrics, FACTS) for metrics in (METRICS, other)]
    row = next(r for r in over_seeds(both, [1, 2]) if r.id == "stage1_text")
    assert row.ours == pytest.approx(0.15) and row.seeds == 2 and row.verdict == "undecided"
    assert row.low == pytest.approx(0.15 - 12.706 * 0.05, abs=1e-3)  # Student's t, one degree
    void = next(r for r in over_seeds(both, [1, 2]) if r.id == "adversarial_accuracy")
    assert void.verdict == "not tested"


def test_the_ledger_in_words() -> None:
    rows = ledger(METRICS, FACTS)
    assert sum(counts(rows).values()) == len(paper_claims())
    assert re.search(r"3 not reproduced here.*one seed", in_words(rows))
    assert set(table(rows)["id"]) == {claim.id for claim in paper_claims()}


def test_studies_are_read_and_others_refused(tmp_path: Path) -> None:
    assert read_studies(tmp_path) == []
    place = tmp_path / "one"
    place.mkdir()
    good = Study(name="one", command="c", contrasts=[contrast()]).model_dump()
    (place / "summary.json").write_text(json.dumps(good))
    assert read_studies(tmp_path)[0].contrasts[0].seeds == 5
    bad: dict[str, Any] = good | {"contrasts": [good["contrasts"][0] | {"low": 1.0}]}
    for wrong, said in ((bad, "low <= high"), (good | {"name": "two"}, "expected the name 'one'")):
        (place / "summary.json").write_text(json.dumps(wrong))
        with pytest.raises(EvidenceError, match=said):
            read_studies(tmp_path)


def test_the_figure_shows_every_claim_that_has_a_number() -> None:
    rows = ledger(METRICS, FACTS)
    figure, shown = draw_ledger(rows)
    measured = [row for row in leading(rows) if row.ours is not None]
    assert list(shown["id"]) == [row.id for row in measured]
    labels = [t.get_text() for axis in figure.axes for t in axis.get_yticklabels()]
    assert {label.replace("\n", " ") for label in labels} == {row.claim for row in measured}
    assert title(rows).startswith("5 of 8 measured claims are supported (5 in one seed)")
    assert title(rows) == figure.get_suptitle()
    plt.close(figure)
    figure, shown = draw_ledger(ledger({}, FACTS))
    assert shown.empty
    plt.close(figure)


def test_the_caveat_says_what_a_base_without_habits_gained() -> None:
    gains = {("clean_stage2", "clean_base"): 0.01, ("habits_stage2", "habits_base"): 0.25}
    contrasts = [
        Contrast(contrast="-", metric="accuracy on held-out reports, sampled", mean=mean,
                 low=mean - 0.1, high=mean + 0.1, seeds=3, kind="seeds", arms=list(arms),
                 primary=True)
        for arms, mean in gains.items()
    ]  # fmt: skip
    whole = Study(name="clean_base", command="-", contrasts=contrasts)
    told = " ".join(caveat([whole]))
    assert "by +0.250 [+0.150, +0.350] from the base with these habits" in told
    assert "by +0.010 [-0.090, +0.110] from one without them" in told
    assert "No gain is left there that can be told from 0" in told
    half = whole.model_copy(update={"contrasts": contrasts[:1]})
    assert caveat([half]) == caveat([]) == CAVEAT


def test_one_number_without_an_interval_decides_nothing() -> None:
    assert verdict_words(0.7, 0.7, 0.7, 0.0, True, 1) == "undecided in one seed"
    assert verdict_words(0.7, 0.6, 0.8, 0.0, True, 5) == "supported"
