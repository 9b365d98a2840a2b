"""Which value a parameter has, and who says so."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.study import ParameterError
from finlmm_utils.study.cli import main
from finlmm_utils.study.parameters.profiles import PROFILES, for_notebook, load_profile
from finlmm_utils.study.parameters.schemas import MODELS
from finlmm_utils.study.parameters.values import (
    MOST_ALIKE,
    OF_THE_RUN,
    cell_values,
    follow_profile,
    refuse_another_profile,
    settle,
)

CPU = load_profile("cpu")


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("number", MODELS)
def test_a_cell_as_it_is_becomes_the_profile_that_it_names(number: str, profile: str) -> None:
    typed = {**cell_values(number), "profile": profile}
    values = follow_profile(typed, ())
    assert values == for_notebook(number, load_profile(profile))
    refuse_another_profile(number, typed, values)


def test_what_was_changed_stays_and_so_does_what_was_given_from_outside() -> None:
    training = {**CPU["training"], "kl": 0.5}
    typed = {**for_notebook("04", CPU), "profile": "t4", "stage1_steps": 5, "training": training,
             "run_dir": "elsewhere", "seed": 3}  # fmt: skip
    t4 = load_profile("t4")
    own = {"run_dir": "elsewhere", "seed": 3, "stage1_steps": 5}
    expected = {**for_notebook("04", t4), **own, "training": {**t4["training"], "kl": 0.5}}
    assert follow_profile(typed, ()) == expected
    given = follow_profile(typed, ["policy", "training"])
    assert given == {**expected, "policy": "finlmm-tiny", "training": training}


@pytest.mark.parametrize("number", ["04", "05", "07"])
@pytest.mark.parametrize(("said", "true"), list(itertools.permutations(PROFILES, 2)))
def test_another_profiles_values_are_refused(number: str, said: str, true: str) -> None:
    values = {**for_notebook(number, load_profile(true)), "profile": said}
    with pytest.raises(ParameterError, match=f"'profile' = '{said}'.* those of ") as caught:
        refuse_another_profile(number, values, values)
    assert "\n" not in str(caught.value)
    refuse_another_profile(number, *[{**values, "profile": true}] * 2)


@pytest.mark.parametrize("number", MODELS)
@pytest.mark.parametrize(("said", "other"), list(itertools.permutations(PROFILES, 2)))
def test_single_changes_are_never_refused(number: str, said: str, other: str) -> None:
    """Not even as many as MOST_ALIKE, each of them another profile's value."""
    own, theirs = (for_notebook(number, load_profile(name)) for name in (said, other))
    apart = [n for n in own if own[n] != theirs[n] and n not in OF_THE_RUN][:MOST_ALIKE]
    refuse_another_profile(number, *[{**own, **{name: theirs[name] for name in apart}}] * 2)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, list[str]]:
    assert main(["run", *arguments, "--show"]) == 0
    lines = [line.split("  ") for line in capsys.readouterr().out.splitlines()]
    words = [[part.strip() for part in line if part.strip()] for line in lines]
    return {name: rest for name, *rest in words}


