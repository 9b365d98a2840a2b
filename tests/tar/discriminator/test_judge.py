"""Other encoders of the discriminator: language and multimodal models, encoders of any kind."""

import random
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from PIL import Image

from finlmm_utils.processor import TINY
from finlmm_utils.rows import features, make_row
from finlmm_utils.tar.discriminator.discriminator import Discriminator
from finlmm_utils.tar.discriminator.encoders import DiscriminatorError, Encoder, SentenceEncoder
from finlmm_utils.tar.discriminator.judge import JudgeEncoder, encoder_named


def judged(encoder: Encoder, seed: int = 1) -> Discriminator:
    options = {"warmup": 8, "batch_size": 32, "learning_rate": 1e-3, "head_learning_rate": 3e-3}
    return Discriminator(encoder, device="cpu", seed=seed, **options)  # type: ignore[arg-type]


def teach(judge: Discriminator, seeds: range) -> list[float]:
    """Right reasoning say that it rose, the rest is chance; AUROC of each batch before learning."""
    found = []
    for seed in seeds:
        rng = random.Random(seed)
        labels = [i % 2 == 0 for i in range(24)]
        numbers = [f"2021: {rng.randint(10, 99)}, 2022: {rng.randint(10, 99)}." for _ in labels]
        reasoning = [
            f"{n} It {'rose' if y else 'fell'}." for n, y in zip(numbers, labels, strict=True)
        ]
        examples = judge.score(["How did revenue change?"] * 24, reasoning)
        for example, label in zip(examples, labels, strict=True):
            assert example is not None
            example.correct = label
        found.append(judge.observe([e for e in examples if e])["auroc"])
        judge.update()
    return found


def test_a_multimodal_model_learns_in_the_same_place_and_goes_on_from_its_state(
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    judge = judged(encoder_named("judge:finlmm-tiny", max_tokens=48))
    before = [p.detach().clone() for p in judge.parameters()]
    teach(judge, range(8))
    judge.save(tmp_path)
    moved = [not torch.equal(a, b) for a, b in zip(before, judge.parameters(), strict=True)]
    assert sum(moved) > len(moved) / 2  # LoRA's weights, not the head's alone
    learned = {id(p) for p in judge.parameters()}
    assert all(not p.requires_grad or id(p) in learned for p in judge.encoder.parameters())
    torch.manual_seed(77)
    resumed = judged(encoder_named("judge:finlmm-tiny", max_tokens=48), seed=9)
    resumed.load(tmp_path)
    assert teach(judge, range(20, 23)) == teach(resumed, range(20, 23))
    for a, b in zip(judge.parameters(), resumed.parameters(), strict=True):
        assert torch.equal(a, b)
    assert min(teach(judge, range(40, 43))) > 0.9


def test_a_judge_that_is_given_rows_sees_their_images() -> None:
    rows = [
        make_row(name, "Which?", "1", "number", "", images=[Image.new("RGB", (56, 56), colour)],
                 target_image=1)
        for name, colour in (("a", "red"), ("b", "white"))
    ]  # fmt: skip
    encoder = JudgeEncoder("finlmm-tiny", Dataset.from_list(rows, features=features(True)))
    judge = judged(encoder)
    prompts = [[{"role": "user", "content": "Which?"}]] * 2
    judge(["<think>The first.</think> <answer>1</answer>"] * 2, prompts, id=["a", "b"])
    first, second = judge.last_scored
    assert first and second and first.probability != second.probability
    assert (first.row, second.row) == ("a", "b")
    with pytest.raises(DiscriminatorError, match="row 'c'"):
        judge.score(["Which?"], ["The first."], ["c"])


def test_a_causal_model_reads_head_and_tail_of_a_long_thinking(tmp_path: Path) -> None:
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    tokenizer = AutoTokenizer.from_pretrained(TINY)
    config = LlamaConfig(hidden_size=16, intermediate_size=32, num_hidden_layers=1,
                         num_attention_heads=2, vocab_size=len(tokenizer))  # fmt: skip
    torch.manual_seed(0)
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    encoder = JudgeEncoder(str(tmp_path), max_tokens=8)
    assert encoder(["Why?"], ["12"]).shape == (1, 16) and encoder.coverage == 1
    words = " revenue" * 50
    with torch.no_grad():
        same = encoder(["q"] * 2, [f"2021 {words} 12", f"2021 {words}{words} 12"])
        batched = encoder(["q", "q and q"], ["12", "13"])[0]
        alone = encoder(["q"], ["12"])[0]
    assert torch.equal(same[0], same[1]) and torch.allclose(batched, alone, atol=1e-5)
    encoder(["q"], [words])
    assert encoder.coverage < 0.5


def test_an_encoder_without_segments_reads_too(tmp_path: Path) -> None:
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import MPNetConfig, MPNetModel, PreTrainedTokenizerFast

    words = ["<pad>", "<s>", "</s>", "<unk>", "rose", "fell", "it"]
    core = Tokenizer(WordLevel({word: i for i, word in enumerate(words)}, unk_token="<unk>"))
    core.pre_tokenizer = Whitespace()
    PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="<pad>", unk_token="<unk>", cls_token="<s>",
        sep_token="</s>", model_max_length=24, model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(tmp_path)  # fmt: skip
    torch.manual_seed(0)
    size = {"hidden_size": 8, "intermediate_size": 8, "vocab_size": len(words)}
    model = MPNetModel(MPNetConfig(num_hidden_layers=1, num_attention_heads=2, **size))
    model.save_pretrained(tmp_path)
    encoder = encoder_named(str(tmp_path), train_layers=0).eval()
    assert isinstance(encoder, SentenceEncoder)
    read = encoder(["it", "it"], ["it rose", "it fell"])
    assert read.shape == (2, 16) and not torch.equal(read[0], read[1])
    encoder(["it"], ["rose " * 100])
    assert 0.1 < encoder.coverage < 0.3
