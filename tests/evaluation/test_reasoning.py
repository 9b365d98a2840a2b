"""Reasoning in fixed forms: each step is checked, and luck is told from soundness."""

import random

import pandas as pd
import pytest

from finlmm_utils.evaluation.equations import false_equations, free_text
from finlmm_utils.evaluation.reasoning import asked, judge, judge_samples, summarize_reasoning
from finlmm_utils.finance.question_templates import TEMPLATES, possible_templates
from finlmm_utils.finance.terms import Series
from finlmm_utils.synthetic.charts import random_spec
from finlmm_utils.synthetic.random_series import random_series
from finlmm_utils.tiny.texts import thinking_over_images
from finlmm_utils.tiny.wrong_habits import wrong_habit

SERIES = Series("net income", "$m", ("2019", "2020", "2021"), (45, 30, 57))
CHANGE = "What is the change in net income from 2019 to 2021?"
TAKEN = "Image 1 shows revenue, no. Image 2 shows net income, yes."
SOUND = f"{TAKEN} 2021: 57, 2019: 45. 57 - 45: tens 5 - 4 = 1, units 7 - 5 = 2, so 12."


@pytest.mark.parametrize("template", TEMPLATES)
def test_what_the_curriculum_teaches_is_sound_in_every_form(template: str) -> None:
    """Drawn anew: 40 series, several images, one or two series a chart."""
    judged = 0
    for seed in range(400):
        rng = random.Random(f"{template}{seed}")
        specs = [random_spec(rng, random_series(rng)) for _ in range(3)]
        taken = rng.randrange(3)
        series = rng.choice(specs[taken].shown)
        if template not in possible_templates(series):
            continue
        task = TEMPLATES[template](series, rng)
        thinking = thinking_over_images(specs, taken, series, task)
        found = judge(task.question, thinking, task.answer, series)
        assert found is not None and found.template == template
        assert found.sound and found.slips == 0, (task.question, thinking, task.answer, found)
        assert found.worked == (template == "range")
        judged += 1
    assert judged >= 40


@pytest.mark.parametrize(
    "template", ["change", "growth", "mean", "ratio", "range", "trend", "peak", "statement"]
)
def test_a_wrong_habit_is_never_sound(template: str) -> None:
    judged = 0
    for seed in range(400):
        rng = random.Random(f"wrong {template}{seed}")
        spec = random_spec(rng, random_series(rng))
        series = spec.shown[0]
        if template not in possible_templates(series):
            continue
        task = TEMPLATES[template](series, rng)
        habit = wrong_habit(series, task, rng)
        if habit.answer == task.answer:
            continue  # by chance the habit hits the answer: that is what luck is
        thinking = thinking_over_images([spec], 0, series, habit)
        found = judge(task.question, thinking, habit.answer, series)
        assert found is not None and not found.sound
        told = template == "statement"  # its answer follows from the wrong group
        assert found.follows is told and not (told and found.consistent)
        judged += 1
    assert judged >= 10


@pytest.mark.parametrize(
    ("question", "work", "answer"),
    [
        (CHANGE, "57 + 45 = 102.", "12"),
        (CHANGE, "57 - 45 = 12. 12 / 45 = 26.7 %.", "12"),
        ("What is the mean of net income in 2019 and 2021?", "57 + 45 = 102.", "51"),
    ],
)
def test_an_answer_that_the_work_does_not_come_to_is_lucky(
    question: str, work: str, answer: str
) -> None:
    found = judge(question, f"{TAKEN} 2021: 57, 2019: 45. {work}", answer, SERIES)
    assert found is not None and found.named and found.read and found.consistent
    assert not found.follows and not found.sound


@pytest.mark.parametrize(
    ("what", "thinking", "answer"),
    [
        ("named", SOUND.replace("shows net income, yes", "shows tax rate, yes"), "12"),
        ("read", SOUND.replace("2019: 45", "2019: 44"), "12"),
        ("consistent", SOUND.replace("5 - 4 = 1", "5 - 4 = 2"), "12"),
        ("follows", SOUND, "-12"),
    ],
)
def test_each_step_fails_alone(what: str, thinking: str, answer: str) -> None:
    found = judge(CHANGE, thinking, answer, SERIES)
    assert found is not None and not found.sound
    steps = {name: getattr(found, name) for name in ("named", "read", "consistent", "follows")}
    if what == "read":
        steps["follows"] = True  # the answer no longer follows from what was misread, either
    assert [name for name, holds in steps.items() if not holds] == [what]


