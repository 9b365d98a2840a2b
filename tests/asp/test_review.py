"""The human check without a person: forms, resuming, undo, agreement, the panel's own clicks."""

import csv
import hashlib
import io

import pymupdf
import pytest
from PIL import Image, ImageChops

from finlmm_utils.asp import review
from finlmm_utils.asp.records import IQA, Figure, Report

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


def test_verdicts_reach_the_rows():
    some = triplets(3)
    rows = {f"q{k}": {"figure_id": f"f{k}", "verdict": v}
            for k, v in ((0, "keep"), (2, "drop"), (9, "keep"))}  # fmt: skip
    assert review.note_verdicts(some, rows) == [rows["q0"], rows["q2"]]
    assert [t.human for t in some] == ["keep", "", "drop"]
    review.note_verdicts(some, {"q2": {"figure_id": "f2", "verdict": "fix"}})
    assert [t.human for t in some] == ["", "", "fix"], "a verdict that was taken back is gone"


def test_a_verdict_on_another_figure_is_none(tmp_path):
    """A form that is older than the pairs: the question is the same, the figure is another."""
    path = tmp_path / "form.csv"
    review.Form(path, triplets(2)).decide("q0", "drop")
    now = [t.model_copy(update={"figure_id": "f5"}) for t in triplets(2)]
    assert review.note_verdicts(now, review.read_form(path)) == []
    again = review.Form(path, now)
    assert again.verdicts() == {} and again.rows["q0"]["figure_id"] == "f5"


def filled(path, verdicts):
    form = review.Form(path, triplets(len(verdicts)))
    for qa_id, verdict in zip(form.order, verdicts, strict=True):
        if verdict:
            form.decide(qa_id, verdict)
    return path


def test_two_forms_give_kappa(tmp_path):
    """12 of 15 are alike; by chance (6 * 8 + 5 * 5 + 4 * 2) / 225 would be."""
    one = ["keep"] * 6 + ["fix"] * 5 + ["drop"] * 4 + [""]
    two = ["keep"] * 7 + ["fix"] * 5 + ["drop"] * 2 + ["keep"] * 2
    first, second = filled(tmp_path / "a.csv", one), filled(tmp_path / "b.csv", two)
    both, agreed = review.agreement(first, second)
    assert both == 15
    chance = (6 * 8 + 5 * 5 + 4 * 2) / 225
    assert agreed == pytest.approx((12 / 15 - chance) / (1 - chance))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda text: text.replace("verdict", "opinion", 1), "no column verdict"),
        (lambda text: text + text.splitlines()[1] + "\n", "line 4: q0 stands twice"),
        (lambda text: text.replace(",,\r\n", ",Maybe,\r\n", 1), "line 2: verdict 'maybe'"),
    ],
)
def test_a_form_that_is_none_is_one_line(tmp_path, change, words):
    path = tmp_path / "form.csv"
    pairs = [t.model_copy(update={"evidence": "plain"}) for t in triplets(2)]
    review.Form(path, pairs)
    text = path.read_bytes().decode("utf-8-sig")
    path.write_bytes(change(text).encode())
    with pytest.raises(ValueError, match=words) as caught:
        review.read_form(path)
    assert "form.csv" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_verdicts_may_be_written_as_a_spreadsheet_writes_them(tmp_path):
    path = filled(tmp_path / "form.csv", ["keep", "drop"])
    path.write_bytes(path.read_bytes().replace(b"keep", b" Keep "))
    assert review.verdicts_of(review.read_form(path)) == {"q0": "keep", "q1": "drop"}


def test_kappa_and_intervals():
    one = {"a": "keep", "b": "keep", "c": "drop", "d": "drop"}
    assert review.kappa(one, one) == 1.0
    assert review.kappa(one, {**one, "b": "drop"}) == pytest.approx(0.5)
    assert review.kappa(one, {}) is None, "nothing was measured"
    assert review.kappa(dict.fromkeys("ab", "keep"), dict.fromkeys("ab", "keep")) == 1.0
    assert review.kappa({"a": "keep"}, {"a": "drop"}) == 0.0
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
    asked = []
    box = review.panel(form, figures(), lambda *page: asked.append(page) or b"a page")
    keys, _, keep, *_, undo = box.children[3].children
    keys.value = "d"
    keep.click()
    assert form.verdicts() == {"q0": "drop", "q1": "keep"}
    undo.click()
    assert form.verdicts() == {"q0": "drop"}
    assert box.children[0].value == 1
    assert asked[0] == ("r1", 1, 'a, "b"\nc')
    assert box.children[2].children[1].value == b"a page"


def test_the_page_of_the_evidence_is_shown_and_marked(tmp_path):
    from finlmm_utils.asp.page_images import PageImages, render

    path = tmp_path / "one.pdf"
    with pymupdf.open() as document:
        for number in (1, 2):
            page = document.new_page(width=200, height=100)
            page.insert_text((20, 50), f"Revenue was $4{number}m in 2021.")
        document.save(path)
    before = path.read_bytes()
    plain = Image.open(io.BytesIO(render(path, 2, "")))
    marked = Image.open(io.BytesIO(render(path, 2, "Revenue was $42m in 2021.")))
    assert plain.size == marked.size == (1100, 550)
    assert ImageChops.difference(plain, marked).getbbox() is not None
    assert path.read_bytes() == before
    digest = hashlib.sha256(before).hexdigest()
    made = Report(report_id=digest[:12], file="one.pdf", sha256=digest, status="ok")
    other = made.model_copy(update={"report_id": "f" * 12})
    look = PageImages([made, other], [tmp_path, tmp_path / "gone"])
    assert look(made.report_id, 2, "") == render(path, 2, "")
    assert look(other.report_id, 2, "") == b"", "same name, other bytes"
    assert look(made.report_id, 9, "") == b"", "no such page"
