"""The monitors: each fires on a made curve of its failure, and none on a sound run."""

import random
from pathlib import Path
from typing import Any

import pytest

from finlmm_utils.tar.monitoring import forgetting
from finlmm_utils.tar.monitoring.forgetting import answered
from finlmm_utils.tar.monitoring.metrics_file import probes, read_metrics
from finlmm_utils.tar.monitoring.monitors import check_monitors
from tests.tar.training import small_stage

NAMES = (
    "discriminator collapsed",
    "discriminator knows a style",
    "answers of another form",
    "learning through flat groups",
    "discriminator fooled",
    "padding",
    "clipped completions",
    "groups without variance",
    "forgetting",
)


def curves(steps: int = 40, seed: int = 0, **ends: tuple[float, float]) -> list[dict[str, Any]]:
    """Lines of metrics: each named one goes straight from one value to another, with noise."""
    sound = {
        "reward_accuracy": (0.3, 0.5),
        "length_mean": (40.0, 52.0),
        "repetition": (0.02, 0.03),
        "clipped": (0.02, 0.02),
        "flat_accuracy": (0.4, 0.5),
        "flat_advantage": (0.1, 0.2),
        "other_form": (0.01, 0.02),
        "reward_adversarial_std": (0.2, 0.2),
        "share_adversarial": (0.1, 0.2),
        "disc_within_auroc": (0.6, 0.75),
        "disc_swap_rate": (0.3, 0.2),
        "disc_mean": (0.3, 0.5),
    }
    rng = random.Random(seed)
    lines: list[dict[str, Any]] = []
    for i in range(steps):
        line: dict[str, Any] = {"step": i + 1}
        for name, (first, last) in (sound | ends).items():
            value = first + (last - first) * i / max(1, steps - 1)
            line[name] = value * (1 + 0.05 * rng.uniform(-1, 1))
        lines.append(line)
    return lines


def probed(first: float, last: float, rows: int = 200) -> list[dict[str, Any]]:
    lines = curves()
    for line, accuracy in ((lines[0], first), (lines[-1], last)):
        line |= {"text_accuracy": accuracy, "text_rows": float(rows)}
    return lines


def firing(metrics: list[dict[str, Any]]) -> list[str]:
    return [m.name for m in check_monitors(metrics) if m.state == "fires"]


@pytest.mark.parametrize("seed", range(5))
def test_a_sound_run_fires_nothing(seed: int) -> None:
    found = check_monitors(curves(seed=seed))
    assert [m.name for m in found] == list(NAMES)
    assert [m.state for m in found] == ["quiet"] * 8 + ["no data"]
    assert all(m.threshold and m.advice for m in found)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("discriminator collapsed", {"disc_within_auroc": (0.7, 0.5)}),
        ("discriminator collapsed", {"share_adversarial": (0.02, 0.001)}),
        ("discriminator knows a style", {"disc_swap_rate": (0.3, 0.5)}),
        ("answers of another form", {"other_form": (0.0, 0.6)}),
        ("learning through flat groups", {"flat_advantage": (0.2, 0.5)}),
        ("discriminator fooled", {"disc_mean": (0.4, 0.8), "reward_accuracy": (0.5, 0.3)}),
        ("clipped completions", {"clipped": (0.02, 0.5)}),
        ("groups without variance", {"flat_accuracy": (0.4, 0.97)}),
        (
            "padding",
            {"length_mean": (40, 90), "reward_accuracy": (0.4, 0.4), "repetition": (0.02, 0.5)},
        ),
    ],
)
def test_each_failure_fires_its_own_monitor(
    name: str, ends: dict[str, tuple[float, float]]
) -> None:
    assert firing(curves(**ends)) == [name]


def test_forgetting_needs_more_than_noise() -> None:
    assert firing(probed(0.8, 0.5)) == ["forgetting"]
    assert firing(probed(0.8, 0.78)) == firing(probed(0.5, 0.8)) == []
    assert firing(probed(0.8, 0.6, rows=10)) == []


def test_longer_answers_that_are_right_more_often_are_no_padding() -> None:
    assert firing(curves(length_mean=(40, 90), repetition=(0.02, 0.5))) == []
    assert firing(curves(length_mean=(40, 90), reward_accuracy=(0.4, 0.4))) == []


def test_a_failure_late_in_a_long_sound_run_is_seen() -> None:
    late = curves(60, disc_mean=(0.4, 0.7), reward_accuracy=(0.8, 0.6))
    early = curves(300, reward_accuracy=(0.2, 0.8), disc_mean=(0.2, 0.4))
    assert firing(early) == [] and firing(early + late) == ["discriminator fooled"]


def test_one_odd_step_fires_no_trend() -> None:
    lines = curves(disc_mean=(0.4, 0.4), reward_accuracy=(0.4, 0.4))
    lines[-1] |= {"disc_mean": 1.0, "reward_accuracy": 0.0}
    assert firing(lines) == []


def test_a_discriminator_that_is_not_warm_yet_is_not_judged() -> None:
    lines = curves(reward_adversarial_std=(0.0, 0.0), disc_auroc=(0.5, 0.5))
    states = {m.name: m.state for m in check_monitors(lines)}
    assert states["discriminator collapsed"] == states["discriminator fooled"] == "no data"


def test_metrics_that_are_missing_are_no_data() -> None:
    assert {m.state for m in check_monitors([])} == {"no data"}
    text_only = [{"step": 1, "reward_accuracy": 0.5, "clipped": 0.0, "disc_auroc": None}]
    states = [m.state for m in check_monitors(text_only)]
    assert states == ["no data"] * 6 + ["quiet"] + ["no data"] * 2


def test_a_stage_probes_its_text_skill_warns_and_stays_on_its_course(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = small_stage(tmp_path / "plain", 2)
    accuracies = iter((0.5, 0.25, 0.0))  # before, and after either step
    monkeypatch.setattr(forgetting, "answered", lambda trainer, rows, most: (
        answered(trainer, rows, most).assign(right=next(accuracies))
    ))  # fmt: skip
    probed_stage = small_stage(tmp_path / "probed", 2, text_probe=2, checkpoint_every=1)
    lines = read_metrics(tmp_path / "probed" / "metrics.jsonl")
    assert [line["text_rows"] for line in lines] == [2.0, 2.0]
    assert probes(lines, "text_accuracy") == [(0, 0.5), (1, 0.25), (2, 0.0)]
    own = ("text_accuracy", "text_accuracy_before", "text_rows", "seconds")
    bare = [{k: v for k, v in line.items() if k not in own} for line in lines]
    assert bare == [{k: v for k, v in line.items() if k not in own} for line in plain.metrics]
    pairs = zip(plain.model.parameters(), probed_stage.model.parameters(), strict=True)
    assert all((a == b).all() for a, b in pairs)
    said = capsys.readouterr().out  # completions of 8 tokens never end
    assert said.count("clipped completions (clipped 1.00): raise max_completion_tokens") == 2