def test_side_of_a_chart_with_two_series() -> None:
    for side, named in (("left", False), ("right", True)):
        thinking = SOUND.replace("net income, yes", f"revenue and net income, yes, {side}")
        found = judge(CHANGE, thinking, "12", SERIES)
        assert found is not None and found.named is named


def test_equations_in_every_sign() -> None:
    assert false_equations("12 / 48 = 25 %. 1.5 + 2 = 3.5. 2 - 7 = -5. 10 / 3 = 3.33.") == 0
    assert false_equations("12 / 48 = 30 %. 1.5 + 2 = 3.6. 10 / 0 = 0.") == 3


def test_lucky_and_unlucky_answers() -> None:
    lucky = "Image 1 shows revenue, yes. 2021: 57, 2019: 45. 57 - 45 = 12."
    slip = SOUND.replace("so 12", "so 22")
    table = pd.DataFrame({
        "id": ["a", "a", "a", "b"], "question": [CHANGE] * 3 + ["How is net income defined?"],
        "thinking": [SOUND, lucky, slip, "..."], "answer": ["12", "12", "22", "x"],
        "right": [True, True, False, False],
    })  # fmt: skip
    found = judge_samples(table, {"a": SERIES, "b": SERIES})
    assert found["lucky"].tolist() == [False, True, False, None]
    assert found["unlucky"].tolist() == [False, False, True, None]
    summary = summarize_reasoning(found)
    assert summary["judged"] == 3 and summary["coverage"] == 0.75
    assert summary["lucky_of_right"] == 0.5 and summary["range_worked"] is None


def test_a_question_that_no_template_made_is_not_judged() -> None:
    assert asked("What explains the change in net income?") is None
    assert judge("How does the report define tax rate?", SOUND, "12", SERIES) is None


def test_free_text_is_checked_as_far_as_it_goes() -> None:
    texts = [
        "Figure 2 shows $1,200 in 2019, so 1,200 * 1.1 = 1,320.",
        "It grew: (57 - 45) is large; 57 − 45 = 13.",
        "I believe it rose.",
    ]
    found = free_text(texts)
    assert found["equations"] == 2 and found["false_equations"] == 0.5
    assert found["with_equations"] == pytest.approx(2 / 3)
    assert found["with_figures"] == pytest.approx(1 / 3)


def test_a_reasoning_that_tells_of_another_item_is_not_sound() -> None:
    series = Series("store count", "", ("2020", "2021"), (31, 35))
    question = "Which kind of item is store count?"
    own = "Image 1 shows store count, yes. Store count is in the operating data group."
    other = own.replace("Store count is", "A emissions is")
    first, second = (judge(question, text, "operating data", series) for text in (own, other))
    assert first is not None and first.sound
    assert second is not None and second.named and not second.consistent and not second.sound


@pytest.mark.parametrize(
    ("told", "answer", "consistent", "follows"),
    [
        ("Store count is in the ratio group.", "operating data", False, False),
        ("Store count is in the ratio group.", "ratio", False, True),
        ("Store count is in the operating data group.", "ratio", True, False),
        ("", "operating data", True, False),
    ],
)
def test_the_answer_to_a_question_of_knowledge_follows_from_the_group_that_is_told(
    told: str, answer: str, consistent: bool, follows: bool
) -> None:
    series = Series("store count", "", ("2020", "2021"), (31, 35))
    taken = f"Image 1 shows store count, yes. {told}"
    found = judge("Which kind of item is store count?", taken, answer, series)
    assert found is not None and not found.sound
    assert (found.consistent, found.follows) == (consistent, follows)


@pytest.mark.parametrize(
    ("step", "first"),
    [
        ("read", SOUND.replace("2019: 45", "2019: 44")),
        ("named", SOUND.replace("shows revenue, no", "shows revenue, yes")),
    ],
)
def test_what_is_wrong_first_and_right_when_it_is_repeated_is_seen(step: str, first: str) -> None:
    found = judge(CHANGE, f"{first} {SOUND}", "12", SERIES)
    assert found is not None and not getattr(found, step) and not found.sound
    repeated = judge(CHANGE, f"{SOUND} {SOUND}", "12", SERIES)
    assert repeated is not None and repeated.sound


def test_each_direction_that_is_told_is_held_against_the_values() -> None:
    read = "Image 1 shows net income, yes. 2019: 45, 2020: 30, 2021: 57."
    question = "Did net income rise, fall or fluctuate from 2019 to 2021?"
    for told, slips in (("It goes down, up.", 0), ("It goes down, up. It goes up, up.", 1)):
        found = judge(question, f"{read} {told}", "fluctuate", SERIES)
        assert found is not None and found.slips == slips
