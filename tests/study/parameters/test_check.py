"""Parameters are strict: one line for each kind of mistake, before any work."""

from typing import Any

import pytest

from finlmm_utils.study import ParameterError, start
from finlmm_utils.study.parameters.check import ALL_NAMES, parse_text, validate
from finlmm_utils.study.parameters.profiles import PROFILES, for_notebook, load_profile
from finlmm_utils.study.parameters.schemas import MODELS
from finlmm_utils.study.parameters.values import settings_of
from finlmm_utils.study.start import injected_names

CPU = load_profile("cpu")


@pytest.mark.parametrize("profile", PROFILES)
def test_every_profile_fits_every_notebook(profile: str) -> None:
    values = load_profile(profile)
    assert values["profile"] == profile
    assert set(values) == ALL_NAMES
    for number in MODELS:
        validate(number, for_notebook(number, values))


@pytest.mark.parametrize(
    ("number", "name", "value", "words"),
    [
        ("04", "stage1_learning_rate", "1e-5", ["'1e-5' (str)", "a number", "1.0e-5"]),
        ("04", "stage1_learning_rate", float("nan"), ["nan"]),
        ("04", "stage1_rows", "false", ["'false' (str)", "not a truth value"]),
        ("04", "stage1_rows", True, ["True (bool)", "whole number"]),
        ("04", "stage1_rows", None, ["None", "whole number"]),
        ("04", "group_size", 1, ["group_size", "1", "greater than or equal to 2"]),
        ("04", "training", {**CPU["training"], "adapter": "dora"}, ["'dora'", "'lora' or 'qlora'"]),
        ("04", "training", {**CPU["training"], "micro_batch": -1}, ["training.micro_batch", "-1"]),
        ("05", "discriminator", {**CPU["discriminator"], "layers": True}, ["from 1, or 'all'"]),
        ("05", "discriminator", {**CPU["discriminator"], "train_layers": "al"}, ["'al'", "from 0"]),
        ("04", "training", {**CPU["training"], "kl": -1.0}, ["training.kl", "-1.0"]),
        ("04", "training", {**CPU["training"], "clips": 0.2}, ["did you mean 'training.clip'"]),
        (
            "04",
            "training",
            {**CPU["training"], "vllm": "yes"},
            ["training.vllm", "'yes'", "server"],
        ),
        ("05", "training", {**CPU["training"], "launch": "ddq"}, ["training.launch", "'zero3'"]),
        ("05", "reward_weights", {"acuracy": 1.0}, ["reward_weights", "'accuracy'"]),
        ("05", "reward_weights", {"accuracy": -1.0}, ["reward_weights.accuracy", "-1.0"]),
        ("05", "reward_weights", {"accuracy": 0.0}, ["at least one weight above 0"]),
        ("05", "length_thresholds", [60, 30, 15], ["[60, 30, 15]", "rising"]),
        ("05", "length_thresholds", [15, 30], ["length_thresholds", "3"]),
        ("01", "made_reports", 2.0, ["2.0 (float)", "whole number"]),
        ("03", "distractor_rule", "hardest", ["'hardest'", "'lowest_quartile'"]),
        ("03", "distractor_band", [0.9, 0.5], ["[0.9, 0.5]", "rising"]),
        ("03", "push_to_hub", "true", ["'true'", "match pattern"]),
    ],
)
def test_a_wrong_value_is_one_line(number: str, name: str, value: Any, words: list[str]) -> None:
    with pytest.raises(ParameterError) as caught:
        validate(number, {**CPU, name: value})
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"notebook {number}_")
    assert all(word in line for word in [name, *words]), line
    assert caught.value._render_traceback_() == [f"ParameterError: {line}"]


def test_unknown_names_are_refused_and_other_notebooks_names_are_not() -> None:
    with pytest.raises(ParameterError, match="'lr' is unknown"):
        validate("04", {**CPU, "lr": 1e-5})
    with pytest.raises(ParameterError, match="did you mean 'stage1_steps'"):
        validate("04", {**CPU, "stage_1_steps": 3})
    validate("00", CPU)


def test_a_name_that_the_cell_lost_is_missed() -> None:
    values = {name: value for name, value in CPU.items() if name != "dpi"}
    with pytest.raises(ParameterError, match=r"01_asp_reports.*'dpi' is missing"):
        validate("01", values)


def test_start_sees_what_papermill_injected(tmp_path: Any) -> None:
    own = {**for_notebook("00", CPU), "run_dir": str(tmp_path)}
    cells = ["", "x = 1", '# Parameters\nseed = 2\nlearning = "1e-5"\n']
    assert injected_names(cells) == ["seed", "learning"]
    with pytest.raises(ParameterError, match="'learning' is unknown"):
        start("00", {**own, "In": cells})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("stage1_learning_rate", "1e-5", 1e-5),
        ("made_reports", "0", 0),
        ("made_reports", "false", False),
        ("policy", "123", "123"),
        ("reports_dir", "", ""),
        ("profile", "cpu", "cpu"),
        ("length_thresholds", "[8, 15, 30]", [8, 15, 30]),
        ("reward_weights", "{accuracy: 1e0}", {"accuracy": 1.0}),
        ("dpi", "high", "high"),
        ("dpi", "[", "["),
    ],
)
def test_text_of_the_command_line(name: str, text: str, value: Any) -> None:
    parsed = parse_text(name, text)
    assert parsed == value
    assert type(parsed) is type(value)


def test_one_entry_of_a_mapping_on_the_command_line() -> None:
    texts = ["training.kl=1e-2", "training.vllm=server", "reward_weights.adversarial=0"]
    values = settings_of(texts, CPU)
    assert values["training"] == {**CPU["training"], "kl": 0.01, "vllm": "server"}
    assert values["reward_weights"] == {**CPU["reward_weights"], "adversarial": 0}
    with pytest.raises(ParameterError, match=r"'seed\.x' is unknown"):
        settings_of(["seed.x=1"], CPU)


def test_an_entry_of_a_mapping_within_a_mapping_on_the_command_line() -> None:
    own = {"path": "my.module:mine", "weight": 0.1}
    texts = ["training.grpo.epsilon_high=0.28", "training.grpo.num_iterations=2",
             "training.own_rewards.mine={path: my.module:mine, weight: 1}",
             "training.own_rewards.mine.weight=0.1"]  # fmt: skip
    training = settings_of(texts, CPU)["training"]
    assert training["grpo"] == {"epsilon_high": 0.28, "num_iterations": 2}
    assert training["own_rewards"] == {"mine": own}
    assert not CPU["training"]["grpo"] and training["kl"] == CPU["training"]["kl"]
    for text, words in (
        ("training.grpo.epsilon_hig=1", "did you mean 'epsilon_high'"),
        ("training.kl.x=1", "'training.kl.x' is unknown"),
        ("training.grpo.=1", "GRPOConfig, which '' is not"),
    ):
        with pytest.raises(ParameterError, match=words):
            settings_of([text], CPU)


def test_names_of_one_meaning_have_one_type() -> None:
    seen: dict[str, Any] = {}
    for model in MODELS.values():
        for name, field in model.model_fields.items():
            described = (field.annotation, [str(part) for part in field.metadata])
            assert seen.setdefault(name, described) == described, name