def test_every_value_is_shown_with_where_it_comes_from(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "run"
    table = shown(capsys, "04", "06", "--profile", "t4", "--set", "training.kl=0.5", "--set",
                  "length_thresholds=[1, 2, 3]", "--set", "eval_rows=7", "--seeds", "2,3",
                  "--out", str(out))  # fmt: skip
    names = {"profile", "run_dir", "seed", "parameter"}
    for number in ("04", "06"):
        for name, value in for_notebook(number, load_profile("t4")).items():
            names |= {f"{name}.{entry}" for entry in value} if isinstance(value, dict) else {name}
    assert {name for name in table if not name.startswith("-")} == names
    assert table["training.kl"] == ["0.5", "--set", "04 06"]
    assert table["training.micro_batch"] == ["1", "profile t4", "04 06"]
    assert table["eval_rows"] == ["7", "--set", "06"]
    assert table["max_completion_tokens"] == ["512", "profile t4", "04 06"]
    assert table["seed"] == ["2", "--seeds 2,3", "04 06"]
    assert table["run_dir"] == [json.dumps(str(out)), "--out", "04 06"]
    assert not out.exists(), "something was run"


def test_what_is_shown_is_what_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The same values reach the plan; a name that the profile lacks has its notebook's value."""
    from finlmm_utils.study.parameters import values as module

    short = {name: value for name, value in load_profile("smoke").items() if name != "dpi"}
    monkeypatch.setattr(module, "load_profile", lambda name: dict(short))
    values, origins = settle(["01", "02"], "smoke", {"margin": 0.5}, {"margin"})
    assert (values["dpi"], origins["dpi"]) == (CPU["dpi"], "notebook default")
    assert (values["margin"], origins["margin"]) == (0.5, "--set")
    assert (values["made_reports"], origins["made_reports"]) == (2, "profile smoke")
    planned: list[dict[str, Any]] = []
    monkeypatch.setattr(
        "finlmm_utils.study.runner.plan.plan", lambda n, given, folder: planned.append(given) or []
    )
    arguments = ["01", "02", "--profile", "smoke", "--set", "margin=0.5"]
    main(["run", *arguments, "--out", str(tmp_path)])
    assert planned and all(
        one == {**values, "seed": values["seed"], "profile": "smoke"} for one in planned
    )


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("profile=gpu", "expected --profile gpu"),
        ("run_dir=x", "expected --out x"),
        ("training.clips=0.1", "did you mean 'training.clip'"),
        ("discriminator.layer=2", "did you mean 'discriminator.layers'"),
        ("kl=0.1", "did you mean 'training.kl'"),
        ("adapter=lora", "did you mean 'training.adapter'"),
        ("trainin.kl=0.1", "did you mean 'training.kl'"),
        ("stage_1_steps=1", "did you mean 'stage1_steps'"),
        ("training.micro_batch=-1", "training.micro_batch' = -1"),
    ],
)
def test_a_wrong_setting_is_answered_by_what_was_meant(
    setting: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "04", "--set", setting, "--show"]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1


@pytest.mark.parametrize(
    ("number", "setting", "words"),
    [
        ("01", "margin=abc", "02_asp_questions: parameter 'margin' = 'abc' (str)"),
        ("01", "margin=.nan", "expected a finite number"),
        ("01", "training=1", "'training' = 1 (int)"),
        ("01", "llm_limits.tokens=-1", "'llm_limits.tokens' = -1"),
        ("04", "dpi=10", "01_asp_reports: parameter 'dpi' = 10"),
        ("02", "base_url=javascript:x", "begins with http:// or https://"),
        ("02", "base_url=file:///etc", "begins with http:// or https://"),
        ("02", "lmm_url=http://", "begins with http:// or https://"),
        ("02", "base_url=http://a b/v1", "begins with http:// or https://"),
        ("02", "base_url=http://[x/v1", "begins with http:// or https://"),
        ("06", "answers_url=ftp://x", "begins with http:// or https://"),
        ("05", "stage2_data=asp*-1", "share -1; expected a number above 0"),
        ("05", "stage2_data=asp*.nan", "share '.nan'; expected a number"),
        ("05", "stage2_data=asp*nan", "share nan; expected a number above 0"),
        ("05", "stage2_data=asp*", "share ''; expected a number"),
        ("05", "stage2_data=asp+", "a part without a name"),
        ("05", "policy=", "at least 1 character"),
        ("05", "training.max_pixels=10", "at least 784"),
        ("05", "training.own_rewards={accuracy: {path: 'm:f', weight: 0.1}}", "is a term of the"),
        ("06", "eval_data=MMStar+MathVistaa", "'MathVista' in place of 'MathVistaa'"),
    ],
)
@pytest.mark.parametrize("show", [["--show"], []], ids=["shown", "run"])
def test_a_wrong_value_is_refused_whoever_takes_it(
    number: str, setting: str, words: str, show: list[str], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    line = ["run", number, "--profile", "smoke", "--set", setting, "--out", str(tmp_path / "run")]
    assert main([*line, *show]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    "setting",
    ["base_url=http://localhost:8000/v1", "base_url=https://[::1]:8000/v1", "lmm_url=",
     "stage2_data=asp*0.4+VLM-Reasoner/VerMulti*0.6", "stage2_data=asp+made", "margin=0.5"],
)  # fmt: skip
def test_a_right_value_is_taken_by_any_notebook(
    setting: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "00", "--set", setting, "--show"]) == 0
