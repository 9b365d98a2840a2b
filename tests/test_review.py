"""The human check without a person: forms, resuming, undo, agreement, the panel's own clicks."""

import csv

import pytest

from finlmm_utils.asp import review
from finlmm_utils.asp.records import IQA, Figure

BOX = (0.0, 0.0, 1.0, 1.0)


def triplets(n=12):
    kinds = ("arithmetic", "statistics", "explanation", "knowledge")
    return [
        IQA(
            qa_id=f"q{k}", report_id="r1", question=f"Was ist {k}?", answer="1", page=1,
            answer_kind="number", task=kinds[k % 4], evidence="a, \"b\"\nc", generator="t",
            figure_id=f"f{k % 6}",
        )
        for k in range(n)
    ]  # fmt: skip


def figures():
    return {
        f"f{k}": Figure(
            figure_id=f"f{k}", report_id="r1", file="r.pdf", page=1, box=BOX, png=b"",
            kind="table" if k == 4 else "vector", inner_text="1 2 3",
        )
        for k in range(6)
    }  # fmt: skip


def test_the_sample_takes_kinds_in_turn_and_hard_figures_first():
    sample = review.draw_sample(triplets(), figures(), 8)
    assert [t.task for t in sample[:4]] == sorted(t.task for t in sample[:4])
    assert len({t.task for t in sample[:4]}) == 4
    assert any(t.figure_id == "f4" for t in sample[:4])
    assert sample == review.draw_sample(triplets()[::-1], figures(), 8)
    assert len(review.draw_sample(triplets(), figures(), 100)) == 12


def test_a_form_is_saved_at_once_resumed_and_undone(tmp_path):
    path = tmp_path / "form.csv"
    form = review.Form(path, triplets())
    form.decide("q0", "keep")
    form.decide("q1", "drop", "dull")
    again = review.Form(path, triplets())
    assert again.next_open() == "q2"
    assert again.verdicts() == {"q0": "keep", "q1": "drop"}
    assert form.undo() == "q1"
    assert review.Form(path, triplets()).verdicts() == {"q0": "keep"}
    assert review.Form(path, triplets()).rows["q0"]["evidence"] == 'a, "b"\nc'


def test_a_form_filled_in_elsewhere_is_checked(tmp_path):
    path = tmp_path / "form.csv"
    review.Form(path, triplets(2))
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    rows[1]["verdict"] = "maybe"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, review.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    with pytest.raises(ValueError, match="line 3: verdict 'maybe'"):
        review.Form(path, triplets(2))


def test_kappa_and_intervals():
    one = {"a": "keep", "b": "keep", "c": "drop", "d": "drop"}
    assert review.kappa(one, one) == 1.0
    assert review.kappa(one, {**one, "b": "drop"}) == pytest.approx(0.5)
    assert review.kappa(one, {}) == 0.0
    rows = [{"task": "knowledge", "verdict": "keep"}] * 8 + [
        {"task": "knowledge", "verdict": "fix"}
    ] * 2
    k, n, share, low, high = review.accepted(rows)["all"]
    assert (k, n, share) == (8, 10, 0.8)
    assert low == pytest.approx(0.490, abs=2e-3)
    assert high == pytest.approx(0.943, abs=2e-3)


def test_the_panel_decides_by_keys_and_buttons(tmp_path):
    pytest.importorskip("ipywidgets")
    form = review.Form(tmp_path / "form.csv", triplets(3))
    box = review.panel(form, figures())
    keys, _, keep, *_, undo = box.children[3].children
    keys.value = "d"
    keep.click()
    assert form.verdicts() == {"q0": "drop", "q1": "keep"}
    undo.click()
    assert form.verdicts() == {"q0": "drop"}
    assert box.children[0].value == 1
