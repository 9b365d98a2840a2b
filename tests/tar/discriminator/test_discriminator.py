"""The discriminator: reading, learning, honesty, state."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from finlmm_utils.tar.discriminator.calibration import prediction_metrics
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.encoders import (
    DiscriminatorError,
    Encoder,
    SentenceEncoder,
    head_and_tail,
)
from finlmm_utils.tar.discriminator.scorer import NEUTRAL_REWARD
from finlmm_utils.tar.discriminator.state import Example


class Letters(Encoder):
    """A cheap encoder for tests: counts of letters through one layer that learns."""

    def __init__(self, frozen: bool = True) -> None:
        super().__init__()
        self.width, self.frozen = 8, frozen
        self.layer = torch.nn.Linear(26, 8)
        self.layer.requires_grad_(not frozen)

    def forward(self, questions: Sequence[str], reasoning: Sequence[str]) -> torch.Tensor:
        """Shares of letters."""
        rows = [[t.count(chr(97 + k)) / len(t) for k in range(26)] for t in reasoning]
        return self.layer(torch.tensor(rows))


def build(frozen: bool = True, **options: Any) -> Discriminator:
    """A small one, always the same."""
    torch.manual_seed(0)
    options = {"warmup": 8, "device": "cpu", "seed": 5, **options}
    return Discriminator(Letters(frozen), **options)


def rollouts(n: int, seed: int, right_share: float = 0.3) -> tuple[list[str], list[bool]]:
    """Thinkings that are right if they have many a's."""
    rng = np.random.default_rng(seed)
    labels = rng.random(n) < right_share
    return ["".join(rng.choice(list("aab" if y else "abb"), 12)) for y in labels], labels.tolist()


def teach(judge: Discriminator, steps: int = 6, seed: int = 0, updates: int = 5) -> list[float]:
    """Feeds fresh batches; AUROC of each before learning from it."""
    found = []
    for step in range(steps):
        reasoning, labels = rollouts(48, seed + step)
        examples = judge.score(["q"] * 48, reasoning)
        for example, label in zip(examples, labels, strict=True):
            assert example is not None
            example.correct = label
        found.append(judge.observe(examples)["auroc"])  # type: ignore[arg-type]
        for _ in range(updates):
            judge.update()
    return found


def completion(thinking: str) -> str:
    return f"<think>{thinking}</think> <answer>1</answer>"


@pytest.mark.parametrize("frozen", [True, False])
def test_it_learns_and_is_scored_before_it_learns(frozen: bool) -> None:
    judge = build(frozen, head_learning_rate=1e-2, learning_rate=1e-2)
    auroc = teach(judge)
    assert auroc[-1] > 0.9 > auroc[0]
    reasoning, labels = rollouts(400, 99)
    p = np.array([e.probability for e in judge.score([""] * 400, reasoning) if e])
    metrics = prediction_metrics(p, np.array(labels))
    assert metrics["ece"] < 0.2  # balanced learning, base rate added back
    assert abs(metrics["mean"] - 0.3) < 0.15


def test_a_constant_until_both_classes_were_learned_from() -> None:
    judge = build()
    texts = [completion("aab"), completion("abb"), "no format"]
    assert judge(texts, prompts=[""] * 3) == [NEUTRAL_REWARD] * 3
    judge.observe([Example("q", "a" * 9, 0.5, True, np.zeros(8, np.float32))] * 20)
    assert judge.update() == {} and not judge.warm
    teach(judge, steps=1)
    assert judge.warm
    rewards = judge(texts, prompts=[""] * 3)
    assert rewards[2] == 0 and rewards[0] != rewards[1] != NEUTRAL_REWARD


def test_shapes_of_the_reward() -> None:
    texts = [completion("aab"), completion("abb")]
    rewards = {}
    for shape in ("probability", "logit", "correct_only"):
        judge = build(shape=shape, head_learning_rate=1e-2)
        teach(judge)
        rewards[shape] = judge(
            texts, prompts=["", ""], answer=["1", "2"], answer_kind=["number"] * 2
        )
        assert all(r is not None and 0 <= r <= 1 for r in rewards[shape])
    assert rewards["correct_only"] == [rewards["probability"][0], 0]
    assert rewards["logit"][0] > rewards["logit"][1]  # type: ignore[operator]
    with pytest.raises(ValueError, match="'cube'"):
        build(shape="cube")


