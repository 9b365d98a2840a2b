"""The relational discriminator: what it learns from, and what can't fool it."""

from pathlib import Path

import numpy as np
import pytest
import torch

from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.kinds import discriminator_for
from finlmm_utils.tar.discriminator.overlap import CopyMarked
from finlmm_utils.tar.discriminator.probes import toy_rollouts
from finlmm_utils.tar.discriminator.relational import RelationalDiscriminator, pair_loss
from finlmm_utils.tar.discriminator.scorer import Scorer
from finlmm_utils.tar.discriminator.state import Example, GroupReplay

VALUES = {
    "kind": "relational", "encoder": "copy-marked", "layers": "all", "train_layers": "all",
    "max_tokens": 96, "examples": 256, "replay": 512, "warmup": 32, "shape": "group_logit",
    "shuffled": False, "epochs": 20, "swaps": 2,
}  # fmt: skip


def taught(judge: Scorer, steps: int = 6, updates: int = 1) -> dict[str, float]:
    """Metrics of the last step, before learning from it."""
    metrics: dict[str, float] = {}
    for number in range(steps):
        metrics = judge.observe(toy_rollouts(judge, number))
        for _ in range(updates):
            metrics |= judge.update()
    return metrics


@pytest.fixture(scope="module")
def judge() -> Scorer:
    found = discriminator_for(VALUES, seed=1, device="cpu")
    found.settings["metrics"] = taught(found)
    return found


def test_it_ranks_within_groups_and_knows_the_question(judge: Scorer) -> None:
    assert judge.settings["metrics"]["within_auroc"] > 0.8
    assert judge.settings["metrics"]["swap_rate"] < 0.2


def test_the_style_of_easy_questions_earns_nothing_under_a_hard_one(judge: Scorer) -> None:
    """The hack: an easy question's ending, on a reasoning that was right for another question."""
    question = "What is the range of revenue?"
    worked = "Image 1 shows revenue. 20, 60. The highest is 60. The lowest is 20."
    fake = "Image 1 shows store count. 20, 60. It goes up."
    first, second = judge.score([question] * 2, [worked, fake])
    assert first is not None and second is not None and first.probability > second.probability


def test_the_published_kind_ranks_over_prompts_and_hardly_within(judge: Scorer) -> None:
    """Same rollouts, letters counted: what is hard is found, what belongs together is not."""
    from tests.tar.discriminator.test_discriminator import Letters

    torch.manual_seed(0)
    published = Discriminator(Letters(), warmup=32, seed=1, device="cpu")
    taught(published, updates=30)
    fresh = [published.observe(toy_rollouts(published, step)) for step in range(100, 116)]
    auroc, within = (np.mean([m[name] for m in fresh]) for name in ("auroc", "within_auroc"))
    assert auroc > 0.6 > within, (auroc, within)


def test_pairs_are_within_groups() -> None:
    logits, right = torch.tensor([9.0, 8.0, 1.0, 0.0]), torch.tensor([1.0, 1.0, 1.0, 0.0])
    alone = pair_loss(logits[2:], right[2:], [2])
    assert torch.equal(pair_loss(logits, right, [2, 2]), alone)
    assert float(pair_loss(logits[:2], right[:2], [2])) == 0


def test_the_memory_holds_whole_groups_the_newest() -> None:
    replay = GroupReplay(5)
    for name in "aabbcc":
        replay.add(Example("q", "t", 0.5, True, group=name))
    assert [e.group for e in replay.kept] == list("bbcc")
    assert [[e.group for e in group] for group in replay.newest(3)] == [["c", "c"]]
    assert len(replay.newest(1)) == 1


def test_it_goes_on_exactly_from_what_was_saved(tmp_path: Path) -> None:
    first, second = (discriminator_for(VALUES, seed=1, device="cpu") for _ in range(2))
    taught(first, 2)
    first.save(tmp_path)
    second.load(tmp_path)
    assert taught(first, 3) == taught(second, 3)
    asked = ["Did revenue rise?"] * 2, ["Image 1 shows revenue.", "Image 2 shows cash."]
    assert [e and e.probability for e in first.score(*asked)] == [
        e and e.probability for e in second.score(*asked)
    ]


def test_its_reward_is_centred_in_each_group(judge: Scorer) -> None:
    texts = ["<think>Image 1 shows revenue. 20, 60.</think>", "<think>It goes up.</think>"] * 2
    prompts = ["What is the range of revenue?"] * 2 + ["Did revenue rise?"] * 2
    rewards = judge(texts, prompts)
    assert rewards[0] > 0.5 > rewards[1] and sum(rewards[2:]) == pytest.approx(1.0)


def test_each_kind_is_made_as_described() -> None:
    assert isinstance(discriminator_for(VALUES, device="cpu").encoder, CopyMarked)
    mini = {**VALUES, "encoder": "all-MiniLM-L6-v2", "layers": 1, "train_layers": 0}
    relational = discriminator_for(mini, device="cpu")
    published = discriminator_for(mini | {"kind": "published"}, device="cpu")
    assert isinstance(relational, RelationalDiscriminator) and type(published) is Discriminator
    assert relational.encoder.width == published.encoder.width + 11
