"""Rows: fair positions, no twin images, no second right answer, no report in two splits."""

import hashlib
import io
import itertools
import json
from collections import Counter
from typing import get_args

import numpy as np
import pytest
from PIL import Image

from finlmm_utils.asp import distractors
from finlmm_utils.asp import shortcut_baselines as baselines
from finlmm_utils.asp.alignment.similarity import least_similar, similarity_rows
from finlmm_utils.asp.records import IQA, Figure

RULES = get_args(distractors.Rule)
BOX = (0.0, 0.0, 1.0, 1.0)


def picture(k):
    buffer = io.BytesIO()
    Image.new("RGB", (8, 8), (k % 256, k // 256, 9)).save(buffer, "PNG")
    return buffer.getvalue()


def pool(n=40):
    rng = np.random.default_rng(5)
    return [
        Figure(
            figure_id=f"f{k}", report_id=f"r{k // 4}", file="r.pdf", page=1, box=BOX, kind="vector",
            caption=f"Figure {k}: term{chr(97 + k % 26)}{chr(97 + k // 26)}", png=picture(k),
            phash=f"{int(rng.integers(0, 2**63)):016x}",
        )
        for k in range(n)
    ]  # fmt: skip


def triplets(figures, n=200):
    return [
        IQA(
            qa_id=f"q{k}", report_id=f.report_id, question=f"What is {f.caption}?", answer="1",
            answer_kind="number", task="arithmetic", evidence="e", page=1, generator="t",
            figure_id=f.figure_id,
        )
        for k in range(n)
        for f in [figures[k % len(figures)]]
    ]  # fmt: skip


def similarity(n_rows, n_figures, seed=1):
    matrix = np.random.default_rng(seed).uniform(0, 0.5, (n_rows, n_figures))
    for k in range(n_rows):
        matrix[k, k % n_figures] = 0.9
    return matrix


def build(rule="lowest_quartile", least=2, most=2, cap=0.1, seed=1, n=200):
    figures = pool()
    chooser = distractors.Chooser(figures, rule, least, most, cap, n, seed)
    rows = distractors.build_rows(triplets(figures, n), chooser, similarity(n, 40), "train")
    return figures, chooser, rows


def test_rows_hold_the_right_image_at_its_place():
    figures, _, rows = build(least=2, most=4)
    assert len(rows) == 200
    assert {len(row["images"]) for row in rows} == {3, 4, 5}
    for k, row in enumerate(rows):
        images = [image["bytes"] for image in row["images"]]
        assert images[row["target_image"] - 1] == figures[k % 40].png
        assert len(set(images)) == len(images)


def test_positions_are_uniform():
    for rule in RULES:
        counts = Counter(row["target_image"] for row in build(rule, cap=1.0, n=600)[2])
        assert set(counts) == {1, 2, 3}
        assert sum((c - 200) ** 2 / 200 for c in counts.values()) < 13.8  # p = 0.001


def test_positions_are_uniform_where_fewer_were_found_than_wanted():
    """Two candidates in the pool, up to four wanted: a place in three, whatever was wanted."""
    row, places = np.array([0.9, 0.1, 0.2]), Counter()
    for seed in range(1200):
        choice = distractors.Chooser(pool(3), "random", 2, 4, 1.0, 1, seed).choose(0, row)
        assert sorted(choice.images) == [0, 1, 2] and choice.images[choice.target - 1] == 0
        places[choice.target] += 1
    assert sum((places[k] - 400) ** 2 / 400 for k in (1, 2, 3)) < 13.8  # p = 0.001


@pytest.mark.parametrize("rule", RULES)
def test_same_seed_same_rows(rule):
    assert build(rule)[2] == build(rule)[2]
    if rule != "lowest":
        assert build(rule)[2] != build(rule, seed=2)[2]


def test_rules_differ_as_they_say():
    means = {}
    for rule in RULES:
        figures = pool()
        chooser = distractors.Chooser(figures, rule, 2, 2, 1.0, 200, 1)
        matrix = similarity(200, 40)
        taken = [
            matrix[k, i]
            for k in range(200)
            for i in chooser.choose(k % 40, matrix[k]).images
            if i != k % 40
        ]
        means[rule] = np.mean(taken)
    assert means["lowest"] < means["lowest_quartile"] < means["random"]
    assert means["random"] < means["banded"] < means["highest"]


CHOICES = {
    "lowest": "d5e689673aab2cc0",
    "lowest_quartile": "bc5950f686baf7e9",
    "random": "0ea1a5848c2cd9e9",
    "highest": "286cf11305224dbb",
}


@pytest.mark.parametrize("rule", CHOICES)
def test_the_draws_of_a_seed_do_not_change(rule):
    """A data set that was published with its seed can be built again by later versions."""
    chooser, matrix = distractors.Chooser(pool(), rule, 2, 4, 0.1, 200, 1), similarity(200, 40)
    choices = [chooser.choose(k % 40, matrix[k]) for k in range(200)]
    text = json.dumps([(choice.images, choice.target) for choice in choices])
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == CHOICES[rule]


def test_the_band_is_kept():
    chooser = distractors.Chooser(pool(), "banded", 2, 4, 1.0, 200, 1, band=(0.5, 0.75))
    matrix = similarity(200, 40)
    for k in range(200):
        others = np.sort(np.delete(matrix[k], k % 40))
        choice = chooser.choose(k % 40, matrix[k])
        taken = [matrix[k, i] for i in choice.images if i != k % 40]
        assert others[19] <= min(taken) and max(taken) <= others[28]
    empty = distractors.Chooser(pool(), "banded", 2, 2, 1.0, 9, 1, band=(0.0, 0.03))
    assert empty.choose(0, matrix[0]) is None, "a row is left out before the band is"


@pytest.mark.parametrize("rule", RULES)
def test_the_same_report_comes_first_or_not_at_all(rule):
    figures, matrix = pool(), similarity(100, 40)  # four figures a report
    for k in range(100):
        report = figures[k % 40].report_id
        near = distractors.Chooser(figures, rule, 4, 4, 1.0, 100, k, "same_report", (0.0, 1.0))
        same = [figures[i].report_id == report for i in near.choose(k % 40, matrix[k]).images]
        assert len(same) == 5 and sum(same) == 4
        far = distractors.Chooser(figures, rule, 4, 4, 1.0, 100, k, "other_reports")
        taken = [figures[i].report_id == report for i in far.choose(k % 40, matrix[k]).images]
        assert len(taken) == 5 and sum(taken) == 1


@pytest.mark.parametrize("source", get_args(distractors.Source))
@pytest.mark.parametrize("rule", RULES)
def test_no_row_holds_near_duplicates(rule, source):
    figures = pool()
    for k in range(0, 40, 2):  # each second figure is one bit from the one before
        twin = f"{int(figures[k].phash, 16) ^ 1:016x}"
        figures[k + 1] = figures[k + 1].model_copy(update={"phash": twin})
    chooser = distractors.Chooser(figures, rule, 2, 4, 1.0, 200, 1, source)
    rows = distractors.build_rows(triplets(figures), chooser, similarity(200, 40), "train")
    hashes = {figure.png: figure.phash for figure in figures}
    assert len(rows) == 200
    for row in rows:
        found = [hashes[image["bytes"]] for image in row["images"]]
        for one, other in itertools.combinations(found, 2):
            assert distractors.hash_distance(one, other) > distractors.NEAR_BITS


@pytest.mark.parametrize("k", [1, 7, 63, 500, 900])
def test_the_least_similar_are_exact_with_ties(k):
    row = np.random.default_rng(k).integers(0, 40, 500).astype(np.float32)
    assert least_similar(row, k).tolist() == np.argsort(row, kind="stable")[:k].tolist()


def test_a_large_pool_is_ranked_as_by_sorting_it():
    """More candidates than are looked at first, and all of the first ones refused."""
    figures, row = pool(200), np.random.default_rng(3).uniform(0, 0.5, 200)
    for rule, order in (("lowest", np.argsort(row)), ("highest", np.argsort(-row))):
        chooser = distractors.Chooser(figures, rule, 4, 4, 1.0, 1, 1)
        assert list(chooser._ranked(order[0], row)) == order[1:].tolist()


def test_similarities_come_block_by_block():
    rng = np.random.default_rng(1)
    questions, figures = (rng.normal(size=(n, 8)).astype(np.float32) for n in (23, 50))
    rows = list(similarity_rows(questions, figures, most=200))
    np.testing.assert_allclose(rows, questions @ figures.T, atol=1e-6)


def test_by_heart_pays_where_few_images_fill_the_places():
    hits = {}
    for rule in ("lowest", "random"):
        figures, matrix = pool(), similarity(400, 40)
        matrix[:, :3] -= 0.7 * (matrix[:, :3] < 0.9)  # three images that are far from all
        chooser = distractors.Chooser(figures, rule, 2, 2, 1.0, 400, 1)
        choices = [chooser.choose(k % 40, matrix[k]) for k in range(400)]
        hits[rule] = np.mean(baselines.by_heart(choices))
        blind = [baselines.hit(choice, np.zeros(40)) for choice in choices]
        assert np.allclose(blind, 1 / 3)
    assert hits["lowest"] > 0.9 > 0.6 > hits["random"]


def test_the_rule_to_the_letter_takes_the_least_similar():
    figures = pool(6)
    row = np.array([0.9, 0.5, 0.1, 0.4, 0.2, 0.3])
    choice = distractors.Chooser(figures, "lowest", 2, 2).choose(0, row)
    assert set(choice.images) == {0, 2, 4}


def test_the_cap_holds_for_each_image():
    _, chooser, rows = build(cap=0.04)
    assert len(rows) == 200
    assert max(chooser.uses.values()) <= np.ceil(0.04 * 400)
    assert sum(chooser.uses.values()) == 400


def test_twin_images_never_share_a_row():
    figures = pool(6)
    for k in (2, 3, 4):
        figures[k] = figures[k].model_copy(update={"phash": figures[1].phash})
    row = np.array([0.9, 0.1, 0.1, 0.1, 0.1, 0.1])
    for seed in range(10):
        choice = distractors.Chooser(figures, "random", 2, 2, 1.0, 9, seed).choose(0, row)
        assert len(set(choice.images) & {1, 2, 3, 4}) <= 1
    none = distractors.Chooser(figures[:5], "random", 2, 2, 1.0, 9, 1).choose(0, row[:5])
    assert none is None


def test_a_chart_of_the_same_term_is_no_distractor():
    figures = pool(5)
    captions = ["Figure 1: Revenue", "Chart 9. Revenue ($m)", "Exhibit 2: Service revenue"]
    for k, caption in enumerate(captions):
        figures[k] = figures[k].model_copy(update={"caption": caption})
    assert distractors.also_answers(figures[0], figures[1])
    assert distractors.also_answers(figures[0], figures[2])
    assert not distractors.also_answers(figures[2], figures[0])
    for seed in range(10):
        chooser = distractors.Chooser(figures, "highest", 2, 2, 1.0, 9, seed)
        choice = chooser.choose(0, np.array([0.9, 0.8, 0.7, 0.1, 0.1]))
        assert set(choice.images) == {0, 3, 4}


def test_one_as_similar_as_the_target_is_no_distractor():
    choice = distractors.Chooser(pool(4), "highest", 2, 2, 1.0, 9).choose(
        0, np.array([0.5, 0.6, 0.1, 0.2])
    )
    assert set(choice.images) == {0, 2, 3}


def test_no_report_is_in_two_splits():
    ids = [f"r{k}" for k in range(10) for _ in range(3)]
    split = distractors.split_reports(ids, 0.3, 1)
    assert Counter(split.values()) == {"train": 7, "test": 3}
    assert split == distractors.split_reports(ids[::-1], 0.3, 1)
    assert distractors.split_reports(["a"], 0.3, 1) == {"a": "train"}
    assert Counter(distractors.split_reports(["a", "b"], 0.9, 1).values()) == {
        "train": 1, "test": 1
    }  # fmt: skip


@pytest.mark.parametrize("reports", range(1, 30))
@pytest.mark.parametrize("shares", [(0.3, 0.1), (0.02, 0.02), (0.5, 0.9), (0.9, 0.5)])
def test_validation_takes_its_reports_from_training_alone(reports, shares):
    ids = [f"r{k}" for k in range(reports)]
    for seed in range(3):
        before = distractors.split_reports(ids, shares[0], seed)
        split = distractors.split_reports(ids[::-1], shares[0], seed, shares[1])
        counts = Counter(split.values())
        assert {i for i in ids if split[i] == "test"} == {i for i in ids if before[i] == "test"}
        assert counts["train"] >= 1 and set(split) == set(ids)
        room = reports - counts["test"] - 1
        assert counts["validation"] == min(max(round(reports * shares[1]), 1), room)


def test_without_a_share_nothing_is_kept_for_validation():
    assert set(distractors.split_reports("abcde", 0.3, 1).values()) == {"train", "test"}


def test_rows_have_the_features_of_the_contract(tmp_path):
    datasets = pytest.importorskip("datasets")
    from finlmm_utils.rows import features

    rows = build(n=12)[2]
    saved = datasets.Dataset.from_list(rows, features=features())
    saved.save_to_disk(str(tmp_path / "rows"))
    again = datasets.load_from_disk(str(tmp_path / "rows"))
    assert again.features == features()
    assert again[0]["images"][0].size == (8, 8)


def test_concentration_counts_the_most_used():
    assert distractors.concentration(Counter({1: 6, 2: 2, 3: 2}), 1) == 0.6
    assert distractors.concentration(Counter()) == 0.0