def test_each_update_sees_as_many_of_one_class_as_of_the_other() -> None:
    judge = build(examples=40)
    reasoning, labels = rollouts(200, 1, right_share=0.1)
    features = np.zeros(8, np.float32)
    judge.observe(
        [Example("q", t, 0.5, y, features) for t, y in zip(reasoning, labels, strict=True)]
    )
    chosen = judge.replay.draw(judge.examples, judge.generator)
    assert sum(bool(e.correct) for e in chosen) * 2 == len(chosen) <= 40
    judge.replay.size = 10
    judge.observe([Example("q", "new", 0.5, True, features)])
    kept = judge.replay.kept[True]
    assert len(kept) == 5 and kept[-1].thinking == "new"


@pytest.mark.parametrize("frozen", [True, False])
def test_state_goes_on_as_if_nothing_had_happened(frozen: bool, tmp_path: Path) -> None:
    through, stopped = build(frozen), build(frozen)
    teach(through, 2)
    teach(stopped, 2)
    stopped.save(tmp_path)
    resumed = build(frozen, seed=77)
    resumed.load(tmp_path)
    assert teach(through, 2, 50) == teach(resumed, 2, 50)
    for a, b in zip(through.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)
    assert through.seen == resumed.seen and through.updates == resumed.updates
    assert sorted(f.name for f in tmp_path.iterdir()) == [
        "discriminator.json", "discriminator.safetensors",
    ]  # fmt: skip


def test_it_takes_nothing_from_the_global_randomness() -> None:
    encoder = Letters()
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    judge = Discriminator(encoder, device="cpu")
    teach(judge, 2)
    assert torch.equal(torch.rand(3), expected)


def test_a_failing_discriminator_stops_the_run(tmp_path: Path) -> None:
    judge = build()
    teach(judge, 1)
    with torch.no_grad():
        judge.head[1].weight.fill_(float("nan"))
    with pytest.raises(DiscriminatorError, match="not finite"):
        judge([completion("aab")], prompts=[""])
    with pytest.raises(DiscriminatorError, match="loss"):
        judge.update()
    with pytest.raises(DiscriminatorError, match="no discriminator"):
        judge.load(tmp_path / "nothing")


def test_metrics_by_hand() -> None:
    p, y = np.array([0.9, 0.8, 0.3, 0.2]), np.array([True, False, True, False])
    metrics = prediction_metrics(p, y)
    assert metrics["auroc"] == pytest.approx(0.75)
    assert metrics["brier"] == pytest.approx((0.01 + 0.64 + 0.49 + 0.04) / 4)
    assert metrics["ece"] == pytest.approx((0.1 + 0.8 + 0.7 + 0.2) / 4)
    assert "auroc" not in prediction_metrics(p, np.ones(4, bool))


def test_head_and_tail() -> None:
    assert head_and_tail(range(10), 4) == [0, 1, 8, 9]
    assert head_and_tail([1, 2], 4) == [1, 2]
    assert head_and_tail(range(10), 0) == []


def test_minilm_is_found_offline_and_reads_head_and_tail() -> None:
    encoder = SentenceEncoder(layers=1, train_layers=0, max_tokens=48).eval()
    short = encoder(["What is it?"], ["57 - 45 = 12."])
    assert short.shape == (1, 768) and encoder.coverage == 1
    with torch.no_grad():
        long = "word " * 200
        same = encoder(["q", "q"], [long + "so 12.", long + "word " * 50 + "so 12."])
        other = encoder(["q"], [long + "so 13."])
    assert encoder.coverage < 0.3
    assert torch.allclose(same[0], same[1], atol=1e-5) and not torch.allclose(same[0], other[0])
    assert not any(p.requires_grad for p in encoder.parameters())
    assert any(p.requires_grad for p in SentenceEncoder(layers=2, train_layers=1).parameters())
