"""Entries that contradict each other or name what is not there: one line before any training."""

from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.study.errors import ParameterError
from finlmm_utils.study.parameters.check import validate
from finlmm_utils.study.parameters.profiles import PROFILES, load_profile
from finlmm_utils.tar.checkpoints import StageError
from finlmm_utils.tar.discriminator.encoders import DiscriminatorError, SentenceEncoder
from finlmm_utils.tar.discriminator.kinds import discriminator_for
from finlmm_utils.tar.discriminator.scorer import Scorer
from tests.tar.training import small_stage

CPU = load_profile("cpu")
COPY_MARKED = {**CPU["discriminator"], "encoder": "copy-marked"}


def checked(name: str, **entries: Any) -> Any:
    values = {**CPU, name: {**CPU[name], **entries}, "run_dir": "x", "seed": 1}
    return getattr(validate("05", values), name)


def judge(**entries: Any) -> Scorer:
    return discriminator_for({**COPY_MARKED, **entries}, device="cpu")


def test_a_misspelt_term_is_refused_where_a_parameter_names_it() -> None:
    with pytest.raises(
        ParameterError, match=r"mixed_only.*format, accuracy.*'lenght' is none"
    ) as e:
        checked("training", mixed_only=["lenght"])
    assert "\n" not in str(e.value)
    own = {"mine": {"path": "tests.tar.training:vowels", "weight": 0.5}}
    told = checked("training", mixed_only=["length", "mine"], own_rewards=own)
    assert told.mixed_only == ["length", "mine"], "a term that stage 1 does not pay is known"


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"mixed_only": ["lenght"]}, "mixed_only: reward 'lenght': no such term; .*length"),
        ({"reward_weights": {"format": 1.0, "acuracy": 1.0}}, "reward_weights: reward 'acuracy'"),
    ],
)
def test_a_misspelt_term_is_refused_before_a_stage_loads(
    told: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(StageError, match=words) as caught:
        small_stage(tmp_path, 1, **told)
    assert "\n" not in str(caught.value) and not (tmp_path / "stage.json").exists()


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"layers": 2, "train_layers": 4}, r"at most the layers that are used \(2\), or 'all'"),
        ({"examples": 100_000, "replay": 4096}, r"the examples of an update \(100000\) at least"),
    ],
)
def test_entries_of_the_discriminator_that_contradict_each_other(
    entries: dict[str, Any], words: str
) -> None:
    with pytest.raises(ParameterError, match=words) as caught:
        checked("discriminator", **entries)
    assert "\n" not in str(caught.value)
    assert checked("discriminator", layers=2, train_layers="all").layers == 2


def test_an_encoder_has_the_layers_that_are_asked_for_or_is_refused() -> None:
    with pytest.raises(DiscriminatorError, match=r"layers 7: all-MiniLM-L6-v2 has 6; .* or all"):
        SentenceEncoder(layers=7)


def test_an_encoder_that_is_not_there_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    (tmp_path / "config.json").write_text("{}")
    for name in ("no-such-encoder", "nobody/no-such-encoder", str(tmp_path)):
        with pytest.raises(DiscriminatorError, match=r"discriminator\.encoder .*expected all-Mini"):
            SentenceEncoder(name)


def test_a_replay_below_a_step_is_refused_and_a_warmup_without_end_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {"rewards": ("format", "accuracy", "adversarial"), "group_size": 4,
            "prompts_per_step": 2}  # fmt: skip
    with pytest.raises(StageError, match="replay 4: a step has 8 completions"):
        small_stage(tmp_path / "a", 1, discriminator=judge(examples=2, replay=4), **told)
    small_stage(tmp_path / "b", 1, discriminator=judge(warmup=500), **told)
    assert "warmup 500: the stage ends after 8 completions" in capsys.readouterr().out


@pytest.mark.parametrize("profile", PROFILES)
def test_the_profiles_contradict_themselves_nowhere(profile: str) -> None:
    values = {**load_profile(profile), "run_dir": "x", "seed": 1}
    told = validate("05", values)
    step = values["prompts_per_step"] * values["group_size"]
    assert step <= told.discriminator.replay
    assert values["eval_data"] in ("", "all"), "all seven benchmarks, or none"
