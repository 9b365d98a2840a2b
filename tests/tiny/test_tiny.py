"""The small policy: its tokenizer, processor, curriculum and loading."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from finlmm_utils.asp.questions.checks import evaluate
from finlmm_utils.finance.answers import match
from finlmm_utils.finance.question_templates import TEMPLATES, possible_templates
from finlmm_utils.finance.terms import TERMS, Series, plain
from finlmm_utils.processor import TINY, load_processor
from finlmm_utils.rows import make_row
from finlmm_utils.synthetic.charts import KINDS, ChartSpec, chart_image, random_spec
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.tar.models import load_policy
from finlmm_utils.tar.responses import parse_response
from finlmm_utils.tiny.charts import CHARACTERS, ChartPool
from finlmm_utils.tiny.demonstrations import image_demonstration, text_demonstration
from finlmm_utils.tiny.language_loss import encode
from finlmm_utils.tiny.model import SHAPES, build_model, build_processor, build_tokenizer
from finlmm_utils.tiny.recipe import KEPT, RECIPES, SECONDS, TimeLeft, make_tiny
from finlmm_utils.tiny.texts import chart_text, score_reading
from finlmm_utils.tiny.training import cached_features
from finlmm_utils.tiny.vision_heads import patches_of
from finlmm_utils.tiny.wrong_habits import WRONG_OPERATION_SHARE, wrong_habit


@pytest.fixture(scope="module")
def policy() -> tuple[Any, Any]:
    return load_policy("finlmm-tiny")


@pytest.fixture(scope="module")
def tokenizer() -> Any:
    return load_processor("finlmm-tiny").tokenizer


@pytest.fixture(scope="module")
def pool() -> ChartPool:
    return ChartPool.draw(8, 3, load_processor("finlmm-tiny").framed)


def prompt_of(processor: Any, images: int, question: str = "Read image 1.") -> str:
    content = [{"type": "image"}] * images + [{"type": "text", "text": question}]
    turns = [{"role": "user", "content": content}]
    return processor.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)


@given(st.text(max_size=200))
@settings(deadline=None, max_examples=150)
def test_any_text_survives_the_tokenizer(tokenizer: Any, text: str) -> None:
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert tokenizer.decode(ids, clean_up_tokenization_spaces=False) == text


def test_digits_years_signs_and_tags_are_single_tokens(tokenizer: Any) -> None:
    singles = [*"0123456789+-=%$", *map(str, range(2015, 2027))]
    singles += ["<think>", "</think>", "<answer>", "</answer>"]
    singles += ["<image_selection>", "</image_selection>"]
    for text in singles:
        assert len(tokenizer(text).input_ids) == 1, text


def test_vocabulary_of_finance_is_large_and_every_term_has_a_unit() -> None:
    assert len({term.name for term in TERMS}) >= 60
    assert {term.unit for term in TERMS} <= {"$m", "$", "%", "x", "k", ""}


def test_shipped_files_are_small_and_hold_no_pickle() -> None:
    files = [path for path in TINY.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) <= 16_000_000
    assert {path.suffix for path in files} <= {".safetensors", ".json", ".jinja", ".md", ".csv"}


def test_prompt_numbers_the_images_and_every_image_has_24_tokens(policy: Any) -> None:
    _, processor = policy
    text = prompt_of(processor, 3)
    images = [Image.new("RGB", size, "white") for size in ((300, 200), (90, 400), (640, 90))]
    inputs = processor(images=[images], text=[text], return_tensors="pt")
    assert "Image 3:" in text and "Image 4:" not in text
    assert (inputs["input_ids"] == processor.image_token_id).sum() == 3 * 24
    assert inputs["pixel_values"].shape == (3 * 96, 1176)
    assert torch.equal(inputs["mm_token_type_ids"].sum(), torch.tensor(72))


def test_a_batch_of_prompts_equals_each_prompt_alone(policy: Any, pool: ChartPool) -> None:
    model, processor = policy
    images = [Image.fromarray(image) for image in pool.images[:3]]
    texts = [prompt_of(processor, 1), prompt_of(processor, 2, "Which image shows revenue?")]
    both = processor(images=images, text=texts, padding=True, return_tensors="pt")
    alone = processor(images=images[1:], text=texts[1:], return_tensors="pt")
    with torch.no_grad():
        ours, theirs = model(**both).logits[1, -1], model(**alone).logits[0, -1]
    assert torch.allclose(ours, theirs, atol=1e-4)


def test_our_patches_are_the_image_processors(pool: ChartPool) -> None:
    processor = load_processor("finlmm-tiny")
    theirs = processor.image_processor(
        [Image.fromarray(image) for image in pool.images[:2]], return_tensors="pt"
    )["pixel_values"]
    assert torch.equal(patches_of(pool.images[:2], processor), theirs)


def test_characters_of_a_chart_are_where_they_were_drawn(pool: ChartPool) -> None:
    for characters, spec in zip(pool.characters, pool.specs, strict=True):
        drawn = characters.any(axis=0)
        for series in spec.shown:
            for letter in "".join([*series.labels, *map(plain, series.values)]).lower():
                assert drawn[CHARACTERS.index(letter)], (series, letter)


def test_every_label_and_value_of_a_chart_has_its_place(pool: ChartPool) -> None:
    """The characters within each noted half of a token are those of the label or value there."""
    for k, spec in enumerate(pool.specs):
        for n, series in enumerate(spec.shown):
            words = zip(series.labels, map(plain, series.values), strict=True)
            for pair, places in zip(words, pool.places[k, n], strict=False):
                for word, place in zip(pair, places, strict=True):
                    token, lower = divmod(int(place), 2)
                    rows = pool.characters[k].reshape(24, 2, 4, -1)[token, lower].any(axis=0)
                    there = [rows[CHARACTERS.index(letter)] for letter in word.lower()]
                    assert any(there), (series, word)
            assert not (pool.places[k, n, len(series.values) :] >= 0).any()
        assert not (pool.places[k, len(spec.shown) :] >= 0).any()
        assert set(pool.titles[k]) == {-1, *range(len(spec.shown))}


def test_all_kinds_of_charts_and_both_kinds_of_labels_are_drawn() -> None:
    rng = random.Random(4)
    specs = [random_spec(rng, random_series(rng)) for _ in range(300)]
    assert {spec.kind for spec in specs} == set(KINDS)
    for spec in specs:
        assert (spec.kind == "pie") <= bool(spec.series.part)
        labels = {series.labels for series in spec.shown}
        units = {series.unit for series in spec.shown}
        assert len(labels) == len(units) == 1
        assert len({series.term for series in spec.shown}) == len(spec.shown)


def test_reading_is_scored_by_label_and_side() -> None:
    labels = ("2021", "2022")
    left, right = (
        Series("revenue", "$m", labels, (45, 57)),
        Series("goodwill", "$m", labels, (1, 2)),
    )
    grouped, bars = ChartSpec("grouped", left, right), ChartSpec("bar", left)
    for spec in (grouped, bars):
        said = f"Image 1 shows {chart_text(spec)}"
        assert score_reading(spec, said) == (True, [True] * 2 * len(spec.shown))
        assert score_reading(spec, said.replace("57", "75"))[1].count(False) == 1
        assert score_reading(spec, said.replace("revenue", "net sales"))[0] is False
        assert not any(score_reading(spec, "")[1])
    swapped = f"Image 1 shows {chart_text(grouped)}".replace("left", "x").replace("right", "left")
    assert not any(score_reading(grouped, swapped.replace("x", "right"))[1][2:])


def test_same_seed_draws_the_same_pixels() -> None:
    series = random_series(random.Random(5))
    spec = random_spec(random.Random(1), series)
    first, second = (np.asarray(chart_image(spec, 9)) for _ in range(2))
    assert np.array_equal(first, second)
    assert not np.array_equal(first, np.asarray(chart_image(spec, 10)))


@given(st.integers(0, 10_000))
@settings(deadline=None, max_examples=200)
def test_demonstrations_are_well_formed_and_their_expressions_hold(seed: int) -> None:
    rng = random.Random(seed)
    series = random_series(rng)
    for name in possible_templates(series):
        task = TEMPLATES[name](series, rng)
        if task.expression:
            value = evaluate(task.expression)
            assert match(str(value), task.answer, "number"), task
    completion = text_demonstration(rng, habits=False).turns[0][1]
    assert parse_response(completion).well_formed


def test_wrong_habits_are_wrong_often_enough_to_learn_from() -> None:
    rng = random.Random(0)
    for name in WRONG_OPERATION_SHARE:
        wrong = total = 0
        while total < 60:
            series = random_series(rng)
            if name in possible_templates(series):
                task = TEMPLATES[name](series, rng)
                wrong += wrong_habit(series, task, rng).answer != task.answer
                total += 1
        assert wrong / total > 0.25, name


def test_labels_cover_the_completions_alone(pool: ChartPool) -> None:
    processor = load_processor("finlmm-tiny")
    one = image_demonstration(pool, random.Random(2), 2, turns=2)
    ids, mask, labels, charts = encode([one], processor)
    said = processor.tokenizer.decode(labels[0][labels[0] != -100])
    assert said == "".join(f"{completion}<|im_end|>" for _, completion in one.turns)
    assert charts == list(one.charts) and bool((ids[mask == 0] == ids[0, 0]).all() or mask.all())


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    """A policy of the recipe ``smoke``, and the log of its making."""
    lines: list[dict[str, Any]] = []
    folder = tmp_path_factory.mktemp("tiny") / "made"
    return make_tiny(folder, "smoke", seed=1, log=lines.append), lines


PHASES = ["drills", "text", "vision", "reading", "matching", "questions", "habits"]


@pytest.mark.slow
def test_the_smoke_recipe_goes_on_after_its_last_whole_phase(
    made: tuple[Path, list[dict[str, Any]]], tmp_path: Path
) -> None:
    """Bit for bit; another seed, or a file that was cut, begins anew."""
    seen: list[str] = []

    def ended(line: dict[str, Any]) -> None:
        seen.append(line["phase"])
        if line["phase"] == "reading":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_tiny(tmp_path, "smoke", seed=1, log=ended)
    kept = tmp_path / KEPT
    for name, data in (("cut", kept.read_bytes()[:99]), ("none", b"")):
        (tmp_path / name).mkdir()
        (tmp_path / name / KEPT).write_bytes(data)
    for folder, seed in ((tmp_path / "cut", 1), (tmp_path / "none", 1), (tmp_path, 2)):
        with pytest.raises(ZeroDivisionError):  # its first line
            make_tiny(folder, "smoke", seed, log=lambda line: 1 // (line["phase"] != "drills"))
    make_tiny(tmp_path, "smoke", seed=1, log=lambda line: seen.append(line["phase"]))
    assert seen == [*PHASES[:4], *PHASES[3:]]
    for name in ("model.safetensors", "recipe.json"):
        assert (tmp_path / name).read_bytes() == (made[0] / name).read_bytes()


@pytest.mark.parametrize(("shape", "millions"), [("small", 1.0), ("tiny", 3.5), ("large", 8.0)])
def test_three_shapes_of_one_recipe_see_the_same_charts(
    pool: ChartPool, shape: str, millions: float
) -> None:
    processor = build_processor(build_tokenizer())
    model = build_model(processor.tokenizer, 1, shape)
    assert model.num_parameters() == pytest.approx(millions * 1e6, rel=0.2)
    assert cached_features(model, processor, pool).shape[1:] == (24, SHAPES[shape].width)


def test_the_time_left_follows_the_pace_so_far(capsys: pytest.CaptureFixture[str]) -> None:
    assert list(SECONDS) == PHASES
    recipe = RECIPES["full"]
    left = TimeLeft(recipe)
    line = {"phase": "text", "step": 25, "steps": recipe.text, "seconds": 50 * SECONDS["text"]}
    expected = {name: SECONDS[name] * getattr(recipe, name) for name in PHASES[1:]}
    assert left.seconds(line) == pytest.approx(2 * (sum(expected.values()) - 25 * SECONDS["text"]))
    left({**line, "loss": 1.5})
    assert "text         25 of 1500" in capsys.readouterr().out
    last = {"phase": "habits", "step": recipe.habits, "steps": recipe.habits, "seconds": 1.0}
    assert left.seconds(last) == 0


@pytest.mark.parametrize("adapter", ["lora", "qlora"])
def test_adapters_train_on_the_cpu_and_leave_the_base_alone(adapter: str) -> None:
    model, processor = load_policy("finlmm-tiny", adapter=adapter, lora_rank=4)
    trainable = [name for name, p in model.named_parameters() if p.requires_grad]
    assert trainable and all("lora_" in name and "visual" not in name for name in trainable)
    inputs = processor(text=[prompt_of(processor, 0, "What is 57 - 45?")], return_tensors="pt")
    model(**inputs, labels=inputs["input_ids"]).loss.backward()
    after = [p.grad for name, p in model.named_parameters() if "lora_B" in name]
    assert any(grad is not None and bool(grad.abs().sum() > 0) for grad in after)


@pytest.mark.parametrize(
    ("images", "target", "words"),
    [(["x"] * 6, 1, "6 images"), (["x"], 2, "target_image 2"), (None, 1, "target_image 1")],
)
def test_rows_that_break_the_contract_are_named(images: Any, target: int, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make_row("r1", "q", "1", "number", "arithmetic", images=images, target_image=target)


def test_a_series_needs_as_many_values_as_labels() -> None:
    with pytest.raises(ValueError, match="2 labels and 1 values"):
        Series("revenue", "$m", ("2021", "2022"), (1.0,))
